"""Where mail and letters go out, by the settings: a mail server or folder, the print folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlsplit

from enforcement.channels.folder import FolderChannel
from enforcement.channels.message import Channel
from enforcement.channels.print_folder import PrintFolder
from enforcement.channels.smtp import SmtpChannel
from enforcement.services.policies import in_force
from enforcement.services.work import Work

_SECURITY: dict[str, Literal["none", "starttls", "tls"]] = {
    "smtp": "none",
    "smtp+starttls": "starttls",
    "smtps": "tls",
}
_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


@dataclass(frozen=True)
class Outlets:
    """The two ways out."""

    mail: Channel
    post: PrintFolder


def outlets_of(work: Work) -> Outlets:
    """The outlets in force today; mail comes from the address of the contact block."""
    settings = work.settings
    sender = in_force(work.session, "contact_block", work.today).body["email"]
    post = PrintFolder(settings.print_folder)
    if settings.smtp_url is None:
        return Outlets(FolderChannel(settings.mail_folder, sender=sender), post)
    parts = urlsplit(settings.smtp_url)
    mail = SmtpChannel(
        host=parts.hostname or "",
        port=parts.port or _PORTS[parts.scheme],
        sender=sender,
        security=_SECURITY[parts.scheme],
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )
    return Outlets(mail, post)
