"""The screens of bundles: ask, follow, look inside, redact, put in late, download, verify."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import form_reader
import officer_cases
import pytest
from axe_playwright_python.sync_playwright import Axe
from bundle_story import SECRET, Tribunal, letter
from flask.testing import FlaskClient
from playwright.sync_api import Browser
from signed_in import COOKIE, signed_in
from sqlalchemy import Engine

from enforcement import create_staff_app
from enforcement.domain.permissions import system_actor
from enforcement.services import bundle_making
from enforcement.services.work import transaction
from enforcement.settings import Settings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
HOME = "/cases/ASC-2026-000001/bundles"


class Desk:
    """An appealed case, the staff site, and the worker beside it."""

    def __init__(self, tribunal: Tribunal, check: Callable[..., None]) -> None:
        self.tribunal, self.check = tribunal, check
        tribunal.appeal()
        engine, settings = tribunal.engine, tribunal.settings
        with transaction(engine, system_actor("seed"), tribunal.at, settings) as work:
            maker = officer_cases.Maker(work)
            maker.people()
        app = create_staff_app(settings, clock=lambda: tribunal.at)
        self.site = officer_cases.Site(app, engine, settings, maker.seeded)

    def client(self, who: str) -> FlaskClient:
        """This person, signed in at the story's own moment."""
        client = self.site.app.test_client()
        client.set_cookie(COOKIE, self.secret(who))
        return client

    def secret(self, who: str) -> str:
        return signed_in(self.tribunal.engine, who, self.tribunal.at)

    def get(self, path: str = "", who: str = "olive") -> str:
        answer = self.client(who).get(HOME + path)
        assert answer.status_code == 200, (path, answer.status_code)
        self.check(answer.text)
        return str(answer.text)

    def post(self, path: str, **fields: Any) -> Any:
        client = self.client("olive")
        page = client.get(HOME + path).text
        hidden = re.findall(
            r'<input[^>]*name="(csrf_token|version|seen)"[^>]*value="([^"]*)"', page
        )
        return client.post(HOME + path, data={**dict(hidden), **fields})

    def work(self) -> None:
        tribunal = self.tribunal
        made = bundle_making.make_waiting(tribunal.engine, tribunal.settings, lambda: tribunal.at)
        assert list(made.values()) == ["done"]


@pytest.fixture
def desk(
    begin: Callable[..., Any], engine: Engine, settings: Settings,
    page_checker: Callable[..., None],
) -> Desk:  # fmt: skip
    return Desk(Tribunal(begin, engine, settings), page_checker)


def test_a_bundle_from_the_first_click_to_the_redacted_edition(desk: Desk) -> None:
    page = desk.get()
    assert "None made yet" in page
    assert "Make the first edition first." in page
    assert "The case is not in recovery" in page  # the court pack says why not
    assert "This is done by" in desk.get(who="fern")
    assert desk.client("fern").get(HOME + "/tribunal/make").status_code == 403
    assert desk.post("/tribunal/make", volume_mb="50").status_code == 303
    running = desk.client("olive").get(HOME)
    assert running.headers["Refresh"] == "3"
    assert "Waiting for its turn" in running.text
    desk.work()
    assert "Edition 1" in desk.get()
    edition = desk.get("/tribunal/1")
    assert "Chronology" in edition
    assert "Verified." in desk.get("/tribunal/1/verify")
    file = desk.client("olive").get(HOME + "/tribunal/1/volumes/1")
    assert file.data[:5] == b"%PDF-"
    assert "ASC-2026-000001-tribunal-edition-1.pdf" in file.headers["Content-Disposition"]
    # A notice in it prints the reply code: not for everybody's eyes.
    assert "Not for your role" in desk.get("/tribunal/1", who="petra")
    assert desk.client("petra").get(HOME + "/tribunal/1/volumes/1").status_code == 403
    assert desk.client("audra").get(HOME + "/tribunal/1/volumes/1").status_code == 200
    _redact(desk)
    _put_in(desk)
    assert desk.post("/tribunal/make", numbers="kept", volume_mb="50",
                     additions=["1"]).status_code == 303  # fmt: skip
    desk.work()
    page = desk.get("/tribunal/2")
    assert "Redacted: R1" in page
    assert "Statement of the bank" in page
    assert desk.post("/tribunal/redactions/1/lift", reason="She agreed.").status_code == 303
    assert "Nothing is taken out." in desk.get("/tribunal/2")


def _redact(desk: Desk) -> None:
    desk.get("/tribunal/redact")
    for form in ("/tribunal/redact", "/tribunal/add"):
        assert form_reader.taken(desk.client("olive"), HOME + form) == []
    missing = desk.post("/tribunal/redact", scope="bundle", text="Nobody Atall", reason="A name")
    assert "Those words are not there as text." in missing.text
    assert "Nobody Atall" in missing.text  # what was typed stays
    both = desk.post("/tribunal/redact", scope="whole", page="4", text=SECRET, reason="A name")
    assert "You gave words as well" in both.text
    done = desk.post("/tribunal/redact", scope="bundle", text=SECRET, reason="A name")
    assert done.status_code == 303
    assert SECRET in desk.get("/tribunal/1")


def _put_in(desk: Desk) -> None:
    desk.get("/tribunal/add")
    without = desk.post("/tribunal/add", title="Statement of the bank", after="ledger")
    assert "Choose the file." in without.text
    late = (io.BytesIO(letter("From the bank.")), "bank.pdf")
    done = desk.post("/tribunal/add", title="Statement of the bank", after="ledger", file=late)
    assert done.status_code == 303
    assert "Statement of the bank, kept by Olive Marsh" in desk.get()


@pytest.mark.browser
def test_the_screens_are_accessible_at_both_widths(
    desk: Desk, browser: Browser, serve: Callable[[Any], str], tmp_path: Path
) -> None:
    desk.post("/tribunal/make", volume_mb="50")
    desk.work()
    address = serve(desk.site.app)
    cookie = {"name": COOKIE, "value": desk.secret("olive"), "url": address}
    for width in (1280, 390):
        context = browser.new_context(viewport={"width": width, "height": 900})
        context.add_cookies([cookie])
        page = context.new_page()
        for name, path in (("home", ""), ("edition", "/tribunal/1"), ("redact", "/tribunal/redact"),
                           ("add", "/tribunal/add"), ("make", "/tribunal/make")):  # fmt: skip
            page.goto(address + HOME + path)
            page.screenshot(path=tmp_path / f"{name}-{width}.png", full_page=True)
            found = Axe().run(page).response["violations"]
            assert [(name, one["id"], one["nodes"][0]["html"]) for one in found] == []
            wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
            assert not wide, f"{name} is wider than {width}"
        context.close()
