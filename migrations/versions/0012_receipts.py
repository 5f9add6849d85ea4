"""Links asked for again, fresh links, cases proven in one session, and whom to write to

Revision: 0012
After: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from enforcement.data.guards import install, never_changed, never_deleted, never_replaced

revision = "0012"
down_revision = "0009"
branch_labels = None
depends_on = None

# A contact once said is never changed.
KEPT = "case_contact: rows are never changed"
GUARDS = (
    never_changed("case_contact", KEPT),
    never_deleted("case_contact", KEPT),
    never_replaced("case_contact", ("id",), ("form_key",), words=KEPT, name="replace"),
)


def upgrade() -> None:
    op.create_table(
        "lost_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("given", sa.String(length=40), nullable=False),
        sa.Column("postcode", sa.String(length=12), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(length=12), nullable=True),
        sa.Column("link_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["link_id"], ["reply_link.id"], name=op.f("fk_lost_link_link_id_reply_link")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lost_link")),
    )
    op.create_index(op.f("ix_lost_link_link_id"), "lost_link", ["link_id"])
    op.create_index("ix_lost_link_address", "lost_link", ["address", "asked_at"])
    op.create_index("ix_lost_link_answered", "lost_link", ["answered_at", "id"])
    op.create_table(
        "fresh_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["link_id"], ["reply_link.id"], name=op.f("fk_fresh_link_link_id_reply_link")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fresh_link")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_fresh_link_secret_hash")),
    )
    op.create_index(op.f("ix_fresh_link_link_id"), "fresh_link", ["link_id"])
    op.create_table(
        "proven_case",
        sa.Column("session_hash", sa.String(length=64), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("proven_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_hash"],
            ["reply_session.secret_hash"],
            name=op.f("fk_proven_case_session_hash_reply_session"),
        ),
        sa.ForeignKeyConstraint(
            ["link_id"], ["reply_link.id"], name=op.f("fk_proven_case_link_id_reply_link")
        ),
        sa.PrimaryKeyConstraint("session_hash", "link_id", name=op.f("pk_proven_case")),
    )
    op.create_table(
        "case_contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("form_key", sa.String(length=64), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["enforcement_case.id"],
            name=op.f("fk_case_contact_case_id_enforcement_case"),
        ),
        sa.ForeignKeyConstraint(
            ["link_id"], ["reply_link.id"], name=op.f("fk_case_contact_link_id_reply_link")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_contact")),
        sa.UniqueConstraint("form_key", name=op.f("uq_case_contact_form_key")),
    )
    op.create_index(op.f("ix_case_contact_case_id"), "case_contact", ["case_id"])
    install(op.get_bind(), GUARDS)


def downgrade() -> None:
    for table in ("case_contact", "proven_case", "fresh_link", "lost_link"):
        op.drop_table(table)
