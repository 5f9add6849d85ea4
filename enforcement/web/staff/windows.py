"""Collection windows: past and to come, what was held for each, and the feed-complete decision."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select

from enforcement.data.windows import WindowRow
from enforcement.domain.calendar import calendar_words
from enforcement.domain.permissions import Permission, can
from enforcement.domain.refusals import BadInput, Refusal
from enforcement.domain.windows import Month, Timing, Window
from enforcement.services import imports, windows
from enforcement.services.accounts import names
from enforcement.services.windows import Totals
from enforcement.web import access
from enforcement.web.filters import days_left, moment, weekday
from enforcement.web.forms import put_refusal
from enforcement.web.listing import Cell, Column, Listing
from enforcement.web.pages import Fact
from enforcement.web.staff.import_forms import CompleteForm
from enforcement.web.staff.import_lists import files

bp = Blueprint("windows", __name__)
TOTALS = {
    "owed": "Returns owed",
    "submitted": "Submitted",
    "nil": "Nil return",
    "missed": "Missed",
    "unknown": "Nothing known",
}


@bp.get("/windows", endpoint="windows")
@access.needs(Permission.READ_CASES)
def list_windows() -> Any:
    work = access.work()
    rows = {row.number: row for row in work.session.scalars(select(WindowRow))}
    months = windows.months_around(work.today, list(rows))
    found = windows.computed_from(work.session, months[0], months[-1] - months[0] + 1)
    by_month = {window.month: window for window in found}
    people = names(work.session, [row.feed_complete_by for row in rows.values()])
    past = [m for m in reversed(months) if by_month[m].judge(work.now) is Timing.AFTER]
    coming = [m for m in months if m not in set(past)]
    return render_template(
        "staff/windows/windows.html",
        coming=_listing("Windows to come", [by_month[m] for m in coming], rows, people),
        past=_listing("Windows that closed", [by_month[m] for m in past], rows, people),
    )


def _listing(
    caption: str, found: list[Window], rows: dict[int, WindowRow], people: dict[str, str]
) -> Listing:
    return Listing(
        caption=caption,
        columns=[
            Column("month", "Window"),
            Column("opens", "Opens"),
            Column("closes", "Closes, end of the day"),
            Column("state", "State"),
            Column("owed", "Owed", numeric=True),
            Column("missed", "Missed", numeric=True),
        ],
        rows=[_window_row(window, rows.get(window.month.number), people) for window in found],
        empty_text="There are none.",
    )


def _window_row(window: Window, row: WindowRow | None, people: dict[str, str]) -> dict[str, object]:
    totals = (row.feed_totals if row else None) or {}
    return {
        "month": Cell(
            window.month.title,
            href=url_for("windows.window", month=str(window.month)),
            note=window.override_reason or "",
        ),
        "opens": weekday(window.opens_on),
        "closes": Cell(weekday(window.closes_on), note=_moved(window)),
        "state": _state(window, row, people),
        "owed": f"{totals['owed']:,}" if totals else "",
        "missed": f"{totals['missed']:,}" if totals else "",
    }


def _moved(window: Window) -> str:
    return "moved from the 14th" if window.closes_on.day != 14 else ""


def _state(window: Window, row: WindowRow | None, people: dict[str, str]) -> Cell:
    work = access.work()
    if row is not None and row.feed_complete_at is not None:
        who = people.get(row.feed_complete_by or "", row.feed_complete_by or "")
        return Cell("Feed complete", tag="green", note=f"{who}, {moment(row.feed_complete_at)}")
    timing = window.judge(work.now)
    if timing is Timing.BEFORE:
        return Cell("To come", tag="grey", note="")
    if timing is Timing.INSIDE:
        left = days_left(window.closes_on, work.today).replace("Due", "Closes")
        return Cell("Open", tag="blue", note=left)
    return Cell("Closed", tag="orange", note="feed not called complete")


@bp.get("/windows/<month>")
@access.needs(Permission.READ_CASES)
def window(month: str) -> Any:
    return _page(Month.parse(month), CompleteForm(formdata=None))


def _page(month: Month, form: CompleteForm, status: int = 200) -> Any:
    work = access.work()
    found = windows.window_on(work.session, month)
    row = work.session.get(WindowRow, month.number)
    now = windows.totals(work.session, month)
    before = windows.totals(work.session, month - 1)
    rows = [
        one for one in imports.listed(work.session, "returns", limit=200)
        if one.window_no == month.number
    ]  # fmt: skip
    people = names(
        work.session, [*(one.loaded_by for one in rows), row.feed_complete_by if row else None]
    )
    complete = row is not None and row.feed_complete_at is not None
    return (
        render_template(
            "staff/windows/window.html",
            month=month,
            facts=_facts(found, row, people),
            totals=_totals(month, now, before),
            seen=now.as_json(),
            files=files(rows, people, "returns", more=False),
            form=form,
            complete=complete,
            may_complete=can(work.actor, Permission.COMPLETE_FEED),
            may_load=can(work.actor, Permission.LOAD_FILES),
            why_not=None if complete else _why_not(found, now),
        ),
        status,
    )


def _why_not(found: Window, now: Totals) -> Refusal | None:
    """Why nobody can call the feed complete yet, as the use case would say."""
    try:
        windows.refuse_open(access.work(), found)
        windows.refuse_incomplete(found.month, now)
    except Refusal as refusal:
        return refusal
    return None


def _facts(found: Window, row: WindowRow | None, people: dict[str, str]) -> list[Fact]:
    facts = [
        Fact("Opens", weekday(found.opens_on), "at the start of the day"),
        Fact(
            "Closes",
            weekday(found.closes_on),
            ", ".join(filter(None, ("at the end of the day", _moved(found)))),
        ),
        Fact("Calendar", calendar_words(found.calendar_version)),
    ]
    if found.override_reason:
        facts.append(Fact("Moved because", found.override_reason))
    if row is not None and row.formal_notice:
        facts.append(Fact("Formal notice", f"Version of {row.formal_notice}"))
    if row is not None and row.feed_complete_at is not None:
        who = people.get(row.feed_complete_by or "", row.feed_complete_by or "")
        facts.append(Fact("Feed called complete", moment(row.feed_complete_at), f"by {who}"))
    return facts


def _totals(month: Month, now: Totals, before: Totals) -> Listing:
    numbers, last = now.as_json(), before.as_json()
    return Listing(
        caption="Totals",
        columns=[
            Column("what", "What is held"),
            Column("now", month.title, numeric=True),
            Column("last", (month - 1).title, numeric=True),
            Column("change", "Difference", numeric=True),
        ],
        rows=[
            {
                "what": title,
                "now": f"{numbers[key]:,}",
                "last": f"{last[key]:,}",
                "change": _signed(numbers[key] - last[key]),
            }
            for key, title in TOTALS.items()
        ],
    )


def _signed(difference: int) -> str:
    sign = "+" if difference > 0 else "−" if difference < 0 else ""
    return f"{sign}{abs(difference):,}"


@bp.post("/windows/<month>/complete")
@access.needs(Permission.COMPLETE_FEED)
def complete(month: str) -> Any:
    which, form = Month.parse(month), CompleteForm()
    if not form.validate():
        return _page(which, form, 422)
    try:
        windows.complete_feed(access.work(), which, _seen(), form.note.data or "")
    except Refusal as refusal:
        access.undo()
        put_refusal(form, refusal)
        return _page(which, form, 409)
    flash(f"The feed for {which.title} is complete. Cases can be previewed now.")
    return redirect(url_for(".window", month=month), 303)


def _seen() -> Totals:
    """The totals that stood on the page the person decided on."""
    try:
        return Totals(**{key: int(request.form[f"seen_{key}"]) for key in Totals.__annotations__})
    except (KeyError, ValueError):
        raise BadInput("The page did not say which totals you saw.", fix="Open it again.") from None
