"""Recovery of an unpaid penalty on the order of the county court (SI 2022/1175 reg 9; CPR 70.5).

Every step passes the gates of the table: nothing is recovered while an appeal lives, the case is
held, a reply is open or giving is in doubt, nor before a reminder; and no application is made
without a signed certificate of what is owed now.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from enforcement.data.appeals import CourtEntry
from enforcement.data.cases import Case
from enforcement.data.payments import LedgerEntry
from enforcement.domain.cases import Action, State, Step
from enforcement.domain.clocks import ClockKind
from enforcement.domain.payments import Ask, Kind
from enforcement.domain.permissions import Permission
from enforcement.domain.recovery import CourtStep
from enforcement.domain.refusals import BadInput, WrongState
from enforcement.domain.tribunal_clocks import ordered_clock, recovery_clock
from enforcement.services import payments
from enforcement.services.case_clocks import PERIOD_OVER, end_clocks, start_clock
from enforcement.services.case_facts import balance, penalty_of
from enforcement.services.cases import expect, move, stream
from enforcement.services.policies import calendar, in_force
from enforcement.services.recovery_facts import certificate
from enforcement.services.work import Work


def start(work: Work, case: Case, version: int | None = None) -> Step:
    """Start recovery of an overdue penalty; policy sets a day for its next step.

    Every gate of the step applies (regs 7 to 9). Refuses StaleVersion, NotAllowed, GateClosed,
    WrongState.
    """
    work.require(Permission.RECORD_MONEY)
    expect(case, version)
    step = move(work, case, Action.START_RECOVERY, {"balance": _owed(work, case)})
    end_clocks(work, case, {ClockKind.APPEAL}, PERIOD_OVER)
    _next_step(work, case)
    return step


def _next_step(work: Work, case: Case) -> None:
    days = int(in_force(work.session, "recovery", work.today).body["next_step_days"])
    start_clock(work, case, recovery_clock(work.today, calendar(work.session), days))


def _owed(work: Work, case: Case) -> int:
    penalty = penalty_of(work.session, case)
    return balance(work.session, penalty) if penalty else 0


@dataclass(frozen=True)
class Application:
    """To which court an application was made, on which day, and its reference there."""

    on: date
    court: str
    court_reference: str = ""


def apply_to_court(
    work: Work, case: Case, application: Application, version: int | None = None
) -> CourtEntry:
    """Record the application to the county court (reg 9; CPR 70.5): it was made with the signed
    certificate, which is named in the entry.

    Refuses BadInput (no court, a day before recovery or to come), StaleVersion, NotAllowed and
    every closed gate.
    """
    work.require(Permission.RECORD_MONEY)
    expect(case, version)
    if not application.court.strip():
        raise BadInput("Name the court.")
    if application.on > work.today:
        raise BadInput("The day of the application is still to come.")
    signed = certificate(work.session, case)
    owed = _owed(work, case)
    move(
        work,
        case,
        Action.APPLY_TO_COURT,
        {
            "balance": owed,
            "court": application.court.strip(),
            "court_reference": application.court_reference.strip(),
            "on": application.on.isoformat(),
            "certificate": signed.reference if signed else None,
        },
    )
    end_clocks(work, case, {ClockKind.RECOVERY}, "met")
    return _keep(
        work, case, CourtStep.APPLIED, application.on,
        court=application.court, court_reference=application.court_reference,
        pence=owed, certificate_id=signed.id if signed else None,
    )  # fmt: skip


@dataclass(frozen=True)
class Order:
    """What the court ordered: the sum, and by when to pay it if it says so. Pence."""

    on: date
    pence: int | None
    court_reference: str
    pay_by: date | None = None
    words: str = ""


def ordered(work: Work, case: Case, order: Order, version: int | None = None) -> CourtEntry:
    """Record the county court's order; the day it sets for paying becomes a deadline.

    Refuses WrongState without an application, BadInput (no reference, no sum, more than is owed,
    a day before the application or to come), StaleVersion, NotAllowed.
    """
    work.require(Permission.RECORD_MONEY)
    expect(case, version)
    applied = _applied(work, case)
    if not order.court_reference.strip():
        raise BadInput("Enter the reference of the order.")
    if not applied.on <= order.on <= work.today:
        raise BadInput("An order is made after the application, and not in the future.")
    if order.pence is None or not 0 < order.pence <= (applied.pence or 0):
        raise BadInput("The order is for what was applied for, or a part of it.")
    if order.pay_by is not None and order.pay_by <= order.on:
        raise BadInput("The day for paying comes after the order.")
    entry = _keep(
        work, case, CourtStep.ORDERED, order.on,
        court=applied.court, court_reference=order.court_reference, pence=order.pence,
        pay_by=order.pay_by, words=order.words,
    )  # fmt: skip
    work.record(
        stream(case),
        "court_ordered",
        {
            "court": entry.court,
            "court_reference": entry.court_reference,
            "on": order.on.isoformat(),
            "pence": order.pence,
            "pay_by": order.pay_by.isoformat() if order.pay_by else None,
        },
        texts={"words": entry.words} if entry.words else None,
        permission=Permission.RECORD_MONEY,
    )
    if order.pay_by is not None:
        kind, working = ClockKind.COURT_ORDER, calendar(work.session)
        start_clock(work, case, ordered_clock(kind, order.on, order.pay_by, working))
    return entry


def refused(work: Work, case: Case, on: date, words: str, version: int | None = None) -> CourtEntry:
    """The court refused the application: the case is in recovery again.

    Refuses WrongState without an application, BadInput (no reason, a day before the application
    or to come), StaleVersion, NotAllowed.
    """
    work.require(Permission.RECORD_MONEY)
    expect(case, version)
    applied = _applied(work, case)
    if not words.strip():
        raise BadInput("Say why the court refused.")
    if not applied.on <= on <= work.today:
        raise BadInput("The court answers after the application, and not in the future.")
    facts = {"court": applied.court, "on": on.isoformat()}
    move(work, case, Action.COURT_REFUSED, facts, texts={"words": words.strip()})
    _next_step(work, case)
    return _keep(
        work, case, CourtStep.REFUSED, on,
        court=applied.court, court_reference=applied.court_reference, words=words,
    )  # fmt: skip


def paid_through_court(
    work: Work, case: Case, pence: int | None, on: date, key: str
) -> LedgerEntry:
    """Enter money that came in through the court, under the court's reference. Pence.

    Refuses WrongState where no court entry is, and what `payments.record` refuses.
    """
    entries = entries_of(work, case)
    if not entries:
        raise WrongState("No application to a court is recorded on this case.")
    last = entries[-1]
    reason = f"Received through the {last.court}"
    reference = " ".join(filter(None, ("Court", last.court_reference)))
    ask = Ask(Kind.PAYMENT, pence, on, reason=reason)
    entry = payments.record(work, case, ask, key=key, payment_reference=reference)
    if _owed(work, case) <= 0:
        end_clocks(work, case, {ClockKind.COURT_ORDER, ClockKind.RECOVERY}, "met")
    return entry


def entries_of(work: Work, case: Case) -> list[CourtEntry]:
    """What was done at the county court, oldest first. Reads only."""
    return list(
        work.session.scalars(
            select(CourtEntry).where(CourtEntry.case_id == case.id).order_by(CourtEntry.id)
        )
    )


def _applied(work: Work, case: Case) -> CourtEntry:
    """The application that waits for the court's word, or has its order."""
    found = [e for e in entries_of(work, case) if e.kind == CourtStep.APPLIED]
    if State(case.state) is not State.COUNTY_COURT or not found:
        raise WrongState("No application to a court is under way on this case.")
    return found[-1]


def _keep(
    work: Work,
    case: Case,
    kind: CourtStep,
    on: date,
    *,
    court: str,
    court_reference: str,
    pence: int | None = None,
    pay_by: date | None = None,
    certificate_id: int | None = None,
    words: str = "",
) -> CourtEntry:
    row = CourtEntry(
        case_id=case.id,
        kind=kind.value,
        on=on,
        court=court.strip(),
        court_reference=court_reference.strip(),
        pence=pence,
        pay_by=pay_by,
        certificate_id=certificate_id,
        words=words.strip(),
        recorded_by=work.actor.identity,
        recorded_by_name=work.actor.name,
        recorded_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    return row
