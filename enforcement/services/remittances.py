"""What is sent to the Consolidated Fund: each entry once, corrections with the next sum.

SI 2022/1175 reg 10: money received is paid into the Consolidated Fund. A remittance takes every
entry of money that went with none before, up to a day; an entry made later for an earlier day, and
a reversal or refund of what was sent, therefore go with the next one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased

from enforcement.data.bulk import insert_rows, one_load_at_a_time
from enforcement.data.cases import Case
from enforcement.data.finance import Remittance, RemittedEntry
from enforcement.data.payments import LedgerEntry, Penalty
from enforcement.domain.payments import RECEIVED, REMITTANCE_RULE
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, NotFound, StaleVersion, WrongState
from enforcement.domain.words import pounds
from enforcement.services.work import Work

STREAM = "finance"


@dataclass(frozen=True)
class Movement:
    """One movement of money for the Fund: pence more than nothing when received."""

    entry: int
    on: date
    case: str
    penalty: str
    kind: str
    pence: int
    payment_reference: str


def to_send(work: Work, up_to: date) -> list[Movement]:
    """Money received less money given back, up to a day, that went with no remittance yet."""
    sent = select(RemittedEntry.entry_id)
    return _movements(work, LedgerEntry.on <= up_to, LedgerEntry.id.not_in(sent))


def lines(work: Work, row: Remittance) -> list[Movement]:
    """The movements that went with a remittance; their sum is its sum."""
    mine = select(RemittedEntry.entry_id).where(RemittedEntry.remittance_id == row.id)
    return _movements(work, LedgerEntry.id.in_(mine))


def between(work: Work, first: date, last: date) -> list[Movement]:
    """Every movement between two days, both counted, sent or not. Refuses BadInput."""
    if first > last:
        raise BadInput("The first day is after the last.")
    return _movements(work, LedgerEntry.on >= first, LedgerEntry.on <= last)


def _movements(work: Work, *conditions: ColumnElement[bool]) -> list[Movement]:
    undone = aliased(LedgerEntry)
    rows = work.session.execute(
        select(LedgerEntry, Penalty.reference, Case.reference)
        .join(Penalty, LedgerEntry.penalty_id == Penalty.id)
        .join(Case, Penalty.case_id == Case.id)
        .outerjoin(undone, LedgerEntry.reverses_id == undone.id)
        .where(
            func.coalesce(undone.kind, LedgerEntry.kind).in_([kind.value for kind in RECEIVED]),
            *conditions,
        )
        .order_by(LedgerEntry.on, LedgerEntry.id)
    )
    return [
        Movement(
            entry=entry.id,
            on=entry.on,
            case=case,
            penalty=penalty,
            kind=entry.kind,
            pence=-entry.pence,
            payment_reference=entry.payment_reference,
        )
        for entry, penalty, case in rows
    ]


def record(work: Work, up_to: date, pence: int, sent_on: date, reference: str) -> Remittance:
    """Record that the money up to a day was sent to the Fund, with the reference of the payment.

    `pence`: the sum that the person saw and sent; refused (StaleVersion) when the ledger has
    another by now. Refuses NotAllowed, BadInput (days to come, no reference), WrongState (nothing
    to send: what was given back waits for the next money received).
    """
    work.require(Permission.RECORD_MONEY)
    one_load_at_a_time(work.session)
    if not reference.strip():
        raise BadInput("Enter the reference of the payment to the Fund.")
    if up_to > work.today or sent_on > work.today:
        raise BadInput("The day is still to come.")
    if sent_on < up_to:
        raise BadInput("Money is not sent before the last day that it is for.")
    found = to_send(work, up_to)
    total = sum(one.pence for one in found)
    if total <= 0:
        raise WrongState("There is nothing to send up to that day.", rule=REMITTANCE_RULE)
    if total != pence:
        raise StaleVersion(
            f"The sum up to that day is {pounds(total)} by now, not {pounds(pence)}.",
            fix="Look at the list again.",
        )
    last = work.session.scalar(select(func.max(Remittance.number))) or 0
    row = Remittance(
        number=last + 1,
        up_to=up_to,
        pence=total,
        entries=len(found),
        reference=reference.strip(),
        sent_on=sent_on,
        recorded_by=work.actor.identity,
        recorded_by_name=work.actor.name,
        recorded_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    insert_rows(
        work.session,
        RemittedEntry,
        [{"entry_id": one.entry, "remittance_id": row.id} for one in found],
    )
    work.record(
        STREAM,
        "remittance_sent",
        {
            "remittance": row.number,
            "pence": total,
            "entries": row.entries,
            "up_to": up_to.isoformat(),
            "sent_on": sent_on.isoformat(),
            "reference": row.reference,
        },
        permission=Permission.RECORD_MONEY,
    )
    return row


def listed(work: Work, size: int, before: int | None = None) -> list[Remittance]:
    """Remittances, newest first."""
    query = select(Remittance).order_by(Remittance.number.desc()).limit(size)
    if before is not None:
        query = query.where(Remittance.number < before)
    return list(work.session.scalars(query))


def find(work: Work, number: int) -> Remittance:
    """The remittance with this number, or NotFound."""
    row = work.session.scalar(select(Remittance).where(Remittance.number == number))
    if row is None:
        raise NotFound("There is no such remittance.")
    return row
