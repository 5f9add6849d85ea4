"""The notice's pages as an officer and an approver use them, from draft to given."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import form_reader
import notice_story as told
import pytest
from flask.testing import FlaskClient

from enforcement import create_staff_app
from enforcement.data.notices import OutboxItem
from enforcement.domain.delivery import Report, Stage
from enforcement.domain.giving import Method
from enforcement.services import accounts, delivery, sending, settling
from enforcement.services.work import transaction
from enforcement.web.transactions import engine as database

PASSWORD = "a long invented passphrase 17"


NOW = told.NOW
CASE = "/cases/ASC-2026-000001"
ROLES = {"olive": "officer", "sam": "senior", "ann": "auditor", "fin": "finance"}


@pytest.fixture
def story(begin: Callable[..., Any]) -> Any:
    found = told.Story(begin)
    found.triage()
    return found


@pytest.fixture
def site(
    begin: Callable[..., Any], settings: Any, people: Any, engine: Any
) -> Iterator[Callable[[str], FlaskClient]]:
    """`site(username)`: a signed-in browser without scripts; the clock stands still."""
    with transaction(engine, people["admin"], NOW, settings) as work:
        for name, role in ROLES.items():
            accounts.create(
                work,
                username=name,
                name=name.title(),
                staff_number=name.upper(),
                password=PASSWORD,
                roles=[role],
            )
    app = create_staff_app(settings, clock=lambda: NOW)

    def sign_in(name: str) -> FlaskClient:
        client = app.test_client()
        page = client.get("/sign-in").text
        answer = client.post(
            "/sign-in",
            data={"csrf_token": token(page), "username": name, "password": PASSWORD},
        )
        assert answer.status_code in (302, 303), answer.text
        return client

    yield sign_in
    with app.app_context():
        database().dispose()


def token(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found is not None
    return found.group(1)


def post(client: FlaskClient, page: str, url: str, **fields: Any) -> Any:
    return client.post(url, data={"csrf_token": token(page), **fields}, follow_redirects=True)


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', page)
    assert found is not None
    return found.group(1)


def draft(client: FlaskClient, **other: Any) -> Any:
    page = client.get(f"{CASE}/notices/intent")
    assert page.status_code == 200
    fields = {
        "version": "",
        "who": "0",
        "method": "first_class",
        "send_on": ["16", "6", "2026"],
        "period_days": "14",
    } | other
    return post(client, page.text, f"{CASE}/notices/intent", **fields)


def test_from_draft_to_issue(site: Any, story: Any, page_checker: Any) -> None:
    officer, approver = site("olive"), site("sam")
    page_checker(officer.get(f"{CASE}/notices/intent").text)
    drafted = draft(officer)
    assert drafted.status_code == 200
    page_checker(drafted.text)
    where = f"{CASE}/notices/1"
    assert "Draft saved" in drafted.text
    assert officer.get(f"{where}/document.pdf").data.startswith(b"%PDF-")
    version = hidden(drafted.text, "version")
    sent = post(officer, drafted.text, f"{where}/submit", version=version)
    assert "Sent for approval" in sent.text
    assert "Approve exactly this document" not in sent.text
    for tab in ("notices", "documents"):  # one word for one state
        assert "Awaiting approval" in (listed := officer.get(f"{CASE}/{tab}").text)
        assert "Submitted" not in listed
    page = approver.get(where).text
    page_checker(page)
    assert "Nothing changed since the draft" in page
    assert "right to make representations" in page
    seen = hidden(page, "seen")
    pdf = approver.get(f"{where}/document.pdf")
    import hashlib

    assert hashlib.sha256(pdf.data).hexdigest() == seen
    assert "frame-ancestors 'self'" in pdf.headers["Content-Security-Policy"]
    wrong = post(approver, page, f"{where}/approve", version=hidden(page, "version"), seen="0" * 64)
    assert "not the one you were shown" in wrong.text
    page = approver.get(where).text
    done = post(approver, page, f"{where}/approve", version=hidden(page, "version"), seen=seen)
    assert "Approved and sealed" in done.text
    page = officer.get(where).text
    issued = post(officer, page, f"{where}/issue", version=hidden(page, "version"))
    assert "Issued. It is sent by itself" in issued.text
    assert "Waiting to be sent" in issued.text
    twin = officer.get(f"{where}/words")
    assert "PRINTED-ON-PAPER" in twin.text
    listed = officer.get(f"{CASE}/notices")
    page_checker(listed.text)
    assert "On its way" in listed.text
    giving = officer.get(f"{where}/giving")
    page_checker(giving.text)
    given = post(
        officer,
        giving.text,
        f"{where}/giving",
        sent_on=["16", "6", "2026"],
        method="first_class",
        evidence="Post room list of 16 June",
    )
    assert "Friday 19 June 2026" in given.text
    page_checker(given.text)


def test_refused_draft_keeps_what_was_typed(site: Any, story: Any) -> None:
    officer = site("olive")
    answer = draft(officer, method="electronic")
    assert answer.status_code == 200
    assert "An email cannot be sent to the registered office." in answer.text
    assert "There is a problem" in answer.text
    typed = draft(
        officer,
        who="other",
        capacity="manager_mailbox",
        address="1 Typed Street\nExampleton",
        postcode="ZZ1 1ZZ",
        email="home@example.com",
        method="electronic",
    )
    assert "the proper address is the registered office" in typed.text
    assert "1 Typed Street" in typed.text


def test_returned_with_a_reason(site: Any, story: Any) -> None:
    story.draft()
    story.submit()
    approver = site("sam")
    page = approver.get(f"{CASE}/notices/1").text
    empty = post(approver, page, f"{CASE}/notices/1/return", reason="", version="")
    assert "Say what has to change" in empty.text
    answer = post(approver, page, f"{CASE}/notices/1/return", reason="Wrong office", version="")
    assert "Returned to the drafter" in answer.text
    assert "Wrong office" in site("olive").get(f"{CASE}/notices/1").text


def test_auditor_sees_and_may_do_nothing(site: Any, story: Any) -> None:
    story.draft()
    auditor = site("ann")
    page = auditor.get(f"{CASE}/notices/1")
    assert page.status_code == 200
    assert "Send for approval</button>" not in page.text
    assert auditor.get(f"{CASE}/notices/intent").status_code == 403
    answer = auditor.post(
        f"{CASE}/notices/1/submit", data={"csrf_token": token(page.text), "version": ""}
    )
    assert answer.status_code == 403


def test_uncertain_sending_is_settled(site: Any, begin: Any, story: Any, page_checker: Any) -> None:
    story.draft()
    story.submit()
    story.approve()
    item_id = story.issue()
    with begin(told.OFFICER) as work:
        assert sending.claim(work, item_id, "gone") is not None
    with begin(told.OFFICER, NOW + timedelta(hours=1)) as work:
        assert settling.expire(work) == 1
    officer = site("olive")
    page = officer.get(f"{CASE}/notices/1")
    assert "Not known whether it was sent" in page.text
    waiting = officer.get(f"{CASE}/tasks").text
    assert f'href="{CASE}/notices/1">Not known whether it was sent: settle it' in waiting
    form = officer.get(f"{CASE}/notices/1/sendings/{item_id}")
    page_checker(form.text)
    answer = post(
        officer,
        form.text,
        f"{CASE}/notices/1/sendings/{item_id}",
        found="sent",
        sent_on=["16", "6", "2026"],
        evidence="The server’s record of 16 June",
    )
    assert "Settled." in answer.text
    with begin(told.OFFICER) as work:
        item = work.session.get(OutboxItem, item_id)
        assert (item.state, story.case(work).state) == ("sent", "representations")
    assert "Settled by what happened" in officer.get(f"{CASE}/tasks").text


def test_the_life_of_a_sending_is_told_with_each_answer(
    site: Any, begin: Any, story: Any, page_checker: Any
) -> None:
    story.draft()
    story.submit()
    story.approve()
    item_id = story.issue()
    officer = site("olive")
    page = officer.get(f"{CASE}/notices/1").text
    assert "Waiting to be sent" in page
    assert "It is tried from 16 June 2026, 10:00am." in page
    with begin(told.OFFICER) as work:
        assert sending.claim(work, item_id, "w") is not None
        later = settling.Outcome("temporary", "451 4.3.2 try later", NOW)
        settling.record(work, item_id, later, "w")
    page = officer.get(f"{CASE}/notices/1").text
    assert "451 4.3.2 try later" in page
    assert "tried again from 16 June 2026, 10:01am, until 17 June 2026, 10:00am." in page
    story.deliver(item_id, NOW + timedelta(minutes=1))
    with begin(told.OFFICER, NOW + timedelta(hours=1)) as work:
        item = work.session.get(OutboxItem, item_id)
        told_us = Report(Stage.FAILED, NOW, "Diagnostic-Code: smtp; 550 no such person")
        assert delivery.take_report(work, item, told_us)
    page = officer.get(f"{CASE}/notices/1").text
    page_checker(page)
    words = re.sub(r"<[^>]+>", " ", page[page.index(">Sending</h2>") :])
    life = ["Failed", "Created", "Refused for now", "451", "Sent", "Failed for good", "550"]
    places = [words.index(word) for word in life]
    assert places == sorted(places)
    assert "secretary@example.com, by email, kept in the mail folder" in words


def test_amount_is_worked_out_confirmed_and_acknowledged(
    site: Any, story: Any, page_checker: Any
) -> None:
    officer = site("olive")
    page = officer.get(f"{CASE}/amount").text
    page_checker(page)
    page = post(officer, page, f"{CASE}/amount/working").text
    assert "£2,388.00" in page
    page = post(officer, page, f"{CASE}/amount/entered", pounds="£3,268.00", evidence="").text
    assert "Say where CQC’s figure stands" in page
    assert "Choose the file" in page
    assert "3,268" in page
    given = {"pounds": "3268", "evidence": "Letter of 1 June"}
    false = (BytesIO(b"MZ"), "fee.pdf")
    page = post(officer, page, f"{CASE}/amount/entered", **given, file=false).text
    assert "is not really a PDF" in page
    letter = (BytesIO(told.LETTER), "fee.eml")
    page = post(officer, page, f"{CASE}/amount/entered", **given, file=letter).text
    assert "a colleague checks it" in page
    page = post(officer, page, f"{CASE}/amount/confirmed", read="3268").text
    assert "may not check it" in page
    second = site("sam")
    page = second.get(f"{CASE}/amount").text
    found = re.search(r'href="([^"]+/amount/evidence/[^"]+)"', page)
    assert found is not None
    assert second.get(found.group(1)).data == told.LETTER
    page = post(second, page, f"{CASE}/amount/turned-down", wrong="").text
    assert "Say what is wrong with it" in page
    page_checker(page)
    page = post(second, page, f"{CASE}/amount/confirmed", read="3268").text
    assert "up by £880.00" in page
    page = officer.get(f"{CASE}/amount").text
    assert form_reader.taken(officer, f"{CASE}/amount", f"{CASE}/amount/difference") == []
    page = post(officer, page, f"{CASE}/amount/difference", reason="A nurse agency too").text
    assert "The difference is acknowledged" in page
    page_checker(page)


def test_post_that_came_back_is_put_in_doubt_and_settled(
    site: Any, story: Any, page_checker: Any
) -> None:
    story.method, story.recipient = Method.FIRST_CLASS, told.REGISTERED_OFFICE
    story.draft()
    story.submit()
    story.approve()
    story.issue()
    officer, where = site("olive"), f"{CASE}/notices/1"
    day = ["16", "6", "2026"]
    assert "Put giving in doubt" not in officer.get(where).text
    page = officer.get(f"{where}/giving").text
    post(officer, page, f"{where}/giving", sent_on=day, method="first_class", evidence="List")
    form = officer.get(f"{where}/doubt").text
    page_checker(form)
    assert f'href="{where}/doubt"' in officer.get(CASE).text
    fields = {"version": hidden(form, "version"), "noticed_on": day, "evidence": "Gone away"}
    refused = post(officer, form, f"{where}/doubt", **fields)
    page_checker(refused.text)
    assert "Choose what happened" in refused.text
    assert "Gone away" in refused.text
    held = post(officer, form, f"{where}/doubt", reason="returned", **fields)
    page_checker(held.text)
    assert "On hold: giving in doubt" in held.text
    assert f'href="{where}/given"' in held.text
    assert f'href="{where}/given"' in officer.get(CASE).text
    auditor = site("ann").get(CASE).text
    assert f'href="{where}/given"' not in auditor
    assert "Settle the doubt about giving" in auditor  # greyed, with who does it
    form = officer.get(f"{where}/given").text
    page_checker(form)
    settled = post(
        officer, form, f"{where}/given", version=hidden(form, "version"), evidence="Proof"
    )
    assert "The notice was given on the day counted" in settled.text
    assert "On hold" not in settled.text


def test_only_those_who_need_the_bytes_open_the_paper_with_the_code(site: Any, story: Any) -> None:
    story.draft()
    story.submit()
    where = f"{CASE}/notices/1"
    for name in ("olive", "sam", "ann"):
        assert site(name).get(f"{where}/document.pdf").data.startswith(b"%PDF-")
    finance = site("fin")
    page = finance.get(where).text
    assert "document.pdf" not in page
    assert "done by: Enforcement officer or Senior officer (approver) or Auditor" in page
    assert finance.get(f"{where}/document.pdf").status_code == 403
    digest = re.search(r"<code>([0-9a-f]{64})</code>", page)
    assert digest is not None
    assert finance.get(f"{CASE}/documents/{digest[1]}").status_code == 403
    listed = finance.get(f"{CASE}/documents").text
    assert f'href="{where}/words"' in listed
    assert digest[1] in listed
    assert finance.get(f"{where}/words").status_code == 200
