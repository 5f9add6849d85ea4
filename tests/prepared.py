"""What a process of tests does once, and not again for each account, site and database."""

from __future__ import annotations

from types import CodeType

import pytest
from argon2 import PasswordHasher
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

# A test's passwords protect nobody. What real accounts cost is tests/services/test_sign_in.py's.
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class CompiledTemplates(BytecodeCache):
    """Each template compiled once for all the sites of a process; by its text, so never stale."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self.kept[bucket.key, bucket.checksum] = bucket.code


def keep_compiled_statements(patch: pytest.MonkeyPatch) -> None:
    """Each SQL statement compiled once for all the databases of a process. SQLAlchemy keeps what
    it compiled by engine and dialect object; here every test has a new engine of one of two kinds.
    """
    for kind in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        patch.setattr(kind, "__eq__", lambda one, other: type(one) is type(other))
        patch.setattr(kind, "__hash__", lambda one: hash(type(one)))
    kept: LRUCache[object, object] = LRUCache(3_000)

    def share(connection: Connection) -> None:
        connection.engine._compiled_cache = kept  # no public setting reaches every engine

    event.listen(Engine, "engine_connect", share)
