"""The appeal page: what was lodged, what it suspends, how it ended."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, url_for
from wtforms import RadioField, StringField, SubmitField
from wtforms.validators import InputRequired, Length, Optional

from enforcement.data.cases import Case
from enforcement.data.payments import Appeal
from enforcement.domain.cases import Action, Choice
from enforcement.domain.permissions import Permission
from enforcement.services import appeals, cases
from enforcement.services.work import Work
from enforcement.web import access, pages
from enforcement.web.fields import DayField, LongTextField, visible
from enforcement.web.filters import day
from enforcement.web.staff.case_form import LONGEST, CaseForm, FormPage, answer, chosen, options
from enforcement.web.staff.case_frame import case_frame, place

bp = Blueprint("appeals", __name__, url_prefix="/cases/<reference>/appeal")
BOTH = ["GET", "POST"]


class LodgeForm(CaseForm):
    tribunal_reference = StringField(
        "Tribunal reference",
        [InputRequired("Enter the tribunal’s reference"), Length(max=60), visible],
        render_kw={"width": 20},
    )
    lodged_on = DayField("When was the appeal made?", [InputRequired("Enter when it was made")])
    received_on = DayField(
        "When did we receive the notice of appeal?",
        [InputRequired("Enter when we received it")],
        description="Our response is due 28 days after this day.",
    )
    grounds = LongTextField("Grounds (optional)", [Optional(), Length(max=LONGEST), visible])
    submit = SubmitField("Record the appeal")


class EndForm(CaseForm):
    outcome = RadioField(
        "How did the appeal end?",
        [InputRequired("Choose how the appeal ended")],
        choices=options(appeals.OUTCOMES.items()),
    )
    ended_on = DayField("On which day?", [InputRequired("Enter the day on which it ended")])
    reason = LongTextField("Notes (optional)", [Optional(), Length(max=LONGEST), visible])
    submit = SubmitField("Record the outcome")


def _opened(reference: str) -> tuple[Work, Case]:
    work = access.work()
    return work, cases.find(work, reference)


@bp.get("")
@access.needs(Permission.READ_CASES)
def appeal(reference: str) -> str:
    work, case = _opened(reference)
    return render_template(
        "staff/appeals/appeal.html",
        case_frame=case_frame(work, case, "money"),
        appeals=[_shown(one) for one in appeals.appeals_of(work, case)],
        actions=_actions(work, case),
    )


def _shown(one: Appeal) -> list[pages.Fact]:
    found = [
        pages.Fact("Tribunal reference", one.tribunal_reference),
        pages.Fact("Made on", day(one.lodged_on)),
        pages.Fact("Received by us", day(one.received_on)),
    ]
    if one.grounds:
        found.append(pages.Fact("Grounds", one.grounds))
    if one.outcome:
        words = appeals.OUTCOMES[one.outcome]
        return [*found, pages.Fact("Outcome", words, f"Ended on {day(one.ended_on)}")]
    return [*found, pages.Fact("Outcome", "Under way", "The final notice is suspended (reg 8).")]


def _actions(work: Work, case: Case) -> list[pages.Action]:
    by_action = {c.action: c for c in cases.choices(work, case)}
    offered = ((Action.LODGE_APPEAL, "appeals.lodge"), (Action.APPEAL_CONFIRMED, "appeals.end"))
    words = {Action.APPEAL_CONFIRMED: "Record how the appeal ended"}
    return [
        _action(by_action[action], words.get(action, action.label), endpoint, case)
        for action, endpoint in offered
        if action in by_action
    ]


def _action(choice: Choice, label: str, endpoint: str, case: Case) -> pages.Action:
    url = place(endpoint, reference=case.reference)
    return pages.Action(label, url, primary=True, reason=" ".join(choice.reasons))


def _page(case: Case, title: str, intro: str) -> FormPage:
    back = url_for("appeals.appeal", reference=case.reference)
    return FormPage(title, tab="money", back=back, intro=intro)


@bp.route("/lodge", methods=BOTH)
@access.needs(Permission.RECORD_APPEAL)
def lodge(reference: str) -> Any:
    work, case = _opened(reference)
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

    intro = "An appeal suspends the final notice until it ends (SI 2022/1175 reg 8)."
    page = _page(case, "Record an appeal", intro)
    return answer(work, case, form, page, act, "The appeal is recorded; payment is suspended.")


@bp.route("/end", methods=BOTH)
@access.needs(Permission.RECORD_APPEAL)
def end(reference: str) -> Any:
    work, case = _opened(reference)
    form = EndForm()

    def act() -> None:
        appeals.end(
            work,
            case,
            form.outcome.data,
            chosen(form.ended_on),
            form.reason.data or "",
            form.read_version,
        )

    intro = (
        "If the penalty stands, a full payment period starts on the day the appeal ended. If it "
        "is quashed, nothing is owed and what was paid is repaid."
    )
    page = _page(case, "Record how the appeal ended", intro)
    return answer(work, case, form, page, act, "The outcome is recorded.")
