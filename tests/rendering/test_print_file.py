"""The print file: a cover that counts right, every letter on a sheet of its own, the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from io import BytesIO

import pikepdf
import pypdfium2
import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from enforcement.domain.refusals import BadInput, CannotPrint
from enforcement.rendering import print_file
from enforcement.rendering.print_file import Entry, Heading

HEADING = Heading(
    "IR-2026-0001", 2, 3, date(2026, 11, 23), date(2026, 11, 24), "by first class post"
)


def letter(words: str, pages: int) -> bytes:
    """A stand-in for a letter, with its words on every page."""
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=True)
    for number in range(pages):
        canvas.drawString(72, 700, f"{words} page {number + 1}")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


class Letters:
    """Letters of these lengths, and how to read them."""

    def __init__(self, *lengths: int) -> None:
        self.pdfs: dict[str, bytes] = {}
        self.entries: list[Entry] = []
        for number, pages in enumerate(lengths, start=1):
            pdf = letter(f"letter-{number}", pages)
            digest = hashlib.sha256(pdf).hexdigest()
            self.pdfs[digest] = pdf
            reference = f"ASC-2026-{number:06d}-N1"
            self.entries.append(Entry(number, reference, "Sample", "ZZ99 9ZZ", pages, digest))

    def read(self, entry: Entry) -> bytes:
        return self.pdfs[entry.sha256]


def text_of(pdf: bytes) -> list[str]:
    """The words of each page, in the order they are drawn (stand-in letters and empty pages)."""
    with pikepdf.open(BytesIO(pdf)) as found:
        return [
            b"".join(
                bytes(operand)
                for drawn in pikepdf.parse_content_stream(page)
                if str(drawn.operator) == "Tj"
                for operand in drawn.operands
            ).decode("latin-1")
            if "/Contents" in page.obj
            else ""
            for page in found.pages
        ]


def test_each_letter_begins_on_a_new_sheet_where_the_list_says() -> None:
    letters = Letters(2, 3, 1, 4)
    made = print_file.make(HEADING, letters.entries, letters.read)
    words = text_of(made.pdf)
    assert len(words) == made.pages
    for entry, first in zip(letters.entries, made.first_pages, strict=True):
        assert first % 2 == 1, "the front of a sheet"
        name = f"letter-{entry.number}"
        for page in range(entry.pages):
            assert words[first - 1 + page] == f"{name} page {page + 1}"
        if entry.pages % 2:
            assert words[first - 1 + entry.pages] == "", "an empty back"
    assert made.pages % 2 == 0


def test_the_same_letters_give_the_same_bytes_and_other_ones_do_not() -> None:
    letters = Letters(2, 1)
    one, again = (print_file.make(HEADING, letters.entries, letters.read) for _ in range(2))
    assert one.pdf == again.pdf
    assert one.sha256 == hashlib.sha256(one.pdf).hexdigest()
    turned = print_file.make(HEADING, letters.entries[::-1], letters.read)
    assert turned.sha256 != one.sha256


def test_the_cover_counts_letters_sheets_and_pages() -> None:
    letters = Letters(2, 3, 1)
    html = print_file.cover_words(HEADING, letters.entries, (3, 5, 9), 1)
    for words in (
        "Print file IR-2026-0001-P2", "file 2 of 3", "24 November 2026", "made 23 November 2026",
        "<strong>3</strong><span>letters", "<strong>4</strong><span>sheets to post",
        "<strong>6</strong><span>printed pages", "by first class post",
        print_file.total_checksum(letters.entries), *(one.sha256 for one in letters.entries),
    ):  # fmt: skip
        assert words in html, words


@pytest.mark.parametrize(
    ("lengths", "most", "expected"),
    [
        ((2, 2, 2), 4, [2, 1]),
        ((2, 2, 2), 6, [3]),
        ((1, 1, 1), 4, [2, 1]),  # an empty back is paper too
        ((9, 2), 4, [1, 1]),  # never cut
        ((2,), 1, [1]),
        ((), 10, []),
    ],
)
def test_a_long_run_is_split_between_letters(
    lengths: Sequence[int], most: int, expected: list[int]
) -> None:
    entries = Letters(*lengths).entries
    parts = print_file.split(entries, most)
    assert [len(part) for part in parts] == expected
    assert [one for part in parts for one in part] == entries


def test_a_checksum_stands_on_one_line_inside_the_margin() -> None:
    letters = Letters(2)
    made = print_file.make(HEADING, letters.entries, letters.read)
    with pypdfium2.PdfDocument(made.pdf) as found:
        text = found[0].get_textpage()
        start = text.get_text_range().index(letters.entries[0].sha256)
        boxes = [text.get_charbox(start + one) for one in (0, 63)]
    assert boxes[0][1] == pytest.approx(boxes[1][1], abs=3)
    assert boxes[1][2] < (210 - 15) / 25.4 * 72


def test_a_cover_of_several_pages_still_names_the_right_first_pages() -> None:
    letters = Letters(*([2] * 90))
    made = print_file.make(HEADING, letters.entries, letters.read)
    words = text_of(made.pdf)
    assert words[made.first_pages[0] - 1] == "letter-1 page 1"
    assert words[made.first_pages[89] - 1] == "letter-90 page 1"
    assert made.first_pages[0] > 3


def test_a_font_that_is_the_same_is_kept_once() -> None:
    letters = Letters(2)
    cover = print_file.make(HEADING, letters.entries, letters.read).pdf
    digest = hashlib.sha256(cover).hexdigest()
    with pikepdf.open(BytesIO(cover)) as found:
        length = len(found.pages)
    twice = [Entry(n, f"R{n}", "Sample", "ZZ99 9ZZ", length, digest) for n in (1, 2)]
    made = print_file.make(HEADING, twice, lambda _entry: cover)
    with pikepdf.open(BytesIO(made.pdf)) as found:
        streams = [one for one in found.objects if isinstance(one, pikepdf.Stream)]
        files = [one.read_raw_bytes() for one in streams if "/Length1" in one]
    assert len(files) == len(set(files)) > 0


@pytest.mark.parametrize("wrong", ["bytes", "pages", "none"])
def test_what_does_not_match_the_list_is_refused(wrong: str) -> None:
    letters = Letters(2)
    entry = letters.entries[0]
    if wrong == "none":
        with pytest.raises(BadInput, match="no letter"):
            print_file.make(HEADING, (), letters.read)
        return
    listed = Entry(1, entry.reference, "", "", 3 if wrong == "pages" else 2, entry.sha256)
    pdf = letter("another", 2) if wrong == "bytes" else letters.read(entry)
    with pytest.raises(CannotPrint, match=entry.reference):
        print_file.make(HEADING, [listed], lambda _entry: pdf)
