"""Tasks: opened once by a fact, with a day in working days, and closed with words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import notice_story as told
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from enforcement.domain.cases import Action
from enforcement.domain.giving import Method
from enforcement.domain.payments import Ask as Money
from enforcement.domain.payments import Kind
from enforcement.domain.permissions import GRANTS, Actor, Role
from enforcement.domain.refusals import BadInput, GateClosed, NotAllowed, WrongState
from enforcement.domain.tasks import TaskKind
from enforcement.services import (
    cases,
    doubting,
    giving,
    home,
    letters,
    payments,
    policies,
    recovery,
    sending,
    tasks,
    worklist,
)
from enforcement.services.sending import sweep_will_find

NOW = told.NOW  # Tuesday 16 June 2026
# What rests on a notice having been given. Deciding on no penalty, withdrawing and closing do not.
RESTS = {
    Action.START_PANEL, Action.DECIDE_IMPOSE, Action.DRAFT_FINAL, Action.SUBMIT_FINAL,
    Action.APPROVE_FINAL, Action.ISSUE_FINAL, Action.START_RECOVERY, Action.APPLY_TO_COURT,
}  # fmt: skip
EVERYBODY = Actor("staff:all", "All", frozenset(Role))


def failed(work: Any, story: Any, how: str = "bounced", kind: str = "notice_of_intent") -> None:
    giving.failed(work, story.notice(work, kind), how, "550 no such user")


@pytest.fixture
def story(begin: Any) -> Any:
    found = told.Story(begin)
    found.to_given()
    return found


@pytest.mark.parametrize(
    ("how", "kind"),
    [("bounced", "giving_failed"), ("returned", "post_returned"), ("refused", "post_returned")],
)
def test_a_failed_sending_doubts_holds_and_opens_a_dated_task(
    story: Any, begin: Any, how: str, kind: str
) -> None:
    for _ in range(2):  # the worker may tell it twice
        with begin(sending.WORKER) as work:
            failed(work, story, how)
    with begin(told.OFFICER) as work:
        case = story.case(work)
        assert case.giving_in_doubt
        assert [hold.category for hold in case.holds] == ["giving"]
        (task,) = tasks.open_of(work.session, case)
        assert (task.kind, task.due_on) == (kind, date(2026, 6, 18))
        assert [line["number"] for line in task.receipt] == [None, 1, 2]
        assert "550 no such user" in task.about
        assert tasks.stands_for_doubt(task)
        with pytest.raises(WrongState, match="stands for a doubt"):
            tasks.close_task(work, task, "done", "Found it")
        with pytest.raises(GateClosed, match="in doubt"):
            doubting.refuse_in_doubt(work, case)


def test_a_failed_email_before_it_was_given(begin: Any) -> None:
    story = told.Story(begin)
    story.to_issued()
    with begin(sending.WORKER) as work:
        failed(work, story)
    with begin(told.OFFICER) as work:
        assert story.notice(work).state == "failed"
        assert story.case(work).giving_in_doubt
        notice = story.notice(work)
        giving.record_by_person(work, notice, work.today, Method.HAND, "Handed to the secretary")
        case = story.case(work)
        assert (notice.state, case.giving_in_doubt) == ("given", False)
        assert tasks.open_of(work.session, case) == []


def test_a_letter_and_a_closed_case_get_the_task_alone(story: Any, begin: Any) -> None:
    with begin(told.SENIOR) as work:
        (letter,) = letters.withdraw(work, story.case(work), "Wrong", False, sweep_will_find)
        giving.failed(work, letter, "returned", "Gone away")
        failed(work, story, "returned")
        case = story.case(work)
        assert not case.giving_in_doubt
        assert len(tasks.open_of(work.session, case)) == 2
        task = tasks.open_of(work.session, case)[0]
        with pytest.raises(BadInput):
            tasks.close_task(work, task, "done", "  ")
        tasks.close_task(work, task, "done", "Rang the secretary")
        with pytest.raises(WrongState, match="already closed"):
            tasks.close_task(work, task, "done", "Again")


def test_no_role_may_do_what_rests_on_a_doubted_notice(begin: Any) -> None:
    """Walked along the whole road: at every stage, in doubt, nothing that rests on it is open."""
    story = told.Story(begin)
    sent = story.to_final_given()
    with begin(told.OFFICER, sent) as work:
        case = story.case(work)
        for notice in ("notice_of_intent", "final_notice"):
            failed(work, story, "returned", notice)
        for hold in case.holds:  # somebody may release the hold: the doubt alone must be enough
            hold.ends_on = work.today
        seen = set()
        for state in ("representations", "panel", "impose", "final_draft", "final_review",
                      "final_approved", "payment", "recovery"):  # fmt: skip
            case.state = state
            for role in (frozenset({role}) for role in Role):
                for choice in cases.choices(replace(work, actor=Actor("staff:x", "X", role)), case):
                    seen.add(choice.action)
                    assert not (choice.allowed and choice.action in RESTS), (state, role, choice)
            for choice in cases.choices(replace(work, actor=EVERYBODY), case):
                assert not (choice.allowed and choice.action in RESTS), (state, choice)
        assert seen >= RESTS
        work.session.rollback()


def test_recovery_waits_while_the_final_notice_is_in_doubt(begin: Any) -> None:
    story = told.Story(begin)
    late = story.to_final_given() + timedelta(days=60)
    with begin(told.FINANCE, late) as work:
        assert worklist.count(work, worklist.Filters(only=("unpaid",))) == 1
    with begin(sending.WORKER, late) as work:
        failed(work, story, "returned", "final_notice")
    with begin(told.FINANCE, late) as work:
        case = story.case(work)
        with pytest.raises(GateClosed, match="not proven"):
            recovery.start(work, case)
        assert worklist.count(work, worklist.Filters(only=("unpaid",))) == 0
        money = Money(Kind.PAYMENT, 1_000, work.today)
        payments.record(work, case, money, key="one")  # money that comes is always recorded


def test_two_doubts_are_settled_one_by_one(begin: Any) -> None:
    story = told.Story(begin)
    late = story.to_final_given()
    with begin(sending.WORKER, late) as work:
        for notice in ("notice_of_intent", "final_notice"):
            failed(work, story, "returned", notice)
    with begin(told.OFFICER, late) as work:
        case = story.case(work)
        first = giving.in_doubt(work, case)
        for notice in ("final_notice", "notice_of_intent"):
            found = story.notice(work, notice)
            assert giving.in_doubt(work, case) == found.reference
            giving.settle_doubt(work, found, "The registered office of that day")
        assert first == story.notice(work, "final_notice").reference
        assert not case.giving_in_doubt
        assert all(hold.ends_on for hold in case.holds)


def test_a_credit_is_a_task_until_it_is_repaid(begin: Any) -> None:
    story = told.Story(begin)
    late = story.to_final_given() + timedelta(days=1)
    with begin(told.FINANCE, late) as work:
        case = story.case(work)
        payments.record(work, case, Money(Kind.PAYMENT, 238_900, work.today), key="one")
        (task,) = tasks.open_of(work.session, case)
        assert (task.kind, task.about[:5]) == ("refund_due", "£1.00")
        payments.record(work, case, Money(Kind.REFUND, 100, work.today, reason="Paid twice"),
                        key="two")  # fmt: skip
        assert tasks.open_of(work.session, case) == []


def test_the_policy_says_how_many_days(story: Any, begin: Any) -> None:
    proposer = told.person("polly", Role.POLICY)
    with begin(proposer) as work:
        row = policies.propose(work, "tasks", work.today, {"question": 1}, "Decision of today")
    with begin(told.person("leith", Role.LEADER)) as work:
        policies.approve(work, row.id)
    with begin(told.OFFICER) as work:
        one = tasks.add(work, story.case(work), "question", "They ask whom to pay.")
        other = tasks.add(work, story.case(work), "other", "Ring the administrator.")
        assert (one.due_on, other.due_on) == (date(2026, 6, 17), date(2026, 6, 23))
        with pytest.raises(BadInput):
            tasks.add(work, story.case(work), "refund_due", "Only a fact opens this.")


def test_lists_and_counts(story: Any, begin: Any) -> None:
    with begin(sending.WORKER) as work:
        failed(work, story)
    late = NOW + timedelta(days=10)
    with begin(told.OFFICER, late) as work:
        assert tasks.count(work, tasks.Filters(state="overdue")) == 1
        assert tasks.count(work, tasks.Filters(whose="me")) == 0
        assert tasks.count(work, tasks.Filters(kind="question")) == 0
        assert [t.kind for t in tasks.page(work, tasks.Filters(), 5)] == ["giving_failed"]
        assert {tile.name: number for tile, number in home.tiles(work)}["tasks_overdue"] == 1
        assert worklist.count(work, worklist.Filters(only=("late_task",))) == 1
        with pytest.raises(BadInput):
            tasks.count(work, tasks.Filters(state="whatever"))


def test_who_may(story: Any, begin: Any) -> None:
    auditor = told.person("audra", Role.AUDITOR)
    with begin(auditor) as work:
        with pytest.raises(NotAllowed):
            tasks.add(work, story.case(work), "question", "Why?")
        with pytest.raises(NotAllowed):
            failed(work, story)
        assert tasks.page(work, tasks.Filters(), 5) == []
    assert GRANTS[Role.AUDITOR].isdisjoint({"cases.note", "giving.record"})


@pytest.mark.parametrize(
    "statement",
    [
        "delete from task",
        "update task set due_on = '2030-01-01'",
        "update task set closed_at = null, closed_how = null",
    ],
)
def test_the_database_keeps_tasks(story: Any, begin: Any, statement: str) -> None:
    with begin(told.OFFICER) as work:
        task = tasks.open_task(
            work, story.case(work), TaskKind.OTHER, "one", "To be done", story.notice(work)
        )
        assert tasks.open_task(work, story.case(work), TaskKind.OTHER, "one", "Twice") is task
        tasks.close_task(work, task, "not_needed", "It was a test")
    with begin(told.OFFICER) as work, pytest.raises(DatabaseError):
        work.session.execute(text(statement))
