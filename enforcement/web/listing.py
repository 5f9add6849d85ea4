"""View objects of a list: columns, rows, chips, keyset paging and what is exported.

A list's whole state is in its address, so that it can be shared; pages are found by key, not by
number, because counting to page 900 of a million rows is slow and moves under the reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from enforcement.domain.refusals import BadInput


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `sort_url` makes the heading a link; `sorted` is "ascending", "descending"
    or empty, and is what assistive technology is told. `whole` keeps a date on one line."""

    key: str
    title: str
    numeric: bool = False
    sort_url: str = ""
    sorted: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with more than text: a link, a tag colour, a second quiet line, or a raw `value`
    for the export (text is for people, value for machines)."""

    text: str
    href: str = ""
    tag: str = ""
    note: str = ""
    value: Any = None

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter in force; `remove_url` is the list without it."""

    label: str
    value: str
    remove_url: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a list. `rows` are mappings from a column's key to text or a `Cell`."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, object]]
    count_text: str = ""
    empty_text: str = "There is nothing here yet."
    empty_title: str = "Nothing to show"
    next_url: str | None = None
    previous_url: str | None = None
    chips: Sequence[Chip] = ()
    clear_url: str = ""
    export_url: str = ""
    first_column_heads: bool = field(default=True)

    @property
    def announcement(self) -> str:
        """The caption with the sort order in words, for people who hear the table."""
        order = next((c for c in self.columns if c.sorted), None)
        return f"{self.caption}, sorted by {order.title}, {order.sorted}" if order else self.caption


def address(path: str, given: Mapping[str, object], **changes: object) -> str:
    """`path` with the query of `given` and `changes`; None and "" leave a key out.

    Keys are sorted, so that one state of a list has one address.
    """
    merged = {**given, **changes}
    pairs: list[tuple[str, str]] = []
    for key in sorted(merged):
        value = merged[key]
        many = value if isinstance(value, list | tuple) else (value,)
        pairs.extend((key, str(one)) for one in many if one not in (None, ""))
    return f"{path}?{urlencode(pairs)}" if pairs else path


def single(values: Iterable[str], name: str) -> str:
    """The only value of a parameter, "" when absent. BadInput when it was sent twice: two
    readers of one address could each believe another value (ASVS 15.3.7)."""
    found = list(values)
    if len(found) > 1:
        raise BadInput(f"“{name}” was given {len(found)} times", fix="Give it once.")
    return found[0] if found else ""
