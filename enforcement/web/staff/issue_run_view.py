"""What the pages of an issue run show: state, what happens next, actions, progress, its items."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import url_for

from enforcement.data.issue_runs import IssueItem, IssueRun
from enforcement.domain.giving import POST, Capacity, Method
from enforcement.domain.permissions import Permission, not_yours
from enforcement.domain.refusals import Refusal
from enforcement.services import issue_run_approval as approving
from enforcement.services import issue_run_items, issue_runs, print_file
from enforcement.services.issue_run_approval import Looked
from enforcement.services.issue_run_items import Filters, Line
from enforcement.services.issue_run_progress import Progress
from enforcement.services.recipients import RecipientChoice
from enforcement.services.work import Work
from enforcement.web import pages
from enforcement.web.filters import day, moment, money, plural, weekday
from enforcement.web.listing import Cell, Column, Listing, address
from enforcement.web.staff.case_frame import place

SIZE = 50
RUNNING = ("drafting", "approved", "issuing")
COLOURS: dict[str, pages.Colour] = {
    "drafting": "blue",
    "frozen": "yellow",
    "approved": "blue",
    "issuing": "blue",
    "paused": "orange",
    "done": "green",
    "cancelled": "grey",
}
ITEM_TAGS: dict[str, pages.Tag] = {
    "waiting": pages.Tag("To be drafted", "white"),
    "drafted": pages.Tag("Drafted", "blue"),
    "refused": pages.Tag("Could not be drafted", "red"),
    "returned": pages.Tag("Taken out", "orange"),
    "issued": pages.Tag("Issued", "green"),
    "cancelled": pages.Tag("Cancelled", "grey"),
    "held": pages.Tag("Held for a person", "red"),
}
SENDING = {
    "ready": "Waiting to be sent",
    "claimed": "Being sent",
    "sent": "Sent",
    "uncertain": "Not known whether it was sent",
    "failed": "Not sent",
}


def tag(run: IssueRun) -> pages.Tag:
    """The run's state in a word and a colour."""
    return pages.Tag(issue_runs.STATES[run.state], COLOURS[run.state])


def runs_list(found: list[tuple[IssueRun, Mapping[str, int]]], next_url: str | None) -> Listing:
    """The runs, the newest first, each with the counts of its items by state."""
    return Listing(
        caption="Issue runs",
        columns=(
            Column("run", "Run"),
            Column("state", "State"),
            Column("cases", "Cases", numeric=True),
            Column("issued", "Issued", numeric=True),
            Column("send_on", "Planned day"),
            Column("made", "Made"),
            Column("approved", "Approved"),
        ),
        rows=[_run_row(run, counts) for run, counts in found],
        empty_title="No issue run yet",
        empty_text="A run drafts and issues many notices of intent under one approval.",
        next_url=next_url,
    )


def _run_row(run: IssueRun, counts: Mapping[str, int]) -> dict[str, object]:
    return {
        "run": Cell(
            run.reference,
            href=url_for("issue_runs.run", run_reference=run.reference),
            note=Method(run.method).by,
        ),
        "state": Cell(issue_runs.STATES[run.state], tag=COLOURS[run.state]),
        "cases": f"{sum(counts.values()):,}",
        "issued": f"{counts.get('issued', 0):,}",
        "send_on": day(run.send_on),
        "made": Cell(run.created_by_name, note=moment(run.created_at)),
        "approved": Cell(run.approved_by_name or "Not yet", note=moment(run.approved_at)),
    }


def facts(run: IssueRun, total: int) -> list[pages.Fact]:
    """What a person reads first: what is given, how, when, and who did what."""
    days = f"{run.period_days} days" if run.period_days else "the policy’s days"
    found = [
        pages.Fact("Notices", plural(total, "notice of intent", "notices of intent")),
        pages.Fact("Given", Method(run.method).by.capitalize(), f"{days} to reply"),
        pages.Fact("Planned day of sending", weekday(run.send_on)),
        pages.Fact("Made", run.created_by_name, moment(run.created_at)),
    ]
    if run.frozen_at:
        found.append(pages.Fact("Frozen", run.frozen_by_name or "", moment(run.frozen_at)))
    if run.approved_at:
        found.append(pages.Fact("Approved", run.approved_by_name or "", moment(run.approved_at)))
    if run.manifest_sha256:
        found.append(
            pages.Fact(
                "Manifest",
                f"SHA-256 {run.manifest_sha256}",
                "names every notice with the checksum of its PDF",
                action="Download",
                action_url=url_for("issue_runs.manifest", run_reference=run.reference),
            )
        )
    if run.ended_at:
        found.append(pages.Fact("Ended", moment(run.ended_at), run.ended_because or ""))
    return found


def next_line(work: Work, run: IssueRun, told: Progress) -> pages.NextLine:
    """What happens next, and who does it."""
    held = f" {plural(told.held, 'notice')} held for a person." if told.held else ""
    sentences: dict[str, Callable[[], str]] = {
        "drafting": lambda: _drafting(told),
        "frozen": lambda: (
            f"A senior officer other than {run.created_by_name} glances at every notice, checks "
            f"{run.sample_size or 0} of them in full, drawn by lot, and approves the run."
        ),
        "approved": lambda: "The service takes the run up within a minute.",
        "issuing": lambda: _issuing(run, told),
        "paused": lambda: f"Nothing until somebody resumes it. {run.paused_because or ''}",
        "done": lambda: _after(work, run),
        "cancelled": lambda: "Nothing more is issued. What was issued stays issued.",
    }
    return pages.NextLine(sentences[run.state]().strip(), held.strip())


def _drafting(told: Progress) -> str:
    if told.left:
        return f"The service drafts the notices: {plural(told.left, 'notice')} to go."
    return "Every notice is drafted. Freeze the run, so that a second person can approve it."


def _issuing(run: IssueRun, told: Progress) -> str:
    if not told.left and told.held:
        return "What could be issued is issued. Try the held ones again, or take them out."
    return f"The service issues the notices; they leave on {day(run.send_on)}, from 9am."


def _after(work: Work, run: IssueRun) -> str:
    if not issue_run_items.count(work, run, Filters(given="no")):
        return "Nothing more: every notice of the run that was issued is given."
    if run.method not in POST:
        return "The emails leave by themselves on the planned day, and are then given."
    if print_file.waiting(work.session, run):
        return "Make the print file for the post room."
    return "When the post room has posted the print files, record the day, file by file."


def progress_words(told: Progress) -> str:
    """The progress in one line: done, left, rate, time left."""
    words = f"{told.done:,} of {told.done + told.left:,} done"
    if told.seconds_left is not None:
        minutes = round(told.seconds_left / 60)
        left = "less than a minute" if minutes < 1 else f"about {plural(minutes, 'minute')}"
        words += f", {told.per_minute:,.0f} a minute, {left} left"
    elif told.left and told.state in RUNNING:
        words += ", waiting to be taken up"
    return words


def failures(run: IssueRun, told: Progress) -> Listing | None:
    """Why notices did not go through, by reason; None when none failed."""
    if not told.failures:
        return None
    return Listing(
        caption="What did not go through, by reason",
        columns=(Column("reason", "Reason"), Column("count", "Notices", numeric=True)),
        rows=[
            {
                "reason": Cell(one.sentence, note=issue_runs.ITEM_STATES[one.state]),
                "count": Cell(
                    f"{one.count:,}",
                    href=items_url(run, Filters(state=one.state)),
                ),
            }
            for one in told.failures
        ],
    )


def items_url(run: IssueRun, filters: Filters, **changes: object) -> str:
    """The address of the list of items that the filters name."""
    return address(
        url_for("issue_runs.items", run_reference=run.reference), given(filters), **changes
    )


def given(filters: Filters) -> dict[str, object]:
    """The filters as the query of an address."""
    return {
        "state": filters.state,
        "sending": filters.sending,
        "given": filters.given,
        "printed": filters.printed,
        "text": filters.text.strip(),
    }


# --- actions ----------------------------------------------------------------------------------
def actions(work: Work, run: IssueRun, told: Progress, seen: Looked) -> list[pages.Action]:
    """What may be done with the run now, and why the rest may not."""
    here: dict[str, Any] = {"run_reference": run.reference}
    may_steer = not_yours(work.actor, Permission.ISSUE_NOTICE)
    found = []
    if run.state == "drafting":
        found.append(_freeze(work, run, told))
    if run.state == "frozen" or (run.state == "paused" and run.approved_by is not None):
        found += _approving(work, run, seen)
    if run.state in RUNNING:
        url = url_for("issue_runs.steer", deed="pause", **here)
        found.append(pages.Action("Pause", href=url, reason=may_steer))
    if run.state == "paused":
        post = url_for("issue_runs.resume", **here)
        found.append(pages.Action("Resume", post_url=post, primary=True, reason=may_steer))
    if run.state not in issue_runs.ENDED:
        url = url_for("issue_runs.steer", deed="cancel", **here)
        found.append(pages.Action("Cancel the rest", href=url, warning=True, reason=may_steer))
    if run.approved_by is not None and run.method in POST:
        found.append(_print(work, run))
    return found


def _freeze(work: Work, run: IssueRun, told: Progress) -> pages.Action:
    label = "Freeze the run for approval"
    reason = not_yours(work.actor, Permission.DRAFT_NOTICE)
    if not reason and told.left:
        reason = f"{plural(told.left, 'notice is', 'notices are')} still to be drafted."
    if not reason and not told.by_state.get("drafted"):
        reason = "No notice of this run could be drafted."
    url = url_for("issue_runs.freeze", run_reference=run.reference)
    return pages.Action(label, post_url=url, primary=True, reason=reason)


def _approving(work: Work, run: IssueRun, seen: Looked) -> list[pages.Action]:
    """Looking comes first; the approval itself says what is still missing."""
    here: dict[str, Any] = {"run_reference": run.reference}
    if reason := not_yours(work.actor, Permission.APPROVE_NOTICE):
        return [pages.Action("Approve the run", reason=reason)]
    found = []
    try:
        approving.refuse_maker(run, work.actor)
    except Refusal as refusal:
        return [pages.Action.refused("Approve the run", refusal)]
    if seen.glanced < seen.items:
        left = plural(seen.items - seen.glanced, "notice")
        url = url_for("issue_run_approval.look", **here)
        found.append(pages.Action(f"Look at the notices ({left} to go)", href=url, primary=True))
    if seen.checked < seen.sampled:
        left = f"{seen.sampled - seen.checked:,} to go"
        url = url_for("issue_run_approval.next_check", **here)
        found.append(pages.Action(f"Check the sample in full ({left})", href=url, primary=True))
    label = f"Approve exactly this manifest of {plural(seen.items, 'notice')}"
    try:
        approving.refuse_approval(work, run)
    except Refusal as refusal:
        return [*found, pages.Action.refused(label, refusal)]
    post = url_for("issue_run_approval.approve", **here)
    sealed = (("seen", run.manifest_sha256 or ""),)
    return [*found, pages.Action(label, post_url=post, fields=sealed, primary=True)]


def _print(work: Work, run: IssueRun) -> pages.Action:
    url = url_for("issue_run_paper.files", run_reference=run.reference)
    made = len(print_file.files_of(work.session, run))
    label = f"Print files ({made})" if made else "Print file for the post room"
    return pages.Action(label, href=url, primary=run.state == "done" and not made)


# --- items ------------------------------------------------------------------------------------
ITEM_COLUMNS = (
    Column("item", "Item", numeric=True),
    Column("case", "Case"),
    Column("provider", "Provider"),
    Column("state", "State"),
    Column("sending", "Sending"),
    Column("given", "Given"),
)


def item_row(run: IssueRun, line: Line) -> dict[str, object]:
    """One item in the list, and as exported."""
    item, notice = line.item, line.item.notice
    here = url_for("issue_runs.item", run_reference=run.reference, position=item.position)
    sent = SENDING.get(line.sending or "", "")
    by_post = run.method in POST
    return {
        "item": Cell(str(item.position), href=here, value=item.position),
        "case": Cell(
            item.case.reference,
            href=place("cases.case", reference=item.case.reference),
            note=notice.reference if notice else "",
        ),
        "provider": Cell(item.case.provider.name, note=item.case.provider.cqc_id),
        "state": Cell(
            ITEM_TAGS[item.state].text, tag=ITEM_TAGS[item.state].colour, note=item.reason or ""
        ),
        "sending": "Placed for the post room" if by_post and line.sending == "sent" else sent,
        "given": day(notice.given_on) if notice and notice.given_on else "",
    }


def recipient(item: IssueItem) -> RecipientChoice | None:
    """To whom the item's notice is given."""
    return RecipientChoice.of(item.notice.recipient) if item.notice else None


def missed(item: IssueItem) -> tuple[str, str]:
    """The misses that the notice rests on: how many, and which windows at how many places."""
    listed = (item.notice.facts.get("misses") or []) if item.notice else []
    windows = list(dict.fromkeys(str(one["window"]) for one in listed))
    places = {(one["location_id"], one["service"]) for one in listed}
    where = plural(len(places), "service")
    return plural(len(listed), "miss", "misses"), f"{', '.join(windows)}; {where}"


def item_facts(item: IssueItem) -> list[pages.Fact]:
    """The facts that matter when one notice is looked at, from the notice as it was frozen."""
    notice, to = item.notice, recipient(item)
    provider = item.case.provider
    found = [
        pages.Fact(
            "Provider",
            provider.name,
            f"CQC {provider.cqc_id}, {provider.ownership_type or 'kind not known'}",
            href=place("providers.provider", cqc_id=provider.cqc_id),
        ),
        pages.Fact(
            "Case",
            item.case.reference,
            href=place("cases.case", reference=item.case.reference),
            action="Why it exists",
            action_url=place("why.case_why", reference=item.case.reference),
        ),
    ]
    if notice is None or to is None:
        return found
    where = to.email or ", ".join((*to.address, to.postcode))
    misses, which = missed(item)
    return [
        *found,
        pages.Fact("Given to", to.attention or to.name, Method(notice.method).by),
        pages.Fact("Address", where, f"{Capacity(to.capacity).words}; {to.source}"),
        pages.Fact("Amount", money(notice.amount_pence), _sure(item)),
        pages.Fact("Missed", misses, which),
        pages.Fact("Last day to reply", weekday(notice.period_ends_on)),
        pages.Fact(
            "Paper",
            plural(notice.pages or 0, "page"),
            notice.reference,
            href=place("notices.notice", reference=item.case.reference, notice_id=notice.id),
        ),
    ]


def _sure(item: IssueItem) -> str:
    return "confirmed by CQC" if item.case.amount_status == "confirmed" else "our estimate"


def looked_words(seen: Looked) -> str:
    """How far this person has come in looking."""
    return (
        f"You have glanced at {seen.glanced:,} of {plural(seen.items, 'notice')}, and checked "
        f"{seen.checked:,} of {seen.sampled:,} in full."
    )
