"""A bundle of 600 pages beside plain merges that only put pages one behind the other.

    ./run test tests/bench/bench_bundle.py -m bench -s

Ours also keeps the tags, shares the fonts, numbers, links and bookmarks every page. Read the
ratios; BUNDLE_PAGES sets the size. The sheets of our own (cover, index, 20 sheets) are laid out
inside the time; notices and evidence are stored and only bound, as in life.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable
from dataclasses import replace

import pikepdf
import pypdf
import pytest

from enforcement.domain.bundles import Pack
from enforcement.rendering.bundle.front import Cover
from enforcement.rendering.bundle.sheets import Cell, Grid, Sheet
from enforcement.rendering.paper import render
from enforcement.rendering.samples.usual import notice_of_intent
from enforcement.services.bundle_binding import Gathered, made_of
from enforcement.services.bundle_contents import Item
from enforcement.services.files import sha256

pytestmark = [pytest.mark.bench, pytest.mark.slow]
PAGES = int(os.environ.get("BUNDLE_PAGES", "600"))
DIFFERENT = 12  # letters really laid out; each is bound many times


def letters() -> list[bytes]:
    plain = notice_of_intent()
    return [
        render(replace(plain, notice_reference=f"ASC-2026-{n:06}-N1")).pdf for n in range(DIFFERENT)
    ]


def gathered(stored: list[bytes]) -> Gathered:
    rows = tuple((Cell(f"{n} May 2026"), Cell("Something happened")) for n in range(40))
    sheets = [
        Item(f"sheet-{n}", "A", f"Sheet {n}",
             sheet=Sheet(f"Sheet {n}", "ASC-2026-000001",
                         (Grid("Rows", (("When", 30), ("What", 70)), rows),)))
        for n in range(20)
    ]  # fmt: skip
    wanted = (PAGES - 2 * len(sheets) - 12) // 2
    bound = [
        Item(f"notice-{n}", "B", f"Notice {n}", bound=sha256(stored[n % DIFFERENT]),
             source=sha256(stored[n % DIFFERENT]))
        for n in range(wanted)
    ]  # fmt: skip
    return Gathered(
        order_id=1, reference="ASC-2026-000001", pack=Pack.TRIBUNAL, number=1, follows=None,
        before=(), items=(*sheets, *bound), stored={sha256(one): one for one in stored}, taken=(),
        cover=Cover("Tribunal bundle", "A and B", (("Case", "1"),), "Note"), volume_mb=50,
        asked_by="staff:1", asked_by_name="A",
    )  # fmt: skip


def timed(what: Callable[[], bytes]) -> tuple[bytes, float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    made = what()
    return made, time.perf_counter() - wall, time.process_time() - cpu


def plain_pikepdf(parts: list[bytes]) -> bytes:
    out = io.BytesIO()
    with pikepdf.Pdf.new() as merged:
        for part in parts:
            with pikepdf.open(io.BytesIO(part)) as opened:
                merged.pages.extend(opened.pages)
        merged.save(out)
    return out.getvalue()


def plain_pypdf(parts: list[bytes]) -> bytes:
    writer, out = pypdf.PdfWriter(), io.BytesIO()
    for part in parts:
        writer.append(io.BytesIO(part))
    writer.write(out)
    return out.getvalue()


def test_six_hundred_pages_within_a_minute() -> None:
    stored = letters()
    what = gathered(stored)
    keep: list[bytes] = []

    def ours() -> bytes:
        made = made_of(what, lambda *_: None)
        keep.extend(part.pdf for part in made.parts)
        return made.files[0]

    bundle, wall, cpu = timed(ours)
    pages = len(pypdf.PdfReader(io.BytesIO(bundle)).pages)
    print(f"\n{pages} pages, {len(what.items)} documents")
    print(f"{'':28}{'wall s':>8}{'cpu s':>8}{'MB':>7}   ours by cpu")
    rows = [("ours: laid out, bound, proven", bundle, wall, cpu)]
    rows += [("plain pikepdf merge", *timed(lambda: plain_pikepdf(keep)))]
    rows += [("plain pypdf merge", *timed(lambda: plain_pypdf(keep)))]
    for name, made, seconds, worked in rows:
        size = len(made) / 1e6
        print(f"{name:28}{seconds:8.1f}{worked:8.1f}{size:7.1f}   {cpu / worked:.2f} ×")
    assert pages >= PAGES * 0.95
    assert cpu < 60
