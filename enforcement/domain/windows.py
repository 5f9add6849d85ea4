"""Collection windows: when each month's return may be made.

From the start of the 8th to the end of the 14th, or of the next working day where the 14th is
a weekend or public holiday (formal notice under 2012 Act s.277A, 26 April 2024 version). The
opening never moves. Whether a return is in time is judged on the date in England.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import overload

from enforcement.domain.calendar import WorkingCalendar, local_date, local_instant
from enforcement.domain.refusals import BadInput

OPENING_DAY = 8
CLOSING_DAY = 14
WINDOW_RULE = "Formal notice under 2012 Act s.277A (26 April 2024): the 8th to the 14th"
END_OF_DAY = time(23, 59, 59)
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month; `number` is year x 12 + month - 1, so neighbours differ by 1."""

    number: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """The month written as "2026-03". Refuses (BadInput) anything else."""
        found = _MONTH.fullmatch(text)
        if found is None or int(found[1]) < 1:
            raise BadInput(f"“{text}” is not a month.", fix="Write it as 2026-03.")
        return cls(int(found[1]) * 12 + int(found[2]) - 1)

    @classmethod
    def of(cls, day: date) -> Month:
        """The month that `day` falls in."""
        return cls(day.year * 12 + day.month - 1)

    @property
    def year(self) -> int:
        return self.number // 12

    @property
    def month(self) -> int:
        return self.number % 12 + 1

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def title(self) -> str:
        """As people read it: "March 2026"."""
        return f"{self.first_day:%B} {self.year}"

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    def __add__(self, months: int) -> Month:
        return Month(self.number + months)

    @overload
    def __sub__(self, other: int) -> Month: ...
    @overload
    def __sub__(self, other: Month) -> int: ...
    def __sub__(self, other: int | Month) -> Month | int:
        """A month earlier by `other` months, or how many months lie between two."""
        if isinstance(other, Month):
            return self.number - other.number
        return Month(self.number - other)


class Timing(StrEnum):
    """Where an instant lies against a window."""

    BEFORE = "before"
    INSIDE = "inside"
    AFTER = "after"


@dataclass(frozen=True)
class WindowOverride:
    """A recorded departure from the rule for one month; None leaves that end to the rule."""

    month: Month
    opens_on: date | None
    closes_on: date | None
    reason: str


@dataclass(frozen=True)
class Window:
    """One month's window, both days included, with the calendar version that made it."""

    month: Month
    opens_on: date
    closes_on: date
    calendar_version: str
    override_reason: str | None

    @property
    def opens_at(self) -> datetime:
        """00:00 in England on the opening day, as UTC."""
        return local_instant(self.opens_on, time(0, 0))

    @property
    def closes_at(self) -> datetime:
        """23:59:59 in England on the closing day, as UTC: the last whole second inside."""
        return local_instant(self.closes_on, END_OF_DAY)

    def judge(self, instant: datetime) -> Timing:
        """Before, inside or after, by the date in England. Refuses a time without a zone."""
        day = local_date(instant)
        if day < self.opens_on:
            return Timing.BEFORE
        return Timing.AFTER if day > self.closes_on else Timing.INSIDE

    def is_closed(self, now: datetime) -> bool:
        """Whether the closing day is over in England."""
        return self.judge(now) is Timing.AFTER

    def as_json(self) -> dict[str, object]:
        return {
            "month": str(self.month),
            "opens_on": self.opens_on.isoformat(),
            "closes_on": self.closes_on.isoformat(),
            "calendar_version": self.calendar_version,
            "override_reason": self.override_reason,
        }


def window_for(
    month: Month, calendar: WorkingCalendar, override: WindowOverride | None = None
) -> Window:
    """The window of `month`: the 8th to the 14th, or the next working day after the 14th.

    An override replaces either end and keeps its reason. Refuses (BadInput) an override of
    another month, without a reason, or that would close before it opens.
    """
    opens_on = month.first_day.replace(day=OPENING_DAY)
    closes_on = calendar.on_or_after(month.first_day.replace(day=CLOSING_DAY))
    reason = None
    if override is not None:
        _check_override(month, override)
        opens_on = override.opens_on or opens_on
        closes_on = override.closes_on or closes_on
        reason = override.reason
    if closes_on < opens_on:
        raise BadInput(f"The {month.title} window would close before it opens.", rule=WINDOW_RULE)
    return Window(month, opens_on, closes_on, calendar.version, reason)


def _check_override(month: Month, override: WindowOverride) -> None:
    if override.month != month:
        raise BadInput(f"The override is for {override.month.title}, not {month.title}.")
    if not override.reason.strip():
        raise BadInput(f"The override of the {month.title} window gives no reason.")


def windows_from(
    first: Month, count: int, calendar: WorkingCalendar, overrides: Sequence[WindowOverride] = ()
) -> list[Window]:
    """`count` windows in a row from `first`. Refuses (BadInput) two overrides of one month."""
    by_month: dict[Month, WindowOverride] = {}
    for override in overrides:
        if override.month in by_month:
            raise BadInput(f"The {override.month.title} window is overridden twice.")
        by_month[override.month] = override
    return [window_for(first + i, calendar, by_month.get(first + i)) for i in range(count)]
