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

from sqlalchemy import CursorResult, Engine, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from enforcement.channels.message import (
    Attached,
    Message,
    NotSent,
    PermanentFailure,
    Sent,
    TemporaryFailure,
    Uncertain,
)
from enforcement.channels.print_folder import PrintedLetter
from enforcement.data.notices import Attempt, Notice, OutboxItem
from enforcement.domain.giving import Method
from enforcement.domain.permissions import Permission, system_actor
from enforcement.domain.refusals import BadInput, NotFound, Refusal, StaleVersion, WrongState
from enforcement.services import giving
from enforcement.services.files import fetch
from enforcement.services.outlets import Outlets, outlets_of
from enforcement.services.work import Work, transaction
from enforcement.settings import Settings

WORKER = system_actor("worker")
LEASE = timedelta(minutes=10)  # longer than the longest conversation with a mail server
BACK_OFF = (1, 5, 15, 60)  # minutes after the first, second, third and every later failure
GIVE_UP = timedelta(hours=24)  # then a person chooses another way
BREAKER_FAILURES = 5  # failures in a row after which a pass stops …
BREAKER_PAUSE = timedelta(minutes=5)  # … for this long
RECORD_TRIES = 5

Enqueue = Callable[[Session, int], None]


def sweep_will_find(session: Session, item_id: int) -> None:
    """The plainest way to queue: leave the item to the worker's sweep of every minute."""


@dataclass(frozen=True)
class Parcel:
    """What a claimed item sends: a mail or a letter for the post room."""

    item_id: int
    mail: Message | None = None
    letter: PrintedLetter | None = None


@dataclass(frozen=True)
class Outcome:
    """How one try ended: sent, placed, temporary, permanent or uncertain, with the raw answer."""

    kind: str
    evidence: str
    at: datetime


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
    `filename`; never a secret. Refuses BadInput for an unknown channel.
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
    outlets: Outlets | None = None
    with transaction(engine, WORKER, clock(), settings) as work:
        item = claim(work, item_id, worker)
        if item is None:
            return "left"
        try:
            parcel = _pack(work, item)
            outlets = outlets_of(work)
        except Refusal as refusal:
            _record(work, item, Outcome("permanent", refusal.sentence, work.now))
            return "permanent"
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
    if item.channel == "print":
        if content is None:
            raise BadInput("A letter needs its PDF.")
        letter = PrintedLetter(
            key=item.key,
            reference=payload["reference"],
            recipient=payload["recipient"],
            postcode=payload["postcode"],
            pages=int(payload["pages"]),
            pdf=content,
        )
        return Parcel(item.id, letter=letter)
    attached = (
        (Attached(payload["filename"], "application/pdf", content),) if content is not None else ()
    )
    mail = Message(
        key=item.key,
        to=item.to,
        subject=payload["subject"],
        text=payload["text"],
        attachments=attached,
    )
    return Parcel(item.id, mail=mail)


def _send(parcel: Parcel, outlets: Outlets, clock: Callable[[], datetime]) -> Outcome:
    now = clock()
    try:
        if parcel.letter is not None:
            placed = outlets.post.send(parcel.letter, now)
            return Outcome("placed", placed.evidence, clock())
        assert parcel.mail is not None  # noqa: S101 - a parcel holds one or the other
        sent: Sent = outlets.mail.send(parcel.mail, now)
        return Outcome("sent", f"{sent.provider_id} {sent.evidence}", clock())
    except TemporaryFailure as failure:
        return Outcome("temporary", failure.answer, clock())
    except PermanentFailure as failure:
        return Outcome("permanent", failure.answer, clock())
    except (Uncertain, NotSent) as failure:
        return Outcome("uncertain", failure.answer, clock())


def record(work: Work, item_id: int, outcome: Outcome, worker: str) -> None:
    """Record how a try ended, unless the claim is no longer ours.

    A claim that ran out while its send was still under way has become uncertain: the answer is
    then kept as an attempt for the person who settles it, and a proven sending settles it.
    """
    item = _item(work.session, item_id)
    ours = item.claimed_by == worker
    open_to = ("claimed", "uncertain") if outcome.kind in ("sent", "placed") else ("claimed",)
    if ours and item.state in open_to:
        _record(work, item, outcome)
    else:
        _attempt(work, item, outcome)


def _record(work: Work, item: OutboxItem, outcome: Outcome) -> None:
    _attempt(work, item, outcome)
    item.evidence, item.lease_until = outcome.evidence, None
    if outcome.kind in ("sent", "placed"):
        item.state, item.sent_at = "sent", outcome.at
        _after_sending(work, item, outcome)
    elif outcome.kind == "temporary" and work.now - item.created_at < GIVE_UP:
        item.state = "ready"
        wait = BACK_OFF[min(item.attempts, len(BACK_OFF)) - 1]
        item.next_try_at = work.now + timedelta(minutes=wait)
    elif outcome.kind == "uncertain":
        _doubt(work, item, "uncertain", outcome.evidence)
    else:
        _doubt(work, item, "failed", outcome.evidence)
    work.session.flush()


def _attempt(work: Work, item: OutboxItem, outcome: Outcome) -> None:
    work.session.add(
        Attempt(item_id=item.id, at=outcome.at, outcome=outcome.kind, evidence=outcome.evidence)
    )


def _after_sending(work: Work, item: OutboxItem, outcome: Outcome) -> None:
    """An email is given by the sending itself; a letter only once the post room has posted it."""
    notice = _notice(work.session, item)
    if notice is not None and notice.state in ("issued", "failed") and outcome.kind == "sent":
        giving.record(work, notice, outcome.at, Method.ELECTRONIC, outcome.evidence)


def _doubt(work: Work, item: OutboxItem, state: str, evidence: str) -> None:
    """Nothing more happens by itself: the case says so and a person settles it."""
    item.state = state
    notice = _notice(work.session, item)
    stream = "sending"
    if notice is not None:
        stream = f"case:{notice.case.reference}"
        notice.case.giving_in_doubt = True
        if state == "failed" and notice.state == "issued":
            notice.state = "failed"
    work.record(
        stream,
        f"sending_{state}",
        {"notice": notice.reference if notice else item.key, "reason": evidence},
    )


def expire(work: Work) -> int:
    """Claims whose lease ran out become uncertain. Returns how many; safe to run twice."""
    stale = list(
        work.session.scalars(
            select(OutboxItem).where(
                OutboxItem.state == "claimed", OutboxItem.lease_until <= work.now
            )
        )
    )
    for item in stale:
        words = f"{item.claimed_by} took this and did not say how it ended."
        _record(work, item, Outcome("uncertain", words, work.now))
    return len(stale)


def settle(
    work: Work, item_id: int, *, sent: bool, evidence: str, sent_at: datetime | None = None
) -> OutboxItem:
    """A person's finding on an uncertain or failed sending: it was sent (when), or it was not.

    Not sent: ready again, under the same key, so that it is the same notice. Refuses WrongState,
    BadInput (no evidence, no or a future time), NotAllowed.
    """
    work.require(Permission.RECORD_GIVING)
    item = _item(work.session, item_id)
    notice = _notice(work.session, item)
    if item.state not in ("uncertain", "failed"):
        raise WrongState("This sending is not in doubt.")
    if notice is not None and notice.state not in ("issued", "failed"):
        raise WrongState("The notice was given or withdrawn meanwhile.")
    if not evidence.strip():
        raise BadInput("Say what shows it: the server’s record, a call, the post room’s list.")
    if sent and (sent_at is None or sent_at > work.now or sent_at < item.created_at):
        raise BadInput("Say when it was sent: after it was issued, and not in the future.")
    words = evidence.strip()
    _attempt(work, item, Outcome("settled_sent" if sent else "settled_not", words, work.now))
    _record_settled(work, item, notice, sent, words)
    if sent and sent_at is not None:
        item.state, item.sent_at, item.evidence = "sent", sent_at, words
        if notice is not None and item.channel == "email":
            giving.record(work, notice, sent_at, Method.ELECTRONIC, words)
    else:
        item.state, item.next_try_at, item.lease_until = "ready", work.now, None
        if notice is not None:
            notice.state = "issued"
            giving.clear_doubt(work, notice.case)
    work.session.flush()
    return item


def _record_settled(
    work: Work, item: OutboxItem, notice: Notice | None, sent: bool, words: str
) -> None:
    work.record(
        f"case:{notice.case.reference}" if notice else "sending",
        "sending_settled",
        {
            "notice": notice.reference if notice else item.key,
            "settled_as": "sent" if sent else "not_sent",
            "evidence": words,
        },
        permission=Permission.RECORD_GIVING,
    )


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
        select(Attempt.outcome, Attempt.at).order_by(Attempt.id.desc()).limit(BREAKER_FAILURES)
    ).all()
    if len(latest) < BREAKER_FAILURES or {outcome for outcome, _ in latest} != {"temporary"}:
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
    """Stop a notice that nobody has begun to send. True when it was stopped in time."""
    stopped: CursorResult[Any] = work.session.execute(  # type: ignore[assignment]  # UPDATE gives a cursor
        update(OutboxItem)
        .where(OutboxItem.notice_id == notice.id, OutboxItem.state == "ready")
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


def attempts_of(session: Session, item: OutboxItem) -> list[Attempt]:
    return list(
        session.scalars(select(Attempt).where(Attempt.item_id == item.id).order_by(Attempt.id))
    )


def _item(session: Session, item_id: int) -> OutboxItem:
    item = session.get(OutboxItem, item_id, populate_existing=True)
    if item is None:
        raise NotFound("There is no such sending.")
    return item


def _notice(session: Session, item: OutboxItem) -> Notice | None:
    return session.get(Notice, item.notice_id) if item.notice_id is not None else None
