"""Providers: search, the provider's page, and the list of those at risk."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import SearchField

from enforcement.data.register import DualRegistration, Provider
from enforcement.domain.duties import OutcomeRow, Service
from enforcement.domain.permissions import Permission, can
from enforcement.domain.windows import Month
from enforcement.domain.words import telephone
from enforcement.services import accounts, corrections
from enforcement.services import providers as all_providers
from enforcement.services.providers import AtRisk, Key, Line, Overview
from enforcement.services.register_changes import vanished
from enforcement.services.runs import latest_run
from enforcement.services.work import Work
from enforcement.web import access, pages
from enforcement.web.exports import csv_response, xlsx_response
from enforcement.web.filters import day, money
from enforcement.web.forms import NhsSearchForm
from enforcement.web.listing import Cell, Chip, Column, Listing, address, single
from enforcement.web.staff.case_frame import place, state_tag

bp = Blueprint("providers", __name__)


class SearchForm(NhsSearchForm):
    q = SearchField("Name, CQC ID of provider or location, or postcode")


class AreaForm(NhsSearchForm):
    area = SearchField("Local authority")


def _asked(name: str) -> str:
    return single(request.args.getlist(name), name).strip()


def _key() -> Key | None:
    """Where the page before ended: the search name and number in the address."""
    name, number = single(request.args.getlist("after"), "after"), _asked("id")
    return (name, int(number)) if number.isdecimal() else None


@bp.get("/providers")
@access.needs(Permission.READ_CASES)
def providers() -> str:
    work = access.work()
    text = _asked("q")
    found, end = all_providers.search(work.session, text, _key())
    here = url_for("providers.providers")
    return render_template(
        "staff/providers/providers.html",
        form=SearchForm.from_address(),
        list=Listing(
            caption="Providers",
            columns=(
                Column("name", "Provider"),
                Column("id", "CQC ID"),
                Column("where", "Local authority"),
                Column("public", "Public body"),
            ),
            rows=[_line(one) for one in found],
            empty_title="No provider found",
            empty_text="Try one word of the name, a CQC ID such as 1-101234567, or a postcode.",
            next_url=_next(here, {"q": text}, end),
            chips=[Chip("Search", text, here)] if text else (),
            clear_url=here,
        ),
    )


def _next(here: str, given: Mapping[str, object], end: Key | None) -> str | None:
    return None if end is None else address(here, given, after=end[0], id=end[1])


def _line(one: Provider) -> dict[str, object]:
    gone = f"left the register {day(one.deregistered_on)}" if one.deregistered_on else ""
    return {
        "name": Cell(one.name, href=_url(one), note=gone),
        "id": one.cqc_id,
        "where": one.local_authority or "",
        "public": _finding(one),
    }


def _url(one: Provider) -> str:
    return url_for("providers.provider", cqc_id=one.cqc_id)


def _finding(one: Provider) -> str:
    if one.public_body is None:
        return "Review asked for" if one.review_raised else "Not reviewed"
    return "Public body" if one.public_body else "Not a public body"


@bp.get("/providers/<cqc_id>")
@access.needs(Permission.READ_CASES)
def provider(cqc_id: str) -> str:
    work = access.work()
    one = all_providers.find(work.session, cqc_id)
    found = all_providers.overview(work.session, one, work.now)
    return render_template(
        "staff/providers/provider.html",
        provider=one,
        facts=_facts(one),
        review_facts=_review_facts(work, found),
        grid=_grid(found, one, can(work.actor, Permission.LOAD_FILES)),
        locations=_locations(found),
        missing=_missing(work, found),
        cases=_cases(found),
        contacts=found.contacts,
        pairs=[_pair(work, pair, found) for pair in found.pairs],
        corrections=_corrections(work, found),
        may_review=can(work.actor, Permission.REVIEW_PUBLIC_BODY),
        may_approve=can(work.actor, Permission.COMPLETE_FEED),
    )


def _facts(one: Provider) -> list[pages.Fact]:
    return [
        pages.Fact("Legal person", one.name, one.ownership_type or "kind not given"),
        pages.Fact("CQC ID", one.cqc_id),
        pages.Fact("Company number", one.company_number or "None held"),
        pages.Fact("Charity number", one.charity_number or "None held"),
        pages.Fact("Address", ", ".join([*one.address, one.postcode or ""]).strip(", ")),
        pages.Fact("Telephone", telephone(one.phone) or "None held"),
        pages.Fact("Local authority", one.local_authority or "Not given", one.region or ""),
        pages.Fact("Registered", day(one.registered_on) or "Not given",
                   f"left {day(one.deregistered_on)}" if one.deregistered_on else ""),
    ]  # fmt: skip


def _review_facts(work: Work, found: Overview) -> list[pages.Fact]:
    one = found.provider
    people = accounts.names(work.session, [review.reviewed_by for review in found.reviews])
    rows = [pages.Fact("Finding", _finding(one), one.review_raised or "")]
    rows += [
        pages.Fact(
            f"Review {review.id}",
            "A public body" if review.public_body else "Not a public body",
            f"{review.evidence} ({people[review.reviewed_by]}, {day(review.reviewed_at)})",
        )
        for review in found.reviews
    ]
    return rows


def _grid(found: Overview, one: Provider, may_correct: bool) -> pages.Grid:
    """The grid; a miss leads to its correction only for those who may propose one."""
    return pages.Grid(
        caption="The last twelve closed windows",
        months=[window.month.first_day for window in found.windows],
        rows=[_grid_row(line, found, one, may_correct) for line in found.lines],
    )


def _grid_row(line: Line, found: Overview, one: Provider, may_correct: bool) -> pages.GridRow:
    return pages.GridRow(
        location=line.location.name,
        service=Service(line.duty.service).title,
        note=line.location.cqc_id + (", dormant" if line.location.dormant else ""),
        cells=[
            _cell(line, window.month, line.outcomes[window.month], one if may_correct else None)
            for window in found.windows
        ],
    )


def _cell(line: Line, month: Month, outcome: OutcomeRow, one: Provider | None) -> pages.GridCell:
    correct = ""
    if one is not None and outcome.outcome.is_miss:
        correct = url_for(
            "reviews.correct", cqc_id=one.cqc_id, duty_id=line.duty.id, month=str(month)
        )
    return pages.GridCell(outcome.outcome.value, note=outcome.reason, href=correct)


def _locations(found: Overview) -> Listing:
    return Listing(
        caption="Locations",
        columns=(
            Column("name", "Location"),
            Column("services", "Services"),
            Column("beds", "Beds", numeric=True),
            Column("users", "People using it", numeric=True),
            Column("since", "Registered"),
        ),
        rows=[
            {
                "name": Cell(one.name, note=f"{one.cqc_id} {one.postcode or ''}".strip()),
                "services": ", ".join(
                    Service(line.duty.service).title
                    for line in found.lines
                    if line.location.id == one.id
                )
                or "None that must report",
                "beds": "" if one.beds is None else str(one.beds),
                "users": "" if one.users is None else str(one.users),
                "since": Cell(
                    day(one.registered_on) or "Not given",
                    note=f"left {day(one.deregistered_on)}" if one.deregistered_on else "",
                ),
            }
            for one in found.locations
        ],
        empty_text="The register has no location of this provider.",
    )


def _missing(work: Work, found: Overview) -> list[tuple[str, str]]:
    """Locations that a register file left out, and where a person says that they are there."""
    gone = vanished(work.session)
    may = can(work.actor, Permission.REVIEW_PUBLIC_BODY)
    return [
        (
            f"{one.name} ({one.cqc_id})",
            url_for("reviews.still_there", cqc_id=found.provider.cqc_id, location_id=one.cqc_id)
            if may
            else "",
        )
        for one in found.locations
        if one.id in gone
    ]


def _cases(found: Overview) -> list[tuple[str, str, pages.Tag, str]]:
    return [
        (
            one.reference,
            place("cases.case", reference=one.reference),
            state_tag(one.state),
            f"opened {day(one.opened_at)}" + (f", {money(one.amount_pence)}"
                                              if one.amount_pence else ""),
        )
        for one in found.cases
    ]  # fmt: skip


def _pair(work: Work, pair: DualRegistration, found: Overview) -> pages.Fact:
    both = f"{pair.location_cqc_id} and {pair.linked_cqc_id}"
    url = ""
    if can(work.actor, Permission.REVIEW_PUBLIC_BODY):
        url = url_for("reviews.settle", cqc_id=found.provider.cqc_id, pair_id=pair.id)
    if pair.settled_at is None:
        return pages.Fact(both, "Not settled: no case opens for this place", "",
                          action="Settle", action_url=url)  # fmt: skip
    return pages.Fact(
        both,
        f"{pair.answerable_cqc_id} answers",
        f"{pair.settled_reason} ({pair.settled_by}, {day(pair.settled_at)})",
        action="Settle again",
        action_url=url,
    )


def _corrections(work: Work, found: Overview) -> list[dict[str, object]]:
    lines = {line.duty.id: line for line in found.lines}
    return [
        {
            "row": row,
            "place": lines[row.duty_id].location.name,
            "service": Service(lines[row.duty_id].duty.service).title,
            "month": Month(row.window_no).title,
            "words": corrections.OUTCOMES[row.outcome],
        }
        for row in corrections.of_duties(work.session, list(lines))
    ]


RISK_COLUMNS = (
    Column("provider", "Provider"),
    Column("place", "Location and service"),
    Column("missed", "Missed"),
    Column("now", "Window open now"),
    Column("council", "Local authority"),
    Column("phone", "Telephone"),
)


@bp.get("/at-risk")
@access.needs(Permission.READ_CASES)
def at_risk() -> str | Response:
    """Who will meet the threshold by missing again, by the rows of the latest run."""
    work = access.work()
    area, format_asked = _asked("area"), _asked("format")
    run = latest_run(work.session)
    here = url_for("providers.at_risk")
    if run is not None and format_asked in ("csv", "xlsx"):
        everyone, _ = all_providers.at_risk(work.session, run, work.now, area=area, size=None)
        make = csv_response if format_asked == "csv" else xlsx_response
        rows = [_risk(one, Month(run.window_no)) for one in everyone]
        return make(rows, RISK_COLUMNS, f"at-risk-{Month(run.window_no)}.{format_asked}")
    found, end = ([], None) if run is None else all_providers.at_risk(
        work.session, run, work.now, area=area, after=_key()
    )  # fmt: skip
    return render_template(
        "staff/providers/at_risk.html",
        form=AreaForm.from_address(),
        run=run,
        run_url=place("runs.run", run_id=run.id) if run else "",
        month=Month(run.window_no) if run else None,
        list=Listing(
            caption="Services at risk",
            columns=RISK_COLUMNS,
            rows=[_risk(one, Month(run.window_no)) for one in found] if run else [],
            count_text=f"{run.counts.get('at_risk', 0):,} in all" if run and not area else "",
            empty_title="Nobody is at risk" if run else "No run yet",
            empty_text="The list is made by each run, from the windows closed by then.",
            next_url=_next(here, {"area": area}, end),
            chips=[Chip("Local authority", area, here)] if area else (),
            clear_url=here,
            export_url=address(here, {"area": area, "format": "csv"}),
        ),
    )


def _risk(one: AtRisk, latest: Month) -> dict[str, object]:
    months = [(latest - back).title for back in range(23, -1, -1) if one.mask >> back & 1]
    phone = one.location.phone or one.provider.phone or ""
    now = {None: "No window is open", True: "Returned", False: "Not yet"}[one.returned]
    return {
        "provider": Cell(one.provider.name, href=_url(one.provider), note=one.provider.cqc_id),
        "place": Cell(
            one.location.name,
            note=f"{Service(one.duty.service).title}, {one.location.cqc_id}",
            value=f"{one.location.name}, {Service(one.duty.service).title}, {one.location.cqc_id}",
        ),
        "missed": Cell(f"{len(months)} of 12", note=", ".join(months),
                       value=f"{len(months)}: {', '.join(months)}"),
        "now": now,
        "council": one.location.local_authority or "",
        "phone": Cell(telephone(phone).replace(" ", "\N{NO-BREAK SPACE}"), value=phone),
    }  # fmt: skip
