"""Exports that a spreadsheet cannot run, and filters that write dates and money."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from enforcement.domain.refusals import BadInput
from enforcement.web import filters, pages
from enforcement.web.exports import csv_text, disposition, guard, unguard, xlsx_bytes
from enforcement.web.listing import Cell, Column, address, single

COLUMN = (Column("name", "Name"), Column("count", "Count"))
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXT)
def test_export_then_strip_is_the_identity(text: str) -> None:
    body = csv_text([{"name": text}], COLUMN)
    rows = list(csv.reader(io.StringIO(body, newline="")))
    assert unguard(rows[1][0]) == text


@given(st.sampled_from("=+-@\t\r\0＝＋－＠"), TEXT)
def test_nothing_that_could_run_begins_a_cell(sign: str, rest: str) -> None:
    assert guard(sign + rest).startswith("'")


def test_every_field_is_quoted() -> None:
    assert csv_text([{"name": 'a"b', "count": None}], COLUMN) == ('"Name","Count"\r\n"a""b",""\r\n')


def test_a_workbook_holds_text_as_text() -> None:
    body = xlsx_bytes([{"name": Cell("=1+1"), "count": 3}, {"name": "a\x01", "count": 0}], COLUMN)
    sheet = load_workbook(io.BytesIO(body)).active
    assert sheet is not None
    assert (sheet["A2"].value, sheet["A2"].data_type) == ("=1+1", "s")
    assert (sheet["B2"].value, sheet["B2"].data_type) == (3, "n")
    assert sheet["A3"].value == "a\ufffd"


@given(TEXT)
def test_any_name_makes_a_safe_disposition(name: str) -> None:
    header = disposition(name)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2
    assert "/" not in header
    assert "\\" not in header


def test_addresses_are_the_same_for_the_same_state() -> None:
    assert address("/l", {"b": 1, "a": ["x", "y"]}, c=None) == "/l?a=x&a=y&b=1"
    assert address("/l", {"after": "9"}, after=None) == "/l"


def test_a_parameter_given_twice_is_refused() -> None:
    assert single(["a"], "q") == "a"
    with pytest.raises(BadInput, match="given 2 times"):
        single(["a", "b"], "q")


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        (filters.day(date(2025, 2, 4)), "4 February 2025"),
        (filters.weekday(date(2025, 2, 4)), "Tuesday 4 February 2025"),
        (filters.moment(datetime(2025, 2, 4, 15, 15, tzinfo=UTC)), "4 February 2025, 3:15pm"),
        (filters.moment(datetime(2025, 7, 31, 23, 5, tzinfo=UTC)), "1 August 2025, 12:05am"),
        (filters.day(datetime(2025, 7, 31, 23, 5, tzinfo=UTC)), "1 August 2025"),
        (filters.month(date(2025, 2, 1)), "February 2025"),
        (filters.money(123456), "£1,234.56"),
        (filters.money(100), "£1.00"),
        (filters.money(-5), "−£0.05"),
        (filters.money(None), ""),
        (filters.plural(1, "case"), "1 case"),
        (filters.plural(1204, "reply", "replies"), "1,204 replies"),
    ],
)
def test_words_on_the_page(shown: str, wanted: str) -> None:
    assert shown == wanted


@pytest.mark.parametrize(
    ("days", "wanted"),
    [
        *((0, "Due today"), (1, "Due tomorrow"), (2, "2 days left")),
        *((-1, "1 day overdue"), (-3, "3 days overdue")),
    ],
)
def test_days_left_in_words(days: int, wanted: str) -> None:
    today = date(2025, 2, 4)
    assert filters.days_left(date.fromordinal(today.toordinal() + days), today) == wanted


def test_a_right_that_ran_out_is_past_and_not_overdue() -> None:
    over = pages.Clock("", date(2025, 2, 3), date(2025, 2, 4), once_past="Appeal period over")
    assert (over.state, over.is_past, over.words) == ("past", True, "Appeal period over")
    owed = pages.Clock("", date(2025, 2, 3), date(2025, 2, 4))
    assert (owed.state, owed.is_past, owed.words) == ("over", True, "1 day overdue")


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(BadInput, match="no zone"):
        filters.moment(datetime(2025, 2, 4, 15, 15))  # noqa: DTZ001 - the naive time is the point
