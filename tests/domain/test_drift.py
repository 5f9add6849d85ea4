"""What each change of the register means for a case: a table of examples, and what undoes what."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from enforcement.domain.drift import TABLE, Change, Counted, Meaning, Sort, judge, net

HOME, OTHER = "1-800000001", "1-800000002"
MAY = Counted(HOME, "care home", "May 2026", date(2026, 5, 14))
APRIL = Counted(HOME, "care home", "April 2026", date(2026, 4, 14))
BEFORE, AFTER = date(2026, 5, 10), date(2026, 6, 1)


def change(kind: str, place: str = HOME, **values: Any) -> Change:
    given = {"before": None, "after": None, "effective_on": AFTER, "noticed_on": AFTER, **values}
    return Change(kind=kind, place=place, name="Invented House", **given)


PROVIDER = {"place": ""}
JUDGED: list[tuple[Change, Sort, Meaning]] = [
    (change("closed"), Sort.CLOSED, Meaning.WARN),
    (change("closed", effective_on=BEFORE), Sort.CLOSED_BEFORE, Meaning.BLOCK),
    (change("closed", effective_on=MAY.closes_on), Sort.CLOSED_BEFORE, Meaning.BLOCK),
    (change("closed", **PROVIDER), Sort.PROVIDER_CLOSED, Meaning.BLOCK),
    (change("closed", effective_on=BEFORE, **PROVIDER), Sort.CLOSED_BEFORE, Meaning.BLOCK),
    (change("sold", before="A (1-1)", after="B (1-2)"), Sort.SOLD, Meaning.WARN),
    (change("sold", effective_on=BEFORE, after="B"), Sort.SOLD_BEFORE, Meaning.BLOCK),
    (change("successor", after=OTHER), Sort.SUCCEEDED, Meaning.WARN),
    (change("successor", after=OTHER, same_person=True), Sort.NEW_NUMBER, Meaning.NOTE),
    (change("vanished"), Sort.VANISHED, Meaning.WARN),
    (change("service_ended", before="care home"), Sort.SERVICE_ENDED, Meaning.WARN),
    (
        change("service_ended", before="care home", effective_on=BEFORE),
        Sort.ENDED_BEFORE,
        Meaning.BLOCK,
    ),
    # another service than the one the case counts
    (
        change("service_ended", before="home care", effective_on=BEFORE),
        Sort.SERVICE_ENDED,
        Meaning.WARN,
    ),
    (change("left_scope", before="any"), Sort.SERVICE_ENDED, Meaning.WARN),
    (
        change("legal_person", before="Organisation, 0123", after="Organisation, 0999", **PROVIDER),
        Sort.LEGAL_PERSON,
        Meaning.BLOCK,
    ),
    (
        change("legal_person", before="Organisation, 0123", after="Organisation", **PROVIDER),
        Sort.LEGAL_PERSON,
        Meaning.BLOCK,
    ),
    # a number filled in where there was none names nobody else
    (
        change("legal_person", before="Organisation", after="Organisation, 0123", **PROVIDER),
        Sort.LEGAL_FORM,
        Meaning.WARN,
    ),
    (
        change("legal_person", before="Individual", after="Partnership", **PROVIDER),
        Sort.LEGAL_FORM,
        Meaning.WARN,
    ),
    (change("renamed", before="A", after="B", **PROVIDER), Sort.RENAMED, Meaning.NOTE),
    (change("moved", before="A", after="B", **PROVIDER), Sort.ADDRESS, Meaning.NOTE),
    (change("moved", before="A", after="B"), Sort.ADDRESS, Meaning.NOTE),
    (change("addressee", before="A", after="B", **PROVIDER), Sort.ADDRESSEE, Meaning.NOTE),
    (change("service_added", after="home care"), Sort.SERVICE_ADDED, Meaning.NOTE),
    (change("dormant", after="dormant"), Sort.DORMANT, Meaning.NOTE),
    (change("beds", before="10", after="20"), Sort.BEDS, Meaning.NOTE),
    (change("council", before="Oldham", after="Leeds"), Sort.COUNCIL, Meaning.NOTE),
]


@pytest.mark.parametrize(("given", "sort", "meaning"), JUDGED)
def test_what_a_change_means(given: Change, sort: Sort, meaning: Meaning) -> None:
    [found] = judge([given], [APRIL, MAY], None)
    assert (found.sort, found.meaning) == (sort, meaning)
    assert "Invented House" in found.sentence
    assert "{" not in found.sentence
    assert "None" not in found.sentence


def test_every_sort_has_a_line_and_an_example() -> None:
    assert set(TABLE) == set(Sort)
    assert {sort for _, sort, _ in JUDGED} | {Sort.GIVEN_AT_OLD_ADDRESS} == set(Sort)


def test_only_the_windows_after_the_closing_are_named() -> None:
    early = change("closed", effective_on=BEFORE)
    [found] = judge([early], [APRIL, MAY], None)
    assert found.sentence == (
        "Invented House (1-800000001) left the register on 10 May 2026, before the window of "
        "May 2026 closed."
    )
    [both] = judge([replace(early, effective_on=date(2026, 4, 1))], [APRIL, MAY], None)
    assert "the windows of April 2026 and May 2026" in both.sentence


@pytest.mark.parametrize(
    ("sent", "sort"),
    [
        (None, Sort.ADDRESS),
        (date(2026, 5, 31), Sort.ADDRESS),
        (AFTER, Sort.GIVEN_AT_OLD_ADDRESS),
        (date(2026, 6, 2), Sort.GIVEN_AT_OLD_ADDRESS),
    ],
)
def test_a_move_before_the_notice_was_posted_to_the_old_address(
    sent: date | None, sort: Sort
) -> None:
    [found] = judge([change("moved", before="A", after="B", **PROVIDER)], [MAY], sent)
    assert found.sort is sort


def test_a_place_the_case_does_not_count_is_left_out() -> None:
    assert judge([change("closed", OTHER), change("sold", OTHER)], [MAY], None) == []


def test_what_stops_the_case_comes_first() -> None:
    found = judge(
        [change("beds", before="1", after="2"), change("vanished"), change("closed", "")],
        [MAY],
        None,
    )
    assert [one.meaning for one in found] == [Meaning.BLOCK, Meaning.WARN, Meaning.NOTE]


UNDONE: list[tuple[list[Change], list[str]]] = [
    ([change("closed"), change("reopened")], []),
    ([change("closed"), change("reopened"), change("closed")], ["closed"]),
    ([change("vanished"), change("returned")], []),
    ([change("sold"), change("bought")], []),
    ([change("dormant"), change("active")], []),
    ([change("dormant"), change("active"), change("dormant")], ["dormant"]),
    ([change("renamed", before="A", after="B"), change("renamed", before="B", after="A")], []),
    (
        [change("service_added", after="home care"), change("service_ended", before="home care")],
        [],
    ),
    (
        [change("service_added", after="home care"), change("service_ended", before="care home")],
        ["service_added", "service_ended"],
    ),
    ([change("closed", ""), change("closed")], ["closed", "closed"]),
    ([change("new"), change("predecessor", after=OTHER)], []),
]


@pytest.mark.parametrize(("given", "left"), UNDONE)
def test_what_was_undone_is_no_difference(given: list[Change], left: list[str]) -> None:
    assert [one.kind for one in net(given)] == left


def test_two_renamings_are_one_from_the_first_to_the_last() -> None:
    [found] = net(
        [change("renamed", before="A", after="B"), change("renamed", before="B", after="C")]
    )
    assert (found.before, found.after) == ("A", "C")


def test_reasons_hold_for_that_very_difference() -> None:
    [one] = judge([change("sold", after="B (1-2)")], [MAY], None)
    [other] = judge([change("sold", after="C (1-3)")], [MAY], None)
    assert one.key != other.key
