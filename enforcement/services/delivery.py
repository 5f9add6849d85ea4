"""What became of what was sent: told by the channel, by a bounce, by post that came back.

Each answer is one more line in the life of the item, word for word. What will not arrive puts
the giving in doubt, holds the case and opens a task (`giving.failed`); no day changes, since SI
2022/1175 reg 7 counts from sending.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CursorResult, Engine, select, update
from sqlalchemy.orm import Session

from enforcement.channels.message import Asked, NoAnswer
from enforcement.data.deliveries import Delivery
from enforcement.data.notices import Attempt, Notice, OutboxItem
from enforcement.domain.calendar import local_date
from enforcement.domain.delivery import Report, Stage, conclusive, next_ask
from enforcement.domain.giving import Method
from enforcement.domain.permissions import system_actor
from enforcement.services import giving, settling
from enforcement.services.outlets import asked_channels
from enforcement.services.settling import Outcome
from enforcement.services.work import Work, transaction
from enforcement.settings import Settings

_ORDER = list(Stage)  # a later answer never takes a message back to an earlier stage
_TOLD_IN_HISTORY = (Stage.DELIVERED, Stage.POSTED, Stage.FAILED, Stage.RETURNED)
ASKER = system_actor("worker")
NO_ANSWERS = 3  # in a row; then the pass rests until the next one


def take_report(work: Work, item: OutboxItem, told: Report) -> bool:
    """Keep what was told about an item, and do what follows. False when it was known already.

    The caller has checked who may, or is the worker asking the channel itself.
    """
    known = work.session.scalar(
        select(Attempt.id).where(
            Attempt.item_id == item.id,
            Attempt.outcome == told.stage.value,
            Attempt.evidence == told.evidence,
        )
    )
    if known is not None:
        return False
    settling.attempt(work, item, Outcome(told.stage.value, told.evidence, told.at))
    _raise_stage(work, item, told)
    notice = settling.notice_of(work.session, item)
    if told.stage in _TOLD_IN_HISTORY:
        facts = {"notice": notice.reference if notice else item.key, "stage": told.stage.value}
        work.record(
            settling.stream_of(notice), "delivery_reported", {**facts, "evidence": told.evidence}
        )
    if notice is not None:
        _follow(work, item, notice, told)
    work.session.flush()
    return True


def _raise_stage(work: Work, item: OutboxItem, told: Report) -> None:
    delivery = work.session.get(Delivery, item.id)
    if delivery is None:
        return
    delivery.provider_id = told.provider_id or delivery.provider_id
    before = Stage(delivery.stage) if delivery.stage else Stage.SENT
    if _ORDER.index(told.stage) >= _ORDER.index(before):
        delivery.stage = told.stage.value
    if told.final:
        delivery.next_ask_at = None


def _follow(work: Work, item: OutboxItem, notice: Notice, told: Report) -> None:
    """A letter that is in the post is given by that; what failed is doubted, held, to be done."""
    if told.stage is Stage.POSTED and notice.state in ("issued", "failed"):
        at = min(max(told.at, item.created_at), work.now)
        giving.record(work, notice, at, Method.FIRST_CLASS, told.evidence)
    if not told.stage.bad:
        return
    if notice.state in ("issued", "failed"):
        item.state = "failed"
    giving.failed(work, notice, _how(item, told.stage), told.evidence, local_date(told.at))


def _how(item: OutboxItem, stage: Stage) -> str:
    if stage is Stage.RETURNED:
        return "returned"
    return "bounced" if item.channel == "email" else "unsent"


@dataclass(frozen=True)
class Question:
    """What is asked about one item, read in its own transaction before anybody is asked."""

    item_id: int
    key: str
    state: str
    outlet: str
    provider_id: str | None
    tried_at: datetime


def due(session: Session, now: datetime, most: int = 200) -> list[int]:
    """Items about which a channel is to be asked now, the longest waiting first."""
    return list(
        session.scalars(
            select(Delivery.item_id)
            .where(Delivery.next_ask_at <= now)
            .order_by(Delivery.next_ask_at, Delivery.item_id)
            .limit(most)
        )
    )


def take_question(work: Work, item_id: int) -> Question | None:
    """Take the next question about an item, so that no other worker asks it; None when taken.

    The next time to ask is written before asking: killed in between, it is asked again then.
    """
    delivery = work.session.get(Delivery, item_id, populate_existing=True)
    if delivery is None or delivery.next_ask_at is None or delivery.next_ask_at > work.now:
        return None
    item = settling.item_of(work.session, item_id)
    since = item.sent_at or delivery.tried_at
    taken: CursorResult[object] = work.session.execute(  # type: ignore[assignment]  # UPDATE gives a cursor
        update(Delivery)
        .where(Delivery.item_id == item_id, Delivery.next_ask_at == delivery.next_ask_at)
        .values(
            next_ask_at=next_ask(since, delivery.asks + 1, work.now),
            asks=Delivery.asks + 1,
            asked_at=work.now,
        )
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1 or item.state not in ("sent", "uncertain"):
        return None
    return Question(
        item.id, item.key, item.state, delivery.outlet, delivery.provider_id, delivery.tried_at
    )


def take_answer(work: Work, question: Question, told: Report | None) -> str:
    """Keep what the channel answered; returns what it came to, in one word.

    An uncertain sending that the channel has was sent. One that it surely does not have is ready
    again under the same key, or failed when it has been tried for a day. Anything less sure is
    left to a person.
    """
    item = settling.item_of(work.session, question.item_id)
    delivery = work.session.get(Delivery, item.id, populate_existing=True)
    if delivery is None or item.state != question.state or delivery.tried_at != question.tried_at:
        return "left"  # settled or sent again meanwhile
    if told is None:
        return _missing(work, item, delivery, question)
    delivery.provider_id = told.provider_id
    if item.state == "uncertain":
        at = min(max(told.at, item.created_at), work.now)
        words = f"It has our reference {item.key}: {told.evidence}"
        settling.attempt(work, item, Outcome("settled_sent", words, work.now))
        settling.was_sent(work, item, at, words)
        delivery.stage = Stage.SENT.value
        if told.stage is Stage.SENT:
            return "sent"
    elif told.stage.value == delivery.stage:
        return "unchanged"
    take_report(work, item, told)
    return told.stage.value


def _missing(work: Work, item: OutboxItem, delivery: Delivery, question: Question) -> str:
    if item.state == "sent":
        delivery.next_ask_at = None  # it keeps nothing about it any more
        return "forgotten"
    if not conclusive(question.tried_at, work.now):
        return "unsure"
    words = f"It has no message with our reference {item.key}, asked at {work.now.isoformat()}."
    settling.attempt(work, item, Outcome("settled_not", words, work.now))
    delivery.next_ask_at = None
    if settling.given_up(work, item):
        settling.fail(work, item, words)
        return "failed"
    settling.was_not_sent(work, item, words)
    return "again"


def ask_unfinished(
    engine: Engine, settings: Settings, clock: Callable[[], datetime]
) -> dict[str, int]:
    """One pass over what is to be asked now: the channel is spoken to outside transactions.

    Counts by what the answers came to. Safe to run twice, and by several workers at once.
    """
    channels = asked_channels(settings)
    counts: dict[str, int] = {}
    if not channels:
        return counts
    with Session(engine) as session:
        waiting = due(session, clock())
    silent = 0
    for item_id in waiting:
        found = _ask_one(engine, settings, item_id, clock, channels)
        counts[found] = counts.get(found, 0) + 1
        silent = silent + 1 if found == "no answer" else 0
        if silent == NO_ANSWERS:
            break
    return counts


def _ask_one(
    engine: Engine,
    settings: Settings,
    item_id: int,
    clock: Callable[[], datetime],
    channels: Mapping[str, Asked],
) -> str:
    with transaction(engine, ASKER, clock(), settings) as work:
        question = take_question(work, item_id)
    if question is None or question.outlet not in channels:
        return "left"
    channel = channels[question.outlet]
    try:
        told = (
            channel.report(question.provider_id)
            if question.provider_id
            else channel.find(question.key)
        )
    except NoAnswer:
        return "no answer"
    with transaction(engine, ASKER, clock(), settings) as work:
        return take_answer(work, question, told)
