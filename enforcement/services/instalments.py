"""Requests to pay in instalments: recorded and answered, never agreed to as of right.

SI 2022/1175 says nothing of instalments: the period for payment is the one the final notice
states, and the whole sum stays due. A request is a task to answer; part payments are taken.
"""

from __future__ import annotations

from enforcement.data.cases import Case
from enforcement.data.tasks import Task
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, WrongState
from enforcement.domain.tasks import TaskKind
from enforcement.services import tasks
from enforcement.services.case_facts import balance, penalty_of
from enforcement.services.work import Work

NO_POWER = (
    "The Regulations give no power to agree instalments: the whole sum stays due on its day. "
    "Part payments are taken as they come."
)


def record(work: Work, case: Case, words: str) -> Task:
    """Record that the provider asked to pay in instalments, as a task to answer.

    Refuses NotAllowed, BadInput without words, WrongState when nothing is owed.
    """
    work.require(Permission.CHASE_PAYMENT)
    if not words.strip():
        raise BadInput("Say who asked, how, and what they offer.")
    penalty = penalty_of(work.session, case)
    if penalty is None or balance(work.session, penalty) <= 0:
        raise WrongState("Nothing is owed.")
    key = f"{penalty.reference} {work.now.isoformat()}"
    return tasks.open_task(work, case, TaskKind.INSTALMENTS, key, words)


def of_case(work: Work, case: Case) -> list[Task]:
    """The requests of a case, open ones first."""
    found = tasks.of_case(work.session, case)
    return [task for task in found if task.kind == TaskKind.INSTALMENTS]
