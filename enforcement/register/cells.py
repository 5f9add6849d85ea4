"""One cell at a time: text, ids, phones, company numbers, flags and counts.

Every function takes the published text and gives a plain value or raises `BadCell` with a reason
that an officer can act on. Spreadsheets change what they show, so the repairs that are safe (a
lost leading zero) are made and counted, and the ones that are not (an id turned into a number)
are refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

MAX_CELL = 10_000
REFORMATTED = "looks like a number reformatted by a spreadsheet"

_CQC_ID = re.compile(r"1-\d{8,12}", re.ASCII)
#: RX3 and RX3LD; former primary care trusts begin with a digit (5J533), but 5E10 is a number.
_NHS_ID = re.compile(
    r"[RT][A-Z0-9]{2,5}|[A-Z](?=[A-Z0-9]*\d)[A-Z0-9]{2,5}|\d(?!E\d+$)[A-Z][A-Z0-9]{1,4}"
)
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_MANGLED = re.compile(
    r"\d+([.,]\d+)?e[+-]?\d+|[\d.,]+|\d{1,4}[-/ ]\d{1,2}[-/ ]\d{1,4}([T ].*)?"
    rf"|\d{{1,2}}[-/ ]({_MONTHS})[a-z]*([-/ ]\d{{2,4}})?|({_MONTHS})[a-z]*[-/ ]\d{{1,4}}",
    re.IGNORECASE | re.ASCII,
)
_COMPANY = re.compile(r"\d{8}|[A-Z]{2}\d{6}|[A-Z]{2}\d{5}[A-Z]", re.ASCII)
_NOT_PHONE = re.compile(r"[\s().\-]")
#: What a careful export puts `'` before; the import takes exactly one such `'` off again.
FORMULA_FIRST = frozenset("=+-@\t\r\0＝＋－＠")


class BadCell(ValueError):
    """A cell that makes its line unusable; the text says which and why."""


def is_mark(character: str) -> bool:
    """Whether a character is invisible: direction and zero-width marks, control characters."""
    return unicodedata.category(character) in ("Cf", "Cc") and character not in "\t\n\r"


def show_marks(text: str) -> str:
    """`text` with every invisible mark written out, as in "Foo<U+202E>"."""
    return "".join(f"<U+{ord(c):04X}>" if is_mark(c) else c for c in text)


def text_of(cell: str) -> str:
    """A text cell for people: outer spaces off, one formula guard off, invisible marks shown.

    Only a `'` directly before ``= + - @`` and the like is a guard; an honest name that starts
    with an apostrophe keeps it.
    """
    if not cell:
        return ""
    if cell[:1] == "'" and cell[1:2] in FORMULA_FIRST and len(cell) > 1:
        cell = cell[1:]
    if not cell.isascii() or not cell.isprintable():
        cell = show_marks(cell)
    return cell.strip()


def text_or_none(cell: str) -> str | None:
    """Like `text_of`; None for a blank, or for the dash that means "none"."""
    if not cell:
        return None
    text = text_of(cell)
    return None if text in ("", "-") else text


def cqc_id(cell: str, what: str = "CQC id") -> str:
    """A CQC id: ``1-`` and 8 to 12 digits, or an NHS body's code (RX3, RX3LD). Text, always."""
    if _CQC_ID.fullmatch(cell):
        return cell
    text = cell.strip()
    if not text:
        raise BadCell(f"The {what} is blank.")
    if any(is_mark(c) for c in text):
        raise BadCell(f"The {what} {show_marks(text)[:60]} holds an invisible character.")
    if _CQC_ID.fullmatch(text) or _NHS_ID.fullmatch(text):
        return text
    if _MANGLED.fullmatch(text):
        raise BadCell(f"The {what} {text[:60]} {REFORMATTED}.")
    raise BadCell(f"“{text[:60]}” is not a {what}: expected 1- and 8 to 12 digits, or an NHS code.")


def phone_of(cell: str) -> tuple[str | None, bool]:
    """The phone number and whether a lost leading zero was put back (10 digits)."""
    text = text_or_none(cell)
    if text is None:
        return None, False
    digits = _NOT_PHONE.sub("", text)
    if len(digits) == 10 and digits.isdigit() and digits[0] != "0":
        return "0" + digits, True
    return (digits if digits.isdigit() else text), False


def company_number_of(cell: str) -> tuple[str | None, bool]:
    """The Companies House number and whether lost zeros were put back (5 to 7 digits).

    Gives (None, False) for a blank and raises `BadCell` for anything else.
    """
    text = text_or_none(cell)
    if text is None:
        return None, False
    text = text.replace(" ", "").upper()
    if _COMPANY.fullmatch(text):
        return text, False
    if 5 <= len(text) <= 7 and text.isascii() and text.isdigit():
        return text.zfill(8), True
    raise BadCell(f"“{text[:40]}” is not a company number.")


def flag_of(cell: str, what: str) -> bool | None:
    """Y or N in any spelling published; None for a blank."""
    text = cell.strip().lower()
    if text in ("", "-"):
        return None
    if text in ("y", "yes", "true", "1", "1.0"):
        return True
    if text in ("n", "no", "false", "0", "0.0"):
        return False
    raise BadCell(f"{what} is “{text[:40]}”, not yes or no.")


def count_of(cell: str, what: str) -> int | None:
    """A whole number of 0 or more; None for a blank (a 0 is a real 0)."""
    text = cell.strip()
    if not text or text == "-":
        return None
    if text.endswith(".0"):
        text = text[:-2]
    text = text.replace(",", "")
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise BadCell(f"{what} is “{text[:40]}”, not a whole number.")
    return int(text)


def address_of(cells: Sequence[str]) -> tuple[str, ...]:
    """Address lines in order, blanks left out."""
    return tuple([text for cell in cells if cell and (text := text_of(cell))])


def as_written(cells: Sequence[str]) -> str:
    """A rejected line as shown to people: its first 120 characters, marks visible."""
    return show_marks(",".join(cell[:120] for cell in cells[:20]).replace("\n", " "))[:120]
