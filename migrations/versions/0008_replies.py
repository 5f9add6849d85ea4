"""Replies: the random half of a link, codes to come back with, formats asked for

Revision: 0008
After: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Tables that only grow, each with the columns by which SQLite could replace a row.
TABLES = {
    "return_code": ("id = new.id", "code_hash = new.code_hash"),
    "format_wish": ("id = new.id", "form_key = new.form_key"),
}


def upgrade() -> None:
    op.add_column("reply_link", sa.Column("seed", sa.String(length=64), nullable=True))
    op.create_table(
        "return_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["link_id"], ["reply_link.id"], name=op.f("fk_return_code_link_id_reply_link")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_return_code_code_hash")),
    )
    op.create_index("ix_return_code_link_id", "return_code", ["link_id"])
    op.create_table(
        "format_wish",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("form_key", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["provider.id"], name=op.f("fk_format_wish_provider_id_provider")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["enforcement_case.id"],
            name=op.f("fk_format_wish_case_id_enforcement_case"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_format_wish")),
        sa.UniqueConstraint("form_key", name=op.f("uq_format_wish_form_key")),
    )
    op.create_index("ix_format_wish_provider_id", "format_wish", ["provider_id"])
    for statement in _sqlite() if op.get_bind().dialect.name == "sqlite" else _postgresql():
        op.execute(statement)


def _words(table: str, what: str) -> str:
    return f"{table}: rows are never {what}"


def _sqlite() -> list[str]:
    def refuse(name: str, table: str, when: str, condition: str, words: str) -> str:
        clause = f" WHEN {condition}" if condition else ""
        return (
            f"CREATE TRIGGER guard_{table}_{name} BEFORE {when} ON {table}{clause}"
            f" BEGIN SELECT RAISE(ABORT, '{words}'); END"
        )

    out: list[str] = []
    for table, keys in TABLES.items():
        met = " or ".join(f"exists (select 1 from {table} where {key})" for key in keys)
        out += [
            refuse("update", table, "UPDATE", "", _words(table, "changed")),
            refuse("delete", table, "DELETE", "", _words(table, "deleted")),
            refuse("again", table, "INSERT", met, _words(table, "replaced")),
        ]
    return out


def _postgresql() -> list[str]:
    def refuse(table: str, when: str, what: str, level: str = "ROW") -> str:
        return (
            f"CREATE TRIGGER guard_{table}_{when.lower()} BEFORE {when} ON {table}"
            f" FOR EACH {level} EXECUTE FUNCTION guard_refuse('{_words(table, what)}')"
        )

    return [
        statement
        for table in TABLES
        for statement in (
            refuse(table, "UPDATE", "changed"),
            refuse(table, "DELETE", "deleted"),
            refuse(table, "TRUNCATE", "deleted", "STATEMENT"),
        )
    ]


def downgrade() -> None:
    raise RuntimeError("the guards of the history are not taken down by a migration")
