"""Following the case: dates, what was sent and asked for, and whom we write to."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import pytest
import reply_case
import sqlalchemy as sa
from test_reply_site import Browser

from enforcement import create_reply_app
from enforcement.data.cases import Case
from enforcement.domain.permissions import Actor
from enforcement.services.work import Work
from enforcement.settings import Settings
from enforcement.web.staff.reply_links import link_panel

Begin = Callable[..., AbstractContextManager[Work]]
NOW = datetime(2026, 6, 16, 9, 0, tzinfo=UTC)


@pytest.fixture
def inside(
    begin: Begin, people: dict[str, Actor], settings: Settings, page_checker: Any
) -> Browser:
    with begin(people["officer"]) as work:
        made = reply_case.make(work)
    browser = Browser(create_reply_app(settings, clock=lambda: NOW).test_client(), page_checker)
    browser.get(f"/r/{made.secret}")
    browser.post(f"/r/{made.secret}", location_id="1-900000001", postcode="zz11zz")
    return browser


def key(page: str) -> str:
    found = re.search(r'name="form_key"[^>]*value="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_the_contact_is_changed_and_the_officer_sees_it(
    inside: Browser, begin: Begin, people: dict[str, Actor]
) -> None:
    assert "You have not told us whom to write to" in inside.get("/reply/progress")
    form_key = key(inside.get("/reply/contact"))
    inside.post("/reply/contact", form_key=form_key, name="Ann Example", email="no address")
    assert "Enter an email address like" in inside.page
    assert 'value="Ann Example"' in inside.page
    inside.post("/reply/contact", form_key=key(inside.page), name="Ann Example")
    assert "Enter an email address or a telephone number" in inside.page
    inside.post("/reply/contact", form_key=key(inside.page), name="Ann Example", phone="0191 1")
    assert inside.at == "/reply/contact/changed"
    assert "Ann Example, 0191 1" in inside.get("/reply/progress")
    assert 'value="Ann Example"' in inside.get("/reply/contact")
    with begin(people["officer"]) as work:
        panel = link_panel(work, work.session.scalars(sa.select(Case)).one())
        assert panel is not None
        told = {fact.key: fact.text for fact in panel.facts}
        assert told["Asks us to write to"] == "Ann Example, 0191 1"


def test_every_way_on_is_there(inside: Browser) -> None:
    page = inside.get("/reply/progress")
    for address in ("/reply/why", "/reply/time", "/reply/contact", "/reply/format"):
        assert f'href="{address}"' in page, address
