"""What a reply asks, in which order, when it is late, and which points it makes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

import pytest

from enforcement.domain.refusals import BadInput
from enforcement.domain.replies import (
    REASONS,
    Question,
    after,
    before,
    is_late,
    missing,
    points_of,
    questions,
)

WINDOWS = {"1": "March 2026", "2": "April 2026"}
SENDER = {"name": "Ann Example"}


@pytest.mark.parametrize(
    ("at", "late"),
    [
        (datetime(2026, 6, 25, 22, 59, 59, tzinfo=UTC), False),  # 11:59:59pm in England
        (datetime(2026, 6, 25, 23, 0, 0, tzinfo=UTC), True),
        (datetime(2026, 1, 1, tzinfo=UTC), False),
    ],
)
def test_the_whole_last_day_in_england_counts(at: datetime, late: bool) -> None:
    assert is_late(at, date(2026, 6, 25)) is late
    assert not is_late(at, None)


ASKED: list[tuple[list[str], bool, str]] = [
    ([], True, "reasons evidence sender"),
    (["submitted"], True, "reasons windows dates words evidence sender"),
    (["submitted"], False, "reasons dates words evidence sender"),
    (["not_ours"], True, "reasons kind windows dates words evidence sender"),
    (["more_time"], True, "reasons dates words evidence sender"),
    (
        ["good_reason", "help"],
        True,
        "reasons kind windows dates words responsible tried words evidence sender",
    ),
]


@pytest.mark.parametrize(("reasons", "several", "names"), ASKED)
def test_each_reason_asks_its_own_pages(reasons: list[str], several: bool, names: str) -> None:
    asked = questions({"reasons": reasons}, several)
    assert [q.name for q in asked] == names.split()
    for earlier, later in pairwise(asked):
        assert after({"reasons": reasons}, earlier, several) == later
        assert before({"reasons": reasons}, later, several) == earlier
    assert after({"reasons": reasons}, asked[-1], several) is None
    assert before({"reasons": reasons}, asked[0], several) is None


def test_only_acceptance_may_be_without_words() -> None:
    said: dict[str, Any] = {"reasons": ["accept", "help"], "sender": SENDER}
    said["details"] = {"accept": {"words": ""}, "help": {"words": ""}}
    assert missing(said, several_windows=True) == [Question("words", "help")]


def test_each_reason_is_one_point_with_its_windows_and_words() -> None:
    said = {
        "reasons": ["good_reason", "help"],
        "details": {
            "good_reason": {"kind": "outage", "windows": ["2"], "words": " Down all week. "},
            "help": {"words": "Large print"},
        },
    }
    first, second = points_of(said, WINDOWS)
    assert first.reason == "good_reason"
    assert "About: April 2026." in first.text
    assert first.text.endswith("\nDown all week.")
    assert second.text == f"{REASONS['help'].title}.\nLarge print"
    everything = {**said, "details": {"good_reason": {"kind": "other", "windows": ["all"]}}}
    assert "About: March 2026; April 2026." in points_of(everything, WINDOWS)[0].text


@pytest.mark.parametrize("reasons", [[], ["nonsense"]])
def test_a_reply_that_says_nothing_makes_no_point(reasons: list[str]) -> None:
    with pytest.raises(BadInput):
        points_of({"reasons": reasons}, WINDOWS)
