"""The case: its summary, notes, documents and history."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms import RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from enforcement.data.cases import Case, CaseNote
from enforcement.data.files import ImportedFile
from enforcement.data.notices import Notice
from enforcement.data.replies import Reply, ReplyFile
from enforcement.domain.duties import Service
from enforcement.domain.permissions import Permission, can
from enforcement.domain.refusals import NotFound
from enforcement.domain.windows import Month
from enforcement.services import cases as case_services
from enforcement.services import files, history_list, notice_pages, timeline
from enforcement.services.case_clocks import ended_on
from enforcement.services.case_story import notice_name, notices_of, people, story
from enforcement.services.cases import HOLD_CATEGORIES
from enforcement.services.work import Work
from enforcement.web import access
from enforcement.web.exports import download
from enforcement.web.fields import LongTextField, visible
from enforcement.web.filters import day, moment
from enforcement.web.forms import NhsForm, NhsSearchForm
from enforcement.web.listing import Cell, Column, Listing, single
from enforcement.web.staff import notice_view
from enforcement.web.staff.case_frame import CLOCK_TITLES, case_frame, clock_view, place
from enforcement.web.staff.register_check import news as register_news

bp = Blueprint("cases", __name__)
NOTE_KINDS = {
    "note": "Note",
    "call": "Telephone call",
    "email": "Email",
    "support": "Contact with Capacity Tracker support",
}
BY = {"person": "People", "system": "The system", "provider": "The provider"}


@bp.get("/cases/<reference>")
@access.needs(Permission.READ_CASES)
def case(reference: str) -> str:
    work = access.work()
    found = case_services.find(work, reference)
    frame = case_frame(work, found, "summary")
    return render_template(
        "staff/cases/case.html",
        case_frame=frame,
        news=register_news(work, found, frame.facts),
        story=story(work, found),
        misses=_misses(work, found),
        people=people(work, found),
        clocks=_clocks(work, found),
        holds=found.holds,
        hold_words=HOLD_CATEGORIES,
        notes=_notes(work, found, 3),
        note_words=NOTE_KINDS,
    )


def _misses(work: Work, case: Case) -> Listing:
    files_by_id = {
        file.id: file
        for file in work.session.scalars(
            select(ImportedFile).where(
                ImportedFile.id.in_({miss.file_id for miss in case.misses if miss.file_id})
            )
        )
    }
    why = place("why.case_why", reference=case.reference)
    rows = []
    for miss in case.misses:
        file = files_by_id.get(miss.file_id or 0)
        where = miss.duty.location
        rows.append(
            {
                "place": Cell(where.name, note=where.cqc_id),
                "service": Service(miss.duty.service).title,
                "window": Month(miss.window_no).title,
                "evidence": Cell(_evidence(miss.evidence, file), href=why),
                "state": "Used up by this case" if miss.consumed else "Counted",
            }
        )
    return Listing(
        caption="Missed returns this case rests on",
        columns=[
            Column("place", "Location"),
            Column("service", "Service"),
            Column("window", "Window"),
            Column("evidence", "Evidence"),
            Column("state", "State"),
        ],
        rows=rows,
        empty_text="This case has no recorded misses.",
    )


def _evidence(evidence: dict[str, Any], file: ImportedFile | None) -> str:
    line = evidence.get("line") or evidence.get("row")
    if file is None:
        return "No return in any file"
    return f"{file.filename}, line {line}" if line else file.filename


def _clocks(work: Work, case: Case) -> Listing:
    rows = [
        {
            "clock": Cell(
                CLOCK_TITLES.get(row.kind, row.kind),
                href=place("clocks.receipt", reference=case.reference, clock_id=row.id),
            ),
            "due": day(row.due_on),
            "state": f"Ended {day(ended_on(row))}: {row.ended_because}"
            if row.ended_at
            else clock_view(work, case, row).words,
            "rule": row.citation,
        }
        for row in case.clocks
    ]
    return Listing(
        caption="Deadlines",
        columns=[
            Column("clock", "Deadline"),
            Column("due", "Day"),
            Column("state", "State"),
            Column("rule", "Rule"),
        ],
        rows=rows,
        empty_title="No deadline yet",
        empty_text="The first runs from the day the notice of intent is given.",
    )


def _notes(work: Work, case: Case, limit: int | None = None) -> list[CaseNote]:
    wanted = select(CaseNote).where(CaseNote.case_id == case.id).order_by(CaseNote.id.desc())
    return list(work.session.scalars(wanted.limit(limit)))


class NoteForm(NhsForm):
    kind = RadioField(
        "What is it?", choices=[SelectChoice(*one) for one in NOTE_KINDS.items()], default="note"
    )
    text = LongTextField(
        "What happened",
        [InputRequired("Write what happened"), Length(max=10_000), visible],
        description="Kept with the case and in its history. The provider may ask to see it.",
    )


@bp.route("/cases/<reference>/notes", methods=["GET"])
@access.needs(Permission.READ_CASES)
def notes(reference: str) -> str:
    return _notes_page(case_services.find(access.work(), reference), NoteForm())


def _notes_page(case: Case, form: NoteForm) -> str:
    work = access.work()
    return render_template(
        "staff/cases/notes.html",
        case_frame=case_frame(work, case, "notes"),
        case=case,
        notes=_notes(work, case),
        note_words=NOTE_KINDS,
        form=form if can(work.actor, Permission.NOTE) else None,
    )


@bp.post("/cases/<reference>/notes")
@access.needs(Permission.NOTE)
def add_note(reference: str) -> Any:
    work, form = access.work(), NoteForm()
    found = case_services.find(work, reference)
    if not form.validate_on_submit():
        return _notes_page(found, form)
    case_services.note(work, found, form.kind.data, form.text.data)
    flash(f"{NOTE_KINDS[form.kind.data]} added.", "success")
    return redirect(url_for("cases.notes", reference=found.reference), 303)


@bp.get("/cases/<reference>/documents")
@access.needs(Permission.READ_CASES)
def documents(reference: str) -> str:
    work = access.work()
    found = case_services.find(work, reference)
    rows = [*_papers(work, found), *_evidence_rows(work, found)]
    return render_template(
        "staff/cases/documents.html",
        case_frame=case_frame(work, found, "documents"),
        list=Listing(
            caption="Documents of this case",
            columns=[
                Column("document", "Document"),
                Column("state", "State"),
                Column("when", "When"),
                Column("hash", "SHA-256"),
            ],
            rows=rows,
            empty_title="No document yet",
            empty_text="Notices, letters and the provider’s evidence are listed here.",
        ),
    )


def _papers(work: Work, case: Case) -> Iterator[dict[str, object]]:
    for notice in notices_of(work, case):
        name = f"{notice_name(notice).capitalize()} {notice.reference}"
        pages_text = f"{notice.pages} pages" if notice.pages else ""
        tag = notice_view.state_tag(notice)
        yield {
            "document": Cell(name, href=_paper(work, case, notice), note=pages_text),
            "state": Cell(tag.text, tag=tag.colour),
            "when": moment(notice.sent_at or notice.issued_at or notice.drafted_at),
            "hash": notice.pdf_sha256 or "Not yet rendered",
        }


def _evidence_rows(work: Work, case: Case) -> Iterator[dict[str, object]]:
    wanted = (
        select(ReplyFile, Reply.reference)
        .join(Reply, Reply.id == ReplyFile.reply_id)
        .where(Reply.case_id == case.id)
        .order_by(ReplyFile.id)
    )
    for file, reply in work.session.execute(wanted):
        cleaned = "opens as a cleaned copy" if file.cleaned_sha256 else "no cleaned copy to open"
        yield {
            "document": Cell(file.name, href=_bytes(case, file.cleaned_sha256), note=cleaned),
            "state": f"Evidence with reply {reply}, {file.scan}",
            "when": moment(file.added_at),
            "hash": file.original_sha256,
        }


def _paper(work: Work, case: Case, notice: Notice) -> str:
    """The paper itself, or the same words as a page for those who may not see its code."""
    if notice_pages.may_open(work, notice):
        return _bytes(case, notice.pdf_sha256)
    return url_for("notices.words", reference=case.reference, notice_id=notice.id)


def _bytes(case: Case, digest: str | None) -> str:
    if digest is None:
        return ""
    return url_for("cases.document", reference=case.reference, digest=digest)


@bp.get("/cases/<reference>/documents/<digest>")
@access.needs(Permission.READ_CASES)
def document(reference: str, digest: str) -> Response:
    """The bytes of one of this case's documents, by their hash; a PDF of ours opens in place."""
    work = access.work()
    found = case_services.find(work, reference)
    paper = next((n for n in notices_of(work, found) if n.pdf_sha256 == digest), None)
    if paper is not None:
        kept = notice_pages.preview(work, found, paper)
        name = f"{paper.reference}.pdf"
        return download(kept.content, filename=name, mimetype=kept.mime, inline=True)
    evidence = work.session.scalar(
        select(ReplyFile)
        .join(Reply, Reply.id == ReplyFile.reply_id)
        .where(Reply.case_id == found.id, ReplyFile.cleaned_sha256 == digest)
        .limit(1)
    )
    if evidence is None:
        raise NotFound(f"Case {found.reference} has no document with the hash {digest[:12]}….")
    kept = files.fetch(work, digest)
    return download(kept.content, filename=evidence.name, mimetype=kept.mime)


class HistoryForm(NhsSearchForm):
    """What of a case's history to show; sent by GET."""

    kind = SelectField(
        "Kind",
        choices=[SelectChoice(*one) for one in (("", "Every kind"), *timeline.GROUPS.items())],
        validate_choice=False,
    )
    by = SelectField(
        "By",
        choices=[SelectChoice(*one) for one in (("", "Anybody"), *BY.items())],
        validate_choice=False,
    )


@bp.get("/cases/<reference>/history")
@access.needs(Permission.READ_HISTORY)
def history(reference: str) -> str:
    work = access.work()
    found = case_services.find(work, reference)
    kind = single(request.args.getlist("kind"), "kind")
    by = single(request.args.getlist("by"), "by")
    told = history_list.stream_told(work, case_services.stream(found))
    shown = [
        one
        for one in told
        if (not kind or kind in (one.group, one.kind)) and (not by or one.by == by)
    ]
    return render_template(
        "staff/cases/history.html",
        case_frame=case_frame(work, found, "history"),
        case=found,
        form=HistoryForm.from_address(),
        told=shown,
        total=len(told),
        filtered=bool(kind or by),
    )


@bp.get("/cases/<reference>/history.jsonl")
@access.needs(Permission.READ_HISTORY)
def history_lines(reference: str) -> Response:
    """The case's events as JSON lines, each with the text that was hashed."""
    work = access.work()
    found = case_services.find(work, reference)
    lines = history_list.json_lines(work, case_services.stream(found))
    body = "".join(f"{line}\n" for line in lines).encode()
    return download(
        body, filename=f"{found.reference}-history.jsonl", mimetype="application/x-ndjson"
    )
