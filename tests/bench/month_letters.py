"""Notices of intent as varied as a real month's: how many shapes there are decides what a press
is worth.

Which address lines a location has, and how long its names are, is taken from CQC's own list; every
word is replaced by invented letters, so that no provider is in it.
"""

from __future__ import annotations

import csv
import random
import re
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from enforcement.rendering.facts import (
    AmountLine,
    MissFacts,
    NoticeFacts,
    PeriodFacts,
    ProviderFacts,
    Recipient,
    ReplyFacts,
)
from enforcement.rendering.samples import AMOUNT, notice_of_intent

LIST = Path(__file__).parents[1] / "data_files/cqc/website_search_export_first500_2025.csv"
CODE = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
MONTHS = ("June", "July", "August", "September", "October", "November")
LOCATIONS = ((1, 2, 3, 4), (80, 12, 5, 3))  # in one case, and how often in a hundred
MISSED = ((2, 3, 4, 6), (60, 25, 10, 5))  # windows missed at one location


@cache
def _places() -> tuple[dict[str, str], ...]:
    with LIST.open(encoding="utf-8-sig", newline="") as file:
        return tuple(
            row
            for row in csv.DictReader(file)
            if row["CQC Location ID (for office use only)"] and row["Provider name"].strip()
        )


def _invented(words: str, chance: random.Random) -> str:
    """As long as `words`, with capitals and spaces where they were."""
    kept = re.sub(r"[^A-Za-z0-9 ,&'()-]", "", words).strip(" ,&'()-")
    return re.sub(
        r"[A-Za-z]",
        lambda m: chance.choice("etaoinshrdlu") if m[0].islower() else chance.choice("ABCDHLMRST"),
        kept,
    )


def month_letter(number: int) -> NoticeFacts:
    """Return the invented notice that `number` stands for, always the same."""
    chance = random.Random(number)  # noqa: S311 - invented letters, no secret
    provider, reference = chance.choice(_places()), f"ASC-2026-{number:06}"
    places = [provider, *chance.choices(_places(), k=chance.choices(*LOCATIONS)[0] - 1)]
    named = [
        (_invented(place["Name"], chance) or "A", f"1-{chance.randrange(10**8, 10**10)}")
        for place in places
    ]
    address = ("Address 1", "Address 2", "Town/City", "County")
    lines = [_invented(provider[column], chance) for column in address]
    sent = date(2026, 11, 2) + timedelta(number % 20)
    period = sent + timedelta(5)
    amounts = tuple(
        AmountLine(f"{name} ({cqc})", f"Care home, {chance.randrange(5, 90)} places",
                   chance.randrange(10_000, 900_000))
        for name, cqc in named
    )  # fmt: skip
    code = "-".join("".join(chance.choices(CODE, k=4)) for _ in range(3))
    name = _invented(provider["Provider name"], chance) or "A Ltd"
    company = f"{chance.randrange(10**8):08}" if chance.random() < 0.8 else None
    return notice_of_intent(
        reference=reference,
        notice_reference=f"{reference}-N1",
        dated=sent,
        recipient=Recipient(
            name, "For the attention of the company secretary", None, tuple(filter(None, lines)),
            "ZZ9 9ZZ", None,
        ),
        provider=ProviderFacts(name, f"1-{chance.randrange(10**8, 10**10)}", company, None),
        misses=tuple(
            MissFacts(place, cqc, "Care home", f"{month} 2026", date(2026, 6 + n, 8),
                      date(2026, 6 + n, 14), "No return made")
            for place, cqc in named
            for n, month in enumerate(MONTHS[: chance.choices(*MISSED)[0]])
        ),
        support_contacts=(),
        given_on=sent + timedelta(3),
        method="It was sent by first class post to your registered office on "
        f"{sent.day} November 2026.",
        amount=replace(AMOUNT, pence=sum(line.pence for line in amounts), lines=amounts),
        period=PeriodFacts(period, period + timedelta(14), period + timedelta(42)),
        reply=ReplyFacts("reply.example/r", code,
                         f"https://reply.example/r#{code.replace('-', '')}"),
    )  # fmt: skip
