"""Properties: whatever comes in is accounted for, and no bytes crash a reader."""

import csv
import io
import string
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enforcement.domain.refusals import Refusal
from enforcement.domain.windows import Month
from enforcement.register.cells import text_of
from enforcement.register.contacts import read_contacts
from enforcement.register.recognise import read_register
from enforcement.register.returns import read_returns
from enforcement.register.totals import TotalsDiffer, check_totals

HEADER = ["Location ID", "Location Name", "Provider ID", "Service type", "Beds", "Start date"]
CELLS = st.one_of(
    st.sampled_from(
        ["1-900000001", "1-900000002", "RX3LD", "", "Homecare agencies", "12", "1.00E+11", "x\0y"]
    ),
    st.sampled_from(["31/12/2026", "12/31/2026", "46031", "a\nb", '"', "=1+1", "\u202e"]),
    st.text(max_size=12),
)
GRIDS = st.lists(st.lists(CELLS, min_size=1, max_size=8), max_size=12)


@given(GRIDS, st.sampled_from(",;\t|"))
@settings(max_examples=150, deadline=None)
def test_rows_in_are_accepted_or_rejected(grid: list[list[str]], delimiter: str) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter)
    writer.writerows([HEADER, ["1-900000009", "Elm", "1-800000001", "", "", ""], *grid])
    data = buffer.getvalue().encode("utf-8", "replace")
    found = read_register(data, "x.csv")
    # every written row is accounted for: an empty one is skipped, the rest come in
    assert found.rows_in == 1 + sum(any(row) for row in grid)
    assert found.rows_in == found.accepted + len(found.rejected)
    lines = [one.line for one in (*found.locations, *found.rejected)]
    assert len(lines) == len(set(lines))


@given(
    st.binary(max_size=400), st.sampled_from([b"", b"\xff\xfe", b"PK\x03\x04", b"{", b"\x1f\x8b"])
)
@settings(max_examples=150, deadline=None)
def test_no_bytes_crash_a_reader(noise: bytes, start: bytes) -> None:
    for read in (
        lambda data: read_register(data, "x.csv"),
        lambda data: read_returns(data, "care home.csv", Month.parse("2026-06")),
        lambda data: read_contacts(data, "x.csv"),
    ):
        for data in (start + noise, ",".join(HEADER).encode() + b"\n" + noise):
            with suppress(Refusal):
                read(data)


@given(st.text(st.sampled_from(string.ascii_letters + "=+-@' é"), min_size=1, max_size=8))
def test_a_guarded_export_comes_back_as_it_was(name: str) -> None:
    written = f"'{name}" if name[0] in "=+-@" else name
    if name[0] == "'" and name[1:2] in tuple("=+-@"):
        return  # an honest apostrophe before a sign is the one text a guard cannot tell apart
    assert text_of(written) == name.strip()


def test_lost_rows_are_a_fault_of_ours() -> None:
    check_totals("status", 3, 2, 1)
    with pytest.raises(TotalsDiffer, match="3 rows in, but 2 accepted and 0 rejected"):
        check_totals("status", 3, 2, 0)


@pytest.mark.slow
def test_fifty_thousand_rows_with_bad_lines_all_accounted_for() -> None:
    rows = [f"1-9{n:08d},Elm House,1-800000001,Homecare agencies,12," for n in range(50_000)]
    for n in range(0, 50_000, 223):
        rows[n] = rows[n].replace("1-9", "9", 1)
    found = read_register("\n".join([",".join(HEADER), *rows]).encode(), "x.csv")
    bad = len(range(0, 50_000, 223))
    assert (found.rows_in, len(found.rejected), len(found.locations)) == (50_000, bad, 50_000 - bad)
