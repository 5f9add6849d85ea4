"""Secrets kept as files: made once, whole, readable by their owner only."""

from __future__ import annotations

import contextlib
import os
import secrets as random_source
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from enforcement.domain.refusals import BadInput

SHORTEST_SECRET = 32  # characters; as hex digits that is 128 bits, the least Flask advises


@dataclass(frozen=True, slots=True)
class Secrets:
    """What must never be printed, logged or put in the database. `repr` shows nothing of it."""

    staff: str = field(repr=False)
    reply: str = field(repr=False)
    link: str = field(repr=False)
    checkpoint: Ed25519PrivateKey = field(repr=False)
    receipt: Ed25519PrivateKey = field(repr=False)


def kept(path: Path) -> str:
    """The secret kept in this file; made first if it is not there.

    Written whole beside its place and then linked there: linking fails when another process
    was first, so both read the same secret and nobody reads half of one.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        mine = path.with_name(f".{path.name}.{random_source.token_hex(4)}")
        descriptor = os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(random_source.token_hex(32) + "\n")
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):  # then the other process's secret is the one
                os.link(mine, path)
        finally:
            mine.unlink()
    text = path.read_text(encoding="ascii").strip()
    if len(text) < SHORTEST_SECRET:
        raise BadInput(
            f"The key file {path} does not hold a secret ({len(text)} characters).",
            fix="Put it back from the backup. Without one, delete it and a new one is made; for "
            "link_secret.key that ends every link already printed.",
        )
    return text
