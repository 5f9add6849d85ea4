"""Register drift: what the register says today, set beside what it said when the case opened.

The register's history is its dated changes, so that every difference is worked out again from
stored rows each time a gate asks; nobody has to remember to look. What a person answered to a
difference is kept with the case and in its history, and holds for that very difference only.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from enforcement.data.cases import Case, CaseMiss
from enforcement.data.notices import Notice
from enforcement.data.register import Duty, Location, Provider, RegisterChange
from enforcement.data.windows import WindowRow
from enforcement.domain.calendar import local_date
from enforcement.domain.drift import Change, Counted, Difference, Meaning, judge
from enforcement.domain.duties import Service
from enforcement.domain.names import search_name
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput
from enforcement.domain.windows import Month
from enforcement.services.work import Work

_SUBJECT = {"left_scope": "any adult social care"}
_BECAME = {"dormant": "dormant", "active": "no longer dormant"}


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
        "local_authority": place.local_authority,
    }


def differences(session: Session, case: Case) -> list[Difference]:
    """Every difference that concerns the case since it opened, those that stop it first."""
    counted = windows_counted(session, case)
    changes = [*changes_since(session, case), *_councils(session, case, counted)]
    return judge(changes, counted, _sent_to_old_address(session, case, changes))


def windows_counted(session: Session, case: Case) -> list[Counted]:
    """The windows the case counts, with the place and service of each."""
    rows = session.execute(
        select(Location.cqc_id, Duty.service, CaseMiss.window_no, WindowRow.closes_on)
        .join(Duty, Duty.id == CaseMiss.duty_id)
        .join(Location, Location.id == Duty.location_id)
        .join(WindowRow, WindowRow.number == CaseMiss.window_no)
        .where(CaseMiss.case_id == case.id)
        .order_by(CaseMiss.window_no, Location.cqc_id, Duty.service)
    )
    return [
        Counted(place, Service(service).title.lower(), Month(number).title, closes_on)
        for place, service, number, closes_on in rows
    ]


def changes_since(session: Session, case: Case) -> list[Change]:
    """The stored changes of the provider noticed since the case opened, oldest first."""
    rows = session.execute(
        select(RegisterChange, Location)
        .outerjoin(Location, Location.id == RegisterChange.location_id)
        .where(
            RegisterChange.provider_id == case.provider_id,
            RegisterChange.noticed_at > case.opened_at,
        )
        .order_by(RegisterChange.noticed_at, RegisterChange.id)
    ).all()
    owners = _owners(session, {row.after for row, _ in rows if row.kind == "successor"})
    return [_change(case, row, place, owners) for row, place in rows]


def _owners(session: Session, places: Collection[str | None]) -> dict[str, int]:
    """Whose each of these locations is, of those the register has."""
    if not places:
        return {}
    found = select(Location.cqc_id, Location.provider_id).where(Location.cqc_id.in_(places))
    return {place: owner for place, owner in session.execute(found)}


def _change(
    case: Case, row: RegisterChange, place: Location | None, owners: dict[str, int]
) -> Change:
    return Change(
        kind=row.kind,
        place=place.cqc_id if place else "",
        name=place.name if place else case.provider.name,
        before=_SUBJECT.get(row.kind, row.before),
        after=_BECAME.get(row.kind, row.after),
        effective_on=row.effective_on,
        noticed_on=local_date(row.noticed_at),
        same_person=row.kind == "successor" and owners.get(row.after or "") == case.provider_id,
    )


def _councils(session: Session, case: Case, counted: Sequence[Counted]) -> list[Change]:
    """Files name one council in several ways, so only another name altogether is a change."""
    known = (case.snapshot or {}).get("locations", {})
    places = {one.place for one in counted if known.get(one.place, {}).get("local_authority")}
    if not places:
        return []
    rows = session.scalars(select(Location).where(Location.cqc_id.in_(places)))
    return [
        Change(
            "council", p.cqc_id, p.name, was, p.local_authority, None, local_date(case.opened_at)
        )
        for p in rows
        if p.local_authority
        and not _same_council(was := known[p.cqc_id]["local_authority"], p.local_authority)
    ]


_COUNCIL_WORDS = {"council", "borough", "city", "county", "metropolitan", "london", "royal",
                  "district", "of", "and", "the"}  # fmt: skip


def _same_council(one: str, other: str) -> bool:
    first, second = (set(search_name(text).split()) - _COUNCIL_WORDS for text in (one, other))
    return first <= second or second <= first


def _sent_to_old_address(session: Session, case: Case, changes: Sequence[Change]) -> date | None:
    """When the notice of intent was posted to an address that the register has left since."""
    sent = session.execute(
        select(Notice.sent_at, Notice.recipient)
        .where(
            Notice.case_id == case.id,
            Notice.kind == "notice_of_intent",
            Notice.state.not_in(("withdrawn", "discarded")),
            Notice.method != "electronic",
            Notice.sent_at.is_not(None),
        )
        .order_by(Notice.sequence.desc())
    ).first()
    if sent is None or _written(sent.recipient) not in _left_addresses(changes):
        return None
    return local_date(sent.sent_at)


def _left_addresses(changes: Sequence[Change]) -> set[str]:
    return {
        search_name(one.before)
        for one in changes
        if one.kind == "moved" and not one.place and one.before
    }


def _written(recipient: dict[str, Any]) -> str:
    return search_name(" ".join([*recipient.get("address", ()), recipient.get("postcode") or ""]))


def answered(case: Case) -> dict[str, dict[str, Any]]:
    """What a person answered to each difference, by its key."""
    return {one["key"]: one for one in case.register_drift if isinstance(one, dict)}


def standing(session: Session, case: Case) -> list[Difference]:
    """The differences that stop the case: every block, and each warning nobody has answered."""
    known = answered(case)
    return [
        one
        for one in differences(session, case)
        if one.meaning is Meaning.BLOCK or (one.meaning is Meaning.WARN and one.key not in known)
    ]


def on_the_paper(session: Session, case: Case, notice: Notice | None) -> list[str]:
    """What a notice that has not gone yet says otherwise than the register of today.

    Its provider by name and company number, and its address where that was the register's. Asked
    of a notice in hand only: what was sent is not made to say anything else.
    """
    if notice is None or notice.state not in ("draft", "submitted", "approved"):
        return []
    said = notice.facts.get("provider") or {}
    now = {"name": case.provider.name, "company_number": case.provider.company_number}
    found = [
        f"it says {_said(key, said[key])}, the register {_said(key, value)}"
        for key, value in now.items()
        if key in said and said[key] != value
    ]
    moves = [
        one
        for one in changes_since(session, case)
        if one.noticed_on >= local_date(notice.drafted_at)
    ]
    today = _written({"address": case.provider.address, "postcode": case.provider.postcode})
    if _written(notice.recipient) in _left_addresses(moves) - {today}:
        found.append("it goes to the address that the register has left")
    return found


def _said(key: str, value: str | None) -> str:
    return f"{key.replace('_', ' ')} “{value}”" if value else f"no {key.replace('_', ' ')}"


def check_register(
    work: Work, case: Case, accepted: Collection[str] = (), reason: str = ""
) -> list[str]:
    """Record that somebody compared today's register with the case's (2012 Act s.277E).

    `accepted`: the keys of warnings the case may go on past, for the reason given. Returns the
    sentences that still stop it. Refuses BadInput (no reason; a difference that is not there any
    more, or that no reason lifts), NotAllowed.
    """
    work.require(Permission.DRAFT_NOTICE)
    found = {one.key: one for one in differences(work.session, case)}
    if accepted and not reason.strip():
        raise BadInput("Say why the case may go on.")
    for key in accepted:
        _refuse_answer(found.get(key))
    case.register_checked_on = work.today
    if accepted:
        kept = {**answered(case), **{key: _answer(work, found[key], reason) for key in accepted}}
        case.register_drift = list(kept.values())
    left = [one.sentence for one in standing(work.session, case)]
    work.record(
        f"case:{case.reference}",
        "register_checked",
        {"drift": left, "accepted": [found[key].sentence for key in accepted]},
        texts={"reason": reason.strip()} if accepted else None,
        permission=Permission.DRAFT_NOTICE,
    )
    work.session.flush()
    return left


def _refuse_answer(difference: Difference | None) -> None:
    if difference is None:
        raise BadInput("The register changed while you were looking. Look at it again.")
    if difference.meaning is not Meaning.WARN:
        raise BadInput(f"No reason lifts this: {difference.sentence}", rule=difference.effect.rule)


def _answer(work: Work, difference: Difference, reason: str) -> dict[str, Any]:
    return {
        "key": difference.key,
        "sentence": difference.sentence,
        "reason": reason.strip(),
        "by": work.actor.identity,
        "by_name": work.actor.name,
        "at": work.now.isoformat(),
    }


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
