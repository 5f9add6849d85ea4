"""Deadlines of an appeal and of recovery: set by a tribunal or court, or counted from its word.

A day set by a direction is done in time on the next working day when it is none (SI 2009/1976
r.12(2)), before 5pm. The time for going on to a higher court runs from the day the decision was
sent. A month ends on the day of the next month that has the same number.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from enforcement.domain.calendar import WorkingCalendar
from enforcement.domain.clock_count import Clock, ClockKind, Recipe, counted
from enforcement.domain.refusals import BadInput

DIRECTION_RULE = "SI 2009/1976 rr.5, 6, 12"
COURT_RULE = "SI 2022/1175 reg 9; CPR 70.5: the day set by the court"
RECOVERY_RULE = "Policy: days to the next step of recovery; SI 2022/1175 reg 9"

_ORDERED: dict[ClockKind, Recipe] = {
    ClockKind.DIRECTION: Recipe(
        ClockKind.DIRECTION, "direction-ordered", DIRECTION_RULE, "ordered_on",
        "The tribunal gave the direction",
    ),
    ClockKind.APPEAL_RESPONSE: Recipe(
        ClockKind.APPEAL_RESPONSE, "appeal-response-ordered", "SI 2009/1976 rr.5(3)(a), 12, 23",
        "ordered_on", "The tribunal gave more time for our response",
    ),
    ClockKind.ONWARD_APPEAL: Recipe(
        ClockKind.ONWARD_APPEAL, "onward-appeal-ordered", "SI 2009/1976 rr.5(3)(a), 12",
        "ordered_on", "More time was given for going on",
    ),
    ClockKind.HEARING: Recipe(
        ClockKind.HEARING, "hearing-listed", "SI 2009/1976 rr.34, 36", "ordered_on",
        "The hearing was listed",
    ),
    ClockKind.COURT_ORDER: Recipe(
        ClockKind.COURT_ORDER, "payment-ordered-by-court", COURT_RULE, "ordered_on",
        "The county court made its order",
    ),
}  # fmt: skip
_ROLLS = frozenset({ClockKind.DIRECTION, ClockKind.APPEAL_RESPONSE, ClockKind.ONWARD_APPEAL})
_ONWARD = Recipe(
    ClockKind.ONWARD_APPEAL,
    "onward-appeal-after-sent",
    "",
    "sent_on",
    "The decision was sent",
)
_RECOVERY = Recipe(
    ClockKind.RECOVERY,
    "recovery-after-start",
    RECOVERY_RULE,
    "started_on",
    "Recovery was started",
)


@dataclass(frozen=True)
class Limit:
    """The time the rules give for going on: so many days, or so many months, and the rule."""

    rule: str
    days: int = 0
    months: int = 0


def ordered_clock(
    kind: ClockKind, ordered_on: date, stated_on: date, calendar: WorkingCalendar, about: str = ""
) -> Clock:
    """A day that a tribunal or court set on `ordered_on`; at the tribunal it moves to a working
    day. `about`: what the day is for, for the receipt. Refuses (BadInput) a day not after the
    order, and a kind that nobody sets."""
    if kind not in _ORDERED:
        raise BadInput(f"No tribunal or court sets the {kind.value} clock.")
    if stated_on <= ordered_on:
        raise BadInput("The day set comes after the day on which it was set.")
    inputs = {"ordered_on": ordered_on.isoformat(), "stated_on": stated_on.isoformat()}
    if about:
        inputs["because"] = about
    due_on = calendar.on_or_after(stated_on) if kind in _ROLLS else stated_on
    days = (stated_on - ordered_on).days
    return counted(_ORDERED[kind], ordered_on, days, due_on, calendar, inputs)


def ordered_again(kind: ClockKind, stored: Mapping[str, str], calendar: WorkingCalendar) -> Clock:
    """`ordered_clock` from its stored inputs."""
    return ordered_clock(
        kind,
        date.fromisoformat(stored["ordered_on"]),
        date.fromisoformat(stored["stated_on"]),
        calendar,
        stored.get("because", ""),
    )


def onward_clock(sent_on: date, limit: Limit, calendar: WorkingCalendar) -> Clock:
    """By when permission to go on must be asked for: so long after the decision was sent, before
    5pm, moved to a working day."""
    last = _months_on(sent_on, limit.months) + timedelta(days=limit.days)
    inputs = {
        "sent_on": sent_on.isoformat(),
        "days": str(limit.days),
        "months": str(limit.months),
        "rule": limit.rule,
    }
    recipe = Recipe(_ONWARD.kind, _ONWARD.rule, limit.rule, _ONWARD.start_fact, _ONWARD.start_words)
    days = (last - sent_on).days
    return counted(recipe, sent_on, days, calendar.on_or_after(last), calendar, inputs)


def onward_again(stored: Mapping[str, str], calendar: WorkingCalendar) -> Clock:
    """`onward_clock` from its stored inputs."""
    limit = Limit(stored["rule"], int(stored["days"]), int(stored["months"]))
    return onward_clock(date.fromisoformat(stored["sent_on"]), limit, calendar)


def recovery_clock(started_on: date, calendar: WorkingCalendar, days: int) -> Clock:
    """By when the next step of recovery is taken: product policy, moved to a working day."""
    inputs = {"started_on": started_on.isoformat(), "days": str(days)}
    due_on = calendar.on_or_after(started_on + timedelta(days=days))
    return counted(_RECOVERY, started_on, days, due_on, calendar, inputs)


def recovery_again(stored: Mapping[str, str], calendar: WorkingCalendar) -> Clock:
    """`recovery_clock` from its stored inputs."""
    return recovery_clock(date.fromisoformat(stored["started_on"]), calendar, int(stored["days"]))


def _months_on(day: date, months: int) -> date:
    """The day with the same number so many months later, or that month's last."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
