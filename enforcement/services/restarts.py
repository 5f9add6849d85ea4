"""Starting a case again: after a withdrawal or a quashed penalty, or reopened once closed.

What belonged to the round before stays on record and stops counting: its decision is set aside,
its notice of intent is spent, so that a new one can be drafted with fresh clocks.
"""

from __future__ import annotations

from enforcement.data.cases import Case
from enforcement.domain.cases import Action, Step
from enforcement.domain.clocks import ClockKind
from enforcement.domain.refusals import BadInput
from enforcement.services.case_clocks import end_clocks
from enforcement.services.case_facts import FINAL, INTENT, live_notice
from enforcement.services.cases import expect, move, stream
from enforcement.services.decisions import supersede
from enforcement.services.giving import clear_doubt
from enforcement.services.work import Work


def restart(work: Work, case: Case, reason: str, version: int | None = None) -> Step:
    """Take a withdrawn case back to triage, for a new notice of intent.

    Refuses BadInput without a reason, StaleVersion, and what the table refuses (a credit that is
    still to be refunded, a hold).
    """
    expect(case, version)
    if not reason.strip():
        raise BadInput("Say why the case is started again.")
    step = move(work, case, Action.REISSUE, {"reason": reason.strip()})
    _end_round(work, case)
    return step


def reopen(work: Work, case: Case, reason: str, version: int | None = None) -> Step:
    """Reopen a closed case at triage, with a reason; its misses count for it again.

    Refuses BadInput without a reason, StaleVersion, and what the table refuses. One live case
    per provider still holds.
    """
    expect(case, version)
    if not reason.strip():
        raise BadInput("Say why the case is reopened.")
    step = move(work, case, Action.REOPEN, {"reason": reason.strip()})
    case.closed_at = case.closed_reason = None
    for miss in case.misses:
        miss.consumed = False
    work.session.flush()
    _end_round(work, case)
    return step


def _end_round(work: Work, case: Case) -> None:
    """A final notice that still stands keeps its round: only withdrawal ends it (reg 7)."""
    if live_notice(work.session, case, FINAL) is not None:
        return
    supersede(work, case, "The case was started again.")
    intent = live_notice(work.session, case, INTENT)
    if intent is not None:
        issued = intent.issued_at is not None
        intent.state = "withdrawn" if issued else "discarded"
        intent.withdrawn_at = work.now if issued else None
        work.record(
            stream(case),
            "notice_withdrawn",
            {"notice": intent.reference, "reason": "spent: the case was started again"},
        )
    clear_doubt(work, case)
    if "varied" in (case.amount_trace or {}):  # what a tribunal set was the round's before
        case.amount_trace = {k: v for k, v in (case.amount_trace or {}).items() if k != "varied"}
    end_clocks(work, case, set(ClockKind), "superseded")
    for clock in case.clocks:
        clock.ended_because = "superseded"
    work.session.flush()
