"""Whatever finance does in whatever order: the balance is the sum of its entries, and agrees.

Walks by Hypothesis through the services on a real database, a case for each. A plain model keeps
the entries; after every step the ledger, the accounts, the money for the Fund and the refund task
must all tell the same.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import money_story
import notice_story as story
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from enforcement.data.finance import BankLine
from enforcement.data.payments import Penalty
from enforcement.domain.payments import Ask, Kind
from enforcement.domain.permissions import Role
from enforcement.domain.refusals import Refusal
from enforcement.domain.tasks import TaskKind
from enforcement.services import (
    bank_accounts,
    finance_files,
    payments,
    posting,
    remittances,
    tasks,
    write_offs,
)
from enforcement.services.case_facts import balance, penalty_of
from enforcement.services.loading import Incoming
from enforcement.services.work import Work

LEADER = story.person("leith", Role.LEADER)
PENCE = st.integers(1, money_story.OWED + 500_00)
DAY = money_story.GIVEN + timedelta(days=20)
numbers = count(1)


class Ledger(RuleBasedStateMachine):
    """One penalty, and what its entries must add up to."""

    begin: Callable[..., Any]

    def __init__(self) -> None:
        super().__init__()
        self.number = next(numbers)
        with self.begin(story.OFFICER, money_story.GIVEN) as work:
            self.reference = money_story.owing(work, self.number).reference
        self.entries: list[tuple[Kind, int]] = [(Kind.PENALTY, money_story.OWED)]
        self.steps = 0

    def key(self) -> str:
        self.steps += 1
        return f"walk-{self.number}-{self.steps}"

    def do(self, act: Callable[[Work, Any], Any], who: Any = story.FINANCE) -> Any:
        with self.begin(who, DAY) as work:
            return act(work, story.Story(self.begin, self.number).case(work))

    def tries(self, act: Callable[[Work, Any], Any], who: Any = story.FINANCE) -> Any:
        """What was done, or None when it was refused: then nothing may have changed."""
        try:
            return self.do(act, who)
        except Refusal:
            return None

    def enter(self, kind: Kind, pence: int | None, reverses: int | None = None) -> None:
        ask = Ask(kind, pence, DAY.date(), reverses, "Because.", "Head")
        entry = self.tries(lambda w, case: payments.record(w, case, ask, key=self.key()))
        if entry is not None:
            self.entries.append((kind, entry.pence))

    @rule(pence=PENCE)
    def pay(self, pence: int) -> None:
        self.enter(Kind.PAYMENT, pence)

    @rule(pence=PENCE)
    def refund(self, pence: int) -> None:
        self.enter(Kind.REFUND, pence)

    @rule(at=st.integers(0, 30))
    def reverse(self, at: int) -> None:
        ids = self.do(lambda w, case: [e.id for e in penalty_of(w.session, case).entries])
        self.enter(Kind.REVERSAL, None, ids[at % len(ids)])

    @rule(pence=PENCE, agreed=st.booleans())
    def write_off(self, pence: int, agreed: bool) -> None:
        ask = Ask(Kind.WRITE_OFF, pence, DAY.date(), reason="Because.", authority="Head")
        made = self.tries(lambda w, case: write_offs.write_off(w, case, ask, key=self.key()))
        if isinstance(made, write_offs.WriteOff):
            made = self.do(lambda w, case: self.answered(w, case, agreed), LEADER)
        if made is not None:
            self.entries.append((Kind.WRITE_OFF, made.pence))

    @staticmethod
    def answered(work: Work, case: Any, agreed: bool) -> Any:
        row = write_offs.waiting_on(work, case)
        assert row is not None
        if agreed:
            return write_offs.agree(work, row)
        return write_offs.refuse(work, row, "No.")

    @rule(pence=PENCE, twice=st.booleans())
    def bank_file(self, pence: int, twice: bool) -> None:
        said = f"{DAY:%d/%m/%Y},{pence / 100:.2f},{self.reference},{self.key()}\n"
        header = "Date,Amount,Reference,Transaction ID\n"
        content = (header + said * (2 if twice else 1)).encode()
        loaded = self.do(lambda w, _: finance_files.load(w, Incoming(content, "walk.csv")))
        for _ in range(2):
            self.do(lambda w, _: finance_files.post(w, loaded.file_id))
        self.entries.append((Kind.PAYMENT, -pence))

    @rule()
    def undo_a_posting(self) -> None:
        def act(work: Work, case: Any) -> Any:
            lines = posting.of_entries(work.session, penalty_of(work.session, case).entries)
            open_lines = [line for line in lines.values() if not self.reversed(work, line)]
            if not open_lines:
                return None
            pence = open_lines[0].pence
            posting.undo(work, open_lines[0], "Because.")
            return pence

        pence = self.do(act)
        if pence is not None:
            self.entries.append((Kind.REVERSAL, pence))

    @staticmethod
    def reversed(work: Work, line: BankLine) -> bool:
        assert line.penalty is not None
        return any(e.reverses_id == line.entry_id for e in line.penalty.entries)

    @rule()
    def cancel(self) -> None:
        entry = self.do(lambda w, case: payments.cancel(w, case, "Withdrawn."))
        if entry is not None:
            self.entries.append((Kind.CANCELLED, entry.pence))

    @invariant()
    def everything_tells_the_same(self) -> None:
        def look(work: Work, case: Any) -> None:
            penalty = penalty_of(work.session, case)
            assert penalty is not None
            stored = [(Kind(e.kind), e.pence) for e in penalty.entries]
            assert stored == self.entries
            owed = sum(pence for _, pence in self.entries)
            account = bank_accounts.by_reference(work.session, [self.reference])[self.reference]
            assert (balance(work.session, penalty), account.owed) == (owed, owed)
            self.money_agrees(work, penalty, account.received)
            open_kinds = [task.kind for task in tasks.open_of(work.session, case)]
            assert (TaskKind.REFUND_DUE in open_kinds) == (owed < 0)

        self.do(look)

    def money_agrees(self, work: Work, penalty: Penalty, received: int) -> None:
        moved = remittances.to_send(work, DAY.date())
        mine = sum(one.pence for one in moved if one.penalty == self.reference)
        kept = payments.ledger.received(payments.entries_of(penalty))
        assert mine == kept == received


@pytest.mark.parametrize("walks", [12])
def test_the_balance_always_equals_the_entries(begin: Callable[..., Any], walks: int) -> None:
    machine = type("Walk", (Ledger,), {"begin": staticmethod(begin)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=walks,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
