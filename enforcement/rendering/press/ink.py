"""Words shaped and drawn by WeasyPrint's own code, outside any page, and remembered.

A text is put together from the pieces between which the typeface does not kern: such a piece is
drawn the same wherever it stands, so that it is shaped once for each face and not in every letter.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from unicodedata import name

from markupsafe import escape
from weasyprint import HTML

from enforcement.rendering.fetchers import ClosedFetcher
from enforcement.rendering.paper import typography
from enforcement.rendering.press import seams
from enforcement.rendering.press.cuts import Misfit
from enforcement.rendering.typefaces import glyphs, kerned

KEPT = 8192  # shaped texts and pieces remembered
SURE = 1.0  # CSS pixels by which a text is surely narrower than its line
_SIDES = {True: "n", False: "0"}  # stand on either side of what would not be drawn so alone

# The letters that a shape's font subsets hold. Latin covers the Western, Central and Eastern
# European alphabets and Welsh; anything rarer goes to the full layout.
BASIC = frozenset(map(chr, range(0x20, 0x7F))) | frozenset("\u00a0£€–—‘’“”•·…")
LATIN = (
    BASIC | (frozenset(map(chr, range(0xA1, 0x180))) - {"\u00ad"}) | frozenset("ŴŵŶŷẀẁẂẃẄẅỲỳȘșȚț")
)


@lru_cache(2)
def letters(script: str) -> frozenset[str]:
    """Return the letters of "basic" or "latin" that have a glyph to themselves among them.

    Two letters that share a glyph could be read back as one another.
    """
    wanted = BASIC if script == "basic" else LATIN
    sharing = Counter(map(glyphs, wanted))
    return frozenset(letter for letter in wanted if sharing[glyphs(letter)] == 1)


@lru_cache(1)
def latin_letters() -> frozenset[str]:
    """Return what makes a text Latin; digits and signs alone are of no alphabet."""
    return frozenset(letter for letter in LATIN if name(letter, "").startswith("LATIN")) | {*"ªº"}


def script_of(used: set[str]) -> str | None:
    """Return the smallest script that holds all letters `used`, or None."""
    return next((script for script in ("basic", "latin") if used <= letters(script)), None)


def paint_letters(script: str, version: str, fonts: dict[int, Any]) -> None:
    """Put every letter of `script` on record in WeasyPrint's `fonts`, in the order of a letter on
    that version of the paper: bold first, each in the size in which the letter first has it."""
    row = escape("x" + "x".join(sorted(letters(script))))  # so that no space is folded away
    html = (
        "<html lang=en><title>Letters</title>"
        f'<p style="font-weight: 700; font-size: 15pt">{row}</p>'
        f'<p style="font-size: 10.5pt">{row}</p>'
    )
    config, css = typography(version)
    source = HTML(string=html, url_fetcher=ClosedFetcher())
    seams.paint(source.render(font_config=config, stylesheets=[css]), fonts)


@dataclass(frozen=True, eq=False)
class Face:
    """How a text looks: one object for all equal looks, with WeasyPrint's own style.

    `spaced` letters stand apart from each other, so that no piece of a text is drawn alone.
    """

    style: Any
    weight: str
    spaced: bool


_SHAPING = ("font_family", "font_size", "font_weight", "font_style", "font_stretch", "lang",
            "letter_spacing", "word_spacing", "white_space", "overflow_wrap", "hyphens",
            "font_kerning", "font_variant_ligatures", "font_variant_numeric",
            "font_feature_settings")  # fmt: skip


def _frozen(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


Inked = tuple[float, bytes]  # width in CSS pixels, and the operator that shows it


class Inker:
    """Shapes texts of one version of the paper, remembers them, and never takes in a glyph that it
    was not given at first."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._faces: dict[tuple[object, ...], Face] = {}
        self._fonts: dict[int, Any] = {}
        self._begin()
        self._known = seams.glyphs_on_record(self._fonts)
        self.ink = lru_cache(KEPT)(self._ink)
        self.lines = lru_cache(KEPT)(self._lines)
        self._piece = lru_cache(KEPT)(self._shaped_piece)
        self._pieces = lru_cache(KEPT)(pieces)

    def face(self, style: Any) -> Face:
        """Return the face of a WeasyPrint style: equal faces shape the same text alike."""
        key = tuple(_frozen(style[name]) for name in _SHAPING)
        spaced = style["letter_spacing"] not in ("normal", 0) or style["word_spacing"] != 0
        weight = "bold" if style["font_weight"] >= 600 else "regular"
        return self._faces.setdefault(key, Face(style, weight, spaced))

    def _begin(self) -> None:
        """Start from the letters: a glyph met once must not stay with later letters."""
        self._fonts.clear()
        paint_letters("latin", self._version, self._fonts)
        self._scratch = seams.stream(self._fonts)

    def _ink(self, face: Face, text: str) -> Inked:
        """Return a line's width in CSS pixels and the PDF operator that shows it.

        Refuses Misfit for a glyph outside the typeface's letters, and forgets that glyph.
        """
        if face.spaced:
            return self._shaped(face, text)
        latin = not latin_letters().isdisjoint(text)
        found = [self._piece(face, piece, latin) for piece in self._pieces(face.weight, text)]
        held = b"<" + b"".join(drawn for _, drawn in found)
        shown = held[:-1] if held.endswith(b"<") else held + b">"
        return sum(width for width, _ in found), b"[%s] TJ" % shown

    def _shaped_piece(self, face: Face, piece: str, latin: bool) -> Inked:
        """Shape a piece of a text; one with any `latin` letter is kerned by the rules for Latin."""
        if not latin_letters().isdisjoint(piece) or (piece.strip() and not latin):
            return self._drawn(face, piece)
        beside, side = self._drawn(face, _SIDES[latin])
        width, shown = self._drawn(face, f"{_SIDES[latin]}{piece}{_SIDES[latin]}")
        if not (shown.startswith(side) and shown.endswith(side)):
            raise Misfit(f"a piece that is kerned at its sides: {piece}")
        return width - 2 * beside, shown[len(side) : len(shown) - len(side)]

    def _drawn(self, face: Face, text: str) -> Inked:
        """Return the glyphs as they stand in an operator, so that others can follow them."""
        width, shown = self._shaped(face, text)
        held = shown.removeprefix(b"[<").removesuffix(b"] TJ")
        # The last glyph ends with its bracket, or with the kern that comes after it.
        return width, held.removesuffix(b">") if held.endswith(b">") else held + b"<"

    def _shaped(self, face: Face, text: str) -> Inked:
        width, shown = seams.shaped(self._scratch, face.style, text)
        if seams.glyphs_on_record(self._fonts) != self._known:
            self._begin()
            raise Misfit(text)
        if len(shown) != 1:
            raise Misfit(text)
        return width, shown[0]

    def _lines(self, face: Face, text: str, width: float) -> tuple[str, ...]:
        """Return the lines that `text` takes in `width` CSS pixels, as WeasyPrint breaks it."""
        if self.ink(face, text)[0] < width - SURE:
            return (text,)
        found = []
        rest: str | None = text
        while rest:
            length, resume = seams.first_line(face.style, rest, width)
            raw = rest.encode()
            found.append(raw[:length].decode().rstrip(" "))
            rest = raw[resume:].decode() if resume else None
        return tuple(found)


def pieces(weight: str, text: str) -> tuple[str, ...]:
    """Return a text cut wherever the typeface does not kern."""
    close = kerned(weight)
    cuts = [place for place in range(1, len(text)) if text[place - 1 : place + 1] not in close]
    return tuple(text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True))
