"""Files coming in: the list, bringing one in, what became of it, releasing a short one."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for

from enforcement.domain.duties import Service
from enforcement.domain.permissions import Permission, can
from enforcement.domain.refusals import NotFound, Refusal
from enforcement.domain.windows import Month
from enforcement.services import contacts, imports, load_progress, register, returns
from enforcement.services.accounts import names
from enforcement.services.loading import Incoming, Loaded, Progress, loaded_of
from enforcement.services.register_changes import KINDS as CHANGES
from enforcement.services.register_changes import cases_touched_by, changes_of
from enforcement.services.work import Work
from enforcement.web import access
from enforcement.web.forms import put_refusal
from enforcement.web.listing import single
from enforcement.web.staff import import_lists, load_jobs
from enforcement.web.staff.file_downloads import as_received, refused_lines
from enforcement.web.staff.import_forms import ReleaseForm, UploadForm

bp = Blueprint("imports", __name__)
PAGE = 50


@bp.get("/imports", endpoint="imports")
@access.needs(Permission.READ_CASES)
def list_imports() -> Any:
    work = access.work()
    kind = single(request.args.getlist("kind"), "kind")
    before = single(request.args.getlist("before"), "before")
    rows = imports.listed(
        work.session, kind or None, None, int(before) if before.isdecimal() else None, PAGE + 1
    )
    waiting = returns.waiting(work.session)
    people = names(work.session, [row.loaded_by for row in (*rows, *waiting)])
    return render_template(
        "staff/imports/imports.html",
        list=import_lists.files(rows[:PAGE], people, kind, more=len(rows) > PAGE),
        waiting=import_lists.waiting(waiting, people),
        running=load_progress.unfinished(work.session, work.now),
        tabs=import_lists.tabs(kind),
        may_load=can(work.actor, Permission.LOAD_FILES),
    )


@bp.route("/imports/new", methods=["GET", "POST"])
@access.needs(Permission.LOAD_FILES)
def new() -> Any:
    work = access.work()
    form = UploadForm()
    form.window.choices = import_lists.month_choices(work.today)
    form.window.default = str(Month.of(work.today))
    if request.method != "POST":
        form.kind.data = single(request.args.getlist("kind"), "kind") or "register"
        form.window.data = single(request.args.getlist("window"), "window")
        return render_template("staff/imports/new.html", form=form)
    if not form.validate():
        return render_template("staff/imports/new.html", form=form), 422
    sent = form.file.data
    incoming = Incoming(sent.read(), sent.filename or "file")
    load_id = _start(form.kind.data, incoming, form.arguments())
    return redirect(url_for(".load", load_id=load_id), 303)


def _start(kind: str, incoming: Incoming, arguments: dict[str, Any]) -> str:
    def run(work: Work, progress: Progress) -> dict[str, Any]:
        loaded = _bring_in(kind, incoming, arguments, work, progress)
        if loaded.dry_run:
            return loaded.as_json()
        return {"file_id": loaded.file_id, "already_loaded": loaded.already_loaded}

    return load_jobs.submit(kind, incoming, arguments, run)


def _bring_in(
    kind: str, incoming: Incoming, given: dict[str, Any], work: Work, progress: Progress
) -> Loaded:
    dry_run = bool(given["dry_run"])
    if kind == "contacts":
        return contacts.load(work, incoming, dry_run=dry_run, progress=progress)
    shape = given["shape"] or None
    if kind == "register":
        as_at = import_lists.day_of(given["as_at"])
        return register.load(
            work, incoming, shape=shape, as_at=as_at, dry_run=dry_run, progress=progress
        )
    service = Service(given["service"]) if given["service"] else None
    return returns.load(
        work,
        incoming,
        Month.parse(given["window"]),
        service=service,
        shape=shape,
        mapping=given["mapping"],
        dry_run=dry_run,
        progress=progress,
    )


@bp.get("/imports/loads/<load_id>")
@access.needs(Permission.READ_CASES)
def load(load_id: str) -> Any:
    """A load as it goes; what a check found; or on to the file once it is in."""
    work = access.work()
    live = load_jobs.jobs().live.get(load_id)
    alive = live is not None and live.running
    found = load_progress.find(work.session, load_id, work.now, alive=alive)
    result = dict(found.result or {})
    if found.state == "done" and not found.dry_run:
        if result.get("already_loaded"):
            flash("These very bytes were loaded before: nothing was changed.", "warning")
        return redirect(url_for(".file", file_id=result["file_id"]))
    if found.state == "done":
        return render_template(
            "staff/imports/checked.html",
            load=found,
            facts=import_lists.result_facts(result),
            counts=import_lists.change_lines(result["changes"]),
            result=result,
            refused=import_lists.refused(result["rejected"][: import_lists.SHOWN]),
            at_hand=live is not None and live.incoming is not None,
            may_load=can(work.actor, Permission.LOAD_FILES),
        )
    page = make_response(
        render_template(
            "staff/imports/load.html",
            load=found,
            message=live.message if alive and live else found.message,
            done=live.done if alive and live else found.done,
            total=live.total if alive and live else found.total,
        )
    )
    if found.state == "running":
        page.headers["Refresh"] = "2"  # the same as a meta refresh; the page also has a plain link
    return page


@bp.post("/imports/loads/<load_id>")
@access.needs(Permission.LOAD_FILES)
def load_checked(load_id: str) -> Any:
    """Load the file that was checked, from the bytes still at hand."""
    work = access.work()
    found = load_progress.find(work.session, load_id, work.now)
    live = load_jobs.jobs().live.get(load_id)
    if live is None or live.incoming is None:
        raise NotFound("The checked file is no longer at hand.", fix="Bring it in again.")
    arguments = {**found.arguments, "dry_run": False}
    started = _start(found.kind, live.incoming, arguments)
    return redirect(url_for(".load", load_id=started), 303)


@bp.get("/imports/<int:file_id>")
@access.needs(Permission.READ_CASES)
def file(file_id: int) -> Any:
    return _file_page(file_id, ReleaseForm(formdata=None))


def _file_page(file_id: int, form: ReleaseForm, status: int = 200) -> Any:
    work = access.work()
    row = imports.find(work.session, file_id)
    people = names(work.session, [row.loaded_by, row.released_by])
    is_register = row.kind == register.KIND
    return (
        render_template(
            "staff/imports/file.html",
            row=row,
            form=form,
            facts=import_lists.file_facts(row, people),
            counts=import_lists.change_lines(row.changes),
            refused=import_lists.refused(row.rejected[: import_lists.SHOWN]),
            changes=import_lists.changes(changes_of(work, file_id=row.id, limit=20))
            if is_register
            else None,
            touched=cases_touched_by(work, row.id) if is_register else [],
            loaded=loaded_of(row),
            may_release=can(work.actor, Permission.COMPLETE_FEED),
        ),
        status,
    )


@bp.get("/imports/<int:file_id>/refused.csv")
@access.needs(Permission.READ_CASES)
def refused(file_id: int) -> Any:
    return refused_lines(imports.find(access.session(), file_id))


@bp.get("/imports/<int:file_id>/received")
@access.needs(Permission.READ_CASES)
def received(file_id: int) -> Any:
    """The file as it was received, byte for byte."""
    work = access.work()
    row = imports.find(work.session, file_id)
    return as_received(work, row)


@bp.post("/imports/<int:file_id>/release")
@access.needs(Permission.COMPLETE_FEED)
def release(file_id: int) -> Any:
    form = ReleaseForm()
    if not form.validate():
        return _file_page(file_id, form, 422)
    try:
        row = returns.release(access.work(), file_id, form.reason.data)
    except Refusal as refusal:
        access.undo()
        put_refusal(form, refusal)
        return _file_page(file_id, form, 409)
    flash(f"{row.filename} is released: {row.accepted:,} rows count now.")
    return redirect(url_for(".file", file_id=file_id), 303)


@bp.get("/imports/changes")
@access.needs(Permission.READ_CASES)
def register_changes() -> Any:
    """Register changes in words, with the open cases they touch."""
    work = access.work()
    kind = single(request.args.getlist("kind"), "kind")
    file_id = single(request.args.getlist("file"), "file")
    before = single(request.args.getlist("before"), "before")
    rows = changes_of(
        work,
        file_id=int(file_id) if file_id.isdecimal() else None,
        kind=kind if kind in CHANGES else None,
        before_id=int(before) if before.isdecimal() else None,
        limit=PAGE + 1,
    )
    given = {"kind": kind, "file": file_id}
    return render_template(
        "staff/imports/changes.html",
        list=import_lists.changes(rows[:PAGE], given, more=len(rows) > PAGE),
        kinds=CHANGES,
        given=given,
    )
