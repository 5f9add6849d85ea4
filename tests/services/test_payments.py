"""The ledger on real databases: entered once, never changed, refunds only of what is there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import appeal_story
import money_story
import notice_story as story
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from enforcement.data.cases import Case
from enforcement.data.history import Event
from enforcement.data.payments import LedgerEntry, Penalty
from enforcement.domain.payments import Ask, Kind
from enforcement.domain.refusals import BadInput, GateClosed, NotAllowed, NotFound, WrongState
from enforcement.services import cases, letters, payments, recovery
from enforcement.services.case_facts import live_notice
from enforcement.services.work import Work

OWED = 2_388_00


class Till:
    """Finance at work on one case with a final notice given."""

    def __init__(self, begin: Callable[..., Any]) -> None:
        self.begin = begin
        self.tale = story.Story(begin)
        self.at: datetime = self.tale.to_final_given() + timedelta(days=3)
        self.number = 0

    @property
    def today(self) -> date:
        return self.at.date()

    def do(self, action: Callable[..., Any], *args: Any, who: Any = None, **more: Any) -> Any:
        with self.begin(who or story.FINANCE, self.at) as work:
            return action(work, cases.find(work, self.tale.reference), *args, **more)

    def enter(self, kind: Kind, pence: int | None = None, **more: Any) -> LedgerEntry:
        self.number += 1
        key = more.pop("key", f"form-{self.number}")
        who = more.pop("who", None)
        words = {"reason": "Because.", "authority": "Head of finance"}
        ask = Ask(kind, pence, **{"on": self.today, **words, **more})
        entry: LedgerEntry = self.do(payments.record, ask, key=key, who=who)
        return entry

    def balance(self) -> int:
        return int(self.do(money_story.owed))


@pytest.fixture
def till(begin: Callable[..., Any]) -> Till:
    return Till(begin)


def test_the_penalty_is_raised_once_with_its_first_entry(till: Till) -> None:
    assert till.balance() == OWED

    def again(work: Work, case: Case) -> Penalty:
        notice = live_notice(work.session, case, "final_notice")
        assert notice is not None
        return payments.raise_penalty(work, case, notice)

    first = till.do(again)
    assert till.do(again).id == first.id
    assert till.balance() == OWED


def test_part_payment_payment_and_overpayment(till: Till) -> None:
    till.enter(Kind.PAYMENT, 1_000_00)
    assert till.balance() == 1_388_00
    till.enter(Kind.PAYMENT, 1_388_00)
    assert till.balance() == 0
    till.enter(Kind.PAYMENT, 50_00)
    assert till.balance() == -50_00
    with pytest.raises(GateClosed, match="not settled"):
        till.do(cases.close, "paid", who=story.OFFICER)
    with pytest.raises(WrongState, match="less than"):
        till.enter(Kind.REFUND, 50_01)
    till.enter(Kind.REFUND, 50_00)
    till.do(cases.close, "paid", who=story.OFFICER)


def test_a_double_click_enters_once_and_a_reused_form_is_refused(till: Till) -> None:
    first = till.enter(Kind.PAYMENT, 5_00, key="form-key")
    again = till.enter(Kind.PAYMENT, 5_00, key="form-key")
    assert again.id == first.id
    assert till.balance() == OWED - 5_00
    with pytest.raises(BadInput, match="another entry"):
        till.enter(Kind.PAYMENT, 6_00, key="form-key")
    with pytest.raises(BadInput, match="lost its key"):
        till.enter(Kind.PAYMENT, 5_00, key="")

    def events(work: Work, case: Case) -> int:
        kind = Event.kind == "ledger_entered"
        return len(work.session.scalars(select(Event).where(kind)).all())

    assert till.do(events) == 2  # the penalty and one payment


def test_a_reversal_undoes_one_entry_once(till: Till) -> None:
    paid = till.enter(Kind.PAYMENT, 300_00)
    undone = till.enter(Kind.REVERSAL, reverses=paid.id)
    assert (undone.pence, undone.reverses_id) == (300_00, paid.id)
    assert till.balance() == OWED
    with pytest.raises(WrongState, match="reversed before"):
        till.enter(Kind.REVERSAL, reverses=paid.id)
    with pytest.raises(WrongState, match="cannot be reversed"):
        till.enter(Kind.REVERSAL, reverses=undone.id)


def test_writing_off_needs_an_authority_and_settles(till: Till) -> None:
    with pytest.raises(BadInput, match="authority"):
        till.enter(Kind.WRITE_OFF, OWED, authority="")
    till.enter(Kind.PAYMENT, OWED - 100_00)
    entry = till.enter(Kind.WRITE_OFF, 100_00)
    assert (entry.authority, till.balance()) == ("Head of finance", 0)
    till.do(cases.close, "written_off", who=story.OFFICER)


def test_only_finance_enters_money(till: Till) -> None:
    for who in (story.OFFICER, story.SENIOR, story.PANEL[0]):
        with pytest.raises(NotAllowed):
            till.enter(Kind.PAYMENT, 1, who=who)


def test_no_money_before_a_penalty(begin: Callable[..., Any]) -> None:
    tale = story.Story(begin)
    tale.triage()
    with begin(story.FINANCE) as work:
        ask, case = Ask(Kind.PAYMENT, 1, work.today), cases.find(work, tale.reference)
        with pytest.raises(NotFound, match="No penalty"):
            payments.record(work, case, ask, key="k")


@pytest.mark.parametrize(
    "statement",
    [
        "update ledger_entry set pence = 1",
        "delete from ledger_entry",
        "delete from penalty",
    ],
)
def test_the_database_keeps_every_entry(till: Till, statement: str) -> None:
    till.enter(Kind.PAYMENT, 5_00)
    with till.begin(story.FINANCE) as work, pytest.raises(DatabaseError, match="never"):
        work.session.execute(text(statement))
    assert till.balance() == OWED - 5_00


def test_withdrawing_cancels_and_leaves_what_was_paid_to_refund(till: Till) -> None:
    till.enter(Kind.PAYMENT, 1_000_00)
    withdraw = (letters.withdraw, "The amount was wrong.", True, lambda *_: None)
    till.do(*withdraw, who=story.SENIOR)
    assert till.balance() == -1_000_00
    assert till.do(payments.cancel, "Once more.") is None
    till.enter(Kind.PAYMENT, 1_388_00)  # crossed in the post
    assert till.balance() == -OWED
    till.enter(Kind.REFUND, OWED)
    assert till.balance() == 0


def test_recovery_waits_for_both_periods_and_the_court_for_recovery(till: Till) -> None:
    with pytest.raises(GateClosed, match="still open"):
        till.do(recovery.start)
    till.at += timedelta(days=60)
    with pytest.raises(NotAllowed):
        till.do(recovery.start, who=story.OFFICER)
    till.do(appeal_story.recover)
    till.enter(Kind.PAYMENT, OWED)
    till.do(cases.close, "paid", who=story.OFFICER)


def test_nothing_is_recovered_that_is_not_owed(till: Till) -> None:
    till.enter(Kind.PAYMENT, OWED)
    till.at += timedelta(days=60)
    with pytest.raises(GateClosed, match="Nothing is owed"):
        till.do(recovery.start)
