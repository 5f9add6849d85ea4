"""What must be true of the stored rows once a final notice is out, or money is recovered.

Read from the rows on their own, never through `CaseFacts` or the gates.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from enforcement.data.cases import Case
from enforcement.data.decisions import Decision, PanelVote
from enforcement.data.notices import Notice
from enforcement.data.payments import Appeal, LedgerEntry, Penalty
from enforcement.data.register import PublicBodyReview, RegisterChange
from enforcement.data.replies import Reply
from enforcement.data.windows import Correction, ReturnRow
from enforcement.domain.calendar import local_date

INTENT, FINAL = "notice_of_intent", "final_notice"


def judge(session: Session, reference: str, now: datetime) -> int:
    """AssertionError where a final notice is out that may not be; how many went out just now."""
    case = case_of(session, reference)
    out = [n for n in _notices(session, case) if n.kind == FINAL and n.state in ("issued", "given")]
    for final in out:
        heard_and_decided(session, case, final)
        sealed(final)
    fresh = [final for final in out if final.issued_at == now]
    for final in fresh:
        true_on_the_day(session, case, final, now)
    if case.state in ("recovery", "county_court"):
        recoverable(session, case, local_date(now))
    return len(fresh)


def recoverable(session: Session, case: Case, today: date) -> None:
    """Recovery and the court come after the periods for payment and appeal, for what is owed."""
    [final] = [n for n in _notices(session, case) if n.kind == FINAL and n.state == "given"]
    assert final.given_on is not None
    assert final.sent_at is not None
    assert today > local_date(final.sent_at) + timedelta(28), "the time to appeal was open"
    clocks = [c for c in case.clocks if c.kind == "payment" and c.ended_because != "superseded"]
    assert clocks, "no period for payment"
    assert today > clocks[-1].due_on, "the time to pay was open"
    penalty = session.scalars(select(Penalty).where(Penalty.case_id == case.id)).one()
    entries = select(LedgerEntry.pence).where(LedgerEntry.penalty_id == penalty.id)
    assert sum(session.scalars(entries)) > 0, "nothing was owed"
    live = select(Appeal.id).where(Appeal.case_id == case.id, Appeal.outcome.is_(None))
    assert session.scalar(live) is None, "an appeal was live"


def fresh_recovery(session: Session, case: Case) -> None:
    """What must be true at the moment of starting recovery and may change afterwards."""
    assert all(hold.ends_on is not None for hold in case.holds), "the case was held"
    assert not case.giving_in_doubt, "giving was in doubt"
    unread = select(Reply.id).where(Reply.case_id == case.id, Reply.read_at.is_(None))
    assert session.scalar(unread) is None, "a reply was not read"


def case_of(session: Session, reference: str) -> Case:
    return session.scalars(select(Case).where(Case.reference == reference)).one()


def _notices(session: Session, case: Case) -> list[Notice]:
    return list(session.scalars(select(Notice).where(Notice.case_id == case.id)))


def heard_and_decided(session: Session, case: Case, final: Notice) -> None:
    """What was true before the final notice went out, and stays true."""
    [intent] = [n for n in _notices(session, case) if n.kind == INTENT and n.state == "given"]
    assert intent.sent_at is not None
    assert intent.given_on is not None
    assert intent.period_ends_on is not None
    assert intent.given_on + timedelta(14) <= intent.period_ends_on, "too short to be heard"
    held = select(Decision).where(Decision.case_id == case.id, Decision.superseded.is_(False))
    decision = session.scalars(held).one()
    assert decision.outcome == "impose"
    assert decision.decided_on is not None
    assert decision.decided_at is not None
    assert decision.decided_on > intent.period_ends_on, "decided while the period was open"
    assert decision.decided_on <= intent.period_ends_on + timedelta(28), "decided too late"
    voted_by_others(session, case, decision)
    answered_before(session, case, decision.decided_at)


def voted_by_others(session: Session, case: Case, decision: Decision) -> None:
    votes = session.scalars(select(PanelVote).where(PanelVote.decision_id == decision.id)).all()
    members = {vote.member for vote in votes if vote.vote == "impose"}
    against = {vote.member for vote in votes if vote.vote == "no_penalty"}
    assert len(members) >= 2, "fewer than two voted to impose"
    assert len(members) > len(against), "no majority to impose"
    rows = _notices(session, case)
    others = {n.drafted_by for n in rows} | {n.approved_by for n in rows} | {decision.proposed_by}
    assert not (members | against | {decision.decided_by}) & others, "the panel had another part"


def answered_before(session: Session, case: Case, moment: datetime) -> None:
    for reply in session.scalars(select(Reply).where(Reply.case_id == case.id)):
        assert reply.read_at is not None, "a reply was not read"
        assert reply.read_at <= moment, "a reply was read after the decision"
        assert reply.points, "a reply without a point"
        for point in reply.points:
            assert point.answered_at is not None, "a point was not answered"
            assert point.answered_at <= moment, "a point was answered after the decision"


def sealed(final: Notice) -> None:
    assert final.approved_by is not None, "nobody approved"
    assert final.approved_by != final.drafted_by, "drafter and approver are one"
    assert final.approved_pdf_sha256 == final.pdf_sha256, "not what was approved"
    assert final.approved_facts_sha256 == final.facts_sha256, "not what was approved"


def true_on_the_day(session: Session, case: Case, final: Notice, now: datetime) -> None:
    """What must be true at the moment of issue and may change afterwards."""
    today = local_date(now)
    assert case.amount_status == "confirmed", "an estimate"
    assert case.amount_pence == final.amount_pence, "another amount"
    assert (case.amount_trace or {}).get("recomputed_on") == today.isoformat(), "not recomputed"
    assert case.register_checked_on == today, "the register was not checked that day"
    register_must_stand(session, case)
    assert case.amount_trace["entered_by_name"] != case.amount_trace["checked_by_name"], "one read"
    findings = select(PublicBodyReview).where(PublicBodyReview.provider_id == case.provider_id)
    latest = session.scalars(findings.order_by(PublicBodyReview.id.desc())).first()
    assert latest is not None, "nobody looked whether it is a public body"
    assert not latest.public_body, "a public body"
    assert case.provider.public_body is False, "a public body"
    assert all(hold.ends_on is not None for hold in case.holds), "the case was held"
    assert not case.giving_in_doubt, "giving was in doubt"
    breach_must_stand(session, case)


UNDONE = {"closed": "reopened", "vanished": "returned"}


def register_must_stand(session: Session, case: Case) -> None:
    """By the kinds of change alone: what is not undone has reasons, or may not be passed."""
    kinds = session.execute(
        select(RegisterChange.kind, RegisterChange.after)
        .where(RegisterChange.provider_id == case.provider_id)
        .where(RegisterChange.noticed_at > case.opened_at)
        .order_by(RegisterChange.id)
    ).all()
    for bad, good in UNDONE.items():
        told = [kind for kind, _ in kinds if kind in (bad, good)]
        if told and told[-1] == bad:
            assert bad == "vanished", "the provider had left the register"
            assert any("vanished" in one["key"] for one in case.register_drift), "it had vanished"
    persons = [after for kind, after in kinds if kind == "legal_person"]
    if persons:
        assert persons[-1] == "Society, 09999999", "another legal person"
        assert any("legal_form" in one["key"] for one in case.register_drift), "no reasons"


def breach_must_stand(session: Session, case: Case) -> None:
    """The case rests on three windows in a row and no more: any one of them cured ends it."""
    for miss in case.misses:
        made = select(ReturnRow.duty_id).where(
            ReturnRow.duty_id == miss.duty_id,
            ReturnRow.window_no == miss.window_no,
            ReturnRow.counts.is_(True),
        )
        corrected = select(Correction.id).where(
            Correction.duty_id == miss.duty_id,
            Correction.window_no == miss.window_no,
            Correction.approved_by.is_not(None),
        )
        assert session.scalar(made) is None, "the return was made"
        assert session.scalar(corrected) is None, "the miss was corrected"
