"""What a receipt says, as one text, and its block through mail programs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcement.domain.receipts import Arrived, Receipt, answers_sha256, block, unblock
from enforcement.domain.refusals import BadInput

RECEIPT = Receipt(
    reference="ASC-2026-000001-R1",
    received_at=datetime(2026, 6, 16, 9, 0, tzinfo=UTC),
    late=False,
    period_ends_on=date(2026, 6, 25),
    files=(Arrived("screen shot.jpg", "a" * 64), Arrived("brief – Nuñez.pdf", "b" * 64)),
    answers_sha256=answers_sha256({"reasons": ["submitted"]}),
)
SIGNATURE = bytes(range(64))


def test_a_receipt_comes_back_from_its_statement() -> None:
    assert Receipt.of(RECEIPT.statement()) == RECEIPT
    bare = replace(RECEIPT, files=(), period_ends_on=None, late=True)
    assert Receipt.of(bare.statement()) == bare


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "null", '{"receipt":1}', RECEIPT.statement() + " "],
    ids=["empty", "an empty object", "a list", "null", "too little", "the same in other bytes"],
)
def test_another_text_is_no_receipt(text: str) -> None:
    with pytest.raises(BadInput, match="not a receipt"):
        Receipt.of(text)


def quoted(words: str) -> str:
    return "\n".join(f"> {line}" for line in words.splitlines())


@pytest.mark.parametrize(
    "mangle",
    [
        str,
        quoted,
        lambda words: words.replace("\n", "\r\n"),
        lambda words: words.replace("\n", " "),
        lambda words: f"Dear Ann,\n\n{words}\n\n-- \nSent from my phone",
        lambda words: words.replace("\n", "\n\u00a0\u200b"),
    ],
    ids=["as made", "quoted", "CRLF", "one line", "inside a letter", "odd spaces"],
)
def test_a_block_survives_a_mail_program(mangle: object) -> None:
    assert callable(mangle)
    words = mangle(block(RECEIPT.statement(), SIGNATURE))
    assert unblock(words) == (RECEIPT.statement(), SIGNATURE)


@given(st.text(max_size=200), st.binary(max_size=80))
def test_any_statement_comes_back(statement: str, signature: bytes) -> None:
    assert unblock(block(statement, signature)) == (statement, signature)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("nothing", "There is no receipt"),
        ("-----BEGIN RECEIPT-----\nabcd", "There is no receipt"),
        ("-----BEGIN RECEIPT-----\nabcd\n-----END RECEIPT-----", "not complete"),
        ("-----BEGIN RECEIPT-----\nabc.d\n-----END RECEIPT-----", "not complete"),
        ("x" * 40_001, "longer than any receipt"),
    ],
)
def test_what_is_cut_short_says_so(words: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        unblock(words)
