"""Every page of the reply site, with every question of every reason, looked at for faults on a
phone. A page that is new and not walked here fails."""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path

import earlier
import money_story
import people
import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Page
from reply_case import LOCATION_ID, POSTCODE
from ways import PHONE

from enforcement import create_reply_app
from enforcement.domain.replies import REASONS
from enforcement.services import cases
from enforcement.services.work import transaction
from enforcement.web.transactions import engine

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NO_PAGES = {  # files to download
    "static", "record.rows", "receipts.document", "receipts.text", "receipts.key",
    "standing.calendar", "reply.letter",
}  # fmt: skip


def views(app: Flask, addresses: set[str]) -> set[str]:
    match = app.url_map.bind("localhost").match
    return {str(match(address.partition("?")[0])[0]) for address in addresses}


def answer_the_page(page: Page) -> None:
    """The first choice and a sentence: whatever this question takes."""
    if page.get_by_role("radio").count():
        page.get_by_role("radio").first.check()
    if page.get_by_role("checkbox").count():
        page.get_by_role("checkbox").last.check()
    for text in page.locator("main textarea").all():
        text.fill("We rang the helpdesk and wrote down what it said.")


def walk_reasons(one: people.Provider, chosen: Set[str]) -> set[str]:
    """Say these and no others, and answer every page they ask; the reasons that asked."""
    one.goes_to("/reply/why")
    for key, reason in REASONS.items():
        one.page.get_by_label(reason.title, exact=True).set_checked(key in chosen)
    one.presses("Save and continue")
    asked = set()
    while "/reply/why/" in one.page.url:
        asked.add(one.page.url.split("/")[-2])
        answer_the_page(one.page)
        one.presses("Save and continue")
    return asked


@pytest.mark.parametrize("way", [PHONE], ids=["phone"])
def test_every_page_of_the_reply_site_is_without_fault(world: people.World, tmp_path: Path) -> None:
    made = earlier.a_notice_in_hand(world)
    one = people.Provider(world, "provider")
    page, seen = one.page, set[str]()
    page.on("framenavigated", lambda frame: seen.add(frame.url.removeprefix(world.reply)))

    for address in ("/privacy", "/pay", "/receipts", "/lost"):
        one.goes_to(address)
    one.writes("CQC provider ID, CQC location ID or the reference on a letter", LOCATION_ID)
    one.writes("Postcode", POSTCODE)
    one.presses("Ask for the link")
    one.types_the_code(made.code, LOCATION_ID, POSTCODE)
    for address in ("record", "standing", "progress", "cases", "time", "contact"):
        one.goes_to(f"/reply/{address}")
    one.writes("Full name", "Ann Example")
    one.writes("Email address", "ann@example.org")
    one.presses("Save")
    one.goes_to("/reply/format")
    one.chooses("Letters in large print")
    one.presses("Send this request")
    one.goes_to("/reply/record")
    page.get_by_role("link", name="I think this is wrong").first.click()
    one.looks_at("cell")

    asked = walk_reasons(one, {"accept"}) | walk_reasons(one, REASONS.keys() - {"accept"})
    assert asked == set(REASONS)

    one.goes_to("/reply/evidence")
    picture = tmp_path / "screen.png"
    Image.new("RGB", (64, 48), "white").save(picture)
    page.locator("input[type=file]").set_input_files(str(picture))
    one.presses("Upload")
    one.follows("Rename screen.png")
    one.goes_to("/reply/evidence/post")
    one.writes("What are you posting?", "A letter from our bank")
    one.presses("Make the cover sheet")
    one.goes_to("/reply/saved")
    one.goes_to("/reply/you")
    one.says_who("Ann Example", "ann@example.org")
    for box in page.get_by_role("checkbox").all():
        box.check()
    one.presses("Send your reply")
    assert "ASC-2026-000001-R1" in one.reads()

    with transaction(world.engine, earlier.SET_UP, world.now, world.settings) as work:
        money_story.penalise(work, cases.find(work, "ASC-2026-000001"))
    for address in ("", "/pay", "/pay/ask", "/record", "/standing", "/progress"):
        one.goes_to(f"/reply{address}")
    one.goes_to("/reply")
    one.presses("Leave the service")

    app = create_reply_app(world.settings, clock=world.clock)
    pages = {
        rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or set())
    } - NO_PAGES
    with app.app_context():
        engine().dispose()
    assert pages - views(app, {one for one in seen if one.startswith("/")}) == set()
