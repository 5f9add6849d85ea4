"""Whom a provider asks us to write to about its case: said by link, beside the proper address."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from enforcement.data.base import Base


class CaseContact(Base):
    """A person to write to, as the provider said. The latest of a case holds; none is changed."""

    __tablename__ = "case_contact"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("reply_link.id"))
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254))
    phone: Mapped[str] = mapped_column(String(40))
    form_key: Mapped[str] = mapped_column(String(64), unique=True)
    said_at: Mapped[datetime]
