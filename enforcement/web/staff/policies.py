"""Policies: what is in force, what was, what is proposed; a second person approves."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from sqlalchemy import select

from enforcement.data.people import Account
from enforcement.data.policies import Policy
from enforcement.domain.fees import MixedRule
from enforcement.domain.permissions import Permission, can
from enforcement.domain.refusals import NotFound, Refusal
from enforcement.services import policies as services
from enforcement.services import policy_bodies, templates
from enforcement.services.policy_bodies import ADDED, TITLES, impact
from enforcement.services.timeline import value_words
from enforcement.services.work import Work
from enforcement.web import access, pages
from enforcement.web.filters import day, moment, plural
from enforcement.web.staff.policy_forms import FORMS

bp = Blueprint("policies", __name__)
NAMES = {
    "span": "Among the last windows",
    "consecutive": "In a row",
    "total": "In all",
    "representations_roll": "Representations end on a working day",
    "how": "Ways to pay",
    "write_off_alone_pence": "One person may write off",
    "reminder_after_due": "Reminder so many days after the last day to pay",
    "reminder_by_itself": "Reminders are sent without anybody looking",
    "first_countable": "The first window that counts",
    "at_risk_consecutive": "At risk when missed in a row",
    "at_risk_total": "At risk when missed in all",
    "bands": "Care homes, by places",
    "community_base_pence": "Home care: base of the fee",
    "community_rate_pence": "Home care: for each person who uses it",
    "community_cap_pence": "Home care: at most",
    "mixed": "A location with both",
    "representations_days": "Days for representations",
    "payment_days": "Days to pay",
    "appeal_days": "Days to appeal",
    "link_days_after_deadline": "Days that the reply link stays open after the last day",
    "quorum": "Fewest members who vote",
    "reminder_before_due": "Reminder so many days before the last day to pay",
    "reminder_apart": "Days between two reminders, at least",
    "refund_within": "Days to repay",
    "refund_how": "How we repay",
    "reminder_needed": "A reminder is needed before recovery",
    "reminder_wait": "Days between the reminder and recovery",
    "next_step_days": "Days for the next step of recovery",
    "payment_restarts": "After a lost appeal the whole period to pay begins again",
    "least": "Fewest that are checked in full",
    "roots": "Otherwise so many times the square root of the run",
}
UNITS = {"retention": "year", "tasks": "working day"}  # kinds whose every value is a number of them
SHIPPED = {"publisher": "the publisher", "system:set-up": "the set-up of the system"}


@bp.get("/policies")
@access.needs(Permission.READ_CASES)
def policies() -> str:
    work = access.work()
    rows = list(work.session.scalars(select(Policy).order_by(Policy.effective_from, Policy.id)))
    names = _names(work)
    kinds = []
    for kind, title in TITLES.items():
        mine = [row for row in rows if row.kind == kind]
        kinds.append(
            {
                "title": title,
                "url": _place(kind),
                "words": _in_force_words(work, kind, mine),
                "waiting": sum(1 for row in mine if row.approved_by is None),
            }
        )
    waiting = [row for row in rows if row.approved_by is None]
    return render_template(
        "staff/policies/policies.html",
        kinds=kinds,
        waiting=[_view(work, row, names) for row in waiting],
    )


def _place(kind: str) -> str:
    """Where a kind is read and proposed: words of notices have pages of their own."""
    if kind == templates.POLICY:
        return url_for("templates.templates")
    return url_for("policies.kind", kind=kind)


def _in_force(work: Work, kind: str, rows: list[Policy]) -> Policy | None:
    approved = [r for r in rows if r.approved_by and r.effective_from <= work.today]
    return approved[-1] if approved and kind not in ADDED else None


def _in_force_words(work: Work, kind: str, rows: list[Policy]) -> str:
    if kind in ADDED:
        number = sum(1 for row in rows if row.approved_by)
        return f"{number} approved" if number else "None: the usual rule alone"
    row = _in_force(work, kind, rows)
    return f"Since {day(row.effective_from)}" if row else "Nothing in force"


def _names(work: Work) -> dict[str, str]:
    """Identity → name, for people who proposed and approved."""
    found = work.session.execute(select(Account.staff_number, Account.name))
    return SHIPPED | {f"staff:{number}": name for number, name in found}


def _view(work: Work, row: Policy, names: dict[str, str]) -> dict[str, Any]:
    """One row as the screen shows it, with what may be done about it and what it would touch."""
    waiting = row.approved_by is None
    return {
        "id": row.id,
        "title": TITLES[row.kind],
        "kind_url": _place(row.kind),
        "from": day(row.effective_from),
        "citation": row.citation,
        "facts": [
            pages.Fact(_name(k), _words(row, k, v)) for k, v in row.body.items() if k != "checks"
        ],
        "proposed": f"{names.get(row.proposed_by, row.proposed_by)}, {moment(row.proposed_at)}",
        "approved": ""
        if waiting
        else f"{names.get(row.approved_by or '', row.approved_by)}, {moment(row.approved_at)}",
        "impact": impact(work, row) if waiting else "",
        "action": _action(work, row) if waiting else None,
    }


def _name(name: str) -> str:
    return NAMES.get(name, name.replace("_", " ").capitalize())


def _words(row: Policy, name: str, value: Any) -> str:
    if row.kind == "fee_scheme" and name == "bands":
        return "; ".join(
            f"{'over' if top is None else 'up to'} {'that' if top is None else top}: "
            f"{value_words('pence', pence)}"
            for top, pence in value
        )
    if name.endswith(("base_pence", "cap_pence", "alone_pence")):
        return value_words("pence", value)
    if name == "community_rate_pence":
        return f"£{Decimal(value) / 100}"
    if name == "mixed":
        return "Both fees, added up" if value == MixedRule.SUM else "The higher of both fees"
    if row.kind in UNITS:
        return plural(int(value), UNITS[row.kind])
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "; ".join(", ".join(map(str, one.values())) for one in value)
    return value_words(name, value)


def _action(work: Work, row: Policy) -> pages.Action:
    if row.kind == templates.POLICY:
        where = url_for("templates.version", kind=row.body["kind"], version=row.body["version"])
        return pages.Action("Look at it and its gates", where, primary=True)
    label = "Approve"
    if row.proposed_by == work.actor.identity:
        return pages.Action(label, reason="You proposed it: a second person approves.")
    if not can(work.actor, Permission.APPROVE_POLICY):
        return pages.Action(label, reason="A team leader approves it.")
    return pages.Action(label, post_url=url_for("policies.approve", policy_id=row.id), primary=True)


def _known(kind: str) -> str:
    if kind not in TITLES:
        raise NotFound(f"There is no policy kind “{kind}”.")
    return TITLES[kind]


@bp.get("/policies/<kind>")
@access.needs(Permission.READ_CASES)
def kind(kind: str) -> Any:
    work, title = access.work(), _known(kind)
    if kind == templates.POLICY:
        return redirect(_place(kind))
    rows = list(
        work.session.scalars(
            select(Policy).where(Policy.kind == kind).order_by(Policy.effective_from, Policy.id)
        )
    )
    current, names = _in_force(work, kind, rows), _names(work)
    return render_template(
        "staff/policies/kind.html",
        title_of=title,
        current=_view(work, current, names) if current else None,
        added=kind in ADDED,
        waiting=[_view(work, row, names) for row in rows if row.approved_by is None],
        others=[
            _view(work, row, names)
            for row in reversed(rows)
            if row.approved_by is not None and row is not current
        ],
        propose_url=url_for("policies.propose", kind=kind)
        if can(work.actor, Permission.PROPOSE_POLICY)
        else "",
    )


@bp.route("/policies/<kind>/propose", methods=["GET", "POST"])
@access.needs(Permission.PROPOSE_POLICY)
def propose(kind: str) -> Any:
    work, title = access.work(), _known(kind)
    if kind == templates.POLICY:
        return redirect(_place(kind), 303)
    made = FORMS[kind]
    latest = _latest(work, kind)
    form = made.form(data=made.fill(latest.body) if latest is not None else None)
    if form.validate_on_submit() and form.effective_from.data is not None:
        try:
            policy_bodies.propose(
                work, kind, form.effective_from.data, made.read(form), form.citation.data
            )
        except Refusal as refusal:
            access.undo()
            form.form_errors.append(refusal.sentence)
        else:
            flash("Proposed. It waits for a second person’s approval.", "success")
            return redirect(url_for("policies.kind", kind=kind), 303)
    return render_template("staff/policies/propose.html", form=form, kind=kind, title_of=title)


def _latest(work: Work, kind: str) -> Policy | None:
    approved = services.approved(work.session, kind)
    return approved[-1] if approved else None


@bp.post("/policies/rows/<int:policy_id>/approve")
@access.needs(Permission.APPROVE_POLICY)
def approve(policy_id: int) -> Any:
    row = policy_bodies.approve(access.work(), policy_id)
    flash(f"{TITLES[row.kind]}: approved, in force from {day(row.effective_from)}.", "success")
    return redirect(_place(row.kind), 303)
