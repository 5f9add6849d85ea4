"""What the database itself refuses: the one writer of the triggers that migrations put up.

A migration describes its guards and calls `install`; each is a trigger `guard_<table>_<name>`
that raises its words. The two engines differ in three ways, and only this module knows them:

- SQLite: INSERT OR REPLACE goes round UPDATE and DELETE triggers where `recursive_triggers` is
  off, so an append-only table also refuses an INSERT that meets a row again. PostgreSQL has no
  such statement: its upsert fires the UPDATE trigger.
- PostgreSQL: TRUNCATE fires no row trigger; what may not be deleted may not be truncated either.
- PostgreSQL: a trigger calls a function. A condition may hold a subquery, which WHEN may not, so
  each condition is a function of its own; without a condition all share `guard_refuse`.

Guards that stand in a database are not rewritten when this module changes: another writing, name
or wording of theirs takes a migration of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

When = Literal["INSERT", "UPDATE", "DELETE"]

SHARED = (
    "CREATE OR REPLACE FUNCTION guard_refuse() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$"
)
SAME = {"sqlite": "IS", "postgresql": "is not distinct from"}


@dataclass(frozen=True)
class Guard:
    """Refuse `when` on a table, with these words, always or under a condition on NEW and OLD.

    In a condition `{same}` is equality in which null equals null. `sqlite_only` is for what no
    statement of PostgreSQL can do.
    """

    table: str
    name: str
    when: When
    words: str
    condition: str = ""
    sqlite_only: bool = False

    def __post_init__(self) -> None:
        if set("'%") & set(self.words):
            raise ValueError(f"words stand in SQL as they are, no quote or percent: {self.words}")
        if self.when == "DELETE" and self.condition:
            raise ValueError(f"{self.table}: TRUNCATE asks no condition, so refuse every deletion")


def never_changed(table: str, words: str = "") -> Guard:
    """Rows stay as they were written."""
    return Guard(table, "update", "UPDATE", words or f"{table}: rows are never changed")


def never_deleted(table: str, words: str = "") -> Guard:
    """Rows stay; TRUNCATE is refused too."""
    return Guard(table, "delete", "DELETE", words or f"{table}: rows are never deleted")


def never_replaced(
    table: str, key: tuple[str, ...], *others: tuple[str, ...], words: str = "", name: str = "again"
) -> Guard:
    """An INSERT may not meet an existing row by any of these keys (REPLACE, upsert)."""
    met = " or ".join(
        f"exists (select 1 from {table} where {' and '.join(f'{c} = NEW.{c}' for c in one)})"  # noqa: S608 - names written in a migration
        for one in (key, *others)
    )
    words = words or f"{table}: rows are never replaced"
    return Guard(table, name, "INSERT", words, met, sqlite_only=True)


def grows_only(
    table: str, key: tuple[str, ...], *others: tuple[str, ...]
) -> tuple[Guard, Guard, Guard]:
    """Rows are added, and that is all. Name every unique key, the primary one first; the table
    belongs in `roles.GROWS_ONLY` too."""
    return never_changed(table), never_deleted(table), never_replaced(table, key, *others)


def statements(dialect: str, guards: Iterable[Guard]) -> list[str]:
    """The SQL that puts these guards up on `sqlite` or `postgresql`, in the order given."""
    if dialect == "sqlite":
        return [_sqlite(guard) for guard in guards]
    return [SHARED, *(line for g in guards if not g.sqlite_only for line in _postgresql(g))]


def install(connection: sa.Connection, guards: Iterable[Guard]) -> None:
    """Put the guards up; their tables must be there. For a migration, after its tables."""
    for statement in statements(connection.dialect.name, guards):
        connection.execute(sa.text(statement))


def _sqlite(guard: Guard) -> str:
    condition = guard.condition.format(same=SAME["sqlite"])
    return (
        f"CREATE TRIGGER guard_{guard.table}_{guard.name} BEFORE {guard.when} ON {guard.table}"
        + (f" WHEN {condition}" if condition else "")
        + f" BEGIN SELECT RAISE(ABORT, '{guard.words}'); END"
    )


def _postgresql(guard: Guard) -> list[str]:
    if guard.condition:
        return _by_condition(guard)
    lines = [_refusing(guard, guard.name, guard.when, "ROW")]
    if guard.when == "DELETE":
        lines.append(_refusing(guard, "truncate", "TRUNCATE", "STATEMENT"))
    return lines


def _refusing(guard: Guard, name: str, when: str, level: str) -> str:
    return (
        f"CREATE TRIGGER guard_{guard.table}_{name} BEFORE {when} ON {guard.table}"
        f" FOR EACH {level} EXECUTE FUNCTION guard_refuse('{guard.words}')"
    )


def _by_condition(guard: Guard) -> list[str]:
    name = f"guard_{guard.table}_{guard.name}"
    condition = guard.condition.format(same=SAME["postgresql"])
    return [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {condition} THEN RAISE EXCEPTION '{guard.words}'; END IF; RETURN NEW; END $$",
        f"CREATE TRIGGER {name} BEFORE {guard.when} ON {guard.table} FOR EACH ROW"
        f" EXECUTE FUNCTION {name}()",
    ]
