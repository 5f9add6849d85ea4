"""Check, declare, send, and the receipt: pressed twice it is still one reply."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy import select
from wtforms import BooleanField, HiddenField
from wtforms.validators import InputRequired

from enforcement.data.replies import Reply, ReplyDraft
from enforcement.domain.refusals import BadInput
from enforcement.domain.replies import (
    EXTRAS,
    REASONS,
    dates_told,
    declaration,
    missing,
    windows_told,
)
from enforcement.services import replies, reply_drafts
from enforcement.web import pages
from enforcement.web.filters import plural
from enforcement.web.forms import NhsForm
from enforcement.web.reply import access
from enforcement.web.reply.answers import address_of, several
from enforcement.web.reply.case import deadline

bp = Blueprint("sending", __name__, url_prefix="/reply")
DECLARE = "I declare this"


class SendForm(NhsForm):
    form_key = HiddenField()
    declared = BooleanField(DECLARE, [InputRequired("Tick the box to declare, then send")])


@bp.get("/check")
@access.needs_session
def check() -> Any:
    work, link = access.work(), access.link()
    reply_drafts.refuse_decided(link.case)
    draft = reply_drafts.current(work, link)
    if draft is None:
        return redirect(url_for("reply.home"))
    left = missing(draft.answers, several())
    if left:
        return redirect(address_of(left[0]))
    return _check_page(draft, SendForm(formdata=None, form_key=draft.form_key))


@bp.post("/check")
@access.needs_session
def send() -> Any:
    work, link = access.work(), access.link()
    form = SendForm()
    key = (form.form_key.data or "").replace("\x00", "")
    sent = work.session.scalar(
        select(Reply).where(Reply.form_key == key, Reply.case_id == link.case_id)
    )
    if sent is not None:
        return redirect(url_for("sending.receipt", reference=sent.reference))
    draft = reply_drafts.current(work, link)
    if draft is None:
        return redirect(url_for("reply.home"))
    if not form.validate():
        return _check_page(draft, form)
    try:
        reply = replies.send(work, link, key)
    except BadInput:
        return redirect(url_for("sending.check"))
    return redirect(url_for("sending.receipt", reference=reply.reference))


def _check_page(draft: ReplyDraft, form: SendForm) -> Any:
    work, link = access.work(), access.link()
    last = deadline(work, link.case)
    return render_template(
        "reply/check.html",
        form=form,
        parts=_parts(draft),
        sender=_sender(draft.answers["sender"]),
        files=reply_drafts.files_of(work, draft),
        evidence_url=url_for("attachments.evidence", change=1),
        reasons_url=url_for("answers.reasons", change=1),
        last=last,
        late=last is not None and last.is_past,
        declares=declaration(draft.answers["reasons"], draft.answers["sender"]["acting_for"]),
        posting=draft.answers.get("posting", {}),
        back={"href": url_for("answers.sender"), "text": "Back"},
    )


def _parts(draft: ReplyDraft) -> list[tuple[str, list[pages.Fact]]]:
    titles = reply_drafts.told_titles(access.case(), draft.answers)
    found = []
    for key in draft.answers["reasons"]:
        reason = REASONS[key]
        given = draft.answers.get("details", {}).get(key, {})
        facts = []
        if reason.kinds:
            facts.append(_fact(key, "kind", reason.kind_question, reason.kinds[given["kind"]]))
        if given.get("windows"):
            about = "; ".join(windows_told(given["windows"], titles))
            facts.append(_fact(key, "windows", "Months", about))
        if reason.dates:
            dates = "; ".join(dates_told(given, titles)) or "Not said"
            facts.append(_fact(key, "dates", reason.dates_question, dates))
        facts.append(_fact(key, "words", "In your words", given.get("words") or "Nothing to add"))
        facts += [
            _fact(key, name, EXTRAS[name][0], given.get(name) or "Not said")
            for name in reason.extras
        ]
        found.append((reason.title, facts))
    return found


def _fact(reason: str, name: str, title: str, text: str) -> pages.Fact:
    url = url_for("answers.detail", reason=reason, name=name, change=1)
    return pages.Fact(title, text, action_url=url)


def _sender(sender: dict[str, str]) -> list[pages.Fact]:
    url = url_for("answers.sender", change=1)
    told = [
        ("Name", sender["name"]),
        ("Role", sender["role"]),
        ("Acting for the provider at the request of", sender.get("acting_for", "")),
        ("Email", sender.get("email") or "None given: no receipt will be sent by email"),
        ("Telephone", sender.get("phone", "")),
    ]
    return [pages.Fact(name, text, action_url=url) for name, text in told if text]


@bp.get("/sent/<reference>")
@access.needs_session
def receipt(reference: str) -> Any:
    work, case = access.work(), access.case()
    reply = replies.find(work, case, reference)
    told = reply.receipt
    return render_template(
        "reply/receipt.html",
        reply=reply,
        received_at=reply.received_at,
        files=told["files"],
        files_text=plural(len(told["files"]), "file"),
        ends_on=_day(told["period_ends_on"]),
        decide_by=_day(told["decide_by"]),
        accepting=reply_drafts.accepting(case),
        now=work.now,
        printed_at=datetime.fromisoformat(told["stored_at"]),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
