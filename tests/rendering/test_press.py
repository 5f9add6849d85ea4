"""The press prints what the full layout prints, or lets the full layout print it."""

from __future__ import annotations

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pressed_letters import random_letter

from enforcement.domain.refusals import CannotPrint, Refusal
from enforcement.rendering import paper
from enforcement.rendering.facts import ProviderFacts, Recipient
from enforcement.rendering.press import Press, standing
from enforcement.rendering.press.blanks import PRESSED, Blanks, blank_letter
from enforcement.rendering.press.cuts import Knife, Misfit
from enforcement.rendering.press.equality import differences, equal_to_full
from enforcement.rendering.press.ink import BASIC, LATIN, letters
from enforcement.rendering.samples import EVERY_KIND, MISSES, notice_of_intent, worst
from enforcement.rendering.templates import folder_sha256

pytestmark = pytest.mark.slow
SHAPES, EACH = 8, 5  # random letters here; tests/bench/bench_press_equality.py takes a thousand
LONG = "The Honourable Company of Invented Providers of Long Names and Care in Sample Counties"


@pytest.fixture(scope="module")
def warm():
    """A press that has already printed other letters."""
    made = Press(met=1)
    made.render(notice_of_intent())
    return made


def named(name, **parts):
    return notice_of_intent(provider=ProviderFacts(name, "1-900000001", "09999999"), **parts)


def test_random_letters_are_as_laid_out_in_full(warm):
    before = warm.full
    for number in range(SHAPES * EACH):
        facts = random_letter(number, number // EACH)
        assert differences(warm.render(facts), paper.render(facts)) == [], f"letter {number}"
    assert warm.full - before <= EACH


def _pixels(pdf: bytes, folder: Path) -> list[bytes]:
    folder.mkdir()
    (folder / "a.pdf").write_bytes(pdf)
    subprocess.run(["pdftoppm", "-r", "100", "a.pdf", "p"], cwd=folder, check=True)
    return [path.read_bytes() for path in sorted(folder.glob("*.ppm"))]


@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="NO POPPLER: ./run test installs it")
@pytest.mark.parametrize("number", [1, 5, 7])
def test_every_pixel_is_the_same(warm, tmp_path, number):
    facts = random_letter(number)
    before = warm.pressed
    printed = warm.render(facts)
    assert warm.pressed == before + 1
    mine, yours = _pixels(printed.pdf, tmp_path / "press"), _pixels(
        paper.render(facts).pdf, tmp_path / "full"
    )  # fmt: skip
    assert len(mine) == printed.pages
    assert mine == yours


@pytest.mark.parametrize("facts", [notice_of_intent(), named("Łódź & Sønner"), random_letter(5)])
def test_a_pressed_letter_conforms(warm, validate, facts):
    before = warm.pressed
    assert validate(warm.render(facts).pdf) == []
    assert warm.pressed == before + 1


def test_the_same_facts_give_the_same_bytes_in_any_order(warm):
    facts = [random_letter(number) for number in (1, 5)]
    forward = [warm.render(each).sha256 for each in facts]
    fresh = Press(met=1)
    assert [fresh.render(each).sha256 for each in reversed(facts)] == forward[::-1]


def test_a_rare_shape_is_laid_out_and_gives_the_very_bytes_it_would_have_if_pressed(warm):
    rare = Press(met=3)
    for number in (1, 5, 7):
        facts = random_letter(number)
        pressed = warm.pressed
        wanted = warm.render(facts).sha256
        assert warm.pressed == pressed + 1
        assert [rare.render(facts).sha256 for _ in range(4)] == [wanted] * 4
    assert (rare.pressed, rare.reasons) == (6, {"a shape that few letters had yet": 6})
    rare.warm(notice_of_intent(support_contacts=()))
    rare.render(notice_of_intent(support_contacts=()))
    assert rare.full == 6


def test_a_shape_is_made_from_made_up_values_only():
    """First trap: the first letter's long name must not decide the lines of the next letter."""
    made = Press(met=1)
    long = named(LONG, misses=tuple(replace(miss, location_name=LONG) for miss in MISSES))
    for facts in (long, notice_of_intent(), long, named("B")):
        assert differences(made.render(facts), paper.render(facts)) == []
    assert made.full == 0
    for blank, *_ in made._shapes:
        held = "".join(paper.strings(blank.to_json()))
        assert not any(name in held for name in (LONG, "Meadow", "Sample Street", "K7QW"))


def test_made_up_values_all_differ_however_often_a_value_is_repeated():
    repeated = notice_of_intent(misses=MISSES[:1] * 6, support_contacts=("Same words.",) * 3)
    for proof in (False, True):
        shown = Blanks()
        blank_letter(blank_letter(repeated, Blanks([2] * 99, lambda kind: 8, proof)), shown)
        texts = [slot.text for slot in shown.slots]
        assert len(set(texts)) == len(texts)
        Knife(texts)


@pytest.mark.parametrize("values", [["Qz1", "Qz1"], ["Qz1", "Qz12"], ["aQz1b", "Qz1"]])
def test_values_that_could_be_confused_are_refused(values):
    with pytest.raises(Misfit, match="made-up value"):
        Knife(values)


def test_a_missing_glyph_does_not_poison_later_letters():
    """Second trap: a letter that the subset lacks must leave no trace in the letters after it."""
    made = Press(met=1)
    first = made.render(notice_of_intent()).sha256
    for name in ("Ωmega Care", "Ѐ Care", "Café \u0301"):
        facts = named(name)
        assert differences(made.render(facts), paper.render(facts)) == []
    with pytest.raises(CannotPrint, match=r"U\+5B57"):
        made.render(named("字"))
    (inker,) = made._inkers.values()
    face = inker.face(next(iter(made._shapes.values())).lines[0].pieces[0].face.style)
    with pytest.raises(Misfit):
        inker.ink(face, "Ω")
    assert made.render(notice_of_intent()).sha256 == first
    plain = named("Plain Care")
    assert differences(made.render(plain), paper.render(plain)) == []
    assert made.reasons.total() == 4


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (notice_of_intent(reasons=("An officer’s own words.",)), "not pressed"),
        (named("Care", reference="1", notice_reference="1"), "not pressed"),
        (named("Care", reference="1, 2"), "not pressed"),
        (named("Two  spaces"), "spaces that fold"),
        (named("A line\nand another"), "spaces that fold"),
        (named(" begins with a space"), "spaces that fold"),
        (notice_of_intent(provider=ProviderFacts("Care", "1-9" * 25)), "too wide"),
        (worst("notice_of_intent"), "not pressed"),
        *((EVERY_KIND[kind](), "not pressed") for kind in EVERY_KIND if kind not in PRESSED),
    ],
)
def test_whatever_does_not_fit_is_laid_out_in_full_and_counted(warm, facts, reason):
    before = warm.full
    assert differences(warm.render(facts), paper.render(facts)) == []
    assert warm.full == before + 1
    assert any(reason in said for said in warm.reasons)


@pytest.mark.parametrize("length", range(20, 140, 15))
def test_names_of_any_length_are_printed_alike(warm, length):
    name = (LONG + " " + LONG)[:length].strip()
    facts = named(
        name,
        misses=tuple(replace(miss, location_name=name) for miss in MISSES),
        recipient=Recipient(name, None, None, ("14 Sample Street",), "ZZ99 9ZZ"),
    )
    assert differences(warm.render(facts), paper.render(facts)) == []


def test_hostile_words_are_printed_alike(warm):
    facts = named("<b>A & B</b> {{ 7*7 }} ]]> \"'", reference="<&>", notice_reference="&amp;<i>")
    before = warm.pressed
    assert differences(warm.render(facts), paper.render(facts)) == []
    assert warm.pressed == before + 1


def test_the_press_can_be_turned_off():
    off = Press(on=False)
    assert off.render(notice_of_intent()) == paper.render(notice_of_intent())
    assert off.reasons == {"the press is off": 1}


def test_shapes_are_kept_only_up_to_their_number():
    made = Press(shapes=1, met=1)
    for facts in (notice_of_intent(), notice_of_intent(support_contacts=()), notice_of_intent()):
        made.render(facts)
    assert len(made._shapes) == 1
    assert made.pressed == 3


def test_a_value_in_the_middle_of_a_sentence_stops_the_press(monkeypatch):
    whole = paper.words

    def broken(facts, layout):
        words = f"<p>{'Many words before. ' * 9}{facts.provider.cqc_id}{' Many after.' * 9}</p>"
        return whole(facts, layout).replace("<h2>", words + "<h2>", 1)

    monkeypatch.setattr(paper, "words", broken)
    made = Press(met=1)
    for _ in range(2):
        assert differences(made.render(notice_of_intent()), paper.render(notice_of_intent())) == []
    assert made.reasons == {"a value in the middle of a sentence": 2}
    assert list(made._shapes.values()) != []  # so that it is not tried again for every letter


def test_every_letter_of_a_script_has_its_own_glyph():
    assert letters("basic") == BASIC
    assert len(letters("latin")) > 330
    assert set("ŵŷẁÉßœŁő") <= letters("latin") <= LATIN


ODD = ("Qz001x", "ŵ", "Ω", "£1", "&amp;", "4 February 2025", "x" * 200, "\u00ad", "字")
HOSTILE = st.one_of(
    st.text(st.sampled_from(sorted(LATIN)), min_size=1, max_size=60),
    st.text(st.sampled_from("AVTW.,1 oy-’"), min_size=1, max_size=90),
    st.sampled_from(ODD),
)


@given(names=st.lists(HOSTILE, min_size=3, max_size=3), rows=st.integers(1, 4))
@settings(max_examples=12, deadline=None, derandomize=True)
def test_hostile_values_are_printed_alike_or_refused_alike(warm, names, rows):
    provider, location, method = names
    facts = named(
        provider,
        misses=tuple(replace(miss, location_name=location) for miss in MISSES[:1] * rows),
        method=method,
    )
    full, pressed = (_made(render, facts) for render in (paper.render, warm.render))
    if isinstance(full, Refusal):
        assert str(pressed) == str(full)
    else:
        assert differences(pressed, full) == []


def _made(render, facts):
    try:
        return render(facts)
    except Refusal as refused:
        return refused


@pytest.mark.parametrize("kind", PRESSED)
def test_a_sample_of_each_pressed_kind_is_equal_to_its_full_layout(kind):
    assert equal_to_full(kind, "v1") == ""


def test_what_is_not_pressed_differs_in_nothing():
    assert equal_to_full("final_notice", "v1") == ""


def test_a_difference_is_named(monkeypatch):
    whole = Press.render

    def wrong(self, facts, large=False):
        return replace(whole(self, facts, large), text="Other words")

    monkeypatch.setattr(Press, "render", wrong)
    assert equal_to_full("notice_of_intent", "v1") == "text"


def test_another_template_than_the_drafts_is_refused(warm):
    facts = notice_of_intent(template_sha256="0" * 64)
    with pytest.raises(Refusal, match="is not the one"):
        warm.render(facts)
    now = folder_sha256("notice_of_intent", "v1")
    before = warm.pressed
    assert warm.render(notice_of_intent(template_sha256=now))
    assert warm.pressed == before + 1


def test_large_print_is_laid_out_in_full(warm):
    before = warm.reasons["large print"]
    assert warm.render(notice_of_intent(), large=True) == paper.render(notice_of_intent(), True)
    assert warm.reasons["large print"] == before + 1


def test_two_threads_print_through_the_one_standing_press():
    press = standing(True)
    letters = [named(f"Care {n}") for n in range(12)]
    with ThreadPoolExecutor(4) as pool:
        together = [made.sha256 for made in pool.map(press.render, letters)]
    assert together == [Press(met=1).render(letters[0]).sha256, *(
        press.render(facts).sha256 for facts in letters[1:]
    )]  # fmt: skip
    assert standing(True) is press
    assert not standing(False).on
