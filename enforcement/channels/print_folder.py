"""Letters for the post room: each PDF in a folder, with a manifest of what must be posted."""

from __future__ import annotations

import csv
import hashlib
import io
import threading
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

from enforcement.channels.message import KEY, PermanentFailure, Sent, TemporaryFailure
from enforcement.channels.whole_file import write_whole
from enforcement.domain.refusals import BadInput

MANIFEST = "manifest.csv"
_writing = threading.Lock()


@dataclass(frozen=True)
class PrintedLetter:
    """A letter to be printed and posted. Refuses BadInput for a key that is not a plain name."""

    key: str
    reference: str
    recipient: str
    postcode: str
    pages: int
    pdf: bytes

    def __post_init__(self) -> None:
        if not KEY.fullmatch(self.key):
            raise BadInput("The key of a letter must be letters, digits, dots and dashes.")


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


@dataclass(frozen=True)
class PrintFolder:
    """A folder that the post room empties."""

    folder: Path

    def send(self, letter: PrintedLetter, now: datetime) -> Sent:
        """Place the letter and list it. The same key and bytes again change nothing.

        Raises PermanentFailure when the key is already used for other bytes, TemporaryFailure
        when the disk refuses.
        """
        digest = hashlib.sha256(letter.pdf).hexdigest()
        try:
            with _writing:
                row = self._place(letter, digest, now)
        except OSError as reason:
            raise TemporaryFailure(f"The print folder cannot be written: {reason}") from reason
        return Sent("print", now, letter.key, f"{row.file} sha256 {digest}, placed {row.placed_at}")

    def rows(self) -> tuple[ManifestRow, ...]:
        """Return the manifest as it stands, in the order of placing."""
        path = self.folder / MANIFEST
        if not path.exists():
            return ()
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return tuple(ManifestRow(**row) for row in csv.DictReader(lines))

    def _place(self, letter: PrintedLetter, digest: str, now: datetime) -> ManifestRow:
        rows = self.rows()
        earlier = next((row for row in rows if row.key == letter.key), None)
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
        write_whole(self.folder / MANIFEST, _csv((*rows, row)))
        return row


def _plain_cell(words: str) -> str:
    """A spreadsheet must show the cell, never run it."""
    return f"'{words}" if words[:1] in ("=", "+", "-", "@", "\t", "\r") else words


def _csv(rows: tuple[ManifestRow, ...]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, [field.name for field in fields(ManifestRow)])
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return out.getvalue().encode("utf-8-sig")
