"""Recovery and the county court on real databases: every gate by name, the order, the money."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import appeal_story
import notice_story as story
import pytest

from enforcement.data.cases import Case
from enforcement.domain.cases import Action
from enforcement.domain.payments import Ask, Kind
from enforcement.domain.refusals import BadInput, GateClosed, NotAllowed, WrongState
from enforcement.services import appeals, cases, clocks, money_letters, payments, recovery
from enforcement.services.case_facts import balance, penalty_of
from enforcement.services.work import Work

OWED = 238_800
START = date(2026, 8, 17)  # payment was due on Tuesday 4 August 2026


class Finance:
    """A case whose penalty is overdue; the reminder went a week after the last day to pay."""

    def __init__(self, begin: Callable[..., Any]) -> None:
        self.begin = begin
        self.tale = story.Story(begin)
        self.at: datetime = self.tale.to_final_given()

    def on(self, day: date) -> Finance:
        self.at = datetime.combine(day, self.at.timetz())
        return self

    def do(self, action: Callable[..., Any], *args: Any, who: Any = None, **more: Any) -> Any:
        with self.begin(who or story.FINANCE, self.at) as work:
            return action(work, cases.find(work, self.tale.reference), *args, **more)

    def reminded(self) -> Finance:
        self.on(START - timedelta(7)).do(appeal_story.remind)
        return self.on(START)

    def in_recovery(self) -> Finance:
        self.reminded().do(recovery.start)
        return self

    def certified(self) -> Finance:
        self.do(appeal_story.certify)
        self.do(appeal_story.sign, who=story.SENIOR)
        return self

    def running(self) -> dict[str, date]:
        found: dict[str, date] = self.do(
            lambda _w, case: {c.kind: c.due_on for c in case.clocks if c.ended_at is None}
        )
        return found

    def state(self) -> str:
        return str(self.do(lambda _w, case: case.state))

    def owed(self) -> int:
        def found(work: Work, case: Case) -> int:
            penalty = penalty_of(work.session, case)
            assert penalty is not None
            return balance(work.session, penalty)

        result: int = self.do(found)
        return result

    def crosses(self, action: Action) -> list[str]:
        found: list[str] = self.do(
            lambda work, case: [g.name for g in cases.gates(work, case, action) if not g.ok]
        )
        return found


@pytest.fixture
def finance(begin: Callable[..., Any]) -> Finance:
    return Finance(begin)


def hold(one: Finance) -> None:
    one.do(cases.hold, "insolvency", "An administrator was appointed.", who=story.OFFICER)


def doubt(one: Finance) -> None:
    one.do(lambda _w, case: setattr(case, "giving_in_doubt", True))


def pay(one: Finance) -> None:
    one.do(payments.record, Ask(Kind.PAYMENT, OWED, one.at.date()), key="paid")


def pay_some(one: Finance) -> None:
    one.do(payments.record, Ask(Kind.PAYMENT, 1_00, one.at.date()), key="some")


TROUBLES = [
    ("not_on_hold", hold),
    ("final_given", doubt),
    ("something_owed", pay),
]


@pytest.mark.parametrize(("gate", "trouble"), TROUBLES)
def test_what_stands_in_the_way_of_recovery(
    finance: Finance, gate: str, trouble: Callable[[Finance], None]
) -> None:
    finance.reminded()
    assert finance.crosses(Action.START_RECOVERY) == []
    trouble(finance)
    assert finance.crosses(Action.START_RECOVERY) == [gate]
    with pytest.raises(GateClosed):
        finance.do(recovery.start)
    assert finance.state() == "payment"


def test_recovery_waits_for_a_reminder_and_the_days_after_it(finance: Finance) -> None:
    finance.on(START - timedelta(1))
    assert finance.crosses(Action.START_RECOVERY) == ["reminded"]
    finance.do(appeal_story.remind)
    with pytest.raises(GateClosed, match="recovery may start on 23 August 2026"):
        finance.do(recovery.start)
    finance.on(START + timedelta(6))
    with pytest.raises(NotAllowed):
        finance.do(recovery.start, who=story.OFFICER)
    finance.do(recovery.start)
    # 28 days after Sunday 23 August 2026 is Sunday 20 September
    assert finance.running()["recovery"] == date(2026, 9, 21)
    assert finance.do(lambda work, _: clocks.replay(work.session)) == []


def test_a_reminder_of_the_period_before_an_appeal_does_not_count(finance: Finance) -> None:
    finance.reminded()
    finance.do(appeals.lodge, START, START, "TRIB/1", who=story.OFFICER)
    finance.do(appeals.withdrawn, START, who=story.OFFICER)
    finance.on(date(2026, 10, 1))
    assert finance.crosses(Action.START_RECOVERY) == ["reminded"]


@pytest.mark.parametrize(("gate", "trouble"), [*TROUBLES, ("certified", pay_some)])
def test_what_stands_in_the_way_of_the_court(
    finance: Finance, gate: str, trouble: Callable[[Finance], None]
) -> None:
    finance.in_recovery()
    assert finance.crosses(Action.APPLY_TO_COURT) == ["certified"]
    finance.certified()
    assert finance.crosses(Action.APPLY_TO_COURT) == []
    trouble(finance)
    assert finance.crosses(Action.APPLY_TO_COURT) == [gate]
    with pytest.raises(GateClosed):
        finance.do(appeal_story.apply_to_court)
    assert finance.do(recovery.entries_of) == []


def test_the_court_orders_and_money_comes_through_it(finance: Finance) -> None:
    finance.in_recovery().certified()
    finance.do(appeal_story.apply_to_court)
    assert finance.state() == "county_court"
    assert "recovery" not in finance.running()
    [applied] = finance.do(recovery.entries_of)
    assert (applied.pence, applied.certificate_id is not None) == (OWED, True)
    day = START
    for bad in (
        recovery.Order(day, OWED, " "),
        recovery.Order(day, OWED + 1, "EX7/1"),
        recovery.Order(day, None, "EX7/1"),
        recovery.Order(day + timedelta(1), OWED, "EX7/1"),
        recovery.Order(day, OWED, "EX7/1", pay_by=day),
    ):
        with pytest.raises(BadInput):
            finance.do(recovery.ordered, bad)
    finance.do(recovery.ordered, recovery.Order(day, OWED, "EX7/1", day + timedelta(14)))
    assert finance.running()["court_order"] == date(2026, 8, 31)
    finance.do(recovery.paid_through_court, OWED, day, "form-1")
    finance.do(recovery.paid_through_court, OWED, day, "form-1")  # a double click
    assert finance.owed() == 0
    assert "court_order" not in finance.running()
    entry = finance.do(lambda w, c: penalty_of(w.session, c).entries[-1])
    assert (entry.payment_reference, entry.reason) == (
        "Court EX7/1",
        "Received through the County Court at Exampleton",
    )
    finance.do(cases.close, "paid", who=story.OFFICER)
    assert finance.do(lambda work, _: clocks.replay(work.session)) == []


def test_a_refused_application_leads_back_to_recovery(finance: Finance) -> None:
    finance.in_recovery().certified()
    finance.do(appeal_story.apply_to_court)
    with pytest.raises(BadInput, match="why the court refused"):
        finance.do(recovery.refused, START, " ")
    finance.do(recovery.refused, START, "The copy was not signed.")
    assert finance.state() == "recovery"
    assert "recovery" in finance.running()
    with pytest.raises(WrongState):
        finance.do(recovery.ordered, recovery.Order(START, OWED, "EX7/1"))
    finance.do(appeal_story.apply_to_court)
    assert [e.kind for e in finance.do(recovery.entries_of)] == ["applied", "refused", "applied"]


def test_a_late_appeal_suspends_the_court_s_order_too(finance: Finance) -> None:
    finance.in_recovery().certified()
    finance.do(appeal_story.apply_to_court)
    order = recovery.Order(START, OWED, "EX7/1", START + timedelta(14))
    finance.do(recovery.ordered, order)
    finance.do(appeals.lodge, START, START, "TRIB/1", who=story.OFFICER)
    kinds = set(finance.running()) - {"representations", "decision"}
    assert kinds == {"appeal_response"}
    for act in (
        lambda: finance.do(recovery.ordered, order),
        lambda: finance.do(recovery.refused, START, "No."),
        lambda: finance.do(appeal_story.apply_to_court),
        lambda: finance.do(recovery.start),
        lambda: finance.do(money_letters.reminder, lambda _s, _i: None),
        lambda: finance.do(appeal_story.certify),
    ):
        with pytest.raises((WrongState, GateClosed)):
            act()
    # money that comes is always recorded
    finance.do(recovery.paid_through_court, 5_00, START, "form-1")
    assert finance.owed() == OWED - 5_00
