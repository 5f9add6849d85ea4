"""Mail and letters put into folders: whole, once, and countable."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes

import pytest

from enforcement.channels.folder import FolderChannel
from enforcement.channels.message import (
    Message,
    PermanentFailure,
    PrintedLetter,
    TemporaryFailure,
)
from enforcement.channels.print_folder import MANIFEST, PrintFolder
from enforcement.channels.whole_file import write_whole
from enforcement.domain.refusals import BadInput

NOW = datetime(2025, 2, 4, 15, 15, tzinfo=UTC)
LATER = NOW.replace(day=5)
MAIL = Message("ASC-2026-000123-N1.email", "secretary@example.com", "Notice", "Please read it.")
LETTER = PrintedLetter(
    key="ASC-2026-000123-N1.post",
    reference="ASC-2026-000123-N1",
    recipient="Invented Care, Ltd “Søn”",
    postcode="ZZ99 9ZZ",
    pages=2,
    pdf=b"%PDF-1.7 invented",
)


def test_a_mail_is_a_whole_file(tmp_path):
    sent = FolderChannel(tmp_path / "mail").send(MAIL, NOW)
    (file,) = (tmp_path / "mail").iterdir()
    assert file.name == "ASC-2026-000123-N1.email.eml"
    assert message_from_bytes(file.read_bytes())["Message-ID"] == sent.provider_id
    assert hashlib.sha256(file.read_bytes()).hexdigest() in sent.evidence


def test_the_same_mail_again_changes_nothing(tmp_path):
    box = FolderChannel(tmp_path)
    first = box.send(MAIL, NOW)
    again = box.send(MAIL, LATER)
    assert first.evidence == again.evidence
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_cannot_be_made_is_temporary(tmp_path):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file stands where the folder should be")
    with pytest.raises(TemporaryFailure):
        FolderChannel(blocked).send(MAIL, NOW)
    with pytest.raises(TemporaryFailure):
        PrintFolder(blocked).send(LETTER, NOW)


def test_a_letter_is_placed_and_listed(tmp_path):
    sent = PrintFolder(tmp_path).send(LETTER, NOW)
    assert (tmp_path / "ASC-2026-000123-N1.post.pdf").read_bytes() == LETTER.pdf
    (row,) = PrintFolder(tmp_path).rows()
    assert row.reference == LETTER.reference
    assert row.recipient == LETTER.recipient
    assert row.postcode == "ZZ99 9ZZ"
    assert row.pages == "2"
    assert row.sha256 == hashlib.sha256(LETTER.pdf).hexdigest()
    assert row.placed_at == "2025-02-04T15:15:00+00:00"
    assert row.sha256 in sent.evidence


def test_the_same_letter_again_changes_nothing(tmp_path):
    post_room = PrintFolder(tmp_path)
    first = post_room.send(LETTER, NOW)
    manifest = (tmp_path / MANIFEST).read_bytes()
    again = post_room.send(LETTER, LATER)
    assert first.evidence == again.evidence
    assert (tmp_path / MANIFEST).read_bytes() == manifest


def test_the_key_cannot_carry_other_bytes(tmp_path):
    post_room = PrintFolder(tmp_path)
    post_room.send(LETTER, NOW)
    with pytest.raises(PermanentFailure, match="other bytes"):
        post_room.send(replace(LETTER, pdf=b"%PDF-1.7 altered"), LATER)
    assert (tmp_path / "ASC-2026-000123-N1.post.pdf").read_bytes() == LETTER.pdf


def test_a_letter_lost_from_the_folder_is_placed_again(tmp_path):
    post_room = PrintFolder(tmp_path)
    post_room.send(LETTER, NOW)
    (tmp_path / "ASC-2026-000123-N1.post.pdf").unlink()
    post_room.send(LETTER, LATER)
    assert (tmp_path / "ASC-2026-000123-N1.post.pdf").read_bytes() == LETTER.pdf
    assert len(post_room.rows()) == 1


def test_letters_are_listed_in_order(tmp_path):
    post_room = PrintFolder(tmp_path)
    keys = [f"ASC-2026-{n:06}-N1.post" for n in (3, 1, 2)]
    for key in keys:
        post_room.send(replace(LETTER, key=key), NOW)
    assert [row.key for row in post_room.rows()] == keys


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_the_manifest_never_holds_a_formula(tmp_path, start):
    PrintFolder(tmp_path).send(replace(LETTER, recipient=f"{start}HYPERLINK(1)"), NOW)
    assert PrintFolder(tmp_path).rows()[0].recipient == f"'{start}HYPERLINK(1)"


@pytest.mark.parametrize("key", ["", "../x", "a/b", "a\nb", ".hidden"])
def test_a_key_that_is_not_a_plain_name_is_refused(key):
    with pytest.raises(BadInput):
        replace(LETTER, key=key)


def test_a_failed_write_leaves_nothing(tmp_path):
    target = tmp_path / "taken"
    target.mkdir()
    with pytest.raises(OSError, match="taken"):
        write_whole(target, b"x")
    assert list(tmp_path.iterdir()) == [target]
