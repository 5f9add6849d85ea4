"""Money for the Consolidated Fund: what is to be sent, what was, and any days asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Blueprint, render_template, request, url_for
from wtforms import HiddenField, StringField, SubmitField
from wtforms.validators import InputRequired, Length

from enforcement.data.finance import Remittance
from enforcement.domain.payments import Kind
from enforcement.domain.permissions import Permission, not_yours
from enforcement.domain.refusals import BadInput
from enforcement.services import remittances
from enforcement.services.remittances import Movement
from enforcement.services.work import Work
from enforcement.web import access, pages
from enforcement.web.exports import csv_response
from enforcement.web.fields import DayField, visible
from enforcement.web.filters import day, moment, money, plural
from enforcement.web.forms import NhsForm, NhsSearchForm
from enforcement.web.listing import Cell, Column, Listing, address, single
from enforcement.web.staff.case_form import chosen
from enforcement.web.staff.money_form import MoneyPage, answer, tabs

bp = Blueprint("remittances", __name__)
PAGE = 50
FILE_COLUMNS = [
    Column(key, key.replace("_", " ").capitalize())
    for key in ("date", "case", "payment_reference", "entry", "kind", "bank_reference", "amount")
]


class RecordForm(NhsForm):
    up_to = HiddenField()
    pence = HiddenField()
    sent_on = DayField("Sent on", [InputRequired("Enter the day it was sent")])
    reference = StringField(
        "Reference of the payment to the Fund",
        [InputRequired("Enter the reference of the payment"), Length(max=80), visible],
    )
    submit = SubmitField("Record it as sent")


class DaysForm(NhsSearchForm):
    first = DayField("From", [InputRequired("Enter the first day")])
    last = DayField("To", [InputRequired("Enter the last day")])


@bp.get("/money/fund", endpoint="fund")
@access.needs(Permission.READ_CASES)
def fund() -> Any:
    """What is to be sent up to today, and what was sent."""
    work = access.work()
    before = single(request.args.getlist("before"), "before")
    sent = remittances.listed(work, PAGE + 1, int(before) if before.isdecimal() else None)
    found = remittances.to_send(work, work.today)
    return render_template(
        "staff/money/fund.html",
        tabs=tabs("fund"),
        total=_sum(found),
        actions=_actions(work, found),
        waiting=_movements(found, "To be sent"),
        sent=_sent(sent),
    )


def _sum(found: Iterable[Movement]) -> int:
    return sum(one.pence for one in found)


def _actions(work: Work, found: Sequence[Movement]) -> list[pages.Action]:
    nothing = "" if _sum(found) > 0 else "There is nothing to send."
    why = not_yours(work.actor, Permission.RECORD_MONEY) or nothing
    return [
        pages.Action("Record it as sent", url_for(".record"), primary=True, reason=why),
        pages.Action("Money by date", url_for(".days")),
    ]


def _sent(rows: Sequence[Remittance]) -> Listing:
    return Listing(
        caption="Sent",
        columns=[
            Column("number", "Remittance"),
            Column("sent", "Sent"),
            Column("up_to", "Up to"),
            Column("reference", "Reference"),
            Column("entries", "Entries", numeric=True),
            Column("pence", "Amount", numeric=True),
        ],
        rows=[
            {
                "number": Cell(f"Remittance {row.number}", url_for(".sent", number=row.number)),
                "sent": Cell(day(row.sent_on), note=row.recorded_by_name),
                "up_to": day(row.up_to),
                "reference": row.reference,
                "entries": f"{row.entries:,}",
                "pence": money(row.pence),
            }
            for row in rows[:PAGE]
        ],
        empty_title="Nothing was sent yet",
        empty_text="Each remittance takes every entry of money that went with none before.",
        next_url=address(url_for(".fund"), {}, before=rows[PAGE - 1].number)
        if len(rows) > PAGE
        else None,
    )


def _movements(found: Sequence[Movement], caption: str, export: str = "") -> Listing:
    return Listing(
        caption=caption,
        columns=[
            Column("on", "Date"),
            Column("case", "Payment reference"),
            Column("kind", "Entry"),
            Column("reference", "Bank reference"),
            Column("pence", "Amount", numeric=True),
        ],
        rows=[
            {
                "on": day(one.on),
                "case": Cell(one.penalty, url_for("payments.money", reference=one.case)),
                "kind": Kind(one.kind).label,
                "reference": one.payment_reference,
                "pence": money(one.pence),
            }
            for one in found
        ],
        count_text=plural(len(found), "entry", "entries"),
        export_url=export,
        empty_title="No money was received or repaid",
        empty_text="There is nothing to send for these days.",
    )


@bp.route("/money/fund/record", methods=["GET", "POST"])
@access.needs(Permission.RECORD_MONEY)
def record() -> Any:
    """Record what was sent to the Fund: the sum that stands on this page."""
    work = access.work()
    form = RecordForm()
    if not form.is_submitted():
        up_to = work.today
        form.up_to.data, form.sent_on.data = up_to.isoformat(), work.today
        form.pence.data = str(_sum(remittances.to_send(work, up_to)))
    up_to, pence = _kept(form)
    page = MoneyPage(
        "Record a remittance",
        url_for(".fund"),
        "Consolidated Fund",
        "It is never changed afterwards: a correction goes with the next one.",
        [
            pages.Fact("Money up to", day(up_to)),
            pages.Fact("To send", money(pence), "SI 2022/1175 reg 10"),
        ],
    )

    def act() -> str:
        row = remittances.record(work, up_to, pence, chosen(form.sent_on), form.reference.data)
        return url_for(".sent", number=row.number)

    return answer(form, page, act, "The remittance is recorded.")


def _kept(form: RecordForm) -> tuple[date, int]:
    """What the page was shown for. Refuses BadInput when the form lost it."""
    try:
        return date.fromisoformat(form.up_to.data or ""), int(form.pence.data or "")
    except ValueError as lost:
        raise BadInput("The form has lost what it was for. Open it again.") from lost


@bp.get("/money/fund/<int:number>")
@access.needs(Permission.READ_CASES)
def sent(number: int) -> Any:
    work = access.work()
    row = remittances.find(work, number)
    found = remittances.lines(work, row)
    return render_template(
        "staff/money/remittance.html",
        row=row,
        facts=[
            pages.Fact("Amount", money(row.pence), plural(row.entries, "entry", "entries")),
            pages.Fact("Money up to", day(row.up_to)),
            pages.Fact("Sent on", day(row.sent_on)),
            pages.Fact("Reference", row.reference),
            pages.Fact("Recorded by", row.recorded_by_name, moment(row.recorded_at)),
        ],
        list=_movements(found, "Entries", url_for(".sent_csv", number=row.number)),
    )


@bp.get("/money/fund/<int:number>.csv")
@access.needs(Permission.READ_CASES)
def sent_csv(number: int) -> Any:
    work = access.work()
    row = remittances.find(work, number)
    return _file(remittances.lines(work, row), f"remittance {row.number}.csv")


def _file(found: Iterable[Movement], name: str) -> Any:
    rows = [
        {
            "date": one.on,
            "case": one.case,
            "payment_reference": one.penalty,
            "entry": one.entry,
            "kind": Kind(one.kind).label,
            "bank_reference": one.payment_reference,
            "amount": Decimal(one.pence) / 100,
        }
        for one in found
    ]
    return csv_response(rows, FILE_COLUMNS, name)


@bp.get("/remittance")
@access.needs(Permission.READ_CASES)
def days() -> Any:
    """Money received less money given back between two days, sent or not."""
    work = access.work()
    form, found = _days(work)
    if not request.args:
        form.first.data, form.last.data = work.today.replace(day=1), work.today
    return render_template(
        "staff/money/days.html",
        form=form,
        asked=found is not None,
        total=_sum(found or []),
        rows=_movements(
            found or [],
            "Money for the Consolidated Fund",
            address(url_for(".days_csv"), request.args.to_dict(flat=False)),
        ),
    )


@bp.get("/remittance.csv")
@access.needs(Permission.READ_CASES)
def days_csv() -> Any:
    work = access.work()
    if request.args:
        found = _days(work)[1]
    else:
        found = remittances.between(work, work.today.replace(day=1), work.today)
    if found is None:
        raise BadInput("These days cannot be read.", fix="Give the first and the last day.")
    return _file(found, "money for the Consolidated Fund.csv")


def _days(work: Work) -> tuple[NhsSearchForm, list[Movement] | None]:
    """The days of this address and their movements; None without days that can be read."""
    form = DaysForm.from_address()
    if not request.args or not form.validate():
        return form, None
    try:
        return form, remittances.between(work, form.first.data, form.last.data)
    except BadInput:
        form.last.errors = [*form.last.errors, "The last day is before the first"]
        return form, None
