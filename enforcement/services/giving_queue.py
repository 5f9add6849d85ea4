"""The proposals about giving that wait for a second person, for home, tasks and the case."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session, joinedload

from enforcement.data.cases import Case
from enforcement.data.giving import GivingProposal
from enforcement.data.notices import Notice
from enforcement.domain.permissions import Actor, can
from enforcement.services.proposals import AGREES
from enforcement.services.work import Work


def awaits(actor: Actor) -> ColumnElement[bool]:
    """Open proposals that this person may agree to: not their own, the notice still out."""
    kinds = [kind for kind, permission in AGREES.items() if can(actor, permission)]
    still_out = select(Notice.id).where(Notice.state.in_(("issued", "given", "failed")))
    return and_(
        GivingProposal.outcome.is_(None),
        GivingProposal.proposed_by != actor.identity,
        GivingProposal.notice_id.in_(still_out),
        or_(*(GivingProposal.kind == kind for kind in kinds or ("",))),
    )


def waiting(work: Work, most: int = 50) -> Sequence[GivingProposal]:
    """What waits for this person's answer, the oldest first."""
    query = _with_places().where(awaits(work.actor)).order_by(GivingProposal.id).limit(most)
    return work.session.scalars(query).all()


def of_case(session: Session, case: Case) -> Sequence[GivingProposal]:
    """Every proposal about the notices of a case, the newest first."""
    query = _with_places().where(GivingProposal.case_id == case.id)
    return session.scalars(query.order_by(GivingProposal.id.desc())).all()


def _with_places() -> Select[GivingProposal]:
    return select(GivingProposal).options(
        joinedload(GivingProposal.case), joinedload(GivingProposal.notice)
    )
