"""Money: bank lines, write-offs for two people, remittances to the Consolidated Fund

Revision: 0014
After: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from enforcement.data.guards import Guard, grows_only, install, never_deleted

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SAID = ("file_id", "line", "on", "pence", "reference", "details", "payer", "bank_id", "fact_key")
ASKED = ("case_id", "penalty_id", "pence", "on", "reason", "authority", "asked_by")


def upgrade() -> None:
    _bank_lines()
    _write_offs()
    _remittances()
    install(op.get_bind(), GUARDS)


def _differs(columns: tuple[str, ...]) -> str:
    return " or ".join(f'not (NEW."{c}" {{same}} OLD."{c}")' for c in columns)


GUARDS = (
    never_deleted("bank_line"),
    Guard(
        "bank_line",
        "said",
        "UPDATE",
        "bank_line: what the bank said is never changed",
        _differs(SAID),
    ),
    never_deleted("write_off"),
    Guard(
        "write_off",
        "settled",
        "UPDATE",
        "write_off: settled once, never changed",
        f"OLD.outcome is not null or {_differs(ASKED)}",
    ),
    *grows_only("remittance", ("id",), ("number",)),
    *grows_only("remitted_entry", ("entry_id",)),
)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), nullable=False)


def _number(name: str, *, needed: bool = True) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=not needed)


def _text(name: str, size: int = 0, *, needed: bool = True) -> sa.Column[str]:
    return sa.Column(name, sa.String(size) if size else sa.Text(), nullable=not needed)


def _at(name: str, *, needed: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not needed)


def _day(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Date(), nullable=False)


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}")
    )


def _key(table: str, column: str = "id") -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(column, name=op.f(f"pk_{table}"))


def _once(table: str, column: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(column, name=op.f(f"uq_{table}_{column}"))


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _settled() -> list[sa.Column[object]]:
    return [
        _text("settled_by", 80, needed=False),
        _text("settled_by_name", 120, needed=False),
        _at("settled_at", needed=False),
        _text("settled_words", needed=False),
    ]


def _bank_lines() -> None:
    table = "bank_line"
    states = "state in ('matched', 'posted', 'unmatched', 'duplicate', 'set_aside')"
    op.create_table(
        table,
        _id(),
        _number("file_id"),
        _number("line"),
        _day("on"),
        _number("pence"),
        _text("reference", 140),
        _text("details"),
        _text("payer", 140),
        _text("bank_id", 80),
        _text("fact_key", 64),
        _text("unique_key", 160, needed=False),
        _number("same_as_id", needed=False),
        _text("state", 12),
        _text("why"),
        _number("penalty_id", needed=False),
        _number("entry_id", needed=False),
        _number("posted_times"),
        *_settled(),
        _number("version"),
        _check(table, "nonzero", "pence <> 0"),
        _check(table, "state", states),
        _check(table, "posted", "(state = 'posted') = (entry_id is not null)"),
        _check(table, "counted", "(state = 'duplicate') = (unique_key is null)"),
        _to(table, "file_id", "imported_file"),
        _to(table, "same_as_id", "bank_line"),
        _to(table, "penalty_id", "penalty"),
        _to(table, "entry_id", "ledger_entry"),
        _key(table),
        _once(table, "unique_key"),
        _once(table, "entry_id"),
    )
    op.create_index(op.f("ix_bank_line_fact_key"), table, ["fact_key"])
    op.create_index(op.f("ix_bank_line_penalty_id"), table, ["penalty_id"])
    op.create_index("uq_bank_line_place", table, ["file_id", "line"], unique=True)
    op.create_index("ix_bank_line_state", table, ["state", "id"])
    op.create_index("ix_bank_line_bank", table, ["bank_id", "pence"])


def _write_offs() -> None:
    table = "write_off"
    outcomes = "outcome is null or outcome in ('agreed', 'refused', 'taken_back')"
    entry = "(entry_id is not null) = (outcome is not null and outcome = 'agreed')"
    op.create_table(
        table,
        _id(),
        _number("case_id"),
        _number("penalty_id"),
        _number("pence"),
        _day("on"),
        _text("reason"),
        _text("authority", 120),
        _text("form_key", 64),
        _text("asked_by", 80),
        _text("asked_by_name", 120),
        _at("asked_at"),
        _text("outcome", 12, needed=False),
        *_settled(),
        _number("entry_id", needed=False),
        _number("version"),
        _check(table, "positive", "pence > 0"),
        _check(table, "outcome", outcomes),
        _check(table, "two_people", "outcome <> 'agreed' or settled_by <> asked_by"),
        _check(table, "entry", entry),
        _to(table, "case_id", "enforcement_case"),
        _to(table, "penalty_id", "penalty"),
        _to(table, "entry_id", "ledger_entry"),
        _key(table),
        _once(table, "form_key"),
        _once(table, "entry_id"),
    )
    op.create_index(op.f("ix_write_off_case_id"), table, ["case_id"])
    open_now = sa.text("outcome is null")
    op.create_index(
        "uq_write_off_open",
        table,
        ["penalty_id"],
        unique=True,
        sqlite_where=open_now,
        postgresql_where=open_now,
    )


def _remittances() -> None:
    op.create_table(
        "remittance",
        _id(),
        _number("number"),
        _day("up_to"),
        _number("pence"),
        _number("entries"),
        _text("reference", 80),
        _day("sent_on"),
        _text("recorded_by", 80),
        _text("recorded_by_name", 120),
        _at("recorded_at"),
        _check("remittance", "positive", "pence > 0"),
        _key("remittance"),
        _once("remittance", "number"),
    )
    op.create_table(
        "remitted_entry",
        _number("entry_id"),
        _number("remittance_id"),
        _to("remitted_entry", "entry_id", "ledger_entry"),
        _to("remitted_entry", "remittance_id", "remittance"),
        _key("remitted_entry", "entry_id"),
    )
    op.create_index(op.f("ix_remitted_entry_remittance_id"), "remitted_entry", ["remittance_id"])


def downgrade() -> None:
    for table in ("remitted_entry", "remittance", "write_off", "bank_line"):
        op.drop_table(table)
