"""What PostgreSQL itself refuses to each role (reliability B4, H2)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from enforcement.data.roles import statements
from enforcement.domain.permissions import Actor
from enforcement.services.work import Work

pytestmark = [
    pytest.mark.pg,
    # SQLite has no roles: the person with the file is the owner
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
]
Begin = Callable[..., AbstractContextManager[Work]]


@pytest.fixture
def roles(
    engine: Engine, begin: Begin, people: dict[str, Actor]
) -> Iterator[Callable[[str], Engine]]:
    with begin(people["officer"]) as work:
        work.record("case:ASC-2026-000001", "case_noted", {"note": 1})
    mark = uuid.uuid4().hex[:8]
    names = {part: f"{part}_{mark}" for part in ("app", "reply", "auditor")}
    with engine.begin() as connection:
        for name in names.values():
            connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN")
        for line in statements(**names):
            connection.exec_driver_sql(line)
    opened: list[Engine] = []

    def enter(part: str) -> Engine:
        opened.append(sa.create_engine(engine.url.set(username=names[part])))
        return opened[-1]

    yield enter
    for one in opened:
        one.dispose()
    with engine.begin() as connection:
        for name in names.values():
            connection.exec_driver_sql(f"DROP OWNED BY {name} CASCADE")
            connection.exec_driver_sql(f"DROP ROLE {name}")


TRIES = [
    "UPDATE event SET body = 'forged'",
    "DELETE FROM event",
    "TRUNCATE event CASCADE",
    "INSERT INTO event (id, stream, seq, hash, kind, at, body) SELECT id, stream, seq, hash, kind,"
    " at, body FROM event LIMIT 1 ON CONFLICT (id) DO UPDATE SET body = 'forged'",
    "ALTER TABLE event DISABLE TRIGGER ALL",
    "DROP TRIGGER guard_event_update ON event",
    "SET session_replication_role = replica",
    "CREATE TABLE public.mine (id int)",
]


@pytest.mark.parametrize("sql", TRIES)
@pytest.mark.parametrize("part", ["app", "reply", "auditor"])
def test_no_role_can_touch_the_history(roles: Callable[[str], Engine], part: str, sql: str) -> None:
    with pytest.raises(DBAPIError), roles(part).begin() as connection:
        connection.exec_driver_sql(sql)


def test_the_app_can_append(roles: Callable[[str], Engine]) -> None:
    with roles("app").begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO event (stream, seq, hash, kind, at, body)"
            " VALUES ('case:X', 1, 'abc', 'case_noted', now(), '{}')"
        )


@pytest.mark.parametrize("table", ["enforcement_case", "notice", "penalty", "account", "decision"])
def test_the_reply_site_cannot_write_what_is_not_a_reply(
    roles: Callable[[str], Engine], table: str
) -> None:
    with pytest.raises(DBAPIError), roles("reply").begin() as connection:
        connection.exec_driver_sql(f"UPDATE {table} SET id = id")


def test_the_reply_site_cannot_read_accounts(roles: Callable[[str], Engine]) -> None:
    with pytest.raises(DBAPIError), roles("reply").connect() as connection:
        connection.exec_driver_sql("SELECT password_hash FROM account")


def test_the_auditor_only_reads_even_with_the_default_off(roles: Callable[[str], Engine]) -> None:
    auditor = roles("auditor")
    with auditor.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM event").scalar()
    with auditor.connect() as connection:
        connection.exec_driver_sql("SET TRANSACTION READ WRITE")
        with pytest.raises(DBAPIError, match="permission denied"):
            connection.exec_driver_sql("INSERT INTO case_note (case_id) VALUES (1)")
