"""The history as a file that anybody can check with docs/auditors/verify.py."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sqlalchemy import select

from enforcement.data.history import Event, EventText, LogEntry
from enforcement.domain.permissions import Permission
from enforcement.services.work import Work

CHUNK = 2_000  # events read at a time


def lines(work: Work) -> Iterator[str]:
    """One line of JSON an event, in the order of the log. Needs the right to read the history.

    Events not yet numbered by the sequencer are not in it; the caller sequences first when it
    wants them.
    """
    work.require(Permission.READ_HISTORY)
    start = 0
    while True:
        rows = work.session.execute(
            select(LogEntry.number, Event.id, Event.hash, Event.body)
            .join(Event, Event.id == LogEntry.event_id)
            .where(LogEntry.number >= start)
            .order_by(LogEntry.number)
            .limit(CHUNK)
        ).all()
        if not rows:
            return
        texts = _texts(work, [row.id for row in rows])
        for number, event_id, digest, body in rows:
            yield json.dumps(
                {
                    "number": number,
                    "hash": digest,
                    "body": body,
                    "texts": texts.get(event_id, {}),
                },
                ensure_ascii=False,
            )
        start = rows[-1].number + 1


def _texts(work: Work, events: list[int]) -> dict[int, dict[str, dict[str, str | None]]]:
    found: dict[int, dict[str, dict[str, str | None]]] = {}
    query = select(EventText).where(EventText.event_id.in_(events))
    for text in work.session.scalars(query.order_by(EventText.event_id, EventText.name)):
        found.setdefault(text.event_id, {})[text.name] = {
            "salt": text.salt,
            "text": text.text,
            "erased_at": text.erased_at.isoformat() if text.erased_at else None,
            "erased_authority": text.erased_authority,
        }
    return found
