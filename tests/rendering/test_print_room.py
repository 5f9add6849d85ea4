"""The room beside: the same page as here, refusals in words, and a room that dies or hangs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from enforcement.domain.refusals import CannotPrint
from enforcement.rendering import print_room
from enforcement.rendering.paper import render
from enforcement.rendering.press import Press
from enforcement.rendering.print_room import PrintRoom
from enforcement.rendering.samples import sample

pytestmark = pytest.mark.slow
INTENT = sample("notice_of_intent")


@pytest.fixture(scope="module")
def room() -> Iterator[PrintRoom]:
    opened = PrintRoom()
    yield opened
    opened.close()


def test_it_prints_what_would_be_printed_here(room: PrintRoom) -> None:
    assert room.render(INTENT).pdf == Press(met=1).render(INTENT).pdf
    large = render(INTENT, large=True)
    made = room.render(INTENT, large=True)
    assert (made.sha256, made.pages, made.text) == (large.sha256, large.pages, large.text)


def test_the_press_can_be_turned_off() -> None:
    room = PrintRoom(on=False)
    try:
        assert room.render(INTENT).sha256 == render(INTENT).sha256
    finally:
        room.close()


def test_a_refusal_comes_back_as_itself_and_the_room_goes_on(room: PrintRoom) -> None:
    spoilt = replace(INTENT, recipient=replace(INTENT.recipient, name="Sample \u4e2d Ltd"))
    with pytest.raises(CannotPrint) as here:
        render(spoilt)
    with pytest.raises(CannotPrint) as there:
        room.render(spoilt)
    assert there.value.as_json() == here.value.as_json()
    assert room.render(INTENT).pages == 2


def test_a_room_that_dies_is_opened_again(room: PrintRoom) -> None:
    first = room.render(INTENT)
    assert room._room is not None
    os.kill(room._room.pid, signal.SIGKILL)
    assert room.render(INTENT).pdf == first.pdf


def test_a_worn_out_room_is_replaced_without_anybody_noticing() -> None:
    room, used = PrintRoom(on=False, layouts=2), set()
    try:
        for _ in range(5):
            assert room.render(INTENT).pages == 2
            assert room._room is not None
            used.add(room._room.pid)
    finally:
        room.close()
    assert len(used) == 3


def test_a_letter_that_is_never_finished_is_refused(
    room: PrintRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = room.render(INTENT)
    assert room._room is not None
    os.kill(room._room.pid, signal.SIGSTOP)
    monkeypatch.setattr(print_room, "PATIENCE", 0.2)
    with pytest.raises(CannotPrint, match="not finished"):
        room.render(INTENT)
    monkeypatch.undo()
    assert room.render(INTENT).pdf == first.pdf


def test_several_threads_each_get_their_own_letter(room: PrintRoom) -> None:
    wanted = {f"ASC-2026-{n:06d}-N1": "" for n in range(1, 9)}

    def print_one(reference: str) -> None:
        wanted[reference] = room.render(replace(INTENT, notice_reference=reference)).text

    threads = [threading.Thread(target=print_one, args=(one,)) for one in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(reference in text for reference, text in wanted.items())


def test_a_worker_that_shows_words_loads_no_layout() -> None:
    """What the worker of an issue run imports, in a fresh interpreter."""
    code = "import sys, enforcement.services.issue_run_work\nsys.exit('weasyprint' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
