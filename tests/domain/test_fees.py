"""Fees: every band edge, the worked community figures, dated schemes, and amounts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from enforcement.domain.duties import Service
from enforcement.domain.fees import (
    SCHEME_2024_25,
    Amount,
    AmountStatus,
    FeeScheme,
    LocationBasis,
    MixedRule,
    difference_in_words,
    differs,
    location_fee,
    pounds,
    provider_fee,
    scheme_on,
)
from enforcement.domain.refusals import BadInput, NoFeeScheme

#: Domain notes section 7: (lowest places, highest places, pounds).
PUBLISHED = [
    (0, 3, 313),
    (4, 10, 816),
    (11, 15, 1_643),
    (16, 20, 2_388),
    (21, 25, 3_268),
    (26, 30, 4_270),
    (31, 35, 5_023),
    (36, 40, 5_779),
    (41, 45, 6_533),
    (46, 50, 7_289),
    (51, 55, 8_037),
    (56, 60, 8_792),
    (61, 65, 10_048),
    (66, 70, 11_050),
    (71, 75, 12_058),
    (76, 80, 13_062),
    (81, 90, 14_069),
    (91, 500, 15_710),
]
CARE, HOME = Service.CARE_HOME, Service.HOME_CARE


def care_home(number: int, places: int | None) -> LocationBasis:
    return LocationBasis(f"1-{number}", f"Invented House {number}", frozenset({CARE}), places, None)


def home_care(number: int, users: int | None) -> LocationBasis:
    return LocationBasis(f"1-{number}", f"Invented Care {number}", frozenset({HOME}), None, users)


@pytest.mark.parametrize(("lowest", "highest", "fee"), PUBLISHED)
def test_both_edges_of_every_band(lowest: int, highest: int, fee: int) -> None:
    assert SCHEME_2024_25.care_home_pence(lowest) == fee * 100
    assert SCHEME_2024_25.care_home_pence(highest) == fee * 100


@pytest.mark.parametrize(
    ("users", "pence"),
    [
        (0, 23_900),
        (1, 29_331),  # £293.305 rounds half up
        (2, 34_761),
        (15, 105_358),
        (50, 295_425),
        (1_700, 9_255_750),
        (1_701, 9_255_800),  # the cap
        (20_000, 9_255_800),
    ],
)
def test_community_fee(users: int, pence: int) -> None:
    assert SCHEME_2024_25.community_pence(users) == pence


def test_a_former_scheme_gives_its_published_figures() -> None:
    """2018/19: the same base, about £45.77 a head; 15 users £926, 50+100+45 users £9,643."""
    former = replace(SCHEME_2024_25, version="cqc-2018-19", community_rate_pence=Decimal("4577"))
    assert round(former.community_pence(15) / 100) == 926
    fee = provider_fee([home_care(1, 50), home_care(2, 100), home_care(3, 45)], former)
    assert abs(fee.total_pence - 964_300) <= 100


@pytest.mark.parametrize("count", [-1, -50])
def test_numbers_below_zero_are_refused(count: int) -> None:
    with pytest.raises(BadInput):
        SCHEME_2024_25.care_home_pence(count)
    with pytest.raises(BadInput):
        SCHEME_2024_25.community_pence(count)


def test_a_provider_pays_for_all_its_locations() -> None:
    fee = provider_fee([home_care(3, 15), care_home(1, 24), care_home(2, 91)], SCHEME_2024_25)
    assert fee.total_pence == 326_800 + 1_571_000 + 105_358
    assert [line.location_id for line in fee.lines] == ["1-1", "1-2", "1-3"]
    assert [line.basis for line in fee.lines] == [
        "Care home with 24 places: band 21 to 25",
        "Care home with 91 places: band 91 and over",
        "Home care for 15 people: £239.00 + £54.305 each",
    ]
    assert fee.estimate
    assert fee.complete
    assert fee.scheme_version == "cqc-2024-25"
    assert json.loads(json.dumps(fee.as_json()))["total_pence"] == fee.total_pence


def test_rounding_is_per_location() -> None:
    fee = provider_fee([home_care(1, 1), home_care(2, 1)], SCHEME_2024_25)
    assert fee.total_pence == 2 * 29_331


def test_unknown_numbers_are_named_and_left_out() -> None:
    fee = provider_fee([care_home(1, None), home_care(2, None), care_home(3, 4)], SCHEME_2024_25)
    assert fee.total_pence == 81_600
    assert not fee.complete
    assert fee.missing == (
        "Invented House 1 (1-1): number of places",
        "Invented Care 2 (1-2): number of people using the service",
    )
    nothing = LocationBasis("1-9", "Invented Hall", frozenset(), 10, 10)
    assert location_fee(nothing, SCHEME_2024_25).missing == ("Invented Hall (1-9): its services",)


def test_a_location_with_both_services_follows_the_scheme() -> None:
    both = LocationBasis("1-1", "Invented Court", frozenset({CARE, HOME}), 10, 50)
    assert location_fee(both, SCHEME_2024_25).total_pence == 81_600 + 295_425
    higher = replace(SCHEME_2024_25, mixed=MixedRule.HIGHER)
    fee = location_fee(both, higher)
    assert fee.total_pence == 295_425
    assert [line.service for line in fee.lines] == [HOME]


def test_the_cap_is_said_in_words() -> None:
    line = location_fee(home_care(1, 2_000), SCHEME_2024_25).lines[0]
    assert line.basis == (
        "Home care for 2,000 people: £239.00 + £54.305 each, limited to £92,558.00"
    )
    one = location_fee(home_care(1, 1), SCHEME_2024_25).lines[0]
    assert one.basis.startswith("Home care for 1 person:")


@pytest.mark.parametrize("locations", [[], [care_home(1, 4), care_home(1, 4)]])
def test_no_location_or_one_twice_is_refused(locations: list[LocationBasis]) -> None:
    with pytest.raises(BadInput):
        provider_fee(locations, SCHEME_2024_25)


def test_the_scheme_in_force_on_the_day() -> None:
    old = replace(SCHEME_2024_25, effective_to=date(2026, 3, 31))
    new = replace(SCHEME_2024_25, version="cqc-2026-27", effective_from=date(2026, 4, 1))
    assert scheme_on([new, old], date(2026, 3, 31)) is old
    assert scheme_on([new, old], date(2026, 4, 1)) is new
    # An open-ended scheme gives way to the one that began later.
    assert scheme_on([SCHEME_2024_25, new], date(2026, 4, 1)) is new


@pytest.mark.parametrize("day", [date(2024, 3, 31), date(2026, 4, 1)])
def test_no_scheme_in_force_is_refused(day: date) -> None:
    old = replace(SCHEME_2024_25, effective_to=date(2026, 3, 31))
    with pytest.raises(NoFeeScheme):
        scheme_on([old], day)


def test_a_scheme_survives_storing() -> None:
    stored = json.loads(json.dumps(SCHEME_2024_25.to_json()))
    assert FeeScheme.from_json(stored) == SCHEME_2024_25
    ended = replace(SCHEME_2024_25, effective_to=date(2026, 3, 31), mixed=MixedRule.HIGHER)
    assert FeeScheme.from_json(ended.to_json()) == ended
    for broken in ({}, {**stored, "community_rate_pence": "much"}, {**stored, "bands": "none"}):
        with pytest.raises(BadInput):
            FeeScheme.from_json(broken)


@pytest.mark.parametrize(
    "bands",
    [
        (),
        ((3, 100),),
        ((10, 100), (3, 200), (None, 300)),
        ((None, 100), (None, 200)),
        ((None, -1),),
    ],
)
def test_bands_with_gaps_are_refused(bands: tuple[tuple[int | None, int], ...]) -> None:
    with pytest.raises(BadInput):
        replace(SCHEME_2024_25, bands=bands)


def test_the_default_scheme_says_what_is_not_known() -> None:
    assert "2026/27 scheme is unconfirmed" in SCHEME_2024_25.note
    assert SCHEME_2024_25.citation


def test_amounts_that_differ_are_said_in_words() -> None:
    proposed = Amount(81_600, AmountStatus.ESTIMATE, "Own working")
    same = Amount(81_600, AmountStatus.CONFIRMED, "CQC letter of 3 March 2026")
    more = Amount(164_300, AmountStatus.CONFIRMED, "CQC letter of 3 March 2026")
    assert not differs(proposed, same)
    assert differs(proposed, more)
    assert difference_in_words(proposed, same) == "£816.00, unchanged"
    assert difference_in_words(proposed, more) == "£816.00 to £1,643.00, up by £827.00"
    assert difference_in_words(more, proposed) == "£1,643.00 to £816.00, down by £827.00"


def test_amounts_without_money_or_evidence_are_refused() -> None:
    with pytest.raises(BadInput):
        Amount(0, AmountStatus.ESTIMATE, "Own working")
    with pytest.raises(BadInput):
        Amount(81_600, AmountStatus.CONFIRMED, " ")


@pytest.mark.parametrize(
    ("pence", "words"),
    [(105_358, "£1,053.58"), (5, "£0.05"), (9_255_800, "£92,558.00"), (-81_600, "−£816.00")],
)
def test_pounds(pence: int, words: str) -> None:
    assert pounds(pence) == words
