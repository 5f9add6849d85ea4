"""The paper of an issue run: print files, the posting recorded, and the reconciliation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from enforcement.data.issue_runs import IssueRun
from enforcement.data.print_files import PrintFileRow, PrintLetter
from enforcement.domain.giving import Method
from enforcement.domain.permissions import Permission, can, not_yours
from enforcement.domain.refusals import Refusal
from enforcement.services import giving, issue_runs, print_file
from enforcement.services.issue_run_reconciliation import Reconciliation, reconcile
from enforcement.services.work import Work
from enforcement.web import access, pages
from enforcement.web.exports import csv_response, download
from enforcement.web.fields import DayField, LongTextField, visible
from enforcement.web.filters import day, moment, plural
from enforcement.web.forms import NhsForm, form_errors, refused
from enforcement.web.listing import Cell, Column, Listing, single
from enforcement.web.staff import issue_run_view as view
from enforcement.web.staff.case_frame import place
from enforcement.web.staff.notice_view import STATES

bp = Blueprint("issue_run_paper", __name__)
MANIFEST = (
    Column("position", "Position"),
    Column("reference", "Reference"),
    Column("recipient", "Recipient"),
    Column("postcode", "Postcode"),
    Column("pages", "Pages"),
    Column("first_page", "First page in file"),
    Column("sha256", "SHA-256 of the letter"),
    Column("file_sha256", "SHA-256 of the print file"),
)


class PostedForm(NhsForm):
    """The day and proof of posting, as the post room gave them back."""

    sent_on = DayField(
        "On which day were they posted?", validators=[InputRequired("Say on which day")]
    )
    evidence = LongTextField(
        "What shows it?",
        [InputRequired("Say what shows it"), Length(max=4000), visible],
        description="For instance: the cover signed by the post room, and where it is kept",
    )
    not_posted = StringField(
        "Numbers of letters that were not posted (optional)",
        [Length(max=400)],
        description="As on the cover, for example 3, 17",
    )


@bp.get("/issue-runs/<run_reference>/print")
@access.needs(Permission.READ_CASES)
def files(run_reference: str) -> str:
    work = access.work()
    return _files_page(work, issue_runs.find(work, run_reference))


def _files_page(work: Work, run: IssueRun, errors: Sequence[dict[str, str]] = ()) -> str:
    rows = print_file.files_of(work.session, run)
    left = len(print_file.waiting(work.session, run))
    return render_template(
        "staff/issue_runs/files.html",
        run=run,
        list=_files(work, run, rows),
        left=left,
        actions=[_make_action(work, run, left)],
        errors=errors,
    )


def _files(work: Work, run: IssueRun, rows: Sequence[PrintFileRow]) -> Listing:
    listed = []
    for row in rows:
        letters = print_file.letters_of(work.session, row)
        left = len(print_file.to_record(letters))
        listed.append(
            {
                "file": Cell(
                    f"{run.reference}-P{row.number}",
                    href=url_for(
                        "issue_run_paper.file", run_reference=run.reference, number=row.number
                    ),
                    note=f"file {row.number} of {row.parts}",
                ),
                "letters": f"{len(letters):,}",
                "pages": f"{row.pages:,}",
                "made": Cell(row.made_by_name, note=moment(row.made_at)),
                "posted": Cell("All recorded", tag="green")
                if not left
                else Cell(f"{left:,} to record", tag="yellow"),
            }
        )
    return Listing(
        caption=f"Print files of {run.reference}",
        columns=(
            Column("file", "File"),
            Column("letters", "Letters", numeric=True),
            Column("pages", "Pages", numeric=True),
            Column("made", "Made"),
            Column("posted", "Posting"),
        ),
        rows=listed,
        empty_title="No print file yet",
        empty_text="A print file holds the letters of this run for the post room, with a cover.",
    )


def _make_action(work: Work, run: IssueRun, left: int) -> pages.Action:
    label = f"Make the print file of {plural(left, 'letter')}" if left else "Make a print file"
    try:
        print_file.refuse_making(work, run)
    except Refusal as refusal:
        return pages.Action.refused(label, refusal)
    url = url_for("issue_run_paper.make", run_reference=run.reference)
    return pages.Action(label, post_url=url, primary=True)


@bp.post("/issue-runs/<run_reference>/print")
@access.needs(Permission.ISSUE_NOTICE)
def make(run_reference: str) -> Any:
    """Make the next print files; what is left is made by pressing again."""
    work = access.work()
    run = issue_runs.find(work, run_reference)
    try:
        made = print_file.make(work, run)
    except Refusal as refusal:
        access.undo()
        work = access.work()
        return _files_page(work, issue_runs.find(work, run_reference), refused(refusal)), 409
    left = made[-1].parts - made[-1].number
    rest = f" {plural(left, 'file is', 'files are')} still to be made." if left else ""
    flash(f"{plural(len(made), 'print file')} made.{rest}", "success")
    return redirect(url_for("issue_run_paper.files", run_reference=run.reference), 303)


@bp.get("/issue-runs/<run_reference>/print/<int:number>.pdf")
@access.needs(Permission.READ_CODE)
def pdf(run_reference: str, number: int) -> Response:
    """The file as it was made, byte for byte: every letter in it prints its reply code."""
    work = access.work()
    run = issue_runs.find(work, run_reference)
    kept = print_file.content(work, print_file.find(work, run, number))
    name = f"{run.reference}-P{number}.pdf"
    return download(kept.content, filename=name, mimetype=kept.mime)


@bp.get("/issue-runs/<run_reference>/print/<int:number>.csv")
@access.needs(Permission.READ_CASES)
def manifest(run_reference: str, number: int) -> Response:
    """What stands in the file, letter by letter."""
    work = access.work()
    run = issue_runs.find(work, run_reference)
    row = print_file.find(work, run, number)
    rows = [
        {
            "position": letter.position,
            "reference": letter.notice.reference,
            "recipient": letter.notice.recipient["name"],
            "postcode": letter.notice.recipient["postcode"],
            "pages": letter.notice.pages,
            "first_page": letter.first_page,
            "sha256": letter.notice.pdf_sha256,
            "file_sha256": row.sha256,
        }
        for letter in print_file.letters_of(work.session, row)
    ]
    return csv_response(rows, MANIFEST, f"{run.reference}-P{number}.csv")


@bp.get("/issue-runs/<run_reference>/print/<int:number>")
@access.needs(Permission.READ_CASES)
def file(run_reference: str, number: int) -> str:
    work = access.work()
    run = issue_runs.find(work, run_reference)
    return _file_page(work, run, print_file.find(work, run, number), PostedForm())


def _file_page(
    work: Work,
    run: IssueRun,
    row: PrintFileRow,
    form: PostedForm,
    errors: Sequence[dict[str, str]] = (),
) -> str:
    letters = print_file.letters_of(work.session, row)
    left = print_file.to_record(letters)
    here: dict[str, Any] = {"run_reference": run.reference, "number": row.number}
    opens = can(work.actor, Permission.READ_CODE)
    return render_template(
        "staff/issue_runs/file.html",
        run=run,
        row=row,
        facts=[
            pages.Fact("Letters", f"{len(letters):,}", f"{plural(row.pages, 'page')} with cover"),
            pages.Fact("Made", row.made_by_name, moment(row.made_at)),
            pages.Fact("SHA-256 of the file", row.sha256),
            pages.Fact("To be posted", day(run.send_on), Method(run.method).by),
        ],
        pdf_url=url_for("issue_run_paper.pdf", **here) if opens else "",
        pdf_reason=not_yours(work.actor, Permission.READ_CODE),
        csv_url=url_for("issue_run_paper.manifest", **here),
        list=_letters(work, run, letters),
        left=len(left),
        form=form if left and can(work.actor, Permission.RECORD_GIVING) else None,
        errors=errors or form_errors(form),
    )


def _letters(work: Work, run: IssueRun, letters: Sequence[PrintLetter]) -> Listing:
    asked = single(request.args.getlist("on"), "on")
    on = date.fromisoformat(asked) if _is_day(asked) else None
    return Listing(
        caption="Letters in this file",
        columns=(
            Column("position", "No.", numeric=True),
            Column("reference", "Reference"),
            Column("recipient", "Recipient"),
            Column("pages", "Pages", numeric=True),
            Column("first", "First page", numeric=True),
            Column("state", "State"),
        ),
        rows=[_letter(work, letter, on) for letter in letters],
    )


def _is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def _letter(work: Work, letter: PrintLetter, on: date | None) -> dict[str, object]:
    """A letter, and, for the day just tried, why it could not be recorded as posted then."""
    notice = letter.notice
    why = ""
    if on is not None and notice.state in ("issued", "failed"):
        why = giving.shortfall(work, notice, on, Method(notice.method)) or ""
    return {
        "position": str(letter.position),
        "reference": Cell(
            notice.reference,
            href=place("notices.notice", reference=notice.case.reference, notice_id=notice.id),
        ),
        "recipient": Cell(notice.recipient["name"], note=notice.recipient["postcode"]),
        "pages": str(notice.pages or ""),
        "first": str(letter.first_page),
        "state": Cell(
            STATES[notice.state].text,
            tag=STATES[notice.state].colour,
            note=why or (f"on {day(notice.given_on)}" if notice.given_on else ""),
        ),
    }


@bp.post("/issue-runs/<run_reference>/print/<int:number>/posted")
@access.needs(Permission.RECORD_GIVING)
def posted(run_reference: str, number: int) -> Any:
    """Record that the post room posted the file; letters that are refused are listed."""
    work = access.work()
    run = issue_runs.find(work, run_reference)
    row = print_file.find(work, run, number)
    form = PostedForm()
    sent_on = form.sent_on.data if form.validate() else None
    if sent_on is None:
        return _file_page(work, run, row, form), 400
    try:
        left_out = print_file.numbers(form.not_posted.data or "")
        done = print_file.record_posted(work, run, row, sent_on, form.evidence.data, left_out)
    except Refusal as refusal:
        access.undo()
        work = access.work()
        run = issue_runs.find(work, run_reference)
        row = print_file.find(work, run, number)
        return _file_page(work, run, row, form, refused(refusal)), 409
    if done.given:
        flash(f"{plural(len(done.given), 'letter')} recorded as posted {day(sent_on)}.", "success")
    if done.refused:
        words = plural(len(done.refused), "letter is", "letters are")
        flash(f"{words} not recorded: the reason stands beside each in the list.", "warning")
    if done.left:
        flash(f"{plural(done.left, 'letter')} left: record them again in the same way.", "warning")
    where = url_for(
        "issue_run_paper.file",
        run_reference=run.reference,
        number=number,
        on=sent_on.isoformat() if done.refused else None,
    )
    return redirect(where, 303)


# --- reconciliation ---------------------------------------------------------------------------
SHEET = (Column("what", "What"), Column("number", "Number", numeric=True))


@bp.get("/issue-runs/<run_reference>/reconciliation")
@access.needs(Permission.READ_CASES)
def reconciliation(run_reference: str) -> str:
    work = access.work()
    run = issue_runs.find(work, run_reference)
    found = reconcile(work, run)
    return render_template(
        "staff/issue_runs/reconciliation.html",
        run=run,
        found=found,
        at=work.now,
        checks=[pages.Check(one.title, one.ok, one.sentence) for one in found.checks],
        rows=[
            (row, view.items_url(run, row.filters) if row.filters is not None else "")
            for row in found.rows
        ],
    )


@bp.get("/issue-runs/<run_reference>/reconciliation.csv")
@access.needs(Permission.READ_CASES)
def reconciliation_csv(run_reference: str) -> Response:
    """The sheet as a file: the verdict, each check, each number."""
    work = access.work()
    run = issue_runs.find(work, run_reference)
    name = f"{run.reference}-reconciliation.csv"
    return csv_response(_sheet(work, run, reconcile(work, run)), SHEET, name)


def _sheet(work: Work, run: IssueRun, found: Reconciliation) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = [
        {"what": f"{run.reference}: {found.verdict}", "number": work.now.isoformat()}
    ]
    rows += [{"what": row.title, "number": row.number} for row in found.rows]
    for check in found.checks:
        rows.append(
            {"what": f"{check.title}: {check.sentence}", "number": "yes" if check.ok else "no"}
        )
    return rows
