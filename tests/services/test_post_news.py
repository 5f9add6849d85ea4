"""Telling by email that a letter was posted: once, to addresses on record, nothing of the case."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import notice_story as story
from sqlalchemy import select

from enforcement.data.history import Event
from enforcement.data.notices import OutboxItem
from enforcement.data.register import Contact
from enforcement.domain.giving import Method
from enforcement.services import case_contacts, post_news, sending
from enforcement.services.work import Work


def told(begin: Callable[..., Any], now: datetime) -> int:
    with begin(story.FINANCE, now) as work:
        engine, settings = work.session.get_bind(), work.settings
    return post_news.tell(engine, settings, lambda: now, sending.sweep_will_find)


def mails(work: Work) -> list[OutboxItem]:
    return [
        item
        for item in work.session.scalars(select(OutboxItem).order_by(OutboxItem.id))
        if item.key.startswith("posted-")
    ]


def posted(begin: Callable[..., Any], email: str | None) -> story.Story:
    """A notice posted to the registered office of a provider with this address on record."""
    made = story.Story(begin, method=Method.FIRST_CLASS, recipient=story.REGISTERED_OFFICE)
    made.to_posted()
    with begin(story.OFFICER) as work:
        work.session.add(
            Contact(
                provider_id=made.case(work).provider_id, name="Ann Example", capacity="manager",
                email=email, address=[], source="test", as_at=date(2026, 1, 1),
            )
        )  # fmt: skip
    return made


def test_a_posted_notice_is_told_once_and_says_nothing_of_the_case(
    begin: Callable[..., Any],
) -> None:
    tale = posted(begin, "ann@meadow.example")
    assert [told(begin, story.NOW), told(begin, story.NOW + timedelta(hours=1))] == [1, 0]
    with begin(story.FINANCE) as work:
        notice, case = tale.notice(work), tale.case(work)
        (mail,) = mails(work)
        assert [mail.to] == case_contacts.addresses_on_record(work.session, case)
        assert (mail.channel, mail.state, mail.notice_id) == ("email", "ready", None)
        text = mail.payload["text"]
        assert notice.reference in text
        assert "on Tuesday 16 June 2026" in text
        assert case.provider.name not in text
        assert re.search(r"https?:|£|[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}", text) is None
        kinds = work.session.scalars(select(Event.kind)).all()
        assert kinds.count("post_told") == 1


def test_who_is_not_told(begin: Callable[..., Any]) -> None:
    """Nobody without an address on record, nobody of long ago, nobody whose notice was an email."""
    posted(begin, None)
    assert told(begin, story.NOW) == 0
    with begin(story.OFFICER) as work:
        work.session.scalars(
            select(Contact).where(Contact.name == "Ann Example")
        ).one().email = "ann@meadow.example"
    assert told(begin, story.NOW + timedelta(days=4)) == 0
    assert told(begin, story.NOW + timedelta(days=2)) == 1
    story.Story(begin, 2).to_given()
    assert told(begin, story.NOW) == 0
