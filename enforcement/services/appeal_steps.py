"""What happens while an appeal lives: each step recorded, with what it does to deadlines.

The order in which steps may come is `domain.appeals`; here is what each starts and ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.data.payments import Appeal
from enforcement.domain import appeals as rules
from enforcement.domain import payments as ledger
from enforcement.domain.appeals import Outcome, Standing, Step, StepKind
from enforcement.domain.calendar import local_date
from enforcement.domain.clocks import ClockKind, appeal_response_clock
from enforcement.domain.refusals import BadInput, NoFeeScheme, SamePerson
from enforcement.domain.tribunal_clocks import onward_clock, ordered_clock
from enforcement.services import amounts, appeal_standing, appeals, directions, money_letters
from enforcement.services.appeal_standing import running
from enforcement.services.case_clocks import end_clocks, start_clock
from enforcement.services.payments import entries_of
from enforcement.services.policies import calendar
from enforcement.services.work import Work

K = StepKind
# These have a way of their own: they end the appeal.
ENDING = frozenset({K.WITHDRAWN, K.DETERMINED, K.LAPSED})
SETS_A_DAY = frozenset({K.RESPONSE_EXTENDED, K.HEARING_LISTED, K.ONWARD_EXTENDED})
NEEDS_WORDS = {
    K.AMOUNT_FOUND: "Say where CQC’s figure stands.",
    K.STAYED: "Say why the proceedings are stayed.",
    K.RESPONSE_EXTENDED: "Say why more time was given.",
    K.ONWARD_EXTENDED: "Say why more time was given.",
    K.HEARING_VACATED: "Say why the hearing does not take place.",
    K.DECIDED: "Say in a sentence or two what was decided and why.",
    K.PERMISSION_SOUGHT: "Say who asks for permission, and on what grounds.",
}


@dataclass(frozen=True)
class Happening:
    """A step that is being recorded, with everything its effects look at."""

    work: Work
    case: Case
    appeal: Appeal
    before: Standing
    step: Step


def record(
    work: Work, case: Case, step: Step, words: str = "", version: int | None = None
) -> Standing:
    """Record a step of the live appeal and let it start and end what it does.

    Refuses BadInput (a day before the appeal, before the last decision or to come; a day it must
    set; words it needs; an amount that reg 3 does not give), WrongState for a step that cannot
    come now, SamePerson, NotFound, StaleVersion, NotAllowed.
    """
    appeal, before = appeals.expected(work, case, version)
    if step.kind in ENDING:
        raise BadInput("This step ends the appeal: record how it ended.")
    _check(work, appeal, before, step, words)
    happening = Happening(work, case, appeal, before, step)
    if step.kind is K.DECIDED and step.outcome is Outcome.VARIED:
        _check_amount(happening)
    now = appeals.keep_step(work, case, appeal, step, words.strip())
    if effect := _EFFECTS.get(step.kind):
        effect(happening, now)
    work.session.flush()
    return now


def _check(work: Work, appeal: Appeal, before: Standing, step: Step, words: str) -> None:
    earliest = max(appeal.lodged_on, before.last_on)
    if not earliest <= step.on <= work.today:
        raise BadInput(
            "The day lies before the appeal or what was last decided in it, or is still to come."
        )
    if (step.until is not None) != (step.kind in SETS_A_DAY):
        raise BadInput("Enter the day that was set.")
    if step.until is not None and step.until <= step.on:
        raise BadInput("The day that was set comes after the day on which it was set.")
    if step.kind is K.AMOUNT_FOUND and not (step.pence and step.pence > 0):
        raise BadInput("Enter CQC’s figure.")
    if step.kind in NEEDS_WORDS and not words.strip():
        raise BadInput(NEEDS_WORDS[step.kind])


# --- the amount ---------------------------------------------------------------------------------
def reg3_pence(work: Work, case: Case, now: Standing) -> int | None:
    """CQC's fee when the penalty was imposed (reg 3), in pence; None when it cannot be known.

    CQC's own figure recorded for the appeal, or else our working under the scheme in force on the
    day the final notice was issued. Reads only.
    """
    if now.found_pence is not None:
        return now.found_pence
    _, final = money_letters.owed_under(work, case)
    return worked_out(work, case, final)


def found_pence(work: Work, appeal: Appeal) -> int | None:
    """CQC's figure recorded for the appeal, in pence, if any. Reads only."""
    return appeal_standing.standing(work.session, appeal).found_pence


def worked_out(work: Work, case: Case, final: Notice) -> int | None:
    """Our working of the fee on the day the penalty was imposed; None when a number is missing."""
    day = local_date(final.issued_at) if final.issued_at else work.today
    try:
        found = amounts.estimate(work.session, case.provider, day)
    except (NoFeeScheme, BadInput):
        return None
    return found.total_pence if found.complete else None


def _check_amount(one: Happening) -> None:
    """Reg 8: no other amount than reg 3's; and CQC's figure for it came from another person."""
    penalty, _ = money_letters.owed_under(one.work, one.case)
    rules.check_variation(
        one.step.pence,
        reg3_pence(one.work, one.case, one.before),
        ledger.charged(entries_of(penalty)),
    )
    rows = appeal_standing.rows_of(one.work.session, one.appeal)
    found = [row for row in rows if row.kind == K.AMOUNT_FOUND]
    if found and found[-1].recorded_by == one.work.actor.identity:
        raise SamePerson(
            f"{one.work.actor.name} recorded CQC’s figure, so may not record the variation to it.",
            rule="Separation of duties",
            fix="Ask a colleague to record the decision.",
        )


# --- what a step starts and ends ----------------------------------------------------------------
def _responded(one: Happening, now: Standing) -> None:
    clock = running(one.case, ClockKind.APPEAL_RESPONSE)
    because = "late" if clock is not None and one.step.on > clock.due_on else "met"
    end_clocks(one.work, one.case, {ClockKind.APPEAL_RESPONSE}, because)
    appeals.settle_response(one.work, one.case, one.appeal, "Our response is filed.")


def _response_extended(one: Happening, now: Standing) -> None:
    if one.step.until is None:
        raise BadInput("Enter the day that was set.")
    kind, working = ClockKind.APPEAL_RESPONSE, calendar(one.work.session)
    clock = ordered_clock(kind, one.step.on, one.step.until, working)
    appeals.response_due(one.work, one.case, one.appeal, clock)


def _stayed(one: Happening, now: Standing) -> None:
    stopped = {ClockKind.APPEAL_RESPONSE, ClockKind.HEARING}
    end_clocks(one.work, one.case, stopped, "stayed")
    appeals.settle_response(one.work, one.case, one.appeal, "The proceedings are stayed.")
    directions.stay(one.work, one.case, one.appeal)


def _lifted(one: Happening, now: Standing) -> None:
    """Our response has its time again, whole, unless it is filed; directions as they stood."""
    directions.resume(one.work, one.case, one.appeal, one.step.on)
    if now.response_filed_on is None:
        clock = appeal_response_clock(one.step.on, calendar(one.work.session))
        appeals.response_due(one.work, one.case, one.appeal, clock)


def _listed(one: Happening, now: Standing) -> None:
    end_clocks(one.work, one.case, {ClockKind.HEARING}, "superseded")
    _ordered(one, ClockKind.HEARING)


def _ordered(one: Happening, kind: ClockKind) -> None:
    if one.step.until is None:
        raise BadInput("Enter the day that was set.")
    working = calendar(one.work.session)
    start_clock(one.work, one.case, ordered_clock(kind, one.step.on, one.step.until, working))


def _hearing_over(because: str) -> Callable[[Happening, Standing], None]:
    def end(one: Happening, now: Standing) -> None:
        end_clocks(one.work, one.case, {ClockKind.HEARING}, because)

    return end


def _decided(one: Happening, now: Standing) -> None:
    ended = {ClockKind.APPEAL_RESPONSE, ClockKind.HEARING, ClockKind.ONWARD_APPEAL}
    end_clocks(one.work, one.case, ended, "decided")
    appeals.settle_response(one.work, one.case, one.appeal, "The appeal was decided.")
    directions.lapse(one.work, one.case, one.appeal, one.step.on, "The appeal was decided.")
    _onward(one, now)


def _onward(one: Happening, now: Standing) -> None:
    """The time for going on, where the rules give any."""
    limit = rules.onward_limit(now)
    if limit is not None:
        clock = onward_clock(one.step.on, limit, calendar(one.work.session))
        start_clock(one.work, one.case, clock)


def _sought(one: Happening, now: Standing) -> None:
    clock = running(one.case, ClockKind.ONWARD_APPEAL)
    because = "late" if clock is not None and one.step.on > clock.due_on else "met"
    end_clocks(one.work, one.case, {ClockKind.ONWARD_APPEAL}, because)


def _onward_extended(one: Happening, now: Standing) -> None:
    end_clocks(one.work, one.case, {ClockKind.ONWARD_APPEAL}, "superseded")
    _ordered(one, ClockKind.ONWARD_APPEAL)


_EFFECTS: dict[StepKind, Callable[[Happening, Standing], None]] = {
    K.RESPONSE_FILED: _responded,
    K.RESPONSE_EXTENDED: _response_extended,
    K.STAYED: _stayed,
    K.STAY_LIFTED: _lifted,
    K.HEARING_LISTED: _listed,
    K.HEARING_HELD: _hearing_over("held"),
    K.HEARING_VACATED: _hearing_over("vacated"),
    K.DECIDED: _decided,
    K.ONWARD_EXTENDED: _onward_extended,
    K.PERMISSION_SOUGHT: _sought,
    K.PERMISSION_REFUSED: _onward,
}
