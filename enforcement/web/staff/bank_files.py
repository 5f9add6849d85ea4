"""Bank files: the list, bringing one in, what became of its lines, posting, undoing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from wtforms import FileField, SubmitField
from wtforms.validators import InputRequired, Length, ValidationError

from enforcement.data.files import ImportedFile
from enforcement.domain.finance import LineState
from enforcement.domain.permissions import Permission, not_yours
from enforcement.domain.refusals import NotAllowed, NotFound, Refusal
from enforcement.services import finance_files, imports, posting
from enforcement.services.accounts import names
from enforcement.services.loading import Incoming
from enforcement.services.work import Work
from enforcement.web import access, pages
from enforcement.web.fields import LongTextField, visible
from enforcement.web.filters import day, moment, money, plural
from enforcement.web.forms import NhsForm
from enforcement.web.listing import Cell, Column, Listing, address, single
from enforcement.web.staff import bank_lines, import_lists
from enforcement.web.staff.file_downloads import as_received, refused_lines
from enforcement.web.staff.money_form import MoneyPage, answer, tabs

bp = Blueprint("bank_files", __name__, url_prefix="/money/files")
PAGE = 50


class UploadForm(NhsForm):
    file = FileField("Bank file", description="CSV, Excel or ODS, up to 10 MB and 10,000 lines.")
    mapping = LongTextField(
        "Headings that differ (optional)",
        [Length(max=2000, message="Headings must be 2,000 characters or fewer"), visible],
        description="One a line, like on = Booking day. Fields: on, amount, credit, debit, side, "
        "reference, details, payer, bank_id. They are kept for the next file.",
        render_kw={"rows": 3},
    )
    send = SubmitField("Bring the file in")

    def validate_file(self, field: FileField) -> None:
        """A file must be chosen."""
        if not field.data or not getattr(field.data, "filename", ""):
            raise ValidationError("Select a file")

    def validate_mapping(self, field: LongTextField) -> None:
        """Every line is “field = heading”."""
        for line in (field.data or "").splitlines():
            key, mark, heading = line.partition("=")
            if line.strip() and not (mark and key.strip() and heading.strip()):
                raise ValidationError(f"“{line.strip()[:40]}” must be like field = heading")

    def headings(self) -> Mapping[str, str]:
        """Field → heading, as typed."""
        pairs = (line.partition("=") for line in (self.mapping.data or "").splitlines())
        return {key.strip(): heading.strip() for key, mark, heading in pairs if mark}


class UndoForm(NhsForm):
    reason = LongTextField(
        "Why is the posting undone?",
        [InputRequired("Enter why the posting is undone"), Length(max=1000), visible],
        description="Each entry is reversed, and its line waits again.",
        render_kw={"rows": 3},
    )
    send = SubmitField("Reverse every entry of this file", render_kw={"warning": True})


@bp.get("", endpoint="files")
@access.needs(Permission.READ_CASES)
def list_files() -> Any:
    work = access.work()
    before = single(request.args.getlist("before"), "before")
    rows = imports.listed(
        work.session,
        finance_files.KIND,
        None,
        int(before) if before.isdecimal() else None,
        PAGE + 1,
    )
    return render_template(
        "staff/money/files.html",
        tabs=tabs("files"),
        list=_list(work, rows),
        why_not=not_yours(work.actor, Permission.RECORD_MONEY),
    )


def _list(work: Work, rows: Sequence[ImportedFile]) -> Listing:
    shown = rows[:PAGE]
    people = names(work.session, [row.loaded_by for row in shown])
    counted = finance_files.counts(work.session, [row.id for row in shown])
    return Listing(
        caption="Bank files",
        columns=[
            Column("file", "File"),
            Column("when", "Brought in"),
            Column("rows", "Lines", numeric=True),
            *(Column(state.value, state.label, numeric=True) for state in LineState),
            Column("refused", "Refused", numeric=True),
        ],
        rows=[
            {
                "file": Cell(row.filename, href=url_for(".file", file_id=row.id)),
                "when": Cell(day(row.loaded_at), note=people[row.loaded_by]),
                "rows": f"{row.rows_in:,}",
                **{state.value: _number(counted[row.id].get(state, 0)) for state in LineState},
                "refused": _number(row.rejected_count),
            }
            for row in shown
        ],
        empty_title="No bank file yet",
        empty_text="Bring in a bank statement or finance export; nothing is posted by that alone.",
        next_url=address(url_for(".files"), {}, before=shown[-1].id) if len(rows) > PAGE else None,
    )


def _number(count: int) -> str:
    return f"{count:,}" if count else "–"


@bp.route("/new", methods=["GET", "POST"])
@access.needs(Permission.RECORD_MONEY)
def new() -> Any:
    form = UploadForm()

    def act() -> str:
        sent = form.file.data
        loaded = finance_files.load(
            access.work(), Incoming(sent.read(), sent.filename or "file"), mapping=form.headings()
        )
        if loaded.already_loaded:
            flash("These very bytes were brought in before: nothing was changed.", "warning")
        return url_for(".file", file_id=loaded.file_id)

    intro = (
        "The file is kept as received. A line is matched when it names one payment reference, "
        "whole and exactly. Nothing is posted until you say so on the next page."
    )
    page = MoneyPage("Bring a bank file in", url_for(".files"), "Bank files", intro)
    return answer(form, page, act, "The file is in.")


@bp.get("/<int:file_id>")
@access.needs(Permission.READ_CASES)
def file(file_id: int) -> Any:
    work = access.work()
    row = finance_files.find(work.session, file_id)
    asked = bank_lines.asked(file_id=row.id, state=posting.ALL)
    return render_template(
        "staff/money/file.html",
        row=row,
        facts=_facts(work, row),
        counts=_counts(work, row),
        actions=_actions(work, row),
        refused=import_lists.refused(row.rejected[: import_lists.SHOWN]),
        list=bank_lines.listing(work, asked, url_for(".file", file_id=row.id)),
        form=bank_lines.filter_form(asked),
    )


def _facts(work: Work, row: ImportedFile) -> list[pages.Fact]:
    people = names(work.session, [row.loaded_by])
    read = ", ".join(f"{key} = {name}" for key, name in row.mapping["headings"].items())
    return [
        pages.Fact("Brought in", moment(row.loaded_at), people[row.loaded_by]),
        pages.Fact(
            "Lines", f"{row.rows_in:,} = {row.accepted:,} taken + {row.rejected_count:,} refused"
        ),
        pages.Fact("Headings read", read, " ".join(row.notices)),
        pages.Fact(
            "SHA-256",
            row.sha256,
            "of the file as received",
            action="Download",
            action_url=url_for(".received", file_id=row.id),
        ),
    ]


def _counts(work: Work, row: ImportedFile) -> list[pages.Count]:
    found = finance_files.counts(work.session, [row.id])[row.id]
    here = url_for(".file", file_id=row.id)
    return [
        pages.Count(
            found.get(state, 0),
            state.label.lower(),
            address(here, {}, state=state.value),
            state in (LineState.MATCHED, LineState.UNMATCHED, LineState.DUPLICATE)
            and found.get(state, 0) > 0,
        )
        for state in LineState
    ]


def _actions(work: Work, row: ImportedFile) -> list[pages.Action]:
    found = finance_files.counts(work.session, [row.id])[row.id]
    matched, posted = found.get(LineState.MATCHED, 0), found.get(LineState.POSTED, 0)
    refused = not_yours(work.actor, Permission.RECORD_MONEY)
    return [
        pages.Action(
            f"Post {plural(matched, 'matched line')}" if matched else "Post the matched lines",
            post_url=url_for(".post", file_id=row.id),
            primary=True,
            reason=refused or ("" if matched else "No matched line waits."),
        ),
        pages.Action(
            "Undo the posting",
            url_for(".undo", file_id=row.id),
            reason=refused or ("" if posted else "Nothing of this file is posted."),
        ),
    ]


@bp.post("/<int:file_id>/post")
@access.needs(Permission.RECORD_MONEY)
def post(file_id: int) -> Any:
    """Post the matched lines of the file, all or none."""
    try:
        done = finance_files.post(access.work(), file_id)
    except (NotAllowed, NotFound):
        raise
    except Refusal as refusal:
        access.undo()
        flash(f"Nothing was posted. {refusal.sentence}", "warning")
        return redirect(url_for(".file", file_id=file_id), 303)
    if done.lines:
        flash(f"{plural(done.lines, 'line')} posted: {money(done.pence)}.", "success")
    else:
        flash("Nothing was left to post.", "warning")
    return redirect(url_for(".file", file_id=file_id), 303)


@bp.route("/<int:file_id>/undo", methods=["GET", "POST"])
@access.needs(Permission.RECORD_MONEY)
def undo(file_id: int) -> Any:
    work = access.work()
    row = finance_files.find(work.session, file_id)
    form = UndoForm()
    count = finance_files.counts(work.session, [row.id])[row.id].get(LineState.POSTED, 0)
    page = MoneyPage(
        "Undo the posting of a file",
        url_for(".file", file_id=row.id),
        row.filename,
        f"{plural(count, 'entry', 'entries')} will be reversed. Nothing is deleted.",
    )

    def act() -> None:
        finance_files.undo(work, row.id, form.reason.data)

    return answer(form, page, act, "The posting is undone by reversals.")


@bp.get("/<int:file_id>/received")
@access.needs(Permission.READ_CASES)
def received(file_id: int) -> Any:
    """The file as it was received, byte for byte."""
    work = access.work()
    row = finance_files.find(work.session, file_id)
    return as_received(work, row)


@bp.get("/<int:file_id>/refused.csv")
@access.needs(Permission.READ_CASES)
def refused(file_id: int) -> Any:
    return refused_lines(finance_files.find(access.session(), file_id))
