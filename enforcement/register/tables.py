"""From bytes to tables: delimiter, header within 20 lines, real line numbers, whole rows only.

What the standard library swallows in silence is refused here: a quote that is never closed, a
header named twice, short and long rows, NUL, cells past the limit.
"""

from __future__ import annotations

import csv
import io
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby, islice

from enforcement.domain.refusals import UnknownHeader, UnreadableFile
from enforcement.register.cells import MAX_CELL, as_written, show_marks
from enforcement.register.decoding import MAX_TEXT, Kind, text_of_file
from enforcement.register.ods import ods_rows
from enforcement.register.rows import Rejected
from enforcement.register.shapes import KNOWN_NAMES, Shape, only_position, plain
from enforcement.register.xlsx import xlsx_rows

HEADER_WITHIN = 20
#: An honest quoted address has a few line ends; more means a quote was never closed.
MAX_LINES_IN_A_CELL = 20
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
#: Line number, cells, and why the line cannot be used (empty when it can).
Line = tuple[int, list[str], str]
Progress = Callable[[int], None]

# The limit of this module is MAX_CELL, per line; csv's own would stop the whole file.
csv.field_size_limit(MAX_TEXT)


def sniff_delimiter(text: str) -> tuple[str, int]:
    """The delimiter under which some early line holds the most known headers, and its cells."""
    sample = list(islice(io.StringIO(text, newline=""), HEADER_WITHIN + 5))
    best, best_score = ",", (0, 0)
    for delimiter in DELIMITERS:
        rows = csv.reader((line[:20_000] for line in sample), delimiter=delimiter)
        counted = [(sum(plain(cell) in KNOWN_NAMES for cell in row), len(row)) for row in rows]
        score = max(counted, default=(0, 0))
        if score > best_score:
            best, best_score = delimiter, score
    return best, best_score[1]


class CsvLines:
    """Records of a CSV text with the physical line each starts on; `width` is the header's."""

    def __init__(self, text: str, delimiter: str, width: int) -> None:
        self._text = text
        self._delimiter = delimiter
        self._recent: deque[str] = deque(maxlen=MAX_LINES_IN_A_CELL + 1)
        self.width = width

    def _physical(self) -> Iterator[str]:
        for line in io.StringIO(self._text, newline=""):
            self._recent.append(line)
            yield line

    def __iter__(self) -> Iterator[Line]:
        reader = csv.reader(self._physical(), delimiter=self._delimiter, strict=True)
        while True:
            first = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as fault:
                yield from self._broken(first, reader.line_num, str(fault))
                continue
            if reader.line_num > first and self._swallowed(first, reader.line_num, cells):
                yield from self._broken(first, reader.line_num, "")
            else:
                yield first, cells, ""

    def _swallowed(self, first: int, last: int, cells: list[str]) -> bool:
        """Whether a cell over several lines holds what look like whole rows."""
        if last - first >= MAX_LINES_IN_A_CELL:
            raise _never_closed(first)
        whole_row = max(1, self.width - 1)
        return any(
            line.count(self._delimiter) >= whole_row
            for cell in cells
            if "\n" in cell or "\r" in cell
            for line in cell.splitlines()
        )

    def _broken(self, first: int, last: int, fault: str) -> Iterator[Line]:
        """Each physical line of a record that does not parse, so that no line goes uncounted."""
        if "unexpected end" in fault or last - first >= MAX_LINES_IN_A_CELL:
            raise _never_closed(first)
        lines = list(self._recent)[-(last - first + 1) :]
        where = f"line {first}" if first == last else f"lines {first} to {last}"
        for number, line in enumerate(lines, start=first):
            if line.strip():
                yield number, [line.rstrip("\r\n")], f"A quote is out of place on {where}."


def _never_closed(line: int) -> UnreadableFile:
    return UnreadableFile(
        f"A quote opened on line {line} is never closed: the rows after it cannot be told apart.",
        fix="Correct that line or export the file again.",
    )


@dataclass
class Sheet:
    """One sheet of a workbook, or the whole of a CSV file (without a name)."""

    name: str
    lines: Iterator[Line]
    csv: CsvLines | None = None


def sheets_of(data: bytes, kind: Kind, notices: list[str]) -> Iterator[Sheet]:
    """The sheets in order; each must be used up before the next is asked for."""
    if kind is Kind.TEXT:
        text = text_of_file(data, notices)
        delimiter, width = sniff_delimiter(text)
        if delimiter != ",":
            notices.append(f"Columns are separated by a {DELIMITERS[delimiter]}.")
        lines = CsvLines(text, delimiter, width)
        yield Sheet("", iter(lines), lines)
        return
    rows = xlsx_rows(data) if kind is Kind.XLSX else ods_rows(data)
    for name, group in groupby(rows, key=lambda row: row[0]):
        yield Sheet(name, ((line, cells, "") for _, line, cells in group))


@dataclass
class Table:
    """A recognised table: where each field stands, and its rows."""

    shape: Shape
    sheet: Sheet
    header: list[str]
    header_line: int
    preamble: list[list[str]]
    index: dict[str, int]
    lines: Iterator[Line]
    rejected: list[Rejected] = field(default_factory=list)
    rows_in: int = 0
    blank: int = 0

    def at(self, key: str) -> int:
        """The position of a field; -1, where `rows` keeps a blank, when the file lacks it."""
        return self.index.get(key, -1)

    def reject(self, line: int, reason: str, cells: Sequence[str]) -> None:
        """Set a line aside with its reason, and its sheet in a workbook."""
        if self.sheet.name:
            reason = f"{reason} (sheet {self.sheet.name[:60]})"
        self.rejected.append(Rejected(line, reason, as_written(cells)))

    def rows(self, progress: Progress | None = None) -> Iterator[tuple[int, list[str]]]:
        """Whole, readable rows, with one blank cell added at the end; the others are rejected."""
        width = len(self.header)
        for line, cells, fault in self.lines:
            if not fault and not any(cells):
                self.blank += 1
                continue
            self.rows_in += 1
            if progress is not None and self.rows_in % 1_000 == 0:
                progress(self.rows_in)
            reason = fault or self._fault(cells, width)
            if reason:
                self.reject(line, reason, cells)
                continue
            cells.append("")
            yield line, cells

    def _fault(self, cells: list[str], width: int) -> str:
        """Why a row cannot be used; pads and trims blanks that spreadsheets leave off or add."""
        have = len(cells)
        if have > width:
            if any(cells[width:]):
                return f"The row has {have} cells; the header has {width}."
            del cells[width:]
        elif have < width:
            if self.sheet.csv is not None:
                return f"The row has {have} cells; the header has {width}."
            cells.extend([""] * (width - have))
        whole = "".join(cells)
        if len(whole) > MAX_CELL and max(map(len, cells)) > MAX_CELL:
            return f"A cell is longer than {MAX_CELL:,} characters."
        if "\0" in whole:
            return "A cell holds a NUL character."
        return ""


def find_table(sheet: Sheet, shapes: Sequence[Shape], notices: list[str]) -> Table | None:
    """The table of a sheet: its header is looked for by known names in the first 20 lines.

    None when no shape fits. Refuses (UnreadableFile) a header that names a needed column twice.
    """
    early = list(islice(sheet.lines, HEADER_WITHIN))
    for number, (line, cells, fault) in enumerate(early):
        if fault:
            continue
        for shape in shapes:
            found = shape.columns_in(cells)
            if shape.fits(found):
                index = {key: only_position(shape, cells, key, at) for key, at in found.items()}
                while cells and not cells[-1].strip():
                    cells.pop()
                rest = chain(early[number + 1 :], sheet.lines)
                notices.extend(_doubled(cells, set(index.values())))
                preamble = [before for _, before, _ in early[:number]]
                if number:
                    notices.append(_skipped(sheet, number, preamble))
                return _opened(shape, sheet, cells, line, preamble, index, rest)
    sheet.lines = chain(early, sheet.lines)
    return None


def _opened(
    shape: Shape,
    sheet: Sheet,
    header: list[str],
    line: int,
    preamble: list[list[str]],
    index: dict[str, int],
    lines: Iterator[Line],
) -> Table:
    if sheet.csv is not None:
        sheet.csv.width = len(header)
    return Table(shape, sheet, header, line, preamble, index, lines)


def _doubled(header: Sequence[str], read: set[int]) -> list[str]:
    """A notice for each header that comes twice among the columns that are not read."""
    others = Counter(cell.strip() for at, cell in enumerate(header) if at not in read)
    return [
        f"The column “{name[:60]}” comes {count} times; it is not read."
        for name, count in others.items()
        if name and count > 1
    ]


def _skipped(sheet: Sheet, number: int, preamble: list[list[str]]) -> str:
    words = "; ".join(text for row in preamble if (text := " ".join(filter(None, row)).strip()))
    where = f" of {sheet.name}" if sheet.name else ""
    return f"{number} lines before the header{where} were skipped: {show_marks(words)[:200]}"


def headerless_table(sheet: Sheet, shape: Shape, notices: list[str]) -> Table:
    """A table without a header, read by position as the caller said it is this shape."""
    early = list(islice(sheet.lines, 1))
    if not shape.order or not early or len(early[0][1]) != len(shape.order):
        raise unknown_header([shape], early)
    notices.append(f"There is no header: columns were read in the order of the {shape.name} shape.")
    index = {key: at for at, key in enumerate(shape.order) if key}
    header = [shape.fields[key][0] if key else "" for key in shape.order]
    return _opened(shape, sheet, header, 0, [], index, chain(early, sheet.lines))


def unknown_header(shapes: Sequence[Shape], early: Sequence[Line]) -> UnknownHeader:
    """The refusal that names what was looked for and the nearest miss."""
    wanted = "; or ".join(f"{shape.name}: {', '.join(shape.columns)}" for shape in shapes)
    nearest = ""
    scored = [
        (len(found), shape, found)
        for _, cells, _ in early[:HEADER_WITHIN]
        for shape in shapes
        if (found := shape.columns_in(cells))
    ]
    if scored:
        _, shape, found = max(scored, key=lambda item: item[0])
        if len(found) > 1 and (missing := shape.missing(found)):
            nearest = f" The nearest is {shape.name}, which lacks: {', '.join(missing)}."
    return UnknownHeader(
        f"No line of the first {HEADER_WITHIN} is a known header.{nearest} Looked for {wanted}.",
        fix="Check that this is the right file; a file without a header needs its shape named.",
    )
