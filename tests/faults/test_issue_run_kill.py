"""An issue run whose worker is killed again and again: each case one notice, none twice or lost.

Real processes killed by SIGKILL at a random moment, on both engines; the bench does the same with
5,000 notices and 50 kills.
"""

from __future__ import annotations

import contextlib
import random
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from issue_run_story import NOW, OLIVE, RunStory
from issue_run_workers import start, whole
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import OperationalError

from enforcement.data.notices import Notice
from enforcement.domain.giving import Method
from enforcement.services import issue_run_work, sending
from enforcement.settings import Settings

CASES, KILLS = 60, 6


def killed_at_random(settings: Settings, run_id: int, kills: int, longest: float) -> int:
    """Kill a worker so often, each after a random time; returns how many were still working."""
    chance = random.Random(20260616)  # noqa: S311 - moments, not secrets
    struck = 0
    for _ in range(kills):
        process = start(settings, run_id)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0.01, longest))
        struck += process.poll() is None
        process.kill()
        process.communicate()
    return struck


@pytest.mark.slow
def test_killed_while_drafting_and_issuing(
    begin: Callable[..., Any], engine: Engine, settings: Settings
) -> None:
    story = RunStory(begin, engine, settings, cases=CASES, method=Method.ELECTRONIC)
    story.open(emails=True)
    story.make()
    with begin(OLIVE) as work:
        run_id = story.run(work).id
    struck = killed_at_random(settings, run_id, KILLS // 2, 1.0)
    story.work_on()
    story.freeze()
    story.look()
    story.approve()
    struck += killed_at_random(settings, run_id, KILLS - KILLS // 2, 0.6)
    story.work_on()
    assert struck >= 2
    whole(story, CASES)
    sent = sending.deliver_ready(engine, settings, lambda: NOW, "w")
    again = sending.deliver_ready(engine, settings, lambda: NOW, "w")
    assert (sent.get("sent"), again) == (CASES, {})
    assert len(list(settings.mail_folder.glob("*.eml"))) == CASES


@pytest.mark.slow
def test_two_workers_share_a_run(
    begin: Callable[..., Any], engine: Engine, settings: Settings
) -> None:
    story = RunStory(begin, engine, settings, cases=12)
    story.open()
    story.make()
    with begin(OLIVE) as work:
        run_id = story.run(work).id
    for phase in ("drafted", "issued"):
        both = [start(settings, run_id) for _ in range(2)]
        done = [int(worker.communicate(timeout=120)[0].split()[0]) for worker in both]
        assert (sum(done), [w.returncode for w in both]) == (12, [0, 0])
        assert story.states() == [phase] * 12
        if phase == "drafted":
            story.freeze()
            story.look()
            story.approve()
    whole(story, 12)


def test_the_database_away_for_a_moment(
    begin: Callable[..., Any], engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Full or restarted in the middle of a batch: the batch is gone whole, then done again."""
    story = RunStory(begin, engine, settings, cases=3)
    story.to_approved()
    real, fails = issue_run_work._record, [True, False, True]

    def record(*given: Any) -> None:
        real(*given)
        if fails and fails.pop():
            raise OperationalError("COMMIT", None, Exception("database or disk is full"))

    monkeypatch.setattr(issue_run_work, "_record", record)
    monkeypatch.setattr(issue_run_work, "WAITS", (0.01,) * 4)
    story.work_on()
    assert fails == []
    whole(story, 3)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_full_disk_holds_the_run(
    begin: Callable[..., Any], engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite at its largest size: nothing is half done; with room again the run goes on.

    PostgreSQL's full disk is the case above: the same error, the same answer.
    """
    story = RunStory(begin, engine, settings, cases=4)
    story.open()
    story.make()
    monkeypatch.setattr(issue_run_work, "WAITS", (0.01,))
    with begin(OLIVE) as work:
        pages = int(work.session.scalar(text("PRAGMA page_count")) or 0)
        work.session.execute(text(f"PRAGMA max_page_count = {pages + 30}"))
    with pytest.raises(OperationalError, match="full"):
        story.work_on()
    with begin(OLIVE) as work:
        assert work.session.scalar(text("PRAGMA integrity_check")) == "ok"
        made = work.session.scalar(select(func.count()).select_from(Notice)) or 0
        work.session.execute(text("PRAGMA max_page_count = 1000000"))
    assert story.states().count("drafted") == made < 4
    story.work_on()
    story.freeze()
    story.look()
    story.approve()
    story.work_on()
    whole(story, 4)
