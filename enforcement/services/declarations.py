"""Interests declared by panel members, before the papers are shown.

What connects a member with a provider does not change with the words put to the panel: a
declaration holds for every proposal of the case up to the decision, and not for a later round.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from enforcement.data.deciding import Declaration
from enforcement.data.decisions import Decision


def _round(decision: Decision) -> ColumnElement[bool]:
    """This proposal, and those before it that were never decided."""
    earlier = and_(Decision.outcome.is_(None), Decision.id < decision.id)
    return and_(Decision.case_id == decision.case_id, or_(Decision.id == decision.id, earlier))


def of_decision(session: Session, decision: Decision) -> list[Declaration]:
    """Every declaration that holds for what is before the panel, in the order made."""
    return list(
        session.scalars(
            select(Declaration)
            .join(Decision, Decision.id == Declaration.decision_id)
            .where(_round(decision))
            .order_by(Declaration.id)
        )
    )


def declared(session: Session, decision: Decision, identity: str) -> str | None:
    """The conflict this person declared: "" for none, None when nothing is declared yet."""
    return session.scalar(
        select(Declaration.conflict)
        .join(Decision, Decision.id == Declaration.decision_id)
        .where(_round(decision), Declaration.member == identity)
        .order_by(Declaration.id.desc())
        .limit(1)
    )
