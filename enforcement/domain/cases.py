"""The one table of what may be done with a case in each state, by whom, past which gates.

One table, one function (`step`) that applies it. Web, bulk, command line, jobs and the
demonstration all go through it, so no path goes round a gate.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from enforcement.domain.gates import (
    BEFORE_INTENT,
    BEFORE_MONEY,
    ON_PAPER,
    CaseFacts,
    Gate,
    Guard,
    decided_in_time,
    elements_present,
    final_given,
    findings_recorded,
    in_time_to_decide,
    intent_given,
    no_live_appeal,
    not_on_hold,
    not_public_body,
    nothing_owed,
    panel_apart,
    payment_overdue,
    period_over,
    quorum_against,
    quorum_for,
    replies_answered,
    seal_intact,
    something_owed,
)
from enforcement.domain.permissions import (
    Actor,
    Part,
    Permission,
    not_yours,
    require,
    same_person,
)
from enforcement.domain.recovery import certified, reminded
from enforcement.domain.refusals import GateClosed, SamePerson, WrongState
from enforcement.domain.stages import Action, State

# This module is the door to the three: stages, gates and the table that joins them.
__all__ = [
    "BEFORE_INTENT", "BEFORE_MONEY", "BY_ACTION", "TABLE", "Action", "CaseFacts", "Choice", "Gate",
    "Guard", "State", "Step", "Transition", "choices", "gates", "step",
]  # fmt: skip

S = State
A = Action


@dataclass(frozen=True)
class Transition:
    action: Action
    states: frozenset[State]
    permission: Permission | None  # None: done by the worker, after a person's issue
    to: State
    event: str
    guards: tuple[Guard, ...] = ()
    part: Part | None = None


P = Permission
_UNTIL_DECISION = frozenset(
    {
        S.TRIAGE,
        S.INTENT_DRAFT,
        S.INTENT_REVIEW,
        S.INTENT_APPROVED,
        S.NO_PENALTY,
        S.WITHDRAWN,
        S.PAYMENT,
        S.RECOVERY,
        S.COUNTY_COURT,
    }
)
_NOTICE_OUT = frozenset(
    {
        S.INTENT_ISSUED,
        S.REPRESENTATIONS,
        S.PANEL,
        S.IMPOSE,
        S.NO_PENALTY,
        S.FINAL_DRAFT,
        S.FINAL_REVIEW,
        S.FINAL_APPROVED,
        S.FINAL_ISSUED,
        S.PAYMENT,
        S.APPEALED,
        S.RECOVERY,
        S.COUNTY_COURT,
    }
)


def _one(*states: State) -> frozenset[State]:
    return frozenset(states)


TABLE: tuple[Transition, ...] = (
    Transition(
        A.DRAFT_INTENT, _one(S.TRIAGE, S.INTENT_DRAFT), P.DRAFT_NOTICE, S.INTENT_DRAFT,
        "intent_drafted", BEFORE_INTENT, Part.DRAFTER,
    ),
    Transition(
        A.SUBMIT_INTENT, _one(S.INTENT_DRAFT), P.DRAFT_NOTICE, S.INTENT_REVIEW,
        "intent_submitted", (*BEFORE_INTENT, *ON_PAPER, elements_present), Part.DRAFTER,
    ),
    Transition(
        A.RETURN_INTENT, _one(S.INTENT_REVIEW, S.INTENT_APPROVED), P.APPROVE_NOTICE,
        S.INTENT_DRAFT, "intent_returned", (), Part.APPROVER,
    ),
    Transition(
        A.APPROVE_INTENT, _one(S.INTENT_REVIEW), P.APPROVE_NOTICE, S.INTENT_APPROVED,
        "intent_approved", (*BEFORE_INTENT, *ON_PAPER, elements_present, seal_intact),
        Part.APPROVER,
    ),
    Transition(
        A.ISSUE_INTENT, _one(S.INTENT_APPROVED), P.ISSUE_NOTICE, S.INTENT_ISSUED,
        "intent_issued", (*BEFORE_INTENT, *ON_PAPER, seal_intact),
    ),
    Transition(
        A.RECORD_INTENT_GIVEN, _one(S.INTENT_ISSUED), None, S.REPRESENTATIONS, "intent_given"
    ),
    Transition(
        A.START_PANEL, _one(S.REPRESENTATIONS), P.PROPOSE_DECISION, S.PANEL, "panel_started",
        (intent_given, period_over, replies_answered),
    ),
    Transition(
        A.DECIDE_IMPOSE, _one(S.PANEL), P.DECIDE, S.IMPOSE, "penalty_decided",
        (intent_given, period_over, replies_answered, in_time_to_decide, quorum_for,
         findings_recorded, panel_apart, not_public_body, not_on_hold), Part.PANEL,
    ),
    Transition(
        A.DECIDE_NO_PENALTY, _one(S.PANEL), P.DECIDE, S.NO_PENALTY, "no_penalty_decided",
        (replies_answered, quorum_against, findings_recorded, panel_apart), Part.PANEL,
    ),
    Transition(
        A.DRAFT_FINAL, _one(S.IMPOSE, S.FINAL_DRAFT), P.DRAFT_NOTICE, S.FINAL_DRAFT,
        "final_drafted", BEFORE_MONEY, Part.DRAFTER,
    ),
    Transition(
        A.SUBMIT_FINAL, _one(S.FINAL_DRAFT), P.DRAFT_NOTICE, S.FINAL_REVIEW, "final_submitted",
        (*BEFORE_MONEY, *ON_PAPER, elements_present), Part.DRAFTER,
    ),
    Transition(
        A.RETURN_FINAL, _one(S.FINAL_REVIEW, S.FINAL_APPROVED), P.APPROVE_NOTICE, S.FINAL_DRAFT,
        "final_returned", (), Part.APPROVER,
    ),
    Transition(
        A.APPROVE_FINAL, _one(S.FINAL_REVIEW), P.APPROVE_NOTICE, S.FINAL_APPROVED,
        "final_approved", (*BEFORE_MONEY, *ON_PAPER, elements_present, seal_intact),
        Part.APPROVER,
    ),
    Transition(
        A.ISSUE_FINAL, _one(S.FINAL_APPROVED), P.ISSUE_NOTICE, S.FINAL_ISSUED, "final_issued",
        (*BEFORE_MONEY, *ON_PAPER, seal_intact),
    ),
    Transition(A.RECORD_FINAL_GIVEN, _one(S.FINAL_ISSUED), None, S.PAYMENT, "final_given"),
    Transition(
        A.LODGE_APPEAL, _one(S.PAYMENT, S.RECOVERY, S.COUNTY_COURT), P.RECORD_APPEAL, S.APPEALED,
        "appeal_lodged",
    ),
    Transition(
        A.APPEAL_CONFIRMED, _one(S.APPEALED), P.RECORD_APPEAL, S.PAYMENT, "appeal_confirmed"
    ),
    Transition(A.APPEAL_VARIED, _one(S.APPEALED), P.RECORD_APPEAL, S.PAYMENT, "appeal_varied"),
    Transition(
        A.APPEAL_QUASHED, _one(S.APPEALED), P.RECORD_APPEAL, S.WITHDRAWN, "appeal_quashed"
    ),
    Transition(
        A.START_RECOVERY, _one(S.PAYMENT), P.RECORD_MONEY, S.RECOVERY, "recovery_started",
        (final_given, payment_overdue, something_owed, no_live_appeal, not_on_hold,
         replies_answered, reminded),
    ),
    Transition(
        A.APPLY_TO_COURT, _one(S.RECOVERY), P.RECORD_MONEY, S.COUNTY_COURT, "court_applied",
        (final_given, something_owed, no_live_appeal, not_on_hold, replies_answered, certified),
    ),
    Transition(
        A.COURT_REFUSED, _one(S.COUNTY_COURT), P.RECORD_MONEY, S.RECOVERY, "court_refused"
    ),
    Transition(A.WITHDRAW, _NOTICE_OUT, P.WITHDRAW, S.WITHDRAWN, "notice_withdrawn"),
    # The law gives no last day for the final notice: a decision made in time may be given again.
    Transition(
        A.REGIVE_FINAL, _one(S.FINAL_ISSUED, S.PAYMENT, S.RECOVERY, S.COUNTY_COURT), P.WITHDRAW,
        S.IMPOSE, "notice_withdrawn", (decided_in_time, no_live_appeal),
    ),
    Transition(
        A.REISSUE, _one(S.WITHDRAWN), P.DRAFT_NOTICE, S.TRIAGE, "case_restarted",
        (not_on_hold, nothing_owed),
    ),
    Transition(A.CLOSE, _UNTIL_DECISION, P.CLOSE, S.CLOSED, "case_closed", (nothing_owed,)),
    Transition(A.REOPEN, _one(S.CLOSED), P.REOPEN, S.TRIAGE, "case_reopened"),
)  # fmt: skip

BY_ACTION: dict[Action, Transition] = {t.action: t for t in TABLE}


@dataclass(frozen=True)
class Step:
    """What the table allows: the state to move to and the event to record."""

    action: Action
    before: State
    to: State
    event: str
    gates: tuple[Gate, ...]
    part: Part | None


@dataclass(frozen=True)
class Choice:
    """An action as the screen shows it: allowed, or greyed with every reason."""

    action: Action
    allowed: bool
    reasons: tuple[str, ...]


def gates(action: Action, facts: CaseFacts, today: date) -> tuple[Gate, ...]:
    """Every gate of the action, ticks and crosses alike."""
    return tuple(guard(facts, today) for guard in BY_ACTION[action].guards)


def step(action: Action, facts: CaseFacts, actor: Actor, today: date) -> Step:
    """Apply the table: the only way a case changes state.

    Raises WrongState, NotAllowed, SamePerson or GateClosed, in that order. Actions without a
    permission belong to the worker (a system actor) alone.
    """
    row = BY_ACTION[action]
    if facts.state not in row.states:
        raise WrongState(
            f"“{action.label}” is not possible while the case is “{facts.state.label}”."
        )
    if row.permission is None:
        if not actor.is_system:
            require(actor, Permission.RECORD_GIVING)
    else:
        require(actor, row.permission)
    if row.part is not None:
        sentence = same_person(facts.people, actor, row.part)
        if sentence is not None:
            raise SamePerson(sentence, rule="Separation of duties")
    checked = gates(action, facts, today)
    failed = [g for g in checked if not g.ok]
    if failed:
        raise GateClosed(
            " ".join(g.sentence for g in failed),
            rule="; ".join(dict.fromkeys(g.rule for g in failed if g.rule)),
        )
    return Step(action, facts.state, row.to, row.event, checked, row.part)


def choices(facts: CaseFacts, actor: Actor, today: date) -> list[Choice]:
    """Every action of the present state, with why each is or is not open to this person."""
    found: list[Choice] = []
    for row in TABLE:
        if facts.state not in row.states or row.permission is None:
            continue
        reasons: list[str] = []
        if refused := not_yours(actor, row.permission):
            reasons.append(refused)
        if row.part is not None and (sentence := same_person(facts.people, actor, row.part)):
            reasons.append(sentence)
        reasons += [g.sentence for g in gates(row.action, facts, today) if not g.ok]
        found.append(Choice(row.action, not reasons, tuple(reasons)))
    return found
