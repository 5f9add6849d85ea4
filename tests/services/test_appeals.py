"""Appeals on real databases: what they suspend, what starts again, what is cancelled."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import notice_story as story
import pytest
from sqlalchemy import select

from enforcement.data.cases import Case
from enforcement.data.history import Event
from enforcement.domain.payments import Ask, Kind
from enforcement.domain.refusals import BadInput, GateClosed, NotAllowed, NotFound, WrongState
from enforcement.services import appeals, cases, clocks, payments, restarts
from enforcement.services.case_facts import balance, facts_of, live_notice, penalty_of
from enforcement.services.work import Work


class Tribunal:
    """A case with a final notice given on 7 July 2026, ten days ago."""

    def __init__(self, begin: Callable[..., Any]) -> None:
        self.begin = begin
        self.tale = story.Story(begin)
        self.at: datetime = self.tale.to_final_given() + timedelta(days=10)

    def do(self, action: Callable[..., Any], *args: Any, who: Any = None, **more: Any) -> Any:
        with self.begin(who or story.OFFICER, self.at) as work:
            return action(work, cases.find(work, self.tale.reference), *args, **more)

    def lodge(self, **more: Any) -> Any:
        made = more.pop("lodged_on", self.at.date() - timedelta(2))
        received = more.pop("received_on", self.at.date())
        reference = more.pop("reference", "GRC/2026/0001")
        return self.do(appeals.lodge, made, received, reference, "The fee is wrong.", **more)

    def clocks(self) -> dict[str, tuple[date, str | None]]:
        def found(work: Work, case: Case) -> dict[str, tuple[date, str | None]]:
            return {c.kind: (c.due_on, c.ended_because) for c in case.clocks}

        result: dict[str, tuple[date, str | None]] = self.do(found)
        return result

    def state(self) -> str:
        return str(self.do(lambda _work, case: case.state))


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
    with pytest.raises(WrongState):
        tribunal.do(payments.start_recovery, who=story.FINANCE)


@pytest.mark.parametrize("outcome", ["dismissed", "withdrawn"])
def test_a_penalty_that_stands_gets_a_full_period_again(tribunal: Tribunal, outcome: str) -> None:
    tribunal.lodge()
    tribunal.at += timedelta(days=100)
    ended = tribunal.at.date()  # Saturday 24 October 2026
    tribunal.do(appeals.end, outcome, ended)
    assert tribunal.state() == "payment"
    found = tribunal.clocks()
    assert found["payment"] == (date(2026, 11, 23), None)  # 28 days end on Saturday 21 November
    assert found["appeal_response"][1] == "appeal ended"
    assert tribunal.do(lambda work, _: clocks.replay(work.session)) == []
    facts = tribunal.do(facts_of)
    assert (facts.payment_due_on, facts.appeal_live) == (date(2026, 11, 23), False)
    tribunal.at += timedelta(days=30)
    with pytest.raises(GateClosed, match="still open"):
        tribunal.do(payments.start_recovery, who=story.FINANCE)
    tribunal.at += timedelta(days=1)
    tribunal.do(payments.start_recovery, who=story.FINANCE)


def test_a_quashed_penalty_is_cancelled_and_repaid_before_anything_else(
    tribunal: Tribunal,
) -> None:
    paid = Ask(Kind.PAYMENT, 1_000_00, tribunal.at.date())
    tribunal.do(payments.record, paid, key="k1", who=story.FINANCE)
    tribunal.lodge()
    tribunal.do(appeals.end, "quashed", tribunal.at.date(), "Allowed in full.")
    assert tribunal.state() == "withdrawn"

    def owed(work: Work, case: Case) -> int:
        penalty = penalty_of(work.session, case)
        assert penalty is not None
        return balance(work.session, penalty)

    assert tribunal.do(owed) == -1_000_00
    assert tribunal.do(lambda w, c: live_notice(w.session, c, "final_notice")) is None
    for action, words in ((restarts.restart, "Anew."), (cases.close, "quashed")):
        with pytest.raises(GateClosed, match="not settled"):
            tribunal.do(action, words)
    repaid = Ask(Kind.REFUND, 1_000_00, tribunal.at.date(), reason="Quashed")
    tribunal.do(payments.record, repaid, key="k2", who=story.FINANCE)
    tribunal.do(restarts.restart, "A right amount this time.")
    facts = tribunal.do(facts_of)
    assert (facts.intent_sent, facts.decided_on, facts.decide_by) == (False, None, None)


def test_a_late_appeal_is_recorded_as_late(tribunal: Tribunal) -> None:
    tribunal.at += timedelta(days=60)
    tribunal.lodge()
    told = tribunal.do(_last_facts)
    assert told["late"] is True


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
        tribunal.do(appeals.end, "dismissed", tribunal.at.date())
    with pytest.raises(NotAllowed):
        tribunal.lodge(who=story.FINANCE)
    tribunal.lodge()
    with pytest.raises(WrongState):
        tribunal.lodge()
    with pytest.raises(NotAllowed):
        tribunal.do(appeals.end, "dismissed", tribunal.at.date(), who=story.PANEL[0])
    with pytest.raises(BadInput, match="how the appeal ended"):
        tribunal.do(appeals.end, "varied", tribunal.at.date())
    with pytest.raises(BadInput, match="not in the future"):
        tribunal.do(appeals.end, "dismissed", tribunal.at.date() + timedelta(1))
    tribunal.do(appeals.end, "dismissed", tribunal.at.date())
    tribunal.lodge(lodged_on=tribunal.at.date())  # onward, to the Upper Tribunal
    assert len(tribunal.do(appeals.appeals_of)) == 2
