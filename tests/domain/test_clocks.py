"""Clocks: the worked examples, the clock changes, receipts, and replay from stored inputs."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enforcement.domain.calendar import DayOverride, WorkingCalendar
from enforcement.domain.clocks import (
    Clock,
    ClockKind,
    appeal_clock,
    appeal_response_clock,
    days_left_in_words,
    decision_clock,
    extended_clock,
    payment_clock,
    payment_restart_clock,
    payment_resume_clock,
    recompute,
    representations_clock,
)
from enforcement.domain.giving import Method, deemed_given
from enforcement.domain.refusals import BadInput
from enforcement.domain.tribunal_clocks import (
    Limit,
    onward_clock,
    ordered_clock,
    recovery_clock,
)

ENGLAND = WorkingCalendar()
EMAIL, POST = Method.ELECTRONIC, Method.FIRST_CLASS


def day(text: str) -> date:
    return date.fromisoformat(text)


NOTICES_OF_INTENT = [
    # sent, method, given, last day, decide by
    ("2025-02-04", EMAIL, "2025-02-05", "2025-02-19", "2025-03-19"),
    ("2025-02-04", POST, "2025-02-07", "2025-02-21", "2025-03-21"),
    ("2025-02-07", EMAIL, "2025-02-10", "2025-02-24", "2025-03-24"),
    ("2025-02-08", POST, "2025-02-12", "2025-02-26", "2025-03-26"),
    ("2025-04-17", EMAIL, "2025-04-22", "2025-05-06", "2025-06-03"),
    ("2025-04-17", POST, "2025-04-24", "2025-05-08", "2025-06-05"),
    ("2024-12-23", EMAIL, "2024-12-24", "2025-01-07", "2025-02-04"),
    ("2024-12-23", POST, "2024-12-30", "2025-01-13", "2025-02-10"),
    ("2024-12-13", POST, "2024-12-18", "2025-01-02", "2025-01-30"),
]


@pytest.mark.parametrize(("sent", "method", "given_on", "ends", "decide"), NOTICES_OF_INTENT)
def test_worked_notices_of_intent(
    sent: str, method: Method, given_on: str, ends: str, decide: str
) -> None:
    giving = deemed_given(day(sent), method, ENGLAND)
    assert giving.given_on == day(given_on)
    period = representations_clock(giving.given_on, ENGLAND)
    assert period.due_on == day(ends)
    assert decision_clock(period.due_on).due_on == day(decide)


FINAL_NOTICES = [
    ("2025-03-03", "2025-03-31", "2025-03-31T16:00:00+00:00"),  # summer time by then
    ("2025-03-21", "2025-04-22", "2025-04-22T16:00:00+00:00"),
    ("2025-04-07", "2025-05-06", "2025-05-06T16:00:00+00:00"),
    ("2024-11-28", "2024-12-27", "2024-12-27T17:00:00+00:00"),
]


@pytest.mark.parametrize(("sent", "due", "due_at"), FINAL_NOTICES)
def test_worked_appeals(sent: str, due: str, due_at: str) -> None:
    clock = appeal_clock(day(sent), ENGLAND)
    assert clock.due_on == day(due)
    assert clock.due_at.isoformat() == due_at
    assert appeal_response_clock(day(sent), ENGLAND).due_on == day(due)


def test_the_representations_period_may_stay_on_a_holiday() -> None:
    assert representations_clock(day("2024-12-18"), ENGLAND, roll=False).due_on == day("2025-01-01")
    assert representations_clock(day("2025-02-05"), ENGLAND, days=21).due_on == day("2025-02-26")


def test_fewer_than_14_days_are_refused() -> None:
    with pytest.raises(BadInput) as refused:
        representations_clock(day("2025-02-05"), ENGLAND, days=13)
    assert refused.value.rule == "SI 2022/1175 reg 5"


def test_the_decision_never_rolls() -> None:
    assert decision_clock(day("2025-03-21")).due_on == day("2025-04-18")  # Good Friday
    assert decision_clock(day("2028-02-01")).due_on == day("2028-02-29")


@pytest.mark.parametrize(
    ("given_on", "appeal_due", "days", "due"),
    [
        ("2025-02-05", "2025-03-04", 28, "2025-03-05"),
        ("2025-03-21", "2025-04-17", 28, "2025-04-22"),  # off Good Friday
        ("2025-02-05", "2025-03-04", 14, "2025-03-04"),  # never before the appeal limit
        ("2025-03-03", "2025-04-22", 28, "2025-04-22"),
    ],
)
def test_payment(given_on: str, appeal_due: str, days: int, due: str) -> None:
    assert payment_clock(day(given_on), day(appeal_due), ENGLAND, days).due_on == day(due)


def test_periods_below_a_day_are_refused() -> None:
    with pytest.raises(BadInput):
        appeal_clock(day("2025-03-03"), ENGLAND, days=0)
    with pytest.raises(BadInput):
        payment_clock(day("2025-03-03"), day("2025-03-31"), ENGLAND, days=-1)


LATE = [
    # clock, instant (UTC), late
    (representations_clock(day("2025-06-02"), ENGLAND), "2025-06-16T22:59:59.9", False),
    (representations_clock(day("2025-06-02"), ENGLAND), "2025-06-16T23:00", True),
    (representations_clock(day("2025-01-06"), ENGLAND), "2025-01-20T23:59:59", False),
    (representations_clock(day("2025-01-06"), ENGLAND), "2025-01-21T00:00", True),
    (appeal_clock(day("2025-03-03"), ENGLAND), "2025-03-31T15:59:59", False),
    (appeal_clock(day("2025-03-03"), ENGLAND), "2025-03-31T16:00", True),  # before 5pm, not at it
    (appeal_clock(day("2024-11-28"), ENGLAND), "2024-12-27T16:30", False),
]


@pytest.mark.parametrize(("clock", "instant", "late"), LATE)
def test_what_is_late(clock: Clock, instant: str, late: bool) -> None:
    assert clock.is_late(datetime.fromisoformat(instant).replace(tzinfo=UTC)) is late


@pytest.mark.parametrize(
    ("given_on", "due_at"),
    [
        ("2025-03-20", "2025-04-03T22:59:59+00:00"),  # across the change to summer time
        ("2025-10-20", "2025-11-03T23:59:59+00:00"),  # and back
    ],
)
def test_the_end_of_the_day_is_local(given_on: str, due_at: str) -> None:
    assert representations_clock(day(given_on), ENGLAND).due_at.isoformat() == due_at


def test_the_receipt_names_day_1_and_why_the_end_moves() -> None:
    clock = representations_clock(day("2024-12-18"), ENGLAND)
    first, one = clock.receipt[:2]
    assert (first.day, first.number) == (day("2024-12-18"), None)
    assert first.note == "The notice of intent is given; this day is not counted."
    assert (one.day, one.number, one.note) == (clock.first_day, 1, "Day 1: the day after.")
    last, moved = clock.receipt[-2:]
    assert (last.day, last.number) == (day("2025-01-01"), 14)
    assert last.note == (
        "Day 14, the last day counted. New Year's Day: not a working day, so the end moves on."
    )
    assert (moved.day, moved.number, moved.note) == (
        clock.due_on,
        None,
        "Due by the end of the day.",
    )
    assert appeal_clock(day("2025-03-03"), ENGLAND).receipt[-1].note == (
        "Day 28, the last day counted. Due before 5pm."
    )
    extended = payment_clock(day("2025-02-05"), day("2025-03-04"), ENGLAND, 14).receipt[-1].note
    assert "never due before the appeal limit" in extended


def clocks(calendar: WorkingCalendar = ENGLAND) -> list[Clock]:
    return [
        representations_clock(day("2024-12-18"), calendar),
        representations_clock(day("2024-12-18"), calendar, days=20, roll=False),
        decision_clock(day("2025-01-02")),
        payment_clock(day("2025-03-24"), day("2025-04-22"), calendar, 21),
        appeal_clock(day("2025-03-21"), calendar),
        appeal_response_clock(day("2025-04-07"), calendar),
        payment_restart_clock(day("2025-04-07"), calendar),
        payment_resume_clock(day("2025-04-07"), calendar, 5),
        *ordered(calendar),
        onward_clock(day("2025-01-31"), Limit("a rule", months=1), calendar),
        onward_clock(day("2025-01-31"), Limit("a rule", days=28), calendar),
        recovery_clock(day("2025-04-07"), calendar, 28),
    ]


def ordered(calendar: WorkingCalendar) -> list[Clock]:
    kinds = (
        ClockKind.DIRECTION,
        ClockKind.APPEAL_RESPONSE,
        ClockKind.ONWARD_APPEAL,
        ClockKind.HEARING,
        ClockKind.COURT_ORDER,
    )
    set_on, stated_on = day("2025-04-04"), day("2025-04-19")
    return [ordered_clock(kind, set_on, stated_on, calendar, "About it.") for kind in kinds]


@pytest.mark.parametrize("clock", clocks(), ids=lambda clock: clock.rule)
def test_replay_gives_the_same_bytes(clock: Clock) -> None:
    stored = json.loads(json.dumps(clock.as_json()))
    again = recompute(ClockKind(stored["kind"]), stored["inputs"], WorkingCalendar())
    assert again == clock
    assert json.dumps(again.as_json()) == json.dumps(clock.as_json())
    assert clock.citation
    assert clock.receipt[0].day == clock.starts_on
    assert clock.receipt[-1].day == clock.due_on


def test_every_kind_of_clock_can_be_replayed() -> None:
    assert {clock.kind for clock in clocks()} == set(ClockKind)


def test_a_new_bank_holiday_moves_what_rests_on_working_days_only() -> None:
    extra = WorkingCalendar([DayOverride(day("2025-01-02"), False, "Day of mourning")])
    for before, after in zip(clocks(), clocks(extra), strict=True):
        moves = before.due_on == day("2025-01-02") and before.kind is ClockKind.REPRESENTATIONS
        assert (after.due_on != before.due_on) is moves
    assert clocks(extra)[0].calendar_version == extra.version
    assert clocks(extra)[2].calendar_version == "not used: calendar days only"


@pytest.mark.parametrize(
    ("kind", "inputs"),
    [
        (ClockKind.APPEAL, {}),
        (ClockKind.APPEAL, {"sent_on": "yesterday", "days": "28"}),
        (ClockKind.DECISION, {"period_ends_on": "2025-02-30"}),
        (ClockKind.REPRESENTATIONS, {"given_on": "2025-01-01", "days": "14", "roll": "maybe"}),
    ],
)
def test_inputs_that_cannot_be_used_are_refused(kind: ClockKind, inputs: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        recompute(kind, inputs, ENGLAND)


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (12, "12 days left"),
        (2, "2 days left"),
        (1, "due tomorrow"),
        (0, "due today"),
        (-1, "1 day overdue"),
        (-40, "40 days overdue"),
    ],
)
def test_days_left(left: int, words: str) -> None:
    assert days_left_in_words(day("2025-02-28") + timedelta(days=left), day("2025-02-28")) == words


@settings(max_examples=30, deadline=None)
@given(st.dates(date(2023, 4, 1), date(2032, 12, 31)), st.integers(14, 60))
def test_never_shorter_than_the_law_and_ends_on_a_working_day(start: date, days: int) -> None:
    clock = representations_clock(start, ENGLAND, days=days)
    assert (clock.due_on - start).days >= days
    assert ENGLAND.is_working(clock.due_on)
    assert len([line for line in clock.receipt if line.number is not None]) == days


def test_more_time_shows_both_days_and_is_derived_again() -> None:
    stated = representations_clock(day("2025-02-05"), ENGLAND)  # to Wednesday 19 February
    longer = extended_clock(stated, day("2025-02-26"))
    assert (stated.due_on, longer.due_on) == (day("2025-02-19"), day("2025-02-26"))
    notes = {line.day: line.note for line in longer.receipt}
    assert notes[day("2025-02-19")].endswith("The last day that the notice states.")
    assert notes[day("2025-02-20")] == "More time was agreed."
    assert notes[day("2025-02-26")] == "More time was agreed. Due by the end of the day."
    again = recompute(ClockKind.REPRESENTATIONS, longer.inputs, ENGLAND)
    assert again.as_json() == longer.as_json()
    # more time again counts from the stated day, not from the longer one
    assert extended_clock(stated, day("2025-03-03")).inputs["extended_to"] == "2025-03-03"
    # a day that became a holiday moves the stated end past one added day: never an error
    closed = WorkingCalendar([DayOverride(day("2025-02-19"), False, "Mourning")])
    one_day = extended_clock(stated, day("2025-02-20"))
    moved = recompute(ClockKind.REPRESENTATIONS, one_day.inputs, closed)
    assert moved.due_on == day("2025-02-20")


SET = [
    # what, set on, the day set, due: Good Friday 2025 is 18 April; the tribunal's days move on
    (ClockKind.DIRECTION, "2025-04-04", "2025-04-18", "2025-04-22"),
    (ClockKind.APPEAL_RESPONSE, "2025-04-04", "2025-04-17", "2025-04-17"),
    (ClockKind.ONWARD_APPEAL, "2025-04-04", "2025-04-20", "2025-04-22"),
    (ClockKind.HEARING, "2025-04-04", "2025-04-18", "2025-04-18"),
    (ClockKind.COURT_ORDER, "2025-04-04", "2025-04-19", "2025-04-19"),
]


@pytest.mark.parametrize(("kind", "set_on", "stated_on", "due_on"), SET)
def test_a_day_that_a_tribunal_or_court_sets(
    kind: ClockKind, set_on: str, stated_on: str, due_on: str
) -> None:
    clock = ordered_clock(kind, day(set_on), day(stated_on), ENGLAND)
    assert clock.due_on == day(due_on)
    assert (clock.due_at == clock.due_at.replace(second=59)) is not kind.by_five
    words = {ClockKind.HEARING: "It takes place", ClockKind.COURT_ORDER: "by the end of the day"}
    assert words.get(kind, "Due before 5pm.") in clock.receipt[-1].note


def test_nobody_sets_a_day_that_is_past_or_of_another_kind() -> None:
    with pytest.raises(BadInput, match="comes after"):
        ordered_clock(ClockKind.DIRECTION, day("2025-04-04"), day("2025-04-04"), ENGLAND)
    with pytest.raises(BadInput, match="No tribunal"):
        ordered_clock(ClockKind.PAYMENT, day("2025-04-04"), day("2025-04-05"), ENGLAND)


ONWARD = [
    # sent on, the time the rules give, due
    ("2025-03-03", Limit("r", days=28), "2025-03-31"),
    ("2025-03-21", Limit("r", days=28), "2025-04-22"),  # Good Friday: to Tuesday after Easter
    ("2025-01-15", Limit("r", months=1), "2025-02-17"),  # Saturday 15 February: to Monday
    ("2025-01-31", Limit("r", months=1), "2025-02-28"),
    ("2024-01-31", Limit("r", months=1), "2024-02-29"),
    ("2024-12-10", Limit("r", months=1), "2025-01-10"),
    ("2025-11-28", Limit("r", months=1), "2025-12-29"),  # Sunday 28 December
]


@pytest.mark.parametrize(("sent_on", "limit", "due_on"), ONWARD)
def test_the_time_for_going_on(sent_on: str, limit: Limit, due_on: str) -> None:
    clock = onward_clock(day(sent_on), limit, ENGLAND)
    assert (clock.due_on, clock.citation) == (day(due_on), "r")
    assert clock.receipt[-1].note.endswith("Due before 5pm.")


@pytest.mark.parametrize("last_day", ["2025-02-18", "2025-02-19"])
def test_more_time_never_shortens(last_day: str) -> None:
    with pytest.raises(BadInput, match="after the day"):
        extended_clock(representations_clock(day("2025-02-05"), ENGLAND), day(last_day))


def test_the_reason_for_another_day_of_giving_is_in_the_receipt_and_derived_again() -> None:
    calendar, because = WorkingCalendar(), "Found on evidence to have been given on another day."
    given = date(2026, 6, 17)
    for clock in (
        representations_clock(given, calendar, 14, True, because),
        payment_clock(given, date(2026, 7, 14), calendar, 28, because),
    ):
        assert clock.receipt[0].note.endswith(because)
        assert recompute(clock.kind, clock.inputs, calendar) == clock
    assert "because" not in representations_clock(given, calendar).inputs
