"""What the pages of a run show: its facts and checks, the reasons, and the services by outcome."""

from __future__ import annotations

from typing import Any

from flask import url_for
from sqlalchemy import select

from enforcement.data.register import Duty, Location, Provider
from enforcement.data.runs import Run, RunRow
from enforcement.data.windows import WindowRow
from enforcement.domain.duties import Service
from enforcement.domain.windows import Month
from enforcement.services import accounts
from enforcement.services import runs as all_runs
from enforcement.services.evaluation import exclusion_title
from enforcement.services.work import Work
from enforcement.web import pages
from enforcement.web.filters import day, moment, money, plural
from enforcement.web.listing import Cell, Column, Listing, address
from enforcement.web.staff.case_frame import place

SIZE = 50
SAMPLE = 5
COLOURS: dict[str, pages.Colour] = {
    "previewed": "blue",
    "approved": "green",
    "opened": "green",
    "refused": "red",
}
OUTCOMES = {
    "open": "Opens a case",
    "held": "Waits",
    "excluded": "Left out",
    "at_risk": "At risk",
    "below": "Below the threshold",
}


def line(run: Run, names: dict[str, str]) -> dict[str, object]:
    """One run in the list of runs. `names`: of its people, by identity."""
    return {
        "run": Cell(
            f"{Month(run.window_no).title}", href=url_for("runs.run", run_id=run.id),
            note=f"run {run.id}",
        ),
        "state": Cell(all_runs.STATES[run.state], tag=COLOURS[run.state]),
        "cases": f"{run.counts.get('cases', 0):,}",
        "money": money(run.counts.get("pence")),
        "who": Cell(names[run.previewed_by], note=moment(run.previewed_at)),
        "approved": Cell(names.get(run.approved_by or "", "Not yet"), note=moment(run.approved_at)),
    }  # fmt: skip


def facts(work: Work, run: Run) -> list[pages.Fact]:
    """What a person reads first: window, filters, who, how many cases and how much money."""
    counts = run.counts
    month = Month(run.window_no)
    window = work.session.get_one(WindowRow, run.window_no)
    names = accounts.names(work.session, [run.previewed_by, run.approved_by])
    filters = [f"At most {plural(run.cap, 'case')}"] if run.cap else []
    filters += [f"Only {counts['area']}"] if counts.get("area") else []
    unknown = counts.get("pence_unknown", 0)
    found = [
        pages.Fact("Window", month.title, f"closed {day(window.closes_on)}"),
        pages.Fact("Filter", " · ".join(filters) or "None: every duty"),
        pages.Fact("Previewed", names[run.previewed_by], moment(run.previewed_at)),
    ]
    if run.approved_by:
        found.append(pages.Fact("Approved", names[run.approved_by], moment(run.approved_at)))
    if "cases" in counts:
        found += [
            pages.Fact("Cases to open", f"{counts['cases']:,}", "one for each provider"),
            pages.Fact("Letters", f"{counts['letters']:,}", "a notice of intent for each case"),
            pages.Fact(
                "Estimated penalties",
                money(counts["pence"]),
                f"without {plural(unknown, 'provider')} whose figures are not complete"
                if unknown
                else "our own working of the fees in force today",
            ),
            pages.Fact("Difference from the last run", *_since(counts["since_last"])),
        ]
    return found


def _since(since: dict[str, Any] | None) -> tuple[str, str]:
    if since is None:
        return "This is the first run", ""
    words = (
        f"{since['new']:,} newly in, {since['gone']:,} no longer in, {since['same']:,} as before"
    )
    return words, f"run {since['run']}, {Month.parse(since['window']).title}"


def checks(work: Work, run: Run) -> list[pages.Check]:
    """What must hold before a run opens cases, with ticks and crosses."""
    window = work.session.get_one(WindowRow, run.window_no)
    names = accounts.names(work.session, [run.approved_by, window.feed_complete_by])
    declared = names.get(window.feed_complete_by or "")
    windows_url = place("windows.windows")
    agree = run.state != "refused"
    return [
        pages.Check(
            "Both methods agree",
            agree,
            f"{run.counts.get('duties', 0):,} duties judged by a list of misses and by one "
            "statement, and every duty that qualifies window by window."
            if agree
            else f"{plural(len(run.differences), 'difference')}: nothing opens.",
        ),
        pages.Check("The window has closed", window.closes_at < work.now, evidence_url=windows_url),
        pages.Check(
            "The feed is complete",
            window.feed_complete_at is not None,
            f"Declared by {declared}, {moment(window.feed_complete_at)}."
            if window.feed_complete_at
            else "Nobody has declared it complete.",
            evidence_url=windows_url,
        ),
        pages.Check(
            "A second person approves",
            run.approved_by is not None,
            f"Approved by {names[run.approved_by]}." if run.approved_by else "Not approved yet.",
        ),
    ]


def reasons(run: Run) -> Listing:
    """How many services have each outcome, by reason."""
    counts = run.counts
    rows = [("open", "", counts.get("open", 0))]
    rows += [("excluded", reason, n) for reason, n in counts.get("excluded", {}).items()]
    rows += [("held", reason, n) for reason, n in counts.get("held", {}).items()]
    rows += [(name, "", counts.get(name, 0)) for name in ("at_risk", "below")]
    return Listing(
        caption="What would happen to each service, by reason",
        columns=(
            Column("outcome", "Outcome"),
            Column("reason", "Reason"),
            Column("count", "Services", numeric=True),
        ),
        rows=[
            {
                "outcome": Cell(OUTCOMES[outcome], href=_rows_url(run, outcome, reason)),
                "reason": exclusion_title(reason) if reason else "",
                "count": f"{count:,}",
            }
            for outcome, reason, count in rows
        ],
    )


def _rows_url(run: Run, outcome: str, reason: str) -> str:
    return address(url_for("runs.rows", run_id=run.id), {"outcome": outcome, "reason": reason})


def samples(work: Work, run: Run) -> list[Listing]:
    """The first few of each outcome and reason, so that a person can look before approving."""
    wanted = [("open", "")]
    wanted += [("excluded", reason) for reason in run.counts.get("excluded", {})]
    wanted += [("held", reason) for reason in run.counts.get("held", {})]
    return [
        some
        for outcome, reason in wanted
        if (some := listing(work, run, outcome, reason, size=SAMPLE)).rows
    ]


def listing(
    work: Work, run: Run, outcome: str, reason: str, after: int = 0, size: int = SIZE
) -> Listing:
    """The services with one outcome (and reason), a page from the duty `after` on."""
    query = (
        select(RunRow, Duty, Location, Provider)
        .join(Duty, Duty.id == RunRow.duty_id)
        .join(Location, Location.id == Duty.location_id)
        .join(Provider, Provider.id == Duty.provider_id)
        .where(RunRow.run_id == run.id, RunRow.outcome == outcome, RunRow.duty_id > after)
        .order_by(RunRow.duty_id)
    )
    if reason:
        query = query.where(RunRow.reason == reason)
    found = work.session.execute(query.limit(size + 1)).all()
    shown = found[:size]
    paged = size == SIZE and len(found) > size
    here = {"outcome": outcome, "reason": reason}
    return Listing(
        caption=OUTCOMES[outcome] + (f": {exclusion_title(reason).lower()}" if reason else ""),
        columns=(
            Column("provider", "Provider"),
            Column("place", "Location and service"),
            Column("missed", "Missed", numeric=True),
            Column("why", "Why"),
        ),
        rows=[_row(run, *row) for row in shown],
        empty_text="No service has this outcome in this run.",
        next_url=address(url_for("runs.rows", run_id=run.id), here, after=shown[-1].Duty.id)
        if paged
        else None,
    )


def _row(run: Run, row: RunRow, duty: Duty, where: Location, provider: Provider) -> dict[str, Any]:
    return {
        "provider": Cell(
            provider.name,
            href=place("providers.provider", cqc_id=provider.cqc_id),
            note=provider.cqc_id,
        ),
        "place": Cell(where.name, note=f"{Service(duty.service).title}, {where.cqc_id}"),
        "missed": f"{row.mask.bit_count()} of 12",
        "why": Cell(
            "Look at the verdict",
            href=url_for("runs.candidate", run_id=run.id, duty_id=duty.id),
        ),
    }
