"""The words of notices by version: what is in force, what proves a version fit, what changed."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from markupsafe import Markup
from wtforms import SelectField, SubmitField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from enforcement.data.policies import Policy
from enforcement.domain.permissions import Permission, not_yours
from enforcement.domain.refusals import NotFound, Refusal
from enforcement.rendering import samples
from enforcement.rendering.print_room import standing
from enforcement.rendering.words import html_twin
from enforcement.services import template_difference
from enforcement.services import templates as services
from enforcement.services.accounts import names
from enforcement.services.notices import TITLES
from enforcement.services.templates import Version
from enforcement.services.work import Work
from enforcement.web import access, pages
from enforcement.web.fields import DayField, LongTextField, visible
from enforcement.web.filters import day, moment
from enforcement.web.forms import NhsForm, NhsSearchForm, put_refusal
from enforcement.web.listing import Cell, Column, Listing

bp = Blueprint("templates", __name__, url_prefix="/templates")
READ = Permission.READ_CASES
PREVIEWS = {
    "sample": "The sample",
    "worst": "The worst case",
    "large": "The sample in large print",
}


PARTS = {"words": "The words of the sample", "files": "The files they are made from"}


class ProposeForm(NhsForm):
    effective_from = DayField("In force from", [InputRequired("Enter the day it takes effect")])
    reason = LongTextField(
        "Why, and where it comes from",
        [InputRequired("Say why, and where it comes from"), Length(max=2_000), visible],
        description="What changed and who asked for it, with its date",
        render_kw={"rows": 3},
    )
    submit = SubmitField("Check it and propose")


class CompareForm(NhsSearchForm):
    old = SelectField("From version")
    new = SelectField("To version")
    of = SelectField("What", choices=[SelectChoice(one, words) for one, words in PARTS.items()])


@bp.get("")
@access.needs(READ)
def templates() -> str:
    """Every kind of notice and each version of its words."""
    work = access.work()
    rows = [
        {
            "kind": Cell(TITLES[one.kind], _url("templates.version", one)),
            "version": one.version,
            "state": _cell(one, work.today),
        }
        for one in services.shelf(work.session)
    ]
    columns = [
        Column("kind", "Kind of notice"),
        Column("version", "Version"),
        Column("state", "Where it stands"),
    ]
    return render_template(
        "staff/templates/templates.html",
        list=Listing(caption="Words of notices", columns=columns, rows=rows),
    )


def _url(endpoint: str, one: Version, **more: Any) -> str:
    return url_for(endpoint, kind=one.kind, version=one.version, **more)


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
    if one.spells:
        return pages.Tag("No longer in force", "grey")
    return pages.Tag("Not proposed", "white")


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


@bp.get("/<kind>/<version>")
@access.needs(READ)
def version(kind: str, version: str) -> str:
    """One version: where it stands, its gates, its previews, and what may be done."""
    work = access.work()
    one = services.find(work.session, kind, version)
    latest = [*one.waiting, *(spell.row for spell in one.spells)]
    return render_template(
        "staff/templates/version.html",
        title_of=f"{TITLES[kind]}, {version}",
        tag=tag(one, work.today),
        when=_when(one, work.today),
        facts=_facts(work, one),
        proposals=[_proposal(work, row) for row in one.waiting],
        gates=_gates(latest[0]) if latest else [],
        previews=[(words, _url("templates.preview", one, which=which))
                  for which, words in PREVIEWS.items()] if one.sha256 else [],
        words_url=_url("templates.words", one) if one.sha256 else "",
        actions=[_propose(work, one)],
        compare_url=url_for("templates.compare", kind=kind, new=version),
    )  # fmt: skip


def _facts(work: Work, one: Version) -> list[pages.Fact]:
    found = [pages.Fact("Fingerprint on this machine", one.sha256 or "There is no such folder")]
    rows = [spell.row for spell in one.spells]
    people = names(work.session, [p for r in rows for p in (r.proposed_by, r.approved_by) if p])
    for spell in one.spells:
        row, until = spell.row, f" until {day(spell.ends)}" if spell.ends else ""
        by = f"Proposed by {people.get(row.proposed_by, row.proposed_by)}, approved by "
        by += people.get(row.approved_by or "", row.approved_by or "")
        found.append(pages.Fact(f"In force from {day(spell.starts)}{until}", row.citation, by))
    if one.changed:
        approved = one.spells[-1].row.body["sha256"]
        found.append(pages.Fact("Fingerprint approved", approved, "No notice is made from others"))
    return found


def _gates(row: Policy) -> list[pages.Check]:
    return [
        pages.Check(check["title"], check["ok"], check["detail"], check["rule"])
        for check in row.body.get("checks", ())
    ]


def _proposal(work: Work, row: Policy) -> dict[str, Any]:
    who = names(work.session, [row.proposed_by])
    return {
        "heading": f"Proposed from {day(row.effective_from)}",
        "reason": row.citation,
        "proposed": f"{who.get(row.proposed_by, row.proposed_by)}, {moment(row.proposed_at)}",
        "action": pages.Action(
            "Approve",
            post_url=url_for("templates.approve", policy_id=row.id),
            primary=True,
            reason=_why_not_approve(work, row),
        ),
    }


def _why_not_approve(work: Work, row: Policy) -> str:
    if row.proposed_by == work.actor.identity:
        return "You proposed it: a second person approves."
    shut = sum(not gate.passed for gate in _gates(row))
    return not_yours(work.actor, Permission.APPROVE_POLICY) or (
        f"{shut} of its gates shut: see below." if shut else ""
    )


def _propose(work: Work, one: Version) -> pages.Action:
    why = not_yours(work.actor, Permission.PROPOSE_POLICY)
    if not one.sha256:
        why = "There is no such folder on this machine."
    elif one.waiting:
        why = "It is proposed already and waits for a second person."
    return pages.Action("Propose this version", _url("templates.propose", one), reason=why)


@bp.get("/<kind>/<version>/<which>.pdf")
@access.needs(READ)
def preview(kind: str, version: str, which: str) -> Response:
    """An invented notice made with this version."""
    if which not in PREVIEWS:
        raise NotFound("There is no such preview.")
    one = services.find(access.work().session, kind, version)
    answer = Response(_preview(kind, version, one.sha256, which), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{kind}-{version}-{which}.pdf"'
    answer.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    )
    return answer


@lru_cache(maxsize=16)
def _preview(kind: str, version: str, sha256: str, which: str) -> bytes:
    make = samples.worst if which == "worst" else samples.sample
    facts = make(kind, template_version=version, template_sha256=sha256)
    return standing(False).render(facts, large=which == "large").pdf


@bp.get("/<kind>/<version>/words")
@access.needs(READ)
def words(kind: str, version: str) -> str:
    """The words of the sample as a page for the screen."""
    one = services.find(access.work().session, kind, version)
    twin = html_twin(samples.sample(kind, template_version=version))
    return render_template(
        "staff/templates/words.html",
        article=Markup(twin),  # noqa: S704 - our own template, rendered with escaping on
        title_of=f"{TITLES[kind]}, {version}",
        back=_url("templates.version", one),
    )


@bp.get("/<kind>/compare")
@access.needs(READ)
def compare(kind: str) -> str:
    """Two versions side by side: the words of the sample, or the files with every word."""
    shelf = services.shelf(access.work().session)
    known = [one.version for one in shelf if one.kind == kind and one.sha256]
    if not known:
        raise NotFound(f"There are no words “{kind}”.")
    form = CompareForm.from_address()
    for field, usual in ((form.old, known[min(1, len(known) - 1)]), (form.new, known[0])):
        field.choices = [SelectChoice(one, one) for one in known]
        field.data = field.data if field.data in known else usual
    form.of.data = form.of.data if form.of.data in PARTS else "words"
    lines = {"words": template_difference.words_of, "files": template_difference.files_of}
    old, new = (lines[form.of.data](kind, side) for side in (form.old.data, form.new.data))
    return render_template(
        "staff/templates/compare.html",
        title_of=TITLES[kind],
        form=form,
        part=PARTS[form.of.data],
        rows=template_difference.difference(old, new),
        back=url_for("templates.version", kind=kind, version=form.new.data),
    )


@bp.route("/<kind>/<version>/propose", methods=["GET", "POST"])
@access.needs(Permission.PROPOSE_POLICY)
def propose(kind: str, version: str) -> Any:
    """Propose that this version be in force from a day; its gates are computed now."""
    work = access.work()
    one = services.find(work.session, kind, version)
    form = ProposeForm()
    if form.validate_on_submit() and form.effective_from.data is not None:
        try:
            services.propose(work, kind, version, form.effective_from.data, form.reason.data)
        except Refusal as refusal:
            access.undo()
            put_refusal(form, refusal)
        else:
            flash("Proposed. It waits for a second person’s approval.", "success")
            return redirect(_url("templates.version", one), 303)
    return render_template(
        "staff/templates/propose.html",
        form=form,
        title_of=f"{TITLES[kind]}, {version}",
        back=_url("templates.version", one),
    )


@bp.post("/rows/<int:policy_id>/approve")
@access.needs(Permission.APPROVE_POLICY)
def approve(policy_id: int) -> Any:
    """Approve a proposed version as a second person."""
    row = services.approve(access.work(), policy_id)
    kind, version = row.body["kind"], row.body["version"]
    flash(f"Approved: in force from {day(row.effective_from)}.", "success")
    return redirect(url_for("templates.version", kind=kind, version=version), 303)
