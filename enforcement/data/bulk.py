"""Many rows in few statements, one code path for both engines: inserts, upserts, updates by id."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Table, bindparam, insert, text, update
from sqlalchemy.orm import DeclarativeBase, Session

CHUNK = 5_000
Row = Mapping[str, Any]
Counted = Callable[[int], None]


def table_of(model: type[DeclarativeBase]) -> Table:
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} is not a plain table")
    return table


def _chunks(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


def insert_rows(
    session: Session, model: type[DeclarativeBase], rows: Sequence[Row], done: Counted | None = None
) -> None:
    """Insert rows that all have the same keys; `done` hears how many after each chunk."""
    statement = insert(table_of(model))
    for chunk in _chunks(rows):
        session.connection().execute(statement, [dict(row) for row in chunk])
        if done is not None:
            done(len(chunk))


def update_rows(
    session: Session, model: type[DeclarativeBase], rows: Sequence[Row], done: Counted | None = None
) -> None:
    """Update rows by their `id`; all rows have the same keys. A `version` column counts up."""
    if not rows:
        return
    table = table_of(model)
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in rows[0] if name != "id"}
    if "version" in table.c:
        values["version"] = table.c.version + 1
    statement = update(table).where(table.c.id == bindparam("row_id")).values(values)
    for chunk in _chunks(rows):
        session.connection().execute(
            statement,
            [
                {("row_id" if key == "id" else f"new_{key}"): value for key, value in row.items()}
                for row in chunk
            ],
        )
        if done is not None:
            done(len(chunk))


def one_load_at_a_time(session: Session) -> None:
    """Make a second load wait for the first, so that it sees what the first one brought.

    SQLite has one writer anyway; PostgreSQL takes a lock that ends with the transaction.
    """
    if session.connection().dialect.name == "postgresql":
        session.execute(text("select pg_advisory_xact_lock(hashtext('enforcement.load'))"))
