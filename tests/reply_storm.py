"""Many providers press Send in the same moment, twice each, on a real server: what became of it."""

from __future__ import annotations

import http.client
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

import reply_case
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from waitress import create_server

from enforcement import create_reply_app
from enforcement.commands.serving import THREADS
from enforcement.data.history import Event
from enforcement.data.notices import OutboxItem
from enforcement.data.replies import Reply, ReplyLink
from enforcement.domain.permissions import Actor, Role
from enforcement.domain.replies import Question
from enforcement.services import replies, reply_drafts, reply_sessions
from enforcement.services.work import Work
from enforcement.settings import Settings

Begin = Callable[..., AbstractContextManager[Work]]
LAST_HOUR = datetime(2026, 6, 25, 22, 30, tzinfo=UTC)  # 11:30pm on the last day
OFFICER = Actor("staff:officer", "Officer", frozenset({Role.OFFICER}))
PATIENCE = 60  # seconds a browser waits


@dataclass(frozen=True)
class Storm:
    """What the senders were told and what is stored. `took`: seconds of each first press."""

    statuses: Counter[int]
    receipts: tuple[str, ...]
    took: tuple[float, ...]
    whole: float


def ready(begin: Begin, number: int) -> list[str]:
    """So many providers with everything entered; the cookies of their sessions."""
    cookies = []
    with begin(OFFICER, LAST_HOUR) as work:
        for one in range(1, number + 1):
            reply_case.make(work, one)
            link = work.session.scalars(sa.select(ReplyLink).order_by(ReplyLink.id.desc())).first()
            assert link is not None
            reply_drafts.save(work, link, Question("reasons"), ["accept"])
            reply_drafts.save(work, link, Question("words", "accept"), f"Words of provider {one}.")
            sender = replies.Sender(f"Ann {one}", "Owner", f"a{one}@example.org")
            reply_drafts.save(work, link, Question("sender"), sender.as_json())
            place = link.case.misses[0].duty.location
            cookie = reply_sessions.open_link(work, link, "test", place.cqc_id, place.postcode)
            assert cookie is not None
            cookies.append(cookie)
    return cookies


@contextmanager
def served(settings: Settings) -> Iterator[int]:
    """The reply site as `serve` runs it, on a loopback port."""
    app = create_reply_app(settings, clock=lambda: LAST_HOUR)
    server = create_server(app, host="127.0.0.1", port=0, threads=THREADS, backlog=4096)
    running = threading.Thread(target=server.run, daemon=True)
    running.start()
    yield int(server.effective_port)
    server.close()
    running.join(5)


def ask(port: int, method: str, cookie: str, body: str = "") -> tuple[int, str, str, str]:
    """One request for the check page: status, place to go on to, cookies, page."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request(method, "/reply/check", body, headers)
    answer = connection.getresponse()
    page = answer.read().decode()
    found = answer.getheader("Set-Cookie", "").partition(";")[0]
    connection.close()
    return answer.status, answer.getheader("Location", ""), found, page


def storm(port: int, cookies: list[str], at_once: int) -> Storm:
    """Everybody opens the check page; then all press Send, and press it once more."""
    with ThreadPoolExecutor(8) as pool:
        forms = list(pool.map(lambda cookie: _form(port, cookie), cookies))
    begun = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        pressed = list(pool.map(lambda form: _press_twice(port, *form), forms))
    return Storm(
        statuses=Counter(status for statuses, _, _ in pressed for status in statuses),
        receipts=tuple(place for _, place, _ in pressed),
        took=tuple(sorted(seconds for _, _, seconds in pressed)),
        whole=time.perf_counter() - begun,
    )


def _form(port: int, cookie: str) -> tuple[str, str]:
    held = f"reply-session={cookie}"
    status, _, csrf, page = ask(port, "GET", held)
    assert status == 200, status
    names = ("csrf_token", "form_key")
    found = [re.search(rf'name="{name}"[^>]*value="([^"]+)"', page) for name in names]
    values = {name: one[1] for name, one in zip(names, found, strict=True) if one}
    return f"{held}; {csrf}", urlencode({**values, "declared": "y"})


def _press_twice(port: int, cookie: str, body: str) -> tuple[list[int], str, float]:
    begun = time.perf_counter()
    first = ask(port, "POST", cookie, body)
    seconds = time.perf_counter() - begun
    second = ask(port, "POST", cookie, body)
    assert first[1] == second[1], (first, second)  # the same receipt
    return [first[0], second[0]], first[1], seconds


def nothing_lost(engine: Engine, made: Storm, number: int) -> None:
    """Each got a receipt of a stored reply; each is stored, recorded and mailed exactly once."""
    assert made.statuses == {302: 2 * number}
    with Session(engine) as session:
        stored = session.scalars(sa.select(Reply.reference)).all()
        assert len(stored) == number
        assert {place.rpartition("/")[2] for place in made.receipts} == set(stored)
        late = session.scalar(sa.select(sa.func.count(Reply.id)).where(Reply.late))
        assert late == 0
        said = {reply.answers["details"]["accept"]["words"] for reply in session.query(Reply)}
        assert said == {f"Words of provider {one}." for one in range(1, number + 1)}
        received = sa.select(sa.func.count(Event.id)).where(Event.kind == "reply_received")
        assert session.scalar(received) == number
        assert session.scalar(sa.select(sa.func.count(OutboxItem.id))) == number
