"""How dates, times, money and counts are written on every page.

Times are shown in UK time; stored times are aware UTC. Money is whole pence.
"""

from __future__ import annotations

from datetime import date, datetime

from flask import Flask

from enforcement.domain.words import MONTHS, clock_time, day, moment, pounds, weekday

# The words shared with paper and reasons, and the few that only screens need.
__all__ = [
    "clock_time", "day", "days_left", "install", "moment", "money", "month", "plural", "short_day",
    "weekday",
]  # fmt: skip


def short_day(value: date | datetime | None) -> str:
    """ "4 Feb 2025", for columns of dense lists."""
    words = day(value).split()
    return f"{words[0]} {words[1][:3]} {words[2]}" if words else ""


def month(value: date | None) -> str:
    """ "February 2025", the name of a window."""
    return "" if value is None else f"{MONTHS[value.month - 1]} {value.year}"


def money(pence: int | None) -> str:
    """Pence as "£1,234.56"; the pence are always shown, so that no amount looks rounded."""
    return "" if pence is None else pounds(pence)


def plural(count: int, one: str, many: str = "") -> str:
    """ "1 case", "2 cases", "1,204 cases"; `many` for words that do more than add an s."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def days_left(due: date | None, today: date) -> str:
    """The days until a deadline in words. The due day itself is still in time: "Due today"."""
    if due is None:
        return ""
    left = (due - today).days
    near = {0: "Due today", 1: "Due tomorrow", -1: "1 day overdue"}
    if left in near:
        return near[left]
    return f"{left:,} days left" if left > 0 else f"{-left:,} days overdue"


def install(app: Flask) -> None:
    """Register the filters under their own names."""
    for one in (day, short_day, weekday, month, moment, clock_time, money, plural, days_left):
        app.jinja_env.filters[one.__name__] = one
