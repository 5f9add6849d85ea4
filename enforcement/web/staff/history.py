"""The history of the whole service: its events, its verification, its signed checkpoints."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import SearchField, SelectField
from wtforms.fields.choices import SelectChoice

from enforcement.data.engine import read_only
from enforcement.data.history import Checkpoint
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, NotFound
from enforcement.services import history as histories
from enforcement.services import history_list, timeline
from enforcement.services.history_list import Filters
from enforcement.web import access, transactions
from enforcement.web.exports import download
from enforcement.web.fields import DayField
from enforcement.web.filters import day, moment, plural
from enforcement.web.forms import NhsSearchForm
from enforcement.web.listing import Cell, Chip, Column, Listing, address, single
from enforcement.web.staff.case_frame import place

bp = Blueprint("history", __name__)
SIZE = 50


class FilterForm(NhsSearchForm):
    """What of the history to show; sent by GET."""

    stream = SearchField("Case or stream", description="ASC-2026-000123, returns, policy:panel")
    kind = SelectField("Kind of event", validate_choice=False)
    who = SearchField("Who", description="Name or identity")
    first = DayField("From")
    last = DayField("To")


def _kinds() -> list[tuple[str, str]]:
    found = [("", "Every kind")]
    for group, title in timeline.GROUPS.items():
        found.append((group, f"{title}: all"))
        found += [
            (kind, f"– {words.name}")
            for kind, words in timeline.WORDS.items()
            if words.group == group
        ]
    return found


def asked(form: FilterForm) -> Filters:
    """The filters of this address. BadInput for a day that is none."""
    for field in (form.first, form.last):
        if field.process_errors:
            raise BadInput(str(field.process_errors[0]))
    return Filters(
        stream=single(request.args.getlist("stream"), "stream").strip(),
        kind=single(request.args.getlist("kind"), "kind"),
        who=single(request.args.getlist("who"), "who").strip()[:80],
        first=form.first.data,
        last=form.last.data,
    )


def given(filters: Filters) -> dict[str, object]:
    """The filters as the query of an address; a day is its three boxes."""
    return {
        "stream": filters.stream,
        "kind": filters.kind,
        "who": filters.who,
        "first": _boxes(filters.first),
        "last": _boxes(filters.last),
    }


def _boxes(value: date | None) -> list[str]:
    return [str(value.day), str(value.month), str(value.year)] if value else []


def _chips(filters: Filters, path: str) -> list[Chip]:
    query = given(filters)
    words = {
        "stream": ("Stream", filters.stream),
        "kind": ("Kind", _kind_words(filters.kind)),
        "who": ("Who", filters.who),
        "first": ("From", day(filters.first)),
        "last": ("To", day(filters.last)),
    }
    return [
        Chip(label, value, address(path, query, **{name: None}))
        for name, (label, value) in words.items()
        if value
    ]


def _kind_words(kind: str) -> str:
    if kind in timeline.GROUPS:
        return timeline.GROUPS[kind]
    return timeline.WORDS[kind].name if kind in timeline.WORDS else kind


@bp.get("/history")
@access.needs(Permission.READ_HISTORY)
def history() -> str:
    work = access.work()
    form = FilterForm.from_address()
    form.kind.choices = [SelectChoice(*one) for one in _kinds()]
    filters = asked(form)
    before = single(request.args.getlist("before"), "before")
    if before and not before.isdecimal():
        raise BadInput(f"“{before}” is not a place in the history.")
    told, key = history_list.page(work, filters, SIZE, int(before) if before else None)
    path, query = url_for("history.history"), given(filters)
    return render_template(
        "staff/history/history.html",
        form=form,
        told=told,
        stream_urls={one.stream: stream_url(one.stream) for one in told},
        list=Listing(
            caption="Events, newest first",
            columns=[],
            rows=[],
            chips=_chips(filters, path),
            clear_url=path,
            next_url=address(path, query, before=key) if key else None,
            previous_url=address(path, query) if before else None,
        ),
    )


def stream_url(stream: str) -> str:
    """Where a stream's own page is, or ""."""
    kind, _, name = stream.partition(":")
    if kind == "case":
        return place("cases.history", reference=name)
    if kind == "provider":
        return place("providers.provider", cqc_id=name)
    return ""


@bp.get("/history/verify")
@access.needs(Permission.READ_HISTORY)
def verify() -> str:
    """The last result, and the signed heads of the log."""
    work = access.work()
    return render_template(
        "staff/history/verify.html",
        last=history_list.last_verification(work),
        key=work.settings.secrets().checkpoint.public_key().public_bytes_raw().hex(),
        list=_checkpoints(history_list.checkpoints(work)),
    )


@bp.post("/history/verify")
@access.needs(Permission.READ_HISTORY)
def run_verify() -> Response:
    """Verify now and record the result; the history itself is only read.

    The reading runs in a transaction of its own that cannot write, so that nobody waits for it.
    """
    work = access.work()
    access.undo()
    with Session(transactions.engine()) as reading:
        found = histories.verify(
            read_only(reading),
            work.settings.secrets().checkpoint.public_key(),
            work.settings.checkpoint_folder,
        )
    work.record(
        "history",
        "history_verified",
        {
            "ok": found.broken is None,
            "events": found.events,
            "checkpoints": found.checkpoints,
            "erased_lawfully": found.erased,
            "root": found.root,
            "first_bad": found.broken,
        },
        permission=Permission.READ_HISTORY,
    )
    return redirect(url_for("history.verify"), 303)


def _checkpoints(rows: list[Checkpoint]) -> Listing:
    return Listing(
        caption="Signed checkpoints",
        columns=[
            Column("signed", "Signed"),
            Column("size", "Events", numeric=True),
            Column("root", "Head of the log"),
            Column("note", "Note"),
        ],
        rows=[
            {
                "signed": moment(row.signed_at),
                "size": f"{row.size:,}",
                "root": row.root,
                "note": Cell("Download", href=url_for("history.note", size=row.size)),
            }
            for row in rows
        ],
        count_text=plural(len(rows), "checkpoint"),
        empty_title="No checkpoint signed yet",
        empty_text="A checkpoint signs how many events there are and their head. It is made "
        "every day and kept outside the database.",
    )


@bp.get("/history/checkpoints/<int:size>")
@access.needs(Permission.READ_HISTORY)
def note(size: int) -> Response:
    """A signed note as it was written outside the database."""
    row = access.session().get(Checkpoint, size)
    if row is None:
        raise NotFound(f"No checkpoint signs {size} events.")
    return download(
        row.note.encode(),
        filename=f"checkpoint-{size:010d}.txt",
        mimetype="text/plain; charset=utf-8",
    )
