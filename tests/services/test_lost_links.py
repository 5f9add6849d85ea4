"""A lost link: answered alike, sent only where we wrote before, and nothing taken by asking."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta

import pytest
import reply_case
import sqlalchemy as sa
from sqlalchemy import Engine

from enforcement.data.cases import Case
from enforcement.data.history import Event
from enforcement.data.notices import OutboxItem
from enforcement.data.register import Contact, Provider
from enforcement.data.replies import ReplyDraft
from enforcement.data.reply_access import FreshLink, LostLink
from enforcement.data.tasks import Task
from enforcement.domain.permissions import Actor, Role
from enforcement.services import files, fresh_links, links, lost_links, reply_drafts, reply_sessions
from enforcement.services.work import Work
from enforcement.settings import Settings

Begin = Callable[..., AbstractContextManager[Work]]
NOW = datetime(2026, 6, 16, 9, 0, tzinfo=UTC)
OFFICER = Actor("staff:officer", "Officer", frozenset({Role.OFFICER}))
NOBODY = Actor(identity="visitor", name="Visitor to the reply site")
RIGHT = ("1-800000001", "ZZ9 9ZZ")


@pytest.fixture
def made(begin: Begin) -> reply_case.Made:
    with begin(OFFICER) as work:
        return reply_case.make(work)


def contact(work: Work, email: str | None, capacity: str = "manager", day: int = 1) -> None:
    provider = work.session.scalars(sa.select(Provider)).first()
    assert provider is not None
    work.session.add(
        Contact(
            provider_id=provider.id, name="Ann Example", capacity=capacity, email=email,
            address=[], source="test", as_at=date(2026, 1, day),
        )
    )  # fmt: skip
    work.session.flush()


def ask(
    begin: Begin, engine: Engine, settings: Settings, *typed: str, now: datetime = NOW
) -> dict[str, int]:
    with begin(NOBODY, now) as work:
        lost_links.ask(work, "192.0.2.1", *typed)
    return lost_links.answer_waiting(engine, settings, lambda: now)


def mails(work: Work) -> list[OutboxItem]:
    return list(work.session.scalars(sa.select(OutboxItem).order_by(OutboxItem.id)))


def secret_in(work: Work, item: OutboxItem) -> str:
    words = files.fetch(work, item.payload["sealed"]).content.decode()
    found = re.search(r"/r/(\S+)", words)
    assert found is not None
    return found[1]


def enter(work: Work, secret: str) -> str | None:
    """Come in by a secret, as the site does, with the second fact."""
    link = links.find_by_secret(work, secret)
    if link is None:
        fresh = fresh_links.find(work, secret)
        link = fresh.link if fresh else None
    if link is None:
        return None
    return reply_sessions.open_link(
        work, link, "192.0.2.9", reply_case.LOCATION_ID, reply_case.POSTCODE, secret
    )


@pytest.mark.parametrize(
    ("given", "postcode", "answer"),
    [
        (*RIGHT, "email"),
        (" 1-900000001 ", "zz11zz", "email"),  # a location, and its own postcode
        ("asc-2026-000001", "ZZ1 1ZZ", "email"),
        ("ASC-2026-000001-N1", "zz9 9zz", "email"),
        ("1-800000001", "ZZ9 9ZY", "nothing"),
        ("1-800000001", "", "nothing"),
        ("1-899999999", "ZZ9 9ZZ", "nothing"),
        ("ASC-2026-000009", "ZZ9 9ZZ", "nothing"),
        ("' OR 1=1 --", "ZZ9 9ZZ", "nothing"),
    ],
)
def test_who_gets_an_answer(
    begin: Begin,
    engine: Engine,
    settings: Settings,
    made: reply_case.Made,
    given: str,
    postcode: str,
    answer: str,
) -> None:
    with begin(OFFICER) as work:
        contact(work, "ann@example.org")
    assert ask(begin, engine, settings, given, postcode) == {answer: 1}
    with begin(OFFICER) as work:
        assert len(mails(work)) == (answer == "email")
        row = work.session.scalars(sa.select(LostLink)).one()
        assert (row.given, row.postcode) == ("", "")  # what was typed is not kept
        asked = work.session.scalars(sa.select(Event).where(Event.kind == "link_asked_for")).all()
        assert len(asked) == (answer == "email")


def test_it_is_sent_only_to_addresses_on_record(
    begin: Begin, engine: Engine, settings: Settings, made: reply_case.Made
) -> None:
    with begin(OFFICER) as work:
        contact(work, "old@example.org", day=1)
        contact(work, "Ann@example.org", day=2)  # the newest of its capacity
        contact(work, "ann@example.org", capacity="nominated individual")
        contact(work, "director@example.org", capacity="director")
        contact(work, None, capacity="owner")
    ask(begin, engine, settings, *RIGHT)
    with begin(OFFICER) as work:
        assert [item.to for item in mails(work)] == ["Ann@example.org", "director@example.org"]
        # no secret and no address of the link lies open in the database
        secret = secret_in(work, mails(work)[0])
        assert all(secret not in str(item.payload) for item in mails(work))
        fresh = work.session.scalars(sa.select(FreshLink)).one()
        assert secret not in (fresh.secret_hash, str(fresh.generation))
        event = work.session.scalars(sa.select(Event).where(Event.kind == "link_asked_for")).one()
        assert secret not in event.body
        assert "example.org" not in event.body  # addresses stand beside the chain


def test_without_an_address_an_officer_posts_it(
    begin: Begin, engine: Engine, settings: Settings, made: reply_case.Made
) -> None:
    assert ask(begin, engine, settings, *RIGHT) == {"post": 1}
    with begin(OFFICER) as work:
        assert mails(work) == []
        task = work.session.scalars(sa.select(Task)).one()
        assert (task.kind, task.due_on) == ("lost_link", date(2026, 6, 17))
        assert "post a copy of the notice" in task.about


def test_asking_again_within_a_day_sends_nothing_more(
    begin: Begin, engine: Engine, settings: Settings, made: reply_case.Made
) -> None:
    with begin(OFFICER) as work:
        contact(work, "ann@example.org")
    hours = [timedelta(hours=n) for n in (0, 1, 23, 25)]
    answers = [ask(begin, engine, settings, *RIGHT, now=NOW + later) for later in hours]
    assert answers == [{"email": 1}, {"again": 1}, {"again": 1}, {"email": 1}]
    with begin(OFFICER) as work:
        assert len(mails(work)) == 2
    assert lost_links.answer_waiting(engine, settings, lambda: NOW) == {}


def test_the_old_way_in_ends_when_the_new_one_is_used_and_not_before(
    begin: Begin, engine: Engine, settings: Settings, made: reply_case.Made
) -> None:
    with begin(NOBODY) as work:
        old_session = enter(work, made.secret)
        link = links.find_by_secret(work, made.secret)
        assert link is not None
        draft = reply_drafts.ensure(work, link)
        form_key = draft.form_key
    assert old_session is not None
    with begin(OFFICER) as work:
        contact(work, "ann@example.org")
    ask(begin, engine, settings, *RIGHT)
    with begin(NOBODY) as work:
        assert links.find_by_code(work, made.code) is not None  # asking took nothing away
        assert reply_sessions.recognise(work.session, old_session, NOW, settings) is not None
        secret = secret_in(work, mails(work)[0])
        new_session = enter(work, secret)
        assert new_session is not None
    with begin(NOBODY) as work:
        assert links.find_by_secret(work, made.secret) is None
        assert links.find_by_code(work, made.code) is None
        assert reply_sessions.recognise(work.session, old_session, NOW, settings) is None
        assert reply_sessions.recognise(work.session, new_session, NOW, settings) is not None
        assert enter(work, secret) is not None  # as often as needed
        assert work.session.scalars(sa.select(ReplyDraft.form_key)).all() == [form_key]
        kinds = work.session.scalars(sa.select(Event.kind)).all()
        assert kinds.count("link_taken_up") == 1


def test_a_wrong_second_fact_takes_nothing_up(
    begin: Begin, engine: Engine, settings: Settings, made: reply_case.Made
) -> None:
    with begin(OFFICER) as work:
        contact(work, "ann@example.org")
    ask(begin, engine, settings, *RIGHT)
    with begin(NOBODY) as work:
        secret = secret_in(work, mails(work)[0])
        fresh = fresh_links.find(work, secret)
        assert fresh is not None
        link = fresh.link
        assert reply_sessions.open_link(work, link, "x", "1-1", "AA1 1AA", secret) is None
        assert links.find_by_secret(work, made.secret) is not None
        assert link.wrong_tries == 1


@pytest.mark.parametrize("ended", ["reissued", "revoked", "over", "closed"])
def test_a_fresh_link_is_dead_after(
    begin: Begin,
    engine: Engine,
    settings: Settings,
    made: reply_case.Made,
    ended: str,
) -> None:
    with begin(OFFICER) as work:
        contact(work, "ann@example.org")
    ask(begin, engine, settings, *RIGHT)
    later = NOW
    with begin(OFFICER) as work:
        secret = secret_in(work, mails(work)[0])
        case = work.session.scalars(sa.select(Case)).one()
        if ended == "reissued":
            links.reissue(work, case)
        elif ended == "revoked":
            links.revoke(work, case, "Sent to the wrong person")
        elif ended == "closed":
            case.state = "closed"
        else:
            later = datetime(2026, 8, 1, tzinfo=UTC)
    with begin(NOBODY, later) as work:
        assert enter(work, secret) is None


def test_it_opens_a_link_that_ran_out_and_keeps_it_open(
    begin: Begin, engine: Engine, settings: Settings, made: reply_case.Made
) -> None:
    with begin(OFFICER) as work:
        contact(work, "ann@example.org")
    september = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
    assert ask(begin, engine, settings, *RIGHT, now=september) == {"email": 1}
    with begin(NOBODY, september) as work:
        assert enter(work, made.secret) is None
        assert enter(work, secret_in(work, mails(work)[0])) is not None
        case = work.session.scalars(sa.select(Case)).one()
        link = links.current(work, case)
        assert link is not None
        assert links.ends_at(work, link) == september + fresh_links.LIFE


@pytest.mark.parametrize("state", ["revoked", "locked for good"])
def test_what_an_officer_ended_an_officer_gives_back(
    begin: Begin,
    engine: Engine,
    settings: Settings,
    made: reply_case.Made,
    state: str,
) -> None:
    with begin(OFFICER) as work:
        contact(work, "ann@example.org")
        case = work.session.scalars(sa.select(Case)).one()
        link = links.current(work, case)
        assert link is not None
        if state == "revoked":
            links.revoke(work, case, "Misused")
        else:
            link.locked_for_good = True
    assert ask(begin, engine, settings, *RIGHT) == {"officer": 1}
    with begin(OFFICER) as work:
        assert mails(work) == []
        assert "re-issue" in work.session.scalars(sa.select(Task)).one().about


def test_an_address_that_asks_too_often_is_not_heard_and_not_told(
    begin: Begin, made: reply_case.Made
) -> None:
    with begin(NOBODY) as work:
        for _ in range(lost_links.MOST_AN_HOUR + 5):
            lost_links.ask(work, "192.0.2.1", "1-1", "AA1 1AA")
        lost_links.ask(work, "192.0.2.2", "1-1", "AA1 1AA")
        assert work.session.scalar(sa.select(sa.func.count(LostLink.id))) == 21
