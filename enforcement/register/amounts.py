"""Sums of money as banks and spreadsheets write them, as whole pence with a sign."""

from __future__ import annotations

import re
from decimal import Decimal

from enforcement.register.cells import BadCell, show_marks

_SUM = re.compile(r"(?:[0-9]{1,3}(?:[, ][0-9]{3})+|[0-9]{1,10})(?:\.[0-9]{1,2})?", re.ASCII)
_SIDES = {"CR": 1, "C": 1, "CREDIT": 1, "DR": -1, "D": -1, "DEBIT": -1}
_SPACES = dict.fromkeys(
    map(ord, "\t\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}"), " "
)


def pence_of(cell: str, what: str = "amount") -> int | None:
    """Pence, less than nothing for money going out; None for a blank or a dash.

    "£1,234.50", "1234.5", "-1,234.50", "1234.50-", "(1,234.50)", "1,234.50 DR" and "GBP 12" are
    sums. Raises `BadCell` for anything else: a formula, a comma that is no thousands mark, more
    than two decimals.
    """
    text = cell.translate(_SPACES).replace("\N{MINUS SIGN}", "-").upper().strip()
    if text.strip("-'") == "":
        return None
    bare, sign = _signed(text.removeprefix("'"))
    if not _SUM.fullmatch(bare):
        raise BadCell(f"The {what} “{show_marks(cell.strip())[:40]}” is not a sum in pounds.")
    return sign * int(Decimal(re.sub("[, ]", "", bare)) * 100)


def side_of(cell: str) -> int | None:
    """1 for a credit, -1 for a debit, None for a blank or a word that says neither."""
    return _SIDES.get(cell.strip().upper().rstrip("."))


def _signed(text: str) -> tuple[str, int]:
    """The figures of a sum without its marks, and the sign they give; two signs are no sum."""
    signs = []
    if text.startswith("(") and text.endswith(")"):
        text, signs = text[1:-1].strip(), [-1]
    for mark, sign in (("CR", 1), ("DR", -1), ("-", -1), ("+", 1)):
        if text.endswith(mark):
            text, signs = text.removesuffix(mark).strip(), [*signs, sign]
    for mark, sign in (("-", -1), ("+", 1), ("GBP", 0), ("£", 0), ("-", -1)):
        if text.startswith(mark):
            text, signs = text.removeprefix(mark).strip(), [*signs, sign] if sign else signs
    text = text.removesuffix("GBP").strip()
    return ("", 1) if len(signs) > 1 else (text, signs[0] if signs else 1)
