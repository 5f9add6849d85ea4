"""What the register says now, set beside what it said when the case opened."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from enforcement.data.cases import Case
from enforcement.data.register import Location, Provider
from enforcement.domain.permissions import Permission
from enforcement.services.work import Work


def snapshot(provider: Provider) -> dict[str, Any]:
    """The provider and its locations as plain values, kept with the case when it opens."""
    return {
        "provider": _provider(provider),
        "locations": {place.cqc_id: _location(place) for place in provider.locations},
    }


def _provider(p: Provider) -> dict[str, Any]:
    return {
        "name": p.name,
        "ownership_type": p.ownership_type,
        "company_number": p.company_number,
        "address": list(p.address),
        "postcode": p.postcode,
        "deregistered_on": p.deregistered_on.isoformat() if p.deregistered_on else None,
    }


def _location(place: Location) -> dict[str, Any]:
    return {
        "name": place.name,
        "services": sorted(d.service for d in place.duties),
        "deregistered_on": place.deregistered_on.isoformat() if place.deregistered_on else None,
    }


WORDS = {
    "name": "the provider’s name",
    "ownership_type": "the kind of legal person",
    "company_number": "the company number",
    "address": "the provider’s address",
    "postcode": "the provider’s postcode",
    "deregistered_on": "the provider’s registration",
}


def differences(case: Case) -> list[str]:
    """Every difference that matters to the case, in plain words; empty when there is none."""
    then, now = case.snapshot, snapshot(case.provider)
    found = [
        f"{WORDS[key]} was “{_shown(then['provider'].get(key))}”, is “{_shown(value)}”"
        for key, value in now["provider"].items()
        if then["provider"].get(key) != value
    ]
    for cqc_id in sorted({m.duty.location.cqc_id for m in case.misses}):
        before, after = then["locations"].get(cqc_id), now["locations"].get(cqc_id)
        if after is None:
            found.append(f"location {cqc_id} now belongs to another provider")
        elif before is not None and before["deregistered_on"] != after["deregistered_on"]:
            found.append(f"{after['name']} ({cqc_id}) left the register {after['deregistered_on']}")
    return found


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return str(value) if value else "none"


def check_register(work: Work, case: Case, accepted: tuple[str, ...] = ()) -> list[str]:
    """Compare today's register with the case's; records the check. Needs drafting rights.

    `accepted` are differences a person has read and accepted; only the others block.
    """
    work.require(Permission.DRAFT_NOTICE)
    found = [d for d in differences(case) if d not in accepted]
    case.register_checked_on = work.today
    case.register_drift = found
    work.record(
        f"case:{case.reference}",
        "register_checked",
        {"drift": found, "accepted": list(accepted)},
        permission=Permission.DRAFT_NOTICE,
    )
    work.session.flush()
    return found


def cases_touched(work: Work, provider_ids: set[int]) -> list[Case]:
    """The live cases of these providers, for the register-changes page."""
    if not provider_ids:
        return []
    return list(
        work.session.scalars(
            select(Case)
            .where(Case.provider_id.in_(provider_ids), Case.state != "closed")
            .order_by(Case.reference)
        )
    )
