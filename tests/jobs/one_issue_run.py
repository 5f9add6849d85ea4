"""Runs a worker in this process and an issue run through it; prints what it saw as JSON."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

from issue_run_story import NOW, OLIVE, SAM, RunStory

from enforcement import jobs
from enforcement.data.engine import open_engine
from enforcement.services import issue_run_approval
from enforcement.services.work import Work, transaction
from enforcement.settings import Settings

LATER = timedelta(minutes=5)


def until(ask: Callable[[], Any], wanted: Any) -> Any:
    end = time.monotonic() + 90
    while (found := ask()) != wanted and time.monotonic() < end:
        time.sleep(0.2)
    return found


def state(story: RunStory) -> str:
    with story.begin(OLIVE) as work:
        return story.run(work).state


def main() -> None:
    settings = Settings.read(os.environ)
    engine = open_engine(settings.database_url)

    def begin(actor: Any, now: datetime = NOW) -> AbstractContextManager[Work]:
        return transaction(engine, actor, now, settings)

    story = RunStory(begin, engine, settings, cases=2)
    story.open()
    story.make()  # before any worker has run: only the sweep will find it
    worker = jobs.start_worker(settings, clock=lambda: NOW + LATER)
    found: dict[str, object] = {"taken up": jobs._take_up_issue_runs()}
    found["drafted"] = until(story.states, ["drafted"] * 2)
    story.freeze()
    story.look()
    with begin(SAM) as work:
        run = story.run(work)
        sha256 = run.manifest_sha256 or ""
        issue_run_approval.approve(work, run, sha256, jobs.start_issue_run)
    found["issued"] = until(story.states, ["issued"] * 2)
    found["run"] = until(lambda: state(story), "done")
    found["nothing left"] = jobs._take_up_issue_runs()
    worker.stop()
    engine.dispose()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
