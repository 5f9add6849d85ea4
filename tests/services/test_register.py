"""Loading the register: every kind of change, on both engines; names are invented."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from enforcement.data.files import ImportedFile, StoredFile
from enforcement.data.history import Event
from enforcement.data.register import Contact, DualRegistration, Duty, Location, Provider
from enforcement.data.register import RegisterChange as Changed
from enforcement.domain.permissions import Actor
from enforcement.domain.refusals import BadInput, NotAllowed, UnknownHeader, WrongState
from enforcement.domain.windows import Month
from enforcement.services import register, reviews
from enforcement.services.loading import Incoming, Loaded
from enforcement.services.register_changes import changes_of, vanished
from enforcement.services.standings import standings

FILES = Path(__file__).parents[1] / "data_files"
HSCA = [
    "Location ID", "Location HSCA start date", "Dormant (Y/N)", "Care home?", "Location Name",
    "Care homes beds", "Location Inspection Directorate", "Location Street Address",
    "Location City", "Location Postal Code", "Provider Companies House Number", "Provider ID",
    "Provider Name", "Provider Ownership Type", "Provider Street Address", "Provider Postal Code",
    "Service type - Care home service with nursing", "Service type - Domiciliary care service",
]  # fmt: skip
FIRST, LATER, LATEST = date(2026, 1, 1), date(2026, 3, 1), date(2026, 5, 1)
Begin = Callable[..., Any]
People = dict[str, Actor]


def place(n: int, **changes: Any) -> dict[str, Any]:
    """One row of the directory with filters; every value can be changed by a short name."""
    row = {
        "Location ID": f"1-90000000{n}",
        "Location HSCA start date": "2012-03-08",
        "Dormant (Y/N)": "N",
        "Care home?": "Y",
        "Location Name": f"Invented House {n}",
        "Care homes beds": 24,
        "Location Inspection Directorate": "Adult social care",
        "Location Street Address": f"{n} Made Up Street",
        "Location City": "Oldham",
        "Location Postal Code": "OL1 1AA",
        "Provider Companies House Number": "01234567",
        "Provider ID": "1-800000001",
        "Provider Name": "Invented Care Ltd",
        "Provider Ownership Type": "Organisation",
        "Provider Street Address": "1 Head Street",
        "Provider Postal Code": "M1 1AA",
        "Service type - Care home service with nursing": "Y",
        "Service type - Domiciliary care service": "",
    }
    assert changes.keys() <= row.keys()
    return {**row, **changes}


def table(*rows: dict[str, Any]) -> Incoming:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return Incoming(out.getvalue().encode(), "invented.csv")


def load(
    begin: Begin, actor: Actor, *rows: dict[str, Any], as_at: date = FIRST, dry_run: bool = False
) -> Loaded:
    with begin(actor) as work:
        return register.load(work, table(*rows), as_at=as_at, dry_run=dry_run)


def duty(begin: Begin, actor: Actor, n: int = 1, service: str = "care_home") -> dict[str, Any]:
    with begin(actor) as work:
        row = work.session.execute(
            select(
                Duty.owed_from, Duty.owed_to, Duty.first_window, Duty.last_window, Provider.cqc_id
            )
            .join(Location, Location.id == Duty.location_id)
            .join(Provider, Provider.id == Duty.provider_id)
            .where(Location.cqc_id == f"1-90000000{n}", Duty.service == service)
        ).one()
        return dict(row._mapping)


def kinds(begin: Begin, actor: Actor) -> list[str]:
    with begin(actor) as work:
        return list(work.session.scalars(select(Changed.kind).order_by(Changed.id)))


def counted(begin: Begin, actor: Actor) -> dict[str, int]:
    """How many rows each table that a load may write holds."""
    models = (Provider, Location, Duty, Changed, ImportedFile, StoredFile, Event, Contact)
    with begin(actor) as work:
        return {
            model.__name__: work.session.scalar(select(func.count()).select_from(model))
            for model in models
        }


def test_the_first_load_makes_providers_locations_and_duties(begin: Begin, people: People) -> None:
    officer = people["officer"]
    both = {"Service type - Domiciliary care service": "Y"}
    loaded = load(begin, officer, place(1), place(2, **both))
    assert loaded.accepted == loaded.rows_in == 2
    assert loaded.changes == {"new_providers": 1, "new_locations": 2, "new_duties": 3}
    assert duty(begin, officer)["first_window"] == Month.parse("2012-03").number  # from the 8th
    assert kinds(begin, officer) == []  # at first everything is new: nothing to list
    with begin(officer) as work:
        kept = work.session.scalars(select(ImportedFile)).one()
        stored = work.session.get(StoredFile, loaded.sha256)
        assert stored.content == table(place(1), place(2, **both)).content
        assert (kept.rows_in, kept.loaded_by) == (2, officer.identity)
        events = [event.kind for event in work.session.scalars(
            select(Event).where(Event.stream == "register").order_by(Event.seq)
        )]  # fmt: skip
    assert events == ["file_loaded", "register_changed"]


@pytest.mark.parametrize(
    ("registered", "first"),
    [
        ("2026-03-08", "2026-03"),  # on the opening day
        ("2026-03-09", "2026-04"),  # the day after it
        ("", None),  # not known in the first register: no limit
    ],
)
def test_a_duty_begins_with_the_first_window_it_was_registered_for(
    begin: Begin, people: People, registered: str, first: str | None
) -> None:
    load(begin, people["officer"], place(1, **{"Location HSCA start date": registered}))
    number = Month.parse(first).number if first else 0
    assert duty(begin, people["officer"])["first_window"] == number


def test_dormant_still_owes(begin: Begin, people: People) -> None:
    load(begin, people["officer"], place(1, **{"Dormant (Y/N)": "Y"}))
    assert duty(begin, people["officer"])["last_window"] == 99_999


def test_a_dry_run_counts_and_writes_nothing(begin: Begin, people: People) -> None:
    officer = people["officer"]
    load(begin, officer, place(1))
    before = counted(begin, officer)
    renamed = place(1, **{"Location Name": "Other House"})
    loaded = load(begin, officer, renamed, place(2), as_at=LATER, dry_run=True)
    assert loaded.changes["renamed"] == 1
    assert "was called “Invented House 1”, now “Other House”" in " ".join(loaded.details)
    assert counted(begin, officer) == before


def test_the_same_bytes_again_change_nothing_and_say_so(begin: Begin, people: People) -> None:
    officer = people["officer"]
    load(begin, officer, place(1))
    before = counted(begin, officer)
    again = load(begin, officer, place(1), as_at=LATER)
    assert again.already_loaded
    assert again.changes == {}
    assert "nothing was changed" in again.notices[0]
    assert counted(begin, officer) == before


def test_the_same_rows_in_another_file_change_nothing(begin: Begin, people: People) -> None:
    officer = people["officer"]
    load(begin, officer, place(1), place(2))
    loaded = load(begin, officer, place(2), place(1), as_at=LATER)
    assert loaded.changes == {}
    with begin(officer) as work:
        kinds_written = work.session.scalars(select(Event.kind).where(Event.stream == "register"))
        assert list(kinds_written).count("register_changed") == 1  # nothing changed, none written


@pytest.mark.parametrize(
    ("changed", "kind", "said"),
    [
        ({"Location Name": "Other"}, "renamed", "was called “Invented House 1”, now “Other”"),
        ({"Location Postal Code": "OL2 2BB"}, "moved", "OL2 2BB"),
        ({"Dormant (Y/N)": "Y"}, "dormant", "a nil return is still owed"),
        ({"Care homes beds": 30}, "beds", "had 24 beds, now 30"),
        ({"Provider Companies House Number": "07654321"}, "legal_person", "07654321"),
        ({"Provider Name": "Renamed Care Ltd"}, "renamed", "Renamed Care Ltd"),
        ({"Provider Street Address": "2 Other Road"}, "moved", "2 Other Road"),
        (
            {"Service type - Domiciliary care service": "Y"},
            "service_added",
            "now provides home care",
        ),
        ({"Location Inspection Directorate": "Hospitals"}, "left_scope", "no longer among"),
    ],
)
def test_each_change_is_listed_in_words(
    begin: Begin, people: People, changed: dict[str, Any], kind: str, said: str
) -> None:
    officer = people["officer"]
    load(begin, officer, place(1))
    load(begin, officer, place(1, **changed), as_at=LATER)
    assert kinds(begin, officer) == [kind]
    with begin(officer) as work:
        (noticed,) = changes_of(work)
        assert said in noticed.sentence


def test_a_new_legal_person_answers_only_for_windows_from_then_on(
    begin: Begin, people: People
) -> None:
    officer = people["officer"]
    load(begin, officer, place(1), place(2))
    buyer = {"Provider ID": "1-800000002", "Provider Name": "Buyer Ltd"}
    load(begin, officer, place(1, **buyer), place(2, **buyer), as_at=LATER)
    # One new legal person, and each location told once for the buyer and once for the seller.
    assert kinds(begin, officer) == ["new", "bought", "sold", "bought", "sold"]
    found = duty(begin, officer)
    assert found["cqc_id"] == "1-800000002"
    assert (found["owed_from"], found["first_window"]) == (LATER, Month.parse("2026-03").number)


def test_a_location_missing_from_a_full_register_is_told_once_and_closed_by_nobody(
    begin: Begin, people: People
) -> None:
    officer = people["officer"]
    load(begin, officer, place(1), place(2))
    load(begin, officer, place(1), as_at=LATER)
    assert kinds(begin, officer) == ["vanished"]
    assert duty(begin, officer, 2)["last_window"] == 99_999
    with begin(officer) as work:
        assert len(vanished(work.session)) == 1
        found = standings(work.session, [1, 2], Month.parse("2026-02"))
        held = {one.location_id: one.on_hold for one in found.values()}
        assert held == {
            "1-900000001": None,
            "1-900000002": "No longer in the register file of 1 March 2026: a person must check.",
        }
    load(begin, officer, place(1, **{"Care homes beds": 25}), as_at=date(2026, 4, 1))
    assert kinds(begin, officer) == ["vanished", "beds"]  # not told again
    load(begin, officer, place(1, **{"Care homes beds": 25}), place(2), as_at=LATEST)
    assert kinds(begin, officer) == ["vanished", "beds", "returned"]
    with begin(officer) as work:
        assert vanished(work.session) == set()
        assert standings(work.session, [2], Month.parse("2026-02"))[2].on_hold is None


def test_a_person_who_looked_lifts_the_hold_of_an_absence(begin: Begin, people: People) -> None:
    officer = people["officer"]
    load(begin, officer, place(1), place(2))
    load(begin, officer, place(1), as_at=LATER)
    with begin(officer) as work:
        gone = work.session.get_one(Location, 2)
        with pytest.raises(BadInput):
            reviews.still_there(work, gone, "  ")
        with pytest.raises(WrongState):
            reviews.still_there(work, work.session.get_one(Location, 1), "Looked")
        reviews.still_there(work, gone, "CQC’s own page of the place, today")
    with begin(officer) as work:
        assert vanished(work.session) == set()
        assert standings(work.session, [2], Month.parse("2026-02"))[2].on_hold is None
    with begin(people["auditor"]) as work, pytest.raises(NotAllowed):
        reviews.still_there(work, work.session.get_one(Location, 2), "Looked")


@pytest.mark.parametrize(
    ("ended", "last"),
    [("2026-02-16", "2026-01"), ("2026-02-17", "2026-02")],  # that window closed on Mon 16th
)
def test_only_a_date_of_deregistration_ends_a_duty(
    begin: Begin, people: People, ended: str, last: str
) -> None:
    officer = people["officer"]
    load(begin, officer, place(1))
    row = {
        "Location ID": "1-900000001",
        "Location Name": "Invented House 1",
        "Provider ID": "1-800000001",
        "Location HSCA End Date": ended,
    }
    with begin(officer) as work:
        loaded = register.load(work, table(row), as_at=LATER)
    assert loaded.shape == "deactivated"
    assert duty(begin, officer)["last_window"] == Month.parse(last).number
    assert kinds(begin, officer) == ["closed"]


def test_a_service_no_longer_listed_ends_and_comes_back_without_its_gap(
    begin: Begin, people: People
) -> None:
    officer = people["officer"]
    both = {"Service type - Domiciliary care service": "Y"}
    load(begin, officer, place(1, **both))
    load(begin, officer, place(1), as_at=LATER)
    ended = duty(begin, officer, service="home_care")
    assert (ended["owed_to"], ended["last_window"]) == (
        date(2026, 2, 28),
        Month.parse("2026-02").number,
    )
    load(begin, officer, place(1, **{**both, "Care homes beds": 9}), as_at=LATEST)
    back = duty(begin, officer, service="home_care")
    assert (back["owed_from"], back["last_window"]) == (LATEST, 99_999)


def test_a_location_new_to_a_register_loaded_before_is_not_blamed_for_the_past(
    begin: Begin, people: People
) -> None:
    officer = people["officer"]
    load(begin, officer, place(1))
    load(begin, officer, place(1), place(2, **{"Location HSCA start date": ""}), as_at=LATER)
    assert duty(begin, officer, 2)["first_window"] == Month.parse("2026-03").number


def test_other_sectors_are_accepted_and_not_held(begin: Begin, people: People) -> None:
    other = place(2, **{"Location Inspection Directorate": "Primary medical services"})
    loaded = load(begin, people["officer"], place(1), other)
    assert (loaded.accepted, loaded.out_of_scope) == (2, 1)
    assert loaded.changes["new_locations"] == 1


def test_a_name_like_a_councils_asks_for_a_review_and_decides_nothing(
    begin: Begin, people: People
) -> None:
    council = {"Provider ID": "1-800000009", "Provider Name": "Invented Borough Council"}
    loaded = load(begin, people["officer"], place(1), place(2, **council))
    assert loaded.changes["public_body_reviews_raised"] == 1
    with begin(people["officer"]) as work:
        row = work.session.scalars(
            select(Provider).where(Provider.review_raised.is_not(None))
        ).one()
        assert row.name == "Invented Borough Council"
        assert row.public_body is None
        assert row.search_name == "invented borough council"


def test_an_older_register_is_refused(begin: Begin, people: People) -> None:
    load(begin, people["officer"], place(1), as_at=LATER)
    with pytest.raises(BadInput, match="turn the register back"):
        load(begin, people["officer"], place(2), as_at=FIRST)


def test_an_unknown_header_refuses_the_whole_file(begin: Begin, people: People) -> None:
    before = counted(begin, people["officer"])
    with pytest.raises(UnknownHeader), begin(people["officer"]) as work:
        register.load(work, Incoming(b"Colour,Taste\nred,sweet\n", "odd.csv"))
    assert counted(begin, people["officer"]) == before


def test_only_who_may_load_loads(begin: Begin, people: People) -> None:
    with pytest.raises(NotAllowed):
        load(begin, people["auditor"], place(1))


def test_a_location_whose_provider_nobody_knows_is_refused_by_line(
    begin: Begin, people: People
) -> None:
    row = {"Location ID": "1-900000001", "Location Name": "A", "Provider ID": "1-800000001"}
    with begin(people["officer"]) as work:
        loaded = register.load(work, table({**row, "Service type": "Shared Lives"}), as_at=FIRST)
    assert loaded.accepted == 0
    assert loaded.rejected[0]["line"] == 2
    assert "neither in this file nor in the register" in loaded.rejected[0]["reason"]


ALONE = {"Location ID": "1-900000001", "Location Name": "A", "Provider ID": "1-800000001"}


def test_lines_refused_for_a_missing_provider_are_taken_when_the_bytes_come_again(
    begin: Begin, people: People
) -> None:
    officer = people["officer"]
    other = {**ALONE, "Location ID": "1-900000005", "Provider ID": "1-800000009"}
    late = table(*({**row, "Service type": "Shared Lives"} for row in (ALONE, other)))
    with begin(officer) as work:
        first = register.load(work, late, as_at=FIRST)
    assert [one["line"] for one in first.rejected] == [2, 3]
    assert "then this file again" in first.rejected[0]["reason"]
    load(begin, officer, place(2))  # brings the provider of line 2
    before = counted(begin, officer)
    with begin(officer) as work:
        tried = register.load(work, late, dry_run=True)
    assert (tried.accepted, counted(begin, officer)) == (1, before)
    with begin(officer) as work:
        again = register.load(work, late)
        row = work.session.get_one(ImportedFile, again.file_id)
        assert (row.accepted, row.rejected_count, row.rejected[0]["line"]) == (1, 1, 3)
    assert again.already_loaded
    assert again.changes["new_locations"] == 1
    after = counted(begin, officer)
    grown = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert grown == {"Location": 1, "Duty": 1, "RegisterChange": 1, "Event": 2}
    with begin(officer) as work:
        assert register.load(work, late).changes == {}
    assert counted(begin, officer) == after


def test_the_dual_sheet_gives_each_pair_once_and_settles_nothing(
    begin: Begin, people: People
) -> None:
    sheet = (
        "Location ID,Linked Organisation ID,Primary ID\n"
        "1-900000001,1-900000002,Y\n1-900000002,1-900000001,N\n"
    )
    with begin(people["officer"]) as work:
        loaded = register.load(work, Incoming(sheet.encode(), "dual.csv"), as_at=FIRST)
        assert loaded.changes["dual_registrations_in_file"] == 1
        pair = work.session.scalars(select(DualRegistration)).one()
        assert (pair.location_cqc_id, pair.linked_cqc_id) == ("1-900000001", "1-900000002")
        assert (pair.primary_cqc_id, pair.settled_at) == ("1-900000001", None)


def test_the_real_files_load_with_every_row_accounted_for(begin: Begin, people: People) -> None:
    told = {}
    for name in (
        "cqc/website_search_export_first500_2025.csv",
        "cqc_api/oldham_provider_details.jsonl.gz",
        "cqc_api/oldham_location_details.jsonl.gz",
    ):
        with begin(people["officer"]) as work:
            incoming = Incoming((FILES / name).read_bytes(), Path(name).name)
            told[name] = register.load(work, incoming, as_at=LATER)
    assert [loaded.rows_in for loaded in told.values()] == [500, 20, 451]
    for loaded in told.values():
        assert loaded.rows_in == loaded.accepted + len(loaded.rejected)
        assert all(one["line"] and one["reason"] for one in loaded.rejected)
    with begin(people["officer"]) as work:
        held = work.session.scalar(select(func.count()).select_from(Location))
        assert held == sum(one.changes["new_locations"] for one in told.values() if one.kind and
                           "new_locations" in one.changes)  # fmt: skip
        assert work.session.scalars(select(DualRegistration)).all() == []
