"""Replies: the random half of a link, codes to come back with, formats asked for

Revision: 0008
After: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from enforcement.data.guards import grows_only, install

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

GUARDS = (
    *grows_only("return_code", ("id",), ("code_hash",)),
    *grows_only("format_wish", ("id",), ("form_key",)),
)


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
    install(op.get_bind(), GUARDS)


def downgrade() -> None:
    raise RuntimeError("the guards of the history are not taken down by a migration")
