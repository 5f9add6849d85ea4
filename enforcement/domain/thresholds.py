"""The threshold: when missed windows make a case, and the verdict that says why.

Three consecutive missed windows or any four of the last twelve (NHSBSA's published policy; no
count of months stands in the law). A history is an integer of `span` bits: bit 0 is the latest
closed window, bit 11 the one eleven months earlier; a set bit is a miss.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Literal

from enforcement.domain.duties import Duty, Outcome, OutcomeRow
from enforcement.domain.refusals import BadInput
from enforcement.domain.windows import Month

FIRST_COUNTABLE = Month.parse("2023-04")


@dataclass(frozen=True, kw_only=True)
class ThresholdPolicy:
    """One effective-dated version of the threshold, with where it comes from.

    Defaults: NHSBSA "Adult Social Care Enforcement" page and Staffordshire FAQ (3 or 4 of 12);
    DHSC flyer (enforcement commenced 1 April 2023); Oxfordshire 2024-25 (at risk).
    """

    version: str
    effective_from: date
    citation: str
    consecutive: int = 3
    total: int = 4
    span: int = 12
    first_countable: Month = FIRST_COUNTABLE
    at_risk_consecutive: int = 2
    at_risk_total: int = 3

    def __post_init__(self) -> None:
        """Refuses (BadInput) numbers that no history could meet or that every history meets."""
        if not 1 <= self.span <= 24:
            raise BadInput("The span of a threshold is between 1 and 24 windows.")
        counts = (self.consecutive, self.total, self.at_risk_consecutive, self.at_risk_total)
        if not all(1 <= count <= self.span for count in counts):
            raise BadInput("Each count of a threshold lies between 1 and its span.")

    def to_json(self) -> dict[str, str | int]:
        """The policy as text and whole numbers only, for storing and hashing."""
        return {
            "version": self.version,
            "effective_from": self.effective_from.isoformat(),
            "citation": self.citation,
            "consecutive": self.consecutive,
            "total": self.total,
            "span": self.span,
            "first_countable": str(self.first_countable),
            "at_risk_consecutive": self.at_risk_consecutive,
            "at_risk_total": self.at_risk_total,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, str | int]) -> ThresholdPolicy:
        """The policy as `to_json` stored it. Refuses (BadInput) missing or unusable values."""
        try:
            return cls(
                version=str(stored["version"]),
                effective_from=date.fromisoformat(str(stored["effective_from"])),
                citation=str(stored["citation"]),
                consecutive=int(stored["consecutive"]),
                total=int(stored["total"]),
                span=int(stored["span"]),
                first_countable=Month.parse(str(stored["first_countable"])),
                at_risk_consecutive=int(stored["at_risk_consecutive"]),
                at_risk_total=int(stored["at_risk_total"]),
            )
        except (KeyError, ValueError) as fault:
            raise BadInput(f"The stored threshold policy cannot be read: {fault}") from fault


def _run(mask: int, length: int) -> int:
    """The places where `length` misses in a row begin; 0 if there are none."""
    for _ in range(length - 1):
        mask &= mask >> 1
    return mask


def _seen(mask: int, policy: ThresholdPolicy) -> int:
    return mask & ((1 << policy.span) - 1)


def qualifies(mask: int, policy: ThresholdPolicy) -> bool:
    """Missed `consecutive` windows in a row, or any `total`, within the span."""
    seen = _seen(mask, policy)
    return _run(seen, policy.consecutive) != 0 or seen.bit_count() >= policy.total


def at_risk(mask: int, policy: ThresholdPolicy) -> bool:
    """Missed the last `at_risk_consecutive`, or `at_risk_total` in the span; not qualifying."""
    last = (1 << policy.at_risk_consecutive) - 1
    close = mask & last == last or _seen(mask, policy).bit_count() >= policy.at_risk_total
    return close and not qualifies(mask, policy)


def rule_table(policy: ThresholdPolicy) -> list[int]:
    """Every history's answer (4,096 for a span of 12): 0 no, 1 at risk, 2 qualifies."""
    return [2 if qualifies(m, policy) else int(at_risk(m, policy)) for m in range(1 << policy.span)]


def mask_of(missed: Iterable[Month], latest: Month, policy: ThresholdPolicy) -> int:
    """The history ending with `latest`; months outside the span or before the first countable
    month leave no mark."""
    mask = 0
    for month in missed:
        back = latest - month
        if 0 <= back < policy.span and month >= policy.first_countable:
            mask |= 1 << back
    return mask


class Exclusion(StrEnum):
    """The named reasons for which a duty that meets the threshold opens no case."""

    PUBLIC_BODY = "public_body"
    NOT_OWED = "not_owed"
    DEREGISTERED = "deregistered"
    LIVE_CASE = "live_case"
    ON_HOLD = "on_hold"
    FEED_INCOMPLETE = "feed_incomplete"
    DUAL_REGISTRATION = "dual_registration"

    @property
    def holds(self) -> bool:
        """Whether it only makes the duty wait; the others end the matter for this run."""
        return self in (
            Exclusion.ON_HOLD,
            Exclusion.FEED_INCOMPLETE,
            Exclusion.DUAL_REGISTRATION,  # a person settles who answers
        )


@dataclass(frozen=True)
class ExclusionTest:
    """One exclusion as tested: recorded with its evidence even when it does not apply."""

    name: Exclusion
    applies: bool
    evidence: str


@dataclass(frozen=True)
class EvidenceRow:
    """One window of the span and the imported row it rests on (None where there is none)."""

    month: Month
    outcome: Outcome | None
    source: str | None
    line: int | None
    received_at: datetime | None
    sentence: str
    counted: bool

    def as_json(self) -> dict[str, object]:
        received = self.received_at
        return {
            "month": str(self.month),
            "outcome": None if self.outcome is None else self.outcome.value,
            "source": self.source,
            "line": self.line,
            "received_at": None if received is None else received.astimezone(UTC).isoformat(),
            "sentence": self.sentence,
            "counted": self.counted,
        }


VerdictOutcome = Literal["open", "held", "excluded", "below"]


@dataclass(frozen=True)
class Verdict:
    """Why a duty does or does not make a case: everything needed to say it again years later.

    `open`: make a case. `held`: met, but something must be settled first. `excluded`: met,
    and a named exclusion applies. `below`: not met (see `at_risk`).
    """

    outcome: VerdictOutcome
    reasons: tuple[str, ...]
    location_id: str
    service: str
    provider_id: str
    latest: Month
    mask: int
    at_risk: bool
    policy: ThresholdPolicy
    missed: tuple[Month, ...]
    consumed_left_out: tuple[Month, ...]
    evidence: tuple[EvidenceRow, ...]
    exclusions: tuple[ExclusionTest, ...]

    def as_json(self) -> dict[str, object]:
        """Text, whole numbers, booleans and lists only; the same facts give the same bytes."""
        return {
            "outcome": self.outcome,
            "reasons": list(self.reasons),
            "location_id": self.location_id,
            "service": self.service,
            "provider_id": self.provider_id,
            "latest": str(self.latest),
            "mask": self.mask,
            "at_risk": self.at_risk,
            "policy": self.policy.to_json(),
            "missed": [str(month) for month in self.missed],
            "consumed_left_out": [str(month) for month in self.consumed_left_out],
            "evidence": [row.as_json() for row in self.evidence],
            "exclusions": [
                {"name": test.name.value, "applies": test.applies, "evidence": test.evidence}
                for test in self.exclusions
            ],
        }


def verdict(
    duty: Duty,
    outcomes: Mapping[Month, OutcomeRow],
    policy: ThresholdPolicy,
    latest: Month,
    consumed: frozenset[Month],
    exclusions: Sequence[ExclusionTest],
) -> Verdict:
    """The verdict on one duty at the close of `latest`, by months' outcomes.

    A miss counts if it lies in the span, not before the first countable month, and no
    concluded case has used it (`consumed`). A window that was submitted, not owed, excused,
    consumed or of which nothing is held breaks a run. Refuses (BadInput) exclusions that are
    not each tested exactly once.
    """
    tests = _all_tested(exclusions)
    span = [latest - back for back in range(policy.span - 1, -1, -1)]
    countable = [
        month
        for month in span
        if month in outcomes and outcomes[month].outcome.is_miss and month >= policy.first_countable
    ]
    missed = tuple(month for month in countable if month not in consumed)
    mask = mask_of(missed, latest, policy)
    outcome, reasons = _conclude(mask, missed, latest, policy, tests)
    return Verdict(
        outcome=outcome,
        reasons=reasons,
        location_id=duty.location_id,
        service=duty.service.value,
        provider_id=duty.provider_id,
        latest=latest,
        mask=mask,
        at_risk=at_risk(mask, policy),
        policy=policy,
        missed=missed,
        consumed_left_out=tuple(month for month in countable if month in consumed),
        evidence=tuple(_evidence(m, outcomes.get(m), m in missed, m in consumed) for m in span),
        exclusions=tests,
    )


def _all_tested(tests: Sequence[ExclusionTest]) -> tuple[ExclusionTest, ...]:
    by_name = {test.name: test for test in tests}
    if len(tests) != len(Exclusion) or len(by_name) != len(Exclusion):
        untested = ", ".join(name.value for name in Exclusion if name not in by_name)
        raise BadInput(
            f"Each exclusion must be tested exactly once; not tested: {untested or 'none'}."
        )
    return tuple(by_name[name] for name in Exclusion)


def _conclude(
    mask: int,
    missed: Sequence[Month],
    latest: Month,
    policy: ThresholdPolicy,
    tests: Sequence[ExclusionTest],
) -> tuple[VerdictOutcome, tuple[str, ...]]:
    met = _grounds(mask, missed, latest, policy)
    if not met:
        return "below", (_below(mask, missed, policy),)
    applying = [test for test in tests if test.applies]
    notes = tuple(f"{_words(test.name)}: {test.evidence}" for test in applying)
    if any(not test.name.holds for test in applying):
        return "excluded", met + notes
    return ("held" if applying else "open"), met + notes


def _grounds(
    mask: int, missed: Sequence[Month], latest: Month, policy: ThresholdPolicy
) -> tuple[str, ...]:
    """Which limbs of the threshold are met, in words; empty exactly when it is not met."""
    met = []
    begins = _run(_seen(mask, policy), policy.consecutive)
    if begins:
        end = latest - ((begins & -begins).bit_length() - 1)
        start = end - (policy.consecutive - 1)
        met.append(
            f"Missed {policy.consecutive} consecutive windows: {start.title} to {end.title}."
        )
    if mask.bit_count() >= policy.total:
        met.append(f"Missed {_count(mask, missed, policy)}; {policy.total} meet the threshold.")
    return tuple(met)


def _below(mask: int, missed: Sequence[Month], policy: ThresholdPolicy) -> str:
    which = f"{policy.consecutive} consecutive or any {policy.total} would meet the threshold"
    return f"Missed {_count(mask, missed, policy)}; {which}."


def _count(mask: int, missed: Sequence[Month], policy: ThresholdPolicy) -> str:
    names = f" ({', '.join(month.title for month in missed)})" if missed else ""
    return f"{mask.bit_count()} of the last {policy.span} windows{names}"


def _words(name: Exclusion) -> str:
    return name.value.replace("_", " ").capitalize()


def _evidence(month: Month, found: OutcomeRow | None, counted: bool, consumed: bool) -> EvidenceRow:
    if found is None:
        sentence = "No outcome is held for this window; it is not counted."
        return EvidenceRow(month, None, None, None, None, sentence, False)
    sentence = found.reason
    if found.outcome.is_miss and not counted:
        why = "a concluded case has already used it" if consumed else "it is before the first month"
        sentence = f"{sentence} Not counted: {why}."
    row = found.row
    return EvidenceRow(
        month,
        found.outcome,
        None if row is None else row.source,
        None if row is None else row.line,
        None if row is None else row.received_at,
        sentence,
        counted,
    )
