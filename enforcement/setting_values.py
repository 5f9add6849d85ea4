"""Reading one value of a setting: each function takes its text and says what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from enforcement.domain.refusals import BadInput
from enforcement.keys import SHORTEST_SECRET

MEGABYTE = 1024 * 1024

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

T = TypeVar("T")


class Told(NamedTuple):
    """A setting: its name outside, how it is read, its default, that in words, and why.

    A default that rests on settings named before it is a function of those.
    """

    env: str
    read: Callable[[str], Any]
    unset: Any
    default: str
    reason: str


class Reader:
    """Takes one value out of the environment, and names the setting when it is wrong."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def __call__(self, name: str, parse: Callable[[str], T], default: T | None) -> Any:
        if name not in self._environ:
            return default
        try:
            return parse(self._environ[name].strip())
        except ValueError as error:
            raise BadInput(
                f"The setting {name} cannot be used: {error}.",
                fix=f"Correct {name} or unset it; docs/operations/settings.md lists every setting.",
            ) from None


def whole_folder(text: str) -> Path:
    path = Path(text).expanduser()
    if not path.is_absolute():
        raise ValueError("a folder must be given in full, beginning with /")
    return path


def number(text: str, least: int, most: int, what: str) -> int:
    if not (text.isascii() and text.isdigit()) or not least <= int(text) <= most:
        raise ValueError(f"{text!r} is not {what} from {least} to {most}")
    return int(text)


def port_number(text: str) -> int:
    return number(text, 1, 65535, "a port")


def megabytes(text: str) -> int:
    return number(text, 1, 2000, "a whole number of megabytes") * MEGABYTE


def minutes(text: str) -> timedelta:
    return timedelta(minutes=number(text, 1, 24 * 60, "a whole number of minutes"))


def weeks(text: str) -> int:
    return number(text, 1, 78, "a whole number of weeks")


def sheaf(text: str) -> int:
    return number(text, 2, 20_000, "a number of pages")


def yes_or_no(text: str) -> bool:
    if text.lower() not in ("yes", "no"):
        raise ValueError("it is yes or no")
    return text.lower() == "yes"


def one_of(*words: str) -> Callable[[str], str]:
    """A reader that takes one of these words."""

    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"it is one of: {', '.join(words)}")
        return text

    return read


def notify_key(text: str) -> str:
    """A key of GOV.UK Notify: a name, then the service's id and the secret, both UUIDs."""
    if not re.fullmatch(rf"[A-Za-z0-9_-]+-{_UUID}-{_UUID}", text):
        raise ValueError("copy the whole key from GOV.UK Notify: a name and two long ids")
    return text


def uuid(text: str) -> str:
    if not re.fullmatch(_UUID, text):
        raise ValueError("it must be like 9c5f2b1e-0d7c-4f5a-8b55-1f0e7a3d2c11")
    return text


def secret(text: str) -> str:
    if len(text) < SHORTEST_SECRET:
        raise ValueError(f"a secret needs at least {SHORTEST_SECRET} characters")
    return text


def seed(text: str) -> str:
    if len(text) != 64 or any(c not in "0123456789abcdef" for c in text.lower()):
        raise ValueError("the key must be 64 hexadecimal digits")
    return text


def database_url(text: str) -> str:
    try:
        url = make_url(text)
    except ArgumentError:
        raise ValueError("an example of a right one is sqlite:////srv/cases.sqlite3") from None
    if url.drivername in ("sqlite", "sqlite+pysqlite"):
        if url.database is None or not Path(url.database).is_absolute():
            raise ValueError(
                "the SQLite file must be given in full, as sqlite:////srv/cases.sqlite3"
            )
        return text
    if url.drivername != "postgresql+psycopg":
        raise ValueError(
            f"{url.drivername} is not supported; begin with sqlite:/// or postgresql+psycopg://"
        )
    return text


def web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("it must be like https://reply.example.org")
    return text.rstrip("/")


def smtp_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("smtp", "smtp+starttls", "smtps") or not parts.hostname:
        raise ValueError("it must be like smtp://mail.example.org:25 (or smtp+starttls, or smtps)")
    _ = parts.port  # raises ValueError itself when the port is no number
    return text


def socket_address(text: str) -> str:
    host, colon, port = text.rpartition(":")
    if not text.startswith("/") and not (host and colon and port):
        raise ValueError("it must be like 127.0.0.1:3310 or /run/clamav/clamd.ctl")
    if not text.startswith("/"):
        port_number(port)
    return text
