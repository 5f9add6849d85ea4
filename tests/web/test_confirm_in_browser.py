"""The password again before approving, in real Chromium: asked, refused, given, and back."""

from __future__ import annotations

from datetime import timedelta

import notice_story as told
import pytest
from desk_in_browser import Desk, look, press

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NOTICE = "/cases/ASC-2026-000001/notices/1"


def test_the_button_leads_to_the_password_and_back(desk: Desk) -> None:
    desk.staff({"sam": "senior"})
    story = told.Story(desk.begin)
    story.triage()
    story.draft()
    story.submit()
    sam = desk.page("sam")
    sam.goto(NOTICE)
    desk.now += timedelta(minutes=16)
    press(sam, "Approve exactly this document")
    assert sam.get_by_role("heading", name="Confirm that it is you").is_visible()
    look(sam, "confirm")
    press(sam, "Confirm")
    assert sam.get_by_role("link", name="Enter your password").is_visible()
    sam.get_by_label("Your password", exact=True).fill("a wrong passphrase 17")
    press(sam, "Confirm")
    look(sam, "confirm-wrong")
    sam.get_by_label("Your password", exact=True).fill("a long invented passphrase 17")
    press(sam, "Confirm")
    assert sam.url.endswith(NOTICE)
    assert sam.get_by_text("Nothing was done yet: go on from here.").is_visible()
    press(sam, "Approve exactly this document")
    assert sam.get_by_text("Approved and sealed.").is_visible()
