"""The QR code of a reply link, by adding up what each bit of the link changes in it.

With its length and mask fixed, a QR code is linear: each bit of the text turns over the same
modules, whatever the other bits are. So a link's code is that of a blank link of its length with
the changes of its own bits, each found once by the encoder that the full layout uses.
"""

from __future__ import annotations

import re
from functools import lru_cache

from enforcement.rendering.wording import qr_code

KEPT = 4096  # bits, runs and codes remembered
_RUN = re.compile(r"M(\d+) (\d+)h(\d+)v1h-\d+z")
_DARK = re.compile("1+")
_BLANK = "0"  # stands for each letter of the secret part


@lru_cache(8)  # a letter's code is asked for more than once
def square(link: str) -> tuple[int, str]:
    """Return the side in modules and the SVG path of a link's QR code, as `qr_code` does."""
    start, mark, secret = link.rpartition("#")
    # A small letter in the fixed part makes every link like it one of plain bytes.
    if not (mark and secret and link.isascii() and start.lower() == start != start.upper()):
        return qr_code(link)
    fixed, length = start + mark, len(secret)
    side, modules = _blank(fixed, length)
    for place, letter in enumerate(secret):
        turned = ord(letter) ^ ord(_BLANK)
        for bit in range(7):
            if turned >> bit & 1:
                modules ^= _turned(fixed, length, place, bit)
    return side, _path(side, modules)


@lru_cache(8)
def _blank(fixed: str, length: int) -> tuple[int, int]:
    return _modules(fixed + _BLANK * length)


@lru_cache(KEPT)
def _turned(fixed: str, length: int, place: int, bit: int) -> int:
    """Return the modules that one bit of the letter at `place` of the secret part turns over."""
    letter = chr(ord(_BLANK) ^ 1 << bit)
    other = _BLANK * place + letter + _BLANK * (length - place - 1)
    return _modules(fixed + other)[1] ^ _blank(fixed, length)[1]


def _modules(link: str) -> tuple[int, int]:
    """Return a code's side and its dark modules as the bits of a number, row by row."""
    side, path = qr_code(link)
    rows = [0] * side
    for match in _RUN.finditer(path):
        x, y, length = map(int, match.groups())
        rows[y] |= ((1 << length) - 1) << (side - x - length)
    whole = 0
    for row in rows:
        whole = whole << side | row
    return side, whole


def _path(side: int, modules: int) -> str:
    dark = f"{modules:0{side * side}b}"
    return "".join(
        _step(run.start(), y, run.end())
        for y in range(side)
        for run in _DARK.finditer(dark[y * side : (y + 1) * side])
    )


@lru_cache(KEPT)
def _step(x: int, y: int, end: int) -> str:
    return f"M{x} {y}h{end - x}v1h-{end - x}z"


def operators(path: str) -> bytes:
    """Return the code's path as PDF operators, as WeasyPrint draws such a path."""
    return b"\n".join(map(_drawn, path.split("M")[1:]))


@lru_cache(KEPT)
def _drawn(step: str) -> bytes:
    match = _RUN.fullmatch(f"M{step}")
    if match is None:
        raise ValueError(f"not a step of a QR code: {step}")
    x, y, length = map(int, match.groups())
    right, low = x + length, y + 1
    return b"%d %d m\n%d %d l\n%d %d l\n%d %d l\nh" % (x, y, right, y, right, low, x, low)
