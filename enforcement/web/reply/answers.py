"""What the provider wants to say: one question a page, each saved when it is sent."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from wtforms import EmailField, RadioField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Email, InputRequired, Length, Optional

from enforcement.data.replies import ReplyDraft
from enforcement.domain.refusals import BadInput
from enforcement.domain.replies import (
    ALL_WINDOWS,
    MAX_WORDS,
    REASONS,
    Question,
    after,
    before,
    missing,
)
from enforcement.services import links, reply_drafts
from enforcement.web.fields import LongTextField, visible
from enforcement.web.forms import NhsForm
from enforcement.web.reply import access

bp = Blueprint("answers", __name__, url_prefix="/reply")
ROLES = [
    "Registered manager",
    "Nominated individual",
    "Director, partner or trustee",
    "Owner or sole provider",
    "Somebody acting for the provider",
]


class ReasonsForm(NhsForm):
    choice = SelectMultipleField(
        "What do you want to tell us?",
        description="Choose everything that applies. You can explain each on the next pages.",
        choices=[SelectChoice(r.key, r.title, {"hint": r.hint}) for r in REASONS.values()],
    )


class KindForm(NhsForm):
    choice = RadioField("What kind of reason was it?", choices=[], validate_choice=False)


class WindowsForm(NhsForm):
    choice = SelectMultipleField("Which months is this about?", validate_choice=False)


class WordsForm(NhsForm):
    choice = LongTextField(
        "", [visible, Length(max=MAX_WORDS, message="That is too long")], render_kw={"rows": 8}
    )


class SenderForm(NhsForm):
    name = StringField(
        "Your full name",
        [InputRequired("Enter your full name"), Length(max=120), visible],
        render_kw={"autocomplete": "name", "spellcheck": False},
    )
    role = RadioField(
        "What is your role?",
        [InputRequired("Choose your role")],
        choices=[SelectChoice(role, role) for role in ROLES],
    )
    acting_for = StringField(
        "If you act for the provider, who asked you to?",
        [Length(max=200), visible],
        description="For example: a solicitor or adviser. Leave this empty otherwise.",
    )
    email = EmailField(
        "Email address for your receipt",
        [Optional(), Email("Enter an email address like name@example.org"), Length(max=254)],
        description="We send the receipt here. Leave it empty if you have none.",
    )
    phone = StringField(
        "Telephone number",
        [Length(max=40), visible],
        description="If you want us to ring you.",
        render_kw={"autocomplete": "tel", "inputmode": "tel", "width": 20},
    )


def several() -> bool:
    """Whether the case rests on more than one window, so that asking which makes sense."""
    return len(access.case().misses) > 1


def address_of(question: Question | None) -> str:
    """Where a question is asked; the check page after the last."""
    if question is None:
        return url_for("sending.check")
    if question.name == "evidence":
        return url_for("attachments.evidence")
    if question.name == "sender":
        return url_for("answers.sender")
    if question.name == "reasons":
        return url_for("answers.reasons")
    return url_for("answers.detail", reason=question.reason, name=question.name)


def back_from(draft: ReplyDraft | None, question: Question) -> dict[str, str]:
    """The back link: to the question before, or to the check page one came from."""
    if "change" in request.args:
        return {"href": url_for("sending.check"), "text": "Back to your answers"}
    earlier = before(draft.answers if draft else {}, question, several())
    return {"href": address_of(earlier) if earlier else url_for("reply.home"), "text": "Back"}


def onward(draft: ReplyDraft, question: Question) -> Any:
    """After a page is saved: leave, go back to checking, or the next question."""
    if "later" in request.form:
        return redirect(url_for("answers.saved"))
    if "change" in request.args and not missing(draft.answers, several()):
        return redirect(url_for("sending.check"))
    return redirect(address_of(after(draft.answers, question, several())))


def _ask(form: NhsForm, question: Question, sentence: str = "") -> Any:
    draft = reply_drafts.current(access.work(), access.link())
    reason = REASONS.get(question.reason)
    if sentence:
        form.choice.errors = [sentence]
    return render_template(
        "reply/question.html",
        form=form,
        question=question,
        reason=reason,
        page=form.choice.label.text,
        back=back_from(draft, question),
    )


def _save(form: NhsForm, question: Question) -> Any:
    try:
        draft = reply_drafts.save(access.work(), access.link(), question, form.choice.data or "")
    except BadInput as refused:
        return _ask(form, question, refused.sentence)
    return onward(draft, question)


@bp.route("/why", methods=["GET", "POST"])
@access.needs_session
def reasons() -> Any:
    question = Question("reasons")
    reply_drafts.refuse_decided(access.case())
    form = ReasonsForm()
    if request.method == "POST":
        return _save(form, question)
    draft = reply_drafts.current(access.work(), access.link())
    form.choice.data = (draft.answers if draft else {}).get("reasons", [])
    return _ask(form, question)


@bp.route("/why/<reason>/<name>", methods=["GET", "POST"])
@access.needs_session
def detail(reason: str, name: str) -> Any:
    draft = reply_drafts.current(access.work(), access.link())
    known = REASONS.get(reason)
    if known is None or name not in known.questions:
        abort(404)
    if draft is None or reason not in draft.answers.get("reasons", []):
        return redirect(url_for("answers.reasons"))
    question = Question(name, reason)
    form = _detail_form(question)
    if request.method == "POST":
        if not form.validate():
            return _ask(form, question)
        return _save(form, question)
    stored = draft.answers.get("details", {}).get(reason, {})
    if name in stored:
        form.choice.data = stored[name]
    return _ask(form, question)


def _detail_form(question: Question) -> NhsForm:
    reason = REASONS[question.reason]
    if question.name == "kind":
        kinds = KindForm()
        kinds.choice.choices = [SelectChoice(k, title) for k, title in (reason.kinds or {}).items()]
        return kinds
    if question.name == "windows":
        windows = WindowsForm()
        titles = reply_drafts.window_titles(access.case())
        windows.choice.choices = [
            SelectChoice(ALL_WINDOWS, "All of them"),
            *(SelectChoice(key, title) for key, title in titles.items()),
        ]
        return windows
    words = WordsForm()
    words.choice.label.text = reason.question
    words.choice.description = reason.examples
    return words


@bp.route("/you", methods=["GET", "POST"])
@access.needs_session
def sender() -> Any:
    work, link = access.work(), access.link()
    reply_drafts.refuse_decided(link.case)
    draft = reply_drafts.current(work, link)
    stored = (draft.answers if draft else {}).get("sender", {})
    form = SenderForm(data=stored)
    question = Question("sender")
    if request.method == "POST" and form.validate():
        names = ("name", "role", "acting_for", "email", "phone")
        given = {name: (getattr(form, name).data or "").strip() for name in names}
        return onward(reply_drafts.save(work, link, question, given), question)
    return render_template(
        "reply/sender.html",
        form=form,
        provider=link.case.provider.name,
        back=back_from(draft, question),
    )


@bp.get("/saved")
@access.needs_session
def saved() -> Any:
    work, link = access.work(), access.link()
    return render_template(
        "reply/saved.html",
        draft=reply_drafts.current(work, link),
        ends_at=links.ends_at(work, link),
    )
