"""Write-offs that need a second person: the list, and one with its answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, render_template, request, url_for
from wtforms import HiddenField, SubmitField

from enforcement.data.cases import Case
from enforcement.data.finance import WriteOff
from enforcement.domain.payments import standing
from enforcement.domain.permissions import Permission, not_yours
from enforcement.services import cases, payments, write_offs
from enforcement.services.case_facts import balance
from enforcement.services.work import Work
from enforcement.services.write_offs import OUTCOMES
from enforcement.web import access, pages
from enforcement.web.filters import day, moment, money
from enforcement.web.listing import Cell, Column, Listing, address, single
from enforcement.web.staff.case_form import CaseForm, FormPage, answer, words
from enforcement.web.staff.case_frame import case_frame
from enforcement.web.staff.money_form import tabs

bp = Blueprint("write_offs", __name__)
PAGE = 50
ONE = "/cases/<reference>/money/write-offs/<int:number>"


class AgreeForm(CaseForm):
    row_version = HiddenField()
    submit = SubmitField("Agree and write it off", render_kw={"warning": True})


class RefuseForm(CaseForm):
    row_version = HiddenField()
    reason = words("Why is it refused?", "Enter why it is refused")
    submit = SubmitField("Refuse it")


class TakeBackForm(CaseForm):
    submit = SubmitField("Take it back")


@bp.get("/money/write-offs", endpoint="write_offs")
@access.needs(Permission.READ_CASES)
def write_off_list() -> Any:
    work = access.work()
    before = single(request.args.getlist("before"), "before")
    waiting = write_offs.listed(work, waiting=True, size=200)
    settled = write_offs.listed(
        work, waiting=False, size=PAGE + 1, before=int(before) if before.isdecimal() else None
    )
    return render_template(
        "staff/money/write_offs.html",
        tabs=tabs("write_offs"),
        limit=payments.alone_limit(work),
        waiting=_list(waiting, "Waiting for a second person"),
        settled=_list(settled, "Answered"),
    )


def _list(rows: Sequence[WriteOff], caption: str) -> Listing:
    return Listing(
        caption=caption,
        columns=[
            Column("what", "Payment reference"),
            Column("provider", "Provider"),
            Column("asked", "Asked by"),
            Column("reason", "Reason"),
            Column("answer", "Answer"),
            Column("pence", "Amount", numeric=True),
        ],
        rows=[_row(row) for row in rows[:PAGE]],
        empty_title="None",
        empty_text="A write-off above what one person may write off waits here for a second.",
        next_url=address(url_for("write_offs.write_offs"), {}, before=rows[PAGE - 1].id)
        if len(rows) > PAGE
        else None,
    )


def _row(row: WriteOff) -> dict[str, object]:
    where = url_for("write_offs.one", reference=row.case.reference, number=row.id)
    return {
        "what": Cell(row.penalty.reference, href=where),
        "provider": row.case.provider.name,
        "asked": Cell(row.asked_by_name, note=day(row.asked_at)),
        "reason": Cell(row.reason, note=f"Authority: {row.authority}"),
        "answer": Cell(OUTCOMES[row.outcome], note=f"{row.settled_by_name}, {day(row.settled_at)}")
        if row.outcome
        else Cell("Waits", tag="yellow"),
        "pence": money(row.pence),
    }


def _opened(reference: str, number: int) -> tuple[Work, Case, WriteOff]:
    work = access.work()
    case = cases.find(work, reference)
    return work, case, write_offs.find(work, case, number)


@bp.get(ONE)
@access.needs(Permission.READ_CASES)
def one(reference: str, number: int) -> Any:
    work, case, row = _opened(reference, number)
    return render_template(
        "staff/money/write_off.html",
        case_frame=case_frame(work, case, "money"),
        facts=_facts(work, row),
        actions=_actions(work, case, row),
    )


def _facts(work: Work, row: WriteOff) -> list[pages.Fact]:
    found = [
        pages.Fact("Payment reference", row.penalty.reference),
        pages.Fact("To write off", money(row.pence), f"on {day(row.on)}"),
        pages.Fact("Account now", standing(balance(work.session, row.penalty))),
        pages.Fact("Reason", row.reason),
        pages.Fact("Authority", row.authority),
        pages.Fact("Asked by", row.asked_by_name, moment(row.asked_at)),
    ]
    if row.outcome:
        who = f"{row.settled_by_name}, {moment(row.settled_at)}"
        said = ": ".join(filter(None, (OUTCOMES[row.outcome], row.settled_words)))
        found.append(pages.Fact("Answer", said, who))
    return found


def _actions(work: Work, case: Case, row: WriteOff) -> list[pages.Action]:
    why = write_offs.why_not_agree(work.actor, row)
    here: dict[str, Any] = {"reference": case.reference, "number": row.id}
    own = "" if row.asked_by == work.actor.identity else "Only whoever asked can take it back."
    taken = "It is answered." if row.outcome else own
    return [
        pages.Action("Agree", url_for(".agree", **here), primary=True, reason=why),
        pages.Action("Refuse", url_for(".refuse", **here), reason=why),
        pages.Action(
            "Take it back",
            url_for(".take_back", **here),
            reason=not_yours(work.actor, Permission.RECORD_MONEY) or taken,
        ),
    ]


def _page(work: Work, case: Case, row: WriteOff, title: str) -> FormPage:
    back = url_for(".one", reference=case.reference, number=row.id)
    intro = (
        f"{money(row.pence)} of {row.penalty.reference}, asked by {row.asked_by_name}. "
        f"{standing(balance(work.session, row.penalty))}"
    )
    return FormPage(title, tab="money", back=back, intro=intro, passages=[("Reason", row.reason)])


def _version(form: AgreeForm | RefuseForm, row: WriteOff) -> int | None:
    if not form.is_submitted():
        form.row_version.data = str(row.version)
    text = form.row_version.data or ""
    return int(text) if text.isascii() and text.isdigit() else None


@bp.route(f"{ONE}/agree", methods=["GET", "POST"])
@access.needs(Permission.AGREE_WRITE_OFF)
def agree(reference: str, number: int) -> Any:
    work, case, row = _opened(reference, number)
    form = AgreeForm()
    version = _version(form, row)
    page = _page(work, case, row, "Agree to a write-off")
    return answer(
        work, case, form, page, lambda: write_offs.agree(work, row, version), "Written off."
    )


@bp.route(f"{ONE}/refuse", methods=["GET", "POST"])
@access.needs(Permission.AGREE_WRITE_OFF)
def refuse(reference: str, number: int) -> Any:
    work, case, row = _opened(reference, number)
    form = RefuseForm()
    version = _version(form, row)
    page = _page(work, case, row, "Refuse a write-off")

    def act() -> None:
        write_offs.refuse(work, row, form.reason.data, version)

    return answer(work, case, form, page, act, "The write-off is refused.")


@bp.route(f"{ONE}/take-back", methods=["GET", "POST"])
@access.needs(Permission.RECORD_MONEY)
def take_back(reference: str, number: int) -> Any:
    work, case, row = _opened(reference, number)
    page = _page(work, case, row, "Take back a write-off")
    return answer(
        work, case, TakeBackForm(), page, lambda: write_offs.take_back(work, row), "Taken back."
    )
