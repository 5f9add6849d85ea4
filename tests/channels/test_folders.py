"""Mail and letters put into folders: whole, once, and countable."""

from __future__ import annotations

import hashlib
import resource
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
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


@contextmanager
def disk_full_at(size: int) -> Iterator[None]:
    """No file may grow past `size` bytes: what a full disk does to whoever writes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_neither_half_a_letter_nor_half_a_row(tmp_path):
    post_room = PrintFolder(tmp_path)
    post_room.send(LETTER, NOW)
    manifest = (tmp_path / MANIFEST).read_bytes()
    other = replace(LETTER, key="ASC-2026-000124-N1.post")
    for size in (5, len(manifest) + 10):  # the PDF does not fit; the PDF fits, the row does not
        with disk_full_at(size), pytest.raises(TemporaryFailure, match="cannot be written"):
            post_room.send(other, LATER)
        assert (tmp_path / MANIFEST).read_bytes() == manifest
        assert not [one for one in tmp_path.iterdir() if one.name.startswith(".part-")]
    post_room.send(other, LATER)
    assert [row.key for row in post_room.rows()] == [LETTER.key, other.key]


def test_a_row_cut_off_by_a_crash_is_not_listed_and_is_written_again(tmp_path):
    post_room = PrintFolder(tmp_path)
    post_room.send(LETTER, NOW)
    whole = (tmp_path / MANIFEST).read_bytes()
    other = replace(LETTER, key="ASC-2026-000124-N1.post")
    post_room.send(other, LATER)
    two = (tmp_path / MANIFEST).read_bytes()
    for cut in range(len(whole) + 1, len(two), 17):
        (tmp_path / MANIFEST).write_bytes(two[:cut])
        assert [row.key for row in post_room.rows()] == [LETTER.key]
        post_room.send(other, LATER)
        assert (tmp_path / MANIFEST).read_bytes() == two
    (tmp_path / MANIFEST).write_bytes(whole + b"x" * 1000)  # a row longer than the next
    post_room.send(other, LATER)
    assert (tmp_path / MANIFEST).read_bytes() == two


def test_the_manifest_grows_at_its_end_and_is_never_made_anew(tmp_path):
    post_room = PrintFolder(tmp_path)
    post_room.send(LETTER, NOW)
    first = (tmp_path / MANIFEST).stat().st_ino, (tmp_path / MANIFEST).read_bytes()
    post_room.send(replace(LETTER, key="ASC-2026-000124-N1.post"), NOW)
    assert (tmp_path / MANIFEST).stat().st_ino == first[0]
    assert (tmp_path / MANIFEST).read_bytes().startswith(first[1])


def test_a_manifest_that_was_emptied_or_replaced_is_read_anew(tmp_path):
    post_room = PrintFolder(tmp_path)
    post_room.send(LETTER, NOW)
    (tmp_path / MANIFEST).unlink()
    (tmp_path / f"{LETTER.key}.pdf").unlink()
    post_room.send(LETTER, LATER)
    assert [row.placed_at[:10] for row in post_room.rows()] == ["2025-02-05"]


def test_many_place_letters_at_once(tmp_path):
    keys = [f"ASC-2026-{n:06}-N1.post" for n in range(40)]
    with ThreadPoolExecutor(4) as pool:
        jobs = [
            pool.submit(PrintFolder(tmp_path).send, replace(LETTER, key=key), NOW)
            for key in (*keys, *keys)
        ]
        for job in jobs:
            job.result()
    assert sorted(row.key for row in PrintFolder(tmp_path).rows()) == keys
