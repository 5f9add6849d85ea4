"""Loads in the background of the web process: one at a time, told as they go.

While a load writes, SQLite has no room for a second writer, so its figures stay in this
process's memory (which is the only web process then). On PostgreSQL they also go into the row,
for other processes to show, each in its own short transaction.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from flask import Response, after_this_request, current_app
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from enforcement.domain.permissions import Actor
from enforcement.domain.refusals import Refusal
from enforcement.services import load_progress
from enforcement.services.loading import Incoming, Progress
from enforcement.services.work import Work, transaction
from enforcement.settings import Settings
from enforcement.web import access, transactions

log = logging.getLogger(__name__)
Run = Callable[[Work, Progress], dict[str, Any]]
KEPT = 4  # checked files whose bytes are kept at hand for loading them next
EVERY = 1.0  # seconds between two notes of progress


@dataclass
class Live:
    """What this process knows about a load it runs or ran."""

    incoming: Incoming | None = None
    running: bool = True
    message: str = "Waiting for its turn"
    done: int = 0
    total: int | None = None


@dataclass
class Jobs:
    """The one background worker of an app, and what it knows."""

    pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(max_workers=1, thread_name_prefix="load")
    )
    live: dict[str, Live] = field(default_factory=dict)

    def keep(self, load_id: str, live: Live) -> None:
        """Remember a load; let go of the bytes of all but the last few."""
        self.live[load_id] = live
        ended = [key for key, one in self.live.items() if not one.running]
        for key in ended[:-KEPT]:
            del self.live[key]


def jobs() -> Jobs:
    """The app's own worker, made when first asked for."""
    found: Jobs = current_app.extensions.setdefault("enforcement.load_jobs", Jobs())
    return found


@dataclass(frozen=True)
class Job:
    """Everything a load needs outside the request that asked for it."""

    id: str
    run: Run
    live: Live
    engine: Engine
    actor: Actor
    settings: Settings
    clock: Callable[[], datetime]
    request: str


def submit(kind: str, incoming: Incoming, arguments: dict[str, Any], run: Run) -> str:
    """Start a load once this request is committed; gives the id under which to follow it."""
    work, load_id = access.work(), uuid4().hex
    live, known = Live(incoming), jobs()
    arguments = {**arguments, "filename": incoming.filename}
    load_progress.start(work.session, load_id, kind, arguments, work.actor.identity, work.now)
    known.keep(load_id, live)
    job = Job(
        load_id,
        run,
        live,
        transactions.engine(),
        work.actor,
        work.settings,
        current_app.extensions["enforcement.clock"],
        work.request,
    )

    @after_this_request
    def begin(response: Response) -> Response:
        known.pool.submit(perform, job)
        return response

    return load_id


def perform(job: Job) -> None:
    """Run the load in its own transaction and note how it ended. Never raises."""
    try:
        if _note(job, lambda s: load_progress.tell(s, job.id, "Reading", 0, None, job.clock())):
            _run(job)
    except Exception:
        log.exception("the load %s could not be noted", job.id)
    finally:
        job.live.running = False


def _run(job: Job) -> None:
    state, message, result = "done", "", None
    try:
        with transaction(job.engine, job.actor, job.clock(), job.settings, job.request) as work:
            result = job.run(work, _teller(job))
    except Refusal as refusal:
        state, message = "refused", refusal.words
    except Exception:
        log.exception("the load %s failed", job.id)
        state = "refused"
        message = "The load failed through a fault of ours. Nothing of the file was kept."
    _note(
        job,
        lambda s: load_progress.finish(s, job.id, state, message, result, job.clock()),
    )


def _note(job: Job, write: Callable[[Session], Any]) -> Any:
    with Session(job.engine) as session, session.begin():
        return write(session)


def _teller(job: Job) -> Progress:
    noted = time.monotonic()
    to_row = job.engine.dialect.name != "sqlite"

    def tell(phase: str, done: int, total: int | None) -> None:
        nonlocal noted
        job.live.message, job.live.done, job.live.total = phase, done, total
        if to_row and time.monotonic() - noted > EVERY:
            noted = time.monotonic()
            _note(job, lambda s: load_progress.tell(s, job.id, phase, done, total, job.clock()))

    return tell
