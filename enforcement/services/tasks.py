"""Tasks: opened once by a fact, due by a working day, closed by a person or by what settles them.

Nothing is opened by a nightly count: whoever writes the fact opens the task, in the same
transaction. The day comes from the policy "tasks" and the calendar of that day.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, joinedload

from enforcement.data.cases import Case
from enforcement.data.notices import Notice, OutboxItem
from enforcement.data.payments import LedgerEntry, Penalty
from enforcement.data.tasks import Task
from enforcement.domain.permissions import Actor, Permission
from enforcement.domain.refusals import BadInput, NotFound, WrongState
from enforcement.domain.tasks import ABOUT_GIVING, BY_HAND, Due, TaskKind, allowed_days, due
from enforcement.domain.words import pounds
from enforcement.services.policies import calendar, in_force
from enforcement.services.work import Work, changed_meanwhile

CLOSED_HOW = {
    "done": "Done",
    "not_needed": "No longer needed",
    "settled": "Settled by what happened",
}
WHOSE = {"": "Everybody’s", "me": "Of my cases"}
STATES = {"": "Open", "overdue": "Overdue", "closed": "Closed"}
_POLICY = "tasks"


@dataclass(frozen=True)
class Filters:
    """What is asked for: whose cases, in what state, of which kind."""

    whose: str = ""
    state: str = ""
    kind: str = ""


def open_task(
    work: Work,
    case: Case,
    kind: TaskKind,
    key: str,
    about: str,
    notice: Notice | None = None,
    deadline: Due | None = None,
) -> Task:
    """Open a task about a case, once: the same key gives the task that is there.

    `key` is made of the business fact ("refund ASC-2026-000001-N2 45"). Due after the working
    days that the policy allows for its kind, counted from today, unless a tribunal or court set
    the day (`deadline`). The step that calls this has checked who may do so; it may be a job.
    Refuses BadInput without words.
    """
    if not about.strip():
        raise BadInput("Say what the task is about.")
    name = f"{kind.value} {key}"[:160]
    found = work.session.scalar(select(Task).where(Task.key == name))
    if found is not None:
        return found
    counted = deadline or due(work.today, _days(work, kind), calendar(work.session))
    task = Task(
        key=name,
        case=case,
        notice=notice,
        kind=kind.value,
        about=about.strip(),
        due_on=counted.due_on,
        receipt=[line.as_json() for line in counted.receipt],
        opened_at=work.now,
        opened_by=work.actor.identity,
        opened_by_name=work.actor.name,
    )
    work.session.add(task)
    work.session.flush()
    work.record(
        _stream(case),
        "task_opened",
        {
            "task": task.id,
            "kind": kind.value,
            "due_on": task.due_on.isoformat(),
            "key": name,
            "notice": notice.reference if notice else None,
        },
        texts={"about": task.about},
    )
    return task


def add(work: Work, case: Case, kind: str, about: str) -> Task:
    """A task that a person opens by hand: a question to answer, or anything else.

    Refuses BadInput (a kind that only a fact opens, no words), WrongState (closed case),
    NotAllowed.
    """
    work.require(Permission.NOTE)
    if kind not in BY_HAND:
        raise BadInput("Choose what kind of task it is.")
    if case.closed_at is not None:
        raise WrongState("The case is closed.")
    return open_task(work, case, TaskKind(kind), f"{case.reference} {work.now.isoformat()}", about)


def close_task(work: Work, task: Task, how: str, words: str, version: int | None = None) -> None:
    """Close a task as a person: done, or no longer needed, with what shows it.

    A task about giving or sending ends with the question it stands for, so it is not closed here
    while that is open. Refuses WrongState, BadInput, StaleVersion, NotAllowed.
    """
    work.require(Permission.NOTE)
    if version is not None and task.version != version:
        raise changed_meanwhile()
    if task.closed_at is not None:
        raise WrongState("The task is already closed.")
    if stands_for_sending(work.session, task):
        raise WrongState(
            "Nobody has said yet whether it was sent.",
            fix="Say so on the page of the notice: the task ends with it.",
        )
    if stands_for_doubt(task):
        raise WrongState(
            "This task stands for a doubt about giving.",
            fix="Settle the doubt, or withdraw the notice and give it again: the task ends with "
            "it.",
        )
    if credit := credit_of(work.session, task):
        raise WrongState(
            f"{pounds(credit)} is still to be repaid.",
            fix="Record the refund on the case’s money page: the task ends with it.",
        )
    if task.kind == TaskKind.TRIBUNAL:
        raise WrongState(
            "This task stands for something due at the tribunal.",
            fix="Record on the case’s appeal page what was done: the task ends with it.",
        )
    if how not in ("done", "not_needed"):
        raise BadInput("Say whether it was done or is no longer needed.")
    if not words.strip():
        raise BadInput("Say what was done, or why it is not needed.")
    _close(work, task, how, words.strip())


def stands_for_doubt(task: Task) -> bool:
    """Whether the task is the open question if a notice that still stands was given."""
    live = task.notice is not None and task.notice.state not in ("withdrawn", "discarded")
    counted = task.notice is not None and task.notice.kind in ("notice_of_intent", "final_notice")
    open_case = task.case.closed_at is None and task.case.giving_in_doubt
    return TaskKind(task.kind) in ABOUT_GIVING and live and counted and open_case


def stands_for_sending(session: Session, task: Task) -> bool:
    """Whether the task asks what became of a sending, and nobody has answered yet."""
    if task.kind != TaskKind.SENDING_UNCERTAIN or task.closed_at is not None:
        return False
    uncertain = select(OutboxItem.id).where(
        OutboxItem.notice_id == task.notice_id, OutboxItem.state == "uncertain"
    )
    return session.scalar(uncertain.limit(1)) is not None


def credit_of(session: Session, task: Task) -> int:
    """The pence that a refund task still stands for; 0 for every other task."""
    if task.kind != TaskKind.REFUND_DUE:
        return 0
    owed = session.scalar(
        select(func.coalesce(func.sum(LedgerEntry.pence), 0))
        .join(Penalty, LedgerEntry.penalty_id == Penalty.id)
        .where(Penalty.reference == task.key.split()[1])
    )
    return max(-int(owed or 0), 0)


def settle(
    work: Work,
    case: Case,
    kinds: Collection[TaskKind],
    words: str,
    notice: Notice | None = None,
    key: str = "",
) -> int:
    """Close open tasks of these kinds because what happened settles them. Returns how many.

    With `key`, only those whose key begins with it after their kind.
    """
    found = [
        task
        for task in open_of(work.session, case)
        if TaskKind(task.kind) in kinds
        and (notice is None or task.notice_id == notice.id)
        and task.key.startswith(f"{task.kind} {key}")
    ]
    for task in found:
        _close(work, task, "settled", words)
    return len(found)


def _close(work: Work, task: Task, how: str, words: str) -> None:
    task.closed_at, task.closed_how, task.closed_words = work.now, how, words
    task.closed_by, task.closed_by_name = work.actor.identity, work.actor.name
    work.session.flush()
    work.record(
        _stream(task.case),
        "task_closed",
        {"task": task.id, "kind": task.kind, "closed_how": how},
        texts={"words": words},
    )


def find(work: Work, case: Case, task_id: int) -> Task:
    """The task of this case with this number, or NotFound."""
    task = work.session.get(Task, task_id)
    if task is None or task.case_id != case.id:
        raise NotFound(f"The case {case.reference} has no such task.")
    return task


def open_of(session: Session, case: Case) -> list[Task]:
    """The open tasks of a case, by their day."""
    return list(
        session.scalars(
            select(Task)
            .where(Task.case_id == case.id, Task.closed_at.is_(None))
            .order_by(Task.due_on, Task.id)
        )
    )


def of_case(session: Session, case: Case) -> list[Task]:
    """Every task of a case, open ones first, then by day."""
    return list(
        session.scalars(
            select(Task)
            .where(Task.case_id == case.id)
            .order_by(Task.closed_at.is_not(None), Task.due_on, Task.id)
        )
    )


def conditions(filters: Filters, actor: Actor, today: date) -> list[ColumnElement[bool]]:
    """What a task must meet. Refuses (BadInput) a filter nobody offers."""
    if filters.state not in STATES or filters.whose not in WHOSE:
        raise BadInput("There is no such filter of tasks.")
    if filters.kind and filters.kind not in set(TaskKind):
        raise BadInput(f"There is no kind of task “{filters.kind}”.")
    open_now = Task.closed_at.is_(None)
    found: list[ColumnElement[bool]] = [~open_now if filters.state == "closed" else open_now]
    if filters.state == "overdue":
        found.append(Task.due_on < today)
    if filters.whose == "me":
        found.append(Case.officer_id == (actor.account_id or 0))
    if filters.kind:
        found.append(Task.kind == filters.kind)
    return found


def page(
    work: Work, filters: Filters, size: int, after: tuple[date, int] | None = None
) -> Sequence[Task]:
    """Tasks by their day, so the overdue come first; up to `size` after a place in the list."""
    query = (
        select(Task)
        .join(Task.case)
        .options(joinedload(Task.case).joinedload(Case.provider), joinedload(Task.notice))
        .where(*conditions(filters, work.actor, work.today))
        .order_by(Task.due_on, Task.id)
        .limit(size)
    )
    if after is not None:
        day, number = after
        query = query.where((Task.due_on > day) | and_(Task.due_on == day, Task.id > number))
    return work.session.scalars(query).all()


def count(work: Work, filters: Filters) -> int:
    """How many tasks there are under these filters."""
    found = select(func.count()).select_from(Task).join(Task.case)
    return work.session.scalar(found.where(*conditions(filters, work.actor, work.today))) or 0


def _days(work: Work, kind: TaskKind) -> int:
    try:
        policy = in_force(work.session, _POLICY, work.today).body
    except NotFound:  # an instance older than this policy: the shipped numbers
        policy = {}
    return allowed_days(policy, kind)


def _stream(case: Case) -> str:
    return f"case:{case.reference}"
