"""Runs: preview a closed window, look at what would open and why, approve as a second person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from wtforms import IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from enforcement.data.policies import Policy
from enforcement.data.register import Duty, Location, Provider
from enforcement.data.runs import Run, RunRow
from enforcement.data.windows import WindowRow
from enforcement.domain.duties import Service
from enforcement.domain.permissions import Permission, can
from enforcement.domain.refusals import NotFound, Refusal
from enforcement.domain.windows import Month
from enforcement.services import accounts
from enforcement.services import runs as all_runs
from enforcement.services.evaluation import basis, exclusion_title, judge_one
from enforcement.services.policies import threshold_of
from enforcement.services.work import Work
from enforcement.web import access, pages
from enforcement.web.fields import visible
from enforcement.web.filters import day, moment, money, plural
from enforcement.web.forms import NhsForm
from enforcement.web.listing import Cell, Column, Listing, address, single
from enforcement.web.staff.case_frame import place

bp = Blueprint("runs", __name__)
SIZE = 50
SAMPLE = 5
COLOURS: dict[str, pages.Colour] = {
    "previewed": "blue",
    "approved": "green",
    "opened": "green",
    "refused": "red",
}
OUTCOMES = {
    "open": "Opens a case",
    "held": "Waits",
    "excluded": "Left out",
    "at_risk": "At risk",
    "below": "Below the threshold",
}


class PreviewForm(NhsForm):
    window = SelectField("Window", [InputRequired("Choose a window")])
    cap = IntegerField(
        "Most cases to open (optional)",
        [Optional(), NumberRange(min=1, message="A cap is at least one case")],
        description="Providers with the most misses come first; the rest wait for another run.",
    )
    area = StringField(
        "Only this local authority (optional)",
        [Optional(), Length(max=80), visible],
        description="For a pilot. Written as in the register.",
    )


def _form(work: Work) -> PreviewForm:
    form = PreviewForm()
    closed = work.session.scalars(
        select(WindowRow.number)
        .where(WindowRow.closes_at < work.now)
        .order_by(WindowRow.number.desc())
        .limit(24)
    )
    form.window.choices = [SelectChoice(str(Month(n)), Month(n).title) for n in closed]
    return form


@bp.get("/runs")
@access.needs(Permission.READ_CASES)
def runs() -> str:
    work = access.work()
    return _list_page(work, _form(work))


def _list_page(work: Work, form: PreviewForm, errors: Sequence[dict[str, str]] = ()) -> str:
    after = single(request.args.getlist("before"), "before")
    query = select(Run).order_by(Run.id.desc()).limit(SIZE + 1)
    if after.isdecimal():
        query = query.where(Run.id < int(after))
    found = list(work.session.scalars(query))
    shown = found[:SIZE]
    names = accounts.names(
        work.session, [one for run in shown for one in (run.previewed_by, run.approved_by)]
    )
    return render_template(
        "staff/runs/runs.html",
        form=form if can(work.actor, Permission.PREVIEW_RUN) and form.window.choices else None,
        errors=errors or form.error_list,
        list=Listing(
            caption="Runs",
            columns=(
                Column("run", "Run"),
                Column("state", "State"),
                Column("cases", "Cases", numeric=True),
                Column("money", "Estimated penalties", numeric=True),
                Column("who", "Previewed"),
                Column("approved", "Approved"),
            ),
            rows=[_line(run, names) for run in shown],
            empty_title="No run yet",
            empty_text="When a window has closed and its feed is complete, preview it here.",
            next_url=url_for("runs.runs", before=shown[-1].id) if len(found) > SIZE else None,
        ),
    )


def _line(run: Run, names: dict[str, str]) -> dict[str, object]:
    return {
        "run": Cell(
            f"{Month(run.window_no).title}", href=url_for("runs.run", run_id=run.id),
            note=f"run {run.id}",
        ),
        "state": Cell(all_runs.STATES[run.state], tag=COLOURS[run.state]),
        "cases": f"{run.counts.get('cases', 0):,}",
        "money": money(run.counts.get("pence")),
        "who": Cell(names[run.previewed_by], note=moment(run.previewed_at)),
        "approved": Cell(names.get(run.approved_by or "", "Not yet"), note=moment(run.approved_at)),
    }  # fmt: skip


@bp.post("/runs")
@access.needs(Permission.PREVIEW_RUN)
def preview() -> Any:
    work = access.work()
    form = _form(work)
    if not form.validate_on_submit():
        return _list_page(work, form), 400
    try:
        run = all_runs.preview(
            work, Month.parse(form.window.data), form.cap.data, form.area.data or ""
        )
    except Refusal as refusal:
        access.undo()
        return _list_page(access.work(), form, _said(refusal)), 409
    return redirect(url_for("runs.run", run_id=run.id), 303)


def _said(refusal: Refusal) -> list[dict[str, str]]:
    return [{"text": f"{refusal.sentence} {refusal.fix}".strip(), "href": ""}]


@bp.get("/runs/<int:run_id>")
@access.needs(Permission.READ_CASES)
def run(run_id: int) -> str:
    work = access.work()
    return _run_page(work, all_runs.find(work, run_id))


def _run_page(work: Work, found: Run, errors: Sequence[dict[str, str]] = ()) -> str:
    policy_row = work.session.get_one(Policy, found.policy_id)
    return render_template(
        "staff/runs/run.html",
        run=found,
        month=Month(found.window_no),
        state=pages.Tag(all_runs.STATES[found.state], COLOURS[found.state]),
        policy=threshold_of(policy_row),
        facts=_facts(work, found),
        checks=_checks(work, found),
        reasons=_reasons(found),
        samples=_samples(work, found),
        cases=all_runs.cases_of(work.session, found),
        actions=[_approve_action(work, found)] if found.state in ("previewed", "refused") else [],
        errors=errors,
        place=place,
    )


def _facts(work: Work, run: Run) -> list[pages.Fact]:
    counts = run.counts
    month = Month(run.window_no)
    window = work.session.get_one(WindowRow, run.window_no)
    names = accounts.names(work.session, [run.previewed_by, run.approved_by])
    filters = [f"At most {plural(run.cap, 'case')}"] if run.cap else []
    filters += [f"Only {counts['area']}"] if counts.get("area") else []
    unknown = counts.get("pence_unknown", 0)
    found = [
        pages.Fact("Window", month.title, f"closed {day(window.closes_on)}"),
        pages.Fact("Filter", " · ".join(filters) or "None: every duty"),
        pages.Fact("Previewed", names[run.previewed_by], moment(run.previewed_at)),
    ]
    if run.approved_by:
        found.append(pages.Fact("Approved", names[run.approved_by], moment(run.approved_at)))
    if "cases" in counts:
        found += [
            pages.Fact("Cases to open", f"{counts['cases']:,}", "one for each provider"),
            pages.Fact("Letters", f"{counts['letters']:,}", "a notice of intent for each case"),
            pages.Fact(
                "Estimated penalties",
                money(counts["pence"]),
                f"without {plural(unknown, 'provider')} whose figures are not complete"
                if unknown
                else "our own working of the fees in force today",
            ),
            pages.Fact("Difference from the last run", *_since(counts["since_last"])),
        ]
    return found


def _since(since: dict[str, Any] | None) -> tuple[str, str]:
    if since is None:
        return "This is the first run", ""
    words = (
        f"{since['new']:,} newly in, {since['gone']:,} no longer in, {since['same']:,} as before"
    )
    return words, f"run {since['run']}, {Month.parse(since['window']).title}"


def _checks(work: Work, run: Run) -> list[pages.Check]:
    window = work.session.get_one(WindowRow, run.window_no)
    names = accounts.names(work.session, [run.approved_by, window.feed_complete_by])
    declared = names.get(window.feed_complete_by or "")
    windows_url = place("windows.windows")
    agree = run.state != "refused"
    return [
        pages.Check(
            "Both methods agree",
            agree,
            f"{run.counts.get('duties', 0):,} duties judged by a list of misses and by one "
            "statement, and every duty that qualifies window by window."
            if agree
            else f"{plural(len(run.differences), 'difference')}: nothing opens.",
        ),
        pages.Check("The window has closed", window.closes_at < work.now, evidence_url=windows_url),
        pages.Check(
            "The feed is complete",
            window.feed_complete_at is not None,
            f"Declared by {declared}, {moment(window.feed_complete_at)}."
            if window.feed_complete_at
            else "Nobody has declared it complete.",
            evidence_url=windows_url,
        ),
        pages.Check(
            "A second person approves",
            run.approved_by is not None,
            f"Approved by {names[run.approved_by]}." if run.approved_by else "Not approved yet.",
        ),
    ]


def _reasons(run: Run) -> Listing:
    counts = run.counts
    rows = [("open", "", counts.get("open", 0))]
    rows += [("excluded", reason, n) for reason, n in counts.get("excluded", {}).items()]
    rows += [("held", reason, n) for reason, n in counts.get("held", {}).items()]
    rows += [(name, "", counts.get(name, 0)) for name in ("at_risk", "below")]
    return Listing(
        caption="What would happen to each service, by reason",
        columns=(
            Column("outcome", "Outcome"),
            Column("reason", "Reason"),
            Column("count", "Services", numeric=True),
        ),
        rows=[
            {
                "outcome": Cell(OUTCOMES[outcome], href=_rows_url(run, outcome, reason)),
                "reason": exclusion_title(reason) if reason else "",
                "count": f"{count:,}",
            }
            for outcome, reason, count in rows
        ],
    )


def _rows_url(run: Run, outcome: str, reason: str) -> str:
    return address(url_for("runs.rows", run_id=run.id), {"outcome": outcome, "reason": reason})


def _samples(work: Work, run: Run) -> list[Listing]:
    """The first few of each outcome and reason, so that a person can look before approving."""
    wanted = [("open", "")]
    wanted += [("excluded", reason) for reason in run.counts.get("excluded", {})]
    wanted += [("held", reason) for reason in run.counts.get("held", {})]
    return [
        listing
        for outcome, reason in wanted
        if (listing := _listing(work, run, outcome, reason, size=SAMPLE)).rows
    ]


def _listing(
    work: Work, run: Run, outcome: str, reason: str, after: int = 0, size: int = SIZE
) -> Listing:
    query = (
        select(RunRow, Duty, Location, Provider)
        .join(Duty, Duty.id == RunRow.duty_id)
        .join(Location, Location.id == Duty.location_id)
        .join(Provider, Provider.id == Duty.provider_id)
        .where(RunRow.run_id == run.id, RunRow.outcome == outcome, RunRow.duty_id > after)
        .order_by(RunRow.duty_id)
    )
    if reason:
        query = query.where(RunRow.reason == reason)
    found = work.session.execute(query.limit(size + 1)).all()
    shown = found[:size]
    paged = size == SIZE and len(found) > size
    here = {"outcome": outcome, "reason": reason}
    return Listing(
        caption=OUTCOMES[outcome] + (f": {exclusion_title(reason).lower()}" if reason else ""),
        columns=(
            Column("provider", "Provider"),
            Column("place", "Location and service"),
            Column("missed", "Missed", numeric=True),
            Column("why", "Why"),
        ),
        rows=[_row(run, *row) for row in shown],
        empty_text="No service has this outcome in this run.",
        next_url=address(url_for("runs.rows", run_id=run.id), here, after=shown[-1].Duty.id)
        if paged
        else None,
    )


def _row(run: Run, row: RunRow, duty: Duty, where: Location, provider: Provider) -> dict[str, Any]:
    return {
        "provider": Cell(
            provider.name,
            href=place("providers.provider", cqc_id=provider.cqc_id),
            note=provider.cqc_id,
        ),
        "place": Cell(where.name, note=f"{Service(duty.service).title}, {where.cqc_id}"),
        "missed": f"{row.mask.bit_count()} of 12",
        "why": Cell(
            "Look at the verdict",
            href=url_for("runs.candidate", run_id=run.id, duty_id=duty.id),
        ),
    }


@bp.get("/runs/<int:run_id>/rows")
@access.needs(Permission.READ_CASES)
def rows(run_id: int) -> str:
    """The services with one outcome (and reason) in a run, by keyset pages."""
    work = access.work()
    found = all_runs.find(work, run_id)
    outcome = single(request.args.getlist("outcome"), "outcome") or "open"
    if outcome not in OUTCOMES:
        raise NotFound("A run has no such outcome.")
    after = single(request.args.getlist("after"), "after")
    return render_template(
        "staff/runs/rows.html",
        run=found,
        month=Month(found.window_no),
        list=_listing(
            work,
            found,
            outcome,
            single(request.args.getlist("reason"), "reason"),
            int(after) if after.isdecimal() else 0,
        ),
    )


@bp.get("/runs/<int:run_id>/duties/<int:duty_id>")
@access.needs(Permission.READ_CASES)
def candidate(run_id: int, duty_id: int) -> str:
    """One service of a run: its verdict with every exclusion, as the rows stand now."""
    work = access.work()
    found = all_runs.find(work, run_id)
    judged = judge_one(work.session, basis(work.session, Month(found.window_no), work.now), duty_id)
    row = work.session.get(RunRow, (found.id, duty_id))
    return render_template(
        "staff/runs/candidate.html",
        run=found,
        month=Month(found.window_no),
        judged=judged,
        service=Service(judged.standing.service).title,
        provider_url=place("providers.provider", cqc_id=judged.standing.provider_id),
        then=OUTCOMES[row.outcome] if row else "Not in this run",
        then_reason=exclusion_title(row.reason) if row and row.reason else "",
        outcome_words=OUTCOMES.get(judged.outcome, OUTCOMES["below"])
        if judged.verdict.outcome != "below" or judged.reason
        else OUTCOMES["at_risk" if judged.verdict.at_risk else "below"],
        exclusions=[
            pages.Check(exclusion_title(test.name), not test.applies, test.evidence)
            for test in judged.verdict.exclusions
        ],
    )


def _approve_action(work: Work, run: Run) -> pages.Action:
    label = f"Approve the run and open {plural(run.counts.get('cases', 0), 'case')}"
    try:
        all_runs.refuse_approval(work, run)
    except Refusal as refusal:
        return pages.Action.refused(label, refusal)
    return pages.Action(
        label,
        post_url=url_for("runs.approve", run_id=run.id),
        fields=(("version", str(run.version)),),
        primary=True,
    )


@bp.post("/runs/<int:run_id>/approve")
@access.needs(Permission.APPROVE_RUN)
def approve(run_id: int) -> Any:
    work = access.work()
    given = request.form.get("version", "")
    try:
        opened = all_runs.approve(work, run_id, int(given) if given.isdecimal() else None)
    except Refusal as refusal:
        access.undo()
        work = access.work()
        return _run_page(work, all_runs.find(work, run_id), _said(refusal)), 409
    flash(f"The run is approved: {plural(len(opened), 'case')} opened.", "success")
    return redirect(url_for("runs.run", run_id=run_id), 303)
