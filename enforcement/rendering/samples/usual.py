"""The usual invented notice of each kind: plain functions with the parts to be replaced."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from enforcement.rendering.facts import (
    AmountFacts,
    AmountLine,
    AppealFacts,
    ContactBlock,
    DecisionFacts,
    FileReceived,
    GivenNotice,
    HelpRow,
    MissFacts,
    NoticeFacts,
    PaymentFacts,
    PeriodFacts,
    PointFacts,
    ProviderFacts,
    ReceiptFacts,
    Recipient,
    ReplyFacts,
    Signatory,
    SupportFacts,
    WithdrawalFacts,
)

MISSES = tuple(
    MissFacts(
        location_name="Invented Meadow House",
        location_id="1-900000011",
        service="Care home",
        window=window,
        opens=opens,
        closes=closes,
        result="No return made",
    )
    for window, opens, closes in (
        ("October 2024", date(2024, 10, 8), date(2024, 10, 14)),
        ("November 2024", date(2024, 11, 8), date(2024, 11, 14)),
        ("December 2024", date(2024, 12, 8), date(2024, 12, 16)),
    )
)
AMOUNT = AmountFacts(
    pence=238_800,
    lines=(
        AmountLine("Invented Meadow House", "Care home, 16 to 20 places", 238_800),
    ),
    scheme="CQC fees scheme 2024/25",
    status="This is our calculation from the published scheme.",
)  # fmt: skip
EARLIER = GivenNotice(
    kind="notice_of_intent",
    reference="ASC-2026-000123-N1",
    dated=date(2025, 2, 4),
    given_on=date(2025, 2, 7),
    method="It was sent by first class post to your registered office on 4 February 2025.",
)
DECISION = DecisionFacts(
    decided_on=date(2025, 3, 17),
    decide_by=date(2025, 3, 21),
    sentence="We decided to impose the penalty.",
    findings=(
        "the three returns were due and were not made;",
        "the reasons you gave are not a reasonable excuse for any of the three months.",
    ),
    replies="We received one reply from you, on 18 February 2025, and considered all of it.",
    points=(
        PointFacts(
            "The person who makes the return was on leave in November.",
            "Planned leave is foreseeable. Another person could have been given an "
            "account, and help was offered on 19 November.",
        ),
        PointFacts(
            "We were not told about October.",
            "Emails were sent to the address on the Capacity Tracker when the window "
            "opened and 48 hours before it closed.",
        ),
    ),
)
PAYMENT = PaymentFacts(
    pay_by=date(2025, 4, 23),
    reference="ASC000123N2",
    instructions=(
        "Pay by bank transfer to NHSBSA Example Account, sort code 00-00-00, account "
        "number 00000000.",
        "Quote the payment reference, so that we know the money is yours.",
    ),
)
_SIGNED = (
    "-----BEGIN RECEIPT-----\n"
    + "eyJhbnN3ZXJzX3NoYTI1NiI6IjBmMGYwZjBmMGYwZjBmMGYwZjBmMGYwZjBmMGYw\n" * 8
    + "AAAAAAAAAAA==\n-----END RECEIPT-----"
)
RECEIPT = ReceiptFacts(
    reference="R-7QK2-M4",
    received_at=datetime(2025, 2, 18, 15, 15, tzinfo=UTC),
    received_words="18 February 2025, 3:15pm",
    answers=(
        ("What would you like to tell us?", "We made the return for November."),
        (
            "Tell us more",
            "The person who makes the return was on leave.\n\nWe have since given two "
            "more people an account, and have made every return on time.",
        ),
    ),
    files=(FileReceived("screenshot november.png", "214 KB", "9f86d081" * 8),),
    block=_SIGNED,
)
WITHDRAWAL = WithdrawalFacts(
    withdrawn=EARLIER,
    takes_effect=date(2025, 4, 1),
    reason="The return for November 2024 was made in its window. Our record of it was "
    "wrong, and we are sorry.",
    new_notice_follows=False,
    refund="You have paid nothing under it, so there is nothing to give back.",
)
CONTACTS = ContactBlock(
    team="Adult Social Care Enforcement",
    phone="0300 330 2088",
    email="nhsbsa.adultsocialcareenforcement@nhs.net",
    hours="Monday to Friday, 8:30am to 4:30pm",
    post_address=("Adult Social Care Enforcement", "1 Invented Way", "Sampleton", "ZZ1 1ZZ"),
)
HELP = (
    HelpRow(
        "Using the Capacity Tracker",
        "Capacity Tracker support",
        "0191 691 3729",
        "necsu.capacitytracker@nhs.net",
        "Mon to Fri, 8am to 5pm",
    ),
    HelpRow(
        "Your CQC registration",
        "Care Quality Commission",
        "03000 616161",
        "enquiries@cqc.org.uk",
        "Mon to Fri, 8:30am to 5:30pm",
    ),
)


def base(kind: str, **parts: object) -> NoticeFacts:
    """The parts that every kind has, with others in place of them or beside them."""
    base: dict[str, object] = {
        "kind": kind,
        "reference": "ASC-2026-000123",
        "notice_reference": "ASC-2026-000123-N1",
        "dated": date(2025, 2, 4),
        "recipient": Recipient(
            name="Invented Meadow Care Limited",
            capacity="For the attention of the company secretary",
            care_of=None,
            address_lines=("Registered office", "14 Sample Street", "Exampleton"),
            postcode="ZZ99 9ZZ",
            email="secretary@example.com",
        ),
        "provider": ProviderFacts("Invented Meadow Care Limited", "1-900000001", "09999999"),
        "contacts": CONTACTS,
        "signatory": Signatory("Alex Invented", "Enforcement officer"),
        "misses": MISSES,
        "threshold_sentence": "Three returns in a row were missed, which is when we consider a "
        "penalty.",
        "threshold_citation": "DHSC guidance on data enforcement, January 2023",
        "who_to_ask": HELP,
    }
    return NoticeFacts(**(base | parts))  # type: ignore[arg-type]  # a table of parts


def notice_of_intent(**parts: object) -> NoticeFacts:
    """An invented notice of intent."""
    default: dict[str, object] = {
        "support_contacts": (
            "19 November 2024: telephone call to the registered manager",
            "10 December 2024: email with a guide to the return",
        ),
        "given_on": date(2025, 2, 7),
        "method": "It was sent by first class post to your registered office on 4 February 2025.",
        "amount": AMOUNT,
        "period": PeriodFacts(date(2025, 2, 8), date(2025, 2, 21), date(2025, 3, 21)),
        "reply": ReplyFacts(
            "reply.example/r", "K7QW-4M2D-9XTB", "https://reply.example/r#K7QW4M2D9XTB"
        ),
    }
    return base("notice_of_intent", **(default | parts))


def final_notice(**parts: object) -> NoticeFacts:
    """An invented final notice."""
    default: dict[str, object] = {
        "notice_reference": "ASC-2026-000123-N2",
        "dated": date(2025, 3, 21),
        "given_on": date(2025, 3, 26),
        "method": "It was sent by first class post to your registered office on 21 March 2025.",
        "amount": AMOUNT,
        "amount_change": "It is the same amount as in the notice of intent.",
        "earlier": EARLIER,
        "decision": DECISION,
        "payment": PAYMENT,
        "appeal": AppealFacts(
            appeal_by=date(2025, 4, 22),
            sent_on=date(2025, 3, 21),
            tribunal="First-tier Tribunal",
            address_lines=("Example Tribunal Office", "2 Invented Court", "Sampleton", "ZZ2 2ZZ"),
            form="Use the tribunal’s application form and enclose a copy of this notice. Paying "
            "the penalty does not end your right to appeal.",
        ),
        "signatory": Signatory("Sam Invented", "Senior enforcement officer, authorised person"),
    }
    return base("final_notice", **(default | parts))


def withdrawal(**parts: object) -> NoticeFacts:
    """An invented withdrawal."""
    default: dict[str, object] = {
        "notice_reference": "ASC-2026-000123-N3",
        "dated": date(2025, 4, 1),
        "misses": (),
        "withdrawal": WITHDRAWAL,
    }
    return base("withdrawal", **(default | parts))


def no_penalty(**parts: object) -> NoticeFacts:
    """An invented no penalty."""
    default: dict[str, object] = {
        "notice_reference": "ASC-2026-000123-N2",
        "dated": date(2025, 3, 19),
        "earlier": EARLIER,
        "decision": replace(
            DECISION,
            sentence="You had a reasonable excuse for two of the three months.",
            findings=("The location lost its internet connection from 5 to 20 November 2024.",),
        ),
    }
    return base("no_penalty", **(default | parts))


def acknowledgement(**parts: object) -> NoticeFacts:
    """An invented acknowledgement."""
    default: dict[str, object] = {
        "notice_reference": "ASC-2026-000123-A1",
        "dated": date(2025, 2, 18),
        "misses": (),
        "period": PeriodFacts(date(2025, 2, 8), date(2025, 2, 21), date(2025, 3, 21)),
        "receipt": RECEIPT,
    }
    return base("acknowledgement", **(default | parts))


def support_letter(**parts: object) -> NoticeFacts:
    """An invented support letter."""
    default: dict[str, object] = {
        "notice_reference": "ASC-2026-000123-S1",
        "misses": MISSES[:2],
        "threshold_sentence": "",
        "support": SupportFacts(
            trigger="If three returns in a row, or any four in twelve months, are missed, we may "
            "give you notice that we intend to impose a financial penalty.",
            next_window="February 2025",
            next_opens=date(2025, 2, 8),
            next_closes=date(2025, 2, 14),
        ),
    }
    return base("support", **(default | parts))
