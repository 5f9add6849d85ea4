"""An appeal step by step: what may come when, where it then stands, and when it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcement.domain import recovery
from enforcement.domain.appeals import (
    Court,
    Outcome,
    Phase,
    Standing,
    Step,
    StepKind,
    after,
    check_variation,
    choices_of,
    determined_on,
    may_come,
    onward_limit,
    stand,
)
from enforcement.domain.closing import CLOSE_REASONS, YEARS_KEPT, check_body, keep_until
from enforcement.domain.gates import CaseFacts
from enforcement.domain.refusals import BadInput, Refusal, WrongState
from enforcement.domain.stages import State

K, V = StepKind, Outcome
DAY = date(2026, 3, 2)


def happened(*kinds: StepKind | Outcome) -> Standing:
    """Steps a day apart; an outcome is a decision, and one varied sets £100."""
    steps = []
    for number, kind in enumerate(kinds, 1):
        on = DAY + timedelta(number)
        if isinstance(kind, Outcome):
            pence = 100_00 if kind is V.VARIED else None
            steps.append(Step(K.DECIDED, on, outcome=kind, pence=pence))
        else:
            until = on + timedelta(10) if kind is K.HEARING_LISTED else None
            steps.append(Step(kind, on, until))
    return stand(DAY, steps)


WHERE = [
    ((), Phase.UNDER_WAY, Court.FIRST_TIER, None),
    ((K.RESPONSE_FILED, K.HEARING_LISTED, K.HEARING_HELD), Phase.UNDER_WAY, Court.FIRST_TIER, None),
    ((V.DISMISSED,), Phase.DECIDED, Court.FIRST_TIER, V.DISMISSED),
    ((V.VARIED, K.PERMISSION_SOUGHT), Phase.ASKED, Court.FIRST_TIER, V.VARIED),
    ((V.QUASHED, K.PERMISSION_SOUGHT, K.PERMISSION_REFUSED), Phase.REFUSED, Court.FIRST_TIER,
     V.QUASHED),
    ((V.DISMISSED, K.PERMISSION_SOUGHT, K.PERMISSION_REFUSED, K.PERMISSION_SOUGHT), Phase.ASKED,
     Court.FIRST_TIER, V.DISMISSED),
    ((V.DISMISSED, K.PERMISSION_SOUGHT, K.PERMISSION_GRANTED), Phase.UNDER_WAY, Court.UPPER,
     V.DISMISSED),
    ((V.DISMISSED, K.PERMISSION_SOUGHT, K.PERMISSION_GRANTED, V.STANDS), Phase.DECIDED,
     Court.UPPER, V.DISMISSED),
    ((V.DISMISSED, K.PERMISSION_SOUGHT, K.PERMISSION_GRANTED, V.QUASHED), Phase.DECIDED,
     Court.UPPER, V.QUASHED),
    ((V.DISMISSED, K.PERMISSION_SOUGHT, K.PERMISSION_GRANTED, V.SENT_BACK), Phase.UNDER_WAY,
     Court.FIRST_TIER, None),
    ((V.DISMISSED, K.DETERMINED), Phase.OVER, Court.FIRST_TIER, V.DISMISSED),
    ((V.DISMISSED, K.WITHDRAWN), Phase.OVER, Court.FIRST_TIER, V.WITHDRAWN),
    ((K.LAPSED,), Phase.OVER, Court.FIRST_TIER, V.NOTICE_WITHDRAWN),
]  # fmt: skip


@pytest.mark.parametrize(("kinds", "phase", "court", "outcome"), WHERE)
def test_where_an_appeal_stands(
    kinds: tuple[StepKind | Outcome, ...], phase: Phase, court: Court, outcome: Outcome | None
) -> None:
    now = happened(*kinds)
    assert (now.phase, now.court, now.outcome) == (phase, court, outcome)
    assert now.sentence


CANNOT = [
    ((), K.PERMISSION_SOUGHT),
    ((), K.DETERMINED),
    ((), K.STAY_LIFTED),
    ((), K.HEARING_HELD),
    ((K.STAYED,), K.STAYED),
    ((K.RESPONSE_FILED,), K.RESPONSE_FILED),
    ((K.RESPONSE_FILED,), K.RESPONSE_EXTENDED),
    ((V.DISMISSED,), K.DECIDED),
    ((V.DISMISSED,), K.HEARING_LISTED),
    ((V.DISMISSED,), K.PERMISSION_GRANTED),
    ((V.DISMISSED, K.PERMISSION_SOUGHT), K.DETERMINED),
    ((V.DISMISSED, K.PERMISSION_SOUGHT, K.PERMISSION_GRANTED), K.DETERMINED),
    ((V.DISMISSED, K.DETERMINED), K.WITHDRAWN),
    ((K.WITHDRAWN,), K.RESPONSE_FILED),
]


@pytest.mark.parametrize(("kinds", "kind"), CANNOT)
def test_what_cannot_come_next(kinds: tuple[StepKind | Outcome, ...], kind: StepKind) -> None:
    assert not may_come(happened(*kinds), kind)


def test_permission_is_asked_twice_at_most_and_the_last_court_is_the_last() -> None:
    twice = happened(V.DISMISSED, *(K.PERMISSION_SOUGHT, K.PERMISSION_REFUSED) * 2)
    with pytest.raises(WrongState, match="no higher court to ask"):
        after(twice, Step(K.PERMISSION_SOUGHT, DAY + timedelta(9)))
    up = (K.PERMISSION_SOUGHT, K.PERMISSION_GRANTED)
    top = happened(V.DISMISSED, *up, V.STANDS, *up, V.STANDS, *up, V.STANDS)
    assert top.court is Court.SUPREME
    assert onward_limit(top) is None
    asked = after(top, Step(K.PERMISSION_SOUGHT, DAY + timedelta(30)))
    with pytest.raises(WrongState, match="no higher court"):
        after(asked, Step(K.PERMISSION_GRANTED, DAY + timedelta(31)))


LIMITS = [
    ((V.DISMISSED,), 28, 0, "r.42"),
    ((V.DISMISSED, K.PERMISSION_SOUGHT, K.PERMISSION_REFUSED), 0, 1, "r.21"),
    ((V.DISMISSED, *(K.PERMISSION_SOUGHT, K.PERMISSION_REFUSED) * 2), 14, 0, "r.22"),
    ((V.DISMISSED, K.PERMISSION_SOUGHT, K.PERMISSION_GRANTED, V.STANDS), 0, 1, "r.44"),
]


@pytest.mark.parametrize(("kinds", "days", "months", "rule"), LIMITS)
def test_how_long_there_is_for_going_on(
    kinds: tuple[StepKind | Outcome, ...], days: int, months: int, rule: str
) -> None:
    limit = onward_limit(happened(*kinds))
    assert limit is not None
    assert (limit.days, limit.months) == (days, months)
    assert rule in limit.rule


def test_a_decision_says_what_it_must_and_each_court_decides_its_own() -> None:
    first, upper = happened(), happened(V.DISMISSED, K.PERMISSION_SOUGHT, K.PERMISSION_GRANTED)
    assert V.STANDS not in choices_of(first)
    assert {V.STANDS, V.SENT_BACK} < set(choices_of(upper))
    with pytest.raises(BadInput, match="Choose what was decided"):
        after(first, Step(K.DECIDED, DAY, outcome=V.STANDS))
    with pytest.raises(BadInput, match="amount that was set"):
        after(first, Step(K.DECIDED, DAY, outcome=V.VARIED))


LIMIT = DAY + timedelta(29)
WHEN_OVER = [
    # kinds, limit, said on, today, determined on (or None: not yet)
    ((V.DISMISSED,), LIMIT, None, LIMIT, None),
    ((V.DISMISSED,), LIMIT, None, LIMIT + timedelta(1), LIMIT),
    ((V.DISMISSED,), LIMIT, DAY + timedelta(5), LIMIT, DAY + timedelta(5)),
    ((V.DISMISSED,), LIMIT, DAY, LIMIT, None),  # said before the decision
    ((V.DISMISSED,), LIMIT, LIMIT + timedelta(1), LIMIT, None),  # to come
    ((V.DISMISSED, K.PERMISSION_SOUGHT), None, None, LIMIT, None),
    ((V.DISMISSED, K.PERMISSION_SOUGHT, K.PERMISSION_REFUSED), None, None, LIMIT,
     DAY + timedelta(3)),
    ((), None, None, LIMIT, None),
]  # fmt: skip


@pytest.mark.parametrize(("kinds", "limit", "said", "today", "on"), WHEN_OVER)
def test_when_an_appeal_is_finally_determined(
    kinds: tuple[StepKind | Outcome, ...],
    limit: date | None,
    said: date | None,
    today: date,
    on: date | None,
) -> None:
    now = happened(*kinds)
    if on is not None:
        assert determined_on(now, limit, said, today) == on
        return
    with pytest.raises((WrongState, BadInput)):
        determined_on(now, limit, said, today)


@pytest.mark.parametrize(
    ("pence", "reg3", "words"),
    [
        (None, 100_00, "Enter the amount"),
        (0, 100_00, "Enter the amount"),
        (200_00, 100_00, "record the appeal as dismissed"),
        (100_00, None, "cannot be worked out"),
        (99_99, 100_00, "£100.00; £99.99 is another"),
    ],
)
def test_another_amount_than_reg_3_is_refused_in_words(
    pence: int | None, reg3: int | None, words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        check_variation(pence, reg3, stated_pence=200_00)


def test_reg_3_s_own_amount_may_be_set() -> None:
    check_variation(100_00, 100_00, stated_pence=200_00)


@given(st.lists(st.sampled_from([*K, *(V.DISMISSED, V.QUASHED, V.STANDS)]), max_size=25))
def test_no_sequence_of_steps_ends_a_live_appeal_by_itself(
    kinds: list[StepKind | Outcome],
) -> None:
    """Over only by a determination, a withdrawal or a lapse; and once over, nothing more comes."""
    now, over = Standing(last_on=DAY), False
    for number, kind in enumerate(kinds, 1):
        on = DAY + timedelta(number)
        decided = isinstance(kind, Outcome)
        step = Step(K.DECIDED, on, outcome=kind) if isinstance(kind, Outcome) else Step(kind, on)
        try:
            then = after(now, step)
        except Refusal:
            continue
        assert not over, "a step after the end"
        over = kind in (K.WITHDRAWN, K.DETERMINED, K.LAPSED)
        assert (then.phase is Phase.OVER) is over
        if kind is K.DETERMINED:
            assert now.phase in (Phase.DECIDED, Phase.REFUSED)
        if then.court is not now.court:
            assert decided or kind is K.PERMISSION_GRANTED
        now = then


FACTS = CaseFacts(State.PAYMENT, balance_pence=50_00, reminder_wait=7)
REMINDED = [
    (replace(FACTS, reminder_wait=None), True),
    (FACTS, False),
    (replace(FACTS, reminded_on=DAY - timedelta(7)), True),
    (replace(FACTS, reminded_on=DAY - timedelta(6)), False),
    (replace(FACTS, reminded_on=DAY, reminder_wait=0), True),
]


@pytest.mark.parametrize(("facts", "ok"), REMINDED)
def test_recovery_waits_for_the_reminder(facts: CaseFacts, ok: bool) -> None:
    gate = recovery.reminded(facts, DAY)
    assert (gate.ok, bool(gate.sentence)) == (ok, True)


@pytest.mark.parametrize(
    ("certified", "balance", "ok"),
    [(None, 50_00, False), (50_00, 50_00, True), (60_00, 50_00, False), (50_00, 0, True)],
)
def test_the_court_is_told_exactly_what_is_owed(
    certified: int | None, balance: int, ok: bool
) -> None:
    facts = replace(FACTS, certified_pence=certified, balance_pence=balance)
    assert recovery.certified(facts, DAY).ok is ok


@pytest.mark.parametrize(
    ("closed", "years", "last"),
    [
        (date(2026, 11, 22), 3, date(2029, 11, 22)),
        (date(2028, 2, 29), 3, date(2031, 2, 28)),
        (date(2028, 2, 29), 4, date(2032, 2, 29)),
    ],
)
def test_the_last_day_of_keeping_can_always_be_worked_out(
    closed: date, years: int, last: date
) -> None:
    assert keep_until(closed, years) == last


def test_every_reason_for_closing_has_its_years() -> None:
    assert set(YEARS_KEPT) == set(CLOSE_REASONS)
    check_body(YEARS_KEPT)
    with pytest.raises(BadInput, match="Paid"):
        check_body({**YEARS_KEPT, "paid": 0})
    with pytest.raises(BadInput, match="one year"):
        keep_until(DAY, 0)
