"""Tasks: what waits for somebody by a day, over all cases and of one case."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for
from wtforms import RadioField, SelectField, SubmitField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from enforcement.data.giving import GivingProposal
from enforcement.data.tasks import Task
from enforcement.domain.clocks import days_left_in_words
from enforcement.domain.permissions import Permission, can, who
from enforcement.domain.refusals import BadInput
from enforcement.domain.tasks import BY_HAND, TITLES, TaskKind
from enforcement.services import cases as case_services
from enforcement.services import giving_queue, proposals
from enforcement.services import tasks as task_services
from enforcement.services.tasks import CLOSED_HOW, STATES, WHOSE, Filters
from enforcement.services.work import Work
from enforcement.web import access
from enforcement.web.filters import day, plural
from enforcement.web.forms import NhsSearchForm
from enforcement.web.listing import Cell, Chip, Column, Listing, address, single
from enforcement.web.staff.case_form import CaseForm, FormPage, answer, options
from enforcement.web.staff.case_form import words as long_words
from enforcement.web.staff.case_frame import case_frame, place

bp = Blueprint("tasks", __name__)
SIZE = 50
COLUMNS = (
    Column("task", "Task"),
    Column("case", "Case"),
    Column("due", "Due", whole=True),
    Column("about", "What happened"),
)


class FilterForm(NhsSearchForm):
    """The filters, sent by GET: their address is the list."""

    whose = SelectField(
        "Whose", choices=[SelectChoice(*one) for one in WHOSE.items()], validate_choice=False
    )
    state = SelectField(
        "State", choices=[SelectChoice(*one) for one in STATES.items()], validate_choice=False
    )
    kind = SelectField(
        "Kind",
        choices=[SelectChoice("", "Every kind"), *(SelectChoice(k, t) for k, t in TITLES.items())],
        validate_choice=False,
    )


class AddForm(CaseForm):
    kind = RadioField(
        "What kind of task is it?",
        [InputRequired("Choose what kind of task it is")],
        choices=options((kind.value, kind.label) for kind in BY_HAND),
    )
    about = long_words("What has to be done?", "Enter what has to be done")
    submit = SubmitField("Add the task")


class CloseForm(CaseForm):
    how = RadioField(
        "How does it end?",
        [InputRequired("Choose how it ends")],
        choices=options((how, CLOSED_HOW[how]) for how in ("done", "not_needed")),
    )
    words = long_words("What was done, or why is it not needed?", "Enter what was done")
    submit = SubmitField("Close the task")


def asked() -> Filters:
    """The filters of this address. Refuses BadInput for what cannot be read."""
    return Filters(
        **{name: single(request.args.getlist(name), name) for name in ("whose", "state", "kind")}
    )


@bp.get("/tasks", endpoint="tasks")
@access.needs(Permission.READ_CASES)
def task_list() -> str:
    work, filters, path = access.work(), asked(), url_for("tasks.tasks")
    query: dict[str, object] = vars(filters)
    found = task_services.page(work, filters, SIZE + 1, _after())
    shown = Listing(
        caption="Tasks, by the day they are due",
        columns=COLUMNS,
        rows=[_row(work, task) for task in found[:SIZE]],
        count_text=plural(task_services.count(work, filters), "task"),
        chips=_chips(filters, path, query),
        clear_url=path,
        empty_title="No task matches" if any(query.values()) else "Nothing to do",
        empty_text="Tasks are opened by what happens: post that comes back, an email that fails, "
        "money to repay. Each has a day.",
        next_url=address(path, query, after=_place(found[SIZE - 1])) if len(found) > SIZE else None,
    )
    return render_template(
        "staff/tasks/tasks.html",
        form=FilterForm.from_address(),
        list=shown,
        waiting=_waiting(work),
    )


def _chips(filters: Filters, path: str, query: dict[str, object]) -> list[Chip]:
    words = {
        "whose": ("Whose", WHOSE.get(filters.whose, "")),
        "state": ("State", STATES.get(filters.state, "")),
        "kind": ("Kind", TITLES[TaskKind(filters.kind)] if filters.kind else ""),
    }
    return [
        Chip(label, value, address(path, query, **{name: None}))
        for name, (label, value) in words.items()
        if query[name]
    ]


def _place(task: Task) -> str:
    return f"{task.due_on.isoformat()}.{task.id}"


def _after() -> tuple[date, int] | None:
    text = single(request.args.getlist("after"), "after")
    if not text:
        return None
    first, _, last = text.partition(".")
    try:
        return date.fromisoformat(first), int(last)
    except ValueError as bad:
        raise BadInput(f"“{text}” is not a place in the list.") from bad


def _waiting(work: Work) -> Listing:
    """What a colleague proposed and this person may agree to."""
    return proposal_list(giving_queue.waiting(work), "Waiting for your answer")


def proposal_list(found: Iterable[GivingProposal], caption: str) -> Listing:
    """Proposals about giving, with their state."""
    rows = [
        {
            "what": Cell(
                proposals.TITLES[one.kind],
                href=url_for("regiving.proposal", reference=one.case.reference, proposal_id=one.id),
                note=one.notice.reference,
            ),
            "who": Cell(one.proposed_by_name, note=day(one.proposed_at)),
            "state": _answer_words(one),
        }
        for one in found
    ]
    return Listing(
        caption=caption,
        columns=[Column("what", "Proposal"), Column("who", "By"), Column("state", "State")],
        rows=rows,
    )


OUTCOMES = {"agreed": "Agreed", "refused": "Refused", "taken_back": "Taken back"}


def _answer_words(one: GivingProposal) -> Cell:
    if one.outcome is None:
        return Cell("Waits for a second person", tag="yellow")
    return Cell(OUTCOMES[one.outcome], note=f"{one.settled_by_name}, {day(one.settled_at)}")


def _row(work: Work, task: Task, *, with_case: bool = True) -> dict[str, object]:
    reference = task.case.reference
    may = can(work.actor, Permission.NOTE) and task.closed_at is None
    where = _screen(work, task) if may else ""
    if task.closed_at is not None:
        due = Cell(f"Closed {day(task.closed_at)}", note=_ended(task))
    else:
        due = Cell(day(task.due_on), note=days_left_in_words(task.due_on, work.today))
    row: dict[str, object] = {
        "task": Cell(TITLES[TaskKind(task.kind)], href=where),
        "due": due,
        "about": Cell(task.about, note=f"Opened {day(task.opened_at)} by {_opened_by(task)}"),
    }
    if with_case:
        href = url_for("tasks.case_tasks", reference=reference)
        row["case"] = Cell(reference, href=href, note=task.case.provider.name)
    return row


def _screen(work: Work, task: Task) -> str:
    """Where a task is done: its own page, or the notice whose sending somebody has to settle."""
    reference = task.case.reference
    if task_services.stands_for_sending(work.session, task):
        return url_for("notices.notice", reference=reference, notice_id=task.notice_id)
    return place("tasks.close", reference=reference, task_id=task.id)


def _opened_by(task: Task) -> str:
    return who(task.opened_by, task.opened_by_name)


def _ended(task: Task) -> str:
    by = who(task.closed_by or "", task.closed_by_name or "")
    return f"{CLOSED_HOW[task.closed_how or 'done']}, {by}: {task.closed_words}"


@bp.get("/cases/<reference>/tasks")
@access.needs(Permission.READ_CASES)
def case_tasks(reference: str) -> str:
    """The tasks of a case, open and closed, and what was proposed about its notices."""
    work = access.work()
    case = case_services.find(work, reference)
    found = task_services.of_case(work.session, case)
    return render_template(
        "staff/tasks/case_tasks.html",
        case_frame=case_frame(work, case, "tasks"),
        list=Listing(
            caption="Tasks of this case",
            columns=[column for column in COLUMNS if column.key != "case"],
            rows=[_row(work, task, with_case=False) for task in found],
            empty_title="No task",
            empty_text="Tasks are opened by what happens, like post that comes back.",
        ),
        proposals=proposal_list(giving_queue.of_case(work.session, case), "Proposals about giving"),
        add_url=place("tasks.add", reference=case.reference)
        if can(work.actor, Permission.NOTE) and case.closed_at is None
        else "",
    )


@bp.route("/cases/<reference>/tasks/new", methods=["GET", "POST"])
@access.needs(Permission.NOTE)
def add(reference: str) -> Any:
    work = access.work()
    case = case_services.find(work, reference)
    form = AddForm()

    def act() -> None:
        task_services.add(work, case, form.kind.data, form.about.data)

    back = url_for("tasks.case_tasks", reference=case.reference)
    page = FormPage("Add a task", tab="tasks", back=back)
    return answer(work, case, form, page, act, "The task is added.")


@bp.route("/cases/<reference>/tasks/<int:task_id>", methods=["GET", "POST"])
@access.needs(Permission.NOTE)
def close(reference: str, task_id: int) -> Any:
    work = access.work()
    case = case_services.find(work, reference)
    task = task_services.find(work, case, task_id)
    form = CloseForm()

    def act() -> None:
        task_services.close_task(work, task, form.how.data, form.words.data)

    back = url_for("tasks.case_tasks", reference=case.reference)
    intro = f"Due {day(task.due_on)}: {days_left_in_words(task.due_on, work.today)}."
    if task_services.stands_for_doubt(task):
        intro += " It ends by itself when the doubt is settled or the notice is withdrawn."
    page = FormPage(
        TITLES[TaskKind(task.kind)],
        tab="tasks",
        back=back,
        intro=intro,
        passages=[("What happened", task.about)],
        note=" ".join(line["note"] for line in task.receipt[-1:]),
    )
    return answer(work, case, form, page, act, "The task is closed.")
