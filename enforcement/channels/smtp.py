"""Mail by SMTP, with the answers of the server told apart.

4xx before the message was taken means try later, 5xx means never, and a line that drops after
DATA was offered means nobody knows: `Uncertain`. Where the server offers it (RFC 3461) a report
is asked for, named by our key, of what becomes of the message.
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Literal

from enforcement.channels.mail import as_mail, message_id
from enforcement.channels.message import (
    Message,
    PermanentFailure,
    Sent,
    TemporaryFailure,
    Uncertain,
)


@dataclass(frozen=True)
class SmtpChannel:
    """One mail server. `timeout` is in seconds, for each step of the conversation."""

    host: str
    port: int
    sender: str
    sender_name: str = "NHS Business Services Authority"
    security: Literal["none", "starttls", "tls"] = "starttls"
    username: str | None = None
    password: str | None = None
    timeout: float = 20.0
    name: str = "smtp"

    def send(self, message: Message, now: datetime) -> Sent:
        """Send one message. Raises TemporaryFailure, PermanentFailure or Uncertain."""
        mail = as_mail(message, sender=self.sender, sender_name=self.sender_name, now=now)
        client = self._connect()
        try:
            self._offer(client, message)
            answer = self._hand_over(client, mail)
        finally:
            _leave(client)
        name = message_id(message.key, self.sender.partition("@")[2])
        return Sent(channel="smtp", at=now, provider_id=name, evidence=answer)

    def _connect(self) -> smtplib.SMTP:
        """Open the line, secure it and sign in. Nothing is sent yet, so nothing is uncertain."""
        client: smtplib.SMTP | None = None
        try:
            if self.security == "tls":
                client = smtplib.SMTP_SSL(
                    self.host, self.port, timeout=self.timeout, context=ssl.create_default_context()
                )
            else:
                client = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
            if self.security == "starttls":
                client.starttls(context=ssl.create_default_context())
            if self.username is not None:
                client.login(self.username, self.password or "")
        except (smtplib.SMTPException, OSError) as reason:
            if client is not None:
                _leave(client)
            raise TemporaryFailure(f"No connection to the mail server: {reason}") from reason
        return client

    def _offer(self, client: smtplib.SMTP, message: Message) -> None:
        try:
            client.ehlo_or_helo_if_needed()
            reports = client.has_extn("dsn")
            _accept(*client.mail(self.sender, _envelope(message) if reports else ()))
            _accept(*client.rcpt(message.to, _recipient(message) if reports else ()))
        except (smtplib.SMTPException, OSError) as reason:
            client.close()
            raise TemporaryFailure(f"The line dropped before the message: {reason}") from reason

    def _hand_over(self, client: smtplib.SMTP, mail: EmailMessage) -> str:
        try:
            code, answer = client.data(mail.as_bytes(policy=SMTP))
        except smtplib.SMTPDataError as refused:
            code, answer = refused.smtp_code, _bytes(refused.smtp_error)
        except (smtplib.SMTPException, OSError) as reason:
            client.close()
            raise Uncertain(f"The line dropped after DATA: {reason}") from reason
        _accept(code, answer)
        return f"{code} {answer.decode('utf-8', 'replace')}"


def _envelope(message: Message) -> tuple[str, ...]:
    """Headers only come back, under our key: a report needs no copy of the notice."""
    return ("RET=HDRS", f"ENVID={message.key}")


def _recipient(message: Message) -> tuple[str, ...]:
    return ("NOTIFY=SUCCESS,DELAY,FAILURE", f"ORCPT=rfc822;{_xtext(message.to)}")


def _xtext(words: str) -> str:
    """RFC 3461 section 4: what is not plain goes as + and two hexadecimal digits."""
    return "".join(c if "!" <= c <= "~" and c not in "+=" else f"+{ord(c):02X}" for c in words)


def _bytes(answer: str | bytes) -> bytes:
    return answer.encode() if isinstance(answer, str) else answer


def _accept(code: int, answer: bytes) -> None:
    said = f"{code} {answer.decode('utf-8', 'replace')}"
    if 200 <= code < 300:
        return
    if 500 <= code < 600:
        raise PermanentFailure(said)
    raise TemporaryFailure(said)


def _leave(client: smtplib.SMTP) -> None:
    """Say goodbye if the line still holds; the outcome is already known."""
    try:
        client.quit()
    except (smtplib.SMTPException, OSError):
        client.close()
