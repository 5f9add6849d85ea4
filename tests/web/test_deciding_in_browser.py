"""Deciding in real Chromium: files opened, a point answered, a question, interests, the vote."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import notice_story as told
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from sqlalchemy.orm import Session

from enforcement import create_staff_app
from enforcement.data.engine import open_engine
from enforcement.data.people import StaffSession
from enforcement.domain.permissions import Role
from enforcement.services import accounts, default_policies, replies, sign_in
from enforcement.services.evidence import examine
from enforcement.services.work import transaction
from enforcement.settings import Settings

pytestmark = [pytest.mark.browser, pytest.mark.slow]
DAY, PANEL_DAY = told.NOW + timedelta(days=1), told.NOW + timedelta(days=16)
WIDTHS = (1280, 390)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ADMIN = told.person("admin", Role.ADMIN)
ROLES = {"olive": "officer", "pat": "panel", "quinn": "panel"}
CASE = "/cases/ASC-2026-000001"
REPLY = f"{CASE}/replies/ASC-2026-000001-R1"


@pytest.fixture
def pages(
    migrated_sqlite: Path, tmp_path: Path, browser: Browser, serve: Callable[..., str]
) -> Iterator[Callable[[str, Any], Page]]:
    """`pages(name, when)`: a signed-in page of this person on that day."""
    file = tmp_path / "deciding.sqlite3"
    file.write_bytes(migrated_sqlite.read_bytes())
    settings = Settings.read(
        {"ENFORCEMENT_INSTANCE": str(tmp_path), "DATABASE_URL": f"sqlite:///{file}"}
    )
    engine = open_engine(settings.database_url)

    def begin(actor: Any, now: Any = told.NOW) -> Any:
        return transaction(engine, actor, now, settings)

    with begin(ADMIN) as work:
        default_policies.install(work)
        made = {
            name: accounts.create(
                work, username=name, name=name.title(), staff_number=name,
                password="a long invented passphrase 17", roles=[role],
            ).id
            for name, role in ROLES.items()
        }  # fmt: skip
    story = told.Story(begin)
    story.to_given()
    with begin(told.OFFICER, DAY) as work:
        sent = [examine("outage log.csv", b"day,state\n9 March,down\n", work.settings)]
        sender = replies.Sender("Ann Example", "Registered manager", "ann@example.org")
        words = "Capacity Tracker was down from 9 to 12 March. Our log is enclosed."
        replies.key(
            work, story.case(work),
            replies.Keyed("email", DAY.date(), sender, ["good_reason"], words, "key-1", sent),
        )  # fmt: skip
    now = {"is": DAY}
    app = create_staff_app(settings, clock=lambda: now["is"])
    address = serve(app)
    opened = []

    def page(name: str, when: Any = DAY) -> Page:
        now["is"] = when
        context = browser.new_context(base_url=address)
        opened.append(context)
        with Session(engine) as session:
            secret = "secret-" + name + str(when.day)
            session.add(
                StaffSession(
                    secret_hash=sign_in.secret_hash(secret),
                    account_id=made[name],
                    created_at=when,
                    seen_at=when,
                )
            )
            session.commit()
        context.add_cookies([{"name": "staff-session", "value": secret, "url": address}])
        return context.new_page()

    yield page
    for context in opened:
        context.close()
    engine.dispose()


def looked_at(page: Page, name: str) -> None:
    """axe at both widths; a picture of each where TEST_SCREENSHOTS names a folder."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response
        told_of = [(v["id"], [n["html"] for n in v["nodes"]]) for v in found["violations"]]
        assert told_of == [], (name, width)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, (name, width, wide)
        if folder := os.environ.get("TEST_SCREENSHOTS"):
            page.screenshot(path=f"{folder}/deciding-{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def test_from_an_unread_reply_to_a_vote(pages: Callable[..., Page]) -> None:
    officer = pages("olive")
    officer.goto(REPLY)
    assert "Held: unread reply" in officer.content()
    looked_at(officer, "reply")
    press(officer, "I have read the whole reply")
    officer.goto(f"{REPLY}/points/1")
    assert "You have not opened outage log.csv" in officer.content()
    looked_at(officer, "point")
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
    looked_at(officer, "standard")
    box = officer.get_by_label("Answer", exact=True)
    box.fill(f"{box.input_value()} Your log shows four days; the window was open for seven.")
    press(officer, "Save the answer")
    officer.get_by_role("link", name="Ask the provider a question").click()
    officer.get_by_label("What do you ask?").fill("Who rang the support desk, and when?")
    for name, value in (("Day", "24"), ("Month", "6"), ("Year", "2026")):
        officer.get_by_label(name, exact=True).fill(value)
    looked_at(officer, "ask")
    press(officer, "Send the question")
    officer.goto(f"{CASE}/extend")
    looked_at(officer, "extend")
    officer.goto(f"{CASE}/concern")
    looked_at(officer, "concern")
    officer.goto(f"{CASE}/replies")
    looked_at(officer, "replies")

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
    looked_at(officer, "propose")
    press(officer, "Put to the panel")

    member = pages("pat", PANEL_DAY)
    member.goto(f"{CASE}/decision")
    assert "Declare first" in member.content()
    assert "Four days of outage" not in member.content()
    looked_at(member, "hidden")
    press(member, "Declare your interests")
    looked_at(member, "declare")
    member.get_by_label("No, nothing").check()
    member.get_by_role("button", name="Declare", exact=True).click()
    assert "Three days were left." in member.content()
    looked_at(member, "papers")
    member.get_by_role("button", name="Vote", exact=True).click()
    member.get_by_label("Impose the penalty").check()
    member.get_by_label("Your reasons").fill("The log leaves three days.")
    looked_at(member, "vote")
    press(member, "Cast your vote")
    assert "Your vote is recorded" in member.content()
