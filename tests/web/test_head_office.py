"""A head office opens several cases in one sitting: each by its own code, and nothing wider."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import pytest
import reply_case
import sqlalchemy as sa
from test_reply_site import Browser, answer_all, form_key

from enforcement import create_reply_app
from enforcement.data.cases import Case
from enforcement.data.history import Event
from enforcement.data.replies import Reply, ReplyDraft
from enforcement.domain.permissions import Actor
from enforcement.services import links
from enforcement.services.work import Work
from enforcement.settings import Settings

Begin = Callable[..., AbstractContextManager[Work]]
NOW = datetime(2026, 6, 16, 9, 0, tzinfo=UTC)
ONE = {"location_id": "1-900000001", "postcode": "ZZ1 1ZZ"}
TWO = {"location_id": "1-9000002009", "postcode": "ZZ1 1ZZ"}
Cases = tuple[reply_case.Made, reply_case.Made]


@pytest.fixture
def cases(begin: Begin, people: dict[str, Actor]) -> Cases:
    with begin(people["officer"]) as work:
        return reply_case.make(work), reply_case.make(work, 2)


@pytest.fixture
def inside(cases: Cases, settings: Settings, page_checker: Any) -> Browser:
    """In by the first case's link."""
    browser = Browser(create_reply_app(settings, clock=lambda: NOW).test_client(), page_checker)
    browser.get(f"/r/{cases[0].secret}")
    browser.post(f"/r/{cases[0].secret}", **ONE)
    return browser


def both(inside: Browser, cases: Cases) -> None:
    inside.get("/reply/cases")
    inside.post("/reply/cases", code=cases[1].code, **TWO)


def test_another_case_is_opened_by_its_own_code_and_turned_to(
    inside: Browser, cases: Cases, begin: Begin, people: dict[str, Actor]
) -> None:
    assert "Sample Provider 2" not in inside.get("/reply/cases")
    both(inside, cases)
    assert "Sample Provider 2" in inside.page
    inside.post("/reply/cases/ASC-2026-000002")
    assert inside.at == "/reply"
    assert "Sample Provider 2, case ASC-2026-000002" in inside.get("/reply/record")
    inside.get("/reply/cases")
    inside.post("/reply/cases/ASC-2026-000001")
    assert "Sample Meadow Care Ltd" in inside.page
    with begin(people["auditor"]) as work:
        event = work.session.scalars(sa.select(Event).where(Event.kind == "case_proven")).one()
        assert event.stream == "case:ASC-2026-000002"


@pytest.mark.parametrize(
    "wrong", [{"code": "AAAA-BBBB-CCCC"}, {"location_id": "1-900000001"}, {"postcode": "AA1 1AA"}]
)
def test_without_every_proof_nothing_opens(
    inside: Browser, cases: Cases, wrong: dict[str, str]
) -> None:
    inside.get("/reply/cases")
    page = inside.post("/reply/cases", **({"code": cases[1].code, **TWO} | wrong))
    assert "Those details did not open a case" in page
    assert "Sample Provider 2" not in page
    inside.post("/reply/cases/ASC-2026-000002", status=404)
    inside.get("/reply/cases")
    inside.post("/reply/cases/ASC-2026-000002/copy", status=404)
    assert "Sample Meadow Care Ltd" in inside.get("/reply")


def test_wrong_tries_lock_the_other_link_as_at_the_start(
    inside: Browser, cases: Cases, begin: Begin, people: dict[str, Actor]
) -> None:
    for _ in range(5):
        inside.get("/reply/cases")
        inside.post("/reply/cases", code=cases[1].code, **(TWO | {"postcode": "AA1 1AA"}))
    inside.post("/reply/cases", code=cases[1].code, **TWO)
    assert "Those details did not open a case" in inside.page
    with begin(people["auditor"]) as work:
        assert work.session.scalars(sa.select(Event).where(Event.kind == "link_locked")).one()


def test_a_case_leaves_the_list_when_its_link_is_reissued(
    inside: Browser, cases: Cases, begin: Begin, people: dict[str, Actor]
) -> None:
    both(inside, cases)
    with begin(people["officer"]) as work:
        case = work.session.scalars(sa.select(Case).where(Case.reference.endswith("2"))).one()
        links.reissue(work, case)
    assert "Sample Provider 2" not in inside.get("/reply/cases")
    inside.post("/reply/cases/ASC-2026-000002", status=404)


def test_another_sitting_begins_with_one_case(
    inside: Browser, cases: Cases, settings: Settings, page_checker: Any
) -> None:
    both(inside, cases)
    other = Browser(create_reply_app(settings, clock=lambda: NOW).test_client(), page_checker)
    other.get(f"/r/{cases[0].secret}")
    other.post(f"/r/{cases[0].secret}", **ONE)
    assert "Sample Provider 2" not in other.get("/reply/cases")


def test_answers_are_copied_and_each_reply_is_sent_by_itself(
    inside: Browser, cases: Cases, begin: Begin, people: dict[str, Actor]
) -> None:
    answer_all(inside)
    inside.post("/reply/check", form_key=form_key(inside.page), declared="y")
    both(inside, cases)
    inside.post("/reply/cases/ASC-2026-000002")
    assert "Copy its answers here" in inside.get("/reply/cases")
    inside.post("/reply/cases/ASC-2026-000001/copy")
    with begin(people["auditor"]) as work:
        rows = work.session.scalars(sa.select(ReplyDraft).order_by(ReplyDraft.id)).all()
        first, copied = rows[0].answers, rows[1].answers
        assert copied["reasons"] == first["reasons"]
        assert copied["sender"] == first["sender"]
        words = {key: given["words"] for key, given in copied["details"].items()}
        assert words == {key: given["words"] for key, given in first["details"].items()}
        assert "windows" not in copied["details"]["good_reason"]  # one month of the other case
        assert work.session.scalars(sa.select(Reply)).one().case.reference == cases[0].reference
    assert "Copy its answers here" not in inside.get("/reply/cases")
    inside.post("/reply/cases/ASC-2026-000001/copy")
    assert "This reply has answers already" in inside.page


def test_a_form_left_open_in_another_tab_is_not_sent_into_the_new_case(
    inside: Browser, cases: Cases, begin: Begin, people: dict[str, Actor]
) -> None:
    left_open = inside.get("/reply/why")
    both(inside, cases)
    inside.post("/reply/cases/ASC-2026-000002")
    inside.page = left_open
    inside.post("/reply/why", status=400, choice=["accept"])
    with begin(people["auditor"]) as work:
        assert work.session.scalars(sa.select(ReplyDraft)).all() == []
