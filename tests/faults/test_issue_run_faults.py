"""An issue run while its surroundings fail: the mail server, and the database's connections."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from issue_run_story import NOW, OLIVE, RunStory
from issue_run_workers import environ, open_story, whole
from own_postgres import OwnServer
from sqlalchemy import Connection, Engine, NullPool, create_engine, event, text

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

    def at_times(number: int, _statement: str) -> bool:
        return number in (3, 20, 61, 90, 140)

    story.open()
    story.make()
    assert cutting(engine, story.work_on, at_times) == 5
    assert story.states() == ["drafted"] * 8
    story.freeze()
    story.look()
    story.approve()
    assert cutting(engine, story.work_on, at_times) == 5
    whole(story, 8)


@pytest.mark.slow
@pytest.mark.pg
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_cuts_the_step_between_two_phases(
    begin: Callable[..., Any], engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The moment at which nothing is in hand is waited for like any other."""
    monkeypatch.setattr(issue_run_work, "WAITS", (0.05,) * 3)
    story = RunStory(begin, engine, settings, cases=2)
    story.open()
    story.make()
    between: list[str] = []

    def when(_number: int, statement: str) -> bool:
        if "FROM issue_run " in statement and statement.endswith("FOR UPDATE"):
            between.append(statement)
            return len(between) == 1
        return False

    assert cutting(engine, story.work_on, when) == 1
    assert story.states() == ["drafted"] * 2


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
        restarting(server, story)
        assert story.states() == ["drafted"] * 8
        story.freeze()
        story.look()
        story.approve()
        restarting(server, story)
        whole(story, 8)
        story.engine.dispose()
    finally:
        server.stop()


def restarting(server: OwnServer, story: RunStory) -> None:
    """Restart the server when the worker has done something, and before it has done all."""
    restarted: list[set[str]] = []

    def restart(_connection: Connection) -> None:
        restarted.append(set(story.states()))
        server.restart()

    def when(number: int, _statement: str) -> bool:
        return number == 200

    assert interrupted(story.engine, story.work_on, when, restart) == 1
    assert len(restarted[0]) == 2, restarted


def cutting(engine: Engine, act: Callable[[], object], when: Callable[[int, str], bool]) -> int:
    """Cut the connection in hand at those statements; how many were cut."""

    def cut(connection: Connection) -> None:
        raw: Any = connection.connection.dbapi_connection
        pid = raw.info.backend_pid
        admin = create_engine(engine.url, poolclass=NullPool)
        with admin.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})

    return interrupted(engine, act, when, cut)


def interrupted(
    engine: Engine,
    act: Callable[[], object],
    when: Callable[[int, str], bool],
    interrupt: Callable[[Connection], None],
) -> int:
    """Interrupt `act` before each statement that `when` names, by number and words; how often."""
    times, number = 0, 0

    def before(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        nonlocal times, number
        number += 1
        if when(number, statement):
            times += 1
            interrupt(connection)

    event.listen(engine, "before_cursor_execute", before)
    try:
        act()
    finally:
        event.remove(engine, "before_cursor_execute", before)
    return times
