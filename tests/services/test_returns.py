"""Loading Capacity Tracker files: what counts, what waits, what never turns back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from enforcement.data.files import HeaderMapping, ImportedFile
from enforcement.data.history import Event
from enforcement.data.register import Contact, Location
from enforcement.data.windows import ReturnRow, WindowRow
from enforcement.domain.duties import Service
from enforcement.domain.permissions import Actor
from enforcement.domain.refusals import BadInput, NotAllowed, UnknownHeader, WrongState
from enforcement.domain.windows import Month
from enforcement.services import contacts, register, returns, windows
from enforcement.services.loading import Incoming, Loaded

Begin = Callable[..., Any]
People = dict[str, Actor]
MAY, APRIL = Month.parse("2026-05"), Month.parse("2026-04")
HOMES = 10


def homes(count: int = HOMES) -> Incoming:
    """A register of invented homes, the last of them home care as well."""
    lines = ["Location ID,Name,Provider ID,Provider name,Service types,Registration date"]
    for n in range(1, count + 1):
        kinds = "Residential homes|Homecare agencies" if n == count else "Residential homes"
        lines.append(f"1-{900000000 + n},House {n},1-800000001,Invented Ltd,{kinds},2012-01-01")
    return Incoming("\n".join(lines).encode(), "homes.csv")


def status(cells: dict[int, str], header: str = "May 2026", id_header: str = "CQC ID") -> Incoming:
    lines = [f"{id_header},Location,{header}"]
    lines += [f"1-{900000000 + n},House {n},{cell}" for n, cell in cells.items()]
    return Incoming("\n".join(lines).encode(), "status.csv")


def extract(stamps: dict[int, str]) -> Incoming:
    lines = ["CqcId,Location,CqcSurveyLastUpdatedBst,ServiceUserCount,ConfirmedSave"]
    lines += [f"1-{900000000 + n},House {n},{at},12,No" for n, at in stamps.items()]
    return Incoming("\n".join(lines).encode(), "extract.csv")


@pytest.fixture
def held(begin: Begin, people: People) -> Begin:
    with begin(people["officer"]) as work:
        register.load(work, homes(), as_at=date(2026, 1, 1))
    return begin


def load(
    begin: Begin, people: People, incoming: Incoming, month: Month = MAY, **given: Any
) -> Loaded:
    given.setdefault("service", Service.CARE_HOME)
    with begin(people["officer"]) as work:
        return returns.load(work, incoming, month, **given)


def totals(begin: Begin, people: People, month: Month = MAY) -> windows.Totals:
    with begin(people["officer"]) as work:
        return windows.totals(work.session, month)


def test_ones_and_noughts_become_rows_and_blanks_stay_unknown(held: Begin, people: People) -> None:
    loaded = load(held, people, status({1: "1", 2: "0", 3: ""}))
    assert loaded.changes == {
        "update": 1, "not_returned": 1, "not_said": 1, "newly_submitted": 1,
    }  # fmt: skip
    found = totals(held, people)
    assert (found.owed, found.submitted, found.missed, found.unknown) == (11, 1, 1, 9)


def test_a_later_import_never_turns_submitted_into_missed(held: Begin, people: People) -> None:
    load(held, people, status({1: "1"}))
    later = load(held, people, status({1: "0"}))
    assert later.changes == {"not_returned": 1, "stays_submitted": 1}
    assert totals(held, people).submitted == 1
    assert totals(held, people).missed == 0


def test_the_same_bytes_for_a_window_change_nothing(held: Begin, people: People) -> None:
    load(held, people, status({1: "1"}))
    with held(people["officer"]) as work:
        before = work.session.scalar(select(func.count()).select_from(Event))
    assert load(held, people, status({1: "1"})).already_loaded
    with held(people["officer"]) as work:
        assert work.session.scalar(select(func.count()).select_from(ReturnRow)) == 1
        assert work.session.scalar(select(func.count()).select_from(Event)) == before


def test_a_dry_run_writes_nothing(held: Begin, people: People) -> None:
    assert load(held, people, status({1: "1"}), dry_run=True).changes["newly_submitted"] == 1
    with held(people["officer"]) as work:
        assert work.session.scalar(select(func.count()).select_from(ReturnRow)) == 0
        assert work.session.scalar(select(func.count()).select_from(WindowRow)) == 0
        assert work.session.scalar(select(func.count()).select_from(ImportedFile)) == 1


@pytest.mark.parametrize(
    ("stamp", "counts"),
    [
        ("14/05/2026 23:30", True),  # 22:30 UTC: the 14th in England
        ("15/05/2026 00:30", False),  # 23:30 UTC on the 14th, but the 15th in England
        ("07/05/2026 23:59", False),
        ("08/05/2026 00:00", True),
    ],
)
def test_an_extract_is_judged_by_the_day_in_england(
    held: Begin, people: People, stamp: str, counts: bool
) -> None:
    loaded = load(held, people, extract({HOMES: stamp}))
    assert loaded.shape == "ct_home_care"
    with held(people["officer"]) as work:
        assert work.session.scalars(select(ReturnRow)).one().counts is counts
    assert ("outside_the_window" in loaded.changes) is not counts


def test_a_blank_stamp_is_not_returned_and_users_are_kept_for_the_fee(
    held: Begin, people: People
) -> None:
    loaded = load(held, people, extract({HOMES: ""}))
    assert loaded.changes == {"not_returned": 1}
    with held(people["officer"]) as work:
        place = work.session.scalars(
            select(Location).where(Location.cqc_id == f"1-{900000000 + HOMES}")
        ).one()
        assert (place.users, place.users_source) == (12, "Capacity Tracker, May 2026, line 2")


def test_lines_without_a_duty_are_refused_one_by_one(held: Begin, people: People) -> None:
    loaded = load(held, people, status({1: "1", 77: "1"}), service=Service.HOME_CARE)
    assert loaded.accepted == 0
    assert [one["line"] for one in loaded.rejected] == [2, 3]
    assert "for care home, not for home care" in loaded.rejected[0]["reason"]
    assert "not in the register" in loaded.rejected[1]["reason"]


def test_lines_without_a_location_are_taken_when_the_bytes_come_again(
    held: Begin, people: People
) -> None:
    late = status({1: "1", HOMES + 1: "1", 77: "1"})
    assert [one["line"] for one in load(held, people, late).rejected] == [3, 4]
    with held(people["officer"]) as work:
        register.load(work, homes(HOMES + 1), as_at=date(2026, 1, 2))
    assert load(held, people, late, dry_run=True).accepted == 2
    assert totals(held, people).submitted == 1
    again = load(held, people, late)
    assert (again.accepted, [one["line"] for one in again.rejected]) == (2, [4])
    assert totals(held, people).submitted == 2
    assert load(held, people, late).changes == {}
    assert totals(held, people).submitted == 2


def test_a_mapping_whose_month_column_is_not_there_names_the_column(
    held: Begin, people: People
) -> None:
    mapping = {"location_id": "Setting ref", "status": "Month 5"}
    odd = status({1: "1"}, header="Month 5", id_header="Setting ref")
    assert load(held, people, odd, mapping=mapping).accepted == 1
    other = status({1: "1"}, header="Month six", id_header="Setting ref")
    for given in (None, mapping):
        with pytest.raises(UnknownHeader, match="no column “Month 5”"):
            load(held, people, other, mapping=given)


def test_a_mapping_is_saved_and_used_for_the_next_file(held: Begin, people: People) -> None:
    odd = status({1: "1"}, id_header="Setting ref")
    with pytest.raises(UnknownHeader):
        load(held, people, odd)
    load(held, people, odd, mapping={"location_id": "Setting ref"})
    nxt = load(held, people, status({2: "1"}, id_header="Setting ref"))
    assert nxt.accepted == 1
    assert any("headings were read as saved" in notice for notice in nxt.notices)
    with held(people["officer"]) as work:
        assert work.session.scalar(select(func.count()).select_from(HeaderMapping)) == 1


@pytest.mark.parametrize(("rows", "state"), [(9, "loaded"), (8, "waiting"), (3, "waiting")])
def test_a_file_a_fifth_shorter_than_last_months_waits(
    held: Begin, people: People, rows: int, state: str
) -> None:
    load(held, people, status(dict.fromkeys(range(1, 11), "1"), "April 2026"), APRIL)
    loaded = load(held, people, status(dict.fromkeys(range(1, rows + 1), "1")))
    assert loaded.state == state
    assert totals(held, people).submitted == (rows if state == "loaded" else 0)


def test_a_waiting_file_counts_once_a_person_releases_it(held: Begin, people: People) -> None:
    load(held, people, status(dict.fromkeys(range(1, 11), "1"), "April 2026"), APRIL)
    file_id = load(held, people, status({1: "1", 2: "0"})).file_id
    assert totals(held, people).waiting == 1
    with pytest.raises(NotAllowed), held(people["officer"]) as work:
        returns.release(work, file_id, "It is whole.")
    with pytest.raises(BadInput), held(people["senior"]) as work:
        returns.release(work, file_id, "  ")
    with held(people["senior"]) as work:
        returns.release(work, file_id, "The supplier confirmed that it is whole.")
    found = totals(held, people)
    assert (found.submitted, found.missed, found.waiting) == (1, 1, 0)
    with pytest.raises(WrongState), held(people["senior"]) as work:
        returns.release(work, file_id, "again")
    with held(people["senior"]) as work:
        row = work.session.get(ImportedFile, file_id)
        assert (row.state, row.released_by) == ("released", people["senior"].identity)
        kinds = list(
            work.session.scalars(
                select(Event.kind).where(Event.stream == "returns").order_by(Event.seq)
            )
        )
    assert kinds == ["file_loaded", "file_loaded", "file_held", "file_released"]


def test_a_window_that_has_not_opened_takes_no_file(held: Begin, people: People) -> None:
    with pytest.raises(BadInput, match="has not opened yet"):
        load(held, people, status({1: "1"}, "August 2026"), Month.parse("2026-08"))


def test_the_report_with_several_periods_fills_each_window(held: Begin, people: People) -> None:
    loaded = load(held, people, status({1: "1,0"}, "April 2026,May 2026"))
    assert loaded.accepted == 1
    assert totals(held, people, APRIL).submitted == 1
    assert totals(held, people).missed == 1


CONTACTS = (
    "Provider ID,Name,Capacity,E-mail,Address,Postcode,Source,Date\n"
    "1-800000001,Ms A Invented,Nominated individual,a@example.org,1 High Street,M1 1AA,"
    "Capacity Tracker,01/06/2026\n"
    "1-800000001,Mr B Invented,Manager,not an address,,,,\n"
    "1-899999999,Ms C Invented,Manager,c@example.org,,,,\n"
)


def test_contacts_are_added_with_source_and_date(held: Begin, people: People) -> None:
    with held(people["officer"]) as work:
        loaded = contacts.load(work, Incoming(CONTACTS.encode(), "contacts.csv"))
    assert (loaded.accepted, [one["line"] for one in loaded.rejected]) == (1, [3, 4])
    with held(people["officer"]) as work:
        row = work.session.scalars(select(Contact)).one()
        assert (row.source, row.as_at) == ("Capacity Tracker", date(2026, 6, 1))
        assert (row.address, row.postcode) == (["1 High Street"], "M1 1AA")
    with held(people["officer"]) as work:
        assert contacts.load(work, Incoming(CONTACTS.encode(), "contacts.csv")).already_loaded
        more = Incoming(CONTACTS.encode() + b"\n", "contacts-2.csv")
        assert contacts.load(work, more).changes == {"unchanged": 1}


def test_times_without_a_zone_never_enter(held: Begin, people: People) -> None:
    load(held, people, extract({HOMES: "14/05/2026 23:30"}))
    with held(people["officer"]) as work:
        stamp = work.session.scalars(select(ReturnRow)).one().updated_at
    assert stamp == datetime(2026, 5, 14, 22, 30, tzinfo=UTC)
