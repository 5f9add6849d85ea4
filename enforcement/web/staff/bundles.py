"""Bundles of a case: make, progress, contents, download, verify."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, render_template, url_for
from werkzeug.wrappers import Response
from wtforms import RadioField, SelectField, SelectMultipleField, SubmitField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from enforcement.data.bundles import BundleEdition
from enforcement.data.cases import Case
from enforcement.domain.bundles import SECTIONS, Pack, span
from enforcement.domain.permissions import Permission, can, not_yours
from enforcement.domain.refusals import NotFound
from enforcement.services import bundle_redactions, bundles, cases
from enforcement.services.work import Work
from enforcement.web import access, pages
from enforcement.web.exports import download
from enforcement.web.filters import moment, plural, short_day
from enforcement.web.listing import Cell, Column, Listing
from enforcement.web.staff.case_form import CaseForm, FormPage, answer, options
from enforcement.web.staff.case_frame import case_frame
from enforcement.web.staff.queueing import enqueue_bundle

bp = Blueprint("bundles", __name__, url_prefix="/cases/<reference>/bundles")
BOTH = ["GET", "POST"]
LOOK_AGAIN = "3"  # seconds, while an edition is made
P = Permission
KEPT, ANEW = "kept", "anew"
WHAT = {
    Pack.TRIBUNAL: "Everything the First-tier Tribunal needs in one document: numbered, "
    "bookmarked, with an index that leads to each page.",
    Pack.COURT: "What goes with an application to the county court under regulation 9.",
}


class MakeForm(CaseForm):
    numbers = RadioField(
        "Page numbers",
        choices=options(
            {
                KEPT: "Keep the numbers of the last edition; what is new gets letters (57A)",
                ANEW: "Start again from 1, with everything made anew",
            }.items()
        ),
        default=KEPT,
        validate_choice=False,
    )
    additions = SelectMultipleField(
        "Late documents to put in", [Optional()], coerce=str, validate_choice=False
    )
    volume_mb = SelectField(
        "Largest file the tribunal or court takes",
        coerce=int,
        choices=[SelectChoice(value=mb, label=f"{mb} MB") for mb in bundles.VOLUME_MB],
        default=bundles.USUAL_MB,
        description="A larger bundle is divided into volumes; the numbers go on.",
    )
    submit = SubmitField("Make the edition")


def opened(reference: str, pack: str = Pack.TRIBUNAL.value) -> tuple[Work, Case, Pack]:
    """The case, and the kind of bundle named in the address. Refuses NotFound."""
    work = access.work()
    if pack not in list(Pack):
        raise NotFound("There is no such bundle.")
    return work, cases.find(work, reference), Pack(pack)


@bp.get("", endpoint="bundles")
@access.needs(P.READ_CASES)
def overview(reference: str) -> Response:
    work, case, _ = opened(reference)
    panels = [_panel(work, case, pack) for pack in Pack]
    page = render_template(
        "staff/bundles/bundles.html",
        case_frame=case_frame(work, case, "bundles"),
        panels=panels,
    )
    response = make_response(page)
    if any(panel["running"] for panel in panels):
        response.headers["Refresh"] = LOOK_AGAIN
    return response


def _panel(work: Work, case: Case, pack: Pack) -> dict[str, Any]:
    made = bundles.editions(work, case, pack)
    last = bundles.last_order(work, case, pack)
    running = last if last is not None and last.state in ("waiting", "building") else None
    waiting = bundles.pending(work, case, pack) if made else []
    return {
        "title": pack.label,
        "what": WHAT[pack],
        "running": running,
        "failed": last.message if last is not None and last.state == "failed" else "",
        "editions": _editions(case, pack, made),
        "waiting": [f"{one.title}, kept by {one.added_by_name}" for one in waiting],
        "actions": _actions(work, case, pack, bool(made), running is not None),
    }


def _editions(case: Case, pack: Pack, made: list[BundleEdition]) -> Listing:
    return Listing(
        caption=f"Editions of the {pack.label[:1].lower()}{pack.label[1:]}",
        columns=(Column("edition", "Edition"), Column("pages", "Pages", numeric=True),
                 Column("made", "Made"), Column("by", "Asked for by")),
        rows=[
            {
                "edition": Cell(
                    f"Edition {one.number}",
                    href=url_for(
                        "bundles.edition", reference=case.reference, pack=pack.value,
                        number=one.number,
                    ),
                    note=plural(len(one.manifest["volumes"]), "volume"),
                ),
                "pages": str(one.pages),
                "made": moment(one.made_at),
                "by": one.asked_by_name,
            }
            for one in made
        ],
        empty_title="None made yet",
        empty_text="The first edition gives every page its number.",
    )  # fmt: skip


def _actions(work: Work, case: Case, pack: Pack, made: bool, running: bool) -> list[pages.Action]:
    def action(words: str, endpoint: str, *reasons: str, primary: bool = False) -> pages.Action:
        url = url_for(endpoint, reference=case.reference, pack=pack.value)
        why = not_yours(work.actor, P.RECORD_APPEAL)
        return pages.Action(
            words, href=url, primary=primary, reason=" ".join(filter(None, (why, *reasons)))
        )

    shut = [gate.sentence for gate in bundles.gates(work, case, pack) if not gate.ok]
    busy = "An edition is being made." if running else ""
    first = "" if made else "Make the first edition first."
    return [
        action("Make an edition", "bundles.make", *shut, busy, primary=True),
        action("Put in a late document", "bundle_changes.add", first),
        action("Redact", "bundle_changes.redact", first),
    ]


@bp.route("/<pack>/make", methods=BOTH)
@access.needs(P.RECORD_APPEAL)
def make(reference: str, pack: str) -> Any:
    work, case, kind = opened(reference, pack)
    form = MakeForm()
    waiting = bundles.pending(work, case, kind)
    form.additions.choices = options(
        (str(one.id), f"{one.title} ({short_day(one.dated) or 'no date'})") for one in waiting
    )
    if not form.is_submitted():
        form.additions.data = [str(one.id) for one in waiting]
    if not bundles.editions(work, case, kind):
        del form.numbers
    if not waiting:
        del form.additions

    def act() -> None:
        chosen = form.additions.data if "additions" in form else []
        bundles.order(
            work,
            case,
            kind,
            enqueue_bundle(),
            afresh="numbers" in form and form.numbers.data == ANEW,
            additions=[int(one) for one in chosen if one.isdecimal()],
            volume_mb=form.volume_mb.data,
        )

    page = FormPage(
        f"Make the {kind.label[:1].lower()}{kind.label[1:]}",
        tab="bundles",
        back=url_for("bundles.bundles", reference=reference),
        intro=WHAT[kind] + " An edition is never changed afterwards.",
    )
    return answer(work, case, form, page, act, "The edition is being made.")


@bp.get("/<pack>/<int:number>")
@access.needs(P.READ_CASES)
def edition(reference: str, pack: str, number: int) -> str:
    work, case, kind = opened(reference, pack)
    found = bundles.find(work, case, kind, number)
    return _page(work, case, kind, found, checked=None)


@bp.get("/<pack>/<int:number>/verify")
@access.needs(P.READ_CASES)
def verify(reference: str, pack: str, number: int) -> str:
    """Read the stored files again and compare them with what was recorded."""
    work, case, kind = opened(reference, pack)
    found = bundles.find(work, case, kind, number)
    return _page(work, case, kind, found, checked=bundles.verify(work, found))


def _page(
    work: Work, case: Case, kind: Pack, found: BundleEdition, checked: list[str] | None
) -> str:
    may_open = not bundles.prints_code(found) or can(work.actor, P.READ_CODE)
    return render_template(
        "staff/bundles/edition.html",
        case_frame=case_frame(work, case, "bundles"),
        title_words=f"{kind.label}, edition {found.number}",
        facts=[
            pages.Fact("Made", moment(found.made_at), f"asked for by {found.asked_by_name}"),
            pages.Fact("Pages", str(found.pages)),
            pages.Fact("SHA-256 of its list", found.manifest_sha256, "recorded in the history"),
            pages.Fact("Accessible", *_accessible(found)),
        ],
        volumes=_volumes(case, kind, found, may_open),
        contents=_contents(kind, found),
        redactions=_redactions(work, case, kind),
        checked=checked,
        verify_url=url_for(
            "bundles.verify", reference=case.reference, pack=kind.value, number=found.number
        ),
        back=url_for("bundles.bundles", reference=case.reference),
    )


def _accessible(found: BundleEdition) -> tuple[str, str]:
    if found.manifest["accessible"]:
        return "PDF/UA-1", "Every page is of our own making."
    return "As far as it goes", "Others’ files are bound as they came: they cannot be promised."


def _volumes(case: Case, kind: Pack, found: BundleEdition, may_open: bool) -> Listing:
    def file(one: dict[str, Any]) -> Cell:
        if not may_open:
            return Cell(one["filename"], note="Not for your role: a notice in it prints a code.")
        url = url_for("bundles.volume", reference=case.reference, pack=kind.value,
                      number=found.number, volume=one["number"])  # fmt: skip
        over = "Larger than asked for: one document alone is." if one["over_limit"] else ""
        return Cell(one["filename"], href=url, note=over)

    return Listing(
        caption="Files",
        columns=(Column("file", "File"), Column("pages", "Pages", numeric=True),
                 Column("size", "Size", numeric=True), Column("hash", "SHA-256")),
        rows=[
            {
                "file": file(one),
                "pages": str(one["pages"]),
                "size": f"{one['size'] / 1_048_576:.1f} MB",
                "hash": one["sha256"],
            }
            for one in found.manifest["volumes"]
        ],
    )  # fmt: skip


def _contents(kind: Pack, found: BundleEdition) -> Listing:
    def row(one: dict[str, Any]) -> dict[str, object]:
        marks = sorted({mark["number"] for mark in one["redactions"]})
        redacted = "Redacted: " + ", ".join(f"R{n}" for n in marks) if marks else ""
        section = SECTIONS[kind].get(one["section"], "Front")
        return {
            "pages": span(one["labels"]),
            "title": Cell(one["title"], note="; ".join(filter(None, (one["note"], redacted)))),
            "section": f"{one['section']}. {section}" if one["section"] else section,
            "hash": one["source_sha256"] or one["part_sha256"],
        }

    return Listing(
        caption="Contents",
        columns=(Column("pages", "Pages"), Column("title", "Document"),
                 Column("section", "Section"), Column("hash", "SHA-256 of the document")),
        rows=[row(one) for one in found.manifest["documents"]],
    )  # fmt: skip


def _redactions(work: Work, case: Case, kind: Pack) -> Listing:
    may = can(work.actor, P.RECORD_APPEAL)

    def lift(number: int) -> str:
        return url_for("bundle_changes.lift", reference=case.reference, pack=kind.value,
                       number=number)  # fmt: skip

    return Listing(
        caption="Redactions in force for the next edition",
        columns=(Column("number", "No."), Column("what", "What"), Column("reason", "Reason")),
        rows=[
            {
                "number": Cell(f"R{one.number}", href=lift(one.number) if may else "",
                               note="lift" if may else ""),
                "what": f"“{one.words}”" if one.words else "A whole page",
                "reason": one.reason,
            }
            for one in bundle_redactions.in_force(work.session, case.id, kind)
        ],
        empty_title="No redaction",
        empty_text="Nothing is taken out.",
    )  # fmt: skip


@bp.get("/<pack>/<int:number>/volumes/<int:volume>")
@access.needs(P.READ_CASES)
def volume(reference: str, pack: str, number: int, volume: int) -> Response:
    """One file of an edition, exactly as it was made."""
    work, case, kind = opened(reference, pack)
    found = bundles.find(work, case, kind, number)
    name, kept = bundles.volume(work, found, volume)
    return download(kept.content, filename=name, mimetype=kept.mime)
