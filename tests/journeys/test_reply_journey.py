"""A provider's reply in real Chromium: on a phone, on a desk, and with JavaScript off."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import reply_case
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from enforcement import create_reply_app
from enforcement.data.engine import open_engine
from enforcement.domain.permissions import Actor, Role
from enforcement.services import default_policies
from enforcement.services.work import transaction
from enforcement.settings import Settings

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NOW = datetime(2026, 6, 16, 9, 0, tzinfo=UTC)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES = {"phone": (390, 844, True), "desk": (1366, 900, True), "no script": (390, 844, False)}


@dataclass
class Served:
    address: str
    code: str


@pytest.fixture
def served(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Served]:
    """A given notice of two places, and the reply site on a loopback port."""
    database = tmp_path / "journey.sqlite3"
    database.write_bytes(migrated_sqlite.read_bytes())
    settings = Settings.read(
        {"ENFORCEMENT_INSTANCE": str(tmp_path / "i"), "DATABASE_URL": f"sqlite:///{database}"}
    )
    engine = open_engine(settings.database_url)
    officer = Actor("staff:o", "Officer", frozenset({Role.OFFICER, Role.POLICY, Role.LEADER}))
    with transaction(engine, officer, NOW, settings) as work:
        default_policies.install(work)
        made = reply_case.make(work, places=2)
    engine.dispose()
    app = create_reply_app(settings, clock=lambda: NOW)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Served(f"http://127.0.0.1:{server.server_port}", made.code)
    server.shutdown()
    server.server_close()


class Walk:
    """A page that is looked at for faults at each step."""

    def __init__(self, page: Page, size: str, script: bool, address: str) -> None:
        self.page, self.size, self.script, self.step = page, size, script, 0
        self.wrong: list[str] = []
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", lambda request: self._asked(request.url, address))

    def _asked(self, url: str, address: str) -> None:
        if not url.startswith((address, "data:")):
            self.wrong.append(f"something from outside: {url}")

    def look(self, name: str) -> None:
        """Axe finds nothing; nothing is wider than the screen; a picture if a folder is named."""
        self.step += 1
        folder = os.environ.get("REPLY_PICTURES")
        if folder:
            place = Path(folder) / f"{self.size}-{self.step:02d}-{name}.png"
            self.page.screenshot(path=str(place), full_page=True)
        if self.script:
            self.page.wait_for_load_state("load")
            wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{name} is {wide} px wider than the screen"
            found = Axe().run(self.page, options={"runOnly": RULES}).response["violations"]
            assert [(v["id"], v["nodes"][0]["html"][:200]) for v in found] == [], name
        assert self.wrong == [], name

    def press(self, words: str) -> None:
        self.page.get_by_role("button", name=words, exact=True).click()


@pytest.mark.parametrize("size", SIZES)
def test_a_provider_replies_with_a_picture_and_gets_a_receipt(
    browser: Browser, served: Served, size: str, tmp_path: Path
) -> None:
    width, height, script = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, java_script_enabled=script
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    walk = Walk(page, size, script, served.address)
    # given the letter in hand
    page.goto(served.address)
    walk.look("start")
    page.get_by_label("Your code").fill(served.code.lower().replace("-", " "))
    walk.press("Continue")
    walk.look("link")
    # when the wrong place is typed, then the right one
    page.get_by_label("CQC location ID").fill("1-1")
    page.get_by_label("Postcode of that location").fill("AA1 1AA")
    walk.press("Continue")
    walk.look("wrong")
    page.get_by_label("CQC location ID").fill(" 1-900000001 ")
    page.get_by_label("Postcode of that location").fill("zz1 1zz")
    walk.press("Continue")
    # then the secret has left the address bar, and the case is told
    assert page.url == f"{served.address}/reply"
    assert "9 days left" in page.inner_text("main")
    walk.look("home")
    page.get_by_role("link", name="See what we say happened").click()
    walk.look("record")
    page.get_by_role("link", name="I think this is wrong").first.click()
    walk.look("window")
    walk.press("Continue")
    walk.look("window-empty")
    page.get_by_label("We had a good reason for not sending it").check()
    walk.press("Continue")
    walk.look("kind")
    page.get_by_label("Capacity Tracker was down, or we could not get in").check()
    walk.press("Save and continue")
    # the month that was marked is chosen already, and another is added
    assert page.get_by_role("checkbox", checked=True).count() == 1
    walk.look("windows")
    page.get_by_role("checkbox").nth(2).check()
    walk.press("Save and continue")
    walk.look("dates")
    page.get_by_label("Day").first.fill("40")
    walk.press("Save and continue")
    walk.look("dates-wrong")
    for box, typed in zip(("Day", "Month", "Year"), ("9", "3", "2026"), strict=True):
        page.get_by_label(box, exact=True).first.fill(typed)
    walk.press("Save and continue")
    walk.look("words")
    page.locator("textarea").fill("Nobody could sign in from the 9th to the 15th.")
    walk.press("Save and continue")
    walk.look("responsible")
    page.locator("textarea").fill("Our deputy manager")
    walk.press("Save and continue")
    walk.look("tried")
    walk.press("Save and come back later")
    walk.look("saved")
    page.get_by_label("Email address, if you want the code by email").fill("ann@example.org")
    walk.press("Get a code")
    code = page.locator(".app-code").inner_text()
    walk.look("return-code")
    # with that code, and the second fact again, the draft goes on
    walk.press("Leave the service")
    page.goto(served.address)
    page.get_by_label("Your code").fill(code)
    walk.press("Continue")
    page.get_by_label("CQC location ID").fill("1-900000001")
    page.get_by_label("Postcode of that location").fill("ZZ1 1ZZ")
    walk.press("Continue")
    page.get_by_role("link", name="Ask for more time").click()
    walk.look("time")
    for box, typed in zip(("Day", "Month", "Year"), ("9", "7", "2026"), strict=True):
        page.get_by_label(box, exact=True).fill(typed)
    page.locator("textarea").fill("Our manager is away.")
    walk.press("Send this request")
    walk.look("asked")
    page.get_by_role("link", name="Ask for help or another format").click()
    page.get_by_label("Letters in large print").check()
    walk.look("format")
    walk.press("Send this request")
    page.get_by_role("link", name="Go back to your case").click()
    walk.press("Continue your reply")
    # the draft brings one back to what is missing
    _sender(page, walk)
    walk.look("check")
    page.get_by_role("link", name="Add or remove files").click()
    picture = tmp_path / "IMG_0001.JPG"
    Image.new("RGB", (640, 480), "white").save(picture, "JPEG")
    page.locator("input[type=file]").set_input_files(str(picture))
    walk.press("Upload")
    walk.look("evidence")
    page.get_by_role("link", name="Rename").click()
    walk.look("rename")
    page.get_by_label("What should the file be called?").fill("Screen of 12 March")
    walk.press("Save the name")
    page.locator("summary").first.click()
    page.get_by_role("link", name="post it instead").click()
    walk.look("posting")
    page.get_by_label("What are you posting?").fill("A letter from our bank, 3 pages")
    walk.press("Make the cover sheet")
    walk.look("cover")
    page.get_by_role("link", name="Back to your evidence").click()
    walk.press("Continue")
    assert "Screen of 12 March.JPG" in page.inner_text("main")
    walk.look("check-again")
    page.get_by_label("I declare this").check()
    walk.press("Send your reply")
    assert "ASC-2026-000001-R1" in page.inner_text("main")
    walk.look("receipt")
    # going back and sending again changes nothing
    page.go_back()
    if page.get_by_role("button", name="Send your reply").count():
        page.get_by_label("I declare this").check()
        walk.press("Send your reply")
    assert "ASC-2026-000001-R2" not in page.inner_text("main")
    page.goto(f"{served.address}/reply/progress")
    assert "ASC-2026-000001-R1" in page.inner_text("main")
    walk.look("progress")
    page.goto(f"{served.address}/reply")
    walk.press("Leave the service")
    walk.look("left")
    page.goto(f"{served.address}/reply")
    walk.look("lapsed")
    page.goto(f"{served.address}/r/unknown")
    walk.look("no-link")
    context.close()


def _sender(page: Page, walk: Walk) -> None:
    walk.look("sender")
    page.get_by_label("Your full name").fill("Ann Example")
    page.get_by_label("Registered manager").check()
    page.get_by_label("Email address for your receipt").fill("ann@example.org")
    walk.press("Save and continue")
