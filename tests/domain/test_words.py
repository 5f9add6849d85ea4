"""Numbers and instants as people read them."""

from __future__ import annotations

import pytest

from enforcement.domain.words import telephone, with_moments


@pytest.mark.parametrize(
    ("kept", "read"),
    [
        ("01632960055", "01632 960055"),
        ("02079460000", "020 7946 0000"),
        ("01912960000", "0191 296 0000"),
        ("01132960000", "0113 296 0000"),
        ("03003302088", "0300 330 2088"),
        ("07700900123", "07700 900123"),
        ("0169772345", "01697 72345"),
        ("0300 330 2088", "0300 330 2088"),
        ("+353 1 123", "+353 1 123"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_telephone_number_is_read_in_groups(kept: str | None, read: str) -> None:
    assert telephone(kept) == read


def test_each_instant_in_a_machine_s_answer_is_told() -> None:
    answer = "run.zip sha256 0a1b, placed 2026-06-23T10:18:00+00:00"
    assert with_moments(answer) == "run.zip sha256 0a1b, placed 23 June 2026, 11:18am"
    assert with_moments("250 2.0.0 OK 2026") == "250 2.0.0 OK 2026"
