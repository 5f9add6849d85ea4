"""Recovery: what stands in the way, the papers for the court, and what the court did."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template, url_for
from wtforms import HiddenField, StringField, SubmitField
from wtforms.validators import InputRequired, Length, Optional

from enforcement.data.cases import Case
from enforcement.domain import payments as ledger
from enforcement.domain.bundles import Pack
from enforcement.domain.cases import Action, CaseFacts, Gate
from enforcement.domain.cases import gates as table_gates
from enforcement.domain.permissions import Permission, not_yours
from enforcement.domain.recovery import CourtStep
from enforcement.domain.stages import State
from enforcement.services import cases, recovery
from enforcement.services.recovery_facts import certificate
from enforcement.services.work import Work
from enforcement.web import access, pages
from enforcement.web.fields import DayField, LongTextField, MoneyField, visible
from enforcement.web.filters import day, money
from enforcement.web.listing import Cell, Column, Listing
from enforcement.web.staff import letter_actions
from enforcement.web.staff.case_form import LONGEST, CaseForm, FormPage, answer, chosen, words
from enforcement.web.staff.case_frame import case_frame, place

bp = Blueprint("recovery", __name__, url_prefix="/cases/<reference>/recovery")
BOTH = ["GET", "POST"]
A, P, S = Action, Permission, State
GATES = {
    "final_given": "The final notice was given",
    "payment_overdue": "The periods for payment and appeal are over",
    "something_owed": "Something is owed",
    "no_live_appeal": "No appeal is live",
    "not_on_hold": "The case is not on hold",
    "replies_answered": "Every reply is answered",
    "reminded": "The provider was reminded",
    "certified": "Non-payment is certified (reg 9)",
}


class ConfirmForm(CaseForm):
    submit = SubmitField("Start recovery")


class ApplyForm(CaseForm):
    on = DayField("When was the application made?", [InputRequired("Enter the day")])
    court = StringField(
        "To which court?", [InputRequired("Name the court"), Length(max=120), visible]
    )
    court_reference = StringField(
        "The court’s reference (optional)", [Optional(), Length(max=60), visible]
    )
    submit = SubmitField("Record the application")


class OrderForm(CaseForm):
    on = DayField("When was the order made?", [InputRequired("Enter the day")])
    court_reference = StringField(
        "Reference of the order",
        [InputRequired("Enter the reference of the order"), Length(max=60), visible],
    )
    pence = MoneyField(
        "Sum ordered",
        [InputRequired("Enter the sum ordered")],
        description="Of the penalty. Costs are not kept here.",
    )
    pay_by = DayField("To be paid by (optional)", [Optional()])
    notes = LongTextField("Notes (optional)", [Optional(), Length(max=LONGEST), visible])
    submit = SubmitField("Record the order")


class RefusedForm(CaseForm):
    on = DayField("When did the court refuse?", [InputRequired("Enter the day")])
    reason = words("Why did the court refuse?", "Enter why the court refused")
    submit = SubmitField("Record the refusal")


class ReceivedForm(CaseForm):
    key = HiddenField()
    on = DayField("When was it received?", [InputRequired("Enter the day")])
    pence = MoneyField("Amount received", [InputRequired("Enter the amount received")])
    submit = SubmitField("Record the payment")


def _opened(reference: str) -> tuple[Work, Case]:
    work = access.work()
    return work, cases.find(work, reference)


@bp.get("", endpoint="recovery")
@access.needs(P.READ_CASES)
def overview(reference: str) -> str:
    work, case = _opened(reference)
    frame = case_frame(work, case, "money")
    entries = recovery.entries_of(work, case)
    return render_template(
        "staff/recovery/recovery.html",
        case_frame=frame,
        facts=_facts(work, case, frame.facts),
        stages=_stages(work, frame.facts),
        entries=_entries(work, case) if entries else None,
        actions=_actions(work, case, frame.facts, any(e.kind == "applied" for e in entries)),
    )


def _facts(work: Work, case: Case, facts: CaseFacts) -> list[pages.Fact]:
    signed = certificate(work.session, case)
    found = [pages.Fact("Owed", ledger.standing(facts.balance_pence))]
    if facts.payment_due_on:
        found.append(pages.Fact("Payment due", day(facts.payment_due_on)))
    found.append(
        pages.Fact(
            "Reminder in this period",
            f"Sent on {day(facts.reminded_on)}" if facts.reminded_on else "None",
        )
    )
    if signed is None:
        return [*found, pages.Fact("Certificate of non-payment", "None signed")]
    url = url_for("notices.notice", reference=case.reference, notice_id=signed.id)
    said = f"States {money(facts.certified_pence)}, signed {day(signed.approved_at)}"
    return [*found, pages.Fact("Certificate of non-payment", signed.reference, said, href=url)]


def _stages(work: Work, facts: CaseFacts) -> list[tuple[str, list[pages.Check]]]:
    """The gates of the step that comes next."""
    steps = {
        S.PAYMENT: A.START_RECOVERY, S.APPEALED: A.START_RECOVERY, S.RECOVERY: A.APPLY_TO_COURT,
    }  # fmt: skip
    action = steps.get(facts.state)
    if action is None:
        return []
    found = [_check(gate) for gate in table_gates(action, facts, work.today)]
    return [(f"Before “{action.label}”", found)]


def _check(gate: Gate) -> pages.Check:
    return pages.Check(GATES[gate.name], gate.ok, gate.sentence, gate.rule)


def _entries(work: Work, case: Case) -> Listing:
    return Listing(
        caption="At the county court",
        columns=[
            Column("on", "Day"),
            Column("what", "What"),
            Column("court", "Court"),
            Column("pence", "Sum", numeric=True),
            Column("pay_by", "To be paid by"),
            Column("by", "Recorded by"),
        ],
        rows=[
            {
                "on": day(row.on),
                "what": Cell(CourtStep(row.kind).label, note=row.words),
                "court": Cell(row.court, note=row.court_reference),
                "pence": money(row.pence) if row.pence is not None else "",
                "pay_by": day(row.pay_by) if row.pay_by else "",
                "by": row.recorded_by_name,
            }
            for row in recovery.entries_of(work, case)
        ],
    )


SCREENS = {
    A.START_RECOVERY: "recovery.start",
    A.APPLY_TO_COURT: "recovery.apply",
    A.COURT_REFUSED: "recovery.refused",
}


def _actions(work: Work, case: Case, facts: CaseFacts, applied: bool) -> list[pages.Action]:
    here = {"reference": case.reference}
    found = [
        pages.Action(
            choice.action.label,
            place(SCREENS[choice.action], **here),
            primary=choice.action is not A.COURT_REFUSED,
            reason=" ".join(choice.reasons),
        )
        for choice in cases.choices(work, case)
        if choice.action in SCREENS
    ]
    why = not_yours(work.actor, P.RECORD_MONEY)
    if facts.state is S.COUNTY_COURT:
        url = place("recovery.order", **here)
        found.insert(0, pages.Action("Record the court’s order", url, primary=True, reason=why))
    if applied:
        url = place("recovery.received", **here)
        found.append(pages.Action("Record money received through the court", url, reason=why))
    if facts.state in (S.RECOVERY, S.COUNTY_COURT):
        pack = place("bundles.bundles", **here) + f"#{Pack.COURT.value}"
        found.append(pages.Action("County court pack", pack))
    return found + letter_actions.about_money(work, case)


def _page(case: Case, title: str, intro: str = "") -> FormPage:
    back = url_for("recovery.recovery", reference=case.reference)
    return FormPage(title, tab="money", back=back, intro=intro)


def _answered(
    work: Work, case: Case, form: CaseForm, page: FormPage, act: Callable[[], object]
) -> Any:
    return answer(work, case, form, page, act, "Recorded.")


@bp.route("/start", methods=BOTH)
@access.needs(P.RECORD_MONEY)
def start(reference: str) -> Any:
    work, case = _opened(reference)
    form = ConfirmForm()
    intro = (
        "The provider is chased for the balance. If it stays unpaid, the sum can be recovered on "
        "the order of the county court (SI 2022/1175 reg 9)."
    )
    page = _page(case, A.START_RECOVERY.label, intro)
    return _answered(work, case, form, page, lambda: recovery.start(work, case, form.read_version))


@bp.route("/apply", methods=BOTH)
@access.needs(P.RECORD_MONEY)
def apply(reference: str) -> Any:
    work, case = _opened(reference)
    form = ApplyForm()
    if not form.is_submitted():
        form.on.data = work.today

    def act() -> None:
        made = recovery.Application(
            chosen(form.on), form.court.data, form.court_reference.data or ""
        )
        recovery.apply_to_court(work, case, made, form.read_version)

    intro = (
        "Record this once the application is made: copy of the final notice, certificate of "
        "non-payment and proof of giving (CPR 70.5). The county court pack holds them."
    )
    return _answered(work, case, form, _page(case, A.APPLY_TO_COURT.label, intro), act)


@bp.route("/order", methods=BOTH)
@access.needs(P.RECORD_MONEY)
def order(reference: str) -> Any:
    work, case = _opened(reference)
    form = OrderForm()

    def act() -> None:
        made = recovery.Order(
            chosen(form.on),
            form.pence.data,
            form.court_reference.data,
            form.pay_by.data,
            form.notes.data or "",
        )
        recovery.ordered(work, case, made, form.read_version)

    intro = "After the order, ordinary enforcement of court orders is open (CPR 70.5)."
    return _answered(work, case, form, _page(case, "Record the court’s order", intro), act)


@bp.route("/refused", methods=BOTH)
@access.needs(P.RECORD_MONEY)
def refused(reference: str) -> Any:
    work, case = _opened(reference)
    form = RefusedForm()

    def act() -> None:
        recovery.refused(work, case, chosen(form.on), form.reason.data, form.read_version)

    intro = "The case goes back to recovery, where another application can be made."
    return _answered(work, case, form, _page(case, A.COURT_REFUSED.label, intro), act)


@bp.route("/received", methods=BOTH)
@access.needs(P.RECORD_MONEY)
def received(reference: str) -> Any:
    work, case = _opened(reference)
    form = ReceivedForm()
    if not form.is_submitted():
        form.key.data, form.on.data = secrets.token_hex(16), work.today

    def act() -> None:
        recovery.paid_through_court(
            work, case, form.pence.data, chosen(form.on), form.key.data or ""
        )

    page = _page(case, "Record money received through the court")
    return _answered(work, case, form, page, act)
