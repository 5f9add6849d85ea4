"""GOV.UK Notify against a server on loopback that checks the client's token and speaks its API."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from notify_server import CREATED, KEY, TEMPLATE, Notify, later, pdf_of, running

from enforcement.channels.message import (
    Attached,
    Message,
    NoAnswer,
    PermanentFailure,
    PrintedLetter,
    TemporaryFailure,
    Uncertain,
)
from enforcement.channels.notify import EMAIL, LETTER, NotifyAccount, NotifyLetters, NotifyMail
from enforcement.domain.delivery import Stage

NOW = datetime(2026, 6, 16, 9, 0, tzinfo=UTC)
PDF = b"%PDF-1.7 invented"
MAIL = Message(
    key="notice-ASC-2026-000123-N1",
    to="secretary@example.com",
    subject="Notice of intent: ASC-2026-000123-N1",
    text="Please read the notice.",
    attachments=(Attached("ASC-2026-000123-N1.pdf", "application/pdf", PDF),),
)
LETTER_OUT = PrintedLetter(
    key=MAIL.key,
    reference="ASC-2026-000123-N1",
    recipient="Invented Care Ltd",
    postcode="ZZ99 9ZZ",
    pages=2,
    pdf=PDF,
)


@pytest.fixture
def notify() -> Iterator[Notify]:
    with running() as server:
        yield server


def account(notify: Notify, timeout: float = 5.0) -> NotifyAccount:
    return NotifyAccount(KEY, notify.url, timeout)


def send(notify: Notify, kind: str, timeout: float = 5.0):
    if kind == "email":
        return NotifyMail(account(notify, timeout), TEMPLATE, weeks=26).send(MAIL, NOW)
    return NotifyLetters(account(notify, timeout)).send(LETTER_OUT, NOW)


def test_an_email_carries_its_words_its_key_and_a_link_to_the_pdf(notify):
    sent = send(notify, "email")
    (taken,) = notify.taken
    assert (taken["email_address"], taken["template_id"]) == (MAIL.to, TEMPLATE)
    assert taken["reference"] == MAIL.key
    words = taken["personalisation"]
    assert (words["subject"], words["body"]) == (MAIL.subject, MAIL.text)
    assert pdf_of(taken) == PDF
    assert words["link_to_file"] | {"file": ""} == {
        "file": "",
        "filename": "ASC-2026-000123-N1.pdf",
        "confirm_email_before_download": True,
        "retention_period": "26 weeks",
    }
    assert (sent.channel, sent.at, sent.provider_id) == ("notify", NOW, next(iter(notify.told)))
    assert MAIL.key in sent.evidence
    assert "secret-link" not in sent.evidence  # the link opens the PDF, which holds the reply code


def test_an_email_without_a_file_has_an_empty_link(notify):
    NotifyMail(account(notify), TEMPLATE).send(replace(MAIL, attachments=()), NOW)
    assert notify.taken[0]["personalisation"]["link_to_file"] == ""


def test_a_letter_carries_its_key_its_pdf_and_its_postage(notify):
    send(notify, "letter")
    NotifyLetters(account(notify), "second").send(replace(LETTER_OUT, notice=False), NOW)
    NotifyLetters(account(notify), "second").send(LETTER_OUT, NOW)
    assert [taken["postage"] for taken in notify.taken] == ["first", "second", "first"]
    assert (notify.taken[0]["reference"], pdf_of(notify.taken[0])) == (LETTER_OUT.key, PDF)


@pytest.mark.parametrize("kind", ["email", "letter"])
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (400, PermanentFailure),
        (413, PermanentFailure),
        (403, TemporaryFailure),
        (404, TemporaryFailure),
        (429, TemporaryFailure),
        (500, Uncertain),
        (502, Uncertain),
        (503, Uncertain),
        (504, Uncertain),
        ("drop", Uncertain),
    ],
)
def test_every_answer_is_told_apart(notify, kind, answer, outcome):
    notify.answer = answer
    with pytest.raises(outcome) as stop:
        send(notify, kind)
    if isinstance(answer, int):
        assert stop.value.answer.startswith(str(answer))
        assert "what the test wanted" in stop.value.answer
    assert len(notify.taken) == 1


def test_no_answer_in_time_is_uncertain(notify):
    notify.answer = "slow"
    with pytest.raises(Uncertain, match="timed out"):
        send(notify, "email", timeout=0.3)


def test_no_server_is_temporary():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = Notify(url=f"http://127.0.0.1:{probe.getsockname()[1]}")
    with pytest.raises(TemporaryFailure, match="cannot be reached"):
        send(nobody, "email")


def test_a_wrong_key_is_tried_again_once_it_is_right(notify):
    wrong = NotifyAccount(KEY[:-1] + "0", notify.url, 5)
    with pytest.raises(TemporaryFailure, match="403"):
        NotifyMail(wrong, TEMPLATE).send(MAIL, NOW)
    assert notify.refused_tokens
    assert notify.taken == []
    assert KEY[-36:] not in repr(wrong)


def test_a_pdf_over_two_megabytes_is_refused_for_good_before_it_leaves(notify):
    large = Attached("n.pdf", "application/pdf", bytes(2 * 1024 * 1024 + 1))
    with pytest.raises(PermanentFailure, match="2MB"):
        NotifyMail(account(notify), TEMPLATE).send(replace(MAIL, attachments=(large,)), NOW)
    assert notify.taken == []


@pytest.mark.parametrize(
    ("kind", "status", "stage", "final"),
    [
        *(("email", status, *meaning) for status, meaning in EMAIL.items()),
        *(("letter", status, *meaning) for status, meaning in LETTER.items()),
        ("email", "a status of next year", Stage.SENT, False),
    ],
)
def test_statuses(notify, kind, status, stage, final):
    sent = send(notify, kind)
    notify.becomes(status, completed_at=later(30))
    told = account(notify).report(sent.provider_id)
    assert told is not None
    assert (told.stage, told.final, told.provider_id) == (stage, final, sent.provider_id)
    assert f'"status": "{status}"' in told.evidence
    assert "secret-link" not in told.evidence
    since_made = 0 if stage is Stage.SENT else 30
    assert told.at == datetime.fromisoformat(later(since_made))


def test_it_is_found_by_our_key(notify):
    assert account(notify).find(MAIL.key) is None
    notify.answer = "drop"
    with pytest.raises(Uncertain):
        send(notify, "email")
    found = account(notify).find(MAIL.key)
    assert found is not None
    assert (found.stage, found.at) == (Stage.SENT, datetime.fromisoformat(CREATED))
    for notify.loose in (False, True):  # another's message is never taken for ours
        assert account(notify).find("notice-ASC-2026-000999-N1") is None


@pytest.mark.parametrize("status", [403, 429, 500])
def test_a_question_without_an_answer_proves_nothing(notify, status):
    notify.asking = status
    with pytest.raises(NoAnswer):
        account(notify).find(MAIL.key)
    with pytest.raises(NoAnswer):
        account(notify).report("00000000-0000-0000-0000-000000000001")


def test_what_notify_has_forgotten_is_none(notify):
    assert account(notify).report("00000000-0000-0000-0000-000000000001") is None
