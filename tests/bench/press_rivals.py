"""The other ways to print the sample letter: Chromium, Typst and ReportLab, each as fast as it is
meant to be used (warm browser, warm compiler, fonts and styles made once)."""

from __future__ import annotations

import json
import os
import shutil
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from enforcement.domain.words import pounds
from enforcement.rendering import paper, templates
from enforcement.rendering import words as notice_words
from enforcement.rendering.facts import NoticeFacts
from enforcement.rendering.fetchers import ClosedFetcher, TypefaceFetcher
from enforcement.rendering.typefaces import FILES, FOLDER, typeface_bytes
from enforcement.rendering.wording import days_to, qr_code, window_lines

Print = Callable[[NoticeFacts], bytes]
HERE = Path(__file__).parent
STYLE = (templates.TEMPLATES / "paper" / "v1" / "letter.css").read_text(encoding="utf-8")


def shown(facts: NoticeFacts) -> dict[str, Any]:
    """What is worked out from the facts before they are printed, as the templates do it."""
    amount, period, reply = facts.amount, facts.period, facts.reply
    assert amount
    assert period
    assert reply
    assert facts.given_on
    side, path = qr_code(reply.link)
    edge = side + 4
    return {
        "dated": notice_words.unbroken_day(facts.dated),
        "starts": notice_words.unbroken_day(period.starts),
        "ends": notice_words.unbroken_day(period.ends),
        "decide": notice_words.unbroken_day(period.decide_by),
        "given": notice_words.unbroken_day(facts.given_on),
        "amount": pounds(amount.pence),
        "fees": [pounds(line.pence) for line in amount.lines],
        "days": [days_to(miss.opens, miss.closes) for miss in facts.misses],
        "window": list(window_lines(facts.recipient)),
        "square": f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 -2 {edge} {edge}">'
        f'<path fill="#fff" d="M-2 -2h{edge}v{edge}h-{edge}z"/><path d="{path}"/></svg>',
    }


def typst() -> Print:
    """Typst, one warm compiler: PDF/A-3a and PDF/UA-1 with the facts attached."""
    engine = pytest.importorskip("typst")
    compiler = engine.Compiler(
        str(HERE / "letter.typ"), font_paths=[str(FOLDER)], ignore_system_fonts=True
    )

    def printed(facts: NoticeFacts) -> bytes:
        midnight = datetime(facts.dated.year, facts.dated.month, facts.dated.day, tzinfo=UTC)
        pdf: bytes = compiler.compile(
            sys_inputs={"facts": paper.attached_text(facts), "shown": json.dumps(shown(facts))},
            pdf_standards=["a-3a", "ua-1"],
            timestamp=int(midnight.timestamp()),
        )
        return pdf

    return printed


def stock() -> Print:
    """WeasyPrint as its tutorial uses it: style and fonts read for every letter, PDF/A-3a."""

    def printed(facts: NoticeFacts) -> bytes:
        fonts = FontConfiguration()
        return _weasy(facts, fonts, _style(fonts))

    return printed


def stock_shared() -> Print:
    """WeasyPrint with the style parsed and the fonts loaded once."""
    fonts = FontConfiguration()
    style = _style(fonts)
    return lambda facts: _weasy(facts, fonts, style)


def _style(fonts: FontConfiguration) -> CSS:
    return CSS(string=STYLE, font_config=fonts, url_fetcher=TypefaceFetcher())


def _weasy(facts: NoticeFacts, fonts: FontConfiguration, style: CSS) -> bytes:
    source = HTML(string=paper.words(facts, "letter.html"), url_fetcher=ClosedFetcher())
    pdf: bytes = source.write_pdf(
        stylesheets=[style],
        font_config=fonts,
        pdf_variant="pdf/a-3a",
        attachments=[paper._attached(facts)],
    )
    return pdf


@contextmanager
def chromium() -> Iterator[Print | None]:
    """One warm Chromium asked over DevTools for a tagged PDF; None where there is none.

    Style and typeface stay in the page; only the body and the title are set for each letter.
    """
    found = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if found is None:
        yield None
        return
    play_api = pytest.importorskip("playwright.sync_api")
    with play_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_content(f"<html lang=en><style>{_style_with_fonts()}</style><body></body></html>")
        tools = page.context.new_cdp_session(page)

        def printed(facts: NoticeFacts) -> bytes:
            words = paper.words(facts, "letter.html")
            title = words.partition("<title>")[2].partition("</title>")[0]
            body = words.partition("<body>")[2].partition("</body>")[0]
            page.evaluate("([t, b]) => {document.title = t; document.body.innerHTML = b}",
                          [title, body])  # fmt: skip
            answer = tools.send(
                "Page.printToPDF",
                {"generateTaggedPDF": True, "preferCSSPageSize": True, "printBackground": True},
            )
            return b64decode(answer["data"])

        yield printed
        browser.close()


def _style_with_fonts() -> str:
    """The letter's style with its two typefaces inside, since a browser cannot ask for ours."""
    style = STYLE
    for weight in FILES:
        data = b64encode(typeface_bytes(weight)).decode()
        style = style.replace(f"typeface:{weight}", f"data:font/ttf;base64,{data}")
    return style


def cpu_of_children() -> float:
    """Return the processor seconds of every live process under this one; Linux only."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parts = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        parents[int(folder.name)] = int(parts[1])
        ticks[int(folder.name)] = sum(map(int, parts[11:13]))
    ours = {os.getpid()}
    while found := {one for one, parent in parents.items() if parent in ours} - ours:
        ours |= found
    return sum(ticks.get(one, 0) for one in ours - {os.getpid()}) / os.sysconf("SC_CLK_TCK")
