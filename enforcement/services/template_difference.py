"""What changed between two versions of the words: line by line, and in a line word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from html.parser import HTMLParser

from enforcement.rendering import templates as folders
from enforcement.rendering.samples import sample
from enforcement.rendering.words import html_twin

_BLOCKS = {"p", "h1", "h2", "h3", "li", "td", "th", "caption", "address", "br", "title"}
_SKIPPED = {"svg"}
_NEAR = 2  # unchanged lines shown around a change
_HEADING = "— "  # begins the line that names a file, shown even far from any change
_TOKENS = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True)
class Piece:
    """A run of a line, and whether the other version lacks it."""

    text: str
    changed: bool


@dataclass(frozen=True)
class Row:
    """One line of each version side by side. `what`: same, changed, added, removed or skipped.

    A number is None where that version has no such line; a skipped row stands for unchanged lines
    far from any change.
    """

    what: str
    old_number: int | None
    new_number: int | None
    old: tuple[Piece, ...] = ()
    new: tuple[Piece, ...] = ()


class _Lines(HTMLParser):
    """The words of a page as lines: one for each paragraph, heading, item or cell."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._now: list[str] = []
        self._skipping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SKIPPED:
            self._skipping += 1
        if tag in _BLOCKS:
            self.close_line()

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIPPED:
            self._skipping -= 1
        if tag in _BLOCKS:
            self.close_line()

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self._now.append(data)

    def close_line(self) -> None:
        """End the line in hand, if there are words in it."""
        words = " ".join("".join(self._now).split())
        if words:
            self.lines.append(words)
        self._now = []


def words_of(kind: str, version: str) -> list[str]:
    """The words of the sample, line by line. Refuses BadInput for no such version."""
    parser = _Lines()
    parser.feed(html_twin(sample(kind, template_version=version)))
    parser.close()
    parser.close_line()
    return parser.lines


def files_of(kind: str, version: str) -> list[str]:
    """The files of a version, one after another, so that words the sample lacks show too."""
    found: list[str] = []
    for file in folders.source(kind, version):
        name = file.path.removeprefix(f"{kind}/{version}/")
        found += [f"{_HEADING}{name} —", *file.text.splitlines()]
    return found


def difference(old: Sequence[str], new: Sequence[str]) -> list[Row]:
    """The two texts side by side, unchanged lines far from any change left out."""
    rows = list(_rows(old, new))
    near = {
        number + offset
        for number, row in enumerate(rows)
        if row.what != "same" or _is_heading(row)
        for offset in ((0,) if _is_heading(row) else range(-_NEAR, _NEAR + 1))
    }
    shown: list[Row] = []
    for number, row in enumerate(rows):
        if number in near:
            shown.append(row)
        elif not shown or shown[-1].what != "skipped":
            shown.append(Row("skipped", None, None))
    return shown


def _is_heading(row: Row) -> bool:
    return row.what == "same" and row.old[0].text.startswith(_HEADING)


def _rows(old: Sequence[str], new: Sequence[str]) -> Iterator[Row]:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        both = 0 if tag == "equal" else min(a2 - a1, b2 - b1)
        if tag == "equal":
            for offset in range(a2 - a1):
                line = (Piece(old[a1 + offset], False),)
                yield Row("same", a1 + offset + 1, b1 + offset + 1, line, line)
            continue
        for offset in range(both):
            before, after = _pieces(old[a1 + offset], new[b1 + offset])
            yield Row("changed", a1 + offset + 1, b1 + offset + 1, before, after)
        for number in range(a1 + both, a2):
            yield Row("removed", number + 1, None, (Piece(old[number], True),))
        for number in range(b1 + both, b2):
            yield Row("added", None, number + 1, (), (Piece(new[number], True),))


def _pieces(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Both lines cut where they differ, at words."""
    before, after = _TOKENS.findall(old), _TOKENS.findall(new)
    left: list[Piece] = []
    right: list[Piece] = []
    for tag, a1, a2, b1, b2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        changed = tag != "equal"
        if a2 > a1:
            left.append(Piece("".join(before[a1:a2]), changed))
        if b2 > b1:
            right.append(Piece("".join(after[b1:b2]), changed))
    return tuple(left), tuple(right)
