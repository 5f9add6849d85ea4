"""Alembic's way in: same migrations on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context

from enforcement.data import Base
from enforcement.data.base import Utc
from enforcement.data.engine import open_engine

OURS = frozenset(Base.metadata.tables)


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write the UTC type as what it is in the database, so no migration imports our column types."""
    if kind == "type" and isinstance(item, Utc):
        return "sa.DateTime(timezone=True)"
    return False


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave the job engine's tables alone: on SQLite they lie beside ours."""
    return kind != "table" or name in OURS


def run(connection: sa.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=render_item,
        include_name=include_name,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    engine = open_engine(context.config.get_main_option("sqlalchemy.url") or "")
    with engine.connect() as connection:
        run(connection)
    engine.dispose()
