"""A case's running deadlines: started with their recipe, ended with the reason, never deleted."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from enforcement.data.cases import Case, ClockRow
from enforcement.domain.calendar import local_date
from enforcement.domain.clocks import NO_CALENDAR, Clock, ClockKind
from enforcement.services.policies import calendar_overrides
from enforcement.services.work import Work

PERIOD_OVER = "the period is over"


def start_clock(work: Work, case: Case, clock: Clock) -> ClockRow:
    """Store a deadline with everything needed to derive it again, and record it.

    The calendar's dated overrides are kept beside it, unless the rule uses no calendar.
    """
    counted = clock.calendar_version != NO_CALENDAR
    row = ClockRow(
        case=case,
        kind=clock.kind.value,
        rule=clock.rule,
        citation=clock.citation,
        inputs=dict(clock.inputs),
        due_on=clock.due_on,
        due_at=clock.due_at,
        calendar_version=clock.calendar_version,
        overrides=calendar_overrides(work.session) if counted else [],
        receipt=[line.as_json() for line in clock.receipt],
        started_at=work.now,
    )
    work.session.add(row)
    work.record(
        f"case:{case.reference}",
        "clock_started",
        {"clock": clock.kind.value, "due_on": clock.due_on.isoformat(), "rule": clock.rule},
    )
    _set_next(work, case)
    work.session.flush()
    return row


def end_clocks(work: Work, case: Case, kinds: Collection[ClockKind], because: str) -> int:
    """End the running deadlines of these kinds: met, late, suspended or superseded.

    The rows stay. Returns how many were running.
    """
    ended = 0
    for clock in case.clocks:
        if clock.ended_at is None and clock.kind in kinds:
            clock.ended_at, clock.ended_because = work.now, because
            ended += 1
    _set_next(work, case)
    work.session.flush()
    return ended


def end_row(work: Work, case: Case, row: ClockRow, because: str) -> None:
    """End one running deadline, where a case has several of its kind."""
    row.ended_at, row.ended_because = work.now, because
    _set_next(work, case)
    work.session.flush()


def ended_on(row: ClockRow) -> date | None:
    """The day a deadline ended: of a period that ran out its last day, else when it was ended."""
    if row.ended_at is None:
        return None
    return row.due_on if row.ended_because == PERIOD_OVER else local_date(row.ended_at)


def _set_next(work: Work, case: Case) -> None:
    """The worklist's next deadline is the earliest running clock of the case.

    A period of the provider's that is over is nothing to be done, so it is not counted.
    """
    running = [c for c in case.clocks if c.ended_at is None]
    wanted = [c.due_on for c in running if not _over(c, work.today)]
    case.next_on = min(wanted, default=None)


def _over(row: ClockRow, today: date) -> bool:
    return ClockKind(row.kind).theirs and row.due_on < today
