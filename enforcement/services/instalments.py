"""Requests to pay in instalments: recorded and answered, never agreed to as of right.

SI 2022/1175 says nothing of instalments: the period for payment is the one the final notice
states, and the whole sum stays due. A request is a task to answer; part payments are taken.
"""

from __future__ import annotations

from enforcement.data.cases import Case
from enforcement.data.payments import Penalty
from enforcement.data.replies import ReplyLink
from enforcement.data.tasks import Task
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, WrongState, about
from enforcement.domain.tasks import TaskKind
from enforcement.services import tasks
from enforcement.services.case_facts import balance, penalty_of
from enforcement.services.reply_drafts import checked_words
from enforcement.services.work import Work

MOST = 20  # requests in one case: nobody fills finance’s list by pressing a button
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
    key = f"{_owed(work, case).reference} {work.now.isoformat()}"
    return tasks.open_task(work, case, TaskKind.INSTALMENTS, key, words)


def ask(work: Work, link: ReplyLink, words: str, form_key: str) -> Task:
    """Ask as the provider, through the reply link: a task for finance. Asking changes no date.

    The same form key again asks once. Refuses BadInput without words or when too much was asked
    for in this case, WrongState when nothing is owed.
    """
    case = link.case
    penalty = _owed(work, case)
    with about("words"):
        said = checked_words(words, needed=True)
    if len(of_case(work, case)) >= MOST:
        raise BadInput("Too much was asked for in this case. Ring us.")
    key = f"{penalty.reference} {form_key}"
    return tasks.open_task(work, case, TaskKind.INSTALMENTS, key, f"Asked on the site: {said}")


def _owed(work: Work, case: Case) -> Penalty:
    penalty = penalty_of(work.session, case)
    if penalty is None or balance(work.session, penalty) <= 0:
        raise WrongState("Nothing is owed.")
    return penalty


def of_case(work: Work, case: Case) -> list[Task]:
    """The requests of a case, open ones first."""
    found = tasks.of_case(work.session, case)
    return [task for task in found if task.kind == TaskKind.INSTALMENTS]
