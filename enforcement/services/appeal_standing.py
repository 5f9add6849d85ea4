"""Where an appeal stands, from its stored steps. Reads only."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from enforcement.data.appeals import AppealStep
from enforcement.data.cases import Case, ClockRow
from enforcement.data.payments import Appeal
from enforcement.domain.appeals import Outcome, Standing, Step, StepKind, stand
from enforcement.domain.clocks import ClockKind


def live_appeal(session: Session, case: Case) -> Appeal | None:
    """The appeal that is not finally determined, if any."""
    return session.scalar(select(Appeal).where(Appeal.case_id == case.id, Appeal.outcome.is_(None)))


def appeals_of(session: Session, case: Case) -> list[Appeal]:
    """Every appeal of the case, oldest first."""
    return list(
        session.scalars(select(Appeal).where(Appeal.case_id == case.id).order_by(Appeal.id))
    )


def rows_of(session: Session, appeal: Appeal) -> list[AppealStep]:
    """The steps of an appeal as recorded, oldest first."""
    return list(
        session.scalars(
            select(AppealStep).where(AppealStep.appeal_id == appeal.id).order_by(AppealStep.id)
        )
    )


def standing(session: Session, appeal: Appeal) -> Standing:
    """Where the appeal stands after the steps recorded so far."""
    return stand(appeal.lodged_on, [as_step(row) for row in rows_of(session, appeal)])


def as_step(row: AppealStep) -> Step:
    """A stored step as the rules see it."""
    outcome = Outcome(row.outcome) if row.outcome else None
    return Step(StepKind(row.kind), row.on, row.until, outcome, row.pence)


def running(case: Case, kind: ClockKind) -> ClockRow | None:
    """The running deadline of this kind that was set last, if any."""
    found = [row for row in case.clocks if row.kind == kind and row.ended_at is None]
    return found[-1] if found else None


def is_late(case: Case, appeal: Appeal) -> bool:
    """Whether the appeal was made after the limit of the final notice of its time."""
    limits = [
        row.due_on
        for row in case.clocks
        if row.kind == ClockKind.APPEAL and row.due_on >= appeal.lodged_on
    ]
    known = any(row.kind == ClockKind.APPEAL for row in case.clocks)
    return known and not limits
