"""The press beside stock WeasyPrint, Chromium, Typst and ReportLab, on the same two-page notice.

    ./run test tests/bench/bench_press.py -s

In every round each engine prints the same new letter, in random order, so that a slow moment of
the machine hits all alike: read the ratios, not the milliseconds. PRESS_ROUNDS sets how many
rounds (20).
"""

from __future__ import annotations

import io
import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import median

import pikepdf
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "rendering"))
sys.path.insert(0, str(Path(__file__).parent))
from press_platypus import platypus
from press_rivals import chromium, cpu_of_children, stock, stock_shared, typst
from verapdf.engine import Engine

from enforcement.rendering import paper
from enforcement.rendering.facts import NoticeFacts, ProviderFacts, ReplyFacts
from enforcement.rendering.press import Press
from enforcement.rendering.samples import MISSES, notice_of_intent

pytestmark = [pytest.mark.bench, pytest.mark.slow]
ROUNDS = int(os.environ.get("PRESS_ROUNDS", "20"))
STOCK, PRESS, CHROMIUM, TYPST = "WeasyPrint, stock", "the press", "Chromium, warm, tagged", "Typst"
GOALS = {STOCK: 30, CHROMIUM: 10, TYPST: 3}  # times the press is to be faster


def letter(number: int) -> NoticeFacts:
    """The sample notice for another invented provider: every value differs, the shape does not."""
    plain = notice_of_intent()
    days = timedelta(number % 9000)
    name = f"Invented Number {number} Care"
    assert plain.amount
    assert plain.period
    code = f"K{number % 1000:03}-4M2D-{number // 1000:04}"
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


class Runs:
    """What one engine took, round by round, and the last file it made."""

    def __init__(self, work: Callable[[NoticeFacts], bytes]) -> None:
        self._work = work
        self.clock: list[float] = []
        self.cpu: list[float] = []
        self.pdf = b""

    def run(self, facts: NoticeFacts) -> None:
        """Print one letter: milliseconds by the clock, and of processor time, children's too."""
        children = cpu_of_children()
        clock, cpu = time.perf_counter(), time.process_time()
        self.pdf = self._work(facts)
        self.clock.append((time.perf_counter() - clock) * 1000)
        self.cpu.append((time.process_time() - cpu + cpu_of_children() - children) * 1000)

    def ratio(self, other: Runs) -> tuple[float, float]:
        """How many times longer than `other`: by the clock (median of rounds), by processor."""
        rounds = zip(self.clock, other.clock, strict=True)
        return median(mine / yours for mine, yours in rounds), sum(self.cpu) / sum(other.cpu)


@pytest.mark.filterwarnings("ignore:unclosed file.*sRGB2014:ResourceWarning")
def test_press_beside_others(capsys, tmp_path):
    press = Press()
    start = time.process_time()
    press.render(letter(0))
    first = (time.process_time() - start) * 1000
    with chromium() as browser:
        works = {
            PRESS: lambda facts: press.render(facts).pdf,
            STOCK: stock(),
            "WeasyPrint, fonts and style shared": stock_shared(),
            "our full layout": lambda facts: paper.render(facts).pdf,
            TYPST: typst(),
            "ReportLab platypus": platypus(),
        }
        if browser:
            works[CHROMIUM] = browser
        runs = {name: Runs(work) for name, work in works.items()}
        for number in range(-2, ROUNDS):
            for name in random.sample([*runs], len(runs)):
                runs[name].run(letter(number + 3))
        for run in runs.values():
            del run.clock[:2], run.cpu[:2]
    engine = Engine(tmp_path)
    broken = {name: engine.failed_rules(run.pdf) for name, run in runs.items()}
    engine.close()
    with capsys.disabled():
        _tell(runs, broken)
        print(f"the first letter of the process and its shape: {first:.0f} ms of processor time")
    assert press.full == 0
    assert broken[PRESS] == []


def _tell(runs: dict[str, Runs], broken: dict[str, list[str]]) -> None:
    print(f"\n{ROUNDS} rounds in random order, two-page notice of intent, a new letter each round")
    print("| Engine | ms median | min | CPU ms | press is × by clock | × by CPU | KB | pages "
          "| A-3a | UA-1 | facts inside |\n" + "|---" * 11 + "|")  # fmt: skip
    for name, run in runs.items():
        clock, cpu = run.ratio(runs[PRESS])
        with pikepdf.open(io.BytesIO(run.pdf)) as pdf:
            pages, held = len(pdf.pages), "yes" if len(pdf.attachments) else "no"
        valid = ["fail" if any(rule.startswith(profile) for rule in broken[name]) else "pass"
                 for profile in ("3a", "ua1")]  # fmt: skip
        print(f"| {name} | {median(run.clock):.1f} | {min(run.clock):.1f} | {median(run.cpu):.1f} "
              f"| {clock:.1f} | {cpu:.1f} | {len(run.pdf) / 1000:.0f} | {pages} | {valid[0]} "
              f"| {valid[1]} | {held} |")  # fmt: skip
    for name, goal in GOALS.items():
        if name in runs:
            clock, cpu = runs[name].ratio(runs[PRESS])
            met = "met" if max(clock, cpu) >= goal else "NOT met"
            print(f"goal: {goal} × {name}: {met} ({clock:.1f} by the clock, {cpu:.1f} by CPU)")
