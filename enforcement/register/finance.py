"""Bank statements and finance exports: each movement with its day, sum and words.

Nothing is guessed: a line whose day or sum cannot be read is refused with its number. Which way
the money went is said by the sign, by a credit and a debit column, or by a column of its own; a
line that says both is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from itertools import chain, islice

from enforcement.domain.finance import LONGEST_FIELD, BankLine
from enforcement.domain.refusals import BadInput, NothingToImport, UnknownHeader
from enforcement.register.amounts import pence_of, side_of
from enforcement.register.cells import BadCell, text_of
from enforcement.register.dates import date_of, is_month_first
from enforcement.register.decoding import Kind, kind_of
from enforcement.register.recognise import plain_bytes
from enforcement.register.rows import FinanceFile
from enforcement.register.shapes import FINANCE, Shape
from enforcement.register.tables import Line, Table, find_table, sheets_of, unknown_header
from enforcement.register.totals import check_totals

MOST_LINES = 10_000
_SAMPLE = 500
FIELDS = tuple(FINANCE.fields)


def read_finance(
    data: bytes, filename: str, mapping: Mapping[str, str] | None = None
) -> FinanceFile:
    """Read the first table of a bank or finance file.

    `mapping` gives the header of a field where the file's own differs ("on": "Booked"). Refuses:
    UnreadableFile, UnknownHeader (also a table without reference and details), NothingToImport,
    BadInput (more than 10,000 lines).
    """
    data, filename = plain_bytes(data, filename)
    kind = kind_of(data, filename)
    shape = _headed(mapping or {})
    out = FinanceFile()
    early: list[Line] = []
    for sheet in sheets_of(data, Kind.TEXT if kind is Kind.JSON else kind, out.notices):
        table = find_table(sheet, [shape], out.notices)
        if table is not None:
            _take(table, out)
            break
        early = early or list(islice(sheet.lines, 40))
    else:
        raise unknown_header([shape], early)
    if not out.rows_in:
        raise NothingToImport(f"{filename} has a header but no rows.")
    check_totals(FINANCE.name, out.rows_in, len(out.rows), len(out.rejected))
    return out


def _headed(mapping: Mapping[str, str]) -> Shape:
    strange = [key for key in mapping if key not in FINANCE.fields]
    if strange:
        raise UnknownHeader(
            f"No such field to map: {', '.join(strange)}.", fix=f"Fields: {', '.join(FIELDS)}"
        )
    return FINANCE.headed(mapping)


def _take(table: Table, out: FinanceFile) -> None:
    if "reference" not in table.index and "details" not in table.index:
        raise UnknownHeader(
            "The table has neither a reference nor a description, so no line says what it is for.",
            fix="Name the column that holds the payer’s reference.",
        )
    rows = table.rows()
    sample = list(islice(rows, _SAMPLE))
    day_at = table.at("on")
    month_first = is_month_first(cells[day_at] for _, cells in sample)
    if month_first:
        out.notices.append("Dates are month first (12/31/2026) and were read so.")
    read = _reader(table, month_first)
    for line, cells in chain(sample, rows):
        if table.rows_in > MOST_LINES:
            raise BadInput(
                f"The file has more than {MOST_LINES:,} lines.", fix="Bring it in in parts."
            )
        try:
            out.rows.append((line, read(cells)))
        except BadCell as fault:
            table.reject(line, str(fault), cells)
    out.mapping = {key: table.header[at] for key, at in table.index.items()}
    out.rows_in = table.rows_in
    out.rejected.extend(table.rejected)
    if table.blank:
        out.notices.append(f"{table.blank} empty rows were skipped.")


def _reader(table: Table, month_first: bool) -> Callable[[list[str]], BankLine]:
    at = {key: table.at(key) for key in FIELDS}

    def words(cells: list[str], key: str, longest: int = LONGEST_FIELD) -> str:
        text = " ".join(text_of(cells[at[key]]).split())
        if len(text) > longest:
            raise BadCell(f"The {key.replace('_', ' ')} is longer than {longest} characters.")
        return text

    def read(cells: list[str]) -> BankLine:
        return BankLine(
            on=_day(cells[at["on"]], month_first),
            pence=_pence(cells, at),
            reference=words(cells, "reference"),
            details=words(cells, "details", 500),
            payer=words(cells, "payer"),
            bank_id=words(cells, "bank_id", 80),
        )

    return read


def _day(cell: str, month_first: bool) -> date:
    found = date_of(cell, month_first)
    if found is None:
        raise BadCell("The line has no date.")
    return found


def _pence(cells: list[str], at: Mapping[str, int]) -> int:
    """What the line moved, with its sign. Refuses a line that names no sum, or two."""
    amount = pence_of(cells[at["amount"]])
    credit, debit = (pence_of(cells[at[key]], key) for key in ("credit", "debit"))
    sums = [
        *([] if amount is None else [_with_side(amount, side_of(cells[at["side"]]))]),
        *([credit] if credit else []),
        *([-abs(debit)] if debit else []),
    ]
    if len({*sums} - {0}) > 1:
        raise BadCell("The line names two different sums.")
    moved = next((one for one in sums if one), 0)
    if not moved:
        raise BadCell("The line moves no money.")
    return moved


def _with_side(amount: int, side: int | None) -> int:
    if side is None:
        return amount
    if amount < 0 < side:
        raise BadCell("The line says credit, but its sum has a minus.")
    return side * abs(amount)
