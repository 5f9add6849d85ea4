"""The least each PostgreSQL role needs. The owner migrates; nobody works as the owner.

app      the staff site and the worker: reads and writes, but the history only grows
reply    the reply site: reads what it shows, inserts replies; no notice, decision or money
auditor  SELECT, nothing else
"""

from __future__ import annotations

from enforcement.data.base import Base

HISTORY = ("event", "log_entry", "checkpoint")
GROWS_ONLY = (
    *HISTORY,
    "return_row",
    "public_body_review",
    "sending_attempt",
    "ledger_entry",
    "panel_vote",
    "stored_file",
    "run_row",
    "print_file",
    "print_letter",
    "issue_look",
    "bundle_edition",
    "bundle_addition",
    "bundle_redaction",
    "format_wish",
    "return_code",
    "case_contact",
    "file_look",
    "finding",
    "panel_declaration",
    "period_extension",
    "concern",
    "appeal_step",
    "direction",
    "direction_step",
    "court_entry",
    "case_closing",
    "remittance",
    "remitted_entry",
)
REPLY_INSERTS = (
    "lost_link",
    "proven_case",
    "case_contact",
    "reply",
    "reply_draft",
    "reply_file",
    "reply_point",
    "reply_session",
    "reply_attempt",
    "return_code",
    "format_wish",
    "task",
    "outbox_item",
    "stored_file",
    "event",
    "event_text",
)
REPLY_UPDATES = (
    "reply_link",
    "reply_draft",
    "reply_file",
    "reply_session",
    "fresh_link",
    "proven_case",
)
# Unsent drafts and files taken back may go; nothing that was sent may.
APP_DELETES = ("load_progress", "sign_in_attempt", "reply_attempt", "header_mapping")
NOT_FOR_REPLY = (
    "account",
    "staff_session",
    "sign_in_attempt",
    "concern",
    "file_look",
    "panel_declaration",
    "bank_line",
    "write_off",
)


def statements(app: str, reply: str, auditor: str) -> list[str]:
    """The SQL that gives three existing roles exactly this. Run by the owner after migrating."""
    tables = sorted(Base.metadata.tables)
    grows = [t for t in tables if t in GROWS_ONLY]
    changes = [t for t in tables if t not in GROWS_ONLY]
    shown = [t for t in tables if t not in NOT_FOR_REPLY]
    return [
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {app}, {reply}, {auditor}",
        f"GRANT USAGE ON SCHEMA public TO {app}, {reply}, {auditor}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {app}, {reply}",
        f"GRANT SELECT, INSERT ON {', '.join(grows)} TO {app}",
        f"GRANT SELECT, INSERT, UPDATE ON {', '.join(changes)} TO {app}",
        f"GRANT DELETE ON {', '.join(APP_DELETES)} TO {app}",
        f"GRANT SELECT ON alembic_version TO {app}, {reply}",
        f"GRANT SELECT ON {', '.join(shown)} TO {reply}",
        f"GRANT INSERT ON {', '.join(REPLY_INSERTS)} TO {reply}",
        f"GRANT UPDATE ON {', '.join(REPLY_UPDATES)} TO {reply}",
        f"GRANT DELETE ON reply_file TO {reply}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {auditor}",
        f"ALTER ROLE {auditor} SET default_transaction_read_only = on",
        # The job engine keeps its own tables in its own schema, owned by the app.
        f"CREATE SCHEMA IF NOT EXISTS dbos AUTHORIZATION {app}",
        f"GRANT USAGE, CREATE ON SCHEMA dbos TO {app}",
    ]
