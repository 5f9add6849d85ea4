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
from month_letters import month_letter

from enforcement.rendering.press import Press
from enforcement.rendering.print_room import PrintRoom

pytestmark = [pytest.mark.bench, pytest.mark.slow]
BATCH = int(os.environ.get("PRESS_BATCH", "5000"))
LOOKED = (1, 500, 1_000, 2_000, 3_000, 4_000)
LETTERS = {"of one shape": letter, "as varied as a month’s": month_letter}
PAGE = os.sysconf("SC_PAGE_SIZE")


def _resident(process: int | str = "self") -> float:
    """Return a process's resident memory in MB; Linux only."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE / 1e6


def _share(letters: str, first: int, queue: multiprocessing.Queue) -> None:
    press, make = Press(), LETTERS[letters]
    made = 0
    for number in range(first, BATCH, 2):
        made += len(press.render(make(number)).pdf) > 0
    queue.put((made, press.pressed, time.process_time()))


@pytest.mark.parametrize("letters", LETTERS)
def test_a_batch_on_two_processes(capsys, letters):
    own = multiprocessing.get_context("spawn")
    queue = own.Queue()
    start = time.perf_counter()
    workers = [own.Process(target=_share, args=(letters, first, queue)) for first in range(2)]
    for worker in workers:
        worker.start()
    told = [queue.get() for _ in workers]
    for worker in workers:
        worker.join()
    took = time.perf_counter() - start
    made, pressed, cpu = map(sum, zip(*told, strict=True))
    with capsys.disabled():
        print(f"\n{made} letters {letters} on two processes, both started anew:")
        print(f"{took:.1f} s by the clock, {cpu:.1f} s of processor time, {pressed} pressed")
    assert made == BATCH


def test_the_memory_of_a_print_room_stays_flat(capsys):
    room, found, most = PrintRoom(), [], 0.0
    for number in range(1, max(LOOKED) + 1):
        room.render(month_letter(number))
        assert room._room is not None
        if number % 20 == 0:
            most = max(most, _resident(room._room.pid))
        if number in LOOKED:
            found.append(_resident(room._room.pid))
    room.close()
    with capsys.disabled():
        held = ", ".join(f"{mb:.0f} after {n:,}" for n, mb in zip(LOOKED, found, strict=True))
        print(f"\nresident MB of a print room, letters as varied as a month’s: {held}")
        print(f"{most:.0f} MB at most")


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
