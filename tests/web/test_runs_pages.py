"""The pages of the run: preview, approve, why, provider, findings, at risk; names invented."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import form_reader
import pytest
import run_story as story
from flask.testing import FlaskClient
from sqlalchemy import select

from enforcement import create_staff_app
from enforcement.data.cases import Case
from enforcement.data.register import DualRegistration, Provider
from enforcement.services import accounts, runs
from enforcement.services.work import transaction

PASSWORD = "a long invented passphrase 17"


ONE = "1-900000001"


class Browser:
    """A signed-in browser without scripts; every page it is given is checked."""

    def __init__(self, client: FlaskClient, check: Callable[..., None], name: str) -> None:
        self.client, self.check = client, check
        self.get("/sign-in")
        self.post("/sign-in", 303, username=name, password=PASSWORD)

    def get(self, path: str, expect: int = 200) -> str:
        return self._seen(self.client.get(path), expect)

    def post(self, path: str, expect: int, **fields: str) -> str:
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.page)
        assert token is not None, self.page[:500]
        return self._seen(self.client.post(path, data={"csrf_token": token[1], **fields}), expect)

    def _seen(self, answer: Any, expect: int) -> str:
        assert answer.status_code == expect or {answer.status_code, expect} == {302, 303}, (
            answer.status_code,
            answer.text[:3000],
        )
        if answer.mimetype == "text/html" and answer.status_code < 300:
            self.check(answer.text)
        if answer.status_code not in (302, 303) and answer.mimetype == "text/html":
            self.page: str = answer.text
        return str(answer.text)


@pytest.fixture
def site(
    begin: Callable[..., Any],
    settings: Any,
    people: Any,
    engine: Any,
    page_checker: Callable[..., None],
) -> Callable[[str], Browser]:
    with transaction(engine, people["admin"], story.NOW, settings) as work:
        for name, role in (("olive", "officer"), ("sam", "senior"), ("ann", "auditor")):
            accounts.create(
                work,
                username=name,
                name=name.title(),
                staff_number=name.upper(),
                password=PASSWORD,
                roles=[role],
            )
    with begin(people["officer"]) as work:
        story.windows(work)
        owner = story.provider(work, 1, "Sample & Daughters Care Limited",
                               search_name="sample and daughters care limited")  # fmt: skip
        story.duty(work, owner, 1, "sssssssssmll")
        story.duty(work, owner, 2, "ssssssssssmm")
        other = story.provider(work, 2, "Invented Lodge Ltd", public_body=None)
        story.duty(work, other, 3, story.THREE_RUNNING)
        work.session.add(
            DualRegistration(location_cqc_id="1-800000003", linked_cqc_id="1-800000009")
        )
    app = create_staff_app(settings, clock=lambda: story.NOW)
    return lambda name: Browser(app.test_client(), page_checker, name)


def test_from_preview_to_the_reason_for_the_case(
    site: Callable[[str], Browser], begin: Callable[..., Any], people: Any
) -> None:
    olive, sam, ann = site("olive"), site("sam"), site("ann")
    assert "No run yet" in olive.get("/runs")
    olive.post("/runs", 400, window="", cap="0")
    olive.post("/runs", 303, window="2026-06", cap="", area="")
    page = olive.get("/runs/1")
    for words in ("Both methods agree", "Cases to open", "Dual registration not settled",
                  "This is the first run", "£4,776.00"):  # fmt: skip
        assert words in page
    assert "done by: Senior officer" in page  # why Olive may not approve
    olive.post("/runs/1/approve", 403, version="1")
    assert "Opens a case" in ann.get("/runs/1/rows?outcome=open")
    assert "Nothing can be" not in ann.get("/runs/1/duties/1")
    sam.get("/runs/1")
    sam.post("/runs/1/approve", 303, version="1")
    assert "ASC-2026-000001" in sam.get("/runs/1")
    page = ann.get("/cases/ASC-2026-000001/why")
    for words in ("Reproduced.", "SHA-256", "Updates outside the window", "20 May 2026",
                  "3 windows in a row", "Exclusions tested", "no other case"):  # fmt: skip
        assert words in page
    answer = ann.client.get("/cases/ASC-2026-000001/why.json")
    with begin(people["auditor"]) as work:
        assert answer.data.decode() == work.session.scalars(select(Case.why)).one()
    assert json.loads(answer.data)["verdicts"][0]["mask"] == 0b111


def test_a_run_that_is_refused_says_why_and_offers_nothing(
    site: Callable[[str], Browser], begin: Callable[..., Any], people: Any
) -> None:
    with begin(people["officer"]) as work:
        runs.preview(work, story.LATEST)
    sam = site("sam")
    sam.get("/runs/1")
    assert "changed this while you were working" in sam.post("/runs/1/approve", 409, version="9")
    with begin(people["officer"]) as work:
        owner = work.session.scalars(select(Provider).where(Provider.cqc_id == ONE)).one()
        story.duty(work, owner, 7, story.THREE_RUNNING)
    assert "has changed since the preview" in sam.post("/runs/1/approve", 409, version="1")
    with begin(people["auditor"]) as work:
        assert work.session.scalars(select(Case)).all() == []


@pytest.mark.parametrize(
    "asked",
    ["SAMPLE daughters", "care & sample", "sampel dauhgters", ONE, "1-800000002", "zz998zz",
     " zz99 9zz "],
)  # fmt: skip
def test_search_forgives(site: Callable[[str], Browser], asked: str) -> None:
    olive = site("olive")
    answer = olive.client.get("/providers", query_string={"q": asked})
    assert f"/providers/{ONE}" in answer.text
    olive.check(answer.text)
    assert "No provider found" in olive.get("/providers?q=Nowhere+Hall")


def test_findings_are_recorded_with_their_evidence(site: Callable[[str], Browser]) -> None:
    olive, sam = site("olive"), site("sam")
    there = "/providers/1-900000002"
    olive.get(f"{there}/review")
    page = olive.post(f"{there}/review", 400, public_body="no", evidence="", version="1")
    assert "Say what the finding rests on" in page
    olive.post(f"{there}/review", 303, public_body="no", evidence="Companies House", version="1")
    page = olive.post(f"{there}/review", 409, public_body="yes", evidence="Typed", version="1")
    assert "Typed" in page  # a stale form keeps what was written
    assert "Companies House" in olive.get(there)
    olive.get(f"{there}/settle/1")
    assert form_reader.taken(olive.client, f"{there}/settle/1") == []
    olive.post(f"{there}/settle/1", 303, answerable="1-800000003", reason="Runs it", version="1")
    assert "1-800000003 answers" in olive.get(there)
    olive.get(f"{there}/corrections/3/2026-06")
    fields = {"outcome": "submitted", "reason": "Portal fault", "evidence": "Log 12"}
    olive.post(f"{there}/corrections/3/2026-06", 303, **fields)
    assert "awaiting a second person" in sam.get(there)
    sam.post(f"{there}/corrections/9/approve", 404)
    sam.get(there)
    sam.post(f"{there}/corrections/1/approve", 303)
    sam.get(there)
    sam.post(f"{there}/corrections/1/approve", 404)
    page = sam.get(there)
    assert "approved by" in page
    assert "Portal fault" in page


def test_at_risk_and_its_export(
    site: Callable[[str], Browser], begin: Callable[..., Any], people: Any
) -> None:
    olive = site("olive")
    assert "No run yet" in olive.get("/at-risk")
    with begin(people["officer"]) as work:
        runs.preview(work, story.LATEST)
    page = olive.get("/at-risk")
    assert "Invented House 2" in page
    assert "Invented House 1<" not in page
    assert "Nobody is at risk" in olive.get("/at-risk?area=Elsewhere")
    sheet = olive.client.get("/at-risk?format=csv").data.decode("utf-8-sig")
    assert sheet.splitlines()[0].startswith('"Provider"')
    assert "May 2026, June 2026" in sheet
    assert len(sheet.splitlines()) == 2
