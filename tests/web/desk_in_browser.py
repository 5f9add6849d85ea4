"""The staff site in real Chromium: people signed in, and each page looked at for faults."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import notice_story as told
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from signed_in import COOKIE, signed_in
from sqlalchemy import Engine

from enforcement import create_staff_app
from enforcement.data.engine import open_engine
from enforcement.domain.permissions import Actor, Role
from enforcement.services import accounts, default_policies
from enforcement.services.work import Work, transaction
from enforcement.settings import Settings
from enforcement.web.transactions import engine as database

WIDTHS = (1280, 390)
# The navigation folds its links a frame or two after the window's width has changed.
SETTLED = """() => new Promise(done => {
    let left = 4;
    const frame = () => left-- ? requestAnimationFrame(frame) : done();
    frame();
})"""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class Desk:
    """One database, the staff site over it, and a clock that only the test moves."""

    settings: Settings
    engine: Engine
    browser: Browser
    now: datetime = told.NOW
    address: str = ""
    opened: list[BrowserContext] = field(default_factory=list)

    def begin(self, actor: Actor, now: datetime = told.NOW) -> AbstractContextManager[Work]:
        return transaction(self.engine, actor, now, self.settings)

    def staff(self, roles: Mapping[str, str]) -> None:
        """An account for each of these people, by name and role."""
        with self.begin(told.person("admin", Role.ADMIN)) as work:
            for name, role in roles.items():
                accounts.create(
                    work, username=name, name=name.title(), staff_number=name,
                    password="a long invented passphrase 17", roles=[role],
                )  # fmt: skip

    def page(self, username: str, when: datetime | None = None) -> Page:
        """A signed-in page of this person; with `when` the clock moves there first."""
        self.now = when or self.now
        context = self.browser.new_context(base_url=self.address)
        self.opened.append(context)
        secret = signed_in(self.engine, username, self.now)
        context.add_cookies([{"name": COOKIE, "value": secret, "url": self.address}])
        return context.new_page()


@contextmanager
def desk_over(file: Path, browser: Browser, serve: Callable[[Flask], str]) -> Iterator[Desk]:
    """A desk over this migrated database, with the policies by default and nobody in it yet."""
    settings = Settings.read(
        {"ENFORCEMENT_INSTANCE": str(file.parent), "DATABASE_URL": f"sqlite:///{file}"}
    )
    desk = Desk(settings, open_engine(settings.database_url), browser)
    with desk.begin(told.person("admin", Role.ADMIN)) as work:
        default_policies.install(work)
    app = create_staff_app(settings, clock=lambda: desk.now)
    desk.address = serve(app)
    yield desk
    for context in desk.opened:
        context.close()
    with app.app_context():
        database().dispose()
    desk.engine.dispose()


def resize(page: Page, width: int, height: int = 900) -> None:
    """Another window, once the page has taken to it."""
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate(SETTLED)


def look(page: Page, name: str) -> None:
    """Every rule of axe at both widths, nothing sideways; a picture of each when SCREEN_PICTURES
    names a folder."""
    for width in WIDTHS:
        resize(page, width)
        found = (
            Axe()
            .run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
            .response["violations"]
        )
        said = [(v["id"], node["html"][:160]) for v in found for node in v["nodes"]]
        assert said == [], (name, width, said)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, (name, width, wide)
        if folder := os.environ.get("SCREEN_PICTURES"):
            page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)
    resize(page, WIDTHS[0])


def press(page: Page, words: str) -> None:
    page.get_by_role("button", name=words).click()
