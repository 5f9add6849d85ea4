"""A whole issue run, killed again and again, with people reading pages meanwhile; then sharing.

Run on purpose: `PYTHONPATH=.:tests .venv/bin/python tests/bench/bench_issue_run.py
[notices] [kills]` (5,000 and 50 unless told otherwise). It prints what was asked for beside what
was found, and the machine's load, because other work beside it makes every time longer.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from issue_run_story import NOW, OLIVE, RunStory
from issue_run_workers import WORKER, environ, open_story, whole
from own_postgres import OwnServer
from signed_in import COOKIE, signed_in
from sqlalchemy import Engine

from enforcement import create_staff_app

WANTED_SECONDS = 300  # for 5,000 notices drafted, stored, sealed, issued and in the outbox
WANTED_MB = 150
WANTED_P95 = 0.5
WANTED_SHARE = 1.7  # two workers on PostgreSQL against one


def run_id(story: RunStory) -> int:
    with story.begin(OLIVE) as work:
        return story.run(work).id


def start(story: RunStory, number: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, str(WORKER), str(number), NOW.isoformat()],
        env=environ(story.settings),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "working\n"
    return process


def work_to_the_end(
    story: RunStory, number: int, kills: int, chance: random.Random, longest: float
) -> tuple[float, int]:
    """Workers one after another, killed so often at random moments; seconds, and most memory."""
    begun = time.perf_counter()
    for _ in range(kills):
        process = start(story, number)
        time.sleep(chance.uniform(0.0, longest))
        process.kill()
        process.communicate()
    said = start(story, number).communicate()[0].split()
    return time.perf_counter() - begun, int(said[-1])


class Reader:
    """An officer who opens one page after another, once a second or so, and notes how long."""

    PAGES = ("/", "/cases", "/providers", "/history")

    def __init__(self, story: RunStory) -> None:
        self._stop = threading.Event()
        self.taken: list[float] = []
        secret = signed_in(story.engine, "olive", datetime.now(UTC))
        self._client = create_staff_app(story.settings).test_client()
        self._client.set_cookie(COOKIE, secret)
        assert all(self._client.get(page).status_code == 200 for page in self.PAGES)
        self._thread = threading.Thread(target=self._read)

    def _read(self) -> None:
        while not self._stop.is_set():
            for page in self.PAGES:
                begun = time.perf_counter()
                self._client.get(page)
                self.taken.append(time.perf_counter() - begun)
                self._stop.wait(0.25)

    def __enter__(self) -> Reader:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def p95(self) -> float:
        return sorted(self.taken)[int(len(self.taken) * 0.95)]


def sqlite(notices: int, kills: int) -> None:
    chance = random.Random(5000)  # noqa: S311 - moments, not secrets
    with tempfile.TemporaryDirectory() as folder:
        story = open_story(Path(folder), f"sqlite:///{folder}/bench.sqlite3", notices)
        number = run_id(story)
        with Reader(story) as reader:
            drafting, first = work_to_the_end(story, number, kills // 2, chance, 4)
            begun = time.perf_counter()
            story.freeze()
            story.look()
            story.approve()
            between = time.perf_counter() - begun
            issuing, second = work_to_the_end(story, number, kills - kills // 2, chance, 4)
        whole(story, notices)
        story.engine.dispose()
    seconds = drafting + issuing
    wanted = WANTED_SECONDS * notices / 5000
    print(f"{notices:,} notices on SQLite, {kills} kills: {notices:,} given, none twice or missing")
    if kills:
        print(f"  {drafting + issuing:.1f} s, each kill and new start among them")
        return
    print(
        f"  drafted, rendered, stored  {drafting:8.1f} s  {drafting / notices * 1000:6.1f} ms each"
    )
    print(f"  frozen, looked at, approved{between:8.1f} s")
    print(f"  sealed, issued, in outbox  {issuing:8.1f} s  {issuing / notices * 1000:6.1f} ms each")
    print(f"  all of it against {wanted:.0f} s       {seconds / wanted:8.2f} times")
    print(f"  memory against {WANTED_MB} MB        {max(first, second) / WANTED_MB:8.2f} times")
    print(f"  web p95 against {WANTED_P95} s        {reader.p95 / WANTED_P95:8.2f} times")


def postgresql(notices: int) -> None:
    """One worker, then two, on the same work on the same server."""
    taken = {}
    with server() as url:
        for workers in (1, 2):
            name = f"bench{workers}"
            admin = sa.create_engine(url, isolation_level="AUTOCOMMIT")
            with admin.connect() as connection:
                connection.exec_driver_sql(f"CREATE DATABASE {name}")
            admin.dispose()
            own = sa.make_url(url).set(database=name).render_as_string(hide_password=False)
            with tempfile.TemporaryDirectory() as folder:
                taken[workers] = shared(open_story(Path(folder), own, notices), workers)
    print(f"{notices:,} notices on PostgreSQL")
    print(f"  one worker {taken[1]:.1f} s, two {taken[2]:.1f} s")
    print(f"  two against one {taken[1] / taken[2]:.2f} times as fast, wanted {WANTED_SHARE}")


def shared(story: RunStory, workers: int) -> float:
    number, seconds = run_id(story), 0.0
    for last in (False, True):
        running = [start(story, number) for _ in range(workers)]
        begun = time.perf_counter()
        for process in running:
            process.communicate()
        seconds += time.perf_counter() - begun
        if not last:
            story.freeze()
            story.look()
            story.approve()
    whole(story, story.cases)
    engine: Engine = story.engine
    engine.dispose()
    return seconds


@contextmanager
def server() -> Iterator[str]:
    """DATABASE_URL_TEST's server, or one of our own as the tests start it."""
    if given := os.environ.get("DATABASE_URL_TEST"):
        yield given
        return
    own = OwnServer()
    try:
        yield own.url
    finally:
        own.stop()


def main() -> None:
    notices = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    parts: tuple[Callable[[], None], ...] = (
        lambda: sqlite(notices, 0),
        lambda: sqlite(notices, kills),
        lambda: postgresql(max(50, notices // 5)),
    )
    for part in parts:
        print("load of the machine:", ", ".join(f"{load:.1f}" for load in os.getloadavg()))
        part()


if __name__ == "__main__":
    main()
