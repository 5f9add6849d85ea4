"""`enforcement database …`: migrate, and what each PostgreSQL role may do."""

from __future__ import annotations

import re

import click

from enforcement.commands.opening import answer, as_json, open_work
from enforcement.data.roles import statements
from enforcement.data.schema import head
from enforcement.domain.refusals import BadInput

PLAIN = re.compile(r"[a-z_][a-z0-9_]{0,62}")


@click.group()
def database() -> None:
    """The database: its schema and its roles."""


@database.command()
@as_json
def migrate(as_json: bool) -> None:
    """Bring the database to the newest schema; harmless when it is there."""
    with open_work():
        found = {"revision": head()}
    answer(found, as_json=as_json, words=lambda f: f"The database is at revision {f['revision']}.")


@database.command()
@click.option("--app", default="enforcement_app", show_default=True)
@click.option("--reply", default="enforcement_reply", show_default=True)
@click.option("--auditor", default="enforcement_auditor", show_default=True)
@as_json
def roles(app: str, reply: str, auditor: str, as_json: bool) -> None:
    """Print the SQL that gives three PostgreSQL roles the least each needs."""
    for name in (app, reply, auditor):
        if PLAIN.fullmatch(name) is None:
            raise BadInput(f"“{name}” is not a plain role name: small letters, digits, _.")
    found = statements(app, reply, auditor)
    answer(found, as_json=as_json, words=lambda lines: "\n".join(f"{line};" for line in lines))
