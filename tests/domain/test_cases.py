"""The transition table as a matrix: every state × action × role, every gate open and shut.

The expectations are written out here by hand, from the life-cycle of the domain, so that a slip
in the table shows as a difference and not as agreement with itself.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from enforcement.domain import gates as guards
from enforcement.domain.cases import TABLE, Action, CaseFacts, State, choices, gates, step
from enforcement.domain.permissions import Actor, CasePeople, Part, Role, system_actor
from enforcement.domain.refusals import GateClosed, NotAllowed, SamePerson, WrongState

TODAY = date(2026, 6, 16)
OTHERS = CasePeople(frozenset({"d"}), frozenset({"a"}), frozenset({"p1", "p2"}))

OPEN = CaseFacts(
    state=State.TRIAGE,
    people=OTHERS,
    public_body_cleared=True,
    amount_known=True,
    proper_address=True,
    seal_intact=True,
    intent_sent=True,
    intent_given_on=TODAY - timedelta(20),
    period_ends_on=TODAY - timedelta(1),
    decide_by=TODAY,
    votes_for=2,
    reasons_recorded=True,
    excuse_finding_recorded=True,
    decided_on=TODAY,
    register_checked_on=TODAY,
    register_drift=(),
    breach_reevaluated=True,
    amount_recomputed_on=TODAY,
    amount_confirmed=True,
    final_sent=True,
    payment_due_on=TODAY - timedelta(1),
    appeal_due_on=TODAY - timedelta(1),
    balance_pence=None,
)
# What an action needs that contradicts another action's needs.
NEEDS: dict[str, dict[str, Any]] = {
    "decide_no_penalty": {"votes_for": 0, "votes_against": 2},
    "start_recovery": {"balance_pence": 1},
    "apply_to_court": {"balance_pence": 1, "certified_pence": 1},
}

FINAL = "impose final_draft final_review final_approved final_issued"
AFTER = "payment appealed recovery county_court"
OUT = f"intent_issued representations panel no_penalty {FINAL} {AFTER}"
BEFORE_INTENT = (
    "not_public_body still_registered exclusions_clear one_liable_provider amount_known "
    "register_agrees not_on_hold"
)
BEFORE_MONEY = (
    "intent_given period_over replies_answered decided_in_time panel_apart not_public_body "
    "register_checked register_agrees breach_stands amount_current amount_confirmed not_on_hold"
)
# action: states, roles (or "worker"), next state, gates, part
EXPECTED: dict[str, tuple[str, str, str, str, str]] = {
    "draft_intent": ("triage intent_draft", "officer", "intent_draft", BEFORE_INTENT, "drafter"),
    "submit_intent": (
        "intent_draft",
        "officer",
        "intent_review",
        f"{BEFORE_INTENT} proper_address paper_agrees elements_present",
        "drafter",
    ),
    "return_intent": ("intent_review intent_approved", "senior", "intent_draft", "", "approver"),
    "approve_intent": (
        "intent_review",
        "senior",
        "intent_approved",
        f"{BEFORE_INTENT} proper_address paper_agrees elements_present seal_intact",
        "approver",
    ),
    "issue_intent": (
        "intent_approved",
        "officer senior",
        "intent_issued",
        f"{BEFORE_INTENT} proper_address paper_agrees seal_intact",
        "",
    ),
    "record_intent_given": ("intent_issued", "officer senior worker", "representations", "", ""),
    "start_panel": (
        "representations",
        "officer",
        "panel",
        "intent_given period_over replies_answered",
        "",
    ),
    "decide_impose": (
        "panel",
        "panel",
        "impose",
        "intent_given period_over replies_answered in_time_to_decide quorum_for "
        "findings_recorded panel_apart not_public_body not_on_hold",
        "panel",
    ),
    "decide_no_penalty": (
        "panel",
        "panel",
        "no_penalty",
        "replies_answered quorum_against findings_recorded panel_apart",
        "panel",
    ),
    "draft_final": ("impose final_draft", "officer", "final_draft", BEFORE_MONEY, "drafter"),
    "submit_final": (
        "final_draft",
        "officer",
        "final_review",
        f"{BEFORE_MONEY} proper_address paper_agrees elements_present",
        "drafter",
    ),
    "return_final": ("final_review final_approved", "senior", "final_draft", "", "approver"),
    "approve_final": (
        "final_review",
        "senior",
        "final_approved",
        f"{BEFORE_MONEY} proper_address paper_agrees elements_present seal_intact",
        "approver",
    ),
    "issue_final": (
        "final_approved",
        "officer senior",
        "final_issued",
        f"{BEFORE_MONEY} proper_address paper_agrees seal_intact",
        "",
    ),
    "record_final_given": ("final_issued", "officer senior worker", "payment", "", ""),
    "lodge_appeal": ("payment recovery county_court", "officer senior", "appealed", "", ""),
    "appeal_confirmed": ("appealed", "officer senior", "payment", "", ""),
    "appeal_varied": ("appealed", "officer senior", "payment", "", ""),
    "appeal_quashed": ("appealed", "officer senior", "withdrawn", "", ""),
    "start_recovery": (
        "payment",
        "finance",
        "recovery",
        "final_given payment_overdue something_owed no_live_appeal not_on_hold replies_answered "
        "reminded",
        "",
    ),
    "apply_to_court": (
        "recovery",
        "finance",
        "county_court",
        "final_given something_owed no_live_appeal not_on_hold replies_answered certified",
        "",
    ),
    "court_refused": ("county_court", "finance", "recovery", "", ""),
    "withdraw": (OUT, "senior", "withdrawn", "", ""),
    "regive_final": (
        "final_issued payment recovery county_court",
        "senior",
        "impose",
        "decided_in_time no_live_appeal",
        "",
    ),
    "reissue": ("withdrawn", "officer", "triage", "not_on_hold nothing_owed", ""),
    "close": (
        "triage intent_draft intent_review intent_approved no_penalty withdrawn payment "
        "recovery county_court",
        "officer senior",
        "closed",
        "nothing_owed",
        "",
    ),
    "reopen": ("closed", "senior", "triage", "", ""),
}


def actor(*roles: Role, identity: str = "x") -> Actor:
    return Actor(identity=identity, name="Sam Example", roles=frozenset(roles))


def ready(action: str, state: State) -> CaseFacts:
    """Facts under which every gate of the action is open."""
    return replace(OPEN, state=state, **NEEDS.get(action, {}))


def test_the_table_has_exactly_these_actions() -> None:
    assert {row.action.value for row in TABLE} == set(EXPECTED) == {a.value for a in Action}
    assert len(TABLE) == len(EXPECTED), "an action stands in the table twice"


@pytest.mark.parametrize("name", EXPECTED)
def test_every_state_and_role(name: str) -> None:
    """19 states × 8 roles and the worker, for each action: allowed here and nowhere else."""
    states, roles, to, _, _ = EXPECTED[name]
    action = Action(name)
    people: dict[str, Actor] = {role.value: actor(role) for role in Role}
    people["worker"] = system_actor("worker")
    for state in State:
        facts = ready(name, state)
        for who, person in people.items():
            if state.value not in states.split():
                with pytest.raises(WrongState, match=state.label.split(":")[0]):
                    step(action, facts, person, TODAY)
            elif who not in roles.split():
                with pytest.raises(NotAllowed):
                    step(action, facts, person, TODAY)
            else:
                done = step(action, facts, person, TODAY)
                assert (done.before, done.to) == (state, State(to))


@pytest.mark.parametrize("name", EXPECTED)
def test_somebody_without_a_role_may_do_nothing(name: str) -> None:
    for state in EXPECTED[name][0].split():
        with pytest.raises(NotAllowed):
            step(Action(name), ready(name, State(state)), actor(), TODAY)


SHUT: dict[str, dict[str, Any]] = {
    "not_public_body": {"public_body_cleared": False},
    "still_registered": {"registered_today": False},
    "exclusions_clear": {"exclusions_clear": False},
    "one_liable_provider": {"dual_registration_open": True},
    "amount_known": {"amount_known": False},
    "not_on_hold": {"on_hold": True},
    "proper_address": {"proper_address": False},
    "elements_present": {"elements_missing": ("how to pay",)},
    "seal_intact": {"seal_intact": False},
    "intent_given": {"intent_sent": False},
    "period_over": {"period_ends_on": None},
    "replies_answered": {"unanswered_points": 1},
    "in_time_to_decide": {"decide_by": TODAY - timedelta(1)},
    "quorum_for": {"votes_for": 1},
    "quorum_against": {"votes_against": 1},
    "findings_recorded": {"reasons_recorded": False},
    "decided_in_time": {"decided_on": None},
    "panel_apart": {"people": CasePeople(panel=frozenset())},
    "register_checked": {"register_checked_on": TODAY - timedelta(1)},
    "register_agrees": {"register_drift": ("The home was sold.",)},
    "paper_agrees": {"paper_drift": ("it says another name",)},
    "breach_stands": {"breach_reevaluated": False},
    "amount_current": {"amount_recomputed_on": TODAY - timedelta(1)},
    "amount_confirmed": {"amount_confirmed": False},
    "final_given": {"final_sent": False},
    "payment_overdue": {"payment_due_on": TODAY},
    "something_owed": {"balance_pence": 0},
    "reminded": {"reminder_wait": 7},
    "certified": {"certified_pence": None},
    "no_live_appeal": {"appeal_live": True},
    "nothing_owed": {"balance_pence": 1},
}


@pytest.mark.parametrize("name", EXPECTED)
def test_each_gate_alone_shuts_the_action(name: str) -> None:
    states, roles, _, wanted, _ = EXPECTED[name]
    facts = ready(name, State(states.split()[0]))
    person = actor(Role(roles.split()[0]))
    checks = gates(Action(name), facts, TODAY)
    assert [g.name for g in checks] == wanted.split()
    assert all(g.ok and g.sentence for g in checks)
    for gate in wanted.split():
        shut = replace(facts, **SHUT[gate])
        failed = [g for g in gates(Action(name), shut, TODAY) if not g.ok]
        assert [g.name for g in failed] == [gate]
        with pytest.raises(GateClosed) as refused:
            step(Action(name), shut, person, TODAY)
        assert refused.value.sentence == failed[0].sentence
        assert refused.value.rule == failed[0].rule
        for choice in choices(shut, person, TODAY):
            if choice.action is Action(name):
                assert not choice.allowed
                assert failed[0].sentence in choice.reasons


@pytest.mark.parametrize("name", [n for n, row in EXPECTED.items() if row[4]])
def test_who_took_another_part_may_not_take_this_one(name: str) -> None:
    states, roles, _, _, part = EXPECTED[name]
    facts = ready(name, State(states.split()[0]))
    for other, identity in (("drafter", "d"), ("approver", "a"), ("panel", "p1")):
        person = actor(Role(roles.split()[0]), identity=identity)
        if other == part:
            assert step(Action(name), facts, person, TODAY).part is Part(part)
        else:
            with pytest.raises(SamePerson, match=other):
                step(Action(name), facts, person, TODAY)


def test_a_wrong_state_is_said_before_the_role_and_the_role_before_the_gates() -> None:
    closed = replace(OPEN, state=State.CLOSED, on_hold=True)
    with pytest.raises(WrongState):
        step(Action.DRAFT_INTENT, closed, actor(Role.AUDITOR), TODAY)
    held = replace(OPEN, on_hold=True)
    with pytest.raises(NotAllowed):
        step(Action.DRAFT_INTENT, held, actor(Role.AUDITOR), TODAY)
    with pytest.raises(SamePerson):
        step(Action.DRAFT_INTENT, held, actor(Role.OFFICER, identity="a"), TODAY)


def test_every_failed_gate_is_named_and_each_rule_once() -> None:
    facts = replace(OPEN, public_body=True, registered_today=False, on_hold=True)
    with pytest.raises(GateClosed) as refused:
        step(Action.DRAFT_INTENT, facts, actor(Role.OFFICER), TODAY)
    assert "public body" in refused.value.sentence
    assert "on hold" in refused.value.sentence
    assert refused.value.rule.count("reg 2") == 1


DAY = timedelta(1)
EDGES: list[tuple[str, dict[str, Any], bool]] = [
    ("not_public_body", {"public_body": True, "public_body_cleared": True}, False),
    ("intent_given", {"intent_given_on": None}, False),
    ("intent_given", {"intent_given_on": TODAY}, True),
    ("intent_given", {"intent_given_on": TODAY + DAY}, False),
    ("intent_given", {"giving_in_doubt": True}, False),
    ("period_over", {"period_ends_on": TODAY - DAY}, True),
    ("period_over", {"period_ends_on": TODAY}, False),
    ("period_over", {"period_ends_on": None}, False),
    ("replies_answered", {"unread_replies": 1}, False),
    ("in_time_to_decide", {"decide_by": TODAY}, True),
    ("in_time_to_decide", {"decide_by": None}, False),
    ("quorum_for", {"votes_for": 2, "votes_against": 1}, True),
    ("quorum_for", {"votes_for": 2, "votes_against": 2}, False),
    ("quorum_for", {"votes_for": 2, "quorum": 3}, False),
    ("quorum_against", {"votes_for": 1, "votes_against": 1}, True),
    ("quorum_against", {"votes_for": 2, "votes_against": 1}, False),
    ("quorum_against", {"votes_for": 0, "votes_against": 1}, False),
    ("quorum_against", {"votes_for": 0, "votes_against": 0, "quorum": 0}, True),
    ("findings_recorded", {"excuse_finding_recorded": False}, False),
    ("decided_in_time", {"decided_on": TODAY, "decide_by": TODAY}, True),
    ("decided_in_time", {"decided_on": TODAY, "decide_by": TODAY - DAY}, False),
    ("decided_in_time", {"decide_by": None}, False),
    # the day of giving was corrected: what was decided fell into the period
    ("decided_in_time", {"decided_on": TODAY - DAY, "period_ends_on": TODAY - DAY}, False),
    ("decided_in_time", {"decided_on": TODAY - DAY, "period_ends_on": TODAY - 2 * DAY}, True),
    ("panel_apart", {"people": CasePeople(frozenset("p"), frozenset(), frozenset("p"))}, False),
    ("panel_apart", {"people": CasePeople(frozenset(), frozenset("p"), frozenset("p"))}, False),
    ("register_agrees", {"register_drift": ("It was sold.",)}, False),
    ("register_checked", {"register_checked_on": None}, False),
    ("register_checked", {"register_checked_on": TODAY + DAY}, False),
    ("amount_current", {"amount_recomputed_on": None}, False),
    ("payment_overdue", {"appeal_due_on": TODAY}, False),
    ("payment_overdue", {"appeal_due_on": None}, False),
    ("payment_overdue", {"payment_due_on": None}, False),
    ("something_owed", {"balance_pence": None}, False),
    ("something_owed", {"balance_pence": 1}, True),
    ("something_owed", {"balance_pence": -1}, False),
    ("nothing_owed", {"balance_pence": None}, True),
    ("nothing_owed", {"balance_pence": 0}, True),
    ("nothing_owed", {"balance_pence": -1}, False),
    ("final_given", {"giving_in_doubt": True}, False),
]


@pytest.mark.parametrize(("name", "change", "ok"), EDGES)
def test_the_edges_of_each_gate(name: str, change: dict[str, Any], ok: bool) -> None:
    gate = getattr(guards, name)(replace(OPEN, **change), TODAY)
    assert (gate.name, gate.ok) == (name, ok)


@pytest.mark.parametrize(
    ("panel", "drafters", "approvers", "sentence"),
    [
        ("", "d", "a", "No panel is recorded."),
        ("dp", "d", "a", "A panel member also drafted on this case."),
        ("ap", "d", "a", "A panel member also approved on this case."),
        ("adp", "d", "a", "A panel member also drafted and approved on this case."),
    ],
)
def test_a_panel_that_is_not_apart_is_told_why(
    panel: str, drafters: str, approvers: str, sentence: str
) -> None:
    people = CasePeople(frozenset(drafters), frozenset(approvers), frozenset(panel))
    assert guards.panel_apart(replace(OPEN, people=people), TODAY).sentence == sentence


def test_facts_not_known_open_no_gate_before_money() -> None:
    """A case of which nothing is known passes only the gates that look for an obstacle."""
    unknown = CaseFacts(state=State.IMPOSE)
    passed = {g.name for g in gates(Action.DRAFT_FINAL, unknown, TODAY) if g.ok}
    assert passed == {"replies_answered", "not_on_hold"}


def test_choices_show_every_action_of_the_state_but_the_workers() -> None:
    for state in State:
        shown = {c.action.value for c in choices(replace(OPEN, state=state), actor(), TODAY)}
        wanted = {n for n, row in EXPECTED.items() if state.value in row[0].split()}
        assert shown == wanted - {"record_intent_given", "record_final_given"}


def test_a_choice_gives_every_reason_at_once() -> None:
    facts = replace(OPEN, on_hold=True)
    (draft,) = [
        c
        for c in choices(facts, actor(Role.AUDITOR, identity="a"), TODAY)
        if c.action is Action.DRAFT_INTENT
    ]
    assert draft.reasons == (
        "This is done by: Enforcement officer.",
        "Sam Example has already acted as approver on this case, so may not act as drafter.",
        "The case is on hold.",
    )


def test_choices_and_step_never_disagree() -> None:
    for name, (states, _, _, _, _) in EXPECTED.items():
        for state in states.split():
            facts = ready(name, State(state))
            for role in Role:
                for choice in choices(facts, actor(role), TODAY):
                    try:
                        step(choice.action, facts, actor(role), TODAY)
                    except (GateClosed, NotAllowed, SamePerson):
                        assert not choice.allowed
                    else:
                        assert choice.allowed


def test_every_state_and_action_has_its_words() -> None:
    assert len({s.label for s in State}) == len(State)
    assert len({a.label for a in Action}) == len(Action)
    assert [s for s in State if not s.live] == [State.CLOSED]


def test_nothing_amends_a_notice() -> None:
    """SI 2022/1175 reg 7 gives a power to withdraw and none to amend."""
    assert not [a for a in Action if "amend" in a.value or "change" in a.value]
