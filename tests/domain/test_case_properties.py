"""No sequence of actions, by anybody, reaches a final notice past a failed gate.

A small world keeps its own diary of what happened and updates `CaseFacts` as the services do.
The invariants are read from the diary, not from the gates, so a gate that is left out of the
table, or asks the wrong question, shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from enforcement.domain.cases import Action, CaseFacts, State, step
from enforcement.domain.decisions import why_not_vote
from enforcement.domain.permissions import Actor, Permission, Role, can, system_actor
from enforcement.domain.refusals import GateClosed, Refusal

A = Action
START = date(2026, 6, 16)
WORKER = system_actor("worker")
# Some hold one role and some several: separation must not lean on roles.
PEOPLE = [
    Actor(f"staff:{n}", f"Person {n}", frozenset(roles))
    for n, roles in enumerate(
        [
            (Role.OFFICER,),
            (Role.SENIOR,),
            (Role.PANEL,),
            (Role.PANEL,),
            (Role.FINANCE,),
            (Role.OFFICER, Role.SENIOR, Role.PANEL, Role.FINANCE),
            (Role.OFFICER, Role.SENIOR, Role.PANEL, Role.FINANCE),
            (Role.LEADER, Role.AUDITOR),
        ]
    )
]
FORWARD: dict[State, Action] = {
    State.TRIAGE: A.DRAFT_INTENT,
    State.INTENT_DRAFT: A.SUBMIT_INTENT,
    State.INTENT_REVIEW: A.APPROVE_INTENT,
    State.INTENT_APPROVED: A.ISSUE_INTENT,
    State.INTENT_ISSUED: A.RECORD_INTENT_GIVEN,
    State.REPRESENTATIONS: A.START_PANEL,
    State.PANEL: A.DECIDE_IMPOSE,
    State.IMPOSE: A.DRAFT_FINAL,
    State.FINAL_DRAFT: A.SUBMIT_FINAL,
    State.FINAL_REVIEW: A.APPROVE_FINAL,
    State.FINAL_APPROVED: A.ISSUE_FINAL,
    State.FINAL_ISSUED: A.RECORD_FINAL_GIVEN,
    State.PAYMENT: A.START_RECOVERY,
    State.APPEALED: A.APPEAL_CONFIRMED,
    State.RECOVERY: A.APPLY_TO_COURT,
    State.WITHDRAWN: A.REISSUE,
    State.NO_PENALTY: A.CLOSE,
    State.CLOSED: A.REOPEN,
}
OUT_OF_PERIOD = {A.WITHDRAW, A.APPEAL_QUASHED, A.REISSUE}


@dataclass
class Round:
    """What happened since the case (re)started, as a diary would have it."""

    given_on: date | None = None
    voters: list[str] = field(default_factory=list)
    decided_on: date | None = None
    issued_on: date | None = None


@dataclass
class World:
    """One case, the day it is, and the diary."""

    today: date = START
    facts: CaseFacts = field(default_factory=lambda: CaseFacts(state=State.TRIAGE))
    round: Round = field(default_factory=Round)
    drafters: set[str] = field(default_factory=set)
    approvers: set[str] = field(default_factory=set)
    panel: set[str] = field(default_factory=set)
    checked_on: date | None = None
    priced_on: date | None = None
    proposed_by: str = ""

    def change(self, **changes: Any) -> None:
        self.facts = replace(self.facts, **changes)

    def act(self, action: Action, who: Actor) -> bool:
        """Try an action as the services do; whether it was allowed."""
        try:
            done = step(action, self.facts, who, self.today)
        except Refusal:
            return False
        self.change(state=done.to)
        effect = EFFECTS.get(action)
        if effect:
            effect(self, who)
        if action in OUT_OF_PERIOD:
            self._restart()
        self.change(
            people=replace(
                self.facts.people,
                drafters=frozenset(self.drafters),
                approvers=frozenset(self.approvers),
                panel=frozenset(self.panel),
            )
        )
        return True

    def _restart(self) -> None:
        """Notices withdrawn and the decision set aside; who did what is never forgotten."""
        self.round = Round()
        self.change(
            intent_sent=False,
            intent_given_on=None,
            period_ends_on=None,
            decide_by=None,
            decided_on=None,
            votes_for=0,
            votes_against=0,
            final_sent=False,
            appeal_live=False,
            balance_pence=None,
        )

    def drafted(self, who: Actor) -> None:
        self.drafters.add(who.identity)
        self.change(seal_intact=True)

    def approved(self, who: Actor) -> None:
        self.approvers.add(who.identity)

    def given(self, who: Actor) -> None:
        self.round = Round(given_on=self.today + timedelta(1))
        ends_on = self.today + timedelta(1 + 14)
        self.change(
            intent_sent=True,
            intent_given_on=self.today + timedelta(1),
            period_ends_on=ends_on,
            decide_by=ends_on + timedelta(28),
        )

    def to_panel(self, who: Actor) -> None:
        self.proposed_by = who.identity
        self.round.voters, self.round.decided_on = [], None
        self.change(
            votes_for=0,
            votes_against=0,
            decided_on=None,
            reasons_recorded=True,
            excuse_finding_recorded=True,
        )

    def vote(self, who: Actor, impose: bool) -> bool:
        voted = frozenset(self.round.voters)
        if self.facts.state is not State.PANEL or not can(who, Permission.DECIDE):
            return False
        if why_not_vote(self.facts.people, who, self.proposed_by, voted):
            return False
        self.round.voters.append(who.identity)
        self.panel.add(who.identity)
        number = "votes_for" if impose else "votes_against"
        self.change(
            **{number: getattr(self.facts, number) + 1},
            people=replace(self.facts.people, panel=frozenset(self.panel)),
        )
        return True

    def decided(self, who: Actor) -> None:
        self.panel.add(who.identity)
        self.round.decided_on = self.today
        self.change(decided_on=self.today)

    def issued(self, who: Actor) -> None:
        self.round.issued_on = self.today

    def final_given(self, who: Actor) -> None:
        due = self.today + timedelta(28)
        self.change(final_sent=True, payment_due_on=due, appeal_due_on=due, balance_pence=500_00)

    def appealed(self, who: Actor) -> None:
        self.change(appeal_live=True)

    def upheld(self, who: Actor) -> None:
        self.change(appeal_live=False, payment_due_on=self.today + timedelta(28))

    def prepare(self) -> None:
        """Everything a careful officer does before a step, and time enough."""
        self.checked_on = self.priced_on = self.today
        self.change(
            public_body_cleared=True,
            public_body=False,
            amount_known=True,
            proper_address=True,
            amount_confirmed=True,
            breach_reevaluated=True,
            register_checked_on=self.today,
            register_drift=(),
            amount_recomputed_on=self.today,
            unread_replies=0,
            unanswered_points=0,
            on_hold=False,
            giving_in_doubt=False,
            elements_missing=(),
        )

    def must_hold_when_issued(self) -> None:
        """What the law and the promise say of any final notice, from the diary alone."""
        given_on, decided_on = self.round.given_on, self.round.decided_on
        assert given_on is not None, "no notice of intent was given"
        assert decided_on is not None, "nobody decided"
        assert decided_on > given_on + timedelta(14), "decided while the period was open"
        assert decided_on <= given_on + timedelta(14 + 28), "decided too late"
        assert len(set(self.round.voters)) >= 2, "fewer than two members voted"
        assert not self.drafters & self.approvers, "drafter and approver are one"
        assert not self.panel & (self.drafters | self.approvers), "the panel had another part"
        assert self.drafters, "nobody drafted"
        assert self.approvers, "nobody approved"
        assert self.checked_on == self.today, "the register was not checked that day"
        assert not self.facts.register_drift, "the register had changed"
        assert self.priced_on == self.today, "the amount was not recomputed that day"
        assert self.facts.amount_confirmed, "the amount was an estimate"
        assert self.facts.breach_reevaluated, "the breach no longer stood"
        assert not self.facts.public_body, "a public body"
        assert self.facts.public_body_cleared, "nobody looked whether it is a public body"
        assert not self.facts.unread_replies, "a reply was not read"
        assert not self.facts.unanswered_points, "a point was not answered"
        assert not self.facts.on_hold, "the case was held"
        assert not self.facts.giving_in_doubt, "giving was in doubt"
        assert self.facts.seal_intact, "what was sent is not what was approved"


EFFECTS: dict[Action, Callable[[World, Actor], None]] = {
    A.DRAFT_INTENT: World.drafted,
    A.DRAFT_FINAL: World.drafted,
    A.APPROVE_INTENT: World.approved,
    A.APPROVE_FINAL: World.approved,
    A.RECORD_INTENT_GIVEN: World.given,
    A.START_PANEL: World.to_panel,
    A.DECIDE_IMPOSE: World.decided,
    A.ISSUE_FINAL: World.issued,
    A.RECORD_FINAL_GIVEN: World.final_given,
    A.LODGE_APPEAL: World.appealed,
    A.APPEAL_CONFIRMED: World.upheld,
}
# What may go wrong between any two steps.
MISHAPS: dict[str, dict[str, Any]] = {
    "hold": {"on_hold": True},
    "drift": {"register_drift": ("name",)},
    "public body": {"public_body": True},
    "cured": {"breach_reevaluated": False},
    "estimate": {"amount_confirmed": False},
    "reply": {"unread_replies": 1},
    "point": {"unanswered_points": 1},
    "returned": {"giving_in_doubt": True},
    "broken seal": {"seal_intact": False},
    "element": {"elements_missing": ("how to pay",)},
    "review lost": {"public_body_cleared": False},
}


# Where a walk begins: mostly near the far end, which is where the gates stand.
ROADS = [State.TRIAGE, State.REPRESENTATIONS, State.PANEL, State.IMPOSE, State.FINAL_REVIEW]
ROADS += [State.FINAL_APPROVED] * 5


class AnythingGoes(RuleBasedStateMachine):
    """People, time and mishaps in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()

    @initialize(state=st.sampled_from(ROADS))
    def begin_somewhere(self, state: State) -> None:
        """From the start, or some way along the straight road, to reach the far end often."""
        self.world = straight_to(state)

    @rule(action=st.sampled_from(Action), who=st.sampled_from([*PEOPLE, WORKER]))
    def try_anything(self, action: Action, who: Actor) -> None:
        self._act(action, who)

    @rule(
        start=st.sampled_from(range(len(PEOPLE))),
        days=st.sampled_from([0, 0, 1, 16]),
        mishap=st.sampled_from(["", *sorted(MISHAPS)]),
    )
    def go_on(self, start: int, days: int, mishap: str) -> None:
        """Prepared, then perhaps time and one mishap; then the first who may take the next step
        of the straight road takes it. Random choice alone would rarely come that far."""
        self.world.prepare()
        self.world.today += timedelta(days)
        self.world.change(**MISHAPS.get(mishap, {}))
        action = FORWARD.get(self.world.facts.state, A.CLOSE)
        for who in [*PEOPLE[start:], *PEOPLE[:start], WORKER]:
            if self._act(action, who):
                return

    def _act(self, action: Action, who: Actor) -> bool:
        before = self.world.facts.state
        allowed = self.world.act(action, who)
        assert allowed or self.world.facts.state is before
        if allowed and action is A.ISSUE_FINAL:
            self.world.must_hold_when_issued()
        return allowed

    @rule(who=st.sampled_from(PEOPLE), impose=st.booleans())
    def vote(self, who: Actor, impose: bool) -> None:
        self.world.vote(who, impose)

    @rule(days=st.sampled_from([1, 14, 15, 16, 28, 29, 43]))
    def time_passes(self, days: int) -> None:
        self.world.today += timedelta(days)

    @rule(mishap=st.sampled_from(sorted(MISHAPS)))
    def something_goes_wrong(self, mishap: str) -> None:
        self.world.change(**MISHAPS[mishap])

    @invariant()
    def money_is_only_asked_after_an_issued_final_notice(self) -> None:
        asking = {State.FINAL_ISSUED, State.PAYMENT, State.APPEALED, State.RECOVERY}
        if self.world.facts.state in asking | {State.COUNTY_COURT}:
            assert self.world.round.issued_on is not None

    @invariant()
    def nobody_holds_two_parts(self) -> None:
        parts = [self.world.drafters, self.world.approvers, self.world.panel]
        assert sum(map(len, parts)) == len(set().union(*parts))


AnythingGoes.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestAnythingGoes = pytest.mark.slow(AnythingGoes.TestCase)


def straight_to(state: State) -> World:
    """The straight road, each step by somebody proper, up to a state."""
    world = World()
    officer, senior, *members = PEOPLE[:4]
    who = {Permission.DRAFT_NOTICE: officer}
    hands = {
        A.APPROVE_INTENT: senior,
        A.APPROVE_FINAL: senior,
        A.DECIDE_IMPOSE: members[0],
        A.RECORD_INTENT_GIVEN: WORKER,
        A.RECORD_FINAL_GIVEN: WORKER,
        A.START_RECOVERY: PEOPLE[4],
        A.APPLY_TO_COURT: PEOPLE[4],
    }
    while world.facts.state is not state:
        world.prepare()
        if world.facts.state is State.REPRESENTATIONS:
            world.today += timedelta(16)
        if world.facts.state is State.PAYMENT:
            world.today += timedelta(29)
        if world.facts.state is State.PANEL:
            assert all(world.vote(member, impose=True) for member in members)
        action = FORWARD[world.facts.state]
        assert world.act(action, hands.get(action, who[Permission.DRAFT_NOTICE])), action
    world.prepare()
    return world


def test_the_straight_road_leads_to_the_county_court() -> None:
    world = straight_to(State.COUNTY_COURT)
    assert world.round.issued_on is not None


@pytest.mark.parametrize("mishap", sorted(set(MISHAPS) - {"element"}))
@pytest.mark.parametrize("state", [State.FINAL_APPROVED])
def test_each_mishap_on_the_last_day_stops_the_final_notice(state: State, mishap: str) -> None:
    world = straight_to(state)
    world.change(**MISHAPS[mishap])
    with pytest.raises(GateClosed):
        step(A.ISSUE_FINAL, world.facts, PEOPLE[0], world.today)


@pytest.mark.parametrize(
    "state", [State.IMPOSE, State.FINAL_DRAFT, State.FINAL_REVIEW, State.FINAL_APPROVED]
)
def test_what_was_checked_yesterday_is_checked_again(state: State) -> None:
    world = straight_to(state)
    world.today += timedelta(1)
    assert not any(world.act(FORWARD[state], who) for who in PEOPLE)
    world.prepare()
    assert any(world.act(FORWARD[state], who) for who in PEOPLE)


@pytest.mark.parametrize(("days", "allowed"), [(0, True), (27, True), (28, False), (60, False)])
def test_the_last_day_for_deciding(days: int, allowed: bool) -> None:
    """The panel meets the day after the period's end, the first of its 28 days."""
    world = straight_to(State.PANEL)
    for member in PEOPLE[2:4]:
        world.vote(member, impose=True)
    world.today += timedelta(days)
    assert world.act(A.DECIDE_IMPOSE, PEOPLE[2]) is allowed
