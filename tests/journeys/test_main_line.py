"""The whole line in real Chromium, from the CQC register to a paid penalty and its audit."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import people
import pytest
from received import (
    EMAIL,
    NAMED,
    a_pdf,
    a_picture,
    contacts,
    cqc_register,
    report_name,
    status_report,
)
from ways import DESK, PHONE, walked

from enforcement.domain.duties import Service
from enforcement.domain.permissions import Actor, Role
from enforcement.domain.windows import Month
from enforcement.services import history, returns
from enforcement.services.loading import Incoming
from enforcement.services.work import transaction

pytestmark = [pytest.mark.browser, pytest.mark.slow]
DAYS = {
    "the sending": datetime(2026, 6, 17, 9, 0, tzinfo=UTC),
    "the reply": datetime(2026, 6, 19, 18, 30, tzinfo=UTC),
    "the answer": datetime(2026, 6, 22, 9, 0, tzinfo=UTC),
    "the panel": datetime(2026, 7, 21, 9, 0, tzinfo=UTC),
    "the final notice": datetime(2026, 7, 22, 9, 0, tzinfo=UTC),
    "the payment": datetime(2026, 7, 31, 10, 0, tzinfo=UTC),
    "the audit": datetime(2026, 8, 14, 10, 0, tzinfo=UTC),
}


def earlier_months(world: people.World) -> None:
    """July 2025 to May 2026, loaded before the officer begins: no screen is needed for them."""
    clerk = Actor("staff:J0001", "Clerk", frozenset({Role.OFFICER}))
    with transaction(world.engine, clerk, world.now, world.settings) as work:
        for back in range(11, 0, -1):
            month = Month.parse("2026-06") - back
            incoming = Incoming(status_report(month), report_name(month))
            returns.load(work, incoming, month, service=Service.CARE_HOME)


def provider_replies(provider: people.Provider, code: str) -> str:
    """The provider's whole part, from the code in the letter to the receipt; its reference."""
    provider.types_the_code(code.lower().replace("-", " "), NAMED, "zz1 1zz")
    assert "Thistledown Care Limited" in provider.reads()
    assert "days left" in provider.reads()
    provider.follows("See what we say happened, month by month")
    said = provider.reads()
    assert all(month in said for month in ("April 2026", "May 2026", "June 2026"))
    provider.goes_to("/reply")
    provider.gives_a_good_reason("Nobody could sign in from the 9th to the 15th; we rang twice.")
    provider.adds_evidence(
        ("call log.pdf", "application/pdf", a_pdf("Call log")),
        ("screen.png", "image/png", a_picture()),
    )
    provider.says_who("Ada Quillfeather", EMAIL)
    provider.declares_and_sends()
    receipt = provider.reads()
    assert "It came in time." in receipt
    assert "call log.pdf" in receipt
    found = re.search(r"ASC-\d{4}-\d{6}-R1", receipt)
    assert found is not None
    return found[0]


@walked(DESK)
def test_a_missed_return_becomes_a_paid_penalty(world: people.World) -> None:
    who = {name.split(".")[0]: people.Colleague(world, name) for name in people.STAFF}
    officer, senior, finance = who["orla"], who["selma"], who["fintan"]

    # Given the register, the contacts and the returns of a year
    officer.goes_to("/sign-in")
    officer.signs_in()
    assert "Orla Candlewick" in officer.page.inner_text("header")
    officer.brings_in("CQC register", "01_June_2026_HSCA_Active_Locations.csv", cqc_register())
    officer.brings_in("Contacts of providers", "contacts.csv", contacts())
    earlier_months(world)
    june = Month.parse("2026-06")
    officer.brings_in("Capacity Tracker", report_name(june), status_report(june), "June 2026")
    assert "3" in officer.reads()
    # When the senior officer says that everything has come
    senior.signs_in()
    senior.goes_to("/windows/2026-06")
    senior.chooses("I have looked at these totals and the feed is complete")
    senior.presses("Record that the feed is complete")
    # And the officer previews the run, which the senior officer approves
    officer.goes_to("/runs")
    officer.page.get_by_label("Window", exact=True).select_option(label="June 2026")
    officer.presses("Preview the run")
    run = officer.page.url.removeprefix(world.staff)
    assert "Approve the run and open 1 case" not in officer.buttons()
    senior.goes_to(run)
    senior.presses("Approve the run and open 1 case")
    # Then one case is open, and says why
    officer.goes_to(run)
    found = re.search(r"ASC-2026-\d{6}", officer.reads())
    assert found is not None
    case = found[0]
    officer.opens_case(case)
    officer.follows("Why this case")
    assert "3 windows" in officer.reads()
    assert "Thistledown House" in officer.reads()
    assert "Thistledown Lodge" not in officer.reads()

    # When the officer has looked at what may be penalised, and how much
    officer.goes_to("/providers/1-900000001")
    officer.follows("Record a review")
    officer.chooses("No: it can be penalised")
    officer.writes("What the finding rests on", "Companies House: private company, 16 June 2026")
    officer.presses("Record it")
    pounds = two_confirm_the_amount(officer, senior, case)
    # And drafts the notice of intent and reads the very document
    officer.drafts(case, "intent", EMAIL)
    pdf = officer.downloads_pdf()
    pages, words = people.text_of(pdf)
    assert pages == 2
    assert case in words
    assert "Thistledown Care Limited" in words
    officer.presses("Send for approval")
    # Then the drafter cannot approve it, by the page or past it
    notice = officer.page.url.removeprefix(world.staff)
    assert "Approve exactly this document" not in officer.buttons()
    assert officer.asks_by_post(f"{notice}/approve") == 403
    # When the senior officer approves and issues it, and the worker sends it
    senior.approves_and_issues(case, "Notice of intent")
    world.now = DAYS["the sending"]
    senior.signs_in()
    assert world.worker_sends() == {"sent": 1}
    senior.opens_notice(case, "Notice of intent")
    assert "Given" in senior.reads()
    # Then the last day to reply is counted on a page of its own
    senior.opens_case(case)
    senior.follows("Representations end")
    assert "Counted again: the same day and the same count" in senior.reads()

    # When the provider answers
    code = world.code_in_letter(EMAIL)
    world.now = DAYS["the reply"]
    reply = provider_replies(people.Provider(world, "provider"), code)
    assert world.worker_sends() == {"sent": 1}  # the receipt
    # Then the officer reads it and answers every point
    world.now = DAYS["the answer"]
    officer.signs_in()
    words = "Capacity Tracker was up on each of these days."
    officer.reads_and_answers(case, reply, "Not accepted", words)
    assert "Not answered" not in officer.reads()

    # When the period is over, the officer puts the case to a panel of two
    world.now = DAYS["the panel"]
    officer.signs_in()
    reasons = "Three windows running were missed; the reply does not change that."
    officer.puts_to_panel(case, "Impose the penalty", reasons, "None is shown: the service was up.")
    point, kept_out = f"Point 1 of {reply}", "Our record shows no outage on these days."
    officer.finds(point, "Not a reasonable excuse", "outage", kept_out)
    officer.presses("Put to the panel")
    for member in (who["petra"], who["piers"]):
        member.signs_in()
        member.votes(case, "Impose the penalty", "The record is clear.")
    who["piers"].decides(case, "Decide to impose the penalty", "Impose the penalty")
    # And on one day register and amount are looked at again, and the final notice goes out
    officer.opens_case(case)
    officer.follows_action("Check the register")
    officer.presses("Record the check of today")
    officer.opens_case(case, "/amount")
    officer.presses("Work it out again today")
    officer.drafts(case, "final", EMAIL)
    assert case in people.text_of(officer.downloads_pdf())[1]
    officer.presses("Send for approval")
    senior.signs_in()
    senior.approves_and_issues(case, "Final notice")
    world.now = DAYS["the final notice"]
    assert world.worker_sends() == {"sent": 1}
    assert pounds in people.text_of(world.letters_to(EMAIL)[-1])[1]

    # When finance records the money in two parts
    world.now = DAYS["the payment"]
    finance.signs_in()
    finance.enters_payment(case, "500.00")
    assert "The penalty is paid" not in finance.reads()
    rest = float(pounds.replace("£", "").replace(",", "")) - 500
    finance.enters_payment(case, f"{rest:.2f}")
    assert "The penalty is paid" in finance.reads()
    # Then the officer closes the case as paid
    officer.signs_in()
    officer.closes(case, "Paid")

    an_audit(world, who, case)


def two_confirm_the_amount(officer: people.Colleague, senior: people.Colleague, case: str) -> str:
    """CQC's own figure, entered with its file and read there by another; the sum as printed."""
    officer.opens_case(case, "/amount")
    officer.presses("Work it out again today")
    found = re.search(r"£[\d,]+\.\d\d|£[\d,]+", officer.reads())
    assert found is not None
    officer.writes("The fee as CQC gives it", found[0].replace("£", ""))
    officer.writes("Where does it stand?", "CQC email of 15 June 2026, reference F-100")
    mail = {"name": "cqc.pdf", "mimeType": "application/pdf", "buffer": a_pdf("CQC’s email")}
    officer.page.locator("input[type=file]").set_input_files(mail)
    officer.presses("Enter CQC’s figure")
    assert not officer.offers("Check it")
    senior.opens_case(case, "/amount")
    senior.writes("The fee as you read it in the file", found[0].replace("£", ""))
    senior.presses("Check it")
    assert "Confirmed by CQC" in senior.reads()
    return found[0]


def an_audit(world: people.World, who: dict[str, people.Colleague], case: str) -> None:
    """Anybody may check everything; the auditor can change nothing."""
    world.now = DAYS["the audit"]
    with transaction(world.engine, history_signer(), world.now, world.settings) as work:
        key, folder = world.settings.secrets().checkpoint, world.settings.checkpoint_folder
        signed = history.sign(work, key, folder)
    assert signed is not None
    auditor, leader = who["aurelia"], who["lotte"]
    auditor.signs_in()
    for part in ("", "/why", "/notices", "/replies", "/decision", "/money", "/notes", "/documents"):
        auditor.opens_case(case, part)
        assert auditor.buttons() == [], part
        assert "Read only." in auditor.page.inner_text("body")
    auditor.opens_case(case, "/history")
    story = auditor.reads()
    for words in ("Notice of intent", "Reply", "Penalty", "Payment", "Case closed"):
        assert words.lower() in story.lower(), words
    auditor.goes_to("/history/verify")
    auditor.presses("Verify now")
    assert "Nothing was changed, removed or cut" in auditor.reads()
    for address in (f"/cases/{case}/close", f"/cases/{case}/notes", "/imports/new", "/runs"):
        assert auditor.asks_by_post(address) == 403, address
    leader.signs_in()
    leader.goes_to("/history/verify")
    with leader.page.expect_download() as started:
        leader.page.get_by_role("link", name="Download").first.click()
    assert Path(started.value.path()).read_text().startswith("enforcement")


def history_signer() -> Actor:
    return Actor("staff:J1006", "Lotte Bellwether", frozenset({Role.LEADER}))


@walked(PHONE)
def test_five_wrong_passwords_lock_an_account(world: people.World) -> None:
    officer = people.Colleague(world, "orla.candlewick")
    for _ in range(5):
        officer.signs_in("a wrong password 4711")
        assert "wrong, or the account is locked" in officer.page.inner_text("body")
    officer.signs_in()
    assert "wrong, or the account is locked" in officer.page.inner_text("body")
    world.now = world.now.replace(hour=world.now.hour + 1)
    officer.signs_in()
    assert "Orla Candlewick" in officer.page.inner_text("header")
