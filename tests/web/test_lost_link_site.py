"""Asking for the link again: one answer for everybody, shown to the officer, no case told."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import pytest
import reply_case
import sqlalchemy as sa
from sqlalchemy import Engine
from test_reply_site import Browser

from enforcement import create_reply_app
from enforcement.data.cases import Case
from enforcement.data.reply_access import LostLink
from enforcement.domain.permissions import Actor
from enforcement.services import lost_links
from enforcement.services.work import Work
from enforcement.settings import Settings
from enforcement.web.staff.reply_links import link_panel

Begin = Callable[..., AbstractContextManager[Work]]
NOW = datetime(2026, 6, 16, 9, 0, tzinfo=UTC)
RIGHT = {"given": "1-800000001", "postcode": "ZZ9 9ZZ"}
WRONG = {"given": "1-812345678", "postcode": "AA1 1AA"}


@pytest.fixture
def stranger(settings: Settings, page_checker: Any) -> Browser:
    return Browser(create_reply_app(settings, clock=lambda: NOW).test_client(), page_checker)


def test_everybody_gets_the_same_answer(
    stranger: Browser, begin: Begin, engine: Engine, settings: Settings, people: dict[str, Actor]
) -> None:
    with begin(people["officer"]) as work:
        reply_case.make(work)
    answers = []
    # a case, none, one asked before, and one whose address is no longer heard
    for typed in (RIGHT, WRONG, RIGHT, *[WRONG] * lost_links.MOST_AN_HOUR):
        stranger.get("/lost")
        answers.append(stranger.post("/lost", **typed))
        assert stranger.at == "/lost/asked"
    assert len({re.sub(r'nonce="[^"]*"', "", one) for one in answers}) == 1
    assert "Sample" not in answers[0]
    with begin(people["officer"]) as work:
        assert work.session.scalar(sa.select(sa.func.count(LostLink.id))) == 20
        waiting = work.session.scalars(sa.select(LostLink.answered_at)).all()
        assert set(waiting) == {None}  # nothing is looked up while somebody waits
    lost_links.answer_waiting(engine, settings, lambda: NOW)
    with begin(people["officer"]) as work:
        panel = link_panel(work, work.session.scalars(sa.select(Case)).one())
        assert panel is not None
        told = {fact.key: fact for fact in panel.facts}["Asked for again"]
        assert told.text == "16 June 2026, 10:00am"


def test_nothing_typed_is_said_and_kept(stranger: Browser) -> None:
    stranger.get("/lost")
    page = stranger.post("/lost", given=" ", postcode="ZZ9 9ZZ")
    assert stranger.at == "/lost"
    assert "Enter an ID or a reference" in page
    assert 'value="ZZ9 9ZZ"' in page


def test_the_ways_to_it(stranger: Browser) -> None:
    assert 'href="/lost"' in stranger.get("/")
    assert 'href="/lost"' in stranger.get("/r/nothing", status=404)
