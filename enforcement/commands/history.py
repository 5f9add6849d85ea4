"""`enforcement history …`: verify and sign the history."""

from __future__ import annotations

import click

from enforcement.commands.opening import answer, as_json, open_work
from enforcement.services import history as histories


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
