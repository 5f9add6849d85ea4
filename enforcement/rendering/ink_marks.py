"""What is written on the pages of a finished PDF: each text with its place, colours and glyphs."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pikepdf
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # fontTools ships no types

MM = 72 / 25.4  # PDF points in a millimetre
PAGE_HEIGHT = 297.0
Colour = tuple[float, float, float]
BLACK: Colour = (0.0, 0.0, 0.0)
WHITE: Colour = (1.0, 1.0, 1.0)
Box = tuple[float, float, float, float]  # left, low, right, high
EVERYWHERE: Box = (-1e9, -1e9, 1e9, 1e9)
_SPACE = re.compile(rb"<([0-9a-fA-F]{4})> <00[2aA]0>")  # in a font's table of characters
NOTHING = pikepdf.Matrix()


@dataclass(frozen=True)
class Written:
    """One run of glyphs; `baseline` in millimetres from the top edge of A4, `size` in points."""

    page: int
    baseline: float
    size: float
    ink: Colour
    ground: Colour
    boxes: int  # characters that the typeface in the file does not draw


@dataclass
class _Pen:
    """The state of drawing; `places` are the filled rectangles so far, with their colour.

    A clip is taken as the rectangle round it: a ruled border is a large box behind a narrow clip.
    """

    matrix: pikepdf.Matrix = NOTHING
    ink: Colour = BLACK
    clip: Box = EVERYWHERE
    text: pikepdf.Matrix = NOTHING
    drawn: frozenset[bytes] = frozenset()
    size: float = 0.0
    kept: list[tuple[pikepdf.Matrix, Colour, Box]] = field(default_factory=list)
    path: list[Box] = field(default_factory=list)
    corners: list[tuple[float, float]] = field(default_factory=list)
    places: list[tuple[Box, Colour]] = field(default_factory=list)


def written(pdf: pikepdf.Pdf) -> Iterator[Written]:
    """Return every run of text on every page, in the order of drawing."""
    known: dict[tuple[int, int], frozenset[bytes]] = {}
    for number, page in enumerate(pdf.pages, start=1):
        pen = _Pen()
        fonts: Any = page.Resources.get("/Font", {})
        for instruction in pikepdf.parse_content_stream(page):
            name = str(instruction.operator)
            if name in ("Tj", "TJ"):
                yield _run(pen, number, instruction.operands[0])
            elif name == "Tf":
                font = fonts[str(instruction.operands[0])]
                if font.objgen not in known:
                    known[font.objgen] = _drawn(font)
                pen.drawn, pen.size = known[font.objgen], float(instruction.operands[1])
            elif step := _STEPS.get(name):
                step(pen, instruction.operands)


def _drawn(font: Any) -> frozenset[bytes]:
    """The two-byte codes that the font's file has a picture for, or that mean a space."""
    held = font.DescendantFonts[0].FontDescriptor
    if "/FontFile2" not in held:
        return frozenset()
    face = TTFont(io.BytesIO(held.FontFile2.read_bytes()))
    inked = {
        number.to_bytes(2, "big")
        for number, name in enumerate(face.getGlyphOrder())
        if number and face["glyf"][name].numberOfContours
    }
    spaces = _SPACE.findall(font.ToUnicode.read_bytes()) if "/ToUnicode" in font else []
    return frozenset(inked | {bytes.fromhex(code.decode()) for code in spaces})


def _run(pen: _Pen, page: int, shown: Any) -> Written:
    _, _, _, height, x, y = (pen.text @ pen.matrix).shorthand
    strings = shown if isinstance(shown, pikepdf.Array) else [shown]
    held = b"".join(bytes(part) for part in strings if isinstance(part, pikepdf.String))
    codes = [held[place : place + 2] for place in range(0, len(held), 2)]
    return Written(
        page=page,
        baseline=PAGE_HEIGHT - y / MM,
        size=pen.size * abs(height),
        ink=pen.ink,
        ground=_ground(pen, x, y),
        boxes=sum(code not in pen.drawn for code in codes),
    )


def _ground(pen: _Pen, x: float, y: float) -> Colour:
    for (left, low, right, high), colour in reversed(pen.places):
        if left <= x <= right and low <= y <= high:
            return colour
    return WHITE


def _keep(pen: _Pen, operands: Any) -> None:
    pen.kept.append((pen.matrix, pen.ink, pen.clip))


def _restore(pen: _Pen, operands: Any) -> None:
    pen.matrix, pen.ink, pen.clip = pen.kept.pop()


def _move(pen: _Pen, operands: Any) -> None:
    pen.matrix = pikepdf.Matrix(*map(float, operands)) @ pen.matrix


def _place_text(pen: _Pen, operands: Any) -> None:
    pen.text = pikepdf.Matrix(*map(float, operands))


def _colour(pen: _Pen, operands: Any) -> None:
    red, green, blue = map(float, operands)
    pen.ink = (red, green, blue)


def _grey(pen: _Pen, operands: Any) -> None:
    pen.ink = (float(operands[0]),) * 3


def _corner(pen: _Pen, operands: Any) -> None:
    x, y = map(float, operands)
    pen.corners.append(pen.matrix.transform((x, y)))


def _rectangle(pen: _Pen, operands: Any) -> None:
    x, y, width, height = map(float, operands)
    corners = [pen.matrix.transform(at) for at in ((x, y), (x + width, y + height))]
    pen.corners += corners
    pen.path.append(_round(corners))


def _round(corners: list[tuple[float, float]]) -> Box:
    across, up = [x for x, _ in corners], [y for _, y in corners]
    return min(across), min(up), max(across), max(up)


def _both(one: Box, other: Box) -> Box:
    return (
        *(max(a, b) for a, b in zip(one[:2], other[:2], strict=True)),
        *(min(a, b) for a, b in zip(one[2:], other[2:], strict=True)),
    )  # type: ignore[return-value]  # two and two are four


def _clip(pen: _Pen, operands: Any) -> None:
    if pen.corners:
        pen.clip = _both(pen.clip, _round(pen.corners))


def _fill(pen: _Pen, operands: Any) -> None:
    pen.places += [(_both(place, pen.clip), pen.ink) for place in pen.path]
    _forget(pen, operands)


def _forget(pen: _Pen, operands: Any) -> None:
    pen.path, pen.corners = [], []


_STEPS = {
    "q": _keep, "Q": _restore, "cm": _move, "Tm": _place_text, "rg": _colour, "g": _grey,
    "m": _corner, "l": _corner, "re": _rectangle, "W": _clip, "W*": _clip,
    "f": _fill, "f*": _fill, "n": _forget, "S": _forget,
}  # fmt: skip
