"""What only a person may find: a public body, who answers for a place, that a place is there."""

from __future__ import annotations

from sqlalchemy import select

from enforcement.data.register import (
    DualRegistration,
    Location,
    Provider,
    PublicBodyReview,
    RegisterChange,
)
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, NotFound, WrongState
from enforcement.services.register_changes import vanished
from enforcement.services.work import Work, changed_meanwhile

RULE = "2012 Act s.277E(1) and s.250(7); SI 2022/1175 reg 2"


def review(
    work: Work,
    provider: Provider,
    public_body: bool,
    evidence: str,
    functions: str = "",
    version: int | None = None,
) -> PublicBodyReview:
    """Record a person's finding, with evidence, on whether the provider is a public body.

    Every finding is kept; the latest stands. `functions`: the public functions, where only part
    of what the provider does is of a public nature. Refuses BadInput without evidence,
    StaleVersion, NotAllowed.
    """
    work.require(Permission.REVIEW_PUBLIC_BODY)
    if version is not None and provider.version != version:
        raise changed_meanwhile()
    if not evidence.strip():
        raise BadInput("Say what the finding rests on.", rule=RULE, about="evidence")
    row = PublicBodyReview(
        provider_id=provider.id,
        public_body=public_body,
        functions=functions.strip(),
        evidence=evidence.strip(),
        reviewed_by=work.actor.identity,
        reviewed_at=work.now,
    )
    work.session.add(row)
    provider.public_body, provider.review_raised = public_body, None
    work.session.flush()
    work.record(
        f"provider:{provider.cqc_id}",
        "public_body_reviewed",
        {
            "provider": provider.cqc_id,
            "review": row.id,
            "public_body": public_body,
            "evidence": row.evidence,
            "functions": row.functions,
        },
        permission=Permission.REVIEW_PUBLIC_BODY,
    )
    return row


def settle(
    work: Work, pair_id: int, answerable: str, reason: str, version: int | None = None
) -> DualRegistration:
    """Say which of two registrations at one place answers for it, with the reason.

    `answerable` is the CQC id of one of the two locations. Refuses NotFound, BadInput,
    WrongState (settled already that way), StaleVersion, NotAllowed.
    """
    work.require(Permission.REVIEW_PUBLIC_BODY)
    pair = work.session.get(DualRegistration, pair_id)
    if pair is None:
        raise NotFound("There is no such dual registration.")
    if version is not None and pair.version != version:
        raise changed_meanwhile()
    if answerable not in (pair.location_cqc_id, pair.linked_cqc_id):
        raise BadInput("Choose which of the two registrations answers.", about="answerable")
    if not reason.strip():
        raise BadInput("Say why that provider answers for the place.", about="reason")
    if pair.answerable_cqc_id == answerable and pair.settled_at is not None:
        raise WrongState("The dual registration is already settled that way.")
    pair.answerable_cqc_id = answerable
    pair.settled_by, pair.settled_at = work.actor.identity, work.now
    pair.settled_reason = reason.strip()
    work.session.flush()
    work.record(
        "register",
        "dual_registration_settled",
        {
            "location": pair.location_cqc_id,
            "linked": pair.linked_cqc_id,
            "answerable": answerable,
            "reason": pair.settled_reason,
        },
        permission=Permission.REVIEW_PUBLIC_BODY,
    )
    return pair


def still_there(work: Work, location: Location, evidence: str) -> RegisterChange:
    """Record that a location which a full register file left out is still registered.

    Lifts the hold on opening a case over it; a file that ends it with a date still ends it.
    Refuses WrongState when no file left it out, BadInput without evidence, NotAllowed.
    """
    work.require(Permission.REVIEW_PUBLIC_BODY)
    if location.id not in vanished(work.session):
        raise WrongState("No register file has left this location out.")
    if not evidence.strip():
        raise BadInput("Say where you looked and what you found.", about="evidence")
    absence = work.session.scalars(
        select(RegisterChange)
        .where(RegisterChange.location_id == location.id, RegisterChange.kind == "vanished")
        .order_by(RegisterChange.id.desc())
        .limit(1)
    ).one()
    row = RegisterChange(
        file_id=absence.file_id,
        provider_id=location.provider_id,
        location_id=location.id,
        kind="returned",
        before=None,
        after=evidence.strip(),
        noticed_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    work.record(
        f"provider:{location.provider.cqc_id}",
        "presence_recorded",
        {"location": location.cqc_id, "evidence": row.after or ""},
        permission=Permission.REVIEW_PUBLIC_BODY,
    )
    return row
