"""The receipt of a deadline: how it was counted, day by day."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, render_template

from enforcement.data.cases import ClockRow
from enforcement.domain.calendar import calendar_words
from enforcement.domain.clocks import ClockKind, recompute
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, NotFound
from enforcement.services.case_clocks import ended_on
from enforcement.services.cases import find
from enforcement.services.policies import calendar_of
from enforcement.services.timeline import value_words
from enforcement.web import access, pages
from enforcement.web.filters import day, moment
from enforcement.web.staff.case_frame import CLOCK_TITLES, case_frame, clock_view

bp = Blueprint("clocks", __name__)
INPUTS = {
    "given_on": "Given on",
    "sent_on": "Sent on",
    "received_on": "Received on",
    "ordered_on": "Set on",
    "stated_on": "Day that was set",
    "because": "About",
    "direction": "Number of its record",
    "appeal_ended_on": "Appeal ended on",
    "resumed": "Resumed, not restarted",
    "started_on": "Started on",
    "months": "Months counted",
    "period_ends_on": "Period ends on",
    "appeal_due_on": "Appeal limit",
    "days": "Days counted",
    "roll": "Moves to a working day",
    "extended_to": "More time agreed, until",
}


@bp.get("/cases/<reference>/clocks/<int:clock_id>")
@access.needs(Permission.READ_CASES)
def receipt(reference: str, clock_id: int) -> str:
    work = access.work()
    case = find(work, reference)
    row = next((clock for clock in case.clocks if clock.id == clock_id), None)
    if row is None:
        raise NotFound(f"Case {case.reference} has no such deadline.")
    return render_template(
        "staff/clocks/receipt.html",
        case_frame=case_frame(work, case, "summary"),
        title_of=CLOCK_TITLES.get(row.kind, row.kind),
        clock=clock_view(work, case, row),
        row=row,
        facts=_facts(row),
        days=[(date.fromisoformat(line["day"]), line["number"], line["note"])
              for line in row.receipt],
        replay=replay(row),
    )  # fmt: skip


def _facts(row: ClockRow) -> list[pages.Fact]:
    inputs = [
        pages.Fact(INPUTS.get(name, name.replace("_", " ").capitalize()), value_words(name, value))
        for name, value in row.inputs.items()
    ]
    ended = (
        [pages.Fact("Ended", day(ended_on(row)), row.ended_because or "")] if row.ended_at else []
    )
    return [
        pages.Fact("Rule", row.rule.replace("-", " ").capitalize(), row.citation),
        *inputs,
        pages.Fact("Due", day(row.due_on), moment(row.due_at)),
        pages.Fact("Calendar", calendar_words(row.calendar_version), _overrides(row)),
        pages.Fact("Calendar’s exact version", row.calendar_version),
        pages.Fact("Started", moment(row.started_at)),
        *ended,
    ]


def _overrides(row: ClockRow) -> str:
    told = [f"{day(date.fromisoformat(o['day']))}: {o['reason']}" for o in row.overrides]
    return f"with {'; '.join(told)}" if told else ""


def replay(row: ClockRow) -> pages.Check:
    """The deadline counted again from its stored inputs, beside what is stored."""
    try:
        again = recompute(ClockKind(row.kind), row.inputs, calendar_of(row.overrides))
    except (BadInput, ValueError) as fault:
        return pages.Check("Counted again: impossible", False, str(fault))
    same = again.due_on == row.due_on and [i.as_json() for i in again.receipt] == row.receipt
    found = f"Counted again just now from the inputs: {day(again.due_on)}."
    if same:
        return pages.Check("Counted again: the same day and the same count", True, found)
    return pages.Check("Counted again: different", False, f"{found} Stored: {day(row.due_on)}.")
