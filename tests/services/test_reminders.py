"""Reminders: one before the day and one after it, never past what stands in the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import money_story
import notice_story as story
import pytest
from sqlalchemy import select

from enforcement.data.notices import Notice, OutboxItem
from enforcement.data.policies import Policy
from enforcement.domain.payments import Ask, Kind
from enforcement.domain.refusals import BadInput, NotAllowed, WrongState
from enforcement.domain.tasks import TaskKind
from enforcement.services import (
    appeals,
    cases,
    doubting,
    instalments,
    money_letters,
    payments,
    reminders,
    sending,
    tasks,
)
from enforcement.services.work import Work

DUE = date(2026, 8, 4)
SWEEP = sending.sweep_will_find


class Morning:
    """The sweep of each day, on one case with a final notice given by the whole walk."""

    def __init__(self, begin: Callable[..., Any]) -> None:
        self.begin = begin
        self.tale = story.Story(begin)
        self.at: datetime = self.tale.to_final_given()

    def on(self, days: int) -> Morning:
        """So many days after the last day to pay."""
        self.at = datetime.combine(DUE + timedelta(days=days), self.at.timetz())
        return self

    def do(self, act: Callable[[Work], Any], who: Any = story.FINANCE) -> Any:
        with self.begin(who, self.at) as work:
            return act(work)

    def sweep(self) -> dict[str, int]:
        with self.begin(story.FINANCE, self.at) as work:
            engine, settings = work.session.get_bind(), work.settings
        return reminders.sweep(engine, settings, lambda: self.at, SWEEP)

    def tasks(self, kind: TaskKind = TaskKind.REMINDER_DUE) -> list[tuple[str, bool]]:
        found = self.do(lambda w: tasks.of_case(w.session, self.tale.case(w)))
        return [(task.about, task.closed_at is None) for task in found if task.kind == kind]

    def by_itself(self) -> None:
        def change(work: Work) -> None:
            row = work.session.scalars(select(Policy).where(Policy.kind == "money")).one()
            row.body = {**row.body, "reminder_by_itself": True}

        self.do(change)

    def pay(self, pence: int) -> None:
        ask = Ask(Kind.PAYMENT, pence, self.at.date())
        key = self.at.isoformat()
        self.do(lambda w: payments.record(w, self.tale.case(w), ask, key=key))


@pytest.fixture
def morning(begin: Callable[..., Any]) -> Morning:
    return Morning(begin)


def test_one_task_before_the_day_and_one_after_it(morning: Morning) -> None:
    assert [morning.on(day).sweep() for day in (-8, -7, -7, -6, 0)] == [
        {}, {"put_forward": 1}, {}, {}, {},
    ]  # fmt: skip
    [(about, is_open)] = morning.tasks()
    assert (about, is_open) == (
        "£2,388.00 is due on 4 August 2026. No reminder was sent yet.",
        True,
    )
    letter = morning.do(lambda w: money_letters.reminder(w, morning.tale.case(w), SWEEP))
    assert morning.tasks() == [(about, False)]
    assert [morning.on(day).sweep() for day in (6, 7, 14, 21)] == [{}, {}, {"put_forward": 1}, {}]
    assert letter.kind == "payment_reminder"
    assert [one for _, one in morning.tasks()] == [True, False]
    morning.pay(money_story.OWED)
    assert [one for _, one in morning.tasks()] == [False, False]
    assert morning.on(40).sweep() == {}


def test_the_task_after_the_day_takes_the_place_of_one_left_open_before_it(
    morning: Morning,
) -> None:
    assert [morning.on(day).sweep() for day in (-7, 7)] == [{"put_forward": 1}] * 2
    assert [(about.split(" on ")[0], is_open) for about, is_open in morning.tasks()] == [
        ("£2,388.00 was due", True),
        ("£2,388.00 is due", False),
    ]


def test_by_policy_the_worker_sends_each_once(morning: Morning) -> None:
    morning.by_itself()
    assert [morning.on(day).sweep() for day in (-7, -7, 0, 7, 14, 15, 40)] == [
        {"sent": 1}, {}, {}, {"sent": 1}, {}, {}, {},
    ]  # fmt: skip

    def sent(work: Work) -> list[tuple[str, str]]:
        letters = work.session.scalars(select(Notice).where(Notice.kind == "payment_reminder"))
        return [(one.state, one.issued_by or "") for one in letters]

    assert morning.do(sent) == [("issued", "system:worker")] * 2
    queued = morning.do(lambda w: len(w.session.scalars(select(OutboxItem)).all()))
    assert queued == 4  # the two notices and the two reminders


@pytest.mark.parametrize("what", ["appeal", "hold", "doubt", "paid"])
def test_nothing_is_asked_for_while_something_stands_in_the_way(
    morning: Morning, what: str
) -> None:
    morning.on(-10)
    case = morning.tale.case
    today = morning.at.date()
    acts: dict[str, Callable[[], None]] = {
        "appeal": lambda: morning.do(
            lambda w: appeals.lodge(w, case(w), today, today, "INV/1", "x"), story.OFFICER
        ),
        "hold": lambda: morning.do(lambda w: cases.hold(w, case(w), "police", "x"), story.OFFICER),
        "doubt": lambda: morning.do(
            lambda w: doubting.doubt(
                w, morning.tale.notice(w, "final_notice"), "returned", "It came back."
            ),
            story.OFFICER,
        ),
        "paid": lambda: morning.pay(money_story.OWED),
    }
    acts[what]()
    morning.by_itself()
    assert [morning.on(day).sweep() for day in (-7, 7, 20)] == [{}, {}, {}]
    [one] = morning.do(lambda w: reminders.owing(w, 9))
    assert (one.wanted, one.why_not != ()) == (None, True)


def test_instalments_are_recorded_to_answer_and_change_nothing(morning: Morning) -> None:
    case = morning.tale.case
    with pytest.raises(NotAllowed):
        morning.do(lambda w: instalments.record(w, case(w), "Rang."), story.PANEL[0])
    with pytest.raises(BadInput):
        morning.do(lambda w: instalments.record(w, case(w), " "))
    morning.do(lambda w: instalments.record(w, case(w), "Rang: £200 a month."), story.OFFICER)
    assert morning.tasks(TaskKind.INSTALMENTS) == [("Rang: £200 a month.", True)]
    [one] = morning.do(lambda w: reminders.owing(w, 9))
    assert (one.due_on, one.owed_pence) == (DUE, money_story.OWED)
    morning.pay(money_story.OWED)
    with pytest.raises(WrongState, match="Nothing is owed"):
        morning.do(lambda w: instalments.record(w, case(w), "Again."))
