"""The appeal page: where it stands, its directions and steps, and how it ended."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, render_template, url_for
from wtforms.validators import InputRequired

from enforcement.data.cases import Case, ClockRow
from enforcement.data.payments import Appeal
from enforcement.domain.appeals import (
    OUTCOMES,
    Outcome,
    Phase,
    Standing,
    Step,
    StepKind,
    choices_of,
    may_come,
)
from enforcement.domain.cases import Action
from enforcement.domain.clocks import ClockKind
from enforcement.domain.permissions import Permission, not_yours
from enforcement.services import appeal_standing, appeal_steps, appeals, cases, directions
from enforcement.services.directions import Held
from enforcement.services.work import Work
from enforcement.web import access, pages
from enforcement.web.filters import day, money
from enforcement.web.listing import Cell, Column, Listing
from enforcement.web.staff.appeal_forms import (
    STEP_FORMS,
    DetermineForm,
    LodgeForm,
    WithdrawnForm,
)
from enforcement.web.staff.case_form import FormPage, answer, chosen, options
from enforcement.web.staff.case_frame import case_frame, place

bp = Blueprint("appeals", __name__, url_prefix="/cases/<reference>/appeal")
BOTH = ["GET", "POST"]
K = StepKind
# The usual way of an appeal: what is shown first, in the order in which it comes.
OFFERED = (
    K.RESPONSE_FILED, K.HEARING_LISTED, K.HEARING_HELD, K.DECIDED, K.PERMISSION_SOUGHT,
    K.PERMISSION_GRANTED, K.PERMISSION_REFUSED, K.RESPONSE_EXTENDED, K.ONWARD_EXTENDED,
    K.HEARING_VACATED, K.STAYED, K.STAY_LIFTED, K.AMOUNT_FOUND,
)  # fmt: skip


def opened(reference: str) -> tuple[Work, Case]:
    """The case of an address, for a page of its appeal."""
    work = access.work()
    return work, cases.find(work, reference)


@bp.get("")
@access.needs(Permission.READ_CASES)
def appeal(reference: str) -> str:
    work, case = opened(reference)
    return render_template(
        "staff/appeals/appeal.html",
        case_frame=case_frame(work, case, "appeal"),
        appeals=[_shown(work, case, one) for one in reversed(appeals.appeals_of(work, case))],
        actions=_actions(work, case),
    )


def _shown(work: Work, case: Case, one: Appeal) -> dict[str, Any]:
    now = appeal_standing.standing(work.session, one)
    held = directions.of_appeal(work, case, one)
    return {
        "reference": one.tribunal_reference,
        "standing": "" if one.outcome else now.sentence,
        "facts": _facts(work, case, one, now),
        "directions": _directions(work, case, held) if held or not one.outcome else None,
        "steps": _steps(work, one),
    }


def _facts(work: Work, case: Case, one: Appeal, now: Standing) -> list[pages.Fact]:
    late = appeal_standing.is_late(case, one)
    made = ("Late: admitted by the tribunal" if now.admitted_late else "Late") if late else ""
    found = [
        pages.Fact("Made on", day(one.lodged_on), made),
        pages.Fact("Received by us", day(one.received_on)),
    ]
    if one.grounds:
        found.append(pages.Fact("Grounds", one.grounds))
    if one.outcome:
        words = OUTCOMES[one.outcome]
        sum_set = f" {money(now.pence)}." if now.pence is not None else ""
        return [
            *found,
            pages.Fact("Outcome", words, f"Finally determined on {day(one.ended_on)}.{sum_set}"),
        ]
    found.append(_response(case, now))
    if limit := appeal_standing.running(case, ClockKind.ONWARD_APPEAL):
        found.append(_clock_fact("Time for going on", case, limit))
    if hearing := appeal_standing.running(case, ClockKind.HEARING):
        found.append(_clock_fact("Hearing", case, hearing))
    reg3 = appeal_steps.reg3_pence(work, case, now)
    found.append(
        pages.Fact(
            "CQC’s fee when it was imposed",
            money(reg3) if reg3 is not None else "Cannot be worked out",
            "CQC’s figure, recorded for the appeal"
            if now.found_pence is not None
            else "Worked out again. The tribunal can set no other amount (reg 8).",
        )
    )
    return found


def _response(case: Case, now: Standing) -> pages.Fact:
    if now.response_filed_on:
        return pages.Fact("Our response", f"Filed on {day(now.response_filed_on)}")
    clock = appeal_standing.running(case, ClockKind.APPEAL_RESPONSE)
    if clock is None:
        return pages.Fact("Our response", "Not filed", "No day runs for it now")
    return _clock_fact("Our response", case, clock)


def _clock_fact(key: str, case: Case, row: ClockRow) -> pages.Fact:
    hour = ", 5pm" if ClockKind(row.kind).by_five else ""
    before = "" if ClockKind(row.kind).occasion else "Due "
    url = place("clocks.receipt", reference=case.reference, clock_id=row.id)
    return pages.Fact(key, f"{before}{day(row.due_on)}{hour}", href=url)


def _directions(work: Work, case: Case, held: list[Held]) -> Listing:
    return Listing(
        caption="Directions of the tribunal",
        columns=[
            Column("number", "No.", numeric=True),
            Column("what", "What"),
            Column("whose", "Who"),
            Column("due", "By", whole=True),
            Column("state", "State"),
        ],
        rows=[_direction(work, case, one) for one in held],
        empty_title="No directions",
        empty_text="Each is recorded with who must do it and by when.",
    )


def _direction(work: Work, case: Case, one: Held) -> dict[str, object]:
    return {
        "number": one.row.number,
        "what": Cell(one.row.what, note=f"Given on {day(one.row.given_on)}"),
        "whose": directions.WHOSE[one.row.whose],
        "due": _due(case, one),
        "state": _state(work, case, one),
    }


def _due(case: Case, one: Held) -> Cell:
    """The day that was set last, with its receipt; why another counts; which was set first."""
    said, notes = f"{day(one.stated_on)}, 5pm", []
    if one.clock is not None and one.clock.due_on != one.stated_on:
        notes.append(f"Not a working day: in time until {day(one.clock.due_on)}.")
    if extended := [step for step in one.steps if step.until is not None]:
        notes.append(f"First set for {day(one.row.first_due_on)}. {extended[-1].words}")
    if one.clock is None:
        return Cell(said, note=" ".join(notes))
    url = place("clocks.receipt", reference=case.reference, clock_id=one.clock.id)
    return Cell(said, href=url, note=" ".join(notes))


def _state(work: Work, case: Case, one: Held) -> Cell:
    if one.ended is not None:
        return Cell(
            f"{directions.ENDED[one.ended.kind]}, {day(one.ended.on)}", note=one.ended.words
        )
    stopped = one.clock is not None and one.clock.ended_at is not None
    said = "Stayed, or waits for another day" if stopped else "Open"
    if not_yours(work.actor, Permission.RECORD_APPEAL):
        return Cell(said)
    url = url_for("directions.direction", reference=case.reference, direction_id=one.row.id)
    return Cell(f"Say what became of {one.row.number}", href=url, note=said)


def _steps(work: Work, one: Appeal) -> Listing | None:
    rows = [
        {
            "on": day(row.on),
            "step": Cell(StepKind(row.kind).label, note=row.words),
            "said": _said(row.outcome, row.pence, day(row.until) if row.until else ""),
            "by": row.recorded_by_name,
        }
        for row in appeal_standing.rows_of(work.session, one)
    ]
    if not rows:
        return None
    return Listing(
        caption="Steps",
        columns=[
            Column("on", "Day"),
            Column("step", "Step"),
            Column("said", "What it says"),
            Column("by", "Recorded by"),
        ],
        rows=rows,
    )


def _said(outcome: str | None, pence: int | None, until: str) -> str:
    words = OUTCOMES[outcome] if outcome else ""
    return ", ".join(filter(None, (words, money(pence) if pence else "", until)))


def _actions(work: Work, case: Case) -> list[pages.Action]:
    live = appeals.live_appeal(work, case)
    if live is None:
        return [
            pages.Action(
                choice.action.label,
                place("appeals.lodge", reference=case.reference),
                primary=not appeals.appeals_of(work, case),
                reason=" ".join(choice.reasons),
            )
            for choice in cases.choices(work, case)
            if choice.action is Action.LODGE_APPEAL
        ]
    now = appeal_standing.standing(work.session, live)
    offered: list[tuple[str, str, dict[str, str]]] = []
    late = appeal_standing.is_late(case, live) and not now.admitted_late
    for kind in (*((K.TIME_EXTENDED,) if late else ()), *OFFERED):
        if may_come(now, kind):
            offered.append((STEP_FORMS[kind].title, "appeals.record", {"kind": kind.value}))
    if now.phase is Phase.UNDER_WAY:
        offered.insert(1, ("Record a direction", "directions.give", {}))
    if may_come(now, K.DETERMINED) and now.outcome is not None:
        offered.insert(0, ("Record that it is finally determined", "appeals.determine", {}))
    offered.append(("Record that the provider withdrew it", "appeals.withdrawn", {}))
    bundle = pages.Action("Tribunal bundle", place("bundles.bundles", reference=case.reference))
    why = not_yours(work.actor, Permission.RECORD_APPEAL)
    first = "decided" if now.response_filed_on else "response_filed"
    return [
        pages.Action(
            words,
            place(endpoint, reference=case.reference, **more),
            primary=endpoint == "appeals.determine" or more.get("kind") == first,
            reason=why,
        )
        for words, endpoint, more in offered
    ] + [bundle]


def page_of(case: Case, title: str, intro: str = "", note: str = "") -> FormPage:
    """A form about the appeal, which leads back to its page."""
    back = url_for("appeals.appeal", reference=case.reference)
    return FormPage(title, tab="appeal", back=back, intro=intro, note=note)


@bp.route("/lodge", methods=BOTH)
@access.needs(Permission.RECORD_APPEAL)
def lodge(reference: str) -> Any:
    work, case = opened(reference)
    form = LodgeForm()

    def act() -> None:
        appeals.lodge(
            work,
            case,
            chosen(form.lodged_on),
            chosen(form.received_on),
            form.tribunal_reference.data,
            form.grounds.data or "",
            form.read_version,
        )

    intro = (
        "An appeal suspends the final notice until it is finally determined or withdrawn "
        "(SI 2022/1175 reg 8): payment and recovery stop."
    )
    page = page_of(case, "Record an appeal", intro)
    return answer(work, case, form, page, act, "The appeal is recorded; payment is suspended.")


@bp.route("/record/<kind>", methods=BOTH)
@access.needs(Permission.RECORD_APPEAL)
def record(reference: str, kind: str) -> Any:
    """One step of the appeal, by its kind."""
    work, case = opened(reference)
    spec = STEP_FORMS.get(StepKind(kind)) if kind in list(StepKind) else None
    if spec is None:
        abort(404)
    form = spec.form()
    live = appeals.live_appeal(work, case)
    if "outcome" in form and live is not None:
        now = appeal_standing.standing(work.session, live)
        form.outcome.choices = options((o.value, o.label) for o in choices_of(now))

    def act() -> None:
        step = Step(
            StepKind(kind),
            chosen(form.on),
            chosen(form.until) if "until" in form else None,
            Outcome(form.outcome.data) if "outcome" in form else None,
            form.pence.data if "pence" in form else None,
        )
        appeal_steps.record(work, case, step, form.words.data or "", form.read_version)

    page = page_of(case, spec.title, spec.intro)
    return answer(work, case, form, page, act, "Recorded.")


@bp.route("/withdrawn", methods=BOTH)
@access.needs(Permission.RECORD_APPEAL)
def withdrawn(reference: str) -> Any:
    work, case = opened(reference)
    form = WithdrawnForm()

    def act() -> None:
        appeals.withdrawn(work, case, chosen(form.on), form.words.data or "", form.read_version)

    intro = "The final notice takes effect again from that day, and a period for payment runs."
    page = page_of(case, "Record that the provider withdrew the appeal", intro)
    return answer(work, case, form, page, act, "Recorded. A period for payment runs again.")


@bp.route("/determine", methods=BOTH)
@access.needs(Permission.RECORD_APPEAL)
def determine(reference: str) -> Any:
    work, case = opened(reference)
    form = DetermineForm()
    limit = appeal_standing.running(case, ClockKind.ONWARD_APPEAL)
    early = limit is not None and work.today <= limit.due_on
    if early:
        form.said_on.validators = [InputRequired("Enter the day on which they said so")]

    def act() -> None:
        appeals.determine(work, case, form.said_on.data, form.words.data or "", form.read_version)

    intro = "The last decision takes effect. If the penalty stands, a period for payment runs."
    note = (
        f"The time for going on runs until {day(limit.due_on)}, 5pm. Before that, only if whoever "
        "might go on has said in writing that they will not."
        if early and limit
        else ""
    )
    page = page_of(case, "Record that the appeal is finally determined", intro, note)
    return answer(work, case, form, page, act, "The appeal is over.")
