"""Where a provider stands: every service it reports on, what counts now and until when.

The last window judged is the latest whose feed was called complete: until then nobody can say
that a window was missed. What counts is the verdict's own answer, so this page and a run agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from enforcement.data.cases import Case
from enforcement.data.register import Duty as StoredDuty
from enforcement.data.register import Location
from enforcement.data.windows import WindowRow
from enforcement.domain.duties import Outcome, Service
from enforcement.domain.outlook import Level, Outlook, outlook
from enforcement.domain.thresholds import Verdict, mask_of
from enforcement.domain.windows import Month, Window
from enforcement.services.outcomes import Outcomes, duty_of, outcomes, windows_to
from enforcement.services.policies import threshold_on
from enforcement.services.standings import standings
from enforcement.services.verdicts import judge
from enforcement.services.windows import computed_from
from enforcement.services.work import Work

_NEAREST = list(Level)  # in the order in which a reader needs them


@dataclass(frozen=True)
class MissTold:
    """A miss that counts, and the window (with its last day) at whose close it drops off."""

    month: Month
    until: Month
    until_day: date
    in_case: bool


@dataclass(frozen=True)
class ServiceTold:
    """One service at one location: each window's outcome, what counts, what comes.

    `used`: misses on which a concluded case rested; they count no more. `returned`: the window
    that is open now has a return already.
    """

    location: str
    location_id: str
    service: str
    outcomes: Mapping[Month, str]
    misses: tuple[MissTold, ...]
    used: tuple[Month, ...]
    outlook: Outlook
    safe_on: date | None
    returned: bool


@dataclass(frozen=True)
class StandingTold:
    """The whole provider. `waiting`: closed windows whose report is not complete yet;
    `coming`: the window that is open now or opens next."""

    months: tuple[Month, ...]
    services: tuple[ServiceTold, ...]
    waiting: tuple[Window, ...]
    coming: Window
    open_now: bool


def standing_of(work: Work, case: Case) -> StandingTold:
    """How every service of the case's provider stands, the nearest to the threshold first.

    Reads only, in a fixed number of statements for each 400 services.
    """
    coming = coming_windows(work, 1)[0]
    open_now = coming.opens_at <= work.now
    latest = _latest_judged(work.session)
    if latest is None:
        return StandingTold((), (), (), coming, open_now)
    _, policy = threshold_on(work.session, work.today)
    windows = windows_to(work.session, latest, policy.span, work.now)
    ahead_of = computed_from(work.session, latest + 1, policy.span)
    last_days = {window.month: window.closes_on for window in ahead_of}
    duties = _duties(work.session, case, windows[0].month if windows else latest, coming.month)
    owed = {row.id: duty_of(row) for row in duties}
    found = outcomes(work.session, owed, windows)
    now_open = outcomes(work.session, owed, [coming]) if open_now else {}
    stands = standings(work.session, list(owed), latest)
    in_case = {(miss.duty_id, miss.window_no) for miss in case.misses}
    told = []
    for row in duties:
        rows = found[row.id]
        missed = mask_of((m for m, one in rows.items() if one.outcome.is_miss), latest, policy)
        verdict = judge(
            stands[row.id], rows, windows, missed, policy, latest,
            feed_complete_at=work.now, day=work.today,
        )  # fmt: skip
        counting = {Month(number) for duty, number in in_case if duty == row.id}
        told.append(_told(row, rows, verdict, last_days, counting, now_open.get(row.id, {})))
    return StandingTold(
        months=tuple(window.month for window in windows),
        services=tuple(sorted(told, key=_order)),
        waiting=tuple(window for window in ahead_of if window.is_closed(work.now)),
        coming=coming,
        open_now=open_now,
    )


def coming_windows(work: Work, count: int) -> list[Window]:
    """The window that is open now or opens next, and those after it."""
    month = Month.of(work.today)
    found = computed_from(work.session, month, count + 1)
    return [window for window in found if not window.is_closed(work.now)][:count]


def _latest_judged(session: Session) -> Month | None:
    number = session.scalar(
        select(func.max(WindowRow.number)).where(WindowRow.feed_complete_at.is_not(None))
    )
    return None if number is None else Month(number)


def _duties(session: Session, case: Case, first: Month, last: Month) -> Sequence[StoredDuty]:
    return session.scalars(
        select(StoredDuty)
        .join(StoredDuty.location)
        .options(joinedload(StoredDuty.location).joinedload(Location.provider))
        .where(
            StoredDuty.provider_id == case.provider_id,
            StoredDuty.last_window >= first.number,
            StoredDuty.first_window <= last.number,
        )
        .order_by(StoredDuty.id)
    ).all()


def _told(
    row: StoredDuty,
    rows: Outcomes,
    verdict: Verdict,
    last_days: Mapping[Month, date],
    counting: AbstractSet[Month],
    now_open: Outcomes,
) -> ServiceTold:
    ahead = outlook(verdict.missed, verdict.latest, verdict.policy)
    return ServiceTold(
        location=row.location.name,
        location_id=row.location.cqc_id,
        service=Service(row.service).title,
        outcomes={month: one.outcome.value for month, one in rows.items()},
        misses=tuple(
            MissTold(month, until, last_days[until], month in counting)
            for month in ahead.missed
            for until in [ahead.drops_off(month)]
        ),
        used=verdict.consumed_left_out,
        outlook=ahead,
        safe_on=last_days[ahead.safe_from] if ahead.safe_from else None,
        returned=_returned(now_open),
    )


def _returned(found: Outcomes) -> bool:
    return any(one.outcome in (Outcome.SUBMITTED, Outcome.NIL) for one in found.values())


def _order(told: ServiceTold) -> tuple[int, str, str, str]:
    return (
        _NEAREST.index(told.outlook.level), told.location, told.location_id, told.service
    )  # fmt: skip
