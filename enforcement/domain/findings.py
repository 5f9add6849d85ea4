"""Findings: what must be found before a decision, and what a finding says.

A penalty needs a breach without reasonable excuse (SI 2022/1175 reg 2): each excuse that a reply
offers is found on, by its point. Where the breach is false or misleading information, falsity and
material extent are each found on, with reasons (reg 2(b)).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from enforcement.domain.refusals import BadInput
from enforcement.domain.replies import EXCUSES

OFFERS_EXCUSE = "good_reason"  # the reason of a point that offers an excuse
REG2 = "SI 2022/1175 reg 2"


class FindingKind(StrEnum):
    """What a finding is on."""

    EXCUSE = "excuse"
    FALSITY = "falsity"
    MATERIAL = "material"

    @property
    def label(self) -> str:
        return {
            "excuse": "Reasonable excuse",
            "falsity": "False or misleading",
            "material": "To a material extent",
        }[self.value]


K = FindingKind
FOUND: dict[FindingKind, dict[str, str]] = {
    K.EXCUSE: {
        "yes": "A reasonable excuse",
        "partly": "A reasonable excuse for some of the windows",
        "no": "Not a reasonable excuse",
    },
    K.FALSITY: {"yes": "False or misleading", "no": "Neither false nor misleading"},
    K.MATERIAL: {"yes": "To a material extent", "no": "Not to a material extent"},
}


@dataclass(frozen=True)
class Needed:
    """A finding that is asked for: on an excuse it names the point (its row) it answers."""

    kind: FindingKind
    point: int | None = None


@dataclass(frozen=True)
class Finding:
    """A finding as made: `found` is a key of `FOUND`, `excuse` a key of `EXCUSES`."""

    kind: FindingKind
    found: str
    reasons: str
    point: int | None = None
    excuse: str = ""

    @property
    def answers(self) -> Needed:
        return Needed(self.kind, self.point)

    def as_json(self) -> dict[str, str | int | None]:
        return {
            "kind": self.kind.value,
            "point": self.point,
            "excuse": self.excuse,
            "found": self.found,
            "reasons": self.reasons,
        }


def needed(points: Sequence[tuple[int, str]], misleading: bool) -> tuple[Needed, ...]:
    """Every finding a decision needs. `points`: row and reason of each point of every reply."""
    excuses = [Needed(K.EXCUSE, row) for row, reason in points if reason == OFFERS_EXCUSE]
    about_data = [Needed(K.FALSITY), Needed(K.MATERIAL)] if misleading else []
    return (*excuses, *about_data)


def missing(asked: Sequence[Needed], made: Collection[Finding]) -> tuple[str, ...]:
    """What is asked for and not found on, in words for the gate."""
    there = {finding.answers for finding in made}
    left = [one for one in asked if one not in there]
    names = {
        K.EXCUSE: "an excuse that was offered",
        K.FALSITY: "whether the information was false or misleading",
        K.MATERIAL: "whether to a material extent",
    }
    return tuple(dict.fromkeys(names[one.kind] for one in left))


def check(asked: Sequence[Needed], made: Sequence[Finding], *, imposes: bool) -> None:
    """Refuse (BadInput) findings that are unfinished, not asked for, made twice, or that leave
    no breach where a penalty is recommended."""
    for finding in made:
        _check_one(finding)
    answered = [finding.answers for finding in made]
    if len(set(answered)) < len(answered) or set(answered) - set(asked):
        raise BadInput("A finding is made once, and on what the replies and the breach ask for.")
    if left := missing(asked, made):
        raise BadInput(f"Record a finding on {' and '.join(left)}.", rule=REG2)
    nothing = [f for f in made if f.kind is not K.EXCUSE and f.found == "no"]
    if imposes and nothing:
        raise BadInput(
            "Information that was not false or misleading to a material extent is no breach, so "
            "no penalty can be recommended for it.",
            rule=f"{REG2}(b)",
        )


def _check_one(finding: Finding) -> None:
    if finding.found not in FOUND[finding.kind]:
        raise BadInput(f"Choose what is found: {finding.kind.label.lower()}.")
    if not finding.reasons.strip():
        raise BadInput(f"Give the reasons of the finding: {finding.kind.label.lower()}.")
    if finding.kind is K.EXCUSE and finding.excuse not in EXCUSES:
        raise BadInput("Choose what kind of excuse was offered.")
