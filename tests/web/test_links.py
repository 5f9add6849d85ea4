"""The synthetic year, walked as each role: no page offers a link that its reader may not follow,
and each kind of page is without fault in Chromium on a telephone's width."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterator
from functools import cache
from html import unescape
from typing import NamedTuple

import people
import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from flask.testing import FlaskClient
from made_year import NOW, made_year
from playwright.sync_api import Browser, Page, ViewportSize
from signed_in import COOKIE

from enforcement import create_staff_app
from enforcement.demo.make import Demo
from enforcement.domain.permissions import GRANTS, Role
from enforcement.web.transactions import engine

pytestmark = [pytest.mark.slow, pytest.mark.heavy]
LINKED = re.compile(r'(?:href|src)="(/[^"]*)"')
ALIKE = 3  # addresses that differ in numbers alone are one page: three of them are enough
ENOUGH = {Role.ADMIN: 3}  # an account administrator reads no case
PHONE = ViewportSize(width=390, height=844)
Year = tuple[Flask, Demo]


class Step(NamedTuple):
    """An address, the page that its link stood on, and what it answered."""

    address: str
    page: str
    status: int
    mimetype: str = ""


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Year]:
    settings, demo = made_year(tmp_path_factory)
    app = create_staff_app(settings, clock=lambda: NOW)
    yield app, demo
    with app.app_context():
        engine().dispose()


def signed_in(year: Year, role: Role) -> FlaskClient:
    app, demo = year
    who = next(one for one in demo.sign_ins if one.role == role.label)
    client = app.test_client()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/sign-in").text)
    assert token is not None
    fields = {"csrf_token": token[1], "username": who.username, "password": who.password}
    assert client.post("/sign-in", data=fields).status_code in (302, 303)
    return client


def shape(address: str) -> str:
    path = re.sub(r"\d{4}-\d\d|\d+|[0-9a-f]{64}", "#", address)
    return re.sub(r"=[^&]*", "=", path)


@pytest.fixture(scope="module")
def walked(year: Year) -> Callable[[Role], list[Step]]:
    """The walk of a role, made once. Papers that one role or another has had take their time to
    print, and are not printed again."""
    printed: set[str] = set()
    return cache(lambda role: list(walk(year, role, printed)))


def let_in(app: Flask, role: Role, address: str) -> int:
    """What the door answers this role, by what the view behind it declares: see test_roles.py."""
    endpoint, _ = app.url_map.bind("localhost").match(address.partition("?")[0])
    needs = app.view_functions[endpoint].needs  # type: ignore[attr-defined] # set by access.needs
    return 200 if needs is None or needs in GRANTS[role] else 403


def walk(year: Year, role: Role, printed: set[str]) -> Iterator[Step]:
    """Every address linked from the first page on.

    A paper that another role was given whole is not printed again, only its door is tried.
    """
    client = signed_in(year, role)
    waiting, known, alike = deque([("/", "")]), {"/"}, Counter[str]()
    while waiting:
        address, page = waiting.popleft()
        alike[shape(address)] += 1
        if alike[shape(address)] > ALIKE:
            continue
        if address in printed:
            yield Step(address, page, let_in(year[0], role, address))
            continue
        with client.get(address) as answer:
            yield Step(address, page, answer.status_code, answer.mimetype)
            text = answer.text if answer.mimetype == "text/html" else ""
            if answer.status_code == 200 and answer.mimetype == "application/pdf":
                printed.add(address)
        for found in LINKED.findall(text):
            link = unescape(found).partition("#")[0]
            if link not in known and not link.startswith("/static/"):
                known.add(link)
                waiting.append((link, address))


@pytest.mark.parametrize("role", Role)
def test_every_link_can_be_followed_by_whoever_sees_it(
    walked: Callable[[Role], list[Step]], role: Role
) -> None:
    assert [step for step in walked(role) if step.status >= 400] == []
    assert len(walked(role)) >= ENOUGH.get(role, 100)


def faults(page: Page, address: str) -> list[str]:
    said: list[str] = []
    page.once("pageerror", lambda error: said.append(str(error)))
    page.goto(address)
    page.evaluate(Axe().axe_script)
    return [*said, *page.evaluate(people.WIDE), *page.evaluate(people.LOOK, people.RULES)]


@pytest.mark.browser
def test_each_kind_of_page_is_without_fault_on_a_telephone(
    year: Year,
    walked: Callable[[Role], list[Step]],
    serve: Callable[[Flask], str],
    browser: Browser,
) -> None:
    app, _ = year
    site, match = serve(app), app.url_map.bind("localhost").match
    seen: set[str] = set()
    found: dict[str, list[str]] = {}
    for role in Role:
        cookie = signed_in(year, role).get_cookie(COOKIE)
        assert cookie is not None
        with browser.new_context(viewport=PHONE) as context:
            context.add_cookies([{"name": COOKIE, "value": cookie.value, "url": site}])
            page = context.new_page()
            for step in walked(role):
                view = str(match(step.address.partition("?")[0])[0])
                if view not in seen and (step.status, step.mimetype) == (200, "text/html"):
                    seen.add(view)
                    found[step.address] = faults(page, site + step.address)
    assert {address: wrong for address, wrong in found.items() if wrong} == {}
    assert len(seen) > 100
