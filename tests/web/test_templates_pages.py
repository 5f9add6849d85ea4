"""The pages of the templates: what is in force, gates, previews, comparing, approving."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from second_version import prove, second_version
from test_notices_pages import NOW, PASSWORD, post, token

from enforcement import create_staff_app
from enforcement.services import accounts
from enforcement.services.work import transaction
from enforcement.web.transactions import engine as database

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ROLES = {"polly": "policy", "leith": "leader", "ann": "auditor", "olive": "officer"}


@pytest.fixture
def site(
    begin: Callable[..., Any], settings: Any, people: Any, engine: Any, tmp_path: Path
) -> Iterator[Callable[[str], FlaskClient]]:
    with transaction(engine, people["admin"], NOW, settings) as work:
        for name, role in ROLES.items():
            accounts.create(
                work, username=name, name=name.title(), staff_number=name.upper(),
                password=PASSWORD, roles=[role],
            )  # fmt: skip
    app = create_staff_app(settings, clock=lambda: NOW)

    def sign_in(name: str) -> FlaskClient:
        client = app.test_client()
        fields = {"username": name, "password": PASSWORD}
        data = {"csrf_token": token(client.get("/sign-in").text), **fields}
        assert client.post("/sign-in", data=data).status_code in (302, 303)
        return client

    with second_version(tmp_path) as copied:
        prove(copied, "refund", "v1")
        yield sign_in
    with app.app_context():
        database().dispose()


def test_the_list_and_a_version_are_read_by_everybody(site: Any, page_checker: Any) -> None:
    client = site("ann")
    page = client.get("/templates").text
    page_checker(page)
    assert "In force" in page
    assert "Not proposed" in page
    page = client.get("/templates/support/v1").text
    page_checker(page)
    assert "since 1 April 2023" in page
    assert "This is done by: Policy administrator." in page
    page_checker(client.get("/templates/support/v1/words").text)
    for which in ("sample", "worst", "large"):
        assert client.get(f"/templates/support/v1/{which}.pdf").data.startswith(b"%PDF-")
    for missing in ("/templates/support/v9", "/templates/none/compare",
                    "/templates/support/v1/other.pdf"):  # fmt: skip
        assert client.get(missing).status_code == 404, missing


def test_the_navigation_leads_policy_people_there(site: Any) -> None:
    for name, shown in {"polly": True, "leith": True, "olive": False}.items():
        assert ('href="/templates"' in site(name).get("/").text) is shown, name
    assert 'href="/templates"' in site("olive").get("/policies").text
    assert site("olive").get("/policies/template").status_code == 302


def test_two_versions_are_compared_word_by_word(site: Any, page_checker: Any) -> None:
    client = site("ann")
    page = client.get("/templates/support/compare?old=v1&new=v2").text
    page_checker(page)
    assert "<del>Help</del>" in page
    assert "<ins>Support</ins>" in page
    same = client.get("/templates/support/compare?old=v1&new=v1").text
    page_checker(same)
    assert "No difference" in same
    files = client.get("/templates/support/compare?old=v1&new=v2&of=files").text
    assert "<ins>Support</ins>" in files
    assert "words.html" in files
    assert client.get("/templates/support/compare?old=v77").status_code == 200


def test_a_version_is_proposed_and_its_shut_gate_keeps_it_from_approval(
    site: Any, page_checker: Any
) -> None:
    polly, leith = site("polly"), site("leith")
    where = "/templates/support/v2/propose"
    form = polly.get(where).text
    page_checker(form)
    empty = post(polly, form, where)
    page_checker(empty.text)
    assert "Enter the day it takes effect" in empty.text
    late = post(polly, form, where, effective_from=["1", "6", "2026"], reason="Because.")
    assert "takes effect today or later" in late.text
    assert "Because." in late.text
    done = post(polly, form, where, effective_from=["20", "6", "2026"], reason="Plainer words.")
    page_checker(done.text)
    assert "Awaiting approval" in done.text
    assert "You proposed it: a second person approves." in done.text
    page = leith.get("/templates/support/v2").text
    page_checker(page)
    assert "1 of its gates shut" in page
    assert "There is no proof of the template support v2." in page
    listed = leith.get("/policies").text
    page_checker(listed)
    (row,) = set(re.findall(r"/templates/support/v2", listed))
    assert row
    answer = post(leith, page_with_token(leith), "/templates/rows/999/approve")
    assert answer.status_code == 404


def page_with_token(client: FlaskClient) -> str:
    return client.get("/history/verify").text


def test_the_version_in_force_is_proposed_again_and_approved(site: Any, page_checker: Any) -> None:
    polly, leith = site("polly"), site("leith")
    where = "/templates/refund/v1/propose"
    form = polly.get(where).text
    done = post(polly, form, where, effective_from=["16", "6", "2026"], reason="Checked again.")
    assert "checks passed" in done.text
    page = leith.get("/templates/refund/v1").text
    (url,) = re.findall(r'action="(/templates/rows/\d+/approve)"', page)
    approved = post(leith, page, url)
    page_checker(approved.text)
    assert "Approved: in force from 16 June 2026." in approved.text
    assert "since 16 June 2026" in approved.text
