from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from enforcement.domain.permissions import Actor
from enforcement.services import history
from enforcement.services.work import Work
from enforcement.settings import Settings

Begin = Callable[..., AbstractContextManager[Work]]
LATER = datetime(2026, 6, 17, 9, 0, tzinfo=UTC)


def _write(begin: Begin, actor: Actor, count: int = 5) -> None:
    with begin(actor) as work:
        for n in range(count):
            work.record(
                f"case:ASC-2026-{n % 3:06d}", "case_noted", {"note": n}, texts={"text": f"Note {n}"}
            )


ATTACKS = {
    "replace": {
        "sqlite": "INSERT OR REPLACE INTO event (id, stream, seq, hash, kind, at, body)"
        " SELECT id, stream, seq, hash, kind, at, 'forged' FROM event WHERE id = 1",
        "postgresql": "INSERT INTO event (id, stream, seq, hash, kind, at, body)"
        " SELECT id, stream, seq, hash, kind, at, 'forged' FROM event WHERE id = 1",
    },
    "update": {"": "UPDATE event SET body = 'forged' WHERE id = 1"},
    "delete": {"": "DELETE FROM event WHERE id = 1"},
    "upsert": {
        "": "INSERT INTO event (id, stream, seq, hash, kind, at, body)"
        " SELECT id, stream, seq, hash, kind, at, 'forged' FROM event WHERE id = 1"
        " ON CONFLICT (id) DO UPDATE SET body = 'forged'"
    },
    "gap": {
        "": "INSERT INTO event (stream, seq, hash, kind, at, body)"
        " SELECT stream, 99, 'abc', kind, at, body FROM event WHERE id = 1"
    },
    "backdated": {
        "": "INSERT INTO event (stream, seq, hash, kind, at, body)"
        " SELECT stream, 0, 'abd', kind, at, body FROM event WHERE id = 1"
    },
    "log update": {"": "UPDATE log_entry SET hash = 'f' WHERE number = 0"},
    "log delete": {"": "DELETE FROM log_entry WHERE number = 4"},
    "log gap": {"": "INSERT INTO log_entry (number, event_id, hash) VALUES (900, 1, 'f')"},
    "text change": {"": "UPDATE event_text SET text = 'forged' WHERE name = 'text'"},
    "text delete": {"": "DELETE FROM event_text WHERE name = 'text'"},
    "checkpoint": {"": "UPDATE checkpoint SET root = 'f'"},
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_database_refuses_each_attack_by_raw_sql(
    begin: Begin, people: dict[str, Actor], engine: Engine, settings: Settings, attack: str
) -> None:
    _write(begin, people["officer"])
    with begin(people["leader"], LATER) as work:
        history.sign(work, settings.secrets().checkpoint, settings.checkpoint_folder)
    statements = ATTACKS[attack]
    sql = statements.get(engine.dialect.name, statements.get("", ""))
    with pytest.raises((DBAPIError, IntegrityError)), engine.begin() as connection:
        connection.exec_driver_sql(sql)
    with begin(people["auditor"], LATER) as work:
        public = settings.secrets().checkpoint.public_key()
        assert history.verify(work.session, public, settings.checkpoint_folder).broken is None


@pytest.mark.pg
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_refuses_truncate(
    begin: Begin, people: dict[str, Actor], engine: Engine
) -> None:
    _write(begin, people["officer"])
    for table in ("event", "log_entry", "checkpoint", "return_row", "reply", "notice"):
        with engine.connect() as connection, pytest.raises(DBAPIError, match="never deleted"):
            connection.execute(text(f"TRUNCATE {table} CASCADE"))


def _unguarded(engine: Engine, sql: str) -> None:
    """As the owner of the database could: take the guards down, then change what they held."""
    if engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(str(engine.url.database))) as connection:
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in names.fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            connection.execute(sql)
            connection.commit()
        return
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.exec_driver_sql(sql)


TAMPERING = {
    "edit": ("UPDATE event SET body = replace(body, '\"note\":1', '\"note\":7') WHERE id = "
             "(select min(id) from event where kind = 'case_noted' and seq = 1"
             " and stream = 'case:ASC-2026-000001')", "content was changed"),
    "cut the middle": ("DELETE FROM event WHERE stream = 'case:ASC-2026-000000' AND seq = 1",
                       "is missing before it"),
    "cut the tail": ("DELETE FROM event WHERE stream = 'case:ASC-2026-000001' AND seq = 2",
                     "its event was deleted"),
    "change a text": ("UPDATE event_text SET text = 'forged' WHERE text = 'Note 2'",
                      "was changed"),
    "drop a text": ("DELETE FROM event_text WHERE text = 'Note 2'", "gone without a record"),
    "cut the log": ("DELETE FROM log_entry WHERE number = (select max(number) from log_entry)",
                    "it was cut"),
}  # fmt: skip


@pytest.mark.parametrize("case", TAMPERING)
def test_verification_names_the_first_bad_event(
    begin: Begin, people: dict[str, Actor], engine: Engine, settings: Settings, case: str
) -> None:
    _write(begin, people["officer"])
    key = settings.secrets().checkpoint
    with begin(people["leader"], LATER) as work:
        history.sign(work, key, settings.checkpoint_folder)
    sql, words = TAMPERING[case]
    _unguarded(engine, sql)
    with begin(people["auditor"], LATER) as work:
        found = history.verify(work.session, key.public_key(), settings.checkpoint_folder)
    assert found.broken is not None
    assert words in found.broken


def test_rewriting_everything_in_the_database_is_caught_by_the_note_outside(
    begin: Begin, people: dict[str, Actor], engine: Engine, settings: Settings
) -> None:
    _write(begin, people["officer"])
    key = settings.secrets().checkpoint
    with begin(people["leader"], LATER) as work:
        history.sign(work, key, settings.checkpoint_folder)
    _unguarded(engine, "DELETE FROM log_entry")
    _unguarded(engine, "DELETE FROM event_text")
    _unguarded(engine, "DELETE FROM event")
    _unguarded(engine, "DELETE FROM checkpoint")
    with begin(people["auditor"], LATER) as work:
        found = history.verify(work.session, key.public_key(), settings.checkpoint_folder)
    assert found.broken is not None
    assert "it was cut" in found.broken


def test_signing_is_repeatable_and_never_forks(
    begin: Begin, people: dict[str, Actor], settings: Settings
) -> None:
    _write(begin, people["officer"])
    key = settings.secrets().checkpoint
    with begin(people["leader"], LATER) as work:
        first = history.sign(work, key, settings.checkpoint_folder)
        assert first is not None
        assert history.sign(work, key, settings.checkpoint_folder) is None
        assert history.read_note(first.note, key.public_key()) == (first.size, first.root)
    assert len(list(settings.checkpoint_folder.glob("checkpoint-*.txt"))) == 1


def test_lawful_erasure_leaves_the_chain_whole(
    begin: Begin, people: dict[str, Actor], engine: Engine, settings: Settings
) -> None:
    _write(begin, people["officer"])
    key = settings.secrets().checkpoint
    with begin(people["leader"], LATER) as work:
        history.sign(work, key, settings.checkpoint_folder)
        work.session.execute(
            text(
                "UPDATE event_text SET text = NULL, salt = NULL, erased_at = :at,"
                " erased_authority = 'Retention schedule 4.2' WHERE text = 'Note 3'"
            ),
            {"at": LATER},
        )
    with begin(people["auditor"], LATER) as work:
        found = history.verify(work.session, key.public_key(), settings.checkpoint_folder)
    assert (found.broken, found.erased) == (None, 1)
