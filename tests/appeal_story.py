"""An appeal and recovery as plain functions for the tests: each does one thing on a case."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from enforcement.data.cases import Case
from enforcement.data.policies import Policy
from enforcement.domain.appeals import Outcome, Step, StepKind
from enforcement.services import appeal_steps, appeals, certificates, money_letters, recovery
from enforcement.services.work import Work


def step(
    work: Work, case: Case, kind: StepKind, words: str = "As written.", **more: object
) -> None:
    """A step today; `on`, `until`, `outcome` and `pence` may be given."""
    made = Step(kind, **{"on": work.today, **more})  # type: ignore[arg-type]  # told in the tests
    appeal_steps.record(work, case, made, words)


def decide(
    work: Work, case: Case, outcome: Outcome, on: date | None = None, pence: int | None = None
) -> None:
    step(work, case, StepKind.DECIDED, on=on or work.today, outcome=outcome, pence=pence)


def end(work: Work, case: Case, outcome: Outcome, on: date | None = None) -> None:
    """Decided on a day, and on the same day it is said that nobody goes on."""
    day = on or work.today
    if outcome is Outcome.WITHDRAWN:
        appeals.withdrawn(work, case, day)
        return
    decide(work, case, outcome, day)
    appeals.determine(work, case, day, "The provider's letter of that day.")


def remind(work: Work, case: Case) -> None:
    money_letters.reminder(work, case, lambda _session, _item: None)


def certify(work: Work, case: Case) -> None:
    certificates.draft(work, case, work.today - timedelta(1))


def sign(work: Work, case: Case) -> None:
    found = certificates.waiting(work, case)
    assert found is not None
    certificates.sign(work, case, found, certificates.as_signed(work, found).sha256)


def apply_to_court(work: Work, case: Case) -> None:
    made = recovery.Application(work.today, "County Court at Exampleton", "EX7")
    recovery.apply_to_court(work, case, made)


def recover(work: Work, case: Case) -> None:
    """Recovery under a policy that asks for no reminder first."""
    row = work.session.scalars(select(Policy).where(Policy.kind == "recovery")).one()
    row.body = {**row.body, "reminder_needed": False}
    work.session.flush()
    recovery.start(work, case)
