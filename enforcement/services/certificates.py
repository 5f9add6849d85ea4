"""The certificate of non-payment (SI 2022/1175 reg 9): drafted by one person, signed by another.

It states what had not been received by a day that is over, from the ledger as it stood then. The
signer signs the hash of the very page shown to them; it is kept as evidence and never posted.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from sqlalchemy import select

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.domain import letters
from enforcement.domain import payments as ledger
from enforcement.domain.gates import Gate
from enforcement.domain.giving import Method
from enforcement.domain.letters import RULES, Letter, LetterFacts
from enforcement.domain.permissions import Actor, Permission, Role
from enforcement.domain.refusals import BadInput, GateClosed, SamePerson, SealBroken, WrongState
from enforcement.domain.words import day
from enforcement.rendering import facts as paper
from enforcement.rendering.words import Rendered
from enforcement.services import letter_rules, money_letters, notice_facts
from enforcement.services.cases import stream
from enforcement.services.files import keep
from enforcement.services.letter_writing import fill, prepared
from enforcement.services.notice_pages import page_of
from enforcement.services.notices import PDF
from enforcement.services.payments import entries_of
from enforcement.services.policies import in_force
from enforcement.services.recipients import RecipientChoice
from enforcement.services.work import Work

KIND = Letter.NON_PAYMENT.value
UNSIGNED = paper.Signatory("Not yet signed", "to be signed by a second person")
_WAITING = "submitted"  # drafted, and waits for its signature


def draft(work: Work, case: Case, not_received_by: date) -> Notice:
    """Draft a certificate of what had not been received by the end of a day (reg 9).

    Refuses BadInput for a day that is not over, is in the payment period, or before money that
    was entered since; and what `domain.letters` refuses.
    """
    letter_rules.check(work, case, Letter.NON_PAYMENT)
    unpaid = _unpaid(work, case, not_received_by)
    _, final = money_letters.owed_under(work, case)
    parts = {
        "earlier": notice_facts.earlier_facts(final),
        "unpaid": unpaid,
        "signatory": UNSIGNED,
    }
    to, method = RecipientChoice.of(final.recipient), Method(final.method)
    notice = prepared(work, case, KIND, to, method, parts)
    notice.state, notice.submitted_at = _WAITING, work.now
    notice.pages = page_of(work, notice_facts.stored_facts(notice)).pages
    work.session.add(notice)
    work.session.flush()
    work.record(
        stream(case),
        "certificate_drafted",
        {
            "notice": notice.reference,
            "kind": KIND,
            "pence": unpaid.unpaid_pence,
            "not_received_by": not_received_by.isoformat(),
        },
        permission=Permission.CHASE_PAYMENT,
    )
    return notice


def _unpaid(work: Work, case: Case, by: date) -> paper.UnpaidFacts:
    penalty, _ = money_letters.owed_under(work, case)
    pay_by = money_letters.due_on(work, case)
    if by >= work.today:
        raise BadInput("The day must be over: choose yesterday or an earlier day.")
    if by < pay_by:
        raise BadInput(f"The penalty could be paid until {day(pay_by)}: choose that day or later.")
    entries = entries_of(penalty)
    then = [entry for entry in entries if entry.on <= by]
    if ledger.balance(then) != ledger.balance(entries):
        raise BadInput(f"The account moved after {day(by)}: choose a day after the last entry.")
    return paper.UnpaidFacts(
        penalty_pence=ledger.charged(then),
        received_pence=ledger.received(then),
        unpaid_pence=ledger.balance(then),
        pay_by=pay_by,
        not_received_by=by,
        authority=in_force(work.session, "letters", work.today).body["certificate_authority"],
        payments=money_letters.paid_lines(then),
    )


def waiting(work: Work, case: Case) -> Notice | None:
    """The certificate that waits for its signature, if there is one. Reads only."""
    return work.session.scalar(
        select(Notice).where(
            Notice.case_id == case.id, Notice.kind == KIND, Notice.state == _WAITING
        )
    )


def as_signed(work: Work, notice: Notice) -> Rendered:
    """The page as it would be if this person signed it today. Reads only.

    Refuses NotAllowed, and WrongState for one that waits for no signature.
    """
    work.require(Permission.APPROVE_NOTICE)
    if notice.kind != KIND or notice.state != _WAITING:
        raise WrongState("This certificate does not wait for a signature.")
    return page_of(work, _signed_facts(work, notice))


def _signed_facts(work: Work, notice: Notice) -> paper.NoticeFacts:
    frozen = notice_facts.stored_facts(notice)
    signatory = paper.Signatory(work.actor.name, role_of(work.actor))
    return replace(frozen, signatory=signatory, dated=work.today)


def role_of(actor: Actor) -> str:
    """The role printed under a signature: the first that may sign."""
    return Role(actor.acting_role(Permission.APPROVE_NOTICE)).label.partition(" (")[0]


def why_not_sign(work: Work, case: Case, notice: Notice) -> tuple[str, ...]:
    """Every reason why this person may not sign the certificate now."""
    found = [] if notice.state == _WAITING else ["It does not wait for a signature."]
    if notice.drafted_by == work.actor.identity:
        found.append("You drafted it: a second person signs.")
    return (*found, *(gate.sentence for gate in _shut(work, case)))


def _shut(work: Work, case: Case) -> list[Gate]:
    """The gates of the certificate that are shut, but for the one that this draft shuts."""
    facts: LetterFacts = replace(letter_rules.facts_of_letters(work, case), certificate_waits=False)
    if facts.case.state not in RULES[Letter.NON_PAYMENT].states:
        words = f"The case is “{facts.case.state.label}”."
        return [Gate("state", False, words)]
    return [g for g in letters.gates(Letter.NON_PAYMENT, facts, work.today) if not g.ok]


def sign(work: Work, case: Case, notice: Notice, seen_pdf_sha256: str) -> None:
    """Sign exactly the page that was on the screen, as a second person; keep it by its hash.

    Refuses WrongState, SamePerson, GateClosed (a hold, an open reply, a live appeal, doubtful
    giving, nothing owed), SealBroken (the money moved, or another page was seen), NotAllowed.
    """
    made = as_signed(work, notice)
    if notice.drafted_by == work.actor.identity:
        raise SamePerson("Whoever drafted a certificate may not sign it.")
    if shut := _shut(work, case):
        raise GateClosed(" ".join(gate.sentence for gate in shut), rule="SI 2022/1175 reg 9")
    facts = _signed_facts(work, notice)
    if facts.unpaid is None or facts.unpaid != _now(work, case, facts.unpaid.not_received_by):
        raise SealBroken(
            "The account moved since the certificate was drafted.",
            fix="Discard it and draft it again.",
        )
    if made.sha256 != seen_pdf_sha256:
        raise SealBroken("The document is not the one you were shown. Look at it again.")
    fill(notice, facts)
    notice.pdf_sha256, notice.pages = keep(work, made.pdf, PDF), made.pages
    work.session.flush()  # the database lets a seal change nothing else
    notice.state, notice.approved_at = "approved", work.now
    notice.approved_by, notice.approved_by_name = work.actor.identity, work.actor.name
    notice.approved_pdf_sha256 = notice.pdf_sha256
    notice.approved_facts_sha256 = notice.facts_sha256
    work.session.flush()
    work.record(
        stream(case),
        "certificate_signed",
        {
            "notice": notice.reference,
            "kind": KIND,
            "pence": facts.unpaid.unpaid_pence,
            "pdf_sha256": notice.pdf_sha256,
        },
        permission=Permission.APPROVE_NOTICE,
    )


def _now(work: Work, case: Case, by: date) -> paper.UnpaidFacts | None:
    try:
        return _unpaid(work, case, by)
    except BadInput:
        return None


def discard(work: Work, case: Case, notice: Notice, reason: str) -> None:
    """Give up a certificate that nobody has signed. Refuses WrongState, BadInput, NotAllowed."""
    work.require(Permission.CHASE_PAYMENT)
    if notice.kind != KIND or notice.state != _WAITING:
        raise WrongState("Only a certificate that waits for its signature can be discarded.")
    if not reason.strip():
        raise BadInput("Say why it is discarded.")
    notice.state = "discarded"
    work.session.flush()
    work.record(
        stream(case),
        "certificate_discarded",
        {"notice": notice.reference, "reason": reason.strip()},
        permission=Permission.CHASE_PAYMENT,
    )
