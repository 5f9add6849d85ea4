"""How a page queues what must be sent: through the running worker, or for its sweep to find."""

from __future__ import annotations

from typing import cast

from flask import current_app

from enforcement.services import issue_runs
from enforcement.services.sending import Enqueue, sweep_will_find


def enqueue() -> Enqueue:
    """How the site queues what it issued: through the job engine when this installation has one."""
    return cast(Enqueue, current_app.extensions.get("enforcement.enqueue", sweep_will_find))


def start_issue_run() -> issue_runs.Start:
    """How the site hands an issue run to the workers."""
    found = current_app.extensions.get("enforcement.start_issue_run", issue_runs.sweep_will_find)
    return cast(issue_runs.Start, found)


def enqueue_bundle() -> Enqueue:
    """How the site hands the making of a bundle to the workers."""
    found = current_app.extensions.get("enforcement.enqueue_bundle", sweep_will_find)
    return cast(Enqueue, found)
