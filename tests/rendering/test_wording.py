"""Dates, money and the QR code put into words and lines."""

from __future__ import annotations

from datetime import date

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from enforcement.domain.words import day, pounds
from enforcement.rendering.wording import days_to, qr_code


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (date(2025, 2, 4), "4 February 2025"),
        (date(2024, 2, 29), "29 February 2024"),
        (date(2031, 12, 31), "31 December 2031"),
    ],
)
def test_a_day_in_words(value, words):
    assert day(value) == words


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2024, 10, 8), date(2024, 10, 14), "8 to 14 October 2024"),
        (date(2028, 4, 8), date(2028, 5, 2), "8 April 2028 to 2 May 2028"),
        (date(2024, 12, 8), date(2025, 12, 8), "8 December 2024 to 8 December 2025"),
    ],
)
def test_days_in_words(first, last, words):
    assert days_to(first, last) == words


@pytest.mark.parametrize(
    ("pence", "words"),
    [
        (0, "£0.00"),
        (5, "£0.05"),
        (31_300, "£313.00"),
        (9_255_750, "£92,557.50"),
        (-105, "−£1.05"),
    ],
)
def test_pence_in_words(pence, words):
    assert pounds(pence) == words


@given(pence=st.integers(0, 10**12))
def test_no_penny_is_lost(pence):
    assert int(pounds(pence).replace("£", "").replace(",", "").replace(".", "")) == pence


@given(link=st.text("ABCDEFGHJKMNPQRSTVWXYZ23456789-", min_size=1, max_size=60))
def test_the_drawn_squares_are_the_codes_squares(link):
    address = f"https://reply.example/r#{link}"
    side, path = qr_code(address)
    code = segno.make(address, error="m", mask=4, micro=False, boost_error=False)
    drawn = [[0] * side for _ in range(side)]
    for step in path.split("z")[:-1]:
        start, _, run = step.removeprefix("M").partition("h")
        x, y = map(int, start.split())
        for offset in range(int(run.partition("v")[0])):
            drawn[y][x + offset] = 1
    assert drawn == [list(row) for row in code.matrix]
