"""Receipts signed by the service: made when a reply is stored, checked by anybody, anywhere.

Checking reads no row: what a receipt says and the public key are enough, so the public page can
say neither more nor less than the receipt, and a checker works without us (docs/auditors).
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import pikepdf
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from enforcement.data.replies import Reply, ReplyFile
from enforcement.domain.receipts import Arrived, Receipt, answers_sha256, block, unblock
from enforcement.domain.refusals import BadInput
from enforcement.rendering.words import FACTS_FILE
from enforcement.settings import Settings

CONTEXT = b"NHSBSA reply receipt\n"  # so that no signature of ours for one thing serves another


def signed(
    settings: Settings, reply: Reply, files: Sequence[ReplyFile], ends_on: date | None
) -> str:
    """The signed block of a reply just stored, with its files; `ends_on`: the last day to reply."""
    receipt = Receipt(
        reference=reply.reference,
        received_at=reply.received_at,
        late=reply.late,
        period_ends_on=ends_on,
        files=tuple(Arrived(one.name, one.original_sha256) for one in files),
        answers_sha256=answers_sha256(reply.answers),
    )
    statement = receipt.statement()
    key = settings.secrets().receipt
    return block(statement, key.sign(CONTEXT + statement.encode()))


def check(settings: Settings, words: str) -> Receipt:
    """The receipt in these words, when it was signed by this service.

    Refuses BadInput: none there, cut short, or not signed by us as it stands (one letter changed
    is enough).
    """
    statement, signature = unblock(words)
    content = CONTEXT + statement.encode()
    if not any(_holds(key, signature, content) for key in public_keys(settings)):
        raise BadInput(
            "This receipt is not genuine, or it was changed after we made it.",
            fix="Copy it again from our email or page. If it still fails, ring us.",
        )
    return Receipt.of(statement)


def _holds(key: Ed25519PublicKey, signature: bytes, content: bytes) -> bool:
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True


def words_of_file(content: bytes) -> str:
    """The words of a receipt handed in as a file: text, or our PDF with its facts attached.

    Refuses BadInput for a PDF that carries none, or a file that is neither.
    """
    if content.startswith(b"%PDF-"):
        return _words_of_pdf(content)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise BadInput("This file is not a receipt of ours.") from wrong


def _words_of_pdf(content: bytes) -> str:
    try:
        with pikepdf.open(io.BytesIO(content)) as pdf:
            held = pdf.attachments[FACTS_FILE].get_file().read_bytes()
        facts: dict[str, Any] = json.loads(held)
        words = facts["receipt"]["block"]
    except (pikepdf.PdfError, KeyError, TypeError, ValueError) as wrong:
        raise BadInput("This PDF carries no receipt of ours.") from wrong
    return str(words)


def listed_as(receipt: Receipt, content: bytes) -> str:
    """The name under which this very file is listed; "" when it is not one of the files."""
    digest = hashlib.sha256(content).hexdigest()
    return next((one.name for one in receipt.files if one.sha256 == digest), "")


def public_keys(settings: Settings) -> list[Ed25519PublicKey]:
    """The key receipts are signed with now, then earlier ones: `keys/receipt-….pem`."""
    keys = [settings.secrets().receipt.public_key()]
    for path in sorted(settings.keys_folder.glob("receipt-*.pem")):
        earlier = load_pem_public_key(path.read_bytes())
        if not isinstance(earlier, Ed25519PublicKey):
            raise BadInput(f"{path} is not an Ed25519 public key.")
        keys.append(earlier)
    return keys


def public_pem(settings: Settings) -> str:
    """The public key in force, as published."""
    key = settings.secrets().receipt.public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
