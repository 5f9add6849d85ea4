"""The whole history as a list: filtered, newest first, found by key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta

from sqlalchemy import ColumnElement, or_, select

from enforcement.data.history import Checkpoint, Event, EventText, LogEntry
from enforcement.domain.calendar import local_instant
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput
from enforcement.services.timeline import GROUPS, WORDS, Told, tell, tell_all
from enforcement.services.work import Work

VERIFICATIONS = "history"


@dataclass(frozen=True)
class Filters:
    """What is asked for. `kind` is a kind of event or a group of kinds; days are English days."""

    stream: str = ""
    kind: str = ""
    who: str = ""
    first: date | None = None
    last: date | None = None


def conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """What an event must meet. Refuses (BadInput) a kind that does not exist."""
    found: list[ColumnElement[bool]] = []
    if filters.stream:
        wanted = filters.stream.strip()
        found.append(or_(Event.stream == wanted, Event.stream == f"case:{wanted.upper()}"))
    if filters.kind in GROUPS:
        kinds = [kind for kind, words in WORDS.items() if words.group == filters.kind]
        found.append(Event.kind.in_(kinds))
    elif filters.kind:
        if filters.kind not in WORDS:
            raise BadInput(f"There is no kind of event “{filters.kind}”.")
        found.append(Event.kind == filters.kind)
    if filters.who.strip():
        # The text is canonical, so a key and its value always stand together in this form.
        typed = json.dumps(filters.who.strip(), ensure_ascii=False)[1:-1]
        found.append(
            or_(
                Event.body.contains(f'"actor":"{typed}"', autoescape=True),
                Event.body.icontains(f'"actor_name":"{typed}', autoescape=True),
            )
        )
    if filters.first is not None:
        found.append(Event.at >= local_instant(filters.first, time()))
    if filters.last is not None:
        found.append(Event.at < local_instant(filters.last + timedelta(days=1), time()))
    return found


def page(
    work: Work, filters: Filters, size: int, before: int | None = None
) -> tuple[list[Told], int | None]:
    """Events older than `before`, newest first, and the key of the page after; two statements."""
    work.require(Permission.READ_HISTORY)
    query = select(Event).where(*conditions(filters)).order_by(Event.id.desc()).limit(size + 1)
    if before is not None:
        query = query.where(Event.id < before)
    events = list(work.session.scalars(query))
    more, events = len(events) > size, events[:size]
    return tell_all(work.session, events), events[-1].id if more else None


def stream_told(work: Work, stream: str) -> list[Told]:
    """Every event of one stream in words, in order. Needs the right to read the history."""
    work.require(Permission.READ_HISTORY)
    query = select(Event).where(Event.stream == stream).order_by(Event.seq)
    return tell_all(work.session, list(work.session.scalars(query)))


def last_verification(work: Work) -> Told | None:
    """The latest verification recorded, or None."""
    query = select(Event).where(Event.kind == "history_verified").order_by(Event.id.desc())
    event = work.session.scalar(query.limit(1))
    return tell(event) if event is not None else None


def checkpoints(work: Work, size: int = 50) -> list[Checkpoint]:
    """The newest signed heads of the log."""
    query = select(Checkpoint).order_by(Checkpoint.size.desc()).limit(size)
    return list(work.session.scalars(query))


def json_lines(work: Work, stream: str) -> Iterator[str]:
    """A stream's events, one JSON object a line, in order: the canonical text as it was hashed,
    so that anybody can check each hash and link without this service. The same shape as the
    export of the whole history; `number` is null for an event not yet in the log."""
    work.require(Permission.READ_HISTORY)
    texts: dict[int, dict[str, dict[str, str | None]]] = {}
    wanted = select(EventText).join(Event).where(Event.stream == stream)
    for text in work.session.scalars(wanted.order_by(EventText.event_id, EventText.name)):
        texts.setdefault(text.event_id, {})[text.name] = {
            "salt": text.salt,
            "text": text.text,
            "erased_at": text.erased_at.isoformat() if text.erased_at else None,
            "erased_authority": text.erased_authority,
        }
    rows = work.session.execute(
        select(LogEntry.number, Event.id, Event.hash, Event.body)
        .select_from(Event)
        .outerjoin(LogEntry, LogEntry.event_id == Event.id)
        .where(Event.stream == stream)
        .order_by(Event.seq)
    )
    for number, event_id, digest, body in rows:
        line = {"number": number, "hash": digest, "body": body, "texts": texts.get(event_id, {})}
        yield json.dumps(line, ensure_ascii=False)
