"""Noting that a session is in use, beside the page that is being read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, select, update

from enforcement.data.people import StaffSession
from enforcement.data.replies import ReplySession
from enforcement.domain.sessions import NOTE_USE_EVERY


def note_use(
    engine: Engine, kind: type[StaffSession] | type[ReplySession], digest: str, now: datetime
) -> None:
    """At most once a minute, in a transaction of its own: reading a page writes nothing else."""
    with engine.connect() as connection:
        seen = connection.execution_options(enforcement_read_only=True).scalar(
            select(kind.seen_at).where(kind.secret_hash == digest)
        )
    if seen is None or now - seen < NOTE_USE_EVERY:
        return
    with engine.begin() as connection:
        connection.execute(update(kind).where(kind.secret_hash == digest).values(seen_at=now))
