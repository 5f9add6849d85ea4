"""Short ways beside a reply: save and come back by a code, more time, help or another format."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from wtforms import EmailField, HiddenField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Email, InputRequired, Length, Optional

from enforcement.domain.refusals import BadInput
from enforcement.domain.replies import FORMATS, MAX_WORDS
from enforcement.services import links, reply_asking, reply_drafts, return_codes
from enforcement.web.fields import DayField, LongTextField, visible
from enforcement.web.forms import NhsForm
from enforcement.web.reply import access
from enforcement.web.reply.case import deadline

bp = Blueprint("asking", __name__, url_prefix="/reply")
HOME = {"text": "Back"}


class ReturnForm(NhsForm):
    email = EmailField(
        "Email address, if you want the code by email",
        [Optional(), Email("Enter an email address like name@example.org"), Length(max=254)],
        description="Leave it empty to see the code on the next page only.",
    )


class TimeForm(NhsForm):
    form_key = HiddenField()
    wanted_on = DayField("Until which date do you need?", [InputRequired("Enter a date")])
    words = LongTextField(
        "Why do you need more time?",
        [visible, Length(max=MAX_WORDS, message="That is too long")],
        render_kw={"rows": 4},
    )


class FormatForm(NhsForm):
    form_key = HiddenField()
    wanted = RadioField(
        "What would help you?",
        [InputRequired("Choose what would help you")],
        choices=[
            SelectChoice(key, one.title, {"hint": one.hint} if one.hint else None)
            for key, one in FORMATS.items()
        ],
    )
    words = LongTextField(
        "Anything we should know",
        [visible, Length(max=MAX_WORDS, message="That is too long")],
        description="For example: which language, or a number to ring and when.",
        render_kw={"rows": 3},
    )


# --- save and come back -----------------------------------------------------------------------
@bp.get("/saved")
@access.needs_session
def saved() -> Any:
    return _saved_page(ReturnForm(formdata=None))


@bp.post("/saved")
@access.needs_session
def return_code() -> Any:
    form = ReturnForm()
    if not form.validate():
        return _saved_page(form)
    try:
        email = (form.email.data or "").strip()
        return _saved_page(form, return_codes.make(access.work(), access.link(), email), email)
    except BadInput as refused:
        form.email.errors = [refused.sentence]
        return _saved_page(form)


def _saved_page(form: ReturnForm, code: str = "", email: str = "") -> Any:
    work, link = access.work(), access.link()
    draft = reply_drafts.current(work, link)
    return render_template(
        "reply/saved.html",
        form=form,
        code=code,
        email=email,
        draft=draft,
        files=reply_drafts.files_of(work, draft),
        ends_at=links.ends_at(work, link),
        last=deadline(work, link.case),
    )


# --- more time --------------------------------------------------------------------------------
@bp.route("/time", methods=["GET", "POST"])
@access.needs_session
def time() -> Any:
    work, link = access.work(), access.link()
    reply_drafts.refuse_decided(link.case)
    form = TimeForm()
    if request.method == "GET":
        form.form_key.data = secrets.token_urlsafe(24)
    elif form.validate() and form.wanted_on.data is not None:
        try:
            words = form.words.data or ""
            reply_asking.ask_time(work, link, form.wanted_on.data, words, form_key(form))
            return redirect(url_for("asking.asked"))
        except BadInput as refused:
            access.undo()
            form.form_errors.append(refused.sentence)
    return render_template(
        "reply/time.html",
        form=form,
        last=deadline(access.work(), access.case()),
        back={"href": url_for("reply.home"), **HOME},
    )


# --- help or another format -------------------------------------------------------------------
@bp.route("/format", methods=["GET", "POST"])
@access.needs_session
def format_wanted() -> Any:
    form = FormatForm()
    if request.method == "GET":
        form.form_key.data = secrets.token_urlsafe(24)
    elif form.validate():
        try:
            wanted, words = form.wanted.data or "", form.words.data or ""
            reply_asking.ask_format(access.work(), access.link(), wanted, words, form_key(form))
            return redirect(url_for("asking.asked"))
        except BadInput as refused:
            access.undo()
            form.form_errors.append(refused.sentence)
    return render_template(
        "reply/format.html", form=form, back={"href": url_for("reply.home"), **HOME}
    )


@bp.get("/asked")
@access.needs_session
def asked() -> Any:
    work = access.work()
    return render_template(
        "reply/asked.html",
        asked=reply_asking.asked(work, access.case()),
        last=deadline(work, access.case()),
        back={"href": url_for("reply.home"), **HOME},
    )


def form_key(form: Any) -> str:
    """The key made with the form, by which pressing twice asks once."""
    typed = "".join(c for c in str(form.form_key.data or "") if c.isascii() and c.isprintable())
    return typed[:64] or secrets.token_urlsafe(24)
