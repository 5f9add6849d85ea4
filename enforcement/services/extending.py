"""More time for representations: agreed in writing before the panel starts, never shorter.

SI 2022/1175 reg 5 sets a minimum, so a longer period is lawful. The time to decide (reg 6) is
counted from the period stated in the notice and is not moved: a decision that is in time on that
count is in time on any other. So the longer period must still end before the last day to decide.
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from enforcement.data.cases import Case
from enforcement.data.deciding import Extension
from enforcement.data.notices import Notice
from enforcement.data.replies import Reply, ReplyLink
from enforcement.domain.calendar import local_instant
from enforcement.domain.cases import State
from enforcement.domain.clocks import ClockKind, extended_clock
from enforcement.domain.giving import Method
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, WrongState
from enforcement.domain.tasks import TaskKind
from enforcement.domain.words import day, weekday
from enforcement.services import case_contacts, links, sending, tasks
from enforcement.services.case_clocks import start_clock
from enforcement.services.case_facts import INTENT, facts_of, live_notice, period_end
from enforcement.services.cases import expect, stream
from enforcement.services.clocks import supersede
from enforcement.services.giving import clocks_of
from enforcement.services.policies import calendar, in_force
from enforcement.services.work import Work


def of_case(work: Work, case: Case) -> list[Extension]:
    """Every extension of a case, in the order agreed."""
    return list(
        work.session.scalars(
            select(Extension).where(Extension.case_id == case.id).order_by(Extension.id)
        )
    )


def why_not(work: Work, case: Case) -> str:
    """Why no more time can be given now; "" when it can."""
    intent = live_notice(work.session, case, INTENT)
    if State(case.state) is not State.REPRESENTATIONS or intent is None or not intent.given_on:
        return "More time is given once the notice of intent is given and before the panel starts."
    facts = facts_of(work, case)
    if facts.giving_in_doubt:
        return "Giving of the notice is in doubt: settle that first."
    if facts.decide_by is None or work.today >= facts.decide_by:
        return "The last day to decide is too close for more time."
    return ""


def extend(
    work: Work, case: Case, last_day: date, reason: str, version: int | None = None
) -> Extension:
    """Give the provider until the end of `last_day` to make representations, and say so in
    writing to everybody who may be written to.

    The first date stays beside the new one, and the clock's receipt shows both. The reply link is
    kept open as long. Refuses BadInput (a day that is not later, is past, or leaves no day to
    decide; no reason), WrongState, StaleVersion, NotAllowed.
    """
    work.require(Permission.ANSWER_REPLY)
    expect(case, version)
    if sentence := why_not(work, case):
        raise WrongState(sentence)
    if not reason.strip():
        raise BadInput("Say why more time is given.")
    intent = live_notice(work.session, case, INTENT)
    was = period_end(work.session, case)
    assert intent is not None  # noqa: S101 - `why_not` asked
    assert was is not None  # noqa: S101 - a given notice of intent states its period
    _refuse_day(work, case, was, last_day)
    row = Extension(
        case_id=case.id,
        notice_id=intent.id,
        was_ends_on=was,
        ends_on=last_day,
        reason=reason.strip(),
        agreed_by=work.actor.identity,
        agreed_by_name=work.actor.name,
        agreed_at=work.now,
    )
    work.session.add(row)
    work.record(
        stream(case),
        "period_extended",
        {
            "notice": intent.reference,
            "was": was.isoformat(),
            "ends_on": last_day.isoformat(),
        },
        texts={"reason": row.reason},
        permission=Permission.ANSWER_REPLY,
    )
    _restart(work, case, intent, last_day)
    _keep_link_open(work, case, last_day)
    tasks.settle(work, case, {TaskKind.MORE_TIME}, f"More time was given, until {day(last_day)}.")
    _tell(work, case, intent, row)
    work.session.flush()
    return row


def _refuse_day(work: Work, case: Case, was: date, last_day: date) -> None:
    if last_day <= was or last_day < work.today:
        raise BadInput(f"Choose a day after {day(was)} that is not past: a period never shrinks.")
    decide_by = facts_of(work, case).decide_by
    if decide_by is not None and last_day >= decide_by:
        raise BadInput(
            f"The decision must be made by {day(decide_by)} and not before the period is over.",
            rule="SI 2022/1175 reg 6(1)",
            fix=f"Choose a day before {day(decide_by)}; leave the panel time to meet.",
        )


def _restart(work: Work, case: Case, intent: Notice, last_day: date) -> None:
    """The clock to the new day, with the count to the stated day before it."""
    assert intent.given_on is not None  # noqa: S101 - `why_not` asked
    stated = clocks_of(work, intent, intent.given_on, calendar(work.session))[0]
    supersede(work, case, ClockKind.REPRESENTATIONS)
    start_clock(work, case, extended_clock(stated, last_day))


def _keep_link_open(work: Work, case: Case, last_day: date) -> None:
    """As many days beyond the new last day as policy gives beyond the first."""
    link = work.session.scalar(select(ReplyLink).where(ReplyLink.case_id == case.id))
    if link is None or link.revoked_at is not None:
        return
    periods = in_force(work.session, "periods", work.today).body
    until = last_day + timedelta(days=int(periods["link_days_after_deadline"]))
    if local_instant(until, links.END_OF_DAY) > links.ends_at(work, link):
        links.extend(work, case, until)


def _tell(work: Work, case: Case, intent: Notice, row: Extension) -> None:
    """By email where an address is on record; otherwise a task to write by post."""
    facts = facts_of(work, case)
    words = (
        f"You asked for, or were offered, more time to reply to our notice {intent.reference}.\n\n"
        f"You can now reply until the end of {weekday(row.ends_on)}. "
        f"Before, it was {weekday(row.was_ends_on)}.\n"
        f"The day by which we decide stays the same: {weekday(facts.decide_by)}.\n\n"
        "Use the same link and code as before: they are in your letter.\n"
    )
    found = addresses(work, case, intent)
    for number, address in enumerate(found, 1):
        payload = {"subject": f"More time to reply: {intent.reference}", "text": words}
        sending.queue(work, f"extension-{row.id}-{number}", "email", address, payload)
    if not found:
        about = f"Write to the provider by post: they may reply until {day(row.ends_on)}."
        tasks.open_task(work, case, TaskKind.OTHER, f"extension {row.id}", about, intent)


def addresses(work: Work, case: Case, intent: Notice) -> list[str]:
    """The email addresses on record: whom the provider asks us to write to, the notice's
    recipient, and whoever replied."""
    electronic = intent.method == Method.ELECTRONIC
    own = [intent.recipient.get("email")] if electronic else []
    named = case_contacts.current(work.session, case)
    replied = work.session.scalars(
        select(Reply.sender_email)
        .where(Reply.case_id == case.id, Reply.sender_email.is_not(None))
        .order_by(Reply.id)
    )
    return list(
        dict.fromkeys(
            address for address in [named.email if named else "", *own, *replied] if address
        )
    )
