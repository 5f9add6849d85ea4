"""`enforcement cases …`: preview a closed window, approve the run and open its cases."""

from __future__ import annotations

from typing import Any

import click

from enforcement.commands.loads import MONTH
from enforcement.commands.opening import answer, as_json, as_user, open_work
from enforcement.data.runs import Run
from enforcement.domain.windows import Month
from enforcement.domain.words import pounds
from enforcement.services import runs
from enforcement.services.evaluation import exclusion_title


@click.group()
def cases() -> None:
    """Cases: what a closed window would open, and opening it."""


@cases.command()
@click.option("--window", type=MONTH, required=True, help="The closed window, as 2026-05.")
@click.option("--cap", type=click.IntRange(min=1), help="The most cases to open.")
@click.option("--area", default="", help="Only this local authority (a pilot).")
@as_user
@as_json
def preview(window: Month, cap: int | None, area: str, as_user: str | None, as_json: bool) -> None:
    """Evaluate a closed window by both methods; opens nothing. Exit 1 when they differ."""
    with open_work(as_user) as work:
        run = runs.preview(work, window, cap, area)
        found = _as_json(run)
    answer(found, as_json=as_json, words=_words)
    if found["state"] == "refused":
        click.echo("The two methods differ: nothing can be opened from this run.", err=True)
        raise SystemExit(1)


@cases.command(name="open")
@click.option("--window", type=MONTH, required=True, help="The window that was previewed.")
@as_user
@as_json
def open_cases(window: Month, as_user: str | None, as_json: bool) -> None:
    """Approve the newest preview, made by somebody else, and open its cases. Safe to repeat."""
    with open_work(as_user) as work:
        run = runs.latest_preview(work, window)
        opened = [case.reference for case in runs.approve(work, run.id)]
        found = {**_as_json(run), "opened": opened}
    answer(found, as_json=as_json, words=_opened)


def _as_json(run: Run) -> dict[str, Any]:
    return {
        "run": run.id,
        "window": str(Month(run.window_no)),
        "state": run.state,
        "counts": {name: value for name, value in run.counts.items() if name != "tested"},
        "differences": list(run.differences),
        "previewed_by": run.previewed_by,
        "approved_by": run.approved_by,
    }


def _words(found: dict[str, Any]) -> str:
    counts = found["counts"]
    if found["state"] == "refused":
        return "\n".join([f"Run {found['run']} is refused.", *found["differences"]])
    lines = [
        f"Run {found['run']}, {found['window']}: {counts['duties']:,} services judged, both "
        "methods agree.",
        f"  {counts['open']:>7,} would open: {counts['cases']:,} cases, estimated "
        f"{pounds(counts['pence'])}",
    ]
    for outcome, words in (("excluded", "left out"), ("held", "waiting")):
        lines += [
            f"  {n:>7,} {words}: {exclusion_title(reason).lower()}"
            for reason, n in counts[outcome].items()
        ]
    lines.append(f"  {counts['at_risk']:>7,} at risk")
    lines.append(f"  {counts['below']:>7,} below the threshold")
    return "\n".join([*lines, "A second person approves: enforcement cases open"])


def _opened(found: dict[str, Any]) -> str:
    opened = found["opened"]
    if not opened:
        return f"Run {found['run']} is approved: no case opens."
    return f"Run {found['run']} is approved: {len(opened):,} cases, {opened[0]} to {opened[-1]}."
