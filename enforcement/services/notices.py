"""Notices: drafted, sealed by a second person, issued once, given, and if need be withdrawn.

What is approved is the SHA-256 of the exact PDF and of the facts it was made from; what was
approved is what is sent. An issued PDF is never made again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.domain.cases import Action, Step
from enforcement.domain.cases import step as table_step
from enforcement.domain.events import Fact, fact_hash
from enforcement.domain.giving import Method
from enforcement.domain.permissions import Part
from enforcement.domain.refusals import (
    BadInput,
    NotFound,
    SealBroken,
    WrongState,
)
from enforcement.rendering.facts import NoticeFacts
from enforcement.services import amounts, links, notice_facts
from enforcement.services.case_facts import FINAL, INTENT, facts_of, live_notice
from enforcement.services.cases import move
from enforcement.services.files import keep
from enforcement.services.giving import refuse_short
from enforcement.services.notice_facts import Plan
from enforcement.services.notice_pages import (
    PDF as PDF,  # letters keep their bytes as the same kind
)
from enforcement.services.notice_pages import look_at_page
from enforcement.services.outgoing import send_out
from enforcement.services.parcels import TITLES as TITLES  # what each kind is called
from enforcement.services.parcels import channel_of
from enforcement.services.policies import in_force
from enforcement.services.recipients import RecipientChoice, require_proper
from enforcement.services.seals import refuse_broken, refuse_old_link, refuse_other_part
from enforcement.services.sending import Enqueue
from enforcement.services.work import Work, changed_meanwhile


@dataclass(frozen=True)
class Actions:
    """The table's actions for one kind of notice."""

    draft: Action
    submit: Action
    give_back: Action
    approve: Action
    issue: Action


ACTIONS = {
    INTENT: Actions(
        Action.DRAFT_INTENT,
        Action.SUBMIT_INTENT,
        Action.RETURN_INTENT,
        Action.APPROVE_INTENT,
        Action.ISSUE_INTENT,
    ),
    FINAL: Actions(
        Action.DRAFT_FINAL,
        Action.SUBMIT_FINAL,
        Action.RETURN_FINAL,
        Action.APPROVE_FINAL,
        Action.ISSUE_FINAL,
    ),
}


def find(work: Work, case: Case, notice_id: int) -> Notice:
    """The notice of this case with this number, or NotFound."""
    notice = work.session.get(Notice, notice_id)
    if notice is None or notice.case_id != case.id:
        raise NotFound(f"The case {case.reference} has no such notice.")
    return notice


def of_case(session: Session, case: Case) -> list[Notice]:
    """Every notice and letter of a case, oldest first."""
    return list(
        session.scalars(select(Notice).where(Notice.case_id == case.id).order_by(Notice.sequence))
    )


def draft_intent(
    work: Work,
    case: Case,
    recipient: RecipientChoice,
    method: Method,
    planned_send_on: date,
    period_days: int | None = None,
    version: int | None = None,
) -> Notice:
    """Draft, or draft again, the notice of intent (reg 4) for sending on the planned day.

    `period_days`: calendar days for representations, at least 14 (reg 5); None: the policy's.
    The amount is worked out under the scheme in force today. Refuses what the table refuses,
    NoProperAddress, BadInput, StaleVersion.
    """
    if (case.amount_trace or {}).get("recomputed_on") != work.today.isoformat():
        amounts.recompute(work, case)
    days = period_days or _policy_days(work, "representations_days")
    return _draft(work, case, INTENT, recipient, method, planned_send_on, days, version)


def draft_final(
    work: Work,
    case: Case,
    recipient: RecipientChoice,
    method: Method,
    planned_send_on: date,
    period_days: int | None = None,
    version: int | None = None,
) -> Notice:
    """Draft, or draft again, the final notice (reg 6(3)). Every gate before money applies.

    `period_days`: calendar days to pay in; None: the policy's. Never due before the appeal limit.
    """
    days = period_days or _policy_days(work, "payment_days")
    return _draft(work, case, FINAL, recipient, method, planned_send_on, days, version)


def _policy_days(work: Work, name: str) -> int:
    return int(in_force(work.session, "periods", work.today).body[name])


def _draft(
    work: Work,
    case: Case,
    kind: str,
    recipient: RecipientChoice,
    method: Method,
    send_on: date,
    days: int,
    version: int | None,
) -> Notice:
    action = ACTIONS[kind].draft
    gathered = facts_of(work, case)  # no gate of drafting asks about the draft itself
    table_step(action, gathered, work.actor, work.today)
    refuse_other_part(work, case, Part.DRAFTER)
    require_proper(case, recipient, method)
    if send_on < work.today:
        raise BadInput("The planned day of sending is in the past.")
    notice = live_notice(work.session, case, kind)
    _refuse_stale(notice, version)
    if notice is None:
        notice = new_notice(work, case, kind)
    elif notice.state != "draft":
        raise WrongState("Only a draft can be drafted again.", fix="Have it returned first.")
    plan = Plan(kind, notice.reference, recipient, method, send_on, days)
    build = notice_facts.intent if kind == INTENT else notice_facts.final
    _fill(work, case, notice, plan, build(work, case, plan))
    work.session.add(notice)
    work.session.flush()
    if kind == INTENT:
        links.ensure(work, case, notice)
    look_at_page(work, case, notice)
    facts: dict[str, Fact] = {"notice": notice.reference, "facts_sha256": notice.facts_sha256}
    move(work, case, action, facts, gathered=gathered)
    return notice


def _refuse_stale(notice: Notice | None, version: int | None) -> None:
    if version is not None and notice is not None and notice.version != version:
        raise changed_meanwhile()


def new_notice(work: Work, case: Case, kind: str) -> Notice:
    """An empty notice with the case's next number, not yet in the session."""
    last = work.session.scalar(select(func.max(Notice.sequence)).where(Notice.case_id == case.id))
    number = (last or 0) + 1
    return Notice(
        case=case,
        reference=f"{case.reference}-N{number}",
        kind=kind,
        sequence=number,
        state="draft",
        checks=[],
        giving_receipt=[],
    )


def _fill(work: Work, case: Case, notice: Notice, plan: Plan, facts: NoticeFacts) -> None:
    """Freeze the facts of a draft; whatever was found or approved before no longer counts."""
    notice.template_version = facts.template_version
    notice.facts = facts.to_json()
    notice.facts_sha256 = facts_sha256(facts)
    notice.pdf_sha256, notice.pages, notice.checks = None, None, []
    notice.recipient, notice.method = plan.recipient.stored(), plan.method.value
    notice.amount_pence = facts.amount.pence if facts.amount else None
    notice.period_days = plan.period_days
    notice.period_ends_on = facts.period.ends if facts.period else None
    notice.drafted_by, notice.drafted_by_name = work.actor.identity, work.actor.name
    notice.drafted_at, notice.submitted_at = work.now, None
    _unseal(notice)


def facts_sha256(facts: NoticeFacts) -> str:
    """The hash that seals the facts: of their canonical text."""
    return fact_hash(cast("Fact", facts.to_json()))


def _unseal(notice: Notice) -> None:
    notice.approved_by = notice.approved_by_name = notice.approved_at = None
    notice.approved_pdf_sha256 = notice.approved_facts_sha256 = None


def submit(work: Work, case: Case, notice: Notice, version: int | None = None) -> Step:
    """Make the PDF, keep it and send the draft for approval. Refuses what the table refuses."""
    _refuse_stale(notice, version)
    if notice.state != "draft":
        raise WrongState("Only a draft can be sent for approval.")
    made = look_at_page(work, case, notice)
    if made is not None:
        notice.pdf_sha256 = keep(work, made.pdf, PDF, secret=True)
    work.session.flush()
    action = ACTIONS[notice.kind].submit
    gathered = facts_of(work, case)  # no gate of submitting asks whether it was submitted
    table_step(action, gathered, work.actor, work.today)
    notice.state, notice.submitted_at = "submitted", work.now
    work.session.flush()
    return move(
        work,
        case,
        action,
        {
            "notice": notice.reference,
            "pdf_sha256": notice.pdf_sha256,
            "facts_sha256": notice.facts_sha256,
        },
        gathered=gathered,
    )


def give_back(
    work: Work, case: Case, notice: Notice, reason: str, version: int | None = None
) -> Step:
    """Return the notice to its drafter with a reason; an approval given is gone.

    Refuses BadInput without a reason, StaleVersion, and what the table refuses.
    """
    _refuse_stale(notice, version)
    if not reason.strip():
        raise BadInput("Say what has to change.")
    step = move(
        work,
        case,
        ACTIONS[notice.kind].give_back,
        {"notice": notice.reference, "reason": reason.strip()},
    )
    notice.state, notice.returned_reason = "draft", reason.strip()
    notice.pdf_sha256 = None
    _unseal(notice)
    work.session.flush()
    return step


def approve(
    work: Work, case: Case, notice: Notice, seen_pdf_sha256: str, version: int | None = None
) -> Step:
    """Seal the notice: the approver signs the hash of the PDF that was on the screen.

    Refuses SealBroken when the stored facts or PDF are not what was submitted or seen,
    SamePerson, StaleVersion, and what the table refuses.
    """
    _refuse_stale(notice, version)
    action = ACTIONS[notice.kind].approve
    refuse_other_part(work, case, Part.APPROVER)
    if notice.pdf_sha256 != seen_pdf_sha256:
        raise SealBroken("The document is not the one you were shown. Look at it again.")
    refuse_broken(work, case, notice, "submitted")
    step = move(
        work,
        case,
        action,
        {
            "notice": notice.reference,
            "pdf_sha256": notice.pdf_sha256,
            "facts_sha256": notice.facts_sha256,
        },
    )
    notice.state = "approved"
    notice.approved_by, notice.approved_by_name = work.actor.identity, work.actor.name
    notice.approved_at = work.now
    notice.approved_pdf_sha256 = notice.pdf_sha256
    notice.approved_facts_sha256 = notice.facts_sha256
    work.session.flush()
    return step


def issue(
    work: Work, case: Case, notice: Notice, enqueue: Enqueue, version: int | None = None
) -> Step:
    """Issue exactly what was approved, once: one short transaction.

    State by version, outbox row under the notice's own key, event, job. Before its planned day
    it is held until nine in the morning of that day. Refuses SealBroken, DatesFallShort when the
    planned day has gone by and the printed dates no longer hold, StaleVersion, and what the
    table refuses.
    """
    _refuse_stale(notice, version)
    if notice.state == "approved":
        refuse_broken(work, case, notice, "approved")
        refuse_old_link(work, case, notice)
        planned = notice_facts.stored_facts(notice).dated
        refuse_short(work, notice, max(work.today, planned), Method(notice.method))
    channel = channel_of(notice)
    step = move(
        work,
        case,
        ACTIONS[notice.kind].issue,
        {"notice": notice.reference, "pdf_sha256": notice.pdf_sha256, "channel": channel},
    )
    notice.state, notice.issued_at, notice.issued_by = "issued", work.now, work.actor.identity
    work.session.flush()
    send_out(work, case, notice, enqueue)
    return step
