"""The first and last window of a duty, worked out with the domain's own rule.

`owes` (registered on the opening day and on the closing day) is asked for the few windows around
each end, so that one statement can later compare numbers for fifty thousand duties.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from enforcement.domain import duties
from enforcement.domain.windows import Month, Window

NEVER_BEGAN = 0  # no limit at the start
NEVER_ENDS = 99_999  # no limit at the end (December of the year 8333)


class Windows:
    """Windows by month, each found once, and the window bounds of days, each worked out once."""

    def __init__(self, find: Callable[[Month], Window]) -> None:
        self._find = find
        self._windows: dict[Month, Window] = {}
        self.first: dict[date, int] = {}
        self.last: dict[date, int] = {}

    def __call__(self, month: Month) -> Window:
        if month not in self._windows:
            self._windows[month] = self._find(month)
        return self._windows[month]


def bounds(owed_from: date | None, owed_to: date | None, windows: Windows) -> tuple[int, int]:
    """(first, last) window number owed between two days, both included.

    None is no limit. A duty too short for any window has its first after its last.
    """
    return (
        NEVER_BEGAN if owed_from is None else _first(owed_from, windows),
        NEVER_ENDS if owed_to is None else _last(owed_to, windows),
    )


def _duty(owed_from: date | None, owed_to: date | None) -> duties.Duty:
    return duties.Duty("", duties.Service.CARE_HOME, "", owed_from, owed_to)


def _first(day: date, windows: Windows) -> int:
    if day not in windows.first:
        duty, month = _duty(day, None), Month.of(day)
        while not duty.owes(windows(month)):
            month += 1
        windows.first[day] = month.number
    return windows.first[day]


def _last(day: date, windows: Windows) -> int:
    if day not in windows.last:
        duty, month = _duty(None, day), Month.of(day)
        while not duty.owes(windows(month)):
            month -= 1
        windows.last[day] = month.number
    return windows.last[day]
