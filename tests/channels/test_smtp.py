"""SMTP against a real server on loopback, with each answer that a server can give."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
from aiosmtpd.controller import Controller

from enforcement.channels.message import (
    Attached,
    Message,
    PermanentFailure,
    TemporaryFailure,
    Uncertain,
)
from enforcement.channels.smtp import SmtpChannel

NOW = datetime(2025, 2, 4, 15, 15, tzinfo=UTC)
LETTER = Message(
    key="ASC-2026-000123-N1.email",
    to="secretary@example.com",
    subject="Notice – £2,388.00",
    text="Please read the notice.",
    attachments=(Attached("notice.pdf", "application/pdf", b"%PDF-1.7 invented"),),
)


class Post:
    """A server's handler that answers as the test says, and keeps what it took."""

    def __init__(self, *, rcpt: str = "250 OK", data: str = "250 taken as 42") -> None:
        self.rcpt, self.data = rcpt, data
        self.taken: list[bytes] = []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        if self.rcpt.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        if self.data == "slow":
            await asyncio.sleep(1.5)
            return "250 too late"
        if self.data.startswith("2"):
            self.taken.append(envelope.content)
        return self.data


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def server(post: Post) -> Iterator[SmtpChannel]:
    controller = Controller(post, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield channel(controller.port)
    finally:
        controller.stop()


def channel(port: int, timeout: float = 5.0) -> SmtpChannel:
    return SmtpChannel(
        "127.0.0.1", port, "enforcement@nhsbsa.example", security="none", timeout=timeout
    )


def test_a_taken_message_is_sent_with_its_evidence():
    post = Post()
    with server(post) as smtp:
        sent = smtp.send(LETTER, NOW)
    assert sent.channel == "smtp"
    assert sent.at == NOW
    assert sent.provider_id == "<ASC-2026-000123-N1.email@nhsbsa.example>"
    assert sent.evidence == "250 taken as 42"
    (taken,) = post.taken
    mail = message_from_bytes(taken, policy=default)
    assert mail["Message-ID"] == sent.provider_id
    assert mail["Subject"] == LETTER.subject
    (file,) = mail.iter_attachments()
    assert file.get_content() == LETTER.attachments[0].content


def test_a_retry_carries_the_same_message_id():
    post = Post()
    with server(post) as smtp:
        first = smtp.send(LETTER, NOW)
        again = smtp.send(LETTER, NOW.replace(hour=16))
    assert first.provider_id == again.provider_id
    assert len({message_from_bytes(taken)["Message-ID"] for taken in post.taken}) == 1


@pytest.mark.parametrize(
    ("answers", "outcome", "said"),
    [
        ({"rcpt": "451 try later"}, TemporaryFailure, "451 try later"),
        ({"rcpt": "550 no such person"}, PermanentFailure, "550 no such person"),
        ({"data": "451 full"}, TemporaryFailure, "451 full"),
        ({"data": "552 too big"}, PermanentFailure, "552 too big"),
    ],
)
def test_a_refusal_is_told_apart(answers, outcome, said):
    post = Post(**answers)
    with server(post) as smtp, pytest.raises(outcome) as stop:
        smtp.send(LETTER, NOW)
    assert stop.value.answer == said
    assert post.taken == []


def test_no_server_is_temporary():
    with pytest.raises(TemporaryFailure, match="No connection"):
        channel(free_port()).send(LETTER, NOW)


def test_a_server_without_tls_is_temporary_when_tls_is_wanted():
    post = Post()
    with server(post) as plain:
        strict = SmtpChannel("127.0.0.1", plain.port, "enforcement@nhsbsa.example", timeout=5)
        with pytest.raises(TemporaryFailure, match="STARTTLS"):
            strict.send(LETTER, NOW)
    assert post.taken == []


@contextmanager
def raw_server(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that does exactly what `talk` does with one connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            line, _ = listener.accept()
            with line:
                talk(line)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            thread.join()


def say_until_data(line: socket.socket, *, read_body: bool) -> None:
    """Hold the conversation up to DATA, then drop the line without an answer."""
    lines = line.makefile("rb")
    line.sendall(b"220 invented\r\n")
    for command in lines:
        if command.upper().startswith(b"DATA"):
            line.sendall(b"354 go on\r\n")
            break
        line.sendall(b"250 OK\r\n")
    if read_body:
        while lines.readline() not in (b".\r\n", b""):
            pass
    lines.close()


@pytest.mark.parametrize("read_body", [True, False])
def test_a_line_dropped_after_data_is_uncertain(read_body):
    with (
        raw_server(lambda line: say_until_data(line, read_body=read_body)) as port,
        pytest.raises(Uncertain, match="after DATA"),
    ):
        channel(port).send(LETTER, NOW)


@pytest.mark.slow
def test_no_answer_after_data_is_uncertain():
    controller = Controller(Post(data="slow"), hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        with pytest.raises(Uncertain, match="timed out"):
            channel(controller.port, timeout=0.5).send(LETTER, NOW)
    finally:
        controller.stop()


def test_a_line_dropped_before_the_message_is_temporary():
    def talk(line: socket.socket) -> None:
        lines = line.makefile("rb")
        line.sendall(b"220 invented\r\n")
        lines.readline()
        line.sendall(b"250 OK\r\n")
        lines.readline()
        lines.close()

    with raw_server(talk) as port, pytest.raises(TemporaryFailure, match="before the message"):
        channel(port).send(LETTER, NOW)


def test_a_slow_greeting_is_temporary():
    held = threading.Event()
    with raw_server(lambda line: bool(held.wait(3))) as port:
        with pytest.raises(TemporaryFailure, match="timed out"):
            channel(port, timeout=0.3).send(LETTER, NOW)
        held.set()


def test_a_server_that_reports_is_asked_to_under_our_key():
    """Of what becomes of the mail, with its headers only; one that does not is not asked."""
    said: list[bytes] = []

    def talk(line: socket.socket) -> None:
        lines = line.makefile("rb")
        line.sendall(b"220 invented\r\n")
        for command in lines:
            said.append(command.strip())
            if command.startswith(b"ehlo"):
                line.sendall(b"250-invented\r\n250 DSN\r\n")
            elif command.startswith(b"data"):
                line.sendall(b"354 go on\r\n")
                while lines.readline() != b".\r\n":
                    pass
                line.sendall(b"250 taken\r\n")
            else:
                line.sendall(b"250 OK\r\n")
            if command.startswith(b"quit"):
                break
        lines.close()

    with raw_server(talk) as port:
        channel(port).send(replace(LETTER, to="sec+post@example.com"), NOW)
    assert said[1:3] == [
        b"mail FROM:<enforcement@nhsbsa.example> RET=HDRS ENVID=ASC-2026-000123-N1.email",
        b"rcpt TO:<sec+post@example.com> NOTIFY=SUCCESS,DELAY,FAILURE"
        b" ORCPT=rfc822;sec+2Bpost@example.com",
    ]
