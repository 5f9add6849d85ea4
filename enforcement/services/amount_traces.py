"""From an amount back to what it rests on: the number, the file it came with, the scheme's row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from enforcement.data.cases import Case
from enforcement.data.files import ImportedFile
from enforcement.data.policies import Policy
from enforcement.data.register import Location
from enforcement.domain.duties import Service
from enforcement.domain.fee_traces import explanations, scheme_row
from enforcement.domain.fees import AmountStatus, FeeScheme
from enforcement.domain.words import day
from enforcement.services.policies import approved


@dataclass(frozen=True)
class Line:
    """One location and service of a working: number, source, row of the scheme, fee in pence."""

    name: str
    location: str
    number: str
    source: str
    row: str
    pence: int


@dataclass(frozen=True)
class Trace:
    """A stored working with what it rests on. `scheme` is None where its row is not held."""

    lines: tuple[Line, ...]
    scheme: FeeScheme | None
    policy: Policy | None
    total_pence: int | None
    explained: tuple[str, ...]


def trace(session: Session, case: Case) -> Trace:
    """The working stored with the case, line by line, and what would explain CQC's figure.

    Reads only. A working of an earlier version of this program has fewer words and no rows.
    """
    stored = case.amount_trace or {}
    policy, scheme = _scheme(session, stored.get("scheme_version"))
    lines = stored.get("lines", [])
    sources = _sources(session, [line["location_id"] for line in lines])
    return Trace(
        lines=tuple(_line(line, scheme, sources) for line in lines),
        scheme=scheme,
        policy=policy,
        total_pence=stored.get("total_pence") if stored.get("complete") else None,
        explained=_explained(case, lines, scheme),
    )


def _scheme(session: Session, version: str | None) -> tuple[Policy | None, FeeScheme | None]:
    for row in approved(session, "fee_scheme"):
        scheme = FeeScheme.from_json(row.body)
        if scheme.version == version:
            return row, scheme
    return None, None


def _sources(session: Session, places: list[str]) -> dict[tuple[str, str], str]:
    """Where the number of each location stands, by location and service."""
    rows = session.execute(
        select(Location.cqc_id, Location.users_source, ImportedFile.filename, ImportedFile.as_at)
        .outerjoin(ImportedFile, ImportedFile.id == Location.file_id)
        .where(Location.cqc_id.in_(places))
    )
    found = {}
    for place, users_source, filename, as_at in rows:
        on = f", as at {day(as_at)}" if as_at else ""
        found[place, Service.CARE_HOME.value] = f"{filename}{on}" if filename else "Not recorded"
        found[place, Service.HOME_CARE.value] = users_source or "Not recorded"
    return found


def _line(
    line: dict[str, Any], scheme: FeeScheme | None, sources: dict[tuple[str, str], str]
) -> Line:
    service, count = Service(line["service"]), line.get("count")
    unit = "places" if service is Service.CARE_HOME else "people"
    row = scheme_row(service, count, scheme).words if scheme and count is not None else ""
    return Line(
        name=line["name"],
        location=line["location_id"],
        number=f"{count:,} {unit}" if count is not None else line["basis"],
        source=sources.get((line["location_id"], line["service"]), "Not on the register any more"),
        row=row or line["basis"],
        pence=line["pence"],
    )


def _explained(
    case: Case, lines: list[dict[str, Any]], scheme: FeeScheme | None
) -> tuple[str, ...]:
    if scheme is None or case.amount_pence is None or case.amount_status != AmountStatus.CONFIRMED:
        return ()
    if case.amount_pence == sum(line["pence"] for line in lines):
        return ()
    known = [(line["name"], Service(line["service"]), line["pence"]) for line in lines]
    return tuple(explanations(known, case.amount_pence, scheme))
