"""GOV.UK Notify: email with a link to the PDF, and letters printed and posted from the PDF.

Its answers are told apart as a mail server's are. What could not be taken for good (400) is
permanent; what was surely not taken (429, no connection, a key that does not work) is tried
again; where it may have been taken (5xx, a line that dropped, no answer in time) nobody knows:
`Uncertain`. A reference does not stop Notify from sending twice, but it can be asked for one.
"""

from __future__ import annotations

import io
import json
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from notifications_python_client.errors import APIError, InvalidResponse
from notifications_python_client.notifications import NotificationsAPIClient
from notifications_python_client.utils import prepare_upload
from requests.exceptions import ConnectTimeout
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from enforcement.channels.message import (
    Message,
    NoAnswer,
    NotSent,
    PermanentFailure,
    PrintedLetter,
    Sent,
    TemporaryFailure,
    Uncertain,
)
from enforcement.domain.delivery import Report, Stage

# What Notify says → what it means, and whether it says anything more after that.
EMAIL: dict[str, tuple[Stage, bool]] = {
    "created": (Stage.SENT, False),
    "sending": (Stage.ACCEPTED, False),
    "pending": (Stage.ACCEPTED, False),
    "sent": (Stage.ACCEPTED, False),
    "delivered": (Stage.DELIVERED, True),
    "permanent-failure": (Stage.FAILED, True),
    "temporary-failure": (Stage.FAILED, True),  # Notify itself has given up by then
    "technical-failure": (Stage.FAILED, True),
}
LETTER: dict[str, tuple[Stage, bool]] = {
    "created": (Stage.SENT, False),
    "pending-virus-check": (Stage.SENT, False),
    "accepted": (Stage.ACCEPTED, False),
    "sending": (Stage.ACCEPTED, False),
    "received": (Stage.POSTED, True),
    "delivered": (Stage.POSTED, True),
    "cancelled": (Stage.FAILED, True),
    "technical-failure": (Stage.FAILED, True),
    "permanent-failure": (Stage.FAILED, True),
    "validation-failed": (Stage.FAILED, True),
    "virus-scan-failed": (Stage.FAILED, True),
}
# Kept word for word. Never the content: it holds the link to the PDF, and so the reply code.
_KEPT = (
    *("id", "reference", "type", "status", "created_at", "sent_at", "completed_at"),
    *("postage", "estimated_delivery"),
)
_FOR_GOOD = (400, 413, 415, 422)
_NEVER_LEFT = (
    ConnectTimeout,
    ConnectTimeoutError,
    NewConnectionError,
    ssl.SSLCertVerificationError,
)


@dataclass(frozen=True)
class NotifyAccount:
    """One service at Notify. `timeout` is in seconds, for connecting and for each read."""

    key: str = field(repr=False)
    url: str
    timeout: float = 30.0

    def report(self, provider_id: str) -> Report | None:
        """What became of one message; None when Notify no longer has it. Raises NoAnswer."""
        try:
            told = self._request(lambda notify: notify.get_notification_by_id(provider_id))
        except APIError as error:
            if _status(error) == 404:
                return None
            raise NoAnswer(_said(error)) from error
        return _report(told)

    def find(self, key: str) -> Report | None:
        """The oldest message that carries our key; None when there is none. Raises NoAnswer."""
        try:
            told = self._request(lambda notify: notify.get_all_notifications(reference=key))
        except APIError as error:
            raise NoAnswer(_said(error)) from error
        listed = told.get("notifications")
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            raise NoAnswer(f"Notify did not answer with a list: {_short(json.dumps(told))}")
        ours = [_report(one) for one in listed if one.get("reference") == key]
        return min(ours, key=lambda one: one.at, default=None)

    def templates(self) -> frozenset[str]:
        """The ids of its templates: proves address, key and clock. Raises NoAnswer."""
        try:
            told = self._request(lambda notify: notify.get_all_templates())
        except APIError as error:
            raise NoAnswer(_said(error)) from error
        return frozenset(str(one.get("id")) for one in told.get("templates", ()))

    def hand_over(self, ask: Callable[[Any], Any], now: datetime) -> Sent:
        """Send by `ask` and read the answer. Raises one of the three other outcomes."""
        try:
            told = self._request(ask)
        except APIError as error:
            raise _outcome(error) from error
        if not isinstance(told.get("id"), str):
            raise Uncertain(f"Notify answered without an id: {_short(json.dumps(told))}")
        return Sent("notify", now, told["id"], _evidence(told))

    def _request(self, ask: Callable[[Any], Any]) -> Mapping[str, Any]:
        """One conversation. A client is made for each: it is not safe between threads."""
        notify = NotificationsAPIClient(self.key, base_url=self.url, timeout=self.timeout)
        notify.request_session.max_redirects = 0  # nobody else is handed our token
        with notify.request_session:
            answer = ask(notify)
        if not isinstance(answer, dict):
            raise InvalidResponse(message=f"not an object: {_short(json.dumps(answer))}")
        return answer


@dataclass(frozen=True)
class NotifyMail:
    """Email by a template with ((subject)), ((body)) and ((link_to_file))."""

    account: NotifyAccount
    template: str
    confirm: bool = True
    weeks: int = 78
    name: str = "notify"

    def send(self, message: Message, now: datetime) -> Sent:
        """Send one email; a PDF goes as a link. Raises one of the three other outcomes."""
        words: dict[str, Any] = {
            "subject": message.subject,
            "body": message.text,
            "link_to_file": "",
        }
        if len(message.attachments) > 1:
            raise PermanentFailure("Notify sends one file with an email.")
        for item in message.attachments:
            try:
                words["link_to_file"] = prepare_upload(
                    io.BytesIO(item.content),
                    filename=item.name,
                    confirm_email_before_download=self.confirm,
                    retention_period=f"{self.weeks} weeks",
                )
            except ValueError as reason:
                raise PermanentFailure(f"{item.name}: {reason}") from reason
        return self.account.hand_over(
            lambda notify: notify.send_email_notification(
                message.to, self.template, personalisation=words, reference=message.key
            ),
            now,
        )


@dataclass(frozen=True)
class NotifyLetters:
    """Letters printed and posted from our PDF. A notice always goes first class."""

    account: NotifyAccount
    postage: Literal["first", "second"] = "first"
    name: str = "notify"

    def send(self, letter: PrintedLetter, now: datetime) -> Sent:
        """Hand over one letter. Raises one of the three other outcomes."""
        postage = "first" if letter.notice else self.postage
        return self.account.hand_over(
            lambda notify: notify.send_precompiled_letter_notification(
                letter.key, io.BytesIO(letter.pdf), postage=postage
            ),
            now,
        )


def _outcome(error: APIError) -> NotSent:
    status = _status(error)
    if status is None and not isinstance(error, InvalidResponse):
        if any(isinstance(one, _NEVER_LEFT) for one in _causes(error)):
            return TemporaryFailure(f"Notify cannot be reached: {_said(error)}")
        return Uncertain(f"No answer from Notify: {_said(error)}")
    if status is None or status >= 500 or status < 300:
        return Uncertain(_said(error))
    return PermanentFailure(_said(error)) if status in _FOR_GOOD else TemporaryFailure(_said(error))


def _status(error: APIError) -> int | None:
    """The number Notify answered with; None when there was no answer to read."""
    return None if error.response is None else int(error.response.status_code)


def _said(error: APIError) -> str:
    """Its answer, word for word; where there is none, why not."""
    if error.response is not None:
        return _short(f"{error.response.status_code} {error.response.text}")
    return _short(str(error.__cause__ or error.message))


def _causes(error: BaseException) -> list[BaseException]:
    """The chain of what led to an error, each once."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or any(one is each for each in found):
            continue
        found.append(one)
        reason = getattr(one, "reason", None)
        waiting += [one.__cause__, one.__context__]
        waiting += [each for each in (*one.args, reason) if isinstance(each, BaseException)]
    return found


def _short(words: str) -> str:
    return re.sub(r"\s+", " ", words).strip()[:2000]


def _report(told: Mapping[str, Any]) -> Report:
    """Read one notification. A status unknown to us is kept and asked about again."""
    known = LETTER if told.get("type") == "letter" else EMAIL
    stage, final = known.get(str(told.get("status")), (Stage.SENT, False))
    return Report(stage, _time(told, stage), _evidence(told), str(told.get("id", "")), final)


def _time(told: Mapping[str, Any], stage: Stage) -> datetime:
    """When it came to this stage, as far as Notify says; a letter is posted when it is done."""
    names = ("created_at",) if stage is Stage.SENT else ("completed_at", "sent_at", "created_at")
    for name in names:
        try:
            found = datetime.fromisoformat(str(told.get(name)))
        except ValueError:
            continue
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    raise NoAnswer(f"Notify gave no time: {_evidence(told)}")


def _evidence(told: Mapping[str, Any]) -> str:
    return json.dumps({name: told[name] for name in _KEPT if name in told}, ensure_ascii=False)
