"""Random invented letters for the press."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from enforcement.rendering.facts import (
    AmountLine,
    MissFacts,
    NoticeFacts,
    PeriodFacts,
    ProviderFacts,
    Recipient,
    ReplyFacts,
)
from enforcement.rendering.letter_facts import PaidLine
from enforcement.rendering.samples import AMOUNT, EVERY_KIND, notice_of_intent, support_letter

NAMES = ("Meadow", "Orchard", "St Sample’s", "Larch & Elm", "Gofal Tŷ Ŵyn", "Zoë", "Łódź", "Willow",
         "Riverside", "AVATAR To", "O’Invented", "The Old Example")  # fmt: skip
KINDS = ("House", "Court", "Care Home", "Lodge Residential Care Home with Nursing", "Homecare",
         "Supported Living and Domiciliary Support Services", "Limited",
         "(Sampleton) Ltd")  # fmt: skip
MONTHS = ("January", "May", "September", "November", "December")
CODE = "ABCDEFGHJKMNPQRSTVWXYZ23456789"


def _name(chance: random.Random) -> str:
    words = [chance.choice(NAMES) for _ in range(chance.choice((1, 1, 1, 2, 3)))]
    return " ".join((*words, chance.choice(KINDS)))


def _day(chance: random.Random) -> date:
    return date(2024, 1, 1) + timedelta(chance.randrange(3000))


def _recipient(form: random.Random, chance: random.Random) -> Recipient:
    lines = [f"{chance.randrange(1, 400)} {chance.choice(NAMES)} Street", "Exampleton"]
    lines += chance.sample(["Registered office", "Invented Park", "County of Samples"], 2)
    return Recipient(
        _name(chance),
        form.choice((None, "For the attention of the company secretary")),
        None,
        tuple(lines[: form.randrange(1, 5)]),
        f"ZZ{chance.randrange(1, 99)} {chance.randrange(1, 9)}ZZ",
        chance.choice((None, "secretary@example.com")),
    )


def _misses(form: random.Random, chance: random.Random) -> tuple[MissFacts, ...]:
    found = []
    for _ in range(form.choice((1, 1, 1, 2))):
        name, number = _name(chance), f"1-{chance.randrange(10**8, 10**9)}"
        service = form.choice(("Care home", "Home care"))
        for _ in range(form.choice((3, 3, 4))):
            opens = _day(chance).replace(day=8 if chance.random() < 0.97 else 28)
            late = form.random() < 0.1
            found.append(
                MissFacts(
                    name,
                    number,
                    service,
                    f"{chance.choice(MONTHS)} {opens.year}",
                    opens,
                    opens + timedelta(chance.choice((6, 8))),
                    "Return made after the window closed" if late else "No return made",
                )
            )
    return tuple(found)


def random_letter(number: int, shape: int | None = None) -> NoticeFacts:
    """Return the invented letter that `number` stands for, always the same.

    Most are notices of intent. `shape` decides which parts there are and how many; without it
    `number` does that too.
    """
    form = random.Random(number if shape is None else -1 - shape)  # noqa: S311 - no secret
    chance = random.Random(number + 10**9)  # noqa: S311 - invented letters, no secret
    parts = _common(form, chance)
    kind = form.choice(("notice_of_intent",) * 8 + ("support", "payment_reminder"))
    return {
        "notice_of_intent": _intent,
        "support": lambda parts, form, chance: support_letter(**parts),
        "payment_reminder": _reminder,
    }[kind](parts, form, chance)


def _common(form: random.Random, chance: random.Random) -> dict[str, Any]:
    company = f"{chance.randrange(10**8):08}" if form.random() < 0.5 else None
    charity = f"{chance.randrange(10**7):07}" if form.random() < 0.3 else None
    return {
        "reference": f"ASC-2026-{chance.randrange(10**6):06}",
        "notice_reference": f"ASC-2026-{chance.randrange(10**6):06}-N{chance.randrange(1, 9)}",
        "dated": _day(chance),
        "recipient": _recipient(form, chance),
        "provider": ProviderFacts(
            _name(chance), f"1-{chance.randrange(10**8, 10**9)}", company, charity
        ),
        "misses": _misses(form, chance),
    }


def _intent(parts: dict[str, Any], form: random.Random, chance: random.Random) -> NoticeFacts:
    locations = {miss.location_id: miss.location_name for miss in parts["misses"]}
    lines = tuple(
        AmountLine(
            f"{name} ({number})",
            f"Care home, {chance.randrange(1, 99)} places",
            chance.randrange(10_000, 99_999_999),
        )
        for number, name in locations.items()
    )
    sent = parts["dated"]
    period = sent + timedelta(chance.randrange(4, 9))
    code = "-".join("".join(chance.choices(CODE, k=4)) for _ in range(3))
    return notice_of_intent(
        support_contacts=tuple(
            f"{chance.randrange(1, 28)} {chance.choice(MONTHS)} 2024: help with the return"
            for _ in range(form.randrange(3))
        ),
        given_on=sent + timedelta(3),
        method=f"It was sent by first class post to your registered office on {sent.day} "
        f"{chance.choice(MONTHS)} {sent.year}.",
        amount=replace(AMOUNT, pence=sum(line.pence for line in lines), lines=lines),
        period=PeriodFacts(period, period + timedelta(14), period + timedelta(42)),
        reply=ReplyFacts(
            "reply.example/r", code, f"https://reply.example/r#{code.replace('-', '')}"
        ),
        **parts,
    )


def _reminder(parts: dict[str, Any], form: random.Random, chance: random.Random) -> NoticeFacts:
    usual = EVERY_KIND["payment_reminder"]()
    payment, earlier, reminder = usual.payment, usual.earlier, usual.reminder
    assert payment
    assert earlier
    assert reminder
    paid = [chance.randrange(1, 99_999) for _ in range(form.choice((0, 1, 2, 5)))]
    owed = chance.randrange(1, 999_999)
    return replace(
        usual,
        **(parts | {"misses": ()}),
        earlier=replace(earlier, reference=parts["reference"] + "-N2", dated=_day(chance)),
        payment=replace(
            payment,
            pay_by=parts["dated"] + timedelta(form.choice((-20, 0, 20))),
            reference=f"ASC{chance.randrange(10**6):06}N2",
        ),
        reminder=replace(
            reminder,
            penalty_pence=owed + sum(paid),
            paid_pence=sum(paid),
            owed_pence=owed,
            payments=tuple(PaidLine(_day(chance), pence) for pence in paid),
        ),
    )
