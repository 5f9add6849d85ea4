"""Questions to the provider about a reply: asked in writing, shown on the reply site, answered
by a further reply."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select

from enforcement.data.cases import Case
from enforcement.data.deciding import Question
from enforcement.data.replies import Reply
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, NotFound, WrongState
from enforcement.domain.tasks import TaskKind
from enforcement.domain.words import day, weekday
from enforcement.services import sending, tasks
from enforcement.services.cases import stream
from enforcement.services.reply_drafts import refuse_decided
from enforcement.services.work import Work

MOST = 2_000  # characters of a question


def of_case(work: Work, case: Case) -> list[Question]:
    """Every question of a case, in the order asked."""
    return list(
        work.session.scalars(
            select(Question).where(Question.case_id == case.id).order_by(Question.number)
        )
    )


def find(work: Work, case: Case, number: int) -> Question:
    """A question of this case by its number. Refuses NotFound."""
    found = work.session.scalar(
        select(Question).where(Question.case_id == case.id, Question.number == number)
    )
    if found is None:
        raise NotFound(f"The case {case.reference} has no question {number}.")
    return found


def ask(work: Work, reply: Reply, text: str, due_on: date) -> Question:
    """Ask the provider about a reply, to be answered by a day. It stops no clock.

    Shown on the reply site at once; sent to the email address the reply gave, or else left as a
    task to write by post. A task asks the officer to look again. Refuses BadInput, WrongState
    once decided, NotAllowed.
    """
    work.require(Permission.ANSWER_REPLY)
    case = reply.case
    refuse_decided(case)
    if not text.strip() or len(text) > MOST:
        raise BadInput(f"Write the question, in at most {MOST:,} characters.")
    if due_on <= work.today:
        raise BadInput("Choose a day after today for the answer.")
    last = work.session.scalar(select(func.max(Question.number)).where(Question.case_id == case.id))
    row = Question(
        case=case,
        reply=reply,
        number=(last or 0) + 1,
        text=text.strip(),
        sent_to=reply.sender_email or "",
        due_on=due_on,
        asked_by=work.actor.identity,
        asked_by_name=work.actor.name,
        asked_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    work.record(
        stream(case),
        "question_asked",
        {"question": row.number, "reply": reply.reference, "due_on": due_on.isoformat()},
        texts={"text": row.text},
        permission=Permission.ANSWER_REPLY,
    )
    _tell(work, row)
    return row


def _tell(work: Work, row: Question) -> None:
    case, reply = row.case, row.reply
    how = "sent by email" if row.sent_to else "to be sent by post: no email address was given"
    about = (
        f"Question {row.number} about {reply.reference} is {how}; the provider answers by "
        f"{day(row.due_on)}. Close it when it is answered, or decide without."
    )
    tasks.open_task(work, case, TaskKind.QUESTION, f"{case.reference} question {row.number}", about)
    if not row.sent_to:
        return
    words = (
        f"We have a question about your reply {reply.reference}:\n\n{row.text}\n\n"
        f"Please answer by {weekday(row.due_on)}. Use the same link and code as before and "
        "choose “Add to your reply”. If you do not answer, we decide on what we have.\n\n"
        "The question is also on the page that shows where your case stands.\n"
    )
    payload = {"subject": f"A question about your reply {reply.reference}", "text": words}
    key = f"question-{case.reference}-{row.number}"
    sending.queue(work, key, "email", row.sent_to, payload)


def close(work: Work, question: Question, answer: str, words: str) -> None:
    """Close a question: answered by the reply with the reference `answer`, or with words why it
    is not needed any more ("" for `answer`).

    Refuses BadInput, NotFound, WrongState when it is closed already, NotAllowed.
    """
    work.require(Permission.ANSWER_REPLY)
    if question.closed_at is not None:
        raise WrongState("The question is already closed.")
    if not answer and not words.strip():
        raise BadInput("Choose the reply that answers it, or say why it is closed without one.")
    found = _answer(work, question, answer) if answer else None
    question.answer = found
    question.closed_at, question.closed_by = work.now, work.actor.identity
    question.closed_words = words.strip() or None
    work.record(
        stream(question.case),
        "question_closed",
        {"question": question.number, "answer": found.reference if found else None},
        texts={"words": words.strip()} if words.strip() else {},
        permission=Permission.ANSWER_REPLY,
    )
    work.session.flush()
    key = f"{TaskKind.QUESTION.value} {question.case.reference} question {question.number}"
    for task in tasks.open_of(work.session, question.case):
        if task.key == key:
            tasks.close_task(work, task, "done", f"Question {question.number} is closed.")


def _answer(work: Work, question: Question, reference: str) -> Reply:
    found = work.session.scalar(
        select(Reply).where(Reply.case_id == question.case_id, Reply.reference == reference)
    )
    if found is None:
        raise NotFound(f"There is no reply with the reference {reference}.")
    if found.received_at < question.asked_at and found.keyed_by is None:
        raise BadInput("That reply came before the question was asked.")
    return found
