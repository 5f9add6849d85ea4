"""The triggers of the migrations: what each guard refuses, on both engines, in its words."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from enforcement.data.guards import Guard, grows_only, install, never_deleted
from enforcement.data.roles import GROWS_ONLY

GUARDS = (
    *grows_only("stone", ("id",), ("place", "number")),
    never_deleted("slate"),
    Guard("slate", "closed", "UPDATE", "slate: closed once", "OLD.words is not null"),
    Guard("slate", "owner", "UPDATE", "slate: one owner", "not (NEW.owner {same} OLD.owner)"),
    Guard(
        "slate",
        "gap",
        "INSERT",
        "slate: the next number",
        "NEW.id <> (select coalesce(max(id), 0) + 1 from slate)",
    ),
)
TABLES = (
    "CREATE TABLE stone (id integer primary key, place text, number integer, words text,"
    " unique (place, number))",
    "CREATE TABLE slate (id integer primary key, owner text, words text)",
)
ROWS = (
    "INSERT INTO stone VALUES (1, 'a', 1, 'first')",
    "INSERT INTO slate VALUES (1, null, null)",
    "INSERT INTO slate VALUES (2, 'mine', 'done')",
)


@pytest.fixture
def guarded(engine: Engine) -> Engine:
    with engine.begin() as connection:
        for statement in TABLES:
            connection.execute(sa.text(statement))
        install(connection, GUARDS)
        for statement in ROWS:
            connection.execute(sa.text(statement))
    return engine


REFUSED = [
    ("UPDATE stone SET words = 'other'", "stone: rows are never changed"),
    ("UPDATE stone SET words = words", "stone: rows are never changed"),
    ("DELETE FROM stone", "stone: rows are never deleted"),
    ("DELETE FROM slate", "slate: rows are never deleted"),
    ("UPDATE slate SET words = 'again' WHERE id = 2", "slate: closed once"),
    ("UPDATE slate SET owner = 'new' WHERE id = 1", "slate: one owner"),
    ("INSERT INTO slate VALUES (4, null, null)", "slate: the next number"),
]
UPSERT = "INSERT INTO stone VALUES (1, 'a', 1, 'x') ON CONFLICT (id) DO UPDATE SET words = 'x'"
OF_ONE_ENGINE = {
    "sqlite": [
        ("INSERT OR REPLACE INTO stone VALUES (1, 'b', 2, 'x')", "stone: rows are never replaced"),
        ("INSERT OR REPLACE INTO stone VALUES (2, 'a', 1, 'x')", "stone: rows are never replaced"),
        ("UPDATE OR REPLACE stone SET id = 3", "stone: rows are never changed"),
        (UPSERT, "stone: rows are never replaced"),
    ],
    "postgresql": [
        ("TRUNCATE stone", "stone: rows are never deleted"),
        ("TRUNCATE slate", "slate: rows are never deleted"),
        (UPSERT, "stone: rows are never changed"),
    ],
}


def test_each_guard_refuses_with_its_words(guarded: Engine) -> None:
    for statement, words in REFUSED + OF_ONE_ENGINE[guarded.dialect.name]:
        with guarded.connect() as connection:
            if guarded.dialect.name == "sqlite":
                # as any other program would open the file: REPLACE fires no DELETE trigger
                connection.exec_driver_sql("PRAGMA recursive_triggers = OFF")
            with pytest.raises(DBAPIError, match=words):
                connection.execute(sa.text(statement))


def test_what_no_guard_names_goes_through(guarded: Engine) -> None:
    with guarded.begin() as connection:
        for statement in (
            "INSERT INTO stone VALUES (2, 'a', 2, 'second')",
            "UPDATE slate SET words = 'done', owner = null WHERE id = 1",
            "INSERT INTO slate VALUES (3, 'mine', null)",
        ):
            assert connection.execute(sa.text(statement)).rowcount == 1


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (("t", "n", "UPDATE", "it's shut"), "quote"),
        (("t", "n", "UPDATE", "100% shut"), "percent"),
        (("t", "n", "DELETE", "shut", "OLD.id = 1"), "every deletion"),
    ],
)
def test_a_guard_that_could_not_be_written_is_refused(given: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Guard(*given)


def test_every_table_that_only_grows_is_guarded(engine: Engine) -> None:
    """Roles say so on PostgreSQL (`data.roles`); the triggers say so on both engines."""
    sqlite = engine.dialect.name == "sqlite"
    listed = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if sqlite
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    with engine.connect() as connection:
        stand = set(connection.scalars(sa.text(listed)))
    needed = ("update", "delete") if sqlite else ("update", "delete", "truncate")
    assert {f"guard_{t}_{n}" for t in GROWS_ONLY for n in needed} - stand == set()
    if sqlite:  # where an INSERT can replace
        names = {t: {f"guard_{t}_again", f"guard_{t}_replace"} for t in GROWS_ONLY}
        assert [table for table, either in names.items() if not either & stand] == []
