"""Which words of a notice may differ from letter to letter, and the letter with blanks for them.

A slot is one printed value. The shape of a letter is the same letter with a made-up value in each
slot: everything else (fixed wording, contacts, the number of rows) is part of the shape. Shapes
are laid out from made-up values only, never from a real letter, whose own long name would
otherwise decide everyone's line breaks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, lru_cache

from enforcement.domain.words import pounds
from enforcement.rendering.facts import (
    AmountFacts,
    MissFacts,
    NoticeFacts,
    PeriodFacts,
    ProviderFacts,
    Recipient,
    ReplyFacts,
)
from enforcement.rendering.paper import unbroken_day
from enforcement.rendering.wording import days_to, qr_code, window_lines

PRESSED = ("notice_of_intent",)  # kinds whose templates keep each value on a line of its own


@dataclass(frozen=True)
class Slot:
    """One printed value. Slots of one `kind` stand in the same column or place."""

    kind: str
    text: str


def slots(facts: NoticeFacts) -> tuple[Slot, ...] | None:
    """Return the values of a letter in a fixed order; None when it cannot be pressed.

    Officer's free text, an empty value, or spaces that a browser would fold, mean the full layout.
    """
    if facts.kind not in PRESSED or facts.reasons:
        return None
    found = tuple(Slot(kind, text) for kind, text in _values(facts))
    return found if all(_plain(slot.text) for slot in found) else None


def _plain(text: str) -> bool:
    folds = "  " in text or "\n" in text or "\t" in text or "\r" in text
    return bool(text) and text[0] != " " and text[-1] != " " and not folds


def _values(facts: NoticeFacts) -> list[tuple[str, str]]:
    amount, period, reply = _parts(facts)
    provider = facts.provider
    found = [
        ("reference", facts.reference),
        ("notice", facts.notice_reference),
        ("dated", unbroken_day(facts.dated)),
        ("stamp", facts.dated.isoformat()),
        ("stamp", facts.dated.isoformat().replace("-", "")),
        ("provider", provider.name),
        ("cqc", provider.cqc_id),
        ("total", pounds(amount.pence)),
        ("starts", unbroken_day(period.starts)),
        ("ends", unbroken_day(period.ends)),
        ("decide", unbroken_day(period.decide_by)),
        ("given", unbroken_day(facts.given_on or facts.dated)),
        ("method", facts.method or ""),
        ("code", reply.code),
        ("square", _square(reply.link)[1]),
    ]
    found += [
        ("number", text) for text in (provider.company_number, provider.charity_number) if text
    ]
    found += [("window", line) for line in window_lines(facts.recipient)]
    for miss in facts.misses:
        found += [
            ("location", miss.location_name),
            ("id", miss.location_id),
            ("month", miss.window),
            ("days", days_to(miss.opens, miss.closes)),
        ]
    for line in amount.lines:
        found += [("label", line.label), ("basis", line.basis), ("fee", pounds(line.pence))]
    return found + [("help", text) for text in facts.support_contacts]


def _parts(facts: NoticeFacts) -> tuple[AmountFacts, PeriodFacts, ReplyFacts]:
    if facts.amount is None or facts.period is None or facts.reply is None:
        raise AssertionError("a notice of intent has these parts, or NoticeFacts refuses it")
    return facts.amount, facts.period, facts.reply


@dataclass
class Blanks:
    """Made-up values, each different from every other and from any wording of a template.

    `lines` tells how many lines a value takes, `width` how many letters fill most of a line:
    a blank takes as many lines as the value it stands for. `proof` gives another set of values,
    wider than the first, by which a shape is tried.
    """

    lines: Callable[[str, str], int]
    width: Callable[[str], int]
    proof: bool = False
    made: int = field(default=0)

    def text(self, kind: str, value: str) -> str:
        number = self._next()
        count = self.lines(kind, value)
        name = f"{'Zw' if self.proof else 'Qz'}{number:03d}"
        if count == 1:
            return f"{name}{'xm' if self.proof else 'x'}"
        filler = "n" * (self.width(kind) - (1 if self.proof else 0))
        return " ".join(f"{name}{chr(97 + place)}{filler}" for place in range(count))

    def day(self) -> date:
        number = self._next()
        return date(2000 + number, 11, 28) if self.proof else date(1000 + number, 5, 1)

    def days(self) -> tuple[date, date]:
        first = self.day()
        return first.replace(day=8), first.replace(day=21)

    def pence(self) -> int:
        return (self._next() * 100 + 1) if not self.proof else (self._next() * 100 + 100_003)

    def _next(self) -> int:
        self.made += 1
        return self.made


def blank_letter(facts: NoticeFacts, blanks: Blanks) -> NoticeFacts:
    """Return the letter with a made-up value in each slot and everything else as it is."""
    amount, period, reply = _parts(facts)
    text, day = blanks.text, blanks.day
    side = _square(reply.link)[0]
    return replace(
        facts,
        reference=text("reference", facts.reference),
        notice_reference=text("notice", facts.notice_reference),
        dated=day(),
        recipient=_recipient(facts, text),
        provider=_provider(facts.provider, text),
        misses=tuple(_miss(miss, blanks) for miss in facts.misses),
        support_contacts=tuple(text("help", line) for line in facts.support_contacts),
        given_on=day(),
        method=text("method", facts.method or ""),
        amount=replace(
            amount,
            pence=blanks.pence(),
            lines=tuple(
                replace(
                    line,
                    label=text("label", line.label),
                    basis=text("basis", line.basis),
                    pence=blanks.pence(),
                )
                for line in amount.lines
            ),
        ),
        period=replace(period, starts=day(), ends=day(), decide_by=day()),
        reply=replace(reply, code=text("code", reply.code), link=_link(side, blanks.proof)),
    )


def _recipient(facts: NoticeFacts, text: Callable[[str, str], str]) -> Recipient:
    first, *middle, last = (text("window", line) for line in window_lines(facts.recipient))
    return Recipient(first, None, None, tuple(middle), last)


def _provider(provider: ProviderFacts, text: Callable[[str, str], str]) -> ProviderFacts:
    numbers = (provider.company_number, provider.charity_number)
    company, charity = (text("number", number) if number else number for number in numbers)
    return ProviderFacts(
        text("provider", provider.name), text("cqc", provider.cqc_id), company, charity
    )


def _miss(miss: MissFacts, blanks: Blanks) -> MissFacts:
    opens, closes = blanks.days()
    return replace(
        miss,
        location_name=blanks.text("location", miss.location_name),
        location_id=blanks.text("id", miss.location_id),
        window=blanks.text("month", miss.window),
        opens=opens,
        closes=closes,
    )


_square = lru_cache(8)(qr_code)  # a letter's code is asked for more than once


@cache
def _link(side: int, proof: bool) -> str:
    """A link whose QR code has `side` modules, like the code of the letter at hand."""
    link = "proof:" if proof else "blank:"
    while _square(link)[0] < side:
        link += "z"
    return link
