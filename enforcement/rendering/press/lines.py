"""The lines of a laid-out letter that hold a value, and how they are filled with other values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from enforcement.rendering.geometry import MM, Mark
from enforcement.rendering.press.cuts import Cut, Knife, Misfit, fill
from enforcement.rendering.press.ink import Face, Inker
from enforcement.rendering.press.seams import blocks, breaks, is_margin
from enforcement.rendering.press.seams import texts as texts_on

SURE = 0.01  # CSS pixels; Pango counts in 1/1024
FOOT_ROOM = 80 * MM  # half the width of the foot of the page, which two texts share


@dataclass(frozen=True)
class Piece:
    """One text on a line: fixed, or with values. `top` and `base` are CSS pixels on the page."""

    face: Face
    cut: Cut
    text: str
    left: float
    base: float
    mark: int


@dataclass(frozen=True)
class Line:
    """A line with values in it, alone between two breaks, and the room it has."""

    page: int
    pieces: tuple[Piece, ...]
    width: float
    room: float
    to_right: bool

    def set(self, values: Sequence[str], inker: Inker) -> Iterator[tuple[Piece, Inked]]:
        """Yield each piece with its text shaped and its place. Refuses Misfit when too wide."""
        texts = [fill(piece.cut, values) for piece in self.pieces]
        inked = [
            inker.ink(piece.face, text) for piece, text in zip(self.pieces, texts, strict=True)
        ]
        width = sum(width for width, _ in inked)
        if width > self.room - SURE:
            raise Misfit(f"too wide: {''.join(texts)}")
        left = self.pieces[0].left + (self.width - width if self.to_right else 0)
        for piece, text, (width, shown) in zip(self.pieces, texts, inked, strict=True):
            yield piece, Inked(text, left, width, shown)
            left += width


@dataclass(frozen=True)
class Inked:
    """A text, where it begins, how wide it is (CSS pixels), and the operator that shows it."""

    text: str
    left: float
    width: float
    shown: bytes

    def mark(self, was: Mark) -> Mark:
        """Return the mark of the text that stood here before, as it is now."""
        right = (self.left + self.width) / MM
        return Mark(was.page, was.kind, self.text, self.left / MM, was.top, right, was.bottom,
                    was.in_window)  # fmt: skip


def lines_with_values(
    document: Any, marks: Sequence[Mark], knife: Knife, inker: Inker
) -> tuple[Line, ...]:
    """Return every line of the document that holds a made-up value.

    Refuses Misfit when a value stands in the middle of a sentence that wraps, or in a text that
    is justified: such a template cannot be pressed.
    """
    places = {
        (mark.page, mark.words, mark.left, mark.top): number
        for number, mark in enumerate(marks)
        if mark.kind == "text"
    }
    return tuple(
        _line(page, block, lines, number, places, knife, inker)
        for page, sheet in enumerate(document.pages, start=1)
        for block, lines in blocks(sheet)
        for number, line in enumerate(lines)
        if any(knife.inside(box.text) for box in texts_on(line))
    )


def _line(
    page: int,
    block: Any,
    lines: list[Any],
    number: int,
    places: dict[Any, int],
    knife: Knife,
    inker: Inker,
) -> Line:
    line = lines[number]
    texts = texts_on(line)
    aligned = line.style["text_align_all"]
    if aligned not in ("start", "left", "end", "right"):
        raise Misfit(f"a value in a text that is aligned {aligned}")
    before = lines[number - 1] if number else None
    after = lines[number + 1] if number + 1 < len(lines) else None
    whole = len(texts) == 1 and len(knife.cut(texts[0].text)) == 1
    alone = (before is None or breaks(before)) and (after is None or breaks(line))
    if not alone and not whole:
        raise Misfit(f"a value in the middle of a sentence: {texts[0].text}")
    return Line(
        page=page,
        pieces=tuple(
            Piece(
                face=inker.face(box.style),
                cut=knife.cut(box.text),
                text=box.text,
                left=box.position_x,
                base=box.position_y + box.baseline,
                mark=places[page, box.text, box.position_x / MM, box.position_y / MM],
            )
            for box in texts
        ),
        width=sum(box.width for box in texts),
        room=FOOT_ROOM if is_margin(block) else block.width,
        to_right=aligned in ("end", "right"),
    )
