"""Writing off: by one person up to a limit, above it by two.

The limit is product policy (`money`), on all that is written off of one penalty. Above it, finance
asks and a second person agrees; only then is the entry made.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from enforcement.data.cases import Case
from enforcement.data.finance import WriteOff
from enforcement.data.payments import LedgerEntry
from enforcement.domain import payments as ledger
from enforcement.domain.events import Fact
from enforcement.domain.payments import Ask, Kind
from enforcement.domain.permissions import Actor, Permission, can
from enforcement.domain.refusals import BadInput, NotFound, SamePerson, WrongState
from enforcement.services import payments
from enforcement.services.case_facts import penalty_of
from enforcement.services.cases import stream
from enforcement.services.work import Work, changed_meanwhile

OUTCOMES = {"agreed": "Agreed", "refused": "Refused", "taken_back": "Taken back"}


def write_off(work: Work, case: Case, ask: Ask, *, key: str) -> LedgerEntry | WriteOff:
    """Write off a sum, or above the limit of one person put it to a second.

    `key` is made when the form is shown: the same key gives what is there. Refuses NotAllowed,
    NotFound, WrongState (another waits), and what `payments.record` refuses.
    """
    work.require(Permission.RECORD_MONEY)
    asked = work.session.scalar(select(WriteOff).where(WriteOff.form_key == key))
    if asked is not None:
        return asked
    penalty = penalty_of(work.session, case)
    if penalty is None:
        raise NotFound("No penalty has been raised on this case.")
    entries = payments.entries_of(penalty)
    pence = -ledger.signed(ask, entries, work.today)
    if ledger.written_off(entries) + pence <= payments.alone_limit(work):
        return payments.record(work, case, ask, key=key)
    if waiting_on(work, case) is not None:
        raise WrongState("A write-off of this penalty already waits for a second person.")
    row = WriteOff(
        case=case,
        penalty=penalty,
        pence=pence,
        on=ask.on,
        reason=ask.reason.strip(),
        authority=ask.authority.strip(),
        form_key=key,
        asked_by=work.actor.identity,
        asked_by_name=work.actor.name,
        asked_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    _record(work, row, "write_off_asked", {"on": row.on.isoformat()}, row.reason)
    return row


def waiting_on(work: Work, case: Case) -> WriteOff | None:
    """The write-off of this case that waits for a second person, if any."""
    return work.session.scalar(
        select(WriteOff).where(WriteOff.case_id == case.id, WriteOff.outcome.is_(None))
    )


def find(work: Work, case: Case, number: int) -> WriteOff:
    """The write-off of this case with this number, or NotFound."""
    row = work.session.get(WriteOff, number)
    if row is None or row.case_id != case.id:
        raise NotFound(f"The case {case.reference} has no such write-off.")
    return row


def listed(work: Work, *, waiting: bool, size: int, before: int | None = None) -> list[WriteOff]:
    """Write-offs, newest first: those that wait, or those that were answered."""
    asked = select(WriteOff).where(
        WriteOff.outcome.is_(None) if waiting else WriteOff.outcome.is_not(None)
    )
    if before is not None:
        asked = asked.where(WriteOff.id < before)
    return list(work.session.scalars(asked.order_by(WriteOff.id.desc()).limit(size)))


def awaits(actor: Actor) -> ColumnElement[bool]:
    """Which write-offs this person may answer: none of their own."""
    return WriteOff.outcome.is_(None) & (WriteOff.asked_by != actor.identity)


def why_not_agree(actor: Actor, row: WriteOff) -> str:
    """Why this person may not answer it, as a sentence; nothing when they may."""
    if row.outcome is not None:
        return "It is answered."
    if row.asked_by == actor.identity:
        return "You asked for it: a second person answers."
    return "" if can(actor, Permission.AGREE_WRITE_OFF) else "Finance or a team leader answers it."


def agree(work: Work, row: WriteOff, version: int | None = None) -> LedgerEntry:
    """Agree as a second person: the entry is made as asked, against the ledger of today.

    Refuses NotAllowed, SamePerson, WrongState (answered; more than is owed by now), StaleVersion.
    """
    _answering(work, row, version)
    ask = Ask(Kind.WRITE_OFF, row.pence, row.on, reason=row.reason, authority=row.authority)
    entry = payments.record(
        work,
        row.case,
        ask,
        key=payments.entry_key("write-off", row.id),
        penalty=row.penalty,
        agreed=True,
    )
    _settle(work, row, "agreed", "", entry)
    return entry


def refuse(work: Work, row: WriteOff, words: str, version: int | None = None) -> None:
    """Refuse as a second person, with the reason. Refuses as `agree` does, and BadInput."""
    _answering(work, row, version)
    if not words.strip():
        raise BadInput("Say why it is refused.")
    _settle(work, row, "refused", words.strip())


def take_back(work: Work, row: WriteOff) -> None:
    """Take back what one asked for, before it is answered. Refuses NotAllowed, WrongState."""
    work.require(Permission.RECORD_MONEY)
    if row.outcome is not None:
        raise WrongState("It is answered already.")
    if row.asked_by != work.actor.identity:
        raise WrongState("Only whoever asked can take it back.")
    _settle(work, row, "taken_back", "")


def _answering(work: Work, row: WriteOff, version: int | None) -> None:
    work.require(Permission.AGREE_WRITE_OFF)
    if version is not None and row.version != version:
        raise changed_meanwhile()
    if row.outcome is not None:
        raise WrongState("It is answered already.")
    if row.asked_by == work.actor.identity:
        raise SamePerson(
            "Whoever asked for a write-off may not agree to it.", rule="Policy on money"
        )


def _settle(
    work: Work, row: WriteOff, outcome: str, words: str, entry: LedgerEntry | None = None
) -> None:
    row.outcome, row.settled_words = outcome, words
    row.settled_by, row.settled_by_name = work.actor.identity, work.actor.name
    row.settled_at, row.entry_id = work.now, entry.id if entry else None
    work.session.flush()
    _record(work, row, "write_off_settled", {"outcome": outcome}, words)


def _record(work: Work, row: WriteOff, event: str, more: dict[str, Fact], words: str) -> None:
    facts = {"write_off": row.id, "penalty": row.penalty.reference, "pence": row.pence, **more}
    texts = {"words": words} if words else None
    permission = (
        Permission.AGREE_WRITE_OFF
        if more.get("outcome") in ("agreed", "refused")
        else Permission.RECORD_MONEY
    )
    work.record(stream(row.case), event, facts, texts=texts, permission=permission)
