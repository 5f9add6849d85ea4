"""Binding on real bytes: tags that survive, numbers on turned pages, volumes that lead on."""

from __future__ import annotations

import io

import pikepdf
import pypdf
import pytest

from enforcement.rendering.bundle.binder import Document, Piece, bind
from enforcement.rendering.bundle.front import Line, Section, lay_out_index
from enforcement.rendering.bundle.redaction import Mark, pages_with, redacted_page
from enforcement.rendering.bundle.sheets import Cell, Grid, Sheet, Words, lay_out, page_count
from enforcement.rendering.paper import render
from enforcement.rendering.samples.usual import notice_of_intent
from enforcement.services.bundle_parts import volumes

pytestmark = pytest.mark.slow


def sheet(title: str, rows: int = 3) -> bytes:
    cells = tuple((Cell(f"{n}"), Cell("to the notice", "notice")) for n in range(rows))
    return lay_out(Sheet(title, "ASC-1", (Grid("Rows", (("No.", 30), ("What", 70)), cells),)))


def documents(*parts: tuple[str, bytes], ours: bool = True) -> list[Document]:
    found, page = [], 1
    for key, pdf in parts:
        count = page_count(pdf)
        labels = tuple(str(page + n) for n in range(count))
        found.append(Document(key, f"Title {key}", "A. Part", (Piece(pdf),), labels, ours))
        page += count
    return found


def test_a_bundle_of_our_own_documents_conforms(validate) -> None:
    notice = render(notice_of_intent()).pdf
    line = Line("notice", "The notice", "1 May 2026", "3 to 4")
    index = lay_out_index("ASC-1", (Section("A", "Part", (line,)),))
    gone = redacted_page(notice, 1, [Mark(1, "K7QW-4M2D-9XTB", "Opens the case")])
    made = documents(("index", index), ("sheet", sheet("Chronology")), ("notice", notice))
    redacted = Document(
        "copy", "Copy", "B. More", (Piece(notice, (0,)), Piece(gone)), ("90", "90A")
    )
    bundle = bind([*made, redacted], "Tribunal bundle ASC-1")
    assert validate(bundle, ("ua1",)) == []
    assert bind([*made, redacted], "Tribunal bundle ASC-1") == bundle  # the same bytes again
    read = pypdf.PdfReader(io.BytesIO(bundle))
    assert read.page_labels[-2:] == ["90", "90A"]
    assert "K7QW" not in read.pages[-1].extract_text()
    with pikepdf.open(io.BytesIO(bundle)) as opened:
        fonts = {
            font.DescendantFonts[0].FontDescriptor.FontFile2.objgen
            for page in opened.pages
            for font in page.obj.Resources.Font.values()
            if "/DescendantFonts" in font
        }
        assert len(fonts) < 12  # two notices share theirs


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_number_is_at_the_top_right_however_a_page_is_turned(turn: int) -> None:
    held = io.BytesIO()
    with pikepdf.open(io.BytesIO(sheet("A stranger’s"))) as pdf:
        del pdf.Root.StructTreeRoot
        pdf.pages[0].obj.Rotate = turn
        pdf.pages[0].obj.CropBox = pikepdf.Array([20, 30, 520, 700])
        pdf.save(held)
    bundle = bind(documents(("x", held.getvalue()), ours=False), "T")
    assert "1" in pypdf.PdfReader(io.BytesIO(bundle)).pages[0].extract_text()
    with pikepdf.open(io.BytesIO(bundle)) as opened:
        drawn = opened.pages[0].obj.Contents[-1].read_bytes().decode()
        assert opened.Root.StructTreeRoot.K.K[0].K[0].S == pikepdf.Name.P  # reached all the same
    moved = [float(n) for n in drawn.split("cm")[0].split("\n")[-1].split()]
    placed = [float(n) for n in drawn.split("cm")[1].split()]
    x, y = placed[4], placed[5]
    a, b, c, d, e, f = moved
    corner = {0: (520, 700), 90: (20, 700), 180: (20, 30), 270: (520, 30)}[turn]
    assert abs(a * x + c * y + e - corner[0]) < 40
    assert abs(b * x + d * y + f - corner[1]) < 40


def test_pages_and_numbers_must_match() -> None:
    wrong = Document("x", "X", "", (Piece(sheet("X")),), ("1", "2"))
    with pytest.raises(ValueError, match="1 pages, 2 numbers"):
        bind([wrong], "T")


def test_volumes_keep_to_the_limit_and_no_document_is_divided() -> None:
    parts = documents(*((f"d{n}", sheet(f"Sheet {n}", 30)) for n in range(6)))
    whole = len(bind(parts, "T"))
    groups = volumes(parts, [40_000] * 6, int(whole * 0.6), lambda some: bind(some, "T"))
    assert len(groups) > 1
    assert [one.key for group, _ in groups for one in group] == [f"d{n}" for n in range(6)]
    assert all(len(made) <= whole * 0.6 for _, made in groups)
    ((alone, _),) = volumes(parts[:1], [1], 10, lambda some: bind(some, "T"))
    assert alone == parts[:1]


def test_words_are_found_over_line_ends_and_in_any_case() -> None:
    pdf = lay_out(Sheet("T", "", (Words("It was written by Ottoline\nFarthing on Monday."),)))
    assert pages_with(pdf, "OTTOLINE farthing") == [0]
    assert pages_with(pdf, "Ottoline Fathing") == []
    gone = redacted_page(pdf, 0, [Mark(1, "ottoline farthing", "A name")])
    text = pypdf.PdfReader(io.BytesIO(gone)).pages[0].extract_text()
    assert "Ottoline" not in text
    assert "Farthing" not in text
    assert "It was written by" in text
    assert "A name" in text
