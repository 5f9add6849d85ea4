"""The ledger: entries only, and a balance that is always their sum."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcement.domain.payments import (
    LARGEST_PENCE,
    Ask,
    Entry,
    Kind,
    balance,
    cancelling,
    payment_words,
    received,
    signed,
    standing,
)
from enforcement.domain.refusals import BadInput, Refusal, WrongState

TODAY = date(2026, 6, 16)
PENALTY = Entry(1, Kind.PENALTY, 500_00, TODAY)


def ask(kind: Kind, pence: int | None = None, **more: Any) -> Ask:
    words = {"reason": "because", "authority": "Head of finance"}
    return Ask(kind, pence, **{"on": TODAY, **words, **more})


def ledger(*entries: tuple[Kind, int] | tuple[Kind, int, int]) -> list[Entry]:
    found = [PENALTY]
    for number, entry in enumerate(entries, start=2):
        undone = entry[2] if len(entry) == 3 else None
        found.append(Entry(number, entry[0], entry[1], TODAY, undone))
    return found


PAID = ledger((Kind.PAYMENT, -500_00))
OVERPAID = ledger((Kind.PAYMENT, -600_00))
CASES: list[tuple[str, list[Entry], Ask, int | type[Refusal]]] = [
    ("payment in full", [PENALTY], ask(Kind.PAYMENT, 500_00), -500_00),
    ("part payment", [PENALTY], ask(Kind.PAYMENT, 1), -1),
    ("overpayment", [PENALTY], ask(Kind.PAYMENT, 600_00), -600_00),
    ("payment after payment", PAID, ask(Kind.PAYMENT, 10_00), -10_00),
    ("a payment needs no reason", [PENALTY], Ask(Kind.PAYMENT, 1, TODAY), -1),
    ("nothing paid", [PENALTY], ask(Kind.PAYMENT, 0), BadInput),
    ("less than nothing", [PENALTY], ask(Kind.PAYMENT, -5), BadInput),
    ("no sum", [PENALTY], ask(Kind.PAYMENT), BadInput),
    ("a slip of the keyboard", [PENALTY], ask(Kind.PAYMENT, LARGEST_PENCE + 1), BadInput),
    ("tomorrow", [PENALTY], ask(Kind.PAYMENT, 1, on=TODAY + timedelta(1)), BadInput),
    ("no penalty yet", [], ask(Kind.PAYMENT, 1), WrongState),
    ("penalty by hand", [PENALTY], ask(Kind.PENALTY, 1), BadInput),
    ("cancelled by hand", [PENALTY], ask(Kind.CANCELLED, 1), BadInput),
    ("refund of the credit", OVERPAID, ask(Kind.REFUND, 100_00), 100_00),
    ("refund of part", OVERPAID, ask(Kind.REFUND, 1), 1),
    ("refund beyond the credit", OVERPAID, ask(Kind.REFUND, 100_01), WrongState),
    ("refund without credit", PAID, ask(Kind.REFUND, 1), WrongState),
    ("refund while owing", [PENALTY], ask(Kind.REFUND, 1), WrongState),
    ("refund without reason", OVERPAID, ask(Kind.REFUND, 1, reason=" "), BadInput),
    ("write-off of all", [PENALTY], ask(Kind.WRITE_OFF, 500_00), -500_00),
    ("write-off beyond", [PENALTY], ask(Kind.WRITE_OFF, 500_01), WrongState),
    ("write-off of nothing", PAID, ask(Kind.WRITE_OFF, 1), WrongState),
    ("write-off, no authority", [PENALTY], ask(Kind.WRITE_OFF, 1, authority=" "), BadInput),
    ("write-off, no reason", [PENALTY], ask(Kind.WRITE_OFF, 1, reason=""), BadInput),
    ("reversal of a payment", PAID, ask(Kind.REVERSAL, reverses=2), 500_00),
    ("reversal of a refund", ledger((Kind.REFUND, 7)), ask(Kind.REVERSAL, reverses=2), -7),
    ("reversal of a write-off", ledger((Kind.WRITE_OFF, -7)), ask(Kind.REVERSAL, reverses=2), 7),
    ("reversal of the penalty", PAID, ask(Kind.REVERSAL, reverses=1), WrongState),
    (
        "reversal of a reversal",
        ledger((Kind.PAYMENT, -5), (Kind.REVERSAL, 5, 2)),
        ask(Kind.REVERSAL, reverses=3),
        WrongState,
    ),
    (
        "a second reversal",
        ledger((Kind.PAYMENT, -5), (Kind.REVERSAL, 5, 2)),
        ask(Kind.REVERSAL, reverses=2),
        WrongState,
    ),
    (
        "reversal of a write-off after cancelling",
        ledger((Kind.WRITE_OFF, -5), (Kind.CANCELLED, -495_00)),
        ask(Kind.REVERSAL, reverses=2),
        WrongState,
    ),
    ("reversal of nothing", PAID, ask(Kind.REVERSAL, reverses=99), BadInput),
    ("reversal unnamed", PAID, ask(Kind.REVERSAL), BadInput),
    ("reversal without reason", PAID, ask(Kind.REVERSAL, reverses=2, reason=""), BadInput),
    (
        "reversal before its entry",
        PAID,
        ask(Kind.REVERSAL, reverses=2, on=TODAY - timedelta(1)),
        BadInput,
    ),
]


@pytest.mark.parametrize(
    ("entries", "wanted", "result"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_what_may_be_entered(
    entries: list[Entry], wanted: Ask, result: int | type[Refusal]
) -> None:
    if isinstance(result, int):
        assert signed(wanted, entries, TODAY) == result
    else:
        with pytest.raises(result):
            signed(wanted, entries, TODAY)


ASKS = st.tuples(
    st.sampled_from([Kind.PAYMENT, Kind.REVERSAL, Kind.REFUND, Kind.WRITE_OFF]),
    st.integers(1, 900_00),
    st.integers(1, 12),
)


@given(st.lists(ASKS, max_size=12), st.integers(0, 12))
def test_no_order_of_entries_loses_a_penny(
    asks: list[tuple[Kind, int, int]], cancelled_after: int
) -> None:
    """Whatever finance enters, refunds never exceed money received, write-offs never make a
    credit, and cancelling leaves exactly the money kept to be repaid."""
    entries = [PENALTY]
    for number, (kind, pence, target) in enumerate(asks):
        if number == cancelled_after:
            pence_off = cancelling(entries)
            if pence_off:
                entries.append(Entry(len(entries) + 1, Kind.CANCELLED, pence_off, TODAY))
            assert balance(entries) == -received(entries)
            assert cancelling(entries) == 0
        before = balance(entries)
        try:
            entered = signed(ask(kind, pence, reverses=target), entries, TODAY)
        except Refusal:
            continue
        cancelled = any(e.kind is Kind.CANCELLED for e in entries)
        undone = target if kind is Kind.REVERSAL else None
        entries.append(Entry(len(entries) + 1, kind, entered, TODAY, undone))
        assert balance(entries) == before + entered
        assert kind is not Kind.REFUND or balance(entries) <= 0
        assert not cancelled or balance(entries) == -received(entries)
        assert kind is not Kind.WRITE_OFF or balance(entries) >= 0
    undone_ids = [e.reverses for e in entries if e.reverses is not None]
    assert len(undone_ids) == len(set(undone_ids))
    assert balance(entries) == sum(e.pence for e in entries)


@pytest.mark.parametrize(
    ("entries", "kept", "cancels", "then"),
    [
        ([PENALTY], 0, -500_00, 0),
        (PAID, 500_00, -500_00, -500_00),
        (OVERPAID, 600_00, -500_00, -600_00),
        (ledger((Kind.PAYMENT, -100_00), (Kind.WRITE_OFF, -400_00)), 100_00, -100_00, -100_00),
        (ledger((Kind.PAYMENT, -500_00), (Kind.REVERSAL, 500_00, 2)), 0, -500_00, 0),
        (ledger((Kind.CANCELLED, -500_00)), 0, 0, 0),
        (ledger((Kind.PAYMENT, -500_00), (Kind.CANCELLED, -500_00)), 500_00, 0, -500_00),
        (ledger((Kind.WRITE_OFF, -9), (Kind.REVERSAL, 9, 2)), 0, -500_00, 0),
    ],
)
def test_cancelling_leaves_what_must_be_repaid(
    entries: list[Entry], kept: int, cancels: int, then: int
) -> None:
    assert received(entries) == kept
    assert cancelling(entries) == cancels
    assert balance(entries) + cancels == then


def test_where_the_account_stands() -> None:
    assert standing(None) == "No penalty has been raised."
    assert standing(100) == "£1.00 is owed."
    assert standing(-100) == "£1.00 is to be refunded."
    assert standing(0) == "Nothing is owed either way."
    assert [payment_words(p, 5) for p in (4, 5, 6)] == [
        "part payment",
        "payment in full",
        "overpayment",
    ]
    assert len({k.label for k in Kind}) == len(Kind)
