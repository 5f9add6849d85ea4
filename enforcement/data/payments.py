"""The penalty, its ledger of entries (never edits), and appeals against it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from enforcement.data.base import Base


class Penalty(Base):
    """The sum owed once a final notice is given; one per final notice."""

    __tablename__ = "penalty"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), unique=True)
    reference: Mapped[str] = mapped_column(String(30), unique=True)
    pence: Mapped[int]
    raised_at: Mapped[datetime]

    entries: Mapped[list[LedgerEntry]] = relationship(
        back_populates="penalty", order_by="LedgerEntry.id"
    )
    __table_args__ = (CheckConstraint("pence > 0", name="positive"),)


class LedgerEntry(Base):
    """Money in or out. Entries only: the balance is always their sum."""

    __tablename__ = "ledger_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    penalty_id: Mapped[int] = mapped_column(ForeignKey("penalty.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    pence: Mapped[int]  # signed: what it does to the balance owed
    on: Mapped[date]
    payment_reference: Mapped[str] = mapped_column(String(80), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    authority: Mapped[str] = mapped_column(String(120), default="")
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    entered_by: Mapped[str] = mapped_column(String(80))
    entered_at: Mapped[datetime]
    entry_key: Mapped[str] = mapped_column(String(64), unique=True)

    penalty: Mapped[Penalty] = relationship(back_populates="entries")
    __table_args__ = (
        CheckConstraint(
            "kind in ('penalty', 'payment', 'reversal', 'refund', 'write_off', 'cancelled')",
            name="kind",
        ),
        CheckConstraint("pence <> 0", name="nonzero"),
    )


class Appeal(Base):
    """An appeal to the First-tier Tribunal; suspends the final notice until it ends."""

    __tablename__ = "appeal"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    lodged_on: Mapped[date]
    received_on: Mapped[date]
    tribunal_reference: Mapped[str] = mapped_column(String(60))
    grounds: Mapped[str] = mapped_column(Text, default="")
    outcome: Mapped[str | None] = mapped_column(String(20))  # dismissed, withdrawn, quashed
    ended_on: Mapped[date | None]
    recorded_by: Mapped[str] = mapped_column(String(80))
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        Index(
            "uq_appeal_live",
            "case_id",
            unique=True,
            sqlite_where=text("outcome is null"),
            postgresql_where=text("outcome is null"),
        ),
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own declaration
