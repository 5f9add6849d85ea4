"""The panel on real databases: proposing, voting, deciding, and every refusal between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import notice_story as story
import pytest
from sqlalchemy import select

from enforcement.data.cases import Case
from enforcement.data.decisions import Decision, PanelVote
from enforcement.data.history import Event
from enforcement.data.replies import Reply, ReplyPoint
from enforcement.domain.permissions import Actor, Role
from enforcement.domain.refusals import (
    BadInput,
    DecisionTooLate,
    GateClosed,
    NotAllowed,
    Refusal,
    SamePerson,
    StaleVersion,
    WrongState,
)
from enforcement.services import cases, decisions, declarations, restarts
from enforcement.services.case_facts import facts_of, live_decision

OFFICER, SENIOR, PAT, QUINN, RAY = story.OFFICER, story.SENIOR, *story.PANEL
# Given by email on Wednesday 17 June 2026: 14 days end on 1 July, 28 more on 29 July.
FIRST_DAY = story.NOW + timedelta(days=16)  # 2 July
LAST_DAY = story.NOW + timedelta(days=43)  # 29 July
WORDS = ("impose", "Three returns were due and not made.", "No excuse was offered.")


class Panel:
    """The steps of the panel, each in its own transaction."""

    def __init__(self, begin: Callable[..., Any]) -> None:
        self.begin = begin
        self.tale = story.Story(begin)
        self.tale.to_given()

    def do(self, who: Actor, at: datetime, action: Callable[..., Any], *args: Any) -> Any:
        with self.begin(who, at) as work:
            return action(work, cases.find(work, self.tale.reference), *args)

    def propose(self, *words: str, who: Actor = OFFICER, at: datetime = FIRST_DAY) -> Any:
        return self.do(who, at, decisions.propose, *(words or WORDS))

    def vote(
        self, who: Actor, cast: str = "impose", conflict: str = "", seen: str | None = None
    ) -> Any:
        def cast_it(work: Any, case: Case) -> PanelVote:
            decision = live_decision(work.session, case)
            shown = seen or (decision.reasons_sha256 if decision else "")
            reasons = "As the papers show."
            stored = decision and declarations.declared(work.session, decision, who.identity)
            if decision and stored is None and cast != "recused":
                decisions.declare(work, case, "")
            return decisions.vote(work, case, cast, reasons, conflict, seen_sha256=shown)

        return self.do(who, FIRST_DAY, cast_it)

    def decide(self, outcome: str = "impose", who: Actor = PAT, at: datetime = FIRST_DAY) -> Any:
        return self.do(who, at, decisions.decide, outcome)

    def state(self) -> str:
        with self.begin(OFFICER) as work:
            return cases.find(work, self.tale.reference).state

    def kinds(self) -> list[str]:
        with self.begin(OFFICER) as work:
            stream = f"case:{self.tale.reference}"
            return list(
                work.session.scalars(
                    select(Event.kind).where(Event.stream == stream).order_by(Event.seq)
                )
            )


@pytest.fixture
def panel(begin: Callable[..., Any]) -> Panel:
    return Panel(begin)


def test_two_members_impose_and_the_clock_is_met(panel: Panel) -> None:
    panel.propose()
    panel.vote(PAT)
    panel.vote(QUINN)
    panel.decide()
    assert panel.state() == "impose"
    assert panel.kinds()[-7:] == [
        "panel_started",
        "decision_proposed",
        "panel_declared",
        "panel_voted",
        "panel_declared",
        "panel_voted",
        "penalty_decided",
    ]
    with panel.begin(OFFICER) as work:
        case = cases.find(work, panel.tale.reference)
        decision = live_decision(work.session, case)
        assert decision is not None
        assert (decision.outcome, decision.decided_by) == ("impose", PAT.identity)
        assert decision.decided_on == FIRST_DAY.date()
        (clock,) = [c for c in case.clocks if c.kind == "decision"]
        assert clock.ended_because == "met"
        assert case.next_on is None


def test_a_majority_against_ends_in_no_penalty_with_its_letter_to_come(panel: Panel) -> None:
    panel.propose("no_penalty", "The system was down.", "An outage is a reasonable excuse.")
    panel.vote(PAT, "no_penalty")
    panel.vote(QUINN, "no_penalty")
    panel.vote(RAY, "impose")
    with pytest.raises(GateClosed, match="majority"):
        panel.decide("impose")
    panel.decide("no_penalty")
    assert panel.state() == "no_penalty"


@pytest.mark.parametrize(
    ("days", "refused"),
    [(15, GateClosed), (16, None), (43, None), (44, DecisionTooLate)],
    ids=["last day for replies", "first day", "last day", "a day late"],
)
def test_the_days_on_which_a_penalty_may_be_decided(
    panel: Panel, days: int, refused: type[Refusal] | None
) -> None:
    at = story.NOW + timedelta(days=days)
    if refused is GateClosed:
        with pytest.raises(GateClosed, match="open until"):
            panel.propose(at=at)
        assert panel.state() == "representations"
        return
    panel.propose()
    panel.vote(PAT)
    panel.vote(QUINN)
    if refused:
        with pytest.raises(refused, match="ended on"):
            panel.decide(at=at)
        assert panel.state() == "panel"
    else:
        panel.decide(at=at)
        assert panel.state() == "impose"


def test_no_penalty_may_be_decided_late_and_the_clock_says_so(panel: Panel) -> None:
    panel.propose()
    panel.vote(PAT, "no_penalty")
    panel.vote(QUINN, "no_penalty")
    panel.decide("no_penalty", at=LAST_DAY + timedelta(days=1))
    with panel.begin(OFFICER) as work:
        case = cases.find(work, panel.tale.reference)
        assert [c.ended_because for c in case.clocks if c.kind == "decision"] == ["late"]


def test_one_vote_is_no_quorum(panel: Panel) -> None:
    panel.propose()
    panel.vote(PAT)
    with pytest.raises(GateClosed, match="2 votes"):
        panel.decide()


def test_who_stands_aside_does_not_count_and_may_not_decide(panel: Panel) -> None:
    panel.propose()
    panel.vote(PAT)
    panel.vote(RAY, "recused", conflict="My brother is a director there.")
    with pytest.raises(GateClosed):
        panel.decide()
    with pytest.raises(WrongState, match="member who voted"):
        panel.decide(who=RAY)
    panel.vote(QUINN)
    with pytest.raises(WrongState, match="member who voted"):
        panel.decide(who=RAY)
    panel.decide(who=QUINN)
    assert panel.state() == "impose"


def every_role(identity: str) -> Actor:
    return Actor(identity, "Ev Example", frozenset(Role))


@pytest.mark.parametrize(
    ("who", "refused"),
    [
        (OFFICER, NotAllowed),
        (every_role(OFFICER.identity), SamePerson),
        (every_role(SENIOR.identity), SamePerson),
    ],
    ids=["an officer", "the proposer with every role", "the approver with every role"],
)
def test_who_may_not_vote(panel: Panel, who: Actor, refused: type[Refusal]) -> None:
    panel.propose(who=every_role("staff:other"))
    with pytest.raises(refused):
        panel.vote(who)


def test_nobody_votes_on_their_own_proposal_or_twice(panel: Panel) -> None:
    proposer = every_role("staff:other")
    panel.propose(who=proposer)
    with pytest.raises(SamePerson, match="put this to the panel"):
        panel.vote(proposer)
    panel.vote(PAT)
    with pytest.raises(SamePerson, match="already voted"):
        panel.vote(PAT)
    with pytest.raises(SamePerson, match="may not decide"):
        panel.decide(who=proposer)


def test_a_vote_is_on_the_words_shown(panel: Panel) -> None:
    shown = panel.propose().reasons_sha256
    panel.propose("impose", "Other reasons.", "No excuse was offered.")
    with pytest.raises(StaleVersion, match="changed after you opened"):
        panel.vote(PAT, seen=shown)
    vote = panel.vote(PAT)
    assert vote.reasons_sha256 != shown


def test_words_voted_on_stand_until_set_aside(panel: Panel) -> None:
    panel.propose()
    panel.vote(PAT)
    with pytest.raises(WrongState, match="have voted"):
        panel.propose("no_penalty", "Changed.", "Changed.")
    with pytest.raises(BadInput):
        panel.do(OFFICER, FIRST_DAY, decisions.set_aside, " ")
    with pytest.raises(NotAllowed):
        panel.do(PAT, FIRST_DAY, decisions.set_aside, "New evidence came.")
    panel.do(OFFICER, FIRST_DAY, decisions.set_aside, "New evidence came.")
    panel.propose("no_penalty", "Changed.", "Changed.")
    with panel.begin(OFFICER) as work:
        found = work.session.scalars(select(Decision).order_by(Decision.id)).all()
        assert [(d.superseded, len(d.votes)) for d in found] == [(True, 1), (False, 0)]


@pytest.mark.parametrize("gap", [(0, ""), (1, "  "), (2, "")])
def test_a_proposal_says_all_it_must(panel: Panel, gap: tuple[int, str]) -> None:
    words = list(WORDS)
    words[gap[0]] = gap[1]
    with pytest.raises(BadInput):
        panel.propose(*words)
    assert panel.state() == "representations"


def test_an_unanswered_point_keeps_a_case_from_the_panel(panel: Panel) -> None:
    with panel.begin(OFFICER) as work:
        case = cases.find(work, panel.tale.reference)
        reply = Reply(
            case_id=case.id, reference="R-1", form_key="k", source="post",
            received_at=work.now, keyed_by=OFFICER.identity, late=False, sender_name="A",
            sender_role="Director", answers={}, receipt={}, read_at=work.now,
        )  # fmt: skip
        work.session.add(reply)
        work.session.add(ReplyPoint(reply=reply, number=1, text="We were closed."))
    with pytest.raises(GateClosed, match="no answer"):
        panel.propose()


def test_a_stale_page_changes_nothing(panel: Panel) -> None:
    with pytest.raises(StaleVersion):
        panel.do(OFFICER, FIRST_DAY, decisions.propose, *WORDS, 1)
    assert panel.state() == "representations"


def test_nothing_is_decided_twice_or_before_a_proposal(panel: Panel) -> None:
    with pytest.raises(WrongState, match="Nothing is before"):
        panel.decide()
    panel.propose()
    for member in (PAT, QUINN):
        panel.vote(member)
    with pytest.raises(BadInput):
        panel.decide("maybe")
    panel.decide()
    with pytest.raises(WrongState):
        panel.decide()
    with pytest.raises(WrongState):
        panel.vote(RAY)


def test_a_case_closed_and_reopened_begins_a_clean_round(panel: Panel) -> None:
    panel.propose()
    panel.vote(PAT, "no_penalty")
    panel.vote(QUINN, "no_penalty")
    panel.decide("no_penalty")
    panel.do(OFFICER, FIRST_DAY, cases.close, "no_penalty")
    panel.do(SENIOR, FIRST_DAY, restarts.reopen, "The outage was at another provider.")
    with panel.begin(OFFICER) as work:
        case = cases.find(work, panel.tale.reference)
        assert case.state == "triage"
        assert live_decision(work.session, case) is None
        facts = facts_of(work, case)
        assert (facts.intent_sent, facts.votes_against, facts.decide_by) == (False, 0, None)
    panel.tale.draft(FIRST_DAY)
    assert panel.state() == "intent_draft"
