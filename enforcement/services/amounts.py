"""The amount: CQC's fee for the provider's registration (SI 2022/1175 reg 3), in whole pence.

Our figure is worked out under the scheme in force on the day and stays an estimate until an
officer records CQC's own, with evidence. A confirmed figure is never overwritten by a working
that differs from it: the difference is flagged and closes the gate until somebody has looked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from enforcement.data.cases import Case
from enforcement.data.register import Duty, Location, Provider
from enforcement.domain.cases import State
from enforcement.domain.duties import Service
from enforcement.domain.fees import (
    AMOUNT_RULE,
    Amount,
    AmountStatus,
    FeeEstimate,
    FeeScheme,
    LocationBasis,
    difference_in_words,
    provider_fee,
    scheme_on,
)
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, NoFeeScheme, WrongState
from enforcement.services.cases import stream
from enforcement.services.policies import approved
from enforcement.services.work import Work


def estimate(session: Session, provider: Provider, day: date) -> FeeEstimate:
    """Our working of the provider's fee on `day`, over every location registered then. Pence.

    Refuses NoFeeScheme when no approved scheme is in force, BadInput when nothing is registered.
    """
    bases = _bases(session, Duty.provider_id == provider.id, day)
    return provider_fee(bases.get(provider.id, []), _scheme(session, day))


def estimates(
    session: Session, providers: Collection[str], day: date
) -> dict[str, FeeEstimate | None]:
    """`estimate` for many providers (CQC ids) in three statements; None where nothing can be.

    Pence. Refuses nothing: a preview counts what it cannot work out.
    """
    try:
        scheme = _scheme(session, day)
    except NoFeeScheme:
        return dict.fromkeys(providers)
    whose = select(Provider.id, Provider.cqc_id).where(Provider.cqc_id.in_(providers))
    ids = {number: cqc_id for number, cqc_id in session.execute(whose)}
    bases = _bases(session, Duty.provider_id.in_(ids), day)
    return {cqc_id: _fee_or_none(bases.get(number, []), scheme) for number, cqc_id in ids.items()}


def _fee_or_none(bases: list[LocationBasis], scheme: FeeScheme) -> FeeEstimate | None:
    try:
        return provider_fee(bases, scheme)
    except (NoFeeScheme, BadInput):
        return None


def _scheme(session: Session, day: date) -> FeeScheme:
    schemes = [FeeScheme.from_json(row.body) for row in approved(session, "fee_scheme")]
    return scheme_on(schemes, day)


def _bases(
    session: Session, whose: ColumnElement[bool], day: date
) -> dict[int, list[LocationBasis]]:
    """What a fee is worked out from, by provider: every location owing a service on `day`."""
    rows = session.execute(
        select(
            Duty.provider_id, Duty.service, Location.cqc_id, Location.name, Location.beds,
            Location.users,
        )
        .join(Location, Location.id == Duty.location_id)
        .where(
            whose,
            Duty.owed_to.is_(None) | (Duty.owed_to >= day),
            Location.deregistered_on.is_(None) | (Location.deregistered_on > day),
        )
        .order_by(Duty.provider_id, Location.id)
    )  # fmt: skip
    services: dict[tuple[int, Any], set[Service]] = defaultdict(set)
    for provider_id, service, *place in rows:
        services[provider_id, tuple(place)].add(Service(service))
    found: dict[int, list[LocationBasis]] = defaultdict(list)
    for (provider_id, (cqc_id, name, beds, users)), given in services.items():
        found[provider_id].append(LocationBasis(cqc_id, name, frozenset(given), beds, users))
    return found


def recompute(work: Work, case: Case) -> FeeEstimate:
    """Work the amount out again under the scheme in force today (reg 3) and store the working.

    Without CQC's figure ours becomes the amount. A confirmed figure stays; when the working
    differs from it, the day is not marked as recomputed until `acknowledge`. Refuses
    NotAllowed, WrongState (a final notice is out), NoFeeScheme, BadInput.
    """
    work.require(Permission.CONFIRM_AMOUNT)
    _refuse_in(case, _FIXED_WORKING)
    found = estimate(work.session, case.provider, work.today)
    if found.complete and found.total_pence <= 0:
        raise NoFeeScheme("The working gives no fee: the scheme in force has nothing to charge.")
    trace = dict(case.amount_trace or {})
    was = (case.amount_pence, dict(trace))
    trace |= found.as_json() | {"complete": found.complete}
    if case.amount_status == AmountStatus.ESTIMATE:
        case.amount_pence = found.total_pence if found.complete else None
    trace["difference"] = _difference(case, found, trace)
    trace["recomputed_on"] = None if trace["difference"] else work.today.isoformat()
    if (case.amount_pence, trace) == was:
        return found
    case.amount_trace = trace
    work.record(
        stream(case),
        "amount_recomputed",
        {
            "pence": found.total_pence if found.complete else None,
            "scheme": found.scheme_version,
            "missing": list(found.missing),
            "difference": trace["difference"],
        },
        permission=Permission.CONFIRM_AMOUNT,
    )
    work.session.flush()
    return found


def _difference(case: Case, found: FeeEstimate, trace: dict[str, Any]) -> str | None:
    """What a person must acknowledge: a working that differs from CQC's confirmed figure."""
    if case.amount_status != AmountStatus.CONFIRMED or case.amount_pence is None:
        return None
    if not found.complete or found.total_pence == case.amount_pence:
        return None
    if trace.get("acknowledged") == [case.amount_pence, found.total_pence]:
        return None
    ours = Amount(found.total_pence, AmountStatus.ESTIMATE, "")
    theirs = Amount(case.amount_pence, AmountStatus.CONFIRMED, trace["evidence"])
    return difference_in_words(ours, theirs)


def acknowledge(work: Work, case: Case, reason: str) -> None:
    """Accept that CQC's confirmed figure differs from our working, saying why it stands.

    Refuses BadInput without words, WrongState when nothing differs, NotAllowed.
    """
    work.require(Permission.CONFIRM_AMOUNT)
    trace = dict(case.amount_trace or {})
    if not trace.get("difference"):
        raise WrongState("There is no difference in the amount to acknowledge.")
    if not reason.strip():
        raise BadInput("Say why CQC’s figure stands although our working differs.")
    trace |= {
        "acknowledged": [case.amount_pence, trace["total_pence"]],
        "difference": None,
        "recomputed_on": work.today.isoformat(),
    }
    case.amount_trace = trace
    work.record(
        stream(case),
        "amount_recomputed",
        {
            "pence": trace["total_pence"],
            "scheme": trace["scheme_version"],
            "acknowledged": reason.strip(),
        },
        permission=Permission.CONFIRM_AMOUNT,
    )
    work.session.flush()


def confirm(work: Work, case: Case, pence: int, evidence: str) -> None:
    """Record CQC's own figure with where it stands. Pence.

    Refuses BadInput (no sum, no evidence), WrongState (a final notice is out), NotAllowed.
    """
    work.require(Permission.CONFIRM_AMOUNT)
    _refuse_in(case, _OUT | _WITH_APPROVER)
    amount = Amount(pence, AmountStatus.CONFIRMED, evidence.strip())
    trace = dict(case.amount_trace or {})
    if (case.amount_pence, case.amount_status, trace.get("evidence")) == (
        amount.pence,
        amount.status,
        amount.evidence,
    ):
        return
    case.amount_pence, case.amount_status = amount.pence, amount.status.value
    # The figure is new, so the working must be set against it again before any notice.
    trace |= {"evidence": amount.evidence, "recomputed_on": None, "difference": None}
    case.amount_trace = trace
    work.record(
        stream(case),
        "amount_confirmed",
        {"pence": amount.pence, "evidence": amount.evidence},
        permission=Permission.CONFIRM_AMOUNT,
    )
    work.session.flush()


_OUT = frozenset(
    {
        State.FINAL_ISSUED,
        State.PAYMENT,
        State.APPEALED,
        State.RECOVERY,
        State.COUNTY_COURT,
        State.WITHDRAWN,
        State.CLOSED,
    }
)
_WITH_APPROVER = frozenset(
    {State.INTENT_REVIEW, State.INTENT_APPROVED, State.FINAL_REVIEW, State.FINAL_APPROVED}
)
# A working may be made again while the final notice is with its approver: the gate asks for one
# of the same day, and CQC's confirmed figure does not move by it.
_FIXED_WORKING = _OUT | {State.INTENT_REVIEW, State.INTENT_APPROVED}


def _refuse_in(case: Case, states: frozenset[State]) -> None:
    """A figure that stands on a submitted or given notice may not move under it."""
    if State(case.state) in states:
        raise WrongState(
            "The amount stands on a notice that is with the approver or out.",
            rule=AMOUNT_RULE,
            fix="Have the notice returned or withdrawn first.",
        )
