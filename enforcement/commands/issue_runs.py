"""`enforcement issue-runs …`: many notices under one approval: list, show, make, freeze, steer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import click

from enforcement.commands.opening import answer, as_json, as_user, open_work
from enforcement.data.issue_runs import IssueRun
from enforcement.domain.giving import Method
from enforcement.domain.refusals import BadInput
from enforcement.domain.words import day, moment
from enforcement.services import issue_run_manifest, issue_run_steering
from enforcement.services import issue_runs as runs
from enforcement.services.case_facts import INTENT
from enforcement.services.issue_run_progress import progress
from enforcement.services.work import Work

reference = click.argument("reference", metavar="IR-2026-0001")
because = click.option("--reason", required=True, help="Why, in words for the history.")
METHODS = [method.value for method in Method if method is not Method.HAND]


@click.group(name="issue-runs")
def issue_runs() -> None:
    """Issue runs: thousands of notices drafted, frozen, approved and issued together."""


@issue_runs.command(name="list")
@as_json
def list_runs(as_json: bool) -> None:
    """The newest runs and where each stands."""
    with open_work() as work:
        found = [_shown(work, run) for run in runs.latest(work.session)]
    answer(found, as_json=as_json, words=_lines)


@issue_runs.command()
@reference
@as_json
def show(reference: str, as_json: bool) -> None:
    """Where one run stands: done, left, rate, time left, failures by reason, sending."""
    with open_work() as work:
        found = _shown(work, runs.find(work, reference))
    answer(found, as_json=as_json, words=_words)


@issue_runs.command()
@click.argument("cases", nargs=-1, metavar="[ASC-2026-000001 …]")
@click.option("--all", "everything", is_flag=True, help="Every case at triage that is in no run.")
@click.option("--method", type=click.Choice(METHODS), required=True, help="How they are given.")
@click.option(
    "--send-on", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The planned day."
)
@click.option("--period-days", type=int, help="Days for representations; else the policy's.")
@as_user
@as_json
def make(
    cases: tuple[str, ...],
    everything: bool,
    method: str,
    send_on: datetime,
    period_days: int | None,
    as_user: str | None,
    as_json: bool,
) -> None:
    """Make a run of notices of intent; the worker drafts them in the name of this account."""
    if bool(cases) == everything:
        raise BadInput("Name the cases, or say --all.")
    with open_work(as_user) as work:
        chosen = runs.cases_waiting(work.session) if everything else runs.chosen(work, cases)
        planned: date = send_on.date()
        run = runs.create(work, INTENT, chosen, Method(method), planned, period_days)
        found = _shown(work, run)
    answer(found, as_json=as_json, words=_words)


@issue_runs.command()
@reference
@as_user
@as_json
def freeze(reference: str, as_user: str | None, as_json: bool) -> None:
    """Freeze a drafted run; prints the manifest's SHA-256. A second person approves on the site."""
    _change(reference, issue_run_manifest.freeze, as_user, as_json=as_json)


@issue_runs.command()
@reference
@because
@as_user
@as_json
def pause(reference: str, reason: str, as_user: str | None, as_json: bool) -> None:
    """Pause after the notice in hand."""
    _change(
        reference,
        lambda work, run: issue_run_steering.pause(work, run, reason),
        as_user,
        as_json=as_json,
    )


@issue_runs.command()
@reference
@as_user
@as_json
def resume(reference: str, as_user: str | None, as_json: bool) -> None:
    """Go on where the run stopped."""
    _change(reference, issue_run_steering.resume, as_user, as_json=as_json)


@issue_runs.command()
@reference
@because
@as_user
@as_json
def cancel(reference: str, reason: str, as_user: str | None, as_json: bool) -> None:
    """Cancel what is left; what was issued stays issued."""
    _change(
        reference,
        lambda work, run: issue_run_steering.cancel_rest(work, run, reason),
        as_user,
        as_json=as_json,
    )


def _change(
    reference: str,
    step: Callable[[Work, IssueRun], object],
    as_user: str | None,
    *,
    as_json: bool,
) -> None:
    """Take one step with a run in the name of this account, and tell where the run stands now."""
    with open_work(as_user) as work:
        run = runs.find(work, reference)
        step(work, run)
        found = _shown(work, run)
    answer(found, as_json=as_json, words=_words)


def _shown(work: Work, run: IssueRun) -> dict[str, Any]:
    return {
        "run": run.reference,
        "kind": run.kind,
        "method": run.method,
        "send_on": run.send_on.isoformat(),
        "made_by": run.created_by_name,
        "made_at": run.created_at.isoformat(),
        "manifest_sha256": run.manifest_sha256,
        "sample": run.sample_size,
        "approved_by": run.approved_by_name,
        "approved_at": run.approved_at.isoformat() if run.approved_at else None,
        "paused_because": run.paused_because,
        "ended_because": run.ended_because,
        **progress(work.session, run, work.now).as_json(),
    }


def _lines(found: list[dict[str, Any]]) -> str:
    if not found:
        return "There is no issue run yet."
    return "\n".join(
        f"{run['run']}  {runs.STATES[run['state']]:<40}  {run['done']:>6,} of {run['total']:>6,}"
        f"  made {moment(datetime.fromisoformat(run['made_at']))} by {run['made_by']}"
        for run in found
    )


def _words(found: dict[str, Any]) -> str:
    planned = day(date.fromisoformat(found["send_on"]))
    lines = [
        f"{found['run']}: {runs.STATES[found['state']].lower()}. {found['total']:,} notices, to be "
        f"sent on {planned}.",
        *(
            f"  {found['by_state'][state]:>7,} {title.lower()}"
            for state, title in runs.ITEM_STATES.items()
            if found["by_state"].get(state)
        ),
    ]
    if found["seconds_left"] is not None:
        minutes = max(1, round(found["seconds_left"] / 60))
        lines.append(
            f"  {found['per_minute']:.0f} a minute, about "
            f"{minutes} minute{'' if minutes == 1 else 's'} left."
        )
    lines += [f"  {one['count']:>7,} × {one['sentence']}" for one in found["failures"]]
    lines += [found[name] for name in ("paused_because", "ended_because") if found[name]]
    if found["manifest_sha256"]:
        lines.append(f"Manifest SHA-256 {found['manifest_sha256']}")
    return "\n".join(lines)
