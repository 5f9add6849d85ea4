"""The pages of letters and templates in real Chromium: axe, on a wide and a narrow screen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import appeal_story
import notice_story as story
import pytest
from axe_playwright_python.sync_playwright import Axe
from desk_in_browser import resize
from flask import Flask
from playwright.sync_api import Browser
from second_version import second_version
from test_case_steps import CASE, PASSWORD, Site
from test_shell_in_browser import RULES, SIZES

from enforcement.services import certificates, templates

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
PLACES = {
    "lee": ("/templates", "/templates/support/v2", "/templates/support/compare",
            "/templates/support/compare?of=files"),
    "sam": (f"{CASE}/notices/3/sign", f"{CASE}/notices/2", f"{CASE}/notices/2/copy",
            f"{CASE}/notices/2/words", "/policies/paragraph"),
    "fin": (f"{CASE}/money", f"{CASE}/letters/reminder", f"{CASE}/notices/3"),
}  # fmt: skip


def test_no_page_has_a_violation(
    settings: Any,
    begin: Any,
    page_checker: Any,
    browser: Browser,
    serve: Callable[[Flask], str],
    tmp_path: Path,
) -> None:
    site = Site(settings, begin, page_checker)
    site.tale.to_final_given()
    site.now = story.NOW + timedelta(days=56)
    with begin(story.FINANCE, site.now) as work:
        appeal_story.recover(work, site.tale.case(work))
        certificates.draft(work, site.tale.case(work), date(2026, 8, 10))
    found = []
    with second_version(tmp_path):
        with begin(story.person("polly", story.Role.POLICY), site.now) as work:
            templates.propose(work, "support", "v2", site.now.date(), "Plainer words.")
        address = serve(site.app)
        for name, places in PLACES.items():
            page = browser.new_page()
            page.goto(f"{address}/sign-in")
            page.fill("[name=username]", name)
            page.fill("[name=password]", PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            for place in places:
                page.goto(address + place)
                assert page.url == address + place
                for size, (width, height) in SIZES.items():
                    resize(page, width, height)
                    result = (
                        Axe()
                        .run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
                        .response
                    )
                    found += [(place, size, v["id"]) for v in result["violations"]]
                    if page.evaluate("document.documentElement.scrollWidth") > width:
                        found.append((place, size, "wider than the screen"))
            page.close()
    assert found == []
