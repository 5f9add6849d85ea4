"""Appeals on real databases: what they suspend, what starts again, what is cancelled or varied."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import appeal_story
import notice_story as story
import pytest
from sqlalchemy import select
from sqlalchemy.exc import DatabaseError

from enforcement.data.appeals import AppealStep, DirectionStep
from enforcement.data.cases import Case
from enforcement.data.history import Event
from enforcement.data.policies import Policy
from enforcement.data.tasks import Task
from enforcement.domain.appeals import Outcome, Phase, StepKind
from enforcement.domain.payments import Ask, Kind
from enforcement.domain.refusals import (
    BadInput,
    GateClosed,
    NotAllowed,
    NotFound,
    SamePerson,
    WrongState,
)
from enforcement.services import (
    appeal_standing,
    appeal_steps,
    appeals,
    bundle_sheets,
    cases,
    clocks,
    directions,
    home,
    letters,
    payments,
    recovery,
    restarts,
    tasks,
)
from enforcement.services.case_facts import balance, facts_of, live_notice, penalty_of
from enforcement.services.work import Work

K, V = StepKind, Outcome
FEE = 238_800


class Tribunal:
    """A case with a final notice given on 7 July 2026, ten days ago."""

    def __init__(self, begin: Callable[..., Any], pence: int = FEE) -> None:
        self.begin = begin
        self.tale = story.Story(begin)
        self.at: datetime = self.tale.to_final_given(pence=pence) + timedelta(days=10)

    def do(self, action: Callable[..., Any], *args: Any, who: Any = None, **more: Any) -> Any:
        with self.begin(who or story.OFFICER, self.at) as work:
            return action(work, cases.find(work, self.tale.reference), *args, **more)

    def lodge(self, **more: Any) -> Any:
        made = more.pop("lodged_on", self.at.date() - timedelta(2))
        received = more.pop("received_on", self.at.date())
        reference = more.pop("reference", "GRC/2026/0001")
        return self.do(appeals.lodge, made, received, reference, "The fee is wrong.", **more)

    def step(self, kind: StepKind, words: str = "As written.", **more: Any) -> None:
        who = more.pop("who", None)
        self.do(lambda work, case: appeal_story.step(work, case, kind, words, **more), who=who)

    def clocks(self) -> dict[str, tuple[date, str | None]]:
        def found(work: Work, case: Case) -> dict[str, tuple[date, str | None]]:
            return {c.kind: (c.due_on, c.ended_because) for c in case.clocks}

        result: dict[str, tuple[date, str | None]] = self.do(found)
        return result

    def running(self) -> set[str]:
        """What runs, but for the days before the final notice, which the story leaves standing."""
        found: set[str] = self.do(
            lambda _work, case: {c.kind for c in case.clocks if c.ended_at is None}
        )
        return found - {"representations", "decision"}

    def state(self) -> str:
        return str(self.do(lambda _work, case: case.state))

    def owed(self) -> int:
        def found(work: Work, case: Case) -> int:
            penalty = penalty_of(work.session, case)
            assert penalty is not None
            return balance(work.session, penalty)

        result: int = self.do(found)
        return result

    def due_tasks(self) -> list[tuple[str, date]]:
        found: list[tuple[str, date]] = self.do(
            lambda work, case: [(t.about, t.due_on) for t in tasks.open_of(work.session, case)]
        )
        return found

    def replays(self) -> bool:
        return bool(self.do(lambda work, _: clocks.replay(work.session) == []))


@pytest.fixture
def tribunal(begin: Callable[..., Any]) -> Tribunal:
    return Tribunal(begin)


def test_an_appeal_suspends_payment_and_starts_our_response(tribunal: Tribunal) -> None:
    tribunal.lodge()
    assert tribunal.state() == "appealed"
    found = tribunal.clocks()
    assert found["payment"][1] == "suspended"
    assert found["appeal"][1] == "suspended"
    # Received Thursday 16 July 2026: 28 days end on Thursday 13 August.
    assert found["appeal_response"] == (date(2026, 8, 13), None)
    assert tribunal.due_tasks() == [
        ("File our response to the appeal GRC/2026/0001.", date(2026, 8, 13))
    ]
    with pytest.raises(WrongState):
        tribunal.do(recovery.start, who=story.FINANCE)


@pytest.mark.parametrize("outcome", [V.DISMISSED, V.WITHDRAWN, V.STRUCK_OUT])
def test_a_penalty_that_stands_gets_a_full_period_again(
    tribunal: Tribunal, outcome: Outcome
) -> None:
    tribunal.lodge()
    tribunal.at += timedelta(days=100)  # Saturday 24 October 2026
    tribunal.do(appeal_story.end, outcome)
    assert tribunal.state() == "payment"
    found = tribunal.clocks()
    assert found["payment"] == (date(2026, 11, 23), None)  # 28 days end on Saturday 21 November
    assert tribunal.running() == {"payment"}
    assert tribunal.due_tasks() == []
    assert tribunal.replays()
    facts = tribunal.do(facts_of)
    assert (facts.payment_due_on, facts.appeal_live) == (date(2026, 11, 23), False)
    tribunal.at += timedelta(days=23)
    tribunal.do(appeal_story.remind, who=story.FINANCE)
    tribunal.at += timedelta(days=7)
    with pytest.raises(GateClosed, match="still open"):
        tribunal.do(recovery.start, who=story.FINANCE)
    tribunal.at += timedelta(days=1)
    tribunal.do(recovery.start, who=story.FINANCE)


def test_the_period_resumes_where_policy_says_so(tribunal: Tribunal) -> None:
    def resumes(work: Work, _case: Case) -> None:
        row = work.session.scalars(select(Policy).where(Policy.kind == "recovery")).one()
        row.body = {**row.body, "payment_restarts": False}

    tribunal.do(resumes)
    due = tribunal.clocks()["payment"][0]
    lodged = tribunal.at.date() - timedelta(2)
    tribunal.lodge()
    tribunal.at += timedelta(days=100)
    tribunal.do(appeal_story.end, V.DISMISSED)
    left = (due - lodged).days
    again = tribunal.clocks()["payment"][0]
    assert timedelta(0) <= again - (tribunal.at.date() + timedelta(left)) <= timedelta(3)
    assert tribunal.replays()


def test_the_penalty_stays_suspended_until_nobody_can_go_on(tribunal: Tribunal) -> None:
    tribunal.lodge()
    tribunal.at += timedelta(days=60)  # Monday 14 September 2026
    tribunal.do(appeal_story.decide, V.DISMISSED)
    assert tribunal.state() == "appealed"
    assert tribunal.clocks()["onward_appeal"] == (date(2026, 10, 12), None)
    assert tribunal.running() == {"onward_appeal"}
    with pytest.raises(WrongState, match="runs until 12 October 2026"):
        tribunal.do(appeals.determine)
    with pytest.raises(BadInput, match="who will not go on"):
        tribunal.do(appeals.determine, tribunal.at.date())
    tribunal.at += timedelta(days=29)
    tribunal.do(appeals.determine)
    assert tribunal.state() == "payment"
    # from the last day for going on: 28 days after Monday 12 October
    assert tribunal.clocks()["payment"] == (date(2026, 11, 9), None)
    assert tribunal.replays()


def test_an_onward_appeal_keeps_the_notice_suspended(tribunal: Tribunal) -> None:
    tribunal.lodge()
    tribunal.do(appeal_story.decide, V.DISMISSED)
    for kind in (K.PERMISSION_SOUGHT, K.PERMISSION_REFUSED):
        tribunal.step(kind, "The provider: the tribunal misread the formal notice.")
    # refused on Friday 17 July: a month to ask the Upper Tribunal
    assert tribunal.clocks()["onward_appeal"] == (date(2026, 8, 17), None)
    tribunal.step(K.PERMISSION_SOUGHT)
    tribunal.step(K.PERMISSION_GRANTED)
    assert tribunal.running() == set()
    assert "before the Upper Tribunal" in tribunal.do(facts_of).appeal_words
    with pytest.raises(WrongState):
        tribunal.do(appeals.determine)
    tribunal.at += timedelta(days=200)
    tribunal.do(appeal_story.decide, V.QUASHED)
    tribunal.do(appeals.determine, tribunal.at.date(), "Our note: we do not go on.")
    assert (tribunal.state(), tribunal.owed()) == ("withdrawn", 0)
    assert tribunal.replays()


def test_a_quashed_penalty_is_cancelled_and_repaid_before_anything_else(
    tribunal: Tribunal,
) -> None:
    paid = Ask(Kind.PAYMENT, 1_000_00, tribunal.at.date())
    tribunal.do(payments.record, paid, key="k1", who=story.FINANCE)
    tribunal.lodge()
    tribunal.do(appeal_story.end, V.QUASHED)
    assert tribunal.state() == "withdrawn"
    assert tribunal.owed() == -1_000_00
    assert tribunal.do(lambda w, c: live_notice(w.session, c, "final_notice")) is None
    assert any("is to be repaid" in about for about, _ in tribunal.due_tasks())
    for action, words in ((restarts.restart, "Anew."), (cases.close, "quashed")):
        with pytest.raises(GateClosed, match="not settled"):
            tribunal.do(action, words)
    repaid = Ask(Kind.REFUND, 1_000_00, tribunal.at.date(), reason="Quashed")
    tribunal.do(payments.record, repaid, key="k2", who=story.FINANCE)
    tribunal.do(restarts.restart, "A right amount this time.")
    facts = tribunal.do(facts_of)
    assert (facts.intent_sent, facts.decided_on, facts.decide_by) == (False, None, None)


@pytest.mark.parametrize(("stated", "change"), [(300_000, -61_200), (200_000, 38_800)])
def test_the_tribunal_varies_only_to_the_fee_of_the_day(
    begin: Callable[..., Any], stated: int, change: int
) -> None:
    """CQC's figure was wrong: the working for the day of the penalty is what may be set."""
    tribunal = Tribunal(begin, stated)
    assert tribunal.owed() == stated
    tribunal.lodge()
    with pytest.raises(BadInput, match=r"£2,388\.00; £2,388\.01 is another"):
        tribunal.do(appeal_story.decide, V.VARIED, pence=FEE + 1)
    with pytest.raises(BadInput, match="record the appeal as dismissed"):
        tribunal.do(appeal_story.decide, V.VARIED, pence=stated)
    tribunal.do(appeal_story.decide, V.VARIED, pence=FEE)
    assert tribunal.owed() == stated  # suspended: nothing moves before it is over
    tribunal.do(appeals.determine, tribunal.at.date(), "Both said so in writing.")
    assert (tribunal.state(), tribunal.owed()) == ("payment", FEE)
    entries = tribunal.do(lambda w, c: [(e.kind, e.pence) for e in _penalty(w, c).entries])
    assert entries == [("penalty", stated), ("penalty", change)]
    assert tribunal.do(lambda _w, case: case.amount_pence) == FEE
    assert "payment" in tribunal.running()


def _penalty(work: Work, case: Case) -> Any:
    return penalty_of(work.session, case)


def test_cqc_s_figure_for_the_appeal_comes_from_another_person(tribunal: Tribunal) -> None:
    tribunal.lodge()
    with pytest.raises(BadInput, match="where CQC’s figure stands"):
        tribunal.step(K.AMOUNT_FOUND, "", pence=81_600)
    tribunal.step(K.AMOUNT_FOUND, "CQC's letter, page 3.", pence=81_600)
    with pytest.raises(SamePerson):
        tribunal.do(appeal_story.decide, V.VARIED, pence=81_600)
    with pytest.raises(BadInput, match=r"£816\.00; £2,388\.01 is another"):
        tribunal.do(appeal_story.decide, V.VARIED, pence=FEE + 1, who=story.SENIOR)
    tribunal.do(appeal_story.decide, V.VARIED, pence=81_600, who=story.SENIOR)
    tribunal.do(appeals.determine, tribunal.at.date(), "Both said so in writing.")
    assert tribunal.owed() == 81_600


def test_a_late_appeal_is_recorded_as_late(tribunal: Tribunal) -> None:
    tribunal.at += timedelta(days=60)
    tribunal.lodge()
    told = tribunal.do(_last_facts)
    assert told["late"] is True
    tribunal.step(K.TIME_EXTENDED)
    appeal = tribunal.do(appeals.appeals_of)[0]
    assert tribunal.do(lambda _w, case: appeal_standing.is_late(case, appeal)) is True


def _last_facts(work: Work, case: Case) -> dict[str, Any]:
    event = work.session.scalars(
        select(Event).where(Event.kind == "appeal_lodged").order_by(Event.id.desc())
    ).first()
    assert event is not None
    found: dict[str, Any] = json.loads(event.body)["facts"]
    return found


@pytest.mark.parametrize(
    ("made", "received", "reference"),
    [
        (date(2026, 7, 17), date(2026, 7, 16), "R"),  # received before it was made
        (date(2026, 7, 17), date(2026, 7, 17), "R"),  # tomorrow
        (date(2026, 7, 5), date(2026, 7, 16), "R"),  # before the final notice
        (date(2026, 7, 14), date(2026, 7, 16), "  "),
    ],
)
def test_what_cannot_be_an_appeal(
    tribunal: Tribunal, made: date, received: date, reference: str
) -> None:
    with pytest.raises(BadInput):
        tribunal.lodge(lodged_on=made, received_on=received, reference=reference)
    assert tribunal.state() == "payment"


def test_one_appeal_at_a_time_and_by_those_who_may(tribunal: Tribunal) -> None:
    with pytest.raises(NotFound, match="No appeal"):
        tribunal.do(appeal_story.end, V.DISMISSED)
    with pytest.raises(NotAllowed):
        tribunal.lodge(who=story.FINANCE)
    tribunal.lodge()
    with pytest.raises(WrongState):
        tribunal.lodge()
    for who in (story.PANEL[0], story.FINANCE):
        with pytest.raises(NotAllowed):
            tribunal.do(appeal_story.end, V.DISMISSED, who=who)
        with pytest.raises(NotAllowed):
            tribunal.do(appeals.withdrawn, tribunal.at.date(), who=who)
    for on in (tribunal.at.date() + timedelta(1), date(2026, 7, 1)):
        with pytest.raises(BadInput):
            tribunal.do(appeal_story.decide, V.DISMISSED, on)
        with pytest.raises(BadInput):
            tribunal.do(appeals.withdrawn, on)
    tribunal.do(appeal_story.end, V.DISMISSED)
    tribunal.lodge(lodged_on=tribunal.at.date())  # out of time, and again
    assert len(tribunal.do(appeals.appeals_of)) == 2


def test_our_response_its_time_a_stay_and_a_hearing(tribunal: Tribunal) -> None:
    tribunal.lodge()
    with pytest.raises(BadInput, match="why more time"):
        tribunal.step(K.RESPONSE_EXTENDED, "", until=date(2026, 9, 1))
    tribunal.step(K.RESPONSE_EXTENDED, until=date(2026, 8, 31))  # a bank holiday
    assert tribunal.clocks()["appeal_response"] == (date(2026, 9, 1), None)
    assert [due for _, due in tribunal.due_tasks()] == [date(2026, 9, 1)]
    tribunal.step(K.HEARING_LISTED, until=date(2026, 10, 6))
    tribunal.step(K.STAYED, "Another appeal decides the point.")
    assert tribunal.running() == set()
    assert tribunal.due_tasks() == []
    assert "stayed since" in tribunal.do(facts_of).appeal_words
    tribunal.at += timedelta(days=10)
    tribunal.step(K.STAY_LIFTED)
    assert tribunal.running() == {"appeal_response"}
    tribunal.step(K.RESPONSE_FILED)
    assert tribunal.clocks()["appeal_response"][1] == "met"
    assert tribunal.due_tasks() == []
    tribunal.step(K.HEARING_LISTED, until=date(2026, 10, 20))
    tribunal.step(K.HEARING_LISTED, until=date(2026, 11, 3))
    assert tribunal.running() == {"hearing"}
    tribunal.step(K.HEARING_HELD)
    assert tribunal.running() == set()
    assert tribunal.replays()


def test_a_step_is_never_changed(tribunal: Tribunal) -> None:
    tribunal.lodge()
    tribunal.step(K.RESPONSE_FILED)

    def forge(work: Work, case: Case) -> None:
        work.session.scalars(select(AppealStep)).one().words = "Forged."

    with pytest.raises(DatabaseError, match="never changed"):
        tribunal.do(forge)


# --- directions ---------------------------------------------------------------------------------
def direct(tribunal: Tribunal, whose: str = "us", days: int = 20, what: str = "Send it.") -> int:
    day = tribunal.at.date()
    ask = directions.Ask(what, whose, day, day + timedelta(days))
    row = tribunal.do(directions.give, ask)
    return int(row.id)


def test_a_direction_has_a_clock_a_task_and_an_end(tribunal: Tribunal) -> None:
    tribunal.lodge()
    first, second = direct(tribunal), direct(tribunal, "provider", 30)
    # given Thursday 16 July 2026: 20 days end on Wednesday 5 August, 30 on Saturday 15
    assert tribunal.clocks()["direction"][0] == date(2026, 8, 17)
    assert {due for _, due in tribunal.due_tasks()} >= {date(2026, 8, 5), date(2026, 8, 17)}
    assert any("see whether it was done" in about for about, _ in tribunal.due_tasks())
    counted = {tile.name: number for tile, number in tribunal.do(lambda w, _: home.tiles(w))}
    assert counted["tasks_tribunal"] == 3  # our response, and two directions
    with pytest.raises(BadInput, match="why the tribunal"):
        tribunal.do(directions.extend, first, tribunal.at.date(), date(2026, 8, 12), " ")
    tribunal.do(directions.extend, first, tribunal.at.date(), date(2026, 8, 12), "Illness.")
    held = tribunal.do(directions.find, first)
    assert (held.row.first_due_on, held.stated_on) == (date(2026, 8, 5), date(2026, 8, 12))
    assert held.clock is not None
    assert held.clock.due_on == date(2026, 8, 12)
    tribunal.at += timedelta(days=28)  # Thursday 13 August: a day late
    tribunal.do(directions.done, first, tribunal.at.date(), "Sent by email, kept in the bundle.")
    tribunal.do(directions.set_aside, second, tribunal.at.date(), "Order of today.")
    found = [h for h in (tribunal.do(directions.find, n) for n in (first, second)) if h.clock]
    assert [h.clock.ended_because for h in found] == ["late", "set aside"]
    assert [about for about, _ in tribunal.due_tasks() if "irection" in about] == []
    with pytest.raises(WrongState, match="ended: done"):
        tribunal.do(directions.done, first, tribunal.at.date(), "Again.")
    assert tribunal.replays()

    def summary(work: Work, case: Case) -> str:
        return str(bundle_sheets.summary(work, case, appeals.appeals_of(work, case)))

    assert "Send it. By 12 August 2026: done on 13 August 2026." in tribunal.do(summary)


def test_directions_end_with_the_decision_and_stop_while_stayed(tribunal: Tribunal) -> None:
    tribunal.lodge()
    near, far = direct(tribunal, days=5), direct(tribunal, "both", 60)
    tribunal.step(K.STAYED, "Another appeal decides the point.")
    assert "direction" not in tribunal.running()
    tribunal.at += timedelta(days=10)
    tribunal.step(K.STAY_LIFTED)

    def running(one: int) -> bool:
        held = tribunal.do(directions.find, one)
        return held.clock is not None and held.clock.ended_at is None

    assert (running(near), running(far)) == (False, True)  # the near one waits for another day
    tribunal.do(appeal_story.decide, V.DISMISSED)
    ends = [tribunal.do(directions.find, one).ended.kind for one in (near, far)]
    assert ends == ["lapsed", "lapsed"]
    with pytest.raises(WrongState, match="decided"):
        direct(tribunal)
    assert tribunal.replays()


def test_what_is_no_direction_and_who_may_record_one(tribunal: Tribunal) -> None:
    with pytest.raises(NotFound):
        direct(tribunal)
    tribunal.lodge()
    bad: tuple[dict[str, Any], ...] = ({"what": " "}, {"whose": "them"}, {"days": 0})
    for asked in bad:
        with pytest.raises(BadInput):
            direct(tribunal, **asked)
    number = direct(tribunal)
    with pytest.raises(NotAllowed):
        tribunal.do(directions.done, number, tribunal.at.date(), "Done.", who=story.FINANCE)
    with pytest.raises(NotFound):
        tribunal.do(directions.find, number + 1)
    task = tribunal.do(
        lambda work, _: work.session.scalars(select(Task).where(Task.key.like("%direction%"))).one()
    )
    with pytest.raises(WrongState, match="due at the tribunal"):
        tribunal.do(lambda work, case: tasks.close_task(
            work, tasks.find(work, case, task.id), "done", "It was sent."
        ))  # fmt: skip

    def forge(work: Work, case: Case) -> None:
        work.session.add(
            DirectionStep(
                direction_id=number, kind="extended", on=work.today, until=None, words="",
                recorded_by="x", recorded_by_name="x", recorded_at=work.now,
            )
        )  # fmt: skip

    with pytest.raises(DatabaseError):
        tribunal.do(forge)


# --- withdrawal while an appeal lives -----------------------------------------------------------
def test_withdrawing_the_notice_ends_the_appeal_and_tells_the_tribunal(tribunal: Tribunal) -> None:
    tribunal.lodge()
    direct(tribunal)
    reason = "The month was counted wrongly."
    tribunal.do(letters.withdraw, reason, False, lambda _s, _i: None, who=story.SENIOR)
    assert (tribunal.state(), tribunal.owed()) == ("withdrawn", 0)
    appeal = tribunal.do(appeals.appeals_of)[0]
    assert appeal.outcome == "notice_withdrawn"
    now = tribunal.do(lambda w, _: appeal_standing.standing(w.session, appeal))
    assert now.phase is Phase.OVER
    assert tribunal.running() == set()
    assert [about.split(" in writing")[0] for about, _ in tribunal.due_tasks()] == [
        "Tell the tribunal"
    ]
    tribunal.do(restarts.restart, "A right one this time.")
    assert tribunal.do(facts_of).appeal_live is False


def test_the_amount_can_be_worked_out_for_the_day_of_the_penalty(tribunal: Tribunal) -> None:
    tribunal.lodge()

    def found(work: Work, case: Case) -> int | None:
        appeal = appeals.appeals_of(work, case)[-1]
        now = appeal_standing.standing(work.session, appeal)
        return appeal_steps.reg3_pence(work, case, now)

    assert tribunal.do(found) == FEE
