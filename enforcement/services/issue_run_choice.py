"""Which cases an issue run of notices of intent can be made from, and why others cannot yet.

The answer is for choosing: it reads a few rows for each case, in bulk. The gates of the one
transition table decide again when each notice is drafted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import contains_eager, defer

from enforcement.data.cases import Case, CaseMiss, Hold
from enforcement.data.issue_runs import IssueItem
from enforcement.data.register import (
    Contact,
    DualRegistration,
    Duty,
    Location,
    Provider,
    RegisterChange,
)
from enforcement.domain.cases import State
from enforcement.domain.giving import Method
from enforcement.domain.refusals import BadInput
from enforcement.services import drift, worklist
from enforcement.services.issue_runs import LIVE
from enforcement.services.recipients import proper_for
from enforcement.services.work import Work

PUBLIC = "The provider is a public body"
UNREVIEWED = "Nobody has recorded that the provider is not a public body"
GONE = "The provider is no longer registered"
DUAL = "Two providers are registered at a location, and it is not settled who is answerable"
CHANGED = "The register changed since the case opened, and nobody has looked into it"
HELD = "The case is on hold"
NO_AMOUNT = "The amount cannot be worked out: numbers are missing"
NO_ADDRESS = "The register has no complete postal address"
NO_EMAIL = "No email address is known that is proper for this provider"
NO_POST = "No postal address is known that is proper for this provider"
IN_A_RUN = "The case is in a run already"


@dataclass(frozen=True)
class Candidate:
    """A case at triage. `reason` says why no notice can be drafted; empty when it is ready."""

    case: Case
    reason: str

    @property
    def ready(self) -> bool:
        """Whether a run can take it now."""
        return not self.reason


def candidates(work: Work, filters: worklist.Filters, method: Method) -> list[Candidate]:
    """Every case at triage that the filters name, by reference, each with why it is not ready.

    Of the filters the stage is left aside. Three statements, whatever the number of cases, and a
    few for each case whose provider changed in the register since it opened. Refuses BadInput for
    a filter that nobody offers.
    """
    filters = worklist.located(work, filters)
    wanted = worklist.conditions(filters, work.actor, work.today)
    taken = exists().where(IssueItem.case_id == Case.id, IssueItem.state.in_(LIVE))
    held = exists().where(Hold.case_id == Case.id, Hold.ends_on.is_(None))
    found = work.session.execute(
        select(Case, taken, held, _dual(), _changed())
        .join(Case.provider)
        .where(Case.state == State.TRIAGE.value, *wanted)
        .options(contains_eager(Case.provider), defer(Case.why), defer(Case.snapshot))
        .order_by(Case.reference)
    ).all()
    contacts = _contacts(work, [row[0].provider_id for row in found])
    out = []
    for case, is_taken, is_held, is_dual, is_changed in found:
        stopped = is_changed and bool(drift.standing(work.session, case))
        reasons = {IN_A_RUN: is_taken, HELD: is_held, DUAL: is_dual, CHANGED: stopped}
        reason = next((words for words, so in reasons.items() if so), "")
        out.append(
            Candidate(case, reason or _why_not(work, case, contacts[case.provider_id], method))
        )
    return out


def _dual() -> ColumnElement[bool]:
    """Whether two providers are registered at a place of the case, not yet settled."""
    return exists().where(
        CaseMiss.case_id == Case.id,
        Duty.id == CaseMiss.duty_id,
        Location.id == Duty.location_id,
        and_(
            DualRegistration.settled_at.is_(None),
            or_(
                DualRegistration.location_cqc_id == Location.cqc_id,
                DualRegistration.linked_cqc_id == Location.cqc_id,
            ),
        ),
    )


def _changed() -> ColumnElement[bool]:
    """Whether the register says anything new of the case's provider since the case opened."""
    return exists().where(
        RegisterChange.provider_id == Case.provider_id, RegisterChange.noticed_at > Case.opened_at
    )


def _contacts(work: Work, providers: Sequence[int]) -> dict[int, list[Contact]]:
    by_provider: dict[int, list[Contact]] = defaultdict(list)
    at_once = 5_000  # an engine takes only so many values in one statement
    for start in range(0, len(providers), at_once):
        some = providers[start : start + at_once]
        query = select(Contact).where(Contact.provider_id.in_(some)).order_by(Contact.id)
        for contact in work.session.scalars(query):
            by_provider[contact.provider_id].append(contact)
    return by_provider


def _why_not(work: Work, case: Case, contacts: Sequence[Contact], method: Method) -> str:
    """The first thing of the case's own that stops a draft, in words; "" when nothing does."""
    provider: Provider = case.provider
    if provider.public_body is not False:
        return PUBLIC if provider.public_body else UNREVIEWED
    if provider.deregistered_on is not None and provider.deregistered_on <= work.today:
        return GONE
    if case.amount_pence is None and (case.amount_trace or {}).get("missing"):
        return NO_AMOUNT
    if not provider.address or not provider.postcode:
        return NO_ADDRESS
    try:
        if proper_for(provider, contacts, method) is None:
            return NO_EMAIL if method is Method.ELECTRONIC else NO_POST
    except BadInput as unknown:
        return unknown.sentence.rstrip(".")
    return ""
