"""How the database is opened, on both engines.

SQLite: WAL, foreign keys, and writers that begin IMMEDIATE behind one in-process lock; a
deferred transaction that reads first is refused by SQLite the moment another wrote, however
long it would wait. A connection marked read-only begins deferred and never waits; a write on
it is refused at flush. PostgreSQL needs none of this.
"""

from __future__ import annotations

import threading
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

READ_ONLY = "enforcement_read_only"
_HELD = "enforcement_write_lock"
BUSY_SECONDS = 15
_locks: dict[str, threading.Lock] = {}
_locks_lock = threading.Lock()


class ReadOnlyWrite(RuntimeError):
    """A write was tried in a transaction that promised to read: a fault in our code."""


def open_engine(url: str) -> Engine:
    """An engine for scripts, workers and tests; the web's is made by Flask-SQLAlchemy."""
    if url.startswith("sqlite"):
        return tune(create_engine(url, connect_args={"check_same_thread": False}))
    return tune(create_engine(url, pool_pre_ping=True))


def tune(engine: Engine) -> Engine:
    """Attach the rules above to this engine (never to the class: other engines live here)."""
    if engine.dialect.name == "sqlite":
        _tune_sqlite(engine)
    return engine


def _lock_of(engine: Engine) -> threading.Lock:
    """One lock a file, shared by the sites and the worker of one process: SQLite's own waiting
    is a sleep and is not fair to a page beside a worker that writes all the time."""
    with _locks_lock:
        name = engine.url.database or ""
        return _locks.setdefault(name, threading.Lock()) if name else threading.Lock()


def _connect(dbapi: Any, _record: Any) -> None:
    dbapi.isolation_level = None
    cursor = dbapi.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_SECONDS * 1000}",
        "recursive_triggers=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _tune_sqlite(engine: Engine) -> None:
    lock = _lock_of(engine)

    event.listen(engine, "connect", _connect)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get(READ_ONLY):
            connection.exec_driver_sql("BEGIN")
            return
        # whoever waited too long asks SQLite, which refuses in words
        if lock.acquire(timeout=BUSY_SECONDS):
            connection.info[_HELD] = True
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except BaseException:
            _release(connection)
            raise

    def _release(connection: Connection) -> None:
        if connection.info.pop(_HELD, False):
            lock.release()

    event.listen(engine, "commit", _release)
    event.listen(engine, "rollback", _release)

    @event.listens_for(engine, "reset")
    def _reset(_dbapi: Any, record: Any, _state: Any) -> None:
        if record.info.pop(_HELD, False):
            lock.release()


def read_only(session: Session) -> Session:
    """Mark the session's transaction as reading only; must come before its first statement."""
    session.connection(execution_options={READ_ONLY: True})
    return session


@event.listens_for(Session, "before_flush")
def _refuse_writes(session: Session, _context: Any, _instances: Any) -> None:
    if not (session.new or session.dirty or session.deleted) or not session.is_active:
        return
    if not session.in_transaction():
        return
    if session.connection().get_execution_options().get(READ_ONLY) and any(
        session.is_modified(item) for item in {*session.new, *session.dirty}
    ):
        raise ReadOnlyWrite("a page that only reads tried to write")
