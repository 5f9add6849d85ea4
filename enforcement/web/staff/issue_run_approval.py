"""The approver's pages of an issue run: fifty at a glance, the sample in full, the approval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from wtforms import SelectMultipleField
from wtforms.fields.choices import SelectChoice

from enforcement.data.issue_runs import IssueItem, IssueRun
from enforcement.domain.giving import Capacity, Method
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import Refusal, WrongState
from enforcement.services import issue_run_approval as approving
from enforcement.services import issue_runs
from enforcement.services.issue_run_approval import FULL, GLANCE
from enforcement.services.work import Work
from enforcement.web import access
from enforcement.web.filters import money, plural, short_day
from enforcement.web.forms import NhsForm, refused
from enforcement.web.staff import issue_run_view as view
from enforcement.web.staff.case_frame import place
from enforcement.web.staff.issue_runs import act
from enforcement.web.staff.queueing import start_issue_run

bp = Blueprint("issue_run_approval", __name__)
# What a person settles with the paper in sight; a machine has found the legal elements already.
QUESTIONS = (
    ("who", "It names the right legal person, and this is the provider of the case"),
    ("where", "The address or email is a proper one for this kind of person, from a good source"),
    ("misses", "The windows and services on the paper are those the case rests on"),
    ("amount", "The amount, and how it is worked out, make sense for this provider"),
    ("dates", "The dates are right: planned sending, taken as given, last day to reply"),
    ("paper", "Every page can be read: nothing cut off, no blank where a name should stand"),
)


@dataclass(frozen=True, slots=True)
class Glance:
    """One notice as it is glanced at: the facts that matter, and the paper itself."""

    position: int
    seen: str
    provider: str
    cqc_id: str
    case: str
    case_url: str
    to: str
    address: str
    source: str
    amount: str
    missed: str
    windows: str
    sends: str
    replies: str
    pages: str
    pdf_url: str
    item_url: str
    sampled: bool


@bp.get("/issue-runs/<run_reference>/look")
@access.needs(Permission.APPROVE_NOTICE)
def look(run_reference: str) -> str:
    work = access.work()
    return _look_page(work, issue_runs.find(work, run_reference))


def _look_page(work: Work, run: IssueRun, errors: Sequence[dict[str, str]] = ()) -> str:
    who = work.actor.identity
    found = approving.not_looked(work.session, run, who, GLANCE, view.SIZE)
    return render_template(
        "staff/issue_runs/look.html",
        run=run,
        seen=approving.progress_of(work.session, run, who),
        lines=[_glance(run, item) for item in found],
        button=f"I have looked at {_these(len(found))}",
        errors=errors,
    )


def _these(number: int) -> str:
    return "this notice" if number == 1 else f"these {number} notices"


def _glance(run: IssueRun, item: IssueItem) -> Glance:
    notice, to = item.notice, view.recipient(item)
    if notice is None or to is None:
        raise WrongState(f"Item {item.position} has no notice.")
    misses, windows = view.missed(item)
    case = item.case
    return Glance(
        position=item.position,
        seen=f"{item.position}:{notice.pdf_sha256}",
        provider=case.provider.name,
        cqc_id=case.provider.cqc_id,
        case=case.reference,
        case_url=place("cases.case", reference=case.reference),
        to=to.attention or to.name,
        address=to.email or ", ".join((*to.address, to.postcode)),
        source=f"{Capacity(to.capacity).words}; {to.source}",
        amount=money(notice.amount_pence),
        missed=misses,
        windows=windows,
        sends=f"{short_day(run.send_on)}, {Method(notice.method).by}",
        replies=short_day(notice.period_ends_on),
        pages=plural(notice.pages or 0, "page"),
        pdf_url=url_for("notices.document", reference=case.reference, notice_id=notice.id),
        item_url=url_for(
            "issue_runs.item", run_reference=run.reference, position=item.position
        ),
        sampled=item.sampled,
    )  # fmt: skip


@bp.post("/issue-runs/<run_reference>/look")
@access.needs(Permission.APPROVE_NOTICE)
def looked(run_reference: str) -> Any:
    work = access.work()
    run = issue_runs.find(work, run_reference)
    try:
        new = approving.looked(work, run, _seen(request.form.getlist("seen")), GLANCE)
    except Refusal as refusal:
        access.undo()
        work = access.work()
        return _look_page(work, issue_runs.find(work, run_reference), refused(refusal)), 409
    flash(f"Recorded: {plural(new, 'notice')} glanced at.", "success")
    left = approving.progress_of(work.session, run, work.actor.identity)
    where = "issue_run_approval.look" if left.glanced < left.items else "issue_runs.run"
    return redirect(url_for(where, run_reference=run.reference), 303)


def _seen(values: Sequence[str]) -> dict[int, str]:
    """Position → the checksum of the document that was shown. What is no such pair is left out."""
    pairs = (value.partition(":") for value in values)
    return {int(position): pdf for position, _, pdf in pairs if position.isdecimal() and pdf}


# --- the sample -------------------------------------------------------------------------------
class CheckForm(NhsForm):
    """What was settled with the paper in sight."""

    found = SelectMultipleField(
        "Tick what you have checked on the paper",
        choices=[SelectChoice(*one) for one in QUESTIONS],
        validate_choice=False,
    )


@bp.get("/issue-runs/<run_reference>/check")
@access.needs(Permission.APPROVE_NOTICE)
def next_check(run_reference: str) -> Any:
    """The next notice of the sample that this person has still to check, or back to the run."""
    work = access.work()
    run = issue_runs.find(work, run_reference)
    return redirect(_next(work, run), 302)


def _next(work: Work, run: IssueRun) -> str:
    left = approving.not_looked(work.session, run, work.actor.identity, FULL, 1)
    if not left:
        return url_for("issue_runs.run", run_reference=run.reference)
    return url_for(
        "issue_run_approval.check", run_reference=run.reference, position=left[0].position
    )


@bp.route("/issue-runs/<run_reference>/check/<int:position>", methods=["GET", "POST"])
@access.needs(Permission.APPROVE_NOTICE)
def check(run_reference: str, position: int) -> Any:
    """One letter of the sample: the paper, and beside it what to check."""
    work = access.work()
    run = issue_runs.find(work, run_reference)
    form, errors = CheckForm(), []
    if form.validate_on_submit():
        missing = [words for name, words in QUESTIONS if name not in (form.found.data or ())]
        if missing:
            words = f"Not ticked: {missing[0]}. Take the notice out if it is wrong."
            errors = [{"text": words, "href": "#found"}]
            form.found.errors = [words]
        else:
            try:
                seen = _seen([request.form.get("seen", "")])
                approving.looked(work, run, seen, FULL)
                flash(f"Item {position:,} is checked in full.", "success")
                return redirect(_next(work, run), 303)
            except Refusal as refusal:
                access.undo()
                work, errors = access.work(), refused(refusal)
                run = issue_runs.find(work, run_reference)
    return _check_page(work, run, position, form, errors)


def _check_page(
    work: Work, run: IssueRun, position: int, form: CheckForm, errors: list[dict[str, str]]
) -> str:
    item = issue_runs.item_at(work, run, position)
    notice = item.notice
    if notice is None:
        raise WrongState(f"Item {position} has no notice.")
    found = [one for one in notice.checks if one["ok"]]
    return render_template(
        "staff/issue_runs/check.html",
        run=run,
        item=item,
        seen=f"{position}:{notice.pdf_sha256}",
        looked=approving.progress_of(work.session, run, work.actor.identity),
        facts=view.item_facts(item),
        elements=f"The machine found {len(found)} of {len(notice.checks)} required parts on it.",
        pdf_url=url_for(
            "notices.document", reference=item.case.reference, notice_id=notice.id
        ),
        form=form,
        errors=errors,
    )  # fmt: skip


@bp.post("/issue-runs/<run_reference>/approve")
@access.needs(Permission.APPROVE_NOTICE, password_again=True)
def approve(run_reference: str) -> Any:
    """Approve the manifest whose hash was on the page."""
    seen = request.form.get("seen", "")

    def seal(work: Work, run: IssueRun) -> None:
        approving.approve(work, run, seen, start_issue_run())

    return act(run_reference, seal, "Approved. The service seals and issues each notice.")
