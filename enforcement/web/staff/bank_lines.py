"""Bank lines: the list of those that wait, one line with what it may be for, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from flask import Blueprint, render_template, request, url_for
from wtforms import RadioField, SearchField, SelectField, StringField, SubmitField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from enforcement.data.finance import BankLine
from enforcement.domain.finance import LineState, Offer
from enforcement.domain.payments import standing
from enforcement.domain.permissions import Permission, not_yours
from enforcement.domain.refusals import BadInput
from enforcement.services import posting
from enforcement.services.posting import ALL, FILTERS, WAITING, Filters
from enforcement.services.work import Work
from enforcement.web import access, pages
from enforcement.web.exports import csv_response
from enforcement.web.fields import LongTextField, visible
from enforcement.web.filters import day, moment, money, plural
from enforcement.web.forms import NhsSearchForm
from enforcement.web.listing import Cell, Chip, Column, Listing, address, single
from enforcement.web.staff.case_form import options
from enforcement.web.staff.money_form import MoneyForm, MoneyPage, answer, tabs

bp = Blueprint("bank_lines", __name__, url_prefix="/money/lines")
SIZE = 50
MOST_EXPORTED = 20_000
OTHER = "other"
COLOURS: dict[LineState, pages.Colour] = {
    LineState.MATCHED: "yellow",
    LineState.POSTED: "green",
    LineState.UNMATCHED: "orange",
    LineState.DUPLICATE: "purple",
    LineState.SET_ASIDE: "grey",
}
COLUMNS = (
    Column("line", "Line"),
    Column("on", "Date"),
    Column("says", "What the bank says"),
    Column("pence", "Amount", numeric=True),
    Column("state", "State"),
    Column("penalty", "Payment reference"),
)


class FilterForm(NhsSearchForm):
    """The filters, sent by GET: their address is the list."""

    state = SelectField(
        "State", choices=[SelectChoice(*one) for one in FILTERS.items()], validate_choice=False
    )
    text = SearchField("Reference, description or payer")


def _words(label: str, missing: str, hint: str = "") -> LongTextField:
    return LongTextField(
        label,
        [InputRequired(missing), Length(max=1000), visible],
        description=hint,
        render_kw={"rows": 3},
    )


class MatchForm(MoneyForm):
    penalty = RadioField("Which penalty is it for?", [InputRequired("Choose the penalty")])
    other = StringField(
        "Another payment reference",
        [Optional(), Length(max=40), visible],
        description="Only if you chose “Another”. Like ASC-2026-000001-N2.",
        render_kw={"width": 20},
    )
    kind = RadioField("What is it?", [InputRequired("Choose what it is")])
    words = _words("How do you know?", "Enter how you know whose it is", "Kept in the history.")
    submit = SubmitField("Post the line")


class ReasonForm(MoneyForm):
    words = _words("Why?", "Enter why", "Kept in the history with your name.")
    submit = SubmitField("Confirm")


def asked(file_id: int | None = None, state: str = WAITING) -> Filters:
    """The filters of this address; `state` when the address names none."""
    return Filters(
        state=single(request.args.getlist("state"), "state") or state,
        text=single(request.args.getlist("text"), "text")[:100],
        file_id=file_id,
    )


@bp.get("", endpoint="lines")
@access.needs(Permission.READ_CASES)
def line_list() -> Any:
    work = access.work()
    return render_template(
        "staff/money/lines.html",
        tabs=tabs("lines"),
        list=listing(work, asked(), url_for(".lines")),
        form=filter_form(asked()),
    )


def filter_form(filters: Filters) -> NhsSearchForm:
    """The form of the filters in force."""
    form = FilterForm.from_address()
    form.state.data = filters.state
    return form


def listing(work: Work, filters: Filters, path: str) -> Listing:
    """A page of lines under these filters."""
    after = single(request.args.getlist("after"), "after")
    if after and not after.isdecimal():
        raise BadInput(f"“{after}” is not a place in the list.")
    found = posting.listed(work, filters, SIZE + 1, int(after or 0))
    query: dict[str, object] = {"state": filters.state, "text": filters.text}
    return Listing(
        caption="Bank lines",
        columns=COLUMNS,
        rows=[_row(row, with_file=filters.file_id is None) for row in found[:SIZE]],
        count_text=plural(posting.count(work, filters), "line"),
        chips=_chips(filters, path, query),
        clear_url=path,
        export_url=address(url_for("bank_lines.export"), query, file=filters.file_id),
        empty_title="No line waits" if filters == Filters() else "No line matches",
        empty_text="Lines that name no exact payment reference, or were seen before, wait here "
        "until somebody has looked at them.",
        next_url=address(path, query, after=found[SIZE - 1].id) if len(found) > SIZE else None,
    )


def _chips(filters: Filters, path: str, query: dict[str, object]) -> list[Chip]:
    found = []
    if filters.state != (ALL if filters.file_id else WAITING):
        found.append(Chip("State", FILTERS[filters.state], address(path, query, state=None)))
    if filters.text:
        found.append(Chip("Search", filters.text, address(path, query, text=None)))
    return found


def _row(row: BankLine, *, with_file: bool) -> dict[str, object]:
    state = LineState(row.state)
    penalty = row.penalty.reference if row.penalty else ""
    case = penalty.rpartition("-")[0]
    said = row.reference or row.details or row.payer or "Nothing"
    beside = [text for text in (row.details, row.payer) if text and text != said]
    return {
        "line": Cell(
            f"Line {row.line}",
            href=url_for("bank_lines.line", line_id=row.id),
            note=row.file.filename if with_file else "",
        ),
        "on": day(row.on),
        "says": Cell(said, note=", ".join(beside)),
        "pence": money(row.pence),
        "state": Cell(state.label, tag=COLOURS[state], note=row.why),
        "penalty": Cell(penalty, href=url_for("payments.money", reference=case)) if penalty else "",
    }


@bp.get("/export.csv")
@access.needs(Permission.READ_CASES)
def export() -> Any:
    """The lines under these filters as a file."""
    work = access.work()
    number = single(request.args.getlist("file"), "file")
    filters = asked(int(number) if number.isdecimal() else None)
    columns = [
        Column(key, key.replace("_", " ").capitalize())
        for key in ("file", "line", "date", "amount", "reference", "details", "payer",
                    "bank_id", "state", "why", "penalty", "settled_by", "settled_words")
    ]  # fmt: skip
    return csv_response(_exported(work, filters), columns, "bank lines.csv")


def _exported(work: Work, filters: Filters) -> Iterator[dict[str, object]]:
    for row in posting.listed(work, filters, MOST_EXPORTED):
        yield {
            "file": row.file.filename,
            "line": row.line,
            "date": row.on,
            "amount": Decimal(row.pence) / 100,
            "reference": row.reference,
            "details": row.details,
            "payer": row.payer,
            "bank_id": row.bank_id,
            "state": LineState(row.state).label,
            "why": row.why,
            "penalty": row.penalty.reference if row.penalty else "",
            "settled_by": row.settled_by_name or "",
            "settled_words": row.settled_words or "",
        }


@bp.get("/<int:line_id>")
@access.needs(Permission.READ_CASES)
def line(line_id: int) -> Any:
    work = access.work()
    row = posting.find(work, line_id)
    state = LineState(row.state)
    waits = state in (LineState.UNMATCHED, LineState.MATCHED)
    return render_template(
        "staff/money/line.html",
        row=row,
        tag=pages.Tag(state.label, COLOURS[state]),
        facts=_facts(row),
        offers=_offers(posting.offers(work, row)) if waits else None,
        actions=_actions(work, row, state),
    )


def _facts(row: BankLine) -> list[pages.Fact]:
    said = (
        ("Reference", row.reference),
        ("Description", row.details),
        ("Payer", row.payer),
        ("The bank’s number", row.bank_id),
    )
    found = [
        pages.Fact("Date", day(row.on)),
        pages.Fact("Amount", money(row.pence), "came in" if row.pence > 0 else "went out"),
        *(pages.Fact(key, text) for key, text in said if text),
        pages.Fact(
            "From",
            f"{row.file.filename}, line {row.line}",
            href=url_for("bank_files.file", file_id=row.file_id),
        ),
        pages.Fact("What the reading made of it", row.why),
    ]
    if row.same_as is not None:
        same = row.same_as
        where = f"{same.file.filename}, line {same.line}"
        found.append(pages.Fact("The same as", where, href=url_for(".line", line_id=same.id)))
    if row.penalty is not None:
        reference = row.penalty.reference
        href = url_for("payments.money", reference=reference.rpartition("-")[0])
        entry = f"entry {row.entry_id}" if row.entry_id else "not posted yet"
        found.append(pages.Fact("Payment reference", reference, entry, href=href))
    if row.settled_at is not None:
        note = f"{row.settled_by_name}, {moment(row.settled_at)}"
        found.append(pages.Fact("Last looked at", row.settled_words or "", note))
    return found


def _offers(found: list[Offer]) -> Listing:
    return Listing(
        caption="What it may be for",
        columns=[
            Column("penalty", "Payment reference"),
            Column("provider", "Provider"),
            Column("owed", "Account"),
            Column("why", "Why it is offered"),
        ],
        rows=[
            {
                "penalty": Cell(
                    offer.account.reference,
                    href=url_for("payments.money", reference=offer.account.case),
                ),
                "provider": offer.account.provider,
                "owed": standing(offer.account.owed),
                "why": " ".join(offer.why),
            }
            for offer in found
        ],
        empty_title="Nothing is like it",
        empty_text="No reference, provider or sum is near. You can still type a reference.",
    )


def _actions(work: Work, row: BankLine, state: LineState) -> list[pages.Action]:
    refused = not_yours(work.actor, Permission.RECORD_MONEY)
    now = f"The line is “{state.label.lower()}”."
    waits = state in (LineState.UNMATCHED, LineState.MATCHED)
    back = state in (LineState.SET_ASIDE, LineState.DUPLICATE)
    again = "It is another payment" if state is LineState.DUPLICATE else "Let it wait again"
    offered = (
        ("Match it", "match", waits, waits),
        (again, "reopen", back, False),
        ("Set it aside", "set_aside", waits or state is LineState.DUPLICATE, False),
        ("Undo the posting", "undo", state is LineState.POSTED, False),
    )
    return [
        pages.Action(
            words,
            url_for(f".{where}", line_id=row.id),
            primary=first,
            reason=refused or ("" if can else now),
        )
        for words, where, can, first in offered
    ]


def _page(row: BankLine, title: str, intro: str = "") -> MoneyPage:
    return MoneyPage(
        title,
        url_for(".line", line_id=row.id),
        f"Line {row.line} of {row.file.filename}",
        intro,
        _facts(row)[:4],
    )


@bp.route("/<int:line_id>/match", methods=["GET", "POST"])
@access.needs(Permission.RECORD_MONEY)
def match(line_id: int) -> Any:
    """Post the line under the penalty that a person names."""
    work = access.work()
    row = posting.find(work, line_id)
    form = MatchForm()
    form.penalty.choices = [
        *(_choice(offer) for offer in posting.offers(work, row)),
        SelectChoice(OTHER, "Another", {"hint": "Type its payment reference below"}),
    ]
    form.kind.choices = options(
        (("entry", "A payment"), ("undoes", "A refund of ours that came back"))
        if row.pence > 0
        else (("entry", "A refund of ours"), ("undoes", "A payment that went back"))
    )
    if not form.is_submitted():
        form.version.data, form.kind.data = str(row.version), "entry"

    def act() -> None:
        reference = form.other.data if form.penalty.data == OTHER else form.penalty.data
        posting.match(
            work,
            row,
            reference or "",
            form.words.data,
            undoes=form.kind.data == "undoes",
            version=form.read_version,
        )

    return answer(form, _page(row, "Match a bank line"), act, "The line is posted.")


def _choice(offer: Offer) -> SelectChoice:
    account = offer.account
    words = f"{account.provider}. {standing(account.owed)} {' '.join(offer.why)}"
    return SelectChoice(account.reference, account.reference, {"hint": words})


@bp.route("/<int:line_id>/set-aside", methods=["GET", "POST"])
@access.needs(Permission.RECORD_MONEY)
def set_aside(line_id: int) -> Any:
    """Leave the line out, with the reason."""
    intro = "For money that is not ours or went back to the payer. It can wait again later."
    return _reasoned(line_id, "Set a bank line aside", intro, posting.set_aside, "Set aside.")


@bp.route("/<int:line_id>/reopen", methods=["GET", "POST"])
@access.needs(Permission.RECORD_MONEY)
def reopen(line_id: int) -> Any:
    """Let the line wait again."""
    intro = (
        "The line waits again, to be matched by a person. A line that was seen before counts as "
        "another payment from then on."
    )
    return _reasoned(
        line_id, "Let a bank line wait again", intro, posting.reopen, "It waits again."
    )


@bp.route("/<int:line_id>/undo", methods=["GET", "POST"])
@access.needs(Permission.RECORD_MONEY)
def undo(line_id: int) -> Any:
    """Undo the posting by a reversal."""
    intro = "The entry is reversed, never deleted, and the line waits again."
    return _reasoned(line_id, "Undo a posting", intro, posting.undo, "The entry is reversed.")


def _reasoned(line_id: int, title: str, intro: str, use_case: Any, done: str) -> Any:
    work = access.work()
    row = posting.find(work, line_id)
    form = ReasonForm()
    if not form.is_submitted():
        form.version.data = str(row.version)
    page = _page(row, title, intro)
    return answer(form, page, lambda: use_case(work, row, form.words.data, form.read_version), done)
