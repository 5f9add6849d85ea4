"""An appeal, recovery and closing in real Chromium: each page looked at, one direction typed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import appeal_story
import notice_story as told
import pytest
from desk_in_browser import Desk, look
from playwright.sync_api import Page

from enforcement.domain.appeals import Outcome, StepKind
from enforcement.services import appeals, recovery

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROLES = {"olive": "officer", "sam": "senior", "fin": "finance"}
CASE = "/cases/ASC-2026-000001"


@pytest.fixture
def pages(desk: Desk) -> Callable[..., Page]:
    desk.staff(ROLES)
    desk.now = told.Story(desk.begin).to_final_given() + timedelta(days=10)
    return desk.page


def fill(page: Page, field: str, day: str) -> None:
    for box, typed in zip(("day", "month", "year"), day.split(), strict=True):
        page.locator(f"#{field}-{box}").fill(typed)


def test_an_appeal_from_direction_to_decision(desk: Desk, pages: Callable[..., Page]) -> None:
    officer = pages("olive")
    officer.goto(f"{CASE}/appeal")
    look(officer, "appeal-none")
    with desk.begin(told.OFFICER, desk.now) as work:
        case = told.Story(desk.begin).case(work)
        day = work.today
        appeals.lodge(work, case, day, day, "GRC/2026/0001", "The fee is that of another year.")
    officer.goto(f"{CASE}/appeal")
    officer.get_by_role("button", name="Record a direction").click()
    look(officer, "direction")
    officer.get_by_label("What is to be done?").fill("Send the tribunal and the provider a bundle.")
    officer.get_by_label("Us", exact=True).check()
    fill(officer, "given_on", "16 7 2026")
    fill(officer, "due_on", "31 8 2026")
    officer.get_by_role("button", name="Record the direction").click()
    assert officer.get_by_text("The direction is recorded.").is_visible()
    assert officer.get_by_role("link", name="31 August 2026, 5pm").is_visible()
    with desk.begin(told.OFFICER, desk.now) as work:
        case = told.Story(desk.begin).case(work)
        hearing = work.today + timedelta(80)
        appeal_story.step(work, case, StepKind.HEARING_LISTED, "By video.", until=hearing)
    officer.goto(f"{CASE}/appeal")
    look(officer, "appeal")
    officer.get_by_role("link", name="31 August 2026, 5pm").click()
    look(officer, "direction-receipt")  # Monday 31 August 2026 is a bank holiday
    assert officer.get_by_text("1 September 2026").first.is_visible()
    officer.goto(CASE)
    look(officer, "case-appealed")
    officer.goto(f"{CASE}/appeal/record/decided")
    officer.get_by_role("button", name="Record the decision").click()
    assert officer.locator(".nhsuk-error-summary").is_visible()
    look(officer, "decided-errors")
    with desk.begin(told.OFFICER, desk.now) as work:
        appeal_story.decide(work, told.Story(desk.begin).case(work), Outcome.DISMISSED)
    officer.goto(f"{CASE}/appeal/determine")
    look(officer, "determine")


def test_recovery_and_closing(desk: Desk, pages: Callable[..., Page]) -> None:
    finance, officer = pages("fin"), pages("olive")
    finance.goto(f"{CASE}/recovery")
    look(finance, "recovery-waits")
    desk.now += timedelta(days=40)
    with desk.begin(told.FINANCE, desk.now) as work:
        case = told.Story(desk.begin).case(work)
        appeal_story.recover(work, case)
        appeal_story.certify(work, case)
    with desk.begin(told.SENIOR, desk.now) as work:
        appeal_story.sign(work, told.Story(desk.begin).case(work))
    with desk.begin(told.FINANCE, desk.now) as work:
        case = told.Story(desk.begin).case(work)
        appeal_story.apply_to_court(work, case)
        pay_by = work.today + timedelta(14)
        recovery.ordered(work, case, recovery.Order(work.today, 100_00, "EX7/1", pay_by))
    finance = pages("fin")
    finance.goto(f"{CASE}/recovery")
    look(finance, "recovery")
    finance.goto(f"{CASE}/recovery/order")
    look(finance, "court-order")
    officer = pages("olive")
    officer.goto(f"{CASE}/close")
    look(officer, "close")
