"""The hardest invented notices that can still be printed: long, wide, many, and accented."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from enforcement.rendering.facts import (
    AmountLine,
    AttemptFacts,
    CountLine,
    FileReceived,
    MissFacts,
    MomentFacts,
    PaidLine,
    PointFacts,
    ProviderFacts,
    Recipient,
    RecordedFacts,
    RefundFacts,
    ReminderFacts,
    Signatory,
    UnpaidFacts,
)
from enforcement.rendering.samples.evidence import GIVING
from enforcement.rendering.samples.usual import (
    AMOUNT,
    DECISION,
    RECEIPT,
    WITHDRAWAL,
)

LOCATIONS = 40
LONG = "The Honourable Company of Invented Łódź Ŵyn Providers “Café & Søn” in Sample Counties"
UNBROKEN = "Sampletonshirewideinventedundertakings" * 4
PARAGRAPHS = "\n\n".join((f"{LONG}, and so it is.", UNBROKEN, "é" * 200))
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
          "October", "November", "December")  # fmt: skip
WITHOUT_MISSES = (
    *("withdrawal", "acknowledgement", "payment_reminder", "refund"),
    *("reg9_certificate", "giving_certificate"),
)
_MOST = 99_999_999_999
_PAID = tuple(PaidLine(date(2025, 1 + n, 28), 1_234_567 + n) for n in range(12))


def hardest(kind: str) -> dict[str, object]:
    """Return the parts that make an invented notice of `kind` as hard as it can be."""
    parts: dict[str, object] = {
        "provider": ProviderFacts(LONG, "1-900000001", "09999999", "9999999"),
        "recipient": Recipient(
            LONG,
            "For the attention of the company secretary",
            None,
            ("Registered office", "14 Sample Street", "Exampleton", "Invented County"),
            "ZZ99 9ZZ",
        ),
        "signatory": Signatory(LONG, LONG),
        "misses": () if kind in WITHOUT_MISSES else _misses(),
    }
    if kind in ("notice_of_intent", "final_notice", "no_penalty", "support"):
        parts["reasons"] = (PARAGRAPHS,)
    return parts | _PARTS[kind]


def _misses() -> tuple[MissFacts, ...]:
    """Forty locations with the longest names, twelve windows each."""
    return tuple(
        MissFacts(
            location_name=f"{LONG} {number}",
            location_id=f"1-9000{number:05}",
            service="Care home",
            window=f"{name} 2024",
            opens=date(2024, month, 8),
            closes=date(2024, month, 16),
            result="No return made",
        )
        for number in range(LOCATIONS)
        for month, name in enumerate(MONTHS, 1)
    )


_LINES = tuple(AmountLine(f"{LONG} {n}", LONG, 99_999_999 + n) for n in range(LOCATIONS))
_AMOUNT = replace(AMOUNT, pence=_MOST, lines=_LINES)
_FINDINGS = (LONG,) * 4
_POINTS = tuple(PointFacts(PARAGRAPHS, PARAGRAPHS) for _ in range(2))
_FILES = tuple(FileReceived(f"{UNBROKEN}{n}.png", "9.9 MB", "0f" * 32) for n in range(12))
_PARTS: dict[str, dict[str, object]] = {
    "notice_of_intent": {"amount": _AMOUNT, "support_contacts": (LONG, UNBROKEN) * 2},
    "final_notice": {
        "amount": _AMOUNT,
        "decision": replace(DECISION, points=_POINTS, findings=_FINDINGS),
    },
    "no_penalty": {"decision": replace(DECISION, points=_POINTS * 3, findings=_FINDINGS)},
    "withdrawal": {"withdrawal": replace(WITHDRAWAL, reason=PARAGRAPHS)},
    "acknowledgement": {
        "receipt": replace(
            RECEIPT,
            answers=tuple((LONG, PARAGRAPHS) for _ in range(8)),
            files=_FILES,
            block=f"{RECEIPT.block}\n" * 4,
        )
    },
    "support": {},
    "payment_reminder": {
        "reminder": ReminderFacts(_MOST, _MOST // 3, _MOST, _PAID, (LONG, PARAGRAPHS))
    },
    "refund": {
        "refund": RefundFacts(_MOST, _MOST, PARAGRAPHS, f"{LONG}.", date(2025, 12, 31), _PAID)
    },
    "reg9_certificate": {
        "dated": date(2026, 1, 2),
        "unpaid": UnpaidFacts(
            _MOST, _MOST // 3, _MOST, date(2025, 11, 30), date(2025, 12, 31), f"{LONG}.", _PAID
        ),
    },
    "giving_certificate": {
        "giving": replace(
            GIVING,
            capacity=LONG,
            address_source=LONG,
            shown_by=PARAGRAPHS,
            times=tuple(MomentFacts(LONG, f"30 September 2025, 12:0{n}pm") for n in range(8)),
            count=tuple(
                CountLine(date(2025, 12, 20 + n), n or None, f"{LONG}.") for n in range(10)
            ),
            attempts=tuple(
                AttemptFacts("30 September 2025, 12:00pm", LONG, UNBROKEN, "0f" * 32)
                for n in range(12)
            ),
            events=tuple(
                RecordedFacts(1000 + n, "30 September 2025, 12:00pm", LONG, "0f" * 32)
                for n in range(20)
            ),
        )
    },
}
