"""Collection windows as published or computed, and what was returned in (or outside) them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from enforcement.data.base import Base


class WindowRow(Base):
    """One month's window with the calendar version it was computed under.

    `number` is year × 12 + month − 1. Closing it and calling its feed complete are separate acts.
    """

    __tablename__ = "collection_window"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[str] = mapped_column(String(7), unique=True)
    opens_on: Mapped[date]
    closes_on: Mapped[date]
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    calendar_version: Mapped[str] = mapped_column(String(80))
    override_reason: Mapped[str | None] = mapped_column(Text)
    formal_notice: Mapped[str] = mapped_column(String(80), default="")
    feed_complete_at: Mapped[datetime | None]
    feed_complete_by: Mapped[str | None] = mapped_column(String(80))
    feed_totals: Mapped[dict[str, Any] | None]
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (CheckConstraint("closes_on >= opens_on", name="order"),)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own declaration


class ReturnRow(Base):
    """What one import said about one duty in one window. Never changed, only added to.

    `counts`: the monthly report said 1, or the update time lies inside the window. A later row
    never turns submitted into missed: one counting row is enough.
    """

    __tablename__ = "return_row"

    id: Mapped[int] = mapped_column(primary_key=True)
    duty_id: Mapped[int] = mapped_column(ForeignKey("duty.id"))
    window_no: Mapped[int]
    counts: Mapped[bool] = mapped_column(Boolean)
    kind: Mapped[str] = mapped_column(String(12))  # update, nil, confirmed, none
    updated_at: Mapped[datetime | None]
    file_id: Mapped[int] = mapped_column(ForeignKey("imported_file.id"))
    line: Mapped[int]

    __table_args__ = (
        Index("uq_return_row_source", "duty_id", "window_no", "file_id", "line", unique=True),
        Index("ix_return_row_counting", "window_no", "duty_id", "counts"),
        CheckConstraint("kind in ('update', 'nil', 'confirmed', 'none')", name="kind"),
    )


class Correction(Base):
    """A recorded finding that a miss did not happen or is excused: two people, a reason."""

    __tablename__ = "correction"

    id: Mapped[int] = mapped_column(primary_key=True)
    duty_id: Mapped[int] = mapped_column(ForeignKey("duty.id"), index=True)
    window_no: Mapped[int]
    outcome: Mapped[str] = mapped_column(String(12))  # submitted, nil, excused
    reason: Mapped[str] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[str] = mapped_column(String(80))
    approved_by: Mapped[str | None] = mapped_column(String(80))
    made_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("approved_by is null or approved_by <> proposed_by", name="two_people"),
        CheckConstraint("outcome in ('submitted', 'nil', 'excused')", name="outcome"),
    )
