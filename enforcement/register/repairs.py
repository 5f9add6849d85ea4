"""Repairs and doubts counted while a file is read, told once each at the end."""

from __future__ import annotations


class Repairs:
    """What was repaired or looked odd: how often, and the first example with its line."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, int, str]] = {}

    def note(self, what: str, line: int, example: str) -> None:
        """Count one more of `what`."""
        count, first, text = self._seen.get(what, (0, line, example))
        self._seen[what] = (count + 1, first, text)

    def notices(self) -> list[str]:
        """One sentence a kind: "3 × lost leading zero put back (first on line 7: 0161…)"."""
        return [
            f"{count} × {what} (first on line {line}: {text[:60]})"
            for what, (count, line, text) in self._seen.items()
        ]
