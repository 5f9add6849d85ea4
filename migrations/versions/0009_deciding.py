"""Deciding: files opened, findings, declarations, questions, extensions, concerns

Revision: 0009
After: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from enforcement.data.guards import Guard, install, never_changed, never_deleted

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

APPEND_ONLY = ("file_look", "finding", "panel_declaration", "period_extension", "concern")
COLUMNS = (("reply_point", "not_opened"), ("decision", "differs"))
GUARDS = (
    *(never_changed(table, f"{table}: append-only") for table in APPEND_ONLY),
    *(never_deleted(table, f"{table}: append-only") for table in APPEND_ONLY),
    never_deleted("reply_question"),
    # A question is closed once, and its words never change.
    Guard(
        "reply_question",
        "update_when",
        "UPDATE",
        "reply_question: closed once, never changed",
        "OLD.closed_at is not null or not (NEW.case_id = OLD.case_id"
        " and NEW.reply_id = OLD.reply_id and NEW.number = OLD.number and NEW.text = OLD.text"
        " and NEW.due_on = OLD.due_on and NEW.sent_to = OLD.sent_to"
        " and NEW.asked_by = OLD.asked_by)",
    ),
    # Nothing is added to what the panel decided on.
    *(
        Guard(
            table,
            "insert_when",
            "INSERT",
            f"{table}: the panel has decided",
            "exists (select 1 from decision where id = NEW.decision_id and outcome is not null)",
        )
        for table in ("finding", "panel_declaration")
    ),
)


def upgrade() -> None:
    for table, column in COLUMNS:
        op.add_column(table, sa.Column(column, sa.Text(), nullable=True))
    _looks()
    _findings()
    _declarations()
    _questions()
    _extensions()
    _concerns()
    install(op.get_bind(), GUARDS)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), nullable=False)


def _ref(name: str, *, needed: bool = True) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=not needed)


def _text(name: str, size: int = 0, *, needed: bool = True) -> sa.Column[str]:
    return sa.Column(name, sa.String(size) if size else sa.Text(), nullable=not needed)


def _at(name: str, *, needed: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not needed)


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}")
    )


def _key(table: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _looks() -> None:
    op.create_table(
        "file_look",
        _id(),
        _ref("file_id"),
        _text("person", 80),
        _text("person_name", 120),
        _at("at"),
        _text("copy", 8),
        _text("sha256", 64),
        _check("file_look", "copy", "copy in ('clean', 'original')"),
        _to("file_look", "file_id", "reply_file"),
        _key("file_look"),
    )
    op.create_index("uq_file_look_once", "file_look", ["file_id", "person", "copy"], unique=True)


def _findings() -> None:
    op.create_table(
        "finding",
        _id(),
        _ref("decision_id"),
        _text("kind", 12),
        _ref("point_id", needed=False),
        _text("excuse", 40),
        _text("found", 8),
        _text("reasons"),
        _check("finding", "kind", "kind in ('excuse', 'falsity', 'material')"),
        _check("finding", "found", "found in ('yes', 'partly', 'no')"),
        _check("finding", "point", "(kind = 'excuse') = (point_id is not null)"),
        _to("finding", "decision_id", "decision"),
        _to("finding", "point_id", "reply_point"),
        _key("finding"),
    )
    op.create_index(op.f("ix_finding_decision_id"), "finding", ["decision_id"])


def _declarations() -> None:
    op.create_table(
        "panel_declaration",
        _id(),
        _ref("decision_id"),
        _text("member", 80),
        _text("member_name", 120),
        _text("conflict"),
        _at("declared_at"),
        _to("panel_declaration", "decision_id", "decision"),
        _key("panel_declaration"),
    )
    op.create_index(
        "uq_panel_declaration_member", "panel_declaration", ["decision_id", "member"], unique=True
    )


def _questions() -> None:
    op.create_table(
        "reply_question",
        _id(),
        _ref("case_id"),
        _ref("reply_id"),
        _ref("number"),
        _text("text"),
        _text("sent_to", 254),
        sa.Column("due_on", sa.Date(), nullable=False),
        _text("asked_by", 80),
        _text("asked_by_name", 120),
        _at("asked_at"),
        _ref("answer_id", needed=False),
        _at("closed_at", needed=False),
        _text("closed_by", 80, needed=False),
        _text("closed_words", needed=False),
        _to("reply_question", "case_id", "enforcement_case"),
        _to("reply_question", "reply_id", "reply"),
        _to("reply_question", "answer_id", "reply"),
        _key("reply_question"),
    )
    op.create_index(op.f("ix_reply_question_case_id"), "reply_question", ["case_id"])
    op.create_index(
        "uq_reply_question_number", "reply_question", ["case_id", "number"], unique=True
    )


def _extensions() -> None:
    op.create_table(
        "period_extension",
        _id(),
        _ref("case_id"),
        _ref("notice_id"),
        sa.Column("was_ends_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        _text("reason"),
        _text("agreed_by", 80),
        _text("agreed_by_name", 120),
        _at("agreed_at"),
        _check("period_extension", "longer", "ends_on > was_ends_on"),
        _to("period_extension", "case_id", "enforcement_case"),
        _to("period_extension", "notice_id", "notice"),
        _key("period_extension"),
    )
    op.create_index(op.f("ix_period_extension_case_id"), "period_extension", ["case_id"])


def _concerns() -> None:
    op.create_table(
        "concern",
        _id(),
        _ref("case_id"),
        _ref("reply_id", needed=False),
        _text("kind", 12),
        _text("sent_to", 254),
        _text("routed_by", 80),
        _text("routed_by_name", 120),
        _at("routed_at"),
        _check("concern", "kind", "kind in ('complaint', 'safeguarding')"),
        _to("concern", "case_id", "enforcement_case"),
        _to("concern", "reply_id", "reply"),
        _key("concern"),
    )
    op.create_index(op.f("ix_concern_case_id"), "concern", ["case_id"])


def downgrade() -> None:
    for table in ("concern", "period_extension", "reply_question", "panel_declaration"):
        op.drop_table(table)
    for table in ("finding", "file_look"):
        op.drop_table(table)
    for table, column in COLUMNS:
        op.drop_column(table, column)
