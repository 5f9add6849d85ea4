"""What became of what was sent: asked of Notify, told by bounces, brought back by the post."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage, Message
from typing import Any

import notice_story as told
import notify_server
import pytest
import sqlalchemy as sa
from notify_server import Notify, later
from sqlalchemy import Engine

from enforcement.data.deliveries import Delivery
from enforcement.data.history import Event
from enforcement.domain.giving import Method
from enforcement.domain.permissions import Actor
from enforcement.domain.refusals import BadInput, NotAllowed
from enforcement.services import bounces, delivery, giving, returned_post, sending, settling, tasks
from enforcement.settings import Settings

NOW = told.NOW
KEY = "notice-ASC-2026-000001-N1"


@pytest.fixture
def notify() -> Iterator[Notify]:
    with notify_server.running() as server:
        yield server


@pytest.fixture
def by_notify(settings: Settings, notify: Notify) -> Settings:
    return dataclasses.replace(
        settings,
        email_by="notify",
        letters_by="notify",
        notify_key=notify_server.KEY,
        notify_url=notify.url,
        notify_template=notify_server.TEMPLATE,
    )


@pytest.fixture
def story(begin: Callable[..., Any]) -> Any:
    return told.Story(begin)


@pytest.fixture
def letter(begin: Callable[..., Any]) -> Any:
    return told.Story(begin, method=Method.FIRST_CLASS, recipient=told.REGISTERED_OFFICE)


def send(engine: Engine, settings: Settings, item: int, now: datetime = NOW) -> str:
    return sending.deliver(engine, settings, item, lambda: now, "w1")


def ask(engine: Engine, settings: Settings, minutes: int) -> dict[str, int]:
    now = NOW + timedelta(minutes=minutes)
    return delivery.ask_unfinished(engine, settings, lambda: now)


def life(begin: Any, item: int) -> list[str]:
    with begin(told.OFFICER) as work:
        found = settling.attempts_of(work.session, told.item_of(work, item))
        return [one.outcome for one in found]


def open_tasks(work: Any, story: Any) -> list[str]:
    return [task.kind for task in tasks.open_of(work.session, story.case(work))]


def held(work: Any, story: Any) -> list[str]:
    return [hold.category for hold in story.case(work).holds if hold.ends_on is None]


# --- email by Notify -------------------------------------------------------------------------
def test_an_email_is_followed_until_it_is_delivered(
    story: Any, begin: Any, engine: Engine, by_notify: Settings, notify: Notify
) -> None:
    item = story.to_issued()
    assert send(engine, by_notify, item) == "sent"
    with begin(told.OFFICER) as work:
        assert story.notice(work).state == "given"  # handing over is what reg 7 counts from
    assert ask(engine, by_notify, 4) == {}
    assert ask(engine, by_notify, 5) == {"unchanged": 1}
    assert ask(engine, by_notify, 5) == {}
    notify.becomes("sending", sent_at=later(1))
    assert ask(engine, by_notify, 20) == {"accepted": 1}
    notify.becomes("delivered", completed_at=later(70))
    assert ask(engine, by_notify, 80) == {"delivered": 1}
    assert ask(engine, by_notify, 60 * 24) == {}
    assert life(begin, item) == ["sent", "accepted", "delivered"]
    with begin(told.OFFICER) as work:
        last = settling.attempts_of(work.session, told.item_of(work, item))[-1]
        assert last.at == datetime.fromisoformat(later(70))
        assert '"status": "delivered"' in last.evidence
        assert not story.case(work).giving_in_doubt
        kinds = work.session.scalars(sa.select(Event.kind)).all()
        assert kinds.count("delivery_reported") == 1


@pytest.mark.parametrize("status", ["permanent-failure", "temporary-failure", "technical-failure"])
def test_an_email_that_fails_after_it_was_taken_doubts_the_giving(
    story: Any, begin: Any, engine: Engine, by_notify: Settings, notify: Notify, status: str
) -> None:
    item = story.to_issued()
    send(engine, by_notify, item)
    notify.becomes(status, completed_at=later(3))
    assert ask(engine, by_notify, 5) == {"failed": 1}
    with begin(told.OFFICER) as work:
        case, notice = story.case(work), story.notice(work)
        assert (case.giving_in_doubt, held(work, story)) == (True, ["giving"])
        assert open_tasks(work, story) == ["giving_failed"]
        assert (notice.state, notice.given_on.isoformat()) == ("given", "2026-06-17")
        giving.settle_doubt(work, notice, "The secretary rang to say that it arrived")
        assert (case.giving_in_doubt, held(work, story), open_tasks(work, story)) == (False, [], [])


@pytest.mark.parametrize(("answer", "kept"), [("drop", True), (500, True)])
def test_an_uncertain_email_that_notify_has_was_sent(
    story: Any, begin: Any, engine: Engine, by_notify: Settings, notify: Notify,
    answer: Any, kept: bool,
) -> None:  # fmt: skip
    item = story.to_issued()
    notify.answer, notify.keep = answer, kept
    assert send(engine, by_notify, item) == "uncertain"
    with begin(told.OFFICER) as work:
        assert story.case(work).giving_in_doubt
    notify.becomes("sending", sent_at=later(1))
    assert ask(engine, by_notify, 14) == {}
    assert ask(engine, by_notify, 15) == {"accepted": 1}
    with begin(told.OFFICER) as work:
        found, notice = told.item_of(work, item), story.notice(work)
        assert (found.state, notice.state) == ("sent", "given")
        assert found.sent_at == notice.sent_at
        assert not story.case(work).giving_in_doubt
        assert work.session.get(Delivery, item).provider_id
    assert life(begin, item) == ["uncertain", "settled_sent", "accepted"]
    assert len(notify.taken) == 1


def test_an_uncertain_email_that_notify_does_not_have_is_sent_again_under_its_key(
    story: Any, begin: Any, engine: Engine, by_notify: Settings, notify: Notify
) -> None:
    item = story.to_issued()
    notify.answer, notify.keep = 500, False
    assert send(engine, by_notify, item) == "uncertain"
    notify.answer = 201
    soon = NOW + timedelta(minutes=16)
    assert send(engine, by_notify, item, soon) == "left"
    assert ask(engine, by_notify, 16) == {"again": 1}
    with begin(told.OFFICER) as work:
        assert not story.case(work).giving_in_doubt
    assert send(engine, by_notify, item, soon) == "sent"
    assert [one["reference"] for one in notify.taken] == [KEY]
    assert life(begin, item) == ["uncertain", "settled_not", "sent"]


@pytest.mark.parametrize("asking", [403, 429, 500])
def test_an_uncertain_email_stays_so_while_notify_does_not_answer(
    story: Any, begin: Any, engine: Engine, by_notify: Settings, notify: Notify, asking: int
) -> None:
    item = story.to_issued()
    notify.answer, notify.asking = "drop", asking
    send(engine, by_notify, item)
    assert ask(engine, by_notify, 20) == {"no answer": 1}
    assert life(begin, item) == ["uncertain"]
    notify.asking = 200
    assert ask(engine, by_notify, 60) == {"sent": 1}
    assert life(begin, item) == ["uncertain", "settled_sent"]


def test_an_empty_answer_after_a_week_is_left_to_a_person(
    story: Any, begin: Any, engine: Engine, by_notify: Settings, notify: Notify
) -> None:
    item = story.to_issued()
    notify.answer, notify.keep = "drop", False
    send(engine, by_notify, item)
    assert ask(engine, by_notify, 7 * 1440) == {"unsure": 1}
    assert ask(engine, by_notify, 30 * 1440) == {}
    with begin(told.OFFICER) as work:
        assert told.item_of(work, item).state == "uncertain"


def test_what_is_never_there_is_given_up_after_a_day(
    story: Any, begin: Any, engine: Engine, by_notify: Settings, notify: Notify
) -> None:
    item = story.to_issued()
    notify.answer, notify.keep = 500, False
    send(engine, by_notify, item)
    assert ask(engine, by_notify, 25 * 60) == {"failed": 1}
    with begin(told.OFFICER) as work:
        assert (told.item_of(work, item).state, story.notice(work).state) == ("failed", "failed")
        assert (held(work, story), open_tasks(work, story)) == (["giving"], ["giving_failed"])


def test_a_worker_that_wakes_after_its_claim_ran_out_sends_nothing(
    story: Any, engine: Engine, by_notify: Settings, notify: Notify
) -> None:
    item = story.to_issued()
    times = iter([NOW, NOW + sending.LEASE, NOW + sending.LEASE])
    assert sending.deliver(engine, by_notify, item, lambda: next(times), "slow") == "temporary"
    assert notify.taken == []


def test_two_workers_ask_once(story: Any, begin: Any, engine: Engine, by_notify: Settings) -> None:
    item = story.to_issued()
    send(engine, by_notify, item)
    with begin(told.OFFICER, NOW + timedelta(minutes=6)) as work:
        assert delivery.take_question(work, item) is not None
        assert delivery.take_question(work, item) is None


def test_notify_that_refuses_for_now_is_tried_again_and_for_good_is_a_task(
    story: Any, begin: Any, engine: Engine, by_notify: Settings, notify: Notify
) -> None:
    item = story.to_issued()
    notify.answer, notify.keep = 429, False
    assert send(engine, by_notify, item) == "temporary"
    assert ask(engine, by_notify, 60) == {}
    notify.answer = 400
    assert send(engine, by_notify, item, NOW + timedelta(minutes=1)) == "permanent"
    with begin(told.OFFICER) as work:
        assert story.notice(work).state == "failed"
        assert (held(work, story), open_tasks(work, story)) == (["giving"], ["giving_failed"])


# --- letters by Notify -----------------------------------------------------------------------
def test_a_letter_is_given_once_it_is_posted(
    letter: Any, begin: Any, engine: Engine, by_notify: Settings, notify: Notify
) -> None:
    item = letter.to_issued()
    assert send(engine, by_notify, item) == "placed"
    assert notify.taken[0]["postage"] == "first"
    notify.becomes("accepted")
    assert ask(engine, by_notify, 5) == {"accepted": 1}
    with begin(told.OFFICER) as work:
        assert letter.notice(work).state == "issued"
    notify.becomes("received", completed_at=later(60 * 20))  # the next day, 17 June
    assert ask(engine, by_notify, 60 * 24) == {"posted": 1}
    with begin(told.OFFICER, NOW + timedelta(days=1)) as work:
        notice = letter.notice(work)
        assert (notice.state, notice.method) == ("given", "first_class")
        assert (notice.sent_at, notice.given_on.isoformat()) == (
            datetime.fromisoformat(later(60 * 20)),
            "2026-06-22",
        )
    assert life(begin, item) == ["placed", "accepted", "posted"]


@pytest.mark.parametrize("status", ["validation-failed", "cancelled", "technical-failure"])
def test_a_letter_that_is_not_printed_is_a_task(
    letter: Any, begin: Any, engine: Engine, by_notify: Settings, notify: Notify, status: str
) -> None:
    item = letter.to_issued()
    send(engine, by_notify, item)
    notify.becomes(status)
    assert ask(engine, by_notify, 5) == {"failed": 1}
    with begin(told.OFFICER, NOW + timedelta(hours=1)) as work:
        assert (told.item_of(work, item).state, letter.notice(work).state) == ("failed", "failed")
        assert (held(work, letter), open_tasks(work, letter)) == (["giving"], ["giving_failed"])
        giving.record_by_person(work, letter.notice(work), NOW.date(), Method.HAND, "Handed over")
        assert (held(work, letter), open_tasks(work, letter)) == ([], [])


# --- reports of mail servers -----------------------------------------------------------------
def report(
    action: str = "failed",
    *,
    to: str = "secretary@example.com",
    envelope: str | None = KEY,
    message_id: str | None = f"<{KEY}@nhs.net>",
    at: datetime = NOW + timedelta(minutes=1),
) -> bytes:
    """A report as a mail server writes it (RFC 3464)."""
    mail = EmailMessage()
    mail["From"], mail["To"] = "MAILER-DAEMON@mail.example.com", "enforcement@nhs.net"
    mail["Date"] = at
    mail["Subject"] = "Delivery report"
    mail.set_content("This is what became of your mail.")
    mail.make_mixed()
    mail.replace_header("Content-Type", 'multipart/report; report-type="delivery-status"')
    about, one = Message(), Message()
    about["Reporting-MTA"] = "dns; mail.example.com"
    if envelope:
        about["Original-Envelope-Id"] = envelope
    one["Final-Recipient"] = f"rfc822; {to}"
    one["Action"] = action
    one["Status"] = "5.1.1" if action == "failed" else "2.0.0"
    one["Diagnostic-Code"] = "smtp; 550 5.1.1 no such person"
    status = Message()
    status["Content-Type"] = "message/delivery-status"
    status.set_payload([about, one])
    mail.attach(status)
    if message_id:
        back = Message()
        back["Content-Type"] = "text/rfc822-headers"
        back.set_payload(f"Message-ID: {message_id}\nSubject: Notice\n")
        mail.attach(back)
    return mail.as_bytes()


def read(begin: Any, *files: bytes, by: Actor = told.OFFICER) -> bounces.BouncesRead:
    with begin(by, NOW + timedelta(hours=1)) as work:
        return bounces.read_reports(work, [(f"{n}.eml", one) for n, one in enumerate(files, 1)])


def test_a_bounce_doubts_the_giving_once(story: Any, begin: Any) -> None:
    story.to_given()
    first = read(begin, report())
    assert (dict(first.taken), first.known, first.refused) == ({"failed": 1}, 0, [])
    assert read(begin, report()).known == 1
    with begin(told.OFFICER) as work:
        assert (held(work, story), open_tasks(work, story)) == (["giving"], ["giving_failed"])
        last = settling.attempts_of(work.session, told.item_of(work, 1))[-1]
        assert last.outcome == "failed"
        assert "Diagnostic-Code: smtp; 550 5.1.1 no such person" in last.evidence


@pytest.mark.parametrize(
    ("action", "stage"),
    [("delayed", "soft"), ("delivered", "delivered"), ("relayed", "accepted")],
)
def test_other_reports_are_lines_of_its_life(
    story: Any, begin: Any, action: str, stage: str
) -> None:
    story.to_given()
    assert dict(read(begin, report(action)).taken) == {stage: 1}
    with begin(told.OFFICER) as work:
        assert not story.case(work).giving_in_doubt


@pytest.mark.parametrize(
    "named", [{"envelope": None}, {"message_id": None}, {"to": "Secretary@Example.com"}]
)
def test_either_name_will_do(story: Any, begin: Any, named: dict[str, Any]) -> None:
    story.to_given()
    assert dict(read(begin, report(**named)).taken) == {"failed": 1}


FORGED = {
    "another address": report(to="someone@example.com"),
    "mail that we never had": report(envelope="notice-ASC-2026-000009-N1", message_id=None),
    "name different mails": report(envelope="notice-ASC-2026-000009-N1"),
    "names no mail of ours": report(envelope=None, message_id=f"<{KEY}@elsewhere.example>"),
    "before the mail was sent": report(at=NOW - timedelta(days=1)),
    "in the future": report(at=NOW + timedelta(days=3)),
    "what became of the mail": report("exploded"),
    "not a delivery report": b"From: a@example.com\nSubject: Delivery failed\n\nIt failed.",
    "larger than": report() + b" " * (5 * 1024 * 1024),
}


def test_forged_reports_are_refused_with_a_reason_and_counted(story: Any, begin: Any) -> None:
    story.to_given()
    found = read(begin, *FORGED.values(), report("delayed"))
    assert dict(found.taken) == {"soft": 1}
    assert len(found.refused) == len(FORGED)
    for (_, said), expected in zip(found.refused, FORGED, strict=True):
        assert expected in said
    with begin(told.OFFICER) as work:
        assert not story.case(work).giving_in_doubt


def test_a_report_about_a_mail_that_was_not_sent_is_refused(story: Any, begin: Any) -> None:
    story.to_issued()
    assert "have not sent" in read(begin, report()).refused[0][1]


def test_reading_reports_needs_the_right(story: Any, begin: Any) -> None:
    story.to_given()
    with pytest.raises(NotAllowed):
        read(begin, report(), by=told.FINANCE)


# --- post that came back ---------------------------------------------------------------------
def came_back(begin: Any, content: str, **given: Any) -> list[tuple[str, str]]:
    with begin(told.OFFICER, NOW + timedelta(days=9)) as work:
        lines = returned_post.read_list(work, content.encode(), **given)
        return [(line.result, line.why) for line in lines]


def posted(letter: Any, begin: Any) -> int:
    item = int(letter.to_issued())
    letter.deliver(item)
    with begin(told.OFFICER) as work:
        giving.record_by_person(
            work, letter.notice(work), NOW.date(), Method.FIRST_CLASS, "Post room’s list"
        )
    return item


def test_returned_post_is_matched_line_by_line(letter: Any, begin: Any) -> None:
    item = posted(letter, begin)
    assert came_back(
        begin,
        "Reference,Date,Reason\n"
        "asc-2026-000001-n1,2026-06-24,Addressee gone away\n"
        "ASC-2026-000001-N1,24/06/2026,Addressee gone away\n"
        "ASC-2026-000077-N1,2026-06-24,Gone away\n"
        "\n"
        "ASC-2026-000001-N1,2027-01-01,Gone away\n"
        "ASC-2026-000001-N1,soon,Gone away\n",
    ) == [
        ("matched", ""),
        ("duplicate", "It was recorded before."),
        ("unmatched", "No notice has this reference."),
        ("refused", "1 January 2027 is not between 16 June 2026, when it was sent, and today."),
        ("refused", "“soon” is not a day, like 2026-11-22 or 22/11/2026."),
    ]
    assert life(begin, item) == ["placed", "returned"]
    with begin(told.OFFICER) as work:
        assert (held(work, letter), open_tasks(work, letter)) == (["giving"], ["post_returned"])
        assert letter.notice(work).given_on.isoformat() == "2026-06-19"  # reg 7: it was sent


def test_a_scan_is_a_list_of_references(letter: Any, begin: Any) -> None:
    posted(letter, begin)
    day = datetime(2026, 6, 24, tzinfo=UTC).date()
    assert came_back(begin, f"{KEY}\n{KEY}\n", on=day) == [
        ("matched", ""),
        ("duplicate", "It was recorded before."),
    ]


def test_what_was_given_without_the_outbox_comes_back_too(begin: Any) -> None:
    story = told.Story(begin, method=Method.HAND, recipient=told.REGISTERED_OFFICE)
    story.to_issued()
    reference = "ASC-2026-000001-N1\n"
    assert [result for result, _ in came_back(begin, reference)] == ["refused"]
    with begin(told.OFFICER) as work:
        giving.record_by_person(
            work, story.notice(work), NOW.date(), Method.HAND, "Left with the porter"
        )
    assert [result for result, _ in came_back(begin, reference * 2)] == ["matched", "duplicate"]


def test_an_empty_list_and_a_list_without_the_right_are_refused(letter: Any, begin: Any) -> None:
    with begin(told.OFFICER) as work, pytest.raises(BadInput, match="empty"):
        returned_post.read_list(work, b"\n\n")
    with begin(told.FINANCE) as work, pytest.raises(NotAllowed):
        returned_post.read_list(work, b"x")
