"""Redaction: a black bar, its reason, and the words really gone from what is handed over.

A page with a redaction is drawn as a picture with the bars burnt in; behind it stands the text
that was left, so that the page can still be searched and read aloud. Nothing of the page itself
(its text, fonts, notes, alternative texts) goes into the bundle. Originals are not touched.
"""

from __future__ import annotations

import io
import re
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

import pypdfium2 as pdfium  # type: ignore[import-untyped]  # pypdfium2 ships no types
import pypdfium2.raw as raw  # type: ignore[import-untyped]  # the same
from PIL import Image, ImageDraw, ImageFont

from enforcement.domain.refusals import BadInput
from enforcement.rendering.bundle.sheets import Picture, print_page
from enforcement.rendering.typefaces import typeface_bytes

DPI = 200
MOST_PIXELS = 40_000_000
STRIP = 24.0  # points kept under the page for its first reason …
STRIP_LINE = 22.0  # … and for each further one
# pdfium may be used by one thread at a time
_lock = threading.RLock()


@dataclass(frozen=True)
class Mark:
    """One redaction on one page: `words` to take out, or None for the whole page."""

    number: int
    words: str | None
    reason: str


@dataclass(frozen=True)
class Line:
    """A line of text that is left, where it stands, in points from the page's top left."""

    text: str
    left: float
    top: float
    height: float


@dataclass(frozen=True)
class _Sign:
    """One character of a page with its box in points, measured upwards."""

    text: str
    box: tuple[float, float, float, float]


@contextmanager
def _opened(pdf: bytes) -> Iterator[Any]:
    with _lock:
        document = pdfium.PdfDocument(pdf)
        try:
            yield document
        finally:
            document.close()


@contextmanager
def _page(document: Any, number: int) -> Iterator[Any]:
    """A page with its notes and form fields made part of it, so that what they say is found."""
    noted = document[number]
    raw.FPDFPage_Flatten(noted.raw, raw.FLAT_PRINT)
    noted.close()
    page = document[number]
    try:
        yield page
    finally:
        page.close()


def text_of(pdf: bytes, pages: Sequence[int] | None = None) -> list[str]:
    """The text of the pages (all of them by default), as a reader's program would copy it."""
    with _opened(pdf) as document:
        wanted = range(len(document)) if pages is None else pages
        found = []
        for number in wanted:
            with _page(document, number) as page:
                text = page.get_textpage()
                found.append(str(text.get_text_range()))
                text.close()
        return found


def plain(text: str) -> str:
    """Text for comparing: signs in their plain form, letters without case, no spaces at all."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\s\u00ad\ufffe\u0002]+", "", folded)


def pages_with(pdf: bytes, words: str) -> list[int]:
    """The pages, from 0, on which the words stand."""
    wanted = plain(words)
    if not wanted:
        return []
    with _opened(pdf) as document:
        found = []
        for number in range(len(document)):
            with _page(document, number) as page:
                if _places(_signs(page), wanted):
                    found.append(number)
        return found


def redacted_page(pdf: bytes, number: int, marks: Sequence[Mark]) -> bytes:
    """The page as a PDF of one page with these marks carried out.

    Refuses BadInput when the words of a mark are not on the page: nothing is left half done.
    """
    with _opened(pdf) as document, _page(document, number) as page:
        width, height = page.get_size()
        reasons = [(mark.number, mark.reason) for mark in marks]
        if any(mark.words is None for mark in marks):
            return _printed(width, height, [], reasons, None)
        signs = _signs(page)
        bars = [(mark, _places(signs, plain(mark.words or ""))) for mark in marks]
        for mark, places in bars:
            if not places:
                raise BadInput(
                    f"The words of redaction R{mark.number} are not on their page as text.",
                    fix="If the page is a picture, redact the whole page.",
                )
        picture = _drawn(page, width, height, signs, bars)
        gone = {place for _, places in bars for run in places for place in run}
        lines = list(_lines(page, signs, gone, bars))
    return _printed(width, height, lines, reasons, picture)


def _signs(page: Any) -> list[_Sign]:
    """Every character of the page in the order of its text, with its box."""
    text = page.get_textpage()
    found = []
    for number in range(text.count_chars()):
        sign = chr(raw.FPDFText_GetUnicode(text.raw, number))
        found.append(_Sign(sign, text.get_charbox(number, loose=True)))
    text.close()
    return found


def _places(signs: Sequence[_Sign], wanted: str) -> list[tuple[int, ...]]:
    """Where the words stand: for each place, the numbers of its characters."""
    letters: list[str] = []
    owners: list[int] = []
    for number, sign in enumerate(signs):
        for letter in plain(sign.text):
            letters.append(letter)
            owners.append(number)
    text, found, start = "".join(letters), [], 0
    while wanted and (place := text.find(wanted, start)) >= 0:
        found.append(tuple(dict.fromkeys(owners[place : place + len(wanted)])))
        start = place + len(wanted)
    return found


Bars = list[tuple[Mark, list[tuple[int, ...]]]]


def _drawn(page: Any, width: float, height: float, signs: list[_Sign], bars: Bars) -> bytes:
    scale = min(DPI / 72, (MOST_PIXELS / (width * height)) ** 0.5)
    image = page.render(scale=scale, may_draw_forms=True).to_pil().convert("RGB")
    draw = ImageDraw.Draw(image)
    for mark, places in bars:
        for place in places:
            for box in _boxes(page, [signs[number] for number in place]):
                _bar(draw, [side * scale for side in box], f"R{mark.number}")
    out = io.BytesIO()
    image.quantize(128, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def _bar(draw: Any, box: Sequence[float], label: str) -> None:
    left, top, right, bottom = box
    draw.rectangle((left - 2, top - 1, right + 2, bottom + 1), fill="black")
    font = _typeface(max(8, int((bottom - top) * 0.62)))
    if draw.textlength(label, font=font) <= right - left:
        draw.text(((left + right) / 2, (top + bottom) / 2), label, "white", font=font, anchor="mm")


@cache
def _typeface(size: int) -> Any:
    return ImageFont.truetype(io.BytesIO(typeface_bytes("bold")), size)


def _boxes(page: Any, signs: Sequence[_Sign]) -> Iterator[tuple[float, float, float, float]]:
    """The boxes round some characters, one for each line they stand on, from the top left."""
    placed = [_from_top(page, sign.box) for sign in signs if sign.text.strip()]
    for _, row in groupby(placed, key=lambda box: round((box[1] + box[3]) / 2 / 4)):
        held = list(row)
        yield (
            min(box[0] for box in held), min(box[1] for box in held),
            max(box[2] for box in held), max(box[3] for box in held),
        )  # fmt: skip


def _from_top(
    page: Any, box: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    """A box in page space as it is seen: turned and cut as the page is, from the top left."""
    turn = page.get_rotation()
    left, bottom, right, top = box
    one, two, three, four = page.get_cropbox()
    across = {
        0: (left - one, four - top, right - one, four - bottom),
        90: (bottom - two, left - one, top - two, right - one),
        180: (three - right, bottom - two, three - left, top - two),
        270: (four - top, three - right, four - bottom, three - left),
    }
    return across[turn]


def _lines(page: Any, signs: list[_Sign], gone: set[int], bars: Bars) -> Iterator[Line]:
    """The text that is left, line by line; each place taken out is told by its number."""
    firsts = {place[0]: mark.number for mark, places in bars for place in places}
    row: list[tuple[str, tuple[float, float, float, float] | None]] = []
    for number, sign in enumerate([*signs, _Sign("\n", (0, 0, 0, 0))]):
        if number in firsts:
            row.append((f"[redacted R{firsts[number]}]", _from_top(page, sign.box)))
        if number in gone:
            continue
        if sign.text in "\r\n":
            if line := _line(row):
                yield line
            row = []
        else:
            box = _from_top(page, sign.box) if sign.text.strip() else None
            row.append((sign.text, box))


def _line(row: list[tuple[str, tuple[float, float, float, float] | None]]) -> Line | None:
    boxes = [box for _, box in row if box is not None]
    text = "".join(part for part, _ in row).strip()
    if not boxes or not text:
        return None
    top, bottom = min(box[1] for box in boxes), max(box[3] for box in boxes)
    return Line(text, min(box[0] for box in boxes), top, bottom - top)


def _printed(
    width: float,
    height: float,
    lines: Sequence[Line],
    reasons: Sequence[tuple[int, str]],
    picture: bytes | None,
) -> bytes:
    strip = min(height / 3, STRIP + STRIP_LINE * (len(reasons) - 1))
    scale = (height - strip) / height
    pictures = {}
    if picture is not None:
        name = "picture:page"
        pictures[name] = Picture("page", "image/png", picture, "")
    return print_page(
        "redacted.html",
        "redacted.css",
        pictures,
        width=width,
        height=height,
        scale=scale,
        inset=width * (1 - scale) / 2,
        lines=lines,
        reasons=reasons,
        whole=picture is None,
    )
