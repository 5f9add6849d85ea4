"""Issue runs: the run, its items and who looked at what; what the database itself refuses.

Revision: 0003
After: 0002

A look is written once. What was issued stays issued, and a frozen manifest stays the one.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from enforcement.data.guards import Guard, install, never_changed, never_deleted, never_replaced

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEPT = "issue run: rows are never deleted"
LOOKS = "issue_look: rows are never changed"
GUARDS = (
    never_deleted("issue_run", KEPT),
    never_deleted("issue_item", KEPT),
    never_deleted("issue_look", KEPT),
    never_changed("issue_look", LOOKS),
    never_replaced("issue_look", ("id",), ("item_id", "person", "how", "pdf_sha256"), words=LOOKS),
    Guard(
        "issue_item",
        "issued",
        "UPDATE",
        "issue item: what was issued stays issued",
        "OLD.state = 'issued'",
    ),
    Guard(
        "issue_run",
        "manifest",
        "UPDATE",
        "issue run: the frozen manifest stays the one",
        "OLD.manifest_sha256 is not null and not (NEW.manifest_sha256 {same} OLD.manifest_sha256)",
    ),
)


def upgrade() -> None:
    op.create_table(
        "issue_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("send_on", sa.Date(), nullable=False),
        sa.Column("period_days", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=True),
        sa.Column("sample_size", sa.Integer(), nullable=True),
        sa.Column("sample_policy_id", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("created_by_name", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("frozen_by", sa.String(length=80), nullable=True),
        sa.Column("frozen_by_name", sa.String(length=120), nullable=True),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.String(length=80), nullable=True),
        sa.Column("approved_by_name", sa.String(length=120), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_by_name", sa.String(length=120), nullable=True),
        sa.Column("paused_because", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_because", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state in ('drafting', 'frozen', 'approved', 'issuing', 'paused', 'done', 'cancelled')",
            name=op.f("ck_issue_run_state"),
        ),
        sa.CheckConstraint(
            "state not in ('approved', 'issuing', 'done') or approved_by is not null",
            name=op.f("ck_issue_run_approved"),
        ),
        sa.CheckConstraint(
            "state not in ('frozen', 'approved', 'issuing', 'done') or manifest_sha256 is not null",
            name=op.f("ck_issue_run_frozen"),
        ),
        sa.CheckConstraint(
            "approved_by is null or approved_by <> created_by", name=op.f("ck_issue_run_two_people")
        ),
        sa.ForeignKeyConstraint(
            ["manifest_sha256"],
            ["stored_file.sha256"],
            name=op.f("fk_issue_run_manifest_sha256_stored_file"),
        ),
        sa.ForeignKeyConstraint(
            ["sample_policy_id"], ["policy.id"], name=op.f("fk_issue_run_sample_policy_id_policy")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_run")),
        sa.UniqueConstraint("reference", name=op.f("uq_issue_run_reference")),
    )
    op.create_index(op.f("ix_issue_run_state"), "issue_run", ["state"], unique=False)
    op.create_table(
        "issue_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("reason_name", sa.String(length=40), nullable=True),
        sa.Column("sampled", sa.Boolean(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state in ('waiting', 'drafted', 'refused', 'returned', 'issued', 'cancelled', 'held')",
            name=op.f("ck_issue_item_state"),
        ),
        sa.CheckConstraint(
            "state not in ('drafted', 'issued', 'held') or notice_id is not null",
            name=op.f("ck_issue_item_notice"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["enforcement_case.id"],
            name=op.f("fk_issue_item_case_id_enforcement_case"),
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notice.id"], name=op.f("fk_issue_item_notice_id_notice")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["issue_run.id"], name=op.f("fk_issue_item_run_id_issue_run")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_item")),
    )
    op.create_index(op.f("ix_issue_item_notice_id"), "issue_item", ["notice_id"], unique=False)
    op.create_index(
        "ix_issue_item_run_changed", "issue_item", ["run_id", "changed_at"], unique=False
    )
    op.create_index(
        "ix_issue_item_run_state", "issue_item", ["run_id", "state", "position"], unique=False
    )
    op.create_index(
        "uq_issue_item_key",
        "issue_item",
        ["key"],
        unique=True,
        sqlite_where=sa.text("state in ('waiting', 'drafted', 'held', 'issued')"),
        postgresql_where=sa.text("state in ('waiting', 'drafted', 'held', 'issued')"),
    )
    op.create_index(
        "uq_issue_item_live_case",
        "issue_item",
        ["case_id"],
        unique=True,
        sqlite_where=sa.text("state in ('waiting', 'drafted', 'held')"),
        postgresql_where=sa.text("state in ('waiting', 'drafted', 'held')"),
    )
    op.create_index("uq_issue_item_position", "issue_item", ["run_id", "position"], unique=True)
    op.create_index("uq_issue_item_run_case", "issue_item", ["run_id", "case_id"], unique=True)
    op.create_table(
        "issue_look",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("person_name", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("how", sa.String(length=8), nullable=False),
        sa.Column("pdf_sha256", sa.String(length=64), nullable=False),
        sa.CheckConstraint("how in ('glance', 'full')", name=op.f("ck_issue_look_how")),
        sa.ForeignKeyConstraint(
            ["item_id"], ["issue_item.id"], name=op.f("fk_issue_look_item_id_issue_item")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_look")),
    )
    op.create_index(op.f("ix_issue_look_person"), "issue_look", ["person"], unique=False)
    op.create_index(
        "uq_issue_look_once", "issue_look", ["item_id", "person", "how", "pdf_sha256"], unique=True
    )

    install(op.get_bind(), GUARDS)


def downgrade() -> None:
    raise RuntimeError("the guards of the history are not taken down by a migration")
