"""Approving an issue run: every item glanced at, the sample checked in full, one hash signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session

from enforcement.data.bulk import insert_rows
from enforcement.data.issue_runs import IssueItem, IssueLook, IssueRun
from enforcement.data.notices import Notice
from enforcement.domain.permissions import Actor, Permission
from enforcement.domain.refusals import BadInput, GateClosed, SamePerson, SealBroken, WrongState
from enforcement.services.issue_runs import Start, acting, stream, sweep_will_find
from enforcement.services.work import Work

GLANCE, FULL = "glance", "full"
_RULE = "Approval of many notices at once: each glanced at, a random sample checked in full"


@dataclass(frozen=True)
class Looked:
    """How far one person has come: of what is left, how much was glanced at and fully checked."""

    items: int
    glanced: int
    sampled: int
    checked: int

    @property
    def enough(self) -> bool:
        """Whether this person has looked at all that an approval needs."""
        return self.glanced == self.items and self.checked == self.sampled


def looked(work: Work, run: IssueRun, seen: Mapping[int, str], how: str) -> int:
    """Record that the approver looked at these items: position → SHA-256 of the PDF shown.

    `how`: "glance" or "full". Looking twice is recorded once. Returns how many are new. Refuses
    NotAllowed, SamePerson (the run's maker), WrongState, SealBroken (not the document as it is).
    """
    work.require(Permission.APPROVE_NOTICE)
    refuse_maker(run, work.actor)
    if how not in (GLANCE, FULL):
        raise BadInput("A notice is glanced at or checked in full.")
    if run.state not in ("frozen", "paused") or run.manifest_sha256 is None:
        raise WrongState(f"{run.reference} does not wait for approval.")
    rows = {
        position: (item_id, pdf)
        for position, item_id, pdf in work.session.execute(
            select(IssueItem.position, IssueItem.id, Notice.pdf_sha256)
            .join(Notice, Notice.id == IssueItem.notice_id)
            .where(
                IssueItem.run_id == run.id,
                IssueItem.state.in_(("drafted", "held")),
                IssueItem.position.in_(seen),
            )
        )
    }
    for position, pdf in seen.items():
        if position not in rows:
            raise WrongState(f"Item {position} of {run.reference} is not up for approval.")
        if rows[position][1] != pdf:
            raise SealBroken("The document is not the one you were shown. Look at it again.")
    fresh = _not_yet(work, {rows[position][0]: pdf for position, pdf in seen.items()}, how)
    _keep(work, run, fresh, how, sorted(p for p in seen if rows[p][0] in fresh))
    return len(fresh)


def refuse_maker(run: IssueRun, actor: Actor) -> None:
    """Refuse SamePerson: whoever made a run never approves it."""
    if actor.identity in (run.created_by, run.frozen_by):
        raise SamePerson(
            f"{actor.name} made {run.reference}, so may not approve it.",
            rule="Separation of duties",
            fix="Ask a colleague who has taken no other part in it.",
        )


def _not_yet(work: Work, wanted: Mapping[int, str], how: str) -> dict[int, str]:
    rows = work.session.execute(
        select(IssueLook.item_id, IssueLook.pdf_sha256).where(
            IssueLook.person == work.actor.identity,
            IssueLook.how == how,
            IssueLook.item_id.in_(wanted),
        )
    )
    there = {(item, pdf) for item, pdf in rows}
    return {item: pdf for item, pdf in wanted.items() if (item, pdf) not in there}


def _keep(
    work: Work, run: IssueRun, fresh: Mapping[int, str], how: str, positions: list[int]
) -> None:
    if not fresh:
        return
    shared = {
        "person": work.actor.identity,
        "person_name": work.actor.name,
        "at": work.now,
        "how": how,
    }
    insert_rows(
        work.session,
        IssueLook,
        [{"item_id": item, "pdf_sha256": pdf, **shared} for item, pdf in fresh.items()],
    )
    work.record(
        stream(run),
        "issue_items_looked",
        {"run": run.reference, "how": how, "items": positions},
        permission=Permission.APPROVE_NOTICE,
    )


def progress_of(session: Session, run: IssueRun, person: str) -> Looked:
    """How far this person (an identity) has come in looking, over what is left to be issued."""
    left = _up_for_approval(run)
    sampled = (*left, IssueItem.sampled.is_(True))
    return Looked(
        items=_count(session, *left),
        glanced=_count(session, *left, _look_of(person, GLANCE, FULL)),
        sampled=_count(session, *sampled),
        checked=_count(session, *sampled, _look_of(person, FULL)),
    )


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(IssueItem).where(*conditions)) or 0


def not_looked(
    session: Session, run: IssueRun, person: str, how: str, most: int = 50
) -> list[IssueItem]:
    """The first items that this person has still to glance at, or (sampled ones) check in full."""
    kinds = (GLANCE, FULL) if how == GLANCE else (FULL,)
    query = select(IssueItem).where(*_up_for_approval(run), ~_look_of(person, *kinds))
    if how == FULL:
        query = query.where(IssueItem.sampled.is_(True))
    return list(session.scalars(query.order_by(IssueItem.position).limit(most)))


def _up_for_approval(run: IssueRun) -> tuple[ColumnElement[bool], ...]:
    return (IssueItem.run_id == run.id, IssueItem.state.in_(("drafted", "held")))


def _look_of(person: str, *kinds: str) -> ColumnElement[bool]:
    """A look at the very document the item has now."""
    return exists().where(
        IssueLook.item_id == IssueItem.id,
        IssueLook.person == person,
        IssueLook.how.in_(kinds),
        and_(Notice.id == IssueItem.notice_id, Notice.pdf_sha256 == IssueLook.pdf_sha256),
    )


def refuse_approval(work: Work, run: IssueRun) -> None:
    """Why this person may not approve this run now: raises the refusal, or nothing.

    A run whose approver may no longer act is approved anew, by somebody else, for what is left.
    """
    work.require(Permission.APPROVE_NOTICE)
    work.require(Permission.ISSUE_NOTICE)
    refuse_maker(run, work.actor)
    again = run.state == "paused" and run.approved_by not in (None, work.actor.identity)
    if run.state != "frozen" and not again:
        raise WrongState(f"{run.reference} does not wait for approval.")
    seen = progress_of(work.session, run, work.actor.identity)
    if not seen.enough:
        raise GateClosed(
            f"{seen.items - seen.glanced:,} notices have not been glanced at, and "
            f"{seen.sampled - seen.checked:,} of the {seen.sampled:,} drawn by lot have not been "
            "checked in full.",
            rule=_RULE,
        )


def approve(
    work: Work, run: IssueRun, manifest_sha256: str, start: Start = sweep_will_find
) -> None:
    """Approve the manifest with this hash; the workers then seal and issue in the approver's name.

    Refuses NotAllowed, SamePerson, WrongState, GateClosed (not all looked at), SealBroken (another
    manifest than the one shown).
    """
    refuse_approval(work, run)
    acting(work.session, work.actor.identity, work.actor.name)
    if manifest_sha256 != run.manifest_sha256:
        raise SealBroken("The manifest is not the one you were shown. Look at it again.")
    seen = progress_of(work.session, run, work.actor.identity)
    run.state = "approved"
    run.approved_by, run.approved_by_name = work.actor.identity, work.actor.name
    run.approved_at = work.now
    run.paused_at = run.paused_by_name = run.paused_because = None
    work.record(
        stream(run),
        "issue_run_approved",
        {
            "run": run.reference,
            "manifest_sha256": manifest_sha256,
            "items": seen.items,
            "glanced": seen.glanced,
            "checked": seen.checked,
        },
        permission=Permission.APPROVE_NOTICE,
    )
    work.session.flush()
    start(work.session, run.id)
