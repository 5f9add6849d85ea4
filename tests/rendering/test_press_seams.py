"""What the press does outside the page is what WeasyPrint and the QR encoder do: text by text."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enforcement.rendering import paper
from enforcement.rendering.press import Press, seams
from enforcement.rendering.press.cuts import Misfit
from enforcement.rendering.press.ink import Inker, latin_letters, letters, pieces
from enforcement.rendering.press.squares import operators, square
from enforcement.rendering.samples import notice_of_intent
from enforcement.rendering.typefaces import kerned
from enforcement.rendering.wording import qr_code

PRESS = Path(seams.__file__).parent


def test_the_versions_are_those_that_the_seams_were_read_in():
    """Fails when WeasyPrint or pydyf moves on: read the seams again, run the equality bench on a
    thousand letters, then raise `KNOWN`. Until then every letter is laid out in full."""
    assert seams.installed() == seams.KNOWN
    assert seams.usable()


@pytest.mark.parametrize("name", ["weasyprint", "pydyf"])
def test_another_version_turns_the_press_off(monkeypatch, name):
    monkeypatch.setattr(f"{name}.__version__", "0.1")
    assert not seams.usable()
    assert not Press().on


def test_every_private_seam_is_in_one_file():
    public = {"from weasyprint import HTML"}
    for room in PRESS.glob("*.py"):
        words = room.read_text(encoding="utf-8")
        used = set(re.findall(r"^.*(?:import|from) +weasyprint.*$", words, re.M))
        assert room.name == "seams.py" or used <= public, room.name
        assert room.name == "seams.py" or "_page_box" not in words, room.name


@pytest.fixture(scope="module")
def inker():
    """The inker of a press that has laid out one letter, and so knows its faces."""
    made = Press(met=1)
    made.warm(notice_of_intent())
    (found,) = made._inkers.values()
    return found


def _alike(inker: Inker, text: str) -> None:
    for face in inker._faces.values():
        whole = inker._ink(replace(face, spaced=True), text)
        assert inker._ink(face, text) == whole, (text, face.weight, face.style["font_size"])


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    ["AVAVA To, We. Y o", "11 1111 -1", "£11.11", "A11", "1 A 1", "‘f’ “T” L’", "n n", "1 1", "a",
     "Ŵyn Łódź", "ªº 11", "µ 11", "V\u00a0A\u00a011", " V", "P, ", "office fi ffl"],
)  # fmt: skip
def test_a_text_put_together_is_the_text_drawn_whole(inker, text):
    _alike(inker, text)


@pytest.mark.slow
def test_every_pair_of_usual_letters_is_put_together_as_drawn_whole(inker):
    """Each pair of the basic letters, in a text of letters and, where it can, in one without."""
    basic = sorted(letters("basic") - {" ", "\u00a0"})
    for first in basic:
        _alike(inker, "".join(first + second for second in basic))
        signs = [second for second in basic if second not in latin_letters()]
        if first not in latin_letters():
            _alike(inker, "".join(first + second for second in signs))


@pytest.mark.slow
def test_random_texts_of_all_letters_are_put_together_as_drawn_whole(inker):
    chance = random.Random(7)  # noqa: S311 - invented texts
    every = sorted(letters("latin"))
    for _ in range(60):
        text = "".join(chance.choices(every, k=chance.randrange(1, 60))).strip()
        _alike(inker, text or "x")


def test_pieces_are_cut_where_the_typeface_does_not_kern():
    assert pieces("regular", "AVon 11") == ("AVo", "n", " ", "11")
    assert "".join(pieces("bold", "To Yaz, P.")) == "To Yaz, P."
    assert "AV" in kerned("regular")
    assert "on" not in kerned("regular")


@given(st.text(st.characters(codec="ascii", min_codepoint=33), max_size=30), st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_square_is_the_encoders_own(secret, plain):
    link = f"https://reply.example/r{'' if plain else '#'}{secret}"
    assert square(link) == qr_code(link)


@pytest.mark.parametrize("link", ["HTTPS://A.B/R#123", "1#2", "#a", "a#", "https://x/é#K7QW"])
def test_a_square_of_any_link_is_the_encoders_own(link):
    assert square(link) == qr_code(link)


def test_a_square_is_drawn_by_its_runs():
    assert operators("M1 2h3v1h-3z") == b"1 2 m\n4 2 l\n4 3 l\n1 3 l\nh"
    with pytest.raises(ValueError, match="not a step"):
        operators("M1 2v3z")


@pytest.mark.slow
def test_a_glyph_that_is_not_in_the_subset_is_refused_and_forgotten(inker):
    face = next(iter(inker._faces.values()))
    before = inker._ink(face, "Plain")
    with pytest.raises(Misfit):
        inker._ink(face, "Ω")
    inker._piece.cache_clear()
    assert inker._ink(face, "Plain") == before
    assert paper.render(notice_of_intent())
