"""The synthetic register: its shape, its determinism, and that nobody real is in it."""

import csv
import io
import re
from collections import Counter
from datetime import date

import pytest

from enforcement.demo import files, names
from enforcement.demo.cast import PARTS
from enforcement.demo.generator import SMALLEST, Year, year
from enforcement.demo.make import Wish
from enforcement.demo.months import latest_month, run_day, windows_of
from enforcement.domain.calendar import WorkingCalendar
from enforcement.domain.duties import Service
from enforcement.domain.refusals import BadInput
from enforcement.domain.thresholds import ThresholdPolicy, qualifies
from enforcement.domain.windows import Month
from enforcement.register.contacts import read_contacts
from enforcement.register.recognise import read_register
from enforcement.register.returns import read_returns
from enforcement.services.loading import Incoming

LATEST = Month.parse("2026-11")
AS_AT = date(2026, 11, 8)
POLICY = ThresholdPolicy(version="test", effective_from=date(2023, 4, 1), citation="as shipped")


@pytest.fixture(scope="module")
def large() -> Year:
    return year(LATEST, 6_000, 2026, 0.03)


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_the_same_seed_gives_the_same_register_byte_for_byte() -> None:
    first, again = (files.register(year(LATEST, 200, 7, 0.03), AS_AT) for _ in range(2))
    assert first == again


def test_another_seed_gives_another_register() -> None:
    first, other = (files.register(year(LATEST, 200, seed, 0.03), AS_AT) for seed in (7, 8))
    assert first.content != other.content


@pytest.mark.parametrize("size", [SMALLEST, 137, 1_000])
def test_the_size_is_a_number_of_location_services(size: int) -> None:
    assert size <= year(LATEST, size, 1, 0.03).duties() <= size + 1


@pytest.mark.parametrize(
    "wish", [Wish(size=59), Wish(size=30_001), Wish(miss_rate=0.51), Wish(miss_rate=-0.1)]
)
def test_a_wish_that_cannot_be_fulfilled_is_refused(wish: Wish) -> None:
    with pytest.raises(BadInput):
        wish.check()


def test_nobody_real_can_be_in_it(large: Year) -> None:
    for row in rows(files.register(large, AS_AT).content):
        assert re.search(r"invented", row["Provider Name"], re.IGNORECASE), row
        assert re.fullmatch(r"1-99\d{10}", row["Location ID"])
        assert re.fullmatch(r"1-99\d{10}", row["Provider ID"])
        assert re.fullmatch(r"(01632960\d{3})?", row["Location Telephone Number"])
        assert re.fullmatch(r"(99\d{6})?", row["Provider Companies House Number"])
        assert re.fullmatch(r"(Z[A-Z]\d{1,2} \d[A-Z]{2})?", row["Location Postal Code"])
        assert re.fullmatch(r"(Z[A-Z]\d{1,2} \d[A-Z]{2})?", row["Provider Postal Code"])
    told = files.contacts(large, date.min, AS_AT)
    assert told is not None
    assert all(row["Email"].endswith(".example.org") for row in rows(told.content))


def test_the_register_is_read_whole_by_the_real_reader(large: Year) -> None:
    read = read_register(*_pair(files.register(large, AS_AT)))
    assert (read.shape, read.as_at, read.rejected, read.out_of_scope) == ("hsca", AS_AT, [], 0)


@pytest.mark.parametrize("service", list(Service))
def test_the_monthly_report_says_what_was_missed(large: Year, service: Service) -> None:
    read = read_returns(*_pair(files.status_report(large, LATEST, service)), LATEST)
    assert not read.rejected
    missed = {
        place.cqc_id
        for place in large.places()
        if service in place.services
        and place.owes(LATEST)
        and files.missed(large, place, LATEST, service)
    }
    assert {line.location_id for line in read.rows if not line.submitted} == missed
    assert missed


def test_an_update_outside_the_window_stands_in_the_extract() -> None:
    small = year(LATEST, SMALLEST, 2026, 0.03)
    window = windows_of(LATEST - 2, 1, WorkingCalendar())[0]
    read = read_returns(*_pair(files.extract(small, window, Service.CARE_HOME)), window.month)
    place = small.playing("reply unread").places[0]
    late = next(line for line in read.rows if line.location_id == place.cqc_id)
    assert late.updated_at is not None
    assert late.updated_at > window.closes_at


def test_contacts_are_read_and_belong_to_providers(large: Year) -> None:
    told = files.contacts(large, date.min, AS_AT)
    assert told is not None
    read = read_contacts(*_pair(told))
    assert not read.rejected
    assert {line.provider_cqc_id for line in read.rows} <= {firm.cqc_id for firm in large.firms}


def test_shares_are_the_measured_ones(large: Year) -> None:
    ordinary = [firm for firm in large.firms if firm.part is None and firm.places]
    single = sum(len(firm.places) == 1 for firm in ordinary) / len(ordinary)
    assert single == pytest.approx(0.786, abs=0.04)
    places = [place for firm in ordinary for place in firm.places]
    homes = [place for place in places if Service.CARE_HOME in place.services]
    agencies = [place for place in places if Service.CARE_HOME not in place.services]
    assert len(homes) / len(places) == pytest.approx(0.51, abs=0.04)
    assert sum(p.dormant for p in agencies) / len(agencies) == pytest.approx(0.097, abs=0.02)
    assert sum(p.dormant for p in homes) / len(homes) < 0.02
    beds = sorted(place.beds for place in homes)
    assert 20 <= beds[len(beds) // 2] <= 30
    both = sum(len(place.services) == 2 for place in places) / len(places)
    assert both == pytest.approx(0.01, abs=0.006)
    regions = Counter(place.spot.region for place in places)
    assert regions.most_common(1)[0][0] == "South East"
    assert set(regions) == set(names.REGION_SHARES)


def test_a_higher_miss_rate_gives_more_misses() -> None:
    def misses(rate: float) -> int:
        made = year(LATEST, 1_000, 1, rate)
        return sum(m.bit_count() for p in made.places() for m in p.misses.values())

    assert misses(0.0) < misses(0.03) < misses(0.15)


def test_only_stories_reach_the_threshold_before_the_latest_window(large: Year) -> None:
    for firm in large.firms:
        for place in firm.places:
            for missed in place.misses.values():
                earlier = [back for back in range(1, 13) if qualifies(missed >> back, POLICY)]
                assert not earlier or firm.part is not None, (firm.name, bin(missed))


def test_the_awkward_ones_of_the_trade_are_there() -> None:
    made = year(LATEST, 400, 2026, 0.03)
    assert len(made.playing("many places").places) == 40
    assert len(made.playing("returned post").name) == 79
    assert len(made.playing("returned post").places[0].name) == 83
    assert not made.playing("greek name").name.isascii()
    assert made.playing("no postcode").spot.postcode == ""
    assert made.playing("council home").council
    assert made.playing("sold").places[0].sold_to is not None
    assert made.playing("dual registration").places[0].twin is not None
    (dual,) = made.playing("dual service").places
    assert dual.services == [Service.CARE_HOME, Service.HOME_CARE]
    assert list(dual.misses) == [Service.HOME_CARE]
    assert any(place.closes_on for place in made.places())


def test_each_part_reaches_the_threshold_exactly_when_its_story_begins() -> None:
    made = year(LATEST, 400, 2026, 0.03)
    for part in PARTS:
        for missed in made.playing(part.key).places[0].misses.values():
            assert qualifies(missed >> part.opened, POLICY), part.key
            assert not qualifies(missed >> part.opened + 1, POLICY), part.key


@pytest.mark.parametrize(
    ("today", "latest"),
    [
        (date(2026, 11, 22), "2026-11"),
        (date(2026, 11, 18), "2026-10"),  # the run of November is on this very day
        (date(2026, 12, 31), "2026-12"),
        (date(2027, 1, 1), "2026-12"),
    ],
)
def test_the_year_ends_with_the_latest_window_whose_run_is_done(today: date, latest: str) -> None:
    calendar = WorkingCalendar()
    month = latest_month(today, calendar)
    assert str(month) == latest
    assert run_day(windows_of(month, 1, calendar)[0], calendar) < today


def _pair(incoming: Incoming) -> tuple[bytes, str]:
    return incoming.content, incoming.filename
