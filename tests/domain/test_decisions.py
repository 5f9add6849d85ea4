"""What a panel member is shown, what a vote is, and who may cast one."""

from __future__ import annotations

import pytest

from enforcement.domain.decisions import (
    Outcome,
    Vote,
    check_vote,
    refuse_vote,
    why_not_vote,
    words_hash,
)
from enforcement.domain.permissions import Actor, CasePeople, Role
from enforcement.domain.refusals import BadInput, SamePerson

PEOPLE = CasePeople(frozenset({"drafter"}), frozenset({"approver"}), frozenset({"panel"}))


def member(identity: str) -> Actor:
    return Actor(identity, identity.title(), frozenset({Role.PANEL}))


def test_every_word_put_to_the_panel_is_in_its_hash() -> None:
    shown = words_hash("impose", "reasons", "none found")
    assert shown == words_hash("impose", "reasons", "none found")
    assert shown != words_hash("no_penalty", "reasons", "none found")
    assert shown != words_hash("impose", "reasons.", "none found")
    assert shown != words_hash("impose", "reasons", "none  found")
    assert shown != words_hash("impose", "none found", "reasons")


@pytest.mark.parametrize(
    ("identity", "words"),
    [
        ("drafter", "already acted as drafter"),
        ("approver", "already acted as approver"),
        ("proposer", "put this to the panel"),
        ("voter", "already voted"),
        ("panel", None),
        ("new", None),
    ],
)
def test_who_may_vote(identity: str, words: str | None) -> None:
    voted = frozenset({"voter"})
    why = why_not_vote(PEOPLE, member(identity), "proposer", voted)
    if words is None:
        assert why is None
        refuse_vote(PEOPLE, member(identity), "proposer", voted)
    else:
        assert why is not None
        assert words in why
        with pytest.raises(SamePerson) as refused:
            refuse_vote(PEOPLE, member(identity), "proposer", voted)
        assert refused.value.sentence == why


@pytest.mark.parametrize(
    ("vote", "reasons", "conflict", "words"),
    [
        ("", "r", "", "Choose how you vote"),
        ("maybe", "r", "", "Choose how you vote"),
        ("impose", " ", "", "Give the reasons"),
        ("no_penalty", "", "", "Give the reasons"),
        ("impose", "r", "my cousin works there", "stands aside"),
        ("recused", "", " ", "Say what connects you"),
        ("impose", "r", "", None),
        ("no_penalty", "r", " ", None),
        ("recused", "", "my cousin works there", None),
    ],
)
def test_what_a_vote_needs(vote: str, reasons: str, conflict: str, words: str | None) -> None:
    if words is None:
        assert check_vote(vote, reasons, conflict) is Vote(vote)
        return
    with pytest.raises(BadInput, match=words):
        check_vote(vote, reasons, conflict)


def test_the_words_for_people() -> None:
    assert [o.label for o in Outcome] == ["Impose the penalty", "No penalty"]
    assert Vote.RECUSED.label == "Stood aside"
