"""Windows against the months that councils published, and the awkward ones."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from enforcement.domain.calendar import DayOverride, WorkingCalendar
from enforcement.domain.refusals import BadInput
from enforcement.domain.windows import (
    Month,
    Timing,
    WindowOverride,
    window_for,
    windows_from,
)

PUBLISHED = Path(__file__).parents[1] / "data_files" / "calendar" / "published_windows.csv"
ENGLAND = WorkingCalendar()


def published() -> list[dict[str, str]]:
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_published_window_agrees() -> None:
    rows = published()
    assert len(rows) >= 7
    for row in rows:
        window = window_for(Month.parse(row["month"]), ENGLAND)
        assert window.opens_on == date.fromisoformat(row["opens"]), row
        assert window.closes_on == date.fromisoformat(row["closes"]), row


CLOSINGS = [
    ("2024-01", "2024-01-15"),  # Sunday
    ("2024-02", "2024-02-14"),  # leap year
    ("2024-06", "2024-06-14"),  # opened on a Saturday
    ("2024-07", "2024-07-15"),  # Sunday
    ("2024-09", "2024-09-16"),  # Saturday
    ("2024-12", "2024-12-16"),  # Saturday
    ("2025-03", "2025-03-14"),
    ("2026-02", "2026-02-16"),  # Saturday
    ("2026-03", "2026-03-16"),  # Saturday
    ("2028-02", "2028-02-14"),  # leap year
    ("2028-04", "2028-04-18"),  # Good Friday, then Easter Monday
    ("2031-04", "2031-04-15"),  # Easter Monday
]


@pytest.mark.parametrize(("month", "closes"), CLOSINGS)
def test_closing_day(month: str, closes: str) -> None:
    window = window_for(Month.parse(month), ENGLAND)
    assert window.closes_on == date.fromisoformat(closes)
    assert window.opens_on == Month.parse(month).first_day.replace(day=8)
    assert window.calendar_version == ENGLAND.version
    assert window.override_reason is None


def test_the_opening_never_moves_and_the_closing_is_a_working_day() -> None:
    for window in windows_from(Month.parse("2022-08"), 160, ENGLAND):
        assert window.opens_on.day == 8
        assert ENGLAND.is_working(window.closes_on)
        assert 0 <= (window.closes_on - date(window.month.year, window.month.month, 14)).days <= 4


JUDGED = [
    # month, instant (UTC), timing
    ("2025-06", "2025-06-07T22:59:59", Timing.BEFORE),  # 23:59:59 on the 7th in England
    ("2025-06", "2025-06-07T23:00:00", Timing.INSIDE),  # 00:00 on the 8th
    ("2025-06", "2025-06-16T22:30:00", Timing.INSIDE),  # 23:30 on Monday the 16th
    ("2025-06", "2025-06-16T22:59:59", Timing.INSIDE),
    ("2025-06", "2025-06-16T23:00:00", Timing.AFTER),  # 00:00 on the 17th
    ("2025-06", "2025-06-16T23:30:00", Timing.AFTER),  # the 16th only in UTC
    ("2025-01", "2025-01-07T23:59:59", Timing.BEFORE),
    ("2025-01", "2025-01-08T00:00:00", Timing.INSIDE),
    ("2025-01", "2025-01-14T23:59:59", Timing.INSIDE),
    ("2025-01", "2025-01-15T00:00:00", Timing.AFTER),
]


@pytest.mark.parametrize(("month", "instant", "timing"), JUDGED)
def test_an_instant_is_judged_by_the_date_in_england(
    month: str, instant: str, timing: Timing
) -> None:
    window = window_for(Month.parse(month), ENGLAND)
    moment = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert window.judge(moment) is timing
    assert window.is_closed(moment) is (timing is Timing.AFTER)


def test_the_whole_last_second_is_inside() -> None:
    window = window_for(Month.parse("2025-01"), ENGLAND)
    assert window.judge(window.closes_at + timedelta(milliseconds=999)) is Timing.INSIDE
    assert window.judge(window.closes_at + timedelta(seconds=1)) is Timing.AFTER
    assert window.judge(window.opens_at - timedelta(microseconds=1)) is Timing.BEFORE


@pytest.mark.parametrize(
    ("month", "opens_at", "closes_at"),
    [
        ("2025-03", "2025-03-08T00:00:00+00:00", "2025-03-14T23:59:59+00:00"),
        ("2025-04", "2025-04-07T23:00:00+00:00", "2025-04-14T22:59:59+00:00"),
        ("2025-10", "2025-10-07T23:00:00+00:00", "2025-10-14T22:59:59+00:00"),
        ("2025-11", "2025-11-08T00:00:00+00:00", "2025-11-14T23:59:59+00:00"),
    ],
)
def test_both_sides_of_each_clock_change(month: str, opens_at: str, closes_at: str) -> None:
    window = window_for(Month.parse(month), ENGLAND)
    assert window.opens_at.isoformat() == opens_at
    assert window.closes_at.isoformat() == closes_at


def test_an_instant_without_a_zone_is_refused() -> None:
    window = window_for(Month.parse("2025-01"), ENGLAND)
    with pytest.raises(BadInput):
        window.judge(datetime(2025, 1, 10, tzinfo=UTC).replace(tzinfo=None))


def test_an_override_moves_one_window_and_says_why() -> None:
    may = Month.parse("2026-05")
    override = WindowOverride(may, None, date(2026, 5, 20), "Capacity Tracker was down 12-14 May")
    before, moved, after = windows_from(may - 1, 3, ENGLAND, [override])
    assert moved.closes_on == date(2026, 5, 20)
    assert moved.opens_on == date(2026, 5, 8)
    assert moved.override_reason == "Capacity Tracker was down 12-14 May"
    assert before.override_reason is after.override_reason is None
    assert moved.as_json()["closes_on"] == "2026-05-20"


@pytest.mark.parametrize(
    "override",
    [
        WindowOverride(Month.parse("2026-06"), None, date(2026, 6, 20), "Other month"),
        WindowOverride(Month.parse("2026-05"), None, date(2026, 5, 20), "  "),
        WindowOverride(Month.parse("2026-05"), None, date(2026, 5, 7), "Closes too early"),
    ],
    ids=lambda one: one.reason.strip() or "no reason",
)
def test_unusable_overrides_are_refused(override: WindowOverride) -> None:
    with pytest.raises(BadInput):
        window_for(Month.parse("2026-05"), ENGLAND, override)


def test_two_overrides_of_one_month_are_refused() -> None:
    one = WindowOverride(Month.parse("2026-05"), None, date(2026, 5, 20), "Once")
    with pytest.raises(BadInput):
        windows_from(Month.parse("2026-05"), 1, ENGLAND, [one, one])


def test_a_new_bank_holiday_moves_the_window_through_the_calendar() -> None:
    calendar = WorkingCalendar([DayOverride(date(2027, 1, 14), False, "Day of mourning")])
    window = window_for(Month.parse("2027-01"), calendar)
    assert window.closes_on == date(2027, 1, 15)
    assert window.calendar_version == calendar.version


def test_months_count_across_years() -> None:
    march = Month.parse("2026-03")
    assert (march.year, march.month, str(march), march.title) == (2026, 3, "2026-03", "March 2026")
    assert str(march - 3) == "2025-12"
    assert str(march + 10) == "2027-01"
    assert march - Month.parse("2025-03") == 12
    assert Month.parse("2025-12") < march
    assert Month.of(date(2026, 3, 31)) == march
    assert march.first_day == date(2026, 3, 1)
    assert Month.parse("2025-12").month == 12


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "2026-3", "March 2026", "", "0000-01"])
def test_what_is_not_a_month_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        Month.parse(text)
