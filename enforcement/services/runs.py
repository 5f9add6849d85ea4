"""The monthly run: evaluate a closed window, preview, approve as a second person, open cases.

Nothing opens unless both methods agree, the window has closed, a named person has said that its
feed is complete, and what was previewed is still what the rows say.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from enforcement.data.bulk import insert_rows
from enforcement.data.cases import Case, ReferenceCounter
from enforcement.data.runs import Run, RunRow
from enforcement.domain.events import Fact
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import (
    BadInput,
    FeedNotComplete,
    MethodsDiffer,
    NotFound,
    SamePerson,
    StaleVersion,
    WrongState,
)
from enforcement.domain.windows import Month
from enforcement.services.evaluation import (
    Candidate,
    basis,
)
from enforcement.services.opening import open_case
from enforcement.services.run_preview import Judged, counts, judge
from enforcement.services.work import Work, changed_meanwhile

STREAM = "runs"
STATES = {
    "previewed": "Previewed",
    "approved": "Approved: part of the cases opened",
    "opened": "Approved: cases opened",
    "refused": "Refused: the methods differ",
}


def preview(work: Work, month: Month, cap: int | None = None, area: str = "") -> Run:
    """Evaluate a closed window by both methods and store what would open. Opens nothing.

    `cap` is the most cases to open, those with the most misses first; `area` limits the run to
    one local authority (a pilot). A run whose methods differ is stored as refused, with the
    differences. Refuses NotAllowed, NotFound, WindowStillOpen, BadInput.
    """
    work.require(Permission.PREVIEW_RUN)
    if cap is not None and cap < 1:
        raise BadInput("A cap is at least one case.")
    area = area.strip()
    given = basis(work.session, month, work.now)
    found = judge(work.session, given, cap, area)
    run = Run(
        window_no=month.number,
        policy_id=given.policy_row.id,
        calendar_version=given.window.calendar_version,
        state="refused" if found.differences else "previewed",
        counts={},
        differences=found.differences,
        cap=cap,
        previewed_by=work.actor.identity,
        previewed_at=work.now,
    )
    if found.differences:
        return _refuse(work, run, month)
    run.counts = counts(work, found, area)
    work.session.add(run)
    work.session.flush()
    insert_rows(work.session, RunRow, [{"run_id": run.id, **row} for row in found.rows])
    work.record(
        STREAM,
        "run_previewed",
        {
            "run": run.id,
            "window": str(month),
            "policy": given.policy.version,
            "counts": _facts(run),
        },
        permission=Permission.PREVIEW_RUN,
    )
    return run


def _refuse(work: Work, run: Run, month: Month) -> Run:
    run.counts = {"differences": len(run.differences)}
    work.session.add(run)
    work.session.flush()
    work.record(
        STREAM,
        "run_refused",
        {"run": run.id, "window": str(month), "differences": list(run.differences)},
        permission=Permission.PREVIEW_RUN,
    )
    return run


def _facts(run: Run) -> dict[str, Fact]:
    """The counts as the history keeps them: without the row of each duty."""
    return {name: value for name, value in run.counts.items() if name != "tested"}


def find(work: Work, run_id: int) -> Run:
    """The run, or NotFound."""
    run = work.session.get(Run, run_id)
    if run is None:
        raise NotFound(f"There is no run {run_id}.")
    return run


def refuse_approval(work: Work, run: Run) -> None:
    """Why this person may not approve this run now: raises the refusal, or nothing.

    NotAllowed, MethodsDiffer, SamePerson, WindowStillOpen, FeedNotComplete.
    """
    work.require(Permission.APPROVE_RUN)
    if run.state == "refused":
        raise MethodsDiffer(
            "The two evaluations differ, so no case is opened.",
            fix="Report it: the differences are listed on the run.",
        )
    if run.state != "previewed":
        raise WrongState("This run has already been approved.")
    if run.previewed_by == work.actor.identity:
        raise SamePerson(
            "Whoever made the preview may not approve the run.",
            rule="Separation of duties: two people open cases",
            fix="Ask a colleague who may approve runs.",
        )
    given = basis(work.session, Month(run.window_no), work.now)
    if given.feed_complete_at is None:
        raise FeedNotComplete(
            f"Nobody has yet said that the {given.latest.title} feed is complete.",
            fix="Have the feed declared complete on the window's page, then preview again.",
        )


def approve(work: Work, run_id: int, version: int | None = None) -> list[Case]:
    """Approve a previewed run as a second person and open its cases: one for each provider.

    Idempotent: a run that was approved before gives its cases again and opens none. Refuses what
    `refuse_approval` refuses; MethodsDiffer, and StaleVersion when the rows no longer say what
    was previewed.
    """
    work.require(Permission.APPROVE_RUN)
    _one_opening_at_a_time(work)
    run = find(work, run_id)
    work.session.refresh(run)
    if run.state in ("approved", "opened"):
        return cases_of(work.session, run)
    if version is not None and run.version != version:
        raise changed_meanwhile()
    refuse_approval(work, run)
    given = basis(work.session, Month(run.window_no), work.now)
    found = judge(work.session, given, run.cap, run.counts.get("area", ""))
    if found.differences:
        raise MethodsDiffer(
            f"The two evaluations differ: {found.differences[0]}. No case was opened.",
            fix="Preview the window again to list every difference, and report it.",
        )
    _refuse_changed(work.session, run, found)
    run.state = "approved" if _part(work.session, run) else "opened"
    run.approved_by, run.approved_at = work.actor.identity, work.now
    work.session.flush()
    cases = [open_case(work, run, given, some) for some in _by_provider(found)]
    work.record(
        STREAM,
        "run_approved",
        {
            "run": run.id,
            "window": str(given.latest),
            "counts": _facts(run),
            "cases": [case.reference for case in cases],
        },
        permission=Permission.APPROVE_RUN,
    )
    return cases


def _refuse_changed(session: Session, run: Run, found: Judged) -> None:
    """A preview is approved as it was seen: any row that changed since asks for a new one."""
    seen = {
        (row.duty_id, row.mask, row.outcome, row.reason)
        for row in session.execute(
            select(RunRow.duty_id, RunRow.mask, RunRow.outcome, RunRow.reason).where(
                RunRow.run_id == run.id
            )
        )
    }
    now = {(r["duty_id"], r["mask"], r["outcome"], r["reason"]) for r in found.rows}
    changed = len({row[0] for row in seen ^ now})
    if changed or run.policy_id != found.given.policy_row.id:
        raise StaleVersion(
            f"What is held has changed since the preview ({changed:,} duties). Nothing was opened.",
            fix="Preview the window again and have that approved.",
        )


def _part(session: Session, run: Run) -> bool:
    """Whether this run leaves some for another: a cap or pilot, or the window was opened before."""
    held = run.counts.get("held", {})
    if "over_cap" in held or "outside_pilot" in held:
        return True
    opened = select(Run.id).where(Run.window_no == run.window_no, Run.state == "opened")
    return session.scalar(opened.limit(1)) is not None


def _by_provider(found: Judged) -> list[list[Candidate]]:
    """The duties that open, in order, grouped by provider."""
    groups: dict[str, list[Candidate]] = defaultdict(list)
    for row in found.rows:
        if row["outcome"] == "open":
            candidate = found.candidates[row["duty_id"]]
            groups[candidate.standing.provider_id].append(candidate)
    return [
        sorted(groups[one], key=lambda c: (c.standing.location_id, c.standing.service))
        for one in sorted(groups)
    ]


def _one_opening_at_a_time(work: Work) -> None:
    """Take the year's counter first: two openings, of whatever windows, follow one another."""
    year = work.today.year
    locked = select(ReferenceCounter).where(ReferenceCounter.year == year).with_for_update()
    if work.session.scalar(locked) is None:
        work.session.execute(_first_counter(work.session, year))
        work.session.scalar(locked)


def _first_counter(session: Session, year: int) -> Any:
    made = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    return made(ReferenceCounter).values(year=year, last=0).on_conflict_do_nothing()


def cases_of(session: Session, run: Run) -> list[Case]:
    """The cases a run opened, by reference."""
    return list(session.scalars(select(Case).where(Case.run_id == run.id).order_by(Case.reference)))


def latest_preview(work: Work, month: Month) -> Run:
    """The newest run of a window that waits for approval, or was approved. Refuses NotFound."""
    run = work.session.scalar(
        select(Run).where(Run.window_no == month.number).order_by(Run.id.desc()).limit(1)
    )
    if run is None:
        raise NotFound(f"The {month.title} window has not been previewed.", fix="Preview it first.")
    return run


def latest_run(session: Session, before: datetime | None = None) -> Run | None:
    """The newest run that was not refused: what the at-risk list is read from."""
    query = select(Run).where(Run.state != "refused")
    if before is not None:
        query = query.where(Run.previewed_at <= before)
    return session.scalar(query.order_by(Run.window_no.desc(), Run.id.desc()).limit(1))
