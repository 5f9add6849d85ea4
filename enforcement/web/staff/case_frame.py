"""The frame of every page of a case: its head, its parts, and what may be done now.

`SCREENS` is the one place that says on which screen each action is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from enforcement.data.cases import Case, CaseMiss, ClockRow
from enforcement.data.notices import Notice
from enforcement.data.people import Account
from enforcement.data.register import Duty
from enforcement.data.replies import Reply
from enforcement.domain.cases import Action, CaseFacts, State, choices
from enforcement.domain.clocks import ClockKind
from enforcement.domain.closing import CLOSE_REASONS
from enforcement.domain.permissions import Permission, can
from enforcement.domain.replies import FORMATS
from enforcement.domain.tasks import TaskKind
from enforcement.services import amounts, tasks
from enforcement.services.case_clocks import ended_on
from enforcement.services.case_facts import facts_of, notice_in_hand
from enforcement.services.cases import HOLD_CATEGORIES
from enforcement.services.closings import last_closing
from enforcement.services.format_wishes import standing_wish
from enforcement.services.next_line import next_line
from enforcement.services.work import Work
from enforcement.web import pages
from enforcement.web.filters import day, money, plural
from enforcement.web.staff import giving_actions, letter_actions

A = Action
S = State
NOTICE = "notices.notice"
# Action → the endpoint of the screen it is done on. A notice's own page has its id in its
# address; every other screen is found by the case's reference alone.
SCREENS: dict[Action, str] = {
    A.DRAFT_INTENT: "notices.draft_intent",
    A.SUBMIT_INTENT: NOTICE,
    A.RETURN_INTENT: NOTICE,
    A.APPROVE_INTENT: NOTICE,
    A.ISSUE_INTENT: NOTICE,
    A.START_PANEL: "decisions.decision",
    A.DECIDE_IMPOSE: "decisions.decision",
    A.DECIDE_NO_PENALTY: "decisions.decision",
    A.DRAFT_FINAL: "notices.draft_final",
    A.SUBMIT_FINAL: NOTICE,
    A.RETURN_FINAL: NOTICE,
    A.APPROVE_FINAL: NOTICE,
    A.ISSUE_FINAL: NOTICE,
    A.LODGE_APPEAL: "appeals.appeal",
    A.APPEAL_CONFIRMED: "appeals.appeal",
    A.APPEAL_VARIED: "appeals.appeal",
    A.APPEAL_QUASHED: "appeals.appeal",
    A.START_RECOVERY: "recovery.recovery",
    A.APPLY_TO_COURT: "recovery.recovery",
    A.COURT_REFUSED: "recovery.recovery",
    A.WITHDRAW: "case_actions.withdraw",
    A.REGIVE_FINAL: "tasks.case_tasks",
    A.REISSUE: "case_actions.reissue",
    A.CLOSE: "case_actions.close",
    A.REOPEN: "case_actions.reopen",
}
# Done by agreeing to what a colleague prepared, on that proposal's own page.
ELSEWHERE = {A.REGIVE_FINAL}
# What may be done in any live state and is not a move of the case.
ASIDE: tuple[tuple[str, str, Permission], ...] = (
    ("Put on hold", "case_actions.hold", Permission.HOLD),
    ("Assign", "case_actions.assign", Permission.ASSIGN),
)
BEFORE_MONEY = {S.IMPOSE, S.FINAL_DRAFT, S.FINAL_REVIEW, S.FINAL_APPROVED}
# A final notice that is out, and whatever follows, rests on the register no more.
PAST_THE_REGISTER = frozenset(
    {S.FINAL_ISSUED, S.PAYMENT, S.APPEALED, S.RECOVERY, S.COUNTY_COURT, S.NO_PENALTY, S.WITHDRAWN,
     S.CLOSED}
)  # fmt: skip
REGISTER = ("Check the register", "register_check.check", Permission.DRAFT_NOTICE)
RELEASE = ("Release the hold", "case_actions.release", Permission.HOLD)
ENDINGS = {A.WITHDRAW, A.CLOSE, A.REOPEN, A.REISSUE, A.RETURN_INTENT, A.RETURN_FINAL}

TABS: tuple[tuple[str, str, str], ...] = (
    ("summary", "Summary", "cases.case"),
    ("why", "Why this case", "why.case_why"),
    ("notices", "Notices", "notices.notices"),
    ("replies", "Replies", "replies.replies"),
    ("decision", "Decision", "decisions.decision"),
    ("gate", "Gate", "gate.gate"),
    ("money", "Money", "payments.money"),
    ("appeal", "Appeal", "appeals.appeal"),
    ("tasks", "Tasks", "tasks.case_tasks"),
    ("notes", "Notes", "cases.notes"),
    ("documents", "Documents", "cases.documents"),
    ("bundles", "Bundles", "bundles.bundles"),
    ("history", "History", "cases.history"),
)
COLOURS: dict[State, pages.Colour] = {
    S.TRIAGE: "white",
    S.INTENT_REVIEW: "yellow",
    S.FINAL_REVIEW: "yellow",
    S.REPRESENTATIONS: "blue",
    S.PANEL: "purple",
    S.IMPOSE: "pink",
    S.NO_PENALTY: "green",
    S.PAYMENT: "aqua-green",
    S.APPEALED: "orange",
    S.RECOVERY: "red",
    S.COUNTY_COURT: "red",
    S.WITHDRAWN: "grey",
    S.CLOSED: "grey",
}
CLOCK_TITLES: dict[str, str] = {
    ClockKind.REPRESENTATIONS: "Representations end",
    ClockKind.DECISION: "Decide by",
    ClockKind.PAYMENT: "Payment due",
    ClockKind.APPEAL: "Appeal by, 5pm",
    ClockKind.APPEAL_RESPONSE: "Response to the appeal, 5pm",
    ClockKind.DIRECTION: "Direction of the tribunal, 5pm",
    ClockKind.HEARING: "Hearing",
    ClockKind.ONWARD_APPEAL: "Time for going on with the appeal, 5pm",
    ClockKind.RECOVERY: "Next step of recovery",
    ClockKind.COURT_ORDER: "Payment ordered by the court",
}


@dataclass(frozen=True)
class CaseFrame:
    """What `staff/cases/frame.html` shows around the body of every page of a case."""

    head: pages.CaseHeader
    tabs: Sequence[pages.Tab]
    actions: Sequence[pages.Action]
    facts: CaseFacts
    current: str


def case_frame(work: Work, case: Case, tab: str) -> CaseFrame:
    """Head, tabs and actions of a case, for the page under `tab` (a name in `TABS`)."""
    _gather(work, case)
    facts = facts_of(work, case)
    return CaseFrame(
        head=head(work, case, facts),
        tabs=_tabs(work, case, tab, facts),
        actions=_actions(work, case, facts),
        facts=facts,
        current=tab,
    )


def place(endpoint: str, **values: Any) -> str:
    """The address of a screen, or "" when this installation has no such screen."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else ""


def _gather(work: Work, case: Case) -> None:
    """Load the misses with their places in two statements, however many there are."""
    found = work.session.scalars(
        select(CaseMiss)
        .where(CaseMiss.case_id == case.id)
        .options(joinedload(CaseMiss.duty).joinedload(Duty.location))
    ).all()
    # The session forgets what nobody holds: from here the case's own list holds them.
    set_committed_value(case, "misses", sorted(found, key=lambda m: (m.window_no, m.duty_id)))


def state_tag(state: str) -> pages.Tag:
    """A case's state in its word and colour, the same on every page."""
    found = State(state)
    return pages.Tag(found.label, COLOURS.get(found, "grey"))


def head(work: Work, case: Case, facts: CaseFacts) -> pages.CaseHeader:
    """The strong head of a case."""
    told = next_line(facts, work.today)
    stops = " ".join(filter(None, (told.stops, _tasks(work, case))))
    return pages.CaseHeader(
        reference=case.reference,
        provider=case.provider.name,
        provider_url=place("providers.provider", cqc_id=case.provider.cqc_id),
        state=state_tag(case.state),
        facts=_facts(work, case),
        flags=[
            *([pages.Tag("Held: unread reply", "red")] if facts.unread_replies else []),
            *flags(case, late_reply=_late_reply(work, case)),
            *([pages.Tag("Register changed", "red")] if _stopped(facts) else []),
            *format_tag(work, case),
        ],
        next_line=pages.NextLine(told.sentence, stops, told.due),
        clocks=[clock_view(work, case, row) for row in case.clocks if row.ended_at is None],
    )


def _stopped(facts: CaseFacts) -> bool:
    """Whether the register holds up a case before its final notice: its pages say what changed."""
    return bool(facts.register_drift) and facts.state not in PAST_THE_REGISTER


def _tasks(work: Work, case: Case) -> str:
    """The open tasks in words, by their day."""
    found = tasks.open_of(work.session, case)
    return " ".join(f"To do by {day(one.due_on)}: {TaskKind(one.kind).label}." for one in found[:3])


def _facts(work: Work, case: Case) -> list[pages.Fact]:
    officer = work.session.get(Account, case.officer_id) if case.officer_id else None
    places = {miss.duty.location_id for miss in case.misses}
    amount = "Not worked out" if case.amount_pence is None else money(case.amount_pence)
    found = [
        pages.Fact("Officer", officer.name if officer else "Nobody yet"),
        pages.Fact("Amount", amount, _amount_note(case)),
        pages.Fact(
            "Misses",
            f"{plural(len(case.misses), 'window', 'missed windows')}",
            f"at {plural(len(places), 'location')}",
        ),
        pages.Fact("Opened", day(case.opened_at)),
    ]
    if case.closed_at is not None:
        why = CLOSE_REASONS.get(case.closed_reason or "", case.closed_reason or "")
        kept = last_closing(work.session, case)
        until = f". Kept until {day(kept.keep_until)}" if kept is not None else ""
        found.append(pages.Fact("Closed", day(case.closed_at), f"{why}{until}"))
    return found


def _amount_note(case: Case) -> str:
    if case.amount_pence is None:
        return ""
    if (case.amount_trace or {}).get("varied"):
        return "set on appeal"
    return "confirmed by CQC" if case.amount_status == "confirmed" else "our estimate"


def format_tag(work: Work, case: Case) -> list[pages.Tag]:
    """How the provider asked to be written to, when it is not as usual."""
    wish = standing_wish(work, case)
    if wish is None:
        return []
    return [pages.Tag(f"Asked for: {FORMATS[wish.format].title.lower()}", "blue")]


def _late_reply(work: Work, case: Case) -> bool:
    found = select(Reply.id).where(Reply.case_id == case.id, Reply.late.is_(True)).limit(1)
    return work.session.scalar(found) is not None


def flags(case: Case, *, late_reply: bool) -> list[pages.Tag]:
    """What must not be overlooked on a case, beside its state."""
    held = next((h for h in case.holds if h.ends_on is None), None)
    found: list[pages.Tag] = []
    if held is not None:
        found.append(pages.Tag(f"On hold: {HOLD_CATEGORIES[held.category].lower()}", "orange"))
    if case.giving_in_doubt:
        found.append(pages.Tag("Giving in doubt", "red"))
    if late_reply:
        found.append(pages.Tag("Late reply", "yellow"))
    if amounts.waiting(case):
        found.append(pages.Tag("CQC’s figure to check", "yellow"))
    if case.provider.review_raised and case.provider.public_body is None:
        found.append(pages.Tag("Review raised", "yellow"))
    return found


def clock_view(work: Work, case: Case, row: ClockRow) -> pages.Clock:
    """A stored deadline as the screen shows it."""
    return pages.Clock(
        label=CLOCK_TITLES.get(row.kind, row.kind.replace("_", " ").capitalize()),
        due=row.due_on,
        today=work.today,
        receipt_url=place("clocks.receipt", reference=case.reference, clock_id=row.id),
        done_on=ended_on(row),
        rule=row.citation,
        once_past=ClockKind(row.kind).once_past,
    )


def _tabs(work: Work, case: Case, current: str, facts: CaseFacts) -> list[pages.Tab]:
    waiting = len(tasks.open_of(work.session, case))
    counts = {"replies": facts.unread_replies or None, "tasks": waiting or None}
    return [
        pages.Tab(words, url, current=name == current, count=counts.get(name))
        for name, words, endpoint in TABS
        if (name != "appeal" or facts.balance_pence is not None or current == name)
        if (url := place(endpoint, reference=case.reference))
    ]


def _actions(work: Work, case: Case, facts: CaseFacts) -> list[pages.Action]:
    notice = notice_in_hand(work.session, case)
    found: list[pages.Action] = []
    for choice in choices(facts, work.actor, work.today):
        if choice.action in ELSEWHERE:
            continue
        url = _screen(choice.action, case, notice)
        if choice.allowed and not url:
            continue
        found.append(
            pages.Action(
                choice.action.label,
                href=url,
                primary=choice.allowed and choice.action not in ENDINGS,
                warning=choice.action is A.WITHDRAW,
                reason=" ".join(choice.reasons),
            )
        )
    return [
        *found,
        *giving_actions.of_case(work, case, facts),
        *letter_actions.of_case(work, case, facts),
        *_aside(work, case, facts),
    ]


def _screen(action: Action, case: Case, notice: Notice | None) -> str:
    endpoint = SCREENS[action]
    if endpoint == NOTICE:
        if notice is None:
            return ""
        return place(endpoint, reference=case.reference, notice_id=notice.id)
    return place(endpoint, reference=case.reference)


def _aside(work: Work, case: Case, facts: CaseFacts) -> list[pages.Action]:
    if not facts.state.live:
        return []
    offered = [RELEASE if facts.on_hold else ASIDE[0], *ASIDE[1:]]
    if facts.state in BEFORE_MONEY:
        offered.insert(0, REGISTER)
    return [
        pages.Action(words, href=url)
        for words, endpoint, permission in offered
        if can(work.actor, permission) and (url := place(endpoint, reference=case.reference))
    ]
