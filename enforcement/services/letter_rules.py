"""Gathering what decides whether a letter may be written: stored rows in, reasons out."""

from __future__ import annotations

from sqlalchemy import func, select

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.data.payments import LedgerEntry
from enforcement.domain import letters
from enforcement.domain.calendar import local_date
from enforcement.domain.gates import CaseFacts
from enforcement.domain.letters import Letter, LetterFacts
from enforcement.services.case_facts import facts_of, penalty_of
from enforcement.services.policies import in_force
from enforcement.services.work import Work


def facts_of_letters(work: Work, case: Case, facts: CaseFacts | None = None) -> LetterFacts:
    """Everything the rules of the letters look at, as it stands now. Reads only.

    `facts`: those of the case, when the caller has gathered them already.
    """
    facts = facts or facts_of(work, case)
    policy = in_force(work.session, "letters", work.today).body
    latest = _latest(work, case)
    reminded, waits = latest.get(Letter.REMINDER), latest.get(Letter.NON_PAYMENT)
    return LetterFacts(
        case=facts,
        last_reminder_on=local_date(reminded.issued_at)
        if reminded is not None and reminded.issued_at
        else None,
        before_due=int(policy["reminder_before_due"]),
        after_due=int(in_force(work.session, "money", work.today).body["reminder_after_due"]),
        apart=int(policy["reminder_apart"]),
        credit_pence=max(-(facts.balance_pence or 0), 0),
        told_of_credit_pence=_told_of_credit(work, case, latest.get(Letter.REFUND)),
        told_no_penalty=Letter.NO_PENALTY in latest,
        certificate_waits=waits is not None and waits.state == "submitted",
    )


def check(work: Work, case: Case, letter: Letter, *, by_policy: bool = False) -> None:
    """Refuse WrongState, NotAllowed or GateClosed unless the letter may be written now.

    `by_policy`: the worker writes it because an approved policy says so.
    """
    actor = None if by_policy else work.actor
    letters.check(letter, facts_of_letters(work, case), actor, work.today)


def offers(
    work: Work, case: Case, facts: CaseFacts | None = None
) -> list[tuple[Letter, tuple[str, ...]]]:
    """The letters that the case's state knows, each with every reason why not now."""
    known = facts_of_letters(work, case, facts)
    return [
        (letter, letters.why_not(letter, known, work.actor, work.today))
        for letter, rule in letters.RULES.items()
        if known.case.state in rule.states
    ]


def _latest(work: Work, case: Case) -> dict[Letter, Notice]:
    """The last letter of each kind that was not given up."""
    found = work.session.scalars(
        select(Notice)
        .where(
            Notice.case_id == case.id,
            Notice.kind.in_([letter.value for letter in Letter]),
            Notice.state.not_in(("withdrawn", "discarded")),
        )
        .order_by(Notice.sequence)
    )
    return {Letter(notice.kind): notice for notice in found}


def _told_of_credit(work: Work, case: Case, letter: Notice | None) -> int:
    """The refund the provider was told of, if no entry was made in the ledger since. Pence."""
    penalty = penalty_of(work.session, case) if letter is not None else None
    if letter is None or letter.issued_at is None or penalty is None:
        return 0
    last = work.session.scalar(
        select(func.max(LedgerEntry.entered_at)).where(LedgerEntry.penalty_id == penalty.id)
    )
    if last is not None and last > letter.issued_at:
        return 0
    return int(letter.facts["refund"]["repaid_pence"])
