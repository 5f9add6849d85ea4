"""Duties and outcomes: who owes, what counts, and that no later row takes a return away."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import permutations

import pytest

from enforcement.domain.calendar import WorkingCalendar
from enforcement.domain.duties import (
    ASC_SERVICE_TYPES,
    Duty,
    Outcome,
    ReturnKind,
    ReturnRow,
    Service,
    Spell,
    outcome_of,
    services_of,
)
from enforcement.domain.windows import Month, window_for

HOME, CARE = Service.HOME_CARE, Service.CARE_HOME
JUNE = window_for(Month.parse("2025-06"), WorkingCalendar())  # 8 June to Monday 16 June
DUTY = Duty("1-1000000001", CARE, "1-2000000001", date(2011, 1, 1), None)
SHA = "cd" * 32


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


BEFORE = ReturnRow(ReturnKind.UPDATE, at("2025-06-07T12:00"), False, SHA, 2)
INSIDE = ReturnRow(ReturnKind.UPDATE, at("2025-06-10T09:15"), True, SHA, 3)
NIL = ReturnRow(ReturnKind.NIL, at("2025-06-09T09:00"), True, SHA, 4)
SAVED = ReturnRow(ReturnKind.CONFIRMED, at("2025-06-16T22:59"), True, SHA, 5)
AFTER = ReturnRow(ReturnKind.UPDATE, at("2025-06-20T10:00"), False, SHA, 6)
MINUTES_LATE = ReturnRow(ReturnKind.UPDATE, at("2025-06-16T23:30"), False, SHA, 7)
SAID_ONE = ReturnRow(ReturnKind.UPDATE, None, True, SHA, 8)
SAID_ZERO = ReturnRow(ReturnKind.UPDATE, None, False, SHA, 9)
#: The report said 1, and a later update has overwritten the time stamp.
OVERWRITTEN = ReturnRow(ReturnKind.UPDATE, at("2025-06-20T10:00"), True, SHA, 10)


@pytest.mark.parametrize(
    ("names", "services"),
    [
        (["Care home service with nursing"], {CARE}),
        (["Care home service without nursing"], {CARE}),
        (["Residential homes", "Nursing homes"], {CARE}),
        (["Domiciliary care service"], {HOME}),
        (["Supported living service"], {HOME}),
        (["Extra Care housing services"], {HOME}),
        (["Shared Lives"], {HOME}),
        (["Homecare agencies"], {HOME}),
        (["Supported living"], {HOME}),
        (["Extra care housing"], {HOME}),
        (["Supported housing"], {HOME}),
        (["Shared lives"], {HOME}),
        (["  care home service  WITH nursing ", "Homecare agencies"], {CARE, HOME}),
        (["Dental service", "Hospice services", ""], set()),
        (["Care home"], set()),  # never by a part of a name
        ([], set()),
    ],
)
def test_services_from_cqc_names(names: list[str], services: set[Service]) -> None:
    assert services_of(names) == services
    assert set(ASC_SERVICE_TYPES.values()) == {CARE, HOME}


def test_services_have_names_for_people() -> None:
    assert [service.title for service in Service] == ["Care home", "Home care"]


@pytest.mark.parametrize(
    ("owed_from", "owed_to", "owes"),
    [
        (None, None, True),
        ("2025-06-08", None, True),  # registered on the opening day
        ("2025-06-09", None, False),
        (None, "2025-06-16", True),  # still registered on the closing day
        (None, "2025-06-15", False),  # gone before the moved closing day
        ("2025-06-08", "2025-06-16", True),
        ("2024-01-01", "2024-12-31", False),
    ],
)
def test_owed_when_registered_on_opening_and_closing_day(
    owed_from: str | None, owed_to: str | None, owes: bool
) -> None:
    duty = replace(
        DUTY,
        owed_from=None if owed_from is None else date.fromisoformat(owed_from),
        owed_to=None if owed_to is None else date.fromisoformat(owed_to),
    )
    assert duty.owes(JUNE) is owes
    assert (outcome_of(duty, JUNE, []).outcome is Outcome.NOT_DUE) is not owes
    assert (duty.why_not_owed(JUNE) is None) is owes


def test_a_dormant_location_still_owes() -> None:
    assert replace(DUTY, dormant=True).owes(JUNE)


@pytest.mark.parametrize(
    ("begins", "ends", "owes"),
    [
        ("2025-06-16", None, False),
        ("2025-06-17", None, True),
        (None, "2025-06-08", False),
        (None, "2025-06-07", True),
        ("2025-06-10", "2025-06-11", False),
    ],
)
def test_exempt_on_any_day_of_the_window(begins: str | None, ends: str | None, owes: bool) -> None:
    spell = Spell(
        None if begins is None else date.fromisoformat(begins),
        None if ends is None else date.fromisoformat(ends),
        "Not adult social care.",
    )
    assert replace(DUTY, exempt_spells=(spell,)).owes(JUNE) is owes


OUTCOMES = [
    ([], Outcome.MISSED, None, 0),
    ([SAID_ZERO], Outcome.MISSED, SAID_ZERO, 0),
    ([BEFORE], Outcome.MISSED, None, 1),
    ([BEFORE, SAID_ZERO], Outcome.MISSED, SAID_ZERO, 1),
    ([INSIDE], Outcome.SUBMITTED, INSIDE, 0),
    ([SAVED], Outcome.SUBMITTED, SAVED, 0),
    ([NIL], Outcome.NIL, NIL, 0),
    ([NIL, INSIDE], Outcome.SUBMITTED, INSIDE, 0),
    ([AFTER], Outcome.LATE, AFTER, 1),
    ([MINUTES_LATE], Outcome.LATE, MINUTES_LATE, 1),
    ([BEFORE, AFTER, MINUTES_LATE], Outcome.LATE, MINUTES_LATE, 3),
    ([INSIDE, AFTER], Outcome.SUBMITTED, INSIDE, 1),
    ([INSIDE, SAID_ZERO, AFTER], Outcome.SUBMITTED, INSIDE, 1),
    ([SAID_ONE], Outcome.SUBMITTED, SAID_ONE, 0),
    ([SAID_ONE, SAID_ZERO], Outcome.SUBMITTED, SAID_ONE, 0),
    ([OVERWRITTEN], Outcome.SUBMITTED, OVERWRITTEN, 1),
    ([replace(INSIDE, counts=False)], Outcome.SUBMITTED, replace(INSIDE, counts=False), 0),
]


@pytest.mark.parametrize(("rows", "outcome", "row", "beside"), OUTCOMES)
def test_outcome_whatever_the_order_of_rows(
    rows: list[ReturnRow], outcome: Outcome, row: ReturnRow | None, beside: int
) -> None:
    for order in permutations(rows):
        found = outcome_of(DUTY, JUNE, order)
        assert found.outcome is outcome
        assert found.row == row
        assert len(found.beside) == beside
        assert found.reason


@pytest.mark.parametrize("first", [INSIDE, SAVED, NIL, SAID_ONE, OVERWRITTEN])
@pytest.mark.parametrize("later", [AFTER, MINUTES_LATE, SAID_ZERO, BEFORE])
def test_a_later_row_never_turns_submitted_into_missed(first: ReturnRow, later: ReturnRow) -> None:
    alone = outcome_of(DUTY, JUNE, [first])
    both = outcome_of(DUTY, JUNE, [first, later])
    assert (both.outcome, both.row, both.reason) == (alone.outcome, alone.row, alone.reason)


def test_an_excuse_is_used_only_where_nothing_counts() -> None:
    excused = outcome_of(DUTY, JUNE, [AFTER], excused="Capacity Tracker could not be reached.")
    assert excused.outcome is Outcome.EXCUSED
    assert "could not be reached" in excused.reason
    assert excused.beside == (AFTER,)
    assert outcome_of(DUTY, JUNE, [INSIDE], excused="Not needed").outcome is Outcome.SUBMITTED


def test_rows_are_kept_beside_a_window_that_was_not_owed() -> None:
    duty = replace(DUTY, owed_from=date(2025, 6, 9))
    found = outcome_of(duty, JUNE, [INSIDE, AFTER])
    assert found.outcome is Outcome.NOT_DUE
    assert found.beside == (AFTER,)
    assert found.reason == "Not yet registered on 8 June 2025, when the window opened."


def test_reasons_give_local_times() -> None:
    assert outcome_of(DUTY, JUNE, [INSIDE]).reason == (
        "A return was received at 10:15 on 10 June 2025, inside the window."
    )
    assert outcome_of(DUTY, JUNE, [MINUTES_LATE]).reason == (
        "No return counted between 8 June 2025 and 16 June 2025; "
        "the first came late, 00:30 on 17 June 2025."
    )
    assert "monthly report" in outcome_of(DUTY, JUNE, [OVERWRITTEN]).reason


def test_which_outcomes_are_misses() -> None:
    assert [one for one in Outcome if one.is_miss] == [Outcome.MISSED, Outcome.LATE]
