"""Giving in doubt: put there by a person, a failed sending or post that came back; settled.

While it stands the case is held, a dated task waits, and nothing that rests on the giving may be
done: no panel, no final notice, no reminder, no recovery (SI 2022/1175 reg 7; product 5, 32).
"""

from __future__ import annotations

import json
from datetime import date

from sqlalchemy import select

from enforcement.data.cases import Case
from enforcement.data.history import Event
from enforcement.data.notices import Attempt, Notice, OutboxItem
from enforcement.domain.calendar import local_date
from enforcement.domain.cases import State
from enforcement.domain.clocks import MINIMUM_REPRESENTATIONS_DAYS, appeal_clock
from enforcement.domain.events import Fact
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, DatesFallShort, GateClosed, WrongState
from enforcement.domain.tasks import ABOUT_GIVING, TaskKind
from enforcement.domain.words import day
from enforcement.services import tasks
from enforcement.services.case_facts import FINAL, INTENT
from enforcement.services.cases import begin_hold, stream
from enforcement.services.notice_facts import stored_facts
from enforcement.services.policies import calendar, in_force
from enforcement.services.work import Work

DOUBTS = {
    "returned": "The post came back",
    "bounced": "The email came back after it was taken",
    "address": "The address may not have been a proper address",
    "other": "Another reason",
}
FAILURES = {
    "unsent": ("It could not be sent", TaskKind.GIVING_FAILED),
    "bounced": ("The email could not be delivered", TaskKind.GIVING_FAILED),
    "returned": ("The post came back", TaskKind.POST_RETURNED),
    "refused": ("The recipient refused it", TaskKind.POST_RETURNED),
}
_TASKS = {
    "returned": TaskKind.POST_RETURNED,
    "bounced": TaskKind.GIVING_FAILED,
    "address": TaskKind.GIVING_DOUBTED,
    "other": TaskKind.GIVING_DOUBTED,
}
_DOUBTING = ("giving_doubted", "sending_failed", "sending_uncertain")
_NOT_SENT = {"permanent", "temporary", "settled_not"}  # a try that shows it did not leave
COUNTED = (INTENT, FINAL)  # the notices whose giving starts a clock


def failed(
    work: Work, notice: Notice, how: str, evidence: str, noticed_on: date | None = None
) -> None:
    """A sending failed for good, or what was sent came back: doubt, hold and a dated task.

    `how`: "unsent", "bounced", "returned" or "refused"; `evidence`: the raw answer, or what a
    person saw.
    Done by the worker or by a person who records giving; told twice, it is written once. A
    letter, a withdrawn notice and a closed case have no giving to doubt: they get the task
    alone. The days are not changed (SI 2022/1175 reg 7 counts from sending). Refuses BadInput,
    WrongState (never issued), NotAllowed.
    """
    if not work.actor.is_system:
        work.require(Permission.RECORD_GIVING)
    if how not in FAILURES:
        raise BadInput("Say whether it bounced, came back or was refused.")
    if not evidence.strip():
        raise BadInput("Say what shows it: the answer, the envelope, who brought it.")
    if notice.issued_at is None:
        raise WrongState("The notice has not been issued, so nothing of it can have come back.")
    words, kind = FAILURES[how]
    case, seen = notice.case, noticed_on or work.today
    known = f"It is known what became of it: {words.lower()}."
    tasks.settle(work, case, {TaskKind.SENDING_UNCERTAIN}, known, notice)
    rests = notice.kind in COUNTED and notice.state in ("issued", "given", "failed")
    if rests and State(case.state).live:
        if notice.state == "issued":
            notice.state = "failed"
        put_in_doubt(work, notice, words, evidence.strip(), seen, kind)
        return
    key = f"{notice.reference} {how} {seen.isoformat()}"
    tasks.open_task(work, case, kind, key, f"{words}: {evidence.strip()}", notice)


def doubt(
    work: Work, notice: Notice, reason: str, evidence: str, noticed_on: date | None = None
) -> None:
    """Put the giving of a notice in doubt: the post came back, an address was not proper.

    `reason` is a key of `DOUBTS`, `evidence` says what shows it. The days are not changed: SI
    2022/1175 reg 7 counts from sending to a proper address, and a letter that comes back was
    sent. Nothing that rests on the giving may be done until a person settles it; the case is
    held, unless it is already. Refuses WrongState (not given, withdrawn, already in doubt),
    BadInput, NotAllowed.
    """
    work.require(Permission.RECORD_GIVING)
    case, noticed = notice.case, noticed_on or work.today
    if notice.kind not in COUNTED or notice.state != "given" or notice.sent_at is None:
        raise WrongState("Only the giving of a notice that is recorded as given can be in doubt.")
    if State(case.state) is State.CLOSED:
        raise WrongState("The case is closed.")
    if case.giving_in_doubt:
        raise WrongState("The giving is already in doubt: settle it first.")
    if reason not in DOUBTS:
        raise BadInput("Choose why the giving is in doubt.")
    if not evidence.strip():
        raise BadInput("Say what shows it: the envelope, the words on it, who brought it.")
    if not local_date(notice.sent_at) <= noticed <= work.today:
        raise BadInput("The day must be between the day it was sent and today.")
    put_in_doubt(work, notice, DOUBTS[reason], evidence.strip(), noticed, _TASKS[reason])


def put_in_doubt(
    work: Work,
    notice: Notice,
    reason: str,
    evidence: str = "",
    noticed_on: date | None = None,
    kind: TaskKind = TaskKind.DATES_SHORT,
) -> None:
    """Mark the case, hold it and open the task. What was seen is personal: beside the chain.

    The step that calls this has checked who may. A doubt of the same kind that is still open
    for this notice is not written again.
    """
    case = notice.case
    known = [t for t in tasks.open_of(work.session, case) if t.notice_id == notice.id]
    if case.giving_in_doubt and any(task.kind == kind for task in known):
        return
    case.giving_in_doubt = True
    facts: dict[str, Fact] = {"notice": notice.reference, "reason": reason}
    if noticed_on is not None:
        facts["noticed_on"] = noticed_on.isoformat()
    event = work.record(
        stream(case), "giving_doubted", facts,
        texts={"evidence": evidence} if evidence else None,
        permission=Permission.RECORD_GIVING,
    )  # fmt: skip
    about = f"{reason}: {evidence}" if evidence else reason
    tasks.open_task(work, case, kind, f"{notice.reference} {event.seq}", about, notice)
    if all(one.ends_on is not None and one.ends_on < work.today for one in case.holds):
        begin_hold(work, case, "giving", f"{reason}: {notice.reference}.", work.today)
    work.session.flush()


def settle_doubt(work: Work, notice: Notice, evidence: str) -> None:
    """Record what shows that the notice was validly given on the day counted, and go on.

    For instance that it was sent by post to the office then registered (SI 2022/1175 reg 7).
    The doubt ends, and the hold it began; no day changes. There is no power to amend a notice:
    one that was not validly given is withdrawn and given again, with fresh clocks. Refuses
    WrongState (this notice's giving is not in doubt, or it was never recorded as given),
    DatesFallShort (what it states is shorter than the law), BadInput, NotAllowed.
    """
    work.require(Permission.RECORD_GIVING)
    case = notice.case
    if notice.reference != in_doubt(work, case):
        raise WrongState("The giving of this notice is not in doubt.")
    if notice.state != "given":
        raise WrongState(
            "The notice is not recorded as given.",
            fix="Record that it was posted or delivered, or settle its sending.",
        )
    if not evidence.strip():
        raise BadInput("Say what shows that it was given: the proof of posting, the register.")
    if words := short_as_given(work, notice):
        raise DatesFallShort(words, fix="Withdraw the notice and give a new one.")
    work.record(
        stream(case),
        "giving_settled",
        {"notice": notice.reference},
        texts={"evidence": evidence.strip()},
        permission=Permission.RECORD_GIVING,
    )
    clear_doubt(work, case, notice)


def in_doubt(work: Work, case: Case) -> str | None:
    """The reference of the notice whose giving is in doubt, or None.

    The one with an open task; a doubt older than these tasks has none, so the history says.
    """
    if not case.giving_in_doubt:
        return None
    for task in reversed(tasks.open_of(work.session, case)):
        if task.notice is not None and tasks.stands_for_doubt(task):
            return task.notice.reference
    body = work.session.scalar(
        select(Event.body)
        .where(Event.stream == stream(case), Event.kind.in_(_DOUBTING))
        .order_by(Event.seq.desc())
        .limit(1)
    )
    return None if body is None else str(json.loads(body)["facts"]["notice"])


def refuse_in_doubt(work: Work, case: Case) -> None:
    """Refuse (GateClosed) whatever rests on a notice having been given while that is in doubt.

    For what is not a step of the case: a reminder, a certificate, a letter that counts on it.
    """
    if (reference := in_doubt(work, case)) is not None:
        raise GateClosed(
            f"The giving of {reference} is in doubt.",
            rule="SI 2022/1175 reg 7",
            fix="Settle the doubt, or give the notice again.",
        )


def clear_doubt(work: Work, case: Case, notice: Notice | None = None) -> None:
    """The doubt is over (settled, given after all, withdrawn): end it and the hold it began.

    Of one notice when it is named: another notice of the case may still be in doubt.
    """
    tasks.settle(work, case, ABOUT_GIVING, "The doubt about giving is over.", notice)
    if any(tasks.stands_for_doubt(task) for task in tasks.open_of(work.session, case)):
        return
    if case.giving_in_doubt:
        held = (one for one in case.holds if one.ends_on is None and one.category == "giving")
        for one in held:
            one.ends_on, one.ended_by = work.today, work.actor.identity
            work.record(
                stream(case),
                "hold_ended",
                {"category": one.category, "ends_on": work.today.isoformat()},
            )
    case.giving_in_doubt = False
    work.session.flush()


def may_have_left(work: Work, notice: Notice) -> bool:
    """Whether an issued notice may have reached anybody: then it is withdrawn in writing.

    It has not when nobody began to send it, or every try was refused; by hand nobody knows, so
    it may have.
    """
    if notice.sent_at is not None:
        return True
    # Columns, not rows: another transaction may have claimed an item that was read before.
    items = work.session.execute(
        select(OutboxItem.id, OutboxItem.state).where(OutboxItem.notice_id == notice.id)
    ).all()
    if not items or any(state not in ("ready", "failed") for _, state in items):
        return True
    tries = work.session.scalars(
        select(Attempt.outcome).where(Attempt.item_id.in_([number for number, _ in items]))
    )
    return bool(set(tries) - _NOT_SENT)


def short_as_given(work: Work, notice: Notice, given_on: date | None = None) -> str:
    """How what the notice states falls short of what the law allows; "" when it does not.

    As recorded, or as it would be if it was given on `given_on`.
    """
    given = given_on or notice.given_on
    assert given is not None  # noqa: S101 - a given notice has its day
    assert notice.sent_at is not None  # noqa: S101 - and its moment
    if notice.kind == INTENT and notice.period_ends_on is not None:
        if (notice.period_ends_on - given).days < MINIMUM_REPRESENTATIONS_DAYS:
            return (
                f"Given on {day(given)}, the period it states ends on "
                f"{day(notice.period_ends_on)}: fewer than {MINIMUM_REPRESENTATIONS_DAYS} days."
            )
        return ""
    stated = stored_facts(notice).appeal
    sent_on = local_date(notice.sent_at)
    allowed = int(in_force(work.session, "periods", work.today).body["appeal_days"])
    limit = appeal_clock(sent_on, calendar(work.session), allowed).due_on
    if stated is not None and limit > stated.appeal_by:
        return (
            f"Sent on {day(sent_on)}, it can be appealed until {day(limit)}; it says "
            f"{day(stated.appeal_by)}."
        )
    return ""
