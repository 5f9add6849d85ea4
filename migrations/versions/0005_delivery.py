"""What became of each message after it was handed over

Revision: 0005
After: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "delivery",
        sa.Column("item_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("outlet", sa.String(length=20), nullable=False),
        sa.Column("provider_id", sa.String(length=200), nullable=True),
        sa.Column("stage", sa.String(length=20), nullable=True),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asks", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_ask_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "stage in ('sent', 'accepted', 'delivered', 'posted', 'soft', 'failed', 'returned')",
            name=op.f("ck_delivery_stage"),
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["outbox_item.id"], name=op.f("fk_delivery_item_id_outbox_item")
        ),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_delivery")),
    )
    op.create_index("ix_delivery_next_ask_at", "delivery", ["next_ask_at"])


def downgrade() -> None:
    op.drop_index("ix_delivery_next_ask_at", table_name="delivery")
    op.drop_table("delivery")
