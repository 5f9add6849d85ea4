"""Paying, as the provider sees it: what is owed once let in, and how to pay for anybody."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import money_story
import notice_story as story
import pytest
import reply_case
from axe_playwright_python.sync_playwright import Axe
from desk_in_browser import RULES, WIDTHS
from flask import Flask
from playwright.sync_api import Browser as Chromium
from reply_case import NOW, Clock
from test_reply_site import Browser

from enforcement import create_reply_app
from enforcement.domain.payments import Ask, Kind
from enforcement.domain.permissions import Actor
from enforcement.services import appeals, cases, instalments, payments, tasks
from enforcement.services.work import Work
from enforcement.settings import Settings

Begin = Callable[..., AbstractContextManager[Work]]
WAY = "By bank transfer, quoting the payment reference."


class Visit:
    """A provider at the reply site, and what is done on the case meanwhile."""

    def __init__(self, begin: Begin, settings: Settings, checker: Any) -> None:
        self.begin, self.app = begin, create_reply_app(settings, clock=Clock())
        with begin(story.OFFICER, NOW) as work:
            self.made = reply_case.make(work)
        self.browser = Browser(self.app.test_client(), checker)

    def come_in(self) -> Visit:
        self.browser.get(f"/r/{self.made.secret}")
        self.browser.post(f"/r/{self.made.secret}", location_id="1-900000001", postcode="zz11zz")
        return self

    def do(self, act: Callable[..., Any], *args: Any, who: Actor = story.FINANCE) -> None:
        with self.begin(who, NOW) as work:
            act(work, cases.find(work, self.made.reference), *args)

    def enter(self, kind: Kind, pence: int) -> None:
        ask = Ask(kind, pence, NOW.date(), reason="Because.")
        self.do(lambda w, case: payments.record(w, case, ask, key=f"{kind}-{pence}"))

    def paying(self) -> str:
        return self.browser.get("/reply/pay")


@pytest.fixture
def visit(begin: Begin, settings: Settings, page_checker: Any) -> Visit:
    return Visit(begin, settings, page_checker)


def test_what_is_owed_by_when_and_what_reached_us(visit: Visit) -> None:
    visit.come_in()
    assert "There is no penalty" in visit.paying()
    assert 'href="/reply/pay"' not in visit.browser.get("/reply")
    visit.do(money_story.penalise)
    assert 'href="/reply/pay"' in visit.browser.get("/reply")
    visit.enter(Kind.PAYMENT, 388_00)
    page = visit.paying()
    for words in ("You owe £2,000.00.", "ASC-2026-000001-N2", "£388.00", WAY, "14 July 2026",
                  "no power to agree instalments", "county court"):  # fmt: skip
        assert words in page, words
    visit.enter(Kind.PAYMENT, 2_010_00)
    page = visit.paying()
    assert "We will repay £10.00" in page
    assert WAY not in page
    visit.enter(Kind.REFUND, 10_00)
    assert "You owe nothing." in visit.paying()


def test_a_provider_asks_finance_about_paying_once(visit: Visit) -> None:
    visit.come_in()
    assert "Nothing is owed" in visit.browser.client.get("/reply/pay/ask").text
    visit.do(money_story.penalise)
    assert 'href="/reply/pay/ask"' in visit.paying()
    page = visit.browser.get("/reply/pay/ask")
    for words in ("no power to agree instalments", "Asking moves no date", "14 July 2026"):
        assert words in page, words
    bad = (("", "Write what you want to ask"), ("x" * 100_000, "too long"),
           ("hid\u202eden", "cannot be seen"), ("   ", "in your own words"))  # fmt: skip
    for words, says in bad:
        answer = visit.browser.post("/reply/pay/ask", 200, form_key="key-1", words=words)
        assert says in answer, words[:20]
    for _ in range(2):  # pressing twice asks once
        visit.browser.post("/reply/pay/ask", form_key="key-1", words="May we pay £500.00 a month?")
        assert visit.browser.at == "/reply/asked"
        visit.browser.get("/reply/pay/ask")
    page = visit.browser.get("/reply/asked")
    assert page.count("May we pay £500.00 a month?") == 1
    assert "You asked about paying" in page
    with visit.begin(story.FINANCE, NOW) as work:
        case = cases.find(work, visit.made.reference)
        (task,) = instalments.of_case(work, case)
        assert task.about == "Asked on the site: May we pay £500.00 a month?"
        due = {clock.kind: clock.due_on for clock in case.clocks}
        assert str(due["payment"]) == "2026-07-14"
        tasks.close_task(work, task, "done", "Rang them.")
    assert "Dealt with." in visit.browser.get("/reply/asked")


def test_an_appeal_suspends_what_is_asked_for(visit: Visit) -> None:
    visit.come_in()
    visit.do(money_story.penalise)
    today = NOW.date()
    visit.do(appeals.lodge, today, today, "INV/1", "x", who=story.OFFICER)
    page = visit.paying()
    assert "Your appeal suspends the penalty" in page
    assert "Pay by" not in page


def test_anybody_may_read_how_to_pay_whatever_became_of_the_link(visit: Visit) -> None:
    client = visit.app.test_client()
    for page in ("/", "/r/a-link-that-nobody-has"):
        assert 'href="/pay"' in client.get(page).text, page
    page = visit.browser.get("/pay")
    assert WAY in page
    assert "although your link or code has ended" in page
    assert visit.made.reference not in page
    assert "£" not in page


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_paying_has_no_violation(
    visit: Visit, browser: Chromium, serve: Callable[[Flask], str]
) -> None:
    visit.do(money_story.penalise)
    visit.enter(Kind.PAYMENT, 388_00)
    address, found = serve(visit.app), []
    for width in WIDTHS:
        page = browser.new_page(viewport={"width": width, "height": 900}, base_url=address)
        page.goto(f"/r/{visit.made.secret}")
        page.fill("[name=location_id]", "1-900000001")
        page.fill("[name=postcode]", "ZZ1 1ZZ")
        page.keyboard.press("Enter")
        page.wait_for_url("**/reply")
        for place in ("/pay", "/reply/pay", "/reply/pay/ask"):
            page.goto(place)
            assert page.url.endswith(place)
            result = (
                Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]}).response
            )
            found += [(place, width, one["id"]) for one in result["violations"]]
            if page.evaluate("document.documentElement.scrollWidth") > width:
                found.append((place, width, "wider than the screen"))
        page.close()
    assert found == []
