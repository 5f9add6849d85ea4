"""Where mail and letters go out, by the settings: a mail server or folder, the print folder, or
GOV.UK Notify for either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlsplit

from enforcement.channels.folder import FolderChannel
from enforcement.channels.message import Asked, Channel, LetterChannel
from enforcement.channels.notify import NotifyAccount, NotifyLetters, NotifyMail
from enforcement.channels.print_folder import PrintFolder
from enforcement.channels.smtp import SmtpChannel
from enforcement.services.policies import in_force
from enforcement.services.work import Work
from enforcement.settings import Settings

_SECURITY: dict[str, Literal["none", "starttls", "tls"]] = {
    "smtp": "none",
    "smtp+starttls": "starttls",
    "smtps": "tls",
}
_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


@dataclass(frozen=True)
class Outlets:
    """The two ways out, and which channels can be asked later what became of a message."""

    mail: Channel
    post: LetterChannel
    asked: Mapping[str, Asked]

    def name_for(self, channel: str) -> str:
        """What the way out of an item's channel is called."""
        return self.post.name if channel == "print" else self.mail.name


def outlets_of(work: Work) -> Outlets:
    """The outlets in force today; mail comes from the address of the contact block."""
    return Outlets(_mail(work), _post(work.settings), asked_channels(work.settings))


def asked_channels(settings: Settings) -> Mapping[str, Asked]:
    """The channels that can say what became of a message, by name; also when no longer used."""
    account = _account(settings)
    return {} if account is None else {"notify": account}


def _account(settings: Settings) -> NotifyAccount | None:
    return (
        None
        if settings.notify_key is None
        else NotifyAccount(settings.notify_key, settings.notify_url)
    )


def _post(settings: Settings) -> LetterChannel:
    account = _account(settings)
    if settings.letters_by == "notify" and account is not None:
        return NotifyLetters(account, "second" if settings.notify_postage == "second" else "first")
    return PrintFolder(settings.print_folder)


def _mail(work: Work) -> Channel:
    settings, account = work.settings, _account(work.settings)
    if settings.email_by == "notify" and account is not None and settings.notify_template:
        return NotifyMail(
            account, settings.notify_template, settings.notify_confirm, settings.notify_weeks
        )
    sender = in_force(work.session, "contact_block", work.today).body["email"]
    if settings.smtp_url is None:
        return FolderChannel(settings.mail_folder, sender=sender)
    parts = urlsplit(settings.smtp_url)
    return SmtpChannel(
        host=parts.hostname or "",
        port=parts.port or _PORTS[parts.scheme],
        sender=sender,
        security=_SECURITY[parts.scheme],
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )
