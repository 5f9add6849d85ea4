"""An issue run while its surroundings fail: the mail server, and the database's connections."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from issue_run_story import NOW, OLIVE, RunStory
from issue_run_workers import environ, open_story, whole
from own_postgres import OwnServer
from sqlalchemy import Engine, text

from enforcement.domain.giving import Method
from enforcement.services import issue_run_work, sending
from enforcement.services.issue_run_progress import progress
from enforcement.settings import Settings

CASES = 3


class MailServer:
    """Answers as it is told, after a while; counts what it really took."""

    def __init__(self) -> None:
        self.answer, self.seconds, self.taken = "250 kept", 0.0, 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.seconds:
            await asyncio.sleep(self.seconds)
        self.taken += self.answer.startswith("250")
        return self.answer


@pytest.fixture
def mail() -> Iterator[Any]:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    told = MailServer()
    controller = Controller(told, hostname="127.0.0.1", port=port)
    controller.start()
    told.url = f"smtp://127.0.0.1:{port}"  # type: ignore[attr-defined]  # for the tests
    told.controller = controller  # type: ignore[attr-defined]  # to take it down
    yield told
    with contextlib.suppress(AssertionError, RuntimeError):  # it may be down already
        controller.stop()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("trouble", "first", "after"),
    [
        ("slow", {"sent": 3}, {"sent": 3}),
        ("down", {"ready": 3}, {"sent": 3}),
        ("4xx", {"ready": 3}, {"sent": 3}),
        ("5xx", {"failed": 3}, {"failed": 3}),
    ],
)
def test_the_mail_server_in_trouble(
    begin: Callable[..., Any], engine: Engine, settings: Settings, mail: Any,
    trouble: str, first: dict[str, int], after: dict[str, int],
) -> None:  # fmt: skip
    """Issued stays issued; what could not leave waits and leaves later, once, or fails aloud."""
    story = RunStory(begin, engine, settings, cases=CASES, method=Method.ELECTRONIC)
    story.open(emails=True)
    story.make()
    story.work_on()
    story.freeze()
    story.look()
    story.approve()
    story.work_on()
    mail.seconds = 1.0 if trouble == "slow" else 0.0
    mail.answer = {"4xx": "451 later", "5xx": "550 never"}.get(trouble, "250 kept")
    mailing = Settings.read({**environ(settings), "ENFORCEMENT_SMTP_URL": mail.url})
    down = "smtp://127.0.0.1:1" if trouble == "down" else mail.url
    while_down = Settings.read({**environ(settings), "ENFORCEMENT_SMTP_URL": down})
    sending.deliver_ready(engine, while_down, lambda: NOW, "w")
    assert sent_of(story) == first
    mail.answer, mail.seconds = "250 kept", 0.0
    for minutes in (10, 30):
        later = NOW + timedelta(minutes=minutes)
        sending.deliver_ready(engine, mailing, lambda at=later: at, "w")
    assert sent_of(story, later) == after
    assert mail.taken == after.get("sent", 0)


def sent_of(story: RunStory, now: datetime = NOW) -> dict[str, int]:
    with story.begin(OLIVE, now) as work:
        return dict(progress(work.session, story.run(work), now).sending)


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.pg
def test_postgresql_cuts_every_connection(
    begin: Callable[..., Any], engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a restart does, again and again in the middle of the work: held, resumed, once each."""
    monkeypatch.setattr(issue_run_work, "WAITS", (0.05,) * 20)
    story = RunStory(begin, engine, settings, cases=8)
    story.open()
    story.make()
    cut = cutting(engine, lambda: story.work_on())
    story.work_on()
    assert story.states() == ["drafted"] * 8
    story.freeze()
    story.look()
    story.approve()
    cut += cutting(engine, lambda: story.work_on())
    story.work_on()
    assert cut
    whole(story, 8)


@pytest.mark.slow
@pytest.mark.pg
def test_postgresql_restarted_while_a_worker_drafts_and_issues(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server itself goes and comes back: waited for, and the run ends whole."""
    monkeypatch.setattr(issue_run_work, "WAITS", (0.1,) * 100)
    server = OwnServer()
    try:
        story = open_story(tmp_path, server.made("restarted"), 8)
        restarting(server, story, {"waiting"})
        story.freeze()
        story.look()
        story.approve()
        restarting(server, story, {"drafted"})
        whole(story, 8)
        story.engine.dispose()
    finally:
        server.stop()


def restarting(server: OwnServer, story: RunStory, left: set[str]) -> None:
    """Restart the server as soon as a worker has done something, and before it has done all."""
    worker = threading.Thread(target=story.work_on)
    worker.start()
    while len(set(story.states())) == 1:
        assert worker.is_alive()
    server.restart()
    worker.join(60)
    assert not worker.is_alive()
    assert not left & set(story.states())


def cutting(engine: Engine, act: Callable[[], object]) -> int:
    """Cut every connection a few times while `act` runs; how many were cut."""
    found, over = [0], threading.Event()
    name = engine.url.database

    def cut() -> None:
        other = engine.execution_options(isolation_level="AUTOCOMMIT")
        for _ in range(3):
            if over.wait(0.4):
                return
            with other.connect() as connection:
                rows = connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = :name AND pid <> pg_backend_pid()"
                    ),
                    {"name": name},
                )
                found[0] += len(rows.all())

    thread = threading.Thread(target=cut)
    thread.start()
    try:
        act()
    finally:
        over.set()
        thread.join()
    return found[0]
