"""The synthetic register and its misses: the shape of England's adult social care, nobody's data.

Shares are measured ones (locations per provider, service mix, beds, dormancy, ownership, regions,
ages of registration); the miss rate is an assumption, because no figure is published, and a
visible setting. The same size, seed and miss rate give the same year, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import TypeVar

from enforcement.demo import names
from enforcement.demo.cast import (
    CARE_HOME,
    HOME_CARE,
    NURSING,
    PARTS,
    SUPPORTED,
    Part,
)
from enforcement.demo.names import Namer, Spot
from enforcement.domain.duties import Service, services_of
from enforcement.domain.thresholds import ThresholdPolicy, qualifies
from enforcement.domain.windows import Month

T = TypeVar("T")

WINDOWS = 15
SMALLEST, LARGEST = 60, 30_000
DEFAULT_SIZE, DEFAULT_MISS_RATE, DEFAULT_SEED = 400, 0.03, 2026
MOST_PLACES = 40  # of the story of one provider with many places

# locations of one provider: (fewest, most), share of providers
_GROUPS = (((1, 1), 78.6), ((2, 2), 11.3), ((3, 5), 7.4), ((6, 10), 1.5), ((11, 20), 0.9),
           ((21, 50), 0.15), ((51, 120), 0.2))  # fmt: skip
_MIX = (
    ((CARE_HOME,), 37.0),
    ((NURSING,), 13.5),
    ((HOME_CARE,), 34.0),
    ((HOME_CARE, SUPPORTED), 11.5),
    ((SUPPORTED,), 2.0),
    (("Extra Care housing services",), 0.7),
    (("Shared Lives",), 0.3),
    ((CARE_HOME, HOME_CARE), 1.0),
)
_OWNERS = (("Organisation", 96.7), ("Individual", 2.2), ("Partnership", 1.0), ("NHS Body", 0.1))
# Beds at the 0th, 5th, 10th, 25th, 50th, 75th, 90th, 95th, 99th and last percentile.
_PERCENTILES = (0.0, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99, 1.0)
_BEDS = {
    False: (1, 3, 4, 7, 17, 33, 50, 64, 85, 178),
    True: (4, 13, 22, 34, 49, 66, 83, 97, 127, 215),
}
_COUNCIL_SHARE, _DORMANT_HOME_CARE, _DORMANT_CARE_HOME = 0.013, 0.097, 0.006
_NO_PHONE, _CLOSING = 0.08, 0.01
_POLICY = ThresholdPolicy(version="demo", effective_from=date(2023, 4, 1), citation="as shipped")


@dataclass
class Firm:
    """A provider: the legal person."""

    cqc_id: str
    name: str
    ownership: str
    spot: Spot
    company_number: str
    person: str
    registered_on: date
    part: Part | None = None
    places: list[Place] = field(default_factory=list)

    @property
    def council(self) -> bool:
        return "Council" in self.name


@dataclass
class Place:
    """A location and what it misses: for each service a number whose bit n is the window n back."""

    cqc_id: str
    name: str
    spot: Spot
    phone: str
    types: tuple[str, ...]
    dormant: bool
    beds: int
    users: int
    registered_on: date
    firm: Firm
    closes_on: date | None = None
    sold_to: Firm | None = None
    twin: Place | None = None  # the same home under another provider (dual registration)
    misses: dict[Service, int] = field(default_factory=dict)

    @property
    def services(self) -> list[Service]:
        return sorted(services_of(self.types))

    def owes(self, month: Month) -> bool:
        """Whether Capacity Tracker expects a return: registered from the 8th to the 14th."""
        first, last = month.first_day.replace(day=8), month.first_day.replace(day=14)
        return self.registered_on <= first and (self.closes_on is None or self.closes_on >= last)


@dataclass
class Year:
    """Everything the files are written from."""

    seed: int
    miss_rate: float
    latest: Month
    firms: list[Firm]

    @property
    def months(self) -> list[Month]:
        return [self.latest - back for back in reversed(range(WINDOWS))]

    def places(self) -> Iterator[Place]:
        for firm in self.firms:
            yield from firm.places

    def duties(self) -> int:
        return sum(len(place.services) for place in self.places())

    def playing(self, key: str) -> Firm:
        """The provider of a story."""
        return next(firm for firm in self.firms if firm.part and firm.part.key == key)


def year(latest: Month, size: int, seed: int, miss_rate: float) -> Year:
    """A year of `size` location-services ending with the window of `latest`."""
    return _Maker(latest, size, seed, miss_rate).make()


class _Maker:
    def __init__(self, latest: Month, size: int, seed: int, miss_rate: float) -> None:
        self._draw = Random(f"{seed}/register")  # noqa: S311 - the same seed, the same year
        self._name = Namer(Random(f"{seed}/names"))  # noqa: S311 - likewise
        self._size = size
        self._year = Year(seed, miss_rate, latest, [])
        self._first = (latest - WINDOWS + 1).first_day

    def make(self) -> Year:
        for part in PARTS:
            self._play(part)
        left = self._size - self._year.duties()
        while left > 0:
            left -= self._ordinary(left)
        return self._year

    # --- the providers of stories ----------------------------------------------------------
    def _play(self, part: Part) -> None:
        firm = self._firm(part.ownership, self._old_day(), part)
        if "greek" in part.quirks:
            firm.name = names.GREEK_PROVIDER
        if "council" in part.quirks:
            firm.name, firm.company_number = names.COUNCIL_PROVIDER, ""
        if "long names" in part.quirks:
            firm.name = names.LONG_PROVIDER
        types = part.places
        if "many" in part.quirks:
            types = ((CARE_HOME,),) * max(4, min(MOST_PLACES, self._size // 10))
        for position, kinds in enumerate(types):
            place = self._place(firm, kinds, firm.registered_on, dormant=part.dormant)
            if part.only_missed is None or len(place.services) == 1:
                missing = place.services if position < 3 else []
            else:
                missing = sorted(services_of([part.only_missed]))
            for service in missing:
                place.misses[service] = sum(1 << (part.opened + back) for back in part.missed)
        self._quirks(firm, part)

    def _quirks(self, firm: Firm, part: Part) -> None:
        place = firm.places[0]
        if "long names" in part.quirks:
            place.name = names.LONG_LOCATION
        if "sold" in part.quirks:
            place.sold_to = self._firm("Organisation", self._year.latest.first_day, None)
        if "no postcode" in part.quirks:
            firm.spot = place.spot = Spot(
                place.spot.street, place.spot.town, place.spot.county, "",
                place.spot.council, place.spot.region,
            )  # fmt: skip
        if "dual" in part.quirks:
            other = self._firm("Organisation", firm.registered_on, None)
            twin = self._place(other, place.types, firm.registered_on)
            twin.name, twin.spot = place.name, place.spot
            place.twin, twin.twin = twin, place

    # --- everybody else ---------------------------------------------------------------------
    def _ordinary(self, left: int) -> int:
        draw = self._draw
        (fewest, most), _ = draw.choices(_GROUPS, [share for _, share in _GROUPS])[0]
        # A small year has no room for a chain of a hundred; it would be all there is.
        count = min(draw.randint(fewest, most), max(1, left // 2), max(2, self._size // 40))
        council = draw.random() < _COUNCIL_SHARE
        owner = "Organisation" if council or count > 2 else _one_of(draw, _OWNERS)
        firm = self._firm(owner, self._day(), None)
        if council:
            firm.name = f"{firm.spot.council} Council (invented) {len(self._year.firms)}"
        made = 0
        for _ in range(count):
            begun = max(firm.registered_on, self._day())
            place = self._place(firm, _one_of(draw, _MIX), begun)
            for service in place.services:
                place.misses[service] = self._misses(place, service)
            made += len(place.services)
        return made

    def _misses(self, place: Place, service: Service) -> int:
        """Misses of an ordinary place, oldest window first, at a rate by what it is.

        Reaching the threshold earlier than the latest window would make a case that no story
        tells, so somebody rang in time: the place returned its data that month.
        """
        rate = self._rate(place, service)
        missed = 0
        for month in self._year.months:
            latest = month == self._year.latest
            miss = place.owes(month) and self._draw.random() < rate
            if miss and not latest and qualifies(missed << 1 | 1, _POLICY):
                miss = False
            missed = missed << 1 | int(miss)
        return missed

    def _rate(self, place: Place, service: Service) -> float:
        rate = self._year.miss_rate
        if place.dormant:
            rate *= 10
        elif place.registered_on > self._first - timedelta(days=365):
            rate *= 3
        elif service is Service.HOME_CARE and place.users < 10:
            rate *= 2
        return min(rate, 0.6)

    # --- one of each ------------------------------------------------------------------------
    def _firm(self, ownership: str, begun: date, part: Part | None) -> Firm:
        person = self._name.person()
        name = self._name.firm()
        if ownership == "Individual":
            name = f"{person} (invented)"
        if ownership == "Partnership":
            name = f"{person} and {self._name.person()} (invented)"
        corporate = ownership == "Organisation" and self._draw.random() > 0.02
        firm = Firm(
            cqc_id=self._name.cqc_id(),
            name=name,
            ownership=ownership,
            spot=self._name.spot(),
            company_number=self._name.company_number() if corporate or part else "",
            person=person,
            registered_on=begun,
            part=part,
        )
        self._year.firms.append(firm)
        return firm

    def _place(
        self, firm: Firm, types: tuple[str, ...], begun: date, dormant: bool | None = None
    ) -> Place:
        draw, spot = self._draw, self._name.spot()
        care_home = Service.CARE_HOME in services_of(types)
        share = _DORMANT_CARE_HOME if care_home else _DORMANT_HOME_CARE
        place = Place(
            cqc_id=self._name.cqc_id(),
            name=self._name.house() if care_home else self._name.agency(spot.town),
            spot=spot,
            phone="" if draw.random() < _NO_PHONE else self._name.phone(),
            types=types,
            dormant=draw.random() < share if dormant is None else dormant,
            beds=_beds(draw, NURSING in types) if care_home else 0,
            users=max(1, round(draw.lognormvariate(3.4, 0.8))),
            registered_on=begun,
            firm=firm,
        )
        if firm.part is None and draw.random() < _CLOSING:
            place.closes_on = self._first + timedelta(days=draw.randrange(60, 390))
        firm.places.append(place)
        return place

    def _old_day(self) -> date:
        return date(2010, 10, 1) + timedelta(days=self._draw.randrange(400, 4000))

    def _day(self) -> date:
        """A day of registration: a quarter in the first year of CQC's register, then by year."""
        last = self._year.latest.year
        years = list(range(2012, last + 1))
        weights = [3.5 if one < 2022 else 8.0 for one in years]
        chosen = self._draw.choices([2010, *years], [25 * sum(weights) / 75, *weights])[0]
        begun = date(2010, 10, 1) if chosen == 2010 else date(chosen, 1, 1)
        days = (self._year.latest.first_day - timedelta(days=60) - begun).days
        return begun + timedelta(days=self._draw.randrange(max(1, min(360, days))))


def _one_of(draw: Random, shares: tuple[tuple[T, float], ...]) -> T:
    return draw.choices([one for one, _ in shares], [share for _, share in shares])[0]


def _beds(draw: Random, nursing: bool) -> int:
    """Places of a care home, between the measured percentiles."""
    at, values = draw.random(), _BEDS[nursing]
    upper = next(i for i, percentile in enumerate(_PERCENTILES) if at < percentile)
    low, high = _PERCENTILES[upper - 1], _PERCENTILES[upper]
    return round(
        values[upper - 1] + (values[upper] - values[upper - 1]) * (at - low) / (high - low)
    )
