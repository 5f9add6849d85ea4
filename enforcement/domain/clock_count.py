"""How a deadline is counted: the clock, its recipe, and the day-by-day receipt.

Day 1 is always the day after the start fact. Periods are calendar days on local dates (adding
28 x 24 hours to an instant is wrong around clock changes). `clocks.py` is the door: it says which
deadlines there are and what starts each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from enforcement.domain.calendar import ReceiptLine, WorkingCalendar, local_date, local_instant
from enforcement.domain.refusals import BadInput

NO_CALENDAR = "not used: calendar days only"
BY_END = "Due by the end of the day."
END_OF_DAY = time(23, 59, 59)
_FIVE_PM = time(17, 0)


class ClockKind(StrEnum):
    """The deadlines that are stored with a recipe."""

    REPRESENTATIONS = "representations"
    DECISION = "decision"
    PAYMENT = "payment"
    APPEAL = "appeal"
    APPEAL_RESPONSE = "appeal_response"
    DIRECTION = "direction"
    HEARING = "hearing"
    ONWARD_APPEAL = "onward_appeal"
    RECOVERY = "recovery"
    COURT_ORDER = "court_order"

    @property
    def by_five(self) -> bool:
        """Tribunal acts must be done before 5pm on the last day (SI 2009/1976 r.12)."""
        return self in _AT_THE_TRIBUNAL

    @property
    def occasion(self) -> bool:
        """A day on which something takes place, not a last day."""
        return self is ClockKind.HEARING

    @property
    def theirs(self) -> bool:
        """The provider's own right to act in time: once past it is a fact, never our delay.

        Regs 5 and 8. What is owed by a day (payment) is not a right but a duty: it falls overdue.
        """
        return self in (ClockKind.REPRESENTATIONS, ClockKind.APPEAL)

    @property
    def once_past(self) -> str:
        """What is said when the day is past, where nothing is overdue by that; else ""."""
        return _ONCE_PAST.get(self, "")


_AT_THE_TRIBUNAL = frozenset(
    {ClockKind.APPEAL, ClockKind.APPEAL_RESPONSE, ClockKind.DIRECTION, ClockKind.ONWARD_APPEAL}
)
_ONCE_PAST = {
    ClockKind.REPRESENTATIONS: "Period over",
    ClockKind.APPEAL: "Appeal period over",
    ClockKind.HEARING: "Day has passed",
}
# What an appeal suspends until it is finally determined or withdrawn (SI 2022/1175 reg 8).
PAYMENT_AND_RECOVERY = frozenset({ClockKind.PAYMENT, ClockKind.RECOVERY, ClockKind.COURT_ORDER})


@dataclass(frozen=True)
class Clock:
    """One deadline: its rule, what started it, the result, and everything needed to redo it.

    `starts_on` is the date of the start fact, which is not counted; day 1 is the day after.
    `inputs` holds what `recompute` needs, as text.
    """

    kind: ClockKind
    rule: str
    citation: str
    start_fact: str
    starts_on: date
    days: int
    due_on: date
    due_at: datetime
    calendar_version: str
    inputs: dict[str, str]
    receipt: tuple[ReceiptLine, ...]

    @property
    def first_day(self) -> date:
        """Day 1."""
        return self.starts_on + timedelta(days=1)

    def is_late(self, instant: datetime) -> bool:
        """Whether something done at `instant` is too late: after the due date in England, or,
        before a tribunal, at 5pm or later on that date."""
        if self.kind.by_five:
            return instant >= self.due_at
        return local_date(instant) > self.due_on

    def as_json(self) -> dict[str, object]:
        """Text, whole numbers, lists and None only; the same clock gives the same bytes."""
        return {
            "kind": self.kind.value,
            "rule": self.rule,
            "citation": self.citation,
            "start_fact": self.start_fact,
            "starts_on": self.starts_on.isoformat(),
            "days": self.days,
            "due_on": self.due_on.isoformat(),
            "due_at": self.due_at.astimezone(UTC).isoformat(),
            "calendar_version": self.calendar_version,
            "inputs": dict(sorted(self.inputs.items())),
            "receipt": [line.as_json() for line in self.receipt],
        }


@dataclass(frozen=True)
class Recipe:
    """What a rule counts from, and how the receipt begins."""

    kind: ClockKind
    rule: str
    citation: str
    start_fact: str
    start_words: str


def counted(
    recipe: Recipe,
    starts_on: date,
    days: int,
    due_on: date,
    calendar: WorkingCalendar | None,
    inputs: dict[str, str],
    extended: str = "",
) -> Clock:
    """A clock that counts `days` from `starts_on` and ends on `due_on`, with its receipt.

    Without a calendar no day is looked up in it. Refuses (BadInput) fewer than one day.
    """
    if days < 1:
        raise BadInput(f"A period of {days} days is not a period.", rule=recipe.citation)
    at = _FIVE_PM if recipe.kind.by_five else END_OF_DAY
    return Clock(
        kind=recipe.kind,
        rule=recipe.rule,
        citation=recipe.citation,
        start_fact=recipe.start_fact,
        starts_on=starts_on,
        days=days,
        due_on=due_on,
        due_at=local_instant(due_on, at),
        calendar_version=NO_CALENDAR if calendar is None else calendar.version,
        inputs=inputs,
        receipt=_receipt(recipe, starts_on, days, due_on, calendar, extended, inputs),
    )


def _receipt(
    recipe: Recipe,
    starts_on: date,
    days: int,
    due_on: date,
    calendar: WorkingCalendar | None,
    extended: str,
    inputs: Mapping[str, str],
) -> tuple[ReceiptLine, ...]:
    """Every day from the start fact to the due date, and why each is or is not counted."""
    begins = f"{recipe.start_words}; this day is not counted."
    lines = [ReceiptLine(starts_on, None, " ".join([begins, *_because(inputs)]))]
    ends_on = starts_on + timedelta(days=days)
    for number in range(1, (due_on - starts_on).days + 1):
        day = starts_on + timedelta(days=number)
        closed = None if calendar is None else calendar.why_not_working(day)
        notes = ["Day 1: the day after."] if number == 1 else []
        if day == ends_on:
            notes.append(f"Day {days}, the last day counted.")
        if closed is not None and day >= ends_on and day < due_on:
            notes.append(f"{closed}: not a working day, so the end moves on.")
        if day > ends_on and extended:
            notes.append(extended)
        if day == due_on:
            notes.append(_last_words(recipe.kind))
        lines.append(ReceiptLine(day, number if day <= ends_on else None, " ".join(notes)))
    return tuple(lines)


def _because(inputs: Mapping[str, str]) -> list[str]:
    return [inputs["because"]] if "because" in inputs else []


def _last_words(kind: ClockKind) -> str:
    if kind.occasion:
        return "It takes place on this day."
    return "Due before 5pm." if kind.by_five else BY_END
