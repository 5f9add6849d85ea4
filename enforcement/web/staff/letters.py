"""Letters a person writes on a case, the two certificates, and copies in large print."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response
from wtforms import HiddenField, RadioField, SubmitField
from wtforms.validators import InputRequired

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.domain.giving import Method
from enforcement.domain.letters import RULES, Letter
from enforcement.domain.payments import standing
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import NotFound
from enforcement.services import (
    cases,
    certificates,
    copies,
    format_wishes,
    giving_certificates,
    letters,
    money_letters,
    notices,
    recipients,
)
from enforcement.services.case_facts import balance, penalty_of
from enforcement.services.sending import Enqueue
from enforcement.services.work import Work
from enforcement.web import access
from enforcement.web.fields import DayField
from enforcement.web.staff.case_form import CaseForm, FormPage, answer, chosen, options, words
from enforcement.web.staff.notice_view import recipient_words
from enforcement.web.staff.queueing import enqueue
from enforcement.web.staff.recipient_fields import WAYS

bp = Blueprint("letters", __name__, url_prefix="/cases/<reference>")
BOTH = ["GET", "POST"]
ON_A_NOTICE = "/notices/<int:notice_id>"
AS_THE_FINAL = "It goes to the person and by the method of the final notice."


class SupportForm(CaseForm):
    who = RadioField("Who is it sent to, and where?", validators=[InputRequired("Choose one")])
    method = RadioField(
        "How is it sent?",
        choices=options((one.value, one.label) for one in WAYS),
        validators=[InputRequired("Choose how the letter is sent")],
    )
    submit = SubmitField("Send the letter")


class SendForm(CaseForm):
    submit = SubmitField("Send the letter")


class NonPaymentForm(CaseForm):
    not_received_by = DayField(
        "Not received by the end of which day?",
        [InputRequired("Enter the day")],
        description="A day that is over, on or after the last day to pay.",
    )
    submit = SubmitField("Draft the certificate")


class SignForm(CaseForm):
    sha256 = HiddenField()
    submit = SubmitField("Sign exactly this certificate")


class DiscardForm(CaseForm):
    reason = words("Why is it discarded?", "Enter why it is discarded")
    submit = SubmitField("Discard the certificate", render_kw={"warning": True})


class CopyForm(CaseForm):
    way = RadioField("How is it sent?", validators=[InputRequired("Choose how it is sent")])
    submit = SubmitField("Send the copy")


def _opened(reference: str) -> tuple[Work, Case]:
    work = access.work()
    return work, cases.find(work, reference)


def _notice(reference: str, notice_id: int) -> tuple[Work, Case, Notice]:
    work, case = _opened(reference)
    return work, case, notices.find(work, case, notice_id)


def _certificate(reference: str, notice_id: int) -> tuple[Work, Case, Notice]:
    work, case, notice = _notice(reference, notice_id)
    if notice.kind != certificates.KIND:
        raise NotFound(f"{notice.reference} is not a certificate of non-payment.")
    return work, case, notice


def _page(case: Case, letter: Letter, intro: str) -> FormPage:
    back = url_for("notices.notices", reference=case.reference)
    posted = letter is not Letter.NON_PAYMENT
    follows = format_wishes.what_follows(access.work(), case) if posted else ""
    return FormPage(RULES[letter].label, tab="notices", back=back, intro=intro, note=follows)


@bp.route("/letters/support", methods=BOTH)
@access.needs(Permission.ISSUE_NOTICE)
def support(reference: str) -> Any:
    """Offer help with the return: what is missing, and what could follow."""
    work, case = _opened(reference)
    form = SupportForm()
    known = recipients.choices(work.session, case)
    form.who.choices = options((str(n), recipient_words(one)) for n, one in enumerate(known))
    if not form.is_submitted():
        form.who.data = "0"

    def act() -> None:
        to, method = known[int(form.who.data)], Method(form.method.data)
        letters.support(work, case, to, method, enqueue())

    intro = "The letter says which returns are missing, how to make the next one and what could "
    page = _page(case, Letter.SUPPORT, intro + "follow. It is not a notice.")
    return answer(work, case, form, page, act, "The letter is on its way.")


@bp.route("/letters/reminder", methods=BOTH)
@access.needs(Permission.CHASE_PAYMENT)
def reminder(reference: str) -> Any:
    """Remind the provider of what is owed."""
    says = f"The reminder says so, and by when and how to pay. {AS_THE_FINAL}"
    return _about_money(reference, Letter.REMINDER, money_letters.reminder, says)


@bp.route("/letters/refund", methods=BOTH)
@access.needs(Permission.RECORD_MONEY)
def refund(reference: str) -> Any:
    """Tell the provider what is repaid, and why."""
    says = (
        f"The letter says what is repaid, why and by when. {AS_THE_FINAL} Record the refund itself "
        "once it is paid."
    )
    return _about_money(reference, Letter.REFUND, money_letters.refund, says)


def _about_money(
    reference: str, letter: Letter, send: Callable[[Work, Case, Enqueue], Notice], says: str
) -> Any:
    """The balance, what a letter about it would say, and one button to send it."""
    work, case = _opened(reference)
    page = _page(case, letter, f"{_standing(work, case)} {says}")

    def act() -> None:
        send(work, case, enqueue())

    return answer(work, case, SendForm(), page, act, "The letter is on its way.")


def _standing(work: Work, case: Case) -> str:
    penalty = penalty_of(work.session, case)
    return standing(balance(work.session, penalty) if penalty else None)


@bp.route("/certificates/non-payment", methods=BOTH)
@access.needs(Permission.CHASE_PAYMENT)
def non_payment(reference: str) -> Any:
    """Draft a certificate of what was not received by a day."""
    work, case = _opened(reference)
    form = NonPaymentForm()

    def act() -> None:
        certificates.draft(work, case, chosen(form.not_received_by))

    page = _page(
        case,
        Letter.NON_PAYMENT,
        f"{_standing(work, case)} The certificate states what had not been received by a day "
        "(SI 2022/1175 reg 9). A second person signs it. It is kept on the case for the county "
        "court and goes to nobody by itself.",
    )
    return answer(work, case, form, page, act, "Drafted. It waits for a second person to sign.")


@bp.route(f"{ON_A_NOTICE}/sign", methods=BOTH)
@access.needs(Permission.APPROVE_NOTICE)
def sign(reference: str, notice_id: int) -> Any:
    """The page as it would be signed, and the signature."""
    work, case, notice = _certificate(reference, notice_id)
    form = SignForm()
    page = FormPage(
        "Sign the certificate of non-payment",
        tab="notices",
        back=_at(case, notice),
        intro=f"Your name is printed as {work.actor.name}, {certificates.role_of(work.actor)}. "
        "You sign exactly this document.",
        paper_url=url_for("letters.to_sign", reference=case.reference, notice_id=notice.id),
    )
    if not form.is_submitted():
        form.sha256.data = certificates.as_signed(work, notice).sha256
    seen = form.sha256.data or ""

    def act() -> None:
        certificates.sign(work, case, notice, seen)

    return answer(work, case, form, page, act, "Signed. The certificate is kept.")


@bp.get(f"{ON_A_NOTICE}/to-sign.pdf")
@access.needs(Permission.APPROVE_NOTICE)
def to_sign(reference: str, notice_id: int) -> Response:
    """The certificate as this person would sign it today."""
    work, _, notice = _certificate(reference, notice_id)
    return _pdf(certificates.as_signed(work, notice).pdf, notice.reference)


@bp.route(f"{ON_A_NOTICE}/discard", methods=BOTH)
@access.needs(Permission.CHASE_PAYMENT)
def discard(reference: str, notice_id: int) -> Any:
    """Give up a certificate that nobody has signed."""
    work, case, notice = _certificate(reference, notice_id)
    form = DiscardForm()

    def act() -> None:
        certificates.discard(work, case, notice, form.reason.data)

    page = FormPage("Discard the certificate", tab="notices", back=_at(case, notice))
    return answer(work, case, form, page, act, "The certificate is discarded.")


@bp.get(f"{ON_A_NOTICE}/giving-certificate.pdf")
@access.needs(Permission.READ_CASES)
def giving_certificate(reference: str, notice_id: int) -> Response:
    """How the notice was given, from the rows as they stand now."""
    work, case, notice = _notice(reference, notice_id)
    made = giving_certificates.look(work, case, notice)
    return _pdf(made.pdf, f"{notice.reference}-giving")


@bp.post(f"{ON_A_NOTICE}/giving-certificate")
@access.needs(Permission.RECORD_GIVING)
def keep_giving_certificate(reference: str, notice_id: int) -> Any:
    """Keep the certificate of giving on the case."""
    work, case, notice = _notice(reference, notice_id)
    made = giving_certificates.make(work, case, notice)
    flash(f"Kept as {made.reference}.", "success")
    return redirect(_at(case, made), 303)


@bp.get(f"{ON_A_NOTICE}/large-print.pdf")
@access.needs(Permission.READ_CASES)
def large_print(reference: str, notice_id: int) -> Response:
    """The notice in large print, to read or to hand over."""
    work, case, notice = _notice(reference, notice_id)
    return _pdf(copies.look(work, case, notice).pdf, f"{notice.reference}-large-print")


@bp.route(f"{ON_A_NOTICE}/copy", methods=BOTH)
@access.needs(Permission.ISSUE_NOTICE)
def send_copy(reference: str, notice_id: int) -> Any:
    """Send a copy in large print to the person of the notice."""
    work, case, notice = _notice(reference, notice_id)
    form = CopyForm()
    form.way.choices = options(
        (way, f"{copies.CHANNELS[way]}: {where}") for way, where in copies.ways(notice).items()
    )

    def act() -> None:
        copies.send(work, case, notice, form.way.data, enqueue())

    page = FormPage(
        "Send a copy in large print",
        tab="notices",
        back=_at(case, notice),
        intro="It goes to the person of the notice. A copy gives nothing: it starts no period and "
        "changes no day.",
    )
    return answer(work, case, form, page, act, "The copy is on its way.")


def _at(case: Case, notice: Notice) -> str:
    return url_for("notices.notice", reference=case.reference, notice_id=notice.id)


def _pdf(content: bytes, name: str) -> Response:
    """A PDF for a frame of our own pages or, with `?download`, a file to keep."""
    found = Response(content, mimetype="application/pdf")
    how = "attachment" if "download" in request.args else "inline"
    found.headers["Content-Disposition"] = f'{how}; filename="{name}.pdf"'
    found.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    )
    return found
