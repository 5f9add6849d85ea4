"""A text with places in it: made once from made-up values, filled for each letter."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

Cut = tuple[str | int, ...]  # fixed words, and the number of the value that stands between them


class Misfit(Exception):
    """The press cannot print this letter as the full layout would; the full layout prints it."""


class Knife:
    """Cuts texts at made-up values, which must all differ, none inside another."""

    def __init__(self, values: Sequence[str]) -> None:
        if len(set(values)) != len(values):
            raise Misfit("two blanks hold the same made-up value")
        self._number = {value: number for number, value in enumerate(values)}
        longest = sorted(values, key=len, reverse=True)
        self._pattern = re.compile("(" + "|".join(map(re.escape, longest)) + ")")
        for value in values:
            if any(other in value for other in values if other != value):
                raise Misfit(f"a made-up value holds another: {value}")

    def cut(self, text: str) -> Cut:
        """Return `text` as fixed words and numbers of values."""
        found = (piece for piece in self._pattern.split(text) if piece)
        return tuple(self._number.get(piece, piece) for piece in found)

    def inside(self, text: str) -> bool:
        """Tell whether `text` holds any value."""
        return self._pattern.search(text) is not None


def fill(cut: Cut, values: Sequence[str], escape: Callable[[str], str] = str) -> str:
    """Return the text with `values` in their places."""
    return "".join(part if isinstance(part, str) else escape(values[part]) for part in cut)
