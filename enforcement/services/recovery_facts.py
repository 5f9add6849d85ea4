"""What the gates of recovery look at: the last reminder, and the certificate that is signed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.domain.calendar import local_date
from enforcement.domain.clocks import ClockKind
from enforcement.domain.letters import Letter
from enforcement.services.policies import in_force

_OUT = ("issued", "given")


def recovery_facts(session: Session, case: Case, today: date) -> dict[str, Any]:
    """The facts of recovery by their names in `CaseFacts`. Reads only."""
    policy = in_force(session, "recovery", today).body
    signed = certificate(session, case)
    return {
        "reminded_on": _reminded_on(session, case),
        "reminder_wait": int(policy["reminder_wait"]) if policy["reminder_needed"] else None,
        "certified_pence": signed.facts["unpaid"]["unpaid_pence"] if signed else None,
    }


def certificate(session: Session, case: Case) -> Notice | None:
    """The certificate of non-payment signed last (reg 9), if there is one."""
    return session.scalar(
        select(Notice)
        .where(
            Notice.case_id == case.id,
            Notice.kind == Letter.NON_PAYMENT.value,
            Notice.state.in_(("approved", *_OUT)),
        )
        .order_by(Notice.sequence.desc())
        .limit(1)
    )


def _reminded_on(session: Session, case: Case) -> date | None:
    """When the last reminder went out in the period for payment that counts now."""
    since = _period_began(case)
    issued = session.scalar(
        select(Notice.issued_at)
        .where(
            Notice.case_id == case.id,
            Notice.kind == Letter.REMINDER.value,
            Notice.state.in_(_OUT),
            Notice.issued_at.is_not(None),
        )
        .order_by(Notice.sequence.desc())
        .limit(1)
    )
    if issued is None or since is None or issued < since:
        return None
    return local_date(issued)


def _period_began(case: Case) -> datetime | None:
    began = [row.started_at for row in case.clocks if row.kind == ClockKind.PAYMENT]
    return began[-1] if began else None
