"""The amount of a case: our working, CQC's figure with its evidence, a difference acknowledged."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms.validators import InputRequired

from enforcement.data.cases import Case
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import Refusal
from enforcement.services import amounts
from enforcement.services import cases as case_services
from enforcement.services.work import Work
from enforcement.web import access
from enforcement.web.fields import LongTextField, MoneyField
from enforcement.web.forms import NhsForm, form_errors
from enforcement.web.staff import notice_view
from enforcement.web.staff.case_frame import case_frame

bp = Blueprint("amounts", __name__)


class ConfirmForm(NhsForm):
    """CQC's own figure."""

    pounds = MoneyField(
        "The fee as CQC gives it", validators=[InputRequired("Give the sum in pounds and pence")]
    )
    evidence = LongTextField(
        "Where does it stand?",
        description="The letter or email, its date, who gave it",
        validators=[InputRequired("Say where CQC’s figure stands")],
    )


class AcknowledgeForm(NhsForm):
    """Why CQC's figure stands although ours differs."""

    reason = LongTextField(
        "Why does CQC’s figure stand?", validators=[InputRequired("Say why it stands")]
    )


@bp.get("/cases/<reference>/amount")
@access.needs(Permission.READ_CASES)
def amount(reference: str) -> str:
    return _page(reference, ConfirmForm(formdata=None), AcknowledgeForm(formdata=None), [])


@bp.post("/cases/<reference>/amount/working")
@access.needs(Permission.CONFIRM_AMOUNT)
def recompute(reference: str) -> str | Response:
    return _act(reference, amounts.recompute, "Worked out again under the scheme in force today.")


@bp.post("/cases/<reference>/amount/confirmed")
@access.needs(Permission.CONFIRM_AMOUNT)
def confirm(reference: str) -> str | Response:
    form = ConfirmForm()
    if not form.validate():
        return _page(reference, form, AcknowledgeForm(formdata=None), form_errors(form))
    pence = form.pounds.data or 0

    def deed(work: Work, case: Case) -> None:
        amounts.confirm(work, case, pence, form.evidence.data)
        amounts.recompute(work, case)

    return _act(reference, deed, "CQC’s figure is recorded.")


@bp.post("/cases/<reference>/amount/difference")
@access.needs(Permission.CONFIRM_AMOUNT)
def acknowledge(reference: str) -> str | Response:
    form = AcknowledgeForm()
    if not form.validate():
        return _page(reference, ConfirmForm(formdata=None), form, form_errors(form))

    def deed(work: Work, case: Case) -> None:
        amounts.acknowledge(work, case, form.reason.data)

    return _act(reference, deed, "The difference is acknowledged.")


def _act(reference: str, deed: Callable[[Work, Case], object], done: str) -> str | Response:
    work = access.work()
    case = case_services.find(work, reference)
    try:
        deed(work, case)
    except Refusal as refusal:
        access.undo()
        errors = [{"text": " ".join(filter(None, (refusal.sentence, refusal.fix))), "href": ""}]
        return _page(reference, ConfirmForm(), AcknowledgeForm(), errors)
    flash(done, "success")
    return redirect(url_for("amounts.amount", reference=case.reference), 303)


def _page(
    reference: str,
    confirm_form: ConfirmForm,
    acknowledge_form: AcknowledgeForm,
    errors: list[dict[str, str]],
) -> str:
    work = access.work()
    case = case_services.find(work, reference)
    trace = case.amount_trace or {}
    return render_template(
        "staff/amounts/amount.html",
        case_frame=case_frame(work, case, "notices"),
        facts=notice_view.amount(case),
        lines=notice_view.fee_lines(case),
        differs=bool(trace.get("difference")),
        confirm_form=confirm_form,
        acknowledge_form=acknowledge_form,
        may=Permission.CONFIRM_AMOUNT in work.actor.permissions,
        errors=errors,
        reference=case.reference,
        asked=request.method == "POST",
    )
