"""Making one letter: its words laid out, kept by their hash, recorded and queued in one step."""

from __future__ import annotations

from typing import Any

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.domain.giving import Method
from enforcement.domain.permissions import Permission
from enforcement.rendering.facts import NoticeFacts
from enforcement.services import notice_facts
from enforcement.services.cases import stream
from enforcement.services.files import keep
from enforcement.services.notice_facts import Plan
from enforcement.services.notice_pages import page_of
from enforcement.services.notices import PDF, facts_sha256, new_notice
from enforcement.services.outgoing import send_out
from enforcement.services.recipients import RecipientChoice
from enforcement.services.sending import Enqueue
from enforcement.services.work import Work


def write(
    work: Work,
    case: Case,
    kind: str,
    recipient: RecipientChoice,
    method: Method,
    parts: dict[str, Any],
    enqueue: Enqueue,
    permission: Permission = Permission.ISSUE_NOTICE,
) -> Notice:
    """Make, keep, record and queue a letter; `parts` are the facts only its kind has.

    The caller has checked who may write it and when. Refuses TemplateChanged, CannotPrint,
    MissingElement.
    """
    notice = prepared(work, case, kind, recipient, method, parts)
    made = page_of(work, notice_facts.stored_facts(notice))
    notice.pdf_sha256, notice.pages = keep(work, made.pdf, PDF, secret=False), made.pages
    notice.issued_at, notice.issued_by, notice.state = work.now, work.actor.identity, "issued"
    work.session.add(notice)
    work.session.flush()
    work.record(
        stream(case),
        "letter_issued",
        {"notice": notice.reference, "kind": kind, "pdf_sha256": notice.pdf_sha256},
        permission=permission,
    )
    send_out(work, case, notice, enqueue)
    return notice


def prepared(
    work: Work,
    case: Case,
    kind: str,
    recipient: RecipientChoice,
    method: Method,
    parts: dict[str, Any],
) -> Notice:
    """A letter with its facts frozen, not yet in the session and not yet laid out."""
    notice = new_notice(work, case, kind)
    plan = Plan(kind, notice.reference, recipient, method, work.today, 0)
    fill(notice, NoticeFacts(**(notice_facts.common(work, case, plan) | parts)))
    notice.recipient, notice.method = recipient.stored(), method.value
    notice.drafted_by, notice.drafted_by_name = work.actor.identity, work.actor.name
    notice.drafted_at = work.now
    return notice


def fill(notice: Notice, facts: NoticeFacts) -> None:
    """Freeze the facts of a letter under their hash."""
    notice.template_version, notice.facts = facts.template_version, facts.to_json()
    notice.facts_sha256 = facts_sha256(facts)
