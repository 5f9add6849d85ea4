"""A case as a diary would have it: what was done, by whom, on which day, and what went wrong.

The diary keeps the truth on its own, and updates `CaseFacts` as the services do. What the law and
the promise say of a step is asserted from the diary, not from the gates, so that a gate which is
left out of the table, or asks the wrong question, shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from itertools import product
from typing import Any

from enforcement.domain import cases
from enforcement.domain.cases import Action, CaseFacts, State, step
from enforcement.domain.decisions import why_not_vote
from enforcement.domain.permissions import Actor, Permission, Role, can, system_actor
from enforcement.domain.refusals import Refusal

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
OFFICER, SENIOR, *MEMBERS = PEOPLE[:4]
FINANCE = PEOPLE[4]
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
HANDS = {
    A.APPROVE_INTENT: SENIOR,
    A.APPROVE_FINAL: SENIOR,
    A.DECIDE_IMPOSE: MEMBERS[0],
    A.RECORD_INTENT_GIVEN: WORKER,
    A.RECORD_FINAL_GIVEN: WORKER,
    A.START_RECOVERY: FINANCE,
    A.APPLY_TO_COURT: FINANCE,
    A.COURT_REFUSED: FINANCE,
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
    facts: CaseFacts = field(default_factory=lambda: CaseFacts(State.TRIAGE, register_drift=()))
    round: Round = field(default_factory=Round)
    drafters: set[str] = field(default_factory=set)
    approvers: set[str] = field(default_factory=set)
    panel: set[str] = field(default_factory=set)
    joined: set[str] = field(default_factory=set)
    checked_on: date | None = None
    priced_on: date | None = None
    proposed_by: str = ""

    def change(self, **changes: Any) -> None:
        self.facts = replace(self.facts, **changes)

    def act(self, action: Action, who: Actor) -> bool:
        """Try an action as the services do; whether it was allowed.

        AssertionError where it was allowed and the diary says that it must not have been.
        """
        try:
            done = step(action, self.facts, who, self.today)
        except Refusal:
            return False
        if must := MUST_HOLD.get(action):
            must(self)
        self.change(state=done.to)
        effect = EFFECTS.get(action)
        if effect:
            effect(self, who)
        if action in OUT_OF_PERIOD:
            self._restart()
        self.write_people()
        return True

    def probe(self) -> None:
        """Let everybody try everything on a copy: whatever is allowed must stand in the diary."""
        possible = [a for a in Action if self.facts.state in cases.BY_ACTION[a].states]
        for action, who in product(possible, [*PEOPLE, WORKER]):
            try:
                step(action, self.facts, who, self.today)
            except Refusal:
                continue
            then = self.copy()
            then.act(action, who)
            then.apart()

    def apart(self) -> None:
        """Nobody takes two parts in one case, but for those found out to be one person."""
        parts = [part - self.joined for part in (self.drafters, self.approvers, self.panel)]
        assert sum(map(len, parts)) == len(set().union(*parts)), "one person took two parts"

    def copy(self) -> World:
        return replace(
            self,
            round=replace(self.round, voters=list(self.round.voters)),
            drafters=set(self.drafters),
            approvers=set(self.approvers),
            panel=set(self.panel),
            joined=set(self.joined),
        )

    def write_people(self) -> None:
        self.change(
            people=replace(
                self.facts.people,
                drafters=frozenset(self.drafters),
                approvers=frozenset(self.approvers),
                panel=frozenset(self.panel),
            )
        )

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

    def vote(self, who: Actor, impose: bool) -> bool:
        voted = frozenset(self.round.voters)
        if self.facts.state is not State.PANEL or not can(who, Permission.DECIDE):
            return False
        if why_not_vote(self.facts.people, who, self.proposed_by, voted):
            return False
        self.round.voters.append(who.identity)
        self.panel.add(who.identity)
        number = "votes_for" if impose else "votes_against"
        self.change(**{number: getattr(self.facts, number) + 1})
        self.write_people()
        return True

    def prepare(self) -> None:
        """Everything a careful officer does before a step."""
        self.checked_on = self.priced_on = self.today
        self.change(
            public_body_cleared=True,
            public_body=False,
            registered_today=True,
            exclusions_clear=True,
            dual_registration_open=False,
            amount_known=True,
            proper_address=True,
            amount_confirmed=True,
            breach_reevaluated=True,
            register_checked_on=self.today,
            register_drift=(),
            paper_drift=(),
            amount_recomputed_on=self.today,
            unread_replies=0,
            unanswered_points=0,
            on_hold=False,
            giving_in_doubt=False,
            elements_missing=(),
            reminder_wait=7,
            reminded_on=self.today - timedelta(7),
            certified_pence=self.facts.balance_pence,
        )

    def give(self, on: date) -> None:
        """The notice of intent is given on this day: every later day follows from it."""
        self.round.given_on = on
        ends_on = on + timedelta(14)
        self.change(
            intent_sent=True,
            intent_given_on=on,
            period_ends_on=ends_on,
            decide_by=ends_on + timedelta(28),
        )


# What the diary says of each step. The worker's steps follow a person's and carry nothing new.
def intent_must_hold(world: World) -> None:
    facts = world.facts
    assert facts.public_body_cleared, "nobody looked whether it is a public body"
    assert not facts.public_body, "a public body"
    assert facts.registered_today, "no longer registered"
    assert facts.exclusions_clear, "an exclusion applies"
    assert not facts.dual_registration_open, "two providers may be answerable"
    assert facts.amount_known, "no amount is known"
    assert not facts.register_drift, "the register had changed"
    assert not facts.on_hold, "the case was held"


def page_must_hold(world: World) -> None:
    assert not world.facts.paper_drift, "the paper names another"
    assert world.facts.proper_address, "the address is not proper"
    assert not world.facts.elements_missing, "an element is missing from the page"


def sealed_must_hold(world: World) -> None:
    assert world.facts.seal_intact, "what is sent is not what was approved"
    assert world.facts.proper_address, "the address is not proper"
    assert not world.facts.paper_drift, "the paper names another"


def intent_sent_must_hold(world: World) -> None:
    intent_must_hold(world)
    sealed_must_hold(world)
    assert world.drafters, "nobody drafted"
    assert world.approvers, "nobody approved"
    assert not world.drafters & world.approvers - world.joined, "drafter and approver are one"


def heard_must_hold(world: World) -> None:
    """Before anybody decides: given for certain, the period over, every point answered."""
    given_on = world.round.given_on
    assert given_on is not None, "no notice of intent was given"
    assert not world.facts.giving_in_doubt, "giving was in doubt"
    assert world.today > given_on + timedelta(14), "the period was open"
    assert not world.facts.unread_replies, "a reply was not read"
    assert not world.facts.unanswered_points, "a point was not answered"


def finding_must_hold(world: World) -> None:
    assert world.facts.reasons_recorded, "no reasons"
    assert world.facts.excuse_finding_recorded, "no finding on reasonable excuse"
    assert not world.facts.unread_replies, "a reply was not read"
    assert not world.facts.unanswered_points, "a point was not answered"
    assert len(set(world.round.voters)) >= 2, "fewer than two members voted"
    assert world.panel, "nobody sat on the panel"
    assert not world.panel & (world.drafters | world.approvers), "the panel had another part"


def penalty_must_hold(world: World) -> None:
    heard_must_hold(world)
    finding_must_hold(world)
    assert world.round.given_on is not None
    assert world.today <= world.round.given_on + timedelta(14 + 28), "decided too late"
    assert world.facts.votes_for >= 2, "fewer than two votes to impose"
    assert world.facts.votes_for > world.facts.votes_against, "no majority to impose"
    assert not world.facts.public_body, "a public body"
    assert world.facts.public_body_cleared, "nobody looked whether it is a public body"
    assert not world.facts.on_hold, "the case was held"


def no_penalty_must_hold(world: World) -> None:
    finding_must_hold(world)
    assert world.facts.votes_against >= world.facts.votes_for, "a majority to impose"


def money_must_hold(world: World) -> None:
    """The gate before money, at every step from the draft to the issue of a final notice."""
    given_on, decided_on = world.round.given_on, world.round.decided_on
    assert given_on is not None, "no notice of intent was given"
    assert decided_on is not None, "nobody decided"
    assert decided_on > given_on + timedelta(14), "decided while the period was open"
    assert decided_on <= given_on + timedelta(14 + 28), "decided too late"
    heard_must_hold(world)
    assert len(set(world.round.voters)) >= 2, "fewer than two members voted"
    assert not world.panel & (world.drafters | world.approvers), "the panel had another part"
    assert world.checked_on == world.today, "the register was not checked that day"
    assert not world.facts.register_drift, "the register had changed"
    assert world.priced_on == world.today, "the amount was not recomputed that day"
    assert world.facts.amount_confirmed, "the amount was an estimate"
    assert world.facts.breach_reevaluated, "the breach no longer stood"
    assert not world.facts.public_body, "a public body"
    assert world.facts.public_body_cleared, "nobody looked whether it is a public body"
    assert not world.facts.on_hold, "the case was held"


def final_sent_must_hold(world: World) -> None:
    money_must_hold(world)
    sealed_must_hold(world)
    assert not world.drafters & world.approvers, "drafter and approver are one"


def court_must_hold(world: World) -> None:
    recovery_must_hold(world)
    facts = world.facts
    assert facts.certified_pence == facts.balance_pence, "what is owed is not certified"


def recovery_must_hold(world: World) -> None:
    facts = world.facts
    assert world.round.issued_on is not None, "no final notice was issued"
    assert not facts.giving_in_doubt, "giving was in doubt"
    assert not facts.appeal_live, "an appeal is live"
    assert not facts.on_hold, "the case was held"
    assert facts.balance_pence, "nothing is owed"
    assert facts.balance_pence > 0, "the provider is owed money"


def first_recovery_must_hold(world: World) -> None:
    recovery_must_hold(world)
    for due in (world.facts.payment_due_on, world.facts.appeal_due_on):
        assert due is not None, "no day was set"
        assert world.today > due, "the day for paying or appealing had not passed"
    assert not world.facts.unread_replies, "a reply was not read"
    reminded = world.facts.reminded_on
    assert reminded is not None, "nobody reminded the provider"
    assert reminded + timedelta(7) <= world.today, "reminded only just now"


def settled_must_hold(world: World) -> None:
    assert not world.facts.balance_pence, "the account was not settled"


def restart_must_hold(world: World) -> None:
    settled_must_hold(world)
    assert not world.facts.on_hold, "the case was held"


def decision_must_stand(world: World) -> None:
    """A final notice given again rests on the decision that was made."""
    given_on, decided_on = world.round.given_on, world.round.decided_on
    assert given_on is not None, "no notice of intent was given"
    assert decided_on is not None, "nobody decided"
    assert decided_on > given_on + timedelta(14), "decided while the period was open"
    assert decided_on <= given_on + timedelta(14 + 28), "decided too late"
    assert not world.facts.appeal_live, "an appeal is live"


def _all(*checks: Callable[[World], None]) -> Callable[[World], None]:
    def check(world: World) -> None:
        for each in checks:
            each(world)

    return check


MUST_HOLD: dict[Action, Callable[[World], None]] = {
    A.DRAFT_INTENT: intent_must_hold,
    A.SUBMIT_INTENT: _all(intent_must_hold, page_must_hold),
    A.APPROVE_INTENT: _all(intent_must_hold, page_must_hold, sealed_must_hold),
    A.ISSUE_INTENT: intent_sent_must_hold,
    A.START_PANEL: heard_must_hold,
    A.DECIDE_IMPOSE: penalty_must_hold,
    A.DECIDE_NO_PENALTY: no_penalty_must_hold,
    A.DRAFT_FINAL: money_must_hold,
    A.SUBMIT_FINAL: _all(money_must_hold, page_must_hold),
    A.APPROVE_FINAL: _all(money_must_hold, page_must_hold, sealed_must_hold),
    A.ISSUE_FINAL: final_sent_must_hold,
    A.START_RECOVERY: first_recovery_must_hold,
    A.APPLY_TO_COURT: court_must_hold,
    A.REGIVE_FINAL: decision_must_stand,
    A.REISSUE: restart_must_hold,
    A.CLOSE: settled_must_hold,
}


def drafted(world: World, who: Actor) -> None:
    world.drafters.add(who.identity)
    world.change(seal_intact=True)


def submitted(world: World, who: Actor) -> None:
    world.drafters.add(who.identity)


def approved(world: World, who: Actor) -> None:
    world.approvers.add(who.identity)


def given(world: World, who: Actor) -> None:
    world.round = Round()
    world.give(world.today + timedelta(1))


def to_panel(world: World, who: Actor) -> None:
    world.proposed_by = who.identity
    world.round.voters, world.round.decided_on = [], None
    world.change(
        votes_for=0,
        votes_against=0,
        decided_on=None,
        reasons_recorded=True,
        excuse_finding_recorded=True,
    )


def decided(world: World, who: Actor) -> None:
    world.panel.add(who.identity)
    world.round.decided_on = world.today
    world.change(decided_on=world.today)


def issued(world: World, who: Actor) -> None:
    world.round.issued_on = world.today


def final_given(world: World, who: Actor) -> None:
    due = world.today + timedelta(28)
    world.change(final_sent=True, payment_due_on=due, appeal_due_on=due, balance_pence=500_00)


def final_taken_back(world: World, who: Actor) -> None:
    world.round.issued_on = None
    world.change(final_sent=False, payment_due_on=None, appeal_due_on=None, balance_pence=0)


def appealed(world: World, who: Actor) -> None:
    world.change(appeal_live=True)


def upheld(world: World, who: Actor) -> None:
    world.change(appeal_live=False, payment_due_on=world.today + timedelta(28))


EFFECTS: dict[Action, Callable[[World, Actor], None]] = {
    A.DRAFT_INTENT: drafted,
    A.DRAFT_FINAL: drafted,
    A.SUBMIT_INTENT: submitted,
    A.SUBMIT_FINAL: submitted,
    A.APPROVE_INTENT: approved,
    A.APPROVE_FINAL: approved,
    A.RECORD_INTENT_GIVEN: given,
    A.START_PANEL: to_panel,
    A.DECIDE_IMPOSE: decided,
    A.DECIDE_NO_PENALTY: decided,
    A.ISSUE_FINAL: issued,
    A.RECORD_FINAL_GIVEN: final_given,
    A.REGIVE_FINAL: final_taken_back,
    A.LODGE_APPEAL: appealed,
    A.APPEAL_CONFIRMED: upheld,
    A.APPEAL_VARIED: upheld,
}


def _turns(**changes: Any) -> Callable[[World], None]:
    return lambda world: world.change(**changes)


def given_at_another_time(days: int) -> Callable[[World], None]:
    """Evidence moves the day of giving; what was done in between may fall out of time."""

    def move(world: World) -> None:
        if world.round.given_on is not None:
            world.give(world.round.given_on + timedelta(days))

    return move


def decision_set_aside(world: World) -> None:
    world.round.decided_on = None
    world.change(decided_on=None)


def one_person_after_all(world: World) -> None:
    """Two accounts turn out to be one person's: a panel member had drafted."""
    world.drafters |= world.panel
    world.joined |= world.panel
    world.write_people()


def took_part(part: str) -> Callable[[World], None]:
    """Somebody of every role has taken this part before, perhaps in an earlier round."""

    def add(world: World) -> None:
        if PEOPLE[5].identity not in world.drafters | world.approvers | world.panel:
            getattr(world, part).add(PEOPLE[5].identity)
        world.write_people()

    return add


def register_checked_yesterday(world: World) -> None:
    world.checked_on = world.today - timedelta(1)
    world.change(register_checked_on=world.checked_on)


def longer_to_pay(world: World) -> None:
    world.change(payment_due_on=world.today)


def reminded_today(world: World) -> None:
    world.change(reminded_on=world.today)


def priced_yesterday(world: World) -> None:
    world.priced_on = world.today - timedelta(1)
    world.change(amount_recomputed_on=world.priced_on)


# What may go wrong between any two steps.
MISHAPS: dict[str, Callable[[World], None]] = {
    "hold": _turns(on_hold=True),
    "drift": _turns(register_drift=("The home was sold.",)),
    "old paper": _turns(paper_drift=("it says another name",)),
    "not checked": register_checked_yesterday,
    "not priced": priced_yesterday,
    "public body": _turns(public_body=True),
    "review lost": _turns(public_body_cleared=False),
    "cured": _turns(breach_reevaluated=False),
    "estimate": _turns(amount_confirmed=False),
    "reply": _turns(unread_replies=1),
    "point": _turns(unanswered_points=1),
    "returned": _turns(giving_in_doubt=True),
    "given earlier": given_at_another_time(-60),
    "given later": given_at_another_time(10),
    "set aside": decision_set_aside,
    "one drafted": took_part("drafters"),
    "one approved": took_part("approvers"),
    "one on the panel": took_part("panel"),
    "one person": one_person_after_all,
    "broken seal": _turns(seal_intact=False),
    "element": _turns(elements_missing=("how to pay",)),
    "address": _turns(proper_address=False),
    "no reasons": _turns(reasons_recorded=False),
    "no excuse finding": _turns(excuse_finding_recorded=False),
    "deregistered": _turns(registered_today=False),
    "excluded": _turns(exclusions_clear=False),
    "two providers": _turns(dual_registration_open=True),
    "no amount": _turns(amount_known=False),
    "longer to pay": longer_to_pay,
    "appeal": _turns(appeal_live=True),
    "paid": _turns(balance_pence=0),
    "overpaid": _turns(balance_pence=-1),
    "not reminded": _turns(reminded_on=None),
    "reminded just now": reminded_today,
    "not certified": _turns(certified_pence=None),
    "another sum certified": _turns(certified_pence=1),
    "owed": _turns(balance_pence=500_00),
}


def straight_to(state: State) -> World:
    """The straight road, each step by somebody proper, up to a state; ready for the next."""
    return _straight_to(state).copy()


@cache
def _straight_to(state: State) -> World:
    world = World()
    while world.facts.state is not state:
        action = FORWARD[world.facts.state]
        _ready(world)
        assert world.act(action, HANDS.get(action, OFFICER)), action
    _ready(world)
    return world


def _ready(world: World) -> None:
    """Whatever the next step of the straight road waits for has come."""
    if world.facts.state is State.REPRESENTATIONS:
        world.today += timedelta(16)
    if world.facts.state is State.PAYMENT:
        world.today += timedelta(29)
    world.prepare()
    if world.facts.state is State.PANEL:
        assert all(world.vote(member, impose=True) for member in MEMBERS)
