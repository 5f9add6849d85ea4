"""Notices: draft, sealed, issued; the outbox that sends them; each attempt and its raw evidence."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from enforcement.data.base import Base
from enforcement.data.cases import Case


class Notice(Base):
    """A document given under the Regulations, or a letter around it.

    What was approved is the pair (facts_sha256, pdf_sha256); issuing compares both again. An
    issued PDF is never rendered again.
    """

    __tablename__ = "notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    reference: Mapped[str] = mapped_column(String(30), unique=True)
    kind: Mapped[str] = mapped_column(String(30))
    sequence: Mapped[int]  # 1, 2, … within the case
    state: Mapped[str] = mapped_column(String(12))
    template_version: Mapped[str] = mapped_column(String(20))
    facts: Mapped[dict[str, Any]]
    facts_sha256: Mapped[str] = mapped_column(String(64))
    pdf_sha256: Mapped[str | None] = mapped_column(ForeignKey("stored_file.sha256"))
    pages: Mapped[int | None]
    checks: Mapped[list[Any]]  # legal elements and page geometry, as found on the rendered page
    recipient: Mapped[dict[str, Any]]
    method: Mapped[str] = mapped_column(String(20))
    amount_pence: Mapped[int | None]
    period_days: Mapped[int | None]
    period_ends_on: Mapped[date | None]
    drafted_by: Mapped[str] = mapped_column(String(80))
    drafted_by_name: Mapped[str] = mapped_column(String(120))
    drafted_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    approved_by: Mapped[str | None] = mapped_column(String(80))
    approved_by_name: Mapped[str | None] = mapped_column(String(120))
    approved_at: Mapped[datetime | None]
    approved_pdf_sha256: Mapped[str | None] = mapped_column(String(64))
    approved_facts_sha256: Mapped[str | None] = mapped_column(String(64))
    returned_reason: Mapped[str | None] = mapped_column(Text)
    issued_at: Mapped[datetime | None]
    issued_by: Mapped[str | None] = mapped_column(String(80))
    sent_at: Mapped[datetime | None]
    given_on: Mapped[date | None]
    giving_receipt: Mapped[list[Any]]
    withdrawn_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    case: Mapped[Case] = relationship()

    __table_args__ = (
        Index("uq_notice_case_sequence", "case_id", "sequence", unique=True),
        CheckConstraint(
            "state in ('draft', 'submitted', 'approved', 'issued', 'given', 'failed', 'withdrawn',"
            " 'discarded')",
            name="state",
        ),
        CheckConstraint("approved_by is null or approved_by <> drafted_by", name="two_people"),
        CheckConstraint(
            "state not in ('issued', 'given') or approved_by is not null"
            " or kind not in ('notice_of_intent', 'final_notice')",
            name="issued_needs_approval",
        ),
        CheckConstraint(
            "state not in ('issued', 'given') or pdf_sha256 = approved_pdf_sha256"
            " or kind not in ('notice_of_intent', 'final_notice')",
            name="issued_is_approved",
        ),
        Index(
            "uq_notice_live_kind",
            "case_id",
            "kind",
            unique=True,
            sqlite_where=text(
                "kind in ('notice_of_intent', 'final_notice')"
                " and state not in ('withdrawn', 'discarded')"
            ),
            postgresql_where=text(
                "kind in ('notice_of_intent', 'final_notice')"
                " and state not in ('withdrawn', 'discarded')"
            ),
        ),
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own declaration


class OutboxItem(Base):
    """One thing to send, keyed by its business fact. A claim that ran out becomes *uncertain*."""

    __tablename__ = "outbox_item"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id"), index=True)
    channel: Mapped[str] = mapped_column(String(20))  # email, print, hand
    to: Mapped[str] = mapped_column(String(254), default="")
    payload: Mapped[dict[str, Any]]  # subject and words; never a secret
    state: Mapped[str] = mapped_column(String(12))  # ready, claimed, sent, uncertain, failed
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    claimed_by: Mapped[str | None] = mapped_column(String(80))
    sent_at: Mapped[datetime | None]
    evidence: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint(
            "state in ('ready', 'claimed', 'sent', 'uncertain', 'failed')", name="state"
        ),
        Index("ix_outbox_item_state_next", "state", "next_try_at"),
    )


class Attempt(Base):
    """One try at sending and the raw answer. Append only."""

    __tablename__ = "sending_attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("outbox_item.id"), index=True)
    at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(20))  # sent, temporary, permanent, uncertain, …
    evidence: Mapped[str] = mapped_column(Text)
