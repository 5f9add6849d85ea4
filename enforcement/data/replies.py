"""The reply link, its sessions and drafts, replies with their evidence and their points."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from enforcement.data.base import Base
from enforcement.data.cases import Case


class ReplyLink(Base):
    """The way in for one case. Only hashes are stored; a new generation ends older secrets."""

    __tablename__ = "reply_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(30), unique=True)  # for the history, not secret
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id"))
    generation: Mapped[int] = mapped_column(default=1)
    seed: Mapped[str | None] = mapped_column(String(64))  # random; None on the oldest links
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    wrong_tries: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    locked_for_good: Mapped[bool] = mapped_column(Boolean, default=False)
    fetched: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)

    case: Mapped[Case] = relationship()
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own declaration


class ReturnCode(Base):
    """A code to come back to a saved reply with. Only its hash is stored; it ends with its link."""

    __tablename__ = "return_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("reply_link.id"), index=True)
    generation: Mapped[int]
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime]


class FormatWish(Base):
    """How a provider wants to be written to. The latest of a provider holds; none is changed."""

    __tablename__ = "format_wish"

    id: Mapped[int] = mapped_column(primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"))
    format: Mapped[str] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(Text)
    form_key: Mapped[str] = mapped_column(String(64), unique=True)
    asked_at: Mapped[datetime]
    asked_by: Mapped[str] = mapped_column(String(80))


class ReplyAttempt(Base):
    """A try at a code, by address: rate limits that hold across processes."""

    __tablename__ = "reply_attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    ok: Mapped[bool] = mapped_column(Boolean)

    __table_args__ = (Index(None, "address", "at"),)


class ReplySession(Base):
    """A browser let in by link and second fact; bound to that one link."""

    __tablename__ = "reply_session"

    secret_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("reply_link.id"))
    generation: Mapped[int]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ReplyDraft(Base):
    """What a provider has entered and not yet sent; kept with its files."""

    __tablename__ = "reply_draft"

    id: Mapped[int] = mapped_column(primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("reply_link.id"), index=True)
    form_key: Mapped[str] = mapped_column(String(64), unique=True)
    answers: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own declaration


class Reply(Base):
    """What a provider sent back, by link or keyed from post, phone or email; never edited."""

    __tablename__ = "reply"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    reference: Mapped[str] = mapped_column(String(30), unique=True)
    form_key: Mapped[str] = mapped_column(String(64), unique=True)
    source: Mapped[str] = mapped_column(String(12))  # link, post, phone, email
    received_at: Mapped[datetime]
    keyed_by: Mapped[str | None] = mapped_column(String(80))
    late: Mapped[bool] = mapped_column(Boolean)
    sender_name: Mapped[str] = mapped_column(String(120))
    sender_role: Mapped[str] = mapped_column(String(120))
    sender_email: Mapped[str | None] = mapped_column(String(254))
    answers: Mapped[dict[str, Any]]
    receipt: Mapped[dict[str, Any]]
    read_at: Mapped[datetime | None]
    read_by: Mapped[str | None] = mapped_column(String(80))

    case: Mapped[Case] = relationship()
    files: Mapped[list[ReplyFile]] = relationship(back_populates="reply", order_by="ReplyFile.id")
    points: Mapped[list[ReplyPoint]] = relationship(
        back_populates="reply", order_by="ReplyPoint.number"
    )
    __table_args__ = (
        CheckConstraint("source in ('link', 'post', 'phone', 'email')", name="source"),
        CheckConstraint("source = 'link' or keyed_by is not null", name="keyed"),
    )


class ReplyFile(Base):
    """Evidence: the original bytes, and the cleaned copy that officers open."""

    __tablename__ = "reply_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int | None] = mapped_column(ForeignKey("reply_draft.id"), index=True)
    reply_id: Mapped[int | None] = mapped_column(ForeignKey("reply.id"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(20))
    original_sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    cleaned_sha256: Mapped[str | None] = mapped_column(ForeignKey("stored_file.sha256"))
    size: Mapped[int]
    scan: Mapped[str] = mapped_column(String(20))  # clean, not scanned
    added_at: Mapped[datetime]

    reply: Mapped[Reply | None] = relationship(back_populates="files")


class ReplyPoint(Base):
    """One point of a reply; each needs an answer and a view before any decision."""

    __tablename__ = "reply_point"

    id: Mapped[int] = mapped_column(primary_key=True)
    reply_id: Mapped[int] = mapped_column(ForeignKey("reply.id"), index=True)
    number: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(String(40), default="other")
    evidence_looked_at: Mapped[str] = mapped_column(Text, default="")
    not_opened: Mapped[str | None] = mapped_column(Text)  # why files were left unopened
    answer: Mapped[str | None] = mapped_column(Text)
    view: Mapped[str | None] = mapped_column(String(20))  # accepted, partly, not_accepted
    answered_by: Mapped[str | None] = mapped_column(String(80))
    answered_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    reply: Mapped[Reply] = relationship(back_populates="points")
    __table_args__ = (Index("uq_reply_point_number", "reply_id", "number", unique=True),)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own declaration
