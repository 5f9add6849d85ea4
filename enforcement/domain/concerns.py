"""Concerns a reply may raise that are not for the case: passed on the same day, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from enforcement.domain.refusals import BadInput


class ConcernKind(StrEnum):
    """What is passed on, each to a mailbox that the policy "routing" names."""

    COMPLAINT = "complaint"
    SAFEGUARDING = "safeguarding"

    @property
    def label(self) -> str:
        return {
            "complaint": "A complaint about us",
            "safeguarding": "A safeguarding concern: somebody may be at risk",
        }[self.value]


def mailbox(policy: Mapping[str, str], kind: str) -> str:
    """Where a concern of this kind goes. Refuses BadInput for an unknown kind or no mailbox."""
    if kind not in set(ConcernKind):
        raise BadInput("Choose whether it is a complaint or a safeguarding concern.")
    found = policy.get(kind, "").strip()
    if not found:
        raise BadInput("No mailbox is set for this.", fix="Have one approved under Policies.")
    return found


def check_body(body: Mapping[str, str]) -> None:
    """Refuse (BadInput) a policy that leaves a kind without a mailbox."""
    for kind in ConcernKind:
        if "@" not in body.get(kind.value, ""):
            raise BadInput(f"Enter the mailbox for: {kind.label.lower()}.")
