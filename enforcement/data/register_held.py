"""The whole register as stored, read in a few statements for comparing with a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from enforcement.data.bulk import table_of
from enforcement.data.register import DualRegistration, Duty, Location, Provider, RegisterChange

Values = dict[str, Any]


def providers(session: Session, keys: tuple[str, ...]) -> dict[str, Values]:
    """Every provider's columns with its row id, by CQC id."""
    return {values["cqc_id"]: values for values in _rows(session, Provider, ("id", *keys))}


def locations(
    session: Session, keys: tuple[str, ...], provider_ids: dict[int, str]
) -> dict[str, Values]:
    """Every location's columns with its row id and its provider's CQC id, by CQC id."""
    found = {}
    for values in _rows(session, Location, ("id", "provider_id", *keys)):
        values["provider"] = provider_ids[values.pop("provider_id")]
        found[values["cqc_id"]] = values
    return found


def duties(
    session: Session, location_ids: dict[int, str], provider_ids: dict[int, str]
) -> dict[str, dict[str, Values]]:
    """Every duty by its location's CQC id and its service."""
    found: dict[str, dict[str, Values]] = {}
    for values in _rows(session, Duty, tuple(table_of(Duty).c.keys())):
        values["provider"] = provider_ids[values.pop("provider_id")]
        place = location_ids[values.pop("location_id")]
        found.setdefault(place, {})[values["service"]] = values
    return found


LINKS = ("predecessor", "successor")


def links(session: Session, location_ids: dict[int, str]) -> set[tuple[str, str, str]]:
    """Every link that CQC named between locations: (location, kind, other location), by CQC id."""
    rows = session.execute(
        select(RegisterChange.location_id, RegisterChange.kind, RegisterChange.after).where(
            RegisterChange.kind.in_(LINKS)
        )
    )
    return {
        (location_ids[place], kind, other)
        for place, kind, other in rows
        if place is not None and other is not None
    }


def _rows(
    session: Session, model: type[Provider | Location | Duty], keys: tuple[str, ...]
) -> Iterator[Values]:
    table = table_of(model)
    for row in session.execute(select(*(table.c[key] for key in keys))):
        yield dict(zip(keys, row, strict=True))


def ids(session: Session, model: type[Provider] | type[Location]) -> dict[str, int]:
    """Row ids by CQC id."""
    table = table_of(model)
    return {
        cqc_id: row_id for cqc_id, row_id in session.execute(select(table.c.cqc_id, table.c.id))
    }


def dual_registrations(session: Session) -> dict[tuple[str, str], DualRegistration]:
    """Every pair held, by its two ids in order."""
    return {
        (pair.location_cqc_id, pair.linked_cqc_id): pair
        for pair in session.scalars(select(DualRegistration))
    }
