"""Excel workbooks, row by row through openpyxl's read-only mode (defusedxml parses the XML)."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from defusedxml import DefusedXmlException

from enforcement.domain.refusals import UnreadableFile
from enforcement.register.ods import SheetRow
from enforcement.register.zips import DAMAGE, open_zip, refuse_entities

_ODD = (ValueError, TypeError, IndexError, AttributeError)
_FAULTS = (*DAMAGE, ParseError, DefusedXmlException, *_ODD)


def xlsx_rows(data: bytes) -> Iterator[SheetRow]:
    """Every non-blank row as (sheet name, row number, cells). Refuses (UnreadableFile) damage."""
    archive = open_zip(data)
    refuse_entities(archive)
    archive.close()
    with warnings.catch_warnings():
        # openpyxl warns about styles and validations that have no bearing on the values
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            for sheet in book.worksheets:
                if hasattr(sheet, "reset_dimensions"):
                    sheet.reset_dimensions()
                for line, row in enumerate(sheet.iter_rows(values_only=True), start=1):
                    cells = _cells(row)
                    if cells:
                        yield sheet.title, line, cells
            book.close()
        except _FAULTS as fault:
            raise UnreadableFile(f"The workbook is damaged: {fault}") from fault


def _cells(row: tuple[Any, ...]) -> list[str]:
    """The cells as text, trailing blanks left off; empty for a blank row."""
    last = len(row)
    while last and row[last - 1] in (None, ""):
        last -= 1
    return [_text(value) for value in row[:last]]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        if value.time() == time():
            return value.date().isoformat()
        return value.isoformat(sep=" ", timespec="seconds")
    return value.isoformat() if isinstance(value, date) else str(value)
