"""The findings of what is put to the panel: which are asked for, which are stored."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from enforcement.data.cases import Case
from enforcement.data.deciding import FindingRow
from enforcement.data.decisions import Decision
from enforcement.data.notices import Notice
from enforcement.data.replies import Reply, ReplyPoint
from enforcement.domain.findings import Finding, FindingKind, Needed, missing, needed
from enforcement.rendering.facts import FALSE_OR_MISLEADING


def points_of(session: Session, case: Case) -> list[ReplyPoint]:
    """Every point of every reply of a case, in the order received."""
    return list(
        session.scalars(
            select(ReplyPoint)
            .join(Reply, Reply.id == ReplyPoint.reply_id)
            .where(Reply.case_id == case.id)
            .order_by(Reply.received_at, Reply.id, ReplyPoint.number)
        )
    )


def asked(session: Session, case: Case, intent: Notice | None) -> tuple[Needed, ...]:
    """The findings that a decision on this case needs: on each excuse offered and, where the
    notice of intent is about false or misleading information, on falsity and material extent."""
    misleading = intent is not None and intent.facts.get("breach") == FALSE_OR_MISLEADING
    return needed([(p.id, p.reason) for p in points_of(session, case)], misleading)


def store(session: Session, decision: Decision, made: Sequence[Finding]) -> None:
    """Keep the findings beside what is put to the panel. They never change."""
    for finding in made:
        session.add(
            FindingRow(
                decision_id=decision.id,
                kind=finding.kind.value,
                point_id=finding.point,
                excuse=finding.excuse,
                found=finding.found,
                reasons=finding.reasons.strip(),
            )
        )
    session.flush()


def rows_of(session: Session, decision: Decision) -> list[FindingRow]:
    """The stored findings of a decision, in the order made."""
    return list(
        session.scalars(
            select(FindingRow).where(FindingRow.decision_id == decision.id).order_by(FindingRow.id)
        )
    )


def left(
    session: Session, case: Case, decision: Decision, intent: Notice | None
) -> tuple[str, ...]:
    """What a decision still lacks a finding on, in words for the gate."""
    made = [
        Finding(FindingKind(row.kind), row.found, row.reasons, row.point_id, row.excuse)
        for row in rows_of(session, decision)
    ]
    return missing(asked(session, case, intent), made)
