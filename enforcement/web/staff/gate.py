"""The gate of a case: every check before each step to money, as ticks and crosses.

The checks are those of the one transition table (`domain.cases`); this page adds for each the
fact it rests on, where it is put right, and who does that. It knows no rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.domain.cases import Action, CaseFacts, Gate, State
from enforcement.domain.cases import gates as table_gates
from enforcement.domain.permissions import Permission, done_by
from enforcement.services import cases
from enforcement.services.case_facts import INTENT, live_notice, notice_in_hand
from enforcement.web import access, pages
from enforcement.web.filters import day, money, plural
from enforcement.web.staff.case_frame import case_frame, place

bp = Blueprint("gate", __name__)
A, P, S = Action, Permission, State
# The steps of the line that have a gate, in order, and the step that comes next in each state.
LINE: tuple[tuple[Action, str], ...] = (
    (A.DRAFT_INTENT, "Before the notice of intent"),
    (A.START_PANEL, "Before the panel"),
    (A.DECIDE_IMPOSE, "Before a penalty is decided"),
    (A.DRAFT_FINAL, "Before the final notice"),
    (A.START_RECOVERY, "Before recovery"),
    (A.APPLY_TO_COURT, "Before the county court"),
)
NEXT: dict[State, tuple[Action, Action]] = {
    S.TRIAGE: (A.DRAFT_INTENT, A.DRAFT_INTENT),
    S.INTENT_DRAFT: (A.DRAFT_INTENT, A.SUBMIT_INTENT),
    S.INTENT_REVIEW: (A.DRAFT_INTENT, A.APPROVE_INTENT),
    S.INTENT_APPROVED: (A.DRAFT_INTENT, A.ISSUE_INTENT),
    S.INTENT_ISSUED: (A.START_PANEL, A.START_PANEL),
    S.REPRESENTATIONS: (A.START_PANEL, A.START_PANEL),
    S.PANEL: (A.DECIDE_IMPOSE, A.DECIDE_IMPOSE),
    S.IMPOSE: (A.DRAFT_FINAL, A.DRAFT_FINAL),
    S.FINAL_DRAFT: (A.DRAFT_FINAL, A.SUBMIT_FINAL),
    S.FINAL_REVIEW: (A.DRAFT_FINAL, A.APPROVE_FINAL),
    S.FINAL_APPROVED: (A.DRAFT_FINAL, A.ISSUE_FINAL),
    S.FINAL_ISSUED: (A.START_RECOVERY, A.START_RECOVERY),
    S.PAYMENT: (A.START_RECOVERY, A.START_RECOVERY),
    S.RECOVERY: (A.APPLY_TO_COURT, A.APPLY_TO_COURT),
}


@dataclass(frozen=True)
class Seen:
    """What the facts of a gate are told from."""

    case: Case
    facts: CaseFacts
    intent: Notice | None


@dataclass(frozen=True)
class Right:
    """Where a gate is put right: the screen, its words, and who may (None: it comes by itself)."""

    endpoint: str
    words: str
    by: Permission | None


def _decision(by: Permission) -> Right:
    return Right("decisions.decision", "The decision", by)


_REGISTER = Right("register_check.check", "The register then and now", P.DRAFT_NOTICE)
_AMOUNT = Right("amounts.amount", "The amount", P.CONFIRM_AMOUNT)
_NOTICE = Right("notices.notices", "The notices", P.DRAFT_NOTICE)
_MONEY = Right("payments.money", "The money", P.RECORD_MONEY)
_WHY = Right("why.case_why", "Why this case", None)
RIGHTS: dict[str, Right] = {
    "not_public_body": Right("providers.provider", "The provider", P.REVIEW_PUBLIC_BODY),
    "still_registered": _REGISTER,
    "exclusions_clear": _WHY,
    "one_liable_provider": Right("providers.provider", "The provider", P.REVIEW_PUBLIC_BODY),
    "amount_known": _AMOUNT,
    "proper_address": _NOTICE,
    "paper_agrees": _NOTICE,
    "elements_present": _NOTICE,
    "seal_intact": _NOTICE,
    "not_on_hold": Right("case_actions.release", "Release the hold", P.HOLD),
    "intent_given": Right("notices.notices", "The notices", P.RECORD_GIVING),
    "period_over": _NOTICE,
    "replies_answered": Right("replies.replies", "The replies", P.ANSWER_REPLY),
    "in_time_to_decide": _decision(P.DECIDE),
    "quorum_for": _decision(P.DECIDE),
    "findings_recorded": _decision(P.PROPOSE_DECISION),
    "decided_in_time": _decision(P.DECIDE),
    "panel_apart": _decision(P.DECIDE),
    "register_checked": _REGISTER,
    "register_agrees": _REGISTER,
    "breach_stands": _WHY,
    "amount_current": _AMOUNT,
    "amount_confirmed": _AMOUNT,
    "no_live_appeal": Right("appeals.appeal", "The appeal", P.RECORD_APPEAL),
    "payment_overdue": _MONEY,
    "something_owed": _MONEY,
    "reminded": _MONEY,
    "certified": _MONEY,
    "final_given": Right("notices.notices", "The notices", P.RECORD_GIVING),
}
# Nobody can open these: the calendar does.
_BY_THE_CALENDAR = frozenset({"period_over", "payment_overdue"})


def _amount(seen: Seen) -> str:
    trace = seen.case.amount_trace or {}
    if seen.case.amount_pence is None:
        return "No amount yet."
    return f"{money(seen.case.amount_pence)}, scheme {trace.get('scheme_version', 'not stored')}."


def _confirmed(seen: Seen) -> str:
    trace = seen.case.amount_trace or {}
    if entered := trace.get("entered"):
        return f"{entered['by_name']} entered a figure: a second person checks it in the file."
    if seen.facts.amount_confirmed and trace.get("checked_by_name"):
        return f"Entered by {trace['entered_by_name']}, checked by {trace['checked_by_name']}."
    return ""


def _current(seen: Seen) -> str:
    trace = seen.case.amount_trace or {}
    if trace.get("difference"):
        return f"Our working and CQC’s figure differ: {trace['difference']}."
    worked = seen.facts.amount_recomputed_on
    return f"Last worked out on {day(worked)}." if worked else "Never worked out again."


def _given(seen: Seen) -> str:
    if seen.intent is None:
        return "There is no notice of intent."
    given = seen.intent.given_on
    return f"{seen.intent.reference}{f', given on {day(given)}' if given else ', not given'}."


def _checked(seen: Seen) -> str:
    last = seen.facts.register_checked_on
    return f"Last checked on {day(last)}." if last else "Never checked."


def _held(seen: Seen) -> str:
    open_hold = next((hold for hold in seen.case.holds if hold.ends_on is None), None)
    return f"Since {day(open_hold.starts_on)}: {open_hold.reason}" if open_hold else ""


def _misses(seen: Seen) -> str:
    return f"The case rests on {plural(len(seen.case.misses), 'missed window')}."


def _votes(seen: Seen) -> str:
    people = len(seen.facts.people.panel)
    return f"{plural(people, 'member')} on the panel." if people else "No panel yet."


def _owed(seen: Seen) -> str:
    owed = seen.facts.balance_pence
    return "No penalty yet." if owed is None else f"Balance {money(owed)}."


def _due(seen: Seen) -> str:
    facts = seen.facts
    if facts.payment_due_on is None or facts.appeal_due_on is None:
        return "No final notice was given yet."
    return f"To pay by {day(facts.payment_due_on)}, to appeal by {day(facts.appeal_due_on)}."


FACTS: dict[str, Callable[[Seen], str]] = {
    "amount_known": _amount,
    "amount_confirmed": _confirmed,
    "amount_current": _current,
    "intent_given": _given,
    "register_checked": _checked,
    "not_on_hold": _held,
    "breach_stands": _misses,
    "panel_apart": _votes,
    "something_owed": _owed,
    "payment_overdue": _due,
}


@dataclass(frozen=True)
class Stage:
    """The gate before one step."""

    title: str
    checks: list[pages.Check]
    now: bool

    @property
    def open(self) -> int:
        """How many checks are not passed."""
        return sum(1 for check in self.checks if not check.passed)


@bp.get("/cases/<reference>/gate")
@access.needs(Permission.READ_CASES)
def gate(reference: str) -> str:
    """Every check ahead of this case."""
    work = access.work()
    case = cases.find(work, reference)
    frame = case_frame(work, case, "gate")
    seen = Seen(case, frame.facts, live_notice(work.session, case, INTENT))
    notice = notice_in_hand(work.session, case)
    return render_template(
        "staff/gate/gate.html",
        case_frame=frame,
        stages=[
            Stage(title, [_check(one, seen, notice) for one in found], now)
            for title, found, now in _ahead(frame.facts, work.today)
        ],
    )


def _ahead(facts: CaseFacts, today: Any) -> list[tuple[str, tuple[Gate, ...], bool]]:
    """The gate of the step that comes next, then of each after it."""
    coming = NEXT.get(facts.state)
    if coming is None:
        return []
    line = [action for action, _ in LINE]
    first = line.index(coming[0])
    titles = dict(LINE)
    steps = [(coming[1], titles[coming[0]], True)]
    steps += [(action, titles[action], False) for action in line[first + 1 :]]
    return [(title, table_gates(action, facts, today), now) for action, title, now in steps]


def _check(found: Gate, seen: Seen, notice: Notice | None) -> pages.Check:
    right = RIGHTS[found.name]
    told = FACTS.get(found.name)
    return pages.Check(
        title=found.sentence,
        passed=found.ok,
        detail=told(seen) if told else "",
        rule=found.rule,
        evidence_url=_address(right, seen.case, notice, found),
        evidence_words=right.words,
        who="" if found.ok else _who(found.name, right),
    )


def _address(right: Right, case: Case, notice: Notice | None, found: Gate) -> str:
    if right.endpoint == "case_actions.release" and found.ok:
        return ""
    if right.endpoint == "providers.provider":
        return place(right.endpoint, cqc_id=case.provider.cqc_id)
    if right is _NOTICE and notice is not None:
        return place("notices.notice", reference=case.reference, notice_id=notice.id)
    return place(right.endpoint, reference=case.reference)


def _who(name: str, right: Right) -> str:
    if name in _BY_THE_CALENDAR:
        return "Opens by itself when the day comes."
    return f"Put right by: {done_by(right.by)}." if right.by else ""
