"""Bundles: what was asked for, the editions made, late documents, and redactions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from enforcement.data.base import Base


class BundleOrder(Base):
    """One wish for an edition, and how far the worker has come with it."""

    __tablename__ = "bundle_order"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    pack: Mapped[str] = mapped_column(String(10))
    afresh: Mapped[bool]  # number from 1 again, instead of keeping the numbers given before
    additions: Mapped[list[Any]]  # ids of the late documents to put in
    volume_mb: Mapped[int]  # the largest file that the tribunal or court takes
    state: Mapped[str] = mapped_column(String(10))  # waiting, building, done, failed
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    message: Mapped[str] = mapped_column(Text, default="")
    asked_by: Mapped[str] = mapped_column(String(80))
    asked_by_name: Mapped[str] = mapped_column(String(120))
    asked_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    updated_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("state in ('waiting', 'building', 'done', 'failed')", name="state"),
        CheckConstraint("pack in ('tribunal', 'court')", name="pack"),
        Index(
            "uq_bundle_order_open",
            "case_id",
            "pack",
            unique=True,
            sqlite_where=text("state in ('waiting', 'building')"),
            postgresql_where=text("state in ('waiting', 'building')"),
        ),
    )


class BundleEdition(Base):
    """An edition as it was made, for good. The manifest names every document, page and file."""

    __tablename__ = "bundle_edition"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"))
    pack: Mapped[str] = mapped_column(String(10))
    number: Mapped[int]
    order_id: Mapped[int] = mapped_column(ForeignKey("bundle_order.id"), unique=True)
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("bundle_edition.id"))
    manifest: Mapped[dict[str, Any]]
    manifest_sha256: Mapped[str] = mapped_column(String(64))
    pages: Mapped[int]
    asked_by: Mapped[str] = mapped_column(String(80))
    asked_by_name: Mapped[str] = mapped_column(String(120))
    made_at: Mapped[datetime]

    __table_args__ = (
        Index("uq_bundle_edition_number", "case_id", "pack", "number", unique=True),
        CheckConstraint("pages > 0", name="pages"),
    )


class BundleAddition(Base):
    """A document that came in late: the original bytes, and the cleaned copy that is bound."""

    __tablename__ = "bundle_addition"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    pack: Mapped[str] = mapped_column(String(10))
    title: Mapped[str] = mapped_column(String(160))
    dated: Mapped[date | None]
    after: Mapped[str] = mapped_column(String(60))  # the key of the document it follows
    name: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(20))
    original_sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    cleaned_sha256: Mapped[str | None] = mapped_column(ForeignKey("stored_file.sha256"))
    size: Mapped[int]
    scan: Mapped[str] = mapped_column(String(20))
    added_by: Mapped[str] = mapped_column(String(80))
    added_by_name: Mapped[str] = mapped_column(String(120))
    added_at: Mapped[datetime]


class BundleRedaction(Base):
    """Words or a page taken out of what is handed over, with the reason; or such a mark lifted.

    `document` is a key of the manifest, empty for the whole bundle; `page` counts from 1 within
    the document, null for each of its pages; `words` null means the whole page.
    """

    __tablename__ = "bundle_redaction"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"))
    pack: Mapped[str] = mapped_column(String(10))
    number: Mapped[int]
    document: Mapped[str] = mapped_column(String(60), default="")
    document_sha256: Mapped[str] = mapped_column(String(64), default="")
    page: Mapped[int | None]
    words: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    lifts_id: Mapped[int | None] = mapped_column(ForeignKey("bundle_redaction.id"), unique=True)
    made_by: Mapped[str] = mapped_column(String(80))
    made_by_name: Mapped[str] = mapped_column(String(120))
    made_at: Mapped[datetime]

    __table_args__ = (
        Index("uq_bundle_redaction_number", "case_id", "pack", "number", unique=True),
        CheckConstraint(
            "lifts_id is not null or words is not null or (document <> '' and page is not null)",
            name="place",
        ),
        CheckConstraint("length(reason) > 0", name="reason"),
    )
