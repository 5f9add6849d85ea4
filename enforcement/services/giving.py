"""Giving: the day a notice is taken as given (SI 2022/1175 reg 7), and the clocks it starts.

Four dates: printed, sent, deemed given, received. Representations and payment run from the day
given; the appeal limit runs from the day sent.
"""

from __future__ import annotations

import json
from datetime import date, datetime, time

from sqlalchemy import select

from enforcement.data.cases import Case
from enforcement.data.history import Event
from enforcement.data.notices import Notice
from enforcement.domain.calendar import WorkingCalendar, local_date, local_instant
from enforcement.domain.cases import Action, State
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
from enforcement.services.cases import hold, move, stream
from enforcement.services.notice_facts import stored_facts
from enforcement.services.payments import raise_penalty
from enforcement.services.policies import calendar, in_force
from enforcement.services.work import Work

_POSTING_HOUR = time(12)  # the post room records a day; midday is a time on that day everywhere
DOUBTS = {
    "returned": "The post came back",
    "bounced": "The email came back after it was taken",
    "address": "The address may not have been a proper address",
    "other": "Another reason",
}
_DOUBTING = ("giving_doubted", "sending_failed", "sending_uncertain")
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
    clear_doubt(work, case)
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
    if notice.kind == INTENT:
        _start_after_intent(work, case, notice, working)
    else:
        _start_after_final(work, case, notice, working, sent_on)
    work.session.flush()


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


def _start_after_intent(work: Work, case: Case, notice: Notice, working: WorkingCalendar) -> None:
    """Representations to the end the notice states (reg 5), decision 28 days after it (reg 6)."""
    if notice.given_on is None or notice.period_ends_on is None:
        raise WrongState("The notice of intent states no period.")
    start_clock(work, case, _stated_period(notice, working))
    start_clock(work, case, decision_clock(notice.period_ends_on))
    _doubt_if_short(work, notice)
    links.ensure(work, case, notice)


def _stated_period(notice: Notice, working: WorkingCalendar) -> Clock:
    """The clock whose end is the one on the paper, never shorter than the law's."""
    assert notice.given_on is not None  # noqa: S101 - checked by the caller
    assert notice.period_ends_on is not None  # noqa: S101 - checked by the caller
    planned = notice.period_days or MINIMUM_REPRESENTATIONS_DAYS
    for roll in (True, False):
        clock = representations_clock(notice.given_on, working, planned, roll)
        if clock.due_on == notice.period_ends_on:
            return clock
    stated = (notice.period_ends_on - notice.given_on).days
    days = max(stated, MINIMUM_REPRESENTATIONS_DAYS)
    return representations_clock(notice.given_on, working, days, False)


def _start_after_final(
    work: Work, case: Case, notice: Notice, working: WorkingCalendar, sent_on: date
) -> None:
    """The penalty, the appeal limit from sending (reg 8), payment from giving (reg 6(3)(d))."""
    facts = stored_facts(notice)
    if notice.given_on is None or facts.appeal is None or facts.payment is None:
        raise WrongState("The final notice states no periods.")
    raise_penalty(work, case, notice)
    appeal = appeal_clock(sent_on, working, _days(work, "appeal_days"))
    start_clock(work, case, appeal)
    stated = max((facts.payment.pay_by - notice.given_on).days, notice.period_days or 1)
    start_clock(work, case, payment_clock(notice.given_on, appeal.due_on, working, stated))
    _doubt_if_short(work, notice)


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
    if notice.kind not in _GIVEN or notice.state != "given" or notice.sent_at is None:
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
    _doubt(work, notice, DOUBTS[reason], evidence.strip(), noticed)
    if all(one.ends_on is not None for one in case.holds):
        hold(work, case, "giving", f"{DOUBTS[reason]}: {notice.reference}.")
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
    if words := _short_as_given(work, notice):
        raise DatesFallShort(words, fix="Withdraw the notice and give a new one.")
    work.record(
        stream(case),
        "giving_settled",
        {"notice": notice.reference},
        texts={"evidence": evidence.strip()},
        permission=Permission.RECORD_GIVING,
    )
    clear_doubt(work, case)


def in_doubt(work: Work, case: Case) -> str | None:
    """The reference of the notice whose giving is in doubt, or None."""
    if not case.giving_in_doubt:
        return None
    body = work.session.scalar(
        select(Event.body)
        .where(Event.stream == stream(case), Event.kind.in_(_DOUBTING))
        .order_by(Event.seq.desc())
        .limit(1)
    )
    return None if body is None else str(json.loads(body)["facts"]["notice"])


def clear_doubt(work: Work, case: Case) -> None:
    """The doubt is over (settled, given after all, withdrawn): end it and the hold it began."""
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


def _short_as_given(work: Work, notice: Notice) -> str:
    """How what the given notice states falls short of what the law allows; "" when it does not."""
    assert notice.given_on is not None  # noqa: S101 - a given notice has its day
    assert notice.sent_at is not None  # noqa: S101 - and its moment
    if notice.kind == INTENT and notice.period_ends_on is not None:
        if (notice.period_ends_on - notice.given_on).days < MINIMUM_REPRESENTATIONS_DAYS:
            return (
                f"Given on {day(notice.given_on)}, the period it states ends on "
                f"{day(notice.period_ends_on)}: fewer than {MINIMUM_REPRESENTATIONS_DAYS} days."
            )
        return ""
    stated = stored_facts(notice).appeal
    sent_on = local_date(notice.sent_at)
    limit = appeal_clock(sent_on, calendar(work.session), _days(work, "appeal_days")).due_on
    if stated is not None and limit > stated.appeal_by:
        return (
            f"Sent on {day(sent_on)}, it can be appealed until {day(limit)}; it says "
            f"{day(stated.appeal_by)}."
        )
    return ""


def _doubt_if_short(work: Work, notice: Notice) -> None:
    if words := _short_as_given(work, notice):
        _doubt(work, notice, words)


def _doubt(
    work: Work, notice: Notice, reason: str, evidence: str = "", noticed_on: date | None = None
) -> None:
    """Mark the case; what a person saw is personal text, kept beside the chain."""
    notice.case.giving_in_doubt = True
    facts: dict[str, Fact] = {"notice": notice.reference, "reason": reason}
    if noticed_on is not None:
        facts["noticed_on"] = noticed_on.isoformat()
    work.record(
        stream(notice.case), "giving_doubted", facts,
        texts={"evidence": evidence} if evidence else None,
        permission=Permission.RECORD_GIVING,
    )  # fmt: skip
