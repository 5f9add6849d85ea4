"""What the stories put to the panel and how its members vote."""

from __future__ import annotations

from enforcement.data.cases import Case
from enforcement.domain.findings import OFFERS_EXCUSE, Finding, FindingKind
from enforcement.services import decisions, findings, precedents
from enforcement.services.case_facts import live_decision
from enforcement.services.work import Work

# What is put to the panel for each outcome: reasons, and the finding on reasonable excuse.
FINDINGS = {
    "impose": (
        "The windows were missed, the provider was reminded each time, and the reply, where there "
        "is one, does not change that.",
        "No reasonable excuse is shown: nothing kept the provider from submitting.",
    ),
    "no_penalty": (
        "The reply shows that the provider tried to submit and could not.",
        "A reasonable excuse is shown for two of the three windows.",
    ),
}


def put(work: Work, case: Case, outcome: str, reasons: str, excuse: str) -> None:
    """Put a case to the panel, with a finding on each excuse that its replies offer."""
    found = "no" if outcome == "impose" else "partly"
    made = [
        Finding(FindingKind.EXCUSE, found, excuse, point.id, "outage")
        for point in findings.points_of(work.session, case)
        if point.reason == OFFERS_EXCUSE
    ]
    unlike = precedents.similar(work.session, case).unlike(outcome)
    differs = "What this provider showed was not shown in the other cases." if unlike else ""
    decisions.propose(work, case, outcome, reasons, excuse, made=made, differs=differs)


def vote(work: Work, case: Case, cast: str, conflict: str) -> None:
    """A member declares, and votes unless a conflict is declared."""
    decisions.declare(work, case, conflict)
    decision = live_decision(work.session, case)
    if conflict or decision is None:
        return
    words = "The record is clear and the reasons given are sound."
    decisions.vote(work, case, cast, words, seen_sha256=decision.reasons_sha256)
