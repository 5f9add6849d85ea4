"""Why this case exists: the page and the same as JSON."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, render_template, url_for
from werkzeug.wrappers import Response

from enforcement.data.cases import Case
from enforcement.domain.calendar import calendar_words
from enforcement.domain.duties import Service
from enforcement.domain.permissions import Permission
from enforcement.domain.windows import Month
from enforcement.services import accounts
from enforcement.services import cases as all_cases
from enforcement.services.evaluation import exclusion_title
from enforcement.services.why import Why, explain
from enforcement.services.work import Work
from enforcement.web import access, pages
from enforcement.web.exports import download
from enforcement.web.filters import day, moment
from enforcement.web.listing import Cell, Column, Listing
from enforcement.web.staff.case_frame import case_frame, place, state_tag

bp = Blueprint("why", __name__)


@bp.get("/cases/<reference>/why")
@access.needs(Permission.READ_CASES)
def case_why(reference: str) -> str:
    work = access.work()
    case = all_cases.find(work, reference)
    found = explain(work.session, case)
    names = {place.cqc_id: place.name for place in case.provider.locations}
    return render_template(
        "staff/why/case_why.html",
        case_frame=case_frame(work, case, tab="why"),
        case=case,
        why=found,
        facts=_facts(work, case, found),
        grid=_grid(found, names),
        evidence=_evidence(found, names),
        beside=_beside(found, names),
        checks=[
            (
                f"{names.get(one['location_id'], one['location_id'])}, "
                f"{Service(one['service']).title.lower()}",
                one["reasons"],
                _exclusions(one),
            )
            for one in found.stored["verdicts"]
        ],
        related=_related(found),
        json_url=url_for("why.case_why_json", reference=case.reference),
    )


@bp.get("/cases/<reference>/why.json")
@access.needs(Permission.READ_CASES)
def case_why_json(reference: str) -> Response:
    """The stored text itself, never re-encoded: its bytes are what the history has the hash of."""
    case = all_cases.find(access.work(), reference)
    return download(
        case.why.encode(), filename=f"{case.reference}-why.json", mimetype="application/json"
    )


def _facts(work: Work, case: Case, found: Why) -> list[pages.Fact]:
    run = found.stored["run"]
    both = (run["previewed_by"], run["approved_by"])
    previewed, approved = map(accounts.names(work.session, both).__getitem__, both)
    closed = day(date.fromisoformat(run["window"]["closes_on"]))
    return [
        pages.Fact("Rule", found.rule),
        pages.Fact("Policy", found.policy.version, found.policy.citation),
        pages.Fact("Window judged", Month.parse(run["window"]["month"]).title,
                   f"closed {closed}"),
        pages.Fact("Calendar", calendar_words(case.calendar_version)),
        pages.Fact("Run", f"Run {run['run']}",
                   f"previewed by {previewed}, approved by {approved}",
                   href=place("runs.run", run_id=run["run"])),
        pages.Fact("Opened", moment(case.opened_at)),
    ]  # fmt: skip


def _grid(found: Why, names: dict[str, str]) -> pages.Grid:
    return pages.Grid(
        caption="The last twelve windows as they stood when the case opened",
        months=[month.first_day for month in found.months],
        rows=[
            pages.GridRow(
                location=names.get(one["location_id"], one["location_id"]),
                service=Service(one["service"]).title,
                note=one["location_id"],
                cells=[
                    pages.GridCell(row["outcome"] or "not held", counted=row["counted"])
                    for row in one["evidence"]
                ],
            )
            for one in found.stored["verdicts"]
        ],
    )


def _evidence(found: Why, names: dict[str, str]) -> Listing:
    return Listing(
        caption="Evidence: one row for each counted window",
        columns=(
            Column("place", "Location and service"),
            Column("window", "Window"),
            Column("outcome", "Outcome"),
            Column("row", "Row it rests on"),
            Column("when", "Time"),
            Column("said", "What happened"),
        ),
        rows=[
            {
                "place": _place(one, names),
                "window": Month.parse(row["month"]).title,
                "outcome": pages.OUTCOMES[row["outcome"]][0],
                "row": _source(row["source"], row["line"], found),
                "when": row["received_at"] or "No time given",
                "said": row["sentence"],
            }
            for one in found.stored["verdicts"]
            for row in one["evidence"]
            if row["counted"]
        ],
    )


def _place(one: dict[str, Any], names: dict[str, str]) -> Cell:
    where = one["location_id"]
    return Cell(names.get(where, where), note=f"{Service(one['service']).title}, {where}")


def _source(source: str | None, line: int | None, found: Why) -> object:
    if source is None:
        return "No row in any file"
    name = found.files.get(source, "a file no longer listed")
    return Cell(f"{name}, row {line}", note=f"SHA-256 {source}")


def _beside(found: Why, names: dict[str, str]) -> Listing:
    return Listing(
        caption="Updates outside the window",
        columns=(
            Column("place", "Location and service"),
            Column("window", "Window"),
            Column("when", "Received"),
            Column("row", "Row"),
        ),
        rows=[
            {
                "place": Cell(
                    names.get(one.location_id, one.location_id), note=Service(one.service).title
                ),
                "window": one.month.title,
                "when": moment(one.received_at),
                "row": _source(one.source, one.line, found),
            }
            for one in found.beside
        ],
        empty_title="None",
        empty_text="No update outside a counted window is held.",
    )


def _exclusions(verdict: dict[str, Any]) -> list[pages.Check]:
    return [
        pages.Check(
            f"{exclusion_title(test['name'])}: {'applies' if test['applies'] else 'no'}",
            not test["applies"],
            test["evidence"],
        )
        for test in verdict["exclusions"]
    ]


def _related(found: Why) -> list[tuple[str, str, pages.Tag]]:
    return [
        (one.reference, place("cases.case", reference=one.reference), state_tag(one.state))
        for one in found.related
    ]
