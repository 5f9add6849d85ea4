"""Sequencing, signing and verifying the history.

The sequencer reads committed events the log does not hold yet (never "id greater than the last
seen") and numbers them without gaps. A checkpoint is a C2SP signed note over size and root,
written outside the database: any one copy that escapes the operator is the anchor.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from enforcement.data.history import (
    GENESIS,
    Checkpoint,
    Event,
    EventText,
    LogEntry,
    leaves,
    log_size,
    unsequenced,
)
from enforcement.domain import merkle
from enforcement.domain.events import leaf_hash, text_hash
from enforcement.domain.refusals import HistoryBroken
from enforcement.services.work import Work

ORIGIN = "enforcement.history"
KEY_NAME = "enforcement.history"


def sequence(work: Work) -> int:
    """Give every committed event its place in the log. Safe to run twice; returns how many."""
    size = log_size(work.session)
    fresh = unsequenced(work.session)
    for offset, event in enumerate(fresh):
        work.session.add(LogEntry(number=size + offset, event_id=event.id, hash=event.hash))
    work.session.flush()
    return len(fresh)


def sign(work: Work, key: Ed25519PrivateKey, folder: Path) -> Checkpoint | None:
    """Sequence, then sign the log's head and write the note into a folder outside the database.

    Returns None when nothing is new. Raises HistoryBroken if the last checkpoint is not a
    prefix of the log: two inconsistent heads are never signed.
    """
    sequence(work)
    size = log_size(work.session)
    last = work.session.scalar(select(Checkpoint).order_by(Checkpoint.size.desc()).limit(1))
    if size == 0 or (last is not None and last.size == size):
        return None
    if last is not None and merkle.root(leaves(work.session, last.size)) != last.root:
        raise HistoryBroken(f"The log no longer begins with the {last.size} events signed before.")
    root = merkle.root(leaves(work.session))
    note = signed_note(size, root, key)
    row = Checkpoint(size=size, root=root, note=note, signed_at=work.now)
    work.session.add(row)
    work.session.flush()
    write_outside(folder, size, note)
    return row


def note_text(size: int, root: str) -> str:
    head = base64.b64encode(bytes.fromhex(root)).decode()
    return f"{ORIGIN}\n{size}\n{head}\n"


def _key_hash(public: bytes) -> bytes:
    return hashlib.sha256(KEY_NAME.encode() + b"\n\x01" + public).digest()[:4]


def signed_note(size: int, root: str, key: Ed25519PrivateKey) -> str:
    """A C2SP checkpoint: origin, size, root; blank line; one Ed25519 signature line."""
    text = note_text(size, root)
    public = key.public_key().public_bytes_raw()
    signature = base64.b64encode(_key_hash(public) + key.sign(text.encode())).decode()
    return f"{text}\n— {KEY_NAME} {signature}\n"


def read_note(note: str, public: Ed25519PublicKey) -> tuple[int, str]:
    """Size and root of a signed note; raises HistoryBroken if it is not truly signed."""
    try:
        text, _, tail = note.partition("\n\n")
        text += "\n"
        origin, size, head, _ = text.split("\n")
        signature = base64.b64decode(tail.strip().split(" ")[-1])
        if origin != ORIGIN or signature[:4] != _key_hash(public.public_bytes_raw()):
            raise HistoryBroken("The checkpoint was signed for another log or with another key.")
        public.verify(signature[4:], text.encode())
        return int(size), base64.b64decode(head).hex()
    except (InvalidSignature, ValueError, IndexError) as broken:
        raise HistoryBroken("The checkpoint's signature does not hold.") from broken


def write_outside(folder: Path, size: int, note: str) -> Path:
    """Write the note whole, then rename, then make it read-only; never overwrites."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"checkpoint-{size:010d}.txt"
    if path.exists():
        if path.read_text(encoding="utf-8") != note:
            raise HistoryBroken(f"Another checkpoint of size {size} was already written outside.")
        return path
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_text(note, encoding="utf-8")
    part.chmod(0o444)
    part.replace(path)
    return path


@dataclass(frozen=True)
class Verification:
    """What a verification found. `broken` names the first bad event in words, or is None."""

    events: int
    logged: int
    checkpoints: int
    erased: int
    root: str
    broken: str | None

    def as_json(self) -> dict[str, object]:
        return {
            "events": self.events,
            "logged": self.logged,
            "checkpoints": self.checkpoints,
            "erased_lawfully": self.erased,
            "root": self.root,
            "ok": self.broken is None,
            "first_bad": self.broken,
        }


def verify(session: Session, public: Ed25519PublicKey, folder: Path) -> Verification:
    """Recompute every hash, link, number and head, against the checkpoints kept outside.

    Reads only. Checks, in order: each event's content, its link and number in its stream, its
    texts, its place in the log, then every signed note found outside the database.
    """
    counts = {"erased": 0}
    broken: str | None = next(_bad_events(session, counts), None)
    stored = list(session.scalars(select(LogEntry.hash).order_by(LogEntry.number)))
    if broken is None:
        broken = _bad_log(session)
    notes, bad_note = _bad_checkpoint(session, stored, public, folder)
    if broken is None:
        broken = bad_note
    return Verification(
        events=session.scalar(select(func.count()).select_from(Event)) or 0,
        logged=len(stored),
        checkpoints=notes,
        erased=counts["erased"],
        root=merkle.root(stored),
        broken=broken,
    )


def _bad_events(session: Session, counts: dict[str, int]) -> Iterator[str]:
    texts: dict[int, list[EventText]] = {}
    for text in session.scalars(select(EventText)):
        texts.setdefault(text.event_id, []).append(text)
    stream, seq, previous = "", 0, GENESIS
    query = (
        select(Event.id, Event.stream, Event.seq, Event.hash, Event.kind, Event.body)
        .order_by(Event.stream, Event.seq)
        .execution_options(yield_per=5_000)
    )
    with session.execute(query) as rows:  # closed even when the first bad event ends the reading
        for row in rows:
            where = f"event {row.seq} of {row.stream} ({row.kind})"
            if row.stream != stream:
                stream, seq, previous = row.stream, 0, GENESIS
            if row.seq != seq + 1:
                yield f"{where}: event {seq + 1} is missing before it"
            yield from _bad_content(where, row, previous)
            hashes = json.loads(row.body)["texts"]
            yield from _bad_texts(where, hashes, texts.get(row.id, []), counts)
            seq, previous = row.seq, row.hash


def _bad_content(
    where: str, row: Row[int, str, int, str, str, str], previous: str
) -> Iterator[str]:
    if leaf_hash(row.body) != row.hash:
        yield f"{where}: its content was changed after it was written"
    body = json.loads(row.body)
    if (body["stream"], body["seq"], body["kind"]) != (row.stream, row.seq, row.kind):
        yield f"{where}: its columns do not say what its content says"
    if body["previous"] != previous:
        yield f"{where}: it does not follow the event before it"


def _bad_texts(
    where: str, hashes: dict[str, str], found: list[EventText], counts: dict[str, int]
) -> Iterator[str]:
    by_name = {text.name: text for text in found}
    for name, digest in hashes.items():
        text = by_name.get(name)
        if text is None:
            yield f"{where}: its text “{name}” is gone without a record of erasure"
        elif text.erased_at is not None:
            counts["erased"] += 1
        elif text_hash(text.salt or "", text.text or "") != digest:
            yield f"{where}: its text “{name}” was changed"


def _bad_log(session: Session) -> str | None:
    rows = session.execute(
        select(
            LogEntry.number, LogEntry.hash, Event.hash, func.coalesce(Event.stream, ""), Event.seq
        )
        .outerjoin(Event, Event.id == LogEntry.event_id)
        .order_by(LogEntry.number)
    )
    for expected, (number, logged, actual, stream, seq) in enumerate(rows):
        if number != expected:
            return f"log entry {expected} is missing"
        if not actual:
            return f"log entry {number}: its event was deleted"
        if logged != actual:
            return f"log entry {number}: event {seq} of {stream} is not the one that was logged"
    return None


def _bad_checkpoint(
    session: Session, stored: list[str], public: Ed25519PublicKey, folder: Path
) -> tuple[int, str | None]:
    notes: dict[str, str] = {
        path.name: path.read_text(encoding="utf-8")
        for path in sorted(folder.glob("checkpoint-*.txt"))
    }
    for row in session.scalars(select(Checkpoint).order_by(Checkpoint.size)):
        name = f"checkpoint-{row.size:010d}.txt"
        if name not in notes:
            return len(notes), f"{name}: signed, but its copy outside the database is gone"
        if notes[name] != row.note:
            return len(notes), f"{name}: the copy outside differs from the one in the database"
    for name, note in sorted(notes.items()):
        try:
            size, root = read_note(note, public)
        except HistoryBroken as bad:
            return len(notes), f"{name}: {bad.sentence}"
        if size > len(stored):
            return len(notes), (
                f"{name}: {size} events were signed, the log holds only {len(stored)}: it was cut"
            )
        if merkle.root(stored[:size]) != root:
            return len(notes), f"{name}: the first {size} events are not those that were signed"
    return len(notes), None
