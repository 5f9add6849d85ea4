"""The doors: give the bytes of a file, get plain rows; the shape is recognised by its header."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from enforcement.domain.refusals import BadInput, NothingToImport
from enforcement.register.api import read_api
from enforcement.register.decoding import Kind, kind_of, unzip_gz
from enforcement.register.register_file import (
    as_at_of,
    as_at_of_name,
    scope_notices,
    settle_duals,
    take_duals,
    take_table,
)
from enforcement.register.rows import RegisterFile
from enforcement.register.shapes import API, DUAL, REGISTER_SHAPES, Shape
from enforcement.register.tables import (
    Progress,
    Sheet,
    find_table,
    headerless_table,
    sheets_of,
    unknown_header,
)
from enforcement.register.totals import check_totals


def plain_bytes(data: bytes, filename: str) -> tuple[bytes, str]:
    """The file with gzip taken off, and its name without the ending."""
    if data.startswith(b"\x1f\x8b"):
        return unzip_gz(data), filename.removesuffix(".gz")
    return data, filename


def chosen(shapes: Sequence[Shape], name: str | None) -> list[Shape]:
    """All shapes, or the one named. Refuses (BadInput) an unknown name."""
    if name is None:
        return list(shapes)
    found = [shape for shape in shapes if shape.name == name]
    if not found:
        known = ", ".join(shape.name for shape in shapes)
        raise BadInput(f"“{name}” is not a shape of this kind of file.", fix=f"Choose: {known}.")
    return found


def read_register(
    data: bytes, filename: str, shape: str | None = None, progress: Progress | None = None
) -> RegisterFile:
    """Read one register file of any published shape.

    `shape` is needed only for a file without a header. `progress` is called with the number of
    rows read, every 1,000. Refuses: UnreadableFile (not a table, open quote, doubled header,
    swelling zip, entities), UnknownHeader, NothingToImport, BadInput (unknown shape).
    """
    data, filename = plain_bytes(data, filename)
    wanted = chosen((*REGISTER_SHAPES, API), shape)
    kind = kind_of(data, filename)
    if kind is Kind.JSON and API in wanted:
        out = read_api(data, filename)
    else:
        tables = [one for one in wanted if one is not API] or list(REGISTER_SHAPES)
        out = _read_sheets(data, filename, kind, tables, shape is not None, progress)
    if not out.rows_in:
        raise NothingToImport(f"{filename} has a header but no rows.")
    out.notices.extend(scope_notices(out))
    check_totals(out.shape, out.rows_in, out.accepted, len(out.rejected))
    return out


def _read_sheets(
    data: bytes,
    filename: str,
    kind: Kind,
    shapes: list[Shape],
    named: bool,
    progress: Progress | None,
) -> RegisterFile:
    out = RegisterFile(shape="")
    unknown = None
    for sheet in sheets_of(data, Kind.TEXT if kind is Kind.JSON else kind, out.notices):
        if not _take_sheet(sheet, shapes, out, progress):
            early = list(islice(sheet.lines, 40))
            out.as_at = out.as_at or as_at_of(cells for _, cells, _ in early)
            unknown = unknown or (sheet, early)
    if not out.shape and unknown is not None:
        sheet, early = unknown
        if not named or kind is not Kind.TEXT:
            raise unknown_header(shapes, early)
        sheet.lines = iter(early + list(sheet.lines))
        table = headerless_table(sheet, shapes[0], out.notices)
        out.shape = shapes[0].name
        take_table(table, out, progress)
    if not out.shape and out.duals:  # the dual registration sheet saved as a file of its own
        out.shape = DUAL.name
    settle_duals(out)
    if out.as_at is None and (named_date := as_at_of_name(filename)):
        out.as_at = named_date
        out.notices.append("The date of the snapshot was taken from the file name.")
    return out


def _take_sheet(
    sheet: Sheet, shapes: list[Shape], out: RegisterFile, progress: Progress | None
) -> bool:
    """Whether the sheet was a table of a known shape, and was taken."""
    table = find_table(sheet, [DUAL, *shapes], out.notices)
    if table is None:
        return False
    if table.shape is DUAL:
        take_duals(table, out)
        return True
    if out.shape:
        out.notices.append(f"The sheet {sheet.name} is a second {table.shape.name} table.")
    out.shape = out.shape or table.shape.name
    out.as_at = out.as_at or as_at_of(table.preamble)
    take_table(table, out, progress)
    return True
