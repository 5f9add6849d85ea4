"""The whole line in real Chromium, from the CQC register to a paid penalty and its audit."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import people
import pikepdf
import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser

from enforcement import create_reply_app, create_staff_app
from enforcement.data.engine import open_engine
from enforcement.domain.duties import Service
from enforcement.domain.permissions import Actor, Role
from enforcement.domain.windows import Month
from enforcement.services import accounts, default_policies, history, returns
from enforcement.services.loading import Incoming
from enforcement.services.work import transaction
from enforcement.settings import Settings

pytestmark = [pytest.mark.browser, pytest.mark.slow]


DAYS = {
    "the run": datetime(2026, 6, 16, 9, 0, tzinfo=UTC),
    "the sending": datetime(2026, 6, 17, 9, 0, tzinfo=UTC),
    "the reply": datetime(2026, 6, 19, 18, 30, tzinfo=UTC),
    "the answer": datetime(2026, 6, 22, 9, 0, tzinfo=UTC),
    "the panel": datetime(2026, 7, 21, 9, 0, tzinfo=UTC),
    "the final notice": datetime(2026, 7, 22, 9, 0, tzinfo=UTC),
    "the payment": datetime(2026, 7, 31, 10, 0, tzinfo=UTC),
    "the audit": datetime(2026, 8, 14, 10, 0, tzinfo=UTC),
}
STAFF = {
    "orla.candlewick": Role.OFFICER,
    "selma.rookhaven": Role.SENIOR,
    "petra.silverdew": Role.PANEL,
    "piers.hazelmoth": Role.PANEL,
    "fintan.pennywhistle": Role.FINANCE,
    "lotte.bellwether": Role.LEADER,
    "aurelia.marshlight": Role.AUDITOR,
}
EMAIL = "ada.quillfeather@thistledown.example.org"
NAMED = "1-900000011"  # the location whose three windows are missed
PLACES = (
    (NAMED, "Thistledown House", "1-900000001", "Thistledown Care Limited", 24),
    ("1-900000012", "Thistledown Lodge", "1-900000001", "Thistledown Care Limited", 16),
    ("1-900000021", "Fernhollow Court", "1-900000002", "Fernhollow Homes Limited", 40),
)
REGISTER = (
    "Location ID", "Location HSCA start date", "Dormant (Y/N)", "Care home?", "Location Name",
    "Location Telephone Number", "Care homes beds", "Location Inspection Directorate",
    "Location Region", "Location Local Authority", "Location Street Address", "Location City",
    "Location County", "Location Postal Code", "Provider Companies House Number", "Provider ID",
    "Provider Name", "Provider HSCA Start Date", "Provider Ownership Type",
    "Provider Street Address", "Provider City", "Provider County", "Provider Postal Code",
    "Provider Telephone Number", "Provider Nominated Individual Name",
    "Service type - Care home service without nursing", "Service type - Domiciliary care service",
)  # fmt: skip


def sheet(header: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    return out.getvalue().encode("utf-8-sig")


def cqc_register() -> bytes:
    """The care directory with filters, of two invented providers."""
    rows = [
        (cqc_id, "2019-04-01", "N", "Y", name, "01632 960001", beds, "Adult social care",
         "South West", "Exampleshire", "1 Sample Lane", "Exampleton", "Exampleshire", "ZZ1 1ZZ",
         "09999901", owner, owner_name, "2018-01-01", "Organisation", "14 Sample Street",
         "Exampleton", "Exampleshire", "ZZ99 9ZZ", "01632 960002", "Ada Quillfeather", "Y", "")
        for cqc_id, name, owner, owner_name, beds in PLACES
    ]  # fmt: skip
    return sheet(REGISTER, rows)


def contacts() -> bytes:
    header = ("Provider ID", "Contact name", "Capacity", "E-mail", "Source", "Date")
    row = ("1-900000001", "Ada Quillfeather", "Director", EMAIL, "Capacity Tracker users",
           "2026-06-01")  # fmt: skip
    return sheet(header, [row])


def status_report(month: Month) -> bytes:
    """The monthly 0/1 report: one home has missed since April."""
    header = ("CQC ID", "Location Name", "Provider", "User Count", month.title)
    missed = month >= Month.parse("2026-04")
    rows = [
        (cqc_id, name, owner, 2, 0 if missed and cqc_id == NAMED else 1)
        for cqc_id, name, _, owner, _ in PLACES
    ]
    return sheet(header, rows)


def report_name(month: Month) -> str:
    return f"Update_monthly_status_ASC_collection_care_home_{month}.csv"


def a_pdf(words: str) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page(page_size=(595, 842))
        made.docinfo["/Title"] = words
        made.save(out)
    return out.getvalue()


def a_picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (640, 480), "white").save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def world(migrated_sqlite: Path, tmp_path: Path, serve: Callable[[Flask], str]) -> Iterator[Any]:
    """Both sites over one SQLite file, everybody's account, and the policies by default."""
    database = tmp_path / "main-line.sqlite3"
    database.write_bytes(migrated_sqlite.read_bytes())
    settings = Settings.read(
        {"ENFORCEMENT_INSTANCE": str(tmp_path / "i"), "DATABASE_URL": f"sqlite:///{database}"}
    )
    engine = open_engine(settings.database_url)
    made = people.World(settings, engine, DAYS["the run"])
    setting_up = Actor("set-up", "Set-up", frozenset({Role.ADMIN, Role.POLICY, Role.LEADER}))
    with transaction(engine, setting_up, made.now, settings) as work:
        default_policies.install(work)
        for number, (username, role) in enumerate(STAFF.items(), 1001):
            name = username.replace(".", " ").title()
            accounts.create(work, username, name, f"J{number}", [role.value], people.PASSWORD)
    made.reply = serve(create_reply_app(settings, clock=made.clock))
    made.settings = replace(settings, reply_base_url=made.reply)
    made.staff = serve(create_staff_app(made.settings, clock=made.clock))
    yield made
    engine.dispose()


def earlier_months(world: Any) -> None:
    """July 2025 to May 2026, loaded before the officer begins: no screen is needed for them."""
    clerk = Actor("staff:J0001", "Clerk", frozenset({Role.OFFICER}))
    with transaction(world.engine, clerk, world.now, world.settings) as work:
        for back in range(11, 0, -1):
            month = Month.parse("2026-06") - back
            incoming = Incoming(status_report(month), report_name(month))
            returns.load(work, incoming, month, service=Service.CARE_HOME)


def a_copy_of(world: Any, folder: Path, serve: Callable[[Flask], str]) -> Any:
    """The same moment once more, so that one letter can be answered in two ways."""
    twin = folder / "twin.sqlite3"
    with sqlite3.connect(world.engine.url.database) as here, sqlite3.connect(twin) as there:
        here.backup(there)
    settings = replace(world.settings, database_url=f"sqlite:///{twin}")
    settings.secrets()
    made = people.World(settings, world.engine, world.now, pictures=500)
    made.reply = serve(create_reply_app(settings, clock=made.clock))
    return made


def provider_replies(provider: Any, code: str) -> str:
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


def test_a_missed_return_becomes_a_paid_penalty(
    world: Any, browser: Browser, serve: Callable[[Flask], str], tmp_path: Path
) -> None:
    who = {name.split(".")[0]: people.Colleague(world, browser, name) for name in STAFF}
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
    pounds = officer_confirms_the_amount(officer, case)
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

    # When the provider answers on a telephone, once with and once without JavaScript
    letter = world.letters_to(EMAIL)[0]
    code = people.CODE.search(people.text_of(letter)[1])
    assert code is not None
    world.now = DAYS["the reply"]
    plain = a_copy_of(world, tmp_path, serve)
    without = people.Provider(plain, browser, "provider-no-script", width=390, script=False)
    reply = provider_replies(without, code[0])
    provider = people.Provider(world, browser, "provider", width=390)
    assert provider_replies(provider, code[0]) == reply
    assert world.worker_sends() == {"sent": 1}  # the receipt
    # Then the officer reads it and answers every point
    world.now = DAYS["the answer"]
    officer.signs_in()
    officer.opens_case(case, "/replies")
    officer.follows(reply)
    officer.presses("I have read the whole reply")
    officer.opens_every_file()
    officer.page.get_by_role("link", name="Answer to point 1").click()
    officer.looks_at("point 1")
    officer.writes("What evidence was looked at", "Call log, and Capacity Tracker's own record")
    officer.chooses("Not accepted")
    officer.writes("Answer", "Capacity Tracker was up on each of these days.")
    officer.presses("Save the answer")
    assert "Not answered" not in officer.reads()

    # When the period is over, the officer puts the case to a panel of two
    world.now = DAYS["the panel"]
    officer.signs_in()
    officer.opens_case(case, "/decision")
    officer.follows_action("Put to the panel")
    officer.chooses("Impose the penalty")
    officer.writes("Reasons", "Three windows running were missed; the reply does not change that.")
    officer.writes("Finding on reasonable excuse", "None is shown: the service was up.")
    officer.chooses("Not a reasonable excuse")
    point = f"Point 1 of {reply}"
    officer.page.get_by_label(f"{point}: what kind of excuse was offered?").select_option("outage")
    officer.writes(f"{point}: reasons of the finding", "Our record shows no outage on these days.")
    officer.presses("Put to the panel")
    for member in (who["petra"], who["piers"]):
        member.signs_in()
        member.votes(case, "Impose the penalty", "The record is clear.")
    who["piers"].follows_action("Decide to impose the penalty")
    who["piers"].chooses("Impose the penalty")
    who["piers"].presses("Record the decision")
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
    officer.opens_case(case)
    officer.follows_action("Close the case")
    officer.chooses("Paid")
    officer.presses("Close the case")
    assert "The case is closed." in officer.page.inner_text("body")

    an_audit(world, who, case)


def officer_confirms_the_amount(officer: Any, case: str) -> str:
    """CQC's own figure, which agrees with the working; the sum as printed."""
    officer.opens_case(case, "/amount")
    officer.presses("Work it out again today")
    found = re.search(r"£[\d,]+\.\d\d|£[\d,]+", officer.reads())
    assert found is not None
    officer.writes("The fee as CQC gives it", found[0].replace("£", ""))
    officer.writes("Where does it stand?", "CQC e-mail of 15 June 2026, reference F-100")
    officer.presses("Record CQC’s figure")
    assert "Confirmed by CQC" in officer.reads()
    return found[0]


def an_audit(world: Any, who: dict[str, Any], case: str) -> None:
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


def test_five_wrong_passwords_lock_an_account(world: Any, browser: Browser) -> None:
    officer = people.Colleague(world, browser, "orla.candlewick")
    for _ in range(5):
        officer.signs_in("a wrong password 4711")
        assert "wrong, or the account is locked" in officer.page.inner_text("body")
    officer.signs_in()
    assert "wrong, or the account is locked" in officer.page.inner_text("body")
    world.now = world.now.replace(hour=world.now.hour + 1)
    officer.signs_in()
    assert "Orla Candlewick" in officer.page.inner_text("header")
