"""Proof that a notice sets out what the Regulations require, from the words on its pages.

The text given is what was read back from the laid-out page, not what was meant to be there. Line
breaks and spaces are ignored, since they only say where a line ended.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass

from enforcement.domain.words import day, pounds, weekday
from enforcement.rendering.facts import MISSED_RETURNS, NoticeFacts
from enforcement.rendering.letter_elements import LETTERS, Element, how_to_pay, misses_told

LEAST_DAYS = 14  # reg 5: days of the period for representations
EXCERPT = 60


@dataclass(frozen=True)
class ElementCheck:
    """One required element: whether it is there, and the words found (or the words missed)."""

    element: str
    citation: str
    present: bool
    where: str


def check_elements(facts: NoticeFacts, text: str) -> tuple[ElementCheck, ...]:
    """Return a check for each element required of this kind of notice.

    Four for a notice of intent (reg 4(2)), six for a final notice (reg 6(3)), two for a withdrawal
    (reg 7), four for a certificate of non-payment (reg 9). Other letters are not asked for by the
    Regulations; their elements are what good practice wants told.
    """
    page = _squash(text)
    return tuple(
        _check(page, element, citation, phrases(facts))
        for element, citation, phrases in REQUIRED.get(facts.kind, ())
    )


def _squash(text: str) -> str:
    return "".join(text.split())


def _check(page: str, element: str, citation: str, phrases: Iterable[str]) -> ElementCheck:
    wanted = tuple(phrases)
    absent = [phrase for phrase in wanted if not phrase or _squash(phrase) not in page]
    if not wanted or absent:
        missed = absent[0] if absent and absent[0] else "nothing to set out"
        return ElementCheck(element, citation, False, f"not found: {_excerpt(missed)}")
    return ElementCheck(element, citation, True, "; ".join(map(_excerpt, wanted)))


def _excerpt(phrase: str) -> str:
    """The beginning of a long phrase, cut between two words."""
    return textwrap.shorten(phrase, EXCERPT, placeholder="…")


def _amount_proposed(facts: NoticeFacts) -> tuple[str, ...]:
    if facts.amount is None:
        return ()
    return (f"The penalty we propose is {pounds(facts.amount.pence)}",)


def _reasons(facts: NoticeFacts) -> tuple[str, ...]:
    """Each counted miss with its location and month, and each stated reason."""
    stated = [facts.threshold_sentence] if facts.breach == MISSED_RETURNS else []
    return (*misses_told(facts), *stated, *facts.reasons)


def _reasons_imposed(facts: NoticeFacts) -> tuple[str, ...]:
    found = facts.decision.findings if facts.decision else ()
    return (*_reasons(facts), *found)


def _when_not_imposed(facts: NoticeFacts) -> tuple[str, ...]:
    return (
        "We may not impose the penalty if",
        "you had a reasonable excuse",
        "you are a public body",
    )


def _right_to_reply(facts: NoticeFacts) -> tuple[str, ...]:
    if facts.period is None or facts.given_on is None:
        return ()
    if (facts.period.ends - facts.given_on).days < LEAST_DAYS:
        return ("",)
    return (
        "You have the right to make written representations",
        f"begins on {day(facts.period.starts)} and ends at the end of {weekday(facts.period.ends)}",
    )


def _amount_imposed(facts: NoticeFacts) -> tuple[str, ...]:
    return (f"The penalty is {pounds(facts.amount.pence)}",) if facts.amount else ()


def _period_for_payment(facts: NoticeFacts) -> tuple[str, ...]:
    return (f"You must pay by {day(facts.payment.pay_by)}",) if facts.payment else ()


def _right_of_appeal(facts: NoticeFacts) -> tuple[str, ...]:
    if facts.appeal is None:
        return ()
    return (
        f"You may appeal to the {facts.appeal.tribunal}",
        "must receive your application notice by "
        f"5pm on {day(facts.appeal.appeal_by)}",
    )  # fmt: skip


def _consequences(facts: NoticeFacts) -> tuple[str, ...]:
    return ("If you do not pay the whole penalty", "ask the county court for an order")


def _notice_withdrawn(facts: NoticeFacts) -> tuple[str, ...]:
    if facts.withdrawal is None:
        return ()
    earlier = facts.withdrawal.withdrawn
    return (f"with the reference {earlier.reference}, dated {day(earlier.dated)}",)


def _effect(facts: NoticeFacts) -> tuple[str, ...]:
    if facts.withdrawal is None:
        return ()
    return (f"From {day(facts.withdrawal.takes_effect)} that notice has no effect",)


_SI = "SI 2022/1175 reg "
REQUIRED: dict[str, tuple[Element, ...]] = {
    "notice_of_intent": (
        ("the amount of the penalty proposed", _SI + "4(2)(a)", _amount_proposed),
        ("the reasons for proposing it", _SI + "4(2)(b)", _reasons),
        ("when the penalty may not be imposed", _SI + "4(2)(c)", _when_not_imposed),
        ("the right to make representations, and the period", _SI + "4(2)(d)", _right_to_reply),
    ),
    "final_notice": (
        ("the amount of the penalty", _SI + "6(3)(a)", _amount_imposed),
        ("the reasons for imposing it", _SI + "6(3)(b)", _reasons_imposed),
        ("how to pay", _SI + "6(3)(c)", how_to_pay),
        ("the period for payment", _SI + "6(3)(d)", _period_for_payment),
        ("the right of appeal, and its time limit", _SI + "6(3)(e)", _right_of_appeal),
        ("the consequences of not paying", _SI + "6(3)(f)", _consequences),
    ),
    "withdrawal": (
        ("the notice that is withdrawn", _SI + "7", _notice_withdrawn),
        ("the effect of withdrawing it", _SI + "7", _effect),
    ),
    **LETTERS,
}
