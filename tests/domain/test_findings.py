"""Findings, standard paragraphs and concerns: tables of what is asked for and what is refused."""

from __future__ import annotations

import pytest

from enforcement.domain import concerns, findings, paragraphs
from enforcement.domain.decisions import refuse_undeclared, why_not_papers, words_hash
from enforcement.domain.findings import Finding, FindingKind, Needed
from enforcement.domain.permissions import Actor, CasePeople, Role
from enforcement.domain.refusals import BadInput, WrongState

K = FindingKind
EXCUSE = Finding(K.EXCUSE, "no", "The outage was later.", 7, "outage")
FALSE = Finding(K.FALSITY, "yes", "Nought was sent for forty people.")
MATERIAL = Finding(K.MATERIAL, "yes", "It hid every person cared for.")


@pytest.mark.parametrize(
    ("points", "misleading", "asked"),
    [
        ([], False, []),
        ([(1, "submitted"), (2, "accept")], False, []),
        ([(1, "submitted"), (7, "good_reason")], False, [Needed(K.EXCUSE, 7)]),
        ([(7, "good_reason"), (9, "good_reason")], False,
         [Needed(K.EXCUSE, 7), Needed(K.EXCUSE, 9)]),
        ([(7, "good_reason")], True,
         [Needed(K.EXCUSE, 7), Needed(K.FALSITY), Needed(K.MATERIAL)]),
    ],
)  # fmt: skip
def test_what_must_be_found(
    points: list[tuple[int, str]], misleading: bool, asked: list[Needed]
) -> None:
    assert findings.needed(points, misleading) == tuple(asked)


ALL = (Needed(K.EXCUSE, 7), Needed(K.FALSITY), Needed(K.MATERIAL))


def test_what_is_missing_is_said_once_each() -> None:
    two = (Needed(K.EXCUSE, 7), Needed(K.EXCUSE, 9), Needed(K.MATERIAL))
    assert findings.missing(two, []) == (
        "an excuse that was offered",
        "whether to a material extent",
    )
    assert findings.missing(ALL, [EXCUSE, FALSE, MATERIAL]) == ()
    findings.check(ALL, [EXCUSE, FALSE, MATERIAL], imposes=True)


@pytest.mark.parametrize(
    ("made", "imposes", "words"),
    [
        ([EXCUSE, FALSE], True, "material extent"),
        ([EXCUSE, FALSE, Finding(K.MATERIAL, "yes", " ")], True, "reasons"),
        ([EXCUSE, FALSE, Finding(K.MATERIAL, "partly", "x")], True, "Choose what is found"),
        ([Finding(K.EXCUSE, "no", "x", 7, "dog ate it"), FALSE, MATERIAL], True, "kind of excuse"),
        ([EXCUSE, EXCUSE, FALSE, MATERIAL], True, "made once"),
        ([EXCUSE, Finding(K.EXCUSE, "no", "x", 8, "other"), FALSE, MATERIAL], True, "made once"),
        ([EXCUSE, FALSE, Finding(K.MATERIAL, "no", "x")], True, "no breach"),
        ([EXCUSE, Finding(K.FALSITY, "no", "x"), MATERIAL], True, "no breach"),
    ],
)
def test_findings_that_are_refused(made: list[Finding], imposes: bool, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        findings.check(ALL, made, imposes=imposes)


def test_no_breach_may_be_found_where_no_penalty_is_recommended() -> None:
    findings.check(ALL, [EXCUSE, FALSE, Finding(K.MATERIAL, "no", "One of 40.")], imposes=False)


def test_the_hash_covers_findings_and_the_sentence_on_difference() -> None:
    plain = words_hash("impose", "r", "e")
    with_finding = words_hash("impose", "r", "e", [EXCUSE])
    other = words_hash("impose", "r", "e", [Finding(K.EXCUSE, "yes", EXCUSE.reasons, 7, "outage")])
    assert len({plain, with_finding, other, words_hash("impose", "r", "e", (), "unlike")}) == 4


STANDARD = ("Capacity Tracker was working in that window.", "Care providers must keep a deputy.")


@pytest.mark.parametrize(
    ("view", "answer", "refused"),
    [
        ("not_accepted", STANDARD[0], True),
        ("not_accepted", f" {STANDARD[0]}\n\n{STANDARD[1]} ", True),
        ("partly", f"{STANDARD[0]} We are sorry.", True),
        ("accepted", STANDARD[0], False),
        ("not_accepted", f"{STANDARD[0]} Your own log shows a sign-in on 9 March.", False),
        ("not_accepted", "No.", False),  # no standard words: the officer's own, however short
    ],
)
def test_standard_words_alone_turn_nothing_down(view: str, answer: str, refused: bool) -> None:
    if refused:
        with pytest.raises(BadInput, match="Standard words alone"):
            paragraphs.refuse_standard_alone(view, answer, STANDARD)
    else:
        paragraphs.refuse_standard_alone(view, answer, STANDARD)


@pytest.mark.parametrize("body", [{}, {"title": "A", "text": " "}, {"title": "", "text": "x"}])
def test_a_paragraph_has_a_title_and_words(body: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        paragraphs.check_body(body)
    with pytest.raises(BadInput, match="at most"):
        paragraphs.check_body({"title": "A", "text": "x" * (paragraphs.LONGEST + 1)})


def test_where_a_concern_goes() -> None:
    policy = {"complaint": "complaints@example.com", "safeguarding": ""}
    assert concerns.mailbox(policy, "complaint") == "complaints@example.com"
    for kind, words in (("safeguarding", "No mailbox"), ("gossip", "Choose")):
        with pytest.raises(BadInput, match=words):
            concerns.mailbox(policy, kind)
    with pytest.raises(BadInput, match="mailbox"):
        concerns.check_body(policy)


MEMBER = Actor("staff:m", "Mo", frozenset({Role.PANEL}))
BOTH = Actor("staff:b", "Bo", frozenset({Role.PANEL, Role.OFFICER}))


@pytest.mark.parametrize(
    ("who", "declared", "shown"),
    [
        (MEMBER, None, False),
        (MEMBER, "", True),
        (MEMBER, "My sister works there.", False),
        (BOTH, None, True),  # drafted here: works on the case, and can never vote
        (Actor("staff:a", "Al", frozenset({Role.AUDITOR})), None, True),
    ],
)
def test_who_is_shown_the_papers(who: Actor, declared: str | None, shown: bool) -> None:
    people = CasePeople(drafters=frozenset({BOTH.identity}))
    assert (why_not_papers(people, who, "staff:p", declared) is None) is shown


@pytest.mark.parametrize("declared", [None, "A cousin."])
def test_a_vote_needs_a_clear_declaration(declared: str | None) -> None:
    with pytest.raises(WrongState):
        refuse_undeclared(declared)
    refuse_undeclared("")
