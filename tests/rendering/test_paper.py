"""The PDF bytes themselves: tags, text, typefaces, sameness, and a closed door."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pikepdf
import pypdf
import pytest

from enforcement.domain.refusals import BadInput, CannotPrint, OutsideFetch
from enforcement.rendering import paper
from enforcement.rendering.facts import NoticeFacts, ProviderFacts, Recipient, Signatory
from enforcement.rendering.paper import html_twin, render
from enforcement.rendering.samples import EVERY_KIND, MISSES, notice_of_intent
from enforcement.rendering.templates import TEMPLATES

HOSTILE = (
    '<script>alert(1)</script><img src="http://127.0.0.1:9/x.png">'
    '<link rel=attachment href="file:///etc/passwd"><style>@import url(http://127.0.0.1:9/)</style>'
    "{{ 7*7 }} {% raw %} & &amp; ]]> \"'"
)


def squash(text: str) -> str:
    return "".join(text.split())


def pdf_words(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def test_every_kind_is_tagged_and_described(kind, printed):
    with pikepdf.open(io.BytesIO(printed.pdf)) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == "en"
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        assert "/StructTreeRoot" in pdf.Root
        assert EVERY_KIND[kind]().notice_reference in str(pdf.docinfo["/Title"])
        assert str(pdf.docinfo["/Author"]) == "NHS Business Services Authority"
        assert len(str(pdf.docinfo["/Subject"])) > 20
        with pdf.open_outline() as outline:
            assert outline.root
        metadata = pdf.Root.Metadata.read_bytes().decode()
        assert re.search(r'part="?>?3|pdfaid:part="3"', metadata)
        assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
    assert printed.pages <= 3
    assert printed.warnings == ()


def test_every_header_cell_has_its_scope(printed):
    with pikepdf.open(io.BytesIO(printed.pdf)) as pdf:
        cells = [
            item
            for item in pdf.objects
            if isinstance(item, pikepdf.Dictionary) and item.get("/S") == "/TH"
        ]
        assert {str(cell.A.Scope) for cell in cells} <= {"/Row", "/Column"}
        assert len(cells) >= 4


def test_only_the_shipped_typeface_is_used_and_embedded(printed):
    with pikepdf.open(io.BytesIO(printed.pdf)) as pdf:
        fonts = [
            item
            for item in pdf.objects
            if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/FontDescriptor"
        ]
        assert 1 <= len(fonts) <= 2
        for font in fonts:
            assert "Liberation-Sans" in str(font.FontName)
            assert "/FontFile2" in font


def test_the_text_reads_in_order(kind, printed):
    words = squash(pdf_words(printed.pdf))
    facts = EVERY_KIND[kind]()
    order = [
        "NHSBusinessServicesAuthority",
        *((squash(facts.recipient.name), squash(facts.recipient.postcode)) if facts.posted else ()),
        squash(facts.notice_reference),
        squash(facts.provider.cqc_id),
        squash(facts.signatory.name),
    ]
    places = [words.index(item) for item in order]
    assert places == sorted(places)
    for page in range(1, printed.pages + 1):
        assert squash(f"{facts.notice_reference} · Page {page} of {printed.pages}") in words


def test_the_file_carries_its_own_facts(kind, printed):
    with pikepdf.open(io.BytesIO(printed.pdf)) as pdf:
        held = pdf.attachments[paper.FACTS_FILE].get_file().read_bytes()
    assert NoticeFacts.from_json(json.loads(held)) == EVERY_KIND[kind]()


def test_no_markup_is_printed_as_words(printed):
    assert not re.search(r"&[a-z]+;|<[a-z/]|\{[{%]|None|True", printed.text)


def test_the_hash_is_of_the_bytes(printed):
    assert printed.sha256 == hashlib.sha256(printed.pdf).hexdigest()


def test_the_screen_has_the_same_words(kind, printed):
    body = printed.html.partition('<div class="main">')[2]
    assert body

    def words(html: str) -> str:
        return squash(re.sub(r"<[^>]+>", " ", html))

    title, _, rest = words(body).partition(words(EVERY_KIND[kind]().provider.name))
    assert title in words(html_twin(EVERY_KIND[kind]()))
    assert rest.replace(",", "") in words(html_twin(EVERY_KIND[kind]())).replace(",", "")


@pytest.mark.slow
def test_the_same_facts_give_the_same_bytes_in_another_process(tmp_path):
    """Every kind, and large print: another hash seed, time zone and locale change no byte."""
    here = {kind: render(make()).sha256 for kind, make in EVERY_KIND.items()}
    here["large"] = render(notice_of_intent(), large=True).sha256
    held = tmp_path / "facts.json"
    plain = {kind: make().to_json() for kind, make in EVERY_KIND.items()}
    held.write_text(json.dumps(plain), encoding="utf-8")
    code = (
        "import json, sys\n"
        "from enforcement.rendering.facts import NoticeFacts\n"
        "from enforcement.rendering.paper import render\n"
        "held = json.load(open(sys.argv[1], encoding='utf-8'))\n"
        "facts = {kind: NoticeFacts.from_json(plain) for kind, plain in held.items()}\n"
        "found = {kind: render(one).sha256 for kind, one in facts.items()}\n"
        "found['large'] = render(facts['notice_of_intent'], large=True).sha256\n"
        "print(json.dumps(found))\n"
    )
    other = subprocess.run(
        [sys.executable, "-c", code, str(held)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(paper.__file__).parents[2],
        env=os.environ | {"PYTHONHASHSEED": "77", "TZ": "Asia/Tokyo", "LC_ALL": "C"},
    )
    assert json.loads(other.stdout) == here


def test_another_notice_between_changes_nothing():
    first = render(notice_of_intent())
    with pytest.raises(CannotPrint):
        render(notice_of_intent(signatory=Signatory("字", "x")))
    render(EVERY_KIND["support"]())
    assert render(notice_of_intent()).sha256 == first.sha256


@pytest.mark.parametrize(
    "parts",
    [
        {"provider": ProviderFacts(HOSTILE, "1-900000001", HOSTILE, HOSTILE)},
        {"signatory": Signatory(HOSTILE, HOSTILE)},
        {"reasons": (HOSTILE,), "support_contacts": (HOSTILE,)},
        {"threshold_sentence": HOSTILE, "threshold_citation": HOSTILE, "method": HOSTILE},
        {"misses": (replace(MISSES[0], location_name=HOSTILE, result=HOSTILE, service=HOSTILE),)},
    ],
)
def test_hostile_words_are_printed_and_never_obeyed(parts):
    printed = render(notice_of_intent(**parts))
    assert squash(HOSTILE) in squash(printed.text)
    assert "<script>" not in printed.html
    with pikepdf.open(io.BytesIO(printed.pdf)) as pdf:
        assert list(pdf.attachments) == [paper.FACTS_FILE]


def test_a_hostile_address_line_is_refused_or_printed():
    plain = Recipient("Invented", None, None, ("A " + HOSTILE[:40],), "ZZ1 1ZZ")
    assert squash(HOSTILE[:40]) in squash(render(notice_of_intent(recipient=plain)).text)
    with pytest.raises(CannotPrint, match="begins with “<”"):
        render(notice_of_intent(recipient=replace(plain, address_lines=(HOSTILE,))))


@pytest.mark.parametrize(
    "tag",
    [
        '<img src="http://127.0.0.1:9/x.png" alt="x">',
        '<img src="file:///etc/hostname" alt="x">',
        '<link rel="attachment" href="file:///etc/hostname">',
        '<link rel="stylesheet" href="https://127.0.0.1:9/x.css">',
        '<p style="background: url(ftp://127.0.0.1:9/x)">x</p>',
        "<style>@import url(http://127.0.0.1:9/x.css);</style>",
        "<style>@font-face { font-family: x; src: url(file:///etc/hostname) }</style>",
        '<img src="data:image/png;base64,AAAA" alt="x">',
        '<object data="http://127.0.0.1:9/x">x</object>',
        '<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1:9/x"/></svg>',
    ],
)
def test_any_fetch_stops_the_render(monkeypatch, tag):
    """The template itself is made hostile: even then nothing outside is read."""
    whole = paper.words(notice_of_intent(), "letter.html")
    monkeypatch.setattr(paper, "words", lambda facts, layout: whole.replace("</h1>", f"</h1>{tag}"))
    with pytest.raises(OutsideFetch, match="may not read"):
        render(notice_of_intent())


@pytest.mark.parametrize(
    ("character", "named"),
    [
        ("字", "U\\+5B57 CJK"),
        ("🏠", "U\\+1F3E0 HOUSE BUILDING"),
        ("\u202e", "U\\+202E RIGHT-TO-LEFT OVERRIDE"),
        ("\u200b", "U\\+200B ZERO WIDTH SPACE"),
        ("\x00", "U\\+0000"),
        ("\x07", "U\\+0007"),
        ("\ud800", "U\\+D800"),
    ],
)
def test_a_character_that_cannot_be_printed_is_named(character, named):
    with pytest.raises(CannotPrint, match=named):
        render(notice_of_intent(provider=ProviderFacts(f"Care {character}", "1-900000001")))


@pytest.mark.parametrize("name", ["Gofal Tŷ Ŵyn Cyf", "Zoë O’Brien & Søn – “Café”", "Łódź Žižka"])
def test_european_names_are_printed(name):
    printed = render(notice_of_intent(provider=ProviderFacts(name, "1-900000001")))
    assert squash(name) in squash(pdf_words(printed.pdf))


@pytest.mark.parametrize("version", ["v9", "../v1", "v1/../v1", "", "1"])
def test_an_unknown_template_version_is_refused(version):
    with pytest.raises(BadInput, match="template"):
        render(notice_of_intent(template_version=version))


def test_no_template_switches_escaping_off():
    for template in TEMPLATES.rglob("*.html"):
        words = template.read_text(encoding="utf-8")
        assert not re.search(r"\|\s*safe\b|autoescape|Markup", words), template.name


@pytest.mark.parametrize("count", [3, 4, 5])
def test_the_usual_notice_of_intent_is_one_sheet(count: int) -> None:
    """Up to five misses, three rows of who to ask: two pages, front and back."""
    sample = notice_of_intent(support_contacts=())
    misses = (sample.misses * 2)[:count]
    help_rows = (*sample.who_to_ask, sample.who_to_ask[0])[:3]
    printed = render(replace(sample, misses=misses, who_to_ask=help_rows))
    assert printed.pages == 2


def test_no_text_on_paper_asks_for_font_features():
    """WeasyPrint 70 keeps what such a text asks for until the process ends: 80 KB a letter."""
    sheets = sorted(TEMPLATES.parent.rglob("*.css"))
    assert len(sheets) >= 4
    asks = re.compile("font-(variant|feature|kerning)")
    assert [sheet.name for sheet in sheets if asks.search(sheet.read_text())] == []
    fonts, _ = paper.typography("v1")
    paper.render(notice_of_intent())
    assert set(fonts.font_features) <= {b"tnum 1"}  # WeasyPrint's own, for the marks of a list
