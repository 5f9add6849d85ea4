"""An appeal as it goes: steps in their order, and where it stands after each.

An appeal suspends the final notice until it is finally determined or withdrawn (SI 2022/1175
reg 8): not until the first decision. So a decision opens the time for going on to a higher court,
and the penalty stands again only when that time is over, or nobody goes on. Steps are kept as they
came; the standing is always worked out from them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from enforcement.domain.refusals import BadInput, WrongState
from enforcement.domain.tribunal_clocks import Limit
from enforcement.domain.words import day, pounds

REG8 = "SI 2022/1175 reg 8"


class Court(StrEnum):
    """Before whom the appeal is, lowest first."""

    FIRST_TIER = "first_tier"
    UPPER = "upper"
    COURT_OF_APPEAL = "court_of_appeal"
    SUPREME = "supreme"

    @property
    def label(self) -> str:
        return _COURTS[self]

    @property
    def above(self) -> Court | None:
        """The next court up, or None."""
        courts = list(Court)
        higher = courts.index(self) + 1
        return courts[higher] if higher < len(courts) else None


_COURTS = {
    Court.FIRST_TIER: "First-tier Tribunal",
    Court.UPPER: "Upper Tribunal",
    Court.COURT_OF_APPEAL: "Court of Appeal",
    Court.SUPREME: "Supreme Court",
}


class Phase(StrEnum):
    """Where an appeal stands."""

    UNDER_WAY = "under_way"
    DECIDED = "decided"
    ASKED = "asked"
    REFUSED = "refused"
    OVER = "over"


class Outcome(StrEnum):
    """What a court decided, or how the appeal ended."""

    DISMISSED = "dismissed"
    STRUCK_OUT = "struck_out"
    VARIED = "varied"
    QUASHED = "quashed"
    STANDS = "stands"
    SENT_BACK = "sent_back"
    WITHDRAWN = "withdrawn"
    NOTICE_WITHDRAWN = "notice_withdrawn"

    @property
    def label(self) -> str:
        return OUTCOMES[self]


OUTCOMES: dict[str, str] = {
    Outcome.DISMISSED: "Dismissed: the penalty stands",
    Outcome.STRUCK_OUT: "Struck out, or not admitted: the penalty stands",
    Outcome.VARIED: "Varied: the penalty stands in another amount",
    Outcome.QUASHED: "Allowed: the penalty is quashed",
    Outcome.STANDS: "The decision below stands",
    Outcome.SENT_BACK: "Sent back to the First-tier Tribunal",
    Outcome.WITHDRAWN: "Withdrawn by the provider: the penalty stands",
    Outcome.NOTICE_WITHDRAWN: "Ended: we withdrew the final notice",
}
_BELOW = (Outcome.STANDS, Outcome.SENT_BACK)
DECISIONS = (Outcome.DISMISSED, Outcome.STRUCK_OUT, Outcome.VARIED, Outcome.QUASHED)


class StepKind(StrEnum):
    """One thing that happened in an appeal."""

    TIME_EXTENDED = "time_extended"
    RESPONSE_FILED = "response_filed"
    RESPONSE_EXTENDED = "response_extended"
    STAYED = "stayed"
    STAY_LIFTED = "stay_lifted"
    HEARING_LISTED = "hearing_listed"
    HEARING_HELD = "hearing_held"
    HEARING_VACATED = "hearing_vacated"
    AMOUNT_FOUND = "amount_found"
    DECIDED = "decided"
    ONWARD_EXTENDED = "onward_extended"
    PERMISSION_SOUGHT = "permission_sought"
    PERMISSION_GRANTED = "permission_granted"
    PERMISSION_REFUSED = "permission_refused"
    WITHDRAWN = "withdrawn"
    DETERMINED = "determined"
    LAPSED = "lapsed"

    @property
    def label(self) -> str:
        return STEPS[self]


K = StepKind
STEPS: dict[StepKind, str] = {
    K.TIME_EXTENDED: "Late appeal admitted",
    K.RESPONSE_FILED: "Our response filed",
    K.RESPONSE_EXTENDED: "More time for our response",
    K.STAYED: "Proceedings stayed",
    K.STAY_LIFTED: "Stay lifted",
    K.HEARING_LISTED: "Hearing listed",
    K.HEARING_HELD: "Hearing held",
    K.HEARING_VACATED: "Hearing vacated",
    K.AMOUNT_FOUND: "CQC’s figure for the appeal",
    K.DECIDED: "Decision",
    K.ONWARD_EXTENDED: "More time for going on",
    K.PERMISSION_SOUGHT: "Permission to appeal asked for",
    K.PERMISSION_GRANTED: "Permission to appeal given",
    K.PERMISSION_REFUSED: "Permission to appeal refused",
    K.WITHDRAWN: "Appeal withdrawn by the provider",
    K.DETERMINED: "Finally determined",
    K.LAPSED: "Ended: we withdrew the final notice",
}
P = Phase
_LIVE = frozenset({P.UNDER_WAY, P.DECIDED, P.ASKED, P.REFUSED})
_WHEN: dict[StepKind, frozenset[Phase]] = {
    **dict.fromkeys(K, frozenset({P.UNDER_WAY})),
    K.AMOUNT_FOUND: _LIVE,
    K.ONWARD_EXTENDED: frozenset({P.DECIDED, P.REFUSED}),
    K.PERMISSION_SOUGHT: frozenset({P.DECIDED, P.REFUSED}),
    K.PERMISSION_GRANTED: frozenset({P.ASKED}),
    K.PERMISSION_REFUSED: frozenset({P.ASKED}),
    K.WITHDRAWN: _LIVE,
    K.DETERMINED: frozenset({P.DECIDED, P.REFUSED}),
    K.LAPSED: _LIVE,
}
_PHASE_WORDS = {
    P.UNDER_WAY: "under way",
    P.DECIDED: "decided, and the time for going on runs",
    P.ASKED: "waiting for an answer on permission to appeal",
    P.REFUSED: "refused permission to appeal",
    P.OVER: "over",
}


@dataclass(frozen=True)
class Step:
    """One step: what, on which day; `until` is a day it sets; `pence` a sum it names."""

    kind: StepKind
    on: date
    until: date | None = None
    outcome: Outcome | None = None
    pence: int | None = None


@dataclass(frozen=True)
class Standing:
    """Where an appeal stands. `court`: before whom it is, or who decided last; `outcome`: of the
    last decision on the penalty; `pence`: the amount it set; `asked`: who was asked for
    permission; `last_on`: the day of the last step that moved it."""

    last_on: date
    phase: Phase = Phase.UNDER_WAY
    court: Court = Court.FIRST_TIER
    asked: Court | None = None
    outcome: Outcome | None = None
    pence: int | None = None
    found_pence: int | None = None
    response_filed_on: date | None = None
    hearing_on: date | None = None
    stayed_on: date | None = None
    admitted_late: bool = False

    @property
    def sentence(self) -> str:
        """Where it stands, in words."""
        if self.phase is Phase.UNDER_WAY:
            where = f"The appeal is before the {self.court.label}."
            if self.stayed_on:
                return f"{where} The proceedings are stayed since {day(self.stayed_on)}."
            return (
                f"{where} The hearing is on {day(self.hearing_on)}." if self.hearing_on else where
            )
        said = f"The {self.court.label} decided: {_small(self.outcome)}."
        if self.phase is Phase.ASKED and self.asked:
            return f"{said} Permission to appeal was asked of the {self.asked.label}."
        if self.phase is Phase.REFUSED and self.asked:
            return f"{said} The {self.asked.label} refused permission to appeal."
        return said


def _small(outcome: Outcome | None) -> str:
    return outcome.label[0].lower() + outcome.label[1:] if outcome else "nothing yet"


def stand(lodged_on: date, steps: Iterable[Step]) -> Standing:
    """Where an appeal stands after its steps, in the order they were recorded."""
    now = Standing(last_on=lodged_on)
    for step in steps:
        now = after(now, step)
    return now


def after(now: Standing, step: Step) -> Standing:
    """The standing after one more step. Refuses WrongState for a step that cannot come now, and
    BadInput for one without what it must say."""
    if now.phase not in _WHEN[step.kind]:
        raise WrongState(
            f"“{step.kind.label}” does not fit an appeal that is {_PHASE_WORDS[now.phase]}.",
            rule=REG8,
        )
    return _AFTER[step.kind](now, step)


def may_come(now: Standing, kind: StepKind) -> bool:
    """Whether such a step could come next, whatever it says."""
    try:
        after(now, Step(kind, now.last_on, outcome=choices_of(now)[0]))
    except (WrongState, BadInput):
        return False
    return True


def _stayed(now: Standing, step: Step) -> Standing:
    if now.stayed_on:
        raise WrongState("The proceedings are stayed already.")
    return replace(now, stayed_on=step.on)


def _lifted(now: Standing, step: Step) -> Standing:
    if not now.stayed_on:
        raise WrongState("The proceedings are not stayed.")
    return replace(now, stayed_on=None)


def _responded(now: Standing, step: Step) -> Standing:
    if now.response_filed_on:
        raise WrongState("Our response was recorded as filed already.")
    return replace(now, response_filed_on=step.on)


def _more_time(now: Standing, step: Step) -> Standing:
    if now.response_filed_on:
        raise WrongState("Our response is filed: it needs no more time.")
    return now


def _heard(now: Standing, step: Step) -> Standing:
    if not now.hearing_on:
        raise WrongState("No hearing is listed.")
    return replace(now, hearing_on=None)


def _decided(now: Standing, step: Step) -> Standing:
    if step.outcome not in choices_of(now):
        raise BadInput("Choose what was decided.")
    if step.outcome is Outcome.VARIED and not step.pence:
        raise BadInput("Enter the amount that was set.")
    moved = replace(
        now, phase=Phase.DECIDED, asked=None, hearing_on=None, stayed_on=None, last_on=step.on
    )
    if step.outcome is Outcome.STANDS:
        return moved
    if step.outcome is Outcome.SENT_BACK:
        fresh = Standing(last_on=step.on, found_pence=now.found_pence)
        return replace(fresh, response_filed_on=now.response_filed_on)
    pence = step.pence if step.outcome is Outcome.VARIED else None
    return replace(moved, outcome=step.outcome, pence=pence)


def choices_of(now: Standing) -> tuple[Outcome, ...]:
    """What the court that has the appeal may decide."""
    return DECISIONS if now.court is Court.FIRST_TIER else (*_BELOW, *DECISIONS)


def _asked(now: Standing, step: Step) -> Standing:
    """First of the court that decided, then, refused there, of the one above."""
    asked = now.court if now.asked is None else now.court.above
    if asked is None or (now.asked is not None and now.asked is not now.court):
        raise WrongState("There is no higher court to ask.")
    return replace(now, phase=Phase.ASKED, asked=asked, last_on=step.on)


def _granted(now: Standing, step: Step) -> Standing:
    above = now.court.above
    if above is None:
        raise WrongState("There is no higher court.")
    return replace(now, phase=Phase.UNDER_WAY, court=above, asked=None, last_on=step.on)


_AFTER: dict[StepKind, Callable[[Standing, Step], Standing]] = {
    K.TIME_EXTENDED: lambda now, step: replace(now, admitted_late=True),
    K.RESPONSE_FILED: _responded,
    K.RESPONSE_EXTENDED: _more_time,
    K.STAYED: _stayed,
    K.STAY_LIFTED: _lifted,
    K.HEARING_LISTED: lambda now, step: replace(now, hearing_on=step.until),
    K.HEARING_HELD: _heard,
    K.HEARING_VACATED: _heard,
    K.AMOUNT_FOUND: lambda now, step: replace(now, found_pence=step.pence),
    K.DECIDED: _decided,
    K.ONWARD_EXTENDED: lambda now, step: now,
    K.PERMISSION_SOUGHT: _asked,
    K.PERMISSION_GRANTED: _granted,
    K.PERMISSION_REFUSED: lambda now, step: replace(now, phase=Phase.REFUSED, last_on=step.on),
    K.WITHDRAWN: lambda now, step: replace(
        now, phase=Phase.OVER, outcome=Outcome.WITHDRAWN, pence=None, last_on=step.on
    ),
    K.DETERMINED: lambda now, step: replace(now, phase=Phase.OVER, last_on=step.on),
    K.LAPSED: lambda now, step: replace(
        now, phase=Phase.OVER, outcome=Outcome.NOTICE_WITHDRAWN, pence=None, last_on=step.on
    ),
}

# How long there is for going on: after a decision, and after permission was refused, by court.
_ONWARD: dict[tuple[Phase, Court], Limit] = {
    (P.DECIDED, Court.FIRST_TIER): Limit("SI 2009/1976 r.42(2); SI 2008/2699 r.46(2)", days=28),
    (P.DECIDED, Court.UPPER): Limit("SI 2008/2698 r.44(4)", months=1),
    (P.DECIDED, Court.COURT_OF_APPEAL): Limit("Rules of the Supreme Court", days=28),
    (P.REFUSED, Court.FIRST_TIER): Limit("SI 2008/2698 r.21(3)(b)", months=1),
    (P.REFUSED, Court.UPPER): Limit("CPR PD 52D para 3.3", days=42),
    (P.REFUSED, Court.COURT_OF_APPEAL): Limit("Rules of the Supreme Court", days=28),
}
_RENEWAL = Limit("SI 2008/2698 r.22(5)", days=14)


def onward_limit(now: Standing) -> Limit | None:
    """How long there is for going on from where the appeal stands; None: no further step.

    After a refusal by the Upper Tribunal of a permission it was asked for, an oral hearing may be
    asked for; the other courts' refusals are the last word.
    """
    if now.phase is Phase.REFUSED and now.asked is not now.court:
        return _RENEWAL if now.asked is Court.UPPER else None
    return _ONWARD.get((now.phase, now.court))


def determined_on(now: Standing, limit_on: date | None, said_on: date | None, today: date) -> date:
    """The day on which the appeal is finally determined (reg 8).

    `limit_on`: the last day for going on, None where there is none; `said_on`: the day on which
    whoever might go on said in writing that they will not. Refuses WrongState while the time for
    going on runs, or permission is waited for, or nothing is decided.
    """
    if now.phase not in _WHEN[K.DETERMINED] or now.outcome is None:
        raise WrongState(
            f"The appeal is not finally determined: it is {_PHASE_WORDS[now.phase]}.", rule=REG8
        )
    if said_on is not None:
        if not now.last_on <= said_on <= today:
            raise BadInput("They said so after the decision, and not in the future.")
        return said_on
    if limit_on is None:
        return now.last_on
    if today <= limit_on:
        raise WrongState(
            f"The time for going on runs until {day(limit_on)}, 5pm.",
            rule=REG8,
            fix="Wait, or record on which day it was said in writing that nobody goes on.",
        )
    return limit_on


def check_variation(pence: int | None, reg3_pence: int | None, stated_pence: int) -> None:
    """The tribunal may vary a penalty only to what reg 3 gives (reg 8).

    `reg3_pence`: CQC's fee when the penalty was imposed, as worked out again or as CQC gives it;
    `stated_pence`: the amount of the notice. Refuses BadInput in words.
    """
    if pence is None or pence <= 0:
        raise BadInput("Enter the amount that was set.")
    if pence == stated_pence:
        raise BadInput(
            f"{pounds(pence)} is the amount of the final notice: record the appeal as dismissed."
        )
    if reg3_pence is None:
        raise BadInput(
            "CQC’s fee when the penalty was imposed cannot be worked out.",
            rule="SI 2022/1175 regs 3, 8",
            fix="Record CQC’s figure with its evidence first.",
        )
    if pence != reg3_pence:
        raise BadInput(
            f"The tribunal can set no other amount than CQC’s fee when the penalty was imposed, "
            f"which is {pounds(reg3_pence)}; {pounds(pence)} is another.",
            rule="SI 2022/1175 regs 3, 8",
            fix="Record CQC’s figure with its evidence if ours is wrong, or ask the tribunal to "
            "look at its decision again.",
        )
