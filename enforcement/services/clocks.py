"""Clocks looked at again: their day-by-day receipts, replayed from their inputs, and what a new
bank holiday would move. Nothing here moves a deadline: a person decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from enforcement.data.cases import Case, ClockRow
from enforcement.domain.calendar import DayOverride, WorkingCalendar
from enforcement.domain.clocks import (
    NO_CALENDAR,
    Clock,
    ClockKind,
    days_left_in_words,
    recompute,
)
from enforcement.domain.refusals import Refusal
from enforcement.services.case_clocks import PERIOD_OVER, end_clocks, end_row
from enforcement.services.cases import find
from enforcement.services.policies import calendar_of
from enforcement.services.work import Work


@dataclass(frozen=True)
class ReceiptDay:
    """One day of the count; `number` is None for a day that is not counted."""

    day: date
    number: int | None
    note: str


@dataclass(frozen=True)
class Shown:
    """A deadline with its rule, its result, how it stands and how it was counted."""

    id: int
    kind: str
    rule: str
    citation: str
    inputs: dict[str, str]
    due_on: date
    due_at: datetime
    calendar_version: str
    left: str
    ended_because: str | None
    receipt: tuple[ReceiptDay, ...]

    def as_json(self) -> dict[str, object]:
        return {
            "clock": self.kind,
            "rule": self.rule,
            "citation": self.citation,
            "inputs": self.inputs,
            "due_on": self.due_on.isoformat(),
            "due_at": self.due_at.isoformat(),
            "calendar_version": self.calendar_version,
            "left": self.left,
            "ended_because": self.ended_because,
            "receipt": [
                {"day": line.day.isoformat(), "number": line.number, "note": line.note}
                for line in self.receipt
            ],
        }


@dataclass(frozen=True)
class Difference:
    """A stored clock that its own inputs no longer give."""

    case: str
    kind: str
    what: str
    stored: str
    again: str

    @property
    def sentence(self) -> str:
        return (
            f"{self.case}, {self.kind} clock: {self.what} is stored as {self.stored}, "
            f"its inputs give {self.again}."
        )


@dataclass(frozen=True)
class Moved:
    """A running deadline that a changed calendar day would move."""

    case: str
    kind: str
    due_on: date
    would_be: date


def receipt(row: ClockRow) -> tuple[ReceiptDay, ...]:
    """The count of a stored clock, day by day, as it was made."""
    return tuple(
        ReceiptDay(date.fromisoformat(line["day"]), line["number"], line["note"])
        for line in row.receipt
    )


def show(work: Work, reference: str) -> tuple[Shown, ...]:
    """Every clock of a case, oldest first. Refuses NotFound."""
    return tuple(shown(row, work.today) for row in find(work, reference).clocks)


def shown(row: ClockRow, today: date) -> Shown:
    """One stored clock for people."""
    return Shown(
        id=row.id,
        kind=row.kind,
        rule=row.rule,
        citation=row.citation,
        inputs=dict(row.inputs),
        due_on=row.due_on,
        due_at=row.due_at,
        calendar_version=row.calendar_version,
        left=row.ended_because or _left(row, today),
        ended_because=row.ended_because,
        receipt=receipt(row),
    )


def _left(row: ClockRow, today: date) -> str:
    past = ClockKind(row.kind).once_past if row.due_on < today else ""
    return past.lower() or days_left_in_words(row.due_on, today)


def again(row: ClockRow, calendar: WorkingCalendar | None = None) -> Clock:
    """The clock from its stored inputs, under the overrides kept with it unless told others."""
    return recompute(ClockKind(row.kind), row.inputs, calendar or calendar_of(row.overrides))


def replay(session: Session) -> list[Difference]:
    """Recompute every clock of every case; what differs from what is stored. Expect none."""
    rows = session.execute(
        select(Case.reference, ClockRow)
        .join(ClockRow, ClockRow.case_id == Case.id)
        .order_by(ClockRow.id)
        .execution_options(yield_per=500)
    )
    return [found for reference, row in rows for found in _differences(reference, row)]


def _differences(reference: str, row: ClockRow) -> Iterator[Difference]:
    try:
        clock = again(row)
    except (Refusal, ValueError) as reason:
        yield Difference(reference, row.kind, "the recipe", "a clock", f"no clock: {reason}")
        return
    pairs: tuple[tuple[str, object, object], ...] = (
        ("the last day", row.due_on, clock.due_on),
        ("the last moment", row.due_at, clock.due_at),
        ("the rule", row.rule, clock.rule),
        ("the receipt", row.receipt, [line.as_json() for line in clock.receipt]),
        ("the calendar", _overrides(row.calendar_version), _overrides(clock.calendar_version)),
    )
    for what, stored, made in pairs:
        if stored != made:
            yield Difference(reference, row.kind, what, str(stored), str(made))


def _overrides(version: str) -> str:
    """The part of a calendar version that is ours: the library's own release may move on."""
    return version.partition(" +")[2]


def affected_by(session: Session, day: date, *, working: bool = False) -> list[Moved]:
    """The running deadlines that would move if `day` became a holiday (or a working day)."""
    change = DayOverride(day, working, "What if")
    rows = session.execute(
        select(Case.reference, ClockRow)
        .join(ClockRow, ClockRow.case_id == Case.id)
        .where(ClockRow.ended_at.is_(None), ClockRow.calendar_version != NO_CALENDAR)
        .order_by(ClockRow.due_on, ClockRow.id)
    )
    moved = []
    for reference, row in rows:
        kept = [
            DayOverride(date.fromisoformat(o["day"]), bool(o["working"]), o["reason"])
            for o in row.overrides
            if o["day"] != day.isoformat()
        ]
        due_on = again(row, WorkingCalendar([*kept, change])).due_on
        if due_on != row.due_on:
            moved.append(Moved(reference, row.kind, row.due_on, due_on))
    return moved


def supersede(work: Work, case: Case, kind: ClockKind) -> int:
    """End a running clock because another takes its place. Returns how many were running."""
    return end_clocks(work, case, {kind}, "superseded")


def end_all(work: Work, case: Case, because: str) -> int:
    """End every running clock of a case, saying why."""
    return end_clocks(work, case, set(ClockKind), because)


def close_periods(work: Work) -> int:
    """End the provider's periods, to represent and to appeal, whose last day is past.

    The case does not move by itself. Run by a sweep; safe to run twice. Returns how many ended.
    """
    over = work.session.scalars(
        select(ClockRow)
        .where(
            ClockRow.kind.in_([kind.value for kind in ClockKind if kind.theirs]),
            ClockRow.ended_at.is_(None),
            ClockRow.due_on < work.today,
        )
        .order_by(ClockRow.id)
    ).all()
    for row in over:
        end_row(work, row.case, row, PERIOD_OVER)
    return len(over)
