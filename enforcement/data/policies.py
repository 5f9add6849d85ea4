"""Effective-dated policy rows: thresholds, fee schemes, periods, contact block, calendar days…

Each has a citation and a second person's approval, and is pinned by whatever used it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from enforcement.data.base import Base

KINDS = (
    "threshold",
    "fee_scheme",
    "periods",
    "contact_block",
    "calendar_day",
    "window_override",
    "tribunal",
    "panel",
    "payment",
    "signatory",
    "template",
    "letters",
    "sampling",
    "tasks",
    "routing",
    "paragraph",
    "money",
    "recovery",
    "retention",
)


class Policy(Base):
    __tablename__ = "policy"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    effective_from: Mapped[date]
    body: Mapped[dict[str, Any]]
    citation: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[str] = mapped_column(String(80))
    proposed_at: Mapped[datetime]
    approved_by: Mapped[str | None] = mapped_column(String(80))
    approved_at: Mapped[datetime | None]

    __table_args__ = (
        Index(None, "kind", "effective_from"),
        CheckConstraint("approved_by is null or approved_by <> proposed_by", name="two_people"),
        CheckConstraint("length(citation) > 0", name="citation"),
    )
