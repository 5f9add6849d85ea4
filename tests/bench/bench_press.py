"""The press beside the full layout, stock WeasyPrint and Chromium, on the same notice.

    ./run test tests/bench/bench_press.py -s

Engines run in turn in every round, each on the same new letter, so that a slow moment of the
machine hits all alike; read the ratios, not the milliseconds. PRESS_ROUNDS and PRESS_LETTERS set
how long it takes (20 rounds; 1,000 letters compared with the full layout).
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import median

import pytest
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

sys.path.insert(0, str(Path(__file__).parents[1] / "rendering"))
from pressed_letters import differences, random_letter

from enforcement.rendering import paper
from enforcement.rendering.facts import NoticeFacts, ProviderFacts, ReplyFacts
from enforcement.rendering.fetchers import ClosedFetcher, TypefaceFetcher
from enforcement.rendering.press import Press
from enforcement.rendering.samples import MISSES, notice_of_intent

pytestmark = [pytest.mark.bench, pytest.mark.slow]
ROUNDS = int(os.environ.get("PRESS_ROUNDS", "20"))
LETTERS = int(os.environ.get("PRESS_LETTERS", "1000"))
STYLE = (paper.TEMPLATES / "paper" / "v1" / "letter.css").read_text(encoding="utf-8")


def letter(number: int) -> NoticeFacts:
    """The sample notice for another invented provider: every value differs, the shape does not."""
    plain = notice_of_intent()
    days = timedelta(number)
    name = f"Invented Number {number} Care"
    assert plain.amount
    assert plain.period
    code = f"K{number:03}-4M2D-9XTB"
    return replace(
        plain,
        reference=f"ASC-2026-{number:06}",
        notice_reference=f"ASC-2026-{number:06}-N1",
        dated=plain.dated + days,
        given_on=plain.dated + days + timedelta(3),
        recipient=replace(plain.recipient, name=f"{name} Limited"),
        provider=ProviderFacts(f"{name} Limited", f"1-9{number:08}", f"{number:08}"),
        misses=tuple(
            replace(miss, location_name=f"{name} House", location_id=f"1-8{number:08}")
            for miss in MISSES
        ),
        amount=replace(
            plain.amount,
            pence=31_300 + number,
            lines=(replace(plain.amount.lines[0], label=f"{name} House", pence=31_300 + number),),
        ),
        period=replace(plain.period, starts=plain.dated + days + timedelta(4),
                       ends=plain.dated + days + timedelta(18)),
        reply=ReplyFacts(
            "reply.example/r", code, f"https://reply.example/r#{code.replace('-', '')}"
        ),
    )  # fmt: skip


def stock(facts: NoticeFacts) -> bytes:
    """WeasyPrint as its tutorial uses it: style and fonts read for every letter."""
    fonts = FontConfiguration()
    style = CSS(string=STYLE, font_config=fonts, url_fetcher=TypefaceFetcher())
    source = HTML(string=paper.words(facts, "letter.html"), url_fetcher=ClosedFetcher())
    return source.write_pdf(
        stylesheets=[style],
        font_config=fonts,
        pdf_variant="pdf/a-3a",
        attachments=[paper._attached(facts)],
    )


@pytest.fixture
def chromium():
    """Print by one warm Chromium, tagged; None where there is none."""
    found = shutil.which("chromium")
    sync = pytest.importorskip("playwright.sync_api") if found else None
    if sync is None:
        yield None
        return
    with sync.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page = browser.new_page()

        def printed(facts: NoticeFacts) -> bytes:
            words = paper.words(facts, "letter.html")
            page.set_content(words.replace("</head>", f"<style>{STYLE}</style></head>"))
            return page.pdf(tagged=True, outline=True, prefer_css_page_size=True)

        yield printed
        browser.close()


def _timed(work: Callable[[NoticeFacts], bytes], facts: NoticeFacts) -> tuple[float, float, int]:
    """Return milliseconds by the clock, milliseconds of this process's CPU, and bytes."""
    clock, cpu = time.perf_counter(), time.process_time()
    size = len(work(facts))
    return (time.perf_counter() - clock) * 1000, (time.process_time() - cpu) * 1000, size


@pytest.mark.filterwarnings("ignore:unclosed file.*sRGB2014:ResourceWarning")
def test_press_beside_others(chromium, capsys):
    press = Press()
    engines = {
        "stock WeasyPrint, pdf/a-3a": stock,
        "full layout (shared), 3a + ua1 + JSON": lambda facts: paper.render(facts).pdf,
        "press, 3a + ua1 + JSON": lambda facts: press.render(facts).pdf,
    }
    if chromium:
        engines["Chromium, warm, tagged"] = chromium
    start = time.perf_counter()
    press.render(letter(0))
    first = time.perf_counter() - start
    for work in engines.values():
        work(letter(0))
    took: dict[str, list[tuple[float, float, int]]] = {name: [] for name in engines}
    for number in range(1, ROUNDS + 1):
        for name, work in engines.items():
            took[name].append(_timed(work, letter(number)))
    base = took["stock WeasyPrint, pdf/a-3a"]
    with capsys.disabled():
        print(f"\n{ROUNDS} rounds, two-page notice of intent, a new letter each round; medians")
        for name, runs in took.items():
            clock, cpu = (
                median(one[by] / other[by] for one, other in zip(base, runs, strict=True))
                for by in (0, 1)
            )
            shown = f"{clock:6.1f} x stock by the clock"
            if name != "Chromium, warm, tagged":  # which works in processes of its own
                shown += f", {cpu:6.1f} x by CPU"
            middle = median(run[0] for run in runs)
            print(f"{name:40} {middle:8.2f} ms {runs[-1][2]:7,} bytes {shown}")
        print(f"first letter of the process's first shape: {first * 1000:.0f} ms")
    assert press.pressed == ROUNDS + 2
    assert press.full == 0


def test_press_equals_full_layout(capsys):
    press = Press(shapes=LETTERS)
    wrong = {}
    for number in range(LETTERS):
        facts = random_letter(number)
        found = differences(press.render(facts), paper.render(facts))
        if found:
            wrong[number] = found
    with capsys.disabled():
        print(f"\n{LETTERS} random and worst letters: {press.pressed} pressed in")
        print(f"{len(press._shapes)} shapes, {press.full} laid out in full {dict(press.reasons)},")
        print(f"{len(wrong)} not equal {wrong}")
    assert wrong == {}
