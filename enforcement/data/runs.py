"""Monthly evaluation runs: what both methods found, and one row per duty as the audit answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from enforcement.data.base import Base


class Run(Base):
    """One evaluation of one window: previewed by one person, approved by another."""

    __tablename__ = "run"

    id: Mapped[int] = mapped_column(primary_key=True)
    window_no: Mapped[int] = mapped_column(ForeignKey("collection_window.number"), index=True)
    policy_id: Mapped[int] = mapped_column(ForeignKey("policy.id"))
    calendar_version: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(12))  # previewed, approved, opened, refused
    counts: Mapped[dict[str, Any]]
    differences: Mapped[list[Any]]
    cap: Mapped[int | None]
    previewed_by: Mapped[str] = mapped_column(String(80))
    previewed_at: Mapped[datetime]
    approved_by: Mapped[str | None] = mapped_column(String(80))
    approved_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        CheckConstraint("state in ('previewed', 'approved', 'opened', 'refused')", name="state"),
        CheckConstraint("approved_by is null or approved_by <> previewed_by", name="two_people"),
        CheckConstraint(
            "state in ('previewed', 'refused') or approved_by is not null", name="approved"
        ),
        Index(
            "uq_run_opened_window",
            "window_no",
            unique=True,
            sqlite_where=text("state = 'opened'"),
            postgresql_where=text("state = 'opened'"),
        ),
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own declaration


class RunRow(Base):
    """One duty in one run: its 12-bit history of misses (bit 0 is the latest window)."""

    __tablename__ = "run_row"

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), primary_key=True)
    duty_id: Mapped[int] = mapped_column(ForeignKey("duty.id"), primary_key=True)
    mask: Mapped[int]
    outcome: Mapped[str] = mapped_column(String(12))  # open, held, excluded, at_risk, below
    reason: Mapped[str] = mapped_column(String(40), default="")

    __table_args__ = (Index(None, "run_id", "outcome"),)
