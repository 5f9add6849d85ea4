"""What was put to the panel as its record shows it, and who is not shown the papers yet."""

from __future__ import annotations

from dataclasses import dataclass

from enforcement.data.cases import Case
from enforcement.data.deciding import FindingRow
from enforcement.data.decisions import Decision
from enforcement.domain.cases import State
from enforcement.domain.decisions import Outcome, Vote, why_not_papers
from enforcement.domain.findings import FOUND, FindingKind
from enforcement.domain.replies import EXCUSES
from enforcement.services import declarations, findings
from enforcement.services.case_facts import live_decision, people_of
from enforcement.services.work import Work
from enforcement.web.filters import moment


@dataclass(frozen=True)
class VoteTold:
    """One member's vote; `dissent` when the panel decided otherwise."""

    member: str
    vote: str
    dissent: bool
    at: str
    reasons: str
    conflict: str


@dataclass(frozen=True)
class Record:
    """The words before the panel, in order; who declared what; how each voted."""

    passages: tuple[tuple[str, str], ...]
    declared: tuple[str, ...]
    votes: tuple[VoteTold, ...]


def record_of(work: Work, decision: Decision) -> Record:
    """The record of one decision, whether made, before the panel or set aside."""
    found = findings.rows_of(work.session, decision)
    passages = [
        ("Recommendation", Outcome(decision.recommendation).label),
        ("Reasons", decision.reasons),
        ("Finding on reasonable excuse", decision.excuse_finding),
        *(_finding(row) for row in found),
    ]
    if decision.differs:
        passages.append(("Why unlike every similar decision", decision.differs))
    declared = [
        f"{row.member_name} declared {'a conflict' if row.conflict else 'no conflict'} of "
        f"interest, {moment(row.declared_at)}"
        for row in declarations.of_decision(work.session, decision)
    ]
    return Record(tuple(passages), tuple(declared), tuple(_votes(decision)))


def _finding(row: FindingRow) -> tuple[str, str]:
    kind = FindingKind(row.kind)
    about = kind.label
    if row.point is not None:
        about = f"Point {row.point.number} of {row.point.reply.reference}"
    offered = f"Offered: {EXCUSES[row.excuse]}.\n" if row.excuse else ""
    return (f"{about}: {FOUND[kind][row.found].lower()}", f"{offered}{row.reasons}")


def _votes(decision: Decision) -> list[VoteTold]:
    against = {Vote.IMPOSE.value, Vote.NO_PENALTY.value} - {decision.outcome}
    return [
        VoteTold(
            vote.member_name,
            Vote(vote.vote).label,
            decision.outcome is not None and vote.vote in against,
            moment(vote.voted_at),
            vote.reasons,
            vote.conflict,
        )
        for vote in decision.votes
    ]


def papers_hidden(work: Work, case: Case) -> str:
    """Why the papers before the panel are not shown to this person; "" when they are."""
    found = live_decision(work.session, case)
    if State(case.state) is not State.PANEL or found is None or found.outcome is not None:
        return ""
    declared = declarations.declared(work.session, found, work.actor.identity)
    people = people_of(work.session, case)
    return why_not_papers(people, work.actor, found.proposed_by, declared) or ""
