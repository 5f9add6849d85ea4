"""What a provider asks for beside a reply: more time, help or another format, post to expect.

Each reaches an officer as a task with its own day, and stands in the history. Asking changes no
date: the last day stays as it is until an officer writes (SI 2022/1175 reg 5 sets a least period
and no most).
"""

from __future__ import annotations

from datetime import date

from enforcement.data.cases import Case
from enforcement.data.replies import ReplyLink
from enforcement.domain.refusals import BadInput
from enforcement.domain.replies import FORMATS, MAX_WORDS
from enforcement.domain.tasks import TaskKind
from enforcement.domain.words import weekday
from enforcement.services import format_wishes, tasks
from enforcement.services.cases import stream
from enforcement.services.reply_drafts import checked_words, refuse_decided
from enforcement.services.work import Work

LONGEST = 366  # days ahead that can be asked for: anything later is a slip of the finger
MOST_TASKS = 100  # of one case: nobody fills an officer's list by pressing a button
ASKING = (TaskKind.MORE_TIME, TaskKind.FORMAT, TaskKind.POST_COMING, TaskKind.INSTALMENTS)


def ask_time(work: Work, link: ReplyLink, wanted_on: date, words: str, form_key: str) -> None:
    """Ask for more time, until a day. The same form key again asks once.

    Refuses BadInput for a day that is not ahead or without words, WrongState when decided.
    """
    case = link.case
    refuse_decided(case)
    if wanted_on <= work.today:
        raise BadInput("Choose a day that is still to come.")
    if (wanted_on - work.today).days > LONGEST:
        raise BadInput("Choose a day within a year.")
    why = checked_words(words, needed=True)
    about = f"Asked for until {weekday(wanted_on)}. {why}"
    if not _open(work, case, TaskKind.MORE_TIME, form_key, about):
        return
    work.record(
        stream(case),
        "time_requested",
        {"link": link.reference, "wanted_on": wanted_on.isoformat()},
        texts={"words": why},
    )


def ask_format(work: Work, link: ReplyLink, wanted: str, words: str, form_key: str) -> None:
    """Ask for help or for another format; a format holds for the letters that follow.

    Refuses what `format_wishes.keep` refuses.
    """
    case = link.case
    said = format_wishes.keep(work, case, wanted, words, form_key)
    if said is None:
        return
    about = ". ".join(filter(None, (FORMATS[wanted].title, said)))
    _open(work, case, TaskKind.FORMAT, form_key, about)
    work.record(
        stream(case),
        "format_requested",
        {"link": link.reference, "format": wanted},
        texts={"words": said},
    )


def expect_post(work: Work, case: Case, reference: str, what: str) -> None:
    """Tell the officer that evidence is coming by post, by which reference to know it."""
    about = f"To know it by: {reference}. {what}".strip()
    _open(work, case, TaskKind.POST_COMING, reference, about)


def asked(work: Work, case: Case) -> list[tuple[str, str, bool]]:
    """What was asked for on the reply site: what, the words, and whether it was dealt with."""
    return [
        (TITLES[TaskKind(task.kind)], task.about, task.closed_at is not None)
        for task in tasks.of_case(work.session, case)
        if task.kind in ASKING
    ]


TITLES = {
    TaskKind.MORE_TIME: "You asked for more time",
    TaskKind.FORMAT: "You asked for help or another format",
    TaskKind.INSTALMENTS: "You asked about paying",
    TaskKind.POST_COMING: "You said that evidence comes by post",
}


def _open(work: Work, case: Case, kind: TaskKind, key: str, about: str) -> bool:
    """Open the task once; False when this very request is there already."""
    before = {task.id for task in tasks.of_case(work.session, case)}
    if len(before) > MOST_TASKS:
        raise BadInput("Too much was asked for in this case. Ring us.")
    task = tasks.open_task(work, case, kind, f"{case.reference} {key}", about[:MAX_WORDS])
    return task.id not in before
