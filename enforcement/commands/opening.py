"""What every command does first: settings, a migrated database, who acts, one transaction."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import click
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from enforcement.data.engine import open_engine
from enforcement.data.people import Account
from enforcement.data.schema import upgrade
from enforcement.domain.permissions import Actor, Role, system_actor
from enforcement.domain.refusals import NotFound
from enforcement.services import default_policies
from enforcement.services.accounts import actor_of
from enforcement.services.work import Work, transaction
from enforcement.settings import Settings

as_json = click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
as_user = click.option(
    "--as",
    "as_user",
    metavar="USERNAME",
    help="Act as this account. Without it, as an enforcement officer named after the login.",
)


def now() -> datetime:
    """The one place where the command line reads the clock."""
    return datetime.now(UTC)


def open_database(settings: Settings) -> Engine:
    """The engine, migrated, with the shipped policies of every kind that has none."""
    if settings.database_file is not None:
        settings.database_file.parent.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.database_url)
    upgrade(engine)
    with Session(engine) as session:
        wanted = default_policies.missing(session)
    if wanted:
        with transaction(engine, system_actor("set-up"), now(), settings) as work:
            default_policies.install(work)
    return engine


def _actor(engine: Engine, username: str | None) -> Actor:
    if username is None:
        login = getpass.getuser()
        return Actor(f"operator:{login}", f"{login} (command line)", frozenset({Role.OFFICER}))
    with Session(engine) as session:
        account = session.scalar(select(Account).where(Account.username == username))
    if account is None or account.disabled_at is not None:
        raise NotFound(f"There is no account “{username}”, or it is disabled.")
    return actor_of(account)


@contextmanager
def open_work(username: str | None = None) -> Iterator[Work]:
    """One piece of work at the command line: commits at the end, or nothing happened."""
    settings = Settings.read(os.environ)
    engine = open_database(settings)
    try:
        with transaction(engine, _actor(engine, username), now(), settings) as work:
            yield work
    finally:
        engine.dispose()


def answer(found: Any, *, as_json: bool, words: Callable[[Any], str]) -> None:
    """Print the answer: JSON for programs, words for people."""
    click.echo(json.dumps(found, indent=2, ensure_ascii=False) if as_json else words(found))
