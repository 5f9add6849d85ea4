"""Bundles for the tribunal and the county court: orders, editions, late documents, redactions.

Revision: 0007
After: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from enforcement.data.guards import grows_only, install

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None

GUARDS = (
    *grows_only("bundle_edition", ("id",), ("case_id", "pack", "number")),
    *grows_only("bundle_addition", ("id",)),
    *grows_only("bundle_redaction", ("id",), ("case_id", "pack", "number")),
)


def upgrade() -> None:
    op.create_table(
        "bundle_addition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("pack", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column("dated", sa.Date(), nullable=True),
        sa.Column("after", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("original_sha256", sa.String(length=64), nullable=False),
        sa.Column("cleaned_sha256", sa.String(length=64), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("scan", sa.String(length=20), nullable=False),
        sa.Column("added_by", sa.String(length=80), nullable=False),
        sa.Column("added_by_name", sa.String(length=120), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["enforcement_case.id"],
            name=op.f("fk_bundle_addition_case_id_enforcement_case"),
        ),
        sa.ForeignKeyConstraint(
            ["cleaned_sha256"],
            ["stored_file.sha256"],
            name=op.f("fk_bundle_addition_cleaned_sha256_stored_file"),
        ),
        sa.ForeignKeyConstraint(
            ["original_sha256"],
            ["stored_file.sha256"],
            name=op.f("fk_bundle_addition_original_sha256_stored_file"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bundle_addition")),
    )
    op.create_index(
        op.f("ix_bundle_addition_case_id"), "bundle_addition", ["case_id"], unique=False
    )
    op.create_table(
        "bundle_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("pack", sa.String(length=10), nullable=False),
        sa.Column("afresh", sa.Boolean(), nullable=False),
        sa.Column("additions", sa.JSON(), nullable=False),
        sa.Column("volume_mb", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.Column("asked_by_name", sa.String(length=120), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("pack in ('tribunal', 'court')", name=op.f("ck_bundle_order_pack")),
        sa.CheckConstraint(
            "state in ('waiting', 'building', 'done', 'failed')", name=op.f("ck_bundle_order_state")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["enforcement_case.id"],
            name=op.f("fk_bundle_order_case_id_enforcement_case"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bundle_order")),
    )
    op.create_index(op.f("ix_bundle_order_case_id"), "bundle_order", ["case_id"], unique=False)
    op.create_index(
        "uq_bundle_order_open",
        "bundle_order",
        ["case_id", "pack"],
        unique=True,
        sqlite_where=sa.text("state in ('waiting', 'building')"),
        postgresql_where=sa.text("state in ('waiting', 'building')"),
    )
    op.create_table(
        "bundle_redaction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("pack", sa.String(length=10), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("document", sa.String(length=60), nullable=False),
        sa.Column("document_sha256", sa.String(length=64), nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("lifts_id", sa.Integer(), nullable=True),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("made_by_name", sa.String(length=120), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "lifts_id is not null or words is not null or (document <> '' and page is not null)",
            name=op.f("ck_bundle_redaction_place"),
        ),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_bundle_redaction_reason")),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["enforcement_case.id"],
            name=op.f("fk_bundle_redaction_case_id_enforcement_case"),
        ),
        sa.ForeignKeyConstraint(
            ["lifts_id"],
            ["bundle_redaction.id"],
            name=op.f("fk_bundle_redaction_lifts_id_bundle_redaction"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bundle_redaction")),
        sa.UniqueConstraint("lifts_id", name=op.f("uq_bundle_redaction_lifts_id")),
    )
    op.create_index(
        "uq_bundle_redaction_number", "bundle_redaction", ["case_id", "pack", "number"], unique=True
    )
    op.create_table(
        "bundle_edition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("pack", sa.String(length=10), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("follows_id", sa.Integer(), nullable=True),
        sa.Column("manifest", sa.JSON(), nullable=False),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.Column("asked_by_name", sa.String(length=120), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("pages > 0", name=op.f("ck_bundle_edition_pages")),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["enforcement_case.id"],
            name=op.f("fk_bundle_edition_case_id_enforcement_case"),
        ),
        sa.ForeignKeyConstraint(
            ["follows_id"],
            ["bundle_edition.id"],
            name=op.f("fk_bundle_edition_follows_id_bundle_edition"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["bundle_order.id"], name=op.f("fk_bundle_edition_order_id_bundle_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bundle_edition")),
        sa.UniqueConstraint("order_id", name=op.f("uq_bundle_edition_order_id")),
    )
    op.create_index(
        "uq_bundle_edition_number", "bundle_edition", ["case_id", "pack", "number"], unique=True
    )

    install(op.get_bind(), GUARDS)


def downgrade() -> None:
    raise RuntimeError("the guards of the history are not taken down by a migration")
