"""How cases were closed: the row a closing leaves, and what was closed with which lesson."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from enforcement.data.appeals import CaseClosing
from enforcement.data.cases import Case
from enforcement.domain.closing import CLOSE_REASONS, check_lesson, keep_until
from enforcement.services.policies import in_force
from enforcement.services.work import Work


def closing(work: Work, case: Case, reason: str, lesson: str, words: str) -> CaseClosing:
    """The row of a closing today, with the last day of keeping by the policy in force.

    Not stored here. Refuses BadInput for an unknown lesson.
    """
    check_lesson(lesson)
    policy = in_force(work.session, "retention", work.today)
    years = int(policy.body[reason])
    return CaseClosing(
        case_id=case.id,
        reason=reason,
        closed_on=work.today,
        keep_until=keep_until(work.today, years),
        keep_rule=f"{CLOSE_REASONS[reason]}: {years} {'year' if years == 1 else 'years'} after "
        "closing",
        policy_id=policy.id,
        lesson=lesson,
        words=words.strip(),
        closed_by=work.actor.identity,
        closed_by_name=work.actor.name,
        closed_at=work.now,
    )


def last_closing(session: Session, case: Case) -> CaseClosing | None:
    """How the case was closed last, if it ever was. Reads only."""
    return session.scalar(
        select(CaseClosing)
        .where(CaseClosing.case_id == case.id)
        .order_by(CaseClosing.id.desc())
        .limit(1)
    )
