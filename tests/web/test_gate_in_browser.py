"""The gate, the amount and the register in real Chromium: a figure read by two, a home sold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import notice_story as told
import pytest
import register_news as news
from desk_in_browser import Desk, look, press
from playwright.sync_api import Page

from enforcement.services import drift

pytestmark = [pytest.mark.browser, pytest.mark.slow]
DECIDED = told.NOW + timedelta(days=20)
CASE = "/cases/ASC-2026-000001"


@pytest.fixture
def pages(desk: Desk) -> Callable[..., Page]:
    """`pages(name)`: a signed-in page of this person; a penalty is decided."""
    desk.staff({"olive": "officer", "otto": "officer", "audra": "auditor"})
    story = told.Story(desk.begin)
    story.to_given()
    with desk.begin(told.OFFICER) as work:
        case = story.case(work)
        case.snapshot = drift.snapshot(case.provider)
    story.decide(DECIDED)
    desk.now = DECIDED + timedelta(hours=1)
    return desk.page


def test_a_figure_is_entered_read_again_and_set_against_our_working(
    pages: Callable[..., Page], tmp_path: Path
) -> None:
    olive, otto = pages("olive"), pages("otto")
    olive.goto(f"{CASE}/gate")
    assert olive.get_by_text("Put right by: Enforcement officer").first.is_visible()
    look(olive, "gate")
    olive.get_by_role("link", name="The amount").first.click()
    press(olive, "Enter CQC’s figure")
    assert olive.locator(".nhsuk-error-summary").is_visible()
    look(olive, "amount-errors")
    letter = tmp_path / "fee.eml"
    letter.write_bytes(told.LETTER)
    olive.get_by_label("The fee as CQC gives it").fill("3268.00")
    olive.get_by_label("Where does it stand?").fill("Invented letter of 1 June 2026")
    olive.locator("input[type=file]").set_input_files(letter)
    press(olive, "Enter CQC’s figure")
    assert olive.get_by_text("a colleague checks it").is_visible()

    otto.goto(f"{CASE}/amount")
    look(otto, "amount-to-check")
    assert "3,268" not in otto.content()  # to be read in the file, not on the screen
    otto.get_by_label("The fee as you read it in the file").fill("3286.00")
    press(otto, "Check it")
    assert otto.get_by_role("link", name="You read £3,286.00").is_visible()
    assert otto.locator("#read-error").is_visible()
    look(otto, "amount-read-otherwise")
    otto.get_by_label("The fee as you read it in the file").fill("3268.00")
    press(otto, "Check it")
    assert otto.get_by_text("Both of you read the same").is_visible()
    assert otto.get_by_text("in the row for 21 to 25 places").is_visible()
    otto.get_by_label("Why does CQC’s figure stand?").fill("CQC counts the annexe.")
    look(otto, "amount-differs")
    press(otto, "Acknowledge it")
    look(otto, "amount-confirmed")
    assert otto.get_by_text("CQC counts the annexe.").is_visible()


def test_a_home_sold_meanwhile_stops_the_case_until_there_are_reasons(
    pages: Callable[..., Page], desk: Desk
) -> None:
    news.load(
        desk.begin,
        desk.now,
        news.buyer(),
        news.location(
            owner=news.BUYER, relationships=[news.link("Successor", news.NEXT)], numberOfBeds=20
        ),
        news.location(news.NEXT, news.BUYER, registrationDate="2026-06-30"),
        news.provider(name="Invented Meadow Group Limited"),
    )
    desk.now += timedelta(minutes=5)
    olive, audra = pages("olive"), pages("audra")
    audra.goto(f"{CASE}/register")
    look(audra, "register-read")
    assert audra.get_by_role("button", name="Record the check of today").count() == 0
    olive.goto(CASE)
    look(olive, "case-register")
    olive.get_by_role("link", name="The gate: what it stops").click()
    look(olive, "gate-register")
    olive.get_by_role("link", name="The register then and now").first.click()
    assert olive.get_by_text("A case cannot be passed to the new owner").is_visible()
    look(olive, "register")
    for tick in olive.locator("input[type=checkbox]").all():
        tick.check()
    press(olive, "Record the check of today")
    assert olive.get_by_text("Say why the case may go on.").is_visible()
    olive.get_by_label("Why may the case go on?").fill("CQC says it changed hands on 30 June.")
    press(olive, "Record the check of today")
    assert olive.get_by_text("The check of the register is recorded.").is_visible()
    olive.goto(f"{CASE}/register")
    look(olive, "register-answered")
    assert olive.get_by_text("Olive went on: CQC says it changed hands on 30 June.").is_visible()
