"""What follows a final notice in the stories: appeals step by step, recovery, the county court."""

from __future__ import annotations

from datetime import date, timedelta

from enforcement.data.cases import Case
from enforcement.demo.walk import Walk
from enforcement.domain.appeals import Outcome, Step, StepKind
from enforcement.services import (
    appeal_steps,
    appeals,
    certificates,
    directions,
    money_letters,
    recovery,
)
from enforcement.services.case_facts import balance, penalty_of
from enforcement.services.policies import calendar
from enforcement.services.sending import sweep_will_find
from enforcement.services.work import Work

COURT = "County Court at Exampleton (invented)"


# --- appeals ------------------------------------------------------------------------------------
def appeal(walk: Walk, ago: int, grounds: str) -> None:
    """The provider appeals two days before we hear of it."""
    made = walk.day(ago + 2)
    reference = f"INVENTED/{walk.today.year}/{walk.number:04d}"

    def act(work: Work, case: Case) -> None:
        appeals.lodge(work, case, made, work.today, reference, grounds)

    walk.do(ago, walk.officer, "appeal", act)


def _ahead(work: Work, days: int) -> date:
    """So many days on, or the next day that a court sits."""
    return calendar(work.session).on_or_after(work.today + timedelta(days))


def step(walk: Walk, ago: int, kind: StepKind, words: str = "", ahead: int = 0) -> None:
    """One step; `ahead`: the day it sets, counted from the day of the step."""

    def act(work: Work, case: Case) -> None:
        until = _ahead(work, ahead) if ahead else None
        appeal_steps.record(work, case, Step(kind, work.today, until), words)

    walk.do(ago, walk.officer, f"appeal: {kind.value}", act)


def direction(walk: Walk, ago: int, what: str, whose: str, days: int) -> None:
    def act(work: Work, case: Case) -> None:
        due = _ahead(work, days)
        directions.give(work, case, directions.Ask(what, whose, work.today, due))

    walk.do(ago, walk.officer, "direction", act)


def direction_done(walk: Walk, ago: int, words: str) -> None:
    """The first direction that is open was complied with."""

    def act(work: Work, case: Case) -> None:
        live = appeals.appeals_of(work, case)[-1]
        held = directions.of_appeal(work, case, live)
        one = next(held for held in held if held.ended is None)
        directions.done(work, case, one.row.id, work.today, words)

    walk.do(ago, walk.officer, "direction done", act)


def decided(walk: Walk, ago: int, outcome: Outcome, words: str) -> None:
    def act(work: Work, case: Case) -> None:
        appeal_steps.record(work, case, Step(StepKind.DECIDED, work.today, outcome=outcome), words)

    walk.do(ago, walk.senior, f"appeal {outcome.value}", act)


def varied(walk: Walk, ago: int, words: str) -> None:
    """CQC gives a lower figure for the day of the penalty, and the tribunal varies to it."""

    def find(work: Work, case: Case) -> None:
        pence = (case.amount_pence or 0) * 3 // 4
        found = Step(StepKind.AMOUNT_FOUND, work.today, pence=pence)
        appeal_steps.record(work, case, found, "CQC's fees team, letter to the tribunal (invented)")

    def vary(work: Work, case: Case) -> None:
        live = appeals.appeals_of(work, case)[-1]
        pence = appeal_steps.found_pence(work, live)
        made = Step(StepKind.DECIDED, work.today, outcome=Outcome.VARIED, pence=pence)
        appeal_steps.record(work, case, made, words)

    walk.do(ago + 3, walk.officer, "CQC's figure for the appeal", find)
    walk.do(ago, walk.senior, "appeal varied", vary)


def determined(walk: Walk, ago: int, said: str = "") -> None:
    """The time for going on is over, or it was said that nobody goes on."""

    def act(work: Work, case: Case) -> None:
        appeals.determine(work, case, work.today if said else None, said)

    walk.do(ago, walk.officer, "appeal over", act)


# --- recovery -----------------------------------------------------------------------------------
def remind(walk: Walk, ago: int) -> None:
    def act(work: Work, case: Case) -> None:
        money_letters.reminder(work, case, sweep_will_find)

    walk.do(ago, "finance", "reminder", act)
    walk.send(ago)


def recover(walk: Walk, ago: int) -> None:
    """A reminder, and some days later the start of recovery."""
    remind(walk, ago + 9)
    walk.do(ago, "finance", "recovery", lambda work, case: _done(recovery.start(work, case)))


def certify(walk: Walk, ago: int) -> None:
    """A certificate of non-payment is drafted; it waits for its signature."""
    walk.do(ago, "finance", "certificate", _draft_certificate)


def court(walk: Walk, ago: int) -> None:
    """Non-payment is certified by two people, the court is applied to, and makes its order."""
    certify(walk, ago + 5)
    walk.do(ago + 4, walk.senior, "certificate signed", _sign)

    def apply(work: Work, case: Case) -> None:
        made = recovery.Application(work.today, COURT)
        recovery.apply_to_court(work, case, made)

    def order(work: Work, case: Case) -> None:
        penalty = penalty_of(work.session, case)
        owed = balance(work.session, penalty) if penalty else 0
        pay_by = work.today + timedelta(14)
        made = recovery.Order(work.today, owed, "INVENTED-ORDER-7", pay_by)
        recovery.ordered(work, case, made)

    walk.do(ago, "finance", "court", apply)
    walk.do(ago - 20, "finance", "court order", order)


def _draft_certificate(work: Work, case: Case) -> None:
    certificates.draft(work, case, work.today - timedelta(1))


def _sign(work: Work, case: Case) -> None:
    found = certificates.waiting(work, case)
    if found is not None:
        certificates.sign(work, case, found, certificates.as_signed(work, found).sha256)


def _done(result: object) -> None:
    """An act is done for what it changes; what it returns is for other callers."""
