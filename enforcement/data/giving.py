"""What one person proposes about the giving of a notice and a second person agrees to or not."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from enforcement.data.base import Base
from enforcement.data.cases import Case
from enforcement.data.notices import Notice


class GivingProposal(Base):
    """Another day of giving than the one counted, or giving again at another address.

    One open proposal for a notice at a time; nothing happens before it is agreed.
    """

    __tablename__ = "giving_proposal"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))  # other_day, give_again
    asked: Mapped[dict[str, Any]]  # the day; or recipient, method, day of sending, period
    words: Mapped[str] = mapped_column(Text)  # what shows it, or the reason
    evidence_sha256: Mapped[str | None] = mapped_column(ForeignKey("stored_file.sha256"))
    evidence_name: Mapped[str | None] = mapped_column(String(200))
    proposed_by: Mapped[str] = mapped_column(String(80))
    proposed_by_name: Mapped[str] = mapped_column(String(120))
    proposed_at: Mapped[datetime]
    outcome: Mapped[str | None] = mapped_column(String(12))  # agreed, refused, taken_back
    settled_by: Mapped[str | None] = mapped_column(String(80))
    settled_by_name: Mapped[str | None] = mapped_column(String(120))
    settled_at: Mapped[datetime | None]
    settled_words: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)

    case: Mapped[Case] = relationship()
    notice: Mapped[Notice] = relationship()

    __table_args__ = (
        CheckConstraint("kind in ('other_day', 'give_again')", name="kind"),
        CheckConstraint(
            "outcome is null or outcome in ('agreed', 'refused', 'taken_back')", name="outcome"
        ),
        CheckConstraint("(settled_at is null) = (outcome is null)", name="settled"),
        CheckConstraint(
            "outcome is null or outcome <> 'agreed' or settled_by <> proposed_by",
            name="two_people",
        ),
        CheckConstraint("kind <> 'other_day' or evidence_sha256 is not null", name="evidence"),
        Index(
            "uq_giving_proposal_open",
            "notice_id",
            unique=True,
            sqlite_where=text("outcome is null"),
            postgresql_where=text("outcome is null"),
        ),
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own declaration
