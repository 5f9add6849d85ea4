"""How dates, times, money and counts are written on every page.

Times are shown in UK time; stored times are aware UTC. Money is whole pence.
"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import Flask

UK = ZoneInfo("Europe/London")
# Written out, not taken from the machine's locale: a server set to another language must not
# change the words of a legal date.
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def _uk(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("A time without a zone cannot be shown: stored times are aware UTC")
    return value.astimezone(UK)


def day(value: date | datetime | None) -> str:
    """ "4 February 2025"; a time is shown as its UK day. Nothing for None."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = _uk(value).date()
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def short_day(value: date | datetime | None) -> str:
    """ "4 Feb 2025", for columns of dense lists."""
    words = day(value).split()
    return f"{words[0]} {words[1][:3]} {words[2]}" if words else ""


def weekday(value: date | datetime | None) -> str:
    """ "Tuesday 4 February 2025"."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = _uk(value).date()
    return f"{DAYS[value.weekday()]} {day(value)}"


def month(value: date | None) -> str:
    """ "February 2025", the name of a window."""
    return "" if value is None else f"{MONTHS[value.month - 1]} {value.year}"


def clock_time(value: datetime) -> str:
    """ "3:15pm" in UK time; noon is "12:00pm", the first minute of a day "12:00am"."""
    local = _uk(value)
    hour = local.hour % 12 or 12
    return f"{hour}:{local.minute:02d}{'am' if local.hour < 12 else 'pm'}"


def moment(value: datetime | None) -> str:
    """ "4 February 2025, 3:15pm" in UK time. ValueError for a time without a zone."""
    return "" if value is None else f"{day(value)}, {clock_time(value)}"


def money(pence: int | None) -> str:
    """Pence as "£1,234.56"; the pence are always shown, so that no amount looks rounded."""
    if pence is None:
        return ""
    sign = "−" if pence < 0 else ""
    pounds, rest = divmod(abs(pence), 100)
    return f"{sign}£{pounds:,}.{rest:02d}"


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
