"""The Consolidated Fund: every movement goes once; corrections go with the next sum."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import money_story
import notice_story as story
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from enforcement.domain.payments import Ask, Kind
from enforcement.domain.refusals import BadInput, NotAllowed, NotFound, StaleVersion, WrongState
from enforcement.services import payments, remittances
from enforcement.services.remittances import Movement
from enforcement.services.work import Work


class Till:
    """Finance entering money on one penalty and sending it on."""

    def __init__(self, begin: Callable[..., Any]) -> None:
        self.begin, self.at, self.number = begin, money_story.GIVEN, 0
        self.do(money_story.owing, story.OFFICER)
        self.at += timedelta(days=30)

    @property
    def today(self) -> date:
        return self.at.date()

    def do(self, act: Callable[[Work], Any], who: Any = story.FINANCE) -> Any:
        with self.begin(who, self.at) as work:
            return act(work)

    def enter(self, kind: Kind, pence: int | None = None, **more: Any) -> Any:
        self.number += 1
        ask = Ask(kind, pence, more.pop("on", self.today), reason="Because.", **more)
        case = story.Story(self.begin).case
        key = f"k{self.number}"
        return self.do(lambda w: payments.record(w, case(w), ask, key=key))

    def to_send(self) -> list[tuple[str, int]]:
        found: list[Movement] = self.do(lambda w: remittances.to_send(w, self.today))
        return [(one.kind, one.pence) for one in found]

    def send(self, pence: int, **more: Any) -> Any:
        up_to, sent_on = more.get("up_to", self.today), more.get("sent_on", self.today)
        who, reference = more.get("who", story.FINANCE), more.get("reference", "CHAPS 1")
        return self.do(lambda w: remittances.record(w, up_to, pence, sent_on, reference), who)


@pytest.fixture
def till(begin: Callable[..., Any]) -> Till:
    return Till(begin)


def test_what_was_sent_is_not_sent_again_and_corrections_follow(till: Till) -> None:
    paid = till.enter(Kind.PAYMENT, 1_000_00)
    till.enter(Kind.PAYMENT, 500_00)
    till.enter(Kind.WRITE_OFF, 5_00, authority="Head")
    assert till.to_send() == [("payment", 1_000_00), ("payment", 500_00)]
    first = till.send(1_500_00)
    assert (first.number, first.entries, till.to_send()) == (1, 2, [])
    till.enter(Kind.REVERSAL, reverses=paid.id)
    assert till.to_send() == [("reversal", -1_000_00)]
    with pytest.raises(WrongState, match="nothing to send"):
        till.send(-1_000_00)
    till.enter(Kind.PAYMENT, 1_400_00, on=till.today - timedelta(days=20))  # entered late
    second = till.send(400_00)
    assert (second.number, second.entries, till.to_send()) == (2, 2, [])
    lines = till.do(lambda w: remittances.lines(w, remittances.find(w, 1)))
    assert [one.pence for one in lines] == [1_000_00, 500_00]
    assert [row.number for row in till.do(lambda w: remittances.listed(w, 9))] == [2, 1]


def test_money_after_the_day_waits_for_the_next(till: Till) -> None:
    till.enter(Kind.PAYMENT, 100_00, on=till.today - timedelta(days=2))
    till.enter(Kind.PAYMENT, 7_00)
    row = till.send(100_00, up_to=till.today - timedelta(days=1))
    assert (row.pence, till.to_send()) == (100_00, [("payment", 7_00)])


@pytest.mark.parametrize(
    ("more", "refusal", "words"),
    [
        ({"pence": 99_00}, StaleVersion, "£100.00 by now"),
        ({"reference": " "}, BadInput, "reference"),
        ({"sent_on": date(2027, 1, 1)}, BadInput, "to come"),
        ({"up_to": date(2027, 1, 1)}, BadInput, "to come"),
        ({"sent_on": date(2026, 7, 7)}, BadInput, "before the last day"),
        ({"who": story.OFFICER}, NotAllowed, "may not do this"),
    ],
)
def test_a_remittance_that_is_not_so_is_refused(
    till: Till, more: dict[str, Any], refusal: type[Exception], words: str
) -> None:
    till.enter(Kind.PAYMENT, 100_00)
    rest = {name: value for name, value in more.items() if name != "pence"}
    with pytest.raises(refusal, match=words):
        till.send(more.get("pence", 100_00), **rest)
    assert till.to_send() == [("payment", 100_00)]
    with pytest.raises(NotFound):
        till.do(lambda w: remittances.find(w, 1))


@pytest.mark.parametrize(
    "statement",
    [
        "update remittance set pence = 1",
        "delete from remittance",
        "delete from remitted_entry",
        "update remitted_entry set remittance_id = 2",
    ],
)
def test_the_database_keeps_what_was_sent(till: Till, statement: str) -> None:
    till.enter(Kind.PAYMENT, 100_00)
    till.send(100_00)
    with till.begin(story.FINANCE) as work, pytest.raises(DatabaseError, match="never"):
        work.session.execute(text(statement))


def test_money_between_two_days_whether_sent_or_not(till: Till) -> None:
    first = till.today
    paid = till.enter(Kind.PAYMENT, 1_000_00)
    till.enter(Kind.REVERSAL, reverses=paid.id)
    till.enter(Kind.PAYMENT, 2_400_00)
    till.enter(Kind.REFUND, 12_00)
    till.send(2_388_00)
    till.at = datetime.combine(first + timedelta(days=1), till.at.timetz())
    till.enter(Kind.PAYMENT, 7_00)
    rows = till.do(lambda w: remittances.between(w, first, first))
    assert [(r.kind, r.pence) for r in rows] == [
        ("payment", 1_000_00),
        ("reversal", -1_000_00),
        ("payment", 2_400_00),
        ("refund", -12_00),
    ]
    whole = till.do(lambda w: remittances.between(w, date(2026, 1, 1), till.today))
    assert sum(r.pence for r in whole) == 2_395_00
    with pytest.raises(BadInput):
        till.do(lambda w: remittances.between(w, till.today, first))
