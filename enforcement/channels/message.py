"""What every channel sends and answers: a message with a business key, and four outcomes.

Sent, refused for now (`TemporaryFailure`), refused for good (`PermanentFailure`), or not known
(`Uncertain`): the last goes to a person and is never sent again by itself, because a notice may
reach its reader at most once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from enforcement.domain.delivery import Report
from enforcement.domain.refusals import BadInput

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")
ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9.-]{1,190}")


@dataclass(frozen=True)
class Attached:
    """A file that goes with a message."""

    name: str
    mime: str
    content: bytes


@dataclass(frozen=True)
class Message:
    """One message. `key` is made from the business fact, so that a retry carries the same key.

    Refuses BadInput for a key, address, subject or file name that could alter the headers.
    """

    key: str
    to: str
    subject: str
    text: str
    html: str | None = None
    attachments: tuple[Attached, ...] = ()

    def __post_init__(self) -> None:
        if not KEY.fullmatch(self.key):
            raise BadInput(f"“{_short(self.key)}” cannot be the key of a message.")
        if not ADDRESS.fullmatch(self.to):
            raise BadInput(f"“{_short(self.to)}” is not one email address.")
        for words in (self.subject, *(item.name for item in self.attachments)):
            if any(ord(character) < 32 or ord(character) == 127 for character in words):
                raise BadInput("A subject or file name has a line break or control character.")
        for item in self.attachments:
            if not re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", item.mime):
                raise BadInput(f"“{_short(item.mime)}” is not a media type.")


def _short(words: str) -> str:
    return "".join(c if c.isprintable() else "�" for c in words[:80])


@dataclass(frozen=True)
class Sent:
    """Proof that a channel took a message: its own id and its answer, word for word."""

    channel: str
    at: datetime
    provider_id: str
    evidence: str


class NotSent(Exception):
    """Base of the outcomes other than sent; `answer` is what the other side said, if anything."""

    def __init__(self, answer: str) -> None:
        super().__init__(answer)
        self.answer = answer


class TemporaryFailure(NotSent):
    """Nothing was sent; trying again later is right."""


class PermanentFailure(NotSent):
    """Nothing was sent and trying again will not help: a person chooses another way."""


class Uncertain(NotSent):
    """The message may have been taken: a person finds out before anything is sent again."""


class NoAnswer(Exception):
    """The channel could not be asked what became of a message: ask again later."""


class Channel(Protocol):
    """Anything that can send a message. `name` is kept with what it took."""

    @property
    def name(self) -> str: ...

    def send(self, message: Message, now: datetime) -> Sent:
        """Send once, or raise one of the three other outcomes. `now` is aware UTC."""
        ...


@dataclass(frozen=True)
class PrintedLetter:
    """A letter to be printed and posted. Refuses BadInput for a key that is not a plain name.

    `notice`: it gives a notice, which second class post cannot (SI 2022/1175 reg 7).
    """

    key: str
    reference: str
    recipient: str
    postcode: str
    pages: int
    pdf: bytes
    notice: bool = True

    def __post_init__(self) -> None:
        if not KEY.fullmatch(self.key):
            raise BadInput("The key of a letter must be letters, digits, dots and dashes.")


class LetterChannel(Protocol):
    """Anything that can take a letter to be printed and posted."""

    @property
    def name(self) -> str: ...

    def send(self, letter: PrintedLetter, now: datetime) -> Sent:
        """Hand over once, or raise one of the three other outcomes. `now` is aware UTC."""
        ...


class Asked(Protocol):
    """A channel that can say later what became of a message."""

    def report(self, provider_id: str) -> Report | None:
        """What became of it; None when the channel no longer knows. Raises NoAnswer."""
        ...

    def find(self, key: str) -> Report | None:
        """What became of the message with our key; None when there is none. Raises NoAnswer."""
        ...
