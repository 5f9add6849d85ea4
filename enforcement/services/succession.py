"""What became of a location: CQC's chain of predecessors and successors, with what we hold of each.

The links are kept as they came, in the register's dated changes (`register_plan`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from enforcement.data.register import Location, RegisterChange
from enforcement.data.register_held import LINKS
from enforcement.domain.succession import Link, Step, chain


@dataclass(frozen=True)
class Member:
    """One location of a chain. `provider` is empty where the register does not have it."""

    step: Step
    name: str
    provider: str
    provider_cqc_id: str
    registered_on: date | None
    deregistered_on: date | None
    held: bool


def follow(session: Session, place: str) -> tuple[Member, ...]:
    """Every location before and after this one (CQC id), through however many steps.

    Empty when CQC named none. Reads a few statements for each step.
    """
    steps = chain(place, _links(session, place))
    rows = session.scalars(
        select(Location)
        .where(Location.cqc_id.in_([step.place for step in steps]))
        .options(joinedload(Location.provider))
    )
    held = {row.cqc_id: row for row in rows}
    return tuple(_member(step, held.get(step.place)) for step in steps)


def _links(session: Session, place: str) -> set[Link]:
    found: set[Link] = set()
    seen: set[str] = set()
    edge = {place}
    while edge:
        seen |= edge
        fresh = _links_of(session, sorted(edge))
        found |= fresh
        edge = {end for link in fresh for end in (link.earlier, link.later)} - seen
    return found


def _links_of(session: Session, places: Sequence[str]) -> set[Link]:
    rows = session.execute(
        select(Location.cqc_id, RegisterChange.kind, RegisterChange.after, RegisterChange.before)
        .join(Location, Location.id == RegisterChange.location_id)
        .where(
            RegisterChange.kind.in_(LINKS),
            or_(Location.cqc_id.in_(places), RegisterChange.after.in_(places)),
        )
    )
    return {
        Link(other, one, reason or "") if kind == "predecessor" else Link(one, other, reason or "")
        for one, kind, other, reason in rows
        if other
    }


def _member(step: Step, row: Location | None) -> Member:
    if row is None:
        return Member(step, "", "", "", None, None, held=False)
    return Member(
        step,
        row.name,
        row.provider.name,
        row.provider.cqc_id,
        row.registered_on,
        row.deregistered_on,
        held=True,
    )
