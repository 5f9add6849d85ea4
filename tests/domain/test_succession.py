"""Chains of predecessors and successors: any length, both ways, however they circle."""

from __future__ import annotations

import random

import pytest

from enforcement.domain.succession import Link, chain


def told(start: str, *pairs: str) -> list[tuple[str, int]]:
    links = [Link(pair[0], pair[1]) for pair in pairs]
    return [(step.place, step.distance) for step in chain(start, links)]


@pytest.mark.parametrize(
    ("start", "pairs", "expected"),
    [
        ("c", [], []),
        ("c", ["ab", "bc", "cd", "de"], [("a", -2), ("b", -1), ("d", 1), ("e", 2)]),
        ("a", ["ab", "ac"], [("b", 1), ("c", 1)]),  # split in two
        ("c", ["ac", "bc"], [("a", -1), ("b", -1)]),  # joined from two
        ("a", ["ab", "ba"], [("b", -1)]),  # each the other's: told once
        ("a", ["aa"], []),
        ("a", ["ab", "bc", "ca"], [("b", -2), ("c", -1)]),
        ("a", ["xy", "yz"], []),
        ("a", ["ab", "ac", "bd", "cd"], [("b", 1), ("c", 1), ("d", 2)]),
    ],
)
def test_a_chain(start: str, pairs: list[str], expected: list[tuple[str, int]]) -> None:
    assert told(start, *pairs) == expected


def test_said_from_both_sides_a_link_is_one() -> None:
    assert chain("a", [Link("a", "b", "New Provider"), Link("a", "b", "New Provider")]) == chain(
        "a", [Link("a", "b", "New Provider")]
    )


def test_it_ends_whatever_the_links() -> None:
    luck = random.Random(7)  # noqa: S311 - repeatable, nothing secret
    for _ in range(200):
        links = [Link(luck.choice("abcdef"), luck.choice("abcdef")) for _ in range(9)]
        found = chain("a", links)
        assert len({step.place for step in found}) == len(found) <= 5
        assert [step.distance for step in found] == sorted(step.distance for step in found)
