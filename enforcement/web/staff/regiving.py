"""Giving again and another day of giving: proposed by one person, answered by a second."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import FileField, IntegerField, SubmitField, ValidationError
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from enforcement.data.cases import Case
from enforcement.data.giving import GivingProposal
from enforcement.data.notices import Notice
from enforcement.domain.clocks import MINIMUM_REPRESENTATIONS_DAYS
from enforcement.domain.giving import Method
from enforcement.domain.permissions import Permission, can, not_yours
from enforcement.domain.refusals import NotAllowed, NotFound, Refusal
from enforcement.services import cases as case_services
from enforcement.services import files, overriding, proposals, regiving
from enforcement.services import notices as notice_services
from enforcement.services.case_facts import INTENT
from enforcement.services.evidence import ACCEPTED
from enforcement.services.notice_facts import first_free_day
from enforcement.services.policies import in_force
from enforcement.services.work import Work
from enforcement.web import access, pages
from enforcement.web.exports import download
from enforcement.web.fields import DayField, LongTextField, visible
from enforcement.web.filters import day, moment, weekday
from enforcement.web.forms import NhsForm, put_refusal
from enforcement.web.staff.case_form import LONGEST, CaseForm, chosen
from enforcement.web.staff.case_form import words as long_words
from enforcement.web.staff.case_frame import CLOCK_TITLES, case_frame
from enforcement.web.staff.notice_view import recipient_words
from enforcement.web.staff.queueing import enqueue
from enforcement.web.staff.recipient_fields import RecipientFields

bp = Blueprint("regiving", __name__, url_prefix="/cases/<reference>")
BOTH = ["GET", "POST"]


class AgainForm(RecipientFields, CaseForm):
    """Where, how and when the notice is given again, and why."""

    send_on = DayField(
        "Planned day of sending",
        [InputRequired("Say on which day it is sent")],
        description="The dates on the new notice are counted from this day",
    )
    period_days = IntegerField("Days", [InputRequired("Say how many days")])
    reason = long_words(
        "Why is it withdrawn and given again?",
        "Enter why it is withdrawn and given again",
        "The provider reads these words in the withdrawal.",
    )
    submit = SubmitField("Put it to a senior officer")


class DayForm(CaseForm):
    """The day found, and the file and words that show it."""

    given_on = DayField("On which day was it in fact given?", [InputRequired("Enter the day")])
    file = FileField(
        "The file that shows it", description=f"It is kept by its hash. It may be {ACCEPTED}."
    )
    words = long_words("What does it show?", "Enter what the file shows")
    submit = SubmitField("Put it to a second person")

    def validate_file(self, field: FileField) -> None:
        """Evidence is required."""
        if not field.data or not getattr(field.data, "filename", ""):
            raise ValidationError("Choose the file that shows it")


class AnswerForm(NhsForm):
    """Why a second person says no."""

    words = LongTextField("If you refuse: why?", [Optional(), Length(max=LONGEST), visible])


def _found(reference: str, notice_id: int) -> tuple[Work, Case, Notice]:
    work = access.work()
    case = case_services.find(work, reference)
    return work, case, notice_services.find(work, case, notice_id)


@bp.route("/notices/<int:notice_id>/again", methods=BOTH)
@access.needs(Permission.DRAFT_NOTICE)
def again(reference: str, notice_id: int) -> str | Response:
    """Withdraw a notice and give a new one: one page, put to a second person."""
    work, case, notice = _found(reference, notice_id)
    known, outlook = regiving.known(work, notice), regiving.outlook(work, notice)
    form = _again_form(work, case, notice, known)
    if not outlook.refused and form.is_submitted() and form.validate():
        try:
            case_services.expect(case, form.read_version)
            ask = regiving.Ask(
                form.choice(work, case),
                Method(form.method.data),
                chosen(form.send_on),
                form.period_days.data,
            )
            row = regiving.propose(work, notice, ask, form.reason.data)
            return _to(case, row, "Put to a senior officer. Until they agree nothing is done.")
        except NotAllowed:
            raise
        except Refusal as refusal:
            work, case, notice = _kept(form, refusal, reference, notice_id)
    return render_template(
        "staff/giving/again.html",
        case_frame=case_frame(work, case, "notices"),
        form=form,
        notice=notice,
        title_of=notice_services.TITLES[notice.kind],
        outlook=outlook,
        doubted=case.giving_in_doubt,
    )


def _kept(
    form: CaseForm, refusal: Refusal, reference: str, notice_id: int
) -> tuple[Work, Case, Notice]:
    """Nothing is saved; the words stay and the sentence says why."""
    access.undo()
    put_refusal(form, refusal)
    return _found(reference, notice_id)


def _again_form(
    work: Work, case: Case, notice: Notice, known: tuple[regiving.Known, ...]
) -> AgainForm:
    periods = in_force(work.session, "periods", work.today).body
    intent = notice.kind == INTENT
    fresh = next((i for i, one in enumerate(known) if one.ways and not one.used), None)
    form = AgainForm(
        data={
            "who": str(fresh) if fresh is not None else None,
            "method": _way(known[fresh], notice) if fresh is not None else None,
            "send_on": first_free_day(work),
            "period_days": int(periods["representations_days" if intent else "payment_days"]),
            "version": str(case.version),
        }
    )
    form.offer([_known_words(one) for one in known])
    least = MINIMUM_REPRESENTATIONS_DAYS if intent else 1
    form.period_days.validators = [
        InputRequired("Say how many days"),
        NumberRange(least, 90, f"Give a number of days from {least} to 90"),
    ]
    form.period_days.label.text = "Days for representations" if intent else "Days to pay in"
    return form


def _way(one: regiving.Known, notice: Notice) -> str:
    """The way offered first: as before where it is proper there, or first class post."""
    wanted = [Method(notice.method), Method.FIRST_CLASS, *one.ways]
    return next(way for way in wanted if way in one.ways).value


def _known_words(one: regiving.Known) -> str:
    said = recipient_words(one.choice)
    if one.used:
        return f"{said}. Used before: the notice went here."
    return said if one.ways else f"{said}. Not a proper address. {one.reason}"


@bp.route("/notices/<int:notice_id>/other-day", methods=BOTH)
@access.needs(Permission.RECORD_GIVING)
def other_day(reference: str, notice_id: int) -> str | Response:
    """Propose that a notice was in fact given on another day, with a file that shows it."""
    work, case, notice = _found(reference, notice_id)
    form = DayForm(data={"version": str(case.version)})
    if form.is_submitted() and form.validate():
        try:
            case_services.expect(case, form.read_version)
            upload = form.file.data
            row = overriding.propose(
                work, notice, chosen(form.given_on), form.words.data,
                upload.filename, upload.read(),
            )  # fmt: skip
            return _to(case, row, "Put to a second person. No day moves before they agree.")
        except NotAllowed:
            raise
        except Refusal as refusal:
            work, case, notice = _kept(form, refusal, reference, notice_id)
    return render_template(
        "staff/giving/other_day.html",
        case_frame=case_frame(work, case, "notices"),
        form=form,
        notice=notice,
    )


@bp.get("/proposals/<int:proposal_id>")
@access.needs(Permission.READ_CASES)
def proposal(reference: str, proposal_id: int) -> str:
    """What was proposed, what it would do, and the answer."""
    return _page(reference, proposal_id)


def _page(
    reference: str, proposal_id: int, error: str = "", kept: str = "", field: str = ""
) -> str:
    work = access.work()
    case = case_services.find(work, reference)
    row = proposals.find(work, case, proposal_id)
    effect, refused = _effect(work, row)
    needed = proposals.AGREES[row.kind]
    mine = row.proposed_by == work.actor.identity
    return render_template(
        "staff/giving/proposal.html",
        case_frame=case_frame(work, case, "notices"),
        row=row,
        title_of=proposals.TITLES[row.kind],
        facts=_facts(case, row),
        effect=effect,
        refused=refused,
        errors=[{"text": error, "href": field}] if error else [],
        kept=kept,
        may_answer=row.outcome is None and can(work.actor, needed) and not mine,
        why_not=_why_not(work, row, mine),
        answer_url=_url(f"answer_{row.kind}", case, row),
        take_back_url=_url("take_back", case, row) if mine and row.outcome is None else "",
        version=row.version,
    )


def _url(view: str, case: Case, row: GivingProposal) -> str:
    return url_for(f"regiving.{view}", reference=case.reference, proposal_id=row.id)


def _why_not(work: Work, row: GivingProposal, mine: bool) -> str:
    if row.outcome is not None:
        return ""
    if mine:
        return "You proposed this: a second person answers it."
    return not_yours(work.actor, proposals.AGREES[row.kind])


def _effect(work: Work, row: GivingProposal) -> tuple[list[str], str]:
    """What agreeing would do now, line by line; or why it cannot be agreed to."""
    if row.outcome is not None:
        return [], ""
    if row.kind == proposals.GIVE_AGAIN:
        found = regiving.outlook(work, row.notice)
        return list(found.happens), found.refused
    try:
        effect = overriding.effect(work, row.notice, overriding.asked_day(row))
    except Refusal as refusal:
        return [], f"{refusal.sentence} {refusal.fix}".strip()
    lines = [
        f"It is taken as given on {weekday(effect.given_on)} instead of {weekday(effect.was)}."
    ]
    for move in effect.moves:
        title = CLOCK_TITLES[move.kind]
        moved = f"moves from {day(move.due_on)} to {day(move.would_be)}"
        stays = f"stays {day(move.due_on)}, counted from the new day"
        lines.append(f"{title}: {stays if move.due_on == move.would_be else moved}.")
    lines.append(
        f"{effect.short} Its giving is then in doubt: it has to be given again."
        if effect.short
        else "A doubt about this notice ends. Every receipt says why the day changed."
    )
    return lines, ""


def _facts(case: Case, row: GivingProposal) -> list[pages.Fact]:
    notice_url = url_for("notices.notice", reference=case.reference, notice_id=row.notice_id)
    title = notice_services.TITLES[row.notice.kind]
    found = [
        pages.Fact("Notice", f"{title} {row.notice.reference}", href=notice_url),
        pages.Fact("Proposed by", row.proposed_by_name, moment(row.proposed_at)),
    ]
    if row.kind == proposals.GIVE_AGAIN:
        ask = regiving.asked_of(row)
        found += [
            pages.Fact("To", recipient_words(ask.recipient), ask.method.by),
            pages.Fact("Planned day of sending", weekday(ask.send_on)),
            pages.Fact("Reason, as the provider reads it", row.words),
        ]
    else:
        found += [
            pages.Fact("Given on", weekday(overriding.asked_day(row))),
            pages.Fact("What shows it", row.words),
            pages.Fact(
                "Evidence",
                row.evidence_name or "",
                f"SHA-256 {row.evidence_sha256}",
                href=_url("evidence", case, row),
            ),
        ]
    if row.outcome is not None:
        said = {"agreed": "Agreed", "refused": "Refused", "taken_back": "Taken back"}[row.outcome]
        by = f"{row.settled_by_name}, {moment(row.settled_at)}"
        found.append(pages.Fact("Answer", said, " ".join(filter(None, (by, row.settled_words)))))
    return found


@bp.get("/proposals/<int:proposal_id>/evidence")
@access.needs(Permission.READ_CASES)
def evidence(reference: str, proposal_id: int) -> Response:
    """The file that shows it, as it was given."""
    work = access.work()
    case = case_services.find(work, reference)
    row = proposals.find(work, case, proposal_id)
    if row.evidence_sha256 is None:
        raise NotFound("This proposal has no file.")
    kept = files.fetch(work, row.evidence_sha256)
    return download(kept.content, filename=row.evidence_name or "file", mimetype=kept.mime)


@bp.post("/proposals/<int:proposal_id>/answer/day")
@access.needs(Permission.APPROVE_NOTICE)
def answer_other_day(reference: str, proposal_id: int) -> str | Response:
    return _answer(reference, proposal_id, proposals.OTHER_DAY)


@bp.post("/proposals/<int:proposal_id>/answer/again")
@access.needs(Permission.WITHDRAW)
def answer_give_again(reference: str, proposal_id: int) -> str | Response:
    return _answer(reference, proposal_id, proposals.GIVE_AGAIN)


def _answer(reference: str, proposal_id: int, kind: str) -> str | Response:
    work = access.work()
    case = case_services.find(work, reference)
    row = proposals.find(work, case, proposal_id)
    if row.kind != kind:
        raise NotFound("There is no such proposal.")
    form = AnswerForm()
    version, words = _version(), form.words.data or ""
    if not form.validate():
        return _page(reference, proposal_id, form.words.errors[0], words, "#words")
    try:
        if request.form.get("say") != "agree":
            proposals.refuse(work, row, words, version)
            return _to(case, row, "Refused. Nothing was changed.")
        if kind == proposals.OTHER_DAY:
            overriding.agree(work, row, version)
            return _to(case, row, "Agreed. The deadlines are counted again.")
        made = regiving.agree(work, row, enqueue(), version)
        flash("Agreed. The notice is withdrawn and a new one is drafted.", "success")
        where = url_for("notices.notice", reference=case.reference, notice_id=made.id)
        return redirect(where, 303)
    except NotAllowed:
        raise
    except Refusal as refusal:
        access.undo()
        return _page(
            reference, proposal_id, f"{refusal.sentence} {refusal.fix}".strip(), kept=words
        )


@bp.post("/proposals/<int:proposal_id>/take-back")
@access.needs(Permission.RECORD_GIVING)
def take_back(reference: str, proposal_id: int) -> str | Response:
    work = access.work()
    case = case_services.find(work, reference)
    row = proposals.find(work, case, proposal_id)
    try:
        proposals.take_back(work, row, _version())
    except NotAllowed:
        raise
    except Refusal as refusal:
        access.undo()
        return _page(reference, proposal_id, refusal.sentence)
    return _to(case, row, "Taken back.")


def _version() -> int | None:
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() else None


def _to(case: Case, row: GivingProposal, words: str) -> Response:
    flash(words, "success")
    return redirect(_url("proposal", case, row), 303)
