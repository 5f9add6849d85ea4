"""Register drift: what a change of the CQC register means for a case that is under way.

A penalty falls on the legal person registered at the window (SI 2022/1175 reg 2), for a duty
owed in that window, at a proper address (reg 7). So a change stops the case (`BLOCK`), stops it
until somebody has given reasons to go on (`WARN`), or is only told (`NOTE`). What the law leaves
to judgement is a warning; the table below is product policy where it cites none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from enforcement.domain.words import day


class Meaning(StrEnum):
    """What a difference does to the case."""

    BLOCK = "block"
    WARN = "warn"
    NOTE = "note"

    @property
    def label(self) -> str:
        return {"block": "Stops the case", "warn": "Needs reasons", "note": "To know"}[self.value]


class Sort(StrEnum):
    """The kinds of difference the table knows."""

    CLOSED_BEFORE = "closed_before"
    SOLD_BEFORE = "sold_before"
    ENDED_BEFORE = "ended_before"
    PROVIDER_CLOSED = "provider_closed"
    LEGAL_PERSON = "legal_person"
    LEGAL_FORM = "legal_form"
    SOLD = "sold"
    SUCCEEDED = "succeeded"
    CLOSED = "closed"
    VANISHED = "vanished"
    SERVICE_ENDED = "service_ended"
    GIVEN_AT_OLD_ADDRESS = "given_at_old_address"
    ADDRESS = "address"
    RENAMED = "renamed"
    ADDRESSEE = "addressee"
    SERVICE_ADDED = "service_added"
    DORMANT = "dormant"
    BEDS = "beds"
    COUNCIL = "council"
    NEW_NUMBER = "new_number"


@dataclass(frozen=True)
class Effect:
    """What one sort of difference means, why, and the rule."""

    meaning: Meaning
    because: str
    rule: str = ""


REG2, REG3, REG7 = (f"SI 2022/1175 reg {number}" for number in (2, 3, 7))
_STAYS = "The misses stay with the legal person registered at the window; no case is transferred."
_ANEW = "Close this case without using up its misses: the next run judges them on today’s record."
S, B, W, N = Sort, Meaning.BLOCK, Meaning.WARN, Meaning.NOTE
TABLE: Mapping[Sort, Effect] = {
    S.CLOSED_BEFORE: Effect(B, f"No return was owed in a window the case counts. {_ANEW}", REG2),
    S.SOLD_BEFORE: Effect(B, f"Another legal person owed a return the case counts. {_ANEW}", REG2),
    S.ENDED_BEFORE: Effect(B, f"No return was owed in a window the case counts. {_ANEW}", REG2),
    S.PROVIDER_CLOSED: Effect(
        B, "The amount is the fee for a registration, and there is none any more.", REG3
    ),
    S.LEGAL_PERSON: Effect(
        B, f"A notice names one legal person and binds no other. {_STAYS} {_ANEW}", REG2
    ),
    S.LEGAL_FORM: Effect(
        W, "The kind of person decides who may be given a notice, and where. Find out which.", REG7
    ),
    S.SOLD: Effect(W, f"{_STAYS} Ask CQC for the day it changed hands.", REG2),
    S.SUCCEEDED: Effect(W, f"{_STAYS} Follow the chain to see who took over, and when.", REG2),
    S.CLOSED: Effect(
        W, "The misses before stand. The fee falls; consider whether a penalty still serves.", REG3
    ),
    S.VANISHED: Effect(W, "The register gives no date and no reason: ask CQC what became of it."),
    S.SERVICE_ENDED: Effect(W, "The misses before stand. The fee may change.", REG3),
    S.GIVEN_AT_OLD_ADDRESS: Effect(
        W, "The notice of intent was sent after the move: settle whether it was given.", REG7
    ),
    S.ADDRESS: Effect(N, "The next notice goes to the address of today.", REG7),
    S.RENAMED: Effect(N, "It is the same legal person; the next notice carries the new name."),
    S.ADDRESSEE: Effect(
        N, "A notice may be given to an officer of the body: see who that is.", REG7
    ),
    S.SERVICE_ADDED: Effect(N, "It does not touch the misses. The fee may change.", REG3),
    S.DORMANT: Effect(N, "A dormant service still owes a nil return."),
    S.BEDS: Effect(N, "The fee follows the number: the amount is worked out again.", REG3),
    S.COUNCIL: Effect(N, "It touches neither the duty nor the amount."),
    S.NEW_NUMBER: Effect(N, "The same legal person goes on there under a new location number."),
}


@dataclass(frozen=True)
class Change:
    """One change the register made, from a stored row. `place` is empty for the provider itself.

    `effective_on` is the day CQC gives, or the day of the file that first had it: at the latest
    then. `same_person`: whoever `after` names is this case's provider (for a successor).
    """

    kind: str
    place: str
    name: str
    before: str | None
    after: str | None
    effective_on: date | None
    noticed_on: date
    same_person: bool = False

    @property
    def on(self) -> date:
        return self.effective_on or self.noticed_on


@dataclass(frozen=True)
class Counted:
    """A window the case counts at a place: its service, month in words, and closing day."""

    place: str
    service: str
    month: str
    closes_on: date


@dataclass(frozen=True)
class Difference:
    """One difference between the register of the case and that of today, with what it means."""

    sort: Sort
    place: str
    name: str
    before: str | None
    after: str | None
    on: date
    words: str

    @property
    def key(self) -> str:
        """Names this very difference, so that reasons given for it hold for no other."""
        return "|".join((self.sort, self.place, self.before or "", self.after or "", str(self.on)))

    @property
    def effect(self) -> Effect:
        return TABLE[self.sort]

    @property
    def meaning(self) -> Meaning:
        return self.effect.meaning

    @property
    def sentence(self) -> str:
        whose = f"{self.name} ({self.place})" if self.place else self.name
        return f"{whose} {self.words}"


# Kinds that say of the same thing that it is so, and that it is so no more.
_FIELDS: Mapping[str, str] = {
    "closed": "registration",
    "reopened": "registration",
    "vanished": "presence",
    "returned": "presence",
    "sold": "owner",
    "bought": "owner",
    "legal_person": "legal person",
    "renamed": "name",
    "moved": "address",
    "addressee": "addressee",
    "service_added": "service",
    "service_ended": "service",
    "left_scope": "scope",
    "dormant": "dormancy",
    "active": "dormancy",
    "beds": "beds",
    "council": "council",
    "successor": "successor",
}
_UNDONE = frozenset({"reopened", "returned", "bought"})
# Where two texts may come back to what they were.
_TEXTS = frozenset({"legal_person", "renamed", "moved", "addressee", "beds", "council"})


def net(changes: Iterable[Change]) -> list[Change]:
    """What is left of changes in order of time, once what was undone is taken out."""
    grouped: dict[tuple[str, ...], list[Change]] = {}
    for change in changes:
        if change.kind in _FIELDS:
            grouped.setdefault(_group(change), []).append(change)
    return [left for group in grouped.values() if (left := _left(group)) is not None]


def _group(change: Change) -> tuple[str, ...]:
    field = _FIELDS[change.kind]
    if field == "service":
        named = change.before if change.kind == "service_ended" else change.after
        return change.place, field, named or ""
    if field == "successor":
        return change.place, field, change.after or ""
    return change.place, field


def _left(group: Sequence[Change]) -> Change | None:
    first, last = group[0], group[-1]
    if last.kind in _UNDONE or (_FIELDS[last.kind] in ("dormancy", "service") and first != last):
        return last if first.kind == last.kind else None
    if last.kind not in _TEXTS:
        return last
    if first.before == last.after:
        return None
    return Change(
        last.kind, last.place, last.name, first.before, last.after, last.effective_on,
        last.noticed_on,
    )  # fmt: skip


def judge(
    changes: Iterable[Change], counted: Sequence[Counted], intent_sent_on: date | None
) -> list[Difference]:
    """The differences that concern the case, those that stop it first.

    `counted`: every window the case counts. `intent_sent_on`: the day on which the notice of
    intent was sent to the address that the register then had; None when it went elsewhere, or
    has not gone. A place the case does not count matters only to the fee.
    """
    places = {one.place for one in counted}
    found = []
    for change in net(changes):
        if change.place and change.place not in places:
            continue
        sort = _sort(change, counted, intent_sent_on)
        if sort is not None:
            found.append(_difference(sort, change, counted))
    order = list(Meaning)
    return sorted(found, key=lambda one: (order.index(one.meaning), one.place, one.sort))


def _sort(change: Change, counted: Sequence[Counted], intent_sent_on: date | None) -> Sort | None:
    match change.kind:
        case "closed" if touched(change, counted):
            return Sort.CLOSED_BEFORE
        case "closed":
            return Sort.CLOSED if change.place else Sort.PROVIDER_CLOSED
        case "sold":
            return Sort.SOLD_BEFORE if touched(change, counted) else Sort.SOLD
        case "service_ended" | "left_scope":
            return Sort.ENDED_BEFORE if touched(change, counted) else Sort.SERVICE_ENDED
        case "successor":
            return Sort.NEW_NUMBER if change.same_person else Sort.SUCCEEDED
        case "legal_person":
            other = _number(change.before) and _number(change.before) != _number(change.after)
            return Sort.LEGAL_PERSON if other else Sort.LEGAL_FORM
        case "moved":
            late = intent_sent_on is not None and change.on <= intent_sent_on
            return Sort.GIVEN_AT_OLD_ADDRESS if late and not change.place else Sort.ADDRESS
        case "dormant" | "active":
            return Sort.DORMANT
    return _PLAIN.get(change.kind)


_PLAIN = {
    "vanished": Sort.VANISHED,
    "renamed": Sort.RENAMED,
    "addressee": Sort.ADDRESSEE,
    "service_added": Sort.SERVICE_ADDED,
    "beds": Sort.BEDS,
    "council": Sort.COUNCIL,
}


def _number(person: str | None) -> str:
    """The company number at the end of "Organisation, 01234567", if there is one."""
    last = (person or "").rpartition(",")[2].strip()
    return last if any(letter.isdigit() for letter in last) else ""


def touched(change: Change, counted: Sequence[Counted]) -> list[Counted]:
    """The counted windows in which, by this change, no return was owed by this provider.

    Owed means registered on the opening and on the closing day (domain notes 13.1); the day of
    deregistration is a day of registration no longer.
    """
    return [
        one
        for one in counted
        if change.place in ("", one.place)
        and change.on <= one.closes_on
        and (change.kind != "service_ended" or change.before in (None, one.service))
    ]


def _difference(sort: Sort, change: Change, counted: Sequence[Counted]) -> Difference:
    words = _WORDS[sort].format(
        before=change.before or "nothing known",
        after=change.after or "nothing",
        on=day(change.on),
        windows=_windows(touched(change, counted)),
    )
    return Difference(
        sort, change.place, change.name, change.before, change.after, change.on, words
    )


def _windows(counted: Sequence[Counted]) -> str:
    months = list(dict.fromkeys(one.month for one in counted))
    listed = " and ".join(filter(None, [", ".join(months[:-1]), *months[-1:]]))
    return f"the window{'s' if len(months) > 1 else ''} of {listed}"


_WORDS: Mapping[Sort, str] = {
    S.CLOSED_BEFORE: "left the register on {on}, before {windows} closed.",
    S.SOLD_BEFORE: "was no longer theirs by {on}, before {windows} closed; it is with {after}.",
    S.ENDED_BEFORE: "no longer gave the service by {on}, before {windows} closed.",
    S.PROVIDER_CLOSED: "left the register on {on}.",
    S.LEGAL_PERSON: "was {before} and is {after}: another legal person.",
    S.LEGAL_FORM: "was {before} and is {after}.",
    S.SOLD: "was with {before} and is with {after}, by {on}.",
    S.SUCCEEDED: "has a successor: CQC names {after}.",
    S.CLOSED: "left the register on {on}.",
    S.VANISHED: "is missing from the register of {on}, without a date of deregistration.",
    S.SERVICE_ENDED: "no longer gives {before}, by {on}.",
    S.GIVEN_AT_OLD_ADDRESS: "moved by {on} from {before} to {after}.",
    S.ADDRESS: "moved by {on} from {before} to {after}.",
    S.RENAMED: "was called “{before}” until {on}, now “{after}”.",
    S.ADDRESSEE: "is addressed through {after}, before through {before}.",
    S.SERVICE_ADDED: "gives {after} as well, by {on}.",
    S.DORMANT: "is {after}, by {on}.",
    S.BEDS: "had {before} beds and has {after}.",
    S.COUNCIL: "was in the area of {before} and is in that of {after}.",
    S.NEW_NUMBER: "goes on as {after}, by CQC’s record.",
}
