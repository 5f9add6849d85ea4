"""Writing off: alone up to the limit of policy, above it never by one person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import money_story
import notice_story as story
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from enforcement.data.cases import Case
from enforcement.data.finance import WriteOff
from enforcement.data.payments import LedgerEntry
from enforcement.domain.payments import Ask, Kind
from enforcement.domain.permissions import Role
from enforcement.domain.refusals import BadInput, NotAllowed, SamePerson, StaleVersion, WrongState
from enforcement.services import payments, write_offs
from enforcement.services.work import Work

LEADER = story.person("leith", Role.LEADER)
OTHER = story.person("fay", Role.FINANCE)
BOTH = story.person("bea", Role.FINANCE, Role.LEADER)
LIMIT, OWED = 100_00, money_story.OWED


class Desk:
    """People at work on one penalty."""

    def __init__(self, begin: Callable[..., Any]) -> None:
        self.begin, self.at = begin, money_story.GIVEN
        self.tale = story.Story(begin)
        self.do(lambda w, _: money_story.owing(w), story.OFFICER, case=False)
        self.at += timedelta(days=60)

    def do(self, act: Callable[..., Any], who: Any = story.FINANCE, *, case: bool = True) -> Any:
        with self.begin(who, self.at) as work:
            return act(work, self.tale.case(work) if case else None)

    def ask(self, pence: int, who: Any = story.FINANCE, key: str = "") -> Any:
        asked = Ask(Kind.WRITE_OFF, pence, self.at.date(), reason="Dissolved.", authority="Head")

        def act(work: Work, case: Case) -> Any:
            return write_offs.write_off(work, case, asked, key=key or f"form-{pence}")

        return self.do(act, who)

    def answer(
        self, use_case: Callable[..., Any], *args: Any, who: Any = LEADER, at: int = -1
    ) -> Any:
        def act(work: Work, _: Case) -> Any:
            rows = work.session.scalars(select(WriteOff).order_by(WriteOff.id)).all()
            return use_case(work, rows[-1], *args)

        return self.do(act, who)

    def balance(self) -> int:
        return int(self.do(money_story.owed))


@pytest.fixture
def desk(begin: Callable[..., Any]) -> Desk:
    return Desk(begin)


def test_one_person_writes_off_up_to_the_limit_in_all(desk: Desk) -> None:
    assert isinstance(desk.ask(60_00), LedgerEntry)
    assert isinstance(desk.ask(40_00), LedgerEntry)
    assert desk.balance() == OWED - LIMIT
    assert isinstance(desk.ask(1), WriteOff)
    assert desk.balance() == OWED - LIMIT


def test_no_other_way_goes_past_the_limit(desk: Desk) -> None:
    asked = Ask(Kind.WRITE_OFF, LIMIT + 1, desk.at.date(), reason="x", authority="x")
    for who in (story.FINANCE, BOTH):
        with pytest.raises(WrongState, match="One person may write off"):
            desk.do(lambda w, case: payments.record(w, case, asked, key="k"), who)
    assert desk.balance() == OWED


def test_a_second_person_agrees_and_only_then_the_entry_is_made(desk: Desk) -> None:
    row = desk.ask(OWED)
    assert desk.ask(OWED).id == row.id  # a double click
    for who, refusal in ((story.FINANCE, SamePerson), (story.OFFICER, NotAllowed)):
        with pytest.raises(refusal):
            desk.answer(write_offs.agree, who=who)
    assert desk.balance() == OWED
    entry = desk.answer(write_offs.agree)
    assert (entry.pence, entry.entered_by, desk.balance()) == (-OWED, LEADER.identity, 0)
    with pytest.raises(WrongState, match="answered"):
        desk.answer(write_offs.agree, who=OTHER)


def test_what_is_no_longer_owed_is_not_written_off(desk: Desk) -> None:
    desk.ask(OWED)
    paid = Ask(Kind.PAYMENT, 1_00, desk.at.date())
    desk.do(lambda w, case: payments.record(w, case, paid, key="paid"))
    with pytest.raises(WrongState, match="less than"):
        desk.answer(write_offs.agree)
    desk.answer(write_offs.refuse, "Paid in part meanwhile.")
    assert desk.ask(OWED - 1_00, key="again").outcome is None


def test_one_waits_at_a_time_and_can_be_taken_back(desk: Desk) -> None:
    desk.ask(OWED)
    with pytest.raises(WrongState, match="already waits"):
        desk.ask(200_00)
    with pytest.raises(WrongState, match="Only whoever asked"):
        desk.answer(write_offs.take_back, who=OTHER)
    desk.answer(write_offs.take_back, who=story.FINANCE)
    desk.ask(200_00)
    with pytest.raises(BadInput, match="why"):
        desk.answer(write_offs.refuse, " ", who=OTHER)
    with pytest.raises(StaleVersion):
        desk.answer(write_offs.agree, 7, who=OTHER)
    desk.answer(write_offs.refuse, "The company is alive.", who=OTHER)
    rows = desk.do(lambda w, _: write_offs.listed(w, waiting=False, size=9))
    assert [(row.outcome, row.settled_by) for row in rows] == [
        ("refused", OTHER.identity),
        ("taken_back", story.FINANCE.identity),
    ]
    assert desk.balance() == OWED


def test_who_may_answer_is_told_in_words(desk: Desk) -> None:
    row = desk.ask(OWED)
    assert write_offs.why_not_agree(story.FINANCE, row).startswith("You asked")
    assert "team leader" in write_offs.why_not_agree(story.OFFICER, row)
    assert write_offs.why_not_agree(LEADER, row) == ""


@pytest.mark.parametrize(
    "statement",
    [
        "update write_off set pence = 1",
        "update write_off set outcome = 'agreed', settled_by = asked_by, entry_id = 1",
        "delete from write_off",
    ],
)
def test_the_database_holds_what_was_asked_and_two_people(desk: Desk, statement: str) -> None:
    desk.ask(OWED)
    with desk.begin(story.FINANCE) as work, pytest.raises(DatabaseError):
        work.session.execute(text(statement))
