"""Another day of giving: a kept file, two people, and the reason in every receipt."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import notice_story as told
import pytest

from enforcement.domain.clocks import ClockKind
from enforcement.domain.giving import Method
from enforcement.domain.refusals import (
    BadInput,
    DatesFallShort,
    NotAllowed,
    SamePerson,
    WrongState,
)
from enforcement.services import cases, clocks, files, giving, overriding, proposals, sending, tasks

NOW = told.NOW  # Tuesday 16 June 2026: post is given on Friday 19 June
LATER = NOW + timedelta(days=9)
SHOWN = b"track and trace,signed for\nAA000000000GB,2026-06-17\n"
WORDS = "The carrier's record: signed for at the registered office."
COUNTED = date(2026, 6, 19)


@pytest.fixture
def story(begin: Any) -> Any:
    found = told.Story(begin, method=Method.RECORDED, recipient=told.REGISTERED_OFFICE)
    found.to_issued()
    with begin(told.OFFICER) as work:
        notice = found.notice(work)
        giving.record_by_person(work, notice, work.today, Method.RECORDED, "Receipt")
        assert notice.given_on == COUNTED
    return found


def propose(story: Any, begin: Any, given_on: date, kind: str = "notice_of_intent",
            now: Any = LATER, by: Any = told.OFFICER) -> None:  # fmt: skip
    with begin(by, now) as work:
        notice = story.notice(work, kind)
        overriding.propose(work, notice, given_on, WORDS, "record.csv", SHOWN)


def agree(story: Any, begin: Any, kind: str = "notice_of_intent", now: Any = LATER,
          by: Any = told.SENIOR) -> Any:  # fmt: skip
    with begin(by, now) as work:
        row = proposals.open_about(work.session, story.notice(work, kind))
        return overriding.agree(work, row)


def running(work: Any, story: Any, kind: ClockKind) -> Any:
    return [c for c in story.case(work).clocks if c.kind == kind and c.ended_at is None][-1]


def test_an_earlier_day_moves_no_stated_end_and_says_why(story: Any, begin: Any) -> None:
    propose(story, begin, date(2026, 6, 17))
    with begin(told.SENIOR, LATER) as work:
        notice = story.notice(work)
        assert notice.given_on == COUNTED, "nothing moves before a second person agrees"
        stated = running(work, story, ClockKind.REPRESENTATIONS).due_on
        row = proposals.open_about(work.session, notice)
        assert files.fetch(work, row.evidence_sha256).content == SHOWN
    found = agree(story, begin)
    assert [(m.kind, m.due_on, m.would_be) for m in found.moves] == [
        (ClockKind.REPRESENTATIONS, stated, stated)
    ]
    with begin(told.OFFICER, LATER) as work:
        notice, clock = story.notice(work), running(work, story, ClockKind.REPRESENTATIONS)
        assert notice.given_on == date(2026, 6, 17)
        assert "found on evidence" in notice.giving_receipt[-1]["note"]
        assert clock.inputs["given_on"] == "2026-06-17"
        assert "found on evidence" in clock.receipt[0]["note"]
        assert not story.case(work).giving_in_doubt
        assert [d for d in clocks.replay(work.session)] == []


def test_a_later_day_that_leaves_too_little_puts_the_giving_in_doubt(
    story: Any, begin: Any
) -> None:
    propose(story, begin, date(2026, 6, 24))
    found = agree(story, begin)
    assert "fewer than 14 days" in found.short
    with begin(told.OFFICER, LATER) as work:
        case = story.case(work)
        assert case.giving_in_doubt
        assert [task.kind for task in tasks.open_of(work.session, case)] == ["dates_short"]
        # the provider is never held to less than the law's fourteen days
        assert running(work, story, ClockKind.REPRESENTATIONS).due_on == date(2026, 7, 8)
        assert clocks.replay(work.session) == []


def test_a_doubt_ends_with_the_day_that_was_found(story: Any, begin: Any) -> None:
    with begin(sending.WORKER, LATER) as work:
        giving.failed(work, story.notice(work), "returned", "Not known here")
    propose(story, begin, date(2026, 6, 18))
    agree(story, begin)
    with begin(told.OFFICER, LATER) as work:
        case = story.case(work)
        assert not case.giving_in_doubt
        assert tasks.open_of(work.session, case) == []
        assert all(hold.ends_on for hold in case.holds)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 6, 15), "between the day it was sent and today"),
        (date(2026, 6, 26), "between the day it was sent and today"),
        (COUNTED, "already"),
    ],
    ids=["before sending", "in the future", "as counted"],
)
def test_days_that_cannot_be(story: Any, begin: Any, day: date, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        propose(story, begin, day)


def test_evidence_and_a_second_person_are_needed(story: Any, begin: Any) -> None:
    with begin(told.OFFICER, LATER) as work:
        notice = story.notice(work)
        for name, content, said in (("a.csv", b"", WORDS), ("a.exe", b"MZ", WORDS),
                                    ("a.csv", SHOWN, " ")):  # fmt: skip
            with pytest.raises(BadInput):
                overriding.propose(work, notice, date(2026, 6, 18), said, name, content)
    with pytest.raises(NotAllowed):
        propose(story, begin, date(2026, 6, 18), by=told.FINANCE)
    propose(story, begin, date(2026, 6, 18), by=told.SENIOR)
    with pytest.raises(SamePerson):
        agree(story, begin)
    with pytest.raises(NotAllowed):
        agree(story, begin, by=told.OFFICER)
    with begin(told.OFFICER, LATER) as work:
        assert story.notice(work).given_on == COUNTED


def test_what_was_decided_keeps_the_laws_minimum(begin: Any) -> None:
    story = told.Story(begin)
    late = story.to_final_given()
    with begin(told.OFFICER, late) as work:
        intent = story.notice(work)
        sent, given = NOW.date(), intent.given_on
        assert given == sent + timedelta(days=1)
    with pytest.raises(DatesFallShort, match="rests on it"):
        propose(story, begin, given + timedelta(days=5), now=late)
    propose(story, begin, sent, now=late)
    agree(story, begin, now=late)
    with begin(told.OFFICER, late) as work:
        assert story.notice(work).given_on == sent
        assert not story.case(work).giving_in_doubt


def test_a_final_notice_given_later_is_paid_for_later(begin: Any) -> None:
    story = told.Story(begin)
    late = story.to_final_given()
    then = late + timedelta(days=8)
    with begin(told.OFFICER, then) as work:
        was = running(work, story, ClockKind.PAYMENT).due_on
        appeal = running(work, story, ClockKind.APPEAL).due_on
    propose(story, begin, then.date(), "final_notice", then)
    found = agree(story, begin, "final_notice", then)
    assert [move.kind for move in found.moves] == [ClockKind.PAYMENT]
    with begin(told.OFFICER, then) as work:
        assert running(work, story, ClockKind.PAYMENT).due_on == found.moves[0].would_be > was
        assert running(work, story, ClockKind.APPEAL).due_on == appeal  # it runs from sending
        assert clocks.replay(work.session) == []


def test_not_before_it_is_recorded_as_given(begin: Any) -> None:
    story = told.Story(begin)
    story.to_issued()
    with pytest.raises(WrongState, match="recorded as given"):
        propose(story, begin, NOW.date(), now=NOW)
    with begin(told.OFFICER) as work:
        assert cases.find(work, story.reference).state == "intent_issued"
