"""Invented notices, one of each kind: usual ones and the hardest that can still be printed.

Used where a template is proven or shown before any real notice is made with it.
"""

from __future__ import annotations

from collections.abc import Callable

from enforcement.domain.refusals import BadInput
from enforcement.rendering.facts import NoticeFacts
from enforcement.rendering.samples.evidence import (
    giving_certificate,
    payment_reminder,
    refund,
    reg9_certificate,
)
from enforcement.rendering.samples.usual import (
    AMOUNT,
    MISSES,
    acknowledgement,
    final_notice,
    no_penalty,
    notice_of_intent,
    support_letter,
    withdrawal,
)
from enforcement.rendering.samples.worst import hardest

__all__ = ["AMOUNT", "EVERY_KIND", "MISSES", "final_notice", "notice_of_intent", "sample", "worst"]

EVERY_KIND = {
    "notice_of_intent": notice_of_intent,
    "final_notice": final_notice,
    "withdrawal": withdrawal,
    "no_penalty": no_penalty,
    "acknowledgement": acknowledgement,
    "support": support_letter,
    "payment_reminder": payment_reminder,
    "refund": refund,
    "reg9_certificate": reg9_certificate,
    "giving_certificate": giving_certificate,
}


def sample(kind: str, **parts: object) -> NoticeFacts:
    """Return a usual invented notice of `kind`, with `parts` in place of its own.

    Refuses BadInput for an unknown kind.
    """
    return _maker(kind)(**parts)


def worst(kind: str, **parts: object) -> NoticeFacts:
    """Return the hardest notice of `kind`: long names, 40 locations with 12 windows each.

    Refuses BadInput for an unknown kind.
    """
    return _maker(kind)(**(hardest(kind) | parts))


def _maker(kind: str) -> Callable[..., NoticeFacts]:
    if kind not in EVERY_KIND:
        raise BadInput(f"There is no kind of notice called “{kind}”.")
    return EVERY_KIND[kind]
