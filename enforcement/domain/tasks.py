"""Tasks: what a person has to do about a fact, by a day counted in working days.

A task is opened by a fact (post that came back, money to repay), never by a nightly count, and
closed by a person with words or by the fact that settles it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from enforcement.domain.calendar import ReceiptLine, WorkingCalendar
from enforcement.domain.refusals import BadInput


class TaskKind(StrEnum):
    """Why somebody has to act."""

    GIVING_FAILED = "giving_failed"
    SENDING_UNCERTAIN = "sending_uncertain"
    POST_RETURNED = "post_returned"
    GIVING_DOUBTED = "giving_doubted"
    DATES_SHORT = "dates_short"
    REFUND_DUE = "refund_due"
    REMINDER_DUE = "reminder_due"
    INSTALMENTS = "instalments"
    MORE_TIME = "more_time"
    FORMAT = "format"
    FORMAT_DUE = "format_due"
    POST_COMING = "post_coming"
    LOST_LINK = "lost_link"
    NEW_CONTACT = "new_contact"
    TRIBUNAL = "tribunal"
    QUESTION = "question"
    OTHER = "other"

    @property
    def label(self) -> str:
        return TITLES[self]


K = TaskKind
TITLES: dict[TaskKind, str] = {
    K.GIVING_FAILED: "Sending failed: give the notice another way",
    K.SENDING_UNCERTAIN: "Not known whether it was sent: settle it",
    K.POST_RETURNED: "Post came back: find a proper address",
    K.GIVING_DOUBTED: "Giving in doubt: settle it or give again",
    K.DATES_SHORT: "Dates too short: give the notice again",
    K.REFUND_DUE: "Repay what was paid",
    K.REMINDER_DUE: "Send a payment reminder",
    K.INSTALMENTS: "Asked to pay in instalments: answer it",
    K.MORE_TIME: "More time was asked for: answer it",
    K.FORMAT: "Help or another format was asked for",
    K.FORMAT_DUE: "Make the letter in the format asked for, and send it",
    K.POST_COMING: "Evidence is coming by post",
    K.LOST_LINK: "The reply link was lost: send the code again",
    K.NEW_CONTACT: "The provider names whom to write to",
    K.TRIBUNAL: "Due at the tribunal",
    K.QUESTION: "Answer a question",
    K.OTHER: "Something to do",
}
# Working days allowed where no policy row is in force: product policy, the law sets none.
ALLOWED_DAYS: dict[str, int] = {
    K.GIVING_FAILED: 2,
    K.SENDING_UNCERTAIN: 1,
    K.POST_RETURNED: 2,
    K.GIVING_DOUBTED: 5,
    K.DATES_SHORT: 2,
    K.REFUND_DUE: 10,
    K.REMINDER_DUE: 2,
    K.INSTALMENTS: 5,
    K.MORE_TIME: 2,
    K.FORMAT: 5,
    K.FORMAT_DUE: 5,
    K.POST_COMING: 10,
    K.LOST_LINK: 1,
    K.NEW_CONTACT: 5,
    K.TRIBUNAL: 2,
    K.QUESTION: 5,
    K.OTHER: 5,
}
# These ask whether a notice was given, and end with the answer.
ABOUT_GIVING = frozenset(
    {K.GIVING_FAILED, K.SENDING_UNCERTAIN, K.POST_RETURNED, K.GIVING_DOUBTED, K.DATES_SHORT}
)
# These a person may open; the others are opened by what happened.
BY_HAND = (K.QUESTION, K.OTHER)


@dataclass(frozen=True)
class Due:
    """The last day of a task, with the day-by-day count that leads to it."""

    due_on: date
    receipt: tuple[ReceiptLine, ...]


def due(opened_on: date, days: int, calendar: WorkingCalendar) -> Due:
    """The last day for a task opened on `opened_on`: the `days`-th working day after it.

    Product policy, not law. Refuses (BadInput) fewer than one day.
    """
    due_on = calendar.add_working_days(opened_on, days)
    lines = [ReceiptLine(opened_on, None, "The task is opened; this day is not counted.")]
    number = 0
    for offset in range(1, (due_on - opened_on).days + 1):
        day = opened_on + timedelta(days=offset)
        why = calendar.why_not_working(day)
        if why is not None:
            lines.append(ReceiptLine(day, None, f"{why}: not a working day."))
            continue
        number += 1
        end = " The task is due on this day." if day == due_on else ""
        lines.append(ReceiptLine(day, number, f"Working day {number}.{end}"))
    return Due(due_on, tuple(lines))


def allowed_days(policy: Mapping[str, int], kind: TaskKind) -> int:
    """Working days a kind of task allows under a policy's body."""
    return int(policy.get(kind.value, ALLOWED_DAYS[kind]))


def check_days(policy: Mapping[str, int]) -> None:
    """Refuse (BadInput) a policy that names no known kind or allows less than one day."""
    unknown = [name for name in policy if name not in ALLOWED_DAYS]
    if unknown:
        raise BadInput(f"There is no kind of task “{unknown[0]}”.")
    if any(days < 1 for days in policy.values()):
        raise BadInput("A task allows at least one working day.")
