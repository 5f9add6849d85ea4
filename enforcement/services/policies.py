"""Effective-dated policy rows: proposing, approving, and which one is in force on a day.

Everything the law leaves open is a row here with a citation and a second person's approval
(domain 12); code holds only the shape of each body.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from weakref import ref

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from enforcement.data.policies import KINDS, Policy
from enforcement.domain.calendar import DayOverride, WorkingCalendar
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, GateClosed, NotFound, SamePerson
from enforcement.domain.thresholds import ThresholdPolicy
from enforcement.domain.windows import Month, WindowOverride
from enforcement.services.work import Work


def propose(
    work: Work, kind: str, effective_from: date, body: dict[str, Any], citation: str
) -> Policy:
    """Put a policy row up for a second person's approval. Refuses BadInput, NotAllowed."""
    work.require(Permission.PROPOSE_POLICY)
    if kind not in KINDS:
        raise BadInput(f"There is no policy kind “{kind}”.")
    if not citation.strip():
        raise BadInput("A policy row needs a citation: where does it come from?")
    row = Policy(
        kind=kind,
        effective_from=effective_from,
        body=body,
        citation=citation.strip(),
        proposed_by=work.actor.identity,
        proposed_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    work.record(
        f"policy:{kind}",
        "policy_proposed",
        {
            "policy": row.id,
            "effective_from": effective_from.isoformat(),
            "citation": row.citation,
        },
        permission=Permission.PROPOSE_POLICY,
    )
    return row


def approve(work: Work, policy_id: int) -> Policy:
    """Approve a proposed row as a second person.

    Refuses SamePerson, NotFound, NotAllowed, and GateClosed while a check that was kept with the
    proposal failed.
    """
    work.require(Permission.APPROVE_POLICY)
    row = work.session.get(Policy, policy_id)
    if row is None or row.approved_by is not None:
        raise NotFound("There is no such policy row awaiting approval.")
    if row.proposed_by == work.actor.identity:
        raise SamePerson("Whoever proposed a policy row may not approve it.")
    shut = [check["title"] for check in row.body.get("checks", ()) if not check["ok"]]
    if shut:
        raise GateClosed(
            "Not every gate is open: " + "; ".join(shut) + ".",
            fix="Have it put right and proposed again.",
        )
    row.approved_by, row.approved_at = work.actor.identity, work.now
    work.record(
        f"policy:{row.kind}",
        "policy_approved",
        {
            "policy": row.id,
            "effective_from": row.effective_from.isoformat(),
            "citation": row.citation,
        },
        permission=Permission.APPROVE_POLICY,
    )
    return row


def in_force(session: Session, kind: str, day: date) -> Policy:
    """The approved row of a kind in force on a day; NotFound when none is."""
    begun = [row for row in approved(session, kind) if row.effective_from <= day]
    if not begun:
        raise NotFound(
            f"No approved “{kind}” policy is in force on {day}.",
            fix="Propose one in Settings and have it approved.",
        )
    return begun[-1]


def approved(session: Session, kind: str) -> list[Policy]:
    """Every approved row of a kind, oldest first. Read once in a transaction: many ask for them."""
    read = _read_in_this_transaction(session)
    if kind not in read:
        read[kind] = list(
            session.scalars(
                select(Policy)
                .where(Policy.kind == kind, Policy.approved_by.is_not(None))
                .order_by(Policy.effective_from, Policy.id)
            )
        )
    return list(read[kind])


_READ = "enforcement_policies"


def _read_in_this_transaction(session: Session) -> dict[str, list[Policy]]:
    """What this transaction has read so far; forgotten with it, and when a policy is written."""
    if any(isinstance(row, Policy) for row in (*session.new, *session.dirty)):
        session.flush()
    root = session.get_transaction()
    held = session.info.get(_READ)
    if held is None or root is None or held[0]() is not root:
        held = (lambda: None) if root is None else ref(root), {}
        session.info[_READ] = held
    found: dict[str, list[Policy]] = held[1]
    return found


@event.listens_for(Session, "after_soft_rollback")
def _forget_undone(session: Session, _ended: Any) -> None:
    session.info.pop(_READ, None)


@event.listens_for(Session, "after_flush")
def _forget_written(session: Session, _context: Any) -> None:
    if any(isinstance(row, Policy) for row in (*session.new, *session.dirty)):
        session.info.pop(_READ, None)


def threshold_on(session: Session, day: date) -> tuple[Policy, ThresholdPolicy]:
    """The threshold in force and the row to pin."""
    row = in_force(session, "threshold", day)
    return row, threshold_of(row)


def threshold_of(row: Policy) -> ThresholdPolicy:
    return ThresholdPolicy.from_json(
        {
            "version": f"threshold-{row.id}",
            "effective_from": row.effective_from.isoformat(),
            "citation": row.citation,
            **row.body,
        }
    )


def calendar(session: Session) -> WorkingCalendar:
    """The working-day calendar of England with every approved dated override."""
    return WorkingCalendar(
        [
            DayOverride(
                date.fromisoformat(row.body["day"]), bool(row.body["working"]), row.body["reason"]
            )
            for row in approved(session, "calendar_day")
        ]
    )


def calendar_of(overrides: list[dict[str, Any]]) -> WorkingCalendar:
    """The calendar a stored clock was counted under, from the overrides kept with it."""
    return WorkingCalendar(
        [
            DayOverride(date.fromisoformat(o["day"]), bool(o["working"]), o["reason"])
            for o in overrides
        ]
    )


def calendar_overrides(session: Session) -> list[dict[str, Any]]:
    """The approved overrides as they are kept beside each clock."""
    return [
        {"day": r.body["day"], "working": bool(r.body["working"]), "reason": r.body["reason"]}
        for r in approved(session, "calendar_day")
    ]


def window_override(session: Session, month: Month) -> WindowOverride | None:
    """The approved one-off override of a month's window, the latest if several."""
    found = None
    for row in approved(session, "window_override"):
        if row.body["month"] == str(month):
            found = WindowOverride(
                month=month,
                opens_on=_day(row.body.get("opens_on")),
                closes_on=_day(row.body.get("closes_on")),
                reason=row.body["reason"],
            )
    return found


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
