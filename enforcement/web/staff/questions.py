"""What an officer does about a reply beside answering it: ask, give more time, pass on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, url_for
from wtforms import RadioField, SelectField, SubmitField
from wtforms.validators import InputRequired, Length, Optional

from enforcement.data.cases import Case
from enforcement.data.deciding import Question
from enforcement.domain.calendar import local_date
from enforcement.domain.concerns import ConcernKind
from enforcement.domain.permissions import Permission, can
from enforcement.services import cases, concerns, extending, questions, replies, reply_drafts
from enforcement.services.case_facts import facts_of
from enforcement.services.work import Work
from enforcement.web import access, pages
from enforcement.web.fields import DayField, LongTextField, visible
from enforcement.web.filters import day
from enforcement.web.staff.case_form import (
    LONGEST,
    CaseForm,
    FormPage,
    answer,
    chosen,
    options,
    words,
)
from enforcement.web.staff.case_frame import place

bp = Blueprint("questions", __name__, url_prefix="/cases/<reference>")
BOTH = ["GET", "POST"]
P = Permission


class AskForm(CaseForm):
    text = words(
        "What do you ask?",
        "Enter the question",
        "The provider reads these words by email and on the reply site. Ask one thing.",
    )
    due_on = DayField(
        "Answer by",
        [InputRequired("Enter the day by which to answer")],
        description="It stops no clock. If no answer comes, the panel decides on what there is.",
    )
    submit = SubmitField("Send the question")


class CloseForm(CaseForm):
    answered = SelectField("Which reply answers it?", choices=[], validate_choice=False)
    words = LongTextField(
        "Or why is it closed without an answer?", [Optional(), Length(max=LONGEST), visible]
    )
    submit = SubmitField("Close the question")


class ExtendForm(CaseForm):
    last_day = DayField("New last day to reply", [InputRequired("Enter the new last day")])
    reason = words("Why is more time given?", "Enter why more time is given")
    submit = SubmitField("Give more time")


class ConcernForm(CaseForm):
    kind = RadioField(
        "What is it?",
        [InputRequired("Choose what it is")],
        choices=options((kind.value, kind.label) for kind in ConcernKind),
    )
    reply = SelectField("In which reply?", choices=[])
    words = words(
        "What is the concern?",
        "Enter what the concern is",
        "Kept private: these words are in no notice, letter or bundle. If somebody is in danger "
        "now, ring 999 first.",
    )
    submit = SubmitField("Pass it on")


@dataclass(frozen=True)
class Aside:
    """What stands beside the replies of a case: questions, more time, concerns, and the doors."""

    questions: tuple[pages.Fact, ...]
    extensions: tuple[pages.Fact, ...]
    concerns: tuple[pages.Fact, ...]
    actions: tuple[pages.Action, ...]


def aside(work: Work, case: Case) -> Aside:
    """For the page of all replies."""
    may = can(work.actor, P.ANSWER_REPLY)
    asked = [_question(case, row, may) for row in questions.of_case(work, case)]
    longer = [
        pages.Fact(
            f"Until {day(row.ends_on)}",
            row.reason,
            f"Before: {day(row.was_ends_on)}. {row.agreed_by_name}, {day(row.agreed_at)}. "
            "The last day to decide did not move.",
        )
        for row in extending.of_case(work, case)
    ]
    passed = [
        pages.Fact(
            ConcernKind(row.kind).label,
            f"Passed on to {row.sent_to}",
            f"{row.routed_by_name}, {day(row.routed_at)}",
        )
        for row in concerns.of_case(work, case)
    ]
    return Aside(tuple(asked), tuple(longer), tuple(passed), tuple(_actions(work, case, may)))


def _question(case: Case, row: Question, may: bool) -> pages.Fact:
    state = f"to be answered by {day(row.due_on)}"
    if row.closed_at is not None:
        answered = row.answer.reference if row.answer else ""
        ended = f"answered in {answered}" if answered else f"closed: {row.closed_words}"
        state = f"{ended}, {day(local_date(row.closed_at))}"
    sent = f"sent to {row.sent_to}" if row.sent_to else "to be sent by post"
    return pages.Fact(
        f"Question {row.number}, about {row.reply.reference}",
        row.text,
        f"{row.asked_by_name}, {day(row.asked_at)}; {sent}; {state}.",
        action="Close" if may and row.closed_at is None else "",
        action_url=place("questions.close", reference=case.reference, number=row.number),
    )


def _actions(work: Work, case: Case, may: bool) -> list[pages.Action]:
    if not may or not reply_drafts.accepting(case):
        return []
    extend = url_for("questions.extend", reference=case.reference)
    route = url_for("questions.concern", reference=case.reference)
    return [
        pages.Action("Give more time", extend, reason=extending.why_not(work, case)),
        pages.Action("Pass on a complaint or safeguarding concern", route),
    ]


def _opened(reference: str) -> tuple[Work, Case]:
    work = access.work()
    return work, cases.find(work, reference)


def _page(case: Case, title: str, **more: Any) -> FormPage:
    back = url_for("replies.replies", reference=case.reference)
    return FormPage(title, tab="replies", back=back, **more)


@bp.route("/replies/<reply_reference>/ask", methods=BOTH)
@access.needs(P.ANSWER_REPLY)
def ask(reference: str, reply_reference: str) -> Any:
    work, case = _opened(reference)
    reply = replies.find(work, case, reply_reference)
    form = AskForm()

    def act() -> None:
        questions.ask(work, reply, form.text.data, chosen(form.due_on))

    by = facts_of(work, case).decide_by
    how = (
        f"It goes to {reply.sender_email} and stands on the reply site."
        if reply.sender_email
        else "No email address was given: it stands on the reply site, and a task asks you to "
        "send it by post."
    )
    note = f"The last day to decide is {day(by)}." if by else ""
    page = _page(case, f"Ask about {reply.reference}", intro=how, note=note)
    return answer(work, case, form, page, act, "The question is asked.")


@bp.route("/questions/<int:number>/close", methods=BOTH)
@access.needs(P.ANSWER_REPLY)
def close(reference: str, number: int) -> Any:
    work, case = _opened(reference)
    found = questions.find(work, case, number)
    form = CloseForm()
    form.answered.choices = options([("", "None"), *_replies(work, case)])

    def act() -> None:
        questions.close(work, found, form.answered.data or "", form.words.data or "")

    asked = [("You asked", found.text)]
    page = _page(case, f"Close question {number}", passages=asked)
    return answer(work, case, form, page, act, "The question is closed.")


def _replies(work: Work, case: Case) -> list[tuple[str, str]]:
    return [
        (row.reference, f"{row.reference}, received {day(row.received_at)}")
        for row in replies.of_case(work, case)
    ]


@bp.route("/extend", methods=BOTH)
@access.needs(P.ANSWER_REPLY)
def extend(reference: str) -> Any:
    work, case = _opened(reference)
    form = ExtendForm()

    def act() -> None:
        extending.extend(work, case, chosen(form.last_day), form.reason.data, form.read_version)

    facts = facts_of(work, case)
    intro = "The provider is told in writing. The first date is kept beside the new one."
    note = ""
    if facts.period_ends_on and facts.decide_by:
        note = (
            f"The last day is {day(facts.period_ends_on)} now. The decision is still to be made "
            f"by {day(facts.decide_by)}, and not before the new last day is over: more time never "
            "moves it."
        )
    page = _page(case, "Give more time to reply", intro=intro, note=note)
    return answer(work, case, form, page, act, "More time is given.")


@bp.route("/concern", methods=BOTH)
@access.needs(P.ANSWER_REPLY)
def concern(reference: str) -> Any:
    work, case = _opened(reference)
    form = ConcernForm()
    form.reply.choices = options([("", "None of them"), *_replies(work, case)])

    def act() -> None:
        chosen_reply = form.reply.data or ""
        reply = replies.find(work, case, chosen_reply) if chosen_reply else None
        concerns.route(work, case, form.kind.data, form.words.data, reply)

    intro = (
        "Do it on the day you read it. It goes to the mailbox set under Policies, without these "
        "words; a task asks you to hear back. The case goes on as before."
    )
    page = _page(case, "Pass on a complaint or safeguarding concern", intro=intro)
    return answer(work, case, form, page, act, "Passed on.")
