"""What the channel calls each message and when it is next asked what became of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from enforcement.data.base import Base
from enforcement.data.notices import OutboxItem


class Delivery(Base):
    """One row for each item that was claimed. What was answered is in `sending_attempt`."""

    __tablename__ = "delivery"

    item_id: Mapped[int] = mapped_column(
        ForeignKey("outbox_item.id"), primary_key=True, autoincrement=False
    )
    outlet: Mapped[str] = mapped_column(String(20))  # smtp, folder, print, notify
    provider_id: Mapped[str | None] = mapped_column(String(200))
    stage: Mapped[str | None] = mapped_column(String(20))  # the newest known
    tried_at: Mapped[datetime]
    asks: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime | None]
    next_ask_at: Mapped[datetime | None]  # none: nothing more will be asked

    item: Mapped[OutboxItem] = relationship()

    __table_args__ = (
        CheckConstraint(
            "stage in ('sent', 'accepted', 'delivered', 'posted', 'soft', 'failed', 'returned')",
            name="stage",
        ),
        Index("ix_delivery_next_ask_at", "next_ask_at"),
    )
