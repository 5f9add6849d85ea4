"""The sentence *what happens next*: made from the case's state, clocks and flags, never stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from enforcement.domain.cases import CaseFacts, State
from enforcement.domain.words import day

S = State


@dataclass(frozen=True)
class Next:
    """What happens next, what would stop it, and the day it turns on (None: no day)."""

    sentence: str
    stops: str = ""
    due: date | None = None


def next_line(facts: CaseFacts, today: date) -> Next:
    """What happens next on this case, in one or two plain sentences. Reads only its arguments."""
    told = _SENTENCES[facts.state](facts, today)
    return Next(told.sentence, " ".join([*_stops(facts)]) or told.stops, told.due)


def _stops(facts: CaseFacts) -> list[str]:
    """What keeps it from happening now, beyond the state itself."""
    found: list[str] = []
    if facts.state is S.CLOSED:
        return found
    if facts.on_hold:
        found.append("The case is on hold; a hold never stops the time to decide.")
    if facts.giving_in_doubt:
        found.append("Giving is in doubt: settle whether and when the notice was given.")
    if facts.unread_replies:
        found.append(
            "There is a reply that nobody has read: nothing goes on until an officer has, and the "
            "time to decide runs on."
        )
    if facts.register_drift and facts.state not in _PAST_THE_REGISTER:
        found.append("The register changed: no notice goes out before that is looked into.")
    return found


# Nothing more is sent that rests on the register, or it is on its way.
_PAST_THE_REGISTER = frozenset(
    {S.INTENT_ISSUED, S.FINAL_ISSUED, S.PAYMENT, S.APPEALED, S.RECOVERY, S.COUNTY_COURT,
     S.NO_PENALTY, S.WITHDRAWN}
)  # fmt: skip


def _plain(sentence: str) -> Callable[[CaseFacts, date], Next]:
    return lambda facts, today: Next(sentence)


def _representations(facts: CaseFacts, today: date) -> Next:
    ends = facts.period_ends_on
    if ends is None:
        return Next("The day the period for representations ends is worked out once giving is.")
    if today <= ends:
        return Next(
            f"The provider may make representations until the end of {day(ends)}. "
            "Then the replies are answered and the case goes to the panel.",
            due=ends,
        )
    until = f" The decision must be made by {day(facts.decide_by)}." if facts.decide_by else ""
    return Next(
        f"The period for representations ended on {day(ends)}. An officer answers every point "
        f"and passes the case to the panel.{until}",
        due=facts.decide_by,
    )


def _panel(facts: CaseFacts, today: date) -> Next:
    by = facts.decide_by
    if by is None:
        return Next("The panel votes, records its reasons and decides.")
    if today > by:
        return Next(
            f"The time to decide ended on {day(by)}. A penalty can no longer be imposed under "
            "this notice: decide on no penalty, or withdraw it.",
            due=by,
        )
    return Next(
        f"The panel decides by {day(by)}. After that day no penalty can be imposed "
        "under this notice.",
        due=by,
    )


def _payment(facts: CaseFacts, today: date) -> Next:
    pays, appeals = facts.payment_due_on, facts.appeal_due_on
    if facts.balance_pence is not None and facts.balance_pence < 0:
        return Next("More was paid than is owed: finance records the refund.")
    if facts.balance_pence == 0:
        end = f" An appeal may still be made until {day(appeals)}." if _open(appeals, today) else ""
        return Next(f"The penalty is paid. An officer closes the case.{end}", due=appeals)
    if _open(pays, today) and pays:
        until = f", and may appeal until {day(appeals)}, 5pm" if _open(appeals, today) else ""
        return Next(f"The provider pays by {day(pays)}{until}. Unpaid, it is recovered.", due=pays)
    if _open(appeals, today) and appeals:
        return Next(f"An appeal may still be made until {day(appeals)}, 5pm.", due=appeals)
    over = "The payment and appeal periods are over."
    if facts.reminder_wait is not None and facts.reminded_on is None:
        return Next(
            f"{over} Finance sends a reminder, and some days later starts recovery.", due=pays
        )
    return Next(f"{over} Finance starts recovery.", due=pays)


def _appealed(facts: CaseFacts, today: date) -> Next:
    suspended = (
        "The final notice is suspended: nothing is collected until the appeal is finally "
        "determined or withdrawn."
    )
    return Next(f"{facts.appeal_words} {suspended}".strip())


def _recovery(facts: CaseFacts, today: date) -> Next:
    if facts.balance_pence is not None and facts.balance_pence <= 0:
        return Next("Nothing more is owed. An officer closes the case.")
    if facts.certified_pence is None:
        return Next(
            "Finance recovers what is owed. Before an application to the county court, "
            "non-payment is certified."
        )
    return Next("Finance recovers what is owed, or applies to the county court.")


def _open(last: date | None, today: date) -> bool:
    return last is not None and today <= last


_SENTENCES: dict[State, Callable[[CaseFacts, date], Next]] = {
    S.TRIAGE: _plain("An officer drafts the notice of intent, or closes the case with a reason."),
    S.INTENT_DRAFT: _plain("The drafter finishes the notice of intent and sends it for approval."),
    S.INTENT_REVIEW: _plain(
        "A senior officer who did not draft it approves the notice of intent, or returns it."
    ),
    S.INTENT_APPROVED: _plain("An officer issues the notice of intent exactly as approved."),
    S.INTENT_ISSUED: _plain(
        "The notice of intent is sent. The period for representations runs from the day "
        "it is given."
    ),
    S.REPRESENTATIONS: _representations,
    S.PANEL: _panel,
    S.IMPOSE: _plain("An officer drafts the final notice once every check before money passes."),
    S.NO_PENALTY: _plain("The provider is told that there is no penalty, and the case is closed."),
    S.FINAL_DRAFT: _plain("The drafter finishes the final notice and sends it for approval."),
    S.FINAL_REVIEW: _plain(
        "A senior officer who did not draft it approves the final notice, or returns it."
    ),
    S.FINAL_APPROVED: _plain(
        "An officer issues the final notice; every check is made again first."
    ),
    S.FINAL_ISSUED: _plain(
        "The final notice is sent. Payment runs from the day it is given; the appeal from the "
        "day it is sent."
    ),
    S.PAYMENT: _payment,
    S.APPEALED: _appealed,
    S.RECOVERY: _recovery,
    S.COUNTY_COURT: _plain("The sum is recovered on the order of the county court."),
    S.WITHDRAWN: _plain("An officer starts again with a new notice of intent, or closes the case."),
    S.CLOSED: _plain("Nothing: the case is closed."),
}
