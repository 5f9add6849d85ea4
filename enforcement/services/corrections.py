"""Corrections: a recorded finding that a miss did not happen or is excused, by two people."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from enforcement.data.register import Duty
from enforcement.data.windows import Correction
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, NotFound, SamePerson
from enforcement.domain.windows import Month
from enforcement.services.work import Work

OUTCOMES = {
    "submitted": "A return was made in the window",
    "nil": "A nil return was made in the window",
    "excused": "Excused",
}
TWO_PEOPLE = "Separation of duties: two people correct a return"


def propose(
    work: Work, duty_id: int, month: Month, outcome: str, reason: str, evidence: str
) -> Correction:
    """Put a correction up for a second person. The rows as received stay as they are.

    Refuses BadInput (unknown outcome, no reason or evidence, window not owed), NotFound,
    NotAllowed.
    """
    work.require(Permission.LOAD_FILES)
    duty = work.session.get(Duty, duty_id)
    if duty is None:
        raise NotFound("There is no such location and service.")
    if outcome not in OUTCOMES:
        raise BadInput("Choose what the window should be.")
    if not reason.strip() or not evidence.strip():
        raise BadInput("A correction needs a reason and says where the evidence is.")
    if not duty.first_window <= month.number <= duty.last_window:
        raise BadInput(f"No return was owed for {month.title}.")
    row = Correction(
        duty_id=duty.id,
        window_no=month.number,
        outcome=outcome,
        reason=reason.strip(),
        evidence=evidence.strip(),
        proposed_by=work.actor.identity,
        made_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    work.record(
        "returns",
        "correction_proposed",
        {"correction": row.id, "duty": duty.id, "window": str(month), "outcome": outcome},
        texts={"reason": row.reason, "evidence": row.evidence},
        permission=Permission.LOAD_FILES,
    )
    return row


def approve(work: Work, correction_id: int) -> Correction:
    """Approve a correction as a second person; from now on the miss does not count.

    `made_at` becomes the time of approval: the moment from which evaluations see it. Refuses
    NotFound, SamePerson, NotAllowed.
    """
    work.require(Permission.COMPLETE_FEED)
    row = work.session.get(Correction, correction_id)
    if row is None or row.approved_by is not None:
        raise NotFound("There is no such correction awaiting approval.")
    if row.proposed_by == work.actor.identity:
        raise SamePerson(
            "Whoever proposed a correction may not approve it.",
            rule=TWO_PEOPLE,
            fix="Ask a colleague who may declare a feed complete.",
        )
    row.approved_by, row.made_at = work.actor.identity, work.now
    work.session.flush()
    work.record(
        "returns",
        "return_corrected",
        {
            "correction": row.id,
            "duty": row.duty_id,
            "window": str(Month(row.window_no)),
            "outcome": row.outcome,
            "reason": row.reason,
        },
        permission=Permission.COMPLETE_FEED,
    )
    return row


def of_duties(session: Session, duty_ids: Sequence[int]) -> list[Correction]:
    """Every correction of these duties, newest first, approved or not."""
    return list(
        session.scalars(
            select(Correction)
            .where(Correction.duty_id.in_(duty_ids))
            .order_by(Correction.id.desc())
        )
    )
