"""The case: its states, and the one table of what may be done in each, by whom, past which gates.

One table, one function (`step`) that applies it. Web, bulk, command line, jobs and the
demonstration all go through it, so no path goes round a gate. A gate is a pure check of the
case's facts; it answers with a sentence and the rule it rests on, shown beside the greyed action.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from enforcement.domain.permissions import (
    Actor,
    CasePeople,
    Part,
    Permission,
    can,
    require,
    same_person,
)
from enforcement.domain.refusals import GateClosed, SamePerson, WrongState


class State(StrEnum):
    TRIAGE = "triage"
    INTENT_DRAFT = "intent_draft"
    INTENT_REVIEW = "intent_review"
    INTENT_APPROVED = "intent_approved"
    INTENT_ISSUED = "intent_issued"
    REPRESENTATIONS = "representations"
    PANEL = "panel"
    IMPOSE = "impose"
    NO_PENALTY = "no_penalty"
    FINAL_DRAFT = "final_draft"
    FINAL_REVIEW = "final_review"
    FINAL_APPROVED = "final_approved"
    FINAL_ISSUED = "final_issued"
    PAYMENT = "payment"
    APPEALED = "appealed"
    RECOVERY = "recovery"
    COUNTY_COURT = "county_court"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        return STATE_TITLES[self]

    @property
    def live(self) -> bool:
        return self is not State.CLOSED


S = State
STATE_TITLES: dict[State, str] = {
    S.TRIAGE: "Threshold met",
    S.INTENT_DRAFT: "Notice of intent: drafting",
    S.INTENT_REVIEW: "Notice of intent: awaiting approval",
    S.INTENT_APPROVED: "Notice of intent: approved",
    S.INTENT_ISSUED: "Notice of intent: on its way",
    S.REPRESENTATIONS: "Representations open",
    S.PANEL: "Panel review",
    S.IMPOSE: "Decided: impose a penalty",
    S.NO_PENALTY: "Decided: no penalty",
    S.FINAL_DRAFT: "Final notice: drafting",
    S.FINAL_REVIEW: "Final notice: awaiting approval",
    S.FINAL_APPROVED: "Final notice: approved",
    S.FINAL_ISSUED: "Final notice: on its way",
    S.PAYMENT: "Payment and appeal period",
    S.APPEALED: "Appealed: notice suspended",
    S.RECOVERY: "Overdue: recovery",
    S.COUNTY_COURT: "County court",
    S.WITHDRAWN: "Withdrawn",
    S.CLOSED: "Closed",
}


class Action(StrEnum):
    DRAFT_INTENT = "draft_intent"
    SUBMIT_INTENT = "submit_intent"
    RETURN_INTENT = "return_intent"
    APPROVE_INTENT = "approve_intent"
    ISSUE_INTENT = "issue_intent"
    RECORD_INTENT_GIVEN = "record_intent_given"
    START_PANEL = "start_panel"
    DECIDE_IMPOSE = "decide_impose"
    DECIDE_NO_PENALTY = "decide_no_penalty"
    DRAFT_FINAL = "draft_final"
    SUBMIT_FINAL = "submit_final"
    RETURN_FINAL = "return_final"
    APPROVE_FINAL = "approve_final"
    ISSUE_FINAL = "issue_final"
    RECORD_FINAL_GIVEN = "record_final_given"
    LODGE_APPEAL = "lodge_appeal"
    APPEAL_CONFIRMED = "appeal_confirmed"
    APPEAL_QUASHED = "appeal_quashed"
    START_RECOVERY = "start_recovery"
    APPLY_TO_COURT = "apply_to_court"
    WITHDRAW = "withdraw"
    REISSUE = "reissue"
    CLOSE = "close"
    REOPEN = "reopen"

    @property
    def label(self) -> str:
        return ACTION_TITLES[self]


A = Action
ACTION_TITLES: dict[Action, str] = {
    A.DRAFT_INTENT: "Draft the notice of intent",
    A.SUBMIT_INTENT: "Send the draft for approval",
    A.RETURN_INTENT: "Return the draft",
    A.APPROVE_INTENT: "Approve the notice of intent",
    A.ISSUE_INTENT: "Issue the notice of intent",
    A.RECORD_INTENT_GIVEN: "Record that the notice of intent was sent",
    A.START_PANEL: "Pass to the panel",
    A.DECIDE_IMPOSE: "Decide to impose the penalty",
    A.DECIDE_NO_PENALTY: "Decide on no penalty",
    A.DRAFT_FINAL: "Draft the final notice",
    A.SUBMIT_FINAL: "Send the final notice for approval",
    A.RETURN_FINAL: "Return the final notice",
    A.APPROVE_FINAL: "Approve the final notice",
    A.ISSUE_FINAL: "Issue the final notice",
    A.RECORD_FINAL_GIVEN: "Record that the final notice was sent",
    A.LODGE_APPEAL: "Record an appeal",
    A.APPEAL_CONFIRMED: "Record: appeal dismissed or withdrawn",
    A.APPEAL_QUASHED: "Record: penalty quashed",
    A.START_RECOVERY: "Start recovery",
    A.APPLY_TO_COURT: "Apply to the county court",
    A.WITHDRAW: "Withdraw",
    A.REISSUE: "Start again with a new notice of intent",
    A.CLOSE: "Close the case",
    A.REOPEN: "Reopen the case",
}


@dataclass(frozen=True)
class CaseFacts:
    """What the gates look at: plain values, gathered by the services from stored rows.

    Amounts are integer pence. `None` means "not known yet", which no gate takes for a yes.
    """

    state: State
    people: CasePeople = field(default_factory=CasePeople)
    on_hold: bool = False
    # before the notice of intent
    public_body_cleared: bool = False
    public_body: bool = False
    registered_today: bool = True
    exclusions_clear: bool = True
    dual_registration_open: bool = False
    amount_known: bool = False
    proper_address: bool = False
    # the draft in hand
    elements_missing: tuple[str, ...] = ()
    seal_intact: bool = False
    # giving and hearing
    intent_sent: bool = False
    intent_given_on: date | None = None
    giving_in_doubt: bool = False
    period_ends_on: date | None = None
    decide_by: date | None = None
    unread_replies: int = 0
    unanswered_points: int = 0
    # decision
    votes_for: int = 0
    votes_against: int = 0
    quorum: int = 2
    reasons_recorded: bool = False
    excuse_finding_recorded: bool = False
    decided_on: date | None = None
    # before money
    register_checked_on: date | None = None
    register_drift: tuple[str, ...] = ()
    breach_reevaluated: bool = False
    amount_recomputed_on: date | None = None
    amount_confirmed: bool = False
    # after
    final_sent: bool = False
    payment_due_on: date | None = None
    appeal_due_on: date | None = None
    appeal_live: bool = False
    balance_pence: int | None = None
    notice_out: bool = False
    refund_due_pence: int = 0


@dataclass(frozen=True)
class Gate:
    """One check: a tick or a cross, why, and the rule it rests on."""

    name: str
    ok: bool
    sentence: str
    rule: str = ""


Guard = Callable[[CaseFacts, date], Gate]


def _gate(name: str, ok: bool, yes: str, no: str, rule: str = "") -> Gate:
    return Gate(name, ok, yes if ok else no, rule)


REG2 = "SI 2022/1175 reg 2"
REG3 = "SI 2022/1175 reg 3"
REG4 = "SI 2022/1175 reg 4(2)"
REG5 = "SI 2022/1175 reg 5"
REG6 = "SI 2022/1175 reg 6"
REG7 = "SI 2022/1175 reg 7"
REG8 = "SI 2022/1175 reg 8"
REG9 = "SI 2022/1175 reg 9"


def not_public_body(f: CaseFacts, today: date) -> Gate:
    if f.public_body:
        return Gate("not_public_body", False, "The provider is a public body.", REG2)
    return _gate(
        "not_public_body",
        f.public_body_cleared,
        "Reviewed: not a public body.",
        "Nobody has recorded, with evidence, that the provider is not a public body.",
        REG2,
    )


def still_registered(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "still_registered",
        f.registered_today,
        "The provider is registered today.",
        "The register shows the provider as no longer registered.",
        "2012 Act s.277A",
    )


def exclusions_clear(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "exclusions_clear",
        f.exclusions_clear,
        "Every exclusion was tested and none applies.",
        "An exclusion applies: see why this case exists.",
        REG2,
    )


def one_liable_provider(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "one_liable_provider",
        not f.dual_registration_open,
        "One provider is answerable for each miss.",
        "Two providers are registered at a location: a person must record which is answerable.",
        REG2,
    )


def amount_known(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "amount_known",
        f.amount_known,
        "The proposed amount is worked out.",
        "The amount cannot be worked out: a number is missing, or CQC's figure is not recorded.",
        REG3,
    )


def proper_address(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "proper_address",
        f.proper_address,
        "The recipient and address are proper for this kind of person.",
        "The recipient or address is not a proper address for this kind of person.",
        REG7,
    )


def elements_present(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "elements_present",
        not f.elements_missing,
        "Every element the Regulations require is on the page.",
        "Missing from the page: " + "; ".join(f.elements_missing) + ".",
        f"{REG4}; reg 6(3)",
    )


def seal_intact(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "seal_intact",
        f.seal_intact,
        "The document is exactly what was approved.",
        "The facts changed after approval: the seal is broken.",
        "Sealed approval",
    )


def not_on_hold(f: CaseFacts, today: date) -> Gate:
    return _gate("not_on_hold", not f.on_hold, "No hold.", "The case is on hold.", "")


def intent_given(f: CaseFacts, today: date) -> Gate:
    ok = f.intent_sent and f.intent_given_on is not None and f.intent_given_on <= today
    return _gate(
        "intent_given",
        ok and not f.giving_in_doubt,
        f"The notice of intent was given on {f.intent_given_on}.",
        "The notice of intent is not proven given."
        if not f.giving_in_doubt
        else "Giving of the notice of intent is in doubt.",
        f"{REG4}; reg 7(4)",
    )


def period_over(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "period_over",
        f.period_ends_on is not None and today > f.period_ends_on,
        f"The period for representations ended on {f.period_ends_on}.",
        f"The period for representations is open until the end of {f.period_ends_on}.",
        REG5,
    )


def replies_answered(f: CaseFacts, today: date) -> Gate:
    if f.unread_replies:
        return Gate("replies_answered", False, f"{f.unread_replies} reply not yet read.", REG6)
    return _gate(
        "replies_answered",
        f.unanswered_points == 0,
        "Every point in every reply has an answer.",
        f"{f.unanswered_points} point(s) in the replies have no answer.",
        REG6,
    )


def in_time_to_decide(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "in_time_to_decide",
        f.decide_by is not None and today <= f.decide_by,
        f"Within the time to decide (by {f.decide_by}).",
        f"The time to decide ended on {f.decide_by}.",
        f"{REG6}(1)",
    )


def quorum_for(f: CaseFacts, today: date) -> Gate:
    ok = f.votes_for >= f.quorum and f.votes_for > f.votes_against
    return _gate(
        "quorum_for",
        ok,
        f"{f.votes_for} members voted for, {f.votes_against} against; quorum {f.quorum}.",
        f"{f.votes_for} for, {f.votes_against} against: {f.quorum} votes and a majority are "
        "needed to impose.",
        "Panel policy",
    )


def quorum_against(f: CaseFacts, today: date) -> Gate:
    ok = f.votes_for + f.votes_against >= f.quorum and f.votes_against >= f.votes_for
    return _gate(
        "quorum_against",
        ok,
        f"{f.votes_against} members voted against a penalty, {f.votes_for} for.",
        f"{f.votes_for} for, {f.votes_against} against: {f.quorum} votes are needed.",
        "Panel policy",
    )


def findings_recorded(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "findings_recorded",
        f.reasons_recorded and f.excuse_finding_recorded,
        "Reasons and the finding on reasonable excuse are recorded.",
        "Record the reasons and the finding on reasonable excuse first.",
        REG2,
    )


def decided_in_time(f: CaseFacts, today: date) -> Gate:
    ok = f.decided_on is not None and f.decide_by is not None and f.decided_on <= f.decide_by
    return _gate(
        "decided_in_time",
        ok,
        f"Decided on {f.decided_on}, in time.",
        "There is no decision to impose made in time.",
        f"{REG6}(1)",
    )


def panel_apart(f: CaseFacts, today: date) -> Gate:
    crossed = f.people.panel & (f.people.drafters | f.people.approvers)
    return _gate(
        "panel_apart",
        bool(f.people.panel) and not crossed,
        "The panel took no other part in the case.",
        "A panel member also drafted or approved, or no panel is recorded.",
        "Separation of duties",
    )


def register_checked(f: CaseFacts, today: date) -> Gate:
    if f.register_drift:
        return Gate("register_checked", False, "Changed: " + "; ".join(f.register_drift) + ".", "")
    return _gate(
        "register_checked",
        f.register_checked_on == today,
        "The register was checked today and nothing that matters has changed.",
        "The register has not been checked today.",
        "2012 Act s.277E",
    )


def breach_stands(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "breach_stands",
        f.breach_reevaluated,
        "The breach was evaluated again on the stored rows and stands.",
        "Evaluated again, the counted misses no longer reach the threshold.",
        REG2,
    )


def amount_current(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "amount_current",
        f.amount_recomputed_on == today,
        "The amount was recomputed today under the scheme in force.",
        "The amount has not been recomputed today under the scheme in force.",
        REG3,
    )


def amount_confirmed(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "amount_confirmed",
        f.amount_confirmed,
        "CQC's confirmed figure is recorded with evidence.",
        "The amount is still an estimate: record CQC's confirmed figure with evidence.",
        REG3,
    )


def no_live_appeal(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "no_live_appeal", not f.appeal_live, "No live appeal.", "An appeal is live.", REG8
    )


def payment_overdue(f: CaseFacts, today: date) -> Gate:
    over = f.payment_due_on is not None and today > f.payment_due_on
    appeal_over = f.appeal_due_on is not None and today > f.appeal_due_on
    return _gate(
        "payment_overdue",
        over and appeal_over,
        "The payment and appeal periods are over.",
        "The payment period or the appeal period is still open.",
        f"{REG8}; reg 9",
    )


def something_owed(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "something_owed",
        f.balance_pence is not None and f.balance_pence > 0,
        "A balance is owed.",
        "Nothing is owed.",
        REG9,
    )


def nothing_owed(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "nothing_owed",
        f.balance_pence in (None, 0),
        "Nothing is owed either way.",
        "The penalty account is not settled: a balance is owed or a refund is due.",
        REG9,
    )


def final_given(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "final_given",
        f.final_sent and not f.giving_in_doubt,
        "The final notice was sent.",
        "Giving of the final notice is not proven.",
        REG7,
    )


BEFORE_INTENT: tuple[Guard, ...] = (
    not_public_body,
    still_registered,
    exclusions_clear,
    one_liable_provider,
    amount_known,
    not_on_hold,
)
BEFORE_MONEY: tuple[Guard, ...] = (
    intent_given,
    period_over,
    replies_answered,
    decided_in_time,
    panel_apart,
    not_public_body,
    register_checked,
    breach_stands,
    amount_current,
    amount_confirmed,
    not_on_hold,
)


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
        "intent_submitted", (*BEFORE_INTENT, proper_address, elements_present), Part.DRAFTER,
    ),
    Transition(
        A.RETURN_INTENT, _one(S.INTENT_REVIEW, S.INTENT_APPROVED), P.APPROVE_NOTICE,
        S.INTENT_DRAFT, "intent_returned", (), Part.APPROVER,
    ),
    Transition(
        A.APPROVE_INTENT, _one(S.INTENT_REVIEW), P.APPROVE_NOTICE, S.INTENT_APPROVED,
        "intent_approved", (*BEFORE_INTENT, proper_address, elements_present, seal_intact),
        Part.APPROVER,
    ),
    Transition(
        A.ISSUE_INTENT, _one(S.INTENT_APPROVED), P.ISSUE_NOTICE, S.INTENT_ISSUED,
        "intent_issued", (*BEFORE_INTENT, proper_address, seal_intact),
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
        (*BEFORE_MONEY, proper_address, elements_present), Part.DRAFTER,
    ),
    Transition(
        A.RETURN_FINAL, _one(S.FINAL_REVIEW, S.FINAL_APPROVED), P.APPROVE_NOTICE, S.FINAL_DRAFT,
        "final_returned", (), Part.APPROVER,
    ),
    Transition(
        A.APPROVE_FINAL, _one(S.FINAL_REVIEW), P.APPROVE_NOTICE, S.FINAL_APPROVED,
        "final_approved", (*BEFORE_MONEY, proper_address, elements_present, seal_intact),
        Part.APPROVER,
    ),
    Transition(
        A.ISSUE_FINAL, _one(S.FINAL_APPROVED), P.ISSUE_NOTICE, S.FINAL_ISSUED, "final_issued",
        (*BEFORE_MONEY, proper_address, seal_intact),
    ),
    Transition(A.RECORD_FINAL_GIVEN, _one(S.FINAL_ISSUED), None, S.PAYMENT, "final_given"),
    Transition(
        A.LODGE_APPEAL, _one(S.PAYMENT, S.RECOVERY, S.COUNTY_COURT), P.RECORD_APPEAL, S.APPEALED,
        "appeal_lodged",
    ),
    Transition(
        A.APPEAL_CONFIRMED, _one(S.APPEALED), P.RECORD_APPEAL, S.PAYMENT, "appeal_confirmed"
    ),
    Transition(
        A.APPEAL_QUASHED, _one(S.APPEALED), P.RECORD_APPEAL, S.WITHDRAWN, "appeal_quashed"
    ),
    Transition(
        A.START_RECOVERY, _one(S.PAYMENT), P.RECORD_MONEY, S.RECOVERY, "recovery_started",
        (final_given, payment_overdue, something_owed, no_live_appeal, not_on_hold,
         replies_answered),
    ),
    Transition(
        A.APPLY_TO_COURT, _one(S.RECOVERY), P.RECORD_MONEY, S.COUNTY_COURT, "court_applied",
        (final_given, something_owed, no_live_appeal, not_on_hold),
    ),
    Transition(A.WITHDRAW, _NOTICE_OUT, P.WITHDRAW, S.WITHDRAWN, "notice_withdrawn"),
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
        if not can(actor, row.permission):
            reasons.append("Your role does not carry this.")
        if row.part is not None and (sentence := same_person(facts.people, actor, row.part)):
            reasons.append(sentence)
        reasons += [g.sentence for g in gates(row.action, facts, today) if not g.ok]
        found.append(Choice(row.action, not reasons, tuple(reasons)))
    return found
