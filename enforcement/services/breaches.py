"""Whether the breach a case rests on still stands, on the rows stored today."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from enforcement.data.cases import Case, CaseMiss
from enforcement.data.policies import Policy
from enforcement.data.windows import Correction, ReturnRow
from enforcement.domain.thresholds import mask_of, qualifies
from enforcement.domain.windows import Month
from enforcement.services.policies import threshold_of


def standing(session: Session, case: Case) -> dict[int, list[CaseMiss]]:
    """The case's misses that still stand, by duty.

    A counting return, or an approved correction, cures a miss. One statement, however many.
    """
    cured = set(session.scalars(_CURED.where(CaseMiss.case_id == case.id)))
    found: dict[int, list[CaseMiss]] = defaultdict(list)
    for miss in case.misses:
        if miss.id not in cured:
            found[miss.duty_id].append(miss)
    return dict(found)


_CURED = select(CaseMiss.id).where(
    exists().where(
        ReturnRow.window_no == CaseMiss.window_no,
        ReturnRow.duty_id == CaseMiss.duty_id,
        ReturnRow.counts.is_(True),
    )
    | exists().where(
        Correction.duty_id == CaseMiss.duty_id,
        Correction.window_no == CaseMiss.window_no,
        Correction.approved_by.is_not(None),
    )
)


def breach_stands(session: Session, case: Case) -> bool:
    """Re-evaluate under the policy the case pinned: any one duty still meeting it is enough."""
    row = session.get(Policy, case.policy_id)
    if row is None:
        return False
    policy = threshold_of(row)
    latest = Month(case.window_no)
    return any(
        qualifies(mask_of([Month(m.window_no) for m in misses], latest, policy), policy)
        for misses in standing(session, case).values()
    )
