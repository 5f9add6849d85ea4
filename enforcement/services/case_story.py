"""A case in plain words: what happened and who took which part, from the stored rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select

from enforcement.data.cases import Case
from enforcement.data.decisions import Decision
from enforcement.data.notices import Notice
from enforcement.data.payments import Appeal
from enforcement.data.replies import Reply
from enforcement.domain.appeals import Outcome
from enforcement.domain.calendar import local_date
from enforcement.domain.payments import charged
from enforcement.domain.words import day, pounds
from enforcement.services.case_facts import FINAL, INTENT, balance, penalty_of
from enforcement.services.payments import entries_of
from enforcement.services.work import Work

NOTICE_NAMES = {INTENT: "notice of intent", FINAL: "final notice"}


@dataclass(frozen=True)
class Part:
    """Somebody's part in the making of a case."""

    role: str
    name: str
    what: str


def story(work: Work, case: Case) -> list[str]:
    """What happened on the case, one sentence a step, in order. Reads only."""
    return [_opened(case), *_notices(work, case), *_replies(work, case), *_ending(work, case)]


def _opened(case: Case) -> str:
    windows = len({miss.window_no for miss in case.misses})
    places = len({miss.duty.location_id for miss in case.misses})
    return (
        f"The case was opened on {day(local_date(case.opened_at))} on {len(case.misses)} missed "
        f"{'return' if len(case.misses) == 1 else 'returns'}: {_count(windows, 'window')} at "
        f"{_count(places, 'location')}."
    )


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def notices_of(work: Work, case: Case) -> list[Notice]:
    """Every notice and letter of the case that was not thrown away, in order."""
    return list(
        work.session.scalars(
            select(Notice)
            .where(Notice.case_id == case.id, Notice.state != "discarded")
            .order_by(Notice.sequence)
        )
    )


def notice_name(notice: Notice) -> str:
    return NOTICE_NAMES.get(notice.kind, f"{notice.kind.replace('_', ' ')} letter")


def _notices(work: Work, case: Case) -> Iterator[str]:
    for notice in notices_of(work, case):
        name = f"The {notice_name(notice)} {notice.reference}"
        if notice.withdrawn_at is not None:
            yield f"{name} was withdrawn on {day(local_date(notice.withdrawn_at))}."
        elif notice.sent_at is not None:
            given = f" and given on {day(notice.given_on)}" if notice.given_on else ""
            ends = notice.period_ends_on
            until = f"; representations until the end of {day(ends)}" if ends else ""
            yield f"{name} was sent on {day(local_date(notice.sent_at))}{given}{until}."
        elif notice.issued_at is not None:
            yield f"{name} was issued on {day(local_date(notice.issued_at))}; not yet sent."
        elif notice.approved_at is not None:
            yield f"{name} was approved on {day(local_date(notice.approved_at))}."
        else:
            yield f"{name} was drafted on {day(local_date(notice.drafted_at))}."


def _replies(work: Work, case: Case) -> Iterator[str]:
    number, last = work.session.execute(
        select(func.count(), func.max(Reply.received_at)).where(Reply.case_id == case.id)
    ).one()
    if number:
        many = "reply was" if number == 1 else "replies were"
        yield f"{number} {many} received, the last on {day(local_date(last))}."


def _ending(work: Work, case: Case) -> Iterator[str]:
    decision = work.session.scalar(
        select(Decision).where(Decision.case_id == case.id, Decision.superseded.is_(False))
    )
    if decision is not None and decision.outcome is not None:
        what = "impose a penalty" if decision.outcome == "impose" else "impose no penalty"
        yield f"The panel decided on {day(decision.decided_on)} to {what}."
    penalty = penalty_of(work.session, case)
    if penalty is not None:
        owed = balance(work.session, penalty)
        state = "nothing is owed" if owed == 0 else f"{pounds(abs(owed))} is owed"
        state = f"a refund of {pounds(-owed)} is due" if owed < 0 else state
        yield f"The penalty is {pounds(charged(entries_of(penalty)))}: {state}."
    appeals = select(Appeal).where(Appeal.case_id == case.id).order_by(Appeal.id)
    for appeal in work.session.scalars(appeals):
        end = "it is not finally determined"
        if appeal.outcome:
            end = f"{Outcome(appeal.outcome).label.lower()}, on {day(appeal.ended_on)}"
        yield f"An appeal was made on {day(appeal.lodged_on)}: {end}."
    if case.closed_at is not None:
        yield f"The case was closed on {day(local_date(case.closed_at))}."


def people(work: Work, case: Case) -> list[Part]:
    """Who drafted, approved and sat on the panel, over the whole life of the case."""
    found: dict[tuple[str, str], list[str]] = {}
    for notice in notices_of(work, case):
        found.setdefault(("Drafter", notice.drafted_by_name), []).append(notice_name(notice))
        if notice.approved_by_name:
            found.setdefault(("Approver", notice.approved_by_name), []).append(notice_name(notice))
    decisions = select(Decision).where(Decision.case_id == case.id).order_by(Decision.id)
    for decision in work.session.scalars(decisions):
        for vote in decision.votes:
            words = vote.vote.replace("_", " ")
            found.setdefault(("Panel", vote.member_name), []).append(f"voted: {words}")
    return [
        Part(role, name, ", ".join(dict.fromkeys(what))) for (role, name), what in found.items()
    ]
