"""`enforcement money …`: bank files brought in and posted, and what waits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from enforcement.commands import loads
from enforcement.commands.opening import answer, as_json, as_user, open_work
from enforcement.domain.refusals import BadInput
from enforcement.domain.words import pounds
from enforcement.services import finance_files


@click.group()
def money() -> None:
    """Money: bank files and finance exports."""


@money.command(name="import")
@click.option(
    "--file",
    "path",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The bank statement or finance export: CSV, Excel or ODS.",
)
@click.option("--map", "mapping", multiple=True, metavar="FIELD=HEADING", help="A heading.")
@click.option("--post", is_flag=True, help="Post the matched lines too, all or none.")
@as_user
@as_json
def bring_in(
    path: Path, mapping: Sequence[str], post: bool, as_user: str | None, as_json: bool
) -> None:
    """Bring a bank file in and judge its lines; with --post, post what matched exactly."""
    with open_work(as_user) as work:
        loaded = finance_files.load(work, loads.incoming(path), mapping=_headings(mapping))
        posted = finance_files.Posted(0, 0)
        if post and loaded.file_id is not None:
            posted = finance_files.post(work, loaded.file_id)
    told = loaded.as_json() | {"posted": {"lines": posted.lines, "pence": posted.pence}}

    def words(_: Any) -> str:
        if not post:
            return f"{loads.words(loaded)}\nNothing was posted."
        return f"{loads.words(loaded)}\nPosted: {posted.lines:,} lines, {pounds(posted.pence)}."

    answer(told, as_json=as_json, words=words)


def _headings(given: Sequence[str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in given]
    if any(not (mark and key.strip() and name.strip()) for key, mark, name in pairs):
        raise BadInput("A heading is given like --map on=Booked.")
    return {key.strip(): name.strip() for key, _, name in pairs}
