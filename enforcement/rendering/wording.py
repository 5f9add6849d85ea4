"""Facts put into words: dates, money, the lines in the address window, the QR code's drawing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from io import BytesIO
from itertools import pairwise

import segno
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # fontTools ships no types

from enforcement.domain.refusals import CannotPrint
from enforcement.domain.words import day
from enforcement.rendering.facts import MissFacts, Recipient
from enforcement.rendering.typefaces import typeface_bytes

WINDOW_LINES = 7  # most lines that GOV.UK Notify reads in an address
MOST_SINGLE = 24  # misses shown one by one; more are shown by location
LINE_ROOM = 92 * 72 / 25.4 / 9 * 0.995  # ems: the 92 mm of the window at 9 point
ADDRESS_RULE = "GOV.UK Notify precompiled letters: address lines"
_POSTCODE = re.compile(r"[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}")
_COUNTRIES = {"united kingdom", "uk", "england", "scotland", "wales", "northern ireland"}
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
    CannotPrint when there is no postcode, when the address still does not fit, or when a line
    begins with a character that the posting service does not allow.
    """
    if not recipient.postcode.strip():
        raise CannotPrint(
            f"The address of {recipient.name} has no postcode.",
            rule=ADDRESS_RULE,
            fix="Add the UK postcode from the register or the provider.",
        )
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
                rule=ADDRESS_RULE,
                fix="Begin each line with a letter or a digit.",
            )
    return tuple(whole)


def refuse_unpostable(recipient: Recipient) -> None:
    """Refuse CannotPrint when the posting service would return the letter for its address.

    The last line is a UK postcode, the first two lines have a letter or digit, and the address is
    a place: "no fixed abode" is none, and a forces' address takes no country.
    """
    lines = window_lines(recipient)
    if not _POSTCODE.fullmatch(recipient.postcode.strip().upper()):
        raise CannotPrint(
            f"“{recipient.postcode}” is not a UK postcode.",
            rule=ADDRESS_RULE,
            fix="Correct the postcode. A letter abroad must be sent by other means.",
        )
    for line in lines[:2]:
        if not any(letter.isalnum() for letter in line):
            raise CannotPrint(
                f"The address line “{line}” has neither a letter nor a digit.", rule=ADDRESS_RULE
            )
    whole = " ".join(lines).lower()
    if "no fixed abode" in whole or "no fixed address" in whole:
        raise CannotPrint("“No fixed abode” is not a postal address.", rule=ADDRESS_RULE)
    if "bfpo" in whole and any(line.strip().lower() in _COUNTRIES for line in lines):
        raise CannotPrint(
            "An address of the British forces (BFPO) must not have a country.", rule=ADDRESS_RULE
        )


def _rows(lines: list[str]) -> int:
    return sum(map(_rows_of, lines))


def _rows_of(line: str) -> int:
    """How many rows of the window a line takes: words go over, and a word too long is broken."""
    rows, used = 1, 0.0
    for word in line.split():
        wide = text_width(word)
        if used and used + text_width(" ") + wide > LINE_ROOM:
            rows, used = rows + 1, 0.0
        used += wide + (text_width(" ") if used else 0)
        while used > LINE_ROOM:
            rows, used = rows + 1, used - LINE_ROOM
    return rows


def text_width(text: str) -> float:
    """Return how wide a text is in the regular typeface, in ems; an unknown letter is one em."""
    widths = _advances()
    return sum(widths.get(ord(letter), 1.0) for letter in text)


@cache
def _advances() -> dict[int, float]:
    face = TTFont(BytesIO(typeface_bytes("regular")))
    em, metrics = face["head"].unitsPerEm, face["hmtx"]
    return {code: metrics[name][0] / em for code, name in face.getBestCmap().items()}


def _join_shortest(lines: list[str]) -> bool:
    pairs = [(text_width(f"{a}, {b}"), place) for place, (a, b) in enumerate(pairwise(lines))]
    if not pairs or min(pairs)[0] > LINE_ROOM:
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
