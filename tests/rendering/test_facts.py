"""Facts: complete, frozen, and the same after a journey through JSON."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcement.domain.refusals import BadInput, MissingElement
from enforcement.rendering.facts import NoticeFacts, ProviderFacts
from enforcement.rendering.samples import EVERY_KIND, final_notice, notice_of_intent


def test_every_kind_comes_back_equal_from_json_text(kind):
    facts = EVERY_KIND[kind]()
    assert NoticeFacts.from_json(json.loads(json.dumps(facts.to_json()))) == facts


@given(name=st.text(), reasons=st.lists(st.text(), max_size=4))
def test_any_words_come_back_equal(name, reasons):
    facts = notice_of_intent(
        provider=ProviderFacts(name, "1-900000001"), reasons=tuple(reasons)
    )  # fmt: skip
    assert NoticeFacts.from_json(json.loads(json.dumps(facts.to_json()))) == facts


def test_json_holds_only_plain_values():
    def walk(value):
        assert value is None or type(value) in (str, int, bool, list, dict)
        for item in value.values() if type(value) is dict else value if type(value) is list else ():
            walk(item)

    walk(final_notice().to_json())


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("kind",), "fine", "no kind of notice called “fine”"),
        (("breach",), "rudeness", "no kind of breach"),
        (("dated",), "4 February", "not a date"),
        (("dated",), 20250204, "not a date"),
        (("amount", "pence"), "238800", "amount.pence is not int"),
        (("amount", "pence"), True, "amount.pence is not int"),
        (("misses",), "none", "misses is not a list"),
        (("recipient",), [], "recipient is not an object"),
        (("surprise",), 1, "unknown facts: surprise"),
    ],
)
def test_another_shape_is_refused(path, value, words):
    plain = notice_of_intent().to_json()
    place = plain
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(BadInput, match=words):
        NoticeFacts.from_json(plain)


def test_a_lost_fact_is_refused():
    plain = notice_of_intent().to_json()
    del plain["recipient"]["postcode"]
    with pytest.raises(BadInput, match="lacks facts: postcode"):
        NoticeFacts.from_json(plain)


@pytest.mark.parametrize("part", ["amount", "period", "reply", "given_on", "method"])
def test_a_notice_of_intent_cannot_lack(part):
    with pytest.raises(MissingElement, match=part.replace("_", " ")):
        notice_of_intent(**{part: None})


def test_facts_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        notice_of_intent().kind = "withdrawal"
