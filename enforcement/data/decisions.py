"""The panel's findings, votes and decision on a case."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from enforcement.data.base import Base


class Decision(Base):
    """What is put to the panel and what it decided. Filled in once, never changed afterwards."""

    __tablename__ = "decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    proposed_by: Mapped[str] = mapped_column(String(80))
    proposed_at: Mapped[datetime]
    recommendation: Mapped[str] = mapped_column(String(20))  # impose, no_penalty
    reasons: Mapped[str] = mapped_column(Text)
    excuse_finding: Mapped[str] = mapped_column(Text)
    reasons_sha256: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str | None] = mapped_column(String(20))
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_by_name: Mapped[str | None] = mapped_column(String(120))
    decided_on: Mapped[date | None]
    decided_at: Mapped[datetime | None]
    differs: Mapped[str | None] = mapped_column(Text)  # why unlike every similar decision
    superseded: Mapped[bool] = mapped_column(Boolean, default=False)
    version: Mapped[int] = mapped_column(default=1)

    votes: Mapped[list[PanelVote]] = relationship(
        back_populates="decision", order_by="PanelVote.id"
    )
    __table_args__ = (
        CheckConstraint("decided_by is null or decided_by <> proposed_by", name="two_people"),
        CheckConstraint("recommendation in ('impose', 'no_penalty')", name="recommendation"),
        CheckConstraint("outcome is null or outcome in ('impose', 'no_penalty')", name="outcome"),
        CheckConstraint("(outcome is null) = (decided_by is null)", name="decided"),
        Index(
            "uq_decision_open",
            "case_id",
            unique=True,
            sqlite_where=text("not superseded"),
            postgresql_where=text("not superseded"),
        ),
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own declaration


class PanelVote(Base):
    """One member's vote, with reasons and any interest declared."""

    __tablename__ = "panel_vote"

    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"))
    member: Mapped[str] = mapped_column(String(80))
    member_name: Mapped[str] = mapped_column(String(120))
    vote: Mapped[str] = mapped_column(String(12))  # impose, no_penalty, recused
    reasons: Mapped[str] = mapped_column(Text)
    conflict: Mapped[str] = mapped_column(Text, default="")
    reasons_sha256: Mapped[str] = mapped_column(String(64))  # what the member saw
    voted_at: Mapped[datetime]

    decision: Mapped[Decision] = relationship(back_populates="votes")
    __table_args__ = (
        Index("uq_panel_vote_member", "decision_id", "member", unique=True),
        CheckConstraint("vote in ('impose', 'no_penalty', 'recused')", name="vote"),
    )
