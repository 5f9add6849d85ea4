"""Replies on the staff site: read, answered point by point, keyed from paper; the link's panel."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
import reply_case
from flask import Flask
from flask.testing import FlaskClient

from enforcement import create_staff_app
from enforcement.domain.permissions import Actor
from enforcement.domain.replies import Question
from enforcement.services import (
    accounts,
    cases,
    default_policies,
    links,
    replies,
    reply_drafts,
    sign_in,
)
from enforcement.services.evidence import examine
from enforcement.services.work import Work
from enforcement.settings import Settings

Begin = Callable[..., AbstractContextManager[Work]]
NOW = datetime(2026, 6, 16, 9, 0, tzinfo=UTC)
BASE = "/cases/ASC-2026-000001"
REPLY = f"{BASE}/replies/ASC-2026-000001-R1"


PASSWORD = "a long enough phrase"


@pytest.fixture
def made(begin: Begin, people: dict[str, Actor], settings: Settings) -> Any:
    """A case with one reply of two points and a picture of evidence in CSV."""
    with begin(people["officer"]) as work:
        made = reply_case.make(work)
    with begin(Actor("provider:x", "Provider")) as work:
        link = links.current(work, cases.find(work, made.reference))
        assert link is not None
        reply_drafts.save(work, link, Question("reasons"), ["public_body", "help"])
        reply_drafts.save(work, link, Question("words", "public_body"), "We are <b>a council</b>.")
        reply_drafts.save(work, link, Question("words", "help"), "Ring us.")
        reply_drafts.add_file(work, link, examine("proof.csv", b"=cmd|a", settings))
        sender = replies.Sender("Ann Example", "Director").as_json()
        key = reply_drafts.save(work, link, Question("sender"), sender).form_key
        replies.send(work, link, key)
    return made


class Desk:
    """A signed-in person who fills the form token in and checks every page."""

    def __init__(self, client: FlaskClient, check: Callable[[str], None]) -> None:
        self.client, self.check = client, check

    def get(self, url: str, status: int = 200) -> str:
        answer = self.client.get(url)
        assert answer.status_code == status, re.sub(r"<[^>]+>", "", answer.text)[-900:]
        self.check(answer.text)
        return answer.text

    def open_files(self) -> None:
        """Open the original of every file of the reply, as the buttons do."""
        page = self.client.get(REPLY).text
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert token
        for path in set(re.findall(r'action="([^"]+/original/open)"', page)):
            answer = self.client.post(path, data={"csrf_token": token.group(1)})
            assert answer.status_code == 200
            assert answer.headers["Content-Disposition"].startswith("attachment")

    def post(self, url: str, at: str = "", status: int = 200, **fields: Any) -> str:
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.client.get(at or url).text)
        assert found
        answer = self.client.post(
            url,
            data={"csrf_token": found.group(1), **fields},
            content_type="multipart/form-data",
            follow_redirects=True,
        )
        assert answer.status_code == status, re.sub(r"<[^>]+>", "", answer.text)[-900:]
        self.check(answer.text)
        return answer.text


@pytest.fixture
def desk(
    begin: Begin, people: dict[str, Actor], settings: Settings, page_checker: Any, made: Any
) -> Callable[[str], Desk]:
    app: Flask = create_staff_app(settings, clock=lambda: NOW)

    def sit(role: str) -> Desk:
        with begin(people["admin"]) as work:
            accounts.create(work, role, role.title(), f"n-{role}", [role], PASSWORD)
        with begin(people["admin"]) as work:
            started = sign_in.start(work.session, role, PASSWORD, "192.0.2.1", NOW)
        assert started is not None
        client = app.test_client()
        client.set_cookie("staff-session", started[0])
        return Desk(client, page_checker)

    return sit


def test_an_officer_reads_and_answers_each_point(desk: Callable[[str], Desk]) -> None:
    officer = desk("officer")
    listed = officer.get(f"{BASE}/replies")
    assert "Unread" in listed
    assert "2 points to answer" in listed
    page = officer.get(REPLY)
    assert "&lt;b&gt;a council" in page
    assert "Held, not scanned for viruses" in page
    assert "not cleaned" in page
    assert "Marked as read" in officer.post(f"{REPLY}/read", at=REPLY)
    form = officer.get(f"{REPLY}/points/1")
    found = re.search(r'name="version"[^>]*value="(\d+)"', form)
    assert found
    fields = {"version": found.group(1), "view": "not_accepted", "answer": "CQC lists a company."}
    refused = officer.post(f"{REPLY}/points/1", **fields)
    assert "Say what evidence was looked at" in refused
    assert "CQC lists a company." in refused
    fields["evidence_looked_at"] = "The CQC register"
    refused = officer.post(f"{REPLY}/points/1", **fields)
    assert "You have not opened" in refused
    officer.open_files()
    assert "Opened by Officer" in officer.get(REPLY)
    assert "Point 1 is answered" in officer.post(f"{REPLY}/points/1", **fields)
    # somebody who still has the older page keeps their words and is told
    stale = officer.post(f"{REPLY}/points/1", **{**fields, "answer": "My other words"})
    assert "Somebody changed this" in stale
    assert "My other words" in stale
    split = officer.post(f"{REPLY}/points/2/split", parts="Ring us.\r\n\r\nIn large print.")
    assert "Point 3" in split
    assert "The point was added" in officer.post(f"{REPLY}/points", text="And one more.")


def test_an_officer_asks_gives_time_and_passes_on(
    desk: Callable[[str], Desk], begin: Begin, people: dict[str, Actor]
) -> None:
    with begin(people["admin"]) as work:
        default_policies.install(work)
    officer = desk("officer")
    asked = officer.post(f"{REPLY}/ask", text="Which council?", **day_of("due_on", 24, 6))
    assert "The question is asked." in asked
    assert "Which council?" in asked
    assert "to be sent by post" in asked
    assert "Question 1 about" in officer.get(f"{BASE}/tasks")
    close = f"{BASE}/questions/1/close"
    assert "Choose the reply that answers it" in officer.post(close, answered="", words="")
    assert "closed: They rang." in officer.post(close, answered="", words="They rang.")
    found = re.search(r'name="version"[^>]*value="(\d+)"', officer.get(f"{BASE}/extend"))
    assert found
    ill = {"reason": "Ill.", "version": found[1]}
    refused = officer.post(f"{BASE}/extend", **ill, **day_of("last_day", 24, 6))
    assert "never shrinks" in refused
    longer = officer.post(f"{BASE}/extend", **ill, **day_of("last_day", 2, 7))
    assert "Until 2 July 2026" in longer
    assert "Before: 25 June 2026" in longer
    passed = officer.post(
        f"{BASE}/concern", kind="safeguarding", reply="", words="A door is locked at night."
    )
    assert "Passed on to" in passed
    assert "locked at night" not in passed


def day_of(name: str, day: int, month: int) -> dict[str, Any]:
    return {name: [str(day), str(month), "2026"]}


def test_standard_words_are_added_to_the_answer_and_nothing_typed_is_lost(
    desk: Callable[[str], Desk], begin: Begin, people: dict[str, Actor]
) -> None:
    with begin(people["admin"]) as work:
        default_policies.install(work)
    officer = desk("officer")
    page = officer.get(f"{REPLY}/points/1")
    found = re.search(r'<option value="(\d+)"[^>]*>\s*Nothing had changed', page)
    assert found
    added = officer.post(
        f"{REPLY}/points/1", insert="1", paragraph=found[1], answer="My own beginning."
    )
    assert "My own beginning.\n\nWhere nothing has changed" in added
    assert "Not answered" in officer.get(REPLY)


def test_a_file_leaves_only_as_an_attachment(desk: Callable[[str], Desk]) -> None:
    officer = desk("officer")
    found = re.search(r"/files/(\d+)/original", officer.get(REPLY))
    assert found
    answer = officer.client.get(f"{REPLY}/files/{found.group(1)}/original")
    assert answer.data == b"=cmd|a"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert officer.client.get(f"{REPLY}/files/{found.group(1)}/clean").status_code == 404
    assert officer.client.get(f"{REPLY}/files/9999/original").status_code == 404


def test_a_reply_from_paper_is_keyed_with_the_letter_itself(desk: Callable[[str], Desk]) -> None:
    officer = desk("officer")
    key = f"{BASE}/replies/key"
    form = officer.get(key)
    found = re.search(r'name="form_key"[^>]*value="([^"]+)"', form)
    assert found
    fields: dict[str, Any] = {
        "form_key": found.group(1),
        "source": "post",
        "received_on": ["15", "6", "2026"],
        "name": "Ben Example",
        "role": "Director",
        "reasons": ["wrong_recipient"],
        "words": "This is for our landlord.",
    }
    bad = officer.post(key, **fields, files=[(BytesIO(b"MZ"), "letter.pdf")])
    assert "not really" in bad
    assert "landlord" in bad
    kept = officer.post(key, **fields, files=[(BytesIO(b"a,b"), "letter.csv")])
    assert "ASC-2026-000001-R2" in kept
    assert "letter.csv" in kept
    assert "ASC-2026-000001-R3" not in officer.post(key, **fields)


def test_the_link_panel_shows_no_secret_and_acts(desk: Callable[[str], Desk], made: Any) -> None:
    officer = desk("officer")
    page = officer.get(f"{BASE}/replies")
    assert "ASC-2026-000001-L1" in page
    assert made.secret not in page
    assert made.code not in page
    for name in ("extend", "revoke", "reissue"):
        officer.get(f"{BASE}/link/{name}")
    assert "after the day" in officer.post(f"{BASE}/link/extend", last_day=["1", "6", "2026"])
    assert "open longer" in officer.post(f"{BASE}/link/extend", last_day=["1", "9", "2026"])
    reissued = officer.post(f"{BASE}/link/reissue")
    assert re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", reissued)
    assert made.code not in reissued
    assert "Revoked" in officer.post(f"{BASE}/link/revoke", reason="Sent to the wrong home")


@pytest.mark.parametrize("role", ["auditor", "panel", "finance"])
def test_others_read_and_change_nothing(desk: Callable[[str], Desk], role: str) -> None:
    reader = desk(role)
    page = reader.get(REPLY)
    assert "I have read the whole reply" not in page
    for place in (f"{REPLY}/points/1", f"{BASE}/replies/key", f"{BASE}/link/revoke"):
        reader.get(place, status=403)
