"""Bank files: sums in every writing, both ways of money, and bad files refused line by line."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest

from enforcement.domain.refusals import (
    BadInput,
    NothingToImport,
    Refusal,
    UnknownHeader,
    UnreadableFile,
)
from enforcement.register.amounts import pence_of
from enforcement.register.cells import BadCell
from enforcement.register.finance import MOST_LINES, read_finance

HEADER = "Date,Amount,Reference"

SUMS = [
    ("1234.50", 123450), ("£1,234.50", 123450), ("1,234.5", 123450), ("1234", 123400),
    ("1234.50-", -123450), ("-1234.50", -123450), ("(1,234.50)", -123450), ("−£5", -500),
    ("-£5.00", -500), ("£-5.00", -500), ("5.00 DR", -500), ("5.00 CR", 500), ("GBP 12", 1200),
    ("1 234.50", 123450), ("+7.00", 700), ("'-7.00", -700), ("0.00", 0), ("", None), ("-", None),
]  # fmt: skip
NO_SUMS = ["=1+1", "1.234,50", "1,23.00", "12.345", "abc", "--5", "-5.00-", "(5.00", "1e5",
           "5.00.0", "12 34.50", "1 2", "-5.00 CR", "½", "١٢", "12345678901",
           "1234.4999999999998"]  # fmt: skip


@pytest.mark.parametrize(("cell", "pence"), SUMS)
def test_a_sum_in_every_writing(cell: str, pence: int | None) -> None:
    assert pence_of(cell) == pence


@pytest.mark.parametrize("cell", NO_SUMS)
def test_what_is_no_sum_is_refused(cell: str) -> None:
    with pytest.raises(BadCell, match="not a sum"):
        pence_of(cell)


def read(*lines: str, header: str = HEADER, **more: object) -> list[tuple[int, date, int, str]]:
    found = read_finance("\n".join((header, *lines)).encode(), "bank.csv", **more)  # type: ignore[arg-type]  # keywords of the reader
    return [(number, one.on, one.pence, one.reference) for number, one in found.rows]


def test_a_plain_file() -> None:
    assert read('20/07/2026,"2,388.00",ASC-2026-000123-N2', "2026-07-21,-12.00,Refund") == [
        (2, date(2026, 7, 20), 238800, "ASC-2026-000123-N2"),
        (3, date(2026, 7, 21), -1200, "Refund"),
    ]


def test_credit_and_debit_columns_and_a_column_for_the_side() -> None:
    columns = "Date;Paid out;Paid in;Narrative;Payer name;Transaction ID"
    data = "20 July 2026;;5.00;First;A;1\n21 July 2026;6.00;;Second;B;2\n"
    found = read_finance(f"Account 1234\n\n{columns}\n{data}".encode("cp1252"), "b.csv")
    assert [(one.pence, one.details, one.payer, one.bank_id) for _, one in found.rows] == [
        (500, "First", "A", "1"),
        (-600, "Second", "B", "2"),
    ]
    sides = read("20/07/2026,5,x,CR", "20/07/2026,5,y,DR", "20/07/2026,-5,z,FPI",
                 header="Date,Amount,Reference,Type")  # fmt: skip
    assert [pence for _, _, pence, _ in sides] == [500, -500, -500]


def test_headings_of_ones_own_and_a_workbook() -> None:
    mapping = {"on": "Booked", "amount": "Sum total", "reference": "What for"}
    rows = read("20/07/2026,5,x", header="Booked,Sum total,What for", mapping=mapping)
    assert rows == [(2, date(2026, 7, 20), 500, "x")]
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (["Date", "Amount", "Reference"], [date(2026, 7, 20), 12.5, "=HYPERLINK(1)"]):
        book.active.append(row)
    book.active["C2"].data_type = "s"
    out = io.BytesIO()
    book.save(out)
    [(_, line)] = read_finance(out.getvalue(), "bank.xlsx").rows
    assert (line.pence, line.reference) == (1250, "=HYPERLINK(1)")


BAD_LINES = [
    ("no date", ",5.00,x", "no date"),
    ("no such date", "31/02/2026,5.00,x", "not a date"),
    ("no sum", "20/07/2026,,x", "moves no money"),
    ("nothing moved", "20/07/2026,0.00,x", "moves no money"),
    ("a formula", "20/07/2026,=2+3,x", "not a sum"),
    ("a cell too many", "20/07/2026,5.00,x,y", "4 cells"),
    ("a cell too few", "20/07/2026,5.00", "2 cells"),
    ("long reference", f"20/07/2026,5.00,{'x' * 141}", "longer than 140"),
    ("a total", "Total,5.00,", "not a date"),
]


@pytest.mark.parametrize(
    ("line", "words"), [b[1:] for b in BAD_LINES], ids=[b[0] for b in BAD_LINES]
)
def test_a_bad_line_is_refused_with_its_number_and_the_others_are_taken(
    line: str, words: str
) -> None:
    found = read_finance("\n".join((HEADER, "20/07/2026,1.00,ok", line)).encode(), "b.csv")
    assert [number for number, _ in found.rows] == [2]
    [refused] = found.rejected
    assert (refused.line, words in refused.reason) == (3, True)
    assert found.rows_in == 2


def test_a_line_with_two_sums_is_refused() -> None:
    both = read_finance(b"Date,Debit,Credit,Details\n20/07/2026,5,6,x\n20/07/2026,0,6,y", "b.csv")
    assert ["two different sums" in one.reason for one in both.rejected] == [True]
    against = read_finance(b"Date,Amount,Type,Details\n20/07/2026,-5,CR,x", "b.csv")
    assert "has a minus" in against.rejected[0].reason


MANY = "\n".join(f"20/07/2026,1.00,{n}" for n in range(MOST_LINES + 1))
BAD_FILES: list[tuple[str, bytes, type[Refusal], str]] = [
    ("empty", b"", NothingToImport, "empty"),
    ("header only", HEADER.encode(), NothingToImport, "no rows"),
    ("other columns", b"A,B,C\n1,2,3", UnknownHeader, "known header"),
    ("no reference", b"Date,Amount\n20/07/2026,5", UnknownHeader, "neither a reference"),
    ("a column twice", b"Date,Amount,Amount,Details\n1,2,3,4", UnreadableFile, "comes 2 times"),
    ("a picture", b"\x89PNG\r\n", UnreadableFile, "picture"),
    (
        "open quote",
        f'{HEADER}\n20/07/2026,"5.00,x\n{MANY}'.encode(),
        UnreadableFile,
        "never closed",
    ),
    ("huge", f"{HEADER}\n{MANY}".encode(), BadInput, "more than 10,000"),
]


@pytest.mark.parametrize(("data", "kind", "words"), [b[1:] for b in BAD_FILES],
                         ids=[b[0] for b in BAD_FILES])  # fmt: skip
def test_a_bad_file_is_refused_whole(data: bytes, kind: type[Refusal], words: str) -> None:
    with pytest.raises(kind, match=words):
        read_finance(data, "bank.csv")


def test_an_unknown_field_to_map_is_refused() -> None:
    with pytest.raises(UnknownHeader, match="colour"):
        read_finance(HEADER.encode(), "bank.csv", {"colour": "red"})
