"""While an appeal lives nothing is collected: no walk, by whoever it may be, finds a way.

Seeded random walks on a real database after a final notice was given: appeals, their steps in any
order, directions, time, money, holds, recovery and the court. Refusals are fine. After every step
the stored rows are judged on their own, and everybody tries every way of collecting.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import appeal_story
import notice_story as story
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from enforcement.data.cases import Case, ClockRow
from enforcement.data.history import Event
from enforcement.data.notices import Notice
from enforcement.data.payments import Appeal, LedgerEntry
from enforcement.domain.appeals import Outcome, Step, StepKind
from enforcement.domain.cases import Action, choices
from enforcement.domain.clocks import PAYMENT_AND_RECOVERY
from enforcement.domain.payments import Ask, Kind
from enforcement.domain.permissions import Actor, Role
from enforcement.domain.refusals import Refusal
from enforcement.services import (
    appeal_steps,
    appeals,
    cases,
    clocks,
    directions,
    letters,
    money_letters,
    payments,
    recovery,
)
from enforcement.services.case_facts import facts_of
from enforcement.services.work import Work

R = Role
EVERYTHING = story.person("eve", *R)
PEOPLE = [
    *(story.person(role.value, role) for role in R),
    story.person("both", R.OFFICER, R.FINANCE),
    EVERYTHING,
]
COLLECTING = {Action.START_RECOVERY, Action.APPLY_TO_COURT, Action.COURT_REFUSED}
Act = Callable[["Walk", Work, Case], Any]


def queue(_session: object, _item: int) -> None:
    """The sweep will find it."""


@dataclass
class Walk:
    """One case after its final notice, the hour it is, and the luck of one seed."""

    begin: Callable[..., Any]
    engine: Engine
    seed: int
    now: datetime = story.NOW
    lived: int = 0
    ended: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.luck = random.Random(self.seed)  # noqa: S311 - repeatable, nothing secret
        tale = story.Story(self.begin, self.seed)
        self.reference = tale.reference
        self.now = tale.to_final_given() + timedelta(days=3)

    def go(self, length: int) -> Walk:
        for _ in range(length):
            self.now += timedelta(days=self.luck.choice([0, 0, 0, 1, 7, 30]), minutes=3)
            name = self.luck.choice(USUAL if self.luck.random() < 0.9 else [*ACTS])
            who = EVERYTHING if self.luck.random() < 0.8 else self.luck.choice(PEOPLE)
            self.attempt(who, ACTS[name])
            with Session(self.engine) as session:
                live = judge(session, self.reference, self.ended)
            if live:
                self.lived += 1
                self.nobody_may_collect()
        return self

    def attempt(self, who: Actor, act: Act) -> bool:
        """One committed transaction, or a refusal and nothing; whatever else comes is a failure."""
        with suppress(Refusal), self.begin(who, self.now) as work:
            act(self, work, cases.find(work, self.reference))
            return True
        return False

    def nobody_may_collect(self) -> None:
        """The table allows it to nobody, and every service refuses whoever holds every role."""
        with self.begin(EVERYTHING, self.now) as work:
            facts = facts_of(work, cases.find(work, self.reference))
        for who in PEOPLE:
            open_now = {c.action for c in choices(facts, who, self.now.date()) if c.allowed}
            assert not open_now & COLLECTING, (who, open_now)
        for name in COLLECTS:
            assert not self.attempt(EVERYTHING, ACTS[name]), name

    def day(self, back: int = 0) -> Any:
        return self.now.date() - timedelta(back)


def lodge(walk: Walk, work: Work, case: Case) -> None:
    back = walk.luck.choice([0, 1])
    appeals.lodge(work, case, walk.day(back), work.today, f"TRIB/{walk.seed}")


def step(kind: StepKind) -> Act:
    def act(walk: Walk, work: Work, case: Case) -> None:
        until = work.today + timedelta(20) if kind in appeal_steps.SETS_A_DAY else None
        outcome = walk.luck.choice(list(Outcome)) if kind is StepKind.DECIDED else None
        pence = 81_600 if kind is StepKind.AMOUNT_FOUND or outcome is Outcome.VARIED else None
        made = Step(kind, work.today, until, outcome, pence)
        appeal_steps.record(work, case, made, "Because.")

    return act


def determine(walk: Walk, work: Work, case: Case) -> None:
    said = work.today if walk.luck.random() < 0.5 else None
    appeals.determine(work, case, said, "They wrote so.")


def direct(walk: Walk, work: Work, case: Case) -> None:
    ask = directions.Ask("Send it.", "us", work.today, work.today + timedelta(14))
    directions.give(work, case, ask)


def comply(walk: Walk, work: Work, case: Case) -> None:
    for appeal in appeals.appeals_of(work, case)[-1:]:
        for held in directions.of_appeal(work, case, appeal)[:1]:
            directions.done(work, case, held.row.id, work.today, "Sent.")


def pay(walk: Walk, work: Work, case: Case) -> None:
    ask = Ask(Kind.PAYMENT, walk.luck.choice([1_00, 50_00]), work.today)
    payments.record(work, case, ask, key=f"{walk.seed}-{work.now.isoformat()}")


def ordered(walk: Walk, work: Work, case: Case) -> None:
    pay_by = work.today + timedelta(14)
    recovery.ordered(work, case, recovery.Order(work.today, 1_00, "EX7/1", pay_by))


ACTS: dict[str, Act] = {
    "lodge": lodge,
    **{kind.value: step(kind) for kind in StepKind},
    "determine": determine,
    "withdraw appeal": lambda w, work, case: appeals.withdrawn(work, case, work.today),
    "direct": direct,
    "comply": comply,
    "pay": pay,
    "hold": lambda w, work, case: cases.hold(work, case, "legal_query", "Asked."),
    "release": lambda w, work, case: cases.release(work, case),
    "remind": lambda w, work, case: money_letters.reminder(work, case, queue),
    "start recovery": lambda w, work, case: recovery.start(work, case),
    "certify": lambda w, work, case: appeal_story.certify(work, case),
    "apply": lambda w, work, case: appeal_story.apply_to_court(work, case),
    "order": ordered,
    "refuse": lambda w, work, case: recovery.refused(work, case, work.today, "No."),
    "withdraw notice": lambda w, work, case: letters.withdraw(work, case, "Wrong.", False, queue),
}
COLLECTS = ["remind", "start recovery", "certify", "apply", "order", "refuse"]
USUAL = [
    *["lodge"] * 6, *["decided"] * 4, *["determine"] * 4, "permission_sought", "permission_refused",
    "permission_granted", "stayed", "stay_lifted", "hearing_listed", "response_filed", "direct",
    "comply", "amount_found", "pay", "remind", "remind", "start recovery", "start recovery",
    "withdraw appeal", "release", "onward_extended",
]  # fmt: skip


# --- the judgement: rows only -------------------------------------------------------------------
def judge(session: Session, reference: str, ended: set[str]) -> bool:
    """AssertionError where something is collected during an appeal; whether one lives now."""
    case = session.scalars(select(Case).where(Case.reference == reference)).one()
    found = session.scalars(
        select(Appeal).where(Appeal.case_id == case.id).order_by(Appeal.id)
    ).all()
    ended |= {one.outcome for one in found if one.outcome}
    live = [one for one in found if one.outcome is None]
    assert len(live) <= 1
    assert bool(live) == (case.state == "appealed")
    assert clocks.replay(session) == []
    varied = [one for one in found if one.outcome == "varied"]
    sums = session.scalars(select(LedgerEntry.pence).where(LedgerEntry.kind == "penalty")).all()
    assert sum(sums) in {238_800, 81_600}
    assert (sum(sums) == 238_800) or varied, "the sum moved before the appeal was over"
    if not live:
        return False
    running = select(ClockRow.kind).where(ClockRow.case_id == case.id, ClockRow.ended_at.is_(None))
    assert not set(session.scalars(running)) & PAYMENT_AND_RECOVERY
    lodged = session.scalars(
        select(Event.at).where(Event.kind == "appeal_lodged").order_by(Event.id.desc())
    ).first()
    asked = select(Notice.id).where(
        Notice.case_id == case.id,
        Notice.kind.in_(("payment_reminder", "reg9_certificate")),
        Notice.drafted_at > lodged,
    )
    assert session.scalars(asked).all() == [], "money was asked for during an appeal"
    return True


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_is_collected_while_an_appeal_lives(
    begin: Callable[..., Any], engine: Engine, seed: int
) -> None:
    """And the walks are worth their name: appeals live in them, and end."""
    walk = Walk(begin, engine, seed).go(45)
    assert walk.lived >= 5
    assert walk.ended
