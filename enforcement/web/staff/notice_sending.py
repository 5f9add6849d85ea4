"""The life of each thing that was sent with a notice, as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import url_for

from enforcement.data.cases import Case
from enforcement.data.deliveries import Delivery
from enforcement.data.notices import Notice, OutboxItem
from enforcement.domain.delivery import Stage
from enforcement.domain.permissions import Permission, can
from enforcement.domain.words import with_moments
from enforcement.services import sending, settling
from enforcement.services.work import Work
from enforcement.web import pages
from enforcement.web.filters import moment

STATES: dict[str, pages.Tag] = {
    "ready": pages.Tag("Waiting to be sent", "white"),
    "claimed": pages.Tag("Being sent", "blue"),
    "sent": pages.Tag("Sent", "green"),
    "uncertain": pages.Tag("Not known whether it was sent", "red"),
    "failed": pages.Tag("Not sent", "red"),
}
STAGES: dict[Stage, pages.Tag] = {
    Stage.SENT: pages.Tag("Sent", "green"),
    Stage.ACCEPTED: pages.Tag("On its way", "blue"),
    Stage.DELIVERED: pages.Tag("Delivered", "green"),
    Stage.POSTED: pages.Tag("Posted", "green"),
    Stage.SOFT: pages.Tag("Not delivered yet", "yellow"),
    Stage.FAILED: pages.Tag("Failed", "red"),
    Stage.RETURNED: pages.Tag("Came back", "red"),
}
OUTLETS = {
    "smtp": "by email, through the mail server",
    "folder": "by email, kept in the mail folder",
    "print": "by post, through the print folder",
    "notify": "through GOV.UK Notify",
}
OUTCOMES: dict[str, pages.Tag] = {
    "sent": pages.Tag("Sent", "green"),
    "placed": pages.Tag("Handed over to be posted", "green"),
    "temporary": pages.Tag("Refused for now", "yellow"),
    "permanent": pages.Tag("Refused for good", "red"),
    "uncertain": pages.Tag("Not known", "red"),
    "settled_sent": pages.Tag("Settled: it was sent", "green"),
    "settled_not": pages.Tag("Settled: it was not sent", "white"),
    Stage.ACCEPTED.value: pages.Tag("Accepted", "blue"),
    Stage.DELIVERED.value: pages.Tag("Delivered", "green"),
    Stage.POSTED.value: pages.Tag("Posted", "green"),
    Stage.SOFT.value: pages.Tag("Not delivered yet: still being tried", "yellow"),
    Stage.FAILED.value: pages.Tag("Failed for good", "red"),
    Stage.RETURNED.value: pages.Tag("Came back", "red"),
}


@dataclass(frozen=True, slots=True)
class LifeLine:
    """One thing that happened to a sending, and the answer as it was given."""

    at: datetime
    tag: pages.Tag
    answer: str = ""


@dataclass(frozen=True, slots=True)
class SendingView:
    """One thing that is sent: to whom, how, how far it has come, its life, what comes next."""

    id: int
    to: str
    state: pages.Tag
    life: tuple[LifeLine, ...]
    following: str
    settle_url: str = ""


def views(work: Work, case: Case, notice: Notice) -> tuple[SendingView, ...]:
    """Everything the outbox holds for a notice, for this person."""
    may = can(work.actor, Permission.RECORD_GIVING) and notice.state in ("issued", "failed")
    return tuple(
        _view(work, case, notice, item, may) for item in sending.items_of(work.session, notice)
    )


def _view(work: Work, case: Case, notice: Notice, item: OutboxItem, may: bool) -> SendingView:
    delivery = work.session.get(Delivery, item.id)
    open_question = may and item.state in ("uncertain", "failed")
    return SendingView(
        item.id,
        _to(item, notice, delivery),
        _tag(item, delivery),
        _life(work, item),
        _following(item, delivery, work.now),
        url_for("giving.settle", reference=case.reference, notice_id=notice.id, item_id=item.id)
        if open_question
        else "",
    )


def _to(item: OutboxItem, notice: Notice, delivery: Delivery | None) -> str:
    where = item.to or ", ".join((notice.recipient["name"], notice.recipient["postcode"]))
    way = "by email" if item.channel == "email" else "by post"
    return f"To {where}, {OUTLETS[delivery.outlet] if delivery else way}"


def _tag(item: OutboxItem, delivery: Delivery | None) -> pages.Tag:
    """How far it has come: once it was sent, what was told about it since."""
    if item.state in ("sent", "failed") and delivery is not None and delivery.stage:
        stage = Stage(delivery.stage)
        handed_over = item.channel == "print" and stage is Stage.SENT
        return pages.Tag("Handed over", "blue") if handed_over else STAGES[stage]
    return STATES[item.state]


def _life(work: Work, item: OutboxItem) -> tuple[LifeLine, ...]:
    return (
        LifeLine(item.created_at, pages.Tag("Created", "white")),
        *(
            LifeLine(
                one.at,
                OUTCOMES.get(one.outcome, pages.Tag(one.outcome)),
                with_moments(one.evidence or ""),
            )
            for one in settling.attempts_of(work.session, item)
        ),
    )


def _following(item: OutboxItem, delivery: Delivery | None, now: datetime) -> str:
    """What happens next by itself, and until when; nothing when a person is needed."""
    if item.state == "ready":
        tried = f"It is tried {'again ' if item.attempts else ''}from {moment(item.next_try_at)}"
        until = f", until {moment(item.created_at + settling.GIVE_UP)}" if item.attempts else ""
        return f"{tried}{until}."
    if delivery is not None and delivery.next_ask_at is not None:
        when = "shortly" if delivery.next_ask_at <= now else f"at {moment(delivery.next_ask_at)}"
        about = "whether it was sent" if item.state == "uncertain" else "what became of it"
        return f"GOV.UK Notify is asked {about} {when}."
    return ""
