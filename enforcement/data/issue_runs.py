"""Issue runs: many notices of one kind, drafted, frozen, looked at, approved and issued together.

A run adds nothing to what one notice needs: each item is an ordinary notice of its own case. The
run keeps which cases, the manifest that was frozen, who looked at what, and how each item ended.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from enforcement.data.base import Base
from enforcement.data.cases import Case
from enforcement.data.notices import Notice

_LIVE = text("state in ('waiting', 'drafted', 'held')")
_NOT_DROPPED = text("state in ('waiting', 'drafted', 'held', 'issued')")


class IssueRun(Base):
    """One run: made by one person, frozen under one hash, approved by another."""

    __tablename__ = "issue_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(20), unique=True)  # IR-2026-0001
    kind: Mapped[str] = mapped_column(String(30))
    method: Mapped[str] = mapped_column(String(20))
    send_on: Mapped[date]
    period_days: Mapped[int | None]  # None: the policy's
    state: Mapped[str] = mapped_column(String(12))
    manifest_sha256: Mapped[str | None] = mapped_column(ForeignKey("stored_file.sha256"))
    sample_size: Mapped[int | None]
    sample_policy_id: Mapped[int | None] = mapped_column(ForeignKey("policy.id"))
    created_by: Mapped[str] = mapped_column(String(80))
    created_by_name: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]
    frozen_by: Mapped[str | None] = mapped_column(String(80))
    frozen_by_name: Mapped[str | None] = mapped_column(String(120))
    frozen_at: Mapped[datetime | None]
    approved_by: Mapped[str | None] = mapped_column(String(80))
    approved_by_name: Mapped[str | None] = mapped_column(String(120))
    approved_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]  # when the first item was taken up for issuing
    paused_at: Mapped[datetime | None]
    paused_by_name: Mapped[str | None] = mapped_column(String(120))
    paused_because: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[datetime | None]  # done, or what was left was cancelled
    ended_because: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        CheckConstraint(
            "state in ('drafting', 'frozen', 'approved', 'issuing', 'paused', 'done', 'cancelled')",
            name="state",
        ),
        CheckConstraint("approved_by is null or approved_by <> created_by", name="two_people"),
        CheckConstraint(
            "state not in ('frozen', 'approved', 'issuing', 'done') or manifest_sha256 is not null",
            name="frozen",
        ),
        CheckConstraint(
            "state not in ('approved', 'issuing', 'done') or approved_by is not null",
            name="approved",
        ),
        Index(None, "state"),
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own declaration


class IssueItem(Base):
    """One case in one run. `key` is the business fact: which notice of which case, the how-many-th.

    The database holds that no case is in two live runs and that no fact is issued twice.
    """

    __tablename__ = "issue_item"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("issue_run.id"))
    position: Mapped[int]  # 1, 2, … within the run
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"))
    key: Mapped[str] = mapped_column(String(80))
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id"), index=True)
    state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str | None] = mapped_column(Text)  # the sentence of the refusal, or a person's
    reason_name: Mapped[str | None] = mapped_column(String(40))  # the refusal's stable name
    sampled: Mapped[bool] = mapped_column(Boolean, default=False)  # drawn for a full check
    tries: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime]

    run: Mapped[IssueRun] = relationship()
    case: Mapped[Case] = relationship()
    notice: Mapped[Notice | None] = relationship()

    __table_args__ = (
        CheckConstraint(
            "state in ('waiting', 'drafted', 'refused', 'returned', 'issued', 'cancelled', 'held')",
            name="state",
        ),
        CheckConstraint(
            "state not in ('drafted', 'issued', 'held') or notice_id is not null", name="notice"
        ),
        Index("uq_issue_item_position", "run_id", "position", unique=True),
        Index("uq_issue_item_run_case", "run_id", "case_id", unique=True),
        Index(
            "uq_issue_item_live_case",
            "case_id",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        Index(
            "uq_issue_item_key",
            "key",
            unique=True,
            sqlite_where=_NOT_DROPPED,
            postgresql_where=_NOT_DROPPED,
        ),
        Index("ix_issue_item_run_state", "run_id", "state", "position"),
        Index("ix_issue_item_run_changed", "run_id", "changed_at"),
    )


class IssueLook(Base):
    """That a person looked at an item's exact document: a glance, or a full check. Append only."""

    __tablename__ = "issue_look"

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("issue_item.id"))
    person: Mapped[str] = mapped_column(String(80))
    person_name: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
    how: Mapped[str] = mapped_column(String(8))
    pdf_sha256: Mapped[str] = mapped_column(String(64))

    __table_args__ = (
        CheckConstraint("how in ('glance', 'full')", name="how"),
        Index("uq_issue_look_once", "item_id", "person", "how", "pdf_sha256", unique=True),
        Index(None, "person"),
    )
