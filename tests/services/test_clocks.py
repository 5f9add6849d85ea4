"""Clocks again: receipts, replay finds a planted difference, a new bank holiday moves nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import notice_story as told
import pytest
import sqlalchemy as sa

from enforcement.data.cases import ClockRow
from enforcement.domain.clocks import ClockKind
from enforcement.services import case_clocks, clocks


@pytest.fixture
def story(begin: Callable[..., Any]) -> Any:
    found = told.Story(begin)
    found.to_given()
    return found


def test_show_counts_day_by_day(story: Any, begin: Any) -> None:
    with begin(told.OFFICER) as work:
        first, second = clocks.show(work, story.reference)
        assert (first.kind, second.kind) == ("representations", "decision")
        assert first.receipt[0].number is None
        assert [line.number for line in first.receipt[1:]] == list(range(1, 15))
        assert first.receipt[-1].day == first.due_on == date(2026, 7, 1)
        assert first.left == "15 days left"
        assert first.as_json()["due_on"] == "2026-07-01"


@pytest.mark.parametrize(
    ("column", "value", "what"),
    [
        ("due_on", date(2026, 7, 2), "the last day"),
        ("inputs", {"given_on": "2026-06-18", "days": "14", "roll": "no"}, "the last day"),
        ("inputs", {"days": "14"}, "the recipe"),
        ("rule", "another-rule", "the rule"),
        ("receipt", [], "the receipt"),
    ],
)
def test_replay_finds_what_was_planted(
    story: Any, begin: Any, column: str, value: Any, what: str
) -> None:
    with begin(told.OFFICER) as work:
        assert clocks.replay(work.session) == []
        work.session.execute(
            sa.update(ClockRow).where(ClockRow.kind == "representations").values({column: value})
        )
        work.session.expire_all()
        found = clocks.replay(work.session)
        assert found[0].what == what
        assert story.reference in found[0].sentence


def test_a_new_bank_holiday_lists_what_it_would_move(story: Any, begin: Any) -> None:
    with begin(told.OFFICER) as work:
        (moved,) = clocks.affected_by(work.session, date(2026, 7, 1))
        assert (moved.case, moved.kind) == (story.reference, "representations")
        assert (moved.due_on, moved.would_be) == (date(2026, 7, 1), date(2026, 7, 2))
        assert clocks.affected_by(work.session, date(2026, 6, 25)) == []
        assert clocks.show(work, story.reference)[0].due_on == date(2026, 7, 1)


def test_sweep_ends_periods_that_are_over_and_moves_no_case(story: Any, begin: Any) -> None:
    day_after = told.NOW + timedelta(days=16)
    with begin(told.OFFICER, day_after - timedelta(days=1)) as work:
        assert clocks.close_periods(work) == 0
    with begin(told.OFFICER, day_after) as work:
        assert clocks.close_periods(work) == 1
        assert clocks.close_periods(work) == 0
        case = story.case(work)
        assert (case.state, case.next_on) == ("representations", date(2026, 7, 29))


def test_the_end_of_the_right_to_appeal_is_a_fact_and_no_delay_of_ours(begin: Any) -> None:
    tale = told.Story(begin)
    day_after = tale.to_final_given() + timedelta(days=28)
    with begin(told.OFFICER, day_after) as work:
        case = tale.case(work)
        (appeal,) = [row for row in case.clocks if row.kind == "appeal"]
        assert clocks.shown(appeal, appeal.due_on).left == "due today"
        assert clocks.shown(appeal, appeal.due_on + timedelta(days=24)).left == "appeal period over"
        case_clocks.end_clocks(work, case, {ClockKind.DECISION}, "met")
        assert case.next_on == appeal.due_on
    with begin(told.OFFICER, day_after + timedelta(days=7)) as work:
        assert clocks.close_periods(work) == 2
        case = tale.case(work)
        (payment,) = [row for row in case.clocks if row.kind == "payment"]
        assert case.next_on == payment.due_on > appeal.due_on
        (appeal,) = [row for row in case.clocks if row.kind == "appeal"]
        assert case_clocks.ended_on(appeal) == appeal.due_on < work.today
