"""A receipt is signed, kept by whoever replied, and checked by anybody."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pikepdf
import pytest
import reply_case
from flask.testing import FlaskClient
from test_reply_site import Browser, answer_all, form_key

from enforcement import create_reply_app
from enforcement.data.cases import Case
from enforcement.domain.permissions import Actor
from enforcement.services import receipt_papers, replies
from enforcement.services import receipts as receipts_kept
from enforcement.services.work import Work
from enforcement.settings import Settings
from enforcement.web.reply import receipts

Begin = Callable[..., AbstractContextManager[Work]]
NOW = datetime(2026, 6, 16, 9, 0, tzinfo=UTC)
REFERENCE = "ASC-2026-000001-R1"


@pytest.fixture
def client(settings: Settings) -> FlaskClient:
    return create_reply_app(settings, clock=lambda: NOW).test_client()


@pytest.fixture
def block(client: FlaskClient, begin: Begin, people: dict[str, Actor], page_checker: Any) -> str:
    """The signed lines that a provider saves after replying with a picture."""
    with begin(people["officer"]) as work:
        made = reply_case.make(work)
    browser = Browser(client, page_checker)
    browser.get(f"/r/{made.secret}")
    browser.post(f"/r/{made.secret}", location_id="1-900000001", postcode="zz11zz")
    answer_all(browser)
    browser.post("/reply/check", form_key=form_key(browser.page), declared="y")
    saved = client.get(f"/reply/sent/{REFERENCE}/receipt.txt")
    assert saved.status_code == 200
    return str(saved.text)


@pytest.fixture
def stranger(settings: Settings, page_checker: Any) -> Browser:
    """Somebody else, without a session."""
    return Browser(create_reply_app(settings, clock=lambda: NOW).test_client(), page_checker)


def ask(stranger: Browser, **given: Any) -> str:
    stranger.get("/receipts")
    return stranger.post("/receipts", **given)


def test_a_stranger_sees_what_the_receipt_says_and_nothing_of_the_case(
    stranger: Browser, block: str
) -> None:
    page = ask(stranger, words=f"See below\n\n{block}")
    assert "This receipt is genuine" in page
    assert REFERENCE in page
    assert "16 June 2026, 10:00am" in page
    assert "In time: before the end of Thursday 25 June 2026" in page
    assert "screen shot.jpg" in page
    assert "Sample Meadow" not in page
    assert "The system was down" not in page
    text_file = (BytesIO(block.encode()), "receipt.txt")
    assert "This receipt is genuine" in ask(stranger, receipt=text_file)


def test_the_pdf_says_what_was_sent_and_is_checked_whole(
    client: FlaskClient, stranger: Browser, block: str, settings: Settings
) -> None:
    made = client.get(f"/reply/sent/{REFERENCE}/receipt.pdf")
    assert made.status_code == 200
    with pikepdf.open(BytesIO(made.data)) as pdf:
        facts = json.loads(pdf.attachments["facts.json"].get_file().read_bytes())["receipt"]
    assert facts["block"].strip() == block.strip()
    assert ["Who replied", "Ann Example, Registered manager"] in facts["answers"]
    assert any("The system was down all week." in words for _, words in facts["answers"])
    page = ask(stranger, receipt=(BytesIO(made.data), "receipt.pdf"))
    assert "This receipt is genuine" in page
    assert "If your copy says anything else, that was changed." in page  # only the lines are signed
    assert "Sample Meadow" not in page
    assert client.get("/reply/sent/ASC-2026-000009-R1/receipt.pdf").status_code == 404


def test_a_reply_by_telephone_has_its_receipt_too(
    begin: Begin, people: dict[str, Actor], settings: Settings
) -> None:
    with begin(people["officer"]) as work:
        reply_case.make(work)
        case = work.session.query(Case).one()
        sender = replies.Sender("Bob Example", "Owner")
        keyed = replies.Keyed("phone", work.today, sender, [], "We were closed then.", "key")
        reply = replies.key(work, case, keyed)
        made = receipt_papers.receipt_paper(work, case, reply)
    assert "We were closed then." in made.text
    found = receipts_kept.check(settings, receipts_kept.words_of_file(made.pdf))
    assert (found.reference, found.late) == (REFERENCE, False)


def test_one_letter_changed_is_not_genuine(stranger: Browser, block: str) -> None:
    lines = block.splitlines()
    for at in (1, len(lines) // 2, len(lines) - 2):
        for spoilt in ("A", "B"):
            bad = [*lines]
            bad[at] = spoilt + bad[at][1:]
            page = ask(stranger, words="\n".join(bad))
            assert ("This receipt is genuine" in page) == (bad == lines)


def test_another_service_cannot_sign_for_us(
    stranger: Browser, block: str, settings: Settings
) -> None:
    key = settings.keys_folder / "receipt.key"
    key.write_text("0" * 64)
    page = ask(stranger, words=block)
    assert "not genuine" in page


def test_after_a_new_key_old_receipts_still_hold(
    stranger: Browser, block: str, settings: Settings
) -> None:
    pem = stranger.client.get("/receipts/key.pem").text
    (settings.keys_folder / "receipt-2025.pem").write_text(pem)
    (settings.keys_folder / "receipt.key").write_text("0" * 64)
    assert "This receipt is genuine" in ask(stranger, words=block)


def test_a_file_is_compared_and_not_kept(stranger: Browser, block: str) -> None:
    other = ask(stranger, words=block, file=(BytesIO(b"another picture"), "screen shot.jpg"))
    assert "is not one of the files" in other


def test_what_is_no_receipt_is_told_so(stranger: Browser, monkeypatch: Any) -> None:
    monkeypatch.setattr(receipts, "MOST_BYTES", 1_000)
    for given, said in (
        ({}, "Paste a receipt, or give it as a file"),
        ({"words": "hello"}, "There is no receipt in this"),
        ({"words": "x" * 50_000}, "longer than any receipt"),
        ({"receipt": (BytesIO(b"\xff\xfe\x00"), "r.txt")}, "not a receipt of ours"),
        ({"receipt": (BytesIO(b"%PDF-1.7 broken"), "r.pdf")}, "carries no receipt"),
        ({"receipt": (BytesIO(b"x" * 1_001), "r.txt")}, "larger than any receipt"),
    ):
        assert said in ask(stranger, **given)
        assert "nhsuk-error-summary" in stranger.page


def test_the_receipt_of_another_case_cannot_be_fetched(client: FlaskClient) -> None:
    assert client.get(f"/reply/sent/{REFERENCE}/receipt.txt").status_code == 401
