"""Whether the breach a case rests on still stands, on the rows stored today."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from enforcement.data.cases import Case, CaseMiss
from enforcement.data.policies import Policy
from enforcement.data.windows import Correction, ReturnRow
from enforcement.domain.thresholds import mask_of, qualifies
from enforcement.domain.windows import Month
from enforcement.services.policies import threshold_of


def cured(session: Session, miss: CaseMiss) -> bool:
    """Whether a counting return, or an approved correction, now stands for this miss."""
    returned = session.scalar(
        select(ReturnRow.id)
        .where(
            ReturnRow.duty_id == miss.duty_id,
            ReturnRow.window_no == miss.window_no,
            ReturnRow.counts.is_(True),
        )
        .limit(1)
    )
    corrected = session.scalar(
        select(Correction.id)
        .where(
            Correction.duty_id == miss.duty_id,
            Correction.window_no == miss.window_no,
            Correction.approved_by.is_not(None),
        )
        .limit(1)
    )
    return returned is not None or corrected is not None


def standing(session: Session, case: Case) -> dict[int, list[CaseMiss]]:
    """The case's misses that still stand, by duty."""
    found: dict[int, list[CaseMiss]] = defaultdict(list)
    for miss in case.misses:
        if not cured(session, miss):
            found[miss.duty_id].append(miss)
    return dict(found)


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
