"""Bundles: what goes into one, in which section, and how its pages are numbered.

A bundle is a numbered edition. Once somebody has been given an edition, a page keeps its number
for good: what comes in late is numbered 123A, 123B after the page it follows, as tribunals expect
(practice; the tribunal rules leave the form of a bundle to directions: SI 2009/1976 r.15,
SI 2008/2699 r.15). The court pack is what CPR 70.5 asks for with an application under reg 9.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from enforcement.domain.gates import (
    REG9,
    CaseFacts,
    Gate,
    final_given,
    no_live_appeal,
    not_on_hold,
    replies_answered,
    something_owed,
)
from enforcement.domain.refusals import BadInput
from enforcement.domain.stages import State

CPR = "CPR 70.5 and SI 2022/1175 reg 9"
COURT_STATES = (State.RECOVERY, State.COUNTY_COURT)
_LABEL = re.compile(r"([0-9]{1,6})([A-Z]{0,3})")


class Pack(StrEnum):
    """The two kinds of bundle."""

    TRIBUNAL = "tribunal"
    COURT = "court"

    @property
    def label(self) -> str:
        return "Tribunal bundle" if self is Pack.TRIBUNAL else "County court pack"


SECTIONS: dict[Pack, dict[str, str]] = {
    Pack.TRIBUNAL: {
        "A": "Case summary and chronology",
        "B": "Notices as issued",
        "C": "How the notices were given",
        "D": "The record the case rests on",
        "E": "Replies, evidence and correspondence",
        "F": "The decision",
        "G": "Money",
        "H": "The history, with hashes",
        "R": "Redactions",
    },
    Pack.COURT: {
        "A": "Particulars of the application",
        "B": "Certificate under regulation 9",
        "C": "Final notice",
        "D": "How the final notice was given",
        "E": "Ledger statement",
        "F": "The decision",
        "R": "Redactions",
    },
}
REDACTIONS = "R"  # the annex is always last: nothing is ever put in after it
COVER, INDEX, ANNEX = "cover", "index", "redactions"
MADE_ANEW = (COVER, INDEX, ANNEX)  # in every edition; everything else stays as it was bound


@dataclass(frozen=True)
class Label:
    """A page's number: 123, or 123A for a page that came in after page 123."""

    number: int
    letters: str = ""

    def __str__(self) -> str:
        return f"{self.number}{self.letters}"

    @classmethod
    def parse(cls, text: str) -> Label:
        """Read "123" or "123a". Refuses BadInput."""
        found = _LABEL.fullmatch(text.strip().upper())
        if found is None or not int(found[1]):
            raise BadInput("Give the page by the number at its top, like 57 or 57A.")
        return cls(int(found[1]), found[2])

    def after(self) -> Label:
        """The next page put in behind this one: 123 → 123A → 123B … 123Z → 123AA."""
        return Label(self.number, _next(self.letters))


def _next(letters: str) -> str:
    """A → B, Z → AA, AZ → BA: as columns of a spreadsheet are named."""
    if not letters:
        return "A"
    head, last = letters[:-1], letters[-1]
    return head + chr(ord(last) + 1) if last != "Z" else _next(head) + "A"


@dataclass(frozen=True)
class Numbered:
    """A document in its place: `labels` are its pages' numbers, one each."""

    key: str
    labels: tuple[Label, ...]


@dataclass(frozen=True)
class Coming:
    """A document that is to be numbered. `after`: the key of the document it follows."""

    key: str
    pages: int
    after: str = ""


def number_afresh(documents: Sequence[Coming]) -> list[Numbered]:
    """Number from 1, in the order given: the first edition, or one that starts again."""
    found: list[Numbered] = []
    page = 1
    for document in documents:
        labels = tuple(Label(page + n) for n in range(document.pages))
        found.append(Numbered(document.key, labels))
        page += document.pages
    return found


def number_later(before: Sequence[Numbered], coming: Sequence[Coming]) -> list[Numbered]:
    """Number a later edition: every page of `before` keeps its number.

    A document with more pages than before (the index) gets the extra ones lettered after its
    last. A new document goes behind the one it follows and whatever was put in there before,
    lettered on. One that follows nothing, or follows the last document, continues the count.
    Refuses BadInput where a document is to follow one that is not there.
    """
    found = list(before)
    for document in coming:
        place = _place(found, document.key)
        if place is not None:
            found[place] = _longer(found[place], document.pages)
        elif not document.after:
            first = max((n.labels[-1].number for n in found if n.labels), default=0) + 1
            labels = tuple(Label(first + n) for n in range(document.pages))
            found.append(Numbered(document.key, labels))
        else:
            _put_in(found, document)
    return found


def _place(found: Sequence[Numbered], key: str) -> int | None:
    return next((n for n, one in enumerate(found) if one.key == key), None)


def _longer(one: Numbered, pages: int) -> Numbered:
    labels = list(one.labels[:pages])
    while len(labels) < pages:
        labels.append(labels[-1].after())
    return Numbered(one.key, tuple(labels))


def _put_in(found: list[Numbered], document: Coming) -> None:
    place = _place(found, document.after)
    if place is None:
        raise BadInput("The document it should follow is not in the bundle.")
    last = found[place].labels[-1]
    # whatever was put in here before stands first: a number once given never moves
    while place + 1 < len(found) and found[place + 1].labels[0].number == last.number:
        place += 1
        last = found[place].labels[-1]
    labels: list[Label] = []
    for _ in range(document.pages):
        last = last.after()
        labels.append(last)
    found.insert(place + 1, Numbered(document.key, tuple(labels)))


def span(labels: Sequence[Label | str]) -> str:
    """The pages of a document in words for the index: "57" or "57 to 63"."""
    if not labels:
        return ""
    first, last = str(labels[0]), str(labels[-1])
    return first if first == last else f"{first} to {last}"


@dataclass(frozen=True)
class BundleFacts:
    """What a bundle's gates look at beyond the case's own facts."""

    appeal_recorded: bool
    certificate: bool


def gates(pack: Pack, facts: CaseFacts, held: BundleFacts, today: date) -> tuple[Gate, ...]:
    """Every gate of a bundle, ticks and crosses alike.

    Tribunal: an appeal is recorded. Court pack (reg 9, CPR 70.5): the case is in recovery, the
    final notice proven given, something owed, no appeal, no hold, no open reply, and the
    certificate of non-payment is there.
    """
    if pack is Pack.TRIBUNAL:
        yes = "An appeal is recorded."
        no = "No appeal is recorded on this case: record it first."
        return (Gate("appeal_recorded", held.appeal_recorded, yes if held.appeal_recorded else no),)
    recovering = facts.state in COURT_STATES
    return (
        Gate(
            "in_recovery",
            recovering,
            "The case is in recovery."
            if recovering
            else "The case is not in recovery: start recovery first.",
            REG9,
        ),
        final_given(facts, today),
        something_owed(facts, today),
        no_live_appeal(facts, today),
        not_on_hold(facts, today),
        replies_answered(facts, today),
        Gate(
            "certificate_signed",
            held.certificate,
            "The certificate under regulation 9 is issued."
            if held.certificate
            else "The certificate under regulation 9 is not issued.",
            CPR,
        ),
    )
