"""Appeals step by step, directions, the county court, and how cases were closed.

Revision: 0015
After: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from enforcement.data.guards import grows_only, install

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

GUARDS = (
    *grows_only("appeal_step", ("id",)),
    *grows_only("direction", ("id",), ("appeal_id", "number")),
    *grows_only("direction_step", ("id",)),
    *grows_only("court_entry", ("id",)),
    *grows_only("case_closing", ("id",)),
)


def upgrade() -> None:
    op.create_table(
        "appeal_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appeal_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("pence", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.String(length=80), nullable=False),
        sa.Column("recorded_by_name", sa.String(length=120), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["appeal_id"], ["appeal.id"], name=op.f("fk_appeal_step_appeal_id_appeal")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal_step")),
    )
    op.create_index(op.f("ix_appeal_step_appeal_id"), "appeal_step", ["appeal_id"], unique=False)
    op.create_table(
        "direction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appeal_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("whose", sa.String(length=12), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("first_due_on", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.String(length=80), nullable=False),
        sa.Column("recorded_by_name", sa.String(length=120), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["appeal_id"], ["appeal.id"], name=op.f("fk_direction_appeal_id_appeal")
        ),
        sa.CheckConstraint("whose in ('us', 'provider', 'both')", name=op.f("ck_direction_whose")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_direction")),
    )
    op.create_index("uq_direction_number", "direction", ["appeal_id", "number"], unique=True)
    op.create_table(
        "direction_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("direction_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.String(length=80), nullable=False),
        sa.Column("recorded_by_name", sa.String(length=120), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["direction_id"],
            ["direction.id"],
            name=op.f("fk_direction_step_direction_id_direction"),
        ),
        sa.CheckConstraint(
            "(kind = 'extended') = (until is not null)", name=op.f("ck_direction_step_until")
        ),
        sa.CheckConstraint(
            "kind in ('extended', 'done', 'set_aside', 'lapsed')",
            name=op.f("ck_direction_step_kind"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_direction_step")),
    )
    op.create_index(
        op.f("ix_direction_step_direction_id"), "direction_step", ["direction_id"], unique=False
    )
    op.create_table(
        "court_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("court", sa.String(length=120), nullable=False),
        sa.Column("court_reference", sa.String(length=60), nullable=False),
        sa.Column("pence", sa.Integer(), nullable=True),
        sa.Column("pay_by", sa.Date(), nullable=True),
        sa.Column("certificate_id", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.String(length=80), nullable=False),
        sa.Column("recorded_by_name", sa.String(length=120), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["notice.id"], name=op.f("fk_court_entry_certificate_id_notice")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["enforcement_case.id"],
            name=op.f("fk_court_entry_case_id_enforcement_case"),
        ),
        sa.CheckConstraint(
            "kind in ('applied', 'ordered', 'refused')", name=op.f("ck_court_entry_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_court_entry")),
    )
    op.create_index(op.f("ix_court_entry_case_id"), "court_entry", ["case_id"], unique=False)
    op.create_table(
        "case_closing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=False),
        sa.Column("keep_rule", sa.Text(), nullable=False),
        sa.Column("policy_id", sa.Integer(), nullable=True),
        sa.Column("lesson", sa.String(length=24), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("closed_by", sa.String(length=80), nullable=False),
        sa.Column("closed_by_name", sa.String(length=120), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["policy_id"], ["policy.id"], name=op.f("fk_case_closing_policy_id_policy")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["enforcement_case.id"],
            name=op.f("fk_case_closing_case_id_enforcement_case"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_closing")),
    )
    op.create_index(op.f("ix_case_closing_case_id"), "case_closing", ["case_id"], unique=False)
    install(op.get_bind(), GUARDS)


def downgrade() -> None:
    raise RuntimeError("the guards of the history are not taken down by a migration")
