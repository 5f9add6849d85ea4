"""What is owed: each penalty to be paid, by when, what reminder went and what stands in the way."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for

from enforcement.domain.clocks import days_left_in_words
from enforcement.domain.letters import RULES, Letter, Reminding
from enforcement.domain.permissions import Permission, can
from enforcement.domain.refusals import BadInput
from enforcement.services import reminders
from enforcement.services.policies import in_force
from enforcement.services.reminders import Owing
from enforcement.services.work import Work
from enforcement.web import access
from enforcement.web.filters import day, money, plural
from enforcement.web.listing import Cell, Column, Listing, address, single
from enforcement.web.staff.money_form import tabs

bp = Blueprint("owed", __name__, url_prefix="/money/owed")
SIZE = 50
WANTED = {
    Reminding.SOON: "A reminder before the last day",
    Reminding.OVERDUE: "A reminder: overdue",
}


@bp.get("", endpoint="owed")
@access.needs(Permission.READ_CASES)
def owed() -> Any:
    work = access.work()
    after = single(request.args.getlist("after"), "after")
    if after and not after.isdecimal():
        raise BadInput(f"“{after}” is not a place in the list.")
    found = reminders.owing(work, SIZE + 1, int(after or 0))
    return render_template(
        "staff/money/owed.html",
        tabs=tabs("owed"),
        list=_list(work, found),
        policy=_policy(work),
    )


def _policy(work: Work) -> str:
    letters = in_force(work.session, "letters", work.today).body
    money_policy = in_force(work.session, "money", work.today).body
    before = plural(int(letters["reminder_before_due"]), "day")
    after = plural(int(money_policy["reminder_after_due"]), "day")
    how = (
        "They are sent by themselves every morning."
        if money_policy["reminder_by_itself"]
        else "Each morning opens a task for what is wanted; somebody sends it."
    )
    wants = f"Policy wants a reminder {before} before the last day to pay and one {after} after it."
    return f"{wants} {how}"


def _list(work: Work, found: list[Owing]) -> Listing:
    sends = can(work.actor, RULES[Letter.REMINDER].permission)
    return Listing(
        caption="Penalties to be paid",
        columns=[
            Column("case", "Payment reference"),
            Column("provider", "Provider"),
            Column("due", "Pay by", whole=True),
            Column("last", "Last reminder"),
            Column("next", "Reminder"),
            Column("owed", "Owed", numeric=True),
        ],
        rows=[_row(work, one, sends=sends) for one in found[:SIZE]],
        empty_title="Nothing is owed",
        empty_text="Penalties are listed here from the day their final notice is given.",
        next_url=address(url_for(".owed"), {}, after=found[SIZE - 1].case.id)
        if len(found) > SIZE
        else None,
    )


def _row(work: Work, one: Owing, *, sends: bool) -> dict[str, object]:
    reference = one.case.reference
    return {
        "case": Cell(one.penalty, href=url_for("payments.money", reference=reference)),
        "provider": one.case.provider.name,
        "due": due_cell(one, work.today),
        "last": day(one.last_on) if one.last_on else "None",
        "next": _next(reference, one, sends=sends),
        "owed": money(one.owed_pence),
    }


def due_cell(one: Owing, today: date) -> Cell:
    """By when it is to be paid, in a date and in words."""
    if one.suspended:
        return Cell("Suspended", note="by the appeal (SI 2022/1175 reg 8)")
    if one.due_on is None:
        return Cell("No period runs")
    return Cell(day(one.due_on), note=days_left_in_words(one.due_on, today))


def _next(reference: str, one: Owing, *, sends: bool) -> Cell:
    if one.why_not:
        return Cell("Not now", note=" ".join(one.why_not))
    if one.wanted is None:
        from_then = f"Wanted from {day(one.next_on)}" if one.next_on else "No more is wanted"
        return Cell(from_then)
    href = url_for("letters.reminder", reference=reference) if sends else ""
    return Cell(WANTED[one.wanted], href=href)
