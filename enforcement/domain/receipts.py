"""What a receipt says of a reply, in the one text form that is signed, and its printed block.

A receipt proves that something arrived, not what it said: it carries the reply's reference, the
moment, whether that was in time, each file's SHA-256, and one SHA-256 over the answers. Whoever
holds the reply can show that these are the words; a receipt alone gives nothing of them away.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import textwrap
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from enforcement.domain.events import canonical, fact_hash
from enforcement.domain.refusals import BadInput

VERSION = 1
BEGIN, END = "-----BEGIN RECEIPT-----", "-----END RECEIPT-----"
WIDTH = 64  # characters of a line of the block: fits a phone and every mail program
MOST_CHARACTERS = 40_000  # of a block: twenty files with the longest names take half of it
_BLOCK = re.compile(f"{BEGIN}(.+?){END}", re.DOTALL)


@dataclass(frozen=True)
class Arrived:
    """One file that came with a reply: its name as sent and its SHA-256 in hexadecimal."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Receipt:
    """A receipt. `received_at` is aware; `late` follows SI 2022/1175 reg 5 (see `is_late`)."""

    reference: str
    received_at: datetime
    late: bool
    period_ends_on: date | None
    files: tuple[Arrived, ...]
    answers_sha256: str

    def statement(self) -> str:
        """The text that is signed: canonical JSON, so that equal receipts have equal bytes."""
        return canonical(
            {
                "receipt": VERSION,
                "reference": self.reference,
                "received_at": self.received_at.isoformat(),
                "late": self.late,
                "period_ends_on": self.period_ends_on.isoformat() if self.period_ends_on else None,
                "files": [{"name": one.name, "sha256": one.sha256} for one in self.files],
                "answers_sha256": self.answers_sha256,
            }
        )

    @classmethod
    def of(cls, statement: str) -> Receipt:
        """The receipt a statement gives. Refuses BadInput for any other text."""
        try:
            plain = json.loads(statement)
            ends_on = plain["period_ends_on"]
            made = cls(
                reference=plain["reference"],
                received_at=datetime.fromisoformat(plain["received_at"]),
                late=plain["late"],
                period_ends_on=date.fromisoformat(ends_on) if ends_on else None,
                files=tuple(Arrived(one["name"], one["sha256"]) for one in plain["files"]),
                answers_sha256=plain["answers_sha256"],
            )
        except (ValueError, KeyError, TypeError) as wrong:
            raise BadInput("This is not a receipt of ours.") from wrong
        if made.statement() != statement:
            raise BadInput("This is not a receipt of ours.")
        return made


def answers_sha256(answers: dict[str, Any]) -> str:
    """One SHA-256 over everything a reply said, as it was stored."""
    return fact_hash(answers)


def block(statement: str, signature: bytes) -> str:
    """The statement and its signature as lines that survive a mail program and a copy by hand."""
    held = ".".join(base64.b64encode(part).decode() for part in (statement.encode(), signature))
    return "\n".join([BEGIN, *textwrap.wrap(held, WIDTH), END])


def unblock(words: str) -> tuple[str, bytes]:
    """The statement and signature of the first block in some text: quoted, indented or wrapped.

    Refuses BadInput when there is none, or it is cut short.
    """
    if len(words) > MOST_CHARACTERS:
        raise BadInput("That is longer than any receipt. Paste only the receipt.")
    found = _BLOCK.search(words)
    if found is None:
        raise BadInput(
            "There is no receipt in this.",
            fix=f"Paste everything from “{BEGIN}” to “{END}”, these two lines too.",
        )
    # What mail programs put before quoted lines is no letter of base64.
    statement, dot, signature = re.sub(r"[^A-Za-z0-9+/=.]", "", found.group(1)).partition(".")
    try:
        if not dot:
            raise ValueError("no signature")
        return (
            base64.b64decode(statement, validate=True).decode(),
            base64.b64decode(signature, validate=True),
        )
    except (binascii.Error, ValueError) as wrong:
        raise BadInput("The receipt is not complete. Copy every line of it.") from wrong
