"""The case: moved only here, through the one table; noted, held, assigned, closed, reopened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select

from enforcement.data.cases import Case, CaseNote, Hold
from enforcement.data.people import Account
from enforcement.domain.cases import BY_ACTION, Action, CaseFacts, Choice, Gate, State, Step
from enforcement.domain.cases import choices as table_choices
from enforcement.domain.cases import gates as table_gates
from enforcement.domain.cases import step as table_step
from enforcement.domain.closing import CLOSE_REASONS, CONSUMING
from enforcement.domain.events import Fact
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, NotFound, WrongState
from enforcement.services import closings
from enforcement.services.case_facts import facts_of
from enforcement.services.work import Work, changed_meanwhile

HOLD_CATEGORIES = {
    "legal_query": "Legal query",
    "insolvency": "Insolvency",
    "police": "Police or safeguarding",
    "giving": "Giving in doubt",
    "complaint": "Complaint",
    "other": "Other",
}


def stream(case: Case) -> str:
    """The name of the case's stream in the history."""
    return f"case:{case.reference}"


def find(work: Work, reference: str) -> Case:
    """The case with this reference (spacing and letter case forgiven), or NotFound."""
    wanted = reference.strip().upper().replace(" ", "")
    case = work.session.scalar(select(Case).where(Case.reference == wanted))
    if case is None:
        raise NotFound(f"There is no case with the reference {reference}.")
    return case


def expect(case: Case, version: int | None) -> None:
    """Refuse (StaleVersion) when the caller read another version than the one stored."""
    if version is not None and case.version != version:
        raise changed_meanwhile()


def move(
    work: Work,
    case: Case,
    action: Action,
    facts: Mapping[str, Fact],
    *,
    texts: Mapping[str, str] | None = None,
    gathered: CaseFacts | None = None,
) -> Step:
    """Apply the transition table to a stored case: check, change state, write the event.

    `gathered` may be passed by a use case that must look at facts it is about to store; it is
    otherwise gathered from the rows. Raises what `domain.cases.step` raises.
    """
    step = table_step(action, gathered or facts_of(work, case), work.actor, work.today)
    case.state = step.to.value
    work.record(
        stream(case), step.event, facts, texts=texts, permission=BY_ACTION[action].permission
    )
    work.session.flush()
    return step


def choices(work: Work, case: Case) -> list[Choice]:
    """What may be done now, and why the rest may not: for the action bar."""
    return table_choices(facts_of(work, case), work.actor, work.today)


def gates(work: Work, case: Case, action: Action) -> tuple[Gate, ...]:
    """The ticks and crosses of one action."""
    return table_gates(action, facts_of(work, case), work.today)


def note(work: Work, case: Case, kind: str, text: str) -> CaseNote:
    """Log a note, call, email or support contact. Refuses BadInput for empty words."""
    work.require(Permission.NOTE)
    if kind not in ("note", "call", "email", "support"):
        raise BadInput("A note is a note, a call, an email or a support contact.")
    if not text.strip():
        raise BadInput("Write what happened.")
    row = CaseNote(
        case_id=case.id,
        kind=kind,
        text=text.strip(),
        made_by=work.actor.identity,
        made_by_name=work.actor.name,
        made_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    event = "contact_logged" if kind in ("call", "email", "support") else "case_noted"
    facts: dict[str, Fact] = {"note": row.id}
    if event == "contact_logged":
        facts["channel"] = kind
    work.record(stream(case), event, facts, texts={"text": row.text}, permission=Permission.NOTE)
    return row


def assign(work: Work, case: Case, account_id: int, version: int | None = None) -> None:
    """Give the case to an officer. Refuses NotFound, StaleVersion, NotAllowed."""
    work.require(Permission.ASSIGN)
    expect(case, version)
    account = work.session.get(Account, account_id)
    if account is None or account.disabled_at is not None:
        raise NotFound("That officer’s account does not exist or is disabled.")
    if case.officer_id == account.id:
        return
    case.officer_id = account.id
    work.record(
        stream(case),
        "case_assigned",
        {"officer": account.staff_number, "officer_name": account.name},
        permission=Permission.ASSIGN,
    )
    work.session.flush()


def hold(work: Work, case: Case, category: str, reason: str, starts_on: date | None = None) -> Hold:
    """Put the case on hold. A hold never stops the decision clock (SI 2022/1175 reg 6).

    Back-dating is limited to 14 days; holds never overlap. Refuses BadInput, WrongState.
    """
    work.require(Permission.HOLD)
    return begin_hold(work, case, category, reason, starts_on or work.today)


def begin_hold(work: Work, case: Case, category: str, reason: str, day: date) -> Hold:
    """The hold itself, for a step that has checked who may take it. Refuses as `hold` does."""
    if category not in HOLD_CATEGORIES:
        raise BadInput("Choose a category for the hold.")
    if not reason.strip():
        raise BadInput("Say why the case is held.")
    if day > work.today or (work.today - day).days > 14:
        raise BadInput("A hold starts today or up to 14 days ago.")
    if State(case.state) is State.CLOSED:
        raise WrongState("A closed case cannot be held.")
    for other in case.holds:
        if other.ends_on is None:
            raise WrongState("The case is already on hold.")
        if other.ends_on >= day:
            raise BadInput(f"Another hold ran until {other.ends_on}: holds may not overlap.")
    row = Hold(
        case=case,
        category=category,
        reason=reason.strip(),
        starts_on=day,
        started_by=work.actor.identity,
    )
    work.session.add(row)
    work.record(
        stream(case),
        "hold_started",
        {"category": category, "starts_on": day.isoformat()},
        texts={"reason": row.reason},
        permission=Permission.HOLD,
    )
    work.session.flush()
    return row


def release(work: Work, case: Case) -> None:
    """End the open hold today. Refuses WrongState when there is none."""
    work.require(Permission.HOLD)
    open_hold = next((h for h in case.holds if h.ends_on is None), None)
    if open_hold is None:
        raise WrongState("The case is not on hold.")
    open_hold.ends_on, open_hold.ended_by = work.today, work.actor.identity
    work.record(
        stream(case),
        "hold_ended",
        {"category": open_hold.category, "ends_on": work.today.isoformat()},
        permission=Permission.HOLD,
    )
    work.session.flush()


def close(
    work: Work,
    case: Case,
    reason: str,
    version: int | None = None,
    *,
    lesson: str = "",
    words: str = "",
) -> Step:
    """Close the case with a reason code; says whether its misses are used up, and how long the
    record is kept by the policy of the day.

    `lesson`: what is to be learnt, by its code; `words`: what the next person should know.
    Refuses BadInput for an unknown reason or lesson, and whatever the table refuses.
    """
    expect(case, version)
    if reason not in CLOSE_REASONS:
        raise BadInput("Choose why the case is closed.")
    row = closings.closing(work, case, reason, lesson, words)
    step = move(
        work,
        case,
        Action.CLOSE,
        {
            "reason": reason,
            "consumed": reason in CONSUMING,
            "keep_until": row.keep_until.isoformat(),
            "lesson": row.lesson or None,
        },
        texts={"words": row.words} if row.words else None,
    )
    work.session.add(row)
    case.closed_at, case.closed_reason, case.next_on = work.now, reason, None
    for miss in case.misses:
        miss.consumed = reason in CONSUMING
    for clock in case.clocks:
        if clock.ended_at is None:
            clock.ended_at, clock.ended_because = work.now, "case closed"
    work.session.flush()
    return step
