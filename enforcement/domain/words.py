"""How days, times and money are said, on paper, on screens and in every reason alike.

Written out, not taken from the machine's locale: a server set to another language must not change
the words of a legal date. Times are told in UK time; money is integer pence, always shown whole.
"""

from __future__ import annotations

import re
from datetime import date, datetime

from enforcement.domain.calendar import LONDON, local_date

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def day(value: date | None) -> str:
    """ "4 February 2025"; an instant is told as its day in England. Nothing for None."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = local_date(value)
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def weekday(value: date | None) -> str:
    """ "Tuesday 4 February 2025". Nothing for None."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = local_date(value)
    return f"{DAYS[value.weekday()]} {day(value)}"


def clock_time(value: datetime) -> str:
    """ "3:15pm" in UK time; noon is "12:00pm", the first minute of a day "12:00am"."""
    local_date(value)  # refuses a time without a zone
    local = value.astimezone(LONDON)
    hour = local.hour % 12 or 12
    return f"{hour}:{local.minute:02d}{'am' if local.hour < 12 else 'pm'}"


def moment(value: datetime | None) -> str:
    """ "4 February 2025, 3:15pm" in UK time. Nothing for None."""
    return "" if value is None else f"{day(value)}, {clock_time(value)}"


def telephone(number: str | None) -> str:
    """A number of the United Kingdom in groups, as Ofcom writes them; any other as it is kept."""
    digits = number or ""
    if not re.fullmatch(r"0\d{9,10}", digits):
        return digits
    code = 3 if digits[1] == "2" else 4 if re.match(r"0([389]|11|1\d1)", digits) else 5
    middle = 4 if code == 3 else 3 if code == 4 else len(digits) - code
    return " ".join(filter(None, (digits[:code], digits[code:][:middle], digits[code + middle :])))


_INSTANT = re.compile(r"\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(\+00:00|Z)")


def with_moments(text: str) -> str:
    """A machine's text with each instant in it as people read it; the stored text stays exact."""
    return _INSTANT.sub(lambda found: moment(datetime.fromisoformat(found[0])), text)


def pounds(pence: int) -> str:
    """ "£1,053.58"; a sum the other way has a true minus sign."""
    whole, rest = divmod(abs(pence), 100)
    return f"{'−' if pence < 0 else ''}£{whole:,}.{rest:02d}"
