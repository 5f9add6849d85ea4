"""Contacts of providers: no CQC file has an email address, so they come from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import chain, islice

from enforcement.domain.refusals import NothingToImport
from enforcement.register.cells import BadCell, address_of, cqc_id, is_mark, text_of
from enforcement.register.dates import date_of, is_month_first
from enforcement.register.decoding import Kind, kind_of
from enforcement.register.recognise import plain_bytes
from enforcement.register.register_file import repeated
from enforcement.register.rows import ContactLine, ContactsFile
from enforcement.register.shapes import CONTACTS
from enforcement.register.tables import Line, Table, find_table, sheets_of, unknown_header
from enforcement.register.totals import check_totals

_EMAIL = re.compile(r"[^@\s,;<>\"()]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*\.)[A-Za-z0-9-]{2,}")
_ADDRESS = ("address_1", "address_2", "address_3", "city", "county", "postcode")
_SAMPLE = 500


def read_contacts(data: bytes, filename: str) -> ContactsFile:
    """Read a table of contacts. Refuses: UnreadableFile, UnknownHeader, NothingToImport."""
    data, filename = plain_bytes(data, filename)
    kind = kind_of(data, filename)
    out = ContactsFile()
    early: list[Line] = []
    found = False
    for sheet in sheets_of(data, Kind.TEXT if kind is Kind.JSON else kind, out.notices):
        table = find_table(sheet, [CONTACTS], out.notices)
        if table is None:
            early = early or list(islice(sheet.lines, 40))
            continue
        found = True
        _take(table, out)
    if not found:
        raise unknown_header([CONTACTS], early)
    if not out.rows_in:
        raise NothingToImport(f"{filename} has a header but no rows.")
    check_totals(CONTACTS.name, out.rows_in, len(out.rows), len(out.rejected))
    return out


def _take(table: Table, out: ContactsFile) -> None:
    rows = table.rows()
    sample = list(islice(rows, _SAMPLE))
    date_at = table.at("date")
    read = _reader(table, is_month_first(cells[date_at] for _, cells in sample))
    seen: dict[tuple[str, str, str, str | None], tuple[int, int]] = {}
    for line, cells in chain(sample, rows):
        try:
            row = read(line, cells)
        except BadCell as fault:
            table.reject(line, str(fault), cells)
            continue
        mark = (line, hash(tuple(cells)))
        key = (row.provider_cqc_id, row.name, row.capacity, row.email)
        first, same = seen.setdefault(key, mark)
        if first != line:
            table.reject(line, repeated(row.provider_cqc_id, first, same == mark[1]), cells)
        else:
            out.rows.append(row)
    out.mapping = {key: table.header[at] for key, at in table.index.items()}
    out.rows_in += table.rows_in
    out.rejected.extend(table.rejected)
    if table.blank:
        out.notices.append(f"{table.blank} empty rows were skipped.")


def _reader(table: Table, month_first: bool) -> Callable[[int, list[str]], ContactLine]:
    address_at = tuple(table.at(key) for key in _ADDRESS)
    date_at = table.at("date")

    def read(line: int, cells: list[str]) -> ContactLine:
        name = text_of(cells[table.at("name")])
        email = email_of(cells[table.at("email")])
        address = address_of([cells[at] for at in address_at])
        if not name:
            raise BadCell("The contact's name is blank.")
        if email is None and not address:
            raise BadCell("The contact has neither an email address nor a postal address.")
        return ContactLine(
            line=line,
            provider_cqc_id=cqc_id(cells[table.at("provider_id")], "provider id"),
            name=name,
            capacity=text_of(cells[table.at("capacity")]),
            email=email,
            address=address,
            source=text_of(cells[table.at("source")]),
            date=date_of(cells[date_at], month_first),
        )

    return read


def email_of(cell: str) -> str | None:
    """One email address; None for a blank. Invisible marks are refused: they hide another one."""
    text = cell.strip()
    if not text or text == "-":
        return None
    if any(is_mark(c) for c in text) or not _EMAIL.fullmatch(text) or len(text) > 254:
        raise BadCell(f"“{text_of(text)[:60]}” is not one email address.")
    return text
