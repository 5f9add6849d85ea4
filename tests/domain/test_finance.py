"""Bank lines: one exact reference posts a line, and nothing else does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcement.domain.finance import (
    MOST_OFFERS,
    Account,
    BankLine,
    LineState,
    fact_key,
    flags,
    judge,
    offers,
    references_in,
    slips_within,
)

DAY = date(2026, 7, 20)
REFERENCE = "ASC-2026-000123-N2"
ACCOUNT = Account(
    REFERENCE, "ASC-2026-000123", "Invented Meadow Care Limited", 2_388_00, 0, date(2026, 7, 6)
)

NAMED = [
    ("as printed", "ASC-2026-000123-N2", [REFERENCE]),
    ("within words", "Payment ASC-2026-000123-N2, thank you", [REFERENCE]),
    ("small letters", "asc-2026-000123-n2", [REFERENCE]),
    ("hyphens lost", "ASC2026000123N2", [REFERENCE]),
    ("spaced out", "ASC 2026 000123 N2", [REFERENCE]),
    ("another hyphen", "ASC\N{EN DASH}2026\N{EN DASH}000123\N{EN DASH}N2", [REFERENCE]),
    ("full-width", "ＡＳＣ-2026-000123-N2", [REFERENCE]),
    ("twice the same", f"{REFERENCE} {REFERENCE}", [REFERENCE]),
    ("two of them", f"{REFERENCE} ASC-2026-000124-N2", [REFERENCE, "ASC-2026-000124-N2"]),
    ("two figures", "ASC-2026-000123-N12", ["ASC-2026-000123-N12"]),
    ("another word begins", "XASC-2026-000123-N2", []),
    ("a prefix of its own", "INV-ASC-2026-000123-N2", []),
    ("more follows", "ASC-2026-000123-N2-7", []),
    ("a figure short", "ASC-2026-00123-N2", []),
    ("the letter O", "ASC-2O26-000123-N2", []),
    ("the case alone", "ASC-2026-000123", []),
    ("a figure too many", "ASC-2026-0001234-N2", []),
    ("nothing", "", []),
]


@pytest.mark.parametrize(("text", "found"), [n[1:] for n in NAMED], ids=[n[0] for n in NAMED])
def test_a_reference_is_whole_or_it_is_none(text: str, found: list[str]) -> None:
    assert references_in(text) == found


VERDICTS = [
    ("exact", {}, ACCOUNT, LineState.MATCHED, "exact"),
    ("part", {"pence": 5}, ACCOUNT, LineState.MATCHED, "exact"),
    ("too much", {"pence": 2_400_00}, ACCOUNT, LineState.MATCHED, "£12.00 is to be repaid"),
    ("out", {"pence": -5}, ACCOUNT, LineState.UNMATCHED, "going out"),
    ("no reference", {"reference": "rent"}, ACCOUNT, LineState.UNMATCHED, "no whole payment"),
    ("a slip", {"reference": "ASC-2026-000132-N2"}, None, LineState.UNMATCHED, "No penalty has"),
    ("too early", {"on": date(2026, 7, 5)}, ACCOUNT, LineState.UNMATCHED, "older than the penalty"),
    ("withdrawn", {}, replace(ACCOUNT, ended=True, owed=0), LineState.MATCHED, "withdrawn"),
    ("appealed", {}, replace(ACCOUNT, suspended=True), LineState.MATCHED, "appeal"),
    ("closed", {}, replace(ACCOUNT, closed=True), LineState.MATCHED, "case is closed"),
]


def line(**more: object) -> BankLine:
    return replace(BankLine(DAY, 2_388_00, REFERENCE), **more)  # type: ignore[arg-type]  # fields


@pytest.mark.parametrize(
    ("more", "account", "state", "words"), [v[1:] for v in VERDICTS], ids=[v[0] for v in VERDICTS]
)
def test_a_line_is_matched_by_its_reference_alone(
    more: dict[str, object], account: Account | None, state: LineState, words: str
) -> None:
    said = line(**more)
    verdict = judge(said, account, references_in(said.says))
    assert (verdict.state, words in verdict.why) == (state, True)
    assert (verdict.reference != "") == (state is LineState.MATCHED)


def test_two_references_are_never_matched() -> None:
    said = line(details="ASC-2026-000124-N2")
    assert judge(said, ACCOUNT, references_in(said.says)).state is LineState.UNMATCHED


@given(st.text(alphabet="ASC2016-N OQ3", max_size=24))
def test_no_text_is_matched_but_one_that_holds_the_reference(text: str) -> None:
    named = references_in(text)
    found = judge(BankLine(DAY, 1, text), ACCOUNT if named == [REFERENCE] else None, named)
    if found.state is LineState.MATCHED:
        assert "ASC2026000123N2" in text.replace(" ", "").replace("-", "")


OFFERED = [
    ("one figure wrong", {"reference": "ASC-2026-000128-N2"}, "one slip"),
    ("two swapped", {"reference": "ASC-2026-000132-N2"}, "2 slips"),
    ("a figure left out", {"reference": "ASC-2026-00123-N2"}, "one slip"),
    ("letters for figures", {"reference": "A5C-2O26-OOO123-N2"}, "look alike"),
    ("the case alone", {"reference": "ASC-2026-000123"}, "names the case"),
    ("the provider", {"reference": "fine", "payer": "INVENTED MEADOW CARE LTD LIMITED"}, "exactly"),
    ("the name", {"payer": "Invented Meadow Care Limited", "pence": 3}, "names the provider"),
    ("the sum alone", {"reference": "fine"}, "exactly what is owed"),
]


@pytest.mark.parametrize(("more", "words"), [o[1:] for o in OFFERED], ids=[o[0] for o in OFFERED])
def test_what_is_nearly_right_is_offered_with_its_reason(
    more: dict[str, object], words: str
) -> None:
    [offer] = offers(line(**more), [ACCOUNT])
    assert words in " ".join(offer.why)


def test_offers_are_ranked_and_few() -> None:
    others = [
        Account(f"ASC-2026-{n:06d}-N2", f"ASC-2026-{n:06d}", "Other Care", 2_388_00, 0, DAY)
        for n in range(500, 520)
    ]
    found = offers(line(reference="ASC-2026-000128-N2"), [*others, ACCOUNT])
    assert found[0].account is ACCOUNT
    assert len(found) == MOST_OFFERS
    assert offers(line(reference="rent", pence=1), [ACCOUNT]) == []


def test_money_going_out_is_offered_to_credit_and_to_what_was_paid() -> None:
    credit, paid = replace(ACCOUNT, owed=-5_00), replace(ACCOUNT, received=5_00)
    [first] = offers(line(reference="refund", pence=-5_00), [credit])
    [second] = offers(line(reference="returned", pence=-5_00), [paid])
    assert ("credit to repay" in first.why[0], "was received" in second.why[0]) == (True, True)


def test_flags_of_a_payment_that_is_not_all_owed() -> None:
    assert flags(replace(ACCOUNT, owed=-100), 50) == ["More than is owed: £0.50 is to be repaid."]
    assert flags(ACCOUNT, 2_388_00) == []


@pytest.mark.parametrize(
    ("more", "same"),
    [
        ({"reference": "asc 2026 000123 n2"}, True),
        ({"details": "Faster payment", "payer": "Somebody", "bank_id": "7"}, True),
        ({"on": date(2026, 7, 21)}, False),
        ({"pence": 2_388_01}, False),
        ({"pence": -2_388_00}, False),
        ({"reference": "ASC-2026-000124-N2"}, False),
    ],
)
def test_a_movement_is_known_by_its_day_sum_and_words(more: dict[str, object], same: bool) -> None:
    assert (fact_key(line(**more)) == fact_key(line())) is same


@pytest.mark.parametrize(
    ("wanted", "text", "slips"),
    [("abcd", "xxabcdxx", 0), ("abcd", "xabdx", 1), ("abcd", "abcxd", 1), ("abcd", "axxd", 2),
     ("abcd", "zzzz", None), ("", "x", None), ("abc", "", None)],
)  # fmt: skip
def test_slips_are_counted_within_a_text(wanted: str, text: str, slips: int | None) -> None:
    assert slips_within(wanted, text, 2) == slips
