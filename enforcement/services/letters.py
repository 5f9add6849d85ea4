"""Letters around the notices: no penalty, offered support, a reply received, a notice withdrawn.

The Regulations ask for none but the withdrawal, in writing to the same person (reg 7). A letter
is made, kept and queued in one step: there is no finding in it that was not already approved.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.domain.cases import Action
from enforcement.domain.clocks import PAYMENT_AND_RECOVERY, ClockKind
from enforcement.domain.giving import Method
from enforcement.domain.letters import Letter
from enforcement.domain.payments import Kind
from enforcement.domain.refusals import BadInput, WrongState
from enforcement.domain.windows import Month, Window, window_for
from enforcement.domain.words import pounds
from enforcement.rendering import facts as paper
from enforcement.services import appeals, letter_rules, miss_facts, notice_facts, payments
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
from enforcement.services.cases import move
from enforcement.services.doubting import clear_doubt, may_have_left
from enforcement.services.letter_writing import write
from enforcement.services.policies import calendar, threshold_on, window_override
from enforcement.services.recipients import RecipientChoice, require_proper
from enforcement.services.sending import Enqueue, cancel_unsent
from enforcement.services.work import Work


@dataclass(frozen=True)
class Withdrawal:
    """What a withdrawal ends: the step of the table, the notices and the clocks."""

    action: Action
    kinds: tuple[str, ...]
    clocks: frozenset[ClockKind]


_NOTHING_PAID = "You have paid nothing under it, so there is nothing to give back."
EVERYTHING = Withdrawal(Action.WITHDRAW, (FINAL, INTENT), frozenset(ClockKind))
FINAL_ONLY = Withdrawal(
    Action.REGIVE_FINAL,
    (FINAL,),
    frozenset({*PAYMENT_AND_RECOVERY, ClockKind.APPEAL, ClockKind.APPEAL_RESPONSE}),
)


def no_penalty(work: Work, case: Case, enqueue: Enqueue) -> Notice:
    """Tell the provider that no penalty is imposed, why, and that the duty goes on.

    To the person and by the method of the notice of intent. Refuses WrongState before that
    decision, NotAllowed.
    """
    letter_rules.check(work, case, Letter.NO_PENALTY)
    intent = live_notice(work.session, case, INTENT)
    decision = live_decision(work.session, case)
    if intent is None or decision is None:
        raise WrongState("This letter follows a decision not to impose a penalty.")
    parts = {
        "decision": notice_facts.decision_facts(work.session, case, decision, intent),
        "earlier": notice_facts.earlier_facts(intent),
        "misses": notice_facts.stored_facts(intent).misses,  # the months this closes
    }
    return write(work, case, "no_penalty", _recipient(intent), _method(intent), parts, enqueue)


def support(
    work: Work, case: Case, recipient: RecipientChoice, method: Method, enqueue: Enqueue
) -> Notice:
    """Offer help with the return: what is missing, what would lead to a notice, the next window.

    Only while nothing is owed: the letter says that there is nothing to pay. Refuses
    NoProperAddress, BadInput, and what `domain.letters` refuses.
    """
    letter_rules.check(work, case, Letter.SUPPORT)
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
    return write(work, case, "support", recipient, method, parts, enqueue)


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
    return write(
        work, case, "acknowledgement", RecipientChoice.of(kept), Method.ELECTRONIC, parts, enqueue
    )


def withdraw(
    work: Work,
    case: Case,
    reason: str,
    new_notice_follows: bool,
    enqueue: Enqueue,
    *,
    ends: Withdrawal = EVERYTHING,
    sent_to: tuple[RecipientChoice, Method] | None = None,
) -> list[Notice]:
    """Withdraw what is out, in writing to the same person, at any time (reg 7).

    Each notice that left or may have left gets its own withdrawal; one that nobody began to send
    is stopped instead. Drafts are discarded, clocks end, the penalty is cancelled and what was
    paid is to be repaid. There is no amending: a corrected notice is a new one. `ends`: what of
    the case is withdrawn; `sent_to`: where the withdrawals go when the notice's own address
    failed (the person is the same). Returns the withdrawals. Refuses BadInput without a reason,
    and what the table refuses.
    """
    if not reason.strip():
        raise BadInput("Say why the notice is withdrawn.")
    live = [
        notice
        for kind in ends.kinds
        if (notice := live_notice(work.session, case, kind)) is not None
    ]
    latest = next((notice.reference for notice in live if notice.issued_at), "")
    move(
        work,
        case,
        ends.action,
        {
            "notice": latest,
            "reason": reason.strip(),
            "notices": [notice.reference for notice in live],
            "new_notice_follows": new_notice_follows,
        },
    )
    payments.cancel(work, case, reason.strip())
    for notice in live:
        if notice.kind == FINAL:
            appeals.lapse(work, case, notice)
    end_clocks(work, case, ends.clocks, "withdrawn")
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
            to, method = sent_to or (_recipient(notice), _method(notice))
            written.append(write(work, case, "withdrawal", to, method, parts, enqueue))
        clear_doubt(work, case, notice)
    return written


def _end(work: Work, notice: Notice) -> bool:
    """Mark the notice ended; True when it left or may have left, so needs a withdrawal."""
    if notice.issued_at is None:
        notice.state = "discarded"
        return False
    cancel_unsent(work, notice)
    notice.state, notice.withdrawn_at = "withdrawn", work.now
    return may_have_left(work, notice)


def _refund(work: Work, case: Case) -> str:
    """What the withdrawal of a final notice says about money paid under that very notice."""
    penalty, final = penalty_of(work.session, case), live_notice(work.session, case, FINAL)
    if penalty is None or final is None or penalty.notice_id != final.id:
        return _NOTHING_PAID
    owed = balance(work.session, penalty)
    if owed < 0:
        return f"We will repay the {pounds(-owed)} that you paid under it."
    if any(entry.kind == Kind.REFUND for entry in penalty.entries):
        return "We have already repaid what you paid under it."
    return _NOTHING_PAID


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
