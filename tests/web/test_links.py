"""No page offers a link that its reader may not follow: the synthetic year, walked as each role."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from made_year import NOW, made_year

from enforcement import create_staff_app
from enforcement.demo.make import Demo
from enforcement.domain.permissions import GRANTS, Role
from enforcement.web.transactions import engine

pytestmark = [pytest.mark.slow, pytest.mark.heavy]
LINKED = re.compile(r'(?:href|src)="(/[^"]*)"')
ALIKE = 3  # addresses that differ in numbers alone are one page: three of them are enough
ENOUGH = {Role.ADMIN: 3}  # an account administrator reads no case
Year = tuple[Flask, Demo]


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
def printed() -> set[str]:
    """The papers that one role or another has had: each takes its time to print."""
    return set()


def let_in(app: Flask, role: Role, address: str) -> int:
    """What the door answers this role, by what the view behind it declares: see test_roles.py."""
    endpoint, _ = app.url_map.bind("localhost").match(address.partition("?")[0])
    needs = app.view_functions[endpoint].needs  # type: ignore[attr-defined] # set by access.needs
    return 200 if needs is None or needs in GRANTS[role] else 403


def walk(year: Year, role: Role, printed: set[str]) -> Iterator[tuple[str, str, int]]:
    """Every address linked from the first page on: (address, the page it stood on, status).

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
            yield address, page, let_in(year[0], role, address)
            continue
        with client.get(address) as answer:
            yield address, page, answer.status_code
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
    year: Year, printed: set[str], role: Role
) -> None:
    walked = list(walk(year, role, printed))
    assert [one for one in walked if one[2] >= 400] == []
    assert len(walked) >= ENOUGH.get(role, 100)
