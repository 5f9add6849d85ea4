"""Other ways in: links asked for again, the fresh ones sent, and the cases a session has proven."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from enforcement.data.base import Base
from enforcement.data.replies import ReplyLink


class LostLink(Base):
    """Somebody asked for a link again. What was typed is blanked once it is answered."""

    __tablename__ = "lost_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    asked_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(String(64))
    given: Mapped[str] = mapped_column(String(40))
    postcode: Mapped[str] = mapped_column(String(12))
    answered_at: Mapped[datetime | None]
    answer: Mapped[str | None] = mapped_column(String(12))  # email, post, officer, again, nothing
    link_id: Mapped[int | None] = mapped_column(ForeignKey("reply_link.id"), index=True)

    __table_args__ = (
        Index("ix_lost_link_address", "address", "asked_at"),
        Index("ix_lost_link_answered", "answered_at", "id"),
    )


class FreshLink(Base):
    """A second address of a reply link, sent by email. Only the hash of its secret is stored.

    It holds while `generation` is the link's own: one made before an officer re-issued is dead.
    """

    __tablename__ = "fresh_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("reply_link.id"), index=True)
    generation: Mapped[int]
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    taken_up_at: Mapped[datetime | None]

    link: Mapped[ReplyLink] = relationship()


class ProvenCase(Base):
    """A further case whose code and second fact were given in a session that was in already."""

    __tablename__ = "proven_case"

    session_hash: Mapped[str] = mapped_column(
        ForeignKey("reply_session.secret_hash"), primary_key=True
    )
    link_id: Mapped[int] = mapped_column(ForeignKey("reply_link.id"), primary_key=True)
    generation: Mapped[int]
    proven_at: Mapped[datetime]

    link: Mapped[ReplyLink] = relationship()
