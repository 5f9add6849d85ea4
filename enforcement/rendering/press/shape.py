"""One shape of letter: laid out once by WeasyPrint from made-up values, then filled.

A filled sheet has the same page contents, operator for operator, as the full layout of the same
letter; `Shape.prove` checks that on a second letter of made-up values before any real one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import md5
from itertools import chain
from typing import Any
from xml.sax.saxutils import escape as escape_xml

import pydyf
from markupsafe import escape as escape_html

from enforcement.rendering import paper
from enforcement.rendering.facts import NoticeFacts
from enforcement.rendering.geometry import Mark, page_marks
from enforcement.rendering.press.blanks import Slot
from enforcement.rendering.press.cuts import Knife, Misfit, fill
from enforcement.rendering.press.ink import KEPT, Inker, paint_letters
from enforcement.rendering.press.lines import Line, lines_with_values
from enforcement.rendering.press.squares import operators
from enforcement.rendering.press.writer import FrozenFile, Kept, deflated, text
from enforcement.rendering.templates import paper_version

_METADATA = b"/Type /Metadata/Subtype /XML"


@dataclass(frozen=True)
class Sheet:
    """A filled shape before it is a file: contents by page, metadata, information, words."""

    html: str
    pages: tuple[bytes, ...]
    metadata: bytes
    info: bytes
    marks: tuple[Mark, ...]


Pieces = Sequence[tuple[str, ...]]  # the lines that each value takes
Finder = Callable[[Any], tuple[Line, ...]]


class Laid:
    """A letter in full layout, with what WeasyPrint made of it on the way.

    `find` looks for lines in the laid-out document.
    """

    def __init__(self, facts: NoticeFacts, script: str, find: Finder | None = None) -> None:
        self.html = paper.words(facts, "letter.html")
        self._script = script
        self._version = paper_version(facts.kind, facts.template_version)
        self.lines: tuple[Line, ...] = ()
        self.info: dict[str, str] = {}
        self._find = find
        _, self.marks = paper.lay_out(self.html, facts, self._before, self._after)

    def _before(self, document: Any) -> None:
        paint_letters(self._script, self._version, document.fonts)
        if self._find:
            self.lines = self._find(document)

    def _after(self, pdf: Any) -> None:
        self.root: bytes = pdf.catalog.reference
        self.info = {key: value.string for key, value in pdf.info.items()}
        numbers = [_number(page) for page in pdf.page_references]
        self.contents = [_number(pdf.objects[number]["Contents"]) for number in numbers]
        self.metadata = _number(pdf.catalog["Metadata"])
        (self.attached,) = (
            obj.number for obj in pdf.objects if _extra(obj).get("Type") == "/EmbeddedFile"
        )
        self.pages = [b"\n".join(map(_bytes, pdf.objects[n].stream)) for n in self.contents]
        self.description = b"\n".join(pdf.objects[self.metadata].stream).decode()
        changing = {*self.contents, self.metadata, self.attached}
        self.unchanging = [
            Kept(obj.number, obj.compressible, obj.data)
            for obj in pdf.objects[1:]
            if obj.number not in changing
        ]

    @property
    def structure(self) -> str:
        """What all letters of this shape have alike in their files, as one hash."""
        every = b"".join(b"%d %s" % (kept.number, kept.body) for kept in self.unchanging)
        return md5(every, usedforsecurity=False).hexdigest()

    @property
    def sheet(self) -> Sheet:
        """This letter as a filled shape of its own would be."""
        return Sheet(
            html=self.html,
            pages=tuple(self.pages),
            metadata=self.description.encode(),
            info=b"".join(_entry(key, value) for key, value in self.info.items()),
            marks=self.marks,
        )


class Binding:
    """What makes a file of a sheet: everything of a laid-out letter but its changing objects."""

    def __init__(self, laid: Laid) -> None:
        self._numbers = (*laid.contents, laid.metadata)
        self._attached = laid.attached
        changing = {*self._numbers, laid.attached}
        self._file = FrozenFile(laid.unchanging, changing, laid.root)

    def file(self, sheet: Sheet, dated: date, held: bytes) -> bytes:
        """Return the PDF of a sheet with the facts attached, as `held` and `dated`."""
        *contents, metadata = self._numbers
        bodies = {
            number: deflated(b"", page) for number, page in zip(contents, sheet.pages, strict=True)
        }
        bodies[self._attached] = deflated(_attachment(dated, held), held)
        bodies[metadata] = deflated(_METADATA, sheet.metadata)
        bodies[self._file.info] = b"<<" + sheet.info + b">>"
        return self._file.write(bodies)


def _entry(key: str, value: str) -> bytes:
    return b"/%s %s" % (key.encode(), text(value))


def _number(reference: bytes) -> int:
    return int(reference.split()[0])


def _extra(obj: Any) -> dict[str, Any]:
    return getattr(obj, "extra", None) or {}


def _bytes(item: Any) -> bytes:
    if isinstance(item, str):
        return item.encode("ascii")
    return item if isinstance(item, bytes) else item.data


class Shape:
    """What is the same in all letters of one shape, and where the rest goes.

    Refuses Misfit when the template does not allow pressing.
    """

    def __init__(
        self, facts: NoticeFacts, script: str, slots: Sequence[Slot], pieces: Pieces,
        inker: Inker,
    ) -> None:  # fmt: skip
        self._script, self._inker = script, inker
        self.kinds = tuple(slot.kind for slot in slots)
        self._counts = [len(lines) for lines in pieces]
        values = [slot.text for slot in slots]
        knife = Knife(values)

        def find(document: Any) -> tuple[Line, ...]:
            return lines_with_values(
                document, page_marks(document.pages), Knife([*chain(*pieces)]), inker
            )

        laid = Laid(facts, script, find)
        self.lines = laid.lines
        self._marks = laid.marks
        self._squares = [n for n, kind in enumerate(self.kinds) if kind == "square"]
        self._html = knife.cut(laid.html)
        self._description = knife.cut(laid.description)
        self._info = {key: knife.cut(value) for key, value in laid.info.items()}
        live, _ = self._set(pieces, values)
        pages = [line.page for line in self.lines for _ in line.pieces for _ in "pt"]
        self._sheets = [
            _cut_page(items, live, [n for n, at in enumerate(pages) if at == page], len(pages))
            for page, items in enumerate(laid.pages, start=1)
        ]
        found = [part for sheet in self._sheets for part in sheet if isinstance(part, int)]
        if sorted(found) != [*range(len(live))]:
            raise Misfit("a value was not found in the contents of its page, or found twice")
        self._structure = laid.structure
        self._refuse_left_over(laid, values)
        self.binding = Binding(laid)

    def _refuse_left_over(self, laid: Laid, values: Iterable[str]) -> None:
        held = b"\n".join(kept.body for kept in laid.unchanging)
        for value in values:
            if value.encode() in held or value.encode("utf-16-be").hex().encode() in held:
                raise Misfit(f"a value outside page, metadata and attachment: {value}")

    def fill(self, values: Sequence[str], pieces: Pieces) -> Sheet:
        """Return the letter with these values. Refuses Misfit when one does not fit its line."""
        live, marks = self._set(pieces, values)
        return Sheet(
            html=fill(self._html, values, lambda value: str(escape_html(value))),
            pages=tuple(
                b"".join(part if isinstance(part, bytes) else live[part] for part in sheet)
                for sheet in self._sheets
            ),
            metadata=fill(self._description, values, escape_xml).encode(),
            info=b"".join(_entry(key, fill(cut, values)) for key, cut in self._info.items()),
            marks=tuple(marks),
        )

    def _set(self, pieces: Pieces, values: Sequence[str]) -> tuple[list[bytes], list[Mark]]:
        """Return the two operators that place and show each piece, in turn, then the QR codes'
        operators, and all marks."""
        if [len(lines) for lines in pieces] != self._counts:
            raise Misfit("a value on more lines than its shape has")
        texts = [*chain(*pieces)]
        live: list[bytes] = []
        marks = list(self._marks)
        for line in self.lines:
            for piece, inked in line.set(texts, self._inker):
                live += (_placed(inked.left, piece.base), inked.shown)
                marks[piece.mark] = inked.mark(marks[piece.mark])
        live += [operators(values[number]) for number in self._squares]
        return live, marks

    def prove(self, facts: NoticeFacts, slots: Sequence[Slot], pieces: Pieces) -> None:
        """Compare a filled sheet with the full layout of the same letter of made-up values.

        Refuses Misfit at the first difference.
        """
        laid = Laid(facts, self._script)
        sheet, wanted = self.fill([slot.text for slot in slots], pieces), laid.sheet
        same = {
            "the words": sheet.html == wanted.html,
            "the pages": sheet.pages == wanted.pages,
            "the metadata": sheet.metadata == wanted.metadata,
            "the information": sheet.info == wanted.info,
            "the structure": self._structure == laid.structure,
            "the marks": _rounded(sheet.marks) == _rounded(wanted.marks),
        }
        if not all(same.values()):
            raise Misfit("not as laid out: " + ", ".join(k for k, good in same.items() if not good))


def _attachment(dated: date, held: bytes) -> bytes:
    midnight = f"D:{dated:%Y%m%d}000000Z".encode()
    checksum = md5(held, usedforsecurity=False).hexdigest().encode()
    return (
        b"/Type /EmbeddedFile/Subtype /application#2fjson/Params <</CheckSum <%s>/Size %d"
        b"/CreationDate (%s)/ModDate (%s)>>" % (checksum, len(held), midnight, midnight)
    )


@lru_cache(KEPT)
def _placed(left: float, base: float) -> bytes:
    """The text matrix as pydyf writes it."""
    holder = pydyf.Stream()
    holder.set_text_matrix(1, 0, 0, -1, left, base)
    written: bytes = holder.stream[0]
    return written


def _cut_page(
    page: bytes, live: list[bytes], here: list[int], placed: int
) -> tuple[bytes | int, ...]:
    """Return a page's operators, with a number in place of each of the `live` ones found.

    `here` are the numbers of this page's pieces, two for each. What comes after the first `placed`
    of `live`, QR codes, may be on any page. The choice of font may stand between a piece's place
    and its text.
    """
    found: list[tuple[int, int, int]] = []
    for first, second in zip(here[::2], here[1::2], strict=True):
        place, shown = re.escape(live[first]), re.escape(live[second])
        for match in re.finditer(rb"^(%s)\n(?:/\S+ \S+ Tf\n)?(%s)$" % (place, shown), page, re.M):
            found += [(*match.span(1), first), (*match.span(2), second)]
    for number in range(placed, len(live)):
        found += [(*match.span(), number) for match in re.finditer(re.escape(live[number]), page)]
    parts: list[bytes | int] = []
    done = 0
    for start, end, number in sorted(found):
        parts += (page[done:start], number)
        done = end
    return (*parts, page[done:])


def _rounded(marks: Iterable[Mark]) -> list[object]:
    return [
        (mark.page, mark.kind, mark.words, mark.in_window,
         *(round(side, 6) for side in (mark.left, mark.top, mark.right, mark.bottom)))
        for mark in marks
    ]  # fmt: skip
