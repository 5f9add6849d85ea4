"""What changes the next edition of a bundle: late documents, redactions and their lifting."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from wtforms import FileField, RadioField, SelectField, StringField, SubmitField
from wtforms.validators import InputRequired, Length, Optional

from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, WrongState, about
from enforcement.services import bundle_redactions, bundles, evidence
from enforcement.services.bundle_redactions import BUNDLE, PAGE, SCOPES, WHOLE
from enforcement.web import access
from enforcement.web.fields import DayField, visible
from enforcement.web.forms import put_refusal
from enforcement.web.staff.bundles import BOTH, opened
from enforcement.web.staff.case_form import CaseForm, FormPage, answer, options, words
from enforcement.web.staff.case_frame import case_frame

bp = Blueprint("bundle_changes", __name__, url_prefix="/cases/<reference>/bundles/<pack>")
P = Permission


class AddForm(CaseForm):
    title = StringField(
        "Title in the index",
        [InputRequired("Enter a title"), Length(max=160), visible],
    )
    dated = DayField("Date of the document (optional)", [Optional()])
    after = SelectField(
        "It comes after",
        [InputRequired("Choose the document that it comes after")],
        coerce=str,
        validate_choice=False,
        description="Its pages get letters after the last number of that document.",
    )
    file = FileField(
        "The document",
        description="A PDF, PNG or JPEG is bound page by page; another file gets a slip sheet.",
    )
    submit = SubmitField("Keep the document")


class RedactForm(CaseForm):
    scope = RadioField(
        "What is taken out?",
        [InputRequired("Choose what is taken out")],
        choices=options(SCOPES.items()),
    )
    page = StringField(
        "Page number",
        [Optional(), Length(max=10), visible],
        description="As printed at the top right of the page, like 57 or 57A.",
        render_kw={"width": 5},
    )
    text = StringField(
        "The exact words",
        [Optional(), Length(max=400), visible],
        description="Capitals, spaces and line ends do not matter. Leave empty for a whole page.",
    )
    reason = words(
        "What is the reason?",
        "Enter the reason",
        "The tribunal or court reads it on the page and in the list of redactions.",
    )
    submit = SubmitField("Mark the redaction")


class LiftForm(CaseForm):
    reason = words("Why is it lifted?", "Enter why it is lifted")
    submit = SubmitField("Lift the redaction")


def _back(reference: str) -> str:
    return url_for("bundles.bundles", reference=reference)


@bp.route("/add", methods=BOTH)
@access.needs(P.RECORD_APPEAL)
def add(reference: str, pack: str) -> Any:
    work, case, kind = opened(reference, pack)
    latest = bundles.newest(work, case, kind)
    form = AddForm()
    form.after.choices = options([("", "Choose"), *bundles.followable(latest)])
    if form.is_submitted() and form.validate():
        try:
            given = request.files.get("file")
            if given is None or not given.filename:
                raise BadInput("Choose the file.", about="file")
            content = given.stream.read(work.settings.max_evidence_bytes + 1)
            with about("file"):
                examined = evidence.examine(given.filename, content, work.settings)
            late = bundles.Late(form.title.data, form.dated.data, form.after.data)
            bundles.add(work, case, kind, late, examined)
            flash("The document is kept. Make an edition to put it in.", "success")
            return redirect(_back(reference), 303)
        except (BadInput, WrongState) as refused:
            access.undo()
            put_refusal(form, refused)
    return render_template(
        "staff/bundles/add.html",
        case_frame=case_frame(work, case, "bundles"),
        form=form,
        back=_back(reference),
    )


@bp.route("/redact", methods=BOTH)
@access.needs(P.RECORD_APPEAL)
def redact(reference: str, pack: str) -> Any:
    work, case, kind = opened(reference, pack)
    latest = bundles.newest(work, case, kind)
    form = RedactForm()
    if not form.is_submitted():
        form.scope.data = PAGE

    def act() -> None:
        scope = form.scope.data
        if scope != BUNDLE and not (form.page.data or "").strip():
            raise BadInput("Give the number of the page.", about="page")
        if scope == WHOLE and (form.text.data or "").strip():
            raise BadInput(
                "You gave words as well. Leave them empty to take out the whole page.", about="text"
            )
        bundle_redactions.mark(
            work, case, latest, scope, form.page.data or "", form.text.data or "", form.reason.data
        )

    page = FormPage(
        "Redact",
        tab="bundles",
        back=_back(reference),
        intro=f"From the next edition on. Pages are those of edition {latest.number}. The words "
        "are really taken away; the original is kept.",
    )
    return answer(work, case, form, page, act, "Marked: the next edition carries it out.")


@bp.route("/redactions/<int:number>/lift", methods=BOTH)
@access.needs(P.RECORD_APPEAL)
def lift(reference: str, pack: str, number: int) -> Any:
    work, case, kind = opened(reference, pack)
    form = LiftForm()
    page = FormPage(
        f"Lift redaction R{number}",
        tab="bundles",
        back=_back(reference),
        intro="From the next edition on it is shown again. Older editions stay as they are.",
    )

    def act() -> None:
        bundle_redactions.lift(work, case, kind, number, form.reason.data)

    return answer(work, case, form, page, act, "Lifted: the next edition shows the words again.")
