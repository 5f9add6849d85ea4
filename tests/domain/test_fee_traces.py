"""The row of the scheme behind a fee, and what single change would give CQC's figure."""

from __future__ import annotations

import pytest

from enforcement.domain.duties import Service
from enforcement.domain.fee_traces import explanations, scheme_row
from enforcement.domain.fees import SCHEME_2024_25

HOME, CARE = Service.CARE_HOME, Service.HOME_CARE
TWO = [("Ash", HOME, 238_800), ("Elm", CARE, 105_358)]


@pytest.mark.parametrize(
    ("service", "count", "words", "pence"),
    [
        (HOME, 18, "Care homes, 16 to 20 places", 238_800),
        (HOME, 3, "Care homes, 0 to 3 places", 31_300),
        (HOME, 91, "Care homes, 91 places and over", 1_571_000),
        (CARE, 15, "Community: £239.00 and £54.305 a person, at most £92,558.00", None),
    ],
)
def test_the_row_of_the_scheme(service: Service, count: int, words: str, pence: int | None) -> None:
    found = scheme_row(service, count, SCHEME_2024_25)
    assert (found.words, found.pence) == (words, pence)


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        (326_800 + 105_358, ["It fits Ash in the row for 21 to 25 places."]),
        (238_800, ["It is our figure without Elm (home care)."]),
        (105_358, ["It is our figure without Ash (care home)."]),
        (238_800 + 295_425, ["It fits Elm with 50 people using the service."]),
        (238_800 + 105_358, []),
        (123, []),
    ],
)
def test_what_would_explain_a_difference(theirs: int, expected: list[str]) -> None:
    assert explanations(TWO, theirs, SCHEME_2024_25) == expected
