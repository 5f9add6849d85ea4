"""The reply site as a provider meets it, without a browser: in, say, send, receipt, come back."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from io import BytesIO
from typing import Any

import pytest
import reply_case
from flask.testing import FlaskClient
from PIL import Image
from reply_case import Clock

from enforcement import create_reply_app
from enforcement.domain.permissions import Actor
from enforcement.services.work import Work
from enforcement.settings import Settings

Begin = Callable[..., AbstractContextManager[Work]]


class Browser:
    """A client that fills the CSRF token in and checks every page it is shown."""

    def __init__(self, client: FlaskClient, check: Callable[[str], None]) -> None:
        self.client, self.check = client, check
        self.page = ""

    def get(self, url: str, status: int = 200) -> str:
        answer = self.client.get(url, follow_redirects=True)
        return self._seen(answer, status)

    def post(self, url: str, status: int = 200, **fields: Any) -> str:
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.page)
        data = {"csrf_token": token.group(1) if token else "", **fields}
        answer = self.client.post(
            url, data=data, follow_redirects=True, content_type="multipart/form-data"
        )
        return self._seen(answer, status)

    def _seen(self, answer: Any, status: int) -> str:
        assert answer.status_code == status, (answer.status_code, answer.text[:3000])
        self.page = answer.text
        self.at = answer.request.path
        self.check(self.page)
        return self.page


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def made(begin: Begin, people: dict[str, Actor]) -> Any:
    with begin(people["officer"]) as work:
        return reply_case.make(work)


@pytest.fixture
def browse(settings: Settings, clock: Clock, page_checker: Any) -> Callable[[], Browser]:
    app = create_reply_app(settings, clock=clock)
    return lambda: Browser(app.test_client(), page_checker)


@pytest.fixture
def inside(browse: Callable[[], Browser], made: Any) -> Browser:
    browser = browse()
    browser.get(f"/r/{made.secret}")
    browser.post(f"/r/{made.secret}", location_id="1-900000001", postcode="zz11zz")
    assert browser.at == "/reply"
    return browser


def picture() -> BytesIO:
    out = BytesIO()
    Image.new("RGB", (20, 20), "white").save(out, "JPEG")
    out.seek(0)
    return out


def answer_all(browser: Browser) -> None:
    browser.get("/reply/why")
    browser.post("/reply/why", choice=["submitted", "good_reason"])
    assert browser.at == "/reply/why/submitted/windows"
    browser.post(browser.at, choice=["all"])
    assert browser.at == "/reply/why/submitted/dates"
    browser.post(browser.at, **{"day-1-0": ["12", "3", "2026"], "day-2-0": ["", "", ""]})
    browser.post(browser.at, choice="We saved it on the 12th at 3pm.")
    assert browser.at == "/reply/why/good_reason/kind"
    browser.post(browser.at, choice="outage")
    browser.post(browser.at, choice=["2"])
    assert browser.at == "/reply/why/good_reason/dates"
    wrong_way = {"day-2-0": ["14", "4", "2026"], "day-2-1": ["8", "4", "2026"]}
    browser.post(browser.at, **wrong_way)
    assert "The end cannot be before the beginning" in browser.page
    assert 'value="14"' in browser.page
    browser.post(browser.at, **{**wrong_way, "day-2-1": ["15", "4", "2026"]})
    browser.post(browser.at, choice="The system was down all week.")
    assert browser.at == "/reply/why/good_reason/responsible"
    browser.post(browser.at, choice="Our deputy manager")
    browser.post(browser.at, choice="")
    assert browser.at == "/reply/evidence"
    browser.post(browser.at, files=(picture(), "../../etc/screen shot.jpg"), more="y")
    assert "screen shot.jpg" in browser.page
    assert ".." not in browser.page
    browser.post("/reply/evidence")
    browser.post(
        "/reply/you", name="Ann Example", role="Registered manager", email="ann@example.org"
    )
    assert browser.at == "/reply/check"


def form_key(page: str) -> str:
    found = re.search(r'name="form_key"[^>]*value="([^"]+)"', page)
    assert found
    return found.group(1)


def test_a_provider_comes_in_says_sends_and_is_told(inside: Browser) -> None:
    assert "Sample Meadow Care Ltd" in inside.page
    assert "Thursday 25 June 2026" in inside.page
    inside.get("/reply/record")
    assert "after the window closed" in inside.page
    answer_all(inside)
    for told in (
        "March 2026: 12 March 2026",
        "April 2026: 14 April 2026 to 15 April 2026",
        "Our deputy manager",
        "the information was saved in Capacity Tracker when I say it was",
        "Fraud Act 2006",
    ):
        assert told in inside.page, told
    assert "checked" not in inside.page
    key = form_key(inside.page)
    inside.post("/reply/check", form_key=key)
    assert "Tick the box" in inside.page
    inside.post("/reply/check", form_key=key, declared="y")
    assert "ASC-2026-000001-R1" in inside.page
    assert "It came in time" in inside.page
    assert "16 June 2026, 10:00am" in inside.page
    inside.get("/reply/progress")
    assert "ASC-2026-000001-R1" in inside.page
