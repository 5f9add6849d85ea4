"""Money: the penalty's ledger, entered once each, and what goes to the Consolidated Fund."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.data.payments import LedgerEntry, Penalty
from enforcement.domain import payments as ledger
from enforcement.domain.events import Fact
from enforcement.domain.payments import Ask, Entry, Kind
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, NotFound
from enforcement.domain.tasks import TaskKind
from enforcement.domain.words import pounds
from enforcement.services import tasks
from enforcement.services.case_facts import balance, penalty_of
from enforcement.services.cases import stream
from enforcement.services.work import Work


def entries_of(penalty: Penalty) -> list[Entry]:
    """The ledger as plain entries, for the rules."""
    return [
        Entry(row.id, Kind(row.kind), row.pence, row.on, row.reverses_id) for row in penalty.entries
    ]


def raise_penalty(work: Work, case: Case, notice: Notice) -> Penalty:
    """Raise the penalty of an issued final notice, once: its sum is the first ledger entry.

    Returns the penalty that is there when it was raised before. Refuses BadInput for a notice
    without an amount. Called by the step that records the notice as sent.
    """
    found = work.session.scalar(select(Penalty).where(Penalty.notice_id == notice.id))
    if found is not None:
        return found
    if notice.amount_pence is None:
        raise BadInput("The final notice states no amount.")
    penalty = Penalty(
        case_id=case.id,
        notice_id=notice.id,
        reference=notice.reference,
        pence=notice.amount_pence,
        raised_at=work.now,
    )
    work.session.add(penalty)
    work.session.flush()
    work.record(
        stream(case), "penalty_raised", {"penalty": penalty.reference, "pence": penalty.pence}
    )
    ask = Ask(Kind.PENALTY, penalty.pence, work.today)
    _enter(work, case, penalty, ask, penalty.pence, f"penalty-{penalty.id}")
    return penalty


def record(
    work: Work,
    case: Case,
    ask: Ask,
    *,
    key: str,
    payment_reference: str = "",
    penalty: Penalty | None = None,
) -> LedgerEntry:
    """Enter money received, reversed, refunded or written off. Pence, without a sign.

    `key` is made when the form is shown: the same key with the same content returns the entry
    that is there, so a double click enters once. Refuses NotAllowed, NotFound (no penalty),
    BadInput, and what `domain.payments.signed` refuses.
    """
    work.require(Permission.RECORD_MONEY)
    if not key:
        raise BadInput("The form has lost its key. Open it again.")
    penalty = _locked(work, penalty or _penalty(work, case))
    again = work.session.scalar(select(LedgerEntry).where(LedgerEntry.entry_key == key))
    if again is not None:
        return _same(again, penalty, ask)
    pence = ledger.signed(ask, entries_of(penalty), work.today)
    return _enter(work, case, penalty, ask, pence, key, payment_reference.strip())


def _penalty(work: Work, case: Case) -> Penalty:
    penalty = penalty_of(work.session, case)
    if penalty is None:
        raise NotFound("No penalty has been raised on this case.")
    return penalty


def _locked(work: Work, penalty: Penalty) -> Penalty:
    """The penalty, so that two people cannot refund the same credit at once."""
    work.session.refresh(penalty, with_for_update=True)
    return penalty


def _same(again: LedgerEntry, penalty: Penalty, ask: Ask) -> LedgerEntry:
    asked = ask.pence if ask.kind is not Kind.REVERSAL else abs(again.pence)
    if (again.penalty_id, again.kind, abs(again.pence), again.on) != (
        penalty.id,
        ask.kind.value,
        asked,
        ask.on,
    ):
        raise BadInput("This form was used before for another entry. Open it again.")
    return again


def _enter(
    work: Work,
    case: Case,
    penalty: Penalty,
    ask: Ask,
    pence: int,
    key: str,
    payment_reference: str = "",
) -> LedgerEntry:
    row = LedgerEntry(
        penalty=penalty,
        kind=ask.kind.value,
        pence=pence,
        on=ask.on,
        payment_reference=payment_reference,
        reason=ask.reason.strip(),
        authority=ask.authority.strip(),
        reverses_id=ask.reverses,
        entered_by=work.actor.identity,
        entered_at=work.now,
        entry_key=key,
    )
    work.session.add(row)
    work.session.flush()
    facts: dict[str, Fact] = {
        "entry": row.id,
        "kind": row.kind,
        "pence": pence,
        "on": row.on.isoformat(),
        "penalty": penalty.reference,
        "balance": balance(work.session, penalty),
    }
    if row.reverses_id is not None:
        facts["reverses"] = row.reverses_id
    words = {
        "reason": row.reason,
        "authority": row.authority,
        "payment_reference": row.payment_reference,
    }
    work.record(
        stream(case),
        "ledger_entered",
        facts,
        texts={name: text for name, text in words.items() if text},
        permission=Permission.RECORD_MONEY,
    )
    _refund_task(work, case, penalty, row)
    return row


def _refund_task(work: Work, case: Case, penalty: Penalty, row: LedgerEntry) -> None:
    """A credit waits for finance by a day; the entry that clears it ends the task."""
    credit = -balance(work.session, penalty)
    if credit <= 0:
        tasks.settle(work, case, {TaskKind.REFUND_DUE}, "The account is settled.")
    elif not any(one.kind == TaskKind.REFUND_DUE for one in tasks.open_of(work.session, case)):
        about = f"{pounds(credit)} is to be repaid on {penalty.reference}."
        tasks.open_task(work, case, TaskKind.REFUND_DUE, f"{penalty.reference} {row.id}", about)


def cancel(work: Work, case: Case, reason: str) -> LedgerEntry | None:
    """Take away all liability under the latest penalty: withdrawn or quashed.

    Afterwards minus the balance is what must be repaid. None when there is no penalty or nothing
    left to cancel. The caller's own step has checked who may do so.
    """
    penalty = penalty_of(work.session, case)
    if penalty is None:
        return None
    pence = ledger.cancelling(entries_of(_locked(work, penalty)))
    if pence == 0:
        return None
    ask = Ask(Kind.CANCELLED, None, work.today, reason=reason)
    key = f"cancelled-{penalty.id}-{len(penalty.entries)}"
    return _enter(work, case, penalty, ask, pence, key)


def vary(work: Work, case: Case, pence: int, reason: str) -> LedgerEntry | None:
    """Set the penalty to what the tribunal varied it to (reg 8), by an entry of its own. Pence.

    None when it is that already. Refuses NotFound without a penalty, BadInput for no sum. The
    caller's own step has checked who may do so.
    """
    penalty = _locked(work, _penalty(work, case))
    if pence <= 0:
        raise BadInput("A varied penalty is more than nothing.")
    change = pence - ledger.charged(entries_of(penalty))
    if change == 0:
        return None
    ask = Ask(Kind.PENALTY, None, work.today, reason=reason)
    key = f"varied-{penalty.id}-{len(penalty.entries)}"
    return _enter(work, case, penalty, ask, change, key)


@dataclass(frozen=True)
class Remitted:
    """One movement of money for the Consolidated Fund: pence positive when received."""

    on: date
    case: str
    penalty: str
    kind: str
    pence: int
    payment_reference: str


def remittance(work: Work, first: date, last: date) -> list[Remitted]:
    """Money received less money given back between two days, both counted, oldest first.

    The sum of `pence` is what is due to the Consolidated Fund for those days (reg 10); negative
    when more was repaid. A reversal counts on its own day, with the sign that undoes.
    """
    if first > last:
        raise BadInput("The first day is after the last.")
    rows = work.session.execute(
        select(LedgerEntry, Penalty.reference, Case.reference)
        .join(Penalty, LedgerEntry.penalty_id == Penalty.id)
        .join(Case, Penalty.case_id == Case.id)
        .where(LedgerEntry.on >= first, LedgerEntry.on <= last)
        .order_by(LedgerEntry.on, LedgerEntry.id)
    ).all()
    undone = _kinds(work, [entry.reverses_id for entry, _, _ in rows if entry.reverses_id])
    return [
        Remitted(
            on=entry.on,
            case=case_reference,
            penalty=penalty_reference,
            kind=entry.kind,
            pence=-entry.pence,
            payment_reference=entry.payment_reference,
        )
        for entry, penalty_reference, case_reference in rows
        if undone.get(entry.reverses_id or 0, entry.kind) in ledger.RECEIVED
    ]


def _kinds(work: Work, ids: Sequence[int]) -> dict[int, str]:
    found = work.session.execute(
        select(LedgerEntry.id, LedgerEntry.kind).where(LedgerEntry.id.in_(ids))
    )
    return {row.id: row.kind for row in found}


def entry_key(*parts: object) -> str:
    """The key of an entry made from its business facts: the same facts give the same key."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()
