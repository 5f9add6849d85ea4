"""Giving again: prepared by an officer, agreed by a second person, done whole or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import notice_story as told
import pytest
from sqlalchemy import select

from enforcement.data.notices import OutboxItem
from enforcement.domain.giving import Capacity, Method
from enforcement.domain.payments import Ask as Money
from enforcement.domain.payments import Kind
from enforcement.domain.refusals import (
    BadInput,
    GateClosed,
    NoProperAddress,
    NotAllowed,
    Refusal,
    SamePerson,
    WrongState,
)
from enforcement.services import (
    cases,
    decisions,
    drift,
    giving,
    letters,
    notices,
    payments,
    proposals,
    regiving,
    sending,
    tasks,
)
from enforcement.services.sending import sweep_will_find

NOW = told.NOW
LATER = NOW + timedelta(days=6)
OLD_OFFICE = replace(told.REGISTERED_OFFICE, address=("1 Former Road",), postcode="ZZ99 1ZZ")
REASON = "It went to an office that the company has left."


def ask(work: Any, recipient: Any = told.REGISTERED_OFFICE, days: int = 14) -> regiving.Ask:
    return regiving.Ask(recipient, Method.FIRST_CLASS, work.today, days)


def returned(story: Any, begin: Any, now: Any, kind: str = "notice_of_intent") -> None:
    with begin(sending.WORKER, now) as work:
        giving.failed(work, story.notice(work, kind), "returned", "Addressee gone away")


def prepare(story: Any, begin: Any, now: Any, kind: str = "notice_of_intent", **more: Any) -> None:
    with begin(told.OFFICER, now) as work:
        regiving.propose(work, story.notice(work, kind), ask(work, **more), REASON)


def agree(story: Any, begin: Any, now: Any, reference: str, by: Any = told.SENIOR) -> None:
    with begin(by, now) as work:
        old = next(n for n in notices.of_case(work.session, story.case(work))
                   if n.reference == reference)  # fmt: skip
        row = proposals.of_notice(work.session, old)[-1]
        regiving.agree(work, row, sweep_will_find)


@pytest.fixture
def story(begin: Any) -> Any:
    """A notice of intent posted to an office that the company has left."""
    found = told.Story(begin, method=Method.FIRST_CLASS, recipient=OLD_OFFICE)
    found.to_posted()
    return found


def test_an_intent_is_withdrawn_and_drafted_again_at_once(story: Any, begin: Any) -> None:
    returned(story, begin, LATER)
    with begin(told.OFFICER, LATER) as work:
        old = story.notice(work).reference
        ways = [one for one in regiving.known(work, story.notice(work)) if one.ways]
        assert [one.choice.capacity for one in ways] == [Capacity.REGISTERED_OFFICE]
        assert not ways[0].used
        told_of = regiving.outlook(work, story.notice(work))
        assert told_of.refused == ""
        assert any("withdrawn in writing" in line for line in told_of.happens)
    prepare(story, begin, LATER)
    agree(story, begin, LATER, old)
    with begin(told.OFFICER, LATER) as work:
        case, new = story.case(work), story.notice(work)
        assert (case.state, case.giving_in_doubt) == ("intent_draft", False)
        assert [hold.ends_on for hold in case.holds] == [work.today]
        assert tasks.open_of(work.session, case) == []
        assert (new.state, new.reference != old) == ("draft", True)
        assert (new.drafted_by, new.recipient["postcode"]) == (told.OFFICER.identity, "ZZ99 9ZZ")
        assert all(clock.ended_because == "superseded" for clock in case.clocks)
        letter = story.notice(work, "withdrawal")
        assert letter.recipient["postcode"] == "ZZ99 9ZZ"  # the old address is known not to work
        assert letter.facts["withdrawal"]["new_notice_follows"] is True
    story.submit(LATER)
    story.approve(LATER)
    story.issue(LATER)
    story.post(LATER)
    with begin(told.OFFICER, LATER) as work:
        running = [clock for clock in story.case(work).clocks if clock.ended_at is None]
        assert {clock.kind for clock in running} == {"representations", "decision"}
        assert all(clock.due_on > LATER.date() + timedelta(days=14) for clock in running)


def test_a_final_notice_is_given_again_on_the_decision_that_stands(begin: Any) -> None:
    story = told.Story(begin)
    sent = story.to_final_given()
    # long after the time to decide: the law gives the final notice itself no last day
    late = sent + timedelta(days=60)
    returned(story, begin, late, "final_notice")
    with begin(told.OFFICER, late) as work:
        story.case(work).snapshot = drift.snapshot(story.case(work).provider)
    prepare(story, begin, late, "final_notice", days=28)
    with begin(told.OFFICER, late) as work:
        old = story.notice(work, "final_notice").reference
        was = decisions.live_decision(work.session, story.case(work)).id
    agree(story, begin, late, old)
    with begin(told.OFFICER, late) as work:
        case, new = story.case(work), story.notice(work, "final_notice")
        assert (case.state, new.state, new.reference != old) == ("final_draft", "draft", True)
        assert story.notice(work).state == "given"  # the notice of intent stands
        assert decisions.live_decision(work.session, case).id == was
        assert payments.balance(work.session, payments.penalty_of(work.session, case)) == 0
        assert not case.giving_in_doubt
    story.submit(late, "final_notice")
    story.approve(late, "final_notice")
    story.issue(late, "final_notice")
    story.post(late, "final_notice")
    with begin(told.OFFICER, late) as work:
        case, notice = story.case(work), story.notice(work, "final_notice")
        dues = [clock.due_on for clock in case.clocks if clock.ended_at is None
                and clock.kind in ("appeal", "payment")]  # fmt: skip
        assert len(dues) == 2
        assert min(dues) > late.date() + timedelta(days=27)
        penalty = payments.penalty_of(work.session, case)
        assert (penalty.reference, payments.balance(work.session, penalty)) == (
            notice.reference,
            penalty.pence,
        )


def test_a_notice_that_never_left_ends_without_a_letter(begin: Any) -> None:
    story = told.Story(begin)
    item = story.to_issued()
    with begin(told.OFFICER) as work:
        sending.claim(work, item, "w")
        sending.record(work, item, sending.Outcome("permanent", "550 no such user", NOW), "w")
    prepare(story, begin, NOW)
    with begin(told.OFFICER) as work:
        old = story.notice(work).reference
        lines = regiving.outlook(work, story.notice(work)).happens
        assert any("never left" in line for line in lines)
    agree(story, begin, NOW, old)
    with begin(told.OFFICER) as work:
        kinds = [one.kind for one in notices.of_case(work.session, story.case(work))]
        assert kinds == ["notice_of_intent", "notice_of_intent"]
        assert [one.state for one in work.session.scalars(select(OutboxItem))] == ["failed"]


def test_who_may_and_who_may_not(story: Any, begin: Any) -> None:
    with begin(told.SENIOR, LATER) as work, pytest.raises(NotAllowed):
        regiving.propose(work, story.notice(work), ask(work), REASON)
    with begin(told.BOTH_ROLES, LATER) as work:
        row = regiving.propose(work, story.notice(work), ask(work), REASON)
        with pytest.raises(WrongState, match="already waits"):
            regiving.propose(work, story.notice(work), ask(work), REASON)
        with pytest.raises(SamePerson):
            regiving.agree(work, row, sweep_will_find)
        with pytest.raises(BadInput):
            proposals.refuse(work, row, " ")
    with begin(told.OTHER_OFFICER, LATER) as work:
        row = proposals.open_about(work.session, story.notice(work))
        with pytest.raises(NotAllowed):
            regiving.agree(work, row, sweep_will_find)
        with pytest.raises(WrongState, match="Only the person"):
            proposals.take_back(work, row)
    with begin(told.SENIOR, LATER) as work:
        row = proposals.open_about(work.session, story.notice(work))
        proposals.refuse(work, row, "The office is the right one.")
        with pytest.raises(WrongState, match="settled already"):
            proposals.agreed(work, row, None)


def test_only_a_proper_address(story: Any, begin: Any) -> None:
    mailbox = replace(told.SECRETARY, capacity=Capacity.MANAGER_MAILBOX)
    with begin(told.OFFICER, LATER) as work, pytest.raises(NoProperAddress):
        regiving.propose(work, story.notice(work), ask(work, mailbox), REASON)


def _held(work: Any, story: Any) -> None:
    cases.hold(work, story.case(work), "insolvency", "An administrator was appointed.")


def _withdrawn(work: Any, story: Any) -> None:
    senior = replace(work, actor=told.SENIOR)
    letters.withdraw(senior, story.case(work), "Wrong", False, sweep_will_find)


@pytest.mark.parametrize(
    ("spoil", "words"), [(_held, "on hold"), (_withdrawn, "not out")], ids=["held", "withdrawn"]
)
def test_what_stands_in_the_way_is_said_in_words(
    story: Any, begin: Any, spoil: Any, words: str
) -> None:
    with begin(told.OFFICER, LATER) as work:
        notice = story.notice(work)
        spoil(work, story)
        assert words in regiving.outlook(work, notice).refused
        with pytest.raises(WrongState, match=words):
            regiving.propose(work, notice, ask(work), REASON)


def test_a_final_notice_that_was_paid_under_or_rests_on_doubt_is_not_replaced(begin: Any) -> None:
    story = told.Story(begin)
    late = story.to_final_given() + timedelta(days=3)
    with begin(told.FINANCE, late) as work:
        money = Money(Kind.PAYMENT, 1_000, work.today)
        payments.record(work, story.case(work), money, key="one")
    with begin(told.OFFICER, late) as work:
        final = story.notice(work, "final_notice")
        assert "£10.00 was received" in regiving.outlook(work, final).refused
        assert "was received" in regiving.outlook(work, story.notice(work)).refused
        paid = payments.penalty_of(work.session, story.case(work)).entries[-1]
    with begin(told.FINANCE, late) as work:
        back = Money(Kind.REVERSAL, None, work.today, reason="Bounced", reverses=paid.id)
        payments.record(work, story.case(work), back, key="two")
    returned(story, begin, late)
    with begin(told.OFFICER, late) as work:
        final = story.notice(work, "final_notice")
        assert "rests on it" in regiving.outlook(work, final).refused
        assert regiving.outlook(work, story.notice(work)).refused == ""


def test_a_gate_that_closed_meanwhile_undoes_everything(story: Any, begin: Any) -> None:
    """The provider left the register after it was prepared: nothing is withdrawn either."""
    prepare(story, begin, LATER)
    with begin(told.OFFICER, LATER) as work:
        old = story.notice(work).reference
        story.case(work).provider.deregistered_on = work.today
    with pytest.raises(Refusal) as refused:
        agree(story, begin, LATER, old)
    assert isinstance(refused.value, GateClosed)
    with begin(told.OFFICER, LATER) as work:
        assert story.notice(work).state == "given"
        assert story.case(work).state == "representations"
        assert proposals.open_about(work.session, story.notice(work)) is not None
