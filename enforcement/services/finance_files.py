"""Bank files: brought in as received, judged line by line, posted in one transaction.

Bringing a file in posts nothing: each line is matched by its exact payment reference, unmatched,
or seen before. Posting the matched lines of a file is a second step of a person, all or nothing;
doing it again does nothing. What was posted is undone by reversals alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from enforcement.data.bulk import one_load_at_a_time
from enforcement.data.files import HeaderMapping, ImportedFile
from enforcement.data.finance import BankLine
from enforcement.data.payments import Penalty
from enforcement.domain import finance
from enforcement.domain.finance import LineState
from enforcement.domain.payments import LARGEST_PENCE
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, NotFound, UnknownHeader
from enforcement.domain.words import pounds
from enforcement.register.finance import read_finance
from enforcement.register.rows import FinanceFile, Rejected
from enforcement.register.shapes import plain
from enforcement.services import bank_accounts, loading, posting
from enforcement.services.loading import Incoming, Loaded
from enforcement.services.return_headings import save_mapping
from enforcement.services.work import Work

KIND = "finance"
STREAM = "finance"
MOST_BYTES = 10 * 1024 * 1024
_CHUNK = 500


def load(work: Work, incoming: Incoming, *, mapping: Mapping[str, str] | None = None) -> Loaded:
    """Bring a bank file in and judge its lines; nothing is posted yet.

    `mapping` (field → the file's heading) is kept for the next file with those headings. The same
    bytes again change nothing. Refuses NotAllowed, BadInput (over 10 MB or 10,000 lines),
    UnknownHeader, UnreadableFile, NothingToImport.
    """
    work.require(Permission.RECORD_MONEY)
    if len(incoming.content) > MOST_BYTES:
        raise BadInput(f"{incoming.filename} is larger than {MOST_BYTES // 1024 // 1024} MB.")
    one_load_at_a_time(work.session)
    earlier = loading.already(work.session, KIND, incoming)
    if earlier is not None:
        return earlier
    file, used = _read(work, incoming, mapping or {})
    rows, pairs = _lines(work, file)
    counts = Counter(row.state for row in rows)
    loaded = Loaded(
        kind=KIND,
        shape=KIND,
        filename=incoming.filename,
        sha256=incoming.sha256,
        rows_in=file.rows_in,
        rejected=loading.refusals(file.rejected),
        changes={state.value: counts[state.value] for state in LineState if counts[state.value]},
        notices=list(file.notices),
        mapping={"headings": dict(file.mapping), "given": dict(used)},
    )
    kept = loading.keep(work, incoming, loaded, STREAM, Permission.RECORD_MONEY)
    for row in rows:
        row.file_id = kept.id
    work.session.add_all(rows)
    work.session.flush()  # in the order of the file; one that points to another would upset it
    for row, first in pairs:
        row.same_as_id = first.id
    work.session.flush()
    if mapping:
        save_mapping(work, KIND, mapping)
    return loaded


def _read(
    work: Work, incoming: Incoming, mapping: Mapping[str, str]
) -> tuple[FinanceFile, Mapping[str, str]]:
    """The file, read with the mapping given, one kept from an earlier file, or none."""
    if mapping:
        return read_finance(incoming.content, incoming.filename, mapping), mapping
    kept = (
        select(HeaderMapping).where(HeaderMapping.shape == KIND).order_by(HeaderMapping.id.desc())
    )
    for saved in work.session.scalars(kept):
        try:
            file = read_finance(incoming.content, incoming.filename, saved.mapping)
        except UnknownHeader:
            continue
        read = {key: plain(name) for key, name in file.mapping.items()}
        if all(read.get(key) == plain(name) for key, name in saved.mapping.items()):
            day = f"{saved.saved_at.day} {saved.saved_at:%B %Y}"
            file.notices.append(f"The headings were read as saved on {day}.")
            return file, saved.mapping
    return read_finance(incoming.content, incoming.filename), {}


def _lines(work: Work, file: FinanceFile) -> tuple[list[BankLine], list[tuple[BankLine, BankLine]]]:
    """Each usable line with its verdict, and those seen before with the first of them.

    Lines that no ledger could take are refused.
    """
    usable = []
    for number, line in file.rows:
        reason = _unusable(work, line)
        if reason:
            file.rejected.append(Rejected(number, reason, line.says[:120]))
        else:
            usable.append((number, line, finance.references_in(line.says)))
    known = bank_accounts.by_reference(
        work.session, [named[0] for _, _, named in usable if len(named) == 1]
    )
    rows = [_row(number, line) for number, line, _ in usable]
    seen = _Seen(work.session, rows)
    for row, (_, line, named) in zip(rows, usable, strict=True):
        account = known.get(named[0]) if len(named) == 1 else None
        verdict = finance.judge(line, account, named)
        row.state, row.why = verdict.state.value, verdict.why
        seen.place(row)
    _point_to_penalties(work.session, rows, known)
    return rows, seen.pairs


def _unusable(work: Work, line: finance.BankLine) -> str:
    if line.on > work.today:
        return "The day of the line is still to come."
    if abs(line.pence) > LARGEST_PENCE:
        return f"{pounds(line.pence)} is more than any payment can be."
    return ""


def _row(number: int, line: finance.BankLine) -> BankLine:
    return BankLine(
        line=number,
        on=line.on,
        pence=line.pence,
        reference=line.reference,
        details=line.details,
        payer=line.payer,
        bank_id=line.bank_id,
        fact_key=finance.fact_key(line),
        posted_times=0,
    )


class _Seen:
    """The movements that are known, from earlier files and from this one as it is read."""

    def __init__(self, session: Session, rows: Sequence[BankLine]) -> None:
        self.pairs: list[tuple[BankLine, BankLine]] = []  # a line seen before, and the first of it
        self._by_fact: dict[str, list[BankLine]] = {}
        self._by_bank: dict[tuple[str, int], list[BankLine]] = {}
        for column in (BankLine.fact_key, BankLine.bank_id):
            wanted = sorted({getattr(row, column.key) for row in rows} - {""})
            for start in range(0, len(wanted), _CHUNK):
                counted = column.in_(wanted[start : start + _CHUNK]) & (BankLine.unique_key != "")
                for earlier in session.scalars(select(BankLine).where(counted)):
                    self._note(earlier)

    def _note(self, row: BankLine) -> None:
        self._by_fact.setdefault(row.fact_key, []).append(row)
        if row.bank_id:
            self._by_bank.setdefault((row.bank_id, row.pence), []).append(row)

    def place(self, row: BankLine) -> None:
        """Give the row the key of its movement, or mark it as seen before.

        The same day, sum and words are one movement, unless the bank numbers them apart; the
        bank's own number and the sum are one movement whatever else is written.
        """
        alike = self._by_fact.get(row.fact_key, [])
        known = [*alike, *self._by_bank.get((row.bank_id, row.pence), [])]
        same = next((one for one in known if _one_movement(one, row)), None)
        if same is None:
            row.unique_key = f"{row.fact_key}:{row.bank_id}" if alike else row.fact_key
            self._note(row)
            return
        row.state, row.unique_key = LineState.DUPLICATE.value, None
        row.why = "The same day, sum and words were read before."
        self.pairs.append((row, same))


def _one_movement(one: BankLine, row: BankLine) -> bool:
    return not (one.bank_id and row.bank_id and one.bank_id != row.bank_id)


def _point_to_penalties(
    session: Session, rows: list[BankLine], known: Mapping[str, finance.Account]
) -> None:
    references = sorted(known)
    ids: dict[str, int] = {}
    for start in range(0, len(references), _CHUNK):
        part = references[start : start + _CHUNK]
        found = session.execute(
            select(Penalty.reference, Penalty.id).where(Penalty.reference.in_(part))
        )
        ids |= {reference: number for reference, number in found}
    for row in rows:
        if row.state == LineState.MATCHED.value:
            [named] = finance.references_in(posting.bank_line(row).says)
            row.penalty_id = ids[named]


@dataclass(frozen=True)
class Posted:
    """What posting a file did: how many lines, and their sum in pence."""

    lines: int
    pence: int


def post(work: Work, file_id: int) -> Posted:
    """Post every matched line of a file: all of them or none. Again: nothing is left to post.

    Each line is judged again on today's ledger. Refuses NotFound, NotAllowed, and what entering
    money refuses.
    """
    work.require(Permission.RECORD_MONEY)
    row = find(work.session, file_id)
    one_load_at_a_time(work.session)
    waiting = select(BankLine).where(
        BankLine.file_id == row.id, BankLine.state == LineState.MATCHED.value
    )
    lines = list(work.session.scalars(waiting.order_by(BankLine.line).with_for_update()))
    for line in lines:
        posting.post_matched(work, line)
    done = Posted(len(lines), sum(line.pence for line in lines))
    if lines:
        work.record(
            STREAM,
            "bank_file_posted",
            {"sha256": row.sha256, "lines": done.lines, "pence": done.pence},
            permission=Permission.RECORD_MONEY,
        )
    return done


def undo(work: Work, file_id: int, reason: str) -> int:
    """Reverse every posting of a file, all or none; its lines wait again. Returns how many.

    Refuses NotFound, NotAllowed, BadInput without a reason, and what reversing refuses.
    """
    row = find(work.session, file_id)
    posted = select(BankLine).where(
        BankLine.file_id == row.id, BankLine.state == LineState.POSTED.value
    )
    lines = list(work.session.scalars(posted.order_by(BankLine.line).with_for_update()))
    for line in lines:
        posting.undo(work, line, reason)
    return len(lines)


def find(session: Session, file_id: int) -> ImportedFile:
    """The bank file with this number, or NotFound."""
    row = session.get(ImportedFile, file_id)
    if row is None or row.kind != KIND:
        raise NotFound("There is no such bank file.")
    return row


def counts(session: Session, file_ids: list[int]) -> dict[int, dict[LineState, int]]:
    """How many lines of each file stand in each state."""
    found: dict[int, dict[LineState, int]] = {number: {} for number in file_ids}
    rows = session.execute(
        select(BankLine.file_id, BankLine.state, func.count())
        .where(BankLine.file_id.in_(file_ids))
        .group_by(BankLine.file_id, BankLine.state)
    )
    for number, state, count in rows:
        found[number][LineState(state)] = count
    return found
