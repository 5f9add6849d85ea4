"""One migrated PostgreSQL database for all tests of a process, emptied of its rows between them.

Making a database takes twenty times as long as deleting the few rows that a test leaves. Whoever
changed more than rows (a trigger, a right, another database) is found out, and the next test has
a new one.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from enforcement.data.engine import open_engine
from enforcement.data.schema import upgrade

MOST = 60  # tests in one database: rows that are gone still take room until then
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
COUNTERS = "SELECT format('%I', sequencename) FROM pg_sequences WHERE last_value IS NOT NULL"
# Everything a test may leave that is not a row.
SHAPE = """
SELECT md5(string_agg(one, E'\\n' ORDER BY one)) FROM (
    SELECT concat('class ', c.oid, relname, relkind, relowner, relacl) AS one
        FROM pg_class c WHERE relnamespace NOT IN (SELECT oid FROM pg_namespace
            WHERE nspname IN ('pg_catalog', 'information_schema', 'pg_toast'))
    UNION ALL SELECT concat('column ', attrelid, attname, atttypid, attnotnull, attacl)
        FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
        WHERE relnamespace = 'public'::regnamespace AND attnum > 0
    UNION ALL SELECT concat('rule ', conname, conrelid, pg_get_constraintdef(oid))
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT concat('trigger ', tgname, tgrelid, tgenabled)
        FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT concat('function ', proname, md5(prosrc), proacl, proowner)
        FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT concat('database ', datname, datacl) FROM pg_database
    UNION ALL SELECT concat('role ', rolname) FROM pg_roles
    UNION ALL SELECT concat('setting ', setdatabase, setrole, setconfig) FROM pg_db_role_setting
    UNION ALL SELECT concat('schema ', nspname, nspacl) FROM pg_namespace
        WHERE nspname NOT LIKE 'pg_t%'
) AS everything
"""


@dataclass(frozen=True)
class Rows:
    """All the rows of a database, by table, as COPY writes them, and where its counters stand."""

    tables: dict[str, bytes]
    counters: dict[str, int]


class OnePostgres:
    """The database of this process on a server, as its superuser."""

    def __init__(self, server: str) -> None:
        self._server = sa.make_url(server)
        self._template = f"template_{uuid.uuid4().hex[:10]}"
        self._admin(f"CREATE DATABASE {self._template}")
        engine = open_engine(self._url(self._template))
        upgrade(engine)
        with engine.begin() as connection:
            # Rows without an ORDER BY come as they were written, as from a database of one's own:
            # the room of rows that are gone is not given to others.
            for (name,) in connection.exec_driver_sql(TABLES).fetchall():
                connection.exec_driver_sql(f"ALTER TABLE {name} SET (autovacuum_enabled = false)")
        engine.dispose()
        self._renew()

    def emptied(self) -> str:
        """The address of the database, migrated and without rows."""
        if self._used == MOST or not self._swept():
            self._admin(f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)")
            self._renew()
        self._used += 1
        return self._url(self._name)

    def rows(self) -> Rows:
        """What stands in the database now."""
        with self._connected() as (raw, cursor):
            tables = {}
            for (name,) in cursor.execute(TABLES).fetchall():
                with cursor.copy(f"COPY {name} TO STDOUT") as out:
                    if content := b"".join(out):
                        tables[name] = bytes(content)
            counters = {}
            for (name,) in cursor.execute(COUNTERS).fetchall():
                (counters[name],) = cursor.execute(f"SELECT last_value FROM {name}").fetchone()
            raw.commit()
        return Rows(tables, counters)

    def put(self, rows: Rows) -> None:
        """These rows, and no others."""
        with self._connected() as (raw, cursor):
            self._sweep(cursor)
            for name, content in rows.tables.items():
                if name != "alembic_version":
                    with cursor.copy(f"COPY {name} FROM STDIN") as into:
                        into.write(content)
            for name, last in rows.counters.items():
                cursor.execute("SELECT setval(%s, %s)", (name, last))
            raw.commit()

    def _renew(self) -> None:
        self._used = 0
        self._name = f"test_{uuid.uuid4().hex[:10]}"
        self._admin(f"CREATE DATABASE {self._name} TEMPLATE {self._template} STRATEGY FILE_COPY")
        with self._connected() as (_, cursor):
            self._shape = self._shaped(cursor)
            self._tables = [name for (name,) in cursor.execute(TABLES).fetchall()]

    def _swept(self) -> bool:
        """Whether the rows of the last test are gone, and nothing else of it was there."""
        try:
            with self._connected() as (raw, cursor):
                if self._shaped(cursor) != self._shape:
                    return False
                self._sweep(cursor)
                raw.commit()
        except sa.exc.DBAPIError:
            return False
        return True

    def _sweep(self, cursor: Any) -> None:
        """Delete every row and start every counter again. A worker that a test killed may still
        hold a connection: it goes first."""
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger, no reference
        deletions = [f"DELETE FROM {name}" for name in self._tables if name != "alembic_version"]
        cursor.execute("; ".join(deletions))
        for (name,) in cursor.execute(COUNTERS).fetchall():
            cursor.execute("SELECT setval(%s, 1, false)", (name,))

    @contextmanager
    def _connected(self) -> Iterator[tuple[Any, Any]]:
        """A raw connection, for COPY, and its cursor."""
        engine = sa.create_engine(self._url(self._name), poolclass=sa.NullPool)
        with engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            assert raw is not None
            with raw.cursor() as cursor:
                yield raw, cursor

    def _admin(self, statement: str) -> None:
        engine = sa.create_engine(self._server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)

    def _url(self, name: str) -> str:
        return self._server.set(database=name).render_as_string(hide_password=False)

    @staticmethod
    def _shaped(cursor: Any) -> str:
        return str(cursor.execute(SHAPE).fetchone()[0])
