"""`enforcement bounces …` and `enforcement returned-post …`: what came back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click

from enforcement.commands.opening import answer, as_json, as_user, open_work
from enforcement.services import bounces as all_bounces
from enforcement.services import returned_post as all_returned
from enforcement.services.bounces import BouncesRead
from enforcement.services.returned_post import Line

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_folder = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.option("--file", "file", type=_file, help="One report, as the mail server sent it (.eml).")
@click.option("--folder", "folder", type=_folder, help="A folder of reports, one file each.")
@as_user
@as_json
def bounces(file: Path | None, folder: Path | None, as_user: str | None, as_json: bool) -> None:
    """Read what mail servers report about mail that was sent: delivered, late, failed."""
    if (file is None) == (folder is None):
        raise click.UsageError("Give either --file or --folder.")
    with open_work(as_user) as work:
        read = all_bounces.read_reports(work, _files(file, folder))
    answer(read.as_json(), as_json=as_json, words=lambda _: _bounce_words(read))


def _files(file: Path | None, folder: Path | None) -> Iterator[tuple[str, bytes]]:
    paths = [file] if file else sorted(one for one in (folder or Path()).iterdir() if one.is_file())
    return ((path.name, path.read_bytes()) for path in paths if path is not None)


def _bounce_words(read: BouncesRead) -> str:
    taken = ", ".join(f"{count} {stage}" for stage, count in sorted(read.taken.items()))
    lines = [f"Recorded: {taken or 'none'}. Known already: {read.known}."]
    lines.append(f"Refused: {len(read.refused)}.")
    lines += [f"  {name}: {reason}" for name, reason in read.refused]
    return "\n".join(lines)


@click.command("returned-post")
@click.option("--file", "file", type=_file, required=True, help="CSV, or one reference a line.")
@click.option(
    "--date",
    "on",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day it came back, for lines that do not say; today without it.",
)
@as_user
@as_json
def returned_post(file: Path, on: datetime | None, as_user: str | None, as_json: bool) -> None:
    """Record letters that came back: columns reference, date, reason, or a scan list."""
    with open_work(as_user) as work:
        lines = all_returned.read_list(work, file.read_bytes(), on.date() if on else None)
    found = [line.as_json() for line in lines]
    answer(found, as_json=as_json, words=lambda _: _post_words(lines))


def _post_words(lines: list[Line]) -> str:
    counts = Counter(line.result for line in lines)
    told = [
        f"  line {line.number}, {line.reference}: {line.result}. {line.why}"
        for line in lines
        if line.result != "matched"
    ]
    kinds = ("matched", "duplicate", "unmatched", "refused")
    return "\n".join([", ".join(f"{counts[kind]} {kind}" for kind in kinds) + ".", *told])
