"""History events: what kinds there are, what each must say, and their canonical text.

The canonical text is JSON with sorted ASCII keys and no spaces, holding only strings, integers,
booleans, null and lists: the subset on which every encoder agrees with RFC 8785. Money is in
pence, times are text. The hash is over the stored text, never over a re-encoding.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Fact: TypeAlias = "str | int | bool | Sequence[Fact] | Mapping[str, Fact] | None"


class BadFact(ValueError):
    """A fact that the canonical text cannot hold, or one that is required and missing."""


# Past tense, and the facts each kind must carry. Words for people are made by the presenter.
KINDS: dict[str, frozenset[str]] = {
    # accounts and access
    "account_created": frozenset({"username", "roles"}),
    "account_changed": frozenset({"username", "changes"}),
    "account_disabled": frozenset({"username"}),
    "signed_in": frozenset({"username"}),
    "sign_in_refused": frozenset({"username", "reason"}),
    "signed_out": frozenset({"username"}),
    # policies
    "policy_proposed": frozenset({"policy", "effective_from", "citation"}),
    "policy_approved": frozenset({"policy", "effective_from", "citation"}),
    # files and windows
    "file_loaded": frozenset({"kind", "sha256", "rows_in", "accepted", "rejected"}),
    "file_held": frozenset({"kind", "sha256", "reason"}),
    "file_released": frozenset({"kind", "sha256", "reason"}),
    "register_changed": frozenset({"sha256", "changes"}),
    "window_opened": frozenset({"window", "opens_on", "closes_on", "calendar"}),
    "window_overridden": frozenset({"window", "reason"}),
    "feed_completed": frozenset({"window", "totals"}),
    "public_body_reviewed": frozenset({"provider", "public_body", "evidence"}),
    "presence_recorded": frozenset({"location", "evidence"}),
    "dual_registration_settled": frozenset({"location", "answerable", "reason"}),
    "correction_proposed": frozenset({"duty", "window", "outcome"}),
    "return_corrected": frozenset({"duty", "window", "reason"}),
    # runs
    "run_previewed": frozenset({"window", "policy", "counts"}),
    "run_approved": frozenset({"window", "counts"}),
    "run_refused": frozenset({"window", "differences"}),
    # issue runs: many notices under one approval; `items` are positions in the run
    "issue_run_made": frozenset({"run", "kind", "cases", "method", "send_on"}),
    "issue_items_drafted": frozenset({"run", "items"}),
    "issue_items_refused": frozenset({"run", "items"}),
    "issue_run_frozen": frozenset({"run", "manifest_sha256", "items", "sample"}),
    "issue_items_looked": frozenset({"run", "how", "items"}),
    "issue_run_approved": frozenset({"run", "manifest_sha256", "items"}),
    "issue_run_started": frozenset({"run"}),
    "issue_items_issued": frozenset({"run", "items"}),
    "issue_items_held": frozenset({"run", "items"}),
    "issue_item_returned": frozenset({"run", "item", "case", "reason"}),
    "issue_item_retried": frozenset({"run", "item", "case"}),
    "issue_run_paused": frozenset({"run", "reason"}),
    "issue_run_resumed": frozenset({"run"}),
    "issue_run_cancelled": frozenset({"run", "left", "reason"}),
    "issue_run_done": frozenset({"run", "issued"}),
    "print_file_made": frozenset({"run", "file", "letters", "sha256"}),
    "print_file_posted": frozenset({"run", "file", "sent_on", "letters"}),
    # the case
    "case_opened": frozenset({"reference", "provider", "window", "policy", "verdict"}),
    "case_assigned": frozenset({"officer"}),
    "case_noted": frozenset({"note"}),
    "hold_started": frozenset({"category", "starts_on"}),
    "hold_ended": frozenset({"ends_on"}),
    "contact_logged": frozenset({"channel"}),
    "amount_entered": frozenset({"pence", "evidence", "evidence_sha256"}),
    "amount_confirmed": frozenset({"pence", "evidence", "evidence_sha256", "entered_by"}),
    "amount_turned_down": frozenset({"pence", "entered_by"}),
    "amount_recomputed": frozenset({"pence", "scheme"}),
    "register_checked": frozenset({"drift"}),
    "clock_started": frozenset({"clock", "due_on", "rule"}),
    "intent_drafted": frozenset({"notice", "facts_sha256"}),
    "intent_submitted": frozenset({"notice", "pdf_sha256"}),
    "intent_returned": frozenset({"notice", "reason"}),
    "intent_approved": frozenset({"notice", "pdf_sha256", "facts_sha256"}),
    "intent_issued": frozenset({"notice", "pdf_sha256", "channel"}),
    "intent_given": frozenset({"notice", "sent_on", "given_on", "method"}),
    "panel_started": frozenset({"replies"}),
    "decision_proposed": frozenset({"decision", "recommendation", "reasons_sha256"}),
    "decision_superseded": frozenset({"decision", "reason"}),
    "panel_declared": frozenset({"decision", "member", "conflict"}),
    "panel_voted": frozenset({"member", "vote"}),
    "penalty_decided": frozenset({"decision", "votes_for", "votes_against"}),
    "no_penalty_decided": frozenset({"decision", "votes_for", "votes_against"}),
    "final_drafted": frozenset({"notice", "facts_sha256"}),
    "final_submitted": frozenset({"notice", "pdf_sha256"}),
    "final_returned": frozenset({"notice", "reason"}),
    "final_approved": frozenset({"notice", "pdf_sha256", "facts_sha256"}),
    "final_issued": frozenset({"notice", "pdf_sha256", "channel"}),
    "final_given": frozenset({"notice", "sent_on", "given_on", "method"}),
    "letter_issued": frozenset({"notice", "kind", "pdf_sha256"}),
    "copy_sent": frozenset({"notice", "format", "pdf_sha256", "channel"}),
    "certificate_drafted": frozenset({"notice", "kind", "pence", "not_received_by"}),
    "certificate_signed": frozenset({"notice", "kind", "pence", "pdf_sha256"}),
    "certificate_discarded": frozenset({"notice", "reason"}),
    "certificate_made": frozenset({"notice", "about", "pdf_sha256"}),
    "letter_given": frozenset({"notice", "sent_on", "given_on", "method"}),
    "sending_failed": frozenset({"notice", "reason"}),
    "sending_uncertain": frozenset({"notice", "reason"}),
    "sending_settled": frozenset({"notice", "settled_as", "evidence"}),
    "delivery_reported": frozenset({"notice", "stage", "evidence"}),
    "giving_doubted": frozenset({"notice", "reason"}),
    "giving_settled": frozenset({"notice"}),
    "giving_proposed": frozenset({"proposal", "notice", "kind"}),
    "giving_proposal_settled": frozenset({"proposal", "notice", "kind", "outcome"}),
    "giving_corrected": frozenset({"notice", "was", "given_on", "evidence_sha256"}),
    "task_opened": frozenset({"task", "kind", "due_on", "key"}),
    "task_closed": frozenset({"task", "kind", "closed_how"}),
    "notice_withdrawn": frozenset({"notice", "reason"}),
    "case_restarted": frozenset({"reason"}),
    "case_closed": frozenset({"reason"}),
    "case_reopened": frozenset({"reason"}),
    # replies
    "link_issued": frozenset({"link", "generation", "expires_at"}),
    "link_revoked": frozenset({"link", "reason"}),
    "link_opened": frozenset({"link"}),
    "link_asked_for": frozenset({"link", "answer"}),
    "post_told": frozenset({"notice", "sent_to"}),
    "link_taken_up": frozenset({"link", "generation"}),
    "case_proven": frozenset({"link", "beside"}),
    "contact_changed": frozenset({"link"}),
    "link_locked": frozenset({"link", "until"}),
    "return_code_made": frozenset({"link"}),
    "time_requested": frozenset({"link", "wanted_on"}),
    "format_requested": frozenset({"link", "format"}),
    "format_noted": frozenset({"format"}),
    "evidence_received": frozenset({"sha256", "size", "kind"}),
    "reply_received": frozenset({"reply", "source", "late", "files"}),
    "reply_read": frozenset({"reply"}),
    "reply_point_added": frozenset({"reply", "point"}),
    "reply_point_answered": frozenset({"reply", "point", "view"}),
    "reply_file_opened": frozenset({"reply", "sha256", "copy"}),
    "question_asked": frozenset({"question", "reply", "due_on"}),
    "question_closed": frozenset({"question", "answer"}),
    "period_extended": frozenset({"notice", "was", "ends_on"}),
    "concern_routed": frozenset({"concern", "kind", "sent_to"}),
    # money and appeal
    "penalty_raised": frozenset({"penalty", "pence"}),
    "ledger_entered": frozenset({"entry", "kind", "pence"}),
    "bank_file_posted": frozenset({"sha256", "lines", "pence"}),
    "bank_line_matched": frozenset({"line", "file", "pence", "penalty", "entry"}),
    "bank_line_set_aside": frozenset({"line", "file", "pence"}),
    "bank_line_reopened": frozenset({"line", "file", "pence"}),
    "bank_line_undone": frozenset({"line", "file", "pence", "entry"}),
    "write_off_asked": frozenset({"write_off", "penalty", "pence"}),
    "write_off_settled": frozenset({"write_off", "penalty", "pence", "outcome"}),
    "remittance_sent": frozenset({"remittance", "pence", "entries", "up_to", "sent_on"}),
    "appeal_lodged": frozenset({"lodged_on", "tribunal_reference"}),
    "appeal_confirmed": frozenset({"outcome"}),
    "appeal_quashed": frozenset({"outcome"}),
    "appeal_varied": frozenset({"outcome", "pence"}),
    "appeal_step_recorded": frozenset({"step", "on", "court"}),
    "direction_given": frozenset({"direction", "whose", "due_on"}),
    "direction_extended": frozenset({"direction", "due_on"}),
    "direction_ended": frozenset({"direction", "how"}),
    "recovery_started": frozenset({"balance"}),
    "court_applied": frozenset({"balance"}),
    "court_ordered": frozenset({"court", "pence"}),
    "court_refused": frozenset({"court"}),
    # bundles
    "bundle_ordered": frozenset({"pack", "afresh", "additions"}),
    "bundle_made": frozenset({"pack", "edition", "pages", "manifest_sha256", "files"}),
    "bundle_redacted": frozenset({"pack", "redaction", "scope"}),
    "bundle_redaction_lifted": frozenset({"pack", "redaction"}),
    "bundle_addition_kept": frozenset({"pack", "sha256", "title", "after"}),
    # the history itself
    "checkpoint_signed": frozenset({"size", "root"}),
    "history_verified": frozenset({"events", "checkpoints", "root", "ok"}),
    "text_erased": frozenset({"event", "authority"}),
}


@dataclass(frozen=True)
class EventBody:
    """Everything the hash covers. `previous` is the hash of the stream's event before it."""

    stream: str
    seq: int
    previous: str
    kind: str
    at: str
    actor: str
    actor_name: str
    role: str
    facts: Mapping[str, Fact]
    texts: Mapping[str, str]  # name → salted SHA-256 of a personal text kept beside the chain
    request: str = ""

    def canonical(self) -> str:
        return canonical(
            {
                "stream": self.stream,
                "seq": self.seq,
                "previous": self.previous,
                "kind": self.kind,
                "at": self.at,
                "actor": self.actor,
                "actor_name": self.actor_name,
                "role": self.role,
                "facts": self.facts,
                "texts": dict(self.texts),
                "request": self.request,
            }
        )


def check_kind(kind: str, facts: Mapping[str, Fact]) -> None:
    """Refuse an unknown kind or one without its required facts (raises BadFact)."""
    if kind not in KINDS:
        raise BadFact(f"unknown event kind {kind!r}")
    missing = KINDS[kind] - facts.keys()
    if missing:
        raise BadFact(f"event {kind!r} lacks {', '.join(sorted(missing))}")


def canonical(value: Fact) -> str:
    """The one text form of a value; raises BadFact for floats, odd keys and other types."""
    _check(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _check(value: object) -> None:
    if value is None or isinstance(value, str | bool | int):
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise BadFact(f"keys are ASCII text, not {key!r}")
            _check(inner)
        return
    if isinstance(value, list | tuple):
        for inner in value:
            _check(inner)
        return
    raise BadFact(f"{type(value).__name__} has no canonical text: {value!r}")


def leaf_hash(body: str) -> str:
    """RFC 6962 leaf hash of the canonical text: link of the case and leaf of the log at once."""
    return hashlib.sha256(b"\x00" + body.encode()).hexdigest()


def text_hash(salt: str, text: str) -> str:
    """Salted hash of a personal text, so that erasing text and salt leaves the chain whole."""
    return hashlib.sha256(f"{salt}\x00{text}".encode()).hexdigest()


def fact_hash(value: Fact) -> str:
    """SHA-256 of a value's canonical text: seals facts."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()
