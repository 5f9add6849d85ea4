"""A change of the register under a case: found without being looked for, stopped, answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import notice_story as told
import pytest
import register_news as news
from sqlalchemy import select

from enforcement.data.history import Event
from enforcement.domain.cases import Action
from enforcement.domain.drift import TABLE, Meaning, Sort
from enforcement.domain.refusals import BadInput, GateClosed, NotAllowed
from enforcement.services import (
    amounts,
    cases,
    drift,
    issue_run_choice,
    notices,
    register_moments,
    succession,
)
from enforcement.services.case_facts import facts_of, live_notice
from enforcement.services.worklist import Filters

Begin = Callable[..., Any]
LATER = told.NOW + timedelta(days=2)
MOMENTS = ["Last counted window closed", "Case opened", "Notice of intent approved",
           "Notice of intent issued", "Today"]  # fmt: skip


@pytest.fixture
def story(begin: Begin) -> Any:
    found = told.Story(begin)
    found.triage()
    with begin(told.OFFICER) as work:
        case = found.case(work)
        case.provider.main_partner = None
        for place in case.provider.locations:
            place.local_authority = "Oldham"
        case.snapshot = drift.snapshot(case.provider)
    return found


def sorts(begin: Begin, story: Any, now: datetime = LATER) -> list[Sort]:
    with begin(told.OFFICER, now) as work:
        return [one.sort for one in drift.differences(work.session, story.case(work))]


def shut(begin: Begin, story: Any, action: Action, now: datetime = LATER) -> set[str]:
    with begin(told.OFFICER, now) as work:
        found = cases.gates(work, story.case(work), action)
        return {gate.name for gate in found if not gate.ok}


def check(begin: Begin, story: Any, now: datetime, accept: bool = False) -> list[str]:
    with begin(told.OFFICER, now) as work:
        case = story.case(work)
        found = [d for d in drift.differences(work.session, case) if d.meaning is Meaning.WARN]
        keys = [one.key for one in found] if accept else []
        return drift.check_register(work, case, keys, "CQC was asked." if accept else "")


def test_the_same_register_again_is_no_difference(begin: Begin, story: Any) -> None:
    news.load(begin, LATER, news.provider(), news.location())
    assert sorts(begin, story) == []
    assert "register_agrees" not in shut(begin, story, Action.DRAFT_INTENT)


NEWS: dict[str, tuple[list[dict[str, Any]], list[Sort]]] = {
    "sold": (
        [news.buyer(), news.location(owner=news.BUYER), news.location("1-800000333")],
        [Sort.SOLD],
    ),
    "closed": (
        [news.location(registrationStatus="Deregistered", deregistrationDate="2026-06-17")],
        [Sort.CLOSED],
    ),
    "closed before": (
        [news.location(registrationStatus="Deregistered", deregistrationDate="2026-05-01")],
        [Sort.CLOSED_BEFORE],
    ),
    "provider closed": ([news.provider(deregistrationDate="2026-06-17")], [Sort.PROVIDER_CLOSED]),
    "other person": ([news.provider(companiesHouseNumber="08888888")], [Sort.LEGAL_PERSON]),
    "renamed": ([news.provider(name="Invented New Name Limited")], [Sort.RENAMED]),
    "moved": ([news.provider(postalAddressLine1="2 New Road", postalCode="ZZ99 1ZZ")],
              [Sort.ADDRESS]),
    "dormant and beds": (
        [news.location(dormancy="Y", numberOfBeds=30)], [Sort.BEDS, Sort.DORMANT]
    ),
    "council": ([news.location(localAuthority="Leeds City Council")], [Sort.COUNCIL]),
    "same council": ([news.location(localAuthority="Oldham Metropolitan Borough Council")], []),
    "successor": ([news.location(relationships=[news.link("Successor", news.NEXT)])],
                  [Sort.SUCCEEDED]),
}  # fmt: skip


@pytest.mark.parametrize("name", NEWS)
def test_what_a_file_of_the_register_does_to_the_gate(begin: Begin, story: Any, name: str) -> None:
    records, expected = NEWS[name]
    news.load(begin, LATER, *records)
    assert sorts(begin, story) == expected
    stops = any(TABLE[sort].meaning is not Meaning.NOTE for sort in expected)
    for action in (Action.DRAFT_INTENT, Action.DRAFT_FINAL):
        assert ("register_agrees" in shut(begin, story, action)) is stops


def test_a_sale_waits_for_reasons_and_is_recorded_with_them(begin: Begin, story: Any) -> None:
    news.load(begin, LATER, *NEWS["sold"][0])
    assert check(begin, story, LATER) != []  # looked at, and it stops the case all the same
    with begin(told.OFFICER, LATER) as work, pytest.raises(GateClosed, match="Invented Buyer"):
        notices.draft_intent(
            work, story.case(work), told.SECRETARY, notices.Method.ELECTRONIC, work.today
        )
    with begin(told.OFFICER, LATER) as work:
        case = story.case(work)
        [found] = drift.differences(work.session, case)
        with pytest.raises(BadInput, match="Say why"):
            drift.check_register(work, case, [found.key], " ")
        with pytest.raises(BadInput, match="changed while"):
            drift.check_register(work, case, ["another"], "Reasons")
    with begin(told.FINANCE, LATER) as work, pytest.raises(NotAllowed):
        drift.check_register(work, story.case(work))
    assert check(begin, story, LATER, accept=True) == []
    assert "register_agrees" not in shut(begin, story, Action.DRAFT_INTENT)
    with begin(told.OFFICER, LATER) as work:
        kept = drift.answered(story.case(work))
        assert [one["reason"] for one in kept.values()] == ["CQC was asked."]
        event = work.session.scalars(
            select(Event).where(Event.kind == "register_checked").order_by(Event.id.desc())
        ).first()
        assert event is not None
        assert "Invented Buyer" in str(event.body)
    # Back, and sold again: those reasons were for another sale.
    for days, owner in ((1, news.OWNER), (2, news.BUYER)):
        news.load(begin, LATER + timedelta(days), news.location(owner=owner))
    assert sorts(begin, story) == [Sort.SOLD]
    assert "register_agrees" in shut(begin, story, Action.DRAFT_INTENT)


def test_no_reason_lifts_a_block_but_the_register_itself_does(begin: Begin, story: Any) -> None:
    news.load(begin, LATER, *NEWS["other person"][0])
    with begin(told.OFFICER, LATER) as work:
        case = story.case(work)
        [found] = drift.differences(work.session, case)
        with pytest.raises(BadInput, match="No reason lifts this"):
            drift.check_register(work, case, [found.key], "It is a slip of the pen.")
    assert "register_agrees" in shut(begin, story, Action.DRAFT_INTENT)
    news.load(begin, LATER + timedelta(hours=1), news.provider())
    assert sorts(begin, story) == []


def test_a_change_after_the_check_of_the_day_is_not_missed(begin: Begin, story: Any) -> None:
    assert check(begin, story, LATER) == []
    news.load(begin, LATER + timedelta(minutes=5), *NEWS["sold"][0])
    assert "register_agrees" in shut(begin, story, Action.DRAFT_FINAL)
    assert "register_checked" not in shut(begin, story, Action.DRAFT_FINAL)


def test_a_draft_that_names_or_finds_the_provider_otherwise_is_drafted_again(
    begin: Begin, story: Any
) -> None:
    story.recipient, story.method = told.REGISTERED_OFFICE, notices.Method.FIRST_CLASS
    story.draft()
    news.load(
        begin,
        LATER,
        news.provider(
            name="Invented New Name Limited", postalAddressLine1="2 New Road",
            postalAddressTownCity="Newton", postalCode="ZZ99 1ZZ",
        ),
    )  # fmt: skip
    assert shut(begin, story, Action.SUBMIT_INTENT) == {"paper_agrees"}
    with begin(told.OFFICER, LATER) as work:
        said = " ".join(facts_of(work, story.case(work)).paper_drift)
        assert "Invented New Name Limited" in said
        assert "the address that the register has left" in said
    story.recipient = told.RecipientChoice(
        capacity=told.Capacity.REGISTERED_OFFICE,
        name="Invented New Name Limited",
        address=("2 New Road", "Newton"),
        postcode="ZZ99 1ZZ",
    )
    story.draft(LATER)
    assert "paper_agrees" not in shut(begin, story, Action.SUBMIT_INTENT)


def test_a_move_before_the_letter_was_posted_asks_whether_it_was_given(
    begin: Begin, story: Any
) -> None:
    story.recipient, story.method = told.REGISTERED_OFFICE, notices.Method.FIRST_CLASS
    story.draft()
    with begin(told.OFFICER) as work:
        notice = live_notice(work.session, story.case(work), "notice_of_intent")
        assert notice is not None
        notice.sent_at = told.NOW
    news.load(begin, told.NOW + timedelta(days=1), *NEWS["moved"][0])
    assert sorts(begin, story) == [Sort.ADDRESS]  # the day after it was posted
    with begin(told.OFFICER) as work:
        notice = live_notice(work.session, story.case(work), "notice_of_intent")
        assert notice is not None
        notice.sent_at = told.NOW + timedelta(days=1)
    assert sorts(begin, story) == [Sort.GIVEN_AT_OLD_ADDRESS]


def test_the_register_at_each_moment(begin: Begin, story: Any) -> None:
    story.draft()
    story.submit()
    news.load(begin, told.NOW + timedelta(minutes=1), news.location(numberOfBeds=19))
    approved = told.NOW + timedelta(minutes=2)
    story.approve(approved)
    news.load(begin, told.NOW + timedelta(minutes=3), news.location(numberOfBeds=20))
    story.issue(told.NOW + timedelta(minutes=4))
    news.load(begin, LATER, news.location(numberOfBeds=20, name="Invented Other House"))
    with begin(told.OFFICER, LATER) as work:
        found = register_moments.moments(work, story.case(work))
        assert [one.name for one in found] == MOMENTS
        beds = [one.view[news.HOME, "beds"] for one in found]
        assert beds == ["18", "18", "19", "20", "20"]
        said = {(one.what, one.words): one.moments for one in register_moments.spells(found)}
        assert said["beds", "18"] == tuple(MOMENTS[:2])
        assert said["name", "Invented Other House"] == ("Today",)


def test_the_moment_of_the_breach_goes_by_the_day_a_change_took_effect(
    begin: Begin, story: Any
) -> None:
    news.load(begin, LATER, *NEWS["closed before"][0])
    with begin(told.OFFICER, LATER) as work:
        breach, opened, _ = register_moments.moments(work, story.case(work))
        assert breach.view[news.HOME, "registration"] == "left the register on 1 May 2026"
        assert opened.view[news.HOME, "registration"] == "registered"


def test_a_chain_is_followed_through_several_steps_with_days(begin: Begin, story: Any) -> None:
    """Our home became NEXT under the buyer, which became LAST; the first of all is not held."""
    first = "1-800000111"
    news.load(
        begin,
        LATER,
        news.buyer(),
        news.location(
            registrationStatus="Deregistered",
            deregistrationDate="2026-06-10",
            relationships=[news.link("Predecessor", first, "Location Move")],
        ),
        news.location(
            news.NEXT,
            news.BUYER,
            registrationDate="2026-06-10",
            relationships=[
                news.link("Predecessor", news.HOME), news.link("Successor", news.LAST)
            ],
        ),
        news.location(news.LAST, news.BUYER, registrationDate="2026-06-15"),
    )  # fmt: skip
    with begin(told.OFFICER, LATER) as work:
        found = succession.follow(work.session, news.HOME)
        told_by = [(one.step.place, one.step.distance, one.provider, one.held) for one in found]
        buyer = "Invented Buyer Limited"
        assert told_by == [
            (first, -1, "", False),
            (news.NEXT, 1, buyer, True),
            (news.LAST, 2, buyer, True),
        ]
        assert found[0].step.reason == "Location Move"
        assert str(found[1].registered_on) == "2026-06-10"
        assert [one.step.distance for one in succession.follow(work.session, news.LAST)] == [
            -3, -2, -1,
        ]  # fmt: skip
    # The same links again are no news.
    assert "predecessor" not in news.load(
        begin,
        LATER + timedelta(days=1),
        news.location(
            news.NEXT, news.BUYER, registrationDate="2026-06-10",
            relationships=[news.link("Predecessor", news.HOME)],
        ),
    ).changes  # fmt: skip


def test_the_final_notice_is_not_issued_past_a_sale_on_the_last_minute(
    begin: Begin, story: Any
) -> None:
    with begin(told.OFFICER) as work:
        case = story.case(work)
        amounts.recompute(work, case)
    story.draft()
    story.submit()
    story.approve()
    item = story.issue()
    assert story.deliver(item) == "sent"
    day = datetime(2026, 7, 6, 9, tzinfo=UTC)
    story.decide(day)
    story.ready_for_money(day)
    story.draft_final(day)
    story.submit(day, "final_notice")
    story.approve(day, "final_notice")
    news.load(begin, day, *NEWS["sold"][0])
    with pytest.raises(GateClosed, match="Invented Buyer"):
        story.issue(day + timedelta(minutes=1), "final_notice")


def test_an_issue_run_is_not_offered_a_case_that_the_register_stops(
    begin: Begin, story: Any
) -> None:
    def offered() -> str:
        with begin(told.OFFICER, LATER) as work:
            found = issue_run_choice.candidates(
                work, Filters(stage="triage"), notices.Method.FIRST_CLASS
            )
            return found[0].reason

    assert offered() == ""
    news.load(begin, LATER, *NEWS["sold"][0])
    assert offered() == issue_run_choice.CHANGED
    check(begin, story, LATER, accept=True)
    assert offered() == ""
