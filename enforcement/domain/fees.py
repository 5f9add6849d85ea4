"""Fees: the amount of a penalty is the CQC fee payable by the provider (SI 2022/1175 reg 3).

Worked out per location and summed for the legal person, under the scheme in force on the day.
Our figure is an estimate until an officer records CQC's own with evidence. Money is whole
pence; the only rate with a fraction is a Decimal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum
from itertools import pairwise

from enforcement.domain.duties import Service
from enforcement.domain.refusals import BadInput, NoFeeScheme
from enforcement.domain.words import day as in_words
from enforcement.domain.words import pounds

AMOUNT_RULE = "SI 2022/1175 reg 3"


class MixedRule(StrEnum):
    """How a location with both services is charged: open until CQC says."""

    SUM = "sum"
    HIGHER = "higher"


@dataclass(frozen=True, kw_only=True)
class FeeScheme:
    """One dated fee scheme. `bands` are (most places, pence), the last open-ended (None).

    A community location costs base + rate x users, rounded half up to a whole penny for each
    location, and no more than the cap. The rounding and `mixed` are choices, not known law.
    """

    version: str
    effective_from: date
    effective_to: date | None
    bands: tuple[tuple[int | None, int], ...]
    community_base_pence: int
    community_rate_pence: Decimal
    community_cap_pence: int
    citation: str
    note: str = ""
    mixed: MixedRule = MixedRule.SUM

    def __post_init__(self) -> None:
        """Refuses (BadInput) bands that leave a gap, and money below zero."""
        tops = [top for top, _ in self.bands[:-1] if top is not None]
        closed = bool(self.bands) and self.bands[-1][0] is None
        if not closed or len(tops) != len(self.bands) - 1 or tops != sorted(set(tops)):
            raise BadInput(
                "Fee bands must rise and end with one without an upper limit.", rule=AMOUNT_RULE
            )
        sums = [pence for _, pence in self.bands]
        sums += [self.community_base_pence, self.community_cap_pence]
        if min(sums) < 0 or self.community_rate_pence < 0:
            raise BadInput("A fee cannot be below zero.", rule=AMOUNT_RULE)

    def care_home_pence(self, places: int) -> int:
        """The fee for a care home with `places`, the maximum on its registration. Pence."""
        _not_negative(places)
        return next(pence for top, pence in self.bands if top is None or places <= top)

    def community_pence(self, users: int) -> int:
        """The fee for a community location with `users`, rounded half up, capped. Pence."""
        _not_negative(users)
        exact = self.community_base_pence + self.community_rate_pence * users
        rounded = int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
        return min(rounded, self.community_cap_pence)

    def in_force(self, day: date) -> bool:
        """Whether the scheme is in force on `day`; both end dates are included."""
        return self.effective_from <= day and (
            self.effective_to is None or day <= self.effective_to
        )

    def to_json(self) -> dict[str, object]:
        """Text, whole numbers, lists and None only, for storing and hashing."""
        return {
            "version": self.version,
            "effective_from": self.effective_from.isoformat(),
            "effective_to": None if self.effective_to is None else self.effective_to.isoformat(),
            "bands": [[top, pence] for top, pence in self.bands],
            "community_base_pence": self.community_base_pence,
            "community_rate_pence": str(self.community_rate_pence),
            "community_cap_pence": self.community_cap_pence,
            "citation": self.citation,
            "note": self.note,
            "mixed": self.mixed.value,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> FeeScheme:
        """The scheme as `to_json` stored it. Refuses (BadInput) missing or unusable values."""
        try:
            ends = stored["effective_to"]
            return cls(
                version=str(stored["version"]),
                effective_from=date.fromisoformat(str(stored["effective_from"])),
                effective_to=None if ends is None else date.fromisoformat(str(ends)),
                bands=_bands(stored["bands"]),
                community_base_pence=int(str(stored["community_base_pence"])),
                community_rate_pence=Decimal(str(stored["community_rate_pence"])),
                community_cap_pence=int(str(stored["community_cap_pence"])),
                citation=str(stored["citation"]),
                note=str(stored["note"]),
                mixed=MixedRule(str(stored["mixed"])),
            )
        except (KeyError, ValueError, InvalidOperation) as fault:
            raise BadInput(f"The stored fee scheme cannot be read: {fault}") from fault


def _bands(stored: object) -> tuple[tuple[int | None, int], ...]:
    if not isinstance(stored, list):
        raise ValueError("bands is not a list")
    return tuple((None if top is None else int(top), int(pence)) for top, pence in stored)


def _not_negative(count: int) -> None:
    if count < 0:
        raise BadInput(f"{count} cannot be a number of places or people.", rule=AMOUNT_RULE)


SCHEME_2024_25 = FeeScheme(
    version="cqc-2024-25",
    effective_from=date(2024, 4, 1),
    effective_to=None,
    bands=(
        (3, 31_300),
        (10, 81_600),
        (15, 164_300),
        (20, 238_800),
        (25, 326_800),
        (30, 427_000),
        (35, 502_300),
        (40, 577_900),
        (45, 653_300),
        (50, 728_900),
        (55, 803_700),
        (60, 879_200),
        (65, 1_004_800),
        (70, 1_105_000),
        (75, 1_205_800),
        (80, 1_306_200),
        (90, 1_406_900),
        (None, 1_571_000),
    ),
    community_base_pence=23_900,
    community_rate_pence=Decimal("5430.5"),
    community_cap_pence=9_255_800,
    citation="CQC fees 2024/25, Health and Social Care Act 2008 s.85; quoted by a public "
    "calculator read on 15 July 2026, end-points also in RWK Goodman",
    note="Believed unchanged since 2019/20. The 2026/27 scheme is unconfirmed: have CQC confirm "
    "every figure before a final notice.",
)


def scheme_on(schemes: Sequence[FeeScheme], day: date) -> FeeScheme:
    """The scheme in force on `day`; of several, the one that began last.

    Refuses (NoFeeScheme) when none is in force: the amount cannot be worked out.
    """
    current = [scheme for scheme in schemes if scheme.in_force(day)]
    if not current:
        raise NoFeeScheme(
            f"No fee scheme is in force on {in_words(day)}.",
            fix="Add the CQC fee scheme for that day and have it approved.",
        )
    return max(current, key=lambda scheme: (scheme.effective_from, scheme.version))


@dataclass(frozen=True)
class LocationBasis:
    """What a location's fee rests on; None is a number that is not known.

    `places`: the maximum number of service users on the registration. `users`: people receiving
    community services; in no public file.
    """

    location_id: str
    name: str
    services: frozenset[Service]
    places: int | None
    users: int | None


@dataclass(frozen=True)
class FeeLine:
    """One location and service, what the fee rests on in words, and the fee in pence."""

    location_id: str
    name: str
    service: Service
    count: int  # places, or people using the service
    basis: str
    pence: int

    def as_json(self) -> dict[str, str | int]:
        return {
            "count": self.count,
            "location_id": self.location_id,
            "name": self.name,
            "service": self.service.value,
            "basis": self.basis,
            "pence": self.pence,
        }


@dataclass(frozen=True)
class FeeEstimate:
    """Our own working of a fee: always an estimate; `missing` says which numbers are unknown.

    With anything missing the total is only what could be worked out.
    """

    total_pence: int
    lines: tuple[FeeLine, ...]
    missing: tuple[str, ...]
    scheme_version: str
    estimate: bool = True

    @property
    def complete(self) -> bool:
        return not self.missing

    def as_json(self) -> dict[str, object]:
        return {
            "total_pence": self.total_pence,
            "lines": [line.as_json() for line in self.lines],
            "missing": list(self.missing),
            "scheme_version": self.scheme_version,
            "estimate": self.estimate,
        }


def location_fee(location: LocationBasis, scheme: FeeScheme) -> FeeEstimate:
    """The fee of one location. Both services: by the scheme's `mixed` rule (open question)."""
    lines: list[FeeLine] = []
    missing: list[str] = []
    for service in sorted(location.services):
        line = _service_line(location, service, scheme)
        if line is None:
            what = "places" if service is Service.CARE_HOME else "people using the service"
            missing.append(f"{location.name} ({location.location_id}): number of {what}")
        else:
            lines.append(line)
    if not location.services:
        missing.append(f"{location.name} ({location.location_id}): its services")
    if scheme.mixed is MixedRule.HIGHER and len(lines) > 1:
        lines = [max(lines, key=lambda line: line.pence)]
    total = sum(line.pence for line in lines)
    return FeeEstimate(total, tuple(lines), tuple(missing), scheme.version)


def _service_line(location: LocationBasis, service: Service, scheme: FeeScheme) -> FeeLine | None:
    count = location.places if service is Service.CARE_HOME else location.users
    if count is None:
        return None
    if service is Service.CARE_HOME:
        pence = scheme.care_home_pence(count)
        basis = f"Care home with {_counted(count, 'place', 'places')}: {_band(count, scheme)}"
    else:
        pence = scheme.community_pence(count)
        basis = _community_words(count, pence, scheme)
    return FeeLine(location.location_id, location.name, service, count, basis, pence)


def _band(places: int, scheme: FeeScheme) -> str:
    lowest = 0
    for top, _ in scheme.bands:
        if top is None:
            break
        if places <= top:
            return f"band {lowest} to {top}"
        lowest = top + 1
    return f"band {lowest} and over"


def _community_words(users: int, pence: int, scheme: FeeScheme) -> str:
    rate = f"£{(scheme.community_rate_pence / 100).normalize():f}"
    people = _counted(users, "person", "people")
    words = f"Home care for {people}: {pounds(scheme.community_base_pence)} + {rate} each"
    uncapped = scheme.community_base_pence + scheme.community_rate_pence * users
    if uncapped > scheme.community_cap_pence:
        return f"{words}, limited to {pounds(pence)}"
    return words


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def provider_fee(locations: Sequence[LocationBasis], scheme: FeeScheme) -> FeeEstimate:
    """The fee of one legal person: the sum over all its locations, in order of location id.

    Refuses (BadInput) no locations, and one location given twice.
    """
    if not locations:
        raise BadInput(
            "No location is registered to the provider, so there is no fee.", rule=AMOUNT_RULE
        )
    ordered = sorted(locations, key=lambda location: location.location_id)
    for before, after in pairwise(ordered):
        if before.location_id == after.location_id:
            raise BadInput(f"Location {after.location_id} is given twice.", rule=AMOUNT_RULE)
    fees = [location_fee(location, scheme) for location in ordered]
    return FeeEstimate(
        total_pence=sum(fee.total_pence for fee in fees),
        lines=tuple(line for fee in fees for line in fee.lines),
        missing=tuple(one for fee in fees for one in fee.missing),
        scheme_version=scheme.version,
    )


class AmountStatus(StrEnum):
    """Our own working, or CQC's figure with evidence."""

    ESTIMATE = "estimate"
    CONFIRMED = "confirmed"


@dataclass(frozen=True)
class Amount:
    """A sum in pence, whether CQC confirmed it, and the evidence."""

    pence: int
    status: AmountStatus
    evidence: str

    def __post_init__(self) -> None:
        """Refuses (BadInput) a sum that is not above zero, and a confirmation without evidence."""
        if self.pence <= 0:
            raise BadInput("The amount of a penalty must be above zero.", rule=AMOUNT_RULE)
        if self.status is AmountStatus.CONFIRMED and not self.evidence.strip():
            raise BadInput(
                "A confirmed amount needs CQC’s evidence.",
                rule=AMOUNT_RULE,
                fix="Say where CQC’s figure stands: letter, date, who gave it.",
            )


def differs(proposed: Amount, imposed: Amount) -> bool:
    """Whether two amounts are not the same sum: a person must acknowledge it before a notice."""
    return proposed.pence != imposed.pence


def difference_in_words(proposed: Amount, imposed: Amount) -> str:
    """The change from `proposed` to `imposed`: "£816.00 to £1,643.00, up by £827.00"."""
    if not differs(proposed, imposed):
        return f"{pounds(imposed.pence)}, unchanged"
    way = "up" if imposed.pence > proposed.pence else "down"
    change = pounds(abs(imposed.pence - proposed.pence))
    return f"{pounds(proposed.pence)} to {pounds(imposed.pence)}, {way} by {change}"
