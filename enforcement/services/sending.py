"""Sending, at most once: an outbox item is claimed, sent, and its outcome recorded.

The claim is committed before the other side is spoken to. A claim whose lease ran out is
*uncertain* and goes to a person, never back to ready (reliability D1): nobody can know whether
the message left, and a notice may reach its reader at most once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Engine, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from enforcement.channels.message import (
    Attached,
    Message,
    NotSent,
    PermanentFailure,
    PrintedLetter,
    TemporaryFailure,
)
from enforcement.data.notices import Attempt, Notice, OutboxItem
from enforcement.domain.permissions import system_actor
from enforcement.domain.refusals import BadInput, Refusal, StaleVersion
from enforcement.services.case_facts import FINAL, INTENT
from enforcement.services.files import fetch
from enforcement.services.outlets import Outlets, outlets_of
from enforcement.services.settling import Outcome, apply, begin, expire, notice_of, record
from enforcement.services.work import Work, transaction
from enforcement.settings import Settings

WORKER = system_actor("worker")
LEASE = timedelta(minutes=10)  # longer than the longest conversation with a mail server
BREAKER_FAILURES = 5  # failures in a row after which a pass stops …
BREAKER_PAUSE = timedelta(minutes=5)  # … for this long
RECORD_TRIES = 5
TRIES = ("sent", "placed", "temporary", "permanent", "uncertain")  # the lines that a try writes
_NO_LUCK = {"temporary", "uncertain"}
FIRST_CLASS = (INTENT, FINAL, "withdrawal")  # given under SI 2022/1175 reg 7

Enqueue = Callable[[Session, int], None]


def sweep_will_find(session: Session, item_id: int) -> None:
    """The plainest way to queue: leave the item to the worker's sweep of every minute."""


@dataclass(frozen=True)
class Parcel:
    """What a claimed item sends, until when it may begin: a mail, or a letter to be posted."""

    lease_until: datetime
    mail: Message | None = None
    letter: PrintedLetter | None = None


def queue(
    work: Work,
    key: str,
    channel: str,
    to: str,
    payload: Mapping[str, Any],
    *,
    notice: Notice | None = None,
    not_before: datetime | None = None,
) -> OutboxItem:
    """Put one thing to send into the outbox. The same key twice is the same item.

    `payload`: subject and text of a mail, and `attach` (the hash of a stored PDF) with
    `filename`; never a secret: words that hold one are stored encrypted, and `sealed` is their
    hash. Refuses BadInput for an unknown channel.
    """
    if channel not in ("email", "print"):
        raise BadInput(f"Nothing is sent by “{channel}”.")
    found = work.session.scalar(select(OutboxItem).where(OutboxItem.key == key))
    if found is not None:
        return found
    item = OutboxItem(
        key=key,
        notice_id=notice.id if notice else None,
        channel=channel,
        to=to,
        payload=dict(payload),
        state="ready",
        next_try_at=max(work.now, not_before or work.now),
        created_at=work.now,
    )
    work.session.add(item)
    work.session.flush()
    return item


def claim(work: Work, item_id: int, worker: str) -> OutboxItem | None:
    """Take a ready item that is due, or None when another has it or it is not its time."""
    taken: CursorResult[Any] = work.session.execute(  # type: ignore[assignment]  # UPDATE gives a cursor
        update(OutboxItem)
        .where(
            OutboxItem.id == item_id,
            OutboxItem.state == "ready",
            OutboxItem.next_try_at <= work.now,
        )
        .values(
            state="claimed",
            claimed_by=worker,
            lease_until=work.now + LEASE,
            attempts=OutboxItem.attempts + 1,
        )
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:
        return None
    return work.session.get(OutboxItem, item_id, populate_existing=True)


def deliver(
    engine: Engine, settings: Settings, item_id: int, clock: Callable[[], datetime], worker: str
) -> str:
    """Claim, send and record one item; returns how it ended, or "left" when it was not ours.

    Three steps, each its own transaction or none: killed between any two, the item is ready (not
    yet claimed) or its claim runs out and becomes uncertain.
    """
    with transaction(engine, WORKER, clock(), settings) as work:
        item = claim(work, item_id, worker)
        if item is None:
            return "left"
        try:
            parcel = _pack(work, item)
            outlets = outlets_of(work)
        except Refusal as refusal:
            apply(work, item, Outcome("permanent", refusal.sentence, work.now))
            return "permanent"
        outlet = outlets.name_for(item.channel)
        begin(work, item, outlet, asked=outlet in outlets.asked)
    outcome = _send(parcel, outlets, clock)
    return _keep_recording(engine, settings, item_id, outcome, worker)


def _keep_recording(
    engine: Engine, settings: Settings, item_id: int, outcome: Outcome, worker: str
) -> str:
    """The outcome is known and must not be lost to an officer saving the same case meanwhile."""
    for left in reversed(range(RECORD_TRIES)):
        try:
            with transaction(engine, WORKER, outcome.at, settings) as work:
                record(work, item_id, outcome, worker)
            break
        except (StaleVersion, OperationalError):
            if not left:
                raise
    return outcome.kind


def _pack(work: Work, item: OutboxItem) -> Parcel:
    payload = item.payload
    content = fetch(work, payload["attach"]).content if payload.get("attach") else None
    lease = item.lease_until or work.now
    if item.channel == "print":
        if content is None:
            raise BadInput("A letter needs its PDF.")
        notice = notice_of(work.session, item)
        letter = PrintedLetter(
            key=item.key,
            reference=payload["reference"],
            recipient=payload["recipient"],
            postcode=payload["postcode"],
            pages=int(payload["pages"]),
            pdf=content,
            notice=notice is None or notice.kind in FIRST_CLASS,
        )
        return Parcel(lease, letter=letter)
    attached = (
        (Attached(payload["filename"], "application/pdf", content),) if content is not None else ()
    )
    mail = Message(
        key=item.key,
        to=item.to,
        subject=payload["subject"],
        text=_words(work, payload),
        attachments=attached,
    )
    return Parcel(lease, mail=mail)


def _words(work: Work, payload: Mapping[str, Any]) -> str:
    """The words of a mail; those that hold a code are kept encrypted, and opened only here."""
    if payload.get("sealed"):
        return fetch(work, payload["sealed"]).content.decode()
    return str(payload["text"])


def _send(parcel: Parcel, outlets: Outlets, clock: Callable[[], datetime]) -> Outcome:
    """Send, unless the claim ran out before it could begin: by then it may have been settled."""
    now = clock()
    if now >= parcel.lease_until:
        return Outcome("temporary", "The claim ran out before anything was sent.", now)
    try:
        if parcel.letter is not None:
            sent, kind = outlets.post.send(parcel.letter, now), "placed"
        else:
            assert parcel.mail is not None  # noqa: S101 - a parcel holds one or the other
            sent, kind = outlets.mail.send(parcel.mail, now), "sent"
        words = f"{sent.provider_id} {sent.evidence}" if sent.channel == "smtp" else sent.evidence
        return Outcome(kind, words, clock(), sent.provider_id)
    except TemporaryFailure as failure:
        return Outcome("temporary", failure.answer, clock())
    except PermanentFailure as failure:
        return Outcome("permanent", failure.answer, clock())
    except NotSent as failure:  # Uncertain, and whatever else does not prove that nothing was sent
        return Outcome("uncertain", failure.answer, clock())


def due(session: Session, now: datetime, most: int = 200) -> list[int]:
    """Items ready and due, oldest first."""
    return list(
        session.scalars(
            select(OutboxItem.id)
            .where(OutboxItem.state == "ready", OutboxItem.next_try_at <= now)
            .order_by(OutboxItem.next_try_at, OutboxItem.id)
            .limit(most)
        )
    )


def paused_until(session: Session, now: datetime) -> datetime | None:
    """Until when sending rests: five failures in a row, the last of them within five minutes."""
    latest = session.execute(
        select(Attempt.outcome, Attempt.at)
        .where(Attempt.outcome.in_(TRIES))
        .order_by(Attempt.id.desc())
        .limit(BREAKER_FAILURES)
    ).all()
    if len(latest) < BREAKER_FAILURES or {one.outcome for one in latest} - _NO_LUCK:
        return None
    until: datetime = latest[0].at + BREAKER_PAUSE
    return until if until > now else None


def deliver_ready(
    engine: Engine, settings: Settings, clock: Callable[[], datetime], worker: str
) -> dict[str, int]:
    """One pass over everything due: the safety net behind the queue. Counts by outcome.

    Leases that ran out are expired first; a mail server that fails five times in a row is left
    alone for five minutes.
    """
    counts: dict[str, int] = {}
    with transaction(engine, WORKER, clock(), settings) as work:
        if expired := expire(work):
            counts["expired"] = expired
        waiting = due(work.session, work.now)
    for item_id in waiting:
        with Session(engine) as session:
            if paused_until(session, clock()) is not None:
                counts["paused"] = counts.get("paused", 0) + 1
                break
        outcome = deliver(engine, settings, item_id, clock, worker)
        counts[outcome] = counts.get(outcome, 0) + 1
    return counts


def cancel_unsent(work: Work, notice: Notice) -> bool:
    """Stop a notice that nobody has begun to send, and its copies. True when it was stopped in
    time: a copy gives nothing, so it does not count."""
    copies = OutboxItem.key.startswith(f"copy-{notice.reference}-", autoescape=True)
    _stop(work, copies)
    return _stop(work, OutboxItem.notice_id == notice.id)


def _stop(work: Work, which: ColumnElement[bool]) -> bool:
    stopped: CursorResult[Any] = work.session.execute(  # type: ignore[assignment]  # UPDATE gives a cursor
        update(OutboxItem)
        .where(which, OutboxItem.state == "ready")
        .values(state="failed", evidence="Stopped before it was sent: the notice was withdrawn.")
        .execution_options(synchronize_session=False)
    )
    return stopped.rowcount > 0


def items_of(session: Session, notice: Notice) -> list[OutboxItem]:
    return list(
        session.scalars(
            select(OutboxItem).where(OutboxItem.notice_id == notice.id).order_by(OutboxItem.id)
        )
    )
