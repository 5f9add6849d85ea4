"""Looks, findings, declarations, extensions and concerns: not even INSERT OR REPLACE.

Revision: 0016
After: 0015

0009 refused to change or delete them, which on SQLite a REPLACE goes round where another program
has `recursive_triggers` off.
"""

from __future__ import annotations

from alembic import op

from enforcement.data.guards import install, never_replaced

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

GUARDS = (
    never_replaced("file_look", ("id",), ("file_id", "person", "copy")),
    never_replaced("finding", ("id",)),
    never_replaced("panel_declaration", ("id",), ("decision_id", "member")),
    never_replaced("period_extension", ("id",)),
    never_replaced("concern", ("id",)),
)


def upgrade() -> None:
    install(op.get_bind(), GUARDS)


def downgrade() -> None:
    raise RuntimeError("the guards of the history are not taken down by a migration")
