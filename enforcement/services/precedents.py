"""Similar past decisions, shown beside a case while it is decided. Never a score, never advice.

Similar means: a reply gave one of the same reasons (or neither case had a reply), and the case
touched about as many places. Of another provider nothing is shown but the case's reference, the
kinds of reasons and evidence, and the finding with names taken out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from enforcement.data.cases import Case, CaseMiss
from enforcement.data.decisions import Decision
from enforcement.data.register import Duty, Location
from enforcement.data.replies import Reply, ReplyFile, ReplyPoint
from enforcement.domain.precedents import Band, band, differs_from_all

SHOWN = 6
LOOKED_AT = 500  # the latest decisions that are compared


@dataclass(frozen=True)
class Precedent:
    """One similar decision as it may be shown."""

    reference: str
    decided_on: date
    outcome: str
    reasons_given: tuple[str, ...]
    evidence: tuple[str, ...]
    band: Band
    finding: str


@dataclass(frozen=True)
class Similar:
    """The similar decisions: how many went which way, and the latest of them."""

    imposed: int
    spared: int
    latest: tuple[Precedent, ...]

    def unlike(self, outcome: str) -> bool:
        """Whether an outcome differs from every similar decision (there being enough)."""
        return differs_from_all(outcome, self.imposed, self.spared)


def similar(session: Session, case: Case) -> Similar:
    """The decisions like this case's, latest first. Reads only."""
    reasons = _reasons(session, [case.id])[case.id]
    size = band(_places(session, [case.id])[case.id])
    past = _past(session, case)
    ids = [decision.case_id for decision, _ in past]
    told, places = _reasons(session, ids), _places(session, ids)
    alike = [
        (decision, reference)
        for decision, reference in past
        if (told[decision.case_id] & reasons or not (told[decision.case_id] or reasons))
        and band(places[decision.case_id]) is size
    ]
    outcomes = [decision.outcome for decision, _ in alike]
    evidence = _evidence(session, [decision.case_id for decision, _ in alike[:SHOWN]])
    return Similar(
        outcomes.count("impose"),
        outcomes.count("no_penalty"),
        tuple(
            Precedent(
                reference,
                decision.decided_on or date.min,
                decision.outcome or "",
                tuple(sorted(told[decision.case_id])),
                tuple(sorted(evidence[decision.case_id])),
                size,
                _without_names(session, decision),
            )
            for decision, reference in alike[:SHOWN]
        ),
    )


def _past(session: Session, case: Case) -> list[tuple[Decision, str]]:
    rows = session.execute(
        select(Decision, Case.reference)
        .join(Case, Case.id == Decision.case_id)
        .where(
            Decision.outcome.is_not(None),
            Decision.superseded.is_(False),
            Decision.case_id != case.id,
        )
        .order_by(Decision.decided_at.desc(), Decision.id.desc())
        .limit(LOOKED_AT)
    )
    return [(decision, reference) for decision, reference in rows]


def _reasons(session: Session, ids: Iterable[int]) -> dict[int, set[str]]:
    rows = session.execute(
        select(Reply.case_id, ReplyPoint.reason)
        .join(ReplyPoint, ReplyPoint.reply_id == Reply.id)
        .where(Reply.case_id.in_(list(ids)))
        .distinct()
    )
    return _grouped((case, reason) for case, reason in rows)


def _evidence(session: Session, ids: Iterable[int]) -> dict[int, set[str]]:
    rows = session.execute(
        select(Reply.case_id, ReplyFile.kind)
        .join(ReplyFile, ReplyFile.reply_id == Reply.id)
        .where(Reply.case_id.in_(list(ids)))
        .distinct()
    )
    return _grouped((case, kind) for case, kind in rows)


def _grouped(pairs: Iterable[tuple[int, str]]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    for case, value in pairs:
        found[case].add(value)
    return found


def _places(session: Session, ids: Iterable[int]) -> dict[int, int]:
    rows = session.execute(
        select(CaseMiss.case_id, func.count(Duty.location_id.distinct()))
        .join(Duty, Duty.id == CaseMiss.duty_id)
        .where(CaseMiss.case_id.in_(list(ids)))
        .group_by(CaseMiss.case_id)
    )
    return defaultdict(int, ((case, number) for case, number in rows))


def _without_names(session: Session, decision: Decision) -> str:
    """The reasons with the provider's and its locations' names taken out."""
    case = session.get_one(Case, decision.case_id)
    places = session.scalars(
        select(Location.name)
        .join(Duty, Duty.location_id == Location.id)
        .join(CaseMiss, CaseMiss.duty_id == Duty.id)
        .where(CaseMiss.case_id == case.id)
        .distinct()
    )
    text = decision.reasons
    for name in sorted({case.provider.name, *places}, key=len, reverse=True):
        text = text.replace(name, "[name]") if name else text
    return text
