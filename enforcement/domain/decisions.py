"""The panel's decision: what a member is shown, what a vote is, and who may cast one.

A member votes on the exact words put to the panel: the vote carries their SHA-256, so words
changed afterwards have no votes (sealed approval, design 4.5).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from enforcement.domain.events import Fact, fact_hash
from enforcement.domain.findings import Finding
from enforcement.domain.permissions import (
    Actor,
    CasePeople,
    Part,
    Permission,
    can,
    same_person,
)
from enforcement.domain.refusals import BadInput, SamePerson, WrongState


class Outcome(StrEnum):
    """What may be recommended and what may be decided."""

    IMPOSE = "impose"
    NO_PENALTY = "no_penalty"

    @property
    def label(self) -> str:
        return {"impose": "Impose the penalty", "no_penalty": "No penalty"}[self.value]


class Vote(StrEnum):
    """A member's vote. One who stands aside is recorded, and counts for nothing."""

    IMPOSE = "impose"
    NO_PENALTY = "no_penalty"
    RECUSED = "recused"

    @property
    def label(self) -> str:
        return {
            "impose": "Impose the penalty",
            "no_penalty": "No penalty",
            "recused": "Stood aside",
        }[self.value]


def words_hash(
    recommendation: str,
    reasons: str,
    excuse_finding: str,
    findings: Sequence[Finding] = (),
    differs: str = "",
) -> str:
    """SHA-256 of what is put to the panel, all at once: recommendation, reasons, each finding,
    and why it is unlike every similar decision."""
    words: dict[str, Fact] = {
        "recommendation": recommendation,
        "reasons": reasons,
        "excuse_finding": excuse_finding,
    }
    if findings:
        words["findings"] = [finding.as_json() for finding in findings]
    if differs:
        words["differs"] = differs
    return fact_hash(words)


def why_not_vote(
    people: CasePeople, actor: Actor, proposed_by: str, voted: frozenset[str]
) -> str | None:
    """The sentence that says why this person may not vote on the proposal, or None.

    Drafter, approver and proposer take no part in the panel (domain 13.2 S7); one vote each.
    """
    if actor.identity == proposed_by:
        return f"{actor.name} put this to the panel, so may not vote on it."
    if actor.identity in voted:
        return f"{actor.name} has already voted: a vote is cast once."
    return same_person(people, actor, Part.PANEL)


def why_not_papers(
    people: CasePeople, actor: Actor, proposed_by: str, declared: str | None
) -> str | None:
    """Why the papers are not shown to a member, or None.

    Whoever may vote declares first what connects them with the provider; who stood aside is
    shown nothing. `declared`: the conflict declared, "" for none, None for nothing declared yet.
    Somebody who takes no part in the panel works on the case, and is not asked.
    """
    if not can(actor, Permission.DECIDE):
        return None
    if why_not_vote(people, actor, proposed_by, frozenset()) is not None:
        return None
    if declared is None:
        return "Declare first whether anything connects you with this provider."
    return "You stood aside, so the papers are not shown to you." if declared else None


def refuse_undeclared(declared: str | None) -> None:
    """Refuse (WrongState) a vote by a member who has not declared, or who stood aside."""
    if declared is None:
        raise WrongState(
            "A member declares interests before the papers are shown and before voting.",
            fix="Declare whether anything connects you with this provider, then vote.",
        )
    if declared:
        raise WrongState("You declared a conflict of interest and stood aside.")


def refuse_vote(people: CasePeople, actor: Actor, proposed_by: str, voted: frozenset[str]) -> None:
    """Refuse (SamePerson) a vote by somebody `why_not_vote` names."""
    sentence = why_not_vote(people, actor, proposed_by, voted)
    if sentence is not None:
        raise SamePerson(
            sentence,
            rule="Separation of duties: drafter, approver and panel differ on one case",
            fix="Another panel member must vote.",
        )


def check_vote(vote: str, reasons: str, conflict: str) -> Vote:
    """The vote as cast. Refuses (BadInput) one without reasons, one that stands aside without
    saying why, and one cast in spite of a declared conflict."""
    if vote not in set(Vote):
        raise BadInput("Choose how you vote.")
    cast = Vote(vote)
    if cast is Vote.RECUSED:
        if not conflict.strip():
            raise BadInput("Say what connects you with this provider, or why you stand aside.")
    elif conflict.strip():
        raise BadInput("Somebody with a conflict of interest stands aside and does not vote.")
    elif not reasons.strip():
        raise BadInput("Give the reasons for your vote.")
    return cast
