"""How a try to send ended: recorded once, doubted where nobody knows, settled by what shows it.

A sending that is *uncertain* is settled by a person, or by a channel that can be asked for our
key and answers for sure (`domain.delivery.conclusive`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from enforcement.data.deliveries import Delivery
from enforcement.data.notices import Attempt, Notice, OutboxItem
from enforcement.domain.delivery import SETTLE_AFTER, Stage, next_ask
from enforcement.domain.giving import Method
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, NotFound, WrongState
from enforcement.domain.tasks import TaskKind
from enforcement.services import giving, tasks
from enforcement.services.doubting import COUNTED
from enforcement.services.work import Work

BACK_OFF = (1, 5, 15, 60)  # minutes after the first, second, third and every later failure
GIVE_UP = timedelta(hours=24)  # then a person chooses another way
HANDED_OVER = ("sent", "placed")


@dataclass(frozen=True)
class Outcome:
    """How one try ended: sent, placed, temporary, permanent or uncertain, with the raw answer."""

    kind: str
    evidence: str
    at: datetime
    provider_id: str = ""


def begin(work: Work, item: OutboxItem, outlet: str, *, asked: bool) -> None:
    """Keep by which outlet a claimed item goes, before it goes: it may have to be asked."""
    delivery = work.session.get(Delivery, item.id) or Delivery(item_id=item.id)
    delivery.outlet, delivery.tried_at = outlet, work.now
    delivery.provider_id = delivery.stage = None
    delivery.asks, delivery.asked_at = 0, None
    delivery.next_ask_at = work.now + SETTLE_AFTER if asked else None
    work.session.add(delivery)
    work.session.flush()


def record(work: Work, item_id: int, outcome: Outcome, worker: str) -> None:
    """Record how a try ended, unless the claim is no longer ours.

    A claim that ran out while its send was still under way has become uncertain: the answer is
    then kept as an attempt for the person who settles it, and a proven sending settles it.
    """
    item = item_of(work.session, item_id)
    ours = item.claimed_by == worker
    open_to = ("claimed", "uncertain") if outcome.kind in HANDED_OVER else ("claimed",)
    if ours and item.state in open_to:
        apply(work, item, outcome)
    else:
        attempt(work, item, outcome)


def apply(work: Work, item: OutboxItem, outcome: Outcome) -> None:
    """Write how a try ended and what follows from it: done, tried again later, or in doubt."""
    attempt(work, item, outcome)
    doubted = item.state == "uncertain"
    item.evidence, item.lease_until = outcome.evidence, None
    delivery = work.session.get(Delivery, item.id)
    if outcome.kind in HANDED_OVER:
        item.state, item.sent_at = "sent", outcome.at
        _ask_later(work, delivery, outcome)
        _after_sending(work, item, outcome)
        if doubted:
            _known_again(work, item, f"The channel answered after all: {outcome.evidence}")
    elif outcome.kind == "temporary" and not given_up(work, item):
        item.state = "ready"
        wait = BACK_OFF[min(item.attempts, len(BACK_OFF)) - 1]
        item.next_try_at = work.now + timedelta(minutes=wait)
    elif outcome.kind == "uncertain":
        _doubt(work, item, outcome.evidence)
    else:
        fail(work, item, outcome.evidence)
    if delivery is not None and item.state not in ("sent", "uncertain"):
        delivery.next_ask_at = None
    work.session.flush()


def given_up(work: Work, item: OutboxItem) -> bool:
    """Whether it has been tried for a whole day: then a person chooses another way."""
    return work.now - item.created_at >= GIVE_UP


def attempt(work: Work, item: OutboxItem, outcome: Outcome) -> None:
    """One more line in the life of an item; lines are never changed."""
    work.session.add(
        Attempt(item_id=item.id, at=outcome.at, outcome=outcome.kind, evidence=outcome.evidence)
    )
    work.session.flush()


def _ask_later(work: Work, delivery: Delivery | None, outcome: Outcome) -> None:
    if delivery is None:
        return
    delivery.provider_id = outcome.provider_id or None
    delivery.stage = Stage.SENT.value
    if delivery.next_ask_at is not None:
        delivery.next_ask_at = next_ask(outcome.at, 0, work.now)


def _after_sending(work: Work, item: OutboxItem, outcome: Outcome) -> None:
    """An email is given by the sending itself; a letter only once it has been posted."""
    notice = notice_of(work.session, item)
    if notice is not None and notice.state in ("issued", "failed") and outcome.kind == "sent":
        giving.record(work, notice, outcome.at, Method.ELECTRONIC, outcome.evidence)


def _doubt(work: Work, item: OutboxItem, evidence: str) -> None:
    """Nobody knows whether it left: the case says so, and a task waits, until that is settled."""
    item.state = "uncertain"
    notice = notice_of(work.session, item)
    if notice is not None:
        if notice.kind in COUNTED:
            notice.case.giving_in_doubt = True
        key = f"{item.key} {item.attempts}"  # in doubt again after another try: another task
        kind = TaskKind.SENDING_UNCERTAIN
        tasks.open_task(work, notice.case, kind, key, f"{notice.reference}: {evidence}", notice)
    _told(work, item, notice, "sending_uncertain", evidence)


def _known_again(work: Work, item: OutboxItem, words: str) -> None:
    """It is known whether a sending left: the task that asked ends, and with a letter the doubt.

    An email that was sent is given by that, which ends the doubt itself.
    """
    notice = notice_of(work.session, item)
    if notice is None:
        return
    tasks.settle(work, notice.case, {TaskKind.SENDING_UNCERTAIN}, words, notice)
    if notice.state in ("issued", "failed"):
        _issued_again(work, notice)


def fail(work: Work, item: OutboxItem, evidence: str) -> None:
    """It did not leave and will not: giving in doubt, the case held, a task with a date."""
    item.state = "failed"
    notice = notice_of(work.session, item)
    _told(work, item, notice, "sending_failed", evidence)
    if notice is not None:
        giving.failed(work, notice, "unsent", evidence)


def _told(work: Work, item: OutboxItem, notice: Notice | None, kind: str, evidence: str) -> None:
    facts = {"notice": notice.reference if notice else item.key, "reason": evidence}
    work.record(stream_of(notice), kind, facts)


def stream_of(notice: Notice | None) -> str:
    """Where the history tells of a sending: with its case, or with the other sendings."""
    return f"case:{notice.case.reference}" if notice else "sending"


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
        apply(work, item, Outcome("uncertain", words, work.now))
    return len(stale)


def settle(
    work: Work, item_id: int, *, sent: bool, evidence: str, sent_at: datetime | None = None
) -> OutboxItem:
    """A person's finding on an uncertain or failed sending: it was sent (when), or it was not.

    Not sent: ready again, under the same key, so that it is the same notice. Refuses WrongState,
    BadInput (no evidence, no or a future time), NotAllowed.
    """
    work.require(Permission.RECORD_GIVING)
    item = item_of(work.session, item_id)
    notice = notice_of(work.session, item)
    if item.state not in ("uncertain", "failed"):
        raise WrongState("This sending is not in doubt.")
    if notice is not None and notice.state not in ("issued", "failed"):
        raise WrongState("The notice was given or withdrawn meanwhile.")
    if not evidence.strip():
        raise BadInput("Say what shows it: the server’s record, a call, the post room’s list.")
    if sent and (sent_at is None or sent_at > work.now or sent_at < item.created_at):
        raise BadInput("Say when it was sent: after it was issued, and not in the future.")
    words = evidence.strip()
    attempt(work, item, Outcome("settled_sent" if sent else "settled_not", words, work.now))
    if sent and sent_at is not None:
        was_sent(work, item, sent_at, words, Permission.RECORD_GIVING)
    else:
        was_not_sent(work, item, words, Permission.RECORD_GIVING)
    return item


def was_sent(
    work: Work,
    item: OutboxItem,
    at: datetime,
    evidence: str,
    permission: Permission | None = None,
) -> None:
    """What was in doubt was sent after all; an email is thereby given, if it still may be."""
    notice = notice_of(work.session, item)
    _record_settled(work, item, notice, "sent", evidence, permission)
    item.state, item.sent_at, item.evidence = "sent", at, evidence
    if notice is not None and notice.state in ("issued", "failed") and item.channel == "email":
        giving.record(work, notice, at, Method.ELECTRONIC, evidence)
    _known_again(work, item, evidence)
    work.session.flush()


def was_not_sent(
    work: Work, item: OutboxItem, evidence: str, permission: Permission | None = None
) -> None:
    """What was in doubt was not sent: ready again under its key, unless the notice has ended."""
    notice = notice_of(work.session, item)
    _record_settled(work, item, notice, "not_sent", evidence, permission)
    item.lease_until = None
    if notice is not None and notice.state not in ("issued", "failed"):
        item.state, item.evidence = "failed", evidence
        _known_again(work, item, evidence)
        return
    item.state, item.next_try_at = "ready", work.now
    _known_again(work, item, evidence)
    work.session.flush()


def _issued_again(work: Work, notice: Notice) -> None:
    notice.state = "issued"
    giving.clear_doubt(work, notice.case, notice)


def _record_settled(
    work: Work,
    item: OutboxItem,
    notice: Notice | None,
    settled_as: str,
    words: str,
    permission: Permission | None,
) -> None:
    work.record(
        stream_of(notice),
        "sending_settled",
        {
            "notice": notice.reference if notice else item.key,
            "settled_as": settled_as,
            "evidence": words,
        },
        permission=permission,
    )


def attempts_of(session: Session, item: OutboxItem) -> list[Attempt]:
    """The life of an item, oldest line first."""
    return list(
        session.scalars(select(Attempt).where(Attempt.item_id == item.id).order_by(Attempt.id))
    )


def item_of(session: Session, item_id: int) -> OutboxItem:
    """The item as it is stored now, or NotFound."""
    item = session.get(OutboxItem, item_id, populate_existing=True)
    if item is None:
        raise NotFound("There is no such sending.")
    return item


def notice_of(session: Session, item: OutboxItem) -> Notice | None:
    """The notice an item carries; a receipt carries none."""
    return session.get(Notice, item.notice_id) if item.notice_id is not None else None
