"""`enforcement returns …`: bring Capacity Tracker files in."""

from __future__ import annotations

from pathlib import Path

import click

from enforcement.commands import loads
from enforcement.commands.opening import answer, as_json, as_user, open_work
from enforcement.domain.duties import Service
from enforcement.domain.windows import Month
from enforcement.services import returns as all_returns


@click.group()
def returns() -> None:
    """Capacity Tracker files: who returned what in which window."""


@returns.command()
@loads.file_argument
@click.option("--window", type=loads.MONTH, required=True, help="The month it is for.")
@click.option(
    "--service",
    type=click.Choice([service.value for service in Service]),
    help="What the monthly report was run for, where the file does not say it.",
)
@click.option("--shape", help="The shape of a file without a header: status, …")
@click.option(
    "--map",
    "mapping",
    multiple=True,
    metavar="FIELD=HEADING",
    help="A heading that differs, e.g. location_id=“Setting ref”; saved for the next file.",
)
@loads.dry_run
@as_user
@as_json
def load(
    file: Path,
    window: Month,
    service: str | None,
    shape: str | None,
    mapping: tuple[str, ...],
    dry_run: bool,
    as_user: str | None,
    as_json: bool,
) -> None:
    """Load a Capacity Tracker FILE: the monthly 0/1 report or a bulk extract."""
    bar = loads.Bar()
    with open_work(as_user) as work:
        try:
            loaded = all_returns.load(
                work,
                loads.incoming(file),
                window,
                service=Service(service) if service else None,
                shape=shape,
                mapping=headings(mapping),
                dry_run=dry_run,
                progress=bar.tell,
            )
        finally:
            bar.done()
    answer(loaded.as_json(), as_json=as_json, words=lambda _: loads.words(loaded))


def headings(pairs: tuple[str, ...]) -> dict[str, str]:
    """ "field=heading" pairs. Wrong usage where there is no equals sign."""
    found = {}
    for pair in pairs:
        key, mark, heading = pair.partition("=")
        if not mark or not heading.strip():
            raise click.BadParameter(f"“{pair}” is not FIELD=HEADING.", param_hint="--map")
        found[key.strip()] = heading.strip()
    return found
