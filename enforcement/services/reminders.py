"""Reminders of what is owed: found every morning, sent by policy or put to somebody as a task.

One before the last day to pay and one after it. Nothing is asked for while an appeal, a hold, a
reply without an answer or a doubt about giving stands in the way; that is looked at again the
next morning.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Engine, Select, select

from enforcement.data.cases import Case, ClockRow
from enforcement.domain.clocks import ClockKind
from enforcement.domain.letters import (
    Letter,
    Reminding,
    gates,
    next_reminder_on,
    reminder_wanted,
)
from enforcement.domain.refusals import Refusal
from enforcement.domain.stages import State
from enforcement.domain.tasks import TaskKind
from enforcement.domain.words import day, pounds
from enforcement.services import letter_rules, money_letters, tasks
from enforcement.services.case_facts import penalty_of
from enforcement.services.policies import in_force
from enforcement.services.sending import WORKER, Enqueue
from enforcement.services.work import Work, transaction
from enforcement.settings import Settings

log = logging.getLogger(__name__)
TO_PAY = (State.PAYMENT, State.RECOVERY)
OWED_IN = (*TO_PAY, State.COUNTY_COURT, State.APPEALED)


@dataclass(frozen=True)
class Owing:
    """One case in which money may be owed: by when, what was sent, and why no reminder may go."""

    case: Case
    penalty: str
    owed_pence: int
    due_on: date | None
    last_on: date | None
    next_on: date | None
    suspended: bool
    wanted: Reminding | None
    why_not: tuple[str, ...]


def owing(work: Work, size: int, after: int = 0) -> list[Owing]:
    """Cases with a penalty to be paid, by number, up to `size` after one. Reads only."""
    states = [state.value for state in OWED_IN]
    found = select(Case).where(Case.state.in_(states), Case.id > after).order_by(Case.id)
    return [owing_of(work, case) for case in work.session.scalars(found.limit(size))]


def owing_of(work: Work, case: Case) -> Owing:
    """The same of one case."""
    facts = letter_rules.facts_of_letters(work, case)
    penalty = penalty_of(work.session, case)
    shut = [gate.sentence for gate in gates(Letter.REMINDER, facts, work.today) if not gate.ok]
    return Owing(
        case=case,
        penalty=penalty.reference if penalty else "",
        owed_pence=facts.case.balance_pence or 0,
        due_on=facts.case.payment_due_on,
        last_on=facts.last_reminder_on,
        next_on=next_reminder_on(facts, work.today),
        suspended=facts.case.appeal_live,
        wanted=reminder_wanted(facts, work.today),
        why_not=tuple(shut),
    )


def sweep(
    engine: Engine, settings: Settings, clock: Callable[[], datetime], enqueue: Enqueue
) -> dict[str, int]:
    """Send or put forward every reminder that is wanted today. Twice on a day is harmless.

    Each case in its own transaction: one that cannot be printed stops no other. Returns how many
    were sent, put forward, and refused.
    """
    with transaction(engine, WORKER, clock(), settings) as work:
        numbers = list(work.session.scalars(_near(work)))
    done: Counter[str] = Counter()
    for number in numbers:
        try:
            with transaction(engine, WORKER, clock(), settings) as work:
                done[_remind(work, work.session.get_one(Case, number), enqueue)] += 1
        except Refusal as refusal:
            log.warning("no reminder on case %s: %s", number, refusal.sentence)
            done["refused"] += 1
    return {key: count for key, count in done.items() if key}


def _near(work: Work) -> Select[int]:
    """Cases whose payment is due within the policy's days, or was."""
    ahead = int(in_force(work.session, "letters", work.today).body["reminder_before_due"])
    return (
        select(Case.id)
        .join(ClockRow, ClockRow.case_id == Case.id)
        .where(
            Case.state.in_([state.value for state in TO_PAY]),
            ClockRow.kind == ClockKind.PAYMENT.value,
            ClockRow.due_on <= work.today + timedelta(days=ahead),
        )
        .distinct()
        .order_by(Case.id)
    )


def _remind(work: Work, case: Case, enqueue: Enqueue) -> str:
    """What was done: sent, put forward, or nothing."""
    found = owing_of(work, case)
    if found.wanted is None or found.due_on is None:
        return ""
    if in_force(work.session, "money", work.today).body["reminder_by_itself"]:
        money_letters.reminder(work, case, enqueue, by_policy=True)
        return "sent"
    key = f"{found.penalty} {found.wanted} {found.due_on.isoformat()}"
    known = {task.key for task in tasks.of_case(work.session, case)}
    if f"{TaskKind.REMINDER_DUE} {key}" in known:
        return ""
    is_due = "was due" if found.wanted is Reminding.OVERDUE else "is due"
    about = f"{pounds(found.owed_pence)} {is_due} on {day(found.due_on)}. No reminder was sent yet."
    replaced = "A newer reminder took its place."
    tasks.settle(work, case, {TaskKind.REMINDER_DUE}, replaced, key=f"{found.penalty} ")
    tasks.open_task(work, case, TaskKind.REMINDER_DUE, key, about)
    return "put_forward"
