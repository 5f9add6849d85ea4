"""What we say happened, for the provider to check: each window of each service, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from enforcement.data.cases import Case
from enforcement.domain.duties import OutcomeRow, Service
from enforcement.domain.windows import Month, Timing, Window
from enforcement.services.outcomes import duty_of, outcomes, windows_to
from enforcement.services.policies import in_force
from enforcement.services.work import Work


@dataclass(frozen=True)
class Update:
    """An update that Capacity Tracker recorded outside the window: shown, and not counted."""

    at: datetime
    before: bool


@dataclass(frozen=True)
class WindowTold:
    """One window of one service: when it was open, what became of it, and why."""

    month: Month
    opens_on: date
    closes_on: date
    outcome: str
    sentence: str
    counted: bool
    updates: tuple[Update, ...]


@dataclass(frozen=True)
class PlaceTold:
    """One service at one location, latest window first."""

    duty_id: int
    location: str
    location_id: str
    service: str
    windows: tuple[WindowTold, ...]

    @property
    def counted(self) -> tuple[WindowTold, ...]:
        return tuple(w for w in self.windows if w.counted)


def record_of(work: Work, case: Case) -> list[PlaceTold]:
    """Every service of the case over the span the threshold looks at, as the rows stand today.

    What counted towards the case was frozen when it opened (`CaseMiss`); a window that has been
    put right since says so in its own sentence. Reads only.
    """
    span = int(in_force(work.session, "threshold", work.today).body["span"])
    windows = windows_to(work.session, Month(case.window_no), span, work.now)
    duties = {miss.duty_id: miss.duty for miss in case.misses}
    found = outcomes(work.session, {key: duty_of(row) for key, row in duties.items()}, windows)
    counted = {(miss.duty_id, miss.window_no) for miss in case.misses}
    told = [
        PlaceTold(
            duty_id=key,
            location=row.location.name,
            location_id=row.location.cqc_id,
            service=Service(row.service).title,
            windows=tuple(
                _told(window, found[key][window.month], (key, window.month.number) in counted)
                for window in reversed(windows)
            ),
        )
        for key, row in duties.items()
    ]
    return sorted(told, key=lambda place: (place.location, place.location_id, place.service))


def row_told(place: PlaceTold, window: WindowTold) -> dict[str, object]:
    """One row of the record as it is exported: everything the page says of it."""
    return {
        "location_id": place.location_id,
        "location": place.location,
        "service": place.service,
        "window": str(window.month),
        "opens_on": window.opens_on,
        "closes_on": window.closes_on,
        "outcome": window.outcome,
        "counted": "yes" if window.counted else "no",
        "why": window.sentence,
        "updates": "; ".join(
            f"{one.at.isoformat()} {'before' if one.before else 'after'} the window"
            for one in window.updates
        ),
    }


def months_of(places: Sequence[PlaceTold]) -> list[Month]:
    """The months of the record, oldest first."""
    return sorted({w.month for p in places for w in p.windows}, key=lambda m: m.number)


def _told(window: Window, found: OutcomeRow, counted: bool) -> WindowTold:
    return WindowTold(
        month=window.month,
        opens_on=window.opens_on,
        closes_on=window.closes_on,
        outcome=found.outcome.value,
        sentence=found.reason,
        counted=counted,
        updates=tuple(
            Update(row.received_at, window.judge(row.received_at) is Timing.BEFORE)
            for row in found.beside
            if row.received_at is not None
        ),
    )
