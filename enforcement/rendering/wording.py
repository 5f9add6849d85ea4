"""Facts put into words: dates, money, the lines in the address window, the QR code's drawing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import segno

from enforcement.domain.refusals import CannotPrint
from enforcement.domain.words import day
from enforcement.rendering.facts import MissFacts, Recipient

WINDOW_LINES = 7  # most lines that GOV.UK Notify reads in an address
MOST_SINGLE = 24  # misses shown one by one; more are shown by location
LINE_WIDTH = 56  # characters that surely fit the 92 mm of the window at 9 point
_BAD_STARTS = '@()=[]"\\/,<>~'  # characters that may not begin an address line there


def days_to(first: date, last: date) -> str:
    """Return the days from `first` to `last`: "8 to 14 October 2024" within one month."""
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {day(last)}"
    return f"{day(first)} to {day(last)}"


@dataclass(frozen=True)
class MissRow:
    """A location and service with every month that our record says the same of."""

    location_name: str
    location_id: str
    service: str
    months: str
    result: str


def miss_rows(misses: tuple[MissFacts, ...]) -> tuple[MissRow, ...]:
    """Return one row for each location, service and record, with its months in a list."""
    months: dict[tuple[str, str, str, str], list[str]] = {}
    for miss in misses:
        key = (miss.location_name, miss.location_id, miss.service, miss.result)
        months.setdefault(key, []).append(miss.window)
    return tuple(
        MissRow(name, number, service, listed_months(said), result)
        for (name, number, service, result), said in months.items()
    )


def listed_months(months: list[str]) -> str:
    """Return months in words with each year once: "November, December 2024, January 2025"."""
    parts = [month.rpartition(" ") for month in months]
    following = [year for _, _, year in parts[1:]] + [""]
    return ", ".join(
        name if year == after and name else month
        for month, (name, _, year), after in zip(months, parts, following, strict=True)
    )


def miss_windows(misses: tuple[MissFacts, ...]) -> tuple[tuple[str, str], ...]:
    """Return each month with the days of its window, each once, by time."""
    found = {(miss.opens, miss.window): days_to(miss.opens, miss.closes) for miss in misses}
    return tuple((month, found[opens, month]) for opens, month in sorted(found))


def window_lines(recipient: Recipient) -> tuple[str, ...]:
    """Return the 3 to 7 lines of the address window; the postcode is last and alone.

    Neighbouring address lines are joined with a comma when there are too many. Refuses
    CannotPrint when the address still does not fit, or when a line begins with a character
    that the posting service does not allow.
    """
    head = [line for line in (recipient.name, recipient.capacity, recipient.care_of) if line]
    lines = [line for line in recipient.address_lines if line.strip()]
    while _rows([*head, *lines, recipient.postcode]) > WINDOW_LINES and _join_shortest(lines):
        pass
    whole = [*head, *lines, recipient.postcode]
    if not 3 <= _rows(whole) <= WINDOW_LINES:
        raise CannotPrint(
            f"The address of {recipient.name} takes {_rows(whole)} lines; the window of the "
            f"envelope shows 3 to {WINDOW_LINES}.",
            fix="Shorten the address or add its missing lines.",
        )
    for line in whole:
        if line[0] in _BAD_STARTS:
            raise CannotPrint(
                f"The address line “{line}” begins with “{line[0]}”.",
                rule="GOV.UK Notify precompiled letters: address lines",
                fix="Begin each line with a letter or a digit.",
            )
    return tuple(whole)


def _rows(lines: list[str]) -> int:
    return sum(-(-len(line) // LINE_WIDTH) for line in lines)


def _join_shortest(lines: list[str]) -> bool:
    pairs = [(len(a) + len(b) + 2, place) for place, (a, b) in enumerate(pairwise(lines))]
    if not pairs or min(pairs)[0] > LINE_WIDTH:
        return False
    place = min(pairs)[1]
    lines[place : place + 2] = [f"{lines[place]}, {lines[place + 1]}"]
    return True


def qr_code(link: str) -> tuple[int, str]:
    """Return the side in modules and the SVG path of a QR code, without its quiet zone.

    The mask is fixed so that a link always draws the same way.
    """
    code = segno.make(link, error="m", mask=4, micro=False, boost_error=False)
    steps: list[str] = []
    for y, row in enumerate(code.matrix):
        x = 0
        while x < len(row):
            length = 0
            while x + length < len(row) and row[x + length]:
                length += 1
            if length:
                steps.append(f"M{x} {y}h{length}v1h-{length}z")
            x += max(length, 1)
    return len(code.matrix), "".join(steps)
