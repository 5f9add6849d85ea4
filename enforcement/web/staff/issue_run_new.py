"""A new issue run: which cases are ready for a notice of intent, chosen by filter or by tick."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from wtforms import HiddenField, IntegerField, RadioField, SearchField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, NumberRange

from enforcement.data.cases import Case
from enforcement.domain.clocks import MINIMUM_REPRESENTATIONS_DAYS
from enforcement.domain.giving import POST, Method
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, Refusal, WrongState
from enforcement.services import issue_run_choice, issue_runs
from enforcement.services import worklist as lists
from enforcement.services.case_facts import INTENT
from enforcement.services.issue_run_choice import Candidate
from enforcement.services.notice_facts import first_free_day
from enforcement.services.policies import in_force
from enforcement.services.work import Work
from enforcement.web import access
from enforcement.web.fields import DayField
from enforcement.web.filters import money, plural
from enforcement.web.forms import NhsForm, NhsSearchForm, form_errors, refused
from enforcement.web.listing import Cell, Column, Listing, address, single
from enforcement.web.staff.case_frame import place
from enforcement.web.staff.queueing import start_issue_run

bp = Blueprint("issue_run_new", __name__)
SIZE = 50
FILTERS = ("text", "officer", "region", "window", "method")
BY_POST_OR_MAIL = {one: one.label for one in (Method.ELECTRONIC, *POST)}


class ChoiceForm(NhsSearchForm):
    """Which cases: the worklist's filters, and how the notices are given."""

    method = SelectField("How are they given?", validate_choice=False)
    text = SearchField("Reference, provider, ID or postcode")
    officer = SelectField("Officer", validate_choice=False)
    region = SelectField("Region", validate_choice=False)
    window = SelectField("Window", validate_choice=False)


class RunForm(NhsForm):
    """All ready cases or the ticked ones, and the plan."""

    seen = HiddenField()
    which = RadioField("Which cases?", validators=[InputRequired("Choose which cases")])
    send_on = DayField(
        "Planned day of sending",
        description="The dates on every notice are counted from this day",
        validators=[InputRequired("Say on which day they are sent")],
    )
    period_days = IntegerField(
        "Days for representations",
        [
            InputRequired("Say how many days"),
            NumberRange(
                MINIMUM_REPRESENTATIONS_DAYS,
                90,
                f"Give a number of days from {MINIMUM_REPRESENTATIONS_DAYS} to 90",
            ),
        ],
    )


def _asked() -> tuple[dict[str, str], lists.Filters, Method]:
    given = {name: single(request.args.getlist(name), name)[:100] for name in FILTERS}
    if given["window"] and not given["window"].isdecimal():
        raise BadInput(f"“{given['window']}” is not a window.")
    if given["method"] and given["method"] not in {one.value for one in BY_POST_OR_MAIL}:
        raise BadInput(f"A run cannot go by “{given['method']}”.")
    filters = lists.Filters(
        text=given["text"],
        stage="triage",
        officer=given["officer"],
        region=given["region"],
        window=int(given["window"]) if given["window"] else None,
    )
    return given, filters, Method(given["method"] or Method.FIRST_CLASS.value)


@bp.route("/issue-runs/new", methods=["GET", "POST"])
@access.needs(Permission.DRAFT_NOTICE)
def new() -> Any:
    work = access.work()
    given, filters, method = _asked()
    found = issue_run_choice.candidates(work, filters, method)
    ready = [one for one in found if one.ready]
    form, errors = _run_form(work, len(ready)), []
    if form.validate_on_submit():
        try:
            return _make(work, form, ready, method)
        except Refusal as refusal:
            access.undo()
            errors = refused(refusal)
    return render_template(
        "staff/issue_runs/new.html",
        form=form,
        errors=errors or form_errors(form),
        choice=_choice_form(work, method),
        counts=f"{plural(len(ready), 'case')} ready, {len(found) - len(ready):,} not ready.",
        reasons=_reasons(found),
        chosen=set(request.form.getlist("case")),
        **_page(ready, given),
    )


def _run_form(work: Work, ready: int) -> RunForm:
    days = int(in_force(work.session, "periods", work.today).body["representations_days"])
    form = RunForm(
        data={"send_on": first_free_day(work), "period_days": days, "which": "all", "seen": ready}
    )
    form.which.choices = [
        SelectChoice("all", f"All {plural(ready, 'ready case')} of these filters"),
        SelectChoice("ticked", "Only those I tick in the list"),
    ]
    return form


def _choice_form(work: Work, method: Method) -> ChoiceForm:
    form = ChoiceForm.from_address()
    form.method.choices = [SelectChoice(m.value, words) for m, words in BY_POST_OR_MAIL.items()]
    form.method.data = method.value
    officers = [(str(number), name) for number, name in lists.officers(work)]
    windows = [(str(number), title) for number, title in lists.windows(work)]
    regions = [(region, region) for region in lists.regions(work)]
    for field, pairs in (
        (form.officer, [("", "Anybody"), ("me", "Me"), ("nobody", "Nobody"), *officers]),
        (form.region, [("", "Any region"), *regions]),
        (form.window, [("", "Any window"), *windows]),
    ):
        field.choices = [SelectChoice(*pair) for pair in pairs]
    return form


def _reasons(found: Sequence[Candidate]) -> Listing | None:
    """Why cases at triage are not ready, and how many."""
    waiting = [one for one in found if not one.ready]
    if not waiting:
        return None
    examples = {one.reason: one.case.reference for one in reversed(waiting)}
    return Listing(
        caption="Cases that are not ready, by reason",
        columns=(
            Column("reason", "Reason"),
            Column("count", "Cases", numeric=True),
            Column("first", "The first"),
        ),
        rows=[
            {
                "reason": reason,
                "count": f"{number:,}",
                "first": Cell(
                    examples[reason], href=place("cases.case", reference=examples[reason])
                ),
            }
            for reason, number in Counter(one.reason for one in waiting).most_common()
        ],
    )


def _page(ready: Sequence[Candidate], given: dict[str, str]) -> dict[str, Any]:
    """One page of the ready cases, from the reference in the address on."""
    after = single(request.args.getlist("after"), "after")
    rest = [one for one in ready if one.case.reference > after] if after else list(ready)
    shown = rest[:SIZE]
    path, query = url_for("issue_run_new.new"), dict(given)
    return {
        "lines": [_line(one.case) for one in shown],
        "paging": Listing(
            caption="Cases that are ready",
            columns=(),
            rows=(),
            next_url=address(path, query, after=shown[-1].case.reference)
            if len(rest) > SIZE
            else None,
            previous_url=address(path, query) if after else None,
        ),
    }


def _line(case: Case) -> dict[str, str]:
    return {
        "reference": case.reference,
        "href": place("cases.case", reference=case.reference),
        "provider": case.provider.name,
        "cqc_id": case.provider.cqc_id,
        "region": case.provider.region or "",
        "amount": money(case.amount_pence) or "Worked out when drafted",
    }


def _make(work: Work, form: RunForm, ready: Sequence[Candidate], method: Method) -> Any:
    send_on = form.send_on.data
    if send_on is None:
        raise BadInput("Say on which day they are sent.")
    if form.which.data == "all":
        if form.seen.data != str(len(ready)):
            raise WrongState(
                f"There are now {plural(len(ready), 'ready case')}, not {form.seen.data}.",
                fix="Look at the list again.",
            )
        chosen = [one.case for one in ready]
    else:
        known = {one.case.reference: one.case for one in ready}
        ticked = list(dict.fromkeys(request.form.getlist("case")))
        if gone := [one for one in ticked if one not in known]:
            raise WrongState(f"{gone[0]} is no longer ready.", fix="Look at the list again.")
        chosen = [known[one] for one in ticked]
    run = issue_runs.create(
        work, INTENT, chosen, method, send_on, form.period_days.data, start_issue_run()
    )
    flash(f"{run.reference} is made. The service drafts its notices.", "success")
    return redirect(url_for("issue_runs.run", run_reference=run.reference), 303)
