"""Letters about money: what is owed, and what is repaid. Sums from the ledger alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.data.payments import Appeal, Penalty
from enforcement.domain import payments as ledger
from enforcement.domain.appeals import Outcome
from enforcement.domain.calendar import local_date
from enforcement.domain.giving import Method
from enforcement.domain.letters import RULES, Letter
from enforcement.domain.payments import Entry, Kind
from enforcement.domain.refusals import NotFound
from enforcement.domain.tasks import TaskKind
from enforcement.domain.words import day
from enforcement.rendering import facts as paper
from enforcement.services import letter_rules, notice_facts, tasks
from enforcement.services.case_facts import facts_of, penalty_of
from enforcement.services.letter_writing import write
from enforcement.services.payments import entries_of
from enforcement.services.policies import calendar, in_force
from enforcement.services.recipients import RecipientChoice
from enforcement.services.sending import Enqueue
from enforcement.services.work import Work


def reminder(work: Work, case: Case, enqueue: Enqueue, *, by_policy: bool = False) -> Notice:
    """Remind the provider of what is owed and by when, or that it is overdue.

    To the person and by the method of the final notice. At most one in so many days (policy
    `letters`); it ends the task that asked for one. `by_policy`: written by the worker. Refuses
    what `domain.letters` refuses: nothing owed, not due soon, a live appeal, a hold, a reply
    without an answer, giving in doubt.
    """
    letter_rules.check(work, case, Letter.REMINDER, by_policy=by_policy)
    penalty, final = owed_under(work, case)
    entries = entries_of(penalty)
    owed, paid = ledger.balance(entries), ledger.received(entries)
    pay_by = due_on(work, case)
    parts = {
        "earlier": notice_facts.earlier_facts(final),
        "payment": paper.PaymentFacts(
            pay_by=pay_by,
            reference=penalty.reference,
            instructions=tuple(in_force(work.session, "payment", work.today).body["how"]),
        ),
        "reminder": paper.ReminderFacts(
            penalty_pence=owed + paid,  # less what was written off
            paid_pence=paid,
            owed_pence=owed,
            payments=paid_lines(entries),
            changes=_changes(work, case, final, pay_by),
        ),
    }
    written = _write(work, case, Letter.REMINDER, final, parts, enqueue)
    tasks.settle(work, case, {TaskKind.REMINDER_DUE}, f"Sent: {written.reference}.")
    return written


def refund(work: Work, case: Case, enqueue: Enqueue) -> Notice:
    """Tell the provider what is repaid and why: withdrawn, quashed, or paid too much.

    The sum is the credit on the ledger. To the person and by the method of the final notice.
    Refuses what `domain.letters` refuses: nothing to repay, or told of it already.
    """
    letter_rules.check(work, case, Letter.REFUND)
    penalty, final = owed_under(work, case)
    entries = entries_of(penalty)
    policy = in_force(work.session, "letters", work.today).body
    last_day = work.today + timedelta(days=int(policy["refund_within"]))
    parts = {
        "earlier": notice_facts.earlier_facts(final),
        "refund": paper.RefundFacts(
            paid_pence=ledger.received(entries),
            repaid_pence=-ledger.balance(entries),
            reason=_why_repaid(work, case, final),
            how=policy["refund_how"],
            repaid_by=calendar(work.session).on_or_after(last_day),
            payments=paid_lines(entries),
        ),
    }
    return _write(work, case, Letter.REFUND, final, parts, enqueue)


def owed_under(work: Work, case: Case) -> tuple[Penalty, Notice]:
    """The penalty and the final notice that raised it. Refuses NotFound before there is one."""
    penalty = penalty_of(work.session, case)
    if penalty is None:
        raise NotFound("No penalty has been raised on this case.")
    return penalty, work.session.get_one(Notice, penalty.notice_id)


def due_on(work: Work, case: Case) -> date:
    """The last day to pay. Refuses NotFound when no payment period was ever started."""
    due = facts_of(work, case).payment_due_on
    if due is None:
        raise NotFound("No payment period is running.")
    return due


def paid_lines(entries: Sequence[Entry]) -> tuple[paper.PaidLine, ...]:
    """Each payment that was kept, less what was repaid of it, the latest payment repaid first.

    Their sum is `ledger.received`.
    """
    undone = {entry.reverses for entry in entries}
    repaid = sum(e.pence for e in entries if e.kind is Kind.REFUND and e.id not in undone)
    lines: list[paper.PaidLine] = []
    for entry in reversed([e for e in entries if e.kind is Kind.PAYMENT and e.id not in undone]):
        kept = max(-entry.pence - repaid, 0)
        repaid -= -entry.pence - kept
        if kept:
            lines.append(paper.PaidLine(entry.on, kept))
    return tuple(reversed(lines))


def _changes(work: Work, case: Case, final: Notice, pay_by: date) -> tuple[str, ...]:
    """Why the last day to pay is not the one printed on the final notice, if it is not."""
    stated = notice_facts.stored_facts(final).payment
    if stated is None or stated.pay_by == pay_by:
        return ()
    printed = f"The final notice says {day(stated.pay_by)}."
    ended = work.session.scalar(
        select(Appeal)
        .where(Appeal.case_id == case.id, Appeal.ended_on.is_not(None))
        .order_by(Appeal.id.desc())
        .limit(1)
    )
    if ended is None or ended.ended_on is None:
        return (f"{printed} The day was counted again and is now {day(pay_by)}.",)
    told = (
        f"{printed} Your appeal suspended it. The appeal ended on {day(ended.ended_on)}, and the "
        f"period for payment was counted again from then, to {day(pay_by)}."
    )
    if ended.outcome != Outcome.VARIED:
        return (told,)
    return (told, "The amount is the one that was set on appeal.")


def _why_repaid(work: Work, case: Case, final: Notice) -> str:
    quashed = work.session.scalar(
        select(Appeal)
        .where(Appeal.case_id == case.id, Appeal.outcome == "quashed")
        .order_by(Appeal.id.desc())
        .limit(1)
    )
    if final.withdrawn_at is None:
        return "You paid more than the penalty."
    if quashed is not None and quashed.ended_on is not None:
        return f"The tribunal allowed your appeal on {day(quashed.ended_on)}: there is no penalty."
    return f"We withdrew the final notice on {day(local_date(final.withdrawn_at))}."


def _write(
    work: Work, case: Case, letter: Letter, final: Notice, parts: dict[str, Any], enqueue: Enqueue
) -> Notice:
    return write(
        work, case, letter.value,
        RecipientChoice.of(final.recipient), Method(final.method),
        parts, enqueue, RULES[letter].permission,
    )  # fmt: skip
