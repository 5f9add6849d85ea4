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
from enforcement.web.filters import plural
from enforcement.web.forms import NhsForm, refused
from enforcement.web.listing import Column, Listing, single
from enforcement.web.staff import run_view
from enforcement.web.staff.case_frame import place

bp = Blueprint("runs", __name__)


class PreviewForm(NhsForm):
    window = SelectField("Window", [InputRequired("Choose a window")])
    cap = IntegerField(
        "Most cases to open (optional)",
        [Optional(), NumberRange(1, 100_000, "A cap is a number of cases from 1 to 100,000")],
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
    query = select(Run).order_by(Run.id.desc()).limit(run_view.SIZE + 1)
    if after.isdecimal():
        query = query.where(Run.id < int(after))
    found = list(work.session.scalars(query))
    shown = found[: run_view.SIZE]
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
            rows=[run_view.line(run, names) for run in shown],
            empty_title="No run yet",
            empty_text="When a window has closed and its feed is complete, preview it here.",
            next_url=url_for("runs.runs", before=shown[-1].id)
            if len(found) > run_view.SIZE
            else None,
        ),
    )


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
        return _list_page(access.work(), form, refused(refusal)), 409
    return redirect(url_for("runs.run", run_id=run.id), 303)


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
        state=pages.Tag(all_runs.STATES[found.state], run_view.COLOURS[found.state]),
        policy=threshold_of(policy_row),
        facts=run_view.facts(work, found),
        checks=run_view.checks(work, found),
        reasons=run_view.reasons(found),
        samples=run_view.samples(work, found),
        cases=all_runs.cases_of(work.session, found),
        actions=[_approve_action(work, found)] if found.state in ("previewed", "refused") else [],
        errors=errors,
        place=place,
    )


@bp.get("/runs/<int:run_id>/rows")
@access.needs(Permission.READ_CASES)
def rows(run_id: int) -> str:
    """The services with one outcome (and reason) in a run, by keyset pages."""
    work = access.work()
    found = all_runs.find(work, run_id)
    outcome = single(request.args.getlist("outcome"), "outcome") or "open"
    if outcome not in run_view.OUTCOMES:
        raise NotFound("A run has no such outcome.")
    after = single(request.args.getlist("after"), "after")
    return render_template(
        "staff/runs/rows.html",
        run=found,
        month=Month(found.window_no),
        list=run_view.listing(
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
        then=run_view.OUTCOMES[row.outcome] if row else "Not in this run",
        then_reason=exclusion_title(row.reason) if row and row.reason else "",
        outcome_words=run_view.OUTCOMES.get(judged.outcome, run_view.OUTCOMES["below"])
        if judged.verdict.outcome != "below" or judged.reason
        else run_view.OUTCOMES["at_risk" if judged.verdict.at_risk else "below"],
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
        return _run_page(work, all_runs.find(work, run_id), refused(refusal)), 409
    flash(f"The run is approved: {plural(len(opened), 'case')} opened.", "success")
    return redirect(url_for("runs.run", run_id=run_id), 303)
