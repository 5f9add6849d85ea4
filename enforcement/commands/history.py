"""`enforcement history …`: verify, sign and export the history."""

from __future__ import annotations

import os
from pathlib import Path

import click

from enforcement.commands.opening import answer, as_json, open_work
from enforcement.domain.refusals import BadInput
from enforcement.services import history as histories
from enforcement.services.history_export import lines
from enforcement.settings import Settings


@click.group()
def history() -> None:
    """The history that nobody can trim."""


@history.command()
@as_json
def verify(as_json: bool) -> None:
    """Recompute every hash, link and signed head. Exit 1 when something is wrong."""
    with open_work() as work:
        found = histories.verify(
            work.session,
            work.settings.secrets().checkpoint.public_key(),
            work.settings.checkpoint_folder,
        )
    answer(found.as_json(), as_json=as_json, words=lambda _: words(found))
    if found.broken is not None:
        click.echo(f"The history does not verify: {found.broken}.", err=True)
        raise SystemExit(1)


def words(found: histories.Verification) -> str:
    erased = f", {found.erased} texts erased lawfully" if found.erased else ""
    return (
        f"{found.events} events, {found.logged} in the log, {found.checkpoints} signed "
        f"checkpoints outside{erased}. Head {found.root[:16]}…"
    )


@history.command()
@as_json
def sign(as_json: bool) -> None:
    """Number new events and write a signed checkpoint outside the database."""
    with open_work() as work:
        row = histories.sign(
            work, work.settings.secrets().checkpoint, work.settings.checkpoint_folder
        )
        found = {"signed": row is not None, "size": row.size if row else None}
    answer(
        found,
        as_json=as_json,
        words=lambda f: f"Signed {f['size']} events." if f["signed"] else "Nothing new to sign.",
    )


@history.command()
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@as_json
def export(file: Path, as_json: bool) -> None:
    """Write the whole history to FILE, for docs/auditors/verify.py. Never overwrites."""
    if file.exists():
        raise BadInput(f"{file} is there already.", fix="Name a new file.")
    with open_work() as work:
        histories.sequence(work)
        part = file.with_name(f".{file.name}.part")
        with part.open("w", encoding="utf-8") as out:
            count = sum(1 for line in lines(work) if out.write(line + "\n"))
        part.replace(file)
    found = {"events": count, "file": str(file)}
    answer(found, as_json=as_json, words=lambda f: f"{f['events']} events written to {f['file']}.")


@history.command()
@as_json
def key(as_json: bool) -> None:
    """Print the public key that checkpoints are signed with."""
    public = Settings.read(os.environ).secrets().checkpoint.public_key().public_bytes_raw().hex()
    answer({"key": public}, as_json=as_json, words=lambda f: str(f["key"]))
