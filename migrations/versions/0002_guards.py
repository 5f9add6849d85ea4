"""What the database itself refuses: changed history, single-handed decisions, broken seals.

Revision: 0002
After: 0001

How a guard is written for each engine, and why so, is in `enforcement/data/guards.py`.
"""

from __future__ import annotations

from alembic import op

from enforcement.data.guards import Guard, grows_only, install, never_deleted

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

KEPT = ("event_text", "reply", "notice", "decision", "penalty", "imported_file")

GUARDS = (
    *(guard for table, keys in APPEND_ONLY.items() for guard in grows_only(table, *keys)),
    *(never_deleted(table) for table in KEPT),
    *(
        Guard(table, "gap", "INSERT", words, condition)
        for table, (condition, words) in NO_GAPS.items()
    ),
    *(
        Guard(table, f"change_{n}", "UPDATE", words, condition)
        for table, rules in REFUSED_UPDATES.items()
        for n, (condition, words) in enumerate(rules)
    ),
    *(
        Guard(table, f"insert_{n}", "INSERT", words, condition)
        for table, rules in REFUSED_INSERTS.items()
        for n, (condition, words) in enumerate(rules)
    ),
)


def upgrade() -> None:
    install(op.get_bind(), GUARDS)


def downgrade() -> None:
    raise RuntimeError("the guards of the history are not taken down by a migration")
