"""Many rows in few statements, one code path for both engines: inserts, upserts, updates by id."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, Literal, TypeVar, cast

from sqlalchemy import JSON, Column, Dialect, Table, bindparam, insert, text, update
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.orm import DeclarativeBase, Session

CHUNK = 5_000
T = TypeVar("T")
Row = Mapping[str, Any]
Counted = Callable[[int], None]


def table_of(model: type[DeclarativeBase]) -> Table:
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} is not a plain table")
    return table


def _chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


def insert_rows(
    session: Session, model: type[DeclarativeBase], rows: Sequence[Row], done: Counted | None = None
) -> None:
    """Insert rows that all have the same keys; `done` hears how many after each chunk."""
    if rows:
        names = tuple(rows[0])
        insert_tuples(session, model, names, list(map(itemgetter(*names), rows)), done)


def insert_tuples(
    session: Session,
    model: type[DeclarativeBase],
    names: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    done: Counted | None = None,
) -> None:
    """Insert rows given as tuples in the order of `names` (two columns or more).

    The statement is written once, and each chunk goes to the driver's executemany turned column
    by column: what a column stores otherwise than it is held (days, JSON) is turned once for each
    different value. A column with a default in the model must be named.
    """
    if not rows:
        return
    table, connection = table_of(model), session.connection()
    dialect = connection.dialect
    plain = cast(type[DefaultDialect], type(dialect))
    style: Literal["qmark", "format"] = "qmark" if dialect.paramstyle == "qmark" else "format"
    compiled = insert(table).inline().compile(dialect=plain(paramstyle=style), column_keys=names)
    order = compiled.positiontup or []
    if sorted(order) != sorted(names):
        raise TypeError(f"{table.name}: give {sorted(order)}, not {sorted(names)}")
    at = [(names.index(name), _stored(table.c[name], dialect)) for name in order]
    for chunk in _chunks(rows):
        columns = list(zip(*chunk, strict=True))
        turned = [columns[n] if turn is None else turn(columns[n]) for n, turn in at]
        connection.exec_driver_sql(compiled.string, list(zip(*turned, strict=True)))
        if done is not None:
            done(len(chunk))


def _stored(column: Column[Any], dialect: Dialect) -> Callable[[Sequence[Any]], list[Any]] | None:
    """How many values of a column become what the driver takes; None: they go as they are."""
    process = column.type.dialect_impl(dialect).bind_processor(dialect)
    if process is None:
        return None
    if isinstance(column.type, JSON):
        return lambda values: [process(value) for value in values]

    def turn(values: Sequence[Any]) -> list[Any]:
        known = {value: process(value) for value in set(values)}
        return [known[value] for value in values]

    return turn


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
