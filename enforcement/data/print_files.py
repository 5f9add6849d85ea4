"""Print files: what the post room was given for an issue run, and where each letter stands in it.

A letter stands in one file only, so that printing every file posts every letter once.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from enforcement.data.base import Base
from enforcement.data.notices import Notice


class PrintFileRow(Base):
    """One file of a run's letters: the bytes that were handed over. Append only."""

    __tablename__ = "print_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("issue_run.id"))
    number: Mapped[int]  # 1, 2, … within the run
    parts: Mapped[int]  # how many the run's letters fill, as it stood then
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    pages: Mapped[int]  # the cover and empty backs included
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(80))
    made_by_name: Mapped[str] = mapped_column(String(120))

    __table_args__ = (Index("uq_print_file_number", "run_id", "number", unique=True),)


class PrintLetter(Base):
    """One letter's place in its print file. Append only."""

    __tablename__ = "print_letter"

    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("print_file.id"), index=True)
    position: Mapped[int]  # its place in the run's manifest
    first_page: Mapped[int]  # of the file

    notice: Mapped[Notice] = relationship()
    file: Mapped[PrintFileRow] = relationship()
