"""A server on loopback that speaks the API of GOV.UK Notify; each test chooses its answers."""

from __future__ import annotations

import base64
import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from notifications_python_client import authentication

SERVICE = "7b1d0f6e-3c2a-4f7e-9b11-0a1b2c3d4e5f"
SECRET = "c5a1e8d2-91b7-4c3e-8f60-d4b2a9071f3e"
KEY = f"invented-{SERVICE}-{SECRET}"
TEMPLATE = "9c5f2b1e-0d7c-4f5a-8b55-1f0e7a3d2c11"
CREATED = "2026-06-16T09:00:05.000000Z"


@dataclass
class Notify:
    """What the server does next, and what it took. `answer` is a number, "slow" or "drop"."""

    answer: int | str = 201
    keep: bool = True  # whether a message is kept before a bad answer is given
    asking: int = 200
    loose: bool = False  # whether it lists messages that nobody asked for
    taken: list[dict[str, Any]] = field(default_factory=list)
    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused_tokens: list[str] = field(default_factory=list)
    url: str = ""

    def becomes(self, status: str, **times: str) -> None:
        """Every message there is now has this status."""
        for one in self.told.values():
            one.update(status=status, **times)

    def take(self, kind: str, sent: dict[str, Any]) -> dict[str, Any]:
        number = str(uuid.UUID(int=len(self.taken) + 1))
        self.taken.append(sent)
        self.told[number] = {
            "id": number,
            "reference": sent["reference"],
            "type": kind,
            "status": "pending-virus-check" if kind == "letter" else "created",
            "created_at": CREATED,
            "sent_at": None,
            "completed_at": None,
            "body": "Download it: https://documents.invented.example/d/secret-link",
            "email_address": sent.get("email_address"),
        }
        return self.told[number]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def notify(self) -> Notify:
        return self.server.notify  # type: ignore[attr-defined]  # set below

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self._token_holds():
            return
        notify, kind = self.notify, urlsplit(self.path).path.rsplit("/", 1)[1]
        good = notify.answer == 201
        made = notify.take(kind, sent) if good or notify.keep else {}
        if notify.answer == "slow":
            time.sleep(1.5)
        if notify.answer in ("slow", "drop"):
            self.close_connection = True
            self.connection.close()
            return
        if not good:
            self._error(int(notify.answer), "BadRequestError", "what the test wanted")
            return
        extra = {"postage": sent["postage"]} if kind == "letter" else {"content": made["body"]}
        self._answer(201, {"id": made["id"], "reference": sent["reference"], **extra})

    def do_GET(self) -> None:
        if not self._token_holds():
            return
        notify, parts = self.notify, urlsplit(self.path)
        if notify.asking != 200:
            self._error(notify.asking, "Exception", "Internal server error")
        elif parts.path == "/v2/templates":
            self._answer(200, {"templates": [{"id": TEMPLATE}]})
        elif parts.path == "/v2/notifications":
            wanted = parse_qs(parts.query)["reference"]
            every = notify.told.values()
            found = [one for one in every if notify.loose or one["reference"] in wanted]
            self._answer(200, {"notifications": found, "links": {"current": self.path}})
        elif (number := parts.path.rsplit("/", 1)[1]) in notify.told:
            self._answer(200, notify.told[number])
        else:
            self._error(404, "NoResultFound", "No result found")

    def _token_holds(self) -> bool:
        """The client's token: for this service, signed with its secret, made just now."""
        token = self.headers["Authorization"].removeprefix("Bearer ")
        try:
            held = authentication.get_token_issuer(token) == SERVICE
            held = held and authentication.decode_jwt_token(token, SECRET)
        except authentication.TokenError as error:
            held = False
            self.notify.refused_tokens.append(str(error))
        if not held:
            self._error(403, "AuthError", "Invalid token: API key not found")
        return bool(held)

    def _error(self, status: int, kind: str, words: str) -> None:
        told = {"status_code": status, "errors": [{"error": kind, "message": words}]}
        self._answer(status, told)

    def _answer(self, status: int, told: dict[str, Any]) -> None:
        content = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def running() -> Iterator[Notify]:
    """The server, until the end of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    notify = Notify(url=f"http://127.0.0.1:{server.server_port}")
    server.notify = notify  # type: ignore[attr-defined]  # for the handler
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield notify
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def pdf_of(sent: dict[str, Any]) -> bytes:
    """The bytes of the PDF in a letter or behind an email's link."""
    given = (
        sent["content"] if "content" in sent else sent["personalisation"]["link_to_file"]["file"]
    )
    return base64.b64decode(given)


def later(minutes: int) -> str:
    """A time of Notify, so many minutes after it made the message."""
    made = datetime.fromisoformat(CREATED)
    return datetime.fromtimestamp(made.timestamp() + minutes * 60, UTC).isoformat()
