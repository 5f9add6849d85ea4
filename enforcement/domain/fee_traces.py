"""Where a fee comes from: the row of the scheme behind each line, and what explains a difference.

CQC's own figure decides (SI 2022/1175 reg 3); a difference from our working is for a person to
look into, and these are the first places to look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from enforcement.domain.duties import Service
from enforcement.domain.fees import FeeScheme
from enforcement.domain.words import pounds


@dataclass(frozen=True)
class SchemeRow:
    """The row of a scheme that a line of a working rests on, in words."""

    words: str
    pence: int | None  # None: the row is a formula


def scheme_row(service: Service, count: int, scheme: FeeScheme) -> SchemeRow:
    """Which row of the scheme gives the fee of a service with `count` places or people. Pence."""
    if service is Service.CARE_HOME:
        fee = scheme.care_home_pence(count)
        band = next(words for words, pence in _rows(scheme) if pence == fee)
        return SchemeRow(f"Care homes, {band}", fee)
    rate = f"£{(scheme.community_rate_pence / 100).normalize():f}"
    base, cap = pounds(scheme.community_base_pence), pounds(scheme.community_cap_pence)
    return SchemeRow(f"Community: {base} and {rate} a person, at most {cap}", None)


def explanations(
    lines: Sequence[tuple[str, Service, int]], theirs_pence: int, scheme: FeeScheme
) -> list[str]:
    """What single change of a working would give CQC's figure: for a person to look into.

    `lines` are (name of the location, service, pence). Never decides anything; empty when no
    single change explains the difference.
    """
    total = sum(pence for _, _, pence in lines)
    found = []
    for name, service, pence in lines:
        rest = theirs_pence - (total - pence)
        if rest == pence:
            continue
        if rest == 0:
            found.append(f"It is our figure without {name} ({service.title.lower()}).")
        elif service is Service.CARE_HOME:
            found += [
                f"It fits {name} in the row for {words}."
                for words, fee in _rows(scheme)
                if fee == rest
            ]
        elif (people := _people_for(rest, scheme)) is not None:
            found.append(f"It fits {name} with {people:,} people using the service.")
    return found


def _rows(scheme: FeeScheme) -> list[tuple[str, int]]:
    lowest, found = 0, []
    for top, pence in scheme.bands:
        words = f"{lowest} places and over" if top is None else f"{lowest} to {top} places"
        found.append((words, pence))
        lowest = lowest if top is None else top + 1
    return found


def _people_for(pence: int, scheme: FeeScheme) -> int | None:
    """How many people would give this fee below the cap, if any number does."""
    if pence < scheme.community_base_pence or scheme.community_rate_pence == 0:
        return None
    exact = (pence - scheme.community_base_pence) / scheme.community_rate_pence
    people = int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    return people if scheme.community_pence(people) == pence else None
