"""Paying: how to, for anybody who asks; what, by when and under which reference, once let in.

The page for anybody needs no link and no code, so that no link that ran out stands between a
provider and paying: what only the provider may see is printed on the final notice.
"""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from wtforms import HiddenField
from wtforms.validators import InputRequired, Length

from enforcement.domain.clocks import days_left_in_words
from enforcement.domain.refusals import BadInput, WrongState
from enforcement.domain.replies import MAX_WORDS
from enforcement.services import instalments, paying
from enforcement.services.instalments import NO_POWER
from enforcement.services.paying import ToPay
from enforcement.services.work import Work
from enforcement.web import pages
from enforcement.web.fields import LongTextField, visible
from enforcement.web.filters import day, money, weekday
from enforcement.web.forms import NhsForm, put_refusal
from enforcement.web.reply import access
from enforcement.web.reply.asking import form_key

bp = Blueprint("pay", __name__)


class AskForm(NhsForm):
    form_key = HiddenField()
    words = LongTextField(
        "What do you want to ask?",
        [
            InputRequired("Write what you want to ask"),
            visible,
            Length(max=MAX_WORDS, message="That is too long"),
        ],
        description="For example how much you can pay, and when. Do not give card or bank details.",
        render_kw={"rows": 5},
    )


@bp.get("/pay")
@access.anyone
def how() -> Any:
    """How to pay, for anybody: nothing of any case."""
    work = access.nobody_work()
    return render_template(
        "reply/how_to_pay.html",
        ways=paying.ways(work),
        consequences=paying.consequences(work),
        no_instalments=NO_POWER,
        contact=access.contact_block(),
    )


@bp.get("/reply/pay")
@access.needs_session
def pay() -> Any:
    """What is owed on this case, by when, and what has reached us."""
    work = access.work()
    found = paying.to_pay(work, access.case())
    return render_template(
        "reply/pay.html",
        lead=_lead(found),
        facts=_facts(work, found) if found else [],
        received=[pages.Fact(day(one.received_on), money(one.pence)) for one in found.payments]
        if found
        else [],
        owed=found is not None and found.owed_pence > 0,
        suspended=found is not None and found.suspended,
        ways=paying.ways(work),
        consequences=paying.consequences(work),
        no_instalments=NO_POWER,
    )


@bp.route("/reply/pay/ask", methods=["GET", "POST"])
@access.needs_session
def ask() -> Any:
    """Ask finance about paying: instalments, or anything else. No date moves by asking."""
    work, form = access.work(), AskForm()
    found = paying.to_pay(work, access.case())
    if found is None or found.owed_pence <= 0:
        raise WrongState("Nothing is owed.")
    if request.method == "GET":
        form.form_key.data = secrets.token_urlsafe(24)
    elif form.validate():
        try:
            instalments.ask(work, access.link(), form.words.data or "", form_key(form))
            return redirect(url_for("asking.asked"), 303)
        except BadInput as refused:
            access.undo()
            put_refusal(form, refused)
    return render_template(
        "reply/pay_ask.html",
        form=form,
        facts=_facts(work, found),
        no_instalments=NO_POWER,
        back={"href": url_for("pay.pay"), "text": "Back"},
    )


def _lead(found: ToPay | None) -> str:
    if found is None:
        return "There is no penalty, so there is nothing to pay."
    if found.owed_pence < 0:
        return f"You owe nothing. We will repay {money(-found.owed_pence)}."
    if found.owed_pence == 0:
        return "You owe nothing."
    if found.suspended:
        return f"Your appeal suspends the penalty. {money(found.owed_pence)} is not due now."
    return f"You owe {money(found.owed_pence)}."


def _facts(work: Work, found: ToPay) -> list[pages.Fact]:
    facts = [
        pages.Fact("Payment reference", found.reference, "Give it with every payment."),
        pages.Fact("Penalty", money(found.charged_pence)),
    ]
    if found.owed_pence > 0 and found.due_on is not None and not found.suspended:
        left = days_left_in_words(found.due_on, work.today)
        facts.append(pages.Fact("Pay by", weekday(found.due_on), left))
    return facts
