"""Links and replies on both engines: derived, locked, re-issued; sent once, keyed, answered."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import reply_case
from reply_case import the
from sqlalchemy import Engine, func, select, text

from enforcement.data.history import Event, EventText
from enforcement.data.notices import OutboxItem
from enforcement.data.replies import Reply, ReplyLink
from enforcement.domain.permissions import Actor
from enforcement.domain.refusals import (
    BadInput,
    NotAllowed,
    NotFound,
    StaleVersion,
    WrongState,
)
from enforcement.domain.replies import Question
from enforcement.services import links, replies, reply_drafts, reply_points, reply_sessions
from enforcement.services.evidence import examine
from enforcement.services.links import LinkState
from enforcement.services.work import Work
from enforcement.settings import Settings

Begin = Callable[..., AbstractContextManager[Work]]
NOW = datetime(2026, 6, 16, 9, 0, tzinfo=UTC)
RIGHT = ("1-900000001", "ZZ1 1ZZ")
LAST_MOMENT = datetime(2026, 6, 25, 22, 59, 59, tzinfo=UTC)  # 11:59:59pm in England


@pytest.fixture
def made(begin: Begin, people: dict[str, Actor]) -> Any:
    with begin(people["officer"]) as work:
        return reply_case.make(work)


def enter(begin: Begin, made: Any, fact: tuple[str, str], now: datetime = NOW) -> str | None:
    with begin(Actor("visitor", "Visitor"), now) as work:
        _, link = the(work, made)
        return reply_sessions.open_link(work, link, "192.0.2.1", *fact)


def fill(work: Work, link: ReplyLink, *reasons: str) -> str:
    reply_drafts.save(work, link, Question("reasons"), list(reasons))
    for reason in reasons:
        for name, given in (("kind", "outage"), ("windows", ["all"]), ("words", f"About {reason}")):
            if name in reply_drafts.REASONS[reason].questions:
                reply_drafts.save(work, link, Question(name, reason), given)
    sender = replies.Sender("Ann Example", "Director", "ann@example.org").as_json()
    return reply_drafts.save(work, link, Question("sender"), sender).form_key


def send(begin: Begin, made: Any, now: datetime = NOW) -> str:
    with begin(Actor("provider:x", "Provider"), now) as work:
        _, link = the(work, made)
        return replies.send(work, link, fill(work, link, "submitted", "good_reason")).reference


def kinds(begin: Begin, people: dict[str, Actor], made: Any) -> list[str]:
    with begin(people["auditor"]) as work:
        return list(
            work.session.scalars(
                select(Event.kind)
                .where(Event.stream == f"case:{made.reference}")
                .order_by(Event.seq)
            )
        )


# --- links ------------------------------------------------------------------------------------
def test_the_link_is_derived_and_stored_nowhere(
    begin: Begin, made: Any, settings: Settings, engine: Engine
) -> None:
    assert len(made.secret) == 43
    assert len(made.code) == 14
    assert made.url == f"{settings.reply_base_url}/r/{made.secret}"
    with begin(Actor("x", "X")) as work:
        case, link = the(work, made)
        assert links.ensure(work, case).id == link.id
        assert links.printed(settings, link).url == made.url
        found = links.find_by_code(work, made.code.lower().replace("-", " ").replace("1", "l"))
        assert found is not None
        assert links.find_by_secret(work, made.secret) is link
        assert links.find_by_secret(work, made.secret[:-1] + "!") is None
    with engine.connect() as connection:
        for table in ("reply_link", "event", "event_text", "stored_file", "outbox_item"):
            rows = str(connection.execute(text(f"SELECT * FROM {table}")).fetchall())
            for secret in (made.secret, made.code, made.code.replace("-", "")):
                assert secret not in rows, table


def test_the_link_ends_fourteen_days_after_the_period_and_can_be_kept_open(
    begin: Begin, people: dict[str, Actor], made: Any
) -> None:
    with begin(people["officer"]) as work:
        case, link = the(work, made)
        ends = max(link.expires_at, datetime(2026, 7, 9, 22, 59, 59, tzinfo=UTC))
        assert links.ends_at(work, link) == ends
    with begin(people["officer"], ends + timedelta(seconds=1)) as work:
        case, link = the(work, made)
        assert links.state_of(work, link) is LinkState.EXPIRED
        links.extend(work, case, date(2026, 9, 1))
        assert links.state_of(work, link) is LinkState.LIVE
        with pytest.raises(BadInput):
            links.extend(work, case, date(2026, 8, 1))


def test_reissuing_ends_the_older_secret_code_and_sessions(
    begin: Begin, people: dict[str, Actor], made: Any, settings: Settings
) -> None:
    secret = enter(begin, made, RIGHT)
    assert secret is not None
    with begin(people["officer"]) as work:
        assert reply_sessions.recognise(work.session, secret, NOW, settings) is not None
        case, _ = the(work, made)
        new = links.printed(settings, links.reissue(work, case))
    with begin(people["officer"]) as work:
        assert reply_sessions.recognise(work.session, secret, NOW, settings) is None
        assert links.find_by_secret(work, made.secret) is None
        assert links.find_by_code(work, made.code) is None
        assert links.find_by_code(work, new.code) is not None


def test_revoking_needs_the_right_and_a_reason(
    begin: Begin, people: dict[str, Actor], made: Any
) -> None:
    with begin(people["auditor"]) as work, pytest.raises(NotAllowed):
        links.revoke(work, the(work, made)[0], "because")
    with begin(people["officer"]) as work:
        case, link = the(work, made)
        with pytest.raises(BadInput):
            links.revoke(work, case, " ")
        links.revoke(work, case, "sent to the wrong home")
        assert links.state_of(work, link) is LinkState.REVOKED
        with pytest.raises(WrongState):
            links.revoke(work, case, "again")
        # a new notice gets a new link, never the revoked one
        assert links.ensure(work, case).reference != link.reference


WRONG = {
    "another id": ("1-900000002", "ZZ1 1ZZ"),
    "another postcode": ("1-900000001", "ZZ1 1ZY"),
    "empty": ("", ""),
    "swapped": ("ZZ1 1ZZ", "1-900000001"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_second_fact_lets_nobody_in(begin: Begin, made: Any, case: str) -> None:
    assert enter(begin, made, WRONG[case]) is None
    assert enter(begin, made, (" 1 900000001", "zz11zz")) is not None


def test_five_wrong_tries_lock_for_an_hour_and_fifteen_until_reissued(
    begin: Begin, people: dict[str, Actor], made: Any
) -> None:
    now = NOW
    for round_ in range(3):
        for _ in range(5):
            assert enter(begin, made, ("x", "y"), now) is None
        assert enter(begin, made, RIGHT, now + timedelta(minutes=59)) is None
        now += timedelta(minutes=61)
        if round_ < 2:
            continue
        assert enter(begin, made, RIGHT, now + timedelta(days=1)) is None
    with begin(people["officer"], now) as work:
        case, link = the(work, made)
        assert links.state_of(work, link) is LinkState.LOCKED_FOR_GOOD
        links.reissue(work, case)
    assert enter(begin, made, RIGHT, now) is not None
    assert kinds(begin, people, made).count("link_locked") == 3


WAITED = [(1, 0, True), (2, 4, False), (2, 5, True), (3, 14, False), (3, 15, True), (4, 29, False)]


@pytest.mark.parametrize(("wrong", "seconds", "let_in"), WAITED)
def test_wrong_tries_slow_a_link_down(
    begin: Begin, made: Any, wrong: int, seconds: int, let_in: bool
) -> None:
    for _ in range(wrong):
        assert enter(begin, made, ("x", "y")) is None
    secret = enter(begin, made, RIGHT, NOW + timedelta(seconds=seconds))
    assert (secret is not None) is let_in
    assert enter(begin, made, RIGHT, NOW + timedelta(seconds=31)) is not None


ADDRESSES = [(9, 0, False), (10, 1, True), (10, 2, False), (30, 9, True), (30, 10, False)]


@pytest.mark.parametrize(("wrong", "seconds", "held"), ADDRESSES)
def test_wrong_tries_slow_an_address_down(
    begin: Begin, made: Any, wrong: int, seconds: int, held: bool
) -> None:
    with begin(Actor("visitor", "V")) as work:
        for _ in range(wrong):
            reply_sessions.note_wrong_code(work, "192.0.2.1")
    with begin(Actor("visitor", "V"), NOW + timedelta(seconds=seconds)) as work:
        assert reply_sessions.address_is_held(work, "192.0.2.1") is held
        assert not reply_sessions.address_is_held(work, "192.0.2.2")


def test_an_address_that_fails_too_often_is_held_without_telling(begin: Begin, made: Any) -> None:
    with begin(Actor("visitor", "V")) as work:
        for _ in range(reply_sessions.WRONG_PER_ADDRESS):
            reply_sessions.note_wrong_code(work, "192.0.2.1")
    assert enter(begin, made, RIGHT) is None
    assert enter(begin, made, RIGHT, NOW + timedelta(hours=2)) is not None


# --- replies ----------------------------------------------------------------------------------
def test_the_same_form_key_stores_one_reply(
    begin: Begin, people: dict[str, Actor], made: Any
) -> None:
    with begin(Actor("provider:x", "Provider")) as work:
        _, link = the(work, made)
        key = fill(work, link, "submitted")
    for _ in range(3):
        with begin(Actor("provider:x", "Provider")) as work:
            _, link = the(work, made)
            assert replies.send(work, link, key).reference == f"{made.reference}-R1"
    with begin(people["officer"]) as work:
        assert work.session.scalar(select(func.count()).select_from(Reply)) == 1
        assert work.session.scalar(select(func.count()).select_from(OutboxItem)) == 1
        with pytest.raises(NotFound):
            replies.send(work, the(work, made)[1], "another key")
    assert kinds(begin, people, made).count("reply_received") == 1


@pytest.mark.parametrize(
    ("now", "late"), [(LAST_MOMENT, False), (LAST_MOMENT + timedelta(seconds=1), True)]
)
def test_late_begins_the_second_after_the_last_day_in_england(
    begin: Begin, people: dict[str, Actor], made: Any, now: datetime, late: bool
) -> None:
    reference = send(begin, made, now)
    with begin(people["officer"], now) as work:
        case, _ = the(work, made)
        reply = replies.find(work, case, reference)
        assert reply.late is late
        assert reply.receipt["late"] is late
        assert [p.reason for p in reply.points] == ["submitted", "good_reason"]


def test_the_words_are_beside_the_chain_and_never_in_it(
    begin: Begin, people: dict[str, Actor], made: Any
) -> None:
    send(begin, made)
    with begin(people["auditor"]) as work:
        bodies = " ".join(work.session.scalars(select(Event.body)))
        assert "About submitted" not in bodies
        assert "Ann Example" not in bodies
        told = list(work.session.scalars(select(EventText.text)))
        assert any("About submitted" in (t or "") for t in told)


def test_an_unfinished_draft_is_not_sent_and_survives(begin: Begin, made: Any) -> None:
    with begin(Actor("provider:x", "Provider")) as work:
        _, link = the(work, made)
        draft = reply_drafts.save(work, link, Question("reasons"), ["submitted", "help"])
        with pytest.raises(BadInput):
            replies.send(work, link, draft.form_key)
        with pytest.raises(BadInput, match="cannot both"):
            reply_drafts.save(work, link, Question("reasons"), ["submitted", "accept"])
        with pytest.raises(BadInput, match="own words"):
            reply_drafts.save(work, link, Question("words", "help"), "  ")
        with pytest.raises(NotFound):
            reply_drafts.save(work, link, Question("words", "public_body"), "not chosen")
    with begin(Actor("provider:x", "Provider"), NOW + timedelta(days=3)) as work:
        kept = reply_drafts.current(work, the(work, made)[1])
        assert kept is not None
        assert kept.answers == {"reasons": ["submitted", "help"]}


def test_files_are_counted_and_the_same_bytes_are_one_file(
    begin: Begin, made: Any, settings: Settings
) -> None:
    with begin(Actor("provider:x", "Provider")) as work:
        _, link = the(work, made)
        for n in range(20):
            one = examine(f"{n}.csv", f"a,{n}\n".encode(), settings)
            row = reply_drafts.add_file(work, link, one)
            assert reply_drafts.add_file(work, link, one).id == row.id
        with pytest.raises(BadInput, match="20 files"):
            reply_drafts.add_file(work, link, examine("21.csv", b"one too many", settings))
        reply_drafts.remove_file(work, link, row.id)
        reply_drafts.add_file(work, link, examine("6.csv", b"six", settings))


def test_a_file_of_another_link_cannot_be_removed(
    begin: Begin, people: dict[str, Actor], made: Any, settings: Settings
) -> None:
    with begin(people["officer"]) as work:
        other = reply_case.make(work, 2)
        _, link = the(work, made)
        row = reply_drafts.add_file(work, link, examine("a.csv", b"a", settings))
        with pytest.raises(NotFound):
            reply_drafts.remove_file(work, the(work, other)[1], row.id)


# --- keyed ------------------------------------------------------------------------------------
def keyed(**changed: Any) -> replies.Keyed:
    told: dict[str, Any] = {
        "source": "post",
        "received_on": date(2026, 6, 15),
        "sender": replies.Sender("Ben Example", "Director"),
        "reasons": ["wrong_recipient"],
        "words": "This is for our landlord.",
        "form_key": "key-1",
        **changed,
    }
    return replies.Keyed(**told)


def test_a_keyed_reply_is_treated_the_same(
    begin: Begin, people: dict[str, Actor], made: Any, settings: Settings
) -> None:
    letter = examine("letter.csv", b"the letter", settings)
    with begin(people["officer"], datetime(2026, 6, 29, 9, 0, tzinfo=UTC)) as work:
        case, _ = the(work, made)
        reply = replies.key(work, case, keyed(files=[letter]))
        assert replies.key(work, case, keyed(files=[letter])) is reply
        assert (reply.late, reply.keyed_by, len(reply.files)) == (False, "staff:officer", 1)
        assert "landlord" in reply.points[0].text
        late = replies.key(
            work, case, keyed(form_key="key-2", received_on=date(2026, 6, 26), reasons=[])
        )
        assert late.late
        assert late.points[0].reason == "other"


BAD_KEYED = {
    "future": {"received_on": date(2026, 6, 17)},
    "by link": {"source": "link"},
    "nobody": {"sender": replies.Sender(" ", "x")},
    "no words": {"words": " "},
}


@pytest.mark.parametrize("case", BAD_KEYED)
def test_a_reply_keyed_badly_is_refused(
    begin: Begin, people: dict[str, Actor], made: Any, case: str
) -> None:
    with begin(people["officer"]) as work:
        row, _ = the(work, made)
        with pytest.raises(BadInput):
            replies.key(work, row, keyed(**BAD_KEYED[case]))
        with pytest.raises(NotFound):
            replies.find(work, row, f"{made.reference}-R1")
    with begin(people["panel"]) as work, pytest.raises(NotAllowed):
        replies.key(work, the(work, made)[0], keyed())


# --- answering --------------------------------------------------------------------------------
def test_every_point_is_answered_once_read_with_view_evidence_and_words(
    begin: Begin, people: dict[str, Actor], made: Any
) -> None:
    reference = send(begin, made)
    with begin(people["officer"]) as work:
        case, _ = the(work, made)
        reply = replies.find(work, case, reference)
        reply_points.read(work, reply)
        reply_points.read(work, reply)
        point = reply_points.point_of(reply, 1)
        version = point.version
        for answer, looked, view in (("", "x", "accepted"), ("x", "", "partly"), ("x", "x", "no")):
            with pytest.raises(BadInput):
                reply_points.answer_point(work, point, answer, looked, view, version)
        reply_points.answer_point(work, point, "We looked again.", "Our record", "partly", version)
        reply_points.answer_point(work, point, "We looked again.", "Our record", "partly")
        with pytest.raises(StaleVersion):
            reply_points.answer_point(work, point, "Other", "Other", "accepted", version)
        parts = reply_points.split_point(
            work, reply_points.point_of(reply, 2), ["One.", "", "Two."]
        )
        assert [p.number for p in parts] == [2, 3]
        with pytest.raises(WrongState):
            reply_points.split_point(work, point, ["a", "b"])
        assert [p.number for p in reply.points] == [1, 2, 3]
    told = kinds(begin, people, made)
    assert told.count("reply_read") == 1
    assert told.count("reply_point_answered") == 1
    assert told.count("reply_point_added") == 2


def test_after_the_decision_nothing_said_or_answered_changes(
    begin: Begin, people: dict[str, Actor], made: Any
) -> None:
    reference = send(begin, made)
    with begin(people["officer"]) as work:
        case, link = the(work, made)
        case.state = "impose"
        work.session.flush()
        point = replies.find(work, case, reference).points[0]
        with pytest.raises(WrongState):
            reply_points.answer_point(work, point, "x", "x", "accepted")
        with pytest.raises(WrongState):
            replies.key(work, case, keyed())
        with pytest.raises(WrongState):
            reply_drafts.save(work, link, Question("reasons"), ["help"])
