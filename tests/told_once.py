"""What most tests begin with is told once a process and engine; later tests have a copy of it.

To walk to a case whose notice was given takes forty times as long as to copy its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from one_postgres import OnePostgres, Rows
from sqlalchemy import Engine

from enforcement.domain.permissions import Actor
from enforcement.services.work import Work, transaction
from enforcement.settings import Settings

Files = dict[str, tuple[int, bytes]]  # by name: mode and content


@dataclass(frozen=True)
class Told:
    """What a story answered, and what it left: rows, and files of the instance folder by name."""

    answer: Any
    database: bytes | Rows
    files: Files


TOLD: dict[Hashable, Told] = {}


@dataclass
class Begin:
    """`with begin(actor, now) as work:` one committed transaction of the test's own database."""

    engine: Engine
    settings: Settings
    now: datetime
    connected: list[Engine]  # every connection of this test, in order
    postgres: OnePostgres | None  # what the database is one of, if not a file
    known: int = 0  # connections that left nothing but what was told

    def __call__(self, actor: Actor, now: datetime | None = None) -> AbstractContextManager[Work]:
        return transaction(self.engine, actor, now or self.now, self.settings)

    def once(self, story: str, tell: Callable[[], Any]) -> Any:
        """What `tell` answers, having told it, or having copied what it left in an earlier test.

        A test in which anything else happened before tells it for itself.
        """
        if self._connections() > self.known:
            return tell()
        before = tuple(sorted(self._files().items()))
        key = (self.engine.dialect.name, self._setting(), before, story)
        if key not in TOLD:
            answer = tell()
            self.engine.dispose()
            TOLD[key] = Told(answer, self._database(), self._files())
        else:
            self.engine.dispose()
            self._take(TOLD[key])
        self.known = self._connections()
        return TOLD[key].answer

    def _connections(self) -> int:
        return sum(one.url.database == self.engine.url.database for one in self.connected)

    def _setting(self) -> str:
        """The settings but for the places that are each test's own."""
        said = repr(self.settings).replace(str(self.settings.instance), "")
        return said.replace(self.settings.database_url, "")

    def _files(self) -> Files:
        folder = self.settings.instance
        found = (path for path in folder.rglob("*") if path.is_file())
        return {
            str(path.relative_to(folder)): (path.stat().st_mode, path.read_bytes())
            for path in found
        }

    def _database(self) -> bytes | Rows:
        return self._file().read_bytes() if self.postgres is None else self.postgres.rows()

    def _take(self, told: Told) -> None:
        if isinstance(told.database, bytes):
            self._file().write_bytes(told.database)
        else:
            assert self.postgres is not None
            self.postgres.put(told.database)
        for name, (mode, content) in told.files.items():
            path = self.settings.instance / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(mode)

    def _file(self) -> Path:
        return Path(str(self.engine.url.database))
