"""What becomes of a message after it was handed over, and when its channel is asked about it.

Proof of delivery is not proof of giving: SI 2022/1175 reg 7 counts from sending to a proper
address. What comes back puts the giving in doubt and goes to a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Stage(StrEnum):
    """How far a message has come, in our words; what the channel said is kept beside it."""

    SENT = "sent"  # handed over
    ACCEPTED = "accepted"  # taken on by whoever carries it to the mailbox or the printer
    DELIVERED = "delivered"  # in the mailbox
    POSTED = "posted"  # printed and in the post
    SOFT = "soft"  # not yet: whoever carries it goes on trying
    FAILED = "failed"  # will not arrive
    RETURNED = "returned"  # the post came back

    @property
    def bad(self) -> bool:
        """Whether it puts the giving in doubt."""
        return self in (Stage.FAILED, Stage.RETURNED)


@dataclass(frozen=True)
class Report:
    """One answer about one message. `evidence` is the channel's answer, word for word."""

    stage: Stage
    at: datetime
    evidence: str
    provider_id: str = ""
    final: bool = False


ASK_AFTER = tuple(timedelta(minutes=m) for m in (5, 15, 60, 240, 720))  # the last one repeats
ASK_FOR = timedelta(days=7)  # GOV.UK Notify keeps what became of a message for seven days
SETTLE_AFTER = timedelta(minutes=15)  # longer than a claim's lease: no try can still be under way
SETTLE_WITHIN = timedelta(days=6)  # after that an empty answer proves nothing


def next_ask(sent_at: datetime, asks: int, now: datetime) -> datetime | None:
    """When to ask again after `asks` answers that were not final; None when asking is over."""
    due = now + ASK_AFTER[min(asks, len(ASK_AFTER) - 1)]
    return due if due - sent_at <= ASK_FOR else None


def conclusive(tried_at: datetime, asked_at: datetime) -> bool:
    """Whether “we do not have it” proves that a try at `tried_at` sent nothing.

    Not while the try could still be under way, and not once the channel forgets (reliability
    D1: only a sure answer may make an uncertain sending ready again).
    """
    return SETTLE_AFTER <= asked_at - tried_at <= SETTLE_WITHIN
