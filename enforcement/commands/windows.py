"""`enforcement windows` and `enforcement window close`: when returns are due, and what came."""

from __future__ import annotations

from typing import Any

import click

from enforcement.commands.loads import MONTH
from enforcement.commands.opening import answer, as_json, as_user, open_work
from enforcement.domain.windows import Month
from enforcement.services import windows as all_windows


@click.command()
@click.option("--from", "first", type=MONTH, required=True, help="The first month.")
@click.option("--months", default=12, show_default=True, help="How many months.")
@as_json
def windows(first: Month, months: int, as_json: bool) -> None:
    """List collection windows: the 8th to the 14th or the next working day."""
    with open_work() as work:
        found = [one.as_json() for one in all_windows.computed_from(work.session, first, months)]
    answer(found, as_json=as_json, words=lambda rows: "\n".join(map(_line, rows)))


def _line(row: dict[str, Any]) -> str:
    why = f"  ({row['override_reason']})" if row["override_reason"] else ""
    return f"{row['month']}  opens {row['opens_on']}  closes {row['closes_on']}{why}"


@click.group()
def window() -> None:
    """One collection window."""


@window.command()
@click.argument("month", type=MONTH)
@click.option("--complete", is_flag=True, help="Decide that the feed is complete, in your name.")
@click.option("--note", default="", help="Words to keep with the decision.")
@as_user
@as_json
def close(month: Month, complete: bool, note: str, as_user: str | None, as_json: bool) -> None:
    """Count the window of MONTH after it closed; with --complete, call its feed complete."""
    with open_work(as_user) as work:
        if complete:
            row, totals = all_windows.complete_feed(work, month, note=note)
        else:
            row, totals = all_windows.close(work, month)
        found = {
            **all_windows.window_of(row).as_json(),
            "totals": totals.as_json(),
            "feed_complete": row.feed_complete_at is not None,
            "feed_complete_by": row.feed_complete_by,
            "feed_complete_at": row.feed_complete_at.isoformat() if row.feed_complete_at else None,
        }
    answer(found, as_json=as_json, words=_closed)


def _closed(found: dict[str, Any]) -> str:
    totals = found["totals"]
    told = ", ".join(f"{totals[key]:,} {key}" for key in ("submitted", "nil", "missed", "unknown"))
    decided = (
        f"Feed complete, decided by {found['feed_complete_by']}."
        if found["feed_complete"]
        else "The feed has not been called complete: no case opens."
    )
    return (
        f"{found['month']}: {found['opens_on']} to {found['closes_on']}. "
        f"{totals['owed']:,} returns owed: {told}. {decided}"
    )
