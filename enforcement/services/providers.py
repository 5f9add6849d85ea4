"""Finding a provider, and how it stands: twelve windows of every service it must report on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, false, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session, joinedload

from enforcement.data.cases import Case
from enforcement.data.register import (
    Contact,
    DualRegistration,
    Duty,
    Location,
    Provider,
    PublicBodyReview,
)
from enforcement.data.runs import Run, RunRow
from enforcement.data.windows import ReturnRow, WindowRow
from enforcement.domain import duties as rules
from enforcement.domain.names import search_name
from enforcement.domain.refusals import NotFound
from enforcement.domain.windows import Month, Window
from enforcement.services.outcomes import Outcomes, outcomes, windows_to

POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})")
IDENTITY = re.compile(r"1-[0-9]+")
# Words that every second name has, and that people leave out or spell either way.
LEGAL_FORMS = frozenset({"limited", "ltd", "plc", "llp", "the", "and", "co", "company"})
PAGE = 50
GRID_MONTHS = 12

Key = tuple[str, int]


def find(session: Session, cqc_id: str) -> Provider:
    """The provider with this CQC id, or NotFound."""
    provider = session.scalar(select(Provider).where(Provider.cqc_id == cqc_id.strip()))
    if provider is None:
        raise NotFound(f"There is no provider with the CQC id {cqc_id}.")
    return provider


def search(
    session: Session, text: str, after: Key | None = None, size: int = PAGE
) -> tuple[list[Provider], Key | None]:
    """Providers by name, CQC id of provider or location, or postcode; and where the page ends.

    Letter case, accents, punctuation, word order and legal forms are forgiven; when no name has
    every word, the first letters of the words are enough. An empty text lists all. Keyset order
    is (search name, id).
    """
    found = _page(session, _matching(text, whole=True), after, size)
    if not found[0] and after is None and text.strip():
        return _page(session, _matching(text, whole=False), after, size)
    return found


def _page(
    session: Session, condition: ColumnElement[bool], after: Key | None, size: int
) -> tuple[list[Provider], Key | None]:
    query = select(Provider).where(condition).order_by(Provider.search_name, Provider.id)
    if after is not None:
        query = query.where(tuple_(Provider.search_name, Provider.id) > after)
    rows = list(session.scalars(query.limit(size + 1)))
    if len(rows) <= size:
        return rows, None
    return rows[:size], (rows[size - 1].search_name, rows[size - 1].id)


def _matching(text: str, *, whole: bool) -> ColumnElement[bool]:
    plain = text.strip().upper().replace(" ", "")
    if not plain:
        return Provider.id.is_not(None)
    if IDENTITY.fullmatch(plain):
        return or_(
            Provider.cqc_id == plain,
            Provider.id.in_(select(Location.provider_id).where(Location.cqc_id == plain)),
        )
    place = POSTCODE.fullmatch(plain)
    if place is not None:
        postcode = f"{place[1]} {place[2]}"
        return or_(
            Provider.postcode == postcode,
            Provider.id.in_(select(Location.provider_id).where(Location.postcode == postcode)),
        )
    return _named(text, whole=whole)


def _named(text: str, *, whole: bool) -> ColumnElement[bool]:
    every = search_name(text).split()
    words = [word for word in every if word not in LEGAL_FORMS] or every
    if not words:
        return false()
    parts = words if whole else [word[:3] for word in words]
    name = Provider.search_name if whole else literal(" ") + Provider.search_name
    return and_(*(name.contains(f" {p}" if not whole else p, autoescape=True) for p in parts))


@dataclass(frozen=True)
class Line:
    """One service at one location, with what became of each window of the grid."""

    duty: Duty
    location: Location
    outcomes: Outcomes


@dataclass(frozen=True)
class Overview:
    """All there is about a provider on one page."""

    provider: Provider
    windows: tuple[Window, ...]
    lines: tuple[Line, ...]
    locations: tuple[Location, ...]
    cases: tuple[Case, ...]
    contacts: tuple[Contact, ...]
    reviews: tuple[PublicBodyReview, ...]
    pairs: tuple[DualRegistration, ...]


def overview(session: Session, provider: Provider, now: datetime) -> Overview:
    """The provider with its grid, cases, contacts, reviews and dual registrations.

    A fixed number of statements, whatever the number of locations up to 400.
    """
    windows = _last_windows(session, now)
    locations = _locations(session, provider)
    return Overview(
        provider=provider,
        windows=tuple(windows),
        lines=tuple(_lines(session, provider, windows)),
        locations=locations,
        cases=tuple(
            session.scalars(
                select(Case)
                .where(Case.provider_id == provider.id)
                .order_by(Case.opened_at.desc(), Case.id.desc())
            )
        ),
        contacts=tuple(
            session.scalars(
                select(Contact)
                .where(Contact.provider_id == provider.id)
                .order_by(Contact.capacity, Contact.as_at.desc())
            )
        ),
        reviews=tuple(
            session.scalars(
                select(PublicBodyReview)
                .where(PublicBodyReview.provider_id == provider.id)
                .order_by(PublicBodyReview.id.desc())
            )
        ),
        pairs=_pairs(session, [place.cqc_id for place in locations]),
    )


def _locations(session: Session, provider: Provider) -> tuple[Location, ...]:
    return tuple(
        session.scalars(
            select(Location)
            .where(Location.provider_id == provider.id)
            .order_by(Location.name, Location.cqc_id)
        )
    )


def _last_windows(session: Session, now: datetime) -> list[Window]:
    number = session.scalar(select(func.max(WindowRow.number)).where(WindowRow.closes_at < now))
    return [] if number is None else windows_to(session, Month(number), GRID_MONTHS, now)


def _lines(session: Session, provider: Provider, windows: Sequence[Window]) -> list[Line]:
    rows = session.scalars(
        select(Duty)
        .join(Duty.location)
        .options(joinedload(Duty.location))
        .where(Duty.provider_id == provider.id)
        .order_by(Location.name, Location.cqc_id, Duty.service)
    ).all()
    owed = {
        row.id: rules.Duty(
            location_id=row.location.cqc_id,
            service=rules.Service(row.service),
            provider_id=provider.cqc_id,
            owed_from=row.owed_from,
            owed_to=row.owed_to,
            dormant=row.location.dormant,
        )
        for row in rows
    }
    found = outcomes(session, owed, windows)
    return [Line(row, row.location, found[row.id]) for row in rows]


def _pairs(session: Session, places: Sequence[str]) -> tuple[DualRegistration, ...]:
    return tuple(
        session.scalars(
            select(DualRegistration)
            .where(
                or_(
                    DualRegistration.location_cqc_id.in_(places),
                    DualRegistration.linked_cqc_id.in_(places),
                )
            )
            .order_by(DualRegistration.id)
        )
    )


@dataclass(frozen=True)
class AtRisk:
    """One duty that will meet the threshold if it misses again. `returned` is of the window that
    is open now; None when none is open."""

    provider: Provider
    location: Location
    duty: Duty
    mask: int
    returned: bool | None


def at_risk(
    session: Session,
    run: Run,
    now: datetime,
    *,
    area: str = "",
    after: Key | None = None,
    size: int | None = PAGE,
) -> tuple[list[AtRisk], Key | None]:
    """The duties at risk by this run's rows: missed the last 2, or 3 of the last 12.

    In order of provider name and duty, by keyset; `size` None gives all, for the export.
    """
    query = (
        select(Provider, Location, Duty, RunRow.mask)
        .join(Duty, Duty.id == RunRow.duty_id)
        .join(Location, Location.id == Duty.location_id)
        .join(Provider, Provider.id == Duty.provider_id)
        .where(RunRow.run_id == run.id, RunRow.outcome == "at_risk")
        .order_by(Provider.search_name, Duty.id)
    )
    if area:
        query = query.where(func.lower(Location.local_authority) == area.strip().casefold())
    if after is not None:
        query = query.where(tuple_(Provider.search_name, Duty.id) > after)
    rows = session.execute(query if size is None else query.limit(size + 1)).all()
    more = size is not None and len(rows) > size
    shown = rows[:size] if more else rows
    returned = _returned_now(session, [row.Duty.id for row in shown], now)
    found = [
        AtRisk(row.Provider, row.Location, row.Duty, row.mask,
               None if returned is None else row.Duty.id in returned)
        for row in shown
    ]  # fmt: skip
    end = (shown[-1].Provider.search_name, shown[-1].Duty.id) if more else None
    return found, end


def _returned_now(session: Session, duties: Sequence[int], now: datetime) -> set[int] | None:
    """Which of these duties have a counting return in the window that is open now."""
    number = session.scalar(
        select(WindowRow.number).where(WindowRow.opens_at <= now, WindowRow.closes_at >= now)
    )
    if number is None:
        return None
    found: set[int] = set()
    for start in range(0, len(duties), 400):
        found.update(
            session.scalars(
                select(ReturnRow.duty_id).where(
                    ReturnRow.window_no == number,
                    ReturnRow.duty_id.in_(duties[start : start + 400]),
                    ReturnRow.counts.is_(True),
                )
            )
        )
    return found
