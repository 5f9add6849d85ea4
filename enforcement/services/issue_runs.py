"""Issue runs: what they are, how one is found, and making one from chosen cases.

A run is thousands of ordinary notices under one approval: drafted, frozen under one manifest,
looked at, approved by a second person, issued one by one. Killed anywhere it goes on from its rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from enforcement.data.bulk import insert_rows
from enforcement.data.cases import Case
from enforcement.data.issue_runs import IssueItem, IssueRun
from enforcement.data.notices import Notice
from enforcement.data.people import Account
from enforcement.domain.cases import State
from enforcement.domain.clocks import MINIMUM_REPRESENTATIONS_DAYS, REPRESENTATIONS_RULE
from enforcement.domain.giving import Method
from enforcement.domain.permissions import Actor, Permission
from enforcement.domain.refusals import BadInput, NotAllowed, NotFound, WrongState
from enforcement.services.accounts import actor_of
from enforcement.services.case_facts import INTENT
from enforcement.services.cases import find as find_case
from enforcement.services.work import Work

Start = Callable[[Session, int], None]  # hands a run to the workers, in the caller's transaction

STATES = {
    "drafting": "Being drafted",
    "frozen": "Frozen: waits for approval",
    "approved": "Approved: issuing begins",
    "issuing": "Being issued",
    "paused": "Paused",
    "done": "Done",
    "cancelled": "Cancelled: what was left is not issued",
}
ITEM_STATES = {
    "waiting": "Waits to be drafted",
    "drafted": "Drafted, awaiting approval",
    "refused": "Could not be drafted",
    "returned": "Taken out",
    "issued": "Issued",
    "cancelled": "Cancelled",
    "held": "Held for a person",
}
LIVE = ("waiting", "drafted", "held")
ENDED = ("done", "cancelled")


def sweep_will_find(session: Session, run_id: int) -> None:
    """The plainest way to start: leave the run to the workers' sweep of every minute."""


def stream(run: IssueRun) -> str:
    """The name of the run's stream in the history."""
    return f"issue-run:{run.reference}"


def find(work: Work, reference: str) -> IssueRun:
    """The run with this reference (letter case forgiven), or NotFound."""
    wanted = reference.strip().upper()
    run = work.session.scalar(select(IssueRun).where(IssueRun.reference == wanted))
    if run is None:
        raise NotFound(f"There is no issue run {reference}.")
    return run


def latest(session: Session, most: int = 50) -> list[IssueRun]:
    """The newest runs first."""
    return list(session.scalars(select(IssueRun).order_by(IssueRun.id.desc()).limit(most)))


def items(
    session: Session, run: IssueRun, *states: str, after: int = 0, most: int = 50
) -> list[IssueItem]:
    """A page of the run's items by position, after a position; all states unless some are named."""
    query = select(IssueItem).where(IssueItem.run_id == run.id, IssueItem.position > after)
    if states:
        query = query.where(IssueItem.state.in_(states))
    return list(session.scalars(query.order_by(IssueItem.position).limit(most)))


def item_at(work: Work, run: IssueRun, position: int) -> IssueItem:
    """The item at a position of the run, or NotFound."""
    return _item(work, run, position, select(IssueItem))


def item_to_change(work: Work, run: IssueRun, position: int) -> IssueItem:
    """The same, taken before its case is: workers take them in that order too."""
    return _item(work, run, position, select(IssueItem).with_for_update())


def _item(work: Work, run: IssueRun, position: int, query: Select[IssueItem]) -> IssueItem:
    found = work.session.scalar(
        query.where(IssueItem.run_id == run.id, IssueItem.position == position)
    )
    if found is None:
        raise NotFound(f"{run.reference} has no item {position}.")
    return found


def cases_waiting(session: Session) -> list[Case]:
    """Cases at triage that are in no live run, by reference: what a run may be made from."""
    taken = exists().where(IssueItem.case_id == Case.id, IssueItem.state.in_(LIVE))
    return list(
        session.scalars(
            select(Case).where(Case.state == State.TRIAGE.value, ~taken).order_by(Case.reference)
        )
    )


def acting(session: Session, identity: str, name: str) -> Actor:
    """The person a run acts for, with the roles held at this moment.

    Refuses NotAllowed when the account is gone or disabled: a right taken away stops what is left.
    """
    account = session.scalar(
        select(Account)
        .where(Account.staff_number == identity.partition(":")[2])
        .execution_options(populate_existing=True)
    )
    if account is None or account.disabled_at is not None:
        raise NotAllowed(
            f"{name} has no account in use here, so nothing is done in their name.",
            fix="Somebody whose account is in use has to take this on.",
        )
    return actor_of(account)


def create(
    work: Work,
    kind: str,
    cases: Sequence[Case],
    method: Method,
    send_on: date,
    period_days: int | None = None,
    start: Start = sweep_will_find,
) -> IssueRun:
    """Make a run of notices of intent (reg 4) for these cases and have them drafted.

    `period_days`: calendar days for representations, at least 14 (reg 5); None: the policy's.
    Each case is drafted by the workers in its maker's name; one that cannot be is refused with its
    sentence, and the run goes on. Refuses NotAllowed, BadInput, WrongState (a case is in a run).
    """
    work.require(Permission.DRAFT_NOTICE)
    acting(work.session, work.actor.identity, work.actor.name)
    _refuse_plan(work, kind, cases, method, send_on, period_days)
    _refuse_taken(work.session, cases)
    run = IssueRun(
        reference=_next_reference(work),
        kind=kind,
        method=method.value,
        send_on=send_on,
        period_days=period_days,
        state="drafting",
        created_by=work.actor.identity,
        created_by_name=work.actor.name,
        created_at=work.now,
    )
    work.session.add(run)
    work.session.flush()
    _add_items(work, run, cases)
    work.record(
        stream(run),
        "issue_run_made",
        {
            "run": run.reference,
            "kind": kind,
            "cases": len(cases),
            "method": method.value,
            "send_on": send_on.isoformat(),
            "period_days": period_days,
        },
        permission=Permission.DRAFT_NOTICE,
    )
    start(work.session, run.id)
    return run


def _refuse_plan(
    work: Work,
    kind: str,
    cases: Sequence[Case],
    method: Method,
    send_on: date,
    period_days: int | None,
) -> None:
    if kind != INTENT:
        raise BadInput("A run gives notices of intent; a final notice follows its own decision.")
    if method is Method.HAND:
        raise BadInput("A run goes by post or email: what is handed over is issued case by case.")
    if send_on < work.today:
        raise BadInput("The planned day of sending is in the past.")
    if period_days is not None and period_days < MINIMUM_REPRESENTATIONS_DAYS:
        raise BadInput(
            f"The period for representations has at least {MINIMUM_REPRESENTATIONS_DAYS} days.",
            rule=REPRESENTATIONS_RULE,
        )
    if not cases:
        raise BadInput("Choose at least one case.")
    twice = [case.reference for case, n in Counter(cases).items() if n > 1]
    if twice:
        raise BadInput(f"{twice[0]} was chosen more than once.")


def _refuse_taken(session: Session, cases: Sequence[Case]) -> None:
    wanted = {case.id: case.reference for case in cases}
    rows = session.execute(
        select(IssueItem.case_id, IssueRun.reference)
        .join(IssueRun, IssueRun.id == IssueItem.run_id)
        .where(IssueItem.state.in_(LIVE))
    )
    for case_id, reference in rows:
        if case_id in wanted:
            raise WrongState(f"{wanted[case_id]} is already in {reference}.")


def _next_reference(work: Work) -> str:
    prefix = f"IR-{work.today.year}-"
    last = work.session.scalar(
        select(func.max(IssueRun.reference)).where(IssueRun.reference.startswith(prefix))
    )
    number = int(last.removeprefix(prefix)) + 1 if last else 1
    return f"{prefix}{number:04d}"


def _add_items(work: Work, run: IssueRun, cases: Sequence[Case]) -> None:
    """An item's key says which notice of the case it is: notices that ended are counted."""
    ended = select(Notice.case_id, func.count()).where(
        Notice.kind == run.kind, Notice.state.in_(("withdrawn", "discarded"))
    )
    before: dict[int, int] = {
        case_id: count for case_id, count in work.session.execute(ended.group_by(Notice.case_id))
    }
    rows = [
        {
            "run_id": run.id,
            "position": position,
            "case_id": case.id,
            "key": f"{run.kind}-{case.reference}-{before.get(case.id, 0) + 1}",
            "state": "waiting",
            "sampled": False,
            "tries": 0,
            "changed_at": work.now,
        }
        for position, case in enumerate(cases, 1)
    ]
    insert_rows(work.session, IssueItem, rows)


def chosen(work: Work, references: Sequence[str]) -> list[Case]:
    """The cases with these references, in that order. Refuses NotFound naming the first unknown."""
    return [find_case(work, reference) for reference in references]
