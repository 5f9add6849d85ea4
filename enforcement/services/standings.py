"""Taking the `Standing` of many duties at once: register, reviews, live cases, linked places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import TypeAlias

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import Session

from enforcement.data.cases import Case, CaseMiss, Hold
from enforcement.data.register import (
    DualRegistration,
    Duty,
    Location,
    Provider,
    PublicBodyReview,
    RegisterChange,
)
from enforcement.domain.calendar import local_date
from enforcement.domain.windows import Month
from enforcement.services.verdicts import Standing

_AT_ONCE = 400
Pairs: TypeAlias = dict[str, list[DualRegistration]]


def standings(session: Session, duty_ids: Iterable[int], latest: Month) -> dict[int, Standing]:
    """The standing of each duty now, by duty id, in a fixed number of statements for each 400."""
    found: dict[int, Standing] = {}
    for some in _batches(sorted(duty_ids)):
        rows = session.execute(
            select(Duty, Location, Provider)
            .join(Location, Location.id == Duty.location_id)
            .join(Provider, Provider.id == Duty.provider_id)
            .where(Duty.id.in_(some))
        ).all()
        providers = {row.Provider.id for row in rows}
        places = {row.Location.cqc_id for row in rows}
        reviews = _reviews(session, providers)
        live = _live_cases(session, providers)
        pairs = _pairs(session, places)
        used = _used(session, some, latest)
        absent = _absent(session, {row.Location.id for row in rows})
        for row in rows:
            gone = absent.get(row.Location.id)
            found[row.Duty.id] = _standing(row, reviews, live, pairs, used[row.Duty.id], gone)
    return found


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]


def _standing(
    row: Row[Duty, Location, Provider],
    reviews: dict[int, PublicBodyReview],
    live: dict[int, tuple[str, str | None]],
    pairs: Pairs,
    consumed: Sequence[int],
    gone: str | None,
) -> Standing:
    duty, place, provider = row.Duty, row.Location, row.Provider
    review = reviews.get(provider.id)
    reference, held = live.get(provider.id, (None, None))
    left = [d for d in (provider.deregistered_on, place.deregistered_on) if d is not None]
    return Standing(
        duty=duty.id,
        location_id=place.cqc_id,
        service=duty.service,
        provider_id=provider.cqc_id,
        owed_from=_text(duty.owed_from),
        owed_to=_text(duty.owed_to),
        dormant=place.dormant,
        deregistered_on=_text(min(left)) if left else None,
        review=None if review is None else review.id,
        public_body=provider.public_body if review is None else review.public_body,
        reviewed_on=None if review is None else _text(local_date(review.reviewed_at)),
        live_case=None if reference is None else f"Case {reference} is live.",
        on_hold=held or _review_wanted(provider, review) or gone,
        dual_unsettled=_unsettled(place.cqc_id, pairs),
        answered_by=_answered_by(place.cqc_id, pairs),
        consumed=tuple(str(Month(number)) for number in consumed),
    )


def _review_wanted(provider: Provider, review: PublicBodyReview | None) -> str | None:
    if provider.review_raised and review is None and provider.public_body is None:
        return f"A public body review is asked for: {provider.review_raised}"
    return None


def _absent(session: Session, places: set[int]) -> dict[int, str]:
    """Places missing from the last full register, which a person must look into first."""
    latest = (
        select(func.max(RegisterChange.id))
        .where(
            RegisterChange.location_id.in_(places),
            RegisterChange.kind.in_(("vanished", "returned", "closed")),
        )
        .group_by(RegisterChange.location_id)
    )
    rows = session.execute(
        select(RegisterChange.location_id, RegisterChange.effective_on).where(
            RegisterChange.id.in_(latest), RegisterChange.kind == "vanished"
        )
    )
    return {
        place: f"No longer in the register file of {day.day} {day:%B %Y}: a person must check."
        for place, day in rows
        if place is not None and day is not None
    }


def _unsettled(place: str, pairs: Pairs) -> str | None:
    for pair in pairs.get(place, ()):
        if pair.settled_at is None:
            other = _other(place, pair)
            return f"Two providers are registered at this place ({place} and {other}): not settled."
    return None


def _answered_by(place: str, pairs: Pairs) -> str | None:
    for pair in pairs.get(place, ()):
        if pair.settled_at is not None and pair.answerable_cqc_id != place:
            return f"Settled: the provider at {pair.answerable_cqc_id} answers for this place."
    return None


def _other(place: str, pair: DualRegistration) -> str:
    return pair.linked_cqc_id if pair.location_cqc_id == place else pair.location_cqc_id


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _reviews(session: Session, providers: set[int]) -> dict[int, PublicBodyReview]:
    """The latest review of each provider."""
    rows = session.scalars(
        select(PublicBodyReview)
        .where(PublicBodyReview.provider_id.in_(providers))
        .order_by(PublicBodyReview.id)
    )
    return {row.provider_id: row for row in rows}


def _live_cases(session: Session, providers: set[int]) -> dict[int, tuple[str, str | None]]:
    """Each provider's live case and, when it is on hold, the words for that."""
    rows = session.execute(
        select(Case.provider_id, Case.reference, Hold.category)
        .outerjoin(Hold, (Hold.case_id == Case.id) & Hold.ends_on.is_(None))
        .where(Case.provider_id.in_(providers), Case.state != "closed")
    )
    return {
        provider: (reference, None if held is None else f"Case {reference} is on hold ({held}).")
        for provider, reference, held in rows
    }


def _pairs(session: Session, places: set[str]) -> Pairs:
    rows = session.scalars(
        select(DualRegistration)
        .where(
            or_(
                DualRegistration.location_cqc_id.in_(places),
                DualRegistration.linked_cqc_id.in_(places),
            )
        )
        .order_by(DualRegistration.id)
    )
    found: Pairs = defaultdict(list)
    for row in rows:
        found[row.location_cqc_id].append(row)
        found[row.linked_cqc_id].append(row)
    return found


def _used(session: Session, duties: Sequence[int], latest: Month) -> dict[int, list[int]]:
    """The windows each duty's concluded cases have used up."""
    rows = session.execute(
        select(CaseMiss.duty_id, CaseMiss.window_no)
        .where(
            CaseMiss.duty_id.in_(duties),
            CaseMiss.window_no <= latest.number,
            CaseMiss.consumed.is_(True),
        )
        .distinct()
        .order_by(CaseMiss.duty_id, CaseMiss.window_no)
    )
    found: dict[int, list[int]] = defaultdict(list)
    for duty, window in rows:
        found[duty].append(window)
    return found
