"""Clocks: deadlines with their recipe and a day-by-day receipt.

Day 1 is always the day after the start fact. Periods are calendar days on local dates (adding
28 x 24 hours to an instant is wrong around clock changes). Representations and payment run
from the day a notice is *given*; the appeal runs from the day it was *sent*.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from enforcement.domain.calendar import ReceiptLine, WorkingCalendar, local_date, local_instant
from enforcement.domain.refusals import BadInput

__all__ = [
    "Clock",
    "ClockKind",
    "ReceiptLine",
    "appeal_clock",
    "appeal_response_clock",
    "days_left_in_words",
    "decision_clock",
    "extended_clock",
    "payment_clock",
    "payment_restart_clock",
    "recompute",
    "representations_clock",
]

MINIMUM_REPRESENTATIONS_DAYS = 14  # SI 2022/1175 reg 5: fixed by law
DECISION_DAYS = 28  # SI 2022/1175 reg 6: fixed by law
REPRESENTATIONS_RULE = "SI 2022/1175 reg 5"
DECISION_RULE = "SI 2022/1175 reg 6"
PAYMENT_RULE = "SI 2022/1175 reg 6(3)(d): the period stated in the final notice"
RESTART_RULE = "SI 2022/1175 regs 6(3)(d), 8; policy: a full period again after an appeal"
APPEAL_RULE = "SI 2022/1175 reg 8; SI 2009/1976 rr.12, 22(1)(b); SI 2008/2699 r.20(1)(e)"
RESPONSE_RULE = "SI 2009/1976 rr.12, 23"
NO_CALENDAR = "not used: calendar days only"
_BY_END = "Due by the end of the day."
_END_OF_DAY = time(23, 59, 59)
_FIVE_PM = time(17, 0)


class ClockKind(StrEnum):
    """The deadlines that are stored with a recipe."""

    REPRESENTATIONS = "representations"
    DECISION = "decision"
    PAYMENT = "payment"
    APPEAL = "appeal"
    APPEAL_RESPONSE = "appeal_response"

    @property
    def by_five(self) -> bool:
        """Tribunal acts must be done before 5pm on the last day (SI 2009/1976 r.12)."""
        return self in (ClockKind.APPEAL, ClockKind.APPEAL_RESPONSE)


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
class _Recipe:
    kind: ClockKind
    rule: str
    citation: str
    start_fact: str
    start_words: str


_REPRESENTATIONS = _Recipe(
    ClockKind.REPRESENTATIONS,
    "representations-after-given",
    REPRESENTATIONS_RULE,
    "given_on",
    "The notice of intent is given",
)
_DECISION = _Recipe(
    ClockKind.DECISION,
    "decision-after-period",
    DECISION_RULE,
    "period_ends_on",
    "The period for representations ends",
)
_PAYMENT = _Recipe(
    ClockKind.PAYMENT,
    "payment-after-given",
    PAYMENT_RULE,
    "given_on",
    "The final notice is given",
)
_RESTART = _Recipe(
    ClockKind.PAYMENT,
    "payment-after-appeal",
    RESTART_RULE,
    "appeal_ended_on",
    "The appeal ends and the final notice takes effect again",
)
_APPEAL = _Recipe(
    ClockKind.APPEAL, "appeal-after-sent", APPEAL_RULE, "sent_on", "The final notice is sent"
)
_RESPONSE = _Recipe(
    ClockKind.APPEAL_RESPONSE,
    "appeal-response-after-received",
    RESPONSE_RULE,
    "received_on",
    "The notice of appeal is received",
)


def representations_clock(
    given_on: date,
    calendar: WorkingCalendar,
    days: int = 14,
    roll: bool = True,
    because: str = "",
) -> Clock:
    """When written representations are due (reg 5).

    At least 14 calendar days beginning with the day after the notice of intent was given. With
    `roll`, a last day that is not a working day moves to the next one, which the notice must
    then state; lawful because 14 is a minimum. `because`: why the day of giving is not the one
    reg 7 counts, for the receipt. Refuses (BadInput) fewer than 14 days.
    """
    if days < MINIMUM_REPRESENTATIONS_DAYS:
        raise BadInput(
            f"A period of {days} days for representations is shorter than the law allows.",
            rule=REPRESENTATIONS_RULE,
            fix=f"State at least {MINIMUM_REPRESENTATIONS_DAYS} days.",
        )
    inputs = {"given_on": given_on.isoformat(), "days": str(days), "roll": "yes" if roll else "no"}
    inputs |= _reason(because)
    counted = given_on + timedelta(days=days)
    due_on = calendar.on_or_after(counted) if roll else counted
    return _clock(_REPRESENTATIONS, given_on, days, due_on, calendar, inputs)


def extended_clock(stated: Clock, last_day: date) -> Clock:
    """The period for representations with more time agreed: `stated` is the clock of the notice.

    Lawful because reg 5 sets a minimum. The receipt counts to the day the notice states, then
    shows the days that were added. Refuses (BadInput) a day that is not later.
    """
    if last_day <= stated.due_on:
        raise BadInput("More time ends after the day that the notice states.", rule=stated.citation)
    *counted, end = stated.receipt
    said = end.note.replace(_BY_END, "The last day that the notice states.")
    added = [
        ReceiptLine(
            stated.due_on + timedelta(days=number),
            None,
            "More time was agreed."
            + (f" {_BY_END}" if number == (last_day - stated.due_on).days else ""),
        )
        for number in range(1, (last_day - stated.due_on).days + 1)
    ]
    return replace(
        stated,
        rule="representations-extended",
        due_on=last_day,
        due_at=local_instant(last_day, _END_OF_DAY),
        inputs={**stated.inputs, "extended_to": last_day.isoformat()},
        receipt=(*counted, ReceiptLine(end.day, end.number, said), *added),
    )


def decision_clock(period_ends_on: date) -> Clock:
    """The last day for deciding whether to impose (reg 6): 28 calendar days after the end of
    the period stated in the notice of intent. It never rolls to a working day."""
    inputs = {"period_ends_on": period_ends_on.isoformat()}
    due_on = period_ends_on + timedelta(days=DECISION_DAYS)
    return _clock(_DECISION, period_ends_on, DECISION_DAYS, due_on, None, inputs)


def payment_clock(
    given_on: date,
    appeal_due_on: date,
    calendar: WorkingCalendar,
    days: int = 28,
    because: str = "",
) -> Clock:
    """When a penalty is to be paid: the period stated in the final notice, from its giving.

    The law fixes no period; 28 days is policy. The end moves to a working day and is never
    before the appeal limit. `because`: as for representations. Refuses (BadInput) a period
    below one day.
    """
    inputs = {
        "given_on": given_on.isoformat(),
        "appeal_due_on": appeal_due_on.isoformat(),
        "days": str(days),
    } | _reason(because)
    due_on = calendar.on_or_after(max(given_on + timedelta(days=days), appeal_due_on))
    note = (
        "Extended: payment is never due before the appeal limit."
        if (appeal_due_on > given_on + timedelta(days=days))
        else ""
    )
    return _clock(_PAYMENT, given_on, days, due_on, calendar, inputs, note)


def payment_restart_clock(
    appeal_ended_on: date, calendar: WorkingCalendar, days: int = 28
) -> Clock:
    """When a penalty is to be paid after an appeal that left it standing.

    The law suspends the notice and does not say whether the period resumes or restarts; policy
    gives a full period again, from the day the appeal ended, moved to a working day.
    """
    inputs = {"appeal_ended_on": appeal_ended_on.isoformat(), "days": str(days)}
    due_on = calendar.on_or_after(appeal_ended_on + timedelta(days=days))
    return _clock(_RESTART, appeal_ended_on, days, due_on, calendar, inputs)


def appeal_clock(sent_on: date, calendar: WorkingCalendar, days: int = 28) -> Clock:
    """When the tribunal must have received an appeal: 28 days from *sending* the final notice,
    before 5pm, moved to the next working day. The same in both chambers' rules."""
    inputs = {"sent_on": sent_on.isoformat(), "days": str(days)}
    due_on = calendar.on_or_after(sent_on + timedelta(days=days))
    return _clock(_APPEAL, sent_on, days, due_on, calendar, inputs)


def appeal_response_clock(received_on: date, calendar: WorkingCalendar, days: int = 28) -> Clock:
    """When our response to an appeal is due: 28 days after receiving the notice of appeal,
    before 5pm, moved to the next working day."""
    inputs = {"received_on": received_on.isoformat(), "days": str(days)}
    due_on = calendar.on_or_after(received_on + timedelta(days=days))
    return _clock(_RESPONSE, received_on, days, due_on, calendar, inputs)


def recompute(kind: ClockKind, inputs: Mapping[str, str], calendar: WorkingCalendar) -> Clock:
    """The clock again from its stored inputs. Refuses (BadInput) inputs it cannot use."""
    try:
        return _BUILDERS[kind](inputs, calendar)
    except (KeyError, ValueError) as fault:
        raise BadInput(f"The stored inputs of the {kind.value} clock are unusable: {fault}") from (
            fault
        )


_BUILDERS: dict[ClockKind, Callable[[Mapping[str, str], WorkingCalendar], Clock]] = {
    ClockKind.REPRESENTATIONS: lambda stored, calendar: _representations(stored, calendar),
    ClockKind.DECISION: lambda stored, _: decision_clock(_date(stored, "period_ends_on")),
    ClockKind.PAYMENT: lambda stored, calendar: _payment(stored, calendar),
    ClockKind.APPEAL: lambda stored, calendar: appeal_clock(
        _date(stored, "sent_on"), calendar, int(stored["days"])
    ),
    ClockKind.APPEAL_RESPONSE: lambda stored, calendar: appeal_response_clock(
        _date(stored, "received_on"), calendar, int(stored["days"])
    ),
}


def _representations(stored: Mapping[str, str], calendar: WorkingCalendar) -> Clock:
    """The period that the notice states, and the time added to it, if any."""
    clock = representations_clock(
        _date(stored, "given_on"),
        calendar,
        int(stored["days"]),
        _yes(stored["roll"]),
        stored.get("because", ""),
    )
    # A calendar looked at as a what-if may itself move the stated day past the added time.
    later = _date(stored, "extended_to") if "extended_to" in stored else clock.due_on
    return extended_clock(clock, later) if later > clock.due_on else clock


def _payment(stored: Mapping[str, str], calendar: WorkingCalendar) -> Clock:
    """The first payment period, or the one that an appeal started again."""
    days = int(stored["days"])
    if "appeal_ended_on" in stored:
        return payment_restart_clock(_date(stored, "appeal_ended_on"), calendar, days)
    return payment_clock(
        _date(stored, "given_on"),
        _date(stored, "appeal_due_on"),
        calendar,
        days,
        stored.get("because", ""),
    )


def _reason(because: str) -> dict[str, str]:
    return {"because": because} if because else {}


def _date(stored: Mapping[str, str], name: str) -> date:
    return date.fromisoformat(stored[name])


def _yes(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError(f"“{text}” is neither yes nor no")
    return text == "yes"


def _clock(
    recipe: _Recipe,
    starts_on: date,
    days: int,
    due_on: date,
    calendar: WorkingCalendar | None,
    inputs: dict[str, str],
    extended: str = "",
) -> Clock:
    if days < 1:
        raise BadInput(f"A period of {days} days is not a period.", rule=recipe.citation)
    at = _FIVE_PM if recipe.kind.by_five else _END_OF_DAY
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
    recipe: _Recipe,
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
            notes.append("Due before 5pm." if recipe.kind.by_five else _BY_END)
        lines.append(ReceiptLine(day, number if day <= ends_on else None, " ".join(notes)))
    return tuple(lines)


def _because(inputs: Mapping[str, str]) -> list[str]:
    return [inputs["because"]] if "because" in inputs else []


def days_left_in_words(due_on: date, today: date) -> str:
    """Days left as people say it: "12 days left", "due tomorrow", "due today", "3 days late"."""
    left = (due_on - today).days
    if left < 0:
        return "1 day late" if left == -1 else f"{-left} days late"
    if left == 0:
        return "due today"
    return "due tomorrow" if left == 1 else f"{left} days left"
