"""OpenDocument spreadsheets, streamed: content.xml of the published file is 440 MB unpacked.

Repeated cells and rows are expanded, except trailing blanks, which run to thousands. DTDs and
entities are refused as `defusedxml` does; its own parser is pure Python and an order too slow here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from xml.parsers import expat

from enforcement.domain.refusals import UnreadableFile
from enforcement.register.cells import MAX_CELL
from enforcement.register.zips import open_zip, pieces

MAX_COLUMNS = 1_000
MAX_REPEATED_ROWS = 10_000
MAX_TOKEN = 2 * 1024 * 1024
SheetRow = tuple[str, int, list[str]]


def ods_rows(data: bytes) -> Iterator[SheetRow]:
    """Every non-blank row as (sheet name, row number, cells). Refuses (UnreadableFile) damage."""
    archive = open_zip(data)
    content = _Content()
    fed = 0
    try:
        for piece in pieces(archive, "content.xml"):
            content.parser.Parse(piece, False)
            fed += len(piece)
            if fed - max(0, content.parser.CurrentByteIndex) > MAX_TOKEN:
                # expat reads an unfinished tag again with every piece: time without end
                raise UnreadableFile("The spreadsheet's content holds a tag that does not end.")
            while content.rows:
                yield content.rows.popleft()
        content.parser.Parse(b"", True)
    except expat.ExpatError as fault:
        raise UnreadableFile(f"The spreadsheet's content is damaged: {fault}") from fault
    yield from content.rows


def _refuse_declaration(*_: object) -> None:
    raise UnreadableFile("The spreadsheet declares XML entities, which can swell without end.")


class _Content:
    """Handlers that collect rows while the parser is fed."""

    def __init__(self) -> None:
        self.rows: deque[SheetRow] = deque()
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = _refuse_declaration
        self.parser.EntityDeclHandler = _refuse_declaration
        self._sheet = ""
        self._line = 0
        self._row_repeat = 1
        self._cells: list[str] = []
        self._blanks = 0
        self._cell_repeat = 1
        self._value: str | None = None
        self._text: list[str] = []
        self._size = 0
        self._note = 0

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in ("table:table-cell", "table:covered-table-cell"):
            self._cell_repeat = _repeat(attributes.get("table:number-columns-repeated"))
            self._value = _value_of(attributes)
            self._text, self._size = [], 0
            self.parser.CharacterDataHandler = self._characters
        elif tag == "table:table-row":
            self._cells, self._blanks = [], 0
            self._row_repeat = _repeat(attributes.get("table:number-rows-repeated"))
        elif tag == "table:table":
            self._sheet, self._line = attributes.get("table:name", ""), 0
        elif tag == "office:annotation":
            self._note += 1
        elif not self._note:
            self._start_text(tag, attributes)

    def _start_text(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "text:s":
            self._text.append(" " * min(_repeat(attributes.get("text:c")), 100))
        elif tag == "text:tab":
            self._text.append("\t")
        elif tag == "text:line-break" or (tag == "text:p" and self._text):
            self._text.append("\n")

    def _characters(self, data: str) -> None:
        # past the limit of a cell its line is rejected, so the rest need not be held
        if not self._note and self._size <= MAX_CELL:
            self._size += len(data)
            self._text.append(data)

    def _end(self, tag: str) -> None:
        if tag in ("table:table-cell", "table:covered-table-cell"):
            self._end_cell()
        elif tag == "table:table-row":
            self._end_row()
        elif tag == "office:annotation":
            self._note -= 1

    def _end_cell(self) -> None:
        self.parser.CharacterDataHandler = None
        cell = self._value if self._value is not None else "".join(self._text)
        if not cell:
            self._blanks += self._cell_repeat
            return
        if len(self._cells) + self._blanks + self._cell_repeat > MAX_COLUMNS:
            raise UnreadableFile(f"Sheet {self._sheet[:60]} is over {MAX_COLUMNS} columns wide.")
        self._cells.extend([""] * self._blanks)
        self._blanks = 0
        self._cells.extend([cell] * self._cell_repeat)

    def _end_row(self) -> None:
        first = self._line + 1
        self._line += self._row_repeat
        if not self._cells:
            return
        if self._row_repeat > MAX_REPEATED_ROWS:
            raise UnreadableFile(f"A row of {self._sheet[:60]} repeats {self._row_repeat} times.")
        for line in range(first, first + self._row_repeat):
            self.rows.append((self._sheet, line, list(self._cells)))


def _repeat(text: str | None) -> int:
    return max(1, int(text)) if text and text.isdigit() and len(text) < 10 else 1


def _value_of(attributes: dict[str, str]) -> str | None:
    """The value a cell stores, where it is better than what it shows; None for text cells."""
    kind = attributes.get("office:value-type")
    if kind == "date":
        return attributes.get("office:date-value")
    if kind in ("float", "percentage", "currency"):
        value = attributes.get("office:value")
        return value[:-2] if value is not None and value.endswith(".0") else value
    return attributes.get("office:boolean-value") if kind == "boolean" else None
