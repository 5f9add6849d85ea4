"""The pages of an issue run without a browser: what is refused, what leaves as a file, who may."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import form_reader
import issue_run_story as told
import pytest
from flask.testing import FlaskClient
from issue_run_story import NOW, RunStory
from notice_story import person
from signed_in import COOKIE, signed_in

from enforcement import create_staff_app
from enforcement.domain.permissions import Role
from enforcement.services import issue_runs, sending
from enforcement.web.exports import unguard
from enforcement.web.transactions import engine as database

RUN = "/issue-runs/IR-2026-0001"
LEO = person("leo", Role.LEADER)


class Site:
    """The site at the story's hour, and a signed-in client for each of its people."""

    def __init__(self, story: RunStory, check: Callable[[str], None]) -> None:
        self.story, self.check = story, check
        self.app = create_staff_app(story.settings, clock=lambda: NOW)

    def client(self, username: str) -> FlaskClient:
        client = self.app.test_client()
        client.set_cookie(COOKIE, signed_in(self.story.engine, username, NOW))
        return client

    def get(self, client: FlaskClient, address: str) -> str:
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        self.check(answer.text)
        return answer.text

    def post(
        self, client: FlaskClient, page: str, address: str, status: int = 303, **fields: Any
    ) -> str:
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert token is not None
        answer = client.post(address, data={"csrf_token": token[1], **fields})
        assert answer.status_code == status, (address, answer.status_code, answer.text)
        if status != 303:
            self.check(answer.text)
        return answer.text


@pytest.fixture
def site(
    begin: Any, engine: Any, settings: Any, page_checker: Callable[[str], None]
) -> Iterator[Site]:
    story = RunStory(begin, engine, settings, cases=3)
    story.open()
    with begin(told.OLIVE) as work:
        told.add_account(work, LEO)
    found = Site(story, page_checker)
    yield found
    with found.app.app_context():
        database().dispose()


def words(page: str) -> str:
    """A page as it is read: without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def plan(**other: Any) -> dict[str, Any]:
    return {
        "seen": "3",
        "which": "all",
        "send_on": ["16", "6", "2026"],
        "period_days": "14",
    } | other


def test_a_run_is_made_of_all_or_of_those_ticked_and_mistakes_keep_the_input(site: Site) -> None:
    officer = site.client("olive")
    page = site.get(officer, "/issue-runs/new")
    assert "3 cases ready, 0 not ready." in page
    new = "/issue-runs/new"
    wrong = site.post(officer, page, new, 200, **plan(period_days="7"))
    assert "from 14 to 90" in wrong
    assert "There are now 3 ready cases, not 4." in site.post(
        officer, page, new, 200, **plan(seen="4")
    )
    assert "at least one case" in site.post(officer, page, new, 200, **plan(which="ticked"))
    gone = site.post(officer, page, new, 200, **plan(which="ticked", case="ASC-2026-000009"))
    assert "ASC-2026-000009 is no longer ready." in gone
    assert "A run cannot go by “hand”" in officer.get(f"{new}?method=hand").text
    site.post(officer, page, new, **plan(which="ticked", case=["ASC-2026-000002"]))
    listed = site.get(officer, "/issue-runs")
    assert "IR-2026-0001" in listed
    assert "2 cases ready, 1 not ready." in site.get(officer, new)
    page = site.get(officer, RUN)
    assert "still to be drafted" in site.post(officer, page, f"{RUN}/freeze", 409)
    frame = officer.get(f"{RUN}/progress")
    assert frame.headers["Refresh"] == "5"
    assert "frame-ancestors 'self'" in frame.headers["Content-Security-Policy"]
    site.check(frame.text)
    stop = site.get(officer, f"{RUN}/cancel")
    assert "Say why" in site.post(officer, stop, f"{RUN}/cancel", 200)
    assert form_reader.taken(officer, f"{RUN}/cancel") == []
    assert "not paused" in site.post(officer, stop, f"{RUN}/resume", 409)
    site.post(officer, stop, f"{RUN}/cancel", reason="Not today.")
    assert "Refresh" not in officer.get(f"{RUN}/progress").headers
    assert "has ended" in site.post(officer, stop, f"{RUN}/cancel", 200, reason="Again.")


def test_the_run_says_its_rate_the_time_left_and_what_failed_why(site: Site) -> None:
    story = site.story
    story.make()
    with story.begin(told.OLIVE) as work:
        run = story.run(work)
        run.state = "drafting"
        first, *others = issue_runs.items(work.session, run)
        first.changed_at = NOW - timedelta(seconds=120)
        for item in (first, others[0]):
            item.state, item.reason_name = "refused", "BadInput"
            item.reason = "The postal address of the recipient is not complete."
        others[0].changed_at = NOW
    officer = site.client("olive")
    frame = words(site.get(officer, f"{RUN}/progress"))
    assert "2 of 3 done, 1 a minute, about 1 minute left" in frame
    page = words(site.get(officer, RUN))
    assert "What did not go through, by reason" in page
    assert (
        "The postal address of the recipient is not complete. Could not be drafted Notices 2"
        in page
    )


def test_the_approver_sees_and_signs_what_is_there_and_nothing_else(site: Site) -> None:
    story = site.story
    story.make()
    story.work_on()
    story.freeze()
    officer, senior, leader = (site.client(one) for one in ("olive", "sam", "leo"))
    assert officer.get(f"{RUN}/look").status_code == 403
    assert "1</span> <span" in site.get(senior, "/").replace("\n", "")
    page = site.get(senior, f"{RUN}/look")
    assert page.count('name="seen"') == 3
    assert "the registered office; CQC register" in page
    out = f"{RUN}/items/2/take_out"
    assert form_reader.taken(officer, f"{RUN}/items/2", out) == []
    forged = site.post(senior, page, f"{RUN}/look", 409, seen=f"1:{'0' * 64}")
    assert "not the one you were shown" in forged
    site.post(senior, page, f"{RUN}/look", seen=re.findall(r'name="seen" value="([^"]+)"', page))
    check = site.get(senior, senior.get(f"{RUN}/check").headers["Location"])
    first = f"{RUN}/check/1"
    seen = re.findall(r'name="seen" value="([^"]+)"', check)[0]
    assert "Not ticked" in site.post(senior, check, first, 200, seen=seen, found=["who"])
    early = site.post(senior, check, f"{RUN}/approve", 409, seen="0" * 64)
    assert "have not been checked in full" in early
    story.look()
    page = site.get(senior, RUN)
    assert "another" not in page
    assert "not the one you were shown" in site.post(
        senior, page, f"{RUN}/approve", 409, seen="0" * 64
    )
    manifest = officer.get(f"{RUN}/manifest.json").data
    site.post(senior, page, f"{RUN}/approve", seen=hashlib.sha256(manifest).hexdigest())
    assert leader.get(f"{RUN}/pause").status_code == 403
    item = site.get(senior, f"{RUN}/items/2")
    refused = site.post(senior, item, f"{RUN}/items/2/retry", 409)
    assert "nothing to try again" in refused


def test_print_files_lists_and_the_sheet_leave_as_files_for_those_who_may(site: Site) -> None:
    story = site.story
    story.make()
    story.work_on()
    story.freeze()
    story.look()
    story.approve()
    story.work_on()
    sending.deliver_ready(story.engine, story.settings, lambda: NOW, "test-worker")
    officer, leader = site.client("olive"), site.client("leo")
    page = site.get(officer, f"{RUN}/print")
    site.post(officer, page, f"{RUN}/print")
    assert "stands in a print file" in site.post(officer, page, f"{RUN}/print", 409)
    pdf = officer.get(f"{RUN}/print/1.pdf")
    assert pdf.data.startswith(b"%PDF")
    assert leader.get(f"{RUN}/print/1.pdf").status_code == 403
    listed = rows(leader.get(f"{RUN}/print/1.csv").data)
    assert [row["Position"] for row in listed] == ["1", "2", "3"]
    assert {row["SHA-256 of the print file"] for row in listed} == {
        hashlib.sha256(pdf.data).hexdigest()
    }
    file = site.get(officer, f"{RUN}/print/1")
    fields = {"sent_on": ["16", "6", "2026"], "evidence": "Cover, signed", "not_posted": "two"}
    long = {"sent_on": ["16", "6", "2026"], "evidence": form_reader.LONG}
    assert "longer than 4000" in site.post(officer, file, f"{RUN}/print/1/posted", 400, **long)
    assert form_reader.taken(officer, f"{RUN}/print/1", f"{RUN}/print/1/posted") == []
    assert "is not the number" in site.post(officer, file, f"{RUN}/print/1/posted", 409, **fields)
    site.post(officer, file, f"{RUN}/print/1/posted", **{**fields, "not_posted": "2"})
    late = site.get(officer, f"{RUN}/print/1?on=2026-06-25")
    assert "it says" in late
    assert len(rows(leader.get(f"{RUN}/items.csv?given=yes").data)) == 2
    assert "It reconciles." in site.get(leader, f"{RUN}/reconciliation")
    sheet = leader.get(f"{RUN}/reconciliation.csv").data.decode("utf-8-sig")
    assert "It reconciles." in sheet
    for query in ("state=issued&sending=sent", "given=yes&text=ASC-2026-000001", "printed=no"):
        site.get(leader, f"{RUN}/items?{query}")
    assert leader.get(f"{RUN}/items?sending=perhaps").status_code == 400


def rows(body: bytes) -> list[dict[str, str]]:
    """A CSV of ours read back."""
    found = csv.DictReader(io.StringIO(body.decode("utf-8-sig")))
    return [{name: unguard(value) for name, value in row.items()} for row in found]
