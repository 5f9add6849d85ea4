"""What no file of the project may hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = ROOT / "enforcement"
BANNED_NAMES = re.compile(r"\b(manager|helpers?|utils?|common|misc)\b", re.IGNORECASE)
LIMIT = 420  # lines; the aim is 400


def sources(*suffixes: str) -> Iterator[Path]:
    for folder in (CODE, ROOT / "templates", ROOT / "tests", ROOT / "migrations"):
        yield from (p for p in sorted(folder.rglob("*")) if p.suffix in suffixes and p.is_file())


def test_no_file_is_named_for_nothing() -> None:
    assert [p for p in CODE.rglob("*.py") if BANNED_NAMES.search(p.stem)] == []


def test_files_stay_small_rooms() -> None:
    long = {
        str(p.relative_to(ROOT)): n
        for p in CODE.rglob("*.py")
        if (n := len(p.read_text(encoding="utf-8").splitlines())) > LIMIT
    }
    assert long == {}


def test_no_template_trusts_text() -> None:
    found = [
        str(p.relative_to(ROOT))
        for p in sources(".html", ".jinja")
        if re.search(r"\|\s*safe\b", p.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize("word", ["datetime.now(", "date.today(", "time.time("])
def test_only_the_edges_read_the_clock(word: str) -> None:
    allowed = {"jobs.py", "cli.py", "opening.py", "transactions.py"}
    found = [
        str(p.relative_to(ROOT))
        for layer in ("domain", "data", "services", "register", "rendering", "channels")
        for p in (CODE / layer).rglob("*.py")
        if p.name not in allowed and word in p.read_text(encoding="utf-8")
    ]
    assert found == []


def test_every_exception_to_a_lint_rule_carries_its_reason() -> None:
    bare = re.compile(r"#\s*(noqa(:\s*[A-Z0-9, ]+)?|type:\s*ignore(\[[^\]]+\])?)\s*$")
    found = [
        f"{p.relative_to(ROOT)}:{n}"
        for p in sources(".py")
        for n, line in enumerate(p.read_text(encoding="utf-8").splitlines(), 1)
        if bare.search(line)
    ]
    assert found == []


def test_nothing_says_it_is_unfinished() -> None:
    words = re.compile(r"\b(TODO|FIXME|XXX|raise NotImplementedError|not implemented)\b")
    found = [
        str(p.relative_to(ROOT))
        for p in sources(".py", ".html")
        if p != Path(__file__) and words.search(p.read_text(encoding="utf-8"))
    ]
    assert found == []
