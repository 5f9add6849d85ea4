"""Cases, the misses they rest on, their holds, clocks and notes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from enforcement.data.base import Base
from enforcement.data.register import Duty, Provider


class Case(Base):
    """Enforcement against one provider for named missed windows."""

    __tablename__ = "enforcement_case"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"), index=True)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id"), index=True)
    window_no: Mapped[int]
    policy_id: Mapped[int] = mapped_column(ForeignKey("policy.id"))
    calendar_version: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(20))
    opened_at: Mapped[datetime]
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    amount_pence: Mapped[int | None]
    amount_status: Mapped[str] = mapped_column(String(12), default="estimate")
    amount_trace: Mapped[dict[str, Any] | None]
    next_on: Mapped[date | None]  # the next deadline, for the worklist
    why: Mapped[str] = mapped_column(Text)  # canonical JSON of the verdict, frozen
    closed_at: Mapped[datetime | None]
    closed_reason: Mapped[str | None] = mapped_column(String(40))
    register_checked_on: Mapped[date | None]
    register_drift: Mapped[list[Any]]
    snapshot: Mapped[dict[str, Any]]  # the register as it stood when the case opened
    giving_in_doubt: Mapped[bool] = mapped_column(Boolean, default=False)
    version: Mapped[int] = mapped_column(default=1)

    provider: Mapped[Provider] = relationship()
    misses: Mapped[list[CaseMiss]] = relationship(
        back_populates="case", order_by="CaseMiss.window_no, CaseMiss.duty_id"
    )
    holds: Mapped[list[Hold]] = relationship(back_populates="case", order_by="Hold.starts_on")
    clocks: Mapped[list[ClockRow]] = relationship(back_populates="case", order_by="ClockRow.id")

    __table_args__ = (
        Index(
            "uq_enforcement_case_live_provider",
            "provider_id",
            unique=True,
            sqlite_where=text("state <> 'closed'"),
            postgresql_where=text("state <> 'closed'"),
        ),
        Index("ix_enforcement_case_next", "next_on", "id"),
        Index("ix_enforcement_case_state_next", "state", "next_on", "id"),
        Index("ix_enforcement_case_officer_next", "officer_id", "next_on", "id"),
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own declaration


class CaseMiss(Base):
    """One missed window of one duty that a case rests on, with its evidence row frozen."""

    __tablename__ = "case_miss"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"))
    duty_id: Mapped[int] = mapped_column(ForeignKey("duty.id"))
    window_no: Mapped[int]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("imported_file.id"))
    evidence: Mapped[dict[str, Any]]

    case: Mapped[Case] = relationship(back_populates="misses")
    duty: Mapped[Duty] = relationship()
    __table_args__ = (
        # a miss is counted once: a case that ends without consuming it deletes nothing, the
        # release is recorded in `consumed`
        Index("uq_case_miss", "case_id", "duty_id", "window_no", unique=True),
        Index("ix_case_miss_duty_window", "duty_id", "window_no"),
    )

    consumed: Mapped[bool] = mapped_column(Boolean, default=False)  # by a concluded case


class Hold(Base):
    """A pause with category and reason. Holds are intervals and never stop the reg 6 clock."""

    __tablename__ = "hold"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    category: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(Text)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    started_by: Mapped[str] = mapped_column(String(80))
    ended_by: Mapped[str | None] = mapped_column(String(80))

    case: Mapped[Case] = relationship(back_populates="holds")
    __table_args__ = (
        CheckConstraint("ends_on is null or ends_on >= starts_on", name="order"),
        Index(
            "uq_hold_open",
            "case_id",
            unique=True,
            sqlite_where=text("ends_on is null"),
            postgresql_where=text("ends_on is null"),
        ),
    )


class ClockRow(Base):
    """A deadline stored with its recipe, so that it can be derived again years later."""

    __tablename__ = "clock"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    kind: Mapped[str] = mapped_column(String(24))
    rule: Mapped[str] = mapped_column(String(60))
    citation: Mapped[str] = mapped_column(Text)
    inputs: Mapped[dict[str, Any]]
    due_on: Mapped[date]
    due_at: Mapped[datetime]
    calendar_version: Mapped[str] = mapped_column(String(80))
    overrides: Mapped[list[Any]]  # the calendar's dated overrides at that version
    receipt: Mapped[list[Any]]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]  # met, suspended or superseded
    ended_because: Mapped[str | None] = mapped_column(String(60))

    case: Mapped[Case] = relationship(back_populates="clocks")


class CaseNote(Base):
    """A note, call or email an officer logged. Support contacts are notes of kind `support`."""

    __tablename__ = "case_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))  # note, call, email, support
    text: Mapped[str] = mapped_column(Text)
    made_by: Mapped[str] = mapped_column(String(80))
    made_by_name: Mapped[str] = mapped_column(String(120))
    made_at: Mapped[datetime]


class ReferenceCounter(Base):
    """The next number of each year's case references, taken inside the opening transaction."""

    __tablename__ = "reference_counter"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(default=0)
