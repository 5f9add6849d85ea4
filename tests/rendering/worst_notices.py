"""The hardest invented notices that can still be posted: long, wide, many, and accented."""

from __future__ import annotations

from dataclasses import replace

from notices import (
    AMOUNT,
    EVERY_KIND,
    MISSES,
    acknowledgement,
    final_notice,
    no_penalty,
    withdrawal,
)

from enforcement.rendering.facts import (
    AmountLine,
    FileReceived,
    NoticeFacts,
    PointFacts,
    ProviderFacts,
    Recipient,
)

LONG = "The Honourable Company of Invented Łódź Ŵyn Providers “Café & Søn” in Sample Counties"
UNBROKEN = "Sampletonshirewideinventedundertakings" * 4
PARAGRAPHS = "\n\n".join((f"{LONG}, and so it is.", UNBROKEN, "é" * 200))


def _parts(kind: str) -> dict[str, object]:
    """What only some kinds have, at its hardest."""
    points = tuple(PointFacts(PARAGRAPHS, PARAGRAPHS) for _ in range(6))
    final, none = final_notice().decision, no_penalty().decision
    receipt, ended = acknowledgement().receipt, withdrawal().withdrawal
    assert final
    assert none
    assert receipt
    assert ended
    files = tuple(FileReceived(f"{UNBROKEN}{n}.png", "9.9 MB", "0f" * 32) for n in range(12))
    lines = tuple(AmountLine(f"{LONG} {n}", LONG, 99_999_999 + n) for n in range(12))
    amount = replace(AMOUNT, pence=1_234_567_890, lines=lines)
    return {
        "notice_of_intent": {"amount": amount, "support_contacts": (LONG, UNBROKEN) * 4},
        "final_notice": {
            "amount": amount,
            "decision": replace(final, points=points, findings=(LONG,) * 8),
        },
        "no_penalty": {"decision": replace(none, points=points, findings=(LONG,) * 8)},
        "withdrawal": {"withdrawal": replace(ended, reason=PARAGRAPHS)},
        "acknowledgement": {
            "receipt": replace(
                receipt, answers=tuple((LONG, PARAGRAPHS) for _ in range(8)), files=files
            )
        },
        "support": {},
    }[kind]


def worst(kind: str) -> NoticeFacts:
    """Return the hardest notice of `kind`."""
    misses = tuple(
        replace(miss, location_id=f"1-9000{n:05}", location_name=f"{LONG} {n}", result=LONG)
        for n in range(8)
        for miss in MISSES
    )
    parts: dict[str, object] = {
        "provider": ProviderFacts(LONG, "1-900000001", "09999999", "9999999"),
        "recipient": Recipient(
            LONG,
            "For the attention of the company secretary",
            None,
            ("Registered office", "14 Sample Street", "Exampleton", "Invented County"),
            "ZZ99 9ZZ",
        ),
        "misses": () if kind in ("withdrawal", "acknowledgement") else misses,
        "reasons": () if kind == "withdrawal" else (PARAGRAPHS,),
    }
    return EVERY_KIND[kind](**(parts | _parts(kind)))
