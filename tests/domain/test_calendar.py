"""Working days against GOV.UK's own lists; local dates across both clock changes."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enforcement.domain.calendar import (
    LONDON,
    DayOverride,
    WorkingCalendar,
    local_date,
    local_instant,
)
from enforcement.domain.refusals import BadInput

FILES = Path(__file__).parents[1] / "data_files" / "calendar"
ENGLAND = WorkingCalendar()
#: The day a feed was taken, the last year it can be trusted for, and the first it holds whole.
#: The list of May 2019 still has 4 May 2020, moved to 8 May a month later (VE day).
FEEDS = {
    "govuk_bank_holidays_2019-05-08.json": 2019,
    "govuk_bank_holidays_2022-12-29.json": 2024,
    "govuk_bank_holidays_2026-02-25.json": 2028,
}


@pytest.mark.parametrize(("name", "last_year"), FEEDS.items())
def test_every_gov_uk_bank_holiday_agrees(name: str, last_year: int) -> None:
    events = json.loads((FILES / name).read_text("utf-8"))["england-and-wales"]["events"]
    published = {date.fromisoformat(event["date"]) for event in events}
    years = range(min(published).year, min(max(published).year, last_year) + 1)
    assert len(years) >= 3
    for year in years:
        ours = {day for day in ENGLAND.bank_holidays(year) if day.weekday() < 5}
        theirs = {day for day in published if day.year == year and day.weekday() < 5}
        assert ours == theirs, year
        assert not any(ENGLAND.is_working(day) for day in published if day.year == year)


WHY = [
    ("2024-09-14", "Saturday"),
    ("2024-09-15", "Sunday"),
    ("2024-09-16", None),
    ("2025-04-18", "Good Friday"),
    ("2025-04-21", "Easter Monday"),
    ("2024-12-25", "Christmas Day"),
    ("2022-09-19", "State Funeral of Queen Elizabeth II"),
    ("2023-05-08", "Coronation of Charles III"),
    ("2028-02-29", None),
    ("2021-12-28", "Boxing Day (observed)"),
]


@pytest.mark.parametrize(("day", "why"), WHY)
def test_why_a_day_is_not_working(day: str, why: str | None) -> None:
    assert ENGLAND.why_not_working(date.fromisoformat(day)) == why
    assert ENGLAND.is_working(date.fromisoformat(day)) is (why is None)


def test_only_holidays_of_england_are_taken() -> None:
    assert ENGLAND.is_working(date(2025, 3, 17))  # St Patrick's Day, Northern Ireland
    assert ENGLAND.is_working(date(2025, 1, 2))  # Scotland
    assert ENGLAND.is_working(date(2025, 8, 4))  # Scotland's summer holiday


@pytest.mark.parametrize(
    ("day", "n", "expected"),
    [
        ("2025-02-04", 1, "2025-02-05"),
        ("2025-02-04", 3, "2025-02-07"),
        ("2025-02-08", 3, "2025-02-12"),
        ("2025-04-17", 1, "2025-04-22"),
        ("2025-04-17", 3, "2025-04-24"),
        ("2024-12-23", 3, "2024-12-30"),
        ("2028-02-28", 1, "2028-02-29"),
        ("2027-12-24", 1, "2027-12-29"),  # Christmas and Boxing Day both have substitutes
    ],
)
def test_working_days_are_counted_after_the_day(day: str, n: int, expected: str) -> None:
    assert ENGLAND.add_working_days(date.fromisoformat(day), n) == date.fromisoformat(expected)


def test_counting_no_days_is_refused() -> None:
    with pytest.raises(BadInput):
        ENGLAND.add_working_days(date(2025, 2, 4), 0)


def test_next_working_day_is_the_day_itself_when_it_works() -> None:
    assert ENGLAND.on_or_after(date(2025, 4, 17)) == date(2025, 4, 17)
    assert ENGLAND.on_or_after(date(2025, 4, 18)) == date(2025, 4, 22)


def test_overrides_add_and_remove_days_and_change_the_version() -> None:
    extra = DayOverride(date(2027, 6, 1), False, "Day of national thanksgiving")
    moved = DayOverride(date(2027, 5, 3), True, "Early May bank holiday moved")
    calendar = WorkingCalendar([extra, moved])
    assert calendar.why_not_working(date(2027, 6, 1)) == "Day of national thanksgiving"
    assert calendar.is_working(date(2027, 5, 3))
    holidays = calendar.bank_holidays(2027)
    assert date(2027, 6, 1) in holidays
    assert date(2027, 5, 3) not in holidays
    assert date(2027, 6, 1) not in calendar.bank_holidays(2026)
    assert list(holidays) == sorted(holidays)
    assert calendar.version == WorkingCalendar([moved, extra]).version
    assert calendar.version != ENGLAND.version
    assert "+2-overrides/" in calendar.version
    assert ENGLAND.version.startswith("ENG holidays-")
    assert "+0-overrides/" in ENGLAND.version


@pytest.mark.parametrize(
    "overrides",
    [
        [DayOverride(date(2027, 6, 1), False, " ")],
        [DayOverride(date(2027, 6, 1), False, "One"), DayOverride(date(2027, 6, 1), True, "Two")],
    ],
    ids=["no reason", "one day twice"],
)
def test_unusable_overrides_are_refused(overrides: list[DayOverride]) -> None:
    with pytest.raises(BadInput):
        WorkingCalendar(overrides)


LOCAL_DATES = [
    ("2025-06-14T22:30:00+00:00", "2025-06-14"),  # 23:30 in England: in time
    ("2025-06-14T23:30:00+00:00", "2025-06-15"),  # 00:30 in England: the next day
    ("2025-01-14T23:30:00+00:00", "2025-01-14"),
    ("2025-03-30T00:59:59+00:00", "2025-03-30"),  # clocks go forward at 01:00 UTC
    ("2025-03-30T23:00:00+00:00", "2025-03-31"),
    ("2025-10-25T23:00:00+00:00", "2025-10-26"),  # still summer time
    ("2025-10-26T23:30:00+00:00", "2025-10-26"),  # winter time again
]


@pytest.mark.parametrize(("instant", "day"), LOCAL_DATES)
def test_local_date(instant: str, day: str) -> None:
    assert local_date(datetime.fromisoformat(instant)) == date.fromisoformat(day)


def test_times_without_a_zone_are_refused_and_local_times_with_one() -> None:
    naive = datetime(2025, 6, 14, 12, 0, tzinfo=UTC).replace(tzinfo=None)
    with pytest.raises(BadInput):
        local_date(naive)
    with pytest.raises(BadInput):
        local_instant(date(2025, 6, 14), time(12, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("day", "at", "expected"),
    [
        (date(2025, 1, 14), time(23, 59, 59), "2025-01-14T23:59:59+00:00"),
        (date(2025, 6, 14), time(23, 59, 59), "2025-06-14T22:59:59+00:00"),
        (date(2025, 3, 30), time(0, 0), "2025-03-30T00:00:00+00:00"),
        (date(2025, 3, 31), time(0, 0), "2025-03-30T23:00:00+00:00"),
        (date(2025, 10, 26), time(1, 30), "2025-10-26T00:30:00+00:00"),  # the first of two
    ],
)
def test_local_instant(day: date, at: time, expected: str) -> None:
    assert local_instant(day, at).isoformat() == expected


@settings(max_examples=40, deadline=None)
@given(st.dates(date(2013, 1, 1), date(2035, 12, 31)), st.integers(1, 12))
def test_adding_working_days_passes_exactly_that_many(day: date, n: int) -> None:
    reached = ENGLAND.add_working_days(day, n)
    between = [day + timedelta(days=i) for i in range(1, (reached - day).days + 1)]
    assert sum(ENGLAND.is_working(one) for one in between) == n
    assert ENGLAND.is_working(reached)


@settings(max_examples=40, deadline=None)
@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.sampled_from([time(0), time(23, 59, 59)]))
def test_local_instants_fall_on_their_day(day: date, at: time) -> None:
    assert local_date(local_instant(day, at)) == day
    assert local_instant(day, at).astimezone(LONDON).time() == at
