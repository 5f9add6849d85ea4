"""Directions of the tribunal: what, who must do it, by which day, and what became of it.

A direction is kept as it was given. More time, compliance and setting aside are entries of their
own, so that the first day and every reason stay. Each running direction has a clock with its
receipt and a task (SI 2009/1976 rr.5, 6, 12).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import func, select

from enforcement.data.appeals import Direction, DirectionStep
from enforcement.data.cases import Case, ClockRow
from enforcement.data.payments import Appeal
from enforcement.domain.appeals import Phase
from enforcement.domain.clocks import ClockKind
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, NotFound, WrongState
from enforcement.domain.tasks import Due, TaskKind
from enforcement.domain.tribunal_clocks import ordered_clock
from enforcement.services import appeal_standing, tasks
from enforcement.services.case_clocks import end_row, start_clock
from enforcement.services.cases import expect, stream
from enforcement.services.policies import calendar
from enforcement.services.work import Work

WHOSE = {"us": "Us", "provider": "The provider", "both": "Both"}
ENDED = {"done": "Done", "set_aside": "Set aside", "lapsed": "Ended with the appeal"}


@dataclass(frozen=True)
class Held:
    """A direction with what became of it: the day that counts now, and how it ended, if it did."""

    row: Direction
    steps: tuple[DirectionStep, ...]
    clock: ClockRow | None

    @property
    def ended(self) -> DirectionStep | None:
        return next((step for step in self.steps if step.kind != "extended"), None)

    @property
    def stated_on(self) -> date:
        """The day that the tribunal set last."""
        days = [step.until for step in self.steps if step.until is not None]
        return days[-1] if days else self.row.first_due_on

    @property
    def set_on(self) -> date:
        """When the tribunal set that day."""
        days = [step.on for step in self.steps if step.until is not None]
        return days[-1] if days else self.row.given_on


def of_appeal(work: Work, case: Case, appeal: Appeal) -> list[Held]:
    """The directions of an appeal with what became of each, in their order. Reads only."""
    rows = work.session.scalars(
        select(Direction).where(Direction.appeal_id == appeal.id).order_by(Direction.number)
    ).all()
    steps = work.session.scalars(
        select(DirectionStep)
        .join(Direction, Direction.id == DirectionStep.direction_id)
        .where(Direction.appeal_id == appeal.id)
        .order_by(DirectionStep.id)
    ).all()
    return [
        Held(row, tuple(s for s in steps if s.direction_id == row.id), _clock(case, row))
        for row in rows
    ]


def find(work: Work, case: Case, direction_id: int) -> Held:
    """One direction of this case, or NotFound."""
    row = work.session.get(Direction, direction_id)
    appeal = work.session.get(Appeal, row.appeal_id) if row is not None else None
    if appeal is None or appeal.case_id != case.id:
        raise NotFound(f"The case {case.reference} has no such direction.")
    return next(held for held in of_appeal(work, case, appeal) if held.row.id == direction_id)


def _clock(case: Case, row: Direction) -> ClockRow | None:
    """The clock of a direction that was set last, running or not."""
    found = [c for c in case.clocks if c.inputs.get("direction") == str(row.id)]
    return found[-1] if found else None


@dataclass(frozen=True)
class Ask:
    """What the tribunal directed: `whose` is "us", "provider" or "both"."""

    what: str
    whose: str
    given_on: date
    due_on: date


def give(work: Work, case: Case, ask: Ask, version: int | None = None) -> Direction:
    """Record a direction of the tribunal: its clock starts and a task waits for it.

    Refuses NotFound without a live appeal, WrongState when it is decided, BadInput, StaleVersion,
    NotAllowed.
    """
    appeal = _open_appeal(work, case, version)
    if not ask.what.strip():
        raise BadInput("Say what is to be done.")
    if ask.whose not in WHOSE:
        raise BadInput("Choose who must do it.")
    if not appeal.lodged_on <= ask.given_on <= work.today:
        raise BadInput("A direction is given after the appeal was made, and not in the future.")
    if ask.due_on <= ask.given_on:
        raise BadInput("The day for doing it comes after the direction.")
    last = work.session.scalar(
        select(func.max(Direction.number)).where(Direction.appeal_id == appeal.id)
    )
    row = Direction(
        appeal_id=appeal.id,
        number=(last or 0) + 1,
        what=ask.what.strip(),
        whose=ask.whose,
        given_on=ask.given_on,
        first_due_on=ask.due_on,
        recorded_by=work.actor.identity,
        recorded_by_name=work.actor.name,
        recorded_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    work.record(
        stream(case),
        "direction_given",
        {
            "direction": row.number,
            "whose": row.whose,
            "given_on": row.given_on.isoformat(),
            "due_on": row.first_due_on.isoformat(),
        },
        texts={"what": row.what},
        permission=Permission.RECORD_APPEAL,
    )
    _start(work, case, row, ask.given_on, ask.due_on)
    return row


def _open_appeal(work: Work, case: Case, version: int | None) -> Appeal:
    expect(case, version)
    work.require(Permission.RECORD_APPEAL)
    appeal = appeal_standing.live_appeal(work.session, case)
    if appeal is None:
        raise NotFound("No appeal is under way on this case.")
    if appeal_standing.standing(work.session, appeal).phase is not Phase.UNDER_WAY:
        raise WrongState("The appeal is decided: no direction is given in it any more.")
    return appeal


def _start(work: Work, case: Case, row: Direction, set_on: date, due_on: date) -> None:
    about = f"Direction {row.number}."
    clock = ordered_clock(ClockKind.DIRECTION, set_on, due_on, calendar(work.session), about)
    start_clock(work, case, replace(clock, inputs={**clock.inputs, "direction": str(row.id)}))
    tasks.open_task(
        work,
        case,
        TaskKind.TRIBUNAL,
        f"direction {row.id} {due_on.isoformat()} {work.now.isoformat()}",
        _task_words(row),
        deadline=Due(clock.due_on, clock.receipt),
    )


def _task_words(row: Direction) -> str:
    if row.whose == "provider":
        return f"Direction {row.number}, for the provider: see whether it was done. {row.what}"
    return f"Direction {row.number}: {row.what}"


def extend(
    work: Work,
    case: Case,
    direction_id: int,
    set_on: date,
    until: date,
    reason: str,
    version: int | None = None,
) -> None:
    """The tribunal gave more time, or another day, for a direction. The first day stays on record.

    Refuses BadInput (no reason, a day not after the order or to come), WrongState for one that
    ended, NotFound, StaleVersion, NotAllowed.
    """
    held = _open(work, case, direction_id, version)
    if not reason.strip():
        raise BadInput("Say why the tribunal gave another day.")
    if not held.row.given_on <= set_on <= work.today or until <= set_on:
        raise BadInput("Another day is set after the direction, not in the future, and lies ahead.")
    if until == held.stated_on:
        raise BadInput("That is the day that stands already.")
    _keep(work, held.row, "extended", set_on, reason, until)
    _stop(work, case, held, "superseded", "The tribunal set another day.")
    work.record(
        stream(case),
        "direction_extended",
        {"direction": held.row.number, "due_on": until.isoformat(), "on": set_on.isoformat()},
        texts={"reason": reason.strip()},
        permission=Permission.RECORD_APPEAL,
    )
    _start(work, case, held.row, set_on, until)


def done(
    work: Work,
    case: Case,
    direction_id: int,
    on: date,
    words: str,
    version: int | None = None,
) -> None:
    """A direction was complied with on a day: `words` say how, and where that is kept.

    Late is recorded as late. Refuses BadInput, WrongState for one that ended, NotFound,
    StaleVersion, NotAllowed.
    """
    held = _open(work, case, direction_id, version)
    late = held.clock is not None and on > held.clock.due_on
    _end(work, case, held, "done", on, words, {"late": late}, "late" if late else "met")


def set_aside(
    work: Work,
    case: Case,
    direction_id: int,
    on: date,
    words: str,
    version: int | None = None,
) -> None:
    """The tribunal set a direction aside, or another took its place. Refuses as `done` does."""
    held = _open(work, case, direction_id, version)
    _end(work, case, held, "set_aside", on, words, {}, "set aside")


def lapse(work: Work, case: Case, appeal: Appeal, on: date, words: str) -> None:
    """Every open direction ends with the decision or the appeal. The caller checked who may."""
    for held in of_appeal(work, case, appeal):
        if held.ended is None:
            _end(work, case, held, "lapsed", on, words, {}, "appeal ended")


def stay(work: Work, case: Case, appeal: Appeal) -> None:
    """The proceedings are stayed: no day of a direction runs meanwhile."""
    for held in of_appeal(work, case, appeal):
        if held.ended is None:
            _stop(work, case, held, "stayed", "The proceedings are stayed.")


def resume(work: Work, case: Case, appeal: Appeal, on: date) -> None:
    """The stay is lifted: days that still lie ahead run again; the others wait for another day."""
    for held in of_appeal(work, case, appeal):
        if held.ended is None and held.stated_on > on:
            _start(work, case, held.row, held.set_on, held.stated_on)


def _open(work: Work, case: Case, direction_id: int, version: int | None) -> Held:
    expect(case, version)
    work.require(Permission.RECORD_APPEAL)
    held = find(work, case, direction_id)
    if held.ended is not None:
        raise WrongState(f"Direction {held.row.number} ended: {ENDED[held.ended.kind].lower()}.")
    return held


def _end(
    work: Work,
    case: Case,
    held: Held,
    kind: str,
    on: date,
    words: str,
    facts: Mapping[str, bool],
    because: str,
) -> None:
    if not words.strip():
        raise BadInput("Say what was done, and where that is kept.")
    if not held.row.given_on <= on <= work.today:
        raise BadInput("The day is after the direction, and not in the future.")
    _keep(work, held.row, kind, on, words)
    _stop(work, case, held, because, words.strip())
    work.record(
        stream(case),
        "direction_ended",
        {"direction": held.row.number, "how": kind, "on": on.isoformat(), **facts},
        texts={"words": words.strip()},
    )


def _keep(
    work: Work, row: Direction, kind: str, on: date, words: str, until: date | None = None
) -> None:
    work.session.add(
        DirectionStep(
            direction_id=row.id,
            kind=kind,
            on=on,
            until=until,
            words=words.strip(),
            recorded_by=work.actor.identity,
            recorded_by_name=work.actor.name,
            recorded_at=work.now,
        )
    )
    work.session.flush()


def _stop(work: Work, case: Case, held: Held, because: str, words: str) -> None:
    """The running clock and the task of a direction end."""
    if held.clock is not None and held.clock.ended_at is None:
        end_row(work, case, held.clock, because)
    tasks.settle(work, case, {TaskKind.TRIBUNAL}, words, key=f"direction {held.row.id} ")
