"""Event kinds and the canonical text: one text for one value, refused when it cannot be sure."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcement.domain.cases import TABLE
from enforcement.domain.events import (
    KINDS,
    BadFact,
    EventBody,
    canonical,
    check_kind,
    fact_hash,
    leaf_hash,
    text_hash,
)

KEYS = st.text(st.characters(max_codepoint=127), max_size=8)
FACTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)

TEXTS: list[tuple[Any, str]] = [
    (None, "null"),
    (True, "true"),
    (0, "0"),
    (-12, "-12"),
    (10**20, "100000000000000000000"),
    ("", '""'),
    ("£5 – café", '"£5 – café"'),
    ('"\\\n\x00', '"\\"\\\\\\n\\u0000"'),
    ([], "[]"),
    ((1, 2), "[1,2]"),
    ({}, "{}"),
    ({"b": 1, "a": [None, False]}, '{"a":[null,false],"b":1}'),
    ({"a": {"z": 1, "B": 2}}, '{"a":{"B":2,"z":1}}'),
]


@pytest.mark.parametrize(("value", "text"), TEXTS)
def test_the_text_of_a_value(value: Any, text: str) -> None:
    assert canonical(value) == text
    assert fact_hash(value) == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        {"a": [1, 2.5]},
        Decimal("1"),
        date(2026, 6, 16),
        b"bytes",
        {1: "number as key"},
        {None: 1},
        {"é": 1},
        {"a": {"ü": 1}},
        {1, 2},
        pytest.param(object(), id="an object"),
    ],
    ids=str,
)
def test_values_without_a_sure_text_are_refused(value: Any) -> None:
    with pytest.raises(BadFact):
        canonical(value)


@given(FACTS)
def test_a_value_comes_back_and_has_one_text(value: Any) -> None:
    text = canonical(value)
    assert json.loads(text) == value
    assert canonical(json.loads(text)) == text
    assert not text.startswith(" ")


@given(st.dictionaries(KEYS, st.integers(), min_size=2), st.randoms())
def test_the_order_of_keys_makes_no_difference(value: dict[str, int], order: Any) -> None:
    keys = list(value)
    order.shuffle(keys)
    assert canonical({k: value[k] for k in keys}) == canonical(value)


def test_true_and_one_are_different_facts() -> None:
    assert canonical({"a": True}) != canonical({"a": 1})


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_needs_each_of_its_facts(kind: str) -> None:
    whole = dict.fromkeys(KINDS[kind], "x")
    check_kind(kind, {**whole, "extra": 1})
    for missing in KINDS[kind]:
        with pytest.raises(BadFact, match=missing):
            check_kind(kind, {k: v for k, v in whole.items() if k != missing})


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(BadFact, match="case_improved"):
        check_kind("case_improved", {})


def test_every_transition_has_its_event_and_every_kind_says_something() -> None:
    assert {row.event for row in TABLE} <= set(KINDS)
    assert all(KINDS.values())


BODY = EventBody(
    stream="case:ASC-2026-000001",
    seq=1,
    previous="0" * 64,
    kind="case_noted",
    at="2026-06-16T09:00:00.000000+00:00",
    actor="staff:1",
    actor_name="Ro Example",
    role="officer",
    facts={"note": 1},
    texts={"text": "ab"},
)


def test_the_leaf_is_the_rfc_6962_leaf_of_the_text() -> None:
    """RFC 6962 section 2.1: the hash of a leaf is SHA-256(0x00 || leaf)."""
    text = BODY.canonical()
    assert list(json.loads(text)) == sorted(json.loads(text))
    assert leaf_hash(text) == hashlib.sha256(b"\x00" + text.encode("utf-8")).hexdigest()


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("stream", "case:ASC-2026-000002"),
        ("seq", 2),
        ("previous", "1" * 64),
        ("kind", "case_assigned"),
        ("at", "2026-06-16T09:00:00.000001+00:00"),
        ("actor", "staff:2"),
        ("actor_name", "Ro Exampl"),
        ("role", "senior"),
        ("facts", {"note": 2}),
        ("texts", {"text": "ac"}),
        ("request", "r"),
    ],
)
def test_the_leaf_covers_every_field(name: str, other: Any) -> None:
    changed = EventBody(**{**BODY.__dict__, name: other})
    assert leaf_hash(changed.canonical()) != leaf_hash(BODY.canonical())


def test_the_same_words_under_another_salt_have_another_hash() -> None:
    assert text_hash("s1", "words") != text_hash("s2", "words")
    assert text_hash("s1", "words") == text_hash("s1", "words")
    assert text_hash("ab", "c") != text_hash("a", "bc")
