"""The money page: the penalty, its entries, the balance, and what may be entered."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, abort, render_template, url_for
from wtforms import HiddenField, SelectField, StringField, SubmitField
from wtforms.validators import InputRequired, Length, Optional

from enforcement.data.cases import Case
from enforcement.data.finance import BankLine
from enforcement.data.payments import LedgerEntry, Penalty
from enforcement.domain import payments as ledger
from enforcement.domain.payments import Ask, Kind
from enforcement.domain.permissions import Permission, not_yours
from enforcement.services import (
    cases,
    instalments,
    payments,
    posting,
    reminders,
    write_offs,
)
from enforcement.services.accounts import names
from enforcement.services.case_facts import balance, penalty_of
from enforcement.services.work import Work
from enforcement.web import access, pages
from enforcement.web.fields import DayField, MoneyField, visible
from enforcement.web.filters import day, money
from enforcement.web.listing import Cell, Column, Listing
from enforcement.web.staff import letter_actions
from enforcement.web.staff import owed as owed_pages
from enforcement.web.staff.case_form import CaseForm, FormPage, answer, chosen, options, words
from enforcement.web.staff.case_frame import case_frame, place

bp = Blueprint("payments", __name__)
BOTH = ["GET", "POST"]


class EntryForm(CaseForm):
    """What every entry has: its key, made when the form is shown, so that it is entered once."""

    key = HiddenField()
    on = DayField("Date", [InputRequired("Enter the date")])


class PaymentForm(EntryForm):
    pence = MoneyField("Amount received", [InputRequired("Enter the amount received")])
    payment_reference = StringField(
        "Bank or card reference (optional)", [Optional(), Length(max=80), visible]
    )
    submit = SubmitField("Record the payment")


class ReversalForm(EntryForm):
    reverses = SelectField("Entry", [InputRequired("Choose the entry to reverse")])
    reason = words("Reason", "Enter the reason for the reversal")
    submit = SubmitField("Reverse the entry")


class RefundForm(EntryForm):
    pence = MoneyField("Amount refunded", [InputRequired("Enter the amount refunded")])
    payment_reference = StringField(
        "Bank or card reference (optional)", [Optional(), Length(max=80), visible]
    )
    reason = words("Reason", "Enter the reason for the refund")
    submit = SubmitField("Record the refund")


class WriteOffForm(EntryForm):
    pence = MoneyField("Amount written off", [InputRequired("Enter the amount written off")])
    authority = StringField(
        "Authority",
        [InputRequired("Enter who allowed this, and where"), Length(max=120), visible],
        description="Who allowed it, and the reference of that decision.",
    )
    reason = words("Reason", "Enter the reason for writing off")
    submit = SubmitField("Write off")


class InstalmentsForm(CaseForm):
    words = words("Who asked, how, and what do they offer?", "Enter what was asked for")
    submit = SubmitField("Record the request")


FORMS: dict[Kind, tuple[type[EntryForm], str]] = {
    Kind.PAYMENT: (PaymentForm, "Record a payment"),
    Kind.REVERSAL: (ReversalForm, "Reverse an entry"),
    Kind.REFUND: (RefundForm, "Record a refund"),
    Kind.WRITE_OFF: (WriteOffForm, "Write off"),
}


def _opened(reference: str) -> tuple[Work, Case]:
    work = access.work()
    return work, cases.find(work, reference)


@bp.get("/cases/<reference>/money", endpoint="money")
@access.needs(Permission.READ_CASES)
def money_page(reference: str) -> str:
    work, case = _opened(reference)
    penalty = penalty_of(work.session, case)
    owed = balance(work.session, penalty) if penalty else None
    return render_template(
        "staff/payments/money.html",
        case_frame=case_frame(work, case, "money"),
        penalty=penalty,
        standing=ledger.standing(owed),
        settled=owed == 0 and case.state in ("payment", "recovery", "county_court"),
        facts=_facts(work, case, penalty, owed),
        write_off=_write_off_waiting(work, case),
        asked=_instalments(work, case),
        no_instalments=instalments.NO_POWER,
        entries=_entries(work, penalty) if penalty else None,
        actions=_actions(work, case, penalty),
    )


def _facts(work: Work, case: Case, penalty: Penalty | None, owed: int | None) -> list[pages.Fact]:
    if penalty is None:
        return []
    found = [
        pages.Fact("Penalty", money(_charged(penalty)), f"Raised {day(penalty.raised_at)}"),
        pages.Fact("Payment reference", penalty.reference),
        pages.Fact("Balance", money(owed), ledger.standing(owed)),
    ]
    if owed is not None and owed > 0:
        found += _chasing(work, case)
    return found


def _chasing(work: Work, case: Case) -> list[pages.Fact]:
    """By when it is to be paid, and what becomes of reminders."""
    one = reminders.owing_of(work, case)
    due = owed_pages.due_cell(one, work.today)
    last = f"Last sent {day(one.last_on)}." if one.last_on else "None was sent."
    now = " ".join(one.why_not) or "One may be sent now."
    return [
        pages.Fact("Pay by", due.text, due.note),
        pages.Fact("Reminders", last, now),
    ]


def _write_off_waiting(work: Work, case: Case) -> pages.Fact | None:
    row = write_offs.waiting_on(work, case)
    if row is None:
        return None
    href = place("write_offs.one", reference=case.reference, number=row.id)
    return pages.Fact("Write-off", money(row.pence), f"asked by {row.asked_by_name}", href=href)


def _instalments(work: Work, case: Case) -> list[pages.Fact]:
    return [
        pages.Fact(
            f"Asked {day(task.opened_at)}",
            task.about,
            f"Answered {day(task.closed_at)}: {task.closed_words}"
            if task.closed_at
            else f"To be answered by {day(task.due_on)}",
        )
        for task in instalments.of_case(work, case)
    ]


def _charged(penalty: Penalty) -> int:
    """The penalty as it stands: its sum, and what the tribunal varied."""
    return ledger.charged(payments.entries_of(penalty))


def _entries(work: Work, penalty: Penalty) -> Listing:
    rows = []
    people = names(work.session, [entry.entered_by for entry in penalty.entries])
    lines = posting.of_entries(work.session, penalty.entries)
    running = 0
    for entry in penalty.entries:
        running += entry.pence
        rows.append(
            {
                "on": Cell(day(entry.on)),
                "kind": Cell(Kind(entry.kind).label, note=_said(entry)),
                "bank": _bank(lines.get(entry.id)),
                "pence": Cell(money(entry.pence)),
                "balance": Cell(money(running)),
                "by": Cell(people[entry.entered_by]),
            }
        )
    return Listing(
        caption="Entries",
        columns=[
            Column("on", "Date"),
            Column("kind", "Entry"),
            *([Column("bank", "Bank line")] if lines else []),
            Column("pence", "Amount", numeric=True),
            Column("balance", "Balance", numeric=True),
            Column("by", "Entered by"),
        ],
        rows=rows,
    )


def _bank(line: BankLine | None) -> Cell:
    if line is None:
        return Cell("")
    href = place("bank_lines.line", line_id=line.id)
    return Cell(f"Line {line.line}", href=href, note=line.file.filename)


def _said(entry: LedgerEntry) -> str:
    undone = f"of entry {entry.reverses_id}" if entry.reverses_id else ""
    authority = f"authority: {entry.authority}" if entry.authority else ""
    return "; ".join(filter(None, (undone, entry.payment_reference, entry.reason, authority)))


def _actions(work: Work, case: Case, penalty: Penalty | None) -> list[pages.Action]:
    found = []
    why = not_yours(work.actor, Permission.RECORD_MONEY)
    none_yet = "" if penalty else "No penalty is raised until a final notice is sent."
    for kind, (_, title) in FORMS.items():
        url = place("payments.enter", reference=case.reference, kind=kind.value)
        reason = why or none_yet or _not_now(kind, penalty)
        found.append(pages.Action(title, url, primary=kind is Kind.PAYMENT, reason=reason))
    if penalty is not None:
        url = place("recovery.recovery", reference=case.reference)
        found.append(pages.Action("Recovery, and what stands in its way", url))
    url = place("payments.instalments_asked", reference=case.reference)
    refused = not_yours(work.actor, Permission.CHASE_PAYMENT)
    owed = ledger.balance(payments.entries_of(penalty)) if penalty else 0
    reason = refused or none_yet or ("" if owed > 0 else "Nothing is owed.")
    found.append(pages.Action("Record a request for instalments", url, reason=reason))
    return found + letter_actions.about_money(work, case)


def _not_now(kind: Kind, penalty: Penalty | None) -> str:
    """Why this entry makes no sense as the ledger stands; the rule itself is asked on entering."""
    entries = payments.entries_of(penalty) if penalty else []
    owed = ledger.balance(entries)
    if kind is Kind.REFUND and owed >= 0:
        return "There is no credit to refund."
    if kind is Kind.WRITE_OFF and owed <= 0:
        return "Nothing is owed."
    if kind is Kind.REVERSAL and not ledger.reversible(entries):
        return "There is no entry that can be reversed."
    return ""


@bp.route("/cases/<reference>/money/<kind>", methods=BOTH)
@access.needs(Permission.RECORD_MONEY)
def enter(reference: str, kind: str) -> Any:
    work, case = _opened(reference)
    if kind not in {k.value for k in FORMS}:
        abort(404)
    wanted = Kind(kind)
    form_class, title = FORMS[wanted]
    form = form_class()
    penalty = penalty_of(work.session, case)
    if isinstance(form, ReversalForm):
        form.reverses.choices = options([("", "Choose an entry"), *_reversible(penalty)])
    if not form.is_submitted():
        form.key.data, form.on.data = secrets.token_hex(16), work.today

    def act() -> None:
        if wanted is Kind.WRITE_OFF:
            write_offs.write_off(work, case, _ask(wanted, form), key=form.key.data)
            return
        reference = form.payment_reference.data if "payment_reference" in form else ""
        payments.record(
            work, case, _ask(wanted, form), key=form.key.data, payment_reference=reference or ""
        )

    owed = balance(work.session, penalty) if penalty else None
    page = _page(case, title, intro=_intro(work, wanted, owed))
    done = f"Entered: {wanted.label.lower()}."
    if wanted is Kind.WRITE_OFF:
        done = "Recorded. Above the limit it waits for a second person."
    return answer(work, case, form, page, act, done)


def _intro(work: Work, kind: Kind, owed: int | None) -> str:
    said = ledger.standing(owed)
    if kind is not Kind.WRITE_OFF:
        return said
    limit = money(payments.alone_limit(work))
    return f"{said} Above {limit} in all, a second person must agree before it counts."


@bp.route("/cases/<reference>/money/instalments", methods=BOTH)
@access.needs(Permission.CHASE_PAYMENT)
def instalments_asked(reference: str) -> Any:
    """Record that the provider asked to pay in instalments."""
    work, case = _opened(reference)
    form = InstalmentsForm()
    page = _page(case, "Record a request for instalments", intro=instalments.NO_POWER)
    return answer(
        work,
        case,
        form,
        page,
        lambda: instalments.record(work, case, form.words.data),
        "The request is recorded as a task to answer.",
    )


def _reversible(penalty: Penalty | None) -> list[tuple[str, str]]:
    entries = payments.entries_of(penalty) if penalty else []
    return [
        (str(e.id), f"{e.kind.label} of {money(abs(e.pence))} on {day(e.on)} (entry {e.id})")
        for e in ledger.reversible(entries)
    ]


def _ask(kind: Kind, form: EntryForm) -> Ask:
    return Ask(
        kind,
        form.pence.data if "pence" in form else None,
        chosen(form.on),
        int(form.reverses.data) if "reverses" in form else None,
        form.reason.data if "reason" in form else "",
        form.authority.data if "authority" in form else "",
    )


def _page(case: Case, title: str, **more: Any) -> FormPage:
    back = url_for("payments.money", reference=case.reference)
    return FormPage(title, tab="money", back=back, **more)
