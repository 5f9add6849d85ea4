"""The press against the full layout, letter by letter: pixels, words, tags, metadata, attachment.

    ./run test tests/bench/bench_press_equality.py -s

A thousand random and worst-case letters; PRESS_LETTERS sets another number. What the press gives
to the full layout is counted by reason.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "rendering"))
from hostile_letters import hostile_letters
from pressed_letters import random_letter

from enforcement.domain.refusals import Refusal
from enforcement.rendering import paper
from enforcement.rendering.facts import NoticeFacts
from enforcement.rendering.paper import Rendered
from enforcement.rendering.press import Press
from enforcement.rendering.press.equality import differences

pytestmark = [pytest.mark.bench, pytest.mark.slow]
LETTERS = int(os.environ.get("PRESS_LETTERS", "1000"))
SHAPES = 80  # of the random letters; each shape has many letters, as in a month's run
DPI = "50"


def letters() -> list[NoticeFacts]:
    worst = hostile_letters()
    random = [random_letter(n, n % SHAPES) for n in range(LETTERS - len(worst))]
    return [*worst, *random][:LETTERS]


def pixels(pdf: bytes, folder: Path) -> list[bytes]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    subprocess.run(["pdftoppm", "-r", DPI, "-", folder / "p"], input=pdf, check=True)
    return [path.read_bytes() for path in sorted(folder.glob("*.ppm"))]


def made(render: Callable[[NoticeFacts], Rendered], facts: NoticeFacts) -> Rendered | Refusal:
    try:
        return render(facts)
    except Refusal as refused:
        return refused


def unlike(one: Rendered | Refusal, other: Rendered | Refusal, folder: Path) -> list[str]:
    """Return what differs, the pixels included; two refusals must be of the same words."""
    if isinstance(one, Refusal) or isinstance(other, Refusal):
        return [] if str(one) == str(other) else [f"refusal: {one}, {other}"]
    found = differences(one, other)
    if one.pdf != other.pdf and pixels(one.pdf, folder / "a") != pixels(other.pdf, folder / "b"):
        found.append("pixels")
    return found


@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="NO POPPLER: ./run test installs it")
def test_press_equals_full_layout(tmp_path, capsys):
    press = Press(shapes=400, met=1)
    wrong: dict[int, list[str]] = {}
    kinds: Counter[str] = Counter()
    for number, facts in enumerate(letters()):
        kinds[facts.kind] += 1
        found = unlike(made(press.render, facts), made(paper.render, facts), tmp_path)
        if found:
            wrong[number] = found
    total = kinds.total()
    with capsys.disabled():
        print(f"\n{total - len(wrong)} of {total} letters equal to the full layout {dict(kinds)}")
        print(f"{press.pressed} pressed, in {len(press._shapes)} shapes laid out; {press.full}")
        print(f"laid out in full ({press.full / total:.1%}):")
        for reason, count in press.reasons.most_common():
            print(f"  {count:4} {reason}")
        for number, found in wrong.items():
            print(f"  letter {number}: {found}")
    assert wrong == {}


def test_a_difference_would_be_seen(tmp_path):
    """The comparison is alive: one letter of one word is found."""
    facts = random_letter(3)
    other = replace(facts, provider=replace(facts.provider, name=facts.provider.name + "."))
    found = unlike(paper.render(facts), paper.render(other), tmp_path)
    assert {"text", "html", "page 1", "attachment", "pixels"} <= set(found)
