"""One line of text shaped and drawn by WeasyPrint's own code, outside any page.

These are the press's only private seams into WeasyPrint: how it breaks a line, measures it and
writes it (`split_first_line`, `create_layout`, `line_size`, `draw_first_line`) and its PDF
`Stream`. They are used as they are; nothing is replaced. `usable` says whether the installed
versions are the ones that these were read in.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import pydyf
import weasyprint
from markupsafe import escape
from weasyprint import HTML
from weasyprint.draw.text import draw_first_line
from weasyprint.matrix import Matrix
from weasyprint.pdf.stream import Stream
from weasyprint.text.line_break import create_layout, line_size, split_first_line

from enforcement.rendering.fetchers import ClosedFetcher
from enforcement.rendering.paper import typography
from enforcement.rendering.press.cuts import Misfit
from enforcement.rendering.typefaces import glyphs

KNOWN = ("70.0", "0.13.0")
KEPT = 8192  # shaped texts remembered
_HERE = Matrix(d=-1)


def usable() -> bool:
    """Tell whether the seams are those of the versions they were read in."""
    return (weasyprint.__version__, pydyf.__version__) == KNOWN


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


def script_of(used: set[str]) -> str | None:
    """Return the smallest script that holds all letters `used`, or None."""
    return next((script for script in ("basic", "latin") if used <= letters(script)), None)


def paint_letters(script: str, fonts: dict[int, Any]) -> None:
    """Put every letter of `script` on record in WeasyPrint's `fonts`, in the letter's own order:
    bold first, each in the size in which the letter first has it."""
    row = escape("x" + "x".join(sorted(letters(script))))  # so that no space is folded away
    html = (
        "<html lang=en><title>Letters</title>"
        f'<p style="font-weight: 700; font-size: 15pt">{row}</p>'
        f'<p style="font-size: 10.5pt">{row}</p>'
    )
    config, css = typography()
    source = HTML(string=html, url_fetcher=ClosedFetcher())
    for page in source.render(font_config=config, stylesheets=[css]).pages:
        page.paint(_stream(fonts))


def _stream(fonts: dict[int, Any]) -> Any:
    resources: dict[str, Any] = {
        name: {} for name in ("ExtGState", "XObject", "Pattern", "Shading")
    }
    return Stream(fonts, (0, 0, 0, 0), resources, {}, None, {}, None)


@dataclass(frozen=True, eq=False)
class Face:
    """How a text looks: one object for all equal looks, with WeasyPrint's own style."""

    style: Any


_SHAPING = ("font_family", "font_size", "font_weight", "font_style", "font_stretch", "lang",
            "letter_spacing", "word_spacing", "white_space", "overflow_wrap", "hyphens",
            "font_kerning", "font_variant_ligatures", "font_variant_numeric",
            "font_feature_settings")  # fmt: skip


def _frozen(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


class Inker:
    """Shapes texts, remembers them, and never takes in a glyph that it was not given at first."""

    def __init__(self) -> None:
        self._faces: dict[tuple[object, ...], Face] = {}
        self._fonts: dict[int, Any] = {}
        paint_letters("latin", self._fonts)
        self._scratch = _stream(self._fonts)
        self._glyphs = self._count()
        self.ink = lru_cache(KEPT)(self._ink)
        self.lines = lru_cache(KEPT)(self._lines)

    def face(self, style: Any) -> Face:
        """Return the face of a WeasyPrint style: equal faces shape the same text alike."""
        key = tuple(_frozen(style[name]) for name in _SHAPING)
        return self._faces.setdefault(key, Face(style))

    def _count(self) -> int:
        return sum(len(font.to_unicode) + len(font.missing) for font in self._fonts.values())

    def _ink(self, face: Face, text: str) -> tuple[float, bytes]:
        """Return a line's width in CSS pixels and the PDF operator that shows it.

        Refuses Misfit for a glyph outside the typeface's letters, and forgets that glyph.
        """
        layout = create_layout(text, face.style, None, None, 0)
        line, _ = layout.get_first_line()
        width, _ = line_size(line, face.style)
        self._scratch.stream = []
        box = SimpleNamespace(text=text, style=face.style, pango_layout=layout)
        draw_first_line(self._scratch, box, "clip", "none", _HERE)
        shown = [item for item in self._scratch.stream if item.endswith(b" TJ")]
        if self._count() != self._glyphs:
            self._forget()
            raise Misfit(text)
        if len(shown) != 1:
            raise Misfit(text)
        return width, shown[0]

    def _forget(self) -> None:
        """Start again from the letters: a glyph met once must not stay with later letters."""
        self._fonts.clear()
        paint_letters("latin", self._fonts)
        self._scratch = _stream(self._fonts)

    def _lines(self, face: Face, text: str, width: float) -> tuple[str, ...]:
        """Return the lines that `text` takes in `width` CSS pixels, as WeasyPrint breaks it."""
        found = []
        rest: str | None = text
        while rest:
            _, length, resume, *_ = split_first_line(rest, face.style, None, width, 0)
            raw = rest.encode()
            found.append(raw[:length].decode().rstrip(" "))
            rest = raw[resume:].decode() if resume else None
        return tuple(found)
