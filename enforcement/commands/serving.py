"""`enforcement serve` and `enforcement worker`: both sites and the worker, until told to stop."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType
from typing import Any

import click
from waitress import create_server

from enforcement import create_reply_app, create_staff_app
from enforcement.commands.opening import open_database
from enforcement.settings import Settings

THREADS = 6  # for each site: between 4 and 8 is best where one process does the writing
slot_option = click.option(
    "--slot",
    default="1",
    show_default=True,
    help="Tells workers on one machine apart; the same after every restart.",
)


class _Stop:
    """Set by SIGTERM or SIGINT; everything running waits for it."""

    def __init__(self) -> None:
        self._told = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._tell)

    def _tell(self, _number: int, _frame: FrameType | None) -> None:
        self._told.set()

    def wait(self) -> None:
        # In slices: a wait without end would keep Windows from seeing Ctrl+C.
        while not self._told.wait(0.5):
            pass


@click.command()
@click.option("--no-worker", is_flag=True, help="Only the sites; workers run elsewhere.")
@slot_option
def serve(no_worker: bool, slot: str) -> None:
    """Run the staff site, the reply site and the worker in one process."""
    settings = Settings.read(os.environ)
    open_database(settings).dispose()
    stop = _Stop()
    worker = None if no_worker else _start_worker(settings, slot)
    staff, reply = create_staff_app(settings), create_reply_app(settings)
    _hand_over_queue(staff, reply)
    servers = [
        create_server(staff, host=settings.host, port=settings.staff_port, threads=THREADS),
        create_server(reply, host=settings.host, port=settings.reply_port, threads=THREADS),
    ]
    for server in servers:
        threading.Thread(target=server.run, daemon=True).start()
    click.echo(f"Staff site  http://{settings.host}:{settings.staff_port}")
    click.echo(f"Reply site  http://{settings.host}:{settings.reply_port}")
    click.echo("No worker in this process." if no_worker else "Worker running.")
    try:
        stop.wait()
    finally:
        for server in servers:
            server.close()
        if worker is not None:
            worker.stop()
    click.echo("Stopped.")


@click.command()
@slot_option
def worker(slot: str) -> None:
    """Run a worker alone: sends what was issued, expires claims, signs the history at night."""
    settings = Settings.read(os.environ)
    open_database(settings).dispose()
    stop = _Stop()
    running = _start_worker(settings, slot)
    click.echo("Worker running.")
    try:
        stop.wait()
    finally:
        running.stop()
    click.echo("Stopped.")


def _start_worker(settings: Settings, slot: str) -> Any:
    from enforcement import jobs  # takes seconds to import, and only these two commands need it

    return jobs.start_worker(settings, slot)


def _hand_over_queue(*apps: Any) -> None:
    """The sites queue through the job engine, inside their own transaction."""
    from enforcement import jobs

    for app in apps:
        app.extensions["enforcement.enqueue"] = jobs.enqueue
        app.extensions["enforcement.enqueue_bundle"] = jobs.enqueue_bundle
        app.extensions["enforcement.start_issue_run"] = jobs.start_issue_run
