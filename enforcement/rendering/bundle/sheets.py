"""Sheets of a bundle that we make ourselves: cover, index, chronology, statements, slip sheets.

A sheet is plain data; one template lays every one of them out in the look of the notices, tagged
for PDF/UA-1. Nothing is read from outside: pictures come from memory. The same sheet gives the
same bytes.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pikepdf import Pdf
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcherResponse

from enforcement.rendering.archive import add_header_scopes
from enforcement.rendering.fetchers import ClosedFetcher, TypefaceFetcher
from enforcement.rendering.paper import layout_lock
from enforcement.rendering.typefaces import printable

TEMPLATES = Path(__file__).parents[3] / "templates" / "bundles"
VARIANT = "pdf/ua-1"
LINK = "bundle:"  # the address of another document of the same bundle; binding makes it a jump
PICTURE = "picture:"
_SPACES = frozenset(" \n\r\t\u00a0")


@dataclass(frozen=True)
class Cell:
    """A cell: its words, and the key of the document of the bundle that it leads to."""

    text: str
    leads_to: str = ""
    kind: str = ""  # "number": to the right; "hash": small, may break anywhere


@dataclass(frozen=True)
class Heading:
    text: str


@dataclass(frozen=True)
class Words:
    """A passage of text; empty lines part paragraphs."""

    text: str

    @property
    def paragraphs(self) -> list[str]:
        return [part for part in self.text.split("\n\n") if part.strip()]


@dataclass(frozen=True)
class Points:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Pairs:
    """What a thing is called and what it is, one under the other."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Grid:
    """A table: heads with their widths in percent, and rows of cells."""

    caption: str
    heads: tuple[tuple[str, int], ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Picture:
    """A picture that fills what is left of its page; `says` tells what it is."""

    name: str
    mime: str
    content: bytes
    says: str


Block = Heading | Words | Points | Pairs | Grid | Picture


@dataclass(frozen=True)
class Sheet:
    """One document of our own making."""

    title: str
    reference: str
    blocks: tuple[Block, ...]
    intro: str = ""


class _MemoryFetcher(ClosedFetcher):
    """Gives the pictures of this one sheet, from memory, and nothing else."""

    def __init__(self, pictures: Mapping[str, Picture]) -> None:
        super().__init__()
        self._pictures = pictures

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
        """Return the picture of this name."""
        picture = self._pictures.get(url)
        if picture is None:
            super().fetch(url, headers)
            raise AssertionError("the closed fetcher always raises")
        return URLFetcherResponse(url, picture.content, {"Content-Type": picture.mime})


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["shown"] = shown
    environment.tests["of_kind"] = lambda block, kind: type(block).__name__ == kind
    return environment


@cache
def _typography(style: str) -> tuple[FontConfiguration, CSS]:
    fonts = FontConfiguration()
    css = CSS(
        string=(TEMPLATES / style).read_text(encoding="utf-8"),
        font_config=fonts,
        url_fetcher=TypefaceFetcher(),
    )
    return fonts, css


def shown(text: str) -> str:
    """The text with each character that the typeface lacks told by its code point, never lost."""
    return "".join(
        one if one in _SPACES or ord(one) in printable() else f"[U+{ord(one):04X}]" for one in text
    )


def lay_out(sheet: Sheet) -> bytes:
    """The sheet as a tagged PDF."""
    pictures = {f"{PICTURE}{n}": one for n, one in enumerate(sheet.blocks, 1)
                if isinstance(one, Picture)}  # fmt: skip
    return print_page("sheet.html", "sheet.css", pictures, sheet=sheet)


def print_page(
    template: str, style: str, pictures: Mapping[str, Picture], **values: object
) -> bytes:
    """Lay out one of the bundle's own templates as PDF/UA-1. Refuses any fetch from outside."""
    html = _environment().get_template(template).render(link=LINK, picture=PICTURE, **values)
    fonts, css = _typography(style)
    with layout_lock, warnings.catch_warnings():
        # WeasyPrint 70 leaves its colour profile's file to be closed by the collector.
        warnings.filterwarnings("ignore", "unclosed file.*sRGB2014", ResourceWarning)
        made: Any = HTML(string=html, url_fetcher=_MemoryFetcher(pictures)).write_pdf(
            font_config=fonts, stylesheets=[css], pdf_variant=VARIANT, finisher=add_header_scopes
        )
    return bytes(made)


def page_count(pdf: bytes) -> int:
    """How many pages a PDF has."""
    with Pdf.open(io.BytesIO(pdf)) as opened:
        return len(opened.pages)
