"""The front of a bundle: its cover and its index."""

from __future__ import annotations

from dataclasses import dataclass

from enforcement.rendering.bundle.sheets import print_page


@dataclass(frozen=True)
class Cover:
    """What the cover says."""

    title: str
    parties: str
    rows: tuple[tuple[str, str], ...]
    note: str


@dataclass(frozen=True)
class Line:
    """One document in the index; `pages` in words ("57 to 63"), `note` says what is particular."""

    key: str
    title: str
    dated: str
    pages: str
    note: str = ""


@dataclass(frozen=True)
class Section:
    letter: str
    title: str
    lines: tuple[Line, ...]


def lay_out_cover(cover: Cover) -> bytes:
    """The cover as a tagged PDF of one page."""
    return print_page("cover.html", "sheet.css", {}, cover=cover)


def lay_out_index(reference: str, sections: tuple[Section, ...], empty: int = 0) -> bytes:
    """The index as a tagged PDF; every line leads to its document once it is bound.

    `empty`: pages left empty at its end, where an index became shorter than its numbers.
    """
    return print_page(
        "index.html", "sheet.css", {}, reference=reference, sections=sections, empty=empty
    )
