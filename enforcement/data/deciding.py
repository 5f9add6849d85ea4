"""What a decision rests on: files opened, findings made, interests declared, questions asked,
the period extended, concerns passed on."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from enforcement.data.base import Base
from enforcement.data.cases import Case
from enforcement.data.decisions import Decision
from enforcement.data.notices import Notice
from enforcement.data.replies import Reply, ReplyFile, ReplyPoint


class FileLook(Base):
    """That a person opened a file of a reply, and when first. Append only."""

    __tablename__ = "file_look"

    id: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("reply_file.id"))
    person: Mapped[str] = mapped_column(String(80))
    person_name: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
    copy: Mapped[str] = mapped_column(String(8))
    sha256: Mapped[str] = mapped_column(String(64))

    file: Mapped[ReplyFile] = relationship()
    __table_args__ = (
        CheckConstraint("copy in ('clean', 'original')", name="copy"),
        Index("uq_file_look_once", "file_id", "person", "copy", unique=True),
    )


class FindingRow(Base):
    """One finding of what is put to the panel: on an excuse, on falsity, on material extent."""

    __tablename__ = "finding"

    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    point_id: Mapped[int | None] = mapped_column(ForeignKey("reply_point.id"))
    excuse: Mapped[str] = mapped_column(String(40), default="")  # the kind of excuse
    found: Mapped[str] = mapped_column(String(8))
    reasons: Mapped[str] = mapped_column(Text)

    decision: Mapped[Decision] = relationship()
    point: Mapped[ReplyPoint | None] = relationship()
    __table_args__ = (
        CheckConstraint("kind in ('excuse', 'falsity', 'material')", name="kind"),
        CheckConstraint("found in ('yes', 'partly', 'no')", name="found"),
        CheckConstraint("(kind = 'excuse') = (point_id is not null)", name="point"),
    )


class Declaration(Base):
    """What a member said of their interests before the papers were shown. Append only."""

    __tablename__ = "panel_declaration"

    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"))
    member: Mapped[str] = mapped_column(String(80))
    member_name: Mapped[str] = mapped_column(String(120))
    conflict: Mapped[str] = mapped_column(Text, default="")  # "" means none
    declared_at: Mapped[datetime]

    decision: Mapped[Decision] = relationship()
    __table_args__ = (Index("uq_panel_declaration_member", "decision_id", "member", unique=True),)


class Question(Base):
    """What an officer asked the provider about a reply, and how it ended."""

    __tablename__ = "reply_question"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    reply_id: Mapped[int] = mapped_column(ForeignKey("reply.id"))
    number: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    sent_to: Mapped[str] = mapped_column(String(254))  # "": only on the reply site
    due_on: Mapped[date]
    asked_by: Mapped[str] = mapped_column(String(80))
    asked_by_name: Mapped[str] = mapped_column(String(120))
    asked_at: Mapped[datetime]
    answer_id: Mapped[int | None] = mapped_column(ForeignKey("reply.id"))
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(80))
    closed_words: Mapped[str | None] = mapped_column(Text)

    case: Mapped[Case] = relationship()
    reply: Mapped[Reply] = relationship(foreign_keys=[reply_id])
    answer: Mapped[Reply | None] = relationship(foreign_keys=[answer_id])
    __table_args__ = (Index("uq_reply_question_number", "case_id", "number", unique=True),)


class Extension(Base):
    """More time for representations: the day before and the day after. Append only."""

    __tablename__ = "period_extension"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"))
    was_ends_on: Mapped[date]
    ends_on: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    agreed_by: Mapped[str] = mapped_column(String(80))
    agreed_by_name: Mapped[str] = mapped_column(String(120))
    agreed_at: Mapped[datetime]

    notice: Mapped[Notice] = relationship()
    __table_args__ = (CheckConstraint("ends_on > was_ends_on", name="longer"),)


class Concern(Base):
    """A complaint or safeguarding concern passed on. The words are kept with its event alone."""

    __tablename__ = "concern"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    reply_id: Mapped[int | None] = mapped_column(ForeignKey("reply.id"))
    kind: Mapped[str] = mapped_column(String(12))
    sent_to: Mapped[str] = mapped_column(String(254))
    routed_by: Mapped[str] = mapped_column(String(80))
    routed_by_name: Mapped[str] = mapped_column(String(120))
    routed_at: Mapped[datetime]

    reply: Mapped[Reply | None] = relationship()
    __table_args__ = (CheckConstraint("kind in ('complaint', 'safeguarding')", name="kind"),)
