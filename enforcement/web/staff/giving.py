"""Recording that a notice was posted or delivered; putting giving in doubt and settling it."""

from __future__ import annotations

from datetime import datetime, time

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import RadioField, SubmitField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.domain.calendar import local_date, local_instant
from enforcement.domain.giving import POST, Method
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import NotFound, Refusal
from enforcement.services import cases as case_services
from enforcement.services import giving, sending, settling
from enforcement.services import notices as notice_services
from enforcement.services.work import Work
from enforcement.web import access
from enforcement.web.fields import DayField, LongTextField, visible
from enforcement.web.forms import NhsForm, form_errors, refused
from enforcement.web.staff.case_form import LONGEST, CaseForm, FormPage, answer, chosen, options
from enforcement.web.staff.case_form import words as long_words
from enforcement.web.staff.case_frame import case_frame

bp = Blueprint("giving", __name__)
BY_PERSON = (*POST, Method.HAND)
_MIDDAY = time(12)


class GivingForm(NhsForm):
    """When and how a person sent the notice, and what shows it."""

    sent_on = DayField(
        "Day posted or delivered", validators=[InputRequired("Say on which day it was sent")]
    )
    method = RadioField(
        "How",
        choices=[SelectChoice(one.value, one.label) for one in BY_PERSON],
        validators=[InputRequired("Choose how it was sent")],
    )
    evidence = LongTextField(
        "What shows it?",
        description="The post room’s list, a receipt number, who delivered it to whom",
        validators=[InputRequired("Say what shows it"), Length(max=LONGEST), visible],
    )


class SettleForm(NhsForm):
    """What a person found out about a sending that nobody could answer for."""

    found = RadioField(
        "Was it sent?",
        choices=[
            SelectChoice("sent", "Yes, it was sent"),
            SelectChoice("not_sent", "No: send it now"),
        ],
        validators=[InputRequired("Choose one")],
    )
    sent_on = DayField("Day it was sent, if it was", validators=[Optional()])
    evidence = LongTextField(
        "What shows it?",
        description="The mail server’s record, the recipient’s word, the post room’s list",
        validators=[InputRequired("Say what shows it"), Length(max=LONGEST), visible],
    )


class DoubtForm(CaseForm):
    """What came back, when, and what shows it."""

    reason = RadioField(
        "What happened?",
        [InputRequired("Choose what happened")],
        choices=options(giving.DOUBTS.items()),
    )
    noticed_on = DayField("On which day was it noticed?", [InputRequired("Enter the day")])
    evidence = long_words(
        "What shows it?",
        "Enter what shows it",
        "The envelope and the words on it, the mail server’s message, who rang",
    )
    submit = SubmitField("Put the giving in doubt")


class ProofForm(CaseForm):
    """What shows that the notice was validly given after all."""

    evidence = long_words(
        "What shows that it was given?",
        "Enter what shows that it was given",
        "The proof of posting and the address registered on that day, a signature, a reply",
    )
    submit = SubmitField("The notice was given")


@bp.route("/cases/<reference>/notices/<int:notice_id>/giving", methods=["GET", "POST"])
@access.needs(Permission.RECORD_GIVING)
def record(reference: str, notice_id: int) -> str | Response:
    work = access.work()
    case, notice = _find(work, reference, notice_id)
    known = notice.method if Method(notice.method) in BY_PERSON else None
    form = GivingForm(data={"sent_on": work.today, "method": known})
    errors: list[dict[str, str]] = []
    if request.method == "POST" and form.validate() and form.sent_on.data:
        try:
            giving.record_by_person(
                work, notice, form.sent_on.data, Method(form.method.data), form.evidence.data
            )
            return _done(case, notice, "Recorded. The clocks run from the day it is given.")
        except Refusal as refusal:
            errors = _refused(refusal)
            case, notice = _find(work, reference, notice_id)
    return render_template(
        "staff/giving/record.html",
        case_frame=case_frame(work, case, "notices"),
        form=form,
        errors=errors or form_errors(form),
        notice=notice,
    )


@bp.route(
    "/cases/<reference>/notices/<int:notice_id>/sendings/<int:item_id>", methods=["GET", "POST"]
)
@access.needs(Permission.RECORD_GIVING)
def settle(reference: str, notice_id: int, item_id: int) -> str | Response:
    work = access.work()
    case, notice = _find(work, reference, notice_id)
    item = next((one for one in sending.items_of(work.session, notice) if one.id == item_id), None)
    if item is None:
        raise NotFound("The notice has no such sending.")
    form = SettleForm()
    errors: list[dict[str, str]] = []
    if request.method == "POST" and form.validate():
        try:
            settling.settle(
                work,
                item.id,
                sent=form.found.data == "sent",
                evidence=form.evidence.data,
                sent_at=_moment(work, form, item.created_at),
            )
            return _done(case, notice, "Settled.")
        except Refusal as refusal:
            errors = _refused(refusal)
            case, notice = _find(work, reference, notice_id)
    return render_template(
        "staff/giving/settle.html",
        case_frame=case_frame(work, case, "notices"),
        form=form,
        errors=errors or form_errors(form),
        notice=notice,
        answer=item.evidence or "",
    )


@bp.route("/cases/<reference>/notices/<int:notice_id>/doubt", methods=["GET", "POST"])
@access.needs(Permission.RECORD_GIVING)
def doubt(reference: str, notice_id: int) -> Response | str | tuple[str, int]:
    work = access.work()
    case, notice = _find(work, reference, notice_id)
    form = DoubtForm(data={"noticed_on": work.today})

    def act() -> None:
        case_services.expect(case, form.read_version)
        day = chosen(form.noticed_on)
        giving.doubt(work, notice, form.reason.data, form.evidence.data, day)

    page = _form_page(
        case,
        notice,
        "Post came back, or giving is in doubt",
        "The case is held, and nothing that rests on the giving can be done until this is "
        "settled. The time to decide goes on: it is fixed by law (SI 2022/1175 reg 6).",
    )
    return answer(work, case, form, page, act, "Giving is in doubt. The case is held.")


@bp.route("/cases/<reference>/notices/<int:notice_id>/given", methods=["GET", "POST"])
@access.needs(Permission.RECORD_GIVING)
def prove(reference: str, notice_id: int) -> Response | str | tuple[str, int]:
    work = access.work()
    case, notice = _find(work, reference, notice_id)
    form = ProofForm()

    def act() -> None:
        case_services.expect(case, form.read_version)
        giving.settle_doubt(work, notice, form.evidence.data)

    page = _form_page(
        case,
        notice,
        "Settle the doubt about giving",
        "A notice sent to a proper address is taken as given on the day counted, even if it comes "
        "back (SI 2022/1175 reg 7). If the address was not proper, do not settle it here: a "
        "notice cannot be amended, so it is withdrawn and given again at another address, with "
        "fresh periods.",
    )
    return answer(work, case, form, page, act, "Settled. The notice was given on the day counted.")


def _form_page(case: Case, notice: Notice, title: str, intro: str) -> FormPage:
    back = url_for("notices.notice", reference=case.reference, notice_id=notice.id)
    return FormPage(f"{title}: {notice.reference}", tab="notices", back=back, intro=intro)


def _moment(work: Work, form: SettleForm, issued: datetime) -> datetime | None:
    """A day is all a person knows: midday, kept between the issue and now."""
    day = form.sent_on.data
    if day is None:
        return None
    midday = local_instant(day, _MIDDAY)
    if day == local_date(issued):
        midday = max(midday, issued)
    return min(midday, work.now) if day == work.today else midday


def _find(work: Work, reference: str, notice_id: int) -> tuple[Case, Notice]:
    case = case_services.find(work, reference)
    return case, notice_services.find(work, case, notice_id)


def _refused(refusal: Refusal) -> list[dict[str, str]]:
    access.undo()
    return refused(refusal)


def _done(case: Case, notice: Notice, words: str) -> Response:
    flash(words, "success")
    where = url_for("notices.notice", reference=case.reference, notice_id=notice.id)
    return redirect(where, 303)
