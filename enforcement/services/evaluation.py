"""The monthly threshold, evaluated twice by independent methods that must agree (reliability A4).

One lists the misses with an anti-join and judges twelve bits in Python; the other is a single
statement that adds up what was returned and applies the rule in SQL. The duties that qualify are
then judged a third time, window by window, by the rule that writes the evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from enforcement.data import evaluation as statements
from enforcement.data.evaluation import Span
from enforcement.data.policies import Policy
from enforcement.data.windows import WindowRow
from enforcement.domain.calendar import local_date
from enforcement.domain.refusals import BadInput, NotFound, WindowStillOpen
from enforcement.domain.thresholds import Exclusion, ThresholdPolicy, Verdict, rule_table
from enforcement.domain.windows import Month, Window
from enforcement.domain.words import day as in_words
from enforcement.services import policies
from enforcement.services.outcomes import outcomes, windows_to
from enforcement.services.standings import standings
from enforcement.services.verdicts import Standing, judge
from enforcement.services.windows import window_of

NO, AT_RISK, QUALIFIES = 0, 1, 2
MOST_DIFFERENCES = 50  # listed by name; the count is always whole


@dataclass(frozen=True)
class Evaluation:
    """What both methods found: (history, answer) of every duty with a miss, and where they differ.

    A history's bit 0 is the latest window. An answer is 0 no, 1 at risk, 2 qualifies.
    """

    answers: dict[int, tuple[int, int]]
    differences: tuple[str, ...]

    @property
    def qualifying(self) -> list[int]:
        """The duties that meet the threshold, in order."""
        return sorted(d for d, (_, answer) in self.answers.items() if answer == QUALIFIES)


def by_listing_misses(session: Session, span: Span) -> dict[int, tuple[int, int]]:
    """The first method: SQL lists the misses, Python judges the bits."""
    rule = rule_table(span.policy)
    masks = statements.masks_of(statements.missed_windows(session, span), span.latest)
    return {duty: (mask, rule[mask]) for duty, mask in masks.items()}


def by_one_statement(session: Session, span: Span) -> dict[int, tuple[int, int]]:
    """The second method: histories and the rule in one statement."""
    return statements.judged_histories(session, span)


def evaluate(session: Session, latest: Month, policy: ThresholdPolicy, now: datetime) -> Evaluation:
    """Both methods over every duty at the close of `latest`; no differences if they agree."""
    span = Span(latest.number, policy, now)
    first = by_listing_misses(session, span)
    second = by_one_statement(session, span)
    return Evaluation(first, tuple(_differences(first, second)))


def _differences(
    first: dict[int, tuple[int, int]], second: dict[int, tuple[int, int]]
) -> list[str]:
    if first == second:
        return []
    differing = sorted(d for d in {*first, *second} if first.get(d) != second.get(d))
    named = [
        f"Duty {duty}: {_shown(first.get(duty))} by listing misses, "
        f"{_shown(second.get(duty))} by one statement"
        for duty in differing[:MOST_DIFFERENCES]
    ]
    left = len(differing) - len(named)
    return named + ([f"and {left:,} more duties"] if left else [])


def _shown(found: tuple[int, int] | None) -> str:
    if found is None:
        return "no miss"
    mask, answer = found
    return f"{mask:012b} {('no', 'at risk', 'qualifies')[answer]}"


@dataclass(frozen=True)
class Basis:
    """What one run rests on: the window, the policy row in force when it closed, the day."""

    window: Window
    policy_row: Policy
    policy: ThresholdPolicy
    feed_complete_at: datetime | None
    now: datetime

    @property
    def latest(self) -> Month:
        """The month whose close is judged."""
        return self.window.month


def basis(session: Session, month: Month, now: datetime) -> Basis:
    """The stored, closed window with its policy. Refuses NotFound, WindowStillOpen, BadInput."""
    row = session.get(WindowRow, month.number)
    if row is None:
        raise NotFound(
            f"Nothing is held for the {month.title} window.", fix="Load its returns first."
        )
    window = window_of(row)
    if not window.is_closed(now):
        raise WindowStillOpen(
            f"The {month.title} window is open until the end of {in_words(window.closes_on)}.",
            fix="Run it when the window has closed and its feed is complete.",
        )
    policy_row, policy = policies.threshold_on(session, window.closes_on)
    if month < policy.first_countable:
        raise BadInput(
            f"{month.title} cannot be run: the first window that counts is "
            f"{policy.first_countable.title}."
        )
    return Basis(window, policy_row, policy, row.feed_complete_at, now)


@dataclass(frozen=True)
class Candidate:
    """A duty that meets the threshold by both methods, with its standing and full verdict."""

    standing: Standing
    verdict: Verdict
    mask: int

    @property
    def outcome(self) -> str:
        """open, held or excluded. A window not owed after all excludes, whatever is left."""
        return "excluded" if self.verdict.outcome == "below" else self.verdict.outcome

    @property
    def reason(self) -> str:
        """The first exclusion that decides; empty for a duty that opens a case."""
        applying = [test.name for test in self.verdict.exclusions if test.applies]
        final = [name for name in applying if not name.holds]
        return next(iter(final or applying), "")

    @property
    def marks(self) -> str:
        """All seven exclusions as tested, in their order: 1 applies, 0 does not."""
        return "".join("1" if test.applies else "0" for test in self.verdict.exclusions)


def candidates(
    session: Session, given: Basis, masks: dict[int, int]
) -> tuple[dict[int, Candidate], list[str]]:
    """Full verdicts of these duties, and where the window-by-window rule finds another history.

    `masks` are the histories both methods agreed on.
    """
    found_standings = standings(session, masks, given.latest)
    windows = windows_to(session, given.latest, given.policy.span, given.now)
    duties = {duty: standing.as_duty() for duty, standing in found_standings.items()}
    found_outcomes = outcomes(session, duties, windows)
    found: dict[int, Candidate] = {}
    differences: list[str] = []
    for duty, standing in sorted(found_standings.items()):
        verdict = judge(
            standing,
            found_outcomes[duty],
            windows,
            masks[duty],
            given.policy,
            given.latest,
            feed_complete_at=given.feed_complete_at,
            day=local_date(given.now),
        )
        found[duty] = Candidate(standing, verdict, masks[duty])
        if verdict.mask != masks[duty] and not _explained(verdict):
            differences.append(
                f"Duty {duty}: {masks[duty]:012b} by both statements, "
                f"{verdict.mask:012b} window by window"
            )
    return found, differences


def _explained(verdict: Verdict) -> bool:
    """A window the duty did not owe by its days is a named exclusion, not a fault of a method."""
    return any(test.name is Exclusion.NOT_OWED and test.applies for test in verdict.exclusions)


def judge_one(session: Session, given: Basis, duty_id: int) -> Candidate:
    """The verdict on one duty as things stand, whether it qualifies or not. Refuses NotFound."""
    span = Span(given.latest.number, given.policy, given.now)
    mask = by_listing_misses(session, span).get(duty_id, (0, 0))[0]
    found, _ = candidates(session, given, {duty_id: mask})
    if duty_id not in found:
        raise NotFound("There is no such duty.")
    return found[duty_id]


def latest_closed(session: Session, now: datetime) -> Month | None:
    """The last stored window that has closed."""
    number = session.scalar(
        select(WindowRow.number)
        .where(WindowRow.closes_at < now)
        .order_by(WindowRow.number.desc())
        .limit(1)
    )
    return None if number is None else Month(number)


def exclusion_title(name: str) -> str:
    """An exclusion or run reason in words for people."""
    return REASONS.get(name, name.replace("_", " ").capitalize())


REASONS: dict[str, str] = {
    Exclusion.PUBLIC_BODY: "Public body",
    Exclusion.NOT_OWED: "Not owed in a counted window",
    Exclusion.DEREGISTERED: "Left the register",
    Exclusion.LIVE_CASE: "Live case exists",
    Exclusion.ON_HOLD: "On hold",
    Exclusion.FEED_INCOMPLETE: "Feed not complete",
    Exclusion.DUAL_REGISTRATION: "Dual registration not settled",
    "outside_pilot": "Outside the pilot area",
    "over_cap": "Over the cap of this run",
}
