"""What each kind of policy row must hold, and what a new row would touch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select

from enforcement.data.cases import Case, ClockRow
from enforcement.data.policies import Policy
from enforcement.data.windows import WindowRow
from enforcement.domain import closing, concerns, paragraphs
from enforcement.domain.cases import State
from enforcement.domain.clocks import MINIMUM_REPRESENTATIONS_DAYS, REPRESENTATIONS_RULE
from enforcement.domain.fees import FeeScheme
from enforcement.domain.refusals import BadInput
from enforcement.domain.tasks import check_days
from enforcement.domain.thresholds import ThresholdPolicy
from enforcement.domain.windows import Month
from enforcement.services import clocks, policies, templates
from enforcement.services.work import Work

TITLES: dict[str, str] = {
    "threshold": "Threshold",
    "fee_scheme": "Fee scheme",
    "periods": "Periods",
    "contact_block": "Contact block",
    "calendar_day": "Calendar days",
    "window_override": "Window overrides",
    "tribunal": "Tribunal",
    "panel": "Panel",
    "payment": "How to pay",
    "signatory": "Signatory",
    "letters": "Reminders, refunds and certificates",
    "recovery": "Recovery, and payment after an appeal",
    "retention": "How long closed cases are kept",
    "template": "Notice templates",
    "tasks": "Days for tasks",
    "sampling": "Full checks in an issue run",
    "routing": "Where concerns are passed on",
    "paragraph": "Standard paragraphs",
    "money": "Money",
}
# One row of these kinds does not replace the one before: every approved row stands.
ADDED = ("calendar_day", "window_override", "paragraph")


def propose(
    work: Work, kind: str, effective_from: date, body: dict[str, Any], citation: str
) -> Policy:
    """Propose a row whose body was checked. Refuses BadInput, NotAllowed."""
    check(kind, effective_from, body, citation)
    return policies.propose(work, kind, effective_from, body, citation)


def approve(work: Work, policy_id: int) -> Policy:
    """Approve a proposed row as a second person, past whatever its kind asks for.

    Refuses SamePerson, NotFound, NotAllowed, and for words of notices what `templates.approve`
    refuses.
    """
    row = work.session.get(Policy, policy_id)
    if row is not None and row.kind == templates.POLICY:
        return templates.approve(work, policy_id)
    return policies.approve(work, policy_id)


def check(kind: str, effective_from: date, body: Mapping[str, Any], citation: str) -> None:
    """Refuse (BadInput) a body that the rules could not use."""
    if kind not in TITLES:
        raise BadInput(f"There is no policy kind “{kind}”.")
    if kind == templates.POLICY:
        raise BadInput("Words of notices are proposed on the page of their version.")
    if kind in _CHECKS:
        _CHECKS[kind](body, effective_from, citation)


def _threshold(body: Mapping[str, Any], effective_from: date, citation: str) -> None:
    stored = {"version": "proposed", "effective_from": effective_from.isoformat(), **body}
    policy = ThresholdPolicy.from_json({**stored, "citation": citation})
    if policy.at_risk_consecutive > policy.consecutive or policy.at_risk_total > policy.total:
        raise BadInput("“At risk” must come before the threshold, not after it.")


def _fees(body: Mapping[str, Any], effective_from: date, citation: str) -> None:
    scheme = FeeScheme.from_json(body)
    if scheme.effective_from != effective_from:
        raise BadInput("The scheme’s own “effective_from” is not the day this row takes effect.")


def _periods(body: Mapping[str, Any], effective_from: date, citation: str) -> None:
    if body["representations_days"] < MINIMUM_REPRESENTATIONS_DAYS:
        raise BadInput(
            f"The law allows no fewer than {MINIMUM_REPRESENTATIONS_DAYS} days for "
            "representations.",
            rule=REPRESENTATIONS_RULE,
        )
    if min(body["payment_days"], body["appeal_days"], body["link_days_after_deadline"]) < 1:
        raise BadInput("A period has at least one day.")


def _override(body: Mapping[str, Any], effective_from: date, citation: str) -> None:
    Month.parse(body["month"])
    opens, closes = body.get("opens_on"), body.get("closes_on")
    if not opens and not closes:
        raise BadInput("Give the day the window opens, the day it closes, or both.")
    if opens and closes and date.fromisoformat(opens) > date.fromisoformat(closes):
        raise BadInput("A window cannot close before it opens.")


def _panel(body: Mapping[str, Any], effective_from: date, citation: str) -> None:
    if body["quorum"] < 1:
        raise BadInput("A quorum is at least one member.")


def _sampling(body: Mapping[str, Any], effective_from: date, citation: str) -> None:
    if body["least"] < 1 or body["roots"] < 1:
        raise BadInput("At least one notice of every run is checked in full.")


def _letters(body: Mapping[str, Any], effective_from: date, citation: str) -> None:
    if body["reminder_apart"] < 1 or body["refund_within"] < 1 or body["reminder_before_due"] < 0:
        raise BadInput("Two reminders are at least one day apart, and a refund takes a day.")


def _money(body: Mapping[str, Any], effective_from: date, citation: str) -> None:
    if body["write_off_alone_pence"] < 0 or body["reminder_after_due"] < 1:
        raise BadInput("The limit is nothing or more, and a reminder comes after the last day.")


def _recovery(body: Mapping[str, Any], effective_from: date, citation: str) -> None:
    if body["reminder_wait"] < 0 or body["next_step_days"] < 1:
        raise BadInput("Recovery waits no fewer than 0 days, and its next step takes a day.")


_CHECKS: dict[str, Callable[[Mapping[str, Any], date, str], None]] = {
    "threshold": _threshold,
    "fee_scheme": _fees,
    "periods": _periods,
    "window_override": _override,
    "panel": _panel,
    "tasks": lambda body, effective_from, citation: check_days(body),
    "letters": _letters,
    "sampling": _sampling,
    "recovery": _recovery,
    "retention": lambda body, effective_from, citation: closing.check_body(body),
    "money": _money,
    "routing": lambda body, effective_from, citation: concerns.check_body(body),
    "paragraph": lambda body, effective_from, citation: paragraphs.check_body(body),
}


def impact(work: Work, row: Policy) -> str:
    """What a proposed row would touch, in one sentence with numbers. Reads only."""
    if row.kind in _IMPACTS:
        return _IMPACTS[row.kind](work, row)
    return "Used by notices drafted from then on; issued notices are never rendered again."


def _cases(work: Work, *conditions: ColumnElement[bool]) -> int:
    live = select(func.count()).select_from(Case).where(Case.state != State.CLOSED.value)
    return work.session.scalar(live.where(*conditions)) or 0


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _threshold_impact(work: Work, row: Policy) -> str:
    kept = _counted(_cases(work), "live case keeps", "live cases keep")
    return f"Used by runs from that day. {kept} the threshold pinned when the case opened."


def _fee_impact(work: Work, row: Policy) -> str:
    open_amounts = _cases(work, Case.amount_status != "confirmed")
    touched = _counted(open_amounts, "live case has", "live cases have")
    return f"{touched} an estimated amount, which is recomputed before any final notice."


def _periods_impact(work: Work, row: Policy) -> str:
    running = work.session.scalar(
        select(func.count()).select_from(ClockRow).where(ClockRow.ended_at.is_(None))
    )
    keep = _counted(running or 0, "running deadline keeps", "running deadlines keep")
    return f"Used by notices drafted from that day. {keep} the days already stated."


def _day_impact(work: Work, row: Policy) -> str:
    day = date.fromisoformat(row.body["day"])
    moved = clocks.affected_by(work.session, day, working=bool(row.body["working"]))
    if not moved:
        return "No running deadline would move."
    named = ", ".join(sorted({one.case for one in moved})[:5])
    would = _counted(len(moved), "running deadline was", "running deadlines were")
    return f"{would} counted without it ({named}). None moves by itself: a person decides."


def _window_impact(work: Work, row: Policy) -> str:
    month = Month.parse(row.body["month"])
    stored = work.session.get(WindowRow, month.number)
    if stored is not None and stored.feed_complete_at is not None:
        return f"The feed of {month.title} was already called complete."
    return f"Moves the window of {month.title}."


_IMPACTS: dict[str, Callable[[Work, Policy], str]] = {
    "threshold": _threshold_impact,
    "fee_scheme": _fee_impact,
    "periods": _periods_impact,
    "calendar_day": _day_impact,
    "window_override": _window_impact,
    "tasks": lambda work, row: "Used by tasks opened from that day; open ones keep their day.",
    "panel": lambda work, row: "Used by every decision made from that day.",
    "recovery": lambda work, row: "Used by recovery started, and appeals that end, from that day.",
    "retention": lambda work, row: "Used by cases closed from that day; closed ones keep theirs.",
    "sampling": lambda work, row: "Used by issue runs frozen from that day.",
    "routing": lambda work, row: "Used by concerns passed on from that day.",
    "money": lambda work, row: "Used by write-offs and reminders from that day.",
    "paragraph": lambda work, row: "Offered from that day; answers already written keep theirs.",
}
