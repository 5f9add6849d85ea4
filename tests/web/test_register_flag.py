"""What the register changed meanwhile stands on the pages people decide from, until it is past."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import notice_story as story
import pytest
import register_news as news
from test_case_steps import CASE, PANEL_DAY, Site, put_to_panel

from enforcement.services import drift
from enforcement.settings import Settings

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HEADING = "The register changed since the case opened"
TAG = "Register changed"


@pytest.fixture
def site(settings: Settings, begin: Callable[..., Any], page_checker: Any) -> Site:
    found = Site(settings, begin, page_checker)
    found.tale.to_given()
    with begin(story.OFFICER) as work:
        case = found.tale.case(work)
        case.snapshot = drift.snapshot(case.provider)
    return found


def sold(site: Site) -> None:
    news.load(
        site.begin,
        PANEL_DAY - timedelta(days=1),
        news.buyer(),
        news.location(owner=news.BUYER, numberOfBeds=20),
        news.provider(),
    )


def test_nothing_is_said_where_nothing_changed(site: Site) -> None:
    page = site.page("olive", "")
    assert HEADING not in page
    assert TAG not in page


def test_a_sale_is_flagged_before_the_panel_and_leads_to_the_gate(site: Site) -> None:
    sold(site)
    site.now = PANEL_DAY
    for path in ("", "/decision"):
        page = site.page("olive", path)
        assert TAG in page
        assert HEADING in page
        assert "Needs reasons" in page
        assert f'href="{CASE}/gate">The gate: what it stops' in page
    assert "Invented Buyer Limited" in page
    # Answered, it is still told to the panel, and stops nothing.
    with site.begin(story.OFFICER, PANEL_DAY) as work:
        case = site.tale.case(work)
        found = drift.differences(work.session, case)
        keys = [one.key for one in found if one.meaning == "warn"]
        drift.check_register(work, case, keys, "CQC says when it changed hands.")
    put_to_panel(site)
    page = site.page("olive", "/decision")
    assert HEADING in page
    assert "Looked into" in page
    assert "Olive went on: CQC says when it changed hands." in page
    assert TAG not in page


def test_it_is_past_once_the_final_notice_is_out(site: Site) -> None:
    sold(site)
    with site.begin(story.OFFICER, PANEL_DAY) as work:
        site.tale.case(work).state = "payment"
    site.now = PANEL_DAY
    page = site.page("olive", "")
    assert HEADING not in page
    assert TAG not in page
