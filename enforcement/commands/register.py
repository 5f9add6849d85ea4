"""`enforcement register …`: bring the CQC register in."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from enforcement.commands import loads
from enforcement.commands.opening import answer, as_json, as_user, open_work
from enforcement.services import register as registers


@click.group()
def register() -> None:
    """The CQC register: providers, locations and what they owe."""


@register.command()
@loads.file_argument
@click.option("--shape", help="The shape of a file without a header: hsca, directory, asc, …")
@click.option(
    "--as-at",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="The day the file describes, where it does not say it itself.",
)
@loads.dry_run
@as_user
@as_json
def load(
    file: Path,
    shape: str | None,
    as_at: date | None,
    dry_run: bool,
    as_user: str | None,
    as_json: bool,
) -> None:
    """Load a register FILE of any published shape: all of it or nothing."""
    day = date(as_at.year, as_at.month, as_at.day) if as_at else None
    bar = loads.Bar()
    with open_work(as_user) as work:
        try:
            loaded = registers.load(
                work,
                loads.incoming(file),
                shape=shape,
                as_at=day,
                dry_run=dry_run,
                progress=bar.tell,
            )
        finally:
            bar.done()
    answer(loaded.as_json(), as_json=as_json, words=lambda _: loads.words(loaded))
