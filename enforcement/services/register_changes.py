"""Register changes: their kinds, in words, and the open cases they touch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from enforcement.data.cases import Case
from enforcement.data.register import Location, Provider, RegisterChange
from enforcement.services import drift
from enforcement.services.work import Work

KINDS = {
    "new": "New on the register",
    "closed": "Deregistered",
    "reopened": "Registered again",
    "vanished": "No longer in the register",
    "returned": "In the register again",
    "sold": "To another legal person",
    "bought": "From another legal person",
    "legal_person": "Legal person changed",
    "renamed": "Renamed",
    "moved": "New address",
    "addressee": "New addressee",
    "service_added": "Service added",
    "service_ended": "Service ended",
    "left_scope": "Outside adult social care",
    "dormant": "Now dormant",
    "active": "No longer dormant",
    "beds": "Beds changed",
    "predecessor": "Predecessor named",
    "successor": "Successor named",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One change a file makes, before anything has a row number."""

    kind: str
    provider: str
    location: str | None
    name: str
    before: str | None = None
    after: str | None = None
    effective_on: date | None = None

    @property
    def sentence(self) -> str:
        """The change in words, naming who or what changed."""
        whose = f"{self.name} ({self.location or self.provider})"
        return f"{whose}: {words(self.kind, self.before, self.after, self.effective_on)}"


def words(kind: str, before: str | None, after: str | None, effective_on: date | None) -> str:
    """One change as a sentence without its subject."""
    on = f" on {effective_on.day} {effective_on:%B %Y}" if effective_on else ""
    reason = f" ({before.lower()})" if before else ""
    told = {
        "new": f"new on the register{f', {after}' if after else ''}.",
        "closed": f"deregistered{on}{f'; {after}' if after else ''}.",
        "reopened": f"registered again; it was deregistered on {before}.",
        "vanished": "no longer in the register, without a date of deregistration: "
        "nothing was ended; ask CQC what became of it.",
        "returned": "in the register again.",
        "sold": f"no longer registered to {before}, now to {after}.",
        "bought": f"now registered to {after}, before to {before}.",
        "legal_person": f"the legal person was {before}, is {after}.",
        "renamed": f"was called “{before}”, now “{after}”.",
        "moved": f"address was {before or 'not known'}, now {after}.",
        "addressee": f"to be addressed was {before or 'nobody'}, now {after}.",
        "service_added": f"now provides {after}.",
        "service_ended": f"no longer provides {before}.",
        "left_scope": "no longer among adult social care services.",
        "dormant": "now dormant; a nil return is still owed.",
        "active": "no longer dormant.",
        "beds": f"had {before} beds, now {after}.",
        "predecessor": f"CQC names {after} as its predecessor{reason}.",
        "successor": f"CQC names {after} as its successor{reason}.",
    }
    return told.get(kind, f"{before or 'nothing'} became {after or 'nothing'}.")


@dataclass(frozen=True)
class Noticed:
    """A stored change with the names it needs on a page, and the open cases it touches."""

    row: RegisterChange
    provider: Provider
    location: Location | None
    cases: Sequence[Case]

    @property
    def sentence(self) -> str:
        return words(self.row.kind, self.row.before, self.row.after, self.row.effective_on)


def changes_of(
    work: Work,
    file_id: int | None = None,
    kind: str | None = None,
    before_id: int | None = None,
    limit: int = 100,
) -> list[Noticed]:
    """Stored changes, newest first, by file and kind, each with the open cases it touches.

    Pages go on with `before_id`, the id of the last one seen.
    """
    query = (
        select(RegisterChange, Provider, Location)
        .join(Provider, Provider.id == RegisterChange.provider_id)
        .outerjoin(Location, Location.id == RegisterChange.location_id)
        .order_by(RegisterChange.id.desc())
        .limit(limit)
    )
    if file_id is not None:
        query = query.where(RegisterChange.file_id == file_id)
    if kind is not None:
        query = query.where(RegisterChange.kind == kind)
    if before_id is not None:
        query = query.where(RegisterChange.id < before_id)
    rows = work.session.execute(query).all()
    touched: dict[int, list[Case]] = {}
    for case in drift.cases_touched(work, {provider.id for _, provider, _ in rows}):
        touched.setdefault(case.provider_id, []).append(case)
    return [Noticed(row, p, place, touched.get(p.id, ())) for row, p, place in rows]


def cases_touched_by(work: Work, file_id: int) -> list[Case]:
    """The open cases of every provider that a register file changed."""
    ids = work.session.scalars(
        select(RegisterChange.provider_id).where(RegisterChange.file_id == file_id).distinct()
    )
    return drift.cases_touched(work, set(ids))


def vanished(session: Session) -> set[int]:
    """Locations missing from the last full register that had them, not seen again since.

    Their duty still stands (only a file with a date ends it), but whoever opens a case over them
    should look first.
    """
    latest = (
        select(func.max(RegisterChange.id))
        .where(RegisterChange.kind.in_(("vanished", "returned", "closed")))
        .group_by(RegisterChange.location_id)
    )
    return {
        found
        for found in session.scalars(
            select(RegisterChange.location_id).where(
                RegisterChange.id.in_(latest), RegisterChange.kind == "vanished"
            )
        )
        if found is not None
    }
