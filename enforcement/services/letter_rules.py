"""Gathering what decides whether a letter may be written: stored rows in, reasons out."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.data.payments import LedgerEntry
from enforcement.domain import letters
from enforcement.domain.calendar import local_date
from enforcement.domain.letters import Letter, LetterFacts
from enforcement.services.case_facts import facts_of, penalty_of
from enforcement.services.policies import in_force
from enforcement.services.work import Work

_GONE = ("withdrawn", "discarded")


def facts_of_letters(work: Work, case: Case) -> LetterFacts:
    """Everything the rules of the letters look at, as it stands now. Reads only."""
    facts = facts_of(work, case)
    policy = in_force(work.session, "letters", work.today).body
    balance = facts.balance_pence or 0
    return LetterFacts(
        case=facts,
        last_reminder_on=_last_reminder(work, case),
        before_due=int(policy["reminder_before_due"]),
        apart=int(policy["reminder_apart"]),
        credit_pence=max(-balance, 0),
        told_of_credit_pence=_told_of_credit(work, case),
        told_no_penalty=_latest(work, case, Letter.NO_PENALTY) is not None,
        certificate_waits=_waits(work, case),
    )


def check(work: Work, case: Case, letter: Letter) -> None:
    """Refuse WrongState, NotAllowed or GateClosed unless the letter may be written now."""
    letters.check(letter, facts_of_letters(work, case), work.actor, work.today)


def offers(work: Work, case: Case) -> list[tuple[Letter, tuple[str, ...]]]:
    """The letters that the case's state knows, each with every reason why not now."""
    facts = facts_of_letters(work, case)
    return [
        (letter, letters.why_not(letter, facts, work.actor, work.today))
        for letter, rule in letters.RULES.items()
        if facts.case.state in rule.states
    ]


def _latest(work: Work, case: Case, letter: Letter) -> Notice | None:
    return work.session.scalar(
        select(Notice)
        .where(
            Notice.case_id == case.id,
            Notice.kind == letter.value,
            Notice.state.not_in(_GONE),
        )
        .order_by(Notice.sequence.desc())
        .limit(1)
    )


def _last_reminder(work: Work, case: Case) -> date | None:
    last = _latest(work, case, Letter.REMINDER)
    return local_date(last.issued_at) if last is not None and last.issued_at else None


def _told_of_credit(work: Work, case: Case) -> int:
    """The refund the provider was told of, if no entry was made in the ledger since. Pence."""
    letter, penalty = _latest(work, case, Letter.REFUND), penalty_of(work.session, case)
    if letter is None or letter.issued_at is None or penalty is None:
        return 0
    last = work.session.scalar(
        select(func.max(LedgerEntry.entered_at)).where(LedgerEntry.penalty_id == penalty.id)
    )
    if last is not None and last > letter.issued_at:
        return 0
    return int(letter.facts["refund"]["repaid_pence"])


def _waits(work: Work, case: Case) -> bool:
    latest = _latest(work, case, Letter.NON_PAYMENT)
    return latest is not None and latest.state == "submitted"
