"""Replies on the staff site: each read in full and answered point by point; keyed from paper."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from wtforms import (
    EmailField,
    HiddenField,
    MultipleFileField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Email, InputRequired, Length, Optional

from enforcement.data.cases import Case
from enforcement.data.replies import Reply, ReplyFile, ReplyPoint
from enforcement.domain.permissions import Permission, can
from enforcement.domain.refusals import BadInput, StaleVersion, WrongState, about
from enforcement.domain.replies import MAX_WORDS, REASONS, SOURCES, TITLES, VIEWS
from enforcement.services import (
    cases,
    evidence,
    evidence_looks,
    files,
    paragraphs,
    replies,
    reply_drafts,
    reply_points,
)
from enforcement.services.work import Work
from enforcement.web import access, pages
from enforcement.web.exports import download
from enforcement.web.fields import DayField, LongTextField, visible
from enforcement.web.filters import moment, plural
from enforcement.web.forms import NhsForm, put_refusal
from enforcement.web.staff.case_form import LONGEST
from enforcement.web.staff.case_frame import case_frame
from enforcement.web.staff.decision_record import papers_hidden
from enforcement.web.staff.questions import aside
from enforcement.web.staff.reply_links import link_panel

bp = Blueprint("replies", __name__, url_prefix="/cases/<reference>/replies")
P = Permission
VIEW_COLOURS: dict[str, pages.Colour] = {
    "accepted": "green",
    "partly": "yellow",
    "not_accepted": "red",
}


class AnswerForm(NhsForm):
    version = HiddenField()
    evidence_looked_at = LongTextField(
        "What evidence was looked at",
        [Length(max=LONGEST), visible],
        description="Name the files and records, including ours.",
        render_kw={"rows": 3},
    )
    not_opened = LongTextField(
        "Why were files not opened?",
        [Optional(), Length(max=LONGEST), visible],
        description="Only if you answer without opening every file of the reply.",
        render_kw={"rows": 2},
    )
    view = RadioField(
        "The view taken",
        choices=[SelectChoice(key, title) for key, title in VIEWS.items()],
        validate_choice=False,
    )
    paragraph = SelectField("Standard paragraph", choices=[], validate_choice=False)
    answer = LongTextField(
        "Answer",
        [Length(max=MAX_WORDS), visible],
        description="The provider reads these words in the decision letter. Standard words are a "
        "beginning: to a point that is not accepted, add why in this case.",
        render_kw={"rows": 6},
    )


class PointForm(NhsForm):
    text = LongTextField(
        "The point, in the provider’s own words",
        [Length(max=MAX_WORDS), visible],
        render_kw={"rows": 4},
    )


class SplitForm(NhsForm):
    parts = LongTextField(
        "The points, one after another",
        [Length(max=MAX_WORDS), visible],
        description="Put an empty line between two points. The reply itself keeps every word.",
        render_kw={"rows": 10},
    )


class KeyForm(NhsForm):
    form_key = HiddenField()
    source = RadioField(
        "How did it come?",
        [InputRequired("Choose how the reply came")],
        choices=[SelectChoice(key, title) for key, title in SOURCES.items() if key != "link"],
    )
    received_on = DayField("Date it was received", [InputRequired("Enter the date received")])
    name = StringField(
        "Who replied", [InputRequired("Enter who replied"), Length(max=120), visible]
    )
    role = StringField("Their role", [InputRequired("Enter their role"), Length(max=120), visible])
    email = EmailField(
        "Email address, if given", [Optional(), Email("Enter a real address"), Length(max=254)]
    )
    reasons = SelectMultipleField(
        "What do they say?",
        choices=[SelectChoice(reason.key, reason.title) for reason in REASONS.values()],
        description="Each becomes a point to answer. Choose none if nothing fits.",
    )
    words = LongTextField(
        "Their words",
        [InputRequired("Type their words"), Length(max=MAX_WORDS), visible],
        description="As written or as said. You can split them into points afterwards.",
        render_kw={"rows": 8},
    )
    files = MultipleFileField(
        "The letter or email itself, and its enclosures",
        description="A scan (PDF) or the saved email. At most 5 files.",
    )


# --- the list ---------------------------------------------------------------------------------
@bp.get("", endpoint="replies")
@access.needs(P.READ_CASES)
def list_of(reference: str) -> Any:
    work, case = _case(reference)
    return render_template(
        "staff/replies/replies.html",
        case=case,
        case_frame=case_frame(work, case, tab="replies"),
        replies=[_summary(reply) for reply in replies.of_case(work, case)],
        panel=link_panel(work, case),
        aside=aside(work, case),
        can_key=can(work.actor, P.KEY_REPLY) and reply_drafts.accepting(case),
    )


def _summary(reply: Reply) -> dict[str, Any]:
    open_points = sum(1 for p in reply.points if p.answered_at is None)
    return {
        "reference": reply.reference,
        "text": f"{SOURCES[reply.source]}, received {moment(reply.received_at)}",
        "who": f"{reply.sender_name}, {reply.sender_role}",
        "about": "; ".join(dict.fromkeys(TITLES[p.reason] for p in reply.points)),
        "counts": f"{plural(len(reply.points), 'point')}, {plural(len(reply.files), 'file')}",
        "tags": [
            *([pages.Tag("Late", "yellow")] if reply.late else []),
            *([pages.Tag("Unread", "red")] if reply.read_at is None else []),
            pages.Tag(f"{plural(open_points, 'point')} to answer", "orange")
            if open_points
            else pages.Tag("Answered", "green"),
        ],
    }


# --- one reply --------------------------------------------------------------------------------
@bp.get("/<reply_reference>")
@access.needs(P.READ_CASES)
def reply(reference: str, reply_reference: str) -> Any:
    work, case = _case(reference)
    found = replies.find(work, case, reply_reference)
    if papers_hidden(work, case):
        return redirect(url_for("decisions.decision", reference=case.reference), 303)
    return render_template(
        "staff/replies/reply.html",
        case=case,
        case_frame=case_frame(work, case, tab="replies"),
        reply=found,
        facts=_facts(found),
        titles=TITLES,
        views=VIEWS,
        view_colours=VIEW_COLOURS,
        kinds=evidence.KINDS,
        not_cleaned=evidence.NOT_CLEANED,
        looks=evidence_looks.looks(work.session, found),
        can_answer=can(work.actor, P.ANSWER_REPLY) and reply_drafts.accepting(case),
    )


def _facts(found: Reply) -> list[pages.Fact]:
    sender = found.answers.get("sender", {})
    late = "After the last day: late" if found.late else "In time"
    told = [
        ("Received", moment(found.received_at), late),
        ("Came by", SOURCES[found.source], f"keyed by {found.keyed_by}" if found.keyed_by else ""),
        ("From", found.sender_name, found.sender_role),
        ("Acting for the provider at the request of", sender.get("acting_for", ""), ""),
        ("Email", found.sender_email or "", ""),
        ("Telephone", sender.get("phone", ""), ""),
        ("Read", moment(found.read_at) or "Not yet", ""),
    ]
    return [pages.Fact(key, text, note) for key, text, note in told if text]


@bp.post("/<reply_reference>/read")
@access.needs(P.ANSWER_REPLY)
def read(reference: str, reply_reference: str) -> Any:
    work, case = _case(reference)
    reply_points.read(work, replies.find(work, case, reply_reference))
    flash("Marked as read.")
    return _back(reference, reply_reference)


@bp.get("/<reply_reference>/files/<int:file_id>/<copy>")
@access.needs(P.READ_CASES)
def file(reference: str, reply_reference: str, file_id: int, copy: str) -> Any:
    """A file as an attachment: the cleaned copy, or the original as it came."""
    work, case = _case(reference)
    row = _file(work, replies.find(work, case, reply_reference), file_id)
    return _download(work, row, copy, evidence_looks.digest(row, copy))


@bp.post("/<reply_reference>/files/<int:file_id>/<copy>/open")
@access.needs(P.ANSWER_REPLY)
def open_file(reference: str, reply_reference: str, file_id: int, copy: str) -> Any:
    """The same for whoever answers: that they opened it is noted, with when."""
    work, case = _case(reference)
    found = replies.find(work, case, reply_reference)
    row = _file(work, found, file_id)
    return _download(work, row, copy, evidence_looks.opened(work, found, row, copy))


def _file(work: Work, found: Reply, file_id: int) -> ReplyFile:
    row = work.session.get(ReplyFile, file_id)
    if row is None or row.reply_id != found.id:
        abort(404)
    return row


def _download(work: Work, row: ReplyFile, copy: str, digest: str) -> Any:
    kept = files.fetch(work, digest)
    name = row.name if copy == "original" else f"clean {row.name}"
    return download(kept.content, filename=name, mimetype=kept.mime)


# --- points -----------------------------------------------------------------------------------
@bp.route("/<reply_reference>/points/<int:number>", methods=["GET", "POST"])
@access.needs(P.ANSWER_REPLY)
def point(reference: str, reply_reference: str, number: int) -> Any:
    work, case, found = _point(reference, reply_reference, number)
    form = AnswerForm(obj=found)
    standing = paragraphs.in_force(work.session, work.today)
    form.paragraph.choices = [
        SelectChoice("", "Choose a paragraph"),
        *(SelectChoice(str(one.id), one.title) for one in standing),
    ]
    if request.method == "POST" and "insert" in request.form:
        texts = {str(one.id): one.text for one in standing}
        added = texts.get(form.paragraph.data or "", "")
        form.answer.data = "\n\n".join(filter(None, ((form.answer.data or "").strip(), added)))
        return _point_page("point", work, case, found, form)
    if request.method == "GET" or not form.validate():
        return _point_page("point", work, case, found, form)
    version = form.version.data or ""
    try:
        reply_points.answer_point(
            work,
            found,
            form.answer.data or "",
            form.evidence_looked_at.data or "",
            form.view.data or "",
            int(version) if version.isdigit() else -1,
            not_opened=form.not_opened.data or "",
        )
    except (BadInput, StaleVersion, WrongState) as refused:
        access.undo()
        put_refusal(form, refused)
        work, case, found = _point(reference, reply_reference, number)
        form.version.data = str(found.version)  # the page shows what is stored beside the words
        return _point_page("point", work, case, found, form)
    flash(f"Point {number} is answered.")
    return _back(reference, reply_reference)


@bp.route("/<reply_reference>/points/<int:number>/split", methods=["GET", "POST"])
@access.needs(P.ANSWER_REPLY)
def split(reference: str, reply_reference: str, number: int) -> Any:
    work, case, found = _point(reference, reply_reference, number)
    form = SplitForm(data={"parts": found.text})
    if request.method == "GET" or not form.validate():
        return _point_page("split", work, case, found, form)
    try:
        made = reply_points.split_point(work, found, (form.parts.data or "").split("\n\n"))
    except (BadInput, WrongState) as refused:
        access.undo()
        put_refusal(form, refused, fix=False)
        return _point_page("split", *_point(reference, reply_reference, number), form)
    flash(f"Point {number} is now {plural(len(made), 'point')}.")
    return _back(reference, reply_reference)


@bp.route("/<reply_reference>/points", methods=["GET", "POST"])
@access.needs(P.ANSWER_REPLY)
def add_point(reference: str, reply_reference: str) -> Any:
    work, case = _case(reference)
    found = replies.find(work, case, reply_reference)
    form = PointForm()
    if request.method == "POST" and form.validate():
        try:
            reply_points.add_point(work, found, form.text.data or "")
            flash("The point was added.")
            return _back(reference, reply_reference)
        except (BadInput, WrongState) as refused:
            access.undo()
            put_refusal(form, refused, fix=False)
    return render_template(
        "staff/replies/add_point.html",
        case_frame=case_frame(work, case, tab="replies"),
        case=case,
        reply=found,
        form=form,
    )


def _point_page(name: str, work: Work, case: Case, found: ReplyPoint, form: NhsForm) -> Any:
    return render_template(
        f"staff/replies/{name}.html",
        case_frame=case_frame(work, case, tab="replies"),
        case=case,
        reply=found.reply,
        point=found,
        titles=TITLES,
        form=form,
        unopened=[row.name for row in evidence_looks.unopened(work, found.reply)],
    )


# --- keying -----------------------------------------------------------------------------------
@bp.route("/key", methods=["GET", "POST"])
@access.needs(P.KEY_REPLY)
def key(reference: str) -> Any:
    work, case = _case(reference)
    form = KeyForm()
    if request.method == "GET":
        form.form_key.data = secrets.token_urlsafe(24)
    elif form.validate():
        try:
            stored = replies.key(work, case, _keyed(work, form))
            flash(f"The reply {stored.reference} is kept. Read it and answer each point.")
            return _back(reference, stored.reference)
        except (BadInput, WrongState) as refused:
            access.undo()
            put_refusal(form, refused, fix=False)
    return render_template(
        "staff/replies/key.html",
        case_frame=case_frame(work, case, tab="replies"),
        case=case,
        form=form,
    )


def _keyed(work: Work, form: KeyForm) -> replies.Keyed:
    with about("files"):
        given = _examined(work)
    return replies.Keyed(
        source=form.source.data,
        received_on=form.received_on.data or work.today,
        sender=replies.Sender(
            name=form.name.data.strip(), role=form.role.data.strip(), email=form.email.data or ""
        ),
        reasons=form.reasons.data or [],
        words=form.words.data,
        form_key=form.form_key.data or "",
        files=given,
    )


def _examined(work: Work) -> list[evidence.Examined]:
    given = [one for one in request.files.getlist("files") if one.filename]
    if len(given) > reply_drafts.MAX_FILES:
        raise BadInput(f"At most {reply_drafts.MAX_FILES} files can be added to one reply.")
    most = work.settings.max_evidence_bytes + 1
    return [
        evidence.examine(one.filename or "", one.stream.read(most), work.settings) for one in given
    ]


def _case(reference: str) -> tuple[Work, Case]:
    work = access.work()
    return work, cases.find(work, reference)


def _point(reference: str, reply_reference: str, number: int) -> tuple[Work, Case, ReplyPoint]:
    work, case = _case(reference)
    return work, case, reply_points.point_of(replies.find(work, case, reply_reference), number)


def _back(reference: str, reply_reference: str) -> Any:
    return redirect(url_for("replies.reply", reference=reference, reply_reference=reply_reference))
