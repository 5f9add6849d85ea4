"""Which reminder policy wants on a day: one before the last day to pay, one after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from enforcement.domain.cases import CaseFacts, State
from enforcement.domain.letters import LetterFacts, Reminding, next_reminder_on, reminder_wanted

DUE = date(2026, 8, 4)
CASE = CaseFacts(state=State.PAYMENT, final_sent=True, balance_pence=100, payment_due_on=DUE)
FACTS = LetterFacts(CASE, before_due=7, after_due=7, apart=14)
SOON, LATE = Reminding.SOON, Reminding.OVERDUE

# days after the last day to pay; days of the last reminder; what is wanted; from which day
DAYS: list[tuple[int, int | None, Reminding | None, int | None]] = [
    (-8, None, None, -7),
    (-7, None, SOON, -7),
    (0, None, SOON, -7),
    (1, None, None, 7),
    (6, None, None, 7),
    (7, None, LATE, 7),
    (200, None, LATE, 7),
    (-7, -7, None, 7),
    (0, -7, None, 7),
    (7, -7, LATE, 7),
    (7, 0, None, 7),  # two weeks lie between two of them
    (14, 0, LATE, 7),
    (20, 7, None, None),
    (90, 7, None, None),
    (-7, -60, SOON, -7),  # a reminder under an earlier period
]


@pytest.mark.parametrize(("today", "last", "wanted", "opens"), DAYS)
def test_each_reminder_is_wanted_once(
    today: int, last: int | None, wanted: Reminding | None, opens: int | None
) -> None:
    reminded = None if last is None else DUE + timedelta(days=last)
    facts, day = replace(FACTS, last_reminder_on=reminded), DUE + timedelta(days=today)
    assert reminder_wanted(facts, day) is wanted
    found = next_reminder_on(facts, day)
    assert found == (None if opens is None else DUE + timedelta(days=opens))


BLOCKED: list[tuple[str, dict[str, Any]]] = [
    ("nothing owed", {"balance_pence": 0}),
    ("credit", {"balance_pence": -5}),
    ("no period", {"payment_due_on": None}),
    ("an appeal", {"appeal_live": True}),
    ("a hold", {"on_hold": True}),
    ("an unread reply", {"unread_replies": 1}),
    ("an open point", {"unanswered_points": 1}),
    ("doubt about giving", {"giving_in_doubt": True}),
    ("not given", {"final_sent": False}),
    ("the court", {"state": State.COUNTY_COURT}),
    ("closed", {"state": State.CLOSED}),
]


@pytest.mark.parametrize("changes", [b[1] for b in BLOCKED], ids=[b[0] for b in BLOCKED])
@pytest.mark.parametrize("today", [-7, 7])
def test_none_is_wanted_while_something_stands_in_the_way(
    changes: dict[str, Any], today: int
) -> None:
    facts = replace(FACTS, case=replace(CASE, **changes))
    assert reminder_wanted(facts, DUE + timedelta(days=today)) is None
