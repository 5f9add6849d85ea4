"""Appeals: lodged, and over when finally determined or withdrawn (SI 2022/1175 reg 8).

While an appeal lives, the final notice is suspended: no deadline for payment or recovery runs,
and nobody may take a step of recovery. What happens between is in `appeal_steps`.
"""

from __future__ import annotations

from datetime import date

from enforcement.data.appeals import AppealStep
from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.data.payments import Appeal
from enforcement.domain import appeals as rules
from enforcement.domain.appeals import Outcome, Standing, Step, StepKind
from enforcement.domain.calendar import local_date
from enforcement.domain.cases import Action
from enforcement.domain.clocks import (
    PAYMENT_AND_RECOVERY,
    Clock,
    ClockKind,
    appeal_response_clock,
    payment_restart_clock,
    payment_resume_clock,
)
from enforcement.domain.events import Fact
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, NotFound
from enforcement.domain.tasks import Due, TaskKind
from enforcement.domain.words import day
from enforcement.services import appeal_standing, directions, payments, tasks
from enforcement.services.appeal_standing import running
from enforcement.services.case_clocks import end_clocks, start_clock
from enforcement.services.case_facts import FINAL, live_notice
from enforcement.services.cases import expect, move, stream
from enforcement.services.policies import calendar, in_force
from enforcement.services.work import Work

AT_THE_TRIBUNAL = frozenset(
    {
        ClockKind.APPEAL_RESPONSE,
        ClockKind.DIRECTION,
        ClockKind.HEARING,
        ClockKind.ONWARD_APPEAL,
    }
)
_ACTIONS = {
    Outcome.DISMISSED: Action.APPEAL_CONFIRMED,
    Outcome.STRUCK_OUT: Action.APPEAL_CONFIRMED,
    Outcome.WITHDRAWN: Action.APPEAL_CONFIRMED,
    Outcome.VARIED: Action.APPEAL_VARIED,
    Outcome.QUASHED: Action.APPEAL_QUASHED,
}


def live_appeal(work: Work, case: Case) -> Appeal | None:
    """The appeal that is not finally determined, if any."""
    return appeal_standing.live_appeal(work.session, case)


def appeals_of(work: Work, case: Case) -> list[Appeal]:
    """Every appeal of the case, oldest first."""
    return appeal_standing.appeals_of(work.session, case)


def expected(work: Work, case: Case, version: int | None) -> tuple[Appeal, Standing]:
    """The live appeal and where it stands, for whoever may record it.

    Refuses NotAllowed, StaleVersion, NotFound.
    """
    expect(case, version)
    work.require(Permission.RECORD_APPEAL)
    appeal = live_appeal(work, case)
    if appeal is None:
        raise NotFound("No appeal is under way on this case.")
    return appeal, appeal_standing.standing(work.session, appeal)


def lodge(
    work: Work,
    case: Case,
    lodged_on: date,
    received_on: date,
    tribunal_reference: str,
    grounds: str = "",
    version: int | None = None,
) -> Appeal:
    """Record an appeal: the final notice is suspended until it is over (reg 8).

    `received_on` is the day we received the notice of appeal; our response is due 28 days after
    it (SI 2009/1976 r.23). A late appeal is recorded all the same: only the tribunal may refuse
    it. Refuses BadInput, StaleVersion and what the table refuses.
    """
    expect(case, version)
    final = live_notice(work.session, case, FINAL)
    if not tribunal_reference.strip():
        raise BadInput("Give the tribunal’s reference.")
    if lodged_on > received_on or received_on > work.today:
        raise BadInput("An appeal is lodged first, received by us after that, not in the future.")
    if final and final.issued_at and lodged_on < local_date(final.issued_at):
        raise BadInput("The appeal cannot be older than the final notice.")
    appeal = Appeal(
        case_id=case.id,
        lodged_on=lodged_on,
        received_on=received_on,
        tribunal_reference=tribunal_reference.strip(),
        grounds=grounds.strip(),
        recorded_by=work.actor.identity,
    )
    move(
        work,
        case,
        Action.LODGE_APPEAL,
        {
            "lodged_on": lodged_on.isoformat(),
            "received_on": received_on.isoformat(),
            "tribunal_reference": appeal.tribunal_reference,
            "late": appeal_standing.is_late(case, appeal),
        },
        texts={"grounds": appeal.grounds} if appeal.grounds else None,
    )
    work.session.add(appeal)
    work.session.flush()
    end_clocks(work, case, {*PAYMENT_AND_RECOVERY, ClockKind.APPEAL}, "suspended")
    response_due(work, case, appeal, appeal_response_clock(received_on, calendar(work.session)))
    return appeal


def response_due(work: Work, case: Case, appeal: Appeal, clock: Clock) -> None:
    """Our response is due by this clock; a task waits for it."""
    end_clocks(work, case, {ClockKind.APPEAL_RESPONSE}, "superseded")
    settle_response(work, case, appeal, "The tribunal gave more time.")
    start_clock(work, case, clock)
    tasks.open_task(
        work,
        case,
        TaskKind.TRIBUNAL,
        f"response {appeal.id} {clock.due_on.isoformat()}",
        f"File our response to the appeal {appeal.tribunal_reference}.",
        deadline=Due(clock.due_on, clock.receipt),
    )


def settle_response(work: Work, case: Case, appeal: Appeal, words: str) -> None:
    """The task that waits for our response ends."""
    tasks.settle(work, case, {TaskKind.TRIBUNAL}, words, key=f"response {appeal.id} ")


def keep_step(work: Work, case: Case, appeal: Appeal, step: Step, words: str) -> Standing:
    """Store a step that the rules allow and record it. Refuses what `domain.appeals` refuses."""
    before = appeal_standing.standing(work.session, appeal)
    now = rules.after(before, step)
    work.session.add(
        AppealStep(
            appeal_id=appeal.id,
            kind=step.kind.value,
            on=step.on,
            until=step.until,
            outcome=step.outcome.value if step.outcome else None,
            pence=step.pence,
            words=words,
            recorded_by=work.actor.identity,
            recorded_by_name=work.actor.name,
            recorded_at=work.now,
        )
    )
    facts: dict[str, Fact] = {
        "step": step.kind.value,
        "on": step.on.isoformat(),
        "court": (now.asked or before.court).value,
        "until": step.until.isoformat() if step.until else None,
        "outcome": step.outcome.value if step.outcome else None,
        "pence": step.pence,
    }
    work.record(
        stream(case),
        "appeal_step_recorded",
        facts,
        texts={"words": words} if words else None,
        permission=Permission.RECORD_APPEAL,
    )
    work.session.flush()
    return now


def withdrawn(
    work: Work, case: Case, on: date, words: str = "", version: int | None = None
) -> Appeal:
    """The provider withdrew the appeal: the notice takes effect again (reg 8).

    Refuses BadInput for a day before the appeal or to come, and what the table refuses.
    """
    appeal, _ = expected(work, case, version)
    if not appeal.lodged_on <= on <= work.today:
        raise BadInput("An appeal is withdrawn after it was made, and not in the future.")
    now = keep_step(work, case, appeal, Step(StepKind.WITHDRAWN, on), words.strip())
    return _over(work, case, appeal, now, on, words)


def determine(
    work: Work,
    case: Case,
    said_on: date | None = None,
    words: str = "",
    version: int | None = None,
) -> Appeal:
    """The appeal is finally determined: the last decision takes effect (reg 8).

    Once the time for going on is over, or `said_on` is the day on which whoever might go on said
    in writing that they will not (`words`: who, and where it is kept). Refuses WrongState while
    that time runs, BadInput, and what the table refuses.
    """
    appeal, now = expected(work, case, version)
    if said_on is not None and not words.strip():
        raise BadInput("Say who will not go on, and where they said so.")
    limit = running(case, ClockKind.ONWARD_APPEAL)
    on = rules.determined_on(now, limit.due_on if limit else None, said_on, work.today)
    step = Step(StepKind.DETERMINED, on, outcome=now.outcome, pence=now.pence)
    now = keep_step(work, case, appeal, step, words.strip())
    return _over(work, case, appeal, now, on, words)


def _over(work: Work, case: Case, appeal: Appeal, now: Standing, on: date, words: str) -> Appeal:
    outcome = now.outcome
    if outcome is None or outcome not in _ACTIONS:
        raise BadInput("Choose how the appeal ended.")
    facts: dict[str, Fact] = {
        "outcome": outcome.value,
        "ended_on": on.isoformat(),
        "tribunal_reference": appeal.tribunal_reference,
        "court": now.court.value,
    }
    if now.pence is not None:
        facts["pence"] = now.pence
    texts = {"reason": words.strip()} if words.strip() else None
    move(work, case, _ACTIONS[outcome], facts, texts=texts)
    _end_all(work, case, appeal, outcome, on, "appeal ended")
    if outcome is Outcome.QUASHED:
        _quash(work, case, on)
        return appeal
    if now.pence is not None:
        _vary(work, case, now.pence, on, now.court)
    start_clock(work, case, _payment_again(work, case, appeal, on))
    return appeal


def _end_all(
    work: Work, case: Case, appeal: Appeal, outcome: Outcome, on: date, because: str
) -> None:
    appeal.outcome, appeal.ended_on = outcome.value, on
    end_clocks(work, case, AT_THE_TRIBUNAL, because)
    directions.lapse(work, case, appeal, on, "The appeal ended.")
    settle_response(work, case, appeal, "The appeal ended.")
    work.session.flush()


def _payment_again(work: Work, case: Case, appeal: Appeal, on: date) -> Clock:
    """The period for payment after an appeal, whole again or resumed (policy `recovery`).

    Whether it restarts or resumes is not settled by law: domain 12, question 2.
    """
    days = int(in_force(work.session, "periods", work.today).body["payment_days"])
    if in_force(work.session, "recovery", work.today).body["payment_restarts"]:
        return payment_restart_clock(on, calendar(work.session), days)
    held = [
        row.due_on
        for row in case.clocks
        if row.kind == ClockKind.PAYMENT and row.ended_because == "suspended"
    ]
    left = (held[-1] - appeal.lodged_on).days if held else days
    return payment_resume_clock(on, calendar(work.session), max(left, 1))


def _vary(work: Work, case: Case, pence: int, on: date, court: rules.Court) -> None:
    """The notice has effect with the varied amount: the tribunal's change is an entry of its own
    (reg 8). No new notice is given; ours cannot be amended by us (reg 7)."""
    reason = f"Varied by the {court.label}; finally determined on {day(on)}"
    payments.vary(work, case, pence, reason)
    case.amount_pence = pence
    case.amount_trace = {
        **(case.amount_trace or {}),
        "varied": {"pence": pence, "on": on.isoformat(), "court": court.value},
    }


def _quash(work: Work, case: Case, ended_on: date) -> None:
    """The final notice has no more effect: it is closed like a withdrawn one, money cancelled."""
    final = live_notice(work.session, case, FINAL)
    if final is not None:
        final.state, final.withdrawn_at = "withdrawn", work.now
        work.session.flush()
        work.record(
            stream(case),
            "notice_withdrawn",
            {"notice": final.reference, "reason": "quashed on appeal"},
        )
    payments.cancel(work, case, f"Quashed on appeal; finally determined on {day(ended_on)}")


def lapse(work: Work, case: Case, final: Notice) -> None:
    """The final notice under appeal was withdrawn by us: nothing is left to decide.

    Called by the withdrawal, which has checked who may do so. The tribunal is told by a person:
    a task waits for that. Does nothing without a live appeal.
    """
    appeal = live_appeal(work, case)
    if appeal is None:
        return
    words = f"{final.reference} was withdrawn."
    keep_step(work, case, appeal, Step(StepKind.LAPSED, work.today), words)
    _end_all(work, case, appeal, Outcome.NOTICE_WITHDRAWN, work.today, "notice withdrawn")
    tasks.open_task(
        work,
        case,
        TaskKind.OTHER,
        f"withdrawal in appeal {appeal.id}",
        f"Tell the tribunal in writing that {final.reference} was withdrawn "
        f"({appeal.tribunal_reference}).",
    )
