"""From when to when a service at a location is owed, as the register tells it.

In doubt the shorter span: a window is only ever missed by somebody who was surely registered
for it. The day of deregistration is no longer a day of registration.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from enforcement.services.duty_windows import Windows, bounds

Values = dict[str, Any]
_DAY = timedelta(days=1)


class Terms(NamedTuple):
    """Who owes from when to when, with the windows that makes."""

    provider: str
    owed_from: date | None
    owed_to: date | None
    first_window: int
    last_window: int

    def as_values(self) -> Values:
        return self._asdict()


def first_terms(location: Values, windows: Windows, unknown_start: date | None) -> Terms:
    """The span of every service of a location that was not held before.

    `unknown_start` stands in for a registration date the file does not give, where the location
    is known not to have been in an earlier full register.
    """
    owed_from = location["registered_on"] or unknown_start
    owed_to = location["deregistered_on"] - _DAY if location["deregistered_on"] else None
    return Terms(location["provider"], owed_from, owed_to, *bounds(owed_from, owed_to, windows))


@dataclass(frozen=True)
class DutyTerms:
    """The spans of the duties of one location that is held; `before` is how it is held."""

    as_at: date
    windows: Windows
    location: Values
    before: Values

    def of(self, service: str, held: Values | None) -> Terms:
        """The span of a service that the register lists now."""
        return self._terms(self._start(held), self._end())

    def ended(self, held: Values) -> Terms | None:
        """The span of a service no longer listed: it ended before the day of the snapshot."""
        last = self.as_at - _DAY
        if held["owed_to"] is not None and held["owed_to"] <= last:
            return None
        return self._terms(held["owed_from"], min(filter(None, [last, self._end()])))

    def _terms(self, owed_from: date | None, owed_to: date | None) -> Terms:
        return Terms(
            self.location["provider"], owed_from, owed_to, *bounds(owed_from, owed_to, self.windows)
        )

    def _end(self) -> date | None:
        ended: date | None = self.location["deregistered_on"]
        return ended - _DAY if ended else None

    def _start(self, held: Values | None) -> date | None:
        registered: date | None = self.location["registered_on"]
        if held is None:
            return self.as_at  # a service that an earlier register did not list
        start: date | None = held["owed_from"]
        if self.before["provider"] != self.location["provider"]:
            return self.as_at  # misses stay with the legal person registered at the window
        came_back = held["owed_to"] is not None and self.location["deregistered_on"] is None
        if came_back:
            return self.as_at  # the gap was not owed
        if start == self.before["registered_on"]:
            return registered
        return start
