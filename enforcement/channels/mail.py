"""A message as an internet mail: plain text, optional HTML, files, and a stable Message-ID."""

from __future__ import annotations

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from enforcement.channels.message import Message
from enforcement.domain.refusals import BadInput


def message_id(key: str, domain: str) -> str:
    """Return the Message-ID made from the business key: the same key, the same id."""
    return f"<{key}@{domain}>"


def as_mail(message: Message, *, sender: str, sender_name: str, now: datetime) -> EmailMessage:
    """Return the mail; the same message and `now` give the same bytes. Refuses BadInput.

    The multipart boundary is made from the key, since the standard library would draw a random
    one. `now` must be aware.
    """
    if now.tzinfo is None:
        raise BadInput("The time of sending has no time zone.")
    local, _, domain = sender.partition("@")
    mail = EmailMessage(policy=SMTP)
    mail["Message-ID"] = message_id(message.key, domain)
    mail["Date"] = format_datetime(now.astimezone(UTC))
    mail["From"] = Address(sender_name, local, domain)
    mail["To"] = message.to
    mail["Subject"] = message.subject
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    if message.html is not None:
        mail.add_alternative(message.html, subtype="html")
    for item in message.attachments:
        main, _, sub = item.mime.partition("/")
        mail.add_attachment(item.content, maintype=main, subtype=sub, filename=item.name)
    for number, part in enumerate(mail.walk()):
        if part.is_multipart():
            part.set_boundary(f"=_part{number}_{message.key}"[:70])
    return mail
