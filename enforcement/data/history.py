"""The history: one function writes it, in the caller's transaction; nothing else may.

Each event's hash is the RFC 6962 leaf hash of its canonical text, which names the hash of the
event before it in the same stream: one value is the stream's link and the log's leaf. Personal
texts lie beside the chain under a salted hash, so that lawful erasure leaves it verifiable.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from sqlalchemy import ForeignKey, Index, String, Text, bindparam, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from enforcement.data.base import Base
from enforcement.domain.events import EventBody, Fact, check_kind, leaf_hash, text_hash
from enforcement.domain.permissions import Actor, Permission

GENESIS = "0" * 64


class Event(Base):
    """One row of the history. The database refuses every change to it."""

    __tablename__ = "event"

    id: Mapped[int] = mapped_column(primary_key=True)
    stream: Mapped[str] = mapped_column(String(60))  # "case:ASC-2026-000001", "register", …
    seq: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    body: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        Index("uq_event_stream_seq", "stream", "seq", unique=True),
        Index(None, "kind", "id"),
    )


class EventText(Base):
    """A personal text of an event, with its salt. Retention may empty it; the hash stays."""

    __tablename__ = "event_text"

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    salt: Mapped[str | None] = mapped_column(String(32))
    text: Mapped[str | None] = mapped_column(Text)
    erased_at: Mapped[datetime | None]
    erased_authority: Mapped[str | None] = mapped_column(Text)


class LogEntry(Base):
    """The sequenced log: index i holds the i-th committed event, without gaps."""

    __tablename__ = "log_entry"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), unique=True)
    hash: Mapped[str] = mapped_column(String(64))


class Checkpoint(Base):
    """A signed head of the log; the copy that left the machine is what anchors it."""

    __tablename__ = "checkpoint"

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    root: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text)  # C2SP signed note, as written outside
    signed_at: Mapped[datetime]


_LAST = (  # asked for every event: put together once
    select(Event.seq, Event.hash)
    .where(Event.stream == bindparam("stream"))
    .order_by(Event.seq.desc())
    .limit(1)
)


def record(
    session: Session,
    *,
    stream: str,
    kind: str,
    actor: Actor,
    now: datetime,
    facts: Mapping[str, Fact],
    texts: Mapping[str, str] | None = None,
    permission: Permission | None = None,
    request: str = "",
) -> Event:
    """Append one event to a stream, in the caller's transaction.

    Refuses an unknown kind, missing facts or floats (BadFact). Two writers on one stream wait
    for each other; were they not to, the unique (stream, seq) fails the second rather than fork.
    """
    check_kind(kind, facts)
    texts = texts or {}
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer anyway
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(stream, 0))))
    last = session.execute(_LAST, {"stream": stream}).first()
    seq, previous = (last.seq + 1, last.hash) if last else (1, GENESIS)
    salts = {name: secrets.token_hex(16) for name in texts}
    body = EventBody(
        stream=stream,
        seq=seq,
        previous=previous,
        kind=kind,
        at=now.astimezone(UTC).isoformat(timespec="microseconds"),
        actor=actor.identity,
        actor_name=actor.name,
        role=actor.acting_role(permission),
        facts=facts,
        texts={name: text_hash(salts[name], text) for name, text in texts.items()},
        request=request,
    ).canonical()
    event = Event(stream=stream, seq=seq, hash=leaf_hash(body), kind=kind, at=now, body=body)
    session.add(event)
    session.flush()
    for name, words in texts.items():
        session.add(EventText(event_id=event.id, name=name, salt=salts[name], text=words))
    return event


def events_of(session: Session, stream: str) -> list[Event]:
    """A stream's events in order."""
    return list(session.scalars(select(Event).where(Event.stream == stream).order_by(Event.seq)))


def unsequenced(session: Session) -> list[Event]:
    """Committed events the log does not hold yet, by anti-join: never `id > last seen`.

    Identity numbers are given before commit, so a reader that remembers the last id can pass
    over one that commits later and never see it.
    """
    return list(
        session.scalars(
            select(Event)
            .outerjoin(LogEntry, LogEntry.event_id == Event.id)
            .where(LogEntry.event_id.is_(None))
            .order_by(Event.id)
        )
    )


def log_size(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(LogEntry)) or 0


def leaves(session: Session, size: int | None = None) -> Iterator[str]:
    """The log's leaf hashes in order, as stored in the log."""
    query = select(LogEntry.hash).order_by(LogEntry.number)
    if size is not None:
        query = query.where(LogEntry.number < size)
    yield from session.scalars(query.execution_options(yield_per=10_000))
