"""Letters for the post room: each PDF in a folder, with a manifest of what must be posted.

The manifest only grows: a row is one line, written at the end and flushed to disk after its PDF.
A row that was cut off half-way (no space, no power) is cut away before the next is written, so
what is listed is always there. Several processes may place letters at once.
"""

from __future__ import annotations

import csv
import fcntl
import hashlib
import io
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path

from enforcement.channels.message import PermanentFailure, PrintedLetter, Sent, TemporaryFailure
from enforcement.channels.whole_file import write_whole

MANIFEST = "manifest.csv"


@dataclass(frozen=True)
class ManifestRow:
    """One line of the manifest: what the post room counts and signs for."""

    key: str
    reference: str
    recipient: str
    postcode: str
    pages: str
    sha256: str
    file: str
    placed_at: str


@dataclass
class _Read:
    """How far a manifest has been read, and what it lists: each line is read once."""

    file: int = 0  # the file's number on the disk: another file begins anew
    upto: int = 0
    rows: dict[str, ManifestRow] = field(default_factory=dict)


_placing = threading.Lock()
_read: dict[Path, _Read] = {}


@dataclass(frozen=True)
class PrintFolder:
    """A folder that the post room empties."""

    folder: Path
    name: str = "print"

    def send(self, letter: PrintedLetter, now: datetime) -> Sent:
        """Place the letter and list it. The same key and bytes again change nothing.

        Raises PermanentFailure when the key is already used for other bytes, TemporaryFailure
        when the disk refuses.
        """
        digest = hashlib.sha256(letter.pdf).hexdigest()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with _alone(self.folder / MANIFEST) as manifest:
                row = self._place(letter, digest, now, manifest)
        except OSError as reason:
            raise TemporaryFailure(f"The print folder cannot be written: {reason}") from reason
        return Sent("print", now, letter.key, f"{row.file} sha256 {digest}, placed {row.placed_at}")

    def rows(self) -> tuple[ManifestRow, ...]:
        """Return the manifest as it stands, in the order of placing."""
        path = self.folder / MANIFEST
        if not path.exists():
            return ()
        return tuple(_rows(path.read_bytes()))

    def _place(
        self, letter: PrintedLetter, digest: str, now: datetime, manifest: int
    ) -> ManifestRow:
        listed = _listed(self.folder / MANIFEST, manifest)
        earlier = listed.rows.get(letter.key)
        if earlier and earlier.sha256 != digest:
            raise PermanentFailure(f"{letter.key} was placed before with other bytes.")
        name = f"{letter.key}.pdf"
        path = self.folder / name
        if not path.exists() or path.read_bytes() != letter.pdf:
            write_whole(path, letter.pdf)
        if earlier:
            return earlier
        row = ManifestRow(
            key=letter.key,
            reference=_plain_cell(letter.reference),
            recipient=_plain_cell(letter.recipient),
            postcode=_plain_cell(letter.postcode),
            pages=str(letter.pages),
            sha256=digest,
            file=name,
            placed_at=now.astimezone(UTC).isoformat(timespec="seconds"),
        )
        _append(manifest, listed.upto, row)
        return row


@contextmanager
def _alone(path: Path) -> Iterator[int]:
    """The open manifest, held by one thread of one process at a time."""
    with _placing:
        manifest = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(manifest, fcntl.LOCK_EX)
            yield manifest
        finally:
            os.close(manifest)


def _listed(path: Path, manifest: int) -> _Read:
    """What the manifest lists; only lines added since the last look are read."""
    found = os.fstat(manifest)
    known = _read.get(path, _Read())
    if known.file != found.st_ino or known.upto > found.st_size:
        known = _Read(found.st_ino)
    fresh = os.pread(manifest, found.st_size - known.upto, known.upto)
    whole = fresh[: fresh.rfind(b"\n") + 1]
    for row in _rows(whole, headed=known.upto == 0):
        known.rows[row.key] = row
    known.upto += len(whole)
    _read[path] = known
    return known


def _append(manifest: int, upto: int, row: ManifestRow) -> None:
    """Write one line after what is whole; on any failure the file is as it was."""
    line = _line(row) if upto else _header() + _line(row)
    os.ftruncate(manifest, upto)
    try:
        written = 0
        while written < len(line):
            written += os.pwrite(manifest, line[written:], upto + written)
        os.fsync(manifest)
    except OSError:
        os.ftruncate(manifest, upto)
        raise


def _plain_cell(words: str) -> str:
    """A spreadsheet must show the cell, never run it; a row is one line."""
    shown = "'" + words if words[:1] in ("=", "+", "-", "@", "\t", "\r") else words
    return shown.replace("\r", " ").replace("\n", " ")


def _rows(content: bytes, *, headed: bool = True) -> Iterator[ManifestRow]:
    """The whole lines; what follows the last line's end was cut off and does not count."""
    text = content[: content.rfind(b"\n") + 1].decode("utf-8-sig" if headed else "utf-8")
    names = None if headed else _names()
    return (ManifestRow(**row) for row in csv.DictReader(io.StringIO(text, newline=""), names))


def _names() -> list[str]:
    return [one.name for one in fields(ManifestRow)]


def _header() -> bytes:
    return (",".join(_names()) + "\r\n").encode("utf-8-sig")


def _line(row: ManifestRow) -> bytes:
    out = io.StringIO()
    csv.DictWriter(out, _names()).writerow(asdict(row))
    return out.getvalue().encode()
