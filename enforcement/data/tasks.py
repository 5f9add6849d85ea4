"""Tasks: what waits for a person, why, by which day, and how it ended."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from enforcement.data.base import Base
from enforcement.data.cases import Case
from enforcement.data.notices import Notice


class Task(Base):
    """One thing to do about a case. `key` is made of the fact that opened it: opened once."""

    __tablename__ = "task"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id"), index=True)
    kind: Mapped[str] = mapped_column(String(24))
    about: Mapped[str] = mapped_column(Text)  # what happened, for the person who acts
    due_on: Mapped[date]
    receipt: Mapped[list[Any]]  # the working days counted, one line each
    opened_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(String(80))
    opened_by_name: Mapped[str] = mapped_column(String(120))
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(80))
    closed_by_name: Mapped[str | None] = mapped_column(String(120))
    closed_how: Mapped[str | None] = mapped_column(String(12))  # done, not_needed, settled
    closed_words: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)

    case: Mapped[Case] = relationship()
    notice: Mapped[Notice | None] = relationship()

    __table_args__ = (
        CheckConstraint("(closed_at is null) = (closed_how is null)", name="closed"),
        Index("ix_task_closed_due", "closed_at", "due_on", "id"),
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own declaration
