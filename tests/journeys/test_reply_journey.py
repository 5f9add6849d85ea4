"""A provider's reply in real Chromium: on a phone, on a desk, and with JavaScript off."""

from __future__ import annotations

from pathlib import Path

import earlier
import people
import pytest
from PIL import Image
from reply_case import LOCATION_ID, POSTCODE
from ways import PHONE, walked

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@walked(PHONE)
def test_a_provider_replies_with_a_picture_and_gets_a_receipt(
    world: people.World, tmp_path: Path
) -> None:
    made = earlier.a_notice_in_hand(world)
    one = people.Provider(world, "provider")
    page = one.page
    # given the letter in hand, when the wrong place is typed, then the right one
    one.types_the_code(made.code.lower().replace("-", " "), "1-1", "AA1 1AA")
    one.writes("CQC location ID", " 1-900000001 ")
    one.writes("Postcode of that location", "zz1 1zz")
    one.presses("Continue")
    # then the secret has left the address bar, and the case is told
    assert page.url == f"{world.reply}/reply"
    assert "9 days left" in one.reads()
    one.follows("See what we say happened, month by month")
    page.get_by_role("link", name="I think this is wrong").first.click()
    one.looks_at("window")
    one.presses("Continue")
    one.chooses("We had a good reason for not sending it")
    one.presses("Continue")
    one.chooses("Capacity Tracker was down, or we could not get in")
    one.presses("Save and continue")
    # the month that was marked is chosen already, and another is added
    assert page.get_by_role("checkbox", checked=True).count() == 1
    page.get_by_role("checkbox").nth(2).check()
    one.presses("Save and continue")
    page.get_by_label("Day").first.fill("40")
    one.presses("Save and continue")
    for box, typed in zip(("Day", "Month", "Year"), ("9", "3", "2026"), strict=True):
        page.get_by_label(box, exact=True).first.fill(typed)
    one.presses("Save and continue")
    page.locator("textarea").fill("Nobody could sign in from the 9th to the 15th.")
    one.presses("Save and continue")
    page.locator("textarea").fill("Our deputy manager")
    one.presses("Save and continue")
    one.presses("Save and come back later")
    one.writes("Email address, if you want the code by email", "ann@example.org")
    one.presses("Get a code")
    code = page.locator(".app-code").inner_text()
    # with that code, and the second fact again, the draft goes on
    one.presses("Leave the service")
    one.types_the_code(code, LOCATION_ID, POSTCODE)
    one.follows("Ask for more time")
    for box, typed in zip(("Day", "Month", "Year"), ("9", "7", "2026"), strict=True):
        page.get_by_label(box, exact=True).fill(typed)
    page.locator("textarea").fill("Our manager is away.")
    one.presses("Send this request")
    one.follows("Ask for help or another format")
    one.chooses("Letters in large print")
    one.looks_at("format")
    one.presses("Send this request")
    one.follows("Go back to your case")
    one.presses("Continue your reply")
    # the draft brings one back to what is missing
    one.writes("Your full name", "Ann Example")
    one.chooses("Registered manager")
    one.writes("Email address for your receipt", "ann@example.org")
    one.presses("Save and continue")
    one.looks_at("check")
    one.follows("Add or remove files")
    picture = tmp_path / "IMG_0001.JPG"
    Image.new("RGB", (640, 480), "white").save(picture, "JPEG")
    page.locator("input[type=file]").set_input_files(str(picture))
    one.presses("Upload")
    one.follows("Rename IMG_0001.JPG")
    one.writes("What should the file be called?", "Screen of 12 March")
    one.presses("Save the name")
    page.locator("summary").first.click()
    one.follows("post it instead, with a cover sheet")
    one.writes("What are you posting?", "A letter from our bank, 3 pages")
    one.presses("Make the cover sheet")
    one.follows("Back to your evidence")
    one.presses("Continue")
    assert "Screen of 12 March.JPG" in one.reads()
    one.chooses("I declare this")
    one.presses("Send your reply")
    assert "ASC-2026-000001-R1" in one.reads()
    # going back and sending again changes nothing
    page.go_back()
    if page.get_by_role("button", name="Send your reply").count():
        one.chooses("I declare this")
        one.presses("Send your reply")
    assert "ASC-2026-000001-R2" not in one.reads()
    one.goes_to("/reply/progress")
    assert "ASC-2026-000001-R1" in one.reads()
    one.goes_to("/reply")
    one.presses("Leave the service")
    one.goes_to("/reply")
    one.goes_to("/r/unknown")
