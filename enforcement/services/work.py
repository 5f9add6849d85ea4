"""One piece of work: who does it, when, in which transaction. Commits once, at the edge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from enforcement.data import history
from enforcement.data.history import Event
from enforcement.domain.calendar import local_date
from enforcement.domain.events import Fact
from enforcement.domain.permissions import Actor, Permission, require
from enforcement.domain.refusals import StaleVersion
from enforcement.settings import Settings


@dataclass(frozen=True)
class Work:
    """What every use case is given. Services flush; only the edge that made this commits."""

    session: Session
    actor: Actor
    now: datetime
    settings: Settings
    request: str = ""

    @property
    def today(self) -> date:
        """The day it is in England: deadlines are local dates."""
        return local_date(self.now)

    def require(self, permission: Permission) -> None:
        """Refuse (NotAllowed) unless the actor holds the permission."""
        require(self.actor, permission)

    def record(
        self,
        stream: str,
        kind: str,
        facts: Mapping[str, Fact],
        *,
        texts: Mapping[str, str] | None = None,
        permission: Permission | None = None,
    ) -> Event:
        """Write one event of the history, in this transaction."""
        return history.record(
            self.session,
            stream=stream,
            kind=kind,
            actor=self.actor,
            now=self.now,
            facts=facts,
            texts=texts,
            permission=permission,
            request=self.request,
        )


@contextmanager
def transaction(
    engine: Engine, actor: Actor, now: datetime, settings: Settings, request: str = ""
) -> Iterator[Work]:
    """A piece of work for scripts, jobs and tests: commits at the end, or nothing happened.

    A version that moved on meanwhile becomes the refusal StaleVersion.
    """
    with Session(engine, expire_on_commit=False) as session:
        try:
            yield Work(session, actor, now, settings, request)
            session.commit()
        except StaleDataError as stale:
            session.rollback()
            raise changed_meanwhile() from stale
        except BaseException:
            session.rollback()
            raise


def changed_meanwhile() -> StaleVersion:
    return StaleVersion(
        "Somebody changed this while you were working on it. Nothing of yours was saved.",
        fix="Look at what changed, then try again; your words are kept on the page.",
    )
