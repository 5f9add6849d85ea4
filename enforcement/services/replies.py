"""Replies as they come: sent once whatever happens, or keyed from paper.

A reply is never edited, and each thing said becomes a point (`services.reply_points`). A late
reply is kept and marked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import func, select

from enforcement.data.cases import Case
from enforcement.data.replies import Reply, ReplyDraft, ReplyFile, ReplyLink, ReplyPoint
from enforcement.domain.calendar import local_instant
from enforcement.domain.clocks import ClockKind
from enforcement.domain.events import Fact
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, NotFound, about
from enforcement.domain.replies import (
    OTHER,
    REASONS,
    SOURCES,
    declaration,
    is_late,
    missing,
    points_of,
)
from enforcement.domain.tasks import TaskKind
from enforcement.services import receipts, reply_asking, tasks
from enforcement.services.case_facts import period_end
from enforcement.services.cases import stream
from enforcement.services.evidence import Examined
from enforcement.services.reply_drafts import (
    checked_words,
    files_of,
    keep_file,
    refuse_decided,
    told_titles,
)
from enforcement.services.reply_receipts import queue_receipt
from enforcement.services.work import Work

NOON = time(12, 0)  # the time given to a reply that came on a day, by post


@dataclass(frozen=True)
class Sender:
    """Who replied, in what role, and for whom."""

    name: str
    role: str
    email: str = ""
    phone: str = ""
    acting_for: str = ""

    def as_json(self) -> dict[str, str]:
        return {
            "name": self.name,
            "role": self.role,
            "email": self.email,
            "phone": self.phone,
            "acting_for": self.acting_for,
        }


@dataclass(frozen=True)
class Keyed:
    """A reply that came by post, telephone or email, as an officer types it in."""

    source: str
    received_on: date
    sender: Sender
    reasons: Sequence[str]
    words: str
    form_key: str
    files: Sequence[Examined] = field(default_factory=tuple)


def find(work: Work, case: Case, reference: str) -> Reply:
    """A reply of this case. Refuses NotFound."""
    row = work.session.scalar(
        select(Reply).where(Reply.case_id == case.id, Reply.reference == reference)
    )
    if row is None:
        raise NotFound(f"There is no reply with the reference {reference}.")
    return row


def of_case(work: Work, case: Case) -> list[Reply]:
    """Every reply of a case in the order received."""
    return list(
        work.session.scalars(
            select(Reply).where(Reply.case_id == case.id).order_by(Reply.received_at, Reply.id)
        )
    )


def send(work: Work, link: ReplyLink, form_key: str) -> Reply:
    """Turn the draft into a reply. The same form key again gives the same reply, stored once.

    Refuses NotFound for a key of another link, BadInput when a page is unanswered, WrongState
    once the case is decided.
    """
    draft = work.session.scalar(
        select(ReplyDraft)
        .where(ReplyDraft.link_id == link.id, ReplyDraft.form_key == form_key)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if draft is None:
        raise NotFound("That reply is not one of this link’s.")
    stored = work.session.scalar(select(Reply).where(Reply.form_key == form_key))
    if stored is not None:
        return stored
    case = link.case
    refuse_decided(case)
    if missing(draft.answers, several_windows=len(case.misses) > 1):
        raise BadInput("Some questions are still unanswered. Answer them before you send.")
    sender = Sender(**draft.answers["sender"])
    files = files_of(work, draft)
    answers = {key: told for key, told in draft.answers.items() if key != "parked"}
    answers["declared"] = declaration(answers["reasons"], sender.acting_for)
    reply = _store(work, case, "link", work.now, sender, answers, files, form_key)
    draft.sent_at = work.now
    _tell_officer(work, reply)
    queue_receipt(work, reply)
    work.session.flush()
    return reply


def _tell_officer(work: Work, reply: Reply) -> None:
    """What cannot wait for the reply to be read: time asked for, and evidence in the post."""
    answers, case = reply.answers, reply.case
    posting = answers.get("posting", {}).get("what", "")
    if posting:
        reply_asking.expect_post(work, case, answers["posting"]["reference"], posting)
    if "more_time" in answers["reasons"]:
        said = next(p.text for p in reply.points if p.reason == "more_time")
        key = f"{case.reference} {reply.reference}"
        tasks.open_task(work, case, TaskKind.MORE_TIME, key, said)


def key(work: Work, case: Case, keyed: Keyed) -> Reply:
    """Key a reply that came by post, telephone or email; from here on it is treated the same.

    Refuses BadInput (source, day, name, words), WrongState once decided, NotAllowed.
    """
    work.require(Permission.KEY_REPLY)
    stored = work.session.scalar(select(Reply).where(Reply.form_key == keyed.form_key))
    if stored is not None and stored.case_id == case.id:
        return stored
    refuse_decided(case)
    answers = _keyed_answers(work, keyed)
    files = [keep_file(work, case, each) for each in keyed.files]
    received = _received_at(work, keyed.received_on)
    return _store(work, case, keyed.source, received, keyed.sender, answers, files, keyed.form_key)


def _keyed_answers(work: Work, keyed: Keyed) -> dict[str, Any]:
    if keyed.source not in SOURCES or keyed.source == "link":
        raise BadInput("Choose how the reply came: post, telephone or email.", about="source")
    if keyed.received_on > work.today:
        raise BadInput("The day it was received cannot be in the future.", about="received_on")
    if not keyed.sender.name.strip():
        raise BadInput("Enter who replied.", about="name")
    with about("words"):
        words = checked_words(keyed.words, needed=True)
    reasons = [key for key in REASONS if key in keyed.reasons]
    return {
        "reasons": reasons,
        # what was written is one text: it stands with the first thing said
        "details": {reasons[0]: {"words": words}} if reasons else {},
        "words": words,
        "sender": keyed.sender.as_json(),
    }


def _received_at(work: Work, day: date) -> datetime:
    return (
        min(work.now, local_instant(day, NOON)) if day == work.today else local_instant(day, NOON)
    )


def _store(
    work: Work,
    case: Case,
    source: str,
    received_at: datetime,
    sender: Sender,
    answers: dict[str, Any],
    files: Sequence[ReplyFile],
    form_key: str,
) -> Reply:
    ends_on = period_end(work.session, case)
    reply = Reply(
        case_id=case.id,
        reference=_next_reference(work, case),
        form_key=form_key,
        source=source,
        received_at=received_at,
        keyed_by=None if source == "link" else work.actor.identity,
        late=is_late(received_at, ends_on),
        sender_name=sender.name,
        sender_role=sender.role,
        sender_email=sender.email or None,
        answers=answers,
        receipt={},
    )
    reply.receipt = _receipt(work, case, reply, files, ends_on)
    work.session.add(reply)
    work.session.flush()
    for row in files:
        row.reply_id = reply.id
    told = points_told(answers, case)
    for number, (reason, text) in enumerate(told, 1):
        work.session.add(ReplyPoint(reply_id=reply.id, number=number, text=text, reason=reason))
    facts: dict[str, Fact] = {
        "reply": reply.reference,
        "source": source,
        "late": reply.late,
        "received_at": received_at.isoformat(),
        "files": [row.original_sha256 for row in files],
        "reasons": list(answers["reasons"]),
    }
    work.record(
        stream(case),
        "reply_received",
        facts,
        texts={
            "words": "\n\n".join(text for _, text in told),
            "sender": f"{sender.name}, {sender.role}",
        },
        permission=None if source == "link" else Permission.KEY_REPLY,
    )
    work.session.flush()
    work.session.refresh(reply, ["points", "files"])
    return reply


def points_told(answers: Mapping[str, Any], case: Case) -> list[tuple[str, str]]:
    """What was said, as (reason, words), as it came: splitting points later changes nothing."""
    if not answers["reasons"]:
        return [(OTHER, str(answers.get("words", "")))]
    return [(point.reason, point.text) for point in points_of(answers, told_titles(case, answers))]


def _next_reference(work: Work, case: Case) -> str:
    count = work.session.scalar(select(func.count()).where(Reply.case_id == case.id)) or 0
    return f"{case.reference}-R{count + 1}"


def _receipt(
    work: Work, case: Case, reply: Reply, files: Sequence[ReplyFile], ends_on: date | None
) -> dict[str, Any]:
    """What the receipt said at the time; shown again as it was, whatever happens later."""
    decide_by = next(
        (c.due_on for c in case.clocks if c.kind == ClockKind.DECISION and c.ended_at is None), None
    )
    return {
        "reference": reply.reference,
        "received_at": reply.received_at.isoformat(),
        "stored_at": work.now.isoformat(),
        "late": reply.late,
        "period_ends_on": ends_on.isoformat() if ends_on else None,
        "decide_by": decide_by.isoformat() if decide_by else None,
        "files": [
            {"name": f.name, "kind": f.kind, "size": f.size, "sha256": f.original_sha256}
            for f in files
        ],
        "block": receipts.signed(work.settings, reply, files, ends_on),
    }
