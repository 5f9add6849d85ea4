"""No sequence of actions, by anybody, reaches a final notice past a failed gate.

And the search is worth its name: with any one gate, or any one separation of people, taken out of
the table, it finds a sequence that goes wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import product

import case_world as told
import pytest
from case_world import FORWARD, MISHAPS, PEOPLE, WORKER, World, straight_to
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
)

from enforcement.domain import cases
from enforcement.domain.cases import TABLE, Action, Guard, State, Transition, step
from enforcement.domain.permissions import Actor
from enforcement.domain.refusals import GateClosed

A = Action
# Where a walk begins: one step before each of the steps that the gates stand at.
ROADS = [
    State.TRIAGE,
    State.INTENT_DRAFT,
    State.INTENT_REVIEW,
    State.INTENT_APPROVED,
    State.REPRESENTATIONS,
    State.PANEL,
    State.IMPOSE,
    State.FINAL_DRAFT,
    State.FINAL_REVIEW,
    State.FINAL_APPROVED,
    State.PAYMENT,
    State.RECOVERY,
]
SLIPS = ["", *sorted(MISHAPS)]
ANYBODY = st.sampled_from([*PEOPLE, WORKER])


def slipped(world: World, slip: str, days: int) -> None:
    """Days pass, all is prepared for the step, and one thing goes wrong."""
    world.today += timedelta(days)
    if days:
        world.prepare()
    if slip:
        MISHAPS[slip](world)


class AnythingGoes(RuleBasedStateMachine):
    """People, time and mishaps in any order, mostly from where a gate stands. After each, everybody
    tries everything on a copy, and what is allowed is held to the diary."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()

    @rule(
        state=st.sampled_from(ROADS),
        slip=st.sampled_from(SLIPS),
        days=st.sampled_from([0, 0, 0, 1, 28]),
    )
    def begin_again_and_slip(self, state: State, slip: str, days: int) -> None:
        """The straight road up to a gate, some days, and one thing that goes wrong. Random choice
        alone would rarely come that far."""
        self.world = straight_to(state)
        slipped(self.world, slip, days)

    @rule(
        slip=st.sampled_from(SLIPS),
        days=st.sampled_from([0, 0, 1, 16]),
        first=st.sampled_from(range(len(PEOPLE))),
    )
    def go_on(self, slip: str, days: int, first: int) -> None:
        """Whoever may take the next step of the straight road takes it; then something slips."""
        self.world.prepare()
        action = FORWARD.get(self.world.facts.state, A.CLOSE)
        any(self.world.act(action, who) for who in [*PEOPLE[first:], *PEOPLE[:first], WORKER])
        slipped(self.world, slip, days)

    @rule(ballot=st.lists(st.booleans(), max_size=4), first=st.sampled_from(range(len(PEOPLE))))
    def the_panel_meets(self, ballot: list[bool], first: int) -> None:
        """Put to the panel by anybody, and voted on by whoever may."""
        self.world = straight_to(State.REPRESENTATIONS)
        people = [*PEOPLE[first:], *PEOPLE[:first]]
        assert any(self.world.act(A.START_PANEL, who) for who in people)
        for vote in ballot:
            any(self.world.vote(who, vote) for who in people)

    @rule(action=st.sampled_from(Action), who=ANYBODY)
    def try_anything(self, action: Action, who: Actor) -> None:
        before = self.world.facts.state
        assert self.world.act(action, who) or self.world.facts.state is before

    @rule(mishap=st.sampled_from(sorted(MISHAPS)), days=st.sampled_from([0, 1, 15, 29, 43]))
    def something_goes_wrong(self, mishap: str, days: int) -> None:
        self.world.today += timedelta(days)
        MISHAPS[mishap](self.world)

    @invariant()
    def whatever_is_allowed_stands_in_the_diary(self) -> None:
        self.world.probe()

    @invariant()
    def money_is_only_asked_after_an_issued_final_notice(self) -> None:
        asking = {State.FINAL_ISSUED, State.PAYMENT, State.APPEALED, State.RECOVERY}
        if self.world.facts.state in asking | {State.COUNTY_COURT}:
            assert self.world.round.issued_on is not None

    @invariant()
    def nobody_takes_two_parts(self) -> None:
        self.world.apart()


AnythingGoes.TestCase.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
TestAnythingGoes = pytest.mark.slow(AnythingGoes.TestCase)

GUARDS = sorted({guard for row in TABLE for guard in row.guards}, key=lambda g: g.__name__)
# A draft returned is nobody's approval, and carries no part into the diary.
PARTLESS = {A.RETURN_INTENT, A.RETURN_FINAL}
PARTED = [row.action for row in TABLE if row.part is not None and row.action not in PARTLESS]
BALLOTS = [(), (True,), (True, True), (True, False), (False, False)]


def search() -> None:
    """Every gate of the straight road × everything that may slip before it (or none, or a day too
    many, or votes too few) × everybody trying everything. AssertionError at the first counter-
    example; no chance in it, so that what it finds it finds each time."""
    for state, slip, days in product(ROADS, SLIPS, [0, 43]):
        world = straight_to(state)
        slipped(world, slip, days)
        world.probe()
    for ballot, slip in product(BALLOTS, ["", "one drafted", "one approved"]):
        world = straight_to(State.REPRESENTATIONS)
        slipped(world, slip, 0)
        world.act(A.START_PANEL, told.OFFICER)
        for member, vote in zip(told.MEMBERS, ballot, strict=False):
            world.vote(member, vote)
        world.probe()


@pytest.mark.slow
def test_the_search_finds_nothing_while_the_table_is_whole() -> None:
    search()


def without(guard: Guard) -> Mapping[Action, Transition]:
    return {
        row.action: replace(row, guards=tuple(g for g in row.guards if g is not guard))
        for row in TABLE
    }


@pytest.mark.slow
@pytest.mark.parametrize("guard", GUARDS, ids=lambda g: g.__name__)
def test_the_search_notices_a_gate_that_is_gone(
    guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cases, "BY_ACTION", without(guard))
    with pytest.raises(AssertionError):
        search()


@pytest.mark.slow
@pytest.mark.parametrize("action", PARTED, ids=lambda a: a.value)
def test_the_search_notices_a_separation_that_is_gone(
    action: Action, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = {**cases.BY_ACTION, action: replace(cases.BY_ACTION[action], part=None)}
    monkeypatch.setattr(cases, "BY_ACTION", rows)
    with pytest.raises(AssertionError):
        search()


def test_the_straight_road_leads_to_the_county_court() -> None:
    world = straight_to(State.COUNTY_COURT)
    assert world.round.issued_on is not None


# What stops a final notice on the day it would go out; the others stand at other steps.
ELSEWHERE = {
    "another sum certified", "appeal", "deregistered", "element", "excluded", "longer to pay",
    "no amount",
    "no excuse finding", "no reasons", "not certified", "not reminded", "reminded just now",
    "one approved", "one drafted", "one on the panel", "overpaid", "owed", "paid", "two providers",
}  # fmt: skip


@pytest.mark.parametrize("mishap", sorted(set(MISHAPS) - ELSEWHERE))
def test_each_mishap_on_the_last_day_stops_the_final_notice(mishap: str) -> None:
    world = straight_to(State.FINAL_APPROVED)
    MISHAPS[mishap](world)
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
    for member in told.MEMBERS:
        world.vote(member, impose=True)
    world.today += timedelta(days)
    assert world.act(A.DECIDE_IMPOSE, PEOPLE[2]) is allowed
