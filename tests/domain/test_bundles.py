"""How a bundle's pages are numbered, and when a bundle may be made."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from enforcement.domain.bundles import (
    BundleFacts,
    Coming,
    Label,
    Numbered,
    Pack,
    gates,
    number_afresh,
    number_later,
    span,
)
from enforcement.domain.gates import CaseFacts
from enforcement.domain.refusals import BadInput
from enforcement.domain.stages import State

TODAY = date(2026, 9, 1)


def shown(numbered: list[Numbered]) -> dict[str, str]:
    return {one.key: " ".join(map(str, one.labels)) for one in numbered}


FIRST = number_afresh([Coming("cover", 1), Coming("index", 1), Coming("a", 2), Coming("b", 1)])


def test_the_first_edition_counts_from_one() -> None:
    assert shown(FIRST) == {"cover": "1", "index": "2", "a": "3 4", "b": "5"}


@pytest.mark.parametrize(
    ("coming", "expected"),
    [
        ([Coming("x", 2, "a")], {"x": "4A 4B"}),
        ([Coming("x", 1, "a"), Coming("y", 2, "a")], {"x": "4A", "y": "4B 4C"}),
        ([Coming("x", 1, "a"), Coming("y", 1, "x")], {"x": "4A", "y": "4B"}),
        ([Coming("index", 2)], {"index": "2 2A", "a": "3 4"}),
        ([Coming("x", 1, "b")], {"x": "5A"}),
        ([Coming("annex", 2)], {"annex": "6 7"}),
        ([Coming("x", 28, "b")], {"x": "5A 5B 5C 5D 5E 5F 5G 5H 5I 5J 5K 5L 5M 5N 5O 5P 5Q 5R 5S "
                                       "5T 5U 5V 5W 5X 5Y 5Z 5AA 5AB"}),
    ],
)  # fmt: skip
def test_what_comes_late_gets_letters_and_nothing_moves(
    coming: list[Coming], expected: dict[str, str]
) -> None:
    later = shown(number_later(FIRST, coming))
    assert expected.items() <= later.items()
    new = {one.key for one in coming}
    assert {k: v for k, v in later.items() if k not in new} == {
        k: v for k, v in shown(FIRST).items() if k not in new
    }
    flat = [label for labels in later.values() for label in labels.split()]
    assert len(flat) == len(set(flat))


def test_a_second_late_document_stands_behind_the_first_for_good() -> None:
    second = number_later(FIRST, [Coming("x", 1, "a")])
    third = number_later(second, [Coming("y", 1, "a")])
    assert [one.key for one in third] == ["cover", "index", "a", "x", "y", "b"]
    assert shown(third)["y"] == "4B"
    with pytest.raises(BadInput):
        number_later(third, [Coming("z", 1, "nowhere")])


@pytest.mark.parametrize(("text", "label"), [("57", "57"), (" 57a ", "57A"), ("9ZZ", "9ZZ")])
def test_a_page_is_named_as_it_is_printed(text: str, label: str) -> None:
    assert str(Label.parse(text)) == label


@pytest.mark.parametrize("text", ["", "0", "A5", "5-6", "5 A", "١"])
def test_what_is_no_page_number_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        Label.parse(text)


def test_the_index_says_where_a_document_begins_and_ends() -> None:
    assert (span([]), span(["5"]), span(["5", "6", "6A"])) == ("", "5", "5 to 6A")


GOOD = CaseFacts(state=State.RECOVERY, final_sent=True, balance_pence=1)
HELD = BundleFacts(appeal_recorded=False, certificate=True)


@pytest.mark.parametrize(
    ("facts", "held", "shut"),
    [
        (GOOD, HELD, set()),
        (replace(GOOD, on_hold=True), HELD, {"not_on_hold"}),
        (replace(GOOD, unread_replies=1), HELD, {"replies_answered"}),
        (replace(GOOD, unanswered_points=1), HELD, {"replies_answered"}),
        (replace(GOOD, appeal_live=True), HELD, {"no_live_appeal"}),
        (replace(GOOD, giving_in_doubt=True), HELD, {"final_given"}),
        (replace(GOOD, final_sent=False), HELD, {"final_given"}),
        (replace(GOOD, balance_pence=0), HELD, {"something_owed"}),
        (replace(GOOD, state=State.PAYMENT), HELD, {"in_recovery"}),
        (GOOD, replace(HELD, certificate=False), {"certificate_signed"}),
    ],
)
def test_the_court_pack_is_blocked_by_whatever_speaks_against_recovery(
    facts: CaseFacts, held: BundleFacts, shut: set[str]
) -> None:
    found = gates(Pack.COURT, facts, held, TODAY)
    assert {gate.name for gate in found if not gate.ok} == shut
    assert all(gate.sentence for gate in found)


@pytest.mark.parametrize("recorded", [True, False])
def test_a_tribunal_bundle_needs_an_appeal(recorded: bool) -> None:
    (gate,) = gates(Pack.TRIBUNAL, GOOD, BundleFacts(recorded, False), TODAY)
    assert gate.ok is recorded
