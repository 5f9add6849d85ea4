"""Deciding in real Chromium: files opened, a point answered, a question, interests, the vote."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import notice_story as told
import pytest
from desk_in_browser import Desk, look, press
from playwright.sync_api import Page

from enforcement.services import replies
from enforcement.services.evidence import examine

pytestmark = [pytest.mark.browser, pytest.mark.slow]
DAY, PANEL_DAY = told.NOW + timedelta(days=1), told.NOW + timedelta(days=16)
ROLES = {"olive": "officer", "pat": "panel", "quinn": "panel"}
CASE = "/cases/ASC-2026-000001"
REPLY = f"{CASE}/replies/ASC-2026-000001-R1"


@pytest.fixture
def pages(desk: Desk) -> Callable[..., Page]:
    """`pages(name, when)`: a signed-in page of this person on that day; a reply has come."""
    desk.staff(ROLES)
    story = told.Story(desk.begin)
    story.to_given()
    with desk.begin(told.OFFICER, DAY) as work:
        sent = [examine("outage log.csv", b"day,state\n9 March,down\n", work.settings)]
        sender = replies.Sender("Ann Example", "Registered manager", "ann@example.org")
        words = "Capacity Tracker was down from 9 to 12 March. Our log is enclosed."
        replies.key(
            work, story.case(work),
            replies.Keyed("email", DAY.date(), sender, ["good_reason"], words, "key-1", sent),
        )  # fmt: skip
    desk.now = DAY
    return desk.page


def test_from_an_unread_reply_to_a_vote(pages: Callable[..., Page]) -> None:
    officer = pages("olive")
    officer.goto(REPLY)
    assert "Held: unread reply" in officer.content()
    look(officer, "reply")
    press(officer, "I have read the whole reply")
    officer.goto(f"{REPLY}/points/1")
    assert "You have not opened outage log.csv" in officer.content()
    look(officer, "point")
    officer.goto(REPLY)
    with officer.expect_download() as saved:
        press(officer, "Original of outage log.csv")
    assert saved.value.suggested_filename == "outage log.csv"
    officer.goto(f"{REPLY}/points/1")
    assert "You have not opened" not in officer.content()
    officer.get_by_label("Standard paragraph").select_option(label="Nothing had changed")
    press(officer, "Add it to the answer")
    officer.get_by_label("What evidence was looked at").fill("Their log; our record of outages")
    officer.get_by_label("Not accepted", exact=True).check()
    press(officer, "Save the answer")
    assert "Standard words alone" in officer.content()
    look(officer, "standard")
    box = officer.get_by_label("Answer", exact=True)
    box.fill(f"{box.input_value()} Your log shows four days; the window was open for seven.")
    press(officer, "Save the answer")
    officer.get_by_role("link", name="Ask the provider a question").click()
    officer.get_by_label("What do you ask?").fill("Who rang the support desk, and when?")
    for name, value in (("Day", "24"), ("Month", "6"), ("Year", "2026")):
        officer.get_by_label(name, exact=True).fill(value)
    look(officer, "ask")
    press(officer, "Send the question")
    officer.goto(f"{CASE}/extend")
    look(officer, "extend")
    officer.goto(f"{CASE}/concern")
    look(officer, "concern")
    officer.goto(f"{CASE}/replies")
    look(officer, "replies")

    officer = pages("olive", PANEL_DAY)
    officer.goto(f"{CASE}/decision/propose")
    officer.get_by_role("group", name="What do you recommend?").get_by_label(
        "Impose the penalty"
    ).check()
    officer.get_by_label("Reasons", exact=True).fill("Three returns were due and not made.")
    officer.get_by_label("Finding on reasonable excuse").fill("Four days of outage in seven.")
    officer.get_by_label("Not a reasonable excuse").check()
    officer.get_by_label("what kind of excuse was offered?").select_option("outage")
    officer.get_by_label("reasons of the finding").fill("Three days were left.")
    look(officer, "propose")
    press(officer, "Put to the panel")

    member = pages("pat", PANEL_DAY)
    member.goto(f"{CASE}/decision")
    assert "Declare first" in member.content()
    assert "Four days of outage" not in member.content()
    look(member, "hidden")
    press(member, "Declare your interests")
    look(member, "declare")
    member.get_by_label("No, nothing").check()
    member.get_by_role("button", name="Declare", exact=True).click()
    assert "Three days were left." in member.content()
    look(member, "papers")
    member.get_by_role("button", name="Vote", exact=True).click()
    member.get_by_label("Impose the penalty").check()
    member.get_by_label("Your reasons").fill("The log leaves three days.")
    look(member, "vote")
    press(member, "Cast your vote")
    assert "Your vote is recorded" in member.content()
