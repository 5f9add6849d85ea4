"""Bank lines, write-offs that wait for a second person, and what was sent to the Fund."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from enforcement.data.base import Base
from enforcement.data.cases import Case
from enforcement.data.files import ImportedFile
from enforcement.data.payments import LedgerEntry, Penalty


class BankLine(Base):
    """One movement as a bank file told it, and what became of it.

    What the bank said is never changed. `unique_key` is held by one line of each movement, so
    that no movement counts twice; a line seen before has none.
    """

    __tablename__ = "bank_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("imported_file.id"))
    line: Mapped[int]
    on: Mapped[date]
    pence: Mapped[int]  # more than nothing came in, less went out
    reference: Mapped[str] = mapped_column(String(140))
    details: Mapped[str] = mapped_column(Text)
    payer: Mapped[str] = mapped_column(String(140))
    bank_id: Mapped[str] = mapped_column(String(80))
    fact_key: Mapped[str] = mapped_column(String(64), index=True)
    unique_key: Mapped[str | None] = mapped_column(String(160), unique=True)
    same_as_id: Mapped[int | None] = mapped_column(ForeignKey("bank_line.id"))
    state: Mapped[str] = mapped_column(String(12))
    why: Mapped[str] = mapped_column(Text)  # what the reading made of it, in words
    penalty_id: Mapped[int | None] = mapped_column(ForeignKey("penalty.id"), index=True)
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    posted_times: Mapped[int] = mapped_column(default=0)
    settled_by: Mapped[str | None] = mapped_column(String(80))
    settled_by_name: Mapped[str | None] = mapped_column(String(120))
    settled_at: Mapped[datetime | None]
    settled_words: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)

    file: Mapped[ImportedFile] = relationship()
    penalty: Mapped[Penalty | None] = relationship()
    entry: Mapped[LedgerEntry | None] = relationship()
    same_as: Mapped[BankLine | None] = relationship(remote_side=[id])

    __table_args__ = (
        Index("uq_bank_line_place", "file_id", "line", unique=True),
        Index("ix_bank_line_state", "state", "id"),
        Index("ix_bank_line_bank", "bank_id", "pence"),
        CheckConstraint("pence <> 0", name="nonzero"),
        CheckConstraint(
            "state in ('matched', 'posted', 'unmatched', 'duplicate', 'set_aside')", name="state"
        ),
        CheckConstraint("(state = 'posted') = (entry_id is not null)", name="posted"),
        CheckConstraint("(state = 'duplicate') = (unique_key is null)", name="counted"),
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own declaration


class WriteOff(Base):
    """A sum that finance asks to write off and that a second person must agree to."""

    __tablename__ = "write_off"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("enforcement_case.id"), index=True)
    penalty_id: Mapped[int] = mapped_column(ForeignKey("penalty.id"))
    pence: Mapped[int]
    on: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    authority: Mapped[str] = mapped_column(String(120))
    form_key: Mapped[str] = mapped_column(String(64), unique=True)
    asked_by: Mapped[str] = mapped_column(String(80))
    asked_by_name: Mapped[str] = mapped_column(String(120))
    asked_at: Mapped[datetime]
    outcome: Mapped[str | None] = mapped_column(String(12))  # agreed, refused, taken_back
    settled_by: Mapped[str | None] = mapped_column(String(80))
    settled_by_name: Mapped[str | None] = mapped_column(String(120))
    settled_at: Mapped[datetime | None]
    settled_words: Mapped[str | None] = mapped_column(Text)
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    version: Mapped[int] = mapped_column(default=1)

    case: Mapped[Case] = relationship()
    penalty: Mapped[Penalty] = relationship()

    __table_args__ = (
        Index(
            "uq_write_off_open",
            "penalty_id",
            unique=True,
            sqlite_where=text("outcome is null"),
            postgresql_where=text("outcome is null"),
        ),
        CheckConstraint("pence > 0", name="positive"),
        CheckConstraint(
            "outcome is null or outcome in ('agreed', 'refused', 'taken_back')", name="outcome"
        ),
        CheckConstraint("outcome <> 'agreed' or settled_by <> asked_by", name="two_people"),
        CheckConstraint(
            "(entry_id is not null) = (outcome is not null and outcome = 'agreed')", name="entry"
        ),
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own declaration


class Remittance(Base):
    """A sum sent to the Consolidated Fund. Never changed: a correction is in the next one."""

    __tablename__ = "remittance"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    up_to: Mapped[date]
    pence: Mapped[int]
    entries: Mapped[int]
    reference: Mapped[str] = mapped_column(String(80))
    sent_on: Mapped[date]
    recorded_by: Mapped[str] = mapped_column(String(80))
    recorded_by_name: Mapped[str] = mapped_column(String(120))
    recorded_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("pence > 0", name="positive"),)


class RemittedEntry(Base):
    """A ledger entry in the remittance it went with: in one, once."""

    __tablename__ = "remitted_entry"

    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"), primary_key=True)
    remittance_id: Mapped[int] = mapped_column(ForeignKey("remittance.id"), index=True)
