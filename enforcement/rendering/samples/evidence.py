"""The usual invented letters about money, and the certificates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from enforcement.rendering.facts import (
    AttemptFacts,
    CountLine,
    GivenNotice,
    GivingFacts,
    MomentFacts,
    NoticeFacts,
    PaidLine,
    RecordedFacts,
    RefundFacts,
    ReminderFacts,
    Signatory,
    UnpaidFacts,
)
from enforcement.rendering.samples.usual import EARLIER, PAYMENT, base

FINAL = GivenNotice(
    kind="final_notice",
    reference="ASC-2026-000123-N2",
    dated=date(2025, 3, 21),
    given_on=date(2025, 3, 26),
    method="It was sent by first class post to your registered office on 21 March 2025.",
)
PAID = (PaidLine(date(2025, 4, 10), 100_000),)
NO_MISSES: dict[str, object] = {
    "misses": (),
    "threshold_sentence": "",
    "threshold_citation": "",
    "earlier": FINAL,
}
GIVING = GivingFacts(
    pdf_sha256="4f1c9a27" * 8,
    pages=2,
    capacity="The registered office of a company",
    address_source="The register of companies, read on 4 February 2025",
    times=(
        MomentFacts("Approved", "3 February 2025, 4:10pm"),
        MomentFacts("Printed", "4 February 2025, 9:30am"),
        MomentFacts("Handed to the post", "4 February 2025, 3:15pm"),
        MomentFacts("Treated as given", "7 February 2025"),
    ),
    rule="First class post is given on the third working day after the day of sending "
    "(regulation 7).",
    calendar="England and Wales, 2025-1",
    count=(
        CountLine(date(2025, 2, 4), None, "Sent by first class post; this day is not counted."),
        CountLine(date(2025, 2, 5), 1, "Working day 1."),
        CountLine(date(2025, 2, 6), 2, "Working day 2."),
        CountLine(date(2025, 2, 7), 3, "Working day 3. The notice is given on this day."),
    ),
    shown_by="The post room’s list of 4 February 2025, line 12.",
    attempts=(AttemptFacts("4 February 2025, 3:15pm", "Post", "accepted", "77ab01cd" * 8),),
    events=(
        RecordedFacts(14, "3 February 2025, 4:10pm", "The notice was approved.", "a1b2c3d4" * 8),
        RecordedFacts(17, "4 February 2025, 3:15pm", "The notice was sent.", "0f9e8d7c" * 8),
    ),
)


def payment_reminder(**parts: object) -> NoticeFacts:
    """An invented reminder, after the last day to pay."""
    default: dict[str, object] = {
        **NO_MISSES,
        "notice_reference": "ASC-2026-000123-N3",
        "dated": date(2025, 4, 28),
        "payment": PAYMENT,
        "reminder": ReminderFacts(238_800, 100_000, 138_800, PAID),
    }
    return base("payment_reminder", **(default | parts))


def refund(**parts: object) -> NoticeFacts:
    """An invented letter that comes with a repayment."""
    default: dict[str, object] = {
        **NO_MISSES,
        "notice_reference": "ASC-2026-000123-N4",
        "dated": date(2025, 6, 3),
        "refund": RefundFacts(
            paid_pence=100_000,
            repaid_pence=100_000,
            reason="We withdrew the final notice on 2 June 2025, so nothing is owed under it.",
            how="We repay it to the account that it came from.",
            repaid_by=date(2025, 6, 17),
            payments=PAID,
        ),
    }
    return base("refund", **(default | parts))


def reg9_certificate(**parts: object) -> NoticeFacts:
    """An invented certificate for the county court."""
    default: dict[str, object] = {
        **NO_MISSES,
        "notice_reference": "ASC-2026-000123-C1",
        "dated": date(2025, 5, 20),
        "who_to_ask": (),
        "signatory": Signatory("Sam Invented", "Senior enforcement officer, authorised person"),
        "unpaid": UnpaidFacts(
            penalty_pence=238_800,
            received_pence=100_000,
            unpaid_pence=138_800,
            pay_by=date(2025, 4, 23),
            not_received_by=date(2025, 5, 19),
            authority="Authorised to sign for the Secretary of State by the scheme of 1 January "
            "2025.",
            payments=PAID,
        ),
    }
    return base("reg9_certificate", **(default | parts))


def giving_certificate(**parts: object) -> NoticeFacts:
    """An invented certificate of how a notice of intent was given."""
    default: dict[str, object] = {
        **NO_MISSES,
        "notice_reference": "ASC-2026-000123-C2",
        "dated": date(2025, 5, 20),
        "who_to_ask": (),
        "earlier": replace(
            EARLIER,
            method="It was sent by first class post to the registered office of a company on "
            "4 February 2025.",
        ),
        "giving": GIVING,
    }
    return base("giving_certificate", **(default | parts))
