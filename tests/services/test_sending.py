"""Sending at most once: claims, leases, answers of a real mail server, back-off, the breaker."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any

import notice_story as told
import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from sqlalchemy import Engine

from enforcement.data.notices import Attempt, OutboxItem
from enforcement.domain.giving import Method
from enforcement.domain.refusals import BadInput, NotAllowed, WrongState
from enforcement.services import giving, sending, settling, tasks
from enforcement.services.work import transaction
from enforcement.settings import Settings

NOW = told.NOW


class Post:
    """A mail server whose answer the test chooses; keeps the Message-IDs it took."""

    def __init__(self) -> None:
        self.answer = "250 kept"
        self.taken: list[str] = []
        self.drop = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.answer.startswith("2"):
            content = envelope.content.decode("utf-8", "replace")
            line = next(x for x in content.splitlines() if x.startswith("Message-ID"))
            self.taken.append(line)
        if self.drop:
            server.transport.close()
        return self.answer


def free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def post() -> Iterator[Any]:
    kept = Post()
    controller = Controller(kept, hostname="127.0.0.1", port=free_port())
    controller.start()
    kept.url = f"smtp://127.0.0.1:{controller.port}"  # type: ignore[attr-defined]  # for the tests
    yield kept
    controller.stop()


@pytest.fixture
def mailing(settings: Settings, post: Any) -> Settings:
    return dataclasses.replace(settings, smtp_url=post.url)


@pytest.fixture
def story(begin: Callable[..., Any]) -> Any:
    return told.Story(begin)


def deliver(
    engine: Engine, settings: Settings, item_id: int, now: datetime = NOW, worker: str = "w1"
) -> str:
    return sending.deliver(engine, settings, item_id, lambda: now, worker)


def state(begin: Any, item_id: int) -> str:
    with begin(told.OFFICER) as work:
        return str(told.item_of(work, item_id).state)


def test_a_real_server_takes_it_once(
    story: Any, begin: Any, engine: Engine, mailing: Settings, post: Any
) -> None:
    item = story.to_issued()
    assert deliver(engine, mailing, item) == "sent"
    assert deliver(engine, mailing, item) == "left"
    assert post.taken == ["Message-ID: <notice-ASC-2026-000001-N1@nhs.net>"]
    with begin(told.OFFICER) as work:
        assert story.notice(work).state == "given"
        assert "250" in str(told.item_of(work, item).evidence)


@pytest.mark.parametrize(
    ("answer", "outcome", "item_state", "notice_state", "doubt"),
    [
        ("451 4.3.2 try later", "temporary", "ready", "issued", False),
        ("550 5.1.1 no such person", "permanent", "failed", "failed", True),
    ],
)
def test_answers_of_the_server(
    story: Any, begin: Any, engine: Engine, mailing: Settings, post: Any,
    answer: str, outcome: str, item_state: str, notice_state: str, doubt: bool,
) -> None:  # fmt: skip
    item = story.to_issued()
    post.answer = answer
    assert deliver(engine, mailing, item) == outcome
    with begin(told.OFFICER) as work:
        found = told.item_of(work, item)
        assert (found.state, story.notice(work).state) == (item_state, notice_state)
        assert story.case(work).giving_in_doubt is doubt
        assert answer[:3] in str(found.evidence)


def test_line_dropped_after_data_is_uncertain_and_never_sent_again(
    story: Any, begin: Any, engine: Engine, mailing: Settings, post: Any
) -> None:
    item = story.to_issued()
    post.drop = True
    assert deliver(engine, mailing, item) == "uncertain"
    post.drop = False
    for hour in range(1, 30, 7):
        now = NOW + timedelta(hours=hour)
        sending.deliver_ready(engine, mailing, lambda at=now: at, "w1")
    assert len(post.taken) == 1
    assert state(begin, item) == "uncertain"


def test_server_down_waits_longer_each_time_and_gives_up_after_a_day(
    story: Any, begin: Any, engine: Engine, settings: Settings
) -> None:
    item = story.to_issued()
    down = dataclasses.replace(settings, smtp_url=f"smtp://127.0.0.1:{free_port()}")
    now, waits = NOW, []
    while deliver(engine, down, item, now) == "temporary":
        with begin(told.OFFICER, now) as work:
            found = told.item_of(work, item)
            if found.state != "ready":
                break
            waits.append(round((found.next_try_at - now).total_seconds() / 60))
            now = found.next_try_at
    assert waits[:5] == [1, 5, 15, 60, 60]
    assert now - NOW >= timedelta(hours=23)
    assert state(begin, item) == "failed"


def test_a_claim_that_ran_out_goes_to_a_person(story: Any, begin: Any, engine: Engine) -> None:
    item = story.to_issued()
    with begin(told.OFFICER) as work:
        assert sending.claim(work, item, "dead") is not None
        assert sending.claim(work, item, "other") is None
    with begin(told.OFFICER, NOW + sending.LEASE - timedelta(seconds=1)) as work:
        assert settling.expire(work) == 0
    with begin(told.OFFICER, NOW + sending.LEASE) as work:
        assert settling.expire(work) == 1
        assert settling.expire(work) == 0
        assert story.case(work).giving_in_doubt
        (task,) = tasks.open_of(work.session, story.case(work))
        assert (task.kind, task.notice) == ("sending_uncertain", story.notice(work))
        assert task.due_on == date(2026, 6, 17)  # the next working day
        with pytest.raises(WrongState, match="Nobody has said yet whether it was sent"):
            tasks.close_task(work, task, "done", "It was sent.")
    assert state(begin, item) == "uncertain"


def open_kinds(story: Any, begin: Any) -> list[str]:
    with begin(told.OFFICER) as work:
        return [task.kind for task in tasks.open_of(work.session, story.case(work))]


def test_a_sending_in_doubt_twice_is_two_tasks(story: Any, begin: Any) -> None:
    item = _uncertain(story, begin)
    later = NOW + timedelta(hours=1)
    with begin(told.OFFICER, later) as work:
        settling.settle(work, item, sent=False, evidence="Not in the server’s record")
    assert open_kinds(story, begin) == []
    with begin(told.OFFICER, later) as work:
        sending.claim(work, item, "dead again")
    with begin(told.OFFICER, later + sending.LEASE) as work:
        assert settling.expire(work) == 1
    assert open_kinds(story, begin) == ["sending_uncertain"]
    with begin(told.OFFICER, later + sending.LEASE) as work:
        settling.fail(work, told.item_of(work, item), "The server says that it never came.")
    assert open_kinds(story, begin) == ["giving_failed"]


def test_a_letter_that_was_placed_after_all_is_in_doubt_no_more(story: Any, begin: Any) -> None:
    story.method, story.recipient = Method.FIRST_CLASS, told.REGISTERED_OFFICE
    item = _uncertain(story, begin)
    assert open_kinds(story, begin) == ["sending_uncertain"]
    with begin(told.OFFICER, NOW + timedelta(hours=1)) as work:
        settling.record(work, item, settling.Outcome("placed", "N1.pdf", NOW), "dead")
        assert not story.case(work).giving_in_doubt
        assert story.notice(work).state == "issued"
    assert open_kinds(story, begin) == []


def test_settled_as_sent(story: Any, begin: Any) -> None:
    item = _uncertain(story, begin)
    with begin(told.OFFICER, NOW + timedelta(hours=1)) as work:
        settling.settle(work, item, sent=True, evidence="Server record", sent_at=NOW)
        assert story.notice(work).state == "given"
        assert not story.case(work).giving_in_doubt
        assert tasks.open_of(work.session, story.case(work)) == []
        with pytest.raises(WrongState):
            settling.settle(work, item, sent=False, evidence="x")


def test_settled_as_not_sent_is_sent_under_the_same_number(
    story: Any, begin: Any, engine: Engine, mailing: Settings, post: Any
) -> None:
    item = _uncertain(story, begin)
    later = NOW + timedelta(hours=1)
    with begin(told.OFFICER, later) as work:
        settling.settle(work, item, sent=False, evidence="Not in the server’s record")
    assert deliver(engine, mailing, item, later) == "sent"
    assert post.taken == ["Message-ID: <notice-ASC-2026-000001-N1@nhs.net>"]


def test_settling_needs_words_a_time_and_the_right(story: Any, begin: Any) -> None:
    item = _uncertain(story, begin)
    with begin(told.OFFICER, NOW + timedelta(hours=1)) as work:
        for wrong in (
            {"sent": True, "evidence": " ", "sent_at": NOW},
            {"sent": True, "evidence": "x"},
            {"sent": True, "evidence": "x", "sent_at": NOW + timedelta(hours=2)},
            {"sent": True, "evidence": "x", "sent_at": NOW - timedelta(days=1)},
        ):
            with pytest.raises(BadInput):
                settling.settle(work, item, **wrong)
    with begin(told.FINANCE) as work, pytest.raises(NotAllowed):
        settling.settle(work, item, sent=False, evidence="x")


def _uncertain(story: Any, begin: Any) -> int:
    item = int(story.to_issued())
    with begin(told.OFFICER) as work:
        sending.claim(work, item, "dead")
    with begin(told.OFFICER, NOW + sending.LEASE) as work:
        settling.expire(work)
    return item


def test_failed_email_may_go_by_hand(
    story: Any, begin: Any, engine: Engine, mailing: Settings, post: Any
) -> None:
    item = story.to_issued()
    post.answer = "550 no"
    deliver(engine, mailing, item)
    with begin(told.OFFICER) as work:
        giving.record_by_person(
            work, story.notice(work), NOW.date(), Method.HAND, "Handed to the secretary"
        )
        assert story.case(work).state == "representations"
        assert story.notice(work).given_on == NOW.date()


def test_late_answer_after_the_lease_settles_a_proven_sending(story: Any, begin: Any) -> None:
    item = _uncertain(story, begin)
    with begin(told.OFFICER, NOW + timedelta(hours=1)) as work:
        late = settling.Outcome("sent", "250 kept", NOW)
        settling.record(work, item, late, "somebody else")
        assert told.item_of(work, item).state == "uncertain"
        settling.record(work, item, late, "dead")
        assert told.item_of(work, item).state == "sent"


def test_same_key_is_the_same_item(begin: Any) -> None:
    with begin(told.OFFICER) as work:
        payload = {"subject": "Received", "text": "We have it."}
        one = sending.queue(work, "reply-R1", "email", "a@example.com", payload)
        assert sending.queue(work, "reply-R1", "email", "b@example.com", payload) is one


def test_four_workers_send_once(begin: Any, engine: Engine, mailing: Settings, post: Any) -> None:
    with begin(told.OFFICER) as work:
        items = [
            sending.queue(
                work, f"reply-R{n}", "email", "a@example.com", {"subject": "S", "text": "T"}
            ).id
            for n in range(6)
        ]
    with ThreadPoolExecutor(4) as pool:
        jobs = [
            pool.submit(deliver, engine, mailing, item, NOW, f"w{worker}")
            for item in items
            for worker in range(4)
        ]
        outcomes = [job.result() for job in jobs]
    assert sorted(outcomes) == ["left"] * 18 + ["sent"] * 6
    assert len(set(post.taken)) == len(post.taken) == 6


def test_five_failures_in_a_row_pause_the_pass(
    begin: Any, engine: Engine, settings: Settings
) -> None:
    down = dataclasses.replace(settings, smtp_url=f"smtp://127.0.0.1:{free_port()}")
    with begin(told.OFFICER) as work:
        for n in range(8):
            sending.queue(
                work, f"reply-R{n}", "email", "a@example.com", {"subject": "S", "text": "T"}
            )
    counts = sending.deliver_ready(engine, down, lambda: NOW, "w1")
    assert counts == {"temporary": 5, "paused": 1}
    with transaction(engine, told.OFFICER, NOW, down) as work:
        tried = work.session.scalar(sa.select(sa.func.count()).select_from(Attempt))
        left = work.session.scalar(
            sa.select(sa.func.count()).where(OutboxItem.attempts == 0).select_from(OutboxItem)
        )
        assert (tried, left) == (5, 3)
        assert sending.paused_until(work.session, NOW) == NOW + sending.BREAKER_PAUSE
        assert sending.paused_until(work.session, NOW + sending.BREAKER_PAUSE) is None
        item = work.session.scalars(sa.select(OutboxItem)).first()
        settling.attempt(work, item, settling.Outcome("delivered", "of another day", NOW))
        assert sending.paused_until(work.session, NOW) is not None
