"""The amount: CQC's fee for the provider's registration (SI 2022/1175 reg 3), in whole pence.

Our figure is worked out under the scheme in force on the day and stays an estimate until one
person entered CQC's own with its evidence and another read the same figure there. A confirmed
figure is never overwritten by a working that differs from it: the difference is flagged and closes
the gate until somebody has looked.
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
from enforcement.domain.refusals import BadInput, NoFeeScheme, SamePerson, WrongState, about
from enforcement.domain.words import pounds
from enforcement.services.cases import stream
from enforcement.services.evidence import examine
from enforcement.services.files import keep
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
        raise BadInput("Say why CQC’s figure stands although our working differs.", about="reason")
    trace |= {
        "acknowledged": [case.amount_pence, trace["total_pence"]],
        "acknowledged_why": reason.strip(),
        "acknowledged_by_name": work.actor.name,
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


def enter(
    work: Work, case: Case, pence: int, words: str, filename: str, content: bytes
) -> dict[str, Any]:
    """Enter CQC's own figure with the file it stands in, for a second person to check. Pence.

    Nothing moves before the check. A figure entered before and not checked is replaced. Refuses
    BadInput (no sum, no words, a file `evidence.examine` refuses), WrongState (a notice with its
    approver or out stands on the amount), NotAllowed.
    """
    work.require(Permission.CONFIRM_AMOUNT)
    _refuse_in(case, _OUT | _WITH_APPROVER)
    with about("pounds" if words.strip() else "evidence"):
        amount = Amount(pence, AmountStatus.CONFIRMED, words.strip())
    with about("file"):
        file = examine(filename, content, work.settings)
    entered: dict[str, Any] = {
        "pence": amount.pence,
        "evidence": amount.evidence,
        "file": keep(work, file.content, file.mime),
        "cleaned": keep(work, file.cleaned, file.mime) if file.cleaned else None,
        "name": file.name,
        "by": work.actor.identity,
        "by_name": work.actor.name,
        "at": work.now.isoformat(),
    }
    case.amount_trace = {**(case.amount_trace or {}), "entered": entered}
    work.record(
        stream(case),
        "amount_entered",
        {"pence": amount.pence, "evidence": amount.evidence, "evidence_sha256": entered["file"]},
        permission=Permission.CONFIRM_AMOUNT,
    )
    work.session.flush()
    return entered


def waiting(case: Case) -> dict[str, Any] | None:
    """The figure of CQC that waits for a second person's check, or None."""
    found: dict[str, Any] | None = (case.amount_trace or {}).get("entered")
    return found


def confirm(work: Work, case: Case, pence: int) -> None:
    """A second person reads the same figure in the evidence: it becomes the amount. Pence.

    Refuses WrongState (nothing waits; a notice stands on the amount), SamePerson, BadInput when
    the two did not read the same, NotAllowed.
    """
    work.require(Permission.CONFIRM_AMOUNT)
    _refuse_in(case, _OUT | _WITH_APPROVER)
    entered = _refuse_own(work, case)
    if pence != entered["pence"]:
        raise BadInput(
            f"You read {pounds(pence)}; {entered['by_name']} entered {pounds(entered['pence'])}.",
            fix="Look at the file again. If what was entered is wrong, turn it down.",
            about="read",
        )
    case.amount_pence, case.amount_status = pence, AmountStatus.CONFIRMED.value
    trace = {key: value for key, value in (case.amount_trace or {}).items() if key != "entered"}
    # The figure is new, so the working must be set against it again before any notice.
    case.amount_trace = trace | {
        "evidence": entered["evidence"],
        "evidence_file": entered["file"],
        "evidence_cleaned": entered.get("cleaned"),
        "evidence_name": entered["name"],
        "entered_by_name": entered["by_name"],
        "checked_by_name": work.actor.name,
        "checked_at": work.now.isoformat(),
        "recomputed_on": None,
        "difference": None,
    }
    work.record(
        stream(case),
        "amount_confirmed",
        {
            "pence": pence,
            "evidence": entered["evidence"],
            "evidence_sha256": entered["file"],
            "entered_by": entered["by"],
        },
        permission=Permission.CONFIRM_AMOUNT,
    )
    work.session.flush()


def turn_down(work: Work, case: Case, reason: str) -> None:
    """The figure that waits is not what the evidence says, or was entered in error.

    Whoever entered it may take it back as well. Refuses BadInput without words, WrongState when
    nothing waits, NotAllowed.
    """
    work.require(Permission.CONFIRM_AMOUNT)
    entered = waiting(case)
    if entered is None:
        raise WrongState("No figure waits to be checked.")
    if not reason.strip():
        raise BadInput("Say what is wrong with the figure.", about="wrong")
    trace = dict(case.amount_trace or {})
    del trace["entered"]
    case.amount_trace = trace
    work.record(
        stream(case),
        "amount_turned_down",
        {"pence": entered["pence"], "entered_by": entered["by"]},
        texts={"reason": reason.strip()},
        permission=Permission.CONFIRM_AMOUNT,
    )
    work.session.flush()


def _refuse_own(work: Work, case: Case) -> dict[str, Any]:
    entered = waiting(case)
    if entered is None:
        raise WrongState("No figure waits to be checked.", fix="Enter CQC’s figure first.")
    if entered["by"] == work.actor.identity:
        raise SamePerson(
            f"{work.actor.name} entered this figure, so may not check it.",
            rule="Separation of duties",
            fix="Ask a colleague to read the figure in the evidence.",
        )
    return entered


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
