"""The register at the moments of a case that matter, worked back from its dated changes.

At the last counted window: what the register says of that day, by the day on which each change
took effect. At every later moment: what was known then, by when each change was noticed. Nothing
is kept for this; the change rows are the register's history.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.data.register import Duty, Location, Provider, RegisterChange
from enforcement.domain.calendar import local_date, local_instant
from enforcement.domain.duties import Service
from enforcement.domain.words import day
from enforcement.services.case_facts import FINAL, INTENT, live_notice
from enforcement.services.drift import windows_counted
from enforcement.services.work import Work

View = dict[tuple[str, str], str]
Row = tuple[RegisterChange, str]  # a change and its place, "" for the provider
_END = time(23, 59, 59)


@dataclass(frozen=True)
class Moment:
    """One moment of the case, and the register as it stood then: (place, what) → words."""

    name: str
    at: datetime
    view: View


@dataclass(frozen=True)
class Spell:
    """What the register said of one thing, and at which moments it said so."""

    subject: str
    what: str
    words: str
    moments: tuple[str, ...]


def moments(work: Work, case: Case) -> tuple[Moment, ...]:
    """The last counted window, the opening, approvals, issues, and now; those that have been."""
    session = work.session
    counted = windows_counted(session, case)
    places = sorted({one.place for one in counted})
    now = _today(session, case.provider, places)
    rows = _rows(session, case)
    found = []
    if counted:
        closed = max(one.closes_on for one in counted)
        breach = _undone(now, rows, lambda row: _effective(row) > closed)
        found.append(Moment("Last counted window closed", local_instant(closed, _END), breach))
    for name, at in _known_moments(session, case):
        found.append(Moment(name, at, _undone(now, rows, _noticed_after(at))))
    return (*found, Moment("Today", work.now, now))


def spells(found: Sequence[Moment]) -> tuple[Spell, ...]:
    """What was not the same at every moment, each value with its moments, in order of time."""
    if not found:
        return ()
    keys = [key for key in found[-1].view if len({one.view.get(key, "") for one in found}) > 1]
    names = {key[0]: found[-1].view.get((key[0], "name"), "") for key in keys}
    return tuple(
        Spell(
            " ".join(filter(None, (names[key[0]], f"({key[0]})" if key[0] else ""))),
            key[1],
            words or "none",
            tuple(one.name for one in found if one.view.get(key, "") == words),
        )
        for key in keys
        for words in dict.fromkeys(one.view.get(key, "") for one in found)
    )


def _known_moments(session: Session, case: Case) -> list[tuple[str, datetime]]:
    found: list[tuple[str, datetime | None]] = [("Case opened", case.opened_at)]
    for kind, title in ((INTENT, "Notice of intent"), (FINAL, "Final notice")):
        notice = live_notice(session, case, kind)
        if notice is not None:
            found += _steps(title, notice)
    return sorted(((name, at) for name, at in found if at is not None), key=lambda one: one[1])


def _steps(title: str, notice: Notice) -> list[tuple[str, datetime | None]]:
    return [(f"{title} approved", notice.approved_at), (f"{title} issued", notice.issued_at)]


def _rows(session: Session, case: Case) -> list[Row]:
    """The changes of the provider, latest first."""
    rows = session.execute(
        select(RegisterChange, Location.cqc_id)
        .outerjoin(Location, Location.id == RegisterChange.location_id)
        .where(RegisterChange.provider_id == case.provider_id)
        .order_by(RegisterChange.noticed_at.desc(), RegisterChange.id.desc())
    )
    return [(row, place or "") for row, place in rows]


def _effective(row: RegisterChange) -> date:
    return row.effective_on or local_date(row.noticed_at)


def _noticed_after(at: datetime) -> Callable[[RegisterChange], bool]:
    return lambda row: bool(row.noticed_at > at)


def _today(session: Session, provider: Provider, places: Sequence[str]) -> View:
    view: View = {
        ("", "name"): provider.name,
        ("", "legal person"): ", ".join(
            filter(None, [provider.ownership_type, provider.company_number])
        ),
        ("", "address"): ", ".join([*provider.address, *filter(None, [provider.postcode])]),
        ("", "registration"): _registration(provider.deregistered_on),
    }
    for place in session.scalars(select(Location).where(Location.cqc_id.in_(places))):
        services = session.scalars(
            select(Duty.service).where(Duty.location_id == place.id, Duty.owed_to.is_(None))
        )
        here = {
            "name": place.name,
            "provider": f"{place.provider.name} ({place.provider.cqc_id})",
            "address": ", ".join([*place.address, *filter(None, [place.postcode])]),
            "registration": _registration(place.deregistered_on),
            "services": _listed({Service(one).title.lower() for one in services}),
            "dormant": "dormant" if place.dormant else "active",
            "beds": str(place.beds) if place.beds is not None else "",
        }
        view |= {(place.cqc_id, what): words for what, words in here.items()}
    return view


def _registration(ended: date | None) -> str:
    return "registered" if ended is None else f"left the register on {day(ended)}"


def _listed(services: set[str]) -> str:
    return ", ".join(sorted(services))


def _undone(now: View, rows: Sequence[Row], later: Callable[[RegisterChange], bool]) -> View:
    view = dict(now)
    for row, place in rows:
        if later(row):
            _undo(view, row, place)
    return view


_WHAT = {"renamed": "name", "legal_person": "legal person", "moved": "address", "beds": "beds",
         "sold": "provider"}  # fmt: skip


def _undo(view: View, row: RegisterChange, place: str) -> None:
    """Put back what one change changed; a change of what the view does not show does nothing."""
    if (what := (place, _WHAT.get(row.kind, ""))) in view:
        view[what] = row.before or ""
    elif row.kind in ("closed", "reopened") and (place, "registration") in view:
        before = "registered" if row.kind == "closed" else f"left the register on {row.before}"
        view[place, "registration"] = before
    elif row.kind in ("dormant", "active") and (place, "dormant") in view:
        view[place, "dormant"] = "active" if row.kind == "dormant" else "dormant"
    elif row.kind in ("service_added", "service_ended") and (place, "services") in view:
        had = set(filter(None, view[place, "services"].split(", ")))
        had = had - {row.after or ""} if row.kind == "service_added" else had | {row.before or ""}
        view[place, "services"] = _listed(had)
