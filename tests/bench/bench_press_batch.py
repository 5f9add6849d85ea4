"""The press at work: a batch on two processes, memory over thousands, a letter on demand.

    ./run test tests/bench/bench_press_batch.py -s

PRESS_BATCH sets how many letters the batch has (5,000).
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import median, quantiles

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "rendering"))
sys.path.insert(0, str(Path(__file__).parent))
from bench_press import letter
from pressed_letters import random_letter

from enforcement.rendering.press import Press

pytestmark = [pytest.mark.bench, pytest.mark.slow]
BATCH = int(os.environ.get("PRESS_BATCH", "5000"))
SHAPES = 12
LOOKED = (1, 500, 1_000, 2_000, 4_000)
PAGE = os.sysconf("SC_PAGE_SIZE")


def _resident() -> float:
    """Return this process's resident memory in MB; Linux only."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 1e6


def _share(first: int, step: int, queue: multiprocessing.Queue) -> None:
    press = Press()
    made = 0
    for number in range(first, BATCH, step):
        made += len(press.render(letter(number)).pdf) > 0
    queue.put((made, press.pressed, time.process_time(), _resident()))


def test_a_batch_on_two_processes(capsys):
    own = multiprocessing.get_context("spawn")
    queue = own.Queue()
    start = time.perf_counter()
    workers = [own.Process(target=_share, args=(first, 2, queue)) for first in range(2)]
    for worker in workers:
        worker.start()
    told = [queue.get() for _ in workers]
    for worker in workers:
        worker.join()
    took = time.perf_counter() - start
    made, pressed, cpu, resident = (max(both) if n == 3 else sum(both)
                                    for n, both in enumerate(zip(*told, strict=True)))  # fmt: skip
    with capsys.disabled():
        print(f"\n{made} letters on two processes, both started anew: {took:.1f} s by the clock,")
        print(f"{cpu:.1f} s of processor time ({cpu / 2:.1f} s a core), {pressed} pressed, ")
        print(f"{resident:.0f} MB at most in a process")
    assert made == BATCH


def _long_run(queue: multiprocessing.Queue) -> None:
    press = Press()
    found = []
    for number in range(1, max(LOOKED) + 1):
        press.render(random_letter(number, number % SHAPES))
        if number in LOOKED:
            found.append(_resident())
    queue.put((found, press.pressed, press.full))


def test_memory_stays_flat(capsys):
    own = multiprocessing.get_context("spawn")
    queue = own.Queue()
    worker = own.Process(target=_long_run, args=(queue,))
    worker.start()
    found, pressed, full = queue.get()
    worker.join()
    with capsys.disabled():
        held = ", ".join(f"{mb:.0f} after {n:,}" for n, mb in zip(LOOKED, found, strict=True))
        print(f"\nresident MB of one worker, random letters of {SHAPES} shapes: {held}")
        print(f"{pressed} pressed, {full} laid out in full")
    assert found[-1] < 150


def test_a_letter_on_demand(capsys):
    press = Press()
    press.warm(letter(0))
    rows = {
        "standard": [letter(number) for number in range(1, 101)],
        "officer-edited": [
            replace(letter(number), reasons=(f"An officer’s own words, {number}.",))
            for number in range(12)
        ],
    }
    with capsys.disabled():
        print()
        for name, letters in rows.items():
            clock, cpu = [], []
            for facts in letters:
                since, busy = time.perf_counter(), time.process_time()
                press.render(facts)
                clock.append((time.perf_counter() - since) * 1000)
                cpu.append((time.process_time() - busy) * 1000)
            print(f"{name}: median {median(clock):.1f} ms by the clock, {median(cpu):.1f} ms CPU, "
                  f"p95 CPU {quantiles(cpu, n=20)[-1]:.1f} ms")  # fmt: skip
