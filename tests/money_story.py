"""A case with a penalty to be paid, stored as it would stand, without the walk that leads to it."""

from __future__ import annotations

from datetime import datetime, timedelta

import notice_story as story

from enforcement.data.cases import Case
from enforcement.data.decisions import Decision
from enforcement.data.notices import Notice
from enforcement.data.payments import Penalty
from enforcement.domain.calendar import local_date
from enforcement.domain.clocks import payment_clock
from enforcement.services import files, payments
from enforcement.services.case_clocks import start_clock
from enforcement.services.case_facts import balance, penalty_of
from enforcement.services.policies import calendar
from enforcement.services.work import Work

OWED = 2_388_00
GIVEN: datetime = story.NOW + timedelta(days=20)  # 6 July 2026


def owing(work: Work, number: int = 1, pence: int = OWED) -> Penalty:
    """A case with a final notice given today and its penalty raised; 28 days to pay."""
    return penalise(work, story.open_case(work, number), pence)


def penalise(work: Work, case: Case, pence: int = OWED) -> Penalty:
    """A final notice on this case, given today, and its penalty."""
    _decided(work, case)
    final = _final_notice(work, case, pence)
    case.state = "payment"
    work.session.flush()
    given = local_date(work.now)
    appeal_by = given + timedelta(days=28)
    start_clock(work, case, payment_clock(given, appeal_by, calendar(work.session), 28))
    return payments.raise_penalty(work, case, final)


def owed(work: Work, case: Case) -> int:
    """The balance of the case's penalty, in pence."""
    penalty = penalty_of(work.session, case)
    assert penalty is not None
    return balance(work.session, penalty)


def _decided(work: Work, case: Case) -> None:
    """The database holds no final notice without a decision to impose."""
    decision = Decision(
        case_id=case.id,
        proposed_by=story.OFFICER.identity,
        proposed_at=work.now,
        recommendation="impose",
        reasons="The three returns were due and were not made.",
        excuse_finding="No reason was given.",
        reasons_sha256="0" * 64,
    )
    work.session.add(decision)
    work.session.flush()
    decision.outcome, decision.decided_by = "impose", story.PANEL[0].identity
    decision.decided_by_name = story.PANEL[0].name
    decision.decided_on, decision.decided_at = work.today, work.now
    work.session.flush()


def _final_notice(work: Work, case: Case, pence: int) -> Notice:
    digest = files.keep(work, f"%PDF invented {case.reference}".encode(), "application/pdf")
    notice = Notice(
        case=case,
        reference=f"{case.reference}-N2",
        kind="final_notice",
        sequence=2,
        state="draft",
        template_version="v1",
        facts={},
        facts_sha256="0" * 64,
        pdf_sha256=digest,
        checks=[],
        recipient=story.SECRETARY.stored(),
        method="electronic",
        amount_pence=pence,
        drafted_by=story.OFFICER.identity,
        drafted_by_name=story.OFFICER.name,
        drafted_at=work.now,
        giving_receipt=[],
    )
    work.session.add(notice)
    for state in ("submitted", "approved", "given"):  # as the database insists
        work.session.flush()
        notice.state = state
        if state == "approved":
            notice.approved_pdf_sha256, notice.approved_facts_sha256 = digest, "0" * 64
            notice.approved_by, notice.approved_by_name = story.SENIOR.identity, story.SENIOR.name
            notice.approved_at = work.now
    notice.issued_at = notice.sent_at = work.now
    notice.issued_by, notice.given_on = story.OFFICER.identity, local_date(work.now)
    work.session.flush()
    return notice
