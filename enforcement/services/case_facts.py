"""Gathering what the gates look at: stored rows in, plain `CaseFacts` out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import BindParameter, bindparam, exists, func, select
from sqlalchemy.orm import Session

from enforcement.data.cases import Case, CaseMiss
from enforcement.data.deciding import Extension
from enforcement.data.decisions import Decision
from enforcement.data.notices import Notice
from enforcement.data.payments import Appeal, LedgerEntry, Penalty
from enforcement.data.register import DualRegistration, Duty, Location, RegisterChange
from enforcement.data.replies import Reply, ReplyPoint
from enforcement.domain.cases import CaseFacts, State
from enforcement.domain.events import fact_hash
from enforcement.domain.giving import Capacity, Method, is_proper, person_kind
from enforcement.domain.permissions import CasePeople
from enforcement.domain.refusals import HistoryBroken, NotFound
from enforcement.services import drift
from enforcement.services.appeal_standing import live_appeal, standing
from enforcement.services.breaches import breach_stands
from enforcement.services.files import fetch
from enforcement.services.findings import left as findings_left
from enforcement.services.policies import in_force
from enforcement.services.recovery_facts import recovery_facts
from enforcement.services.work import Work

INTENT = "notice_of_intent"
FINAL = "final_notice"
# Only here does a gate ask for the seal; reading the whole document is not for every page.
_SEALED = ("submitted", "approved")
FINAL_STATES = {
    State.IMPOSE,
    State.FINAL_DRAFT,
    State.FINAL_REVIEW,
    State.FINAL_APPROVED,
    State.FINAL_ISSUED,
    State.PAYMENT,
    State.APPEALED,
    State.RECOVERY,
    State.COUNTY_COURT,
}
NO_LONGER = ("withdrawn", "discarded")  # notices that do not stand

# Statements asked of every case at every step are put together once.
_WHOSE: BindParameter[int] = bindparam("whose")
_LIVE_NOTICE = (
    select(Notice)
    .where(
        Notice.case_id == _WHOSE,
        Notice.kind == bindparam("which"),
        Notice.state.not_in(NO_LONGER),
    )
    .order_by(Notice.sequence.desc())
    .limit(1)
)
_NOTICES = (
    select(Notice)
    .where(Notice.case_id == _WHOSE, Notice.kind.in_((INTENT, FINAL)))
    .order_by(Notice.sequence)
)
_PLACES = (
    select(Location.cqc_id)
    .join(Duty, Duty.location_id == Location.id)
    .join(CaseMiss, CaseMiss.duty_id == Duty.id)
    .where(CaseMiss.case_id == _WHOSE)
)
# More time was agreed under the notice that stands; one withdrawn takes its extensions along.
_EXTENDED = (
    select(func.max(Extension.ends_on))
    .join(Notice, Notice.id == Extension.notice_id)
    .where(Extension.case_id == _WHOSE, Notice.state.not_in(NO_LONGER))
)
_BESIDE = select(
    select(func.count())
    .where(Reply.case_id == _WHOSE, Reply.read_at.is_(None))
    .scalar_subquery()
    .label("unread_replies"),
    select(func.count())
    .select_from(ReplyPoint)
    .join(Reply)
    .where(Reply.case_id == _WHOSE, ReplyPoint.answered_at.is_(None))
    .scalar_subquery()
    .label("unanswered_points"),
    exists().where(Decision.case_id == _WHOSE).label("decided"),
    exists().where(Penalty.case_id == _WHOSE).label("penalised"),
    exists().where(Appeal.case_id == _WHOSE, Appeal.outcome.is_(None)).label("appeal_live"),
    exists()
    .where(
        DualRegistration.location_cqc_id.in_(_PLACES) | DualRegistration.linked_cqc_id.in_(_PLACES),
        DualRegistration.settled_at.is_(None),
    )
    .label("dual_open"),
    _EXTENDED.scalar_subquery().label("extended_to"),
    # Only a case whose provider changed since it opened is compared with the register in full.
    exists()
    .where(
        RegisterChange.provider_id == bindparam("provider"),
        RegisterChange.noticed_at > bindparam("since", type_=RegisterChange.noticed_at.type),
    )
    .label("register_changed"),
)


def live_notice(session: Session, case: Case, kind: str) -> Notice | None:
    """The notice of this kind that is neither withdrawn nor discarded."""
    return session.scalar(_LIVE_NOTICE, {"whose": case.id, "which": kind})


def period_end(session: Session, case: Case) -> date | None:
    """The last day for representations: as the notice of intent states, or as extended since."""
    intent = live_notice(session, case, INTENT)
    return _later(intent, session.scalar(_EXTENDED, {"whose": case.id}))


def _later(intent: Notice | None, extended_to: date | None) -> date | None:
    if intent is None or intent.period_ends_on is None:
        return None
    return max(intent.period_ends_on, extended_to or intent.period_ends_on)


def notice_in_hand(session: Session, case: Case) -> Notice | None:
    """The notice the case's present stage is about: the final notice once one is due."""
    kind = FINAL if State(case.state) in FINAL_STATES else INTENT
    return live_notice(session, case, kind)


def live_decision(session: Session, case: Case) -> Decision | None:
    return session.scalar(
        select(Decision).where(Decision.case_id == case.id, Decision.superseded.is_(False))
    )


def penalty_of(session: Session, case: Case) -> Penalty | None:
    """The penalty of the latest final notice of the case."""
    return session.scalar(
        select(Penalty).where(Penalty.case_id == case.id).order_by(Penalty.id.desc()).limit(1)
    )


def balance(session: Session, penalty: Penalty) -> int:
    """What is owed in pence: always the sum of the entries. Negative means a refund is due."""
    return (
        session.scalar(
            select(func.coalesce(func.sum(LedgerEntry.pence), 0)).where(
                LedgerEntry.penalty_id == penalty.id
            )
        )
        or 0
    )


def people_of(session: Session, case: Case) -> CasePeople:
    """Who has taken which part in the case, over its whole life, from stored rows.

    A letter finds nothing, so that whoever sends one takes no part.
    """
    return _people(_notices(session, case), _decisions(session, case))


def _notices(session: Session, case: Case) -> Sequence[Notice]:
    """Every notice of intent and final notice of a case, also those that stand no more."""
    return session.scalars(_NOTICES, {"whose": case.id}).all()


def _decisions(session: Session, case: Case) -> Sequence[Decision]:
    return session.scalars(select(Decision).where(Decision.case_id == case.id)).all()


def _people(notices: Sequence[Notice], decisions: Sequence[Decision]) -> CasePeople:
    panel: set[str] = set()
    for decision in decisions:
        panel |= {vote.member for vote in decision.votes if vote.vote != "recused"}
        panel |= {decision.decided_by} if decision.decided_by else set()
    return CasePeople(
        drafters=frozenset(notice.drafted_by for notice in notices),
        approvers=frozenset(notice.approved_by for notice in notices if notice.approved_by),
        panel=frozenset(panel),
    )


def _live(notices: Sequence[Notice], kind: str) -> Notice | None:
    stand = [n for n in notices if n.kind == kind and n.state not in NO_LONGER]
    return stand[-1] if stand else None


def seal_holds(work: Work, notice: Notice) -> bool:
    """Whether facts and PDF are, byte for byte, what was submitted and (once) approved."""
    if notice.pdf_sha256 is None or fact_hash(notice.facts) != notice.facts_sha256:
        return False
    try:
        fetch(work, notice.pdf_sha256)
    except (NotFound, HistoryBroken):
        return False
    if notice.approved_at is None or notice.state in ("draft", "submitted"):
        return True
    return (
        notice.approved_pdf_sha256 == notice.pdf_sha256
        and notice.approved_facts_sha256 == notice.facts_sha256
    )


def _register(session: Session, case: Case, changed: bool, notice: Notice | None) -> dict[str, Any]:
    if not changed:
        return {"register_drift": ()}
    return {
        "register_drift": tuple(one.sentence for one in drift.standing(session, case)),
        "paper_drift": tuple(drift.on_the_paper(session, case, notice)),
    }


def _amount(case: Case, today: date) -> dict[str, Any]:
    trace = case.amount_trace or {}
    recomputed = trace.get("recomputed_on")
    return {
        "amount_known": case.amount_pence is not None,
        "amount_confirmed": case.amount_status == "confirmed",
        "amount_recomputed_on": date.fromisoformat(recomputed) if recomputed else None,
    }


def _address_is_proper(case: Case, notice: Notice | None) -> bool:
    if notice is None or not notice.recipient.get("capacity"):
        return False
    kind = person_kind(case.provider.ownership_type or "")
    return is_proper(kind, Capacity(notice.recipient["capacity"]), Method(notice.method)).ok


def _clock(case: Case, kind: str) -> date | None:
    running = [c for c in case.clocks if c.kind == kind and c.ended_because != "superseded"]
    return running[-1].due_on if running else None


def _decision(
    session: Session, case: Case, decisions: Sequence[Decision], intent: Notice | None
) -> dict[str, Any]:
    decision = next((one for one in decisions if not one.superseded), None)
    if decision is None:
        return {}
    votes = [vote.vote for vote in decision.votes]
    return {
        "votes_for": votes.count("impose"),
        "votes_against": votes.count("no_penalty"),
        "reasons_recorded": bool(decision.reasons.strip()),
        "excuse_finding_recorded": bool(decision.excuse_finding.strip()),
        "findings_missing": findings_left(session, case, decision, intent),
        "decided_on": decision.decided_on if decision.outcome == "impose" else None,
    }


def _money(session: Session, case: Case, penalised: bool, today: date) -> dict[str, Any]:
    penalty = penalty_of(session, case) if penalised else None
    recovery = recovery_facts(session, case, today) if penalty else {}
    return {
        **recovery,
        "balance_pence": balance(session, penalty) if penalty else None,
        "payment_due_on": _clock(case, "payment"),
        "appeal_due_on": _clock(case, "appeal"),
    }


def _appeal(session: Session, case: Case, live: bool) -> dict[str, Any]:
    appeal = live_appeal(session, case) if live else None
    words = standing(session, appeal).sentence if appeal is not None else ""
    return {"appeal_live": live, "appeal_words": words}


def facts_of(work: Work, case: Case) -> CaseFacts:
    """Everything the gates look at, as it stands now. Reads only."""
    session = work.session
    provider = case.provider
    notices = _notices(session, case)
    intent, final = _live(notices, INTENT), _live(notices, FINAL)
    notice = final if State(case.state) in FINAL_STATES else intent
    about = {"whose": case.id, "provider": case.provider_id, "since": case.opened_at}
    beside = session.execute(_BESIDE, about).one()
    decisions = _decisions(session, case) if beside.decided else ()
    quorum = in_force(session, "panel", work.today).body["quorum"]
    return CaseFacts(
        state=State(case.state),
        people=_people(notices, decisions),
        on_hold=any(hold.ends_on is None for hold in case.holds),
        public_body=provider.public_body is True,
        public_body_cleared=provider.public_body is False,
        registered_today=provider.deregistered_on is None or provider.deregistered_on > work.today,
        exclusions_clear=provider.public_body is not True,
        dual_registration_open=beside.dual_open,
        proper_address=_address_is_proper(case, notice),
        elements_missing=tuple(
            check["element"] for check in (notice.checks if notice else []) if not check["ok"]
        ),
        seal_intact=notice is not None and notice.state in _SEALED and seal_holds(work, notice),
        intent_sent=intent is not None and intent.sent_at is not None,
        intent_given_on=intent.given_on if intent else None,
        giving_in_doubt=case.giving_in_doubt,
        period_ends_on=_later(intent, beside.extended_to),
        decide_by=_clock(case, "decision"),
        quorum=quorum,
        register_checked_on=case.register_checked_on,
        **_register(session, case, beside.register_changed, notice),
        breach_reevaluated=breach_stands(session, case),
        final_sent=final is not None and final.sent_at is not None,
        notice_out=intent is not None and intent.issued_at is not None,
        **_amount(case, work.today),
        **_appeal(session, case, beside.appeal_live),
        unread_replies=beside.unread_replies,
        unanswered_points=beside.unanswered_points,
        **_decision(session, case, decisions, intent),
        **_money(session, case, beside.penalised, work.today),
    )
