"""What a notice says of the misses: the table, and why together they make a case."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from sqlalchemy.orm import Session

from enforcement.data.cases import Case, CaseMiss
from enforcement.data.policies import Policy
from enforcement.data.windows import WindowRow
from enforcement.domain.duties import Service
from enforcement.domain.refusals import BadInput
from enforcement.domain.thresholds import ThresholdPolicy
from enforcement.domain.windows import Month
from enforcement.rendering import facts as paper
from enforcement.services.breaches import standing
from enforcement.services.policies import threshold_of

_NUMBERS = ("", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten",
            "Eleven", "Twelve")  # fmt: skip


def _standing(session: Session, case: Case) -> list[CaseMiss]:
    misses = [miss for found in standing(session, case).values() for miss in found]
    return sorted(misses, key=lambda m: (m.duty.location.cqc_id, m.duty.service, m.window_no))


def miss_facts(session: Session, misses: Iterable[CaseMiss]) -> tuple[paper.MissFacts, ...]:
    """Each missed window as the table prints it. Refuses BadInput for a window not on record."""
    found = []
    for miss in misses:
        window = session.get(WindowRow, miss.window_no)
        if window is None:
            raise BadInput(f"The window of {Month(miss.window_no).title} is not on record.")
        found.append(
            paper.MissFacts(
                location_name=miss.duty.location.name,
                location_id=miss.duty.location.cqc_id,
                service=Service(miss.duty.service).title,
                window=Month(miss.window_no).title,
                opens=window.opens_on,
                closes=window.closes_on,
                result="Return made after the window closed"
                if miss.evidence.get("outcome") == "late"
                else "No return made",
            )
        )
    return tuple(found)


def breach_facts(session: Session, case: Case) -> dict[str, Any]:
    """The misses that still stand, and why together they make a case, as the notices print them.

    Refuses BadInput when none stands any more.
    """
    misses = _standing(session, case)
    row = session.get(Policy, case.policy_id)
    if row is None:
        raise BadInput("The threshold that this case was opened under is not on record.")
    return {
        "misses": miss_facts(session, misses),
        "threshold_sentence": _threshold_sentence(misses, threshold_of(row)),
        "threshold_citation": row.citation.rstrip("."),
    }


def _threshold_sentence(misses: list[CaseMiss], policy: ThresholdPolicy) -> str:
    ways = []
    for _, group in groupby(misses, key=lambda miss: miss.duty_id):
        months = [miss.window_no for miss in group]
        ways.append((_longest_run(months), len(months)))
    if not ways:
        raise BadInput("None of the counted misses stands any more.")
    run, count = max(ways)
    if run >= policy.consecutive:
        words = f"{_number(run)} returns in a row were missed for the same location and service"
    else:
        count = max(total for _, total in ways)
        words = (
            f"{_number(count)} returns in {policy.span} months were missed for the same location "
            "and service"
        )
    return f"{words}, which is when we consider a penalty."


def _number(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)


def _longest_run(months: list[int]) -> int:
    longest = run = 0
    before: int | None = None
    for month in sorted(months):
        run = run + 1 if before is not None and month == before + 1 else 1
        longest, before = max(longest, run), month
    return longest
