"""Several cases in one sitting, each opened by its own code: the list, and turning to another."""

from __future__ import annotations

from typing import Any

import flask
from flask import Blueprint, g, redirect, render_template, url_for
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from enforcement.data.replies import ReplyLink
from enforcement.domain.refusals import BadInput
from enforcement.services import proven_cases, replies, reply_drafts
from enforcement.services.work import Work
from enforcement.web.forms import NhsForm
from enforcement.web.reply import access
from enforcement.web.reply.case import deadline, stage
from enforcement.web.reply.start import SecondFactForm

bp = Blueprint("head", __name__, url_prefix="/reply/cases")
WRONG = (
    "Those details did not open a case. Check all three. After several wrong tries the link is "
    "locked for an hour; if it stays locked, ring us."
)


class AddForm(SecondFactForm):
    code = StringField(
        "The code on the other letter",
        [DataRequired("Enter the code"), Length(max=40)],
        description="12 letters and numbers, like AB12-CD34-EF56",
        render_kw={"autocomplete": "off", "spellcheck": False, "width": 20},
    )


@bp.get("")
@access.needs_session
def shown() -> Any:
    return _page(AddForm(formdata=None))


@bp.post("")
@access.needs_session
def add() -> Any:
    form = AddForm()
    if not form.validate():
        return _page(form)
    given = (form.code.data, form.location_id.data, form.postcode.data)
    typed = [one or "" for one in given]
    try:
        link = proven_cases.add(access.work(), access.found(), access.address(), *typed)
    except BadInput as refused:
        access.undo()
        form.code.errors = [refused.sentence]
        return _page(form)
    if link is None:
        form.code.errors = [WRONG]
        return _page(form)
    return redirect(url_for("head.shown"))


@bp.post("/<reference>")
@access.needs_session
def switch(reference: str) -> Any:
    proven_cases.switch(access.work(), access.found(), reference)
    # A form still open in another tab belongs to the case before: it must not be sent into this.
    flask.session.pop("csrf_token", None)
    return redirect(url_for("reply.home"))


@bp.post("/<reference>/copy")
@access.needs_session
def copy(reference: str) -> Any:
    try:
        proven_cases.copy_answers(access.work(), access.found(), reference)
    except BadInput as refused:
        access.undo()
        return _page(AddForm(formdata=None), refused.sentence)
    return redirect(url_for("sending.check"))


def beside() -> str:
    """Which case a page belongs to, said on every page once several are open; else nothing."""
    if not g.get("reply_session"):
        return ""
    if len(proven_cases.proven(access.work(), access.found())) < 2:
        return ""
    case = access.case()
    return f"{case.provider.name}, case {case.reference}"


def _page(form: NhsForm, sentence: str = "") -> Any:
    work, here = access.work(), access.link()
    found = proven_cases.proven(work, access.found()) or [here]
    draft = reply_drafts.current(work, here)
    empty = draft is None or not draft.answers.get("reasons")
    return render_template(
        "reply/cases.html",
        form=form,
        sentence=sentence,
        cases=[_told(work, link, here) for link in found],
        can_copy=empty and reply_drafts.accepting(here.case),
    )


def _told(work: Work, link: ReplyLink, here: ReplyLink) -> dict[str, Any]:
    case = link.case
    return {
        "reference": case.reference,
        "provider": case.provider.name,
        "stage": stage(work, case)[0],
        "last": deadline(work, case),
        "sent": len(replies.of_case(work, case)),
        "here": link.id == here.id,
        "answers": bool(proven_cases.said(work, link)),
    }
