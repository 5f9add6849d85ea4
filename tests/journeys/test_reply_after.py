"""After the reply, in real Chromium: standing, whom we write to, lost link, several cases."""

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
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from enforcement import create_reply_app
from enforcement.data.engine import open_engine
from enforcement.data.windows import WindowRow
from enforcement.domain.permissions import Actor, Role
from enforcement.services import default_policies
from enforcement.services.work import transaction
from enforcement.settings import Settings

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NOW = datetime(2026, 6, 16, 9, 0, tzinfo=UTC)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES = {"phone": (390, 844, True), "desk": (1280, 900, True), "no script": (390, 844, False)}


@dataclass
class Served:
    address: str
    code: str
    other: str


@pytest.fixture
def served(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Served]:
    """Two providers' cases, the first with two places; the site on a loopback port."""
    database = tmp_path / "after.sqlite3"
    database.write_bytes(migrated_sqlite.read_bytes())
    settings = Settings.read(
        {"ENFORCEMENT_INSTANCE": str(tmp_path / "i"), "DATABASE_URL": f"sqlite:///{database}"}
    )
    engine = open_engine(settings.database_url)
    officer = Actor("staff:o", "Officer", frozenset({Role.OFFICER, Role.POLICY, Role.LEADER}))
    with transaction(engine, officer, NOW, settings) as work:
        default_policies.install(work)
        made = reply_case.make(work, places=2)
        other = reply_case.make(work, 2)
        for row in work.session.query(WindowRow):
            row.feed_complete_at = NOW
    engine.dispose()
    app = create_reply_app(settings, clock=lambda: NOW)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Served(f"http://127.0.0.1:{server.server_port}", made.code, other.code)
    server.shutdown()
    server.server_close()


def look(page: Page, size: str, name: str) -> None:
    """Axe finds nothing; nothing is wider than the screen; a picture if a folder is named."""
    folder = os.environ.get("REPLY_PICTURES")
    if folder:
        page.screenshot(path=str(Path(folder) / f"after-{size}-{name}.png"), full_page=True)
    if size == "no script":
        return
    page.wait_for_load_state("load")
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{name} is {wide} px wider than the screen"
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in found] == [], name


def press(page: Page, words: str) -> None:
    page.get_by_role("button", name=words, exact=True).click()


def come_in(page: Page, place: str = "1-900000001") -> None:
    page.get_by_label("CQC location ID").fill(place)
    page.get_by_label("Postcode of that location").fill("ZZ1 1ZZ")


@pytest.mark.parametrize("size", SIZES)
def test_a_provider_follows_its_case(browser: Browser, served: Served, size: str) -> None:
    width, height, script = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, java_script_enabled=script
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    # the link was lost
    page.goto(served.address)
    page.get_by_role("link", name="I have lost my letter, link or code").click()
    look(page, size, "lost")
    press(page, "Ask for the link")
    look(page, size, "lost-empty")
    page.get_by_label("CQC provider ID").fill("1-800000001")
    page.get_by_label("Postcode").fill("ZZ9 9ZZ")
    press(page, "Ask for the link")
    look(page, size, "asked")
    # the letter is found, and shows where the provider stands
    page.goto(served.address)
    page.get_by_label("Your code").fill(served.code)
    press(page, "Continue")
    come_in(page)
    press(page, "Continue")
    page.get_by_role("link", name="See where you stand").click()
    assert "This meets the threshold for a case." in page.inner_text("main")
    look(page, size, "standing")
    # whom to write to
    page.goto(f"{served.address}/reply/progress")
    look(page, size, "progress")
    page.get_by_role("link", name="Say whom we should write to").click()
    look(page, size, "contact")
    page.get_by_label("Full name").fill("Ann Example")
    page.get_by_label("Email address").fill("ann@example.org")
    press(page, "Save")
    look(page, size, "contact-changed")
    # another provider's case, by its own code
    page.goto(f"{served.address}/reply/cases")
    page.get_by_label("The code on the other letter").fill(served.other)
    come_in(page)
    press(page, "Open this case as well")
    assert "Those details did not open a case" in page.inner_text("main")
    look(page, size, "cases-wrong")
    page.get_by_label("The code on the other letter").fill(served.other)
    come_in(page, "1-9000002009")
    press(page, "Open this case as well")
    look(page, size, "cases")
    press(page, "Open the case of Sample Provider 2")
    assert "Sample Provider 2, case ASC-2026-000002" in page.inner_text("main")
    look(page, size, "home-of-two")
    context.close()
