"""The job engine (DBOS), in the application's own database: the only module that knows it.

Jobs carry ids only. Every job may run twice or not at all without harm: the outbox's claim
decides who sends, and the sweep of every minute finds whatever a lost job left behind. The
application version is pinned, so that an upgrade does not strand what was interrupted; values
are stored as portable JSON, never pickled.
"""

from __future__ import annotations

import socket
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig
from dbos._serialization import DBOSPortableJSON
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from enforcement.data.engine import open_engine
from enforcement.data.notices import OutboxItem
from enforcement.data.schema import upgrade
from enforcement.services import (
    bundle_orders,
    clocks,
    delivery,
    history,
    issue_run_work,
    lost_links,
    post_news,
    reminders,
    sending,
)
from enforcement.services.work import transaction
from enforcement.settings import Settings

VERSION = "1"  # raised on purpose, only when the steps of a workflow change
QUEUE = "sending"
ZONE = "Europe/London"
AT_ONCE = 4  # conversations with the mail server at a time
RUNS_QUEUE = "issue-runs"
BUNDLES_QUEUE = "bundles"  # each process makes one at a time
LANES = 4  # workers, on any machine, that share one issue run; each process takes one at a time

_lock = threading.Lock()
_clients: dict[str, DBOSClient | None] = {}


@dataclass(frozen=True)
class _Slot:
    """What the jobs of this process work with."""

    engine: Engine
    settings: Settings
    worker: str
    clock: Callable[[], datetime]
    stopping: threading.Event = field(default_factory=threading.Event)


_slot: _Slot | None = None


def _here() -> _Slot:
    if _slot is None:
        raise RuntimeError("no worker is running in this process")
    return _slot


@DBOS.step(name="deliver")
def _deliver(item_id: int) -> str:
    here = _here()
    return sending.deliver(here.engine, here.settings, item_id, here.clock, here.worker)


@DBOS.workflow(name="send_item")
def send_item(item_id: int) -> str:
    """Send one outbox item. The workflow's id is the item's key, so a second click is the same."""
    return _deliver(item_id)


@DBOS.workflow(name="deliver_ready")
def deliver_ready(_at: datetime, _context: object) -> None:
    """Every minute: what is due and was not sent; claims that ran out become uncertain."""
    _sweep_outbox()


@DBOS.step(name="sweep_outbox")
def _sweep_outbox() -> dict[str, int]:
    here = _here()
    return sending.deliver_ready(here.engine, here.settings, here.clock, here.worker)


@DBOS.step(name="work_on_issue_run")
def _work_on_issue_run(run_id: int) -> int:
    here = _here()
    return issue_run_work.work_on(
        here.engine, here.settings, run_id, here.clock, stopping=here.stopping.is_set
    )


@DBOS.workflow(name="issue_run_lane")
def issue_run_lane(run_id: int) -> int:
    """Draft or issue what is left of a run, beside other lanes; ends when nothing is left."""
    return _work_on_issue_run(run_id)


@DBOS.workflow(name="take_up_issue_runs")
def take_up_issue_runs(_at: datetime, _context: object) -> None:
    """Every minute: runs in which nothing moves although something is left are taken up again."""
    _take_up_issue_runs()


@DBOS.step(name="take_up")
def _take_up_issue_runs() -> int:
    here = _here()
    with transaction(here.engine, sending.WORKER, here.clock(), here.settings) as work:
        left = issue_run_work.left_behind(work.session, work.now)
        for run_id in left:
            start_issue_run(work.session, run_id)
    return len(left)


@DBOS.step(name="make_bundle")
def _make_bundle(order_id: int) -> str:
    # loaded by a worker with its first bundle: 60 MB that few of them need
    from enforcement.services import bundle_making

    here = _here()
    return bundle_making.make(here.engine, here.settings, order_id, here.clock)


@DBOS.workflow(name="bundle")
def bundle(order_id: int) -> str:
    """Make the edition of a bundle that an officer asked for."""
    return _make_bundle(order_id)


@DBOS.workflow(name="make_bundles")
def make_bundles(_at: datetime, _context: object) -> None:
    """Every minute: bundles that wait, and those whose worker was killed."""
    _make_bundles()


@DBOS.step(name="sweep_bundles")
def _make_bundles() -> int:
    here = _here()
    if not bundle_orders.waiting(here.engine, here.clock()):
        return 0
    from enforcement.services import bundle_making  # as above

    return len(bundle_making.make_waiting(here.engine, here.settings, here.clock))


@DBOS.workflow(name="ask_unfinished")
def ask_unfinished(_at: datetime, _context: object) -> None:
    """Every five minutes: channels that can be asked say what became of what they took."""
    _ask_unfinished()


@DBOS.step(name="ask_channels")
def _ask_unfinished() -> dict[str, int]:
    here = _here()
    return delivery.ask_unfinished(here.engine, here.settings, here.clock)


@DBOS.workflow(name="answer_lost_links")
def answer_lost_links(_at: datetime, _context: object) -> None:
    """Every minute: whoever asked for a reply link again is answered, by email or by a task."""
    _answer_lost_links()


@DBOS.step(name="answer_lost")
def _answer_lost_links() -> dict[str, int]:
    here = _here()
    return lost_links.answer_waiting(here.engine, here.settings, here.clock)


@DBOS.workflow(name="tell_of_post")
def tell_of_post(_at: datetime, _context: object) -> None:
    """Every hour: providers whose notice went by post are told by email that it did."""
    _tell_of_post()


@DBOS.step(name="tell_of_letters")
def _tell_of_post() -> int:
    here = _here()
    return post_news.tell(here.engine, here.settings, here.clock, enqueue)


@DBOS.workflow(name="close_periods")
def close_periods(_at: datetime, _context: object) -> None:
    """After midnight: periods for representations that are over end their clock; no case moves."""
    _close_periods()


@DBOS.step(name="end_clocks")
def _close_periods() -> int:
    here = _here()
    with transaction(here.engine, sending.WORKER, here.clock(), here.settings) as work:
        return clocks.close_periods(work)


@DBOS.workflow(name="remind")
def remind(_at: datetime, _context: object) -> None:
    """Every morning: reminders of what is owed, sent by policy or put to somebody as a task."""
    _remind()


@DBOS.step(name="remind_of_payments")
def _remind() -> dict[str, int]:
    here = _here()
    return reminders.sweep(here.engine, here.settings, here.clock, enqueue)


@DBOS.workflow(name="sign_history")
def sign_history(_at: datetime, _context: object) -> None:
    """Every night: sequence the history, sign its head, write the note outside the database."""
    _sign()


@DBOS.step(name="sign")
def _sign() -> bool:
    here = _here()
    return checkpoint(here.engine, here.settings, here.clock())


def checkpoint(engine: Engine, settings: Settings, now: datetime) -> bool:
    """Sign the head of the history now. False when nothing is new since the last checkpoint."""
    with transaction(engine, sending.WORKER, now, settings) as work:
        signed = history.sign(work, settings.secrets().checkpoint, settings.checkpoint_folder)
        return signed is not None


class RunningWorker:
    """A started worker. Stop it once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def stop(self, seconds: int = 20) -> None:
        """Let what is being sent finish, for at most `seconds`, then end."""
        global _slot
        if _slot is not None:
            _slot.stopping.set()  # an issue run ends after the notice in hand; the sweep goes on
        DBOS.destroy(workflow_completion_timeout_sec=seconds)
        with _lock:
            _slot = None
        _close_clients()
        self._engine.dispose()


def start_worker(
    settings: Settings, slot: str = "1", clock: Callable[[], datetime] | None = None
) -> RunningWorker:
    """Start this process's worker: the queue, and the sweeps in Europe/London.

    `slot` tells workers on one machine apart and must be the same after a restart: a worker
    takes up again what was interrupted under its own name.
    """
    global _slot
    engine = open_engine(settings.database_url)
    upgrade(engine)
    name = f"{socket.gethostname()}-{slot}"
    with _lock:
        if _slot is not None:
            raise RuntimeError("a worker is already running in this process")
        _slot = _Slot(engine, settings, name, clock or (lambda: datetime.now(UTC)))
    config: DBOSConfig = {
        "name": "enforcement",
        "system_database_url": settings.database_url,
        "application_version": VERSION,
        "executor_id": name,
        "serializer": DBOSPortableJSON,
        "log_level": "WARNING",
    }
    DBOS(config=config)
    DBOS.launch()
    DBOS.register_queue(QUEUE, worker_concurrency=AT_ONCE, polling_interval_sec=0.5)
    DBOS.register_queue(RUNS_QUEUE, worker_concurrency=1, polling_interval_sec=0.5)
    DBOS.register_queue(BUNDLES_QUEUE, worker_concurrency=1, polling_interval_sec=0.5)
    DBOS.apply_schedules(
        [
            {
                "schedule_name": schedule_name,
                "workflow_fn": job,
                "schedule": when,
                "context": None,
                "cron_timezone": ZONE,
            }
            for schedule_name, job, when in (
                ("deliver-ready", deliver_ready, "0 * * * * *"),
                ("make-bundles", make_bundles, "45 * * * * *"),
                ("take-up-issue-runs", take_up_issue_runs, "30 * * * * *"),
                ("answer-lost-links", answer_lost_links, "15 * * * * *"),
                ("ask-unfinished", ask_unfinished, "30 */5 * * * *"),
                ("tell-of-post", tell_of_post, "0 20 * * * *"),
                ("close-periods", close_periods, "0 5 0 * * *"),
                ("remind", remind, "0 0 7 * * *"),
                ("sign-history", sign_history, "0 30 2 * * *"),
            )
        ]
    )
    return RunningWorker(engine)


def enqueue(session: Session, item_id: int) -> None:
    """Queue the sending of an outbox item inside the caller's own transaction.

    Where no worker has ever run the engine has no tables yet: the sweep will find the item.
    """
    item = session.get(OutboxItem, item_id)
    client = _client(session)
    if item is None or client is None:
        return
    client.enqueue_in_transaction(
        session,
        {
            "workflow_name": "send_item",
            "queue_name": QUEUE,
            "workflow_id": f"send-{item.key}",
            "app_version": VERSION,
        },
        item_id,
    )


def enqueue_bundle(session: Session, order_id: int) -> None:
    """Queue the making of a bundle inside the caller's own transaction; else the sweep finds it."""
    client = _client(session)
    if client is not None:
        client.enqueue_in_transaction(
            session,
            {
                "workflow_name": "bundle",
                "queue_name": BUNDLES_QUEUE,
                "workflow_id": f"bundle-{order_id}",
                "app_version": VERSION,
            },
            order_id,
        )


def start_issue_run(session: Session, run_id: int) -> None:
    """Hand an issue run to the workers inside the caller's own transaction.

    Twice is harmless: a lane that finds nothing left ends at once.
    """
    client = _client(session)
    if client is None:
        return
    token = uuid.uuid4().hex
    for lane in range(LANES):
        client.enqueue_in_transaction(
            session,
            {
                "workflow_name": "issue_run_lane",
                "queue_name": RUNS_QUEUE,
                "workflow_id": f"issue-run-{run_id}-{token}-{lane}",
                "app_version": VERSION,
            },
            run_id,
        )


def _client(session: Session) -> DBOSClient | None:
    bind = session.get_bind()
    url = bind.engine.url.render_as_string(hide_password=False)
    with _lock:
        if _clients.get(url) is None:
            schema = None if bind.dialect.name == "sqlite" else "dbos"
            there = sa.inspect(session.connection()).has_table("workflow_status", schema=schema)
            _clients[url] = (
                DBOSClient(system_database_url=url, serializer=DBOSPortableJSON, lazy=True)
                if there
                else None
            )
        return _clients[url]


def _close_clients() -> None:
    with _lock:
        for client in _clients.values():
            if client is not None:
                client.destroy()
        _clients.clear()
