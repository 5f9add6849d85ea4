"""A case as a whole: hold, release, assign, close, reopen, start again, withdraw."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, url_for
from sqlalchemy import select
from wtforms import RadioField, SelectField, SubmitField
from wtforms.validators import InputRequired, Length, Optional

from enforcement.data.cases import Case
from enforcement.data.people import Account
from enforcement.domain.closing import CLOSE_REASONS, LESSONS
from enforcement.domain.permissions import Permission, Role
from enforcement.services import cases, closing, letters, restarts
from enforcement.services.case_facts import facts_of
from enforcement.services.cases import HOLD_CATEGORIES
from enforcement.services.policies import in_force
from enforcement.services.work import Work
from enforcement.web import access, pages
from enforcement.web.fields import DayField, LongTextField, visible
from enforcement.web.staff.case_form import (
    LONGEST,
    CaseForm,
    FormPage,
    answer,
    options,
    words,
)
from enforcement.web.staff.queueing import enqueue

bp = Blueprint("case_actions", __name__, url_prefix="/cases/<reference>")
BOTH = ["GET", "POST"]


class HoldForm(CaseForm):
    category = RadioField(
        "Why is the case held?",
        [InputRequired("Choose why the case is held")],
        choices=options(HOLD_CATEGORIES.items()),
    )
    reason = words("What is the reason?", "Enter the reason for the hold")
    starts_on = DayField(
        "From which day? (optional)",
        [Optional()],
        description="Today unless you say otherwise; up to 14 days back.",
    )
    submit = SubmitField("Put on hold")


class ReleaseForm(CaseForm):
    submit = SubmitField("Release the hold")


class AssignForm(CaseForm):
    officer = SelectField("Officer", [InputRequired("Choose an officer")], coerce=str)
    submit = SubmitField("Assign")


class CloseForm(CaseForm):
    tell = RadioField(
        "Tell the provider that there is no penalty?",
        [InputRequired("Say whether the provider is told now")],
        choices=options([("yes", "Yes, send the letter now"), ("no", "No, and I say why below")]),
        default="yes",
    )
    reason = RadioField(
        "Why is the case closed?",
        [InputRequired("Choose why the case is closed")],
        choices=options(CLOSE_REASONS.items()),
    )
    lesson = RadioField(
        "What is to be learnt?",
        [InputRequired("Choose what is to be learnt")],
        choices=options(LESSONS.items()),
    )
    words = LongTextField(
        "What should the next person know? (optional)",
        [Optional(), Length(max=LONGEST), visible],
        description="Needed where something is unfinished: say why the case is closed all the "
        "same.",
    )
    submit = SubmitField("Close the case")


class ReopenForm(CaseForm):
    reason = words("Why is the case reopened?", "Enter why the case is reopened")
    submit = SubmitField("Reopen the case")


class RestartForm(CaseForm):
    reason = words("Why is the case started again?", "Enter why the case is started again")
    submit = SubmitField("Start again")


class WithdrawForm(CaseForm):
    reason = words(
        "Why is it withdrawn?",
        "Enter why the notice is withdrawn",
        "The provider reads these words in the withdrawal.",
    )
    follows = RadioField(
        "Will a new notice follow?",
        [InputRequired("Say whether a new notice will follow")],
        choices=options([("no", "No"), ("yes", "Yes, with fresh periods")]),
    )
    submit = SubmitField("Withdraw", render_kw={"warning": True})


def _opened(reference: str) -> tuple[Work, Case]:
    work = access.work()
    return work, cases.find(work, reference)


def _page(case: Case, title: str, **more: Any) -> FormPage:
    back = url_for("cases.case", reference=case.reference)
    return FormPage(title, tab="summary", back=back, **more)


class TellForm(CaseForm):
    submit = SubmitField("Send the letter")


@bp.route("/hold", methods=BOTH)
@access.needs(Permission.HOLD)
def hold(reference: str) -> Any:
    work, case = _opened(reference)
    form = HoldForm()

    def act() -> None:
        cases.expect(case, form.read_version)
        cases.hold(work, case, form.category.data, form.reason.data, form.starts_on.data)

    page = _page(
        case,
        "Put the case on hold",
        intro="A hold keeps notices and recovery from going on. It never stops the time to "
        "decide: that is fixed by law (SI 2022/1175 reg 6).",
    )
    return answer(work, case, form, page, act, "The case is on hold.")


@bp.route("/release", methods=BOTH)
@access.needs(Permission.HOLD)
def release(reference: str) -> Any:
    work, case = _opened(reference)
    form = ReleaseForm()

    def act() -> None:
        cases.expect(case, form.read_version)
        cases.release(work, case)

    held = next((h for h in case.holds if h.ends_on is None), None)
    passages = [(HOLD_CATEGORIES.get(held.category, held.category), held.reason)] if held else []
    page = _page(case, "Release the hold", passages=passages, intro="The hold ends today.")
    return answer(work, case, form, page, act, "The hold is released.")


@bp.route("/assign", methods=BOTH)
@access.needs(Permission.ASSIGN)
def assign(reference: str) -> Any:
    work, case = _opened(reference)
    form = AssignForm()
    form.officer.choices = options([("", "Choose an officer"), *_officers(work)])
    if not form.is_submitted() and case.officer_id:
        form.officer.data = str(case.officer_id)

    def act() -> None:
        cases.assign(work, case, int(form.officer.data), form.read_version)

    return answer(work, case, form, _page(case, "Assign the case"), act, "The case is assigned.")


def _officers(work: Work) -> list[tuple[str, str]]:
    accounts = work.session.scalars(
        select(Account).where(Account.disabled_at.is_(None)).order_by(Account.name)
    )
    return [(str(a.id), a.name) for a in accounts if Role.OFFICER.value in a.roles]


@bp.route("/close", methods=BOTH)
@access.needs(Permission.CLOSE)
def close(reference: str) -> Any:
    work, case = _opened(reference)
    form = CloseForm()
    facts = facts_of(work, case)
    if not closing.untold(work, case, facts):
        del form.tell
    if not form.is_submitted():
        form.reason.data = suggested(work, case)

    def act() -> None:
        made = closing.Closing(
            form.reason.data,
            form.lesson.data,
            form.words.data or "",
            tell="tell" in form and form.tell.data == "yes",
        )
        closing.close(work, case, made, enqueue(), form.read_version)

    page = _page(
        case,
        "Close the case",
        intro="No penalty, paid and written off use up the missed windows this case rests on. "
        "After any other reason they can count again.",
        note=_kept(work),
        template="staff/case_actions/close.html",
        more={
            "checks": [
                pages.Check(CLOSING[gate.name], gate.ok, gate.sentence, gate.rule)
                for gate in closing.checks(work, case, facts)
            ]
        },
    )
    return answer(work, case, form, page, act, "The case is closed.")


CLOSING = {
    "nothing_owed": "The account is settled",
    "provider_told": "The provider was told",
    "replies_answered": "Every reply is answered",
    "no_open_task": "Nothing is to do",
    "everything_sent": "Everything was sent",
    "not_on_hold": "The case is not on hold",
}


def _kept(work: Work) -> str:
    """How long the record is kept, by the policy in force."""
    years = in_force(work.session, "retention", work.today).body
    by_years: dict[int, list[str]] = {}
    for reason, words_of in CLOSE_REASONS.items():
        by_years.setdefault(int(years[reason]), []).append(words_of.lower())
    told = "; ".join(
        f"{many} years: {', '.join(whose)}" for many, whose in sorted(by_years.items())
    )
    return f"How long the record is kept after closing. {told}."


def suggested(work: Work, case: Case) -> str | None:
    """The reason that fits how the case stands: a suggestion; the officer chooses."""
    facts = facts_of(work, case)
    if facts.public_body:
        return "public_body"
    by_state = {"no_penalty": "no_penalty", "withdrawn": "withdrawn"}
    if facts.balance_pence == 0 and case.state not in by_state:
        return "paid"
    return by_state.get(case.state)


@bp.route("/reopen", methods=BOTH)
@access.needs(Permission.REOPEN)
def reopen(reference: str) -> Any:
    work, case = _opened(reference)
    form = ReopenForm()

    def act() -> None:
        restarts.reopen(work, case, form.reason.data, form.read_version)

    page = _page(
        case,
        "Reopen the case",
        intro="The case goes back to the start, with a new notice of intent and fresh periods.",
    )
    return answer(work, case, form, page, act, "The case is reopened.")


@bp.route("/restart", methods=BOTH)
@access.needs(Permission.DRAFT_NOTICE)
def reissue(reference: str) -> Any:
    work, case = _opened(reference)
    form = RestartForm()

    def act() -> None:
        restarts.restart(work, case, form.reason.data, form.read_version)

    page = _page(
        case,
        "Start again with a new notice of intent",
        intro="A notice cannot be amended: it is withdrawn and a new one is given (SI 2022/1175 "
        "reg 7). The panel’s earlier decision is kept on record and set aside.",
    )
    return answer(work, case, form, page, act, "The case starts again.")


@bp.route("/withdraw", methods=BOTH)
@access.needs(Permission.WITHDRAW)
def withdraw(reference: str) -> Any:
    work, case = _opened(reference)
    form = WithdrawForm()

    def act() -> None:
        cases.expect(case, form.read_version)
        follows = form.follows.data == "yes"
        letters.withdraw(work, case, form.reason.data, follows, enqueue())

    page = _page(
        case,
        "Withdraw",
        intro="Every notice that is out is withdrawn in writing to the same person (SI 2022/1175 "
        "reg 7). Running periods end, a penalty is cancelled, and what was paid is repaid.",
        note="To give a new notice in its place in one step, an officer prepares it under "
        "“Withdraw and give a new notice”, and you agree to it.",
    )
    return answer(work, case, form, page, act, "Withdrawn. The provider is told in writing.")


@bp.route("/no-penalty-letter", methods=BOTH)
@access.needs(Permission.ISSUE_NOTICE)
def no_penalty_letter(reference: str) -> Any:
    """Tell the provider that no penalty is imposed; the letter is built from the points."""
    work, case = _opened(reference)
    form = TellForm()

    def act() -> None:
        cases.expect(case, form.read_version)
        letters.no_penalty(work, case, enqueue())

    page = _page(
        case,
        "Tell the provider: no penalty",
        intro="The letter gives the outcome and the answer to each point. It goes to the person "
        "and by the method of the notice of intent.",
    )
    return answer(work, case, form, page, act, "The letter is on its way.")
