"""Clocks: deadlines with their recipe and a day-by-day receipt.

Day 1 is always the day after the start fact. Periods are calendar days on local dates (adding
28 x 24 hours to an instant is wrong around clock changes). Representations and payment run
from the day a notice is *given*; the appeal runs from the day it was *sent*.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta

from enforcement.domain.calendar import ReceiptLine, WorkingCalendar, local_instant
from enforcement.domain.clock_count import (
    BY_END,
    END_OF_DAY,
    NO_CALENDAR,
    PAYMENT_AND_RECOVERY,
    Clock,
    ClockKind,
    Recipe,
    counted,
)
from enforcement.domain.refusals import BadInput
from enforcement.domain.tribunal_clocks import onward_again, ordered_again, recovery_again

__all__ = [
    "NO_CALENDAR",
    "PAYMENT_AND_RECOVERY",
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
    "payment_resume_clock",
    "recompute",
    "representations_clock",
]

MINIMUM_REPRESENTATIONS_DAYS = 14  # SI 2022/1175 reg 5: fixed by law
DECISION_DAYS = 28  # SI 2022/1175 reg 6: fixed by law
REPRESENTATIONS_RULE = "SI 2022/1175 reg 5"
DECISION_RULE = "SI 2022/1175 reg 6"
PAYMENT_RULE = "SI 2022/1175 reg 6(3)(d): the period stated in the final notice"
RESTART_RULE = "SI 2022/1175 regs 6(3)(d), 8; policy: a full period again after an appeal"
RESUME_RULE = "SI 2022/1175 regs 6(3)(d), 8; policy: the days left when the appeal was made"
_RESUMED = "payment-resumed-after-appeal"
APPEAL_RULE = "SI 2022/1175 reg 8; SI 2009/1976 rr.12, 22(1)(b); SI 2008/2699 r.20(1)(e)"
RESPONSE_RULE = "SI 2009/1976 rr.12, 23"

_REPRESENTATIONS = Recipe(
    ClockKind.REPRESENTATIONS,
    "representations-after-given",
    REPRESENTATIONS_RULE,
    "given_on",
    "The notice of intent is given",
)
_DECISION = Recipe(
    ClockKind.DECISION,
    "decision-after-period",
    DECISION_RULE,
    "period_ends_on",
    "The period for representations ends",
)
_PAYMENT = Recipe(
    ClockKind.PAYMENT,
    "payment-after-given",
    PAYMENT_RULE,
    "given_on",
    "The final notice is given",
)
_RESTART = Recipe(
    ClockKind.PAYMENT,
    "payment-after-appeal",
    RESTART_RULE,
    "appeal_ended_on",
    "The appeal ends and the final notice takes effect again",
)
_APPEAL = Recipe(
    ClockKind.APPEAL, "appeal-after-sent", APPEAL_RULE, "sent_on", "The final notice is sent"
)
_RESPONSE = Recipe(
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
    last = given_on + timedelta(days=days)
    due_on = calendar.on_or_after(last) if roll else last
    return counted(_REPRESENTATIONS, given_on, days, due_on, calendar, inputs)


def extended_clock(stated: Clock, last_day: date) -> Clock:
    """The period for representations with more time agreed: `stated` is the clock of the notice.

    Lawful because reg 5 sets a minimum. The receipt counts to the day the notice states, then
    shows the days that were added. Refuses (BadInput) a day that is not later.
    """
    if last_day <= stated.due_on:
        raise BadInput("More time ends after the day that the notice states.", rule=stated.citation)
    *before, end = stated.receipt
    said = end.note.replace(BY_END, "The last day that the notice states.")
    added = [
        ReceiptLine(
            stated.due_on + timedelta(days=number),
            None,
            "More time was agreed."
            + (f" {BY_END}" if number == (last_day - stated.due_on).days else ""),
        )
        for number in range(1, (last_day - stated.due_on).days + 1)
    ]
    return replace(
        stated,
        rule="representations-extended",
        due_on=last_day,
        due_at=local_instant(last_day, END_OF_DAY),
        inputs={**stated.inputs, "extended_to": last_day.isoformat()},
        receipt=(*before, ReceiptLine(end.day, end.number, said), *added),
    )


def decision_clock(period_ends_on: date) -> Clock:
    """The last day for deciding whether to impose (reg 6): 28 calendar days after the end of
    the period stated in the notice of intent. It never rolls to a working day."""
    inputs = {"period_ends_on": period_ends_on.isoformat()}
    due_on = period_ends_on + timedelta(days=DECISION_DAYS)
    return counted(_DECISION, period_ends_on, DECISION_DAYS, due_on, None, inputs)


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
    return counted(_PAYMENT, given_on, days, due_on, calendar, inputs, note)


def payment_restart_clock(
    appeal_ended_on: date, calendar: WorkingCalendar, days: int = 28
) -> Clock:
    """When a penalty is to be paid after an appeal that left it standing.

    The law suspends the notice and does not say whether the period resumes or restarts; policy
    gives a full period again, from the day the appeal ended, moved to a working day.
    """
    inputs = {"appeal_ended_on": appeal_ended_on.isoformat(), "days": str(days)}
    due_on = calendar.on_or_after(appeal_ended_on + timedelta(days=days))
    return counted(_RESTART, appeal_ended_on, days, due_on, calendar, inputs)


def payment_resume_clock(appeal_ended_on: date, calendar: WorkingCalendar, days: int) -> Clock:
    """The same where policy resumes the period: the days that were left when the appeal was made.

    Refuses (BadInput) fewer than one day.
    """
    restarted = payment_restart_clock(appeal_ended_on, calendar, days)
    inputs = {**restarted.inputs, "resumed": "yes"}
    return replace(restarted, rule=_RESUMED, citation=RESUME_RULE, inputs=inputs)


def appeal_clock(sent_on: date, calendar: WorkingCalendar, days: int = 28) -> Clock:
    """When the tribunal must have received an appeal: 28 days from *sending* the final notice,
    before 5pm, moved to the next working day. The same in both chambers' rules."""
    inputs = {"sent_on": sent_on.isoformat(), "days": str(days)}
    due_on = calendar.on_or_after(sent_on + timedelta(days=days))
    return counted(_APPEAL, sent_on, days, due_on, calendar, inputs)


def appeal_response_clock(received_on: date, calendar: WorkingCalendar, days: int = 28) -> Clock:
    """When our response to an appeal is due: 28 days after receiving the notice of appeal,
    before 5pm, moved to the next working day."""
    inputs = {"received_on": received_on.isoformat(), "days": str(days)}
    due_on = calendar.on_or_after(received_on + timedelta(days=days))
    return counted(_RESPONSE, received_on, days, due_on, calendar, inputs)


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
    ClockKind.APPEAL_RESPONSE: lambda stored, calendar: _response(stored, calendar),
    ClockKind.DIRECTION: lambda stored, calendar: ordered_again(
        ClockKind.DIRECTION, stored, calendar
    ),
    ClockKind.HEARING: lambda stored, calendar: ordered_again(ClockKind.HEARING, stored, calendar),
    ClockKind.COURT_ORDER: lambda stored, calendar: ordered_again(
        ClockKind.COURT_ORDER, stored, calendar
    ),
    ClockKind.ONWARD_APPEAL: lambda stored, calendar: _onward(stored, calendar),
    ClockKind.RECOVERY: lambda stored, calendar: recovery_again(stored, calendar),
}


def _response(stored: Mapping[str, str], calendar: WorkingCalendar) -> Clock:
    """The time that the rules give, or the day the tribunal set instead."""
    if "ordered_on" in stored:
        return ordered_again(ClockKind.APPEAL_RESPONSE, stored, calendar)
    return appeal_response_clock(_date(stored, "received_on"), calendar, int(stored["days"]))


def _onward(stored: Mapping[str, str], calendar: WorkingCalendar) -> Clock:
    """The time that the rules give for going on, or the day the tribunal set instead."""
    if "ordered_on" in stored:
        return ordered_again(ClockKind.ONWARD_APPEAL, stored, calendar)
    return onward_again(stored, calendar)


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
        resumed = _yes(stored.get("resumed", "no"))
        after = payment_resume_clock if resumed else payment_restart_clock
        return after(_date(stored, "appeal_ended_on"), calendar, days)
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


def days_left_in_words(due_on: date, today: date) -> str:
    """Days left as people say it: "12 days left", "due tomorrow", "due today", "3 days
    overdue"."""
    left = (due_on - today).days
    if left < 0:
        return "1 day overdue" if left == -1 else f"{-left} days overdue"
    if left == 0:
        return "due today"
    return "due tomorrow" if left == 1 else f"{left} days left"
