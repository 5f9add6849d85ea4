"""What the outbox is handed of a notice or letter: its title, the covering words, by which way."""

from __future__ import annotations

from typing import Any

from enforcement.data.notices import Notice
from enforcement.domain.giving import Method
from enforcement.rendering.facts import NoticeFacts
from enforcement.services.case_facts import FINAL, INTENT

TITLES = {
    INTENT: "Notice of intent",
    FINAL: "Final notice",
    "withdrawal": "Withdrawal of a notice",
    "no_penalty": "Letter: no penalty",
    "acknowledgement": "Acknowledgement of a reply",
    "support": "Letter offering support",
    "payment_reminder": "Payment reminder",
    "refund": "Letter about a refund",
    "reg9_certificate": "Certificate of non-payment",
    "giving_certificate": "Certificate of giving",
}
BY_HAND = "hand"


def channel_of(notice: Notice) -> str:
    """By which way a notice leaves: email, print, or hand, for which nothing is queued."""
    method = Method(notice.method)
    if method is Method.HAND:
        return BY_HAND
    return "email" if method is Method.ELECTRONIC else "print"


def parcel(
    notice: Notice, facts: NoticeFacts, title: str, pdf_sha256: str | None, pages: int | None
) -> dict[str, Any]:
    """What the outbox needs to send a kept PDF of a notice by mail or by post."""
    return {
        "subject": f"{title}: {notice.reference}",
        "text": _covering_words(facts, title),
        "attach": pdf_sha256,
        "filename": f"{notice.reference}.pdf",
        "reference": notice.reference,
        "recipient": notice.recipient["name"],
        "postcode": notice.recipient["postcode"],
        "pages": pages or 0,
    }


def _covering_words(facts: NoticeFacts, title: str) -> str:
    contacts = facts.contacts
    return (
        f"{facts.provider.name}\n\n"
        f"A document is attached: {title}, reference {facts.notice_reference}. Please read all "
        "of it: it says what it is about, what you can do, and by when.\n\n"
        "If you cannot open it, or are not the person who should have it, tell us:\n"
        f"{contacts.phone}, {contacts.hours}\n{contacts.email}\n\n"
        f"{contacts.team}\nNHS Business Services Authority\n"
    )
