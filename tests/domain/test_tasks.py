"""The day of a task: working days after it is opened, with the count that leads to it."""

from __future__ import annotations

from datetime import date

import pytest

from enforcement.domain.calendar import DayOverride, WorkingCalendar
from enforcement.domain.refusals import BadInput
from enforcement.domain.tasks import (
    ABOUT_GIVING,
    ALLOWED_DAYS,
    BY_HAND,
    TITLES,
    TaskKind,
    allowed_days,
    check_days,
    due,
)

PLAIN = WorkingCalendar()
MOURNING = WorkingCalendar([DayOverride(date(2026, 6, 17), False, "A day of mourning")])


@pytest.mark.parametrize(
    ("opened", "days", "calendar", "expected"),
    [
        (date(2026, 6, 16), 2, PLAIN, date(2026, 6, 18)),  # Tuesday to Thursday
        (date(2026, 6, 18), 2, PLAIN, date(2026, 6, 22)),  # over a weekend
        (date(2026, 6, 20), 1, PLAIN, date(2026, 6, 22)),  # opened on a Saturday
        (date(2026, 12, 24), 2, PLAIN, date(2026, 12, 30)),  # Christmas, Boxing Day's substitute
        (date(2026, 6, 16), 2, MOURNING, date(2026, 6, 19)),
    ],
)
def test_the_day_a_task_is_due(
    opened: date, days: int, calendar: WorkingCalendar, expected: date
) -> None:
    found = due(opened, days, calendar)
    assert found.due_on == expected
    assert [line.day for line in found.receipt] == [
        date.fromordinal(n) for n in range(opened.toordinal(), expected.toordinal() + 1)
    ]
    assert [line.number for line in found.receipt if line.number] == list(range(1, days + 1))
    assert found.receipt[-1].note.endswith("The task is due on this day.")


def test_every_kind_has_words_and_days() -> None:
    assert set(TITLES) == set(TaskKind)
    assert set(ALLOWED_DAYS) == {kind.value for kind in TaskKind}
    assert ABOUT_GIVING.isdisjoint(BY_HAND)


def test_the_policy_goes_before_what_is_shipped() -> None:
    assert allowed_days({}, TaskKind.QUESTION) == 5
    assert allowed_days({"question": 1}, TaskKind.QUESTION) == 1


@pytest.mark.parametrize("policy", [{"question": 0}, {"whatever": 3}])
def test_a_policy_that_cannot_be(policy: dict[str, int]) -> None:
    with pytest.raises(BadInput):
        check_days(policy)


def test_a_task_allows_a_day() -> None:
    with pytest.raises(BadInput):
        due(date(2026, 6, 16), 0, PLAIN)
