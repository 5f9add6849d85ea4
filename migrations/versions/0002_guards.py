"""What the database itself refuses: changed history, single-handed decisions, broken seals.

Revision: 0002
After: 0001

On SQLite, UPDATE and DELETE triggers are not enough: INSERT OR REPLACE goes through them
unless inserts are checked too. On PostgreSQL a statement trigger also refuses TRUNCATE.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# table → columns whose existing value an INSERT may not meet again (REPLACE and upsert)
APPEND_ONLY: dict[str, tuple[tuple[str, ...], ...]] = {
    "event": (("id",), ("hash",), ("stream", "seq")),
    "log_entry": (("number",), ("event_id",)),
    "checkpoint": (("size",),),
    "return_row": (("id",), ("duty_id", "window_no", "file_id", "line")),
    "public_body_review": (("id",),),
    "sending_attempt": (("id",),),
    "ledger_entry": (("id",), ("entry_key",)),
    "panel_vote": (("id",), ("decision_id", "member")),
    "stored_file": (("sha256",),),
    "run_row": (("run_id", "duty_id"),),
}

# table → the condition under which an INSERT leaves a gap, and the words
NO_GAPS = {
    "event": (
        "NEW.seq <> (select coalesce(max(seq), 0) + 1 from event where stream = NEW.stream)",
        "history: the next number of the stream is required",
    ),
    "log_entry": (
        "NEW.number <> (select count(*) from log_entry)",
        "log: the next number is required",
    ),
    "checkpoint": (
        "NEW.size <= (select coalesce(max(size), -1) from checkpoint)",
        "checkpoint: the log never shrinks",
    ),
}

SAME = "is not distinct from"

# table → (condition under which an UPDATE is refused, words); {same} is null-safe equality
REFUSED_UPDATES: dict[str, tuple[tuple[str, str], ...]] = {
    "event_text": (
        (
            "not (NEW.text is null and NEW.salt is null and NEW.erased_at is not null"
            " and NEW.erased_authority is not null"
            " and NEW.event_id = OLD.event_id and NEW.name = OLD.name)",
            "history: a text may only be erased, with its authority",
        ),
    ),
    "decision": (
        (
            "OLD.outcome is not null and not (NEW.outcome {same} OLD.outcome"
            " and NEW.decided_by {same} OLD.decided_by and NEW.decided_on {same} OLD.decided_on"
            " and NEW.reasons = OLD.reasons and NEW.proposed_by = OLD.proposed_by"
            " and NEW.excuse_finding = OLD.excuse_finding)",
            "decision: made once, never changed",
        ),
        (
            "NEW.outcome is not null and OLD.outcome is null and not (NEW.reasons = OLD.reasons"
            " and NEW.proposed_by = OLD.proposed_by and NEW.case_id = OLD.case_id"
            " and NEW.reasons_sha256 = OLD.reasons_sha256)",
            "decision: nothing else changes while deciding",
        ),
        (
            "NEW.reasons_sha256 <> OLD.reasons_sha256 and exists"
            " (select 1 from panel_vote where decision_id = OLD.id)",
            "decision: the reasons may not change once a member has voted",
        ),
    ),
    "notice": (
        (
            "NEW.state = 'approved' and OLD.state <> 'approved' and not (OLD.state = 'submitted'"
            " and NEW.drafted_by = OLD.drafted_by and NEW.facts_sha256 = OLD.facts_sha256"
            " and NEW.pdf_sha256 {same} OLD.pdf_sha256"
            " and NEW.approved_pdf_sha256 {same} NEW.pdf_sha256"
            " and NEW.approved_facts_sha256 {same} NEW.facts_sha256)",
            "notice: approval seals what was submitted and changes nothing else",
        ),
        (
            "OLD.state in ('approved', 'issued', 'given', 'failed')"
            " and NEW.state in ('approved', 'issued', 'given', 'failed')"
            " and not (NEW.drafted_by = OLD.drafted_by and NEW.approved_by {same} OLD.approved_by"
            " and NEW.facts_sha256 = OLD.facts_sha256 and NEW.pdf_sha256 {same} OLD.pdf_sha256"
            " and NEW.approved_pdf_sha256 {same} OLD.approved_pdf_sha256)",
            "notice: what was approved may not change",
        ),
        (
            "OLD.issued_at is not null and not (NEW.issued_at {same} OLD.issued_at"
            " and NEW.pdf_sha256 {same} OLD.pdf_sha256 and NEW.facts_sha256 = OLD.facts_sha256)",
            "notice: what was issued may not change",
        ),
    ),
}

REFUSED_INSERTS: dict[str, tuple[tuple[str, str], ...]] = {
    "notice": (
        (
            "NEW.kind in ('notice_of_intent', 'final_notice') and NEW.state <> 'draft'",
            "notice: begins as a draft",
        ),
        (
            "NEW.kind = 'final_notice' and not exists (select 1 from decision"
            " where case_id = NEW.case_id and outcome = 'impose' and not superseded)",
            "notice: a final notice needs a decision to impose",
        ),
    ),
    "decision": (("NEW.outcome is not null", "decision: is put to the panel first"),),
    "penalty": (
        (
            "not exists (select 1 from notice where id = NEW.notice_id"
            " and kind = 'final_notice' and state in ('issued', 'given'))",
            "penalty: needs an issued final notice",
        ),
    ),
    "panel_vote": (
        (
            "exists (select 1 from decision where id = NEW.decision_id"
            " and (outcome is not null or proposed_by = NEW.member))",
            "vote: closed, or cast by the proposer",
        ),
    ),
}

KEPT = (*APPEND_ONLY, "event_text", "reply", "notice", "decision", "penalty", "imported_file")


def _sqlite() -> list[str]:
    out: list[str] = []

    def refuse(name: str, table: str, when: str, condition: str | None, words: str) -> None:
        clause = f" WHEN {condition}" if condition else ""
        out.append(
            f"CREATE TRIGGER guard_{name} BEFORE {when} ON {table}{clause}"
            f" BEGIN SELECT RAISE(ABORT, '{words}'); END"
        )

    for table, keys in APPEND_ONLY.items():
        refuse(f"{table}_update", table, "UPDATE", None, f"{table}: rows are never changed")
        met = " or ".join(
            f"exists (select 1 from {table} where {' and '.join(f'{c} = NEW.{c}' for c in key)})"
            for key in keys
        )
        refuse(f"{table}_again", table, "INSERT", met, f"{table}: rows are never replaced")
    for table in KEPT:
        refuse(f"{table}_delete", table, "DELETE", None, f"{table}: rows are never deleted")
    for table, (condition, words) in NO_GAPS.items():
        refuse(f"{table}_gap", table, "INSERT", condition, words)
    for table, rules in REFUSED_UPDATES.items():
        for n, (condition, words) in enumerate(rules):
            refuse(f"{table}_change_{n}", table, "UPDATE", condition.format(same="IS"), words)
    for table, rules in REFUSED_INSERTS.items():
        for n, (condition, words) in enumerate(rules):
            refuse(f"{table}_insert_{n}", table, "INSERT", condition, words)
    return out


def _postgresql() -> list[str]:
    out = [
        "CREATE FUNCTION guard_refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$"
    ]

    def refuse(name: str, table: str, when: str, words: str, level: str = "ROW") -> None:
        out.append(
            f"CREATE TRIGGER guard_{name} BEFORE {when} ON {table} FOR EACH {level}"
            f" EXECUTE FUNCTION guard_refuse('{words}')"
        )

    def refuse_if(name: str, table: str, when: str, condition: str, words: str) -> None:
        out.append(
            f"CREATE FUNCTION guard_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF {condition} THEN RAISE EXCEPTION '{words}'; END IF; RETURN NEW; END $$"
        )
        out.append(
            f"CREATE TRIGGER guard_{name} BEFORE {when} ON {table} FOR EACH ROW"
            f" EXECUTE FUNCTION guard_{name}()"
        )

    for table in APPEND_ONLY:
        refuse(f"{table}_update", table, "UPDATE", f"{table}: rows are never changed")
    for table in KEPT:
        refuse(f"{table}_delete", table, "DELETE", f"{table}: rows are never deleted")
        refuse(
            f"{table}_truncate", table, "TRUNCATE", f"{table}: rows are never deleted", "STATEMENT"
        )
    for table, (condition, words) in NO_GAPS.items():
        refuse_if(f"{table}_gap", table, "INSERT", condition, words)
    for table, rules in REFUSED_UPDATES.items():
        for n, (condition, words) in enumerate(rules):
            refuse_if(f"{table}_change_{n}", table, "UPDATE", condition.format(same=SAME), words)
    for table, rules in REFUSED_INSERTS.items():
        for n, (condition, words) in enumerate(rules):
            refuse_if(f"{table}_insert_{n}", table, "INSERT", condition, words)
    return out


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    for statement in _sqlite() if dialect == "sqlite" else _postgresql():
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("the guards of the history are not taken down by a migration")
