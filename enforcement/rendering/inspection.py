"""A finished PDF looked at again, for what a validator lets through.

veraPDF passes a table without header cells, a page of empty boxes for missing glyphs, grey words
on grey. Each of these has a check here, on the file itself and not on what it was made from.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pikepdf

from enforcement.rendering.geometry import FEWEST_LINES, FOOT, MOST_PAGES
from enforcement.rendering.ink_marks import Colour, Written, written
from enforcement.rendering.words import FACTS_FILE, MOST_BYTES

LEAST_CONTRAST = 4.5  # WCAG 2.2 success criterion 1.4.3
A4_POINTS = (595.28, 841.89)
A4_SLACK = 5.67  # points: 2 mm


@dataclass(frozen=True)
class Finding:
    """One fault: the check that found it, the page when it is on one, and the reason in words."""

    check: str
    page: int | None
    reason: str


Check = Callable[[pikepdf.Pdf], Iterator[Finding]]


def inspect(pdf: bytes, most_pages: int | None = MOST_PAGES) -> tuple[Finding, ...]:
    """Return what is wrong with a finished notice; empty when nothing is.

    `most_pages` None is for what is not posted: certificates and large print of any length.
    """
    found = []
    if len(pdf) > MOST_BYTES:
        found.append(Finding("size", None, f"{len(pdf):,} bytes; at most {MOST_BYTES:,}"))
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        if most_pages is not None and len(opened.pages) > most_pages:
            found.append(Finding("pages", None, f"{len(opened.pages)} pages; most {most_pages}"))
        for check in (_described, _claims, _bookmarks, _headings, _tables, _figures, _fonts):
            found += check(opened)
        found += [*_sheets(opened), *_words(opened)]
    return tuple(found)


# --- the file as a whole ---------------------------------------------------------------------
def _described(pdf: pikepdf.Pdf) -> Iterator[Finding]:
    root: Any = pdf.Root
    if not str(root.get("/Lang", "")):
        yield Finding("language", None, "the file does not say its language")
    if not str(pdf.docinfo.get("/Title", "")).strip():
        yield Finding("title", None, "the file has no title")
    if not _flag(root, "/ViewerPreferences", "/DisplayDocTitle"):
        yield Finding("title", None, "the file’s name is shown in place of its title")
    if not _flag(root, "/MarkInfo", "/Marked") or "/StructTreeRoot" not in root:
        yield Finding("tags", None, "the file is not tagged")
    if FACTS_FILE not in pdf.attachments:
        yield Finding("facts", None, "the facts are not attached")


def _flag(root: Any, holder: str, name: str) -> bool:
    return holder in root and bool(root[holder].get(name, False))


def _claims(pdf: pikepdf.Pdf) -> Iterator[Finding]:
    metadata = pdf.open_metadata()
    claimed = {name: str(metadata.get(name, "")) for name in _CLAIMS}
    if claimed != _CLAIMS:
        yield Finding("claims", None, "the file does not say that it is PDF/A-3a and PDF/UA-1")


_UA = "{http://www.aiim.org/pdfua/ns/id/}"
_A = "{http://www.aiim.org/pdfa/ns/id/}"
_CLAIMS = {f"{_A}part": "3", f"{_A}conformance": "A", f"{_UA}part": "1"}


def _bookmarks(pdf: pikepdf.Pdf) -> Iterator[Finding]:
    def count(items: Any) -> int:
        return sum(1 + count(item.children) for item in items)

    with pdf.open_outline() as outline:
        held = count(outline.root)
    headings = sum(_level(element) > 0 for element in _elements(pdf))
    if held == 0 or held != headings:
        yield Finding("bookmarks", None, f"{held} bookmarks for {headings} headings")


def _fonts(pdf: pikepdf.Pdf) -> Iterator[Finding]:
    fonts = [item for item in pdf.objects if _is(item, "/Type", "/FontDescriptor")]
    if not fonts:
        yield Finding("fonts", None, "no typeface is embedded")
    for font in fonts:
        if not any(name in font for name in ("/FontFile", "/FontFile2", "/FontFile3")):
            yield Finding("fonts", None, f"the typeface {font.get('/FontName')} is not embedded")


# --- tags ------------------------------------------------------------------------------------
def _is(item: Any, key: str, value: str) -> bool:
    return isinstance(item, pikepdf.Dictionary) and str(item.get(key, "")) == value


def _children(element: Any) -> list[Any]:
    held = element.get("/K")
    parts = list(held) if isinstance(held, pikepdf.Array) else [held]
    return [part for part in parts if isinstance(part, pikepdf.Dictionary) and "/S" in part]


def _elements(pdf: pikepdf.Pdf) -> Iterator[Any]:
    """Every tag in reading order."""
    waiting = _children(pdf.Root.get("/StructTreeRoot", pikepdf.Dictionary()))[::-1]
    while waiting:
        element = waiting.pop()
        yield element
        waiting += _children(element)[::-1]


def _level(element: Any) -> int:
    name = str(element.get("/S"))
    return int(name[2]) if name.startswith("/H") and name[2:].isdigit() else 0


def _headings(pdf: pikepdf.Pdf) -> Iterator[Finding]:
    before = 0
    for element in _elements(pdf):
        level = _level(element)
        if not level:
            continue
        if level > before + 1:
            was = f"after level {before}" if before else "first"
            yield Finding("headings", None, f"a heading of level {level} comes {was}")
        if level == 1 and before:
            yield Finding("headings", None, "there are two main headings")
        before = level
    if not before:
        yield Finding("headings", None, "there is no heading")


def _tables(pdf: pikepdf.Pdf) -> Iterator[Finding]:
    for number, table in enumerate(
        (element for element in _elements(pdf) if _is(element, "/S", "/Table")), start=1
    ):
        rows = [_children(row) for row in _rows(table)]
        heads = [cell for row in rows for cell in row if _is(cell, "/S", "/TH")]
        if any("/A" not in cell or "/Scope" not in cell.A for cell in heads):
            yield Finding("tables", None, f"table {number} has a header cell without scope")
        if not rows or not _headed(rows):
            yield Finding("tables", None, f"table {number} has cells that no header cell heads")
        if len({len(row) for row in rows}) > 1:
            yield Finding("tables", None, f"table {number} has rows of different lengths")


def _rows(table: Any) -> Iterator[Any]:
    for part in _children(table):
        if _is(part, "/S", "/TR"):
            yield part
        elif str(part.S) in ("/THead", "/TBody", "/TFoot"):
            yield from (row for row in _children(part) if _is(row, "/S", "/TR"))


def _headed(rows: list[list[Any]]) -> bool:
    """Whether a first row of header cells heads all columns, or a header cell each row."""
    first = all(_is(cell, "/S", "/TH") for cell in rows[0])
    return first or all(any(_is(cell, "/S", "/TH") for cell in row) for row in rows)


def _figures(pdf: pikepdf.Pdf) -> Iterator[Finding]:
    for element in _elements(pdf):
        if _is(element, "/S", "/Figure") and not str(element.get("/Alt", "")).strip():
            yield Finding("pictures", None, "a picture has no words in its place")


# --- pages -----------------------------------------------------------------------------------
def _sheets(pdf: pikepdf.Pdf) -> Iterator[Finding]:
    for number, page in enumerate(pdf.pages, start=1):
        left, low, right, high = map(float, page.mediabox)
        size = (right - left, high - low)
        if any(abs(a - b) > A4_SLACK for a, b in zip(size, A4_POINTS, strict=True)):
            yield Finding("paper", number, "the page is not A4 upright")


def _words(pdf: pikepdf.Pdf) -> Iterator[Finding]:
    runs = list(written(pdf))
    for number in range(1, len(pdf.pages) + 1):
        yield from _faults(number, [run for run in runs if run.page == number])
    last = len(pdf.pages)
    lines = {round(run.baseline) for run in runs if run.page == last and run.baseline < FOOT}
    if last > 1 and len(lines) < FEWEST_LINES:
        yield Finding("last page", last, f"the last page has only {len(lines)} lines")


def _faults(page: int, runs: list[Written]) -> Iterator[Finding]:
    if boxes := sum(run.boxes for run in runs):
        yield Finding("missing glyphs", page, f"{boxes} characters are printed as empty boxes")
    pale = {
        f"{_hex(run.ink)} on {_hex(run.ground)}"
        for run in runs
        if contrast(run.ink, run.ground) < LEAST_CONTRAST
    }
    for pair in sorted(pale):
        yield Finding("contrast", page, f"words in {pair} are too pale to read")


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _hex(colour: Colour) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour)
