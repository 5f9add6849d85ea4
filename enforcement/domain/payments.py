"""The ledger of a penalty: entries only, never edits; the balance is always their sum.

Pence are whole numbers, signed by what they do to the balance owed: the penalty adds, money
received takes away. Money received goes to the Consolidated Fund (SI 2022/1175 reg 10); a
penalty that is withdrawn or quashed is cancelled by an entry, and what was paid is repaid.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from enforcement.domain.refusals import BadInput, WrongState
from enforcement.domain.words import pounds


class Kind(StrEnum):
    """What an entry is. A part payment and an overpayment are payments: see `payment_words`."""

    PENALTY = "penalty"
    PAYMENT = "payment"
    REVERSAL = "reversal"
    REFUND = "refund"
    WRITE_OFF = "write_off"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        return KIND_TITLES[self]


KIND_TITLES = {
    Kind.PENALTY: "Penalty",
    Kind.PAYMENT: "Payment",
    Kind.REVERSAL: "Reversal",
    Kind.REFUND: "Refund",
    Kind.WRITE_OFF: "Written off",
    Kind.CANCELLED: "Cancelled",
}
# What finance may enter by hand. The penalty and its cancelling come from notices and appeals.
BY_HAND = (Kind.PAYMENT, Kind.REVERSAL, Kind.REFUND, Kind.WRITE_OFF)
REVERSIBLE = (Kind.PAYMENT, Kind.REFUND, Kind.WRITE_OFF)
RECEIVED = (Kind.PAYMENT, Kind.REFUND)
REMITTANCE_RULE = "SI 2022/1175 reg 10"
LARGEST_PENCE = 10_000_000_00  # ten million pounds: above any fee, so a slip of the keyboard


@dataclass(frozen=True)
class Entry:
    """One line of the ledger. `reverses` is the id of the entry a reversal undoes."""

    id: int
    kind: Kind
    pence: int
    on: date
    reverses: int | None = None


@dataclass(frozen=True)
class Ask:
    """What somebody wants to enter: pence without a sign, None where the rule fixes them."""

    kind: Kind
    pence: int | None
    on: date
    reverses: int | None = None
    reason: str = ""
    authority: str = ""


def balance(entries: Iterable[Entry]) -> int:
    """What is owed, in pence. Negative means that much is to be refunded."""
    return sum(entry.pence for entry in entries)


def received(entries: Sequence[Entry]) -> int:
    """Money kept, in pence: payments less refunds, and less what was reversed of either."""
    kinds = {entry.id: entry.kind for entry in entries}
    return -sum(
        e.pence
        for e in entries
        if e.kind in RECEIVED or (e.reverses is not None and kinds.get(e.reverses) in RECEIVED)
    )


def written_off(entries: Sequence[Entry]) -> int:
    """What was written off and not put back, in pence."""
    undone = {entry.reverses for entry in entries}
    return -sum(e.pence for e in entries if e.kind is Kind.WRITE_OFF and e.id not in undone)


def charged(entries: Iterable[Entry]) -> int:
    """The penalty as it stands, in pence: its sum, and what a tribunal added or took away."""
    return sum(entry.pence for entry in entries if entry.kind is Kind.PENALTY)


def cancelling(entries: Sequence[Entry]) -> int:
    """The signed pence that take away all liability, whatever was paid or written off.

    Afterwards the balance is minus the money kept: exactly what must be repaid. 0: nothing left
    to cancel.
    """
    return -(balance(entries) + received(entries))


def signed(ask: Ask, entries: Sequence[Entry], today: date) -> int:
    """The signed pence of a new entry, checked against the ledger as it stands.

    Refuses BadInput (a sum that is no sum, a day to come, words missing) and WrongState (nothing
    to refund or write off, or an entry that cannot be reversed or was reversed before).
    """
    if not entries:
        raise WrongState("There is no penalty yet, so nothing can be entered against it.")
    if ask.on > today:
        raise BadInput("The day of the entry is still to come.")
    if ask.kind is Kind.REVERSAL:
        return _reversal(ask, entries)
    if ask.kind not in BY_HAND:
        raise BadInput("This kind of entry is not made by hand.")
    pence = _sum_of(ask.pence)
    if ask.kind is Kind.PAYMENT:
        return -pence
    if not ask.reason.strip():
        raise BadInput("Give the reason for this entry.")
    if ask.kind is Kind.REFUND:
        return _within(pence, -balance(entries), "The credit to refund is")
    if not ask.authority.strip():
        raise BadInput("Name the authority for writing this off.")
    return -_within(pence, balance(entries), "The balance owed is")


def _sum_of(pence: int | None) -> int:
    if pence is None or not 0 < pence <= LARGEST_PENCE:
        raise BadInput("Enter an amount in pounds and pence, more than nothing.")
    return pence


def _within(pence: int, most: int, words: str) -> int:
    if most <= 0:
        raise WrongState(f"{words} nothing.")
    if pence > most:
        raise WrongState(f"{words} {pounds(most)}, which is less than {pounds(pence)}.")
    return pence


def _reversal(ask: Ask, entries: Sequence[Entry]) -> int:
    found = next((e for e in entries if e.id == ask.reverses), None)
    if found is None:
        raise BadInput("Choose the entry to reverse.")
    if found.kind not in REVERSIBLE:
        raise WrongState(f"An entry of the kind “{found.kind.label}” cannot be reversed.")
    if found.kind is Kind.WRITE_OFF and any(e.kind is Kind.CANCELLED for e in entries):
        raise WrongState("The penalty is cancelled: nothing can be owed under it again.")
    if any(e.reverses == found.id for e in entries):
        raise WrongState("That entry was reversed before.")
    if not ask.reason.strip():
        raise BadInput("Give the reason for the reversal.")
    if ask.on < found.on:
        raise BadInput("A reversal is not earlier than what it reverses.")
    return -found.pence


def reversible(entries: Sequence[Entry]) -> list[Entry]:
    """The entries that a reversal may still undo."""
    undone = {entry.reverses for entry in entries}
    kinds = set(REVERSIBLE)
    if any(entry.kind is Kind.CANCELLED for entry in entries):
        kinds.discard(Kind.WRITE_OFF)
    return [entry for entry in entries if entry.kind in kinds and entry.id not in undone]


def payment_words(pence: int, owed: int) -> str:
    """What a payment of so many pence does against what is owed: full, part or over."""
    if pence == owed:
        return "payment in full"
    return "part payment" if pence < owed else "overpayment"


def standing(owed: int | None) -> str:
    """Where the account stands, in words, from its balance in pence."""
    if owed is None:
        return "No penalty has been raised."
    if owed > 0:
        return f"{pounds(owed)} is owed."
    if owed < 0:
        return f"{pounds(-owed)} is to be refunded."
    return "Nothing is owed either way."
