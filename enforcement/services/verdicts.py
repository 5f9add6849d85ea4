"""The verdict on one duty from frozen facts: the outcomes, the seven exclusions, the threshold.

Everything here is pure. What is not append-only in the database (the register, live cases, holds)
is taken once into a `Standing`, kept with the case, so that the same verdict can be worked out
again years later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from enforcement.domain.duties import Duty, OutcomeRow, Service
from enforcement.domain.thresholds import (
    Exclusion,
    ExclusionTest,
    ThresholdPolicy,
    Verdict,
    verdict,
)
from enforcement.domain.windows import Month, Window
from enforcement.domain.words import day as in_words


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One duty as the register, the reviews and the open cases stood when it was judged.

    Days and months are text (2026-05-31, 2026-05), so that it is stored and read back unchanged.
    """

    duty: int
    location_id: str
    service: str
    provider_id: str
    owed_from: str | None
    owed_to: str | None
    dormant: bool
    deregistered_on: str | None
    review: int | None
    public_body: bool | None
    reviewed_on: str | None
    live_case: str | None
    on_hold: str | None
    dual_unsettled: str | None
    answered_by: str | None
    consumed: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Text, whole numbers, booleans and lists only."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {**found, "consumed": list(self.consumed)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Standing:
        """The standing as `as_json` stored it."""
        return cls(**{**stored, "consumed": tuple(stored["consumed"])})

    def as_duty(self) -> Duty:
        """The duty with the days on which it is owed."""
        return Duty(
            location_id=self.location_id,
            service=Service(self.service),
            provider_id=self.provider_id,
            owed_from=_day(self.owed_from),
            owed_to=_day(self.owed_to),
            dormant=self.dormant,
        )


def judge(
    standing: Standing,
    outcomes: Mapping[Month, OutcomeRow],
    windows: Sequence[Window],
    counted: int,
    policy: ThresholdPolicy,
    latest: Month,
    *,
    feed_complete_at: datetime | None,
    day: date,
) -> Verdict:
    """The verdict on a duty with every exclusion tested as of `day`.

    `counted` is the history (bits) the statements found: a window in it that the duty, by its
    days, did not owe is the exclusion NOT_OWED.
    """
    tests = exclusion_tests(standing, windows, counted, latest, feed_complete_at, day)
    consumed = frozenset(Month.parse(month) for month in standing.consumed)
    return verdict(standing.as_duty(), outcomes, policy, latest, consumed, tests)


def exclusion_tests(
    standing: Standing,
    windows: Sequence[Window],
    counted: int,
    latest: Month,
    feed_complete_at: datetime | None,
    day: date,
) -> tuple[ExclusionTest, ...]:
    """All seven exclusions, each with what was looked at, also when it does not apply."""
    return (
        _public_body(standing),
        _not_owed(standing, windows, counted, latest),
        _deregistered(standing, day),
        _stated(Exclusion.LIVE_CASE, standing.live_case, "No live case of the provider."),
        _stated(Exclusion.ON_HOLD, standing.on_hold, "Nothing holds the provider back."),
        _feed(feed_complete_at, latest),
        _stated(
            Exclusion.DUAL_REGISTRATION,
            standing.dual_unsettled,
            "No unsettled dual registration at this place.",
        ),
    )


def _stated(name: Exclusion, found: str | None, otherwise: str) -> ExclusionTest:
    return ExclusionTest(name, found is not None, found or otherwise)


def _public_body(standing: Standing) -> ExclusionTest:
    if standing.public_body is None:
        words = "Not reviewed yet: no finding that the provider is a public body."
        return ExclusionTest(Exclusion.PUBLIC_BODY, False, words)
    finding = "a public body" if standing.public_body else "not a public body"
    where = (
        f"review {standing.review} of {_shown(standing.reviewed_on)}"
        if standing.review is not None
        else "the provider’s record"
    )
    return ExclusionTest(
        Exclusion.PUBLIC_BODY, standing.public_body, f"Found to be {finding} by {where}."
    )


def _not_owed(
    standing: Standing, windows: Sequence[Window], counted: int, latest: Month
) -> ExclusionTest:
    if standing.answered_by is not None:
        return ExclusionTest(Exclusion.NOT_OWED, True, standing.answered_by)
    duty = standing.as_duty()
    reasons = [
        f"{window.month.title}: {reason}"
        for window in windows
        if counted >> (latest - window.month) & 1
        and (reason := duty.why_not_owed(window)) is not None
    ]
    words = " ".join(reasons) or "Owed in every counted window."
    return ExclusionTest(Exclusion.NOT_OWED, bool(reasons), words)


def _deregistered(standing: Standing, day: date) -> ExclusionTest:
    left = _day(standing.deregistered_on)
    if left is None:
        words = "The provider and the location are on the register."
        return ExclusionTest(Exclusion.DEREGISTERED, False, words)
    gone = left <= day
    words = f"{'Left' if gone else 'Leaves'} the register on {_shown(standing.deregistered_on)}."
    return ExclusionTest(Exclusion.DEREGISTERED, gone, words)


def _feed(complete_at: datetime | None, latest: Month) -> ExclusionTest:
    if complete_at is None:
        words = f"Nobody has yet said that the {latest.title} feed is complete."
        return ExclusionTest(Exclusion.FEED_INCOMPLETE, True, words)
    words = f"The {latest.title} feed was declared complete."
    return ExclusionTest(Exclusion.FEED_INCOMPLETE, False, words)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _shown(text: str | None) -> str:
    day = _day(text)
    return in_words(day) or "no date"
