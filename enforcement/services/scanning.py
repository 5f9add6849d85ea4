"""The virus scanner, when there is one: clamd's INSTREAM command over a socket.

Without a scanner a file is "not scanned" and shown so; a scanner that does not answer never makes
a file clean.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterator

from enforcement.domain.refusals import BadInput
from enforcement.settings import Settings

CLEAN = "clean"
NOT_SCANNED = "not scanned"
TIMEOUT = 20.0  # seconds
PIECE = 64 * 1024


def scan(settings: Settings, name: str, content: bytes) -> str:
    """ "clean" or "not scanned". Refuses BadInput when the scanner found something."""
    if settings.clamd_address is None:
        return NOT_SCANNED
    try:
        answer = _ask(settings.clamd_address, content)
    except OSError:
        return NOT_SCANNED
    if answer.endswith("FOUND"):
        raise BadInput(f"“{name}” was refused by the virus scanner. Send a clean copy, or post it.")
    return CLEAN if answer == "stream: OK" else NOT_SCANNED


@contextlib.contextmanager
def _connected(address: str) -> Iterator[socket.socket]:
    if address.startswith("/"):
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        link.settimeout(TIMEOUT)
        with link:
            link.connect(address)
            yield link
        return
    host, _, port = address.rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port)), timeout=TIMEOUT) as link:
        yield link


def _ask(address: str, content: bytes) -> str:
    with _connected(address) as link:
        link.sendall(b"zINSTREAM\0")
        for start in range(0, len(content), PIECE):
            piece = content[start : start + PIECE]
            link.sendall(struct.pack("!I", len(piece)) + piece)
        link.sendall(struct.pack("!I", 0))
        answer = b""
        while not answer.endswith(b"\0") and len(answer) < 4096:
            more = link.recv(4096)
            if not more:
                break
            answer += more
    return answer.rstrip(b"\0\n").decode("utf-8", "replace").strip()
