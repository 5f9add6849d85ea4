"""The shell in real Chromium: axe, the console under the strict policy, nothing from outside."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SIZES = {"desktop": (1366, 900), "phone": (390, 844)}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PLACES = ["/", "/list", "/list?rows=0", "/case", "/form", "/status/404", "/refused/same"]
Serve = Callable[[Flask], str]


@pytest.fixture(scope="module", params=["staff", "reply"])
def address(request: pytest.FixtureRequest, showcase: ModuleType, serve: Serve) -> str:
    return serve(showcase.make(request.param))


class Watched:
    """A page that remembers what went wrong on it and what it fetched."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wrong: list[str] = []
        self.fetched: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", lambda request: self.fetched.append(request.url))

    def _said(self, message: Any) -> None:
        # Chromium says so for every answer of 400 and above; the error pages are meant to.
        expected = "Failed to load resource: the server responded with a status of"
        if message.type in ("error", "warning") and not message.text.startswith(expected):
            self.wrong.append(message.text)


def _open(browser: Browser, size: str, *, script: bool = True) -> Watched:
    width, height = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height}, java_script_enabled=script)
    return Watched(page)


def _look(browser: Browser, size: str, url: str, *, script: bool = True) -> Watched:
    watched = _open(browser, size, script=script)
    watched.page.goto(url)
    return watched


def _violations(page: Page) -> list[str]:
    results = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]}).response
    return [
        f"{v['id']}: {node['html'][:160]} – {node.get('failureSummary', '')}"
        for v in results["violations"]
        for node in v["nodes"]
    ]


def _keep(page: Page, name: str) -> None:
    """A picture for people, when a folder is named by SHELL_PICTURES."""
    folder = os.environ.get("SHELL_PICTURES")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize("size", SIZES)
def test_every_page_is_accessible_quiet_and_closed(
    browser: Browser, address: str, size: str, request: pytest.FixtureRequest
) -> None:
    site = request.node.callspec.params["address"]
    watched = _open(browser, size)  # one page for all places: a new one costs more than its look
    for place in PLACES:
        watched.page.goto(address + place)
        _keep(watched.page, f"{site}-{size}-{place.strip('/').replace('/', '-') or 'home'}")
        assert _violations(watched.page) == [], place
        assert watched.wrong == [], place
        assert all(url.startswith(address) for url in watched.fetched), watched.fetched
        wide = watched.page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, f"{place} scrolls sideways at {size}"
    watched.page.close()


@pytest.mark.parametrize("size", SIZES)
def test_a_form_with_errors_keeps_input_and_leads_to_the_field(
    browser: Browser, address: str, size: str
) -> None:
    watched = _look(browser, size, f"{address}/form")
    page = watched.page
    page.get_by_label("Reasons").fill("one\n  two")
    page.locator("#happened_on-day").fill("31")
    page.locator("#happened_on-month").fill("Feb")
    page.locator("#happened_on-year").fill("2025")
    page.get_by_role("button", name="Send").click()
    page.wait_for_selector(".nhsuk-error-summary")
    _keep(page, f"form-errors-{size}")
    assert page.title().startswith("Error: Every field – ")
    assert page.evaluate("document.activeElement.className") == "nhsuk-error-summary"
    assert page.locator("#happened_on-month").input_value() == "Feb"
    assert page.get_by_label("Reasons").input_value() == "one\n  two"
    assert _violations(page) == []
    links = page.locator(".nhsuk-error-summary__list a")
    focused = []
    for number in range(links.count()):
        links.nth(number).click()
        focused.append(page.evaluate("document.activeElement.id"))
    assert focused == [
        *("reference", "email", "amount", "reason", "windows", "sure", "happened_on-day")
    ]
    assert watched.wrong == []
    page.close()


def test_components_start_under_the_strict_policy(browser: Browser, address: str) -> None:
    watched = _look(browser, "desktop", f"{address}/form")
    page = watched.page
    assert page.get_by_role("button", name="Show password").is_visible()
    assert "You have 200 characters" in page.locator(".nhsuk-character-count").inner_text()
    assert page.locator(".nhsuk-file-upload__button, .nhsuk-file-upload button").count() >= 1
    assert watched.wrong == []
    page.close()


def test_pages_work_without_script(browser: Browser, address: str) -> None:
    page = _look(browser, "phone", f"{address}/form", script=False).page
    assert page.get_by_label("Say what").is_visible()
    page.get_by_role("button", name="Send").click()
    assert page.get_by_text("Enter a reference").count() == 2
    page.close()


def test_hostile_words_run_nothing(browser: Browser, showcase: ModuleType, serve: Serve) -> None:
    address = serve(showcase.make("staff", showcase.NASTY))
    watched = _open(browser, "desktop")
    for place in PLACES:
        watched.page.goto(address + place)
        assert watched.wrong == [], place
    watched.page.close()
