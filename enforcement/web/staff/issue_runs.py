"""Issue runs: the list, a new one, the page of one with its progress, and its items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from sqlalchemy import func, select
from werkzeug.wrappers import Response
from wtforms import SearchField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from enforcement.data.issue_runs import IssueItem, IssueRun
from enforcement.domain.permissions import Permission, can
from enforcement.domain.refusals import Refusal
from enforcement.services import issue_run_approval as approving
from enforcement.services import issue_run_items as run_items
from enforcement.services import issue_run_manifest, issue_run_steering, issue_runs
from enforcement.services.files import fetch
from enforcement.services.issue_run_items import Filters
from enforcement.services.issue_run_progress import progress
from enforcement.services.work import Work
from enforcement.web import access, pages
from enforcement.web.exports import csv_response, download, xlsx_response
from enforcement.web.fields import LongTextField, visible
from enforcement.web.filters import plural
from enforcement.web.forms import NhsForm, NhsSearchForm, form_errors, refused
from enforcement.web.headers import content_policy
from enforcement.web.listing import Chip, Column, Listing, address, single
from enforcement.web.staff import issue_run_view as view
from enforcement.web.staff.queueing import start_issue_run

bp = Blueprint("issue_runs", __name__)
EXPORT_AT_ONCE = 1_000
LOOK_AGAIN = "5"  # seconds between two looks of the progress frame
DEEDS = {
    "pause": ("Pause the run", "Why is it paused?", "Pause after the notice in hand"),
    "cancel": ("Cancel the rest", "Why is the rest cancelled?", "Cancel what is left"),
}


class ReasonForm(NhsForm):
    """Why something is done, for the history."""

    reason = LongTextField("Why?", [InputRequired("Say why"), Length(max=1000), visible])


@bp.get("/issue-runs")
@access.needs(Permission.READ_CASES)
def runs() -> str:
    work = access.work()
    before = single(request.args.getlist("before"), "before")
    query = select(IssueRun).order_by(IssueRun.id.desc()).limit(view.SIZE + 1)
    if before.isdecimal():
        query = query.where(IssueRun.id < int(before))
    found = list(work.session.scalars(query))
    shown = found[: view.SIZE]
    counts = _counts(work, [run.id for run in shown])
    more = url_for("issue_runs.runs", before=shown[-1].id) if len(found) > view.SIZE else None
    return render_template(
        "staff/issue_runs/runs.html",
        list=view.runs_list([(run, counts.get(run.id, {})) for run in shown], more),
        new_url=url_for("issue_run_new.new") if can(work.actor, Permission.DRAFT_NOTICE) else "",
    )


def _counts(work: Work, run_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    query = (
        select(IssueItem.run_id, IssueItem.state, func.count())
        .where(IssueItem.run_id.in_(run_ids))
        .group_by(IssueItem.run_id, IssueItem.state)
    )
    for run_id, state, number in work.session.execute(query):
        found.setdefault(run_id, {})[state] = number
    return found


@bp.get("/issue-runs/<run_reference>")
@access.needs(Permission.READ_CASES)
def run(run_reference: str) -> str:
    work = access.work()
    return run_page(work, issue_runs.find(work, run_reference))


def run_page(work: Work, found: IssueRun, errors: Sequence[dict[str, str]] = ()) -> str:
    """The page of one run as it stands for this person."""
    told = progress(work.session, found, work.now)
    seen = approving.progress_of(work.session, found, work.actor.identity)
    looks = found.state == "frozen" and can(work.actor, Permission.APPROVE_NOTICE)
    return render_template(
        "staff/issue_runs/run.html",
        run=found,
        state=view.tag(found),
        next=view.next_line(work, found, told),
        facts=view.facts(found, told.total),
        told=told,
        running=found.state in view.RUNNING and bool(told.left or found.state == "approved"),
        words=view.progress_words(told),
        looked=view.looked_words(seen) if looks else "",
        actions=view.actions(work, found, told, seen),
        failures=view.failures(found, told),
        by_state=_by_state(found, told.by_state),
        errors=errors,
    )


def _by_state(found: IssueRun, counts: Any) -> list[pages.Count]:
    return [
        pages.Count(counts[state], words, view.items_url(found, Filters(state=state)))
        for state, words in issue_runs.ITEM_STATES.items()
        if counts.get(state)
    ]


@bp.get("/issue-runs/<run_reference>/progress")
@access.needs(Permission.READ_CASES)
def progress_frame(run_reference: str) -> Response:
    """The progress alone, in a frame of the run's page: it looks again by itself while the page
    around it stays still, so that nobody loses their place and nothing is read out unasked."""
    work = access.work()
    found = issue_runs.find(work, run_reference)
    told = progress(work.session, found, work.now)
    running = found.state in view.RUNNING and bool(told.left or found.state == "approved")
    page: Response = make_response(
        render_template(
            "staff/issue_runs/progress.html",
            run=found,
            told=told,
            running=running,
            words=view.progress_words(told),
            state=view.tag(found),
        )
    )
    if running:
        page.headers["Refresh"] = LOOK_AGAIN
    policy = content_policy("staff").replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    page.headers["Content-Security-Policy"] = policy
    return page


@bp.get("/issue-runs/<run_reference>/manifest.json")
@access.needs(Permission.READ_CASES)
def manifest(run_reference: str) -> Response:
    """The frozen manifest, byte for byte: its SHA-256 is what was approved."""
    work = access.work()
    found = issue_runs.find(work, run_reference)
    digest = issue_run_manifest.read(work, found).sha256
    kept = fetch(work, digest)
    name = f"{found.reference}-manifest.json"
    return download(kept.content, filename=name, mimetype=kept.mime)


# --- steering ---------------------------------------------------------------------------------
@bp.post("/issue-runs/<run_reference>/freeze")
@access.needs(Permission.DRAFT_NOTICE)
def freeze(run_reference: str) -> Any:
    words = "The run is frozen. A second person can now look at it and approve it."
    return act(run_reference, issue_run_manifest.freeze, words)


@bp.post("/issue-runs/<run_reference>/resume")
@access.needs(Permission.ISSUE_NOTICE)
def resume(run_reference: str) -> Any:
    def go_on(work: Work, found: IssueRun) -> None:
        issue_run_steering.resume(work, found, start_issue_run())

    return act(run_reference, go_on, "The run goes on.")


def act(run_reference: str, deed: Any, words: str) -> Any:
    """One button of the run's page: the deed, or the page again with the refusal."""
    work = access.work()
    found = issue_runs.find(work, run_reference)
    try:
        deed(work, found)
    except Refusal as refusal:
        access.undo()
        work = access.work()
        return run_page(work, issue_runs.find(work, run_reference), refused(refusal)), 409
    flash(words, "success")
    return redirect(url_for("issue_runs.run", run_reference=run_reference), 303)


@bp.route("/issue-runs/<run_reference>/<any(pause, cancel):deed>", methods=["GET", "POST"])
@access.needs(Permission.ISSUE_NOTICE)
def steer(run_reference: str, deed: str) -> Any:
    """Pause the run or cancel what is left, with a reason."""
    work = access.work()
    found = issue_runs.find(work, run_reference)
    form, errors = ReasonForm(), []
    title, question, button = DEEDS[deed]
    form.reason.label.text = question
    if form.validate_on_submit():
        try:
            return _steered(work, found, deed, form.reason.data)
        except Refusal as refusal:
            access.undo()
            errors = refused(refusal)
            found = issue_runs.find(access.work(), run_reference)
    return render_template(
        "staff/issue_runs/steer.html",
        run=found,
        form=form,
        errors=errors or form_errors(form),
        deed_title=title,
        button=button,
        deed=deed,
    )


def _steered(work: Work, found: IssueRun, deed: str, reason: str) -> Any:
    if deed == "pause":
        issue_run_steering.pause(work, found, reason)
        words = "The run is paused."
    else:
        left = issue_run_steering.cancel_rest(work, found, reason)
        words = f"{plural(left, 'notice')} cancelled. What was issued stays issued."
    flash(words, "success")
    return redirect(url_for("issue_runs.run", run_reference=found.reference), 303)


# --- items ------------------------------------------------------------------------------------
class ItemsForm(NhsSearchForm):
    """The filters of the list of items, sent by GET."""

    text = SearchField("Reference, provider or ID")
    state = SelectField("State", validate_choice=False)
    sending = SelectField("Sending", validate_choice=False)
    given = SelectField("Giving", validate_choice=False)
    printed = SelectField("Printing", validate_choice=False)


_FILTERS = {
    "state": ("State", run_items.STATES),
    "sending": ("Sending", run_items.SENDING),
    "given": ("Giving", run_items.GIVEN),
    "printed": ("Printing", run_items.PRINTED),
}


def _asked() -> Filters:
    values = {name: single(request.args.getlist(name), name)[:100] for name in (*_FILTERS, "text")}
    return Filters(**values)


@bp.get("/issue-runs/<run_reference>/items")
@access.needs(Permission.READ_CASES)
def items(run_reference: str) -> str:
    work = access.work()
    found = issue_runs.find(work, run_reference)
    filters = _asked()
    after = single(request.args.getlist("after"), "after")
    start = int(after) if after.isdecimal() else 0
    lines = run_items.page(work, found, filters, start, view.SIZE + 1)
    shown = lines[: view.SIZE]
    form = ItemsForm.from_address()
    for name, (_, known) in _FILTERS.items():
        form[name].choices = [
            SelectChoice("", "Any"),
            *(SelectChoice(*one) for one in known.items()),
        ]
    query = view.given(filters)
    path = url_for("issue_runs.items", run_reference=found.reference)
    return render_template(
        "staff/issue_runs/items.html",
        run=found,
        form=form,
        narrowed=bool(filters.sending or filters.given or filters.printed),
        list=Listing(
            caption=f"Items of {found.reference}",
            columns=view.ITEM_COLUMNS,
            rows=[view.item_row(found, line) for line in shown],
            count_text=plural(run_items.count(work, found, filters), "item"),
            chips=_chips(path, query),
            clear_url=path,
            empty_title="No item matches",
            empty_text="Take a filter away.",
            next_url=view.items_url(found, filters, after=shown[-1].item.position)
            if len(lines) > view.SIZE
            else None,
        ),
        exports=[
            (kind.upper(), address(
                url_for("issue_runs.export", run_reference=found.reference, kind=kind), query
            ))
            for kind in ("csv", "xlsx")
        ],
    )  # fmt: skip


def _chips(path: str, query: dict[str, object]) -> list[Chip]:
    labels: dict[str, tuple[str, Any]] = {**_FILTERS, "text": ("Search", {})}
    return [
        Chip(labels[name][0], labels[name][1].get(value, value), address(path, {**query, name: ""}))
        for name, value in query.items()
        if value
    ]


@bp.get("/issue-runs/<run_reference>/items.<any(csv, xlsx):kind>")
@access.needs(Permission.READ_CASES)
def export(run_reference: str, kind: str) -> Response:
    """What the list shows, all its pages, in its order."""
    work = access.work()
    found = issue_runs.find(work, run_reference)
    columns = (
        *view.ITEM_COLUMNS,
        Column("notice", "Notice"),
        Column("reason", "Reason"),
        Column("sha256", "SHA-256 of the notice"),
    )
    answer = csv_response if kind == "csv" else xlsx_response
    return answer(
        list(_exported(work, found, _asked())), columns, f"{found.reference}-items.{kind}"
    )


def _exported(work: Work, found: IssueRun, filters: Filters) -> Iterator[dict[str, object]]:
    after = 0
    while lines := run_items.page(work, found, filters, after, EXPORT_AT_ONCE):
        for line in lines:
            notice = line.item.notice
            yield view.item_row(found, line) | {
                "notice": notice.reference if notice else "",
                "reason": line.item.reason or "",
                "sha256": (notice.pdf_sha256 or "") if notice else "",
            }
        after = lines[-1].item.position


@bp.get("/issue-runs/<run_reference>/items/<int:position>")
@access.needs(Permission.READ_CASES)
def item(run_reference: str, position: int) -> str:
    work = access.work()
    return item_page(work, issue_runs.find(work, run_reference), position)


def item_page(
    work: Work,
    found: IssueRun,
    position: int,
    errors: Sequence[dict[str, str]] = (),
    form: ReasonForm | None = None,
) -> str:
    """One item: its facts, what became of it, and what may be done with it."""
    one = issue_runs.item_at(work, found, position)
    before, after = run_items.neighbours(work, found, position)
    form = form or ReasonForm()
    form.reason.label.text = "Why is it taken out?"
    may = can(work.actor, Permission.ISSUE_NOTICE) and found.state not in issue_runs.ENDED
    return render_template(
        "staff/issue_runs/item.html",
        run=found,
        item=one,
        state=view.ITEM_TAGS[one.state],
        facts=view.item_facts(one),
        before=before,
        after=after,
        form=form,
        can_retry=may and one.state in ("refused", "held"),
        can_take_out=may and one.state in (*issue_runs.LIVE, "refused"),
        errors=errors,
    )


@bp.post("/issue-runs/<run_reference>/items/<int:position>/<any(retry, take_out):doing>")
@access.needs(Permission.ISSUE_NOTICE)
def item_deed(run_reference: str, position: int, doing: str) -> Any:
    """Try an item again, or take it out of the run with a reason."""
    work = access.work()
    found = issue_runs.find(work, run_reference)
    form = ReasonForm()
    if doing == "take_out" and not form.validate():
        return item_page(work, found, position, form_errors(form), form), 422
    try:
        if doing == "retry":
            issue_run_steering.retry_one(work, found, position, start_issue_run())
            words = f"Item {position:,} is tried again."
        else:
            issue_run_steering.take_out(work, found, position, form.reason.data)
            words = f"Item {position:,} is taken out. Its notice goes back to its drafter."
    except Refusal as refusal:
        access.undo()
        work = access.work()
        found = issue_runs.find(work, run_reference)
        return item_page(work, found, position, refused(refusal)), 409
    flash(words, "success")
    if doing == "retry":
        where = url_for("issue_runs.item", run_reference=found.reference, position=position)
    else:
        where = url_for("issue_runs.run", run_reference=found.reference)
    return redirect(where, 303)
