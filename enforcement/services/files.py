"""Keeping bytes by what they are: the same bytes are kept once, whole, under their SHA-256."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from enforcement.data.files import StoredFile
from enforcement.domain.refusals import HistoryBroken, NotFound
from enforcement.services.work import Work
from enforcement.settings import Settings

NONCE = 12  # bytes, as AES-GCM wants


@dataclass(frozen=True)
class Kept:
    """Bytes as they were given, with what they are."""

    sha256: str
    mime: str
    content: bytes


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@lru_cache(maxsize=8)
def link_secret(settings: Settings) -> str:
    """The secret of links and of the papers that print them: read once, as the sites read theirs.

    A thousand notices ask for it eighteen times each.
    """
    return settings.secrets().link


@lru_cache(maxsize=8)
def _cipher(settings: Settings) -> AESGCM:
    secret = link_secret(settings)
    return AESGCM(hashlib.sha256(b"enforcement stored files\x00" + secret.encode()).digest())


def keep(work: Work, content: bytes, mime: str, *, secret: bool = False) -> str:
    """Store the bytes unless they are there already; returns their SHA-256.

    `secret`: the bytes print a live reply code, so they are encrypted with a key that is not in
    the database.
    """
    digest = sha256(content)
    if work.session.get(StoredFile, digest) is None:
        stored = content
        if secret:
            nonce = os.urandom(NONCE)
            stored = nonce + _cipher(work.settings).encrypt(nonce, content, digest.encode())
        work.session.add(
            StoredFile(
                sha256=digest,
                size=len(content),
                mime=mime,
                content=stored,
                encrypted=secret,
                stored_at=work.now,
            )
        )
        work.session.flush()
    return digest


def fetch(work: Work, digest: str) -> Kept:
    """The bytes as they were given. Refuses NotFound, or HistoryBroken if they no longer match."""
    found = work.session.get(StoredFile, digest)
    if found is None:
        raise NotFound(f"No stored file has the hash {digest[:12]}….")
    content = found.content
    if found.encrypted:
        try:
            content = _cipher(work.settings).decrypt(
                content[:NONCE], content[NONCE:], digest.encode()
            )
        except InvalidTag as bad:
            raise HistoryBroken(f"The stored file {digest[:12]}… cannot be opened.") from bad
    if sha256(content) != digest:
        raise HistoryBroken(f"The stored file {digest[:12]}… is no longer what was stored.")
    return Kept(digest, found.mime, content)
