"""Keeping bytes by what they are: the same bytes are kept once, whole, under their SHA-256."""

from __future__ import annotations

import hashlib

from enforcement.data.files import StoredFile
from enforcement.domain.refusals import NotFound
from enforcement.services.work import Work


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def keep(work: Work, content: bytes, mime: str) -> str:
    """Store the bytes unless they are there already; returns their SHA-256."""
    digest = sha256(content)
    if work.session.get(StoredFile, digest) is None:
        work.session.add(
            StoredFile(
                sha256=digest, size=len(content), mime=mime, content=content, stored_at=work.now
            )
        )
        work.session.flush()
    return digest


def fetch(work: Work, digest: str) -> StoredFile:
    """The stored file, or NotFound. Callers serve it as an attachment with its own type."""
    found = work.session.get(StoredFile, digest)
    if found is None:
        raise NotFound(f"No stored file has the hash {digest[:12]}….")
    return found
