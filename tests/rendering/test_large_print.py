"""Large print, on request: the same words, big enough, and still a letter that can be posted."""

from __future__ import annotations

import io
import re
from functools import cache

import pikepdf

from enforcement.rendering.geometry import at_foot, check_geometry
from enforcement.rendering.ink_marks import written
from enforcement.rendering.inspection import inspect
from enforcement.rendering.paper import Rendered, render
from enforcement.rendering.samples import sample, worst

SMALLEST = 16  # points


@cache
def _large(kind: str) -> Rendered:
    return render(sample(kind), large=True)


def _body(printed: Rendered) -> str:
    words = (mark.words for mark in printed.marks if mark.kind == "text" and not at_foot(mark))
    whole = "".join("".join(words).split())
    for row in re.findall(r"<thead>.*?</thead>", printed.html, re.S):
        # a table that goes over pages repeats its header cells
        whole = whole.replace("".join(re.sub(r"<[^>]+>", "", row).split()), "")
    return whole


def test_it_has_the_same_words(kind, printed):
    assert _body(_large(kind)) == _body(printed)
    assert _large(kind).html == printed.html


def test_every_word_is_large_but_for_the_address(kind):
    large = _large(kind)
    with pikepdf.open(io.BytesIO(large.pdf)) as pdf:
        small = [run for run in written(pdf) if run.size < SMALLEST - 0.01]
    window = [mark for mark in large.marks if mark.in_window]
    assert len(small) == len(window)
    assert all(run.page == 1 and 39.5 < run.baseline < 66.3 for run in small)


def test_it_can_be_posted_and_read_aloud(kind):
    large = _large(kind)
    assert check_geometry(large.marks, sample(kind).posted) == ()
    assert inspect(large.pdf) == ()
    assert large.warnings == ()


def test_each_page_says_which_letter_it_is_of(kind):
    large = _large(kind)
    feet = [mark.words for mark in large.marks if mark.kind == "text" and at_foot(mark)]
    reference = sample(kind).notice_reference
    assert feet == [f"{reference} · Page {n} of {large.pages}" for n in range(1, large.pages + 1)]


def test_the_hardest_letter_may_take_more_than_one_envelope():
    large = render(worst("notice_of_intent"), large=True)
    assert large.pages > 10
    assert inspect(large.pdf, most_pages=None) == ()
    assert [found.check for found in inspect(large.pdf)] == ["pages"]
