"""The panel: what is put to it, each member's vote, and the decision."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from enforcement.data.cases import Case
from enforcement.data.deciding import Declaration
from enforcement.data.decisions import Decision, PanelVote
from enforcement.data.replies import Reply
from enforcement.domain.cases import Action, State, Step
from enforcement.domain.clocks import ClockKind
from enforcement.domain.decisions import (
    Outcome,
    Vote,
    check_vote,
    refuse_undeclared,
    refuse_vote,
    words_hash,
)
from enforcement.domain.events import Fact
from enforcement.domain.findings import Finding, check
from enforcement.domain.gates import in_time_to_decide
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import (
    BadInput,
    DecisionTooLate,
    SamePerson,
    StaleVersion,
    WrongState,
)
from enforcement.services import declarations, findings, precedents
from enforcement.services.case_clocks import PERIOD_OVER, end_clocks
from enforcement.services.case_facts import INTENT, facts_of, live_decision, live_notice, people_of
from enforcement.services.cases import expect, move, stream
from enforcement.services.work import Work

RECORDS = {
    Outcome.IMPOSE: Action.DECIDE_IMPOSE,
    Outcome.NO_PENALTY: Action.DECIDE_NO_PENALTY,
}


def propose(
    work: Work,
    case: Case,
    recommendation: str,
    reasons: str,
    excuse_finding: str,
    version: int | None = None,
    *,
    made: Sequence[Finding] = (),
    differs: str = "",
) -> Decision:
    """Put the case to the panel: recommendation, reasons, and the findings.

    `excuse_finding` is the finding on reasonable excuse as a whole, in words for the notice;
    `made` are the findings on each excuse and on the data (SI 2022/1175 reg 2); `differs` says
    why the recommendation is unlike every similar decision, where it is. Passes a case with
    representations over to the panel (every gate of that step applies). A proposal without votes
    is replaced; one with votes stands until it is set aside. Refuses BadInput, WrongState,
    StaleVersion, NotAllowed, GateClosed.
    """
    work.require(Permission.PROPOSE_DECISION)
    expect(case, version)
    if recommendation not in set(Outcome):
        raise BadInput("Recommend either a penalty or no penalty.")
    if not reasons.strip() or not excuse_finding.strip():
        raise BadInput("Give both the reasons and the finding on reasonable excuse.")
    if State(case.state) is State.REPRESENTATIONS:
        _pass_to_panel(work, case)
    if State(case.state) is not State.PANEL:
        raise WrongState(f"Nothing is put to the panel while the case is “{_label(case)}”.")
    intent = live_notice(work.session, case, INTENT)
    check(findings.asked(work.session, case, intent), made, imposes=recommendation == "impose")
    _refuse_unexplained(work, case, recommendation, differs)
    _replace_unvoted(work, case)
    decision = Decision(
        case_id=case.id,
        proposed_by=work.actor.identity,
        proposed_at=work.now,
        recommendation=recommendation,
        reasons=reasons.strip(),
        excuse_finding=excuse_finding.strip(),
        reasons_sha256=words_hash(
            recommendation, reasons.strip(), excuse_finding.strip(), made, differs.strip()
        ),
        differs=differs.strip() or None,
    )
    work.session.add(decision)
    work.session.flush()
    findings.store(work.session, decision, made)
    work.record(
        stream(case),
        "decision_proposed",
        {
            "decision": decision.id,
            "recommendation": recommendation,
            "reasons_sha256": decision.reasons_sha256,
            "findings": [
                {"kind": one.kind.value, "point": one.point, "found": one.found} for one in made
            ],
        },
        texts=_texts(decision, made),
        permission=Permission.PROPOSE_DECISION,
    )
    return decision


def _texts(decision: Decision, made: Sequence[Finding]) -> dict[str, str]:
    found = {"reasons": decision.reasons, "excuse_finding": decision.excuse_finding}
    found |= {f"finding_{number}": one.reasons for number, one in enumerate(made, 1)}
    return found | ({"differs": decision.differs} if decision.differs else {})


def _refuse_unexplained(work: Work, case: Case, recommendation: str, differs: str) -> None:
    """A recommendation unlike every similar decision says why (product 3.15); nothing is scored."""
    if differs.strip() or not precedents.similar(work.session, case).unlike(recommendation):
        return
    raise BadInput(
        "Every similar decision went the other way.",
        fix="Say in a sentence why this case differs, or recommend as they did.",
    )


def _label(case: Case) -> str:
    return State(case.state).label


def _pass_to_panel(work: Work, case: Case) -> None:
    """Move to the panel. A decision left from before a restart belongs to an earlier round."""
    replies = work.session.scalar(select(func.count()).where(Reply.case_id == case.id)) or 0
    move(work, case, Action.START_PANEL, {"replies": replies})
    end_clocks(work, case, {ClockKind.REPRESENTATIONS}, PERIOD_OVER)
    if live_decision(work.session, case) is not None:
        supersede(work, case, "The case was started again.")


def _replace_unvoted(work: Work, case: Case) -> None:
    earlier = live_decision(work.session, case)
    if earlier is None:
        return
    if earlier.votes:
        raise WrongState(
            "Members have voted on what is before the panel, so it may not be changed.",
            fix="Set it aside with a reason, then put the new words to the panel.",
        )
    supersede(work, case, "Replaced before anybody voted.")


def supersede(work: Work, case: Case, reason: str) -> Decision | None:
    """Set aside what is or was before the panel, keeping it; None when there is nothing.

    For new words before a decision, and for a case that starts again after one. Refuses
    BadInput without a reason. The caller's own step has checked who may do so.
    """
    if not reason.strip():
        raise BadInput("Say why this is set aside.")
    decision = live_decision(work.session, case)
    if decision is None:
        return None
    decision.superseded = True
    work.session.flush()
    work.record(
        stream(case),
        "decision_superseded",
        {"decision": decision.id, "reason": reason.strip()},
    )
    return decision


def set_aside(work: Work, case: Case, reason: str, version: int | None = None) -> Decision:
    """Take an undecided proposal back from the panel, votes and all, with a reason.

    Refuses NotAllowed, StaleVersion, WrongState (nothing there, or already decided), BadInput.
    """
    work.require(Permission.PROPOSE_DECISION)
    expect(case, version)
    before = _before_panel(work, case)
    supersede(work, case, reason)
    return before


def _before_panel(work: Work, case: Case) -> Decision:
    """The undecided proposal, locked so that a vote and the decision cannot cross."""
    decision = work.session.scalar(
        select(Decision)
        .where(Decision.case_id == case.id, Decision.superseded.is_(False))
        .with_for_update()
    )
    if State(case.state) is not State.PANEL or decision is None:
        raise WrongState("Nothing is before the panel on this case.")
    if decision.outcome is not None:
        raise WrongState("The panel has already decided.")
    return decision


def declare(work: Work, case: Case, conflict: str) -> Declaration:
    """Declare, before the papers are shown, what connects this member with the provider.

    "" declares that nothing does. A conflict is recorded as standing aside, at once and for good
    on this proposal. Refuses NotAllowed, WrongState (nothing there, or declared already),
    SamePerson (drafter, approver, proposer).
    """
    work.require(Permission.DECIDE)
    decision = _before_panel(work, case)
    refuse_vote(people_of(work.session, case), work.actor, decision.proposed_by, frozenset())
    if declarations.declared(work.session, decision, work.actor.identity) is not None:
        raise WrongState("You have already declared your interests on this case.")
    row = Declaration(
        decision_id=decision.id,
        member=work.actor.identity,
        member_name=work.actor.name,
        conflict=conflict.strip(),
        declared_at=work.now,
    )
    work.session.add(row)
    work.record(
        stream(case),
        "panel_declared",
        {"decision": decision.id, "member": row.member, "conflict": bool(row.conflict)},
        texts={"conflict": row.conflict} if row.conflict else {},
        permission=Permission.DECIDE,
    )
    work.session.flush()
    if row.conflict:
        vote(work, case, Vote.RECUSED, "", row.conflict, seen_sha256=decision.reasons_sha256)
    return row


def vote(
    work: Work,
    case: Case,
    cast: str,
    reasons: str,
    conflict: str = "",
    *,
    seen_sha256: str,
) -> PanelVote:
    """Cast a member's vote, or stand aside with the conflict declared. Once, never changed.

    `seen_sha256` is the hash of the words the member was shown. Refuses NotAllowed, WrongState
    (also before interests are declared), SamePerson (drafter, approver, proposer, a second vote),
    StaleVersion when the words are no longer those, BadInput.
    """
    work.require(Permission.DECIDE)
    decision = _before_panel(work, case)
    voted = frozenset(v.member for v in decision.votes)
    refuse_vote(people_of(work.session, case), work.actor, decision.proposed_by, voted)
    if seen_sha256 != decision.reasons_sha256:
        raise StaleVersion(
            "What is before the panel changed after you opened this page. You have not voted.",
            fix="Read the new words, then vote; what you wrote is kept on the page.",
        )
    checked = check_vote(cast, reasons, conflict)
    if checked is not Vote.RECUSED:
        refuse_undeclared(declarations.declared(work.session, decision, work.actor.identity))
    row = PanelVote(
        decision=decision,
        member=work.actor.identity,
        member_name=work.actor.name,
        vote=checked.value,
        reasons=reasons.strip(),
        conflict=conflict.strip(),
        reasons_sha256=decision.reasons_sha256,
        voted_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    texts = {"reasons": row.reasons, "conflict": row.conflict}
    work.record(
        stream(case),
        "panel_voted",
        {
            "decision": decision.id,
            "member": row.member,
            "vote": row.vote,
            "reasons_sha256": row.reasons_sha256,
        },
        texts={name: text for name, text in texts.items() if text},
        permission=Permission.DECIDE,
    )
    return row


def decide(work: Work, case: Case, outcome: str, version: int | None = None) -> Step:
    """Record what the panel decided, by a member who voted.

    Every gate of the step applies: quorum and majority of the policy, period over, every point
    answered, findings recorded. To impose after the last day is refused (DecisionTooLate;
    SI 2022/1175 reg 6(1)); to end the case without a penalty is not. Ends the decision clock.
    """
    work.require(Permission.DECIDE)
    expect(case, version)
    if outcome not in set(Outcome):
        raise BadInput("Choose what the panel decided.")
    decision = _before_panel(work, case)
    _refuse_outsider(work, decision)
    facts = facts_of(work, case)
    timely = in_time_to_decide(facts, work.today)
    if outcome == Outcome.IMPOSE and not timely.ok:
        raise DecisionTooLate(timely.sentence)
    said: dict[str, Fact] = {
        "decision": decision.id,
        "votes_for": facts.votes_for,
        "votes_against": facts.votes_against,
        "quorum": facts.quorum,
        "reasons_sha256": decision.reasons_sha256,
    }
    step = move(work, case, RECORDS[Outcome(outcome)], said, gathered=facts)
    decision.outcome = outcome
    decision.decided_by, decision.decided_by_name = work.actor.identity, work.actor.name
    decision.decided_on, decision.decided_at = work.today, work.now
    end_clocks(work, case, {ClockKind.DECISION}, "met" if timely.ok else "late")
    work.session.flush()
    return step


def _refuse_outsider(work: Work, decision: Decision) -> None:
    """Whoever records the decision voted on it, so the record has no one else's hand in it."""
    if decision.proposed_by == work.actor.identity:
        raise SamePerson(f"{work.actor.name} put this to the panel, so may not decide it.")
    own = next((v for v in decision.votes if v.member == work.actor.identity), None)
    if own is None or own.vote == Vote.RECUSED:
        raise WrongState("The decision is recorded by a member who voted on it.")
