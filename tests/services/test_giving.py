"""Giving in doubt: put there by a person or a failed sending, and each lawful way out of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import notice_story as told
import pytest
from sqlalchemy import select

from enforcement.data.history import Event, EventText
from enforcement.domain.cases import Action
from enforcement.domain.giving import Method
from enforcement.domain.refusals import (
    BadInput,
    DatesFallShort,
    GateClosed,
    NotAllowed,
    WrongState,
)
from enforcement.services import (
    cases,
    giving,
    giving_certificates,
    letters,
    restarts,
    sending,
    settling,
)
from enforcement.services.sending import sweep_will_find

NOW = told.NOW
LATER = NOW + timedelta(days=6)
AFTER = NOW + timedelta(days=20)
WORDS = "The envelope says “addressee gone away”; it is kept."


@pytest.fixture
def story(begin: Callable[..., Any]) -> Any:
    """A notice of intent, posted and recorded as given."""
    found = told.Story(begin, method=Method.FIRST_CLASS, recipient=told.REGISTERED_OFFICE)
    found.to_posted()
    return found


def put_in_doubt(story: Any, begin: Any) -> None:
    with begin(told.OFFICER, LATER) as work:
        giving.doubt(work, story.notice(work), "returned", WORDS, NOW.date() + timedelta(days=5))


def kinds(work: Any, story: Any) -> list[str]:
    stream = f"case:{story.reference}"
    return list(
        work.session.scalars(select(Event.kind).where(Event.stream == stream).order_by(Event.seq))
    )


def test_post_that_came_back_holds_the_case_and_closes_the_gate(story: Any, begin: Any) -> None:
    put_in_doubt(story, begin)
    with begin(told.OFFICER, AFTER) as work:
        case = story.case(work)
        assert giving.in_doubt(work, case) == story.notice(work).reference
        assert [(h.category, h.ends_on) for h in case.holds] == [("giving", None)]
        with pytest.raises(GateClosed, match="in doubt"):
            cases.move(work, case, Action.START_PANEL, {"replies": 0})
        event = work.session.scalars(select(Event).where(Event.kind == "giving_doubted")).one()
        facts = json.loads(event.body)["facts"]
        assert facts["noticed_on"] == "2026-06-21"
        assert "gone away" not in event.body  # what was seen is personal: beside the chain
        texts = work.session.scalars(select(EventText).where(EventText.event_id == event.id)).all()
        assert [text.text for text in texts] == [WORDS]


def test_a_case_already_held_gets_no_second_hold(story: Any, begin: Any) -> None:
    with begin(told.OFFICER, LATER) as work:
        cases.hold(work, story.case(work), "insolvency", "An administrator was appointed.")
    put_in_doubt(story, begin)
    with begin(told.OFFICER, AFTER) as work:
        giving.settle_doubt(work, story.notice(work), "Proof of posting")
        case = story.case(work)
        assert [(h.category, h.ends_on) for h in case.holds] == [("insolvency", None)]


def test_evidence_settles_the_doubt_and_moves_no_day(story: Any, begin: Any) -> None:
    with begin(told.OFFICER) as work:
        days = [clock.due_on for clock in story.case(work).clocks]
    put_in_doubt(story, begin)
    with begin(told.OFFICER, AFTER) as work:
        with pytest.raises(BadInput):
            giving.settle_doubt(work, story.notice(work), " ")
        giving.settle_doubt(work, story.notice(work), "Registered office of that day; list line 4")
        case = story.case(work)
        assert not case.giving_in_doubt
        assert [hold.ends_on for hold in case.holds] == [work.today]
        assert [clock.due_on for clock in case.clocks] == days
        assert kinds(work, story)[-3:] == ["giving_settled", "task_closed", "hold_ended"]
        with pytest.raises(WrongState):
            giving.settle_doubt(work, story.notice(work), "again")


def test_withdrawn_and_given_again_with_fresh_clocks(story: Any, begin: Any) -> None:
    put_in_doubt(story, begin)
    with begin(told.SENIOR, LATER) as work:
        letters.withdraw(
            work, story.case(work), "It went to an old address.", True, sweep_will_find
        )
        case = story.case(work)
        assert not case.giving_in_doubt
        assert [hold.ends_on for hold in case.holds] == [work.today]
    with begin(told.OFFICER, LATER) as work:
        restarts.restart(work, story.case(work), "A new notice to the present office.")
    story.draft(LATER)
    story.submit(LATER)
    story.approve(LATER)
    story.issue(LATER)
    story.post(LATER)
    with begin(told.OFFICER, LATER) as work:
        running = [c for c in story.case(work).clocks if c.ended_at is None]
        assert {c.due_on > LATER.date() + timedelta(days=14) for c in running} == {True}


def test_paper_that_states_too_little_cannot_be_proven_good(begin: Any) -> None:
    story = told.Story(begin)
    item = story.to_issued()
    late = NOW + timedelta(days=3)
    assert story.deliver(item, late) == "sent"
    with begin(told.OFFICER, late) as work, pytest.raises(DatesFallShort, match="fewer than 14"):
        giving.settle_doubt(work, story.notice(work), "The mail server's record")


def test_a_failed_email_is_cured_by_giving_it_otherwise(
    begin: Any, settings: Any, engine: Any
) -> None:
    story = told.Story(begin)
    item = story.to_issued()

    with begin(told.OFFICER) as work:
        assert sending.claim(work, item, "w") is not None
        settling.record(work, item, settling.Outcome("permanent", "550 no such user", NOW), "w")
        assert giving.in_doubt(work, story.case(work)) == story.notice(work).reference
        with pytest.raises(WrongState, match="not recorded as given"):
            giving.settle_doubt(work, story.notice(work), "It must have arrived")
        assert [hold.category for hold in story.case(work).holds] == ["giving"]
    with begin(told.OFFICER) as work:
        giving.record_by_person(work, story.notice(work), work.today, Method.HAND, "Handed over")
        case = story.case(work)
        assert not case.giving_in_doubt
        assert [hold.ends_on for hold in case.holds] == [work.today]


def test_what_was_delivered_by_hand_is_given_that_day_and_certified_so(begin: Any) -> None:
    """Regulation 7 counts a Saturday too, when a notice is delivered by hand."""
    story = told.Story(begin, method=Method.HAND, recipient=told.REGISTERED_OFFICE)
    delivered = NOW.date() + timedelta(days=4)
    story.triage()
    story.draft(send_on=delivered)
    story.submit()
    story.approve()
    story.issue()
    with begin(told.OFFICER, LATER) as work:
        words = "Handed to the secretary, who signed for it"
        giving.record_by_person(work, story.notice(work), delivered, Method.HAND, words)
        notice, case = story.notice(work), story.case(work)
        assert (notice.given_on, case.state) == (date(2026, 6, 20), "representations")
        assert next(clock.due_on for clock in case.clocks) == date(2026, 7, 6)
        read = " ".join(giving_certificates.look(work, case, notice).text.split())
    for said in (
        "A notice delivered by hand is given on the day it is delivered (regulation 7).",
        "Saturday 20 June 2026 0 Delivered by hand: given on the day delivered.",
        "It was delivered by hand to the registered office on 20 June 2026.",
        "What shows it: Handed to the secretary, who signed for it",
    ):
        assert said in read


def test_what_is_refused(story: Any, begin: Any) -> None:
    with begin(told.FINANCE, LATER) as work, pytest.raises(NotAllowed):
        giving.doubt(work, story.notice(work), "returned", WORDS)
    with begin(told.OFFICER, LATER) as work:
        notice = story.notice(work)
        with pytest.raises(BadInput, match="why"):
            giving.doubt(work, notice, "because", WORDS)
        with pytest.raises(BadInput, match="what shows"):
            giving.doubt(work, notice, "returned", "  ")
        for day in (NOW.date() - timedelta(days=1), LATER.date() + timedelta(days=1)):
            with pytest.raises(BadInput, match="day"):
                giving.doubt(work, notice, "returned", WORDS, day)
        giving.doubt(work, notice, "returned", WORDS)
        with pytest.raises(WrongState, match="already"):
            giving.doubt(work, notice, "returned", WORDS)
