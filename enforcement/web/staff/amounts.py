"""The amount of a case: from the sum to the row of the fee scheme, and CQC's own figure.

CQC's figure is entered by one person with its evidence and read again by another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms import FileField, ValidationError
from wtforms.validators import InputRequired, Length

from enforcement.data.cases import Case
from enforcement.domain.fees import AmountStatus
from enforcement.domain.permissions import Permission, not_yours
from enforcement.domain.refusals import NotFound, Refusal
from enforcement.services import amount_traces, amounts, files
from enforcement.services import cases as case_services
from enforcement.services.amount_traces import Trace
from enforcement.services.evidence import ACCEPTED
from enforcement.services.work import Work
from enforcement.web import access, pages
from enforcement.web.exports import download
from enforcement.web.fields import LongTextField, MoneyField, visible
from enforcement.web.filters import day, moment, money
from enforcement.web.forms import NhsForm, form_errors, put_refusal, refused
from enforcement.web.listing import Cell, Column, Listing
from enforcement.web.staff import notice_view
from enforcement.web.staff.case_form import LONGEST
from enforcement.web.staff.case_frame import case_frame, place

bp = Blueprint("amounts", __name__)


class EnterForm(NhsForm):
    """CQC's own figure and the file it stands in."""

    pounds = MoneyField(
        "The fee as CQC gives it", validators=[InputRequired("Give the sum in pounds and pence")]
    )
    evidence = LongTextField(
        "Where does it stand?",
        description="The letter or email, its date, who gave it",
        validators=[InputRequired("Say where CQC’s figure stands"), Length(max=LONGEST), visible],
    )
    file = FileField("The letter or email itself", description=f"It may be {ACCEPTED}.")

    def validate_file(self, field: FileField) -> None:
        """Evidence is required."""
        if not field.data or not getattr(field.data, "filename", ""):
            raise ValidationError("Choose the file in which CQC gives the figure")


class CheckForm(NhsForm):
    """What the second person reads, without being shown what the first entered."""

    read = MoneyField(
        "The fee as you read it in the file",
        validators=[InputRequired("Give the sum in pounds and pence")],
    )


class TurnDownForm(NhsForm):
    """Why the figure entered is not CQC's."""

    wrong = LongTextField(
        "What is wrong with what was entered?",
        validators=[InputRequired("Say what is wrong with it"), Length(max=LONGEST), visible],
    )


class AcknowledgeForm(NhsForm):
    """Why CQC's figure stands although ours differs."""

    reason = LongTextField(
        "Why does CQC’s figure stand?",
        validators=[InputRequired("Say why it stands"), Length(max=LONGEST), visible],
    )


@dataclass
class Forms:
    """The forms of the page; the one that was sent comes back with its words."""

    enter: EnterForm
    check: CheckForm
    turn_down: TurnDownForm
    acknowledge: AcknowledgeForm

    @classmethod
    def with_sent(cls, sent: NhsForm | None = None) -> Forms:
        kinds = (EnterForm, CheckForm, TurnDownForm, AcknowledgeForm)
        return cls(*(sent if isinstance(sent, kind) else kind(formdata=None) for kind in kinds))


@bp.get("/cases/<reference>/amount")
@access.needs(Permission.READ_CASES)
def amount(reference: str) -> str:
    """The amount with its trace."""
    return _page(reference, None, [])


@bp.post("/cases/<reference>/amount/working")
@access.needs(Permission.CONFIRM_AMOUNT)
def recompute(reference: str) -> str | Response:
    return _act(reference, None, amounts.recompute, "Worked out again under today’s scheme.")


@bp.post("/cases/<reference>/amount/entered")
@access.needs(Permission.CONFIRM_AMOUNT)
def enter(reference: str) -> str | Response:
    form = EnterForm()

    def deed(work: Work, case: Case) -> None:
        upload = form.file.data
        amounts.enter(
            work, case, form.pounds.data or 0, form.evidence.data, upload.filename, upload.read()
        )

    return _act(reference, form, deed, "Entered. It counts once a second person has checked it.")


@bp.post("/cases/<reference>/amount/confirmed")
@access.needs(Permission.CONFIRM_AMOUNT)
def confirm(reference: str) -> str | Response:
    form = CheckForm()

    def deed(work: Work, case: Case) -> None:
        amounts.confirm(work, case, form.read.data or 0)
        amounts.recompute(work, case)

    return _act(reference, form, deed, "Both of you read the same: CQC’s figure is the amount.")


@bp.post("/cases/<reference>/amount/turned-down")
@access.needs(Permission.CONFIRM_AMOUNT)
def turn_down(reference: str) -> str | Response:
    form = TurnDownForm()

    def deed(work: Work, case: Case) -> None:
        amounts.turn_down(work, case, form.wrong.data)

    return _act(reference, form, deed, "Turned down. Enter the figure again.")


@bp.post("/cases/<reference>/amount/difference")
@access.needs(Permission.CONFIRM_AMOUNT)
def acknowledge(reference: str) -> str | Response:
    form = AcknowledgeForm()

    def deed(work: Work, case: Case) -> None:
        amounts.acknowledge(work, case, form.reason.data)

    return _act(reference, form, deed, "The difference is acknowledged.")


@bp.get("/cases/<reference>/amount/evidence/<digest>")
@access.needs(Permission.READ_CASES)
def evidence(reference: str, digest: str) -> Response:
    """The file in which CQC gives a figure: the one that counts, or the one to be checked."""
    work = access.work()
    case = case_services.find(work, reference)
    name = _evidence(case).get(digest)
    if name is None:
        raise NotFound("This case has no such file.")
    kept = files.fetch(work, digest)
    return download(kept.content, filename=name, mimetype=kept.mime)


def _evidence(case: Case) -> dict[str, str]:
    """The names of the files held as evidence of the amount, by hash."""
    stored = case.amount_trace or {}
    found = {}
    if stored.get("evidence_file"):
        found[stored["evidence_file"]] = stored["evidence_name"]
    if waits := amounts.waiting(case):
        found[waits["file"]] = waits["name"]
    return found


def _act(
    reference: str, form: NhsForm | None, deed: Callable[[Work, Case], object], done: str
) -> str | Response:
    if form is not None and not form.validate():
        return _page(reference, form, form_errors(form))
    work = access.work()
    case = case_services.find(work, reference)
    try:
        deed(work, case)
    except Refusal as refusal:
        access.undo()
        if form is None:
            return _page(reference, None, refused(refusal))
        put_refusal(form, refusal)
        return _page(reference, form, form_errors(form))
    flash(done, "success")
    return redirect(url_for("amounts.amount", reference=case.reference), 303)


def _page(reference: str, sent: NhsForm | None, errors: list[dict[str, str]]) -> str:
    work = access.work()
    case = case_services.find(work, reference)
    stored = case.amount_trace or {}
    found = amount_traces.trace(work.session, case)
    waits = amounts.waiting(case)
    return render_template(
        "staff/amounts/amount.html",
        case_frame=case_frame(work, case, "gate"),
        facts=[*notice_view.amount(case), *_stands_in(case)],
        scheme=_scheme(found),
        lines=_lines(found),
        differs=bool(stored.get("difference")),
        explained=found.explained,
        acknowledged=_acknowledged(stored),
        confirmed=case.amount_status == AmountStatus.CONFIRMED,
        waits=_waits(case, waits) if waits else [],
        mine=waits is not None and waits["by"] == work.actor.identity,
        forms=Forms.with_sent(sent),
        may=Permission.CONFIRM_AMOUNT in work.actor.permissions,
        why_not=not_yours(work.actor, Permission.CONFIRM_AMOUNT),
        errors=errors,
        reference=case.reference,
    )


def _file(case: Case, digest: str, name: str, note: str) -> pages.Fact:
    address = url_for("amounts.evidence", reference=case.reference, digest=digest)
    return pages.Fact("The file", name, note, href=address)


def _stands_in(case: Case) -> list[pages.Fact]:
    stored = case.amount_trace or {}
    if not stored.get("evidence_file"):
        return []
    people = f"Entered by {stored['entered_by_name']}, checked by {stored['checked_by_name']}"
    return [_file(case, stored["evidence_file"], stored["evidence_name"], people)]


def _waits(case: Case, waits: dict[str, Any]) -> list[pages.Fact]:
    """What the second person is told: not the figure, which they are to read for themselves."""
    return [
        pages.Fact("Entered by", waits["by_name"], moment(datetime.fromisoformat(waits["at"]))),
        pages.Fact("Where it stands", waits["evidence"]),
        _file(case, waits["file"], waits["name"], f"SHA-256 {waits['file']}"),
    ]


def _acknowledged(stored: dict[str, Any]) -> str:
    why = stored.get("acknowledged_why")
    return f"{stored['acknowledged_by_name']}: {why}" if why else ""


def _scheme(found: Trace) -> list[pages.Fact]:
    if found.scheme is None:
        return []
    ends = found.scheme.effective_to
    until = f" to {day(ends)}" if ends else ", until it is replaced"
    return [
        pages.Fact(
            "Fee scheme",
            found.scheme.version,
            f"In force from {day(found.scheme.effective_from)}{until}",
            href=place("policies.kind", kind="fee_scheme"),
        ),
        pages.Fact("Source", found.scheme.citation, found.scheme.note),
    ]


def _lines(found: Trace) -> Listing:
    rows: list[dict[str, Any]] = [
        {
            "place": Cell(line.name, note=line.location),
            "number": Cell(line.number, note=line.source),
            "row": line.row,
            "fee": money(line.pence),
        }
        for line in found.lines
    ]
    if found.total_pence is not None and len(rows) > 1:
        rows.append(
            {"place": "All registrations", "number": "", "row": "", "fee": money(found.total_pence)}
        )
    return Listing(
        caption="From the number to the fee",
        columns=[
            Column("place", "Registration"),
            Column("number", "Number and its source"),
            Column("row", "Row of the scheme"),
            Column("fee", "Fee", numeric=True),
        ],
        rows=rows,
        empty_title="Not worked out yet",
        empty_text="Work it out under the scheme in force today.",
    )
