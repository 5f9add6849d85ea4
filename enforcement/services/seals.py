"""The seal: that what is approved and issued is, byte for byte, what a person saw; and that the
person who sealed it took no other part in the case."""

from __future__ import annotations

import json

from sqlalchemy import select

from enforcement.data.cases import Case
from enforcement.data.history import Event
from enforcement.data.notices import Notice
from enforcement.domain.permissions import Part
from enforcement.domain.refusals import SamePerson, SealBroken
from enforcement.services import links
from enforcement.services.case_facts import INTENT, seal_holds
from enforcement.services.cases import stream
from enforcement.services.work import Work


def refuse_broken(work: Work, case: Case, notice: Notice, done: str) -> None:
    """Refuse SealBroken unless bytes and facts are those sealed, and those the history names.

    `done` is the event that sealed them last: "submitted" or "approved".
    """
    if not seal_holds(work, notice) or not _history_agrees(work, case, notice, done):
        raise SealBroken(
            f"The facts or the document of {notice.reference} are not what was {done}.",
            rule="Sealed approval",
            fix="Return the notice and draft it again.",
        )


def _history_agrees(work: Work, case: Case, notice: Notice, done: str) -> bool:
    prefix = "intent" if notice.kind == INTENT else "final"
    body = work.session.scalar(
        select(Event.body)
        .where(Event.stream == stream(case), Event.kind == f"{prefix}_{done}")
        .order_by(Event.seq.desc())
        .limit(1)
    )
    facts = json.loads(body)["facts"] if body else {}
    return (facts.get("notice"), facts.get("pdf_sha256"), facts.get("facts_sha256")) == (
        notice.reference,
        notice.pdf_sha256,
        notice.facts_sha256,
    )


def refuse_old_link(work: Work, case: Case, notice: Notice) -> None:
    """Refuse SealBroken when the printed code no longer opens anything.

    A link re-issued or revoked after approval makes the printed code useless."""
    link = links.current(work, case) if notice.kind == INTENT else None
    if link is None or notice.submitted_at is None:
        return
    if link.revoked_at is not None or link.issued_at > notice.submitted_at:
        raise SealBroken(
            "The reply code printed on the notice has been replaced since it was drafted.",
            fix="Return the notice and draft it again, so that it carries the code in force.",
        )


_PART_EVENTS = {
    Part.DRAFTER: ("intent_drafted", "intent_submitted", "final_drafted", "final_submitted"),
    Part.APPROVER: ("intent_approved", "intent_returned", "final_approved", "final_returned"),
}


def refuse_other_part(work: Work, case: Case, part: Part) -> None:
    """Nobody drafts and approves on one case over its whole life, drafts since replaced included.

    Refuses SamePerson, from the history: the notice's row only knows its last drafter.
    """
    other = Part.APPROVER if part is Part.DRAFTER else Part.DRAFTER
    bodies = work.session.scalars(
        select(Event.body).where(Event.stream == stream(case), Event.kind.in_(_PART_EVENTS[other]))
    )
    if any(json.loads(body)["actor"] == work.actor.identity for body in bodies):
        raise SamePerson(
            f"{work.actor.name} has already acted as {other.value} on this case, so may not act "
            f"as {part.value}.",
            rule="Separation of duties",
            fix="Ask a colleague who has taken no other part in this case.",
        )
