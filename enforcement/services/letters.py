"""Letters around the notices: no penalty, offered support, a reply received, a notice withdrawn.

The Regulations ask for none but the withdrawal, in writing to the same person (reg 7). A letter
is made, kept and queued in one step: there is no finding in it that was not already approved.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.domain.cases import Action, State
from enforcement.domain.clocks import ClockKind
from enforcement.domain.giving import Method
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, WrongState
from enforcement.domain.windows import Month, Window, window_for
from enforcement.domain.words import pounds
from enforcement.rendering import facts as paper
from enforcement.rendering.paper import render
from enforcement.services import miss_facts, notice_facts, payments
from enforcement.services.breaches import standing
from enforcement.services.case_clocks import end_clocks
from enforcement.services.case_facts import (
    FINAL,
    INTENT,
    balance,
    live_decision,
    live_notice,
    penalty_of,
)
from enforcement.services.cases import move, stream
from enforcement.services.files import keep
from enforcement.services.giving import clear_doubt
from enforcement.services.notice_facts import Plan
from enforcement.services.notices import PDF, facts_sha256, new_notice, send_out
from enforcement.services.policies import calendar, threshold_on, window_override
from enforcement.services.recipients import RecipientChoice, require_proper
from enforcement.services.sending import Enqueue, cancel_unsent
from enforcement.services.work import Work


def no_penalty(work: Work, case: Case, enqueue: Enqueue) -> Notice:
    """Tell the provider that no penalty is imposed, why, and that the duty goes on.

    To the person and by the method of the notice of intent. Refuses WrongState before that
    decision, NotAllowed.
    """
    work.require(Permission.ISSUE_NOTICE)
    intent = live_notice(work.session, case, INTENT)
    decision = live_decision(work.session, case)
    if State(case.state) is not State.NO_PENALTY or intent is None or decision is None:
        raise WrongState("This letter follows a decision not to impose a penalty.")
    if live_notice(work.session, case, "no_penalty") is not None:
        raise WrongState("The provider has been told already.")
    parts = {
        "decision": notice_facts.decision_facts(work.session, case, decision, intent),
        "earlier": notice_facts.earlier_facts(intent),
    }
    return _letter(work, case, "no_penalty", _recipient(intent), _method(intent), parts, enqueue)


def support(
    work: Work, case: Case, recipient: RecipientChoice, method: Method, enqueue: Enqueue
) -> Notice:
    """Offer help with the return: what is missing, what would lead to a notice, the next window.

    Refuses NoProperAddress, BadInput, NotAllowed.
    """
    work.require(Permission.ISSUE_NOTICE)
    require_proper(case, recipient, method)
    _, policy = threshold_on(work.session, work.today)
    window = _next_window(work)
    misses = [miss for found in standing(work.session, case).values() for miss in found]
    parts = {
        "misses": miss_facts.miss_facts(work.session, misses),
        "support": paper.SupportFacts(
            trigger=(
                f"If {policy.consecutive} returns in a row, or any {policy.total} in "
                f"{policy.span} months, are missed, we may give you notice that we intend to "
                "impose a financial penalty."
            ),
            next_window=window.month.title,
            next_opens=window.opens_on,
            next_closes=window.closes_on,
        ),
    }
    return _letter(work, case, "support", recipient, method, parts, enqueue)


def acknowledgement(
    work: Work, case: Case, receipt: paper.ReceiptFacts, email: str, enqueue: Enqueue
) -> Notice:
    """Tell whoever replied what was received, with a document to keep. Sent by email.

    Refuses WrongState before a notice of intent is out.
    """
    intent = live_notice(work.session, case, INTENT)
    if intent is None or intent.issued_at is None:
        raise WrongState("No notice of intent has been issued on this case.")
    kept = RecipientChoice.of(intent.recipient).stored() | {"email": email, "attention": ""}
    period = notice_facts.stored_facts(intent).period
    parts: dict[str, Any] = {"receipt": receipt, "period": period}
    return _letter(
        work, case, "acknowledgement", RecipientChoice.of(kept), Method.ELECTRONIC, parts, enqueue
    )


def withdraw(
    work: Work, case: Case, reason: str, new_notice_follows: bool, enqueue: Enqueue
) -> list[Notice]:
    """Withdraw what is out, in writing to the same person, at any time (reg 7).

    Each notice that left or may have left gets its own withdrawal; one that nobody began to send
    is stopped instead. Drafts are discarded, clocks end, the penalty is cancelled and what was
    paid is to be repaid. There is no amending: a corrected notice is a new one. Returns the
    withdrawals. Refuses BadInput without a reason, and what the table refuses.
    """
    if not reason.strip():
        raise BadInput("Say why the notice is withdrawn.")
    live = [
        notice
        for kind in (FINAL, INTENT)
        if (notice := live_notice(work.session, case, kind)) is not None
    ]
    latest = next((notice.reference for notice in live if notice.issued_at), "")
    move(
        work,
        case,
        Action.WITHDRAW,
        {
            "notice": latest,
            "reason": reason.strip(),
            "notices": [notice.reference for notice in live],
            "new_notice_follows": new_notice_follows,
        },
    )
    payments.cancel(work, case, reason.strip())
    end_clocks(work, case, set(ClockKind), "withdrawn")
    refund = _refund(work, case)
    written = []
    for notice in live:
        if _end(work, notice):
            parts = {
                "withdrawal": paper.WithdrawalFacts(
                    withdrawn=notice_facts.earlier_facts(notice),
                    takes_effect=work.today,
                    reason=reason.strip(),
                    new_notice_follows=new_notice_follows,
                    refund=refund if notice.kind == FINAL else None,
                )
            }
            written.append(
                _letter(
                    work, case, "withdrawal", _recipient(notice), _method(notice), parts, enqueue
                )
            )
    clear_doubt(work, case)
    return written


def _end(work: Work, notice: Notice) -> bool:
    """Mark the notice ended; True when it left or may have left, so needs a withdrawal."""
    if notice.issued_at is None:
        notice.state = "discarded"
        return False
    stopped = cancel_unsent(work, notice)
    notice.state, notice.withdrawn_at = "withdrawn", work.now
    return not stopped


def _refund(work: Work, case: Case) -> str:
    penalty = penalty_of(work.session, case)
    owed = balance(work.session, penalty) if penalty else 0
    if owed < 0:
        return f"We will repay the {pounds(-owed)} that you paid under it."
    return "You have paid nothing under it, so there is nothing to give back."


def _recipient(notice: Notice) -> RecipientChoice:
    return RecipientChoice.of(notice.recipient)


def _method(notice: Notice) -> Method:
    return Method(notice.method)


def _next_window(work: Work) -> Window:
    """The first window that is still open or to come."""
    month = Month.of(work.today)
    working = calendar(work.session)
    window = window_for(month, working, window_override(work.session, month))
    if window.closes_on < work.today:
        month = Month.of(_next_month(work.today))
        window = window_for(month, working, window_override(work.session, month))
    return window


def _next_month(today: date) -> date:
    return today.replace(day=1) + timedelta(days=32)


def _letter(
    work: Work,
    case: Case,
    kind: str,
    recipient: RecipientChoice,
    method: Method,
    parts: dict[str, Any],
    enqueue: Enqueue,
) -> Notice:
    notice = new_notice(work, case, kind)
    plan = Plan(kind, notice.reference, recipient, method, work.today, 0)
    facts = paper.NoticeFacts(**(notice_facts.common(work, case, plan) | parts))
    made = render(facts)
    notice.template_version, notice.facts = facts.template_version, facts.to_json()
    notice.facts_sha256 = facts_sha256(facts)
    notice.pdf_sha256, notice.pages = keep(work, made.pdf, PDF, secret=False), made.pages
    notice.recipient, notice.method = recipient.stored(), method.value
    notice.drafted_by, notice.drafted_by_name = work.actor.identity, work.actor.name
    notice.drafted_at = notice.issued_at = work.now
    notice.issued_by, notice.state = work.actor.identity, "issued"
    work.session.add(notice)
    work.session.flush()
    work.record(
        stream(case),
        "letter_issued",
        {"notice": notice.reference, "kind": kind, "pdf_sha256": notice.pdf_sha256},
        permission=Permission.ISSUE_NOTICE,
    )
    send_out(work, case, notice, enqueue)
    return notice
