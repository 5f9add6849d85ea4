"""Invented providers with what they returned, written straight as rows, for tests of the run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from enforcement.data.files import ImportedFile, StoredFile
from enforcement.data.register import Duty, Location, Provider
from enforcement.data.windows import ReturnRow, WindowRow
from enforcement.domain.windows import Month, window_for
from enforcement.services import policies
from enforcement.services.work import Work

NOW = datetime(2026, 6, 16, 9, 0, tzinfo=UTC)  # a Tuesday; the June window closed the day before
LATEST = Month.parse("2026-06")
SPAN = [LATEST - back for back in range(11, -1, -1)]  # oldest first
ALWAYS = 99_999
GOOD = "ssssssssssss"
THREE_RUNNING = "sssssssssmmm"


def windows(work: Work, months: Iterable[Month] = SPAN, *, complete: bool = True) -> None:
    """Stored windows, their feeds declared complete, and one file of returns for each."""
    working = policies.calendar(work.session)
    for month in months:
        window = window_for(month, working)
        row = WindowRow(
            number=month.number,
            month=str(month),
            opens_on=window.opens_on,
            closes_on=window.closes_on,
            opens_at=window.opens_at,
            closes_at=window.closes_at,
            calendar_version=window.calendar_version,
        )
        if complete:
            row.feed_complete_at = window.closes_at + timedelta(hours=1)
            row.feed_complete_by = "staff:leader"
        work.session.add(row)
    work.session.flush()
    for month in months:
        file(work, month, at=window_for(month, working).closes_at + timedelta(minutes=30))


def file(work: Work, month: Month, *, at: datetime, name: str = "", state: str = "loaded") -> int:
    """A file of returns for the month, loaded at that time; its id."""
    sha256 = hashlib.sha256(f"{month} {name}".encode()).hexdigest()
    work.session.add(StoredFile(sha256=sha256, size=1, mime="text/csv", content=b"x", stored_at=at))
    work.session.flush()
    row = ImportedFile(
        kind="returns",
        shape="bulk report",
        filename=name or f"returns-{month}.csv",
        sha256=sha256,
        window_no=month.number,
        loaded_at=at,
        loaded_by="staff:officer",
        rows_in=0,
        accepted=0,
        rejected=[],
        notices=[],
        mapping={},
        changes={},
        state=state,
    )
    work.session.add(row)
    work.session.flush()
    return row.id


def provider(work: Work, number: int, name: str = "", **changes: Any) -> Provider:
    """An invented legal person."""
    words = name or f"Invented Care {number} Limited"
    values: dict[str, Any] = {
        "cqc_id": f"1-9000{number:05d}",
        "name": words,
        "search_name": words.casefold(),
        "ownership_type": "Organisation",
        "address": ["14 Sample Street", "Exampleton"],
        "postcode": "ZZ99 9ZZ",
        "registered_on": date(2015, 1, 1),
        "public_body": False,
    } | changes
    row = Provider(**values)
    work.session.add(row)
    work.session.flush()
    return row


def duty(
    work: Work,
    owner: Provider,
    number: int,
    marks: str = GOOD,
    *,
    service: str = "care_home",
    location: Location | None = None,
    **changes: Any,
) -> Duty:
    """A location and service with twelve marks, oldest window first: s submitted, n nil,
    l late, m a row that says missed, - no row at all."""
    place = location or Location(
        cqc_id=f"1-8000{number:05d}",
        provider_id=owner.id,
        name=f"Invented House {number}",
        address=["1 Example Lane"],
        postcode="ZZ99 8ZZ",
        local_authority="Exampleshire",
        service_names=["Care home service without nursing"],
        beds=18,
        users=10,
        registered_on=date(2015, 1, 1),
    )
    if location is None:
        work.session.add(place)
        work.session.flush()
    row = Duty(
        location_id=place.id,
        provider_id=owner.id,
        service=service,
        **({"first_window": 0, "last_window": ALWAYS} | changes),
    )
    work.session.add(row)
    work.session.flush()
    returned(work, row.id, marks)
    return row


def returned(work: Work, duty_id: int, marks: str) -> None:
    """The return rows of one duty's twelve marks."""
    files = files_by_window(work)
    rows = [
        return_row(duty_id, month, mark, files[month.number])
        for month, mark in zip(SPAN, marks, strict=True)
        if mark != "-"
    ]
    if rows:
        work.session.execute(insert(ReturnRow), rows)


def files_by_window(work: Work) -> dict[int, int]:
    return {
        number: id
        for number, id in work.session.execute(
            select(ImportedFile.window_no, ImportedFile.id).order_by(ImportedFile.id.desc())
        )
    }


def return_row(
    duty_id: int, month: Month, mark: str, file_id: int, line: int = 0
) -> dict[str, Any]:
    """One return row; late ones came two days after the close."""
    inside = datetime(month.year, month.month, 10, 12, 0, tzinfo=UTC)
    after = datetime(month.year, month.month, 20, 12, 0, tzinfo=UTC)
    return {
        "duty_id": duty_id,
        "window_no": month.number,
        "counts": mark in "sn",
        "kind": {"s": "update", "n": "nil", "l": "update", "m": "none"}[mark],
        "updated_at": {"s": inside, "n": inside, "l": after, "m": None}[mark],
        "file_id": file_id,
        "line": line or duty_id + 1,
    }


def many(work: Work, marks: Sequence[str], first: int = 1) -> list[int]:
    """One provider with one location and duty for each set of marks, in few statements."""
    session = work.session
    owner = provider(work, first)
    session.execute(
        insert(Location),
        [
            {
                "cqc_id": f"1-7{first:03d}{n:06d}",
                "provider_id": owner.id,
                "name": f"Invented House {n}",
                "address": [],
                "service_names": [],
                "dormant": False,
                "dual_registered": False,
                "version": 1,
            }
            for n in range(len(marks))
        ],
    )
    places = session.scalars(
        select(Location.id).where(Location.provider_id == owner.id).order_by(Location.id)
    ).all()
    session.execute(
        insert(Duty),
        [
            {
                "location_id": place,
                "provider_id": owner.id,
                "service": "care_home",
                "first_window": 0,
                "last_window": ALWAYS,
            }
            for place in places
        ],
    )
    duties = list(
        session.scalars(select(Duty.id).where(Duty.provider_id == owner.id).order_by(Duty.id))
    )
    files = files_by_window(work)
    rows = [
        return_row(duty_id, month, mark, files[month.number])
        for duty_id, given in zip(duties, marks, strict=True)
        for month, mark in zip(SPAN, given, strict=True)
        if mark != "-"
    ]
    session.execute(insert(ReturnRow), rows)
    return duties
