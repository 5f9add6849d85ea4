"""An officer gives notice to six providers in one run; a senior officer looks and approves; the
worker issues; the post room gets one file; the numbers reconcile."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import notice_story as told
import pypdf
import pytest
from people import Colleague, World
from sqlalchemy import select
from ways import PHONE, walked

from enforcement.data.issue_runs import IssueRun
from enforcement.domain.permissions import system_actor
from enforcement.services import issue_run_work
from enforcement.services.work import transaction

pytestmark = [pytest.mark.slow, pytest.mark.browser]
CASES = 6


def worker_takes_up_the_run(world: World, most: int | None = None) -> int:
    with transaction(world.engine, system_actor("test"), world.now, world.settings) as work:
        run_id = work.session.scalars(select(IssueRun.id)).one()
    return issue_run_work.work_on(world.engine, world.settings, run_id, world.clock, most=most)


@walked(PHONE)
def test_a_run_from_choosing_to_reconciled(world: World) -> None:
    officer = Colleague(world, "orla.candlewick")
    senior = Colleague(world, "selma.rookhaven")

    # Given six cases at triage, one of them not reviewed
    with transaction(world.engine, system_actor("set-up"), world.now, world.settings) as work:
        for number in range(1, CASES + 1):
            told.open_case(work, number, cleared=None if number == CASES else False)
    officer.signs_in()
    officer.goes_to("/cases")
    officer.follows("Make an issue run from these filters")
    assert "5 cases ready, 1 not ready." in officer.reads()
    # When the officer makes a run of what is ready
    officer.presses("Make the run")
    assert "The service drafts the notices: 5 notices to go." in officer.reads()
    worker_takes_up_the_run(world)
    officer.goes_to("/issue-runs/IR-2026-0001")
    officer.presses("Freeze the run for approval")
    assert "A senior officer other than Orla Candlewick" in officer.reads()
    assert "This is done by: Senior officer" in officer.reads()

    # Then the senior officer glances at each and checks the sample
    senior.signs_in()
    senior.page.get_by_role("link", name="1 issue run waiting for approval").click()
    senior.follows("IR-2026-0001")
    assert "You have glanced at 0 of 5 notices" in senior.reads()
    senior.follows_action("Look at the notices (5 notices to go)")
    assert "Invented Care 3 Limited" in senior.reads()
    senior.presses("I have looked at these 5 notices")
    assert "You have glanced at 5 of 5 notices" in senior.reads()
    the_sample_is_checked(senior, take_out=3)
    # And approves exactly the manifest that was shown
    senior.goes_to("/issue-runs/IR-2026-0001")
    senior.presses("Approve exactly this manifest of 4 notices")
    assert "Approved" in senior.reads()

    # When the worker has issued one, the officer pauses and resumes
    world.now += timedelta(minutes=1)
    worker_takes_up_the_run(world, most=1)
    officer.goes_to("/issue-runs/IR-2026-0001")
    officer.follows_action("Pause")
    officer.writes("Why is it paused?", "The post room has called.")
    officer.presses("Pause after the notice in hand")
    assert "Nothing until somebody resumes it. The post room has called." in officer.reads()
    assert worker_takes_up_the_run(world) == 0
    officer.presses("Resume")
    frame = officer.page.frame_locator("iframe")
    frame.get_by_role("progressbar").wait_for()
    worker_takes_up_the_run(world)
    assert world.worker_sends() == {}  # before the planned day nothing leaves
    world.now += timedelta(days=1, hours=1)
    assert world.worker_sends() == {"placed": 4}

    # Then it is done, and the letters go to the post room in one file
    officer.signs_in()
    officer.goes_to("/issue-runs/IR-2026-0001")
    officer.follows_action("Print file for the post room")
    officer.presses("Make the print file of 4 letters")
    officer.follows("IR-2026-0001-P1")
    the_file_holds_four_letters(officer)
    world.now += timedelta(minutes=20)
    officer.writes("What shows it?", "Cover signed by the post room, shelf 4")
    day = world.now.date()
    for box, value in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        officer.writes(box, str(value))
    officer.presses("Record as posted")
    assert "4 letters recorded as posted 17 June 2026." in officer.page.inner_text("body")

    # And every number reconciles, each with its list
    officer.goes_to("/issue-runs/IR-2026-0001")
    officer.follows("Reconciliation")
    assert "It reconciles." in officer.reads()
    officer.page.get_by_role("link", name="1 taken out by a person").click()
    officer.looks_at("taken out")
    assert "Its address is another." in officer.reads()


def the_sample_is_checked(senior: Colleague, take_out: int) -> None:
    """Every notice is in the sample of so small a run; one is found to be wrong and taken out."""
    senior.follows_action("Check the sample in full (5 to go)")
    for position in range(1, 6):
        assert f"Check in full: item {position}" in senior.reads()
        if position == take_out:
            senior.presses("Checked in full")
            assert "Not ticked" in senior.reads()
            senior.follows("Something is wrong: take it out")
            senior.writes("Why is it taken out?", "Its address is another.")
            senior.presses("Take it out")
            senior.goes_to("/issue-runs/IR-2026-0001/check")
            continue
        for box in senior.page.locator("main input[type=checkbox]").all():
            box.check()
        senior.presses("Checked in full")


def the_file_holds_four_letters(officer: Colleague) -> None:
    with officer.page.expect_download() as started:
        officer.page.get_by_role("button", name="Download the print file").click()
    pdf = Path(started.value.path()).read_bytes()
    pages = pypdf.PdfReader(BytesIO(pdf)).pages
    words = [page.extract_text() for page in pages]
    assert "Print file IR-2026-0001-P1" in words[0]
    assert "4\nletters in this file" in words[0].replace("4letters", "4\nletters")
    assert len(pages) == 2 + 4 * 2
    for number, page in zip((1, 2, 4, 5), (2, 4, 6, 8), strict=True):
        assert f"ASC-2026-{number:06d}-N1" in words[page]
