"""Directions of the tribunal: recorded, given another day, done or set aside."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from enforcement.domain.permissions import Permission
from enforcement.services import directions
from enforcement.web import access
from enforcement.web.filters import day
from enforcement.web.staff.appeal_forms import DirectionEndForm, DirectionForm
from enforcement.web.staff.appeals import opened, page_of
from enforcement.web.staff.case_form import answer, chosen

bp = Blueprint("directions", __name__, url_prefix="/cases/<reference>/appeal/directions")
BOTH = ["GET", "POST"]


@bp.route("/new", methods=BOTH)
@access.needs(Permission.RECORD_APPEAL)
def give(reference: str) -> Any:
    work, case = opened(reference)
    form = DirectionForm()

    def act() -> None:
        ask = directions.Ask(
            form.what.data, form.whose.data, chosen(form.given_on), chosen(form.due_on)
        )
        directions.give(work, case, ask, form.read_version)

    intro = "One direction at a time. Each has its own deadline and a task."
    page = page_of(case, "Record a direction", intro)
    return answer(work, case, form, page, act, "The direction is recorded.")


@bp.route("/<int:direction_id>", methods=BOTH)
@access.needs(Permission.RECORD_APPEAL)
def direction(reference: str, direction_id: int) -> Any:
    """What became of one direction."""
    work, case = opened(reference)
    held = directions.find(work, case, direction_id)
    form = DirectionEndForm()

    def act() -> None:
        on, words, version = chosen(form.on), form.words.data, form.read_version
        if form.what.data == "extended":
            until = chosen(form.until)
            directions.extend(work, case, direction_id, on, until, words, version)
        else:
            end = directions.done if form.what.data == "done" else directions.set_aside
            end(work, case, direction_id, on, words, version)

    who = directions.WHOSE[held.row.whose].lower()
    intro = f"{held.row.what} For: {who}. By {day(held.stated_on)}, 5pm."
    page = page_of(case, f"Direction {held.row.number}", intro)
    return answer(work, case, form, page, act, "Recorded.")
