"""Capacity Tracker files: the monthly 0/1 report and the two bulk extracts.

The 0/1 report is the record of compliance: `submitted` is its own word. A bulk extract carries
only the LAST update, so `submitted` is False for a blank time stamp (never submitted) and None
otherwise: whether the stamp lies in the window is for the domain to judge, in England's time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain, islice

from enforcement.domain.duties import Service
from enforcement.domain.refusals import NothingToImport, UnknownHeader
from enforcement.domain.windows import Month
from enforcement.register.cells import BadCell
from enforcement.register.dates import is_month_first
from enforcement.register.decoding import Kind, kind_of
from enforcement.register.extracts import extract_reader
from enforcement.register.recognise import chosen, plain_bytes
from enforcement.register.register_file import repeated
from enforcement.register.repairs import Repairs
from enforcement.register.rows import ReturnLine, ReturnsFile
from enforcement.register.shapes import RETURNS_SHAPES, STATUS, Shape
from enforcement.register.status_report import status_reader
from enforcement.register.tables import (
    Line,
    Table,
    find_table,
    headerless_table,
    sheets_of,
    unknown_header,
)
from enforcement.register.totals import check_totals

_SAMPLE = 500
Read = Callable[[int, list[str]], list[ReturnLine]]
Seen = dict[tuple[str, Service], tuple[int, int]]


def read_returns(
    data: bytes,
    filename: str,
    month: Month,
    shape: str | None = None,
    mapping: Mapping[str, str] | None = None,
    service: Service | None = None,
) -> ReturnsFile:
    """Read one Capacity Tracker file for the window of `month`.

    `mapping` gives the header of a field where the file's own differs ("location_id": "Setting
    ref"). `service` is the switch the 0/1 report was run with, needed when neither a column nor
    the file or sheet name says it. Refuses: UnreadableFile, UnknownHeader (also when the report
    has no column for `month`), NothingToImport, BadInput (unknown shape; service not known).
    """
    data, filename = plain_bytes(data, filename)
    kind = kind_of(data, filename)
    shapes = [_mapped(one, mapping or {}) for one in chosen(RETURNS_SHAPES, shape)]
    out = ReturnsFile(shape="")
    seen: Seen = {}
    early: list[Line] = []
    for sheet in sheets_of(data, Kind.TEXT if kind is Kind.JSON else kind, out.notices):
        table = find_table(sheet, shapes, out.notices)
        if table is None:
            early = early or list(islice(sheet.lines, 40))
            if shape is None or kind is not Kind.TEXT:
                continue
            sheet.lines = iter(early + list(sheet.lines))
            table = headerless_table(sheet, shapes[0], out.notices)
        _take(table, filename, month, service, seen, out, (mapping or {}).get("status"))
    if not out.shape:
        raise unknown_header(shapes, early)
    if not out.rows_in:
        raise NothingToImport(f"{filename} has a header but no rows.")
    check_totals(out.shape, out.rows_in, out.rows_accepted, len(out.rejected))
    return out


def _mapped(shape: Shape, mapping: Mapping[str, str]) -> Shape:
    """The shape with the caller's header names. Refuses (UnknownHeader) an unknown field."""
    if not mapping:
        return shape
    strange = [key for key in mapping if not any(key in one.fields for one in RETURNS_SHAPES)]
    if strange:
        raise UnknownHeader(
            f"No such field to map: {', '.join(strange)}.", fix=f"Fields: {', '.join(shape.fields)}"
        )
    return shape.headed(mapping)


def _take(
    table: Table,
    filename: str,
    month: Month,
    service: Service | None,
    seen: Seen,
    out: ReturnsFile,
    status_header: str | None,
) -> None:
    repairs = Repairs()
    rows = table.rows()
    sample = list(islice(rows, _SAMPLE))
    stamps = [table.index[key] for key in ("utc", "local") if key in table.index]
    month_first = is_month_first(cells[at] for _, cells in sample for at in stamps)
    if month_first:
        out.notices.append("Dates are month first (12/31/2026) and were read so.")
    if table.shape.name == STATUS.name:
        read, months = status_reader(table, filename, month, service, out.notices, status_header)
    else:
        read, months = extract_reader(table, month, service, month_first, repairs), [month]
    out.shape = out.shape or table.shape.name
    out.mapping = {key: table.header[at] for key, at in table.index.items()}
    out.months = sorted({*out.months, *months})
    _rows(table, chain(sample, rows), read, seen, out)
    out.rows_in += table.rows_in
    out.rejected.extend(table.rejected)
    out.notices.extend(repairs.notices())
    if table.blank:
        out.notices.append(f"{table.blank} empty rows were skipped.")


def _rows(
    table: Table,
    rows: Iterable[tuple[int, list[str]]],
    read: Read,
    seen: Seen,
    out: ReturnsFile,
) -> None:
    for line, cells in rows:
        try:
            found = read(line, cells)
        except BadCell as fault:
            table.reject(line, str(fault), cells)
            continue
        mark = (line, hash(tuple(cells)))
        first, same = seen.setdefault((found[0].location_id, found[0].service), mark)
        if (first, same) != mark:
            table.reject(line, repeated(found[0].location_id, first, same == mark[1]), cells)
            continue
        out.rows_accepted += 1
        out.rows.extend(found)
