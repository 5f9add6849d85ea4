"""The faults that a validator lets through are found on the finished file."""

from __future__ import annotations

import io
from collections.abc import Callable

import pikepdf
import pytest
from weasyprint import CSS, HTML

from enforcement.rendering.inspection import contrast, inspect
from enforcement.rendering.paper import render, typography
from enforcement.rendering.samples import sample


def test_a_sample_has_no_fault(printed):
    assert inspect(printed.pdf) == ()


def _checks(pdf: bytes) -> set[str]:
    return {finding.check for finding in inspect(pdf)}


def _every(pdf: pikepdf.Pdf, tag: str) -> list[pikepdf.Dictionary]:
    return [
        item
        for item in pdf.objects
        if isinstance(item, pikepdf.Dictionary) and item.get("/S") == tag
    ]


def _no_scope(pdf: pikepdf.Pdf) -> None:
    del _every(pdf, "/TH")[3].A.Scope


def _cells_only(pdf: pikepdf.Pdf) -> None:
    for cell in _every(pdf, "/TH"):
        cell.S = pikepdf.Name.TD


def _skipped(pdf: pikepdf.Pdf) -> None:
    _every(pdf, "/H2")[0].S = pikepdf.Name.H3


def _two_heads(pdf: pikepdf.Pdf) -> None:
    _every(pdf, "/H2")[0].S = pikepdf.Name.H1


def _no_language(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.Lang


def _no_title(pdf: pikepdf.Pdf) -> None:
    del pdf.docinfo["/Title"]


def _file_name(pdf: pikepdf.Pdf) -> None:
    pdf.Root.ViewerPreferences.DisplayDocTitle = False


def _no_bookmarks(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.Outlines


def _untagged(pdf: pikepdf.Pdf) -> None:
    pdf.Root.MarkInfo.Marked = False


def _no_typeface(pdf: pikepdf.Pdf) -> None:
    for item in pdf.objects:
        if isinstance(item, pikepdf.Dictionary) and "/FontFile2" in item:
            del item.FontFile2


def _letter_paper(pdf: pikepdf.Pdf) -> None:
    pdf.pages[1].mediabox = pikepdf.Array([0, 0, 612, 792])


def _no_facts(pdf: pikepdf.Pdf) -> None:
    del pdf.attachments["facts.json"]


def _no_claim(pdf: pikepdf.Pdf) -> None:
    held = pdf.Root.Metadata.read_bytes()
    pdf.Root.Metadata.write(held.replace(b"<pdfuaid:part>1<", b"<pdfuaid:part>2<"))


def _silent_picture(pdf: pikepdf.Pdf) -> None:
    _every(pdf, "/Figure")[0].Alt = ""


def _pale(pdf: pikepdf.Pdf) -> None:
    _put_first(pdf, b" rg", b"0.129412 0.168627 0.196078 rg", b"0.7 0.7 0.7 rg")


def _put_first(pdf: pikepdf.Pdf, mark: bytes, old: bytes, new: bytes) -> None:
    page = pdf.pages[0]
    held = page.Contents.read_bytes()
    assert old in held, mark
    page.Contents = pdf.make_stream(held.replace(old, new, 1))


def _empty_boxes(pdf: pikepdf.Pdf) -> None:
    page = pdf.pages[0]
    parts = list(pikepdf.parse_content_stream(page))
    for part in parts:
        if str(part.operator) == "TJ":
            part.operands[0][0] = pikepdf.String(b"\0\0")
            break
    page.Contents = pdf.make_stream(pikepdf.unparse_content_stream(parts))


def _eleven_pages(pdf: pikepdf.Pdf) -> None:
    while len(pdf.pages) < 11:
        pdf.pages.append(pdf.pages[-1])


@pytest.mark.parametrize(
    ("spoil", "check"),
    [
        (_no_scope, "tables"),
        (_cells_only, "tables"),
        (_skipped, "headings"),
        (_two_heads, "headings"),
        (_no_language, "language"),
        (_no_title, "title"),
        (_file_name, "title"),
        (_no_bookmarks, "bookmarks"),
        (_untagged, "tags"),
        (_no_typeface, "fonts"),
        (_letter_paper, "paper"),
        (_no_facts, "facts"),
        (_no_claim, "claims"),
        (_silent_picture, "pictures"),
        (_pale, "contrast"),
        (_empty_boxes, "missing glyphs"),
        (_eleven_pages, "pages"),
    ],
)
def test_a_spoilt_file_is_found_out(intent: bytes, spoil: Callable[[pikepdf.Pdf], None], check):
    with pikepdf.open(io.BytesIO(intent)) as pdf:
        spoil(pdf)
        spoilt = io.BytesIO()
        pdf.save(spoilt)
    assert check in _checks(spoilt.getvalue())


@pytest.fixture(scope="module")
def intent() -> bytes:
    return render(sample("notice_of_intent")).pdf


@pytest.mark.parametrize(
    ("words", "check"),
    [
        ("<table><tr><td>1</td><td>2</td></tr></table>", "tables"),
        ("<p style='color: #aaa'>Pale</p>", "contrast"),
        ("<p style='background: #005eb8'>Dark on dark</p>", "contrast"),
        ("<p>字</p>", "missing glyphs"),
        ("<p style='break-before: page'>Alone</p>", "last page"),
        ("<h3>Deep</h3>", "headings"),
    ],
)
def test_a_template_fault_is_found(words, check):
    """All of these but the heading are passed by veraPDF."""
    fonts, css = typography()
    whole = f"<html lang=en><title>T</title><body><h1>Title</h1><p>Words</p>{words}"
    sheets = [css, CSS(string="* { font-family: 'Liberation Sans' }")]
    pdf = HTML(string=whole).write_pdf(
        font_config=fonts, stylesheets=sheets, pdf_variant="pdf/ua-1"
    )
    assert check in _checks(pdf)


def test_a_border_is_no_background():
    fonts, css = typography()
    html = "<html lang=en><title>T</title><body><h1>T</h1><p class='signed'><p class='pen'>Sign"
    pdf = HTML(string=html).write_pdf(font_config=fonts, stylesheets=[css], pdf_variant="pdf/ua-1")
    assert "contrast" not in _checks(pdf)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [((0, 0, 0), (1, 1, 1), 21), ((1, 1, 1), (1, 1, 1), 1), ((0, 0.3686, 0.7216), (1, 1, 1), 6.4)],
)  # fmt: skip
def test_contrast_is_as_wcag_counts_it(one, other, ratio):
    assert contrast(one, other) == pytest.approx(ratio, abs=0.1)
    assert contrast(one, other) == contrast(other, one)
