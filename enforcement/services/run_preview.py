"""What a run would do: every duty judged by both methods, counted, and set beside the last run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from enforcement.data import evaluation as statements
from enforcement.data.register import Duty, Location
from enforcement.data.runs import Run, RunRow
from enforcement.domain.windows import Month
from enforcement.services import amounts
from enforcement.services.evaluation import (
    AT_RISK,
    MOST_DIFFERENCES,
    Basis,
    Candidate,
    Evaluation,
    candidates,
    evaluate,
)
from enforcement.services.work import Work

MET = ("open", "held", "excluded")


@dataclass(frozen=True)
class Judged:
    """One evaluation of one window: the basis, every qualifying duty's verdict, each row."""

    given: Basis
    evaluation: Evaluation
    candidates: dict[int, Candidate]
    rows: list[dict[str, Any]]
    differences: list[str]


def judge(session: Session, given: Basis, cap: int | None, area: str) -> Judged:
    """Evaluate, and give every duty of the span its row."""
    evaluation = evaluate(session, given.latest, given.policy, given.now)
    if evaluation.differences:
        return Judged(given, evaluation, {}, [], list(evaluation.differences))
    masks = {duty: evaluation.answers[duty][0] for duty in evaluation.qualifying}
    found, differences = candidates(session, given, masks)
    if differences:
        return Judged(given, evaluation, {}, [], differences[:MOST_DIFFERENCES])
    waiting = _left_out(session, found, cap, area)
    span = statements.Span(given.latest.number, given.policy, given.now)
    rows = [
        _row(duty, evaluation, found.get(duty), waiting.get(duty))
        for duty in statements.duties_owing(session, span)
    ]
    return Judged(given, evaluation, found, rows, [])


def _row(
    duty: int, evaluation: Evaluation, candidate: Candidate | None, left_out: str | None
) -> dict[str, Any]:
    mask, answer = evaluation.answers.get(duty, (0, 0))
    if candidate is None:
        outcome, reason = ("at_risk" if answer == AT_RISK else "below"), ""
    elif left_out is not None:
        outcome, reason = "held", left_out
    else:
        outcome, reason = candidate.outcome, candidate.reason
    return {"duty_id": duty, "mask": mask, "outcome": outcome, "reason": reason}


def _left_out(
    session: Session, found: dict[int, Candidate], cap: int | None, area: str
) -> dict[int, str]:
    """Duties that would open but lie outside the pilot area or beyond the cap, with the reason."""
    opening = [duty for duty, candidate in found.items() if candidate.outcome == "open"]
    left: dict[int, str] = {}
    if area:
        inside = _in_area(session, area)
        left = {duty: "outside_pilot" for duty in opening if duty not in inside}
    if cap is None:
        return left
    providers: dict[str, int] = defaultdict(int)
    for duty in opening:
        if duty not in left:
            providers[found[duty].standing.provider_id] += found[duty].mask.bit_count()
    ranked = sorted(providers, key=lambda one: (-providers[one], one))
    kept = set(ranked[:cap])
    for duty in opening:
        if duty not in left and found[duty].standing.provider_id not in kept:
            left[duty] = "over_cap"
    return left


def _in_area(session: Session, area: str) -> set[int]:
    """The duties of every provider with a location in the area: a case is never half a provider."""
    inside = select(Location.provider_id).where(
        func.lower(Location.local_authority) == area.casefold()
    )
    return set(session.scalars(select(Duty.id).where(Duty.provider_id.in_(inside))))


def counts(work: Work, found: Judged, area: str) -> dict[str, Any]:
    """The numbers of a preview: duties by outcome and reason, cases, money in pence."""
    outcomes = Counter(row["outcome"] for row in found.rows)
    held = Counter(row["reason"] for row in found.rows if row["outcome"] == "held")
    excluded = Counter(row["reason"] for row in found.rows if row["outcome"] == "excluded")
    opening = {row["duty_id"] for row in found.rows if row["outcome"] == "open"}
    providers = {found.candidates[duty].standing.provider_id for duty in opening}
    pence, unknown = _money(work, providers)
    return {
        "duties": len(found.rows),
        "qualify": sum(outcomes[name] for name in MET),
        "open": outcomes["open"],
        "held": dict(sorted(held.items())),
        "excluded": dict(sorted(excluded.items())),
        "at_risk": outcomes["at_risk"],
        "below": outcomes["below"],
        "cases": len(providers),
        "letters": len(providers),  # one notice of intent to each provider
        "pence": pence,
        "pence_unknown": unknown,
        "area": area,
        "agree": True,
        "since_last": _since_last(work.session, found),
        "tested": {str(duty): one.marks for duty, one in sorted(found.candidates.items())},
    }


def _money(work: Work, providers: set[str]) -> tuple[int, int]:
    """The estimated penalties in pence, and how many providers' cannot be worked out whole."""
    total = unknown = 0
    for some in _batches(sorted(providers)):
        for fee in amounts.estimates(work.session, some, work.today).values():
            total += fee.total_pence if fee else 0
            unknown += fee is None or not fee.complete
    return total, unknown


def _batches(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[start : start + 400] for start in range(0, len(ids), 400)]


def _since_last(session: Session, found: Judged) -> dict[str, Any] | None:
    """How the qualifying duties differ from the run before: newly in, no longer in, still in."""
    last = session.scalar(
        select(Run)
        .where(Run.state != "refused", Run.window_no <= found.given.latest.number)
        .order_by(Run.window_no.desc(), Run.id.desc())
        .limit(1)
    )
    if last is None:
        return None
    before = set(
        session.scalars(
            select(RunRow.duty_id).where(RunRow.run_id == last.id, RunRow.outcome.in_(MET))
        )
    )
    now = {row["duty_id"] for row in found.rows if row["outcome"] in MET}
    return {
        "run": last.id,
        "window": str(Month(last.window_no)),
        "new": len(now - before),
        "gone": len(before - now),
        "same": len(now & before),
    }
