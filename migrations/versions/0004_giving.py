"""Tasks, and proposals about the giving of a notice

Revision: 0004
After: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from enforcement.data.guards import Guard, install, never_deleted

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = ("task", "giving_proposal")
GUARDS = (
    *(never_deleted(table) for table in TABLES),
    Guard(
        "task",
        "change",
        "UPDATE",
        "task: closed once, and nothing else changes",
        "OLD.closed_at is not null or not (NEW.key = OLD.key and NEW.case_id = OLD.case_id"
        " and NEW.kind = OLD.kind and NEW.due_on = OLD.due_on and NEW.about = OLD.about)",
    ),
    Guard(
        "giving_proposal",
        "change",
        "UPDATE",
        "proposal: settled once, and nothing else changes",
        "OLD.outcome is not null or not (NEW.notice_id = OLD.notice_id and NEW.kind = OLD.kind"
        " and NEW.words = OLD.words and NEW.proposed_by = OLD.proposed_by"
        " and NEW.evidence_sha256 {same} OLD.evidence_sha256)",
    ),
)


def upgrade() -> None:
    op.create_table(
        "task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("receipt", sa.JSON(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(length=80), nullable=False),
        sa.Column("opened_by_name", sa.String(length=120), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=80), nullable=True),
        sa.Column("closed_by_name", sa.String(length=120), nullable=True),
        sa.Column("closed_how", sa.String(length=12), nullable=True),
        sa.Column("closed_words", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(closed_at is null) = (closed_how is null)", name=op.f("ck_task_closed")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["enforcement_case.id"], name=op.f("fk_task_case_id_enforcement_case")
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notice.id"], name=op.f("fk_task_notice_id_notice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint("key", name=op.f("uq_task_key")),
    )
    op.create_index(op.f("ix_task_case_id"), "task", ["case_id"])
    op.create_index(op.f("ix_task_notice_id"), "task", ["notice_id"])
    op.create_index("ix_task_closed_due", "task", ["closed_at", "due_on", "id"])
    op.create_table(
        "giving_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("evidence_sha256", sa.String(length=64), nullable=True),
        sa.Column("evidence_name", sa.String(length=200), nullable=True),
        sa.Column("proposed_by", sa.String(length=80), nullable=False),
        sa.Column("proposed_by_name", sa.String(length=120), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("settled_by", sa.String(length=80), nullable=True),
        sa.Column("settled_by_name", sa.String(length=120), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_words", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind in ('other_day', 'give_again')", name=op.f("ck_giving_proposal_kind")
        ),
        sa.CheckConstraint(
            "outcome is null or outcome in ('agreed', 'refused', 'taken_back')",
            name=op.f("ck_giving_proposal_outcome"),
        ),
        sa.CheckConstraint(
            "(settled_at is null) = (outcome is null)", name=op.f("ck_giving_proposal_settled")
        ),
        sa.CheckConstraint(
            "outcome is null or outcome <> 'agreed' or settled_by <> proposed_by",
            name=op.f("ck_giving_proposal_two_people"),
        ),
        sa.CheckConstraint(
            "kind <> 'other_day' or evidence_sha256 is not null",
            name=op.f("ck_giving_proposal_evidence"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["enforcement_case.id"],
            name=op.f("fk_giving_proposal_case_id_enforcement_case"),
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notice.id"], name=op.f("fk_giving_proposal_notice_id_notice")
        ),
        sa.ForeignKeyConstraint(
            ["evidence_sha256"],
            ["stored_file.sha256"],
            name=op.f("fk_giving_proposal_evidence_sha256_stored_file"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_giving_proposal")),
    )
    op.create_index(op.f("ix_giving_proposal_case_id"), "giving_proposal", ["case_id"])
    op.create_index(op.f("ix_giving_proposal_notice_id"), "giving_proposal", ["notice_id"])
    op.create_index(
        "uq_giving_proposal_open",
        "giving_proposal",
        ["notice_id"],
        unique=True,
        sqlite_where=sa.text("outcome is null"),
        postgresql_where=sa.text("outcome is null"),
    )
    install(op.get_bind(), GUARDS)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
