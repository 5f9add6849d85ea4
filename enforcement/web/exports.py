"""What leaves as a file: CSV and XLSX that a spreadsheet cannot run, and safe download headers.

Source: OWASP ASVS 5.0 item 1.2.10. A spreadsheet runs a cell that begins with `= + - @`, a tab, a
carriage return, NUL, or the full-width forms of the four signs. CSV has no types, so such a value
gets one `'` in front; a value that already begins with `'` gets one too, so that taking exactly one
away (`unguard`) gives back what was there. XLSX cells are typed as text and need no mark.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import quote

from flask import Response
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from enforcement.web.listing import Cell, Column

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠", "'")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Row = Mapping[str, object]


def guard(text: str) -> str:
    """`text` as it may stand in a CSV cell: with one `'` before a beginning that could run."""
    return f"'{text}" if text.startswith(RISKY) else text


def unguard(text: str) -> str:
    """The inverse of `guard`, for reading our own exports back."""
    return text[1:] if text.startswith("'") else text


def plain(value: object) -> str:
    """A value as export text: days as 2025-02-04, times as ISO 8601, nothing for None."""
    if isinstance(value, Cell):
        value = value.text if value.value is None else value.value
    if value is None:
        return ""
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)


def csv_text(rows: Iterable[Row], columns: Sequence[Column]) -> str:
    """RFC 4180 text: every field quoted and guarded, CRLF line ends, headings first."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([guard(column.title) for column in columns])
    for row in rows:
        writer.writerow([guard(plain(row.get(column.key))) for column in columns])
    return out.getvalue()


def csv_response(rows: Iterable[Row], columns: Sequence[Column], filename: str) -> Response:
    """A CSV download, UTF-8 with a byte-order mark so that Excel reads the accents."""
    body = csv_text(rows, columns).encode("utf-8-sig")
    return download(body, filename=filename, mimetype="text/csv; charset=utf-8")


def xlsx_bytes(rows: Iterable[Row], columns: Sequence[Column], title: str = "Export") -> bytes:
    """A workbook of one sheet. Numbers stay numbers; everything else is typed as text, so that
    a name that begins with `=` is a name. Control characters XML cannot hold become U+FFFD."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"

    def cell(value: object) -> object:
        if isinstance(value, Cell) and value.value is not None:
            value = value.value
        made = WriteOnlyCell(sheet)
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            made.value = value
            return made
        made.value = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", plain(value))
        made.data_type = "s"
        return made

    sheet.append([cell(column.title) for column in columns])
    for row in rows:
        sheet.append([cell(row.get(column.key)) for column in columns])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def xlsx_response(rows: Iterable[Row], columns: Sequence[Column], filename: str) -> Response:
    """An XLSX download."""
    return download(xlsx_bytes(rows, columns), filename=filename, mimetype=XLSX)


def disposition(filename: str, *, inline: bool = False) -> str:
    """A Content-Disposition for any name (RFC 6266): an ASCII form with no sign that could end
    the header or name a folder, and the full name percent-encoded beside it."""
    base = filename.replace("\\", "/").rsplit("/", 1)[-1].strip(" .") or "file"
    base = "".join(c for c in base if c.isprintable()) or "file"
    ascii_name = "".join(c if c.isascii() and c not in '"%' else "_" for c in base)
    kind = "inline" if inline else "attachment"
    encoded = quote(base.encode("utf-8", "replace"), safe="")
    return f"{kind}; filename=\"{ascii_name}\"; filename*=UTF-8''{encoded}"


def download(body: bytes, *, filename: str, mimetype: str, inline: bool = False) -> Response:
    """A file as an answer. `inline` is only for PDFs we made ourselves: they may be framed by our
    own pages. Everything else is an attachment that cannot run in our origin."""
    response = Response(body)
    response.headers["Content-Type"] = mimetype
    response.headers["Content-Disposition"] = disposition(filename, inline=inline)
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; object-src 'self'; frame-ancestors 'self'"
        if inline
        else "default-src 'none'; sandbox; frame-ancestors 'none'"
    )
    return response
