"""Where ink may be, against the posting service's areas."""

from __future__ import annotations

from dataclasses import replace

import pytest

from enforcement.domain.refusals import CannotPrint
from enforcement.rendering.facts import Recipient
from enforcement.rendering.geometry import Mark, check_geometry
from enforcement.rendering.paper import render
from enforcement.rendering.samples import MISSES, notice_of_intent, sample
from enforcement.rendering.wording import window_lines

WINDOW = Mark(1, "text", "Invented Care", 26, 41, 60, 45, in_window=True)


def test_every_kind_can_be_printed(kind, printed):
    assert check_geometry(printed.marks, sample(kind).posted) == ()


def test_three_millimetres_round_the_address_hold_no_other_word(kind, printed):
    if not sample(kind).posted:
        assert not any(mark.in_window for mark in printed.marks)
        return
    near = [
        mark
        for mark in printed.marks
        if mark.page == 1
        and not mark.in_window
        and mark.left < 123
        and mark.right > 21.6
        and mark.top < 69.3
        and mark.bottom > 36.5
    ]
    assert near == []


@pytest.mark.parametrize(
    ("mark", "reason"),
    [
        (Mark(1, "text", "low", 30, 288, 40, 293), "printable area"),
        (Mark(2, "text", "left", 14, 50, 40, 54), "printable area"),
        (Mark(2, "picture", "", 180, 50, 196, 54), "printable area"),
        (Mark(1, "text", "above", 30, 32, 60, 36), "must stay empty"),
        (Mark(1, "text", "below", 30, 70, 60, 74), "must stay empty"),
        (Mark(1, "box", "", 16, 50, 20, 60), "must stay empty"),
        (Mark(1, "text", "stray", 30, 50, 60, 54), "must stay empty"),
        (Mark(1, "text", "wide", 30, 50, 121, 54, in_window=True), "address window"),
        (Mark(11, "text", "long", 30, 50, 60, 54), "11 pages"),
    ],
)
def test_a_stray_mark_is_a_fault(mark, reason):
    faults = check_geometry((WINDOW, mark))
    assert [fault for fault in faults if reason in fault.reason]
    assert all("last page" in fault.reason for fault in faults if reason not in fault.reason)


def test_a_last_page_with_a_stray_line_is_a_fault():
    lines = [Mark(2, "text", "x", 30, 20 + 5 * n, 40, 24 + 5 * n) for n in range(3)]
    foot = Mark(2, "text", "Page 2 of 2", 150, 286, 180, 289)
    assert check_geometry((WINDOW, foot, *lines)) == ()
    (fault,) = check_geometry((WINDOW, foot, *lines[:2]))
    assert fault.reason == "the last page has only 2 lines"


def test_a_letter_without_address_is_a_fault():
    assert "no address" in check_geometry((Mark(1, "text", "x", 30, 100, 40, 104),))[0].reason


LONG_NAME = "The Honourable Company of Invented Providers of Long Names and Care in Sample Counties"


def test_long_names_fit():
    assert len(LONG_NAME) >= 83
    facts = notice_of_intent(
        recipient=Recipient(
            LONG_NAME,
            "For the attention of the company secretary",
            None,
            ("Registered office", "14 Sample Street", "Exampleton", "Invented County"),
            "ZZ99 9ZZ",
        ),
        misses=tuple(replace(miss, location_name=LONG_NAME[:79]) for miss in MISSES),
    )
    assert check_geometry(render(facts).marks) == ()


def test_address_lines_are_joined_when_there_are_too_many():
    lines = window_lines(
        Recipient("Invented Care Ltd", "Secretary", None, tuple("abcdefg"), "ZZ1 1ZZ")
    )
    assert len(lines) == 7
    assert lines[-1] == "ZZ1 1ZZ"
    assert "".join(lines[2:-1]).replace(", ", "") == "abcdefg"


@pytest.mark.parametrize(
    ("recipient", "words"),
    [
        (Recipient("A", None, None, (), "ZZ1 1ZZ"), "takes 2 lines"),
        (Recipient("A", None, None, ("x" * 60,) * 6, "ZZ1 1ZZ"), "shows 3 to 7"),
        (Recipient("A", None, None, ("@home",), "ZZ1 1ZZ"), "begins with “@”"),
    ],
)
def test_an_address_that_cannot_be_posted_is_refused(recipient, words):
    with pytest.raises(CannotPrint, match=words):
        window_lines(recipient)
