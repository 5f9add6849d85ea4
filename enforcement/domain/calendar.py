"""Working days in England and local dates: the ground every window and clock stands on.

Working day: not Saturday, Sunday, Christmas Day, Good Friday, or a bank holiday in England
(SI 2022/1175 reg 7; Banking and Financial Dealings Act 1971). Instants are aware UTC;
deadlines are local dates in Europe/London.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
from holidays.version import __version__ as holidays_version

from enforcement.domain.refusals import BadInput

LONDON = ZoneInfo("Europe/London")
WORKING_DAY_RULE = "SI 2022/1175 reg 7: working day"
_ONE_DAY = timedelta(days=1)
_WEEKEND = {5: "Saturday", 6: "Sunday"}


def local_date(instant: datetime) -> date:
    """The date in England at `instant`. Refuses (BadInput) a time without a zone.

    23:30 UTC on 14 June is 00:30 on the 15th in England: comparing UTC dates would call it
    in time.
    """
    if instant.utcoffset() is None:
        raise BadInput(
            f"The time {instant.isoformat()} has no zone, so its local date is not known.",
            fix="Give the time with its zone.",
        )
    return instant.astimezone(LONDON).date()


def local_instant(day: date, at: time) -> datetime:
    """The UTC instant at which clocks in England show `at` on `day`.

    When clocks go back an hour is shown twice: the first of the two is meant. Refuses
    (BadInput) a time that brings its own zone.
    """
    if at.tzinfo is not None:
        raise BadInput(f"The local time {at.isoformat()} must not bring its own zone.")
    return datetime.combine(day, at, tzinfo=LONDON).astimezone(UTC)


@dataclass(frozen=True)
class DayOverride:
    """A one-off correction of the published calendar, with its reason (a new bank holiday)."""

    day: date
    working: bool
    reason: str


@dataclass(frozen=True)
class ReceiptLine:
    """One day of a day-by-day count; `number` is None for a day that is not counted."""

    day: date
    number: int | None
    note: str

    def as_json(self) -> dict[str, object]:
        return {"day": self.day.isoformat(), "number": self.number, "note": self.note}


@lru_cache(maxsize=256)
def _published(year: int) -> dict[date, str]:
    """Bank holidays in England for one year, as the `holidays` package publishes them."""
    found = holidays.country_holidays("GB", subdiv="ENG", years=year)
    return {day: found[day] for day in sorted(found) if day.year == year}


def calendar_words(version: str) -> str:
    """A calendar's version as people read it; the exact version stands where a date is proven."""
    found = re.search(r"\+(\d+)-overrides", version)
    if found is None:
        return version
    changed = int(found[1])
    told = {0: "no day changed by us", 1: "one day changed by us"}
    return f"Bank holidays of England, {told.get(changed, f'{changed} days changed by us')}"


class WorkingCalendar:
    """Working days in England: the published bank holidays and recorded overrides.

    `version` names both, so that a stored deadline says which calendar made it. The order in
    which overrides are given makes no difference.
    """

    def __init__(self, overrides: Sequence[DayOverride] = ()) -> None:
        """Refuses (BadInput) two overrides of one day, and an override without a reason."""
        self._overrides: dict[date, DayOverride] = {}
        for override in sorted(overrides, key=lambda one: one.day):
            if override.day in self._overrides:
                raise BadInput(f"{override.day.isoformat()} is overridden twice.")
            if not override.reason.strip():
                raise BadInput(f"The override of {override.day.isoformat()} gives no reason.")
            self._overrides[override.day] = override
        self.version = self._version()

    def _version(self) -> str:
        rows = [[o.day.isoformat(), o.working, o.reason] for o in self._overrides.values()]
        digest = hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()
        return f"ENG holidays-{holidays_version} +{len(rows)}-overrides/{digest[:8]}"

    def why_not_working(self, day: date) -> str | None:
        """Why `day` is not a working day ("Saturday", "Good Friday", …); None if it is one."""
        override = self._overrides.get(day)
        if override is not None:
            return None if override.working else override.reason
        return _WEEKEND.get(day.weekday()) or _published(day.year).get(day)

    def is_working(self, day: date) -> bool:
        """Whether `day` is a working day (SI 2022/1175 reg 7)."""
        return self.why_not_working(day) is None

    def on_or_after(self, day: date) -> date:
        """`day` itself if it is a working day, otherwise the next one."""
        while not self.is_working(day):
            day += _ONE_DAY
        return day

    def add_working_days(self, day: date, n: int) -> date:
        """The n-th working day strictly after `day`. Refuses (BadInput) n below 1."""
        if n < 1:
            raise BadInput(f"Working days are counted from 1 after the day, not {n}.")
        for _ in range(n):
            day = self.on_or_after(day + _ONE_DAY)
        return day

    def bank_holidays(self, year: int) -> dict[date, str]:
        """Bank holidays of `year` with their names, overrides applied, in date order."""
        days = dict(_published(year))
        for override in self._overrides.values():
            if override.day.year != year:
                continue
            if override.working:
                days.pop(override.day, None)
            else:
                days[override.day] = override.reason
        return dict(sorted(days.items()))
