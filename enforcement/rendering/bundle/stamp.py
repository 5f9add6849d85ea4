"""The page number at the top right of each page, in an embedded typeface, outside the reading."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from typing import Any

from fontTools import subset  # type: ignore[import-untyped]  # fontTools ships no types
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # the same
from pikepdf import Array, Dictionary, Name, Object, Pdf

from enforcement.rendering.bundle.tree import contents
from enforcement.rendering.typefaces import typeface_bytes

CHARACTERS = " 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FIRST, LAST = 32, 90
FONT = Name.EnforcementStamp
A4_WIDTH = 595.0
SIZE, RIGHT, TOP, PAD = 11.0, 20.0, 23.0, 3.0  # points on A4; other pages in proportion


@cache
def _typeface() -> tuple[bytes, tuple[int, ...], tuple[int, ...]]:
    """The bold typeface cut down to what numbers need, its widths and its measures."""
    font = TTFont(BytesIO(typeface_bytes("bold")), recalcTimestamp=False)
    options = subset.Options(layout_features=[], hinting=False, notdef_outline=True)
    options.drop_tables += ["FFTM"]
    cutter = subset.Subsetter(options)
    cutter.populate(text=CHARACTERS)
    cutter.subset(font)
    out = BytesIO()
    font.save(out)
    per_em, names = font["head"].unitsPerEm, font.getBestCmap()
    widths = tuple(
        round(font["hmtx"][names[code]][0] * 1000 / per_em) if code in names else 0
        for code in range(FIRST, LAST + 1)
    )
    head, lines = font["head"], font["hhea"]
    measures = (head.xMin, head.yMin, head.xMax, head.yMax, lines.ascent, lines.descent)
    return out.getvalue(), widths, tuple(round(one * 1000 / per_em) for one in measures)


def font_of(volume: Pdf) -> Object:
    """The stamp's font, embedded once in a volume."""
    content, widths, measures = _typeface()
    name = Name("/AAAAAA+LiberationSans-Bold")
    held = volume.make_stream(content, Length1=len(content))
    descriptor = Dictionary(
        Type=Name.FontDescriptor, FontName=name, Flags=32, ItalicAngle=0, StemV=140,
        FontBBox=Array(measures[:4]), Ascent=measures[4], Descent=measures[5], CapHeight=729,
        FontFile2=held,
    )  # fmt: skip
    return volume.make_indirect(
        Dictionary(
            Type=Name.Font, Subtype=Name.TrueType, BaseFont=name, FirstChar=FIRST, LastChar=LAST,
            Widths=Array(widths), Encoding=Name.WinAnsiEncoding,
            FontDescriptor=volume.make_indirect(descriptor),
        )
    )  # fmt: skip


def _width(words: str) -> float:
    widths = _typeface()[1]
    return sum(widths[ord(one) - FIRST] for one in words) / 1000


def stamp(volume: Pdf, page: Object, label: str, font: Object) -> None:
    """Print `label` at the top right of a page, however the page is turned.

    The page's own drawing is shut in first, so that whatever it left set cannot move the number.
    """
    left, bottom, right, top = visible(page)
    turn = int(page.get("/Rotate", 0)) % 360
    across, up = (right - left, top - bottom) if turn % 180 == 0 else (top - bottom, right - left)
    scale = max(0.4, min(across / A4_WIDTH, 3.0))
    words = _width(label) * SIZE
    x, y = across - (RIGHT + words) * scale, up - TOP * scale
    matrix = {
        0: (1, 0, 0, 1, left, bottom),
        90: (0, 1, -1, 0, right, bottom),
        180: (-1, 0, 0, -1, right, top),
        270: (0, -1, 1, 0, left, top),
    }[turn]
    drawn = (
        "\nQ\n/Artifact <</Type /Pagination>> BDC\nq\n"
        f"{' '.join(_number(one) for one in matrix)} cm\n"
        f"{_number(scale)} 0 0 {_number(scale)} {_number(x)} {_number(y)} cm\n"
        f"1 g {_number(-PAD)} {_number(-PAD)} {_number(words + 2 * PAD)} {SIZE + PAD} re f\n"
        f"0 g BT {FONT} {SIZE} Tf ({label}) Tj ET\nQ\nEMC"
    )
    page.Contents = Array(
        [
            volume.make_stream(b"q\n"),
            *contents(page),
            volume.make_stream(drawn.encode("ascii")),
        ]
    )
    _name_font(page, font)


def visible(page: Object) -> tuple[float, float, float, float]:
    """The box of a page that is shown: left, bottom, right, top."""
    box = page.get("/CropBox", page.get("/MediaBox", Array([0, 0, 595, 842])))
    one, two, three, four = (float(side) for side in box)
    return min(one, three), min(two, four), max(one, three), max(two, four)


def _name_font(page: Object, font: Object) -> None:
    """Add the font to the page's resources, without touching those it shares with others."""
    resources = _copy(page.get("/Resources"))
    fonts = _copy(resources.get("/Font"))
    fonts[str(FONT)] = font
    resources.Font = fonts
    page.Resources = resources


def _copy(held: Any) -> Dictionary:
    return Dictionary(dict(held.items())) if isinstance(held, Dictionary) else Dictionary()


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
