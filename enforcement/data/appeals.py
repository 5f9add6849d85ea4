"""What happened in an appeal and at the county court: rows are added and never changed.

Where an appeal or a direction stands is always worked out from its rows.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from enforcement.data.base import Base


class AppealStep(Base):
    """One step of an appeal: its kind, its day, and what it says."""

    __tablename__ = "appeal_step"

    id: Mapped[int] = mapped_column(primary_key=True)
    appeal_id: Mapped[int] = mapped_column(ForeignKey("appeal.id"), index=True)
    kind: Mapped[str] = mapped_column(String(24))
    on: Mapped[date]
    until: Mapped[date | None]  # the day it sets: of a hearing, or for a response
    outcome: Mapped[str | None] = mapped_column(String(20))
    pence: Mapped[int | None]
    words: Mapped[str] = mapped_column(Text, default="")
    recorded_by: Mapped[str] = mapped_column(String(80))
    recorded_by_name: Mapped[str] = mapped_column(String(120))
    recorded_at: Mapped[datetime]


class Direction(Base):
    """What the tribunal directed: who must do what, by which day it first set."""

    __tablename__ = "direction"

    id: Mapped[int] = mapped_column(primary_key=True)
    appeal_id: Mapped[int] = mapped_column(ForeignKey("appeal.id"))
    number: Mapped[int]  # within the appeal, from 1
    what: Mapped[str] = mapped_column(Text)
    whose: Mapped[str] = mapped_column(String(12))
    given_on: Mapped[date]
    first_due_on: Mapped[date]
    recorded_by: Mapped[str] = mapped_column(String(80))
    recorded_by_name: Mapped[str] = mapped_column(String(120))
    recorded_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("whose in ('us', 'provider', 'both')", name="whose"),
        Index("uq_direction_number", "appeal_id", "number", unique=True),
    )


class DirectionStep(Base):
    """What became of a direction: given more time, complied with, or set aside, and why."""

    __tablename__ = "direction_step"

    id: Mapped[int] = mapped_column(primary_key=True)
    direction_id: Mapped[int] = mapped_column(ForeignKey("direction.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    on: Mapped[date]
    until: Mapped[date | None]  # the new day, of an extension
    words: Mapped[str] = mapped_column(Text)
    recorded_by: Mapped[str] = mapped_column(String(80))
    recorded_by_name: Mapped[str] = mapped_column(String(120))
    recorded_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("kind in ('extended', 'done', 'set_aside', 'lapsed')", name="kind"),
        CheckConstraint("(kind = 'extended') = (until is not null)", name="until"),
    )


class CourtEntry(Base):
    """What was done at the county court: applied, ordered or refused."""

    __tablename__ = "court_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    on: Mapped[date]
    court: Mapped[str] = mapped_column(String(120))
    court_reference: Mapped[str] = mapped_column(String(60))
    pence: Mapped[int | None]
    pay_by: Mapped[date | None]
    certificate_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id"))
    words: Mapped[str] = mapped_column(Text, default="")
    recorded_by: Mapped[str] = mapped_column(String(80))
    recorded_by_name: Mapped[str] = mapped_column(String(120))
    recorded_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("kind in ('applied', 'ordered', 'refused')", name="kind"),)


class CaseClosing(Base):
    """How a case was closed, how long its record is kept and by which rule, and what was learnt."""

    __tablename__ = "case_closing"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    reason: Mapped[str] = mapped_column(String(40))
    closed_on: Mapped[date]
    keep_until: Mapped[date]
    keep_rule: Mapped[str] = mapped_column(Text)
    policy_id: Mapped[int | None] = mapped_column(ForeignKey("policy.id"))
    lesson: Mapped[str] = mapped_column(String(24), default="")
    words: Mapped[str] = mapped_column(Text, default="")
    closed_by: Mapped[str] = mapped_column(String(80))
    closed_by_name: Mapped[str] = mapped_column(String(120))
    closed_at: Mapped[datetime]
