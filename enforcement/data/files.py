"""Files kept by what they are: bytes under their SHA-256, whole or not at all."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from enforcement.data.base import Base


class StoredFile(Base):
    """Bytes under their hash: imports as received, issued PDFs, evidence. Never rewritten.

    A document that prints a live secret (the reply code) is kept encrypted with a key outside
    the database: a stolen copy of the database opens no link. The hash is of the plain bytes.
    """

    __tablename__ = "stored_file"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int]
    mime: Mapped[str] = mapped_column(String(120))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    encrypted: Mapped[bool] = mapped_column(Boolean, default=False)
    stored_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("length(sha256) = 64", name="sha256"),)


class ImportedFile(Base):
    """One file brought in: what it was, who loaded it, what was taken and what refused."""

    __tablename__ = "imported_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))  # register, returns, contacts
    shape: Mapped[str] = mapped_column(String(40))
    filename: Mapped[str] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    window_no: Mapped[int | None]
    as_at: Mapped[date | None]
    loaded_at: Mapped[datetime]
    loaded_by: Mapped[str] = mapped_column(String(80))
    rows_in: Mapped[int]
    accepted: Mapped[int]
    rejected: Mapped[list[Any]]  # [{"line": n, "reason": "…"}]
    out_of_scope: Mapped[int] = mapped_column(Integer, default=0)
    notices: Mapped[list[Any]]
    mapping: Mapped[dict[str, Any]]
    changes: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(20))  # loaded, waiting, released
    held_reason: Mapped[str | None] = mapped_column(Text)
    released_by: Mapped[str | None] = mapped_column(String(80))

    __table_args__ = (
        Index("uq_imported_file_bytes", "kind", "sha256", "window_no", unique=True),
        CheckConstraint("rows_in = accepted + rejected_count", name="rows_accounted"),
        CheckConstraint("state in ('loaded', 'waiting', 'released')", name="state"),
    )

    rejected_count: Mapped[int] = mapped_column(Integer, default=0)


class HeaderMapping(Base):
    """A header mapping an officer confirmed for a shape, reused for the next file like it."""

    __tablename__ = "header_mapping"

    id: Mapped[int] = mapped_column(primary_key=True)
    shape: Mapped[str] = mapped_column(String(40))
    header_hash: Mapped[str] = mapped_column(String(64))
    mapping: Mapped[dict[str, Any]]
    saved_by: Mapped[str] = mapped_column(String(80))
    saved_at: Mapped[datetime]

    __table_args__ = (Index("uq_header_mapping_header", "shape", "header_hash", unique=True),)


class LoadProgress(Base):
    """How far a running load has come, for the screen to show. One row per load, overwritten."""

    __tablename__ = "load_progress"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(20))  # waiting, running, done, refused
    message: Mapped[str] = mapped_column(Text, default="")
    arguments: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any] | None]
    started_by: Mapped[str] = mapped_column(String(80))
    updated_at: Mapped[datetime]
