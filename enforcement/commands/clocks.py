"""`enforcement clocks …`: show how a deadline was counted, and count them all again."""

from __future__ import annotations

from datetime import date, datetime

import click

from enforcement.commands.opening import answer, as_json, open_work
from enforcement.domain.words import day as in_words
from enforcement.services import clocks as all_clocks


@click.group()
def clocks() -> None:
    """Deadlines and their receipts."""


@clocks.command()
@click.argument("reference")
@as_json
def show(reference: str, as_json: bool) -> None:
    """Every deadline of the case REFERENCE, counted day by day."""
    with open_work() as work:
        found = all_clocks.show(work, reference)
    answer(
        [clock.as_json() for clock in found],
        as_json=as_json,
        words=lambda _: "\n\n".join(map(_receipt, found)) or "No deadline yet.",
    )


def _receipt(clock: all_clocks.Shown) -> str:
    head = f"{clock.kind.replace('_', ' ')}: {in_words(clock.due_on)} ({clock.left})"
    lines = [
        f"  {'' if line.number is None else line.number:>3}  {in_words(line.day)}  {line.note}"
        for line in clock.receipt
    ]
    return "\n".join([head, f"  {clock.citation}", *lines])


@clocks.command()
@as_json
def replay(as_json: bool) -> None:
    """Count every deadline of every case again from its inputs. Exit 1 when any differs."""
    with open_work() as work:
        found = all_clocks.replay(work.session)
    answer(
        [vars(difference) for difference in found],
        as_json=as_json,
        words=lambda _: (
            "\n".join(difference.sentence for difference in found)
            or "Every deadline comes out as it is stored."
        ),
    )
    if found:
        raise SystemExit(1)


@clocks.command("what-if")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--working", is_flag=True, help="The day becomes a working day, not a holiday.")
@as_json
def what_if(day: datetime, working: bool, as_json: bool) -> None:
    """Which running deadlines would move if DAY became a bank holiday. Moves nothing."""
    changed: date = day.date()
    with open_work() as work:
        found = all_clocks.affected_by(work.session, changed, working=working)
    answer(
        [
            {
                "case": moved.case,
                "clock": moved.kind,
                "due_on": moved.due_on.isoformat(),
                "would_be": moved.would_be.isoformat(),
            }
            for moved in found
        ],
        as_json=as_json,
        words=lambda _: (
            "\n".join(
                f"{moved.case}  {moved.kind}: {in_words(moved.due_on)} would be "
                f"{in_words(moved.would_be)}"
                for moved in found
            )
            or "No running deadline would move."
        ),
    )
