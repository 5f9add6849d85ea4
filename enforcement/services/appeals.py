"""Appeals to the First-tier Tribunal: lodged, then ended one of three ways."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from enforcement.data.cases import Case
from enforcement.data.payments import Appeal
from enforcement.domain.calendar import local_date
from enforcement.domain.cases import Action
from enforcement.domain.clocks import ClockKind, appeal_response_clock, payment_restart_clock
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, NotFound
from enforcement.services.case_clocks import end_clocks, start_clock
from enforcement.services.case_facts import FINAL, live_notice
from enforcement.services.cases import expect, move, stream
from enforcement.services.payments import cancel
from enforcement.services.policies import calendar, in_force
from enforcement.services.work import Work

OUTCOMES = {
    "dismissed": "Dismissed: the penalty stands",
    "withdrawn": "Withdrawn by the provider: the penalty stands",
    "quashed": "Allowed: the penalty is quashed",
}


def live_appeal(work: Work, case: Case) -> Appeal | None:
    """The appeal that has not ended, if any."""
    return work.session.scalar(
        select(Appeal).where(Appeal.case_id == case.id, Appeal.outcome.is_(None))
    )


def appeals_of(work: Work, case: Case) -> list[Appeal]:
    """Every appeal of the case, oldest first."""
    return list(
        work.session.scalars(select(Appeal).where(Appeal.case_id == case.id).order_by(Appeal.id))
    )


def lodge(
    work: Work,
    case: Case,
    lodged_on: date,
    received_on: date,
    tribunal_reference: str,
    grounds: str = "",
    version: int | None = None,
) -> Appeal:
    """Record an appeal: the final notice is suspended until it ends (reg 8).

    `received_on` is the day we received the notice of appeal; our response is due 28 days after
    it (SI 2009/1976 r.23). A late appeal is recorded all the same: only the tribunal may refuse
    it. Refuses BadInput, StaleVersion and what the table refuses.
    """
    expect(case, version)
    final = live_notice(work.session, case, FINAL)
    if not tribunal_reference.strip():
        raise BadInput("Give the tribunal’s reference.")
    if lodged_on > received_on or received_on > work.today:
        raise BadInput("An appeal is lodged first, received by us after that, not in the future.")
    if final and final.issued_at and lodged_on < local_date(final.issued_at):
        raise BadInput("The appeal cannot be older than the final notice.")
    limit = max((c.due_on for c in case.clocks if c.kind == ClockKind.APPEAL), default=None)
    move(
        work,
        case,
        Action.LODGE_APPEAL,
        {
            "lodged_on": lodged_on.isoformat(),
            "received_on": received_on.isoformat(),
            "tribunal_reference": tribunal_reference.strip(),
            "late": limit is not None and lodged_on > limit,
        },
        texts={"grounds": grounds.strip()} if grounds.strip() else None,
    )
    appeal = Appeal(
        case_id=case.id,
        lodged_on=lodged_on,
        received_on=received_on,
        tribunal_reference=tribunal_reference.strip(),
        grounds=grounds.strip(),
        recorded_by=work.actor.identity,
    )
    work.session.add(appeal)
    end_clocks(work, case, {ClockKind.PAYMENT, ClockKind.APPEAL}, "suspended")
    start_clock(work, case, appeal_response_clock(received_on, calendar(work.session)))
    return appeal


def end(
    work: Work,
    case: Case,
    outcome: str,
    ended_on: date,
    reason: str = "",
    version: int | None = None,
) -> Appeal:
    """Record how the appeal ended.

    Dismissed or withdrawn: the notice takes effect again and a full payment period starts from
    the day the appeal ended (policy `periods`; whether it restarts or resumes is not settled by
    law: domain 12, question 2). Quashed: all liability is cancelled, what was paid is to be
    refunded. There is no “varied”: the tribunal may not set another amount than reg 3's (reg 8),
    so a wrong amount is quashed and a new notice given. Refuses BadInput, NotFound and what the
    table refuses.
    """
    expect(case, version)
    work.require(Permission.RECORD_APPEAL)
    appeal = live_appeal(work, case)
    if appeal is None:
        raise NotFound("No appeal is under way on this case.")
    if outcome not in OUTCOMES:
        raise BadInput("Choose how the appeal ended.")
    if not appeal.received_on <= ended_on <= work.today:
        raise BadInput("An appeal ends after we received it and not in the future.")
    quashed = outcome == "quashed"
    move(
        work,
        case,
        Action.APPEAL_QUASHED if quashed else Action.APPEAL_CONFIRMED,
        {
            "outcome": outcome,
            "ended_on": ended_on.isoformat(),
            "tribunal_reference": appeal.tribunal_reference,
        },
        texts={"reason": reason.strip()} if reason.strip() else None,
    )
    appeal.outcome, appeal.ended_on = outcome, ended_on
    end_clocks(work, case, {ClockKind.APPEAL_RESPONSE}, "appeal ended")
    if quashed:
        _quash(work, case, ended_on)
    else:
        days = in_force(work.session, "periods", work.today).body["payment_days"]
        start_clock(work, case, payment_restart_clock(ended_on, calendar(work.session), days))
    work.session.flush()
    return appeal


def _quash(work: Work, case: Case, ended_on: date) -> None:
    """The final notice has no more effect: it is closed like a withdrawn one, money cancelled."""
    final = live_notice(work.session, case, FINAL)
    if final is not None:
        final.state, final.withdrawn_at = "withdrawn", work.now
        work.session.flush()
        work.record(
            stream(case),
            "notice_withdrawn",
            {"notice": final.reference, "reason": "quashed on appeal"},
        )
    cancel(work, case, f"Quashed on appeal on {ended_on.isoformat()}")
