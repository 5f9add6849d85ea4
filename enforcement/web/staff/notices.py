"""Notices of a case: drafting, the page as it will be printed, the seal, issue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response
from wtforms import HiddenField, IntegerField
from wtforms.validators import InputRequired, Length, NumberRange

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.domain.clocks import MINIMUM_REPRESENTATIONS_DAYS
from enforcement.domain.giving import Method
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import Refusal
from enforcement.services import cases as case_services
from enforcement.services import format_wishes, notice_pages, recipients
from enforcement.services import notices as notice_services
from enforcement.services.case_facts import FINAL, INTENT, live_notice
from enforcement.services.notice_facts import first_free_day, stored_facts
from enforcement.services.policies import in_force
from enforcement.services.recipients import RecipientChoice
from enforcement.services.work import Work
from enforcement.web import access
from enforcement.web.fields import DayField, LongTextField, visible
from enforcement.web.forms import NhsForm, form_errors, refused
from enforcement.web.staff import letter_actions, notice_view
from enforcement.web.staff.case_form import LONGEST
from enforcement.web.staff.case_frame import case_frame
from enforcement.web.staff.queueing import enqueue
from enforcement.web.staff.recipient_fields import OTHER, RecipientFields

bp = Blueprint("notices", __name__)


class DraftForm(RecipientFields):
    """Who the notice is given to, how, and on which day."""

    version = HiddenField()
    send_on = DayField(
        "Planned day of sending",
        description="The dates on the notice are counted from this day",
        validators=[InputRequired("Say on which day it is sent")],
    )
    period_days = IntegerField("Days", validators=[InputRequired("Say how many days")])


class ReturnForm(NhsForm):
    """Why a notice goes back to its drafter."""

    version = HiddenField()
    reason = LongTextField(
        "What has to change?",
        validators=[InputRequired("Say what has to change"), Length(max=LONGEST), visible],
    )


@bp.get("/cases/<reference>/notices")
@access.needs(Permission.READ_CASES)
def notices(reference: str) -> str:
    work = access.work()
    case = case_services.find(work, reference)
    return render_template(
        "staff/notices/notices.html",
        case_frame=case_frame(work, case, "notices"),
        list=notice_view.listing(case, notice_services.of_case(work.session, case)),
        amount=notice_view.amount(case),
        reference=case.reference,
    )


@bp.route("/cases/<reference>/notices/intent", methods=["GET", "POST"])
@access.needs(Permission.DRAFT_NOTICE)
def draft_intent(reference: str) -> str | Response:
    return _draft(reference, INTENT)


@bp.route("/cases/<reference>/notices/final", methods=["GET", "POST"])
@access.needs(Permission.DRAFT_NOTICE)
def draft_final(reference: str) -> str | Response:
    return _draft(reference, FINAL)


def _draft(reference: str, kind: str) -> str | Response:
    work = access.work()
    case = case_services.find(work, reference)
    form = _draft_form(work, case, kind)
    errors: list[dict[str, str]] = []
    if request.method == "POST" and form.validate() and form.send_on.data:
        make = notice_services.draft_intent if kind == INTENT else notice_services.draft_final
        try:
            notice = make(
                work,
                case,
                form.choice(work, case),
                Method(form.method.data),
                form.send_on.data,
                form.period_days.data,
                _version(form.version.data),
            )
            return _to(case, notice, "Draft saved. Look at every page before you send it on.")
        except Refusal as refusal:
            access.undo()
            case = case_services.find(work, reference)
            errors = refused(refusal)
    return render_template(
        "staff/notices/draft.html",
        case_frame=case_frame(work, case, "notices"),
        form=form,
        errors=errors or form_errors(form),
        title_of=notice_services.TITLES[kind],
        kind=kind,
        follows=format_wishes.what_follows(work, case),
        gates=notice_view.gates(work, case, notice_services.ACTIONS[kind].draft),
    )


def _draft_form(work: Work, case: Case, kind: str) -> DraftForm:
    existing = live_notice(work.session, case, kind)
    known = recipients.choices(work.session, case)
    periods = in_force(work.session, "periods", work.today).body
    name = "representations_days" if kind == INTENT else "payment_days"
    start: dict[str, Any] = {
        "version": str(existing.version) if existing else "",
        "send_on": first_free_day(work),
        "period_days": int(periods[name]),
        "who": "0",
    }
    if existing is not None and existing.state == "draft":
        start |= _as_drafted(existing, known)
    form = DraftForm(data=start)
    form.offer([notice_view.recipient_words(one) for one in known])
    least = MINIMUM_REPRESENTATIONS_DAYS if kind == INTENT else 1
    form.period_days.validators = [
        InputRequired("Say how many days"),
        NumberRange(least, 90, f"Give a number of days from {least} to 90"),
    ]
    form.period_days.label.text = "Days for representations" if kind == INTENT else "Days to pay in"
    return form


def _as_drafted(notice: Notice, known: tuple[RecipientChoice, ...]) -> dict[str, Any]:
    chosen = RecipientChoice.of(notice.recipient)
    start: dict[str, Any] = {
        "send_on": stored_facts(notice).dated,
        "period_days": notice.period_days,
        "method": notice.method,
    }
    if chosen in known:
        return start | {"who": str(known.index(chosen))}
    return start | {
        "who": OTHER,
        "capacity": chosen.capacity.value,
        "attention": chosen.attention,
        "address": "\n".join(chosen.address),
        "postcode": chosen.postcode,
        "email": chosen.email,
    }


@bp.get("/cases/<reference>/notices/<int:notice_id>")
@access.needs(Permission.READ_CASES)
def notice(reference: str, notice_id: int) -> str:
    return _page(reference, notice_id)


def _page(reference: str, notice_id: int, errors: list[dict[str, str]] | None = None) -> str:
    work = access.work()
    case = case_services.find(work, reference)
    found = notice_services.find(work, case, notice_id)
    return_form = ReturnForm(data={"version": str(found.version)})
    if errors and request.method == "POST":
        return_form.reason.process_data(request.form.get("reason", ""))
    return render_template(
        "staff/notices/notice.html",
        case_frame=case_frame(work, case, "notices"),
        page=notice_view.page(work, case, found),
        about=letter_actions.of_notice(work, case, found),
        copies=letter_actions.copies_sent(work, found),
        return_form=return_form,
        errors=errors or [],
    )


@bp.get("/cases/<reference>/notices/<int:notice_id>/document.pdf")
@access.needs(Permission.READ_CASES)
def document(reference: str, notice_id: int) -> Response:
    """The exact PDF; with `?download` as a file to keep."""
    work = access.work()
    case = case_services.find(work, reference)
    found = notice_services.find(work, case, notice_id)
    kept = notice_pages.preview(work, case, found)
    answer = Response(kept.content, mimetype=kept.mime)
    how = "attachment" if "download" in request.args else "inline"
    answer.headers["Content-Disposition"] = f'{how}; filename="{found.reference}.pdf"'
    # The notice's own page shows it in a frame; nothing in it may load anything.
    answer.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    )
    return answer


@bp.get("/cases/<reference>/notices/<int:notice_id>/words")
@access.needs(Permission.READ_CASES)
def words(reference: str, notice_id: int) -> str:
    """The same words as a page for the screen, without the reply code."""
    work = access.work()
    case = case_services.find(work, reference)
    found = notice_services.find(work, case, notice_id)
    twin = notice_pages.twin(found)
    article = Markup(twin)  # noqa: S704 - our own template, rendered with escaping on
    return render_template(
        "staff/notices/words.html", article=article, reference=case.reference, notice=found
    )


@bp.post("/cases/<reference>/notices/<int:notice_id>/submit")
@access.needs(Permission.DRAFT_NOTICE)
def submit(reference: str, notice_id: int) -> str | Response:
    return _act(reference, notice_id, notice_services.submit, "Sent for approval.")


@bp.post("/cases/<reference>/notices/<int:notice_id>/approve")
@access.needs(Permission.APPROVE_NOTICE, password_again=True)
def approve(reference: str, notice_id: int) -> str | Response:
    seen = request.form.get("seen", "")

    def seal(work: Work, case: Case, found: Notice, version: int | None) -> object:
        return notice_services.approve(work, case, found, seen, version)

    return _act(reference, notice_id, seal, "Approved and sealed.")


@bp.post("/cases/<reference>/notices/<int:notice_id>/return")
@access.needs(Permission.APPROVE_NOTICE)
def give_back(reference: str, notice_id: int) -> str | Response:
    form = ReturnForm()
    if not form.validate():
        return _page(reference, notice_id, form_errors(form))

    def back(work: Work, case: Case, found: Notice, version: int | None) -> object:
        return notice_services.give_back(work, case, found, form.reason.data, version)

    return _act(reference, notice_id, back, "Returned to the drafter.")


@bp.post("/cases/<reference>/notices/<int:notice_id>/issue")
@access.needs(Permission.ISSUE_NOTICE)
def issue(reference: str, notice_id: int) -> str | Response:
    def out(work: Work, case: Case, found: Notice, version: int | None) -> object:
        return notice_services.issue(work, case, found, enqueue(), version)

    return _act(reference, notice_id, out, "Issued. It is sent by itself from here.")


Deed = Callable[[Work, Case, Notice, "int | None"], object]


def _act(reference: str, notice_id: int, deed: Deed, done: str) -> str | Response:
    """One button of the notice's page: the deed, or the page again with the refusal."""
    work = access.work()
    case = case_services.find(work, reference)
    found = notice_services.find(work, case, notice_id)
    try:
        deed(work, case, found, _version(request.form.get("version")))
        return _to(case, found, done)
    except Refusal as refusal:
        access.undo()
        return _page(reference, notice_id, refused(refusal))


def _to(case: Case, found: Notice, words_: str) -> Response:
    flash(words_, "success")
    where = url_for("notices.notice", reference=case.reference, notice_id=found.id)
    return redirect(where, 303)


def _version(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None
