"""How far a load that runs in the background has come, and whether it was cut off.

The row is a note for the screen, no case data: it has no event. The load itself is one
transaction, so a load that was cut off left nothing behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from enforcement.data.files import LoadProgress
from enforcement.domain.refusals import NotFound

KEPT = timedelta(days=1)
SILENT = timedelta(minutes=2)  # no news for so long: the process that ran it is gone


@dataclass(frozen=True)
class Load:
    """A load as the screen shows it. `state`: running, interrupted, done or refused."""

    id: str
    kind: str
    state: str
    message: str
    done: int
    total: int | None
    arguments: Mapping[str, Any]
    result: Mapping[str, Any] | None
    started_by: str
    updated_at: datetime

    @property
    def filename(self) -> str:
        return str(self.arguments.get("filename", ""))

    @property
    def dry_run(self) -> bool:
        return bool(self.arguments.get("dry_run"))


def start(
    session: Session,
    load_id: str,
    kind: str,
    arguments: Mapping[str, Any],
    actor: str,
    now: datetime,
) -> None:
    """Note that a load is about to run; notes of loads silent for a day or more are let go."""
    session.execute(delete(LoadProgress).where(LoadProgress.updated_at <= now - KEPT))
    session.add(
        LoadProgress(
            id=load_id,
            kind=kind,
            state="running",
            message="Waiting for its turn",
            arguments=dict(arguments),
            started_by=actor,
            updated_at=now,
        )
    )
    session.flush()


def tell(
    session: Session, load_id: str, message: str, done: int, total: int | None, now: datetime
) -> bool:
    """Note how far it is; False when there is no such load (its request was taken back)."""
    row = session.get(LoadProgress, load_id)
    if row is None:
        return False
    row.message, row.done, row.total, row.updated_at = message, done, total, now
    return True


def finish(
    session: Session,
    load_id: str,
    state: str,
    message: str,
    result: Mapping[str, Any] | None,
    now: datetime,
) -> None:
    """Note how it ended: done or refused."""
    row = session.get(LoadProgress, load_id)
    if row is not None:
        row.state, row.message, row.updated_at = state, message, now
        row.result = dict(result) if result is not None else None


def find(session: Session, load_id: str, now: datetime, *, alive: bool = False) -> Load:
    """One load as it stands, or NotFound. `alive`: this very process runs it."""
    row = session.get(LoadProgress, load_id)
    if row is None:
        raise NotFound("There is no such load.")
    return _load(row, now, alive)


def unfinished(session: Session, now: datetime) -> list[Load]:
    """Loads that run or were cut off in the last day, newest first."""
    rows = session.scalars(
        select(LoadProgress)
        .where(LoadProgress.state == "running", LoadProgress.updated_at > now - KEPT)
        .order_by(LoadProgress.updated_at.desc())
    )
    return [_load(row, now, False) for row in rows]


def _load(row: LoadProgress, now: datetime, alive: bool) -> Load:
    silent = row.state == "running" and not alive and now - row.updated_at > SILENT
    return Load(
        id=row.id,
        kind=row.kind,
        state="interrupted" if silent else row.state,
        message=row.message,
        done=row.done,
        total=row.total,
        arguments=row.arguments,
        result=row.result,
        started_by=row.started_by,
        updated_at=row.updated_at,
    )
