"""Reading what mail servers report about a mail of ours (RFC 3464), with nothing taken on trust.

A report is only read here; whether it is about a mail that we sent, to that address, is for the
caller to hold against its own rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from email.utils import parsedate_to_datetime

from enforcement.domain.delivery import Stage
from enforcement.domain.refusals import BadInput

ACTIONS = {
    "failed": Stage.FAILED,
    "delayed": Stage.SOFT,
    "delivered": Stage.DELIVERED,
    "relayed": Stage.ACCEPTED,
    "expanded": Stage.ACCEPTED,
}
_MOST = 5 * 1024 * 1024  # headers come back, never the notice; more is no report


@dataclass(frozen=True)
class Told:
    """What one report says of one recipient. `fields` is the report's own text."""

    envelope: str | None
    message_id: str | None
    recipients: tuple[str, ...]
    stage: Stage
    at: datetime
    fields: str


def read(content: bytes) -> tuple[Told, ...]:
    """The recipients of one report. Refuses (BadInput) whatever is not a delivery report."""
    if len(content) > _MOST:
        raise BadInput("It is larger than a delivery report can be.")
    mail = message_from_bytes(content, policy=default)
    if mail.get_content_type() != "multipart/report":
        raise BadInput("It is not a delivery report (multipart/report).")
    parts = [part for part in mail.walk() if part.get_content_type() == "message/delivery-status"]
    if len(parts) != 1 or not parts[0].is_multipart():
        raise BadInput("It has no part that says what became of the mail (delivery-status).")
    groups = [part for part in parts[0].get_payload() if isinstance(part, Message)]
    groups = [group for group in groups if group.keys()]
    if len(groups) < 2:
        raise BadInput("It names no recipient.")
    about, *each = groups
    headers = _original(mail)
    return tuple(
        Told(
            envelope=_plain(about.get("Original-Envelope-Id")),
            message_id=_plain(headers.get("Message-ID")) if headers is not None else None,
            recipients=tuple(_addresses(one)),
            stage=_stage(one),
            at=_time(one.get("Last-Attempt-Date"), mail.get("Date")),
            fields=_text(about) + "\n" + _text(one),
        )
        for one in each
    )


def _original(mail: EmailMessage) -> Message | None:
    """The headers of the mail that is reported on, where the report carries them."""
    for part in mail.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822":
            inner = part.get_payload()
            first = inner[0] if isinstance(inner, list) and inner else None
            return first if isinstance(first, Message) else None
        if kind == "text/rfc822-headers":
            content = part.get_payload(decode=True)
            return message_from_bytes(content) if isinstance(content, bytes) else None
    return None


def _stage(one: Message) -> Stage:
    action = (_plain(one.get("Action")) or "").lower()
    if action not in ACTIONS:
        raise BadInput(f"It does not say what became of the mail: “{action[:40]}”.")
    return ACTIONS[action]


def _addresses(one: Message) -> Iterator[str]:
    for name in ("Original-Recipient", "Final-Recipient"):
        kind, mark, address = (_plain(one.get(name)) or "").partition(";")
        if mark and kind.strip().lower() == "rfc822":
            written = address.strip().strip("<>").lower()
            yield from (written, _unxtext(written))


def _unxtext(words: str) -> str:
    """RFC 3461 section 4: + and two hexadecimal digits are one character."""
    return re.sub(r"\+([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), words)


def _plain(value: object) -> str | None:
    return None if value is None else re.sub(r"\s+", " ", str(value)).strip()


def _time(*values: object) -> datetime:
    """The first that can be read; one without a zone is read as UTC. Refuses when none can."""
    for value in values:
        try:
            found = parsedate_to_datetime(str(value))
        except ValueError:
            continue
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    raise BadInput("It does not say when.")


def _text(group: Message) -> str:
    """The fields word for word, one a line."""
    return "".join(f"{name}: {_plain(value)}\n" for name, value in group.items())
