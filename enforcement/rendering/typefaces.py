"""The typeface on paper: Liberation Sans, shipped here under the SIL Open Font Licence.

Nothing is taken from the machine's own fonts, so that the same facts give the same page anywhere.
A character that the typeface lacks is refused by name instead of printed as an empty box.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from io import BytesIO
from pathlib import Path

from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # fontTools ships no types

from enforcement.domain.refusals import CannotPrint

FAMILY = "Liberation Sans"
FILES = {"regular": "LiberationSans-Regular.ttf", "bold": "LiberationSans-Bold.ttf"}
FOLDER = Path(__file__).parent / "fonts"
_SPACES = frozenset(" \n\r\t\u00a0")


@cache
def typeface_bytes(weight: str) -> bytes:
    """Return the font file of `weight`, "regular" or "bold"."""
    return (FOLDER / FILES[weight]).read_bytes()


@cache
def printable() -> frozenset[int]:
    """Return the code points that both weights can draw."""
    regular, bold = _glyph_names()
    return frozenset(set(regular) & set(bold))


@cache
def _glyph_names() -> tuple[dict[int, str], ...]:
    return tuple(TTFont(BytesIO(typeface_bytes(weight))).getBestCmap() for weight in FILES)


def glyphs(letter: str) -> tuple[str, ...]:
    """Return the names of the glyphs that draw `letter` in each weight."""
    return tuple(names.get(ord(letter), "") for names in _glyph_names())


def refuse_unprintable(text: str) -> None:
    """Refuse CannotPrint when `text` has a character that the page would not show as written.

    Control and format characters are refused too: they can hide or reorder words.
    """
    for character in text:
        if character in _SPACES:
            continue
        unseen = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn")
        if unseen or ord(character) not in printable():
            raise CannotPrint(f"The character {describe(character)} cannot be printed.",
                fix="Write it in letters that the notice typeface has.",
            )  # fmt: skip


def describe(character: str) -> str:
    """Return a character's code point and Unicode name, e.g. “字” U+5B57 CJK …"""
    name = unicodedata.name(character, "unnamed")
    shown = f"“{character}” " if character.isprintable() else ""
    return f"{shown}U+{ord(character):04X} {name}"


@cache
def kerned(weight: str) -> frozenset[str]:
    """Return the pairs of letters that `weight` sets nearer or farther than side by side.

    The typeface keeps them twice, for Latin and for texts of no alphabet: the same pairs.
    """
    font = TTFont(BytesIO(typeface_bytes(weight)))
    letters: dict[str, list[str]] = {}
    for code, glyph in font.getBestCmap().items():
        letters.setdefault(glyph, []).append(chr(code))
    pairs = {pair for table in font["kern"].kernTables for pair in table.kernTable}
    return frozenset(
        first + second
        for one, other in pairs
        for first in letters.get(one, ())
        for second in letters.get(other, ())
    )
