"""The letters around the notices: which may be written in which state, by whom, past which gates.

None of them decides anything, so none moves the case; what they say is taken from what was
decided before. A letter asking for money is written only while the money is surely owed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from enforcement.domain.gates import (
    REG9,
    CaseFacts,
    Gate,
    final_given,
    no_live_appeal,
    not_on_hold,
    payment_overdue,
    replies_answered,
    something_owed,
)
from enforcement.domain.permissions import Actor, Permission, not_yours, require
from enforcement.domain.refusals import GateClosed, WrongState
from enforcement.domain.stages import State
from enforcement.domain.words import day, pounds


class Letter(StrEnum):
    """A letter that a person writes on a case, by the kind of its template."""

    SUPPORT = "support"
    NO_PENALTY = "no_penalty"
    REMINDER = "payment_reminder"
    REFUND = "refund"
    NON_PAYMENT = "reg9_certificate"


@dataclass(frozen=True)
class LetterFacts:
    """What decides whether a letter may be written. Pence; `None` means that there is none.

    `credit_pence` is what was paid and is not owed: repaid or still to be repaid. The days of
    the policy: a reminder at the earliest so many days before payment is due, and two of them at
    least so many days apart.
    """

    case: CaseFacts
    last_reminder_on: date | None = None
    before_due: int = 0
    after_due: int = 7
    apart: int = 1
    credit_pence: int = 0
    told_of_credit_pence: int = 0
    told_no_penalty: bool = False
    certificate_waits: bool = False


Guard = Callable[[LetterFacts, date], Gate]
POLICY = "Policy on reminders and refunds"


def _case(gate: Callable[[CaseFacts, date], Gate]) -> Guard:
    return lambda facts, today: gate(facts.case, today)


def due_soon(f: LetterFacts, today: date) -> Gate:
    """Payment is due within the policy's days, or overdue."""
    due = f.case.payment_due_on
    opens = due - timedelta(days=f.before_due) if due else None
    if opens is None:
        return Gate("due_soon", False, "No payment period is running.", POLICY)
    if today < opens:
        words = f"Payment is due on {day(due)}: a reminder may go from {day(opens)}."
        return Gate("due_soon", False, words, POLICY)
    return Gate("due_soon", True, f"Payment is due on {day(due)}.", POLICY)


def not_reminded_lately(f: LetterFacts, today: date) -> Gate:
    """At most one reminder in so many days."""
    if f.last_reminder_on is None:
        return Gate("not_reminded_lately", True, "No reminder was sent.", POLICY)
    again = f.last_reminder_on + timedelta(days=f.apart)
    return Gate(
        "not_reminded_lately",
        today >= again,
        f"The last reminder went on {day(f.last_reminder_on)}."
        if today >= again
        else f"A reminder went on {day(f.last_reminder_on)}: the next may go on {day(again)}.",
        POLICY,
    )


def money_to_return(f: LetterFacts, today: date) -> Gate:
    """Something was paid that is not owed, and the provider was not told of that sum yet."""
    if f.credit_pence <= 0:
        return Gate("money_to_return", False, "Nothing was paid that is not owed.", POLICY)
    if f.told_of_credit_pence == f.credit_pence:
        words = f"The provider was told of the refund of {pounds(f.credit_pence)} already."
        return Gate("money_to_return", False, words, POLICY)
    return Gate("money_to_return", True, f"{pounds(f.credit_pence)} is not owed.", POLICY)


def not_told_yet(f: LetterFacts, today: date) -> Gate:
    """The outcome is told once."""
    told = f.told_no_penalty
    words = "The provider has been told already." if told else "The provider has not been told."
    return Gate("not_told_yet", not told, words)


def no_other_certificate(f: LetterFacts, today: date) -> Gate:
    """One certificate waits for a signature at a time."""
    return Gate(
        "no_other_certificate",
        not f.certificate_waits,
        "A certificate already waits for its signature."
        if f.certificate_waits
        else "No other certificate waits for a signature.",
        REG9,
    )


@dataclass(frozen=True)
class Rule:
    """When one letter may be written, and whose work it is."""

    label: str
    permission: Permission
    states: frozenset[State]
    guards: tuple[Guard, ...]


S = State
_OWED: tuple[Guard, ...] = tuple(
    _case(gate)
    for gate in (final_given, something_owed, no_live_appeal, not_on_hold, replies_answered)
)
RULES: dict[Letter, Rule] = {
    Letter.SUPPORT: Rule(
        "Offer support by letter",
        Permission.ISSUE_NOTICE,
        # While nothing is owed: the letter says that there is nothing to pay.
        frozenset({S.TRIAGE, S.INTENT_DRAFT, S.INTENT_REVIEW, S.INTENT_APPROVED, S.INTENT_ISSUED,
                   S.REPRESENTATIONS, S.PANEL, S.NO_PENALTY}),
        (),
    ),
    Letter.NO_PENALTY: Rule(
        "Tell the provider: no penalty",
        Permission.ISSUE_NOTICE,
        frozenset({S.NO_PENALTY}),
        (not_told_yet,),
    ),
    Letter.REMINDER: Rule(
        "Send a payment reminder",
        Permission.CHASE_PAYMENT,
        frozenset({S.PAYMENT, S.RECOVERY}),
        (*_OWED, due_soon, not_reminded_lately),
    ),
    Letter.REFUND: Rule(
        "Write about a refund",
        Permission.RECORD_MONEY,
        frozenset({S.PAYMENT, S.RECOVERY, S.COUNTY_COURT, S.WITHDRAWN, S.CLOSED}),
        (money_to_return,),
    ),
    Letter.NON_PAYMENT: Rule(
        "Draft a certificate of non-payment",
        Permission.CHASE_PAYMENT,
        frozenset({S.RECOVERY, S.COUNTY_COURT}),
        (*_OWED, _case(payment_overdue), no_other_certificate),
    ),
}  # fmt: skip


def gates(letter: Letter, facts: LetterFacts, today: date) -> tuple[Gate, ...]:
    """Every gate of a letter, ticks and crosses alike."""
    return tuple(guard(facts, today) for guard in RULES[letter].guards)


def why_not(letter: Letter, facts: LetterFacts, actor: Actor, today: date) -> tuple[str, ...]:
    """Every reason why this person may not write the letter now; none when they may."""
    rule = RULES[letter]
    reasons = [_not_in(rule, facts)] if facts.case.state not in rule.states else []
    if refused := not_yours(actor, rule.permission):
        reasons.append(refused)
    if facts.case.state in rule.states:
        reasons += [gate.sentence for gate in gates(letter, facts, today) if not gate.ok]
    return tuple(reasons)


class Reminding(StrEnum):
    """What a reminder that is wanted today would say."""

    SOON = "soon"
    OVERDUE = "overdue"


def reminder_wanted(f: LetterFacts, today: date) -> Reminding | None:
    """Which reminder policy wants today, if it may be written: one before the last day to pay, so
    many days ahead, and one so many days after it; each once for a payment period."""
    due = f.case.payment_due_on
    if due is None or f.case.state not in RULES[Letter.REMINDER].states:
        return None
    if not all(gate.ok for gate in gates(Letter.REMINDER, f, today)):
        return None
    if today <= due:
        return Reminding.SOON if _since(f, due - timedelta(days=f.before_due)) else None
    late = today >= due + timedelta(days=f.after_due)
    return Reminding.OVERDUE if late and _since(f, due + timedelta(days=1)) else None


def next_reminder_on(f: LetterFacts, today: date) -> date | None:
    """The day from which policy wants the next reminder; None when both went or no period runs."""
    due = f.case.payment_due_on
    if due is None:
        return None
    soon, overdue = due - timedelta(days=f.before_due), due + timedelta(days=f.after_due)
    if today <= due and _since(f, soon):
        return soon
    return overdue if _since(f, due + timedelta(days=1)) else None


def _since(f: LetterFacts, first: date) -> bool:
    """Whether no reminder went on or after a day."""
    return f.last_reminder_on is None or f.last_reminder_on < first


def check(letter: Letter, facts: LetterFacts, actor: Actor | None, today: date) -> None:
    """Refuse WrongState, NotAllowed or GateClosed, in that order, unless it may be written.

    Without an actor, by a policy that two people approved: nobody's permission is asked.
    """
    rule = RULES[letter]
    if facts.case.state not in rule.states:
        raise WrongState(_not_in(rule, facts))
    if actor is not None:
        require(actor, rule.permission)
    failed = [gate for gate in gates(letter, facts, today) if not gate.ok]
    if failed:
        raise GateClosed(
            " ".join(gate.sentence for gate in failed),
            rule="; ".join(dict.fromkeys(gate.rule for gate in failed if gate.rule)),
        )


def _not_in(rule: Rule, facts: LetterFacts) -> str:
    return f"“{rule.label}” is not possible while the case is “{facts.case.state.label}”."
