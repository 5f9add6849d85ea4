"""The worklist: every case in the order of its next day, filtered by its address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import SearchField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice

from enforcement.domain.permissions import Permission, can
from enforcement.domain.refusals import BadInput, Refusal
from enforcement.domain.stages import STATE_TITLES
from enforcement.domain.windows import Month
from enforcement.services import cases as case_services
from enforcement.services import worklist as lists
from enforcement.services.work import Work
from enforcement.services.worklist import ANY_STAGE, ME, NOBODY, ONLY, Filters, Key
from enforcement.web import access, pages
from enforcement.web.exports import csv_response, xlsx_response
from enforcement.web.filters import money, plural
from enforcement.web.forms import NhsSearchForm
from enforcement.web.listing import Cell, Chip, Column, Listing, address, single
from enforcement.web.staff.case_frame import flags, place, state_tag

bp = Blueprint("worklist", __name__)
SIZE = 50
MOST_EXPORTED = 20_000
COLUMNS = (
    Column("reference", "Reference"),
    Column("provider", "Provider"),
    Column("stage", "Stage"),
    Column("next", "Next date"),
    Column("officer", "Officer"),
    Column("flags", "Flags"),
    Column("amount", "Amount", numeric=True),
)


class FilterForm(NhsSearchForm):
    """The filters, sent by GET: their address is the list."""

    text = SearchField("Reference, provider, ID or postcode")
    stage = SelectField("Stage", validate_choice=False)
    officer = SelectField("Officer", validate_choice=False)
    region = SelectField("Region", validate_choice=False)
    window = SelectField("Window", validate_choice=False)
    only = SelectMultipleField(
        "Only", choices=[SelectChoice(*one) for one in ONLY.items()], validate_choice=False
    )


@dataclass(frozen=True)
class Line:
    """One case of the list, with what its boxes and cells show."""

    reference: str
    version: int
    href: str
    provider: str
    cqc_id: str
    stage: pages.Tag
    clock: pages.Clock
    officer: str
    flags: list[pages.Tag]
    amount: str
    amount_note: str


def asked() -> Filters:
    """The filters of this address. BadInput for one that cannot be read."""
    window = single(request.args.getlist("window"), "window")
    if window and not window.isdecimal():
        raise BadInput(f"“{window}” is not a window.")
    return Filters(
        text=single(request.args.getlist("text"), "text")[:100],
        stage=single(request.args.getlist("stage"), "stage"),
        officer=single(request.args.getlist("officer"), "officer"),
        region=single(request.args.getlist("region"), "region"),
        window=int(window) if window else None,
        only=tuple(dict.fromkeys(one for one in request.args.getlist("only") if one)),
    )


def given(filters: Filters) -> dict[str, object]:
    """The filters as the query of an address."""
    return {
        "text": filters.text.strip(),
        "stage": filters.stage,
        "officer": filters.officer,
        "region": filters.region,
        "window": filters.window,
        "only": list(filters.only),
    }


def chips(filters: Filters, path: str, officers: Mapping[str, str]) -> list[Chip]:
    """Each filter in force, with the list without it."""
    query = given(filters)
    stages = {ANY_STAGE: "Any, closed too", **{s.value: t for s, t in STATE_TITLES.items()}}
    words = {
        "text": ("Search", filters.text.strip()),
        "stage": ("Stage", stages.get(filters.stage, filters.stage)),
        "officer": ("Officer", officers.get(filters.officer, filters.officer)),
        "region": ("Region", filters.region),
        "window": ("Window", Month(filters.window).title if filters.window else ""),
    }
    found = [
        Chip(label, value, address(path, query, **{name: None}))
        for name, (label, value) in words.items()
        if value
    ]
    for one in filters.only:
        rest = [other for other in filters.only if other != one]
        found.append(Chip("Only", ONLY.get(one, one), address(path, query, only=rest)))
    return found


def _form(work: Work, officers: Mapping[str, str]) -> FilterForm:
    form = FilterForm.from_address()
    stages = [(state.value, title) for state, title in STATE_TITLES.items()]
    regions = [(region, region) for region in lists.regions(work)]
    windows = [(str(number), title) for number, title in lists.windows(work)]
    for field, pairs in (
        (form.stage, [("", "Live cases"), (ANY_STAGE, "Any, closed too"), *stages]),
        (form.officer, [("", "Anybody"), *officers.items()]),
        (form.region, [("", "Any region"), *regions]),
        (form.window, [("", "Any window"), *windows]),
    ):
        field.choices = [SelectChoice(*pair) for pair in pairs]
    return form


def _place_in_list(name: str) -> Key | None:
    text = single(request.args.getlist(name), name)
    return Key.parse(text) if text else None


@bp.get("/cases")
@access.needs(Permission.READ_CASES)
def worklist() -> str:
    work = access.work()
    filters = lists.located(work, asked())
    path, query = url_for("worklist.worklist"), given(filters)
    accounts = {str(number): name for number, name in lists.officers(work)}
    officers = {ME: "Me", NOBODY: "Nobody", **accounts}
    found = lists.page(work, filters, SIZE, _place_in_list("after"), _place_in_list("before"))
    lines = [_line(work, row) for row in found.rows]
    shown = Listing(
        caption="Cases, by next date",
        columns=COLUMNS,
        rows=[{"reference": line.reference} for line in lines],
        count_text=_count_words(work, filters),
        chips=chips(filters, path, officers),
        clear_url=path,
        empty_title="No case matches" if any(query.values()) else "No live case",
        empty_text="Take a filter away, or search closed cases too with the stage “Any”."
        if any(query.values())
        else "Cases open when a run over a complete feed is approved.",
        next_url=address(path, query, after=found.next) if found.next else None,
        previous_url=address(path, query, before=found.previous) if found.previous else None,
    )
    return render_template(
        "staff/worklist/worklist.html",
        form=_form(work, officers),
        list=shown,
        lines=lines,
        accounts=accounts if can(work.actor, Permission.ASSIGN) else {},
        here=request.full_path.rstrip("?"),
        run_url=_run_url(query) if can(work.actor, Permission.DRAFT_NOTICE) else "",
        exports=[
            (name.upper(), address(url_for("worklist.export", kind=name), query))
            for name in ("csv", "xlsx")
        ],
    )


def _run_url(query: Mapping[str, object]) -> str:
    """Where an issue run is made from the cases of this list that are ready for a notice."""
    kept = {name: query[name] for name in ("text", "officer", "region", "window")}
    return address(url_for("issue_run_new.new"), kept)


def _count_words(work: Work, filters: Filters) -> str:
    number = lists.count(work, filters)
    if number > lists.COUNT_CAP:
        return f"{lists.COUNT_CAP:,}+ cases"
    return plural(number, "case")


def _line(work: Work, row: lists.Row) -> Line:
    case = row.case
    tags = flags(case, late_reply=row.late)
    if row.unread:
        tags.insert(0, pages.Tag("New reply", "yellow"))
    return Line(
        reference=case.reference,
        version=case.version,
        href=place("cases.case", reference=case.reference),
        provider=case.provider.name,
        cqc_id=case.provider.cqc_id,
        stage=state_tag(case.state),
        clock=pages.Clock("Next date", case.next_on, work.today),
        officer=row.officer or "",
        flags=tags,
        amount=money(case.amount_pence),
        amount_note="" if case.amount_status == "confirmed" else "estimate",
    )


@bp.get("/cases/export.<any(csv, xlsx):kind>")
@access.needs(Permission.READ_CASES)
def export(kind: str) -> Response:
    """What the list shows, all its pages, in its order."""
    rows = list(_exported(access.work(), lists.located(access.work(), asked())))
    name = f"cases-{access.work().today.isoformat()}.{kind}"
    return (csv_response if kind == "csv" else xlsx_response)(rows, COLUMNS, name)


def _exported(work: Work, filters: Filters) -> Iterator[dict[str, object]]:
    after: Key | None = None
    for _ in range(MOST_EXPORTED // 500):
        found = lists.page(work, filters, 500, after)
        for row in found.rows:
            line = _line(work, row)
            yield {
                "reference": line.reference,
                "provider": f"{line.provider} ({line.cqc_id})",
                "stage": line.stage.text,
                "next": row.case.next_on,
                "officer": line.officer,
                "flags": "; ".join(tag.text for tag in line.flags),
                "amount": Cell(line.amount, value=_pounds(row.case.amount_pence)),
            }
        after = found.next
        if after is None:
            return


def _pounds(pence: int | None) -> Decimal | str:
    """A number for the spreadsheet, exact to the penny."""
    return "" if pence is None else Decimal(pence) / 100


@bp.post("/cases/assign")
@access.needs(Permission.ASSIGN)
def assign() -> Response:
    """Give every ticked case to one officer: one event a case, and a word on each refused."""
    work = access.work()
    back = request.form.get("back", "")
    home = url_for("worklist.worklist")
    back = back if back == home or back.startswith(f"{home}?") else home
    officer = request.form.get("officer", "")
    ticked = request.form.getlist("case")
    if not officer.isdecimal() or not ticked:
        flash("Tick the cases and choose an officer. Nothing was assigned.", "warning")
        return redirect(back, 303)
    done, refused = 0, []
    for one in ticked:
        reference, _, version = one.partition(":")
        try:
            case = case_services.find(work, reference)
            read = int(version) if version.isdecimal() else None
            case_services.assign(work, case, int(officer), read)
            done += 1
        except Refusal as refusal:
            refused.append(f"{reference}: {refusal.sentence}")
    if done:
        flash(f"{plural(done, 'case')} assigned.", "success")
    for sentence in refused:
        flash(f"Not assigned. {sentence}", "warning")
    return redirect(back, 303)
