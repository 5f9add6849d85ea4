"""What the gates look at: the facts of one case as plain values, and what a gate answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from enforcement.domain.permissions import CasePeople
from enforcement.domain.stages import State


@dataclass(frozen=True)
class CaseFacts:
    """What the gates look at: plain values, gathered by the services from stored rows.

    Amounts are integer pence. `None` means "not known yet", which no gate takes for a yes.
    """

    state: State
    people: CasePeople = field(default_factory=CasePeople)
    on_hold: bool = False
    # before the notice of intent
    public_body_cleared: bool = False
    public_body: bool = False
    registered_today: bool = True
    exclusions_clear: bool = True
    dual_registration_open: bool = False
    amount_known: bool = False
    proper_address: bool = False
    # the draft in hand
    elements_missing: tuple[str, ...] = ()
    seal_intact: bool = False
    # giving and hearing
    intent_sent: bool = False
    intent_given_on: date | None = None
    giving_in_doubt: bool = False
    period_ends_on: date | None = None
    decide_by: date | None = None
    unread_replies: int = 0
    unanswered_points: int = 0
    # decision
    votes_for: int = 0
    votes_against: int = 0
    quorum: int = 2
    reasons_recorded: bool = False
    excuse_finding_recorded: bool = False
    findings_missing: tuple[str, ...] = ()
    decided_on: date | None = None
    # before money
    register_checked_on: date | None = None
    register_drift: tuple[str, ...] | None = None
    paper_drift: tuple[str, ...] = ()
    breach_reevaluated: bool = False
    amount_recomputed_on: date | None = None
    amount_confirmed: bool = False
    # after
    final_sent: bool = False
    payment_due_on: date | None = None
    appeal_due_on: date | None = None
    appeal_live: bool = False
    appeal_words: str = ""
    balance_pence: int | None = None
    reminded_on: date | None = None
    reminder_wait: int | None = None
    certified_pence: int | None = None
    notice_out: bool = False
    refund_due_pence: int = 0


@dataclass(frozen=True)
class Gate:
    """One check: a tick or a cross, why, and the rule it rests on."""

    name: str
    ok: bool
    sentence: str
    rule: str = ""
