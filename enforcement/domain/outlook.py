"""Where a service stands: which misses count now, when each drops off, what one more would do.

Everything follows from the threshold policy (domain section 5): a miss of month m counts in every
span of `span` windows that holds m, so it drops off when the window `span` months later closes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from enforcement.domain.thresholds import ThresholdPolicy, mask_of, qualifies
from enforcement.domain.windows import Month


class Level(StrEnum):
    """How near the threshold is."""

    MET = "met"
    ONE_MORE = "one_more"  # missing the next window as well meets it
    SOME = "some"  # misses count, and one more does not meet it
    CLEAR = "clear"


@dataclass(frozen=True)
class Outlook:
    """One service after the close of `latest`. `missed`: the misses that count, oldest first."""

    policy: ThresholdPolicy
    latest: Month
    missed: tuple[Month, ...]

    @property
    def mask(self) -> int:
        """The misses as bits, the latest window lowest."""
        return mask_of(self.missed, self.latest, self.policy)

    @property
    def level(self) -> Level:
        """How near the threshold is now."""
        return level_of(self.mask, self.policy)

    @property
    def next(self) -> Month:
        """The window that is judged next."""
        return self.latest + 1

    @property
    def misses_to_go(self) -> int:
        """How many more windows, missed one after another, meet the threshold; 0 once it is met."""
        mask, more = self.mask, 0
        while not qualifies(mask, self.policy):
            mask, more = mask << 1 | 1, more + 1
        return more

    @property
    def safe_from(self) -> Month | None:
        """If nothing more is missed: the window at whose close the threshold is neither met nor
        one miss away. None when that is so now."""
        mask, month = self.mask, self.latest
        while level_of(mask, self.policy) in (Level.MET, Level.ONE_MORE):
            mask, month = mask << 1, month + 1
        return None if month == self.latest else month

    def drops_off(self, miss: Month) -> Month:
        """The window at whose close this miss no longer counts."""
        return miss + self.policy.span


def outlook(missed: Iterable[Month], latest: Month, policy: ThresholdPolicy) -> Outlook:
    """The outlook from the misses that count; those outside the span are left out."""
    counting = sorted({month for month in missed if mask_of([month], latest, policy)})
    return Outlook(policy, latest, tuple(counting))


def level_of(mask: int, policy: ThresholdPolicy) -> Level:
    """The level of a history in bits: met, one miss away, some misses, or none.

    Not the officers' list of those at risk: three of twelve whose oldest drops off next month are
    at risk there, and here more than one miss away.
    """
    if qualifies(mask, policy):
        return Level.MET
    if qualifies(mask << 1 | 1, policy):
        return Level.ONE_MORE
    return Level.SOME if mask & ((1 << policy.span) - 1) else Level.CLEAR
