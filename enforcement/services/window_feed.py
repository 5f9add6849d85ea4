"""The coming windows as a calendar feed that anybody may follow: nothing of any case is in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, timedelta

from enforcement.domain.windows import Window
from enforcement.domain.words import weekday
from enforcement.services.reply_standing import coming_windows
from enforcement.services.work import Work

MONTHS = 12
MOST_OCTETS = 75  # in one line: RFC 5545, 3.1
# From the start of the first day; from the end of the last day. Nine in the morning each.
REMINDERS = ("TRIGGER:PT9H", "TRIGGER;RELATED=END:-PT39H")


def feed(work: Work) -> str:
    """The next twelve windows as iCalendar (RFC 5545), each a run of whole days.

    Two reminders each: the morning it opens, and the morning of the day before it closes. The
    identity of a window never changes, so a moved window moves in the reader's calendar too.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//NHSBSA//Capacity Tracker windows//EN",
        "METHOD:PUBLISH",
        "X-WR-CALNAME:Capacity Tracker windows",
        "REFRESH-INTERVAL;VALUE=DURATION:P1D",
    ]
    stamp = work.now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    for window in coming_windows(work, MONTHS):
        lines += _event(window, stamp)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def reminder_days(window: Window) -> tuple[date, date]:
    """The days on which the feed reminds of a window, at nine in the morning each."""
    return window.opens_on, window.closes_on - timedelta(days=1)


def _event(window: Window, stamp: str) -> list[str]:
    ends = window.closes_on + timedelta(days=1)  # the day after: RFC 5545 excludes it
    last = weekday(window.closes_on)
    found = [
        "BEGIN:VEVENT",
        f"UID:window-{window.month}@capacity-tracker-windows",
        f"DTSTAMP:{stamp}",
        f"DTSTART;VALUE=DATE:{window.opens_on:%Y%m%d}",
        f"DTEND;VALUE=DATE:{ends:%Y%m%d}",
        f"SUMMARY:Capacity Tracker: save your data by the end of {last}",
        f"DESCRIPTION:The {window.month.title} window. Save each service’s page once while it is "
        "open\\, even when nothing has changed.",
        "TRANSP:TRANSPARENT",
    ]
    for trigger in REMINDERS:
        found += ["BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:Save your data by {last}",
                  trigger, "END:VALARM"]  # fmt: skip
    return [*found, "END:VEVENT"]


def _folded(line: str) -> Iterator[str]:
    """A line in pieces of at most 75 octets; those after the first begin with a space."""
    piece = ""
    for letter in line:
        if len((piece + letter).encode()) > MOST_OCTETS:
            yield piece
            piece = " "
        piece += letter
    yield piece
