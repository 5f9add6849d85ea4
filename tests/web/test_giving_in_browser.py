"""Post that came back, in real Chromium: the task, another day refused, the notice given again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import notice_story as told
import pytest
from desk_in_browser import Desk, look
from playwright.sync_api import Page

from enforcement.domain.giving import Method
from enforcement.services import giving, sending

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LATER = told.NOW + timedelta(days=6)
ROLES = {"olive": "officer", "sam": "senior"}
CASE = "/cases/ASC-2026-000001"
OLD_OFFICE = replace(told.REGISTERED_OFFICE, address=("1 Former Road",), postcode="ZZ99 1ZZ")


@pytest.fixture
def pages(desk: Desk) -> Callable[..., Page]:
    """`pages(name)`: a signed-in page of this person; the notice of intent has come back."""
    desk.staff(ROLES)
    _posted_and_returned(desk.begin)
    desk.now = LATER
    return desk.page


def _posted_and_returned(begin: Any) -> None:
    story = told.Story(begin, method=Method.FIRST_CLASS, recipient=OLD_OFFICE)
    story.to_posted()
    with begin(sending.WORKER, LATER) as work:
        giving.failed(work, story.notice(work), "returned", "“Addressee gone away” on the envelope")


def test_from_returned_post_to_a_new_notice(pages: Callable[..., Page], tmp_path: Path) -> None:
    officer, senior = pages("olive"), pages("sam")
    officer.goto("/tasks")
    assert officer.get_by_text("Addressee gone away").is_visible()
    look(officer, "tasks")
    officer.goto(CASE)
    assert "To do by" in officer.content()
    look(officer, "case")

    officer.goto(f"{CASE}/notices/1/other-day")
    look(officer, "other-day")
    shown = tmp_path / "record.csv"
    shown.write_text("item,signed for\nAA000000000GB,2026-06-18\n")
    for box, typed in (("day", "18"), ("month", "6"), ("year", "2026")):
        officer.locator(f"#given_on-{box}").fill(typed)
    officer.locator("input[type=file]").set_input_files(shown)
    officer.get_by_label("What does it show?").fill("The carrier’s record of the signature.")
    officer.get_by_role("button", name="Put it to a second person").click()
    assert officer.get_by_text("a second person answers it").is_visible()
    assert officer.get_by_text("stays").first.is_visible()
    senior.goto("/")
    assert senior.get_by_text("proposal about giving to answer").is_visible()
    look(senior, "home")
    senior.goto("/tasks")
    senior.get_by_role("link", name="Another day of giving").click()
    look(senior, "other-day-answer")
    senior.get_by_label("If you refuse: why?").fill("It was signed for next door.")
    senior.get_by_role("button", name="Refuse").click()
    assert senior.get_by_text("Nothing was changed").is_visible()

    officer.goto(CASE)
    officer.get_by_text("Give it again to another address").first.click()
    look(officer, "again")
    officer.get_by_role("button", name="Put it to a senior officer").click()
    assert officer.locator(".nhsuk-error-summary").is_visible()
    look(officer, "again-errors")
    officer.get_by_label("Why is it withdrawn and given again?").fill("It went to an old office.")
    officer.get_by_role("button", name="Put it to a senior officer").click()
    assert officer.get_by_text("Until they agree nothing is done").is_visible()
    senior.goto("/tasks")
    senior.get_by_role("link", name="Give again").click()
    look(senior, "again-answer")
    senior.get_by_role("button", name="Agree").click()
    assert senior.get_by_text("a new one is drafted").is_visible()
    officer.goto(f"{CASE}/tasks")
    look(officer, "case-tasks")
    assert officer.get_by_text("Agreed").is_visible()
    officer.goto(f"{CASE}/notices")
    assert officer.get_by_text("Withdrawn", exact=True).count() == 1
    assert officer.get_by_text("Draft", exact=True).is_visible()
