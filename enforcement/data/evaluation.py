"""The two statements of the monthly evaluation, of different shape, that must agree.

`missed_windows` lists every miss by anti-join (the misses are also the evidence a notice prints);
the rule is then a pure function of twelve bits in Python. `judged_histories` goes the other way:
it adds up what was returned, takes it away from what was owed, and applies the rule in the same
statement with bit arithmetic. They share no condition, so a fault in one shows as a difference.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Integer,
    bitwise_not,
    case,
    cast,
    distinct,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.selectable import Subquery

from enforcement.data.cases import CaseMiss
from enforcement.data.files import ImportedFile
from enforcement.data.register import Duty
from enforcement.data.windows import Correction, ReturnRow, WindowRow
from enforcement.domain.thresholds import ThresholdPolicy

Int = ColumnElement[int]


@dataclass(frozen=True)
class Span:
    """The windows an evaluation looks at: `policy.span` of them, ending with `latest`.

    Only windows that closed before `now`, have a row and are countable leave a mark.
    """

    latest: int
    policy: ThresholdPolicy
    now: datetime

    @property
    def earliest(self) -> int:
        """The first window that may leave a mark."""
        return max(self.latest - self.policy.span + 1, self.policy.first_countable.number)


def waiting_files(session: Session) -> list[int]:
    """Files that wait for a person (short extracts): none of their rows counts yet."""
    return list(session.scalars(select(ImportedFile.id).where(ImportedFile.state == "waiting")))


def missed_windows(session: Session, span: Span) -> list[tuple[int, int]]:
    """Every (duty, window) owed, closed, not returned, not corrected and not used up.

    `NOT EXISTS` stands in WHERE, where PostgreSQL makes one hash anti-join of it.
    """
    returned = select(1).where(
        ReturnRow.window_no == WindowRow.number,
        ReturnRow.duty_id == Duty.id,
        ReturnRow.counts == literal_column("true"),
    )
    waiting = waiting_files(session)
    if waiting:  # asked only then: otherwise the index alone answers
        returned = returned.where(ReturnRow.file_id.not_in(waiting))
    corrected = select(1).where(
        Correction.window_no == WindowRow.number,
        Correction.duty_id == Duty.id,
        Correction.approved_by.is_not(None),
    )
    used = select(1).where(
        CaseMiss.window_no == WindowRow.number,
        CaseMiss.duty_id == Duty.id,
        CaseMiss.consumed == literal_column("true"),
    )
    found = session.execute(
        select(Duty.id, WindowRow.number).where(
            WindowRow.number.between(span.earliest, span.latest),
            WindowRow.closes_at < span.now,
            Duty.first_window <= WindowRow.number,
            Duty.last_window >= WindowRow.number,
            ~returned.exists(),
            ~corrected.exists(),
            ~used.exists(),
        )
    )
    return [(duty, window) for duty, window in found]


def judged_histories(session: Session, span: Span) -> dict[int, tuple[int, int]]:
    """Each duty with a miss: its history and the rule's answer (0 no, 1 at risk, 2 qualifies).

    One statement: owed and not returned, corrected or used up, as bits; then the rule on them.
    """
    histories = _histories(session, span)
    mask: Int = histories.c.mask
    rows = session.execute(select(histories.c.id, mask, _answer(mask, span)).where(mask != 0))
    return {duty: (bits, answer) for duty, bits, answer in rows}


def _histories(session: Session, span: Span) -> Subquery:
    returned = _bits_of(session, span, "returned")
    corrected = _bits_of(session, span, "corrected")
    used = _bits_of(session, span, "used")
    closed = (
        select(func.coalesce(func.sum(_bit(WindowRow.number, span)), 0))
        .where(
            WindowRow.number.between(span.earliest, span.latest),
            WindowRow.closes_at < span.now,
        )
        .scalar_subquery()
    )
    mask = _owed(span).bitwise_and(closed)
    joined = select(Duty.id)
    for part in (returned, corrected, used):
        mask = mask.bitwise_and(bitwise_not(func.coalesce(part.c.mask, 0)))
        joined = joined.outerjoin(part, part.c.duty_id == Duty.id)
    # OFFSET 0 keeps SQLite from copying this expression into every place that reads `mask`.
    return (
        joined.add_columns(mask.label("mask"))
        .limit(-1 if _sqlite(session) else None)
        .offset(0)
        .subquery("histories")
    )


def _sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _bits_of(session: Session, span: Span, what: str) -> Subquery:
    """One number for each duty, with a bit for every window found in one of three tables."""
    if what == "returned":
        rows = select(ReturnRow.duty_id, ReturnRow.window_no).where(
            ReturnRow.window_no.between(span.earliest, span.latest),
            ReturnRow.counts == literal_column("true"),
        )
        waiting = waiting_files(session)
        if waiting:
            rows = rows.where(ReturnRow.file_id.not_in(waiting))
    elif what == "corrected":
        rows = select(Correction.duty_id, Correction.window_no).where(
            Correction.window_no.between(span.earliest, span.latest),
            Correction.approved_by.is_not(None),
        )
    else:
        rows = select(CaseMiss.duty_id, CaseMiss.window_no).where(
            CaseMiss.window_no.between(span.earliest, span.latest),
            CaseMiss.consumed == literal_column("true"),
        )
    once = rows.distinct().subquery()
    return (
        select(once.c.duty_id, func.sum(_bit(once.c.window_no, span)).label("mask"))
        .group_by(once.c.duty_id)
        .subquery(what)
    )


def _bit(window: Int | InstrumentedAttribute[int], span: Span) -> Int:
    return literal(1).bitwise_lshift(literal(span.latest) - window)


def _owed(span: Span) -> Int:
    """Ones from the later of the span's start and the first window owed, to the last one owed."""
    since = span.latest - Duty.first_window
    after = span.latest - Duty.last_window
    whole = (1 << span.policy.span) - 1
    from_first = case(
        (since >= span.policy.span - 1, whole),
        else_=literal(2).bitwise_lshift(since) - 1,
    )
    past_last = case((after <= 0, 0), else_=literal(1).bitwise_lshift(after) - 1)
    nothing = or_(since < 0, after >= span.policy.span)
    return case((nothing, 0), else_=from_first.bitwise_and(bitwise_not(past_last)))


def _answer(mask: Int, span: Span) -> Int:
    """The threshold on a history, in the database's own arithmetic."""
    policy = span.policy
    run: Int = mask
    for back in range(1, policy.consecutive):
        run = run.bitwise_and(mask.bitwise_rshift(back))
    total: Int = mask.bitwise_and(1)
    for back in range(1, policy.span):
        total = total + mask.bitwise_rshift(back).bitwise_and(1)
    last = (1 << policy.at_risk_consecutive) - 1
    met = or_(run != 0, total >= policy.total)
    near = or_(mask.bitwise_and(last) == last, total >= policy.at_risk_total)
    return cast(case((met, 2), (near, 1), else_=0), Integer)


def duties_owing(session: Session, span: Span) -> list[int]:
    """Every duty that owed at least one window of the span: what a run gives a row to."""
    return list(
        session.scalars(
            select(Duty.id)
            .where(Duty.first_window <= span.latest, Duty.last_window >= span.earliest)
            .order_by(Duty.id)
        )
    )


def counting_windows(session: Session, span: Span) -> list[int]:
    """The windows of the span that closed and have a row, in order."""
    return list(
        session.scalars(
            select(distinct(WindowRow.number))
            .where(
                WindowRow.number.between(span.earliest, span.latest),
                WindowRow.closes_at < span.now,
            )
            .order_by(WindowRow.number)
        )
    )


def masks_of(missed: list[tuple[int, int]], latest: int) -> dict[int, int]:
    """Histories from listed misses: bit 0 is the latest window."""
    masks: dict[int, int] = defaultdict(int)
    for duty, window in missed:
        masks[duty] |= 1 << (latest - window)
    return dict(masks)
