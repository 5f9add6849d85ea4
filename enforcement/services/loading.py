"""What bringing in any file has in common: kept as received, accounted for, said in numbers."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from enforcement.data.files import ImportedFile
from enforcement.domain.events import Fact
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput
from enforcement.domain.windows import Month
from enforcement.register.rows import Rejected
from enforcement.services import files
from enforcement.services.work import Work

#: phase in words, rows done, rows in all (None: not known yet)
Progress = Callable[[str, int, int | None], None]
MOST_BYTES = 100 * 1024 * 1024
LONGEST_NAME = 255


@contextmanager
def without_collecting() -> Iterator[None]:
    """Put off the search for rings of objects while a file is held in memory.

    A load makes a million objects that all stay until its end: looking them through again and
    again takes a third of its time and frees nothing.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class Running:
    """Counts rows written so far and tells it on."""

    def __init__(self, tell: Progress, total: int) -> None:
        self._tell, self._total, self._done = tell, total, 0

    def add(self, count: int) -> None:
        self._done += count
        self._tell("Writing", self._done, self._total)


@dataclass(frozen=True)
class Incoming:
    """One file as it was received."""

    content: bytes
    filename: str

    @property
    def sha256(self) -> str:
        return files.sha256(self.content)


@dataclass
class Loaded:
    """What became of one file: rows in = accepted + rejected, and what it changed."""

    kind: str
    shape: str
    filename: str
    sha256: str
    rows_in: int
    rejected: list[dict[str, Any]]
    changes: dict[str, Any] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    out_of_scope: int = 0
    mapping: dict[str, Any] = field(default_factory=dict)
    as_at: date | None = None
    window: Month | None = None
    state: str = "loaded"
    held_reason: str | None = None
    dry_run: bool = False
    already_loaded: bool = False
    file_id: int | None = None
    details: list[str] = field(default_factory=list)  # changes in words, the first few hundred

    @property
    def accepted(self) -> int:
        return self.rows_in - len(self.rejected)

    def as_json(self) -> dict[str, Any]:
        """The command line's answer."""
        return {
            "kind": self.kind,
            "shape": self.shape,
            "filename": self.filename,
            "sha256": self.sha256,
            "rows_in": self.rows_in,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "out_of_scope": self.out_of_scope,
            "changes": self.changes,
            "details": self.details,
            "notices": self.notices,
            "as_at": self.as_at.isoformat() if self.as_at else None,
            "window": str(self.window) if self.window else None,
            "state": self.state,
            "held_reason": self.held_reason,
            "dry_run": self.dry_run,
            "already_loaded": self.already_loaded,
        }


def check(work: Work, incoming: Incoming) -> None:
    """Refuse NotAllowed without LOAD_FILES, and BadInput for a file over 100 MB."""
    work.require(Permission.LOAD_FILES)
    if len(incoming.content) > MOST_BYTES:
        raise BadInput(f"{incoming.filename} is larger than {MOST_BYTES // 1024 // 1024} MB.")


def refusals(rejected: Sequence[Rejected]) -> list[dict[str, Any]]:
    """Refused lines as they are stored, in the order of the file."""
    return [
        {"line": one.line, "reason": one.reason, "text": one.text}
        | ({"retry": True} if one.retry else {})
        for one in sorted(rejected, key=lambda one: one.line)
    ]


def already(
    session: Session, kind: str, incoming: Incoming, window: Month | None = None
) -> Loaded | None:
    """The earlier load of these very bytes (for this window), said again; None if there is none."""
    row = session.scalar(
        select(ImportedFile).where(
            ImportedFile.kind == kind,
            ImportedFile.sha256 == incoming.sha256,
            ImportedFile.window_no == (window.number if window else None),  # None: is null
        )
    )
    if row is None:
        return None
    day = f"{row.loaded_at.day} {row.loaded_at:%B %Y}"
    found = loaded_of(row)
    found.changes = {}
    found.already_loaded = True
    found.notices = [
        f"These very bytes were loaded on {day} as {row.filename}: nothing was changed now."
    ]
    return found


def to_retry(session: Session, earlier: Loaded) -> tuple[ImportedFile, set[int]]:
    """The import of bytes that come again, and its lines that waited for the register."""
    row = session.get_one(ImportedFile, earlier.file_id)
    return row, {one["line"] for one in row.rejected if one.get("retry")}


def retried(
    work: Work, row: ImportedFile, earlier: Loaded, taken: set[int], changes: dict[str, Any]
) -> Loaded:
    """Say (and, unless it is a dry run, note) that refused lines of an earlier load were taken."""
    still = [one for one in row.rejected if not (one.get("retry") and one["line"] in taken)]
    count = len(row.rejected) - len(still)
    earlier.rejected, earlier.changes = still, changes
    earlier.notices = [
        f"These very bytes were loaded before as {row.filename}; {count} of the lines refused then "
        "fit the register now and are taken. Nothing else is changed."
    ]
    if not earlier.dry_run:
        row.rejected, row.rejected_count, row.accepted = still, len(still), row.rows_in - len(still)
        sums = {key: row.changes.get(key, 0) + number for key, number in changes.items()}
        row.changes = {**row.changes, **sums}
        work.session.flush()
        work.record(
            row.kind,
            "file_loaded",
            {**_facts(earlier), "retried": count},
            permission=Permission.LOAD_FILES,
        )
    return earlier


def loaded_of(row: ImportedFile) -> Loaded:
    """A stored import as the answer it gave."""
    return Loaded(
        kind=row.kind,
        shape=row.shape,
        filename=row.filename,
        sha256=row.sha256,
        rows_in=row.rows_in,
        rejected=list(row.rejected),
        changes=dict(row.changes),
        notices=list(row.notices),
        out_of_scope=row.out_of_scope,
        mapping=dict(row.mapping),
        as_at=row.as_at,
        window=Month(row.window_no) if row.window_no is not None else None,
        state=row.state,
        held_reason=row.held_reason,
        file_id=row.id,
    )


def keep(
    work: Work,
    incoming: Incoming,
    loaded: Loaded,
    stream: str,
    permission: Permission = Permission.LOAD_FILES,
) -> ImportedFile:
    """Keep the bytes as received and write the import's row and event."""
    row = ImportedFile(
        kind=loaded.kind,
        shape=loaded.shape,
        filename=incoming.filename[:LONGEST_NAME],
        sha256=files.keep(work, incoming.content, "application/octet-stream"),
        window_no=loaded.window.number if loaded.window else None,
        as_at=loaded.as_at,
        loaded_at=work.now,
        loaded_by=work.actor.identity,
        rows_in=loaded.rows_in,
        accepted=loaded.accepted,
        rejected=loaded.rejected,
        rejected_count=len(loaded.rejected),
        out_of_scope=loaded.out_of_scope,
        notices=loaded.notices,
        mapping=loaded.mapping,
        changes=loaded.changes,
        state=loaded.state,
        held_reason=loaded.held_reason,
    )
    work.session.add(row)
    work.session.flush()
    loaded.file_id = row.id
    work.record(stream, "file_loaded", _facts(loaded), permission=permission)
    if loaded.state == "waiting":
        work.record(
            stream,
            "file_held",
            {"kind": loaded.kind, "sha256": loaded.sha256, "reason": loaded.held_reason},
            permission=Permission.LOAD_FILES,
        )
    return row


def _facts(loaded: Loaded) -> Mapping[str, Fact]:
    return {
        "kind": loaded.kind,
        "shape": loaded.shape,
        "filename": loaded.filename,
        "sha256": loaded.sha256,
        "rows_in": loaded.rows_in,
        "accepted": loaded.accepted,
        "rejected": len(loaded.rejected),
        "out_of_scope": loaded.out_of_scope,
        "window": str(loaded.window) if loaded.window else None,
        "as_at": loaded.as_at.isoformat() if loaded.as_at else None,
        "state": loaded.state,
    }
