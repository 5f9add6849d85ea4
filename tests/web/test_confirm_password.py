"""Approving a notice and recording a decision ask for the password again (ASVS 7.5.3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import notice_story as story
import pytest
from test_case_steps import CASE, PASSWORD, Form, Site

from enforcement import create_staff_app
from enforcement.settings import Settings

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ASKED = {"decisions.decide", "issue_run_approval.approve", "notices.approve"}
NOTICE = f"{CASE}/notices/1"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def site(settings: Settings, begin: Callable[..., Any], page_checker: Any) -> Site:
    found = Site(settings, begin, page_checker)
    found.now = story.NOW
    found.tale.triage()
    found.tale.draft()
    found.tale.submit()
    return found


def approve(site: Site, client: Any, page: str) -> Any:
    seal = site.tale.notice
    with site.begin(story.OFFICER, site.now) as work:
        seen = seal(work).pdf_sha256
    return client.post(
        f"{NOTICE}/approve",
        data={"csrf_token": site.token(page), "seen": seen, "version": ""},
        headers={"Referer": f"http://localhost{NOTICE}"},
    )


def awake(site: Site, client: Any, minutes: int) -> str:
    """The notice's page, looked at often enough that the session goes on."""
    for _ in range(minutes // 5):
        site.now += 5 * MINUTE
        page = client.get(NOTICE).text
    site.now += (minutes % 5) * MINUTE
    return str(page)


def test_within_the_time_nothing_is_asked(site: Site) -> None:
    client = site.client("sam")
    answer = approve(site, client, awake(site, client, 15))
    assert answer.location == NOTICE
    assert "Approved and sealed" in client.get(NOTICE).text


def test_later_the_password_is_asked_and_nothing_done_before(site: Site) -> None:
    client = site.client("sam")
    page = awake(site, client, 16)
    answer = approve(site, client, page)
    assert (answer.status_code, answer.location) == (
        303, "/confirm-password?next=/cases/ASC-2026-000001/notices/1",
    )  # fmt: skip
    assert site.state() == "intent_review"
    html = client.get(answer.location).text
    site.check(html)
    assert "15 minutes after you last typed it" in html
    token = {"csrf_token": site.token(html), "next": NOTICE}
    wrong = client.post("/confirm-password", data={**token, "password": "seven brown bottles"})
    assert "The password is wrong" in wrong.text
    assert 'href="#password"' in wrong.text
    assert site.state() == "intent_review"
    old = client.get_cookie("staff-session").value
    right = client.post("/confirm-password", data={**token, "password": PASSWORD})
    assert right.location == NOTICE
    assert client.get_cookie("staff-session").value != old
    page = client.get(NOTICE).text
    assert "Nothing was done yet" in page
    assert approve(site, client, page).location == NOTICE
    assert site.state() == "intent_approved"
    # The session before is over: whoever held it is signed out.
    stranger = site.app.test_client()
    stranger.set_cookie("staff-session", old)
    assert stranger.get(NOTICE).status_code == 302


def test_five_wrong_tries_lock_as_signing_in_does(site: Site) -> None:
    client = site.client("sam")
    awake(site, client, 20)
    token = {"csrf_token": site.token(client.get("/confirm-password").text), "next": NOTICE}
    for _ in range(5):
        client.post("/confirm-password", data={**token, "password": "seven brown bottles"})
    locked = client.post("/confirm-password", data={**token, "password": PASSWORD})
    assert "locked for a while" in locked.text


@pytest.mark.parametrize("wanted", ["https://elsewhere.example/x", "//elsewhere.example", "\\\\e"])
def test_the_way_back_never_leaves_the_site(site: Site, wanted: str) -> None:
    client = site.client("sam")
    token = site.token(client.get("/confirm-password").text)
    data = {"csrf_token": token, "next": wanted, "password": PASSWORD}
    assert client.post("/confirm-password", data=data).location == "/"
    site.now += 16 * MINUTE
    page = client.get(NOTICE).text
    answer = client.post(
        f"{NOTICE}/approve",
        data={"csrf_token": site.token(page)},
        headers={"Referer": "http://localhost.elsewhere.example/x"},
    )
    assert answer.location in ("/confirm-password", "/confirm-password?next=")


def test_a_page_is_not_opened_only_to_lose_what_is_typed(site: Site) -> None:
    client = site.client("pat")
    awake(site, client, 20)
    answer = client.get(f"{CASE}/decision/decide")
    assert answer.location.startswith("/confirm-password?next=/cases/ASC-2026-000001/decision")
    Form(site, client, "/decision")  # reading asks for nothing


def test_what_asks_is_what_this_test_knows(settings: Settings) -> None:
    views = create_staff_app(settings).view_functions
    asking = {name for name, view in views.items() if getattr(view, "password_again", False)}
    assert asking == ASKED
