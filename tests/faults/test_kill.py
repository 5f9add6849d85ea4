"""A worker killed at every step of a sending: nothing lost, nothing repeated, doubt is flagged.

Real processes, a real mail server, both engines. After each kill the worker "restarts" and the
job is delivered once more, now and after the lease ran out (reliability D1).
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import notice_story as told
import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import Engine

from enforcement.services import sending, settling
from enforcement.settings import Settings

HERE = Path(__file__).parent
WORKER = HERE / "killed_worker.py"
NOW = told.NOW


class Post:
    """Takes every mail and keeps its Message-ID; may take its time to answer."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.seconds = 0.0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        content = envelope.content.decode("utf-8", "replace")
        self.taken.append(next(x for x in content.splitlines() if x.startswith("Message-ID")))
        if self.seconds:
            await asyncio.sleep(self.seconds)
        return "250 kept"


@pytest.fixture
def post() -> Iterator[Any]:
    kept = Post()
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    controller = Controller(kept, hostname="127.0.0.1", port=port)
    controller.start()
    kept.url = f"smtp://127.0.0.1:{port}"  # type: ignore[attr-defined]  # for the tests
    yield kept
    controller.stop()


def environ(settings: Settings, post: Any) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(HERE.parents[1]),
        "ENFORCEMENT_INSTANCE": str(settings.instance),
        "DATABASE_URL": settings.database_url,
        "ENFORCEMENT_SMTP_URL": post.url,
    }


@pytest.mark.heavy
@pytest.mark.slow
@pytest.mark.parametrize(
    ("step", "after_restart", "at_the_end"),
    [
        ("before the claim", "sent", "sent"),
        ("claimed, not committed", "sent", "sent"),
        ("claim committed", "left", "uncertain"),
        ("taken by the server", "left", "uncertain"),
        ("recorded, not committed", "left", "uncertain"),
        ("record committed", "left", "sent"),
    ],
)
def test_killed_at_each_step(
    begin: Callable[..., Any], engine: Engine, settings: Settings, post: Any,
    step: str, after_restart: str, at_the_end: str,
) -> None:  # fmt: skip
    story = told.Story(begin)
    item = story.to_issued()
    env = environ(settings, post)
    killed = subprocess.run(
        [sys.executable, str(WORKER), step, str(item)], env=env, cwd=HERE.parents[1], check=False
    )
    assert killed.returncode == -signal.SIGKILL
    mailing = Settings.read(env)
    assert sending.deliver(engine, mailing, item, lambda: NOW, "restarted") == after_restart
    later = NOW + sending.LEASE
    sending.deliver_ready(engine, mailing, lambda: later, "restarted")
    sending.deliver_ready(engine, mailing, lambda: later + timedelta(days=1), "restarted")
    with begin(told.OFFICER, later) as work:
        found = told.item_of(work, item)
        assert found.state == at_the_end
        assert story.case(work).giving_in_doubt is (at_the_end == "uncertain")
        assert story.notice(work).state == ("given" if at_the_end == "sent" else "issued")
    never_left = step == "claim committed"
    assert len(post.taken) == (0 if never_left else 1)


@pytest.mark.slow
def test_a_real_worker_killed_while_the_server_thinks(
    begin: Callable[..., Any], settings: Settings, post: Any
) -> None:
    """`enforcement worker`, killed after the server has the mail and before its answer: the next
    worker does not send it again."""
    story = told.Story(begin)
    with begin(told.OFFICER) as work:
        engine = work.session.get_bind()
    story.to_issued()
    env = environ(settings, post)
    post.seconds = 30.0
    first = _worker(env)
    try:
        _until(lambda: bool(post.taken), 180)
    finally:
        first.kill()
        first.communicate()
    post.seconds = 0.0
    second = _worker(env)
    try:
        time.sleep(3)
    finally:
        second.send_signal(signal.SIGTERM)
        said, _ = second.communicate(timeout=60)
    assert (second.returncode, said.strip()) == (0, b"Stopped.")
    assert len(post.taken) == 1
    with begin(told.OFFICER) as work:
        item = work.session.get(sending.OutboxItem, 1)
        assert item.state == "claimed"
        assert settling.expire(_later(work, item.lease_until)) == 1
        assert item.state == "uncertain"
    engine.dispose()


def _later(work: Any, now: Any) -> Any:
    return dataclasses.replace(work, now=now)


def _worker(env: dict[str, str]) -> subprocess.Popen[bytes]:
    """A worker that has said that it runs."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "enforcement", "worker"],
        env=env,
        cwd=HERE.parents[1],
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"Worker running."
    return process


def _until(true: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.2)
