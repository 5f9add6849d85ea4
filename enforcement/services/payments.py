"""Money: the penalty's ledger, entered once each, and what goes to the Consolidated Fund."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import select

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.data.payments import LedgerEntry, Penalty
from enforcement.domain import payments as ledger
from enforcement.domain.events import Fact
from enforcement.domain.payments import Ask, Entry, Kind
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, NotFound, WrongState
from enforcement.domain.tasks import TaskKind
from enforcement.domain.words import pounds
from enforcement.services import tasks
from enforcement.services.case_facts import balance, penalty_of
from enforcement.services.cases import stream
from enforcement.services.policies import in_force
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
    agreed: bool = False,
) -> LedgerEntry:
    """Enter money received, reversed, refunded or written off. Pence, without a sign.

    `key` is made when the form is shown: the same key with the same content returns the entry
    that is there, so a double click enters once. `agreed`: a second person agreed to a write-off
    above the limit of one (`services.write_offs`). Refuses NotAllowed, NotFound (no penalty),
    BadInput, WrongState (a write-off for two), and what `domain.payments.signed` refuses.
    """
    work.require(Permission.AGREE_WRITE_OFF if agreed else Permission.RECORD_MONEY)
    if not key:
        raise BadInput("The form has lost its key. Open it again.")
    penalty = _locked(work, penalty or _penalty(work, case))
    again = work.session.scalar(select(LedgerEntry).where(LedgerEntry.entry_key == key))
    if again is not None:
        return _same(again, penalty, ask)
    entries = entries_of(penalty)
    pence = ledger.signed(ask, entries, work.today)
    if ask.kind is Kind.WRITE_OFF and not agreed:
        _refuse_alone(work, entries, pence)
    return _enter(work, case, penalty, ask, pence, key, payment_reference.strip())


def alone_limit(work: Work) -> int:
    """The pence that one person may write off of a penalty, in all (policy `money`)."""
    return int(in_force(work.session, "money", work.today).body["write_off_alone_pence"])


def _refuse_alone(work: Work, entries: Sequence[Entry], pence: int) -> None:
    limit = alone_limit(work)
    if not ledger.written_off(entries) - pence <= limit:
        raise WrongState(
            f"One person may write off {pounds(limit)} of a penalty in all.",
            rule="Policy on money",
            fix="Put it to a second person.",
        )


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
    _tasks_after(work, case, penalty, row)
    return row


def _tasks_after(work: Work, case: Case, penalty: Penalty, row: LedgerEntry) -> None:
    """A credit waits for finance by a day; the entry that clears it ends the task.

    So does a reminder of what is no longer owed.
    """
    owed = balance(work.session, penalty)
    mine = f"{penalty.reference} "
    if owed <= 0:
        tasks.settle(work, case, {TaskKind.REMINDER_DUE}, "Nothing is owed any more.", key=mine)
    if owed >= 0:
        tasks.settle(work, case, {TaskKind.REFUND_DUE}, "The credit is repaid.", key=mine)
    elif not any(
        one.key.startswith(f"{TaskKind.REFUND_DUE} {mine}")
        for one in tasks.open_of(work.session, case)
    ):
        about = f"{pounds(-owed)} is to be repaid on {penalty.reference}."
        tasks.open_task(work, case, TaskKind.REFUND_DUE, f"{mine}{row.id}", about)


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


def entry_key(*parts: object) -> str:
    """The key of an entry made from its business facts: the same facts give the same key."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()
