"""The words of notices by version: what is in force, what proves a version fit, what changed."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, render_template, url_for

from enforcement.domain.permissions import Permission
from enforcement.services import templates as services
from enforcement.services.notices import TITLES
from enforcement.services.templates import Version
from enforcement.web import access, pages
from enforcement.web.filters import day
from enforcement.web.listing import Cell, Column, Listing

bp = Blueprint("templates", __name__)


@bp.get("/templates")
@access.needs(Permission.READ_CASES)
def templates() -> str:
    """Every kind of notice and each version of its words."""
    work = access.work()
    rows = [
        {
            "kind": Cell(
                TITLES[one.kind], url_for("templates.version", kind=one.kind, version=one.version)
            ),
            "version": one.version,
            "state": _cell(one, work.today),
        }
        for one in services.shelf(work.session)
    ]
    return render_template(
        "staff/templates/templates.html",
        list=Listing(
            caption="Words of notices",
            columns=[
                Column("kind", "Kind of notice"),
                Column("version", "Version"),
                Column("state", "Where it stands"),
            ],
            rows=rows,
        ),
    )


def _cell(one: Version, today: date) -> Cell:
    found = tag(one, today)
    return Cell(found.text, tag=found.colour, note=_when(one, today))


def tag(one: Version, today: date) -> pages.Tag:
    """Where a version stands, in a word and a colour."""
    if one.on(today):
        return (
            pages.Tag("Changed on disk", "red") if one.changed else pages.Tag("In force", "green")
        )
    if one.waiting:
        return pages.Tag("Awaiting approval", "yellow")
    if one.coming(today):
        return pages.Tag("Approved", "blue")
    return (
        pages.Tag("No longer in force", "grey")
        if one.spells
        else pages.Tag("Not proposed", "white")
    )


def _when(one: Version, today: date) -> str:
    if now := one.on(today):
        return f"since {day(now.starts)}" + (f", until {day(now.ends)}" if now.ends else "")
    if one.waiting:
        return f"proposed from {day(one.waiting[-1].effective_from)}"
    if following := one.coming(today):
        return f"in force from {day(following.starts)}"
    if one.spells and one.spells[-1].ends:
        return f"until {day(one.spells[-1].ends)}"
    return ""


@bp.get("/templates/<kind>/<version>")
@access.needs(Permission.READ_CASES)
def version(kind: str, version: str) -> str:
    """One version of the words of one kind of notice."""
    work = access.work()
    one = services.find(work.session, kind, version)
    return render_template("staff/templates/version.html", one=one, title_of=TITLES[kind])
