"""The mail itself: intact words and files, a stable id, and no way into the headers."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest

from enforcement.channels.mail import as_mail
from enforcement.channels.message import Attached, Message
from enforcement.domain.refusals import BadInput

NOW = datetime(2025, 2, 4, 15, 15, tzinfo=UTC)
PDF = bytes(range(256)) * 40
LETTER = Message(
    key="ASC-2026-000123-N1.email",
    to="secretary@example.com",
    subject="Notice of intent – £2,388.00",
    text="Please read the notice – it is important.\nZoë",
    html="<p>Please read the notice – it is <b>important</b>.</p>",
    attachments=(Attached("notice of intent.pdf", "application/pdf", PDF),),
)


def mail_bytes(message: Message = LETTER, now: datetime = NOW) -> bytes:
    return as_mail(
        message, sender="enforcement@nhsbsa.example", sender_name="Invented Team", now=now
    ).as_bytes()


def test_words_and_file_arrive_intact():
    mail = message_from_bytes(mail_bytes(), policy=default)
    assert mail["Subject"] == LETTER.subject
    assert mail["From"] == "Invented Team <enforcement@nhsbsa.example>"
    assert mail["To"] == "secretary@example.com"
    assert mail["Message-ID"] == "<ASC-2026-000123-N1.email@nhsbsa.example>"
    assert mail["Date"] == "Tue, 04 Feb 2025 15:15:00 +0000"
    assert mail.get_body(("plain",)).get_content().splitlines() == LETTER.text.splitlines()
    assert "<b>important</b>" in mail.get_body(("html",)).get_content()
    (file,) = mail.iter_attachments()
    assert file.get_filename() == "notice of intent.pdf"
    assert file.get_content_type() == "application/pdf"
    assert file.get_content() == PDF


def test_the_same_message_gives_the_same_bytes():
    assert mail_bytes() == mail_bytes()


def test_a_time_without_zone_is_refused():
    with pytest.raises(BadInput, match="time zone"):
        mail_bytes(now=NOW.replace(tzinfo=None))


@pytest.mark.parametrize(
    "change",
    [
        {"to": "a@example.com\r\nBcc: b@example.com"},
        {"to": "a@example.com, b@example.com"},
        {"to": "a@example.com>\nX: y"},
        {"to": "no address"},
        {"to": ""},
        {"subject": "Notice\r\nBcc: b@example.com"},
        {"subject": "Notice\x00"},
        {"key": "x>\r\nBcc: b@example.com"},
        {"key": "../../etc/x"},
        {"key": ""},
        {"attachments": (Attached("a\r\nX: y.pdf", "application/pdf", b""),)},
        {"attachments": (Attached("a.pdf", "application/pdf\r\nX: y", b""),)},
    ],
)
def test_header_injection_is_refused(change):
    fields = {"key": "k1", "to": "a@example.com", "subject": "s", "text": "t"} | change
    with pytest.raises(BadInput):
        Message(**fields)
