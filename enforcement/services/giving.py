"""Giving: the day a notice is taken as given (SI 2022/1175 reg 7), and the clocks it starts.

Four dates: printed, sent, deemed given, received. Representations and payment run from the day
given; the appeal limit runs from the day sent.
"""

from __future__ import annotations

from datetime import date, datetime, time

from enforcement.data.notices import Notice
from enforcement.domain.calendar import WorkingCalendar, local_date, local_instant
from enforcement.domain.cases import Action
from enforcement.domain.clocks import (
    MINIMUM_REPRESENTATIONS_DAYS,
    Clock,
    appeal_clock,
    decision_clock,
    payment_clock,
    representations_clock,
)
from enforcement.domain.events import Fact
from enforcement.domain.giving import Method, deemed_given
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, DatesFallShort, WrongState
from enforcement.domain.words import day
from enforcement.services import links
from enforcement.services.case_clocks import start_clock
from enforcement.services.case_facts import FINAL, INTENT
from enforcement.services.cases import move, stream
from enforcement.services.doubting import (
    DOUBTS,
    clear_doubt,
    doubt,
    failed,
    in_doubt,
    put_in_doubt,
    refuse_in_doubt,
    settle_doubt,
    short_as_given,
)
from enforcement.services.notice_facts import stored_facts
from enforcement.services.payments import raise_penalty
from enforcement.services.policies import calendar, in_force
from enforcement.services.work import Work

# This module is the door to giving: recording it, and doubting it (`doubting`).
__all__ = [
    "DOUBTS", "clear_doubt", "clocks_of", "doubt", "doubt_if_short", "failed", "in_doubt", "record",
    "record_by_person", "refuse_in_doubt", "refuse_short", "settle_doubt", "shortfall",
    "start_clocks",
]  # fmt: skip

_POSTING_HOUR = time(12)  # the post room records a day; midday is a time on that day everywhere
_GIVEN = {INTENT: Action.RECORD_INTENT_GIVEN, FINAL: Action.RECORD_FINAL_GIVEN}


def record(work: Work, notice: Notice, sent_at: datetime, method: Method, evidence: str) -> None:
    """Record that an issued notice was sent: deemed day, receipt, case moved, clocks started.

    A stated end that falls short of what the law allows does not stop the record (the notice is
    out), but marks the giving as in doubt. Refuses WrongState, NotAllowed.
    """
    if notice.state not in ("issued", "failed") or notice.sent_at is not None:
        raise WrongState("Only an issued notice that is not yet given can be recorded as sent.")
    case = notice.case
    working = calendar(work.session)
    sent_on = local_date(sent_at)
    given = deemed_given(sent_on, method, working)
    notice.state, notice.method = "given", method.value
    notice.sent_at, notice.given_on = sent_at, given.given_on
    notice.giving_receipt = [line.as_json() for line in given.receipt]
    clear_doubt(work, case, notice)
    facts: dict[str, Fact] = {
        "notice": notice.reference,
        "sent_on": sent_on.isoformat(),
        "given_on": given.given_on.isoformat(),
        "method": method.value,
        "evidence": evidence,
    }
    action = _GIVEN.get(notice.kind)
    if action is None:
        work.record(stream(case), "letter_given", facts)
        return
    move(work, case, action, facts)
    start_clocks(work, notice, working)
    if notice.kind == INTENT:
        links.ensure(work, case, notice)
    work.session.flush()


def start_clocks(work: Work, notice: Notice, working: WorkingCalendar) -> None:
    """The penalty, and the deadlines that run from giving and sending, with their receipts."""
    if notice.kind == FINAL:
        raise_penalty(work, notice.case, notice)
    assert notice.given_on is not None  # noqa: S101 - a given notice has its day
    for clock in clocks_of(work, notice, notice.given_on, working):
        start_clock(work, notice.case, clock)
    doubt_if_short(work, notice)


def clocks_of(
    work: Work, notice: Notice, given_on: date, working: WorkingCalendar, because: str = ""
) -> tuple[Clock, ...]:
    """The deadlines of a sent notice of intent or final notice, were it given on `given_on`.

    Intent: representations to the end it states (reg 5), decision 28 days after that (reg 6).
    Final: the appeal limit from sending (reg 8), payment from giving (reg 6(3)(d)). Refuses
    WrongState for a notice that states no periods.
    """
    if notice.kind == INTENT:
        if notice.period_ends_on is None:
            raise WrongState("The notice of intent states no period.")
        stated = _stated_period(notice, given_on, working, because)
        return (stated, decision_clock(notice.period_ends_on))
    facts = stored_facts(notice)
    if notice.sent_at is None or facts.appeal is None or facts.payment is None:
        raise WrongState("The final notice states no periods.")
    sent_on = local_date(notice.sent_at)
    appeal = appeal_clock(sent_on, working, _days(work, "appeal_days"))
    days = max((facts.payment.pay_by - given_on).days, notice.period_days or 1)
    return (appeal, payment_clock(given_on, appeal.due_on, working, days, because))


def record_by_person(
    work: Work, notice: Notice, sent_on: date, method: Method, evidence: str
) -> None:
    """Record that a person posted or delivered the notice, with what shows it.

    Also the way out when an email failed: the same PDF by post or by hand. Refuses BadInput (no
    evidence, a day that cannot be), DatesFallShort when the printed dates no longer hold for
    that day, WrongState, NotAllowed.
    """
    work.require(Permission.RECORD_GIVING)
    if not evidence.strip():
        raise BadInput("Say what shows it: the post room’s list, a receipt, who delivered it.")
    if notice.issued_at is None:
        raise WrongState("The notice has not been issued.")
    if not local_date(notice.issued_at) <= sent_on <= work.today:
        raise BadInput("The day must be between the day of issue and today.")
    refuse_short(work, notice, sent_on, method)
    sent_at = min(local_instant(sent_on, _POSTING_HOUR), work.now)
    record(work, notice, max(sent_at, notice.issued_at), method, evidence.strip())


def shortfall(work: Work, notice: Notice, sent_on: date, method: Method) -> str | None:
    """What would be wrong on the paper if it were sent on `sent_on`; None when its dates hold."""
    facts = stored_facts(notice)
    if notice.kind not in _GIVEN or facts.given_on is None:
        return None
    working = calendar(work.session)
    given_on = deemed_given(sent_on, method, working).given_on
    if given_on > facts.given_on:
        return (
            f"Sent on {day(sent_on)} it would be given on {day(given_on)}, but it says "
            f"{day(facts.given_on)}: the last day it states would come too early."
        )
    if facts.appeal is not None:
        limit = appeal_clock(sent_on, working, _days(work, "appeal_days")).due_on
        if limit > facts.appeal.appeal_by:
            return (
                f"Sent on {day(sent_on)} it could be appealed until {day(limit)}, but it says "
                f"{day(facts.appeal.appeal_by)}."
            )
    return None


def refuse_short(work: Work, notice: Notice, sent_on: date, method: Method) -> None:
    """Refuse DatesFallShort when the printed dates would not hold."""
    words = shortfall(work, notice, sent_on, method)
    if words is not None:
        raise DatesFallShort(
            words, fix="Return the notice and draft it again for a later day, or withdraw it."
        )


def _days(work: Work, name: str) -> int:
    return int(in_force(work.session, "periods", work.today).body[name])


def _stated_period(notice: Notice, given_on: date, working: WorkingCalendar, because: str) -> Clock:
    """The clock whose end is the one on the paper, never shorter than the law's."""
    assert notice.period_ends_on is not None  # noqa: S101 - checked by the caller
    planned = notice.period_days or MINIMUM_REPRESENTATIONS_DAYS
    for roll in (True, False):
        clock = representations_clock(given_on, working, planned, roll, because)
        if clock.due_on == notice.period_ends_on:
            return clock
    stated = (notice.period_ends_on - given_on).days
    days = max(stated, MINIMUM_REPRESENTATIONS_DAYS)
    return representations_clock(given_on, working, days, False, because)


def doubt_if_short(work: Work, notice: Notice) -> None:
    """What the paper states is shorter than the law allows: its giving is in doubt."""
    if words := short_as_given(work, notice):
        put_in_doubt(work, notice, words)
