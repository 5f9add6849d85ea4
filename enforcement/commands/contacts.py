"""`enforcement contacts …`: bring contacts of providers in."""

from __future__ import annotations

from pathlib import Path

import click

from enforcement.commands import loads
from enforcement.commands.opening import answer, as_json, as_user, open_work
from enforcement.services import contacts as all_contacts


@click.group()
def contacts() -> None:
    """Contacts: who may be written to for a provider."""


@contacts.command()
@loads.file_argument
@loads.dry_run
@as_user
@as_json
def load(file: Path, dry_run: bool, as_user: str | None, as_json: bool) -> None:
    """Load a contacts FILE: provider, name, capacity, email, address, source, date."""
    bar = loads.Bar()
    with open_work(as_user) as work:
        try:
            loaded = all_contacts.load(
                work, loads.incoming(file), dry_run=dry_run, progress=bar.tell
            )
        finally:
            bar.done()
    answer(loaded.as_json(), as_json=as_json, words=lambda _: loads.words(loaded))
