"""Complaints and safeguarding concerns in a reply: passed on the same day, kept out of the case.

The words passed on are personal: they stand beside the history under a salted hash and in no
notice, letter or bundle. The email carries none of them. The case does not change.
"""

from __future__ import annotations

from sqlalchemy import select

from enforcement.data.cases import Case
from enforcement.data.deciding import Concern
from enforcement.data.replies import Reply
from enforcement.domain.concerns import ConcernKind, mailbox
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput
from enforcement.domain.tasks import TaskKind
from enforcement.services import sending, tasks
from enforcement.services.cases import stream
from enforcement.services.policies import in_force
from enforcement.services.work import Work

POLICY = "routing"


def of_case(work: Work, case: Case) -> list[Concern]:
    """Every concern passed on from a case, in order."""
    return list(
        work.session.scalars(select(Concern).where(Concern.case_id == case.id).order_by(Concern.id))
    )


def route(work: Work, case: Case, kind: str, words: str, reply: Reply | None = None) -> Concern:
    """Pass a concern on to the mailbox that policy sets, today, and ask the officer to hear back.

    Refuses BadInput (kind, no words, no mailbox), NotFound without the policy, NotAllowed.
    """
    work.require(Permission.ANSWER_REPLY)
    if not words.strip():
        raise BadInput("Say what the concern is: whoever takes it on reads these words.")
    sent_to = mailbox(in_force(work.session, POLICY, work.today).body, kind)
    row = Concern(
        case_id=case.id,
        reply=reply,
        kind=kind,
        sent_to=sent_to,
        routed_by=work.actor.identity,
        routed_by_name=work.actor.name,
        routed_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    work.record(
        stream(case),
        "concern_routed",
        {"concern": row.id, "kind": kind, "sent_to": sent_to},
        texts={"words": words.strip()},
        permission=Permission.ANSWER_REPLY,
    )
    label = ConcernKind(kind).label
    text = (
        f"{label}.\n\nIt was raised in a reply on the case {case.reference}"
        f"{f' ({reply.reference})' if reply else ''} and is passed on by {work.actor.name}.\n"
        "For privacy its words are not in this email: ring that officer, or read them in the "
        f"history of the case, under concern {row.id}.\n"
        "The case itself goes on as before; please tell the officer that you have taken this on.\n"
    )
    payload = {"subject": f"Passed on from {case.reference}: {kind}", "text": text}
    sending.queue(work, f"concern-{row.id}", "email", sent_to, payload)
    about = f"Hear back from {sent_to} that they have taken on the {kind} concern."
    tasks.open_task(work, case, TaskKind.OTHER, f"concern {row.id}", about)
    return row
