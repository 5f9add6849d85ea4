"""A PDF file whose unchanging objects are written once and whose few changing ones are added.

What WeasyPrint hands over before it writes a file (its public `finisher`) is kept as bytes: fonts
and colour profile as they are, all small objects in one compressed object stream.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import md5

import pydyf

HEADER = b"%PDF-1.7\n%\xf0\x9f\x96\xa4\n"
_WIDTHS = (1, 4, 2)  # bytes of the three columns of the cross-reference stream
_LEVEL = 2  # of deflate: on page contents a fifth of the time of 6, for 2 KB more


def deflated(extra: bytes, data: bytes) -> bytes:
    """Return the body of a stream object; `extra` are further entries of its dictionary."""
    packed = zlib.compress(data, _LEVEL)
    head = b"<<%s/Filter /FlateDecode/Length %d>>\nstream\n" % (extra, len(packed))
    return b"".join((head, packed, b"\nendstream"))


@dataclass(frozen=True)
class Kept:
    """An object that is the same in every file. Small ones can go into the object stream."""

    number: int
    small: bool
    body: bytes


class FrozenFile:
    """The unchanging part of a PDF. `changing` are the numbers of the objects to be added."""

    def __init__(self, kept: Sequence[Kept], changing: set[int], root: bytes) -> None:
        self.info = len(kept) + len(changing) + 1  # the information is numbered last
        small = [obj for obj in kept if obj.small]
        holder = self.info + 1
        self._own = holder + 1
        self._table = bytearray(_entry(0, 0, 65535) * (self._own + 1))
        parts = [HEADER]
        place = len(HEADER)
        for number, body in [
            *((obj.number, obj.body) for obj in kept if not obj.small),
            (holder, _object_stream(small)),
        ]:
            self._point(self._table, number, place)
            written = (b"%d 0 obj\n" % number, _shared(body), b"\nendobj\n")
            parts += written
            place += sum(map(len, written))
        for index, obj in enumerate(small):
            self._table[obj.number * 7 : obj.number * 7 + 7] = _entry(2, holder, index)
        self._head = parts
        self._mark = md5(b"".join(parts), usedforsecurity=False).digest()
        self._length, self._root = place, root

    def _point(self, table: bytearray, number: int, place: int) -> None:
        table[number * 7 : number * 7 + 7] = _entry(1, place, 0)

    def write(self, bodies: Mapping[int, bytes]) -> bytes:
        """Return the file with the changing objects' bodies; its identity is a hash of them."""
        table = bytearray(self._table)
        parts = []
        place = self._length
        for number, body in bodies.items():
            written = _indirect(number, body)
            self._point(table, number, place)
            parts.append(written)
            place += len(written)
        self._point(table, self._own, place)
        identity = md5(self._mark + b"".join(parts), usedforsecurity=False).hexdigest().encode()
        extra = b"/Type /XRef/Index [0 %d]/W [1 4 2]/Size %d/Root %s/Info %d 0 R/ID [(%s) (%s)]" % (
            self._own + 1,
            self._own + 1,
            self._root,
            self.info,
            identity,
            identity,
        )
        parts.append(_indirect(self._own, deflated(extra, bytes(table))))
        parts.append(b"startxref\n%d\n%%%%EOF\n" % place)
        return b"".join(self._head + parts)


@lru_cache(64)
def _shared(body: bytes) -> bytes:
    """Return the one copy of a body that many shapes have: typefaces and the colour profile."""
    return body


def _entry(kind: int, where: int, index: int) -> bytes:
    columns = zip((kind, where, index), _WIDTHS, strict=True)
    return b"".join(value.to_bytes(width, "big") for value, width in columns)


def _indirect(number: int, body: bytes) -> bytes:
    return b"%d 0 obj\n%s\nendobj\n" % (number, body)


def _object_stream(objects: Sequence[Kept]) -> bytes:
    bodies = [obj.body for obj in objects]
    index: list[str] = []
    place = 0
    for obj, body in zip(objects, bodies, strict=True):
        index += (str(obj.number), str(place))
        place += len(body) + 1
    head = " ".join(index).encode() + b"\n"
    extra = b"/Type /ObjStm/N %d/First %d" % (len(objects), len(head))
    return deflated(extra, head + b"\n".join(bodies))


def text(words: str) -> bytes:
    """Return a PDF text string."""
    written: bytes = pydyf.String(words).data
    return written
