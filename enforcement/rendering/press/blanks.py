"""Which words of a notice may differ from letter to letter, and the letter with blanks for them.

A slot is one printed value. The shape of a letter is the same letter with a made-up value in each
slot: everything else (fixed wording, contacts, the number of rows) is part of the shape. Shapes
are laid out from made-up values only, never from a real letter, whose own long name would
otherwise decide everyone's line breaks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from typing import Any

from enforcement.domain.words import pounds
from enforcement.rendering.facts import (
    AmountFacts,
    MissFacts,
    NoticeFacts,
    ProviderFacts,
    Recipient,
)
from enforcement.rendering.letter_facts import PaidLine, ReminderFacts
from enforcement.rendering.press.squares import square
from enforcement.rendering.wording import MOST_SINGLE, days_to, window_lines
from enforcement.rendering.words import unbroken_day, unbroken_weekday

# The kinds whose templates keep each value on a line of its own. The others have an officer's
# words or values in the middle of sentences.
PRESSED = ("notice_of_intent", "support", "payment_reminder")


@dataclass(frozen=True)
class Slot:
    """One printed value. Slots of one `kind` stand in the same column or place."""

    kind: str
    text: str


def pressable(facts: NoticeFacts) -> bool:
    """Tell whether the press may try this letter: a kind it knows, no officer's free text, no more
    misses than are shown one by one, and two references that stay two keywords of the file."""
    keywords = facts.reference != facts.notice_reference
    keywords = keywords and "," not in facts.reference + facts.notice_reference
    standard = facts.kind in PRESSED and not facts.reasons
    return standard and keywords and len(facts.misses) <= MOST_SINGLE


def plain(slots: Sequence[Slot]) -> bool:
    """Tell whether no value is empty or has spaces that a browser would fold."""
    return all(_plain(slot.text) for slot in slots)


def _plain(text: str) -> bool:
    folds = "  " in text or "\n" in text or "\t" in text or "\r" in text
    return bool(text) and text[0] != " " and text[-1] != " " and not folds


@dataclass
class Blanks:
    """Made-up values, each different from every other and from any wording of a template.

    `slots` are the values given away for blanks, in turn. `counts` tells how many lines each of
    them takes and `width` how many letters of a kind fill most of a line: a blank takes as many
    lines as the value it stands for. `proof` gives other blanks, wider than the first, by which a
    shape is tried.
    """

    counts: Sequence[int] = ()
    width: Callable[[str], int] = len
    proof: bool = False
    slots: list[Slot] = field(default_factory=list)
    made: int = field(default=0)

    def text(self, kind: str, value: str) -> str:
        """Give away a text."""
        count = self.counts[len(self.slots)] if self.counts else 1
        self.slots.append(Slot(kind, value))
        number = self._next()
        name = f"{'Zw' if self.proof else 'Qz'}{number:03d}"
        if count == 1:
            return f"{name}{'xm' if self.proof else 'x'}"
        filler = "n" * (self.width(kind) - (1 if self.proof else 0))
        return " ".join(f"{name}{chr(97 + place)}{filler}" for place in range(count))

    def texts(self, kind: str, values: Sequence[str]) -> tuple[str, ...]:
        """Give away several texts of one kind."""
        return tuple(self.text(kind, value) for value in values)

    def day(self, kind: str, value: date, early: bool = False) -> date:
        """Give away a date. Its blank is later than those before it, or `early`: earlier than any,
        as templates may compare two dates."""
        self.slots.append(Slot(kind, unbroken_day(value)))
        return self._day(early)

    def weekday(self, kind: str, value: date) -> date:
        """Give away a date that stands with its weekday."""
        self.slots.append(Slot(kind, unbroken_weekday(value)))
        return self._day()

    def days(self, kind: str, first: date, last: date) -> tuple[date, date]:
        """Give away the days from `first` to `last`; only those of two months take two lines."""
        wraps = bool(self.counts) and self.counts[len(self.slots)] > 1
        self.slots.append(Slot(kind, days_to(first, last)))
        blank = self._day()
        if wraps:
            blank = blank.replace(month=9, day=28)
            return blank, blank.replace(year=blank.year + 400)
        return blank.replace(day=8), blank.replace(day=21)

    def stamped(self, value: date) -> date:
        """Give away the date of the letter, which its metadata have in other forms."""
        found = self.day("dated", value)
        iso = value.isoformat()
        self.slots += (Slot("stamp", iso), Slot("stamp", iso.replace("-", "")))
        return found

    def pence(self, kind: str, value: int) -> int:
        """Give away a sum of money."""
        self.slots.append(Slot(kind, pounds(value)))
        return self._next() * 100 + (100_003 if self.proof else 1)

    def link(self, value: str) -> str:
        """Give away the link in a QR code; its blank draws a code of the same size."""
        side, path = square(value)
        self.slots.append(Slot("square", path))
        return _link(side, self.proof)

    def _day(self, early: bool = False) -> date:
        found = date(2000, 11, 28) if self.proof else date(1000, 5, 1)
        return found.replace(year=found.year + self._next() - (500 if early else 0))

    def _next(self) -> int:
        self.made += 1
        return self.made


def blank_letter(facts: NoticeFacts, blanks: Blanks) -> NoticeFacts:
    """Return the letter with a made-up value in each slot and everything else as it is."""
    text = blanks.text
    return replace(
        facts,
        reference=text("reference", facts.reference),
        notice_reference=text("notice", facts.notice_reference),
        dated=blanks.stamped(facts.dated),
        recipient=_recipient(facts, blanks),
        provider=_provider(facts.provider, text),
        misses=tuple(_miss(miss, blanks) for miss in facts.misses),
        **_PARTS[facts.kind](facts, blanks),
    )


def _recipient(facts: NoticeFacts, blanks: Blanks) -> Recipient:
    first, *middle, last = blanks.texts("window", window_lines(facts.recipient))
    return Recipient(first, None, None, tuple(middle), last)


def _provider(provider: ProviderFacts, text: Callable[[str, str], str]) -> ProviderFacts:
    name, cqc = text("provider", provider.name), text("cqc", provider.cqc_id)
    numbers = (provider.company_number, provider.charity_number)
    company, charity = (text("number", number) if number else number for number in numbers)
    return ProviderFacts(name, cqc, company, charity)


def _miss(miss: MissFacts, blanks: Blanks) -> MissFacts:
    opens, closes = blanks.days("days", miss.opens, miss.closes)
    return replace(
        miss,
        location_name=blanks.text("location", miss.location_name),
        location_id=blanks.text("id", miss.location_id),
        window=blanks.text("month", miss.window),
        opens=opens,
        closes=closes,
    )


def _intent_parts(facts: NoticeFacts, blanks: Blanks) -> dict[str, Any]:
    amount, period, reply = facts.amount, facts.period, facts.reply
    if amount is None or period is None or reply is None:
        raise AssertionError("a notice of intent has these parts, or NoticeFacts refuses it")
    day = blanks.day
    return {
        "support_contacts": blanks.texts("help", facts.support_contacts),
        "given_on": day("given", facts.given_on or facts.dated),
        "method": blanks.text("method", facts.method or ""),
        "amount": _amount(amount, blanks),
        "period": replace(
            period,
            starts=day("starts", period.starts),
            ends=blanks.weekday("ends", period.ends),
            decide_by=day("decide", period.decide_by),
        ),
        "reply": replace(reply, code=blanks.text("code", reply.code), link=blanks.link(reply.link)),
    }


def _amount(amount: AmountFacts, blanks: Blanks) -> AmountFacts:
    lines = tuple(
        replace(
            line,
            label=blanks.text("label", line.label),
            basis=blanks.text("basis", line.basis),
            pence=blanks.pence("fee", line.pence),
        )
        for line in amount.lines
    )
    return replace(amount, pence=blanks.pence("total", amount.pence), lines=lines)


def _reminder_parts(facts: NoticeFacts, blanks: Blanks) -> dict[str, Any]:
    earlier, payment, reminder = facts.earlier, facts.payment, facts.reminder
    if earlier is None or payment is None or reminder is None:
        raise AssertionError("a payment reminder has these parts, or NoticeFacts refuses it")
    over = facts.dated > payment.pay_by
    return {
        "earlier": replace(
            earlier,
            reference=blanks.text("earlier", earlier.reference),
            dated=blanks.day("earlier", earlier.dated),
        ),
        "payment": replace(
            payment,
            pay_by=blanks.day("pay by", payment.pay_by, early=over),
            reference=blanks.text("payment", payment.reference),
        ),
        "reminder": _reminder(reminder, blanks),
    }


def _reminder(reminder: ReminderFacts, blanks: Blanks) -> ReminderFacts:
    return replace(
        reminder,
        penalty_pence=blanks.pence("penalty", reminder.penalty_pence),
        paid_pence=blanks.pence("paid", reminder.paid_pence),
        owed_pence=blanks.pence("owed", reminder.owed_pence),
        changes=blanks.texts("change", reminder.changes),
        payments=tuple(
            PaidLine(blanks.day("paid on", line.received_on), blanks.pence("payments", line.pence))
            for line in reminder.payments
        ),
    )


def _no_parts(_facts: NoticeFacts, _blanks: Blanks) -> dict[str, Any]:
    """What a support letter says besides is the same for all letters of a month."""
    return {}


_PARTS: dict[str, Callable[[NoticeFacts, Blanks], dict[str, Any]]] = {
    "notice_of_intent": _intent_parts,
    "support": _no_parts,
    "payment_reminder": _reminder_parts,
}


@cache
def _link(side: int, proof: bool) -> str:
    """A link whose QR code has `side` modules, like the code of the letter at hand."""
    link = "proof:" if proof else "blank:"
    while square(link)[0] < side:
        link += "z"
    return link
