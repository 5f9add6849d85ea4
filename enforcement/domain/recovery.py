"""Recovery of an unpaid penalty: the gates that stand before it, beyond those every step has."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from enforcement.domain.gates import REG9, CaseFacts, Gate
from enforcement.domain.words import day, pounds

POLICY = "Policy on reminders and refunds"
CPR = "CPR 70.5"


class CourtStep(StrEnum):
    """What happens at the county court, in its order."""

    APPLIED = "applied"
    ORDERED = "ordered"
    REFUSED = "refused"

    @property
    def label(self) -> str:
        return COURT_STEPS[self]


COURT_STEPS = {
    CourtStep.APPLIED: "Application made",
    CourtStep.ORDERED: "Order made: the sum is recoverable",
    CourtStep.REFUSED: "Application refused",
}


def reminded(f: CaseFacts, today: date) -> Gate:
    """A reminder went out in this period for payment, so many days ago (policy)."""
    wait = f.reminder_wait
    if wait is None:
        return Gate("reminded", True, "Policy asks for no reminder.", POLICY)
    if f.reminded_on is None:
        words = "No reminder was sent since the period for payment began."
        return Gate("reminded", False, words, POLICY)
    opens = f.reminded_on + timedelta(days=wait)
    if today < opens:
        words = f"A reminder went on {day(f.reminded_on)}: recovery may start on {day(opens)}."
        return Gate("reminded", False, words, POLICY)
    return Gate("reminded", True, f"A reminder went on {day(f.reminded_on)}.", POLICY)


def certified(f: CaseFacts, today: date) -> Gate:
    """A signed certificate of non-payment states exactly what is owed now (reg 9)."""
    if f.certified_pence is None:
        words = "No certificate of non-payment is signed."
        return Gate("certified", False, words, f"{REG9}; {CPR}")
    owed = f.balance_pence is not None and f.balance_pence > 0
    if owed and f.certified_pence != f.balance_pence:
        words = (
            f"The certificate of non-payment states {pounds(f.certified_pence)}, which is not what "
            "is owed now: draft a new one."
        )
        return Gate("certified", False, words, f"{REG9}; {CPR}")
    words = f"A signed certificate of non-payment states {pounds(f.certified_pence)}."
    return Gate("certified", True, words, f"{REG9}; {CPR}")
