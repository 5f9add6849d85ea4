"""What is done to an issue run on its way: paused, resumed, retried, taken from, cancelled."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from enforcement.data.issue_runs import IssueItem, IssueRun
from enforcement.domain.events import Fact
from enforcement.domain.permissions import Actor, Permission, can
from enforcement.domain.refusals import BadInput, NotAllowed, WrongState
from enforcement.services import notices
from enforcement.services.issue_runs import (
    ENDED,
    ITEM_STATES,
    LIVE,
    STATES,
    Start,
    acting,
    item_to_change,
    stream,
    sweep_will_find,
)
from enforcement.services.work import Work


def pause(work: Work, run: IssueRun, reason: str) -> None:
    """Stop after the notice being worked on. Refuses BadInput without a reason, WrongState."""
    _require_hand(work)
    if run.state not in ("drafting", "approved", "issuing"):
        raise WrongState(f"{run.reference} is not running: it is “{STATES[run.state]}”.")
    if not reason.strip():
        raise BadInput("Say why the run is paused.")
    stop(work, run, reason.strip())


def stop(work: Work, run: IssueRun, reason: str) -> None:
    """Pause for a reason that the worker found itself, told in words."""
    run.state, run.paused_at = "paused", work.now
    run.paused_by_name, run.paused_because = work.actor.name, reason
    work.record(stream(run), "issue_run_paused", {"run": run.reference, "reason": reason})
    work.session.flush()


def resume(work: Work, run: IssueRun, start: Start = sweep_will_find) -> None:
    """Go on where it stopped. Refuses WrongState, and NotAllowed when its approver (or, while it
    is being drafted, its maker) may no longer act: then somebody else approves what is left."""
    _require_hand(work)
    if run.state != "paused":
        raise WrongState(f"{run.reference} is not paused.")
    refuse_lost_right(work.session, run)
    run.state = "drafting" if run.approved_by is None else "issuing"
    run.paused_at = run.paused_by_name = run.paused_because = None
    work.record(stream(run), "issue_run_resumed", {"run": run.reference})
    work.session.flush()
    start(work.session, run.id)


def refuse_lost_right(session: Session, run: IssueRun) -> Actor:
    """The person the worker acts for, still allowed to: its approver, or its maker before that.

    Refuses NotAllowed in words.
    """
    if run.approved_by is None:
        actor = acting(session, run.created_by, run.created_by_name)
        needed: tuple[Permission, ...] = (Permission.DRAFT_NOTICE,)
    else:
        actor = acting(session, run.approved_by, run.approved_by_name or "the approver")
        needed = (Permission.APPROVE_NOTICE, Permission.ISSUE_NOTICE)
    if not all(can(actor, one) for one in needed):
        does = "draft" if run.approved_by is None else "approve"
        raise NotAllowed(
            f"{actor.name} may no longer {does} notices, so nothing more is done in their name.",
            fix="Somebody who holds the role has to take this on.",
        )
    return actor


def cancel_rest(work: Work, run: IssueRun, reason: str) -> int:
    """Cancel what is left: nothing more of the run is drafted or issued. Returns how many items.

    What was issued stays. Notices already submitted stay with their cases, where they are approved
    or returned one by one. Refuses BadInput without a reason, WrongState when it has ended.
    """
    _require_hand(work)
    if run.state in ENDED:
        raise WrongState(f"{run.reference} has ended.")
    if not reason.strip():
        raise BadInput("Say why the rest is cancelled.")
    run.state, run.ended_at, run.ended_because = "cancelled", work.now, reason.strip()
    work.session.flush()  # waits for the notice being worked on, on PostgreSQL too
    left = work.session.execute(
        update(IssueItem)
        .where(IssueItem.run_id == run.id, IssueItem.state.in_((*LIVE, "refused")))
        .values(state="cancelled", reason=reason.strip(), changed_at=work.now)
        .returning(IssueItem.id)
        .execution_options(synchronize_session=False)
    ).all()
    facts: dict[str, Fact] = {
        "run": run.reference,
        "left": len(left),
        "reason": reason.strip(),
    }
    work.record(stream(run), "issue_run_cancelled", facts)
    return len(left)


def retry_one(work: Work, run: IssueRun, position: int, start: Start = sweep_will_find) -> None:
    """Try an item again: refused goes back to be drafted, held to be issued as it was frozen.

    Refuses WrongState: nothing to try again, or the run is frozen or over.
    """
    item = item_to_change(work, run, position)
    if item.state == "refused" and run.state in ("drafting", "paused") and not run.frozen_at:
        work.require(Permission.DRAFT_NOTICE)
        item.state = "waiting"
    elif item.state == "held" and run.state in ("approved", "issuing", "paused"):
        work.require(Permission.ISSUE_NOTICE)
        item.state = "drafted"
    else:
        raise WrongState(
            f"Item {position} is “{ITEM_STATES[item.state]}”: there is nothing to try again."
        )
    item.reason = item.reason_name = None
    item.tries, item.changed_at = 0, work.now
    facts: dict[str, Fact] = {
        "run": run.reference,
        "item": position,
        "case": item.case.reference,
    }
    work.record(stream(run), "issue_item_retried", facts)
    work.session.flush()
    start(work.session, run.id)


def take_out(
    work: Work, run: IssueRun, position: int, reason: str, start: Start = sweep_will_find
) -> None:
    """Take an item out of the run; its notice goes back to its drafter with the reason.

    The frozen manifest keeps naming it, and the reconciliation says why it was not issued. An item
    never drafted is simply left out. Refuses BadInput, WrongState, and what returning refuses.
    """
    item = item_to_change(work, run, position)
    if item.state not in (*LIVE, "refused") or run.state in ENDED:
        raise WrongState(f"Item {position} is “{ITEM_STATES[item.state]}”: it stays.")
    if not reason.strip():
        raise BadInput("Say why it is taken out.")
    notice = item.notice
    if notice is None:
        work.require(Permission.DRAFT_NOTICE)
    elif notice.state in ("submitted", "approved"):
        notices.give_back(work, item.case, notice, reason)
    else:
        work.require(Permission.APPROVE_NOTICE)
    item.state, item.reason, item.changed_at = "returned", reason.strip(), work.now
    item.reason_name = None
    work.record(
        stream(run),
        "issue_item_returned",
        {
            "run": run.reference,
            "item": position,
            "case": item.case.reference,
            "reason": reason.strip(),
        },
    )
    work.session.flush()
    start(work.session, run.id)  # it may have been the last one that kept the run open


def _require_hand(work: Work) -> None:
    """Pausing, resuming and cancelling: whoever issues notices."""
    work.require(Permission.ISSUE_NOTICE)
