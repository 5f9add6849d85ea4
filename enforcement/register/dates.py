"""Dates as CQC and Capacity Tracker write them.

ISO (with or without time), day first with slashes (``16/11/2015 - 00:00``), with a short month
(``09/Jan/2026 - 00:00``), in words (``19 August 2026``), month first after a careless conversion,
and Excel's serial numbers as text (45330.38 is 8 February 2024, 09:07).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from enforcement.domain.calendar import LONDON
from enforcement.domain.windows import Month
from enforcement.register.cells import BadCell

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME = r"(?:\s*(?:-|T|,)?\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?"
_ISO = re.compile(rf"(\d{{4}})-(\d{{1,2}})-(\d{{1,2}}){_TIME}\s*(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_SLASHED = re.compile(rf"(\d{{1,2}})[/.-](\d{{1,2}})[/.-](\d{{4}}){_TIME}", re.ASCII)
_WORDED = re.compile(
    rf"(\d{{1,2}})(?:st|nd|rd|th)?[/ -]([A-Za-z]{{3,9}})[/ -](\d{{4}}){_TIME}", re.ASCII
)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?", re.ASCII)
_SERIAL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - serial numbers carry no zone
_FIRST_YEAR, _LAST_YEAR = 1900, 2100


@lru_cache(maxsize=16_384)
def naive_of(cell: str, month_first: bool = False) -> tuple[datetime, timedelta | None] | None:
    """The date and time written, and its zone offset if it says one; None for a blank.

    Raises `BadCell` for anything that is not a date.
    """
    text = cell.strip()
    if not text or text == "-":
        return None
    try:
        found = _parse(text, month_first)
    except ValueError:
        found = None
    if found is None or not _FIRST_YEAR <= found[0].year <= _LAST_YEAR:
        order = "month first" if month_first else "day first"
        raise BadCell(f"“{text[:40]}” is not a date (read {order}).")
    return found


def _parse(text: str, month_first: bool) -> tuple[datetime, timedelta | None] | None:
    if found := _ISO.fullmatch(text):
        return _at(found[1], found[2], found[3], found.groups()[3:6]), _offset(found[7])
    if found := _SLASHED.fullmatch(text):
        day, month = (found[2], found[1]) if month_first else (found[1], found[2])
        return _at(found[3], month, day, found.groups()[3:6]), None
    if found := _WORDED.fullmatch(text):
        return _at(found[3], _month_number(found[2]), found[1], found.groups()[3:6]), None
    if _SERIAL.fullmatch(text):
        seconds = round(float(text) * 86_400)
        return _SERIAL_ZERO + timedelta(seconds=seconds), None
    return None


def _month_number(word: str) -> str:
    return str(_MONTHS.index(word[:3].lower()) + 1)


def _at(year: str, month: str, day: str, clock: Sequence[str | None]) -> datetime:
    hour, minute, second = (int(part or 0) for part in clock)
    return datetime(int(year), int(month), int(day), hour, minute, second)  # noqa: DTZ001 - the zone is the column's


def _offset(zone: str | None) -> timedelta | None:
    if zone is None:
        return None
    if zone == "Z":
        return timedelta(0)
    sign = -1 if zone[0] == "-" else 1
    return sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))


def date_of(cell: str, month_first: bool = False) -> date | None:
    """The date written in a cell; None for a blank. A time beside it is left out."""
    if not cell:
        return None
    found = naive_of(cell, month_first)
    return None if found is None else found[0].date()


def instant_of(cell: str, utc: bool, month_first: bool = False) -> datetime | None:
    """A time stamp as aware UTC; None for a blank.

    `utc` says what the column claims; otherwise it is the time that clocks in England showed
    ("BST" columns hold UTC in winter). A zone written in the cell wins.
    """
    found = naive_of(cell, month_first)
    if found is None:
        return None
    moment, offset = found
    if offset is not None:
        return (moment - offset).replace(tzinfo=UTC)
    return moment.replace(tzinfo=UTC if utc else LONDON).astimezone(UTC)


def is_month_first(cells: Iterable[str]) -> bool:
    """Whether slashed dates in a sample can only be month first (a US conversion).

    Day first is the published order and wins unless some date is impossible that way and none
    is impossible the other way.
    """
    impossible_day_first = False
    for cell in cells:
        found = _SLASHED.fullmatch(cell.strip())
        if found is None:
            continue
        if int(found[1]) > 12:
            return False
        impossible_day_first = impossible_day_first or int(found[2]) > 12
    return impossible_day_first


_MONTH_YEAR = re.compile(r"([A-Za-z]{3,9})[ \-/']*(\d{4}|\d{2})", re.ASCII)
_YEAR_MONTH = re.compile(r"(20\d\d)[ \-/]?(0[1-9]|1[0-2])", re.ASCII)
_MONTH_SLASH = re.compile(r"(0?[1-9]|1[0-2])/(20\d\d)", re.ASCII)


def month_of_header(header: str) -> Month | None:
    """The month a column is headed with ("Jun 2026", "2026-06", "8 to 14 June 2026"), if any."""
    text = re.sub(r"\s+", " ", header.strip())
    if found := _YEAR_MONTH.fullmatch(text):
        return Month.of(date(int(found[1]), int(found[2]), 1))
    if found := _MONTH_SLASH.fullmatch(text):
        return Month.of(date(int(found[2]), int(found[1]), 1))
    for piece in (text, *re.split(r"\s+(?:-|to|–)\s+", text)[::-1]):
        try:
            day = date_of(piece)
        except BadCell:
            continue
        if day is not None and not _SERIAL.fullmatch(piece):
            return Month.of(day)
    found = _MONTH_YEAR.fullmatch(text) or _MONTH_YEAR.search(text)
    if found is None or found[1][:3].lower() not in _MONTHS:
        return None
    year = int(found[2]) + (2000 if len(found[2]) == 2 else 0)
    return Month.of(date(year, _MONTHS.index(found[1][:3].lower()) + 1, 1))
