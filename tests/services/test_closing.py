"""Closing and withdrawal on real databases: what is looked at, what is kept, from every state."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import appeal_story
import notice_story as story
import pytest
from sqlalchemy import select

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.domain.appeals import Outcome
from enforcement.domain.cases import TABLE, Action, State
from enforcement.domain.payments import Ask, Kind
from enforcement.domain.refusals import BadInput, GateClosed, WrongState
from enforcement.domain.tasks import TaskKind
from enforcement.services import (
    appeals,
    cases,
    clocks,
    closing,
    letters,
    payments,
    restarts,
    tasks,
)
from enforcement.services.case_facts import balance, live_notice, penalty_of
from enforcement.services.closings import last_closing
from enforcement.services.work import Work

S = State
LATER = story.NOW + timedelta(days=20)
DONE = closing.Closing("no_penalty", "none")


def queue(_session: object, _item: int) -> None:
    """The sweep will find it."""


class Desk:
    """A case and the people at it."""

    def __init__(self, begin: Callable[..., Any]) -> None:
        self.begin, self.tale, self.at = begin, story.Story(begin), LATER

    def do(self, action: Callable[..., Any], *args: Any, who: Any = None, **more: Any) -> Any:
        with self.begin(who or story.OFFICER, self.at) as work:
            return action(work, cases.find(work, self.tale.reference), *args, **more)

    def close(self, made: closing.Closing) -> None:
        self.do(closing.close, made, queue)

    def to_no_penalty(self) -> Desk:
        self.tale.to_given()
        self.tale.decide(LATER, "no_penalty")
        return self

    def crosses(self) -> list[str]:
        found: list[str] = self.do(
            lambda work, case: [g.name for g in closing.checks(work, case) if not g.ok]
        )
        return found


@pytest.fixture
def desk(begin: Callable[..., Any]) -> Desk:
    return Desk(begin)


# --- closing ------------------------------------------------------------------------------------
def test_the_closing_letter_is_offered_and_the_record_says_how_long_it_is_kept(
    desk: Desk,
) -> None:
    desk.to_no_penalty()
    assert desk.crosses() == ["provider_told"]
    with pytest.raises(BadInput, match="say why the case is closed all the same"):
        desk.close(DONE)
    desk.close(closing.Closing("no_penalty", "support", "They had rung twice.", tell=True))
    kept = desk.do(lambda work, case: last_closing(work.session, case))
    # 6 July 2026 and three years
    assert (kept.closed_on, kept.keep_until) == (date(2026, 7, 6), date(2029, 7, 6))
    assert (kept.lesson, kept.words) == ("support", "They had rung twice.")
    assert kept.keep_rule == "No penalty: 3 years after closing"
    told = desk.do(lambda work, case: _kinds(work, case))
    assert "no_penalty" in told


def _kinds(work: Work, case: Case) -> list[str]:
    return list(work.session.scalars(select(Notice.kind).where(Notice.case_id == case.id)))


def test_closing_with_something_open_takes_a_sentence_and_ends_the_tasks(desk: Desk) -> None:
    desk.to_no_penalty()
    desk.do(letters.no_penalty, queue)
    desk.do(tasks.add, "other", "Ring the manager.")
    assert desk.crosses() == ["no_open_task"]
    with pytest.raises(BadInput, match="what is to be learnt"):
        desk.close(closing.Closing("no_penalty"))
    with pytest.raises(BadInput, match="to be learnt"):
        desk.close(closing.Closing("no_penalty", "nonsense", "Because."))
    desk.close(closing.Closing("no_penalty", "none", "They do not answer."))
    found = desk.do(lambda work, case: tasks.of_case(work.session, case))
    assert [(one.closed_how, one.closed_words) for one in found] == [
        ("settled", "The case was closed.")
    ]


def test_a_reopened_case_is_kept_anew_when_closed_again(desk: Desk) -> None:
    desk.tale.triage()
    desk.do(cases.close, "dissolved")
    first = desk.do(lambda work, case: last_closing(work.session, case))
    assert first.keep_until == date(2033, 7, 6)
    desk.do(restarts.reopen, "Restored.", who=story.SENIOR)
    desk.at += timedelta(days=40)
    desk.do(cases.close, "not_in_scope")
    again = desk.do(lambda work, case: last_closing(work.session, case))
    assert again.keep_until == date(2029, 8, 15)


def test_an_account_that_is_not_settled_keeps_a_case_open(desk: Desk) -> None:
    desk.at = desk.tale.to_final_given() + timedelta(days=1)
    assert "nothing_owed" in desk.crosses()
    with pytest.raises(GateClosed, match="not settled"):
        desk.close(closing.Closing("paid", "none", "We are tired of it."))


# --- withdrawal from every state ----------------------------------------------------------------
def _issued(desk: Desk) -> None:
    desk.tale.to_issued()


def _given(desk: Desk) -> None:
    desk.tale.to_given()


def _panel(desk: Desk) -> None:
    desk.tale.to_given()
    desk.do(cases.move, Action.START_PANEL, {"replies": 0})


def _imposed(desk: Desk) -> None:
    desk.tale.to_given()
    desk.tale.decide(LATER)


def _no_penalty(desk: Desk) -> None:
    desk.to_no_penalty()


def _final(*steps: str) -> Callable[[Desk], None]:
    def act(desk: Desk) -> None:
        _imposed(desk)
        desk.tale.ready_for_money(LATER)
        desk.tale.draft_final(LATER)
        for step in steps:
            getattr(desk.tale, step)(LATER, "final_notice")

    return act


def _paying(desk: Desk) -> None:
    desk.at = desk.tale.to_final_given() + timedelta(days=1)
    ask = Ask(Kind.PAYMENT, 1_000_00, desk.at.date())
    desk.do(payments.record, ask, key="paid", who=story.FINANCE)


def _appealed(desk: Desk) -> None:
    _paying(desk)
    desk.do(appeals.lodge, desk.at.date(), desk.at.date(), "TRIB/1")


def _recovering(desk: Desk) -> None:
    _paying(desk)
    desk.at += timedelta(days=60)
    desk.do(appeal_story.recover, who=story.FINANCE)


def _in_court(desk: Desk) -> None:
    _recovering(desk)
    desk.do(appeal_story.certify, who=story.FINANCE)
    desk.do(appeal_story.sign, who=story.SENIOR)
    desk.do(appeal_story.apply_to_court, who=story.FINANCE)


# state → how to come there, the notices that were out, and what was paid (pence)
EVERY: dict[State, tuple[Callable[[Desk], None], int, int]] = {
    S.INTENT_ISSUED: (_issued, 0, 0),  # nobody began to send it: it is stopped instead
    S.REPRESENTATIONS: (_given, 1, 0),
    S.PANEL: (_panel, 1, 0),
    S.IMPOSE: (_imposed, 1, 0),
    S.NO_PENALTY: (_no_penalty, 1, 0),
    S.FINAL_DRAFT: (_final(), 1, 0),
    S.FINAL_REVIEW: (_final("submit"), 1, 0),
    S.FINAL_APPROVED: (_final("submit", "approve"), 1, 0),
    S.FINAL_ISSUED: (_final("submit", "approve", "issue"), 1, 0),
    S.PAYMENT: (_paying, 2, 1_000_00),
    S.APPEALED: (_appealed, 2, 1_000_00),
    S.RECOVERY: (_recovering, 2, 1_000_00),
    S.COUNTY_COURT: (_in_court, 2, 1_000_00),
}


def test_the_table_of_withdrawals_is_whole() -> None:
    [row] = [row for row in TABLE if row.action is Action.WITHDRAW]
    assert set(EVERY) == row.states


@pytest.mark.parametrize("state", EVERY, ids=lambda state: state.value)
def test_withdrawal_from_every_state(desk: Desk, state: State) -> None:
    reach, out, paid = EVERY[state]
    reach(desk)
    assert desk.do(lambda _w, case: case.state) == state.value
    written = desk.do(letters.withdraw, "It named the wrong month.", False, queue, who=story.SENIOR)
    assert [notice.kind for notice in written] == ["withdrawal"] * out

    def judge(work: Work, case: Case) -> None:
        assert case.state == "withdrawn"
        assert [c.kind for c in case.clocks if c.ended_at is None] == []
        assert clocks.replay(work.session) == []
        assert live_notice(work.session, case, "final_notice") is None
        assert live_notice(work.session, case, "notice_of_intent") is None
        assert appeals.live_appeal(work, case) is None
        penalty = penalty_of(work.session, case)
        assert (balance(work.session, penalty) if penalty else 0) == -paid
        due = [t for t in tasks.open_of(work.session, case) if t.kind == TaskKind.REFUND_DUE]
        assert len(due) == (1 if paid else 0)

    desk.do(judge)
    with pytest.raises(WrongState):
        desk.do(letters.withdraw, "Once more.", False, queue, who=story.SENIOR)
    if paid:
        with pytest.raises(GateClosed, match="not settled"):
            desk.do(restarts.restart, "A new one.")
        ask = Ask(Kind.REFUND, paid, desk.at.date(), reason="Withdrawn")
        desk.do(payments.record, ask, key="repaid", who=story.FINANCE)
    desk.do(restarts.restart, "A new one.")
    assert desk.do(lambda _w, case: case.state) == "triage"


def test_a_quashed_penalty_may_be_followed_by_a_new_notice(desk: Desk) -> None:
    _paying(desk)
    desk.do(appeals.lodge, desk.at.date(), desk.at.date(), "TRIB/1")
    desk.do(appeal_story.end, Outcome.QUASHED)
    ask = Ask(Kind.REFUND, 1_000_00, desk.at.date(), reason="Quashed")
    desk.do(payments.record, ask, key="repaid", who=story.FINANCE)
    desk.do(cases.close, "quashed")
    kept = desk.do(lambda work, case: last_closing(work.session, case))
    assert kept.keep_rule == "Quashed on appeal: 7 years after closing"
