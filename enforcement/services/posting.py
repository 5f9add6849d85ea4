"""What a person does with a bank line: match it, set it aside, count it, undo its posting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload

from enforcement.data.cases import Case
from enforcement.data.finance import BankLine
from enforcement.data.payments import LedgerEntry, Penalty
from enforcement.domain import finance
from enforcement.domain import payments as ledger
from enforcement.domain.events import Fact
from enforcement.domain.finance import Account, LineState, Offer
from enforcement.domain.payments import Ask, Kind
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, NotFound, WrongState
from enforcement.domain.words import pounds
from enforcement.services import bank_accounts, payments
from enforcement.services.work import Work, changed_meanwhile

STREAM = "finance"
ALL, WAITING = "all", "waiting"
FILTERS = {WAITING: "Waiting for somebody", ALL: "All"} | {
    state.value: state.label for state in LineState
}


@dataclass(frozen=True)
class Filters:
    """Which lines are asked for. `state`: "waiting" for somebody, "all", or one state."""

    state: str = WAITING
    text: str = ""
    file_id: int | None = None


def bank_line(row: BankLine) -> finance.BankLine:
    """A stored line as the rules see it."""
    return finance.BankLine(row.on, row.pence, row.reference, row.details, row.payer, row.bank_id)


def find(work: Work, line_id: int) -> BankLine:
    """The line with this number, or NotFound."""
    row = work.session.get(BankLine, line_id)
    if row is None:
        raise NotFound("There is no such bank line.")
    return row


def conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """What a line must meet. Refuses (BadInput) a state that does not exist."""
    if filters.state not in FILTERS:
        raise BadInput("There is no such filter of bank lines.")
    found: list[ColumnElement[bool]] = []
    if filters.state == WAITING:
        found.append(BankLine.state.in_([state.value for state in finance.WAITING]))
    elif filters.state != ALL:
        found.append(BankLine.state == filters.state)
    if filters.file_id is not None:
        found.append(BankLine.file_id == filters.file_id)
    if text := filters.text.strip():
        found.append(
            or_(
                *(
                    column.icontains(text, autoescape=True)
                    for column in (BankLine.reference, BankLine.details, BankLine.payer)
                )
            )
        )
    return found


def listed(work: Work, filters: Filters, size: int, after: int = 0) -> Sequence[BankLine]:
    """Lines in the order they were read, up to `size` after a place in the list."""
    query = (
        select(BankLine)
        .options(joinedload(BankLine.file), joinedload(BankLine.penalty))
        .where(*conditions(filters), BankLine.id > after)
        .order_by(BankLine.id)
        .limit(size)
    )
    return work.session.scalars(query).all()


def count(work: Work, filters: Filters) -> int:
    """How many lines there are under these filters."""
    found = select(func.count()).select_from(BankLine).where(*conditions(filters))
    return work.session.scalar(found) or 0


def of_entries(session: Session, entries: Sequence[LedgerEntry]) -> dict[int, BankLine]:
    """The bank line that each entry was posted from, by the entry's number."""
    found = session.scalars(
        select(BankLine)
        .options(joinedload(BankLine.file))
        .where(BankLine.entry_id.in_([entry.id for entry in entries]))
    )
    return {line.entry_id: line for line in found if line.entry_id is not None}


def offers(work: Work, row: BankLine) -> list[Offer]:
    """The penalties this line may be for, likeliest first. Nothing is posted by an offer."""
    return finance.offers(bank_line(row), bank_accounts.everything(work.session))


def post_matched(work: Work, row: BankLine) -> LedgerEntry:
    """Post a line that its exact reference matched, as a payment. Refuses WrongState."""
    if row.state != LineState.MATCHED.value or row.penalty_id is None:
        raise WrongState("This line was not matched by its reference.")
    penalty = work.session.get_one(Penalty, row.penalty_id)
    account = bank_accounts.by_reference(work.session, [penalty.reference])[penalty.reference]
    row.why = " ".join(("The payment reference is exact.", *finance.flags(account, row.pence)))
    return _post(work, row, penalty, Ask(Kind.PAYMENT, row.pence, row.on))


def match(
    work: Work,
    row: BankLine,
    reference: str,
    words: str,
    *,
    undoes: bool = False,
    version: int | None = None,
) -> LedgerEntry:
    """Post a line under the penalty that a person names, with the reason.

    Money in is a payment and money out a refund; with `undoes`, the line takes back the latest
    entry of that sum: a payment that was returned, or a refund that came back. Refuses NotAllowed,
    NotFound (no such reference, no such entry), WrongState, BadInput, StaleVersion, and what
    entering money refuses.
    """
    _touch(work, row, words, "Say how you know whose it is.", version)
    if row.state not in (LineState.UNMATCHED.value, LineState.MATCHED.value):
        raise WrongState(f"The line is “{LineState(row.state).label.lower()}”.")
    penalty = _named(work.session, reference)
    entry = _post(work, row, penalty, _ask(row, penalty, words.strip(), undoes))
    _settle(work, row, LineState.POSTED, words, "bank_line_matched", penalty=penalty.reference)
    return entry


def _named(session: Session, reference: str) -> Penalty:
    named = finance.references_in(reference)
    wanted = named[0] if len(named) == 1 else reference.strip().upper()
    penalty = session.scalar(select(Penalty).where(Penalty.reference == wanted))
    if penalty is None:
        raise NotFound(
            f"No penalty has the payment reference {reference.strip() or '(none given)'}.",
            fix="It is on the case’s money page, like ASC-2026-000001-N2.",
        )
    return penalty


def _ask(row: BankLine, penalty: Penalty, words: str, undoes: bool) -> Ask:
    if not undoes:
        kind = Kind.PAYMENT if row.pence > 0 else Kind.REFUND
        return Ask(kind, abs(row.pence), row.on, reason=words)
    # What came in for good lowers the balance; taking it back raises it again.
    entries = payments.entries_of(penalty)
    fits = [
        one
        for one in ledger.reversible(entries)
        if one.pence == row.pence and one.kind in ledger.RECEIVED
    ]
    if not fits:
        raise NotFound(f"No entry of {pounds(abs(row.pence))} there can be taken back.")
    return Ask(Kind.REVERSAL, None, row.on, reverses=fits[-1].id, reason=words)


def _post(work: Work, row: BankLine, penalty: Penalty, ask: Ask) -> LedgerEntry:
    case = work.session.get_one(Case, penalty.case_id)
    row.posted_times += 1
    entry = payments.record(
        work,
        case,
        ask,
        key=payments.entry_key("bank line", row.unique_key, row.posted_times),
        payment_reference=(row.reference or row.details)[:80],
        penalty=penalty,
    )
    row.state, row.penalty_id, row.entry_id = LineState.POSTED.value, penalty.id, entry.id
    work.session.flush()
    return entry


def set_aside(work: Work, row: BankLine, words: str, version: int | None = None) -> None:
    """Leave a line out for good, with the reason: it is not ours, or it went back.

    Refuses NotAllowed, WrongState (posted: undo that first), BadInput, StaleVersion.
    """
    _touch(work, row, words, "Say why the line is set aside.", version)
    if row.state == LineState.POSTED.value:
        raise WrongState("The line is posted.", fix="Undo the posting first.")
    if row.state == LineState.SET_ASIDE.value:
        raise WrongState("The line is set aside already.")
    _count(row)
    _settle(work, row, LineState.SET_ASIDE, words, "bank_line_set_aside")


def reopen(work: Work, row: BankLine, words: str, version: int | None = None) -> None:
    """Let a line wait again: one set aside, or one seen before that is another payment.

    Refuses NotAllowed, WrongState, BadInput, StaleVersion.
    """
    _touch(work, row, words, "Say why the line waits again.", version)
    if row.state not in (LineState.SET_ASIDE.value, LineState.DUPLICATE.value):
        raise WrongState(f"The line is “{LineState(row.state).label.lower()}”.")
    _count(row)
    _settle(work, row, LineState.UNMATCHED, words, "bank_line_reopened")


def undo(work: Work, row: BankLine, words: str, version: int | None = None) -> None:
    """Undo a posting by a reversal, so that the line waits again.

    An entry that was reversed already only lets the line wait. Refuses NotAllowed, WrongState,
    BadInput, StaleVersion, and what reversing refuses.
    """
    _touch(work, row, words, "Say why the posting is undone.", version)
    if row.state != LineState.POSTED.value or row.entry is None or row.penalty is None:
        raise WrongState("The line is not posted.")
    entries, entry = payments.entries_of(row.penalty), row.entry
    if not any(one.reverses == entry.id for one in entries):
        payments.record(
            work,
            work.session.get_one(Case, row.penalty.case_id),
            Ask(Kind.REVERSAL, None, work.today, reverses=entry.id, reason=words.strip()),
            key=payments.entry_key("bank line undone", entry.id),
            penalty=row.penalty,
        )
    row.entry_id = None
    _settle(work, row, LineState.UNMATCHED, words, "bank_line_undone", entry=entry.id)
    row.penalty_id = None


def _count(row: BankLine) -> None:
    """A line seen before becomes a movement of its own once a person has looked at it."""
    if row.unique_key is None:
        row.unique_key = f"{row.fact_key}:line {row.id}"


def _touch(work: Work, row: BankLine, words: str, missing: str, version: int | None) -> None:
    work.require(Permission.RECORD_MONEY)
    if version is not None and row.version != version:
        raise changed_meanwhile()
    if not words.strip():
        raise BadInput(missing)


def _settle(
    work: Work, row: BankLine, state: LineState, words: str, event: str, **more: Fact
) -> None:
    row.state = state.value
    row.settled_by, row.settled_by_name = work.actor.identity, work.actor.name
    row.settled_at, row.settled_words = work.now, words.strip()
    work.session.flush()
    facts: dict[str, Fact] = {"line": row.id, "file": row.file.sha256, "pence": row.pence, **more}
    if row.entry_id is not None:
        facts["entry"] = row.entry_id
    work.record(
        STREAM, event, facts, texts={"words": words.strip()}, permission=Permission.RECORD_MONEY
    )


def account_of(work: Work, row: BankLine) -> Account | None:
    """The account a line is matched or posted to."""
    if row.penalty is None:
        return None
    return bank_accounts.by_reference(work.session, [row.penalty.reference])[row.penalty.reference]
