"""Finance's pages in real Chromium: a file brought in and posted, and axe at two widths."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import money_story
import notice_story as story
import pytest
from desk_in_browser import Desk, look, press
from test_money_pages import BANK, REFERENCE

from enforcement.domain.payments import Ask, Kind
from enforcement.services import write_offs

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_finance_at_work_on_a_bank_file(desk: Desk, tmp_path: Path) -> None:
    desk.staff({"fin": "finance", "lee": "leader"})
    at = money_story.GIVEN + timedelta(days=10)
    with desk.begin(story.OFFICER, money_story.GIVEN) as work:
        money_story.owing(work)
    with desk.begin(story.person("fin2", story.Role.FINANCE), at) as work:
        ask = Ask(Kind.WRITE_OFF, 200_00, at.date(), reason="Dissolved.", authority="Head")
        write_offs.write_off(work, story.Story(desk.begin).case(work), ask, key="k")
    file = tmp_path / "bank.csv"
    file.write_text(BANK)
    page = desk.page("fin", at)
    page.goto("/money/files/new")
    look(page, "bank-file-new")
    page.set_input_files("[name=file]", file)
    press(page, "Bring the file in")
    look(page, "bank-file")
    press(page, "Post 1 matched line")
    assert "1 line posted: £1,000.00" in page.inner_text("main")
    page.goto("/money/lines")
    look(page, "bank-lines")
    page.get_by_role("link", name="Line 4").click()
    look(page, "bank-line")
    page.get_by_role("button", name="Match it").click()
    look(page, "bank-line-match")
    page.get_by_label(REFERENCE).check()
    page.fill("[name=words]", "Rang the payer.")
    press(page, "Post the line")
    assert "Posted" in page.inner_text("main")
    page.goto("/money/fund/record")
    look(page, "fund-record")
    page.fill("[name=reference]", "CHAPS 1")
    press(page, "Record it as sent")
    look(page, "remittance")
    for place in ("files", "owed", "write-offs", "fund"):
        page.goto(f"/money/{place}")
        look(page, f"money-{place}")
    page.goto("/cases/ASC-2026-000001/money")
    look(page, "case-money")
    leader = desk.page("lee")
    leader.goto("/cases/ASC-2026-000001/money/write-offs/1")
    look(leader, "write-off")
