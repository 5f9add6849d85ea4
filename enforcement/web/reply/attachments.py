"""Adding evidence to the reply: limits said first, each file told at once whether it was taken."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from wtforms import MultipleFileField, StringField
from wtforms.validators import InputRequired, Length

from enforcement.domain.refusals import BadInput
from enforcement.domain.replies import Question
from enforcement.services import evidence as examining
from enforcement.services import reply_drafts
from enforcement.settings import MEGABYTE
from enforcement.web.fields import LongTextField, visible
from enforcement.web.filters import plural
from enforcement.web.forms import NhsForm
from enforcement.web.reply import access
from enforcement.web.reply.answers import back_from, onward

bp = Blueprint("attachments", __name__, url_prefix="/reply/evidence")
ACCEPT = ".pdf,.docx,.xlsx,.csv,.png,.jpg,.jpeg,.eml"


class RenameForm(NhsForm):
    name = StringField(
        "What should the file be called?",
        [InputRequired("Enter a name for the file"), Length(max=100), visible],
        description="Say what it shows, for example: screen of 12 March.",
    )


class PostingForm(NhsForm):
    what = LongTextField(
        "What are you posting?",
        [visible, Length(max=1_000, message="That is too long")],
        description="For example: a letter from our bank, 3 pages. Leave it empty if you post "
        "nothing after all.",
        render_kw={"rows": 3},
    )


class EvidenceForm(NhsForm):
    files = MultipleFileField("Add files", render_kw={"accept": ACCEPT})


@bp.get("")
@access.needs_session
def evidence() -> Any:
    return _page(EvidenceForm(formdata=None))


@bp.post("")
@access.needs_session
def add() -> Any:
    form = EvidenceForm()
    given = [one for one in request.files.getlist("files") if one.filename]
    wrong = _keep_each(given)
    if wrong:
        form.files.errors = wrong
        return _page(form)
    if given:
        return redirect(request.full_path.rstrip("?"))
    if "more" in request.form:
        form.files.errors = ["Choose a file first."]
        return _page(form)
    draft = reply_drafts.ensure(access.work(), access.link())
    return onward(draft, Question("evidence"))


def _keep_each(given: list[FileStorage]) -> list[str]:
    """Keep the files that may be kept; a sentence for each that may not."""
    settings = access.work().settings
    draft = reply_drafts.current(access.work(), access.link())
    room = reply_drafts.MAX_FILES - len(reply_drafts.files_of(access.work(), draft))
    if len(given) > room:  # refused before anything is opened
        return [f"You can add {plural(max(room, 0), 'more file')}. Choose fewer, or post some."]
    # Opening a file takes a while: nobody else's writing waits for it.
    access.undo()
    wrong = []
    examined = []
    for one in given:
        try:
            content = one.stream.read(settings.max_evidence_bytes + 1)
            examined.append(examining.examine(one.filename or "", content, settings))
        except BadInput as refused:
            wrong.append(refused.sentence)
    for each in examined:
        try:
            reply_drafts.add_file(access.work(), access.link(), each)
        except BadInput as refused:
            wrong.append(refused.sentence)
    return wrong


@bp.post("/<int:file_id>/remove")
@access.needs_session
def remove(file_id: int) -> Any:
    reply_drafts.remove_file(access.work(), access.link(), file_id)
    flash("The file was removed.")
    return redirect(url_for("attachments.evidence"))


@bp.route("/<int:file_id>/name", methods=["GET", "POST"])
@access.needs_session
def rename(file_id: int) -> Any:
    work, link = access.work(), access.link()
    row = reply_drafts.file_of_draft(work, link, file_id)
    form = RenameForm(data={"name": row.name.rpartition(".")[0] or row.name})
    if request.method == "POST" and form.validate():
        try:
            reply_drafts.rename_file(work, link, file_id, form.name.data or "")
            return redirect(url_for("attachments.evidence"))
        except BadInput as refused:
            form.name.errors = [refused.sentence]
    return render_template(
        "reply/rename.html",
        form=form,
        file=row,
        back={"href": url_for("attachments.evidence"), "text": "Back to your evidence"},
    )


# --- by post ----------------------------------------------------------------------------------
@bp.route("/post", methods=["GET", "POST"])
@access.needs_session
def post() -> Any:
    """Evidence by post instead: what it is stands in the reply, and a sheet goes on top of it."""
    work, link = access.work(), access.link()
    draft = reply_drafts.current(work, link)
    posting = draft.answers.get("posting", {}) if draft else {}
    form = PostingForm(data=posting)
    if request.method == "POST" and form.validate():
        told = (form.what.data or "").strip()
        reply_drafts.save(work, link, Question("posting"), told)
        return redirect(url_for("attachments.cover" if told else "attachments.evidence"))
    reply_drafts.refuse_decided(link.case)
    return render_template(
        "reply/posting.html",
        form=form,
        contact=access.contact_block(),
        back={"href": url_for("attachments.evidence"), "text": "Back to your evidence"},
    )


@bp.get("/cover")
@access.needs_session
def cover() -> Any:
    """The cover sheet, to print or to copy by hand."""
    work, link = access.work(), access.link()
    draft = reply_drafts.current(work, link)
    posting = draft.answers.get("posting", {}) if draft else {}
    if not posting.get("what"):
        return redirect(url_for("attachments.post"))
    return render_template(
        "reply/cover.html",
        posting=posting,
        case=link.case,
        contact=access.contact_block(),
        back={"href": url_for("attachments.evidence"), "text": "Back to your evidence"},
    )


def _page(form: EvidenceForm) -> Any:
    work, link = access.work(), access.link()
    reply_drafts.refuse_decided(link.case)
    draft = reply_drafts.current(work, link)
    return render_template(
        "reply/evidence.html",
        form=form,
        files=reply_drafts.files_of(work, draft),
        kinds=examining.KINDS,
        each_mb=work.settings.max_evidence_bytes // MEGABYTE,
        together_mb=work.settings.max_reply_bytes // MEGABYTE,
        most=reply_drafts.MAX_FILES,
        scanned=work.settings.clamd_address is not None,
        posting=draft.answers.get("posting", {}) if draft else {},
        back=back_from(draft, Question("evidence")),
    )
