"""Issue runs: the run, its items and who looked at what; what the database itself refuses.

Revision: 0003
After: 0002

A look is written once. What was issued stays issued, and a frozen manifest stays the one.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ISSUED = "issue item: what was issued stays issued"
FROZEN = "issue run: the frozen manifest stays the one"
LOOKS = "issue_look: rows are never changed"
KEPT = "issue run: rows are never deleted"
TABLES = ("issue_run", "issue_item", "issue_look")


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

    for statement in _sqlite() if op.get_bind().dialect.name == "sqlite" else _postgresql():
        op.execute(statement)


def _sqlite() -> list[str]:
    def refuse(name: str, table: str, when: str, condition: str, words: str) -> str:
        clause = f" WHEN {condition}" if condition else ""
        return (
            f"CREATE TRIGGER guard_{name} BEFORE {when} ON {table}{clause}"
            f" BEGIN SELECT RAISE(ABORT, '{words}'); END"
        )

    met = (
        "exists (select 1 from issue_look where id = NEW.id) or exists (select 1 from issue_look"
        " where item_id = NEW.item_id and person = NEW.person and how = NEW.how"
        " and pdf_sha256 = NEW.pdf_sha256)"
    )
    return [
        *(refuse(f"{table}_delete", table, "DELETE", "", KEPT) for table in TABLES),
        refuse("issue_look_update", "issue_look", "UPDATE", "", LOOKS),
        refuse("issue_look_again", "issue_look", "INSERT", met, LOOKS),
        refuse("issue_item_issued", "issue_item", "UPDATE", "OLD.state = 'issued'", ISSUED),
        refuse(
            "issue_run_manifest",
            "issue_run",
            "UPDATE",
            "OLD.manifest_sha256 is not null and NEW.manifest_sha256 IS NOT OLD.manifest_sha256",
            FROZEN,
        ),
    ]


def _postgresql() -> list[str]:
    """`guard_refuse` is made by 0002; a condition goes into WHEN."""

    def refuse(
        name: str, table: str, when: str, words: str, condition: str = "", level: str = "ROW"
    ) -> str:
        clause = f" WHEN ({condition})" if condition else ""
        return (
            f"CREATE TRIGGER guard_{name} BEFORE {when} ON {table} FOR EACH {level}{clause}"
            f" EXECUTE FUNCTION guard_refuse('{words}')"
        )

    return [
        *(refuse(f"{table}_delete", table, "DELETE", KEPT) for table in TABLES),
        *(
            refuse(f"{table}_truncate", table, "TRUNCATE", KEPT, level="STATEMENT")
            for table in TABLES
        ),
        refuse("issue_look_update", "issue_look", "UPDATE", LOOKS),
        refuse("issue_item_issued", "issue_item", "UPDATE", ISSUED, "OLD.state = 'issued'"),
        refuse(
            "issue_run_manifest",
            "issue_run",
            "UPDATE",
            FROZEN,
            "OLD.manifest_sha256 is not null"
            " and NEW.manifest_sha256 is distinct from OLD.manifest_sha256",
        ),
    ]


def downgrade() -> None:
    raise RuntimeError("the guards of the history are not taken down by a migration")
