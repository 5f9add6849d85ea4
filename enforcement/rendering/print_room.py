"""The print room: one process beside each site and worker that lays out and presses its notices.

Layout takes 40 MB, a second to load and up to a third of a second a letter; here it holds up no
page and no transaction's process. One letter at a time goes in as JSON and comes out as a PDF. A
room that dies is opened again once; a letter that takes it longer than `PATIENCE` is refused.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import traceback
from functools import cache
from pathlib import Path
from typing import IO, Any

from enforcement.domain import refusals
from enforcement.domain.refusals import CannotPrint, Refusal
from enforcement.rendering import templates
from enforcement.rendering.facts import NoticeFacts
from enforcement.rendering.words import Rendered

MODULE = "enforcement.rendering.print_room"
LAYOUTS = 2_000  # of one room: the libraries below WeasyPrint keep a little of each for good
PATIENCE = 120.0  # seconds; forty times the longest letter of the samples


class PrintRoom:
    """The way in: `render` may be called by several threads and waits for its turn.

    `on=False` turns the press off: every letter is laid out in full. After `layouts` letters in
    full the process is replaced by a new one.
    """

    def __init__(self, on: bool = True, layouts: int = LAYOUTS) -> None:
        self._on, self._layouts = on, layouts
        self._turn = threading.Lock()
        self._room: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()
        self._templates = templates.TEMPLATES
        atexit.register(self.close)

    def render(self, facts: NoticeFacts, large: bool = False) -> Rendered:
        """Return the notice as `rendering.paper.render` does; `html` and `marks` stay behind.

        Refuses what that refuses, and CannotPrint for a letter that is never finished.
        """
        asked = {"facts": facts.to_json(), "large": large, "on": self._on}
        line = json.dumps(asked, ensure_ascii=False).encode() + b"\n"
        with self._turn:
            for last in (False, True):
                try:
                    told, pdf = self._asked(line)
                    break
                except (BrokenPipeError, EOFError) as gone:
                    self._close()
                    if last:
                        raise RuntimeError("the print room ends on this letter") from gone
        if "refused" in told:
            kind, sentence, rule, fix = told["refused"]
            raise getattr(refusals, kind)(sentence, rule=rule, fix=fix)
        if "failed" in told:
            raise RuntimeError(f"the print room failed:\n{told['failed']}")
        return Rendered(pdf=pdf, html="", warnings=tuple(told.pop("warnings")), **told)

    def close(self) -> None:
        """End the process beside this one; the next letter opens it again."""
        with self._turn:
            self._close()

    def _close(self) -> None:
        room, self._room = self._room, None
        if room is None or self._owner != os.getpid():
            return  # a process that was forked leaves its parent's room alone
        room.kill()
        for pipe in (room.stdin, room.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        room.wait()

    def _open(self) -> subprocess.Popen[bytes]:
        if self._templates != templates.TEMPLATES:
            self._close()
        if self._room is None or self._owner != os.getpid():
            self._owner, self._templates = os.getpid(), templates.TEMPLATES
            self._room = subprocess.Popen(  # noqa: S603 - this very module, by this very Python
                [sys.executable, "-m", MODULE, str(self._templates), str(self._layouts)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        return self._room

    def _asked(self, line: bytes) -> tuple[dict[str, Any], bytes]:
        room = self._open()
        assert room.stdin is not None  # noqa: S101 - for mypy: opened with both pipes
        assert room.stdout is not None  # noqa: S101 - the same
        room.stdin.write(line)
        room.stdin.flush()
        if not select.select([room.stdout], [], [], PATIENCE)[0]:
            self._close()
            raise CannotPrint(f"The letter was not finished after {PATIENCE:.0f} seconds.")
        head = room.stdout.readline()
        if not head:
            raise EOFError
        told: dict[str, Any] = json.loads(head)
        size = told.pop("bytes", 0)
        pdf = room.stdout.read(size)
        if len(pdf) != size:
            raise EOFError
        return told, pdf


@cache
def standing(on: bool) -> PrintRoom:
    """Return this process's one print room, warm from whatever it printed before."""
    return PrintRoom(on)


# --- inside the room --------------------------------------------------------------------------
def main() -> None:
    """Print what is asked for, letter by letter, until nobody asks any more."""
    templates.TEMPLATES = Path(sys.argv[1])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the site that owns the room says when it closes
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints is no answer
    with contextlib.suppress(BrokenPipeError), answers:  # whoever asked was killed meanwhile
        for line in sys.stdin.buffer:
            if line.endswith(b"\n"):  # not half of one from a site that was killed
                head, pdf = _answer(json.loads(line))
                _put(answers, json.dumps(head, ensure_ascii=False).encode() + b"\n", pdf)
                if _laid() >= int(sys.argv[2]):
                    break  # the next letter finds the door closed and opens a new room


def _laid() -> int:
    from enforcement.rendering.press import standing as press

    return press(True).laid + press(False).laid


def _put(answers: IO[bytes], head: bytes, pdf: bytes) -> None:
    answers.write(head + pdf)
    answers.flush()


def _answer(asked: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    from enforcement.rendering.press import standing as press  # the second that nobody else waits

    try:
        made = press(asked["on"]).render(NoticeFacts.from_json(asked["facts"]), asked["large"])
    except Refusal as refusal:
        words = [type(refusal).__name__, refusal.sentence, refusal.rule, refusal.fix]
        return {"refused": words}, b""
    except Exception:  # whatever went wrong is told, and the next letter is printed
        return {"failed": traceback.format_exc()}, b""
    told = {
        "sha256": made.sha256, "pages": made.pages, "text": made.text,
        "warnings": made.warnings, "bytes": len(made.pdf),
    }  # fmt: skip
    return told, made.pdf


if __name__ == "__main__":
    main()
