"""The offline verifier: one file, standard library, names the first bad event (H1, H3)."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from enforcement.domain.permissions import Actor
from enforcement.services import history
from enforcement.services.history_export import lines
from enforcement.services.work import Work
from enforcement.settings import Settings

Begin = Callable[..., AbstractContextManager[Work]]
VERIFIER = Path(__file__).resolve().parents[2] / "docs" / "auditors" / "verify.py"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Export:
    """An export on disk, with its key and its checkpoint, and the verifier's answer to it."""

    def __init__(self, folder: Path, text: str, key: str, note: str) -> None:
        self.folder, self.rows = folder, [json.loads(line) for line in text.splitlines()]
        (folder / "key.txt").write_text(key)
        (folder / "note.txt").write_text(note, encoding="utf-8")
        self.write(text)

    def write(self, text: str) -> None:
        (self.folder / "export.jsonl").write_text(text, encoding="utf-8")

    def text(self) -> str:
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in self.rows)

    def verify(self) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-I", VERIFIER, "export.jsonl", "--key", "key.txt",
             "--checkpoint", "note.txt"],
            cwd=self.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def export(begin: Begin, people: dict[str, Actor], settings: Settings, tmp_path: Path) -> Export:
    with begin(people["officer"]) as work:
        for n in range(40):
            work.record(
                f"case:ASC-2026-{n % 7:06d}",
                "case_noted",
                {"note": n},
                texts={"text": f"Señor {n}"},
            )
        key = settings.secrets().checkpoint
        row = history.sign(work, key, settings.checkpoint_folder)
        assert row is not None
        text = "".join(line + "\n" for line in lines(work))
    return Export(tmp_path, text, key.public_key().public_bytes_raw().hex(), row.note)


def test_a_true_export_holds(export: Export) -> None:
    code, words = export.verify()
    assert code == 0, words
    assert "events hold" in words


def _relink(rows: list[dict[str, object]]) -> None:
    """What a forger would do: renumber, re-link and re-hash everything."""
    import hashlib

    streams: dict[str, tuple[int, str]] = {}
    for number, row in enumerate(rows):
        body = json.loads(str(row["body"]))
        seq, previous = streams.get(body["stream"], (0, "0" * 64))
        body["seq"], body["previous"] = seq + 1, previous
        text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.sha256(b"\x00" + text.encode()).hexdigest()
        row.update(number=number, body=text, hash=digest)
        streams[body["stream"]] = (seq + 1, digest)


def _edit(rows: list[dict[str, object]], index: int) -> None:
    rows[index]["body"] = str(rows[index]["body"]).replace('"note":', '"note":1')


Rows = list[dict[str, object]]
NOTE = -10  # one of the notes: they are the last forty events


def edit(rows: Rows) -> None:
    _edit(rows, NOTE)


def edit_and_relink(rows: Rows) -> None:
    _edit(rows, NOTE)
    _relink(rows)


def delete(rows: Rows) -> None:
    del rows[25]


def delete_and_relink(rows: Rows) -> None:
    del rows[25]
    _relink(rows)


def cut_tail(rows: Rows) -> None:
    del rows[-3:]


def delete_case(rows: Rows) -> None:
    rows[:] = [row for row in rows if "ASC-2026-000003" not in str(row["body"])]
    _relink(rows)


def swap(rows: Rows) -> None:
    rows[24], rows[31] = rows[31], rows[24]


def swap_and_relink(rows: Rows) -> None:
    rows[24], rows[31] = rows[31], rows[24]
    _relink(rows)


def backdate(rows: Rows) -> None:
    rows.insert(20, dict(rows[30]))
    _relink(rows)


def text(rows: Rows) -> None:
    rows[NOTE]["texts"]["text"]["text"] = "forged"  # type: ignore[index]  # parsed JSON


def drop_text(rows: Rows) -> None:
    rows[NOTE]["texts"] = {}


def roll_back(rows: Rows) -> None:
    del rows[20:]


ATTACKS = {
    f.__name__: f
    for f in (
        edit,
        edit_and_relink,
        delete,
        delete_and_relink,
        cut_tail,
        delete_case,
        swap,
        swap_and_relink,
        backdate,
        text,
        drop_text,
        roll_back,
    )
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_each_of_twelve_attacks_is_named(export: Export, attack: str) -> None:
    ATTACKS[attack](export.rows)
    export.write(export.text())
    code, words = export.verify()
    assert code == 1, words
    assert "NOT TRUE" in words


def test_any_changed_bit_is_found(export: Export) -> None:
    whole = export.text().encode()
    seeded = random.Random(7)  # noqa: S311 - which bit is flipped need not be secret
    for _ in range(12):
        bent = bytearray(whole)
        bent[seeded.randrange(len(bent))] ^= 1 << seeded.randrange(7)
        (export.folder / "export.jsonl").write_bytes(bytes(bent))
        code, words = export.verify()
        if code == 0:  # a bit of white space or of an erased field says nothing
            assert [json.loads(x) for x in bent.decode().splitlines()] == export.rows, words


def test_a_checkpoint_of_another_key_is_refused(export: Export) -> None:
    (export.folder / "key.txt").write_text("ab" * 32)
    code, words = export.verify()
    assert (code, "another key" in words) == (1, True)
