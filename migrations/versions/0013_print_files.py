"""Print files and the letters in them: written once, each letter in one file.

Revision: 0013
After: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from enforcement.data.guards import grows_only, install

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

GUARDS = (
    *grows_only("print_file", ("id",), ("run_id", "number")),
    *grows_only("print_letter", ("notice_id",)),
)


def upgrade() -> None:
    op.create_table(
        "print_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("made_by_name", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["issue_run.id"], name=op.f("fk_print_file_run_id_issue_run")
        ),
        sa.ForeignKeyConstraint(
            ["sha256"], ["stored_file.sha256"], name=op.f("fk_print_file_sha256_stored_file")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_file")),
    )
    op.create_index("uq_print_file_number", "print_file", ["run_id", "number"], unique=True)
    op.create_table(
        "print_letter",
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("first_page", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notice.id"], name=op.f("fk_print_letter_notice_id_notice")
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["print_file.id"], name=op.f("fk_print_letter_file_id_print_file")
        ),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_print_letter")),
    )
    op.create_index(op.f("ix_print_letter_file_id"), "print_letter", ["file_id"], unique=False)
    install(op.get_bind(), GUARDS)


def downgrade() -> None:
    raise RuntimeError("the guards of the history are not taken down by a migration")
