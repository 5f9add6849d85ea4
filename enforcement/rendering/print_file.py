"""One file for the post room: a cover to count and sign by, then every letter of a run in order.

The file is a copy made for the printer; the archival letters stay as they are. Every letter starts
on the front of a sheet, because the whole file is printed on both sides: after an odd number of
pages an empty back is put in. The same letters and the same day give the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from io import BytesIO
from itertools import accumulate
from pathlib import Path
from typing import Any

import pikepdf
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from weasyprint import CSS, HTML
from weasyprint.document import Document
from weasyprint.text.fonts import FontConfiguration

from enforcement.domain.refusals import BadInput, CannotPrint
from enforcement.domain.words import day
from enforcement.rendering.fetchers import ClosedFetcher, TypefaceFetcher
from enforcement.rendering.paper import layout_lock

TEMPLATES = Path(__file__).parents[2] / "templates" / "print"
A4 = (595.276, 841.89)  # points


@dataclass(frozen=True)
class Entry:
    """One letter as the post room counts it. `sha256` is of its own PDF; `number` its place in
    the run's manifest."""

    number: int
    reference: str
    recipient: str
    postcode: str
    pages: int
    sha256: str

    @property
    def sheets(self) -> int:
        """Sheets of paper, printed on both sides."""
        return -(-self.pages // 2)


@dataclass(frozen=True)
class Heading:
    """What the cover says of the file itself: which of `parts` it is, the day its letters are
    counted from, and how they are posted, in words."""

    run: str
    number: int
    parts: int
    made_on: date
    post_on: date
    method: str

    @property
    def title(self) -> str:
        """The name of the file, on the cover and inside."""
        return f"Print file {self.run}-P{self.number}"


@dataclass(frozen=True)
class PrintFile:
    """One part, ready to print. `first_pages`: on which page of the file each letter begins."""

    pdf: bytes
    sha256: str
    pages: int
    first_pages: tuple[int, ...]


Read = Callable[[Entry], bytes]


def split(entries: Sequence[Entry], most_pages: int) -> list[tuple[Entry, ...]]:
    """The letters in parts of at most `most_pages` pages of paper (both sides of every sheet).

    A letter is never cut: one longer than the limit is a part of its own. Order is kept.
    """
    parts: list[list[Entry]] = []
    room = 0
    for entry in entries:
        sides = 2 * entry.sheets
        if not parts or sides > room:
            parts.append([])
            room = most_pages
        parts[-1].append(entry)
        room -= sides
    return [tuple(part) for part in parts]


def total_checksum(entries: Sequence[Entry]) -> str:
    """SHA-256 of the letters' own checksums, one on each line, in order."""
    return hashlib.sha256("".join(f"{one.sha256}\n" for one in entries).encode()).hexdigest()


def make(heading: Heading, entries: Sequence[Entry], read: Read) -> PrintFile:
    """One part: its cover, then each letter as `read` gives it, each on a sheet of its own.

    Refuses BadInput without letters, CannotPrint when a letter is not what the list says.
    """
    if not entries:
        raise BadInput("There is no letter to print.")
    cover, first_pages = _cover(heading, entries)
    with pikepdf.new() as out:
        out.docinfo["/Title"] = heading.title
        out.docinfo["/Creator"] = "Enforcement"
        _append(out, cover)
        with out.open_outline() as outline:
            outline.root.append(pikepdf.OutlineItem("Cover", 0))
            for entry, first in zip(entries, first_pages, strict=True):
                _append_letter(out, entry, read(entry))
                outline.root.append(
                    pikepdf.OutlineItem(f"{entry.number} {entry.reference}", first - 1)
                )
        _share_fonts(out)
        pages, kept = len(out.pages), BytesIO()
        out.save(kept, deterministic_id=True)
    pdf = kept.getvalue()
    return PrintFile(pdf, hashlib.sha256(pdf).hexdigest(), pages, first_pages)


@cache
def _typography() -> tuple[FontConfiguration, CSS]:
    fonts = FontConfiguration()
    css = (TEMPLATES / "cover.css").read_text(encoding="utf-8")
    return fonts, CSS(string=css, font_config=fonts, url_fetcher=TypefaceFetcher())


@cache
def _environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    found.filters["day"] = day
    return found


def _cover(heading: Heading, entries: Sequence[Entry]) -> tuple[bytes, tuple[int, ...]]:
    """The cover and the first page of each letter.

    It is laid out twice: the columns are fixed, so the numbers do not change its own length.
    """
    pages = 0
    with layout_lock:
        while True:
            firsts = _first_pages(pages, entries)
            document = _lay_out(cover_words(heading, entries, firsts, pages))
            if len(document.pages) == pages:
                return bytes(document.write_pdf()), firsts
            pages = len(document.pages)


def cover_words(
    heading: Heading, entries: Sequence[Entry], firsts: Sequence[int], pages: int
) -> str:
    """The cover in HTML. `firsts`: the first page of each letter; `pages`: of the cover itself."""
    return (
        _environment()
        .get_template("cover.html")
        .render(
            heading=heading,
            entries=entries,
            first_pages=firsts,
            total=total_checksum(entries),
            pages=sum(entry.pages for entry in entries),
            sheets=sum(entry.sheets for entry in entries),
            cover_sheets=-(-pages // 2),
        )
    )


def _lay_out(html: str) -> Document:
    fonts, css = _typography()
    source = HTML(string=html, url_fetcher=ClosedFetcher())
    return source.render(font_config=fonts, stylesheets=[css])


def _first_pages(cover: int, entries: Sequence[Entry]) -> tuple[int, ...]:
    start = 2 * -(-cover // 2) + 1
    lengths = (2 * entry.sheets for entry in entries[:-1])
    return tuple(accumulate(lengths, initial=start))


def _append_letter(out: pikepdf.Pdf, entry: Entry, pdf: bytes) -> None:
    if hashlib.sha256(pdf).hexdigest() != entry.sha256:
        raise CannotPrint(f"{entry.reference} is not the letter that the list names.")
    if _append(out, pdf) != entry.pages:
        raise CannotPrint(f"{entry.reference} does not have the pages that the list says.")


def _append(out: pikepdf.Pdf, pdf: bytes) -> int:
    """Put the pages at the end, and an empty back after an odd number. Returns how many."""
    with pikepdf.open(BytesIO(pdf)) as source:
        count = len(source.pages)
        for page in source.pages:
            out.pages.append(page)
            _bare(out.pages[-1])
    if count % 2:
        out.add_blank_page(page_size=A4)
    return count


def _bare(page: pikepdf.Page) -> None:
    """What only a screen uses is left out of the copy for paper: links and tags."""
    for name in ("/Annots", "/StructParents", "/Tabs"):
        if name in page.obj:
            del page.obj[name]


def _share_fonts(out: pikepdf.Pdf) -> None:
    """Keep one copy of font files that are the same, byte for byte."""
    kept: dict[bytes, pikepdf.Object] = {}
    for descriptor in _descriptors(out):
        for name in ("/FontFile2", "/FontFile3"):
            if name in descriptor:
                found = descriptor[name]
                digest = hashlib.sha256(found.read_raw_bytes()).digest()
                descriptor[name] = kept.setdefault(digest, found)


def _descriptors(out: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    seen: set[tuple[int, int]] = set()
    for page in out.pages:
        fonts: Any = page.resources.get("/Font", {})
        for font in dict(fonts).values():
            for part in (font, *font.get("/DescendantFonts", ())):
                if "/FontDescriptor" in part and part.FontDescriptor.objgen not in seen:
                    seen.add(part.FontDescriptor.objgen)
                    yield part.FontDescriptor
