"""The receipt by email: what the receipt page says, without anything the reply said."""

from __future__ import annotations

from datetime import date
from typing import Any

from enforcement.data.replies import Reply
from enforcement.domain.words import moment, weekday
from enforcement.services import sending
from enforcement.services.work import Work


def queue_receipt(work: Work, reply: Reply) -> None:
    """Queue the receipt to whoever replied, once; nothing without an address."""
    if not reply.sender_email:
        return
    payload = {"subject": f"We have your reply {reply.reference}", "text": receipt_words(reply)}
    sending.queue(work, f"receipt-{reply.reference}", "email", reply.sender_email, payload)


def receipt_words(reply: Reply) -> str:
    """The words of the receipt, from what was frozen when the reply came."""
    told: dict[str, Any] = reply.receipt
    ends_on, decide_by = _day(told["period_ends_on"]), _day(told["decide_by"])
    lines = [
        f"Your reply has reached us. Its reference is {reply.reference}.",
        f"Received: {moment(reply.received_at)}.",
    ]
    if reply.late:
        lines.append("It came after the last day and is marked late. The panel still sees it.")
    elif ends_on:
        lines.append(f"It came in time. You can add to it until {ends_on}, with the same link.")
    lines += ["", "Files received:" if told["files"] else "No files were received."]
    lines += [f"- {one['name']}\n  SHA-256 {one['sha256']}" for one in told["files"]]
    lines += ["", "An officer answers each point you made, and a panel decides"]
    lines[-1] += f" by {decide_by}." if decide_by else " within 28 days of the last day to reply."
    lines += [
        "You get the decision in writing, with the reasons.",
        "",
        "If you did not send this reply, ring us: the number is on your letter.",
        "",
        "The lines below are signed by us. With them anybody can check on our website that this",
        "receipt is genuine and which files we have:",
        "",
        told["block"],
    ]
    return "\n".join(lines) + "\n"


def _day(text: str | None) -> str:
    if not text:
        return ""
    return weekday(date.fromisoformat(text))
