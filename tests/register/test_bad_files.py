"""Every bad file that the standard library swallows in silence: refused, or accounted for."""

import io
import os
import zipfile

import pytest

from enforcement.domain.refusals import NothingToImport, Refusal, UnknownHeader, UnreadableFile
from enforcement.register.recognise import read_register
from enforcement.register.rows import RegisterFile
from enforcement.register.tables import CsvLines

HEADER = "Location ID,Location Name,Provider ID,Provider Name,Service type"


def row(n: int, name: str = "Elm House") -> str:
    return f"1-90000{n:04d},{name},1-80000{n:04d},Invented Care Ltd,Homecare agencies"


def table(*lines: str) -> str:
    return "\n".join((HEADER, *lines)) + "\n"


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), data)
    return buffer.getvalue()


def ods(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", 0)
        archive.writestr("content.xml", content)
    return buffer.getvalue()


LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>
<office:document-content xmlns:office="o">&b;</office:document-content>"""
MANY = "\n".join(row(n) for n in range(1_000))

REFUSED: list[tuple[str, bytes, type[Refusal], str]] = [
    ("empty", b"", NothingToImport, "empty"),
    ("only a mark", b"\xef\xbb\xbf\n", NothingToImport, "empty"),
    ("header only", table().encode(), NothingToImport, "no rows"),
    (
        "quote never closed",
        table(row(1), f'1-900009999,"Elm House,{MANY}').encode(),
        UnreadableFile,
        "opened on line 3 is never closed",
    ),
    (
        "quote closed far below",
        table('1-900009999,"Elm', MANY, '",1-800009999,x,y').encode(),
        UnreadableFile,
        "opened on line 2 is never closed",
    ),
    (
        "header twice",
        b"Location ID,Location Name,location id,Provider ID,Service type\n1,2,3,4,5\n",
        UnreadableFile,
        "comes 2 times",
    ),
    ("unknown header", b"Colour,Size\nred,5\n", UnknownHeader, "Location ID"),
    ("no header", row(1).encode(), UnknownHeader, "Looked for"),
    ("nearest miss", b"Location ID,Location Name,Beds\n", UnknownHeader, "lacks: Provider ID"),
    ("PDF renamed", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", UnreadableFile, "is a PDF"),
    ("old Excel", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 9, UnreadableFile, "before 2007"),
    ("picture", b"\x89PNG\r\n\x1a\n" + bytes(40), UnreadableFile, "a picture"),
    ("web page", b"<!DOCTYPE html><html>Not found</html>", UnreadableFile, "web page"),
    ("noise", bytes(range(1, 32)) * 40, UnreadableFile, "not text"),
    ("plain zip", zipped(a_dot_csv=b"x"), UnreadableFile, "ZIP archive"),
    (
        "cut zip",
        zipped(xl__workbook_dot_xml=b"x" * 99)[:-30] + b"xl/workbook.xml",
        UnreadableFile,
        "damaged",
    ),
    ("swelling zip", ods(b"0" * 200_000_000), UnreadableFile, "swell"),
    (
        "many members",
        zipped(xl__workbook_dot_xml=b"", **{f"p{n}": b"" for n in range(2_001)}),
        UnreadableFile,
        "too many",
    ),
    (
        "unsafe name",
        zipped(xl__workbook_dot_xml=b"", **{"..__evil": b""}),
        UnreadableFile,
        "unsafe",
    ),
    ("entities in ODS", ods(LAUGHS), UnreadableFile, "entities"),
    ("entities in XLSX", zipped(xl__workbook_dot_xml=LAUGHS), UnreadableFile, "entities"),
    (
        "tag without end in ODS",
        ods(b'<a b="' + os.urandom(4_000_000).hex().encode() + b'"/>'),
        UnreadableFile,
        "does not end",
    ),
    ("broken ODS", ods(b"<a><b></a>"), UnreadableFile, "damaged"),
    ("gzip cut short", b"\x1f\x8b\x08\x00abc", UnreadableFile, "gzip"),
    ("broken JSON", b'{"locationId": ', UnreadableFile, "not valid JSON"),
]


@pytest.mark.parametrize(
    ("data", "refusal", "words"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED]
)
def test_whole_file_is_refused(data: bytes, refusal: type[Refusal], words: str) -> None:
    with pytest.raises(refusal, match=words):
        read_register(data, "extract.csv")


LINES: list[tuple[str, str, str]] = [
    ("short", "1-900000009,Elm", "The row has 2 cells; the header has 5"),
    ("long", row(9) + ",extra", "The row has 6 cells; the header has 5"),
    ("NUL in a cell", row(9, "El\0m"), "NUL"),
    ("over-long cell", row(9, "x" * 10_001), "longer than 10,000"),
    ("ten million characters", row(9, "x" * 10_000_000), "longer than 10,000"),
    ("direction mark in an id", row(9).replace(",", "\u202e,", 1), "invisible character"),
    ("zero-width mark in an id", row(9).replace("1-9", "1-\u200b9", 1), "invisible character"),
    ("scientific", row(9).replace("1-900000009", "1.00E+11"), "reformatted by a spreadsheet"),
    ("serial", row(9).replace("1-900000009", "46031"), "reformatted by a spreadsheet"),
    ("date", row(9).replace("1-900000009", "Jan-01"), "reformatted by a spreadsheet"),
    ("slashed date", row(9).replace("1-900000009", "01/10/2026"), "reformatted"),
    ("blank id", row(9).replace("1-900000009", ""), "location id is blank"),
    ("another id", row(9).replace("1-900000009", "Total"), "is not a location id"),
    ("no name", row(9, ""), "name is blank"),
    ("identical twice", row(1), "identical to line 2"),
    ("different twice", row(1, "Oak House"), "differs from line 2"),
    ("quote out of place", row(9, '"Elm "Old" House"'), "quote is out of place on line 4"),
]


def read(text: str | bytes) -> RegisterFile:
    data = text if isinstance(text, bytes) else text.encode()
    found = read_register(data, "extract.csv")
    assert found.rows_in == found.accepted + len(found.rejected)
    return found


@pytest.mark.parametrize(("line", "reason"), [r[1:] for r in LINES], ids=[r[0] for r in LINES])
def test_one_line_is_rejected_with_its_number(line: str, reason: str) -> None:
    found = read(table(row(1), row(2), line, row(3)))
    assert [one.line for one in found.rejected] == [4]
    assert reason in found.rejected[0].reason
    assert len(found.rejected[0].text) <= 120
    assert "\u202e" not in found.rejected[0].text
    assert [one.line for one in found.locations] == [2, 3, 5]


def test_a_quote_that_swallows_rows_rejects_each_of_them() -> None:
    found = read(table(row(1), '1-900000009,"Elm', row(2), row(3), '",1-800000009,x,y', row(4)))
    assert [one.line for one in found.rejected] == [3, 4, 5, 6]
    assert all("lines 3 to 6" in one.reason for one in found.rejected)
    assert found.rows_in == 6


def test_an_honest_cell_over_two_lines_is_kept_and_lines_stay_physical() -> None:
    found = read(table(row(1, '"Elm\nHouse"'), row(2), "bad,line"))
    assert found.locations[0].name == "Elm\nHouse"
    assert found.locations[1].line == 4
    assert found.rejected[0].line == 5


PRE = "Report run 3 June 2026,,,,\n\n"
ACCEPTED: list[tuple[str, bytes, str]] = [
    ("mark", b"\xef\xbb\xbf" + table(row(1)).encode(), ""),
    ("UTF-16", table(row(1)).encode("utf-16"), "UTF-16"),
    ("UTF-16 without mark", table(row(1)).encode("utf-16-le"), "UTF-16-LE"),
    ("semicolons", table(row(1)).replace(",", ";").encode(), "semicolon"),
    ("tabs", table(row(1)).replace(",", "\t").encode(), "tab"),
    ("bars", table(row(1)).replace(",", "|").encode(), "vertical bar"),
    ("preamble", (PRE + table(row(1))).encode(), "2 lines before the header"),
    ("padded headers", table(row(1)).replace("Location ID", "  LOCATION_id ").encode(), ""),
    ("windows line ends", table(row(1)).replace("\n", "\r\n").encode(), ""),
    ("rows of commas", table(row(1), ",,,,", "").encode(), "2 empty rows"),
    ("blank columns at the end", table(row(1) + ",,,").encode(), ""),
]


@pytest.mark.parametrize(
    ("data", "notice"), [r[1:] for r in ACCEPTED], ids=[r[0] for r in ACCEPTED]
)
def test_harmless_oddities_are_read_and_told(data: bytes, notice: str) -> None:
    if data.startswith(b"\xef"):
        assert read(data).notices == []
    found = read(data)
    assert [one.cqc_id for one in found.locations] == ["1-900000001"]
    assert notice in " ".join(found.notices)


def test_windows_1252_is_read_with_a_sample_of_what_changed() -> None:
    found = read(table(row(1, "St Anne’s – Café")).encode("cp1252"))
    assert found.locations[0].name == "St Anne’s – Café"
    assert "Windows-1252" in found.notices[0]
    assert "St Anne’s – Café" in found.notices[0]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("'=HYPERLINK(1)", "=HYPERLINK(1)"),
        ("=1+1", "=1+1"),
        ("'I Say' Supported Living", "'I Say' Supported Living"),
        ("''=x", "''=x"),
        ("@Home", "@Home"),
        ("'@Home", "@Home"),
        ("  ASP Homes ", "ASP Homes"),
        ("El\u202em", "El<U+202E>m"),
        ("'", "'"),
    ],
)
def test_names_stay_text_and_lose_one_guard_only(written: str, name: str) -> None:
    assert read(table(row(1, written))).locations[0].name == name


def test_an_unread_column_may_come_twice_with_a_notice() -> None:
    found = read(f"{HEADER},Council,Council\n{row(1)},a,b\n")
    assert "“Council” comes 2 times" in found.notices[0]


def test_a_headerless_file_needs_its_shape() -> None:
    data = (row(1) + "\n" + row(2) + "\n").encode()
    with pytest.raises(UnknownHeader):
        read_register(data, "x.csv")
    found = read_register(data, "x.csv", shape="asc")
    assert (found.rows_in, len(found.locations)) == (2, 2)
    assert "no header" in found.notices[0]


def test_a_zip_that_lies_about_its_size_is_refused() -> None:
    data = bytearray(ods(b"<a>" + b"x" * 5_000 + b"</a>"))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.rfind(mark) + offset
        data[at : at + 4] = (100).to_bytes(4, "little")
    with pytest.raises(UnreadableFile, match="damaged"):
        read_register(bytes(data), "x.ods")


def test_lines_of_a_broken_record_are_not_counted_twice() -> None:
    lines = list(CsvLines('a,b\n"x"y,1\nc,d\n', ",", 2))
    assert [(line, bool(fault)) for line, _, fault in lines] == [(1, False), (2, True), (3, False)]
