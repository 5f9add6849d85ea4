"""What the provider wants to say: one question a page, each saved when it is sent."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from wtforms import EmailField, RadioField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Email, InputRequired, Length, Optional, ValidationError

from enforcement.data.replies import ReplyDraft
from enforcement.domain.refusals import BadInput
from enforcement.domain.replies import (
    ALL_WINDOWS,
    EXTRAS,
    MAX_WORDS,
    REASONS,
    SPAN,
    Question,
    Reason,
    after,
    before,
    date_keys,
    missing,
)
from enforcement.services import reply_drafts
from enforcement.web.fields import DayField, LongTextField, visible
from enforcement.web.forms import NhsForm
from enforcement.web.reply import access

bp = Blueprint("answers", __name__, url_prefix="/reply")
ACTING = "Somebody acting for the provider"
ROLES = [
    "Registered manager",
    "Nominated individual",
    "Director, partner or trustee",
    "Owner or sole provider",
    ACTING,
]


class ReasonsForm(NhsForm):
    choice = SelectMultipleField(
        "What do you want to tell us?",
        description="Choose everything that applies. You can explain each on the next pages.",
        choices=[SelectChoice(r.key, r.title, {"hint": r.hint}) for r in REASONS.values()],
    )


class KindForm(NhsForm):
    choice = RadioField("", choices=[], validate_choice=False)


class WindowsForm(NhsForm):
    choice = SelectMultipleField("Which months is this about?", validate_choice=False)


class WordsForm(NhsForm):
    choice = LongTextField(
        "", [visible, Length(max=MAX_WORDS, message="That is too long")], render_kw={"rows": 8}
    )


class ExtraForm(NhsForm):
    choice = LongTextField(
        "", [visible, Length(max=MAX_WORDS, message="That is too long")], render_kw={"rows": 4}
    )


def acting(form: NhsForm, field: Any) -> None:
    """Whoever acts for the provider says who asked: it stands in the declaration."""
    if form.role.data == ACTING and not (field.data or "").strip():
        raise ValidationError("Enter who asked you to act for the provider")


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
        [Length(max=200), visible, acting],
        description="Their name and role at the provider. Leave this empty otherwise.",
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


SHORT_WAYS = {("more_time",): "asking.time", ("help",): "asking.format_wanted"}


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
        return redirect(url_for("asking.saved"))
    # Evidence is the last page before the sender: whoever has been there goes back to checking.
    seen = "change" in request.args or question.name == "evidence"
    if seen and not missing(draft.answers, several()):
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
        parked=bool(draft and request.method == "GET" and reply_drafts.parked(draft, question)),
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
    draft = reply_drafts.current(access.work(), access.link())
    if request.method == "POST":
        # Asked for alone, more time and another format have short ways of their own.
        alone = SHORT_WAYS.get(tuple(form.choice.data or ()))
        if alone and not (draft and draft.answers.get("reasons")):
            return redirect(url_for(alone))
        return _save(form, question)
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
    if name == "dates":
        return _dates(draft, question)
    form = _detail_form(question, draft)
    if request.method == "POST":
        if not form.validate():
            return _ask(form, question)
        return _save(form, question)
    waiting = reply_drafts.parked(draft, question)
    stored = draft.answers.get("details", {}).get(reason, {})
    if waiting or name in stored:
        form.choice.data = waiting or stored[name]
    return _ask(form, question)


def _detail_form(question: Question, draft: ReplyDraft) -> NhsForm:
    reason = REASONS[question.reason]
    if question.name == "kind":
        kinds = KindForm()
        kinds.choice.label.text = reason.kind_question
        kinds.choice.choices = [SelectChoice(k, title) for k, title in (reason.kinds or {}).items()]
        return kinds
    if question.name == "windows":
        return _windows_form(question, draft)
    words = ExtraForm() if question.name in EXTRAS else WordsForm()
    title, help_words = EXTRAS.get(question.name, (reason.question, reason.examples))
    words.choice.label.text = title
    words.choice.description = help_words
    return words


def _windows_form(question: Question, draft: ReplyDraft) -> NhsForm:
    form = WindowsForm()
    case = access.case()
    titles = (
        reply_drafts.told_titles(case, draft.answers)
        if question.reason == "record"
        else reply_drafts.window_titles(case)
    )
    form.choice.choices = [
        SelectChoice(ALL_WINDOWS, "All of them"),
        *(SelectChoice(key, title) for key, title in titles.items()),
    ]
    return form


# --- dates ------------------------------------------------------------------------------------
def _dates(draft: ReplyDraft, question: Question) -> Any:
    """One page of dates: a day, or a first and a last, for each month that was chosen."""
    reason = REASONS[question.reason]
    kept = draft.answers.get("details", {}).get(question.reason, {})
    asked = date_keys(reason, kept, reply_drafts.told_titles(access.case(), draft.answers))
    form = _dates_form(reason, asked, kept.get("dates", {}))
    wrong = ""
    if request.method == "POST" and form.validate():
        told = {
            key: [box.data for box in form if box.name.rpartition("-")[0] == f"day-{key}"]
            for key in asked
        }
        try:
            return onward(reply_drafts.save(access.work(), access.link(), question, told), question)
        except BadInput as refused:
            wrong = refused.sentence
    if wrong:
        form.form_errors.append(wrong)
    return render_template(
        "reply/dates.html",
        form=form,
        reason=reason,
        groups=[
            (title, [box for box in form if box.name.rpartition("-")[0] == f"day-{key}"])
            for key, title in asked.items()
        ],
        back=back_from(draft, question),
    )


def _dates_form(reason: Reason, asked: dict[str, str], kept: dict[str, list[str]]) -> Any:
    ends = ("First day", "Last day") if reason.dates == SPAN else ("Day",)
    boxes, filled = {}, {}
    for key, title in asked.items():
        for number, end in enumerate(ends):
            name = f"day-{key}-{number}"
            label = f"{end}, {title}" if title and len(ends) > 1 else title or reason.dates_question
            boxes[name] = DayField(label)
            stored = [*kept.get(key, []), "", ""][number]
            filled[name] = date.fromisoformat(stored) if stored else None
    form: Any = type("DatesForm", (NhsForm,), boxes)
    return form(data=filled)


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
