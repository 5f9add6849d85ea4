"""What we say happened: the grid, one page for each window, its rows as a file, "this is wrong"."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, url_for
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice

from enforcement.domain.refusals import BadInput
from enforcement.domain.replies import REASONS, WRONG_CELL, Question
from enforcement.services import reply_drafts, reply_record
from enforcement.services.reply_record import PlaceTold, WindowTold
from enforcement.web import pages
from enforcement.web.exports import csv_response
from enforcement.web.forms import NhsForm
from enforcement.web.listing import Column
from enforcement.web.reply import access
from enforcement.web.reply.answers import address_of

bp = Blueprint("record", __name__, url_prefix="/reply/record")
COLUMNS = (
    Column("location_id", "CQC location ID"),
    Column("location", "Location"),
    Column("service", "Service"),
    Column("window", "Window"),
    Column("opens_on", "Opened"),
    Column("closes_on", "Closed"),
    Column("outcome", "What we recorded"),
    Column("counted", "Counts towards this case"),
    Column("why", "Why"),
    Column("updates", "Updates outside the window"),
)


class WrongForm(NhsForm):
    wrong = RadioField("What is wrong?", choices=[], validate_choice=False)


@bp.get("")
@access.needs_session
def shown() -> Any:
    places = reply_record.record_of(access.work(), access.case())
    return render_template(
        "reply/record.html",
        places=places,
        grid=_grid(places),
        accepting=reply_drafts.accepting(access.case()),
        back={"href": url_for("reply.home"), "text": "Back"},
    )


def _grid(places: list[PlaceTold]) -> pages.Grid:
    months = reply_record.months_of(places)
    rows = []
    for place in places:
        told = {window.month: window for window in place.windows}
        cells = [
            pages.GridCell(
                told[month].outcome,
                counted=told[month].counted,
                note="updated outside the window" if told[month].updates else "",
                href=_cell_url(place, told[month]),
            )
            for month in months
        ]
        rows.append(pages.GridRow(place.location, place.service, cells, note=place.location_id))
    return pages.Grid("The windows we looked at", [m.first_day for m in months], rows)


def _cell_url(place: PlaceTold, window: WindowTold) -> str:
    return url_for("record.cell", duty=place.duty_id, month=str(window.month))


@bp.get("/rows.csv")
@access.needs_session
def rows() -> Any:
    """The evidence rows, as a file to check or to keep."""
    case = access.case()
    places = reply_record.record_of(access.work(), case)
    told = [reply_record.row_told(place, window) for place in places for window in place.windows]
    return csv_response(told, COLUMNS, f"{case.reference}-record.csv")


@bp.get("/<int:duty>/<month>")
@access.needs_session
def cell(duty: int, month: str) -> Any:
    return _cell_page(duty, month, WrongForm(formdata=None))


@bp.post("/<int:duty>/<month>")
@access.needs_session
def wrong(duty: int, month: str) -> Any:
    """ "I think this is wrong": the reason and the window are in the reply, and it goes on."""
    work, link = access.work(), access.link()
    place, window = _found(duty, month)
    form = WrongForm()
    reason = form.wrong.data or ""
    key = reply_drafts.cell_key(link.case, place.duty_id, window.month.number)
    try:
        reply_drafts.mark(work, link, reason, key)
    except BadInput as refused:
        access.undo()
        form.wrong.errors = [refused.sentence]
        return _cell_page(duty, month, form)
    asked = [name for name in REASONS[reason].questions if name != "windows"]
    return redirect(address_of(Question(asked[0], reason)))


def _found(duty: int, month: str) -> tuple[PlaceTold, WindowTold]:
    for place in reply_record.record_of(access.work(), access.case()):
        for window in place.windows:
            if place.duty_id == duty and str(window.month) == month:
                return place, window
    abort(404)


def _cell_page(duty: int, month: str, form: WrongForm) -> Any:
    place, window = _found(duty, month)
    offered = WRONG_CELL if window.counted else ("record",)
    form.wrong.choices = [SelectChoice(key, REASONS[key].title) for key in offered]
    if not window.counted:
        form.wrong.data = form.wrong.data or None
    return render_template(
        "reply/window.html",
        place=place,
        window=window,
        form=form,
        accepting=reply_drafts.accepting(access.case()),
        back={"href": url_for("record.shown"), "text": "Back to the record"},
    )
