"""What waits for somebody, by role: numbers that lead to what they count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Label, ScalarSelect, and_, func, select

from enforcement.data.cases import Case
from enforcement.data.files import ImportedFile
from enforcement.data.finance import BankLine, WriteOff
from enforcement.data.giving import GivingProposal
from enforcement.data.history import Event
from enforcement.data.issue_runs import IssueRun
from enforcement.data.people import Account
from enforcement.data.policies import Policy
from enforcement.data.runs import Run
from enforcement.data.tasks import Task
from enforcement.data.windows import WindowRow
from enforcement.domain.cases import State
from enforcement.domain.permissions import Role
from enforcement.domain.tasks import TaskKind
from enforcement.services import posting, tasks, write_offs
from enforcement.services.giving_queue import awaits
from enforcement.services.work import Work
from enforcement.services.worklist import only

EXCEPTION_DAYS = 90
# What an auditor looks at first: the moments in which the usual course was left.
EXCEPTIONS = (
    "notice_withdrawn",
    "giving_doubted",
    "giving_corrected",
    "sending_uncertain",
    "decision_superseded",
    "case_reopened",
    "return_corrected",
    "run_refused",
    "file_held",
    "window_overridden",
    "link_locked",
    "sign_in_refused",
    "text_erased",
)


@dataclass(frozen=True)
class Tile:
    """One number: what it counts, in words, and the filter that lists it. `hot` numbers wait
    for somebody to act. In the words {s} and {y} stand where one and many differ."""

    name: str
    words: str
    endpoint: str
    query: tuple[tuple[str, str], ...] = ()
    hot: bool = True

    def said(self, number: int) -> str:
        """The words of this many: "reply to read", "replies to read"."""
        one = number == 1
        return self.words.format(s="" if one else "s", y="y" if one else "ies")


def _list(name: str, words: str, *query: tuple[str, str], hot: bool = True) -> Tile:
    return Tile(name, words, "worklist.worklist", query, hot)


MINE = ("officer", "me")
_TASKS = "tasks.tasks"
MY_TASKS = Tile("tasks_mine", "task{s} of my cases", _TASKS, (("whose", "me"),))
LATE_TASKS = Tile("tasks_overdue", "task{s} overdue", _TASKS, (("state", "overdue"),))
PROPOSALS = Tile("proposals", "proposal{s} about giving to answer", _TASKS)
REFUNDS = Tile(
    "tasks_refund", "refund{s} to make by a day", _TASKS, (("kind", TaskKind.REFUND_DUE.value),)
)
TRIBUNAL = Tile(
    "tasks_tribunal", "thing{s} due at the tribunal", _TASKS, (("kind", TaskKind.TRIBUNAL.value),)
)
REMINDERS = Tile(
    "tasks_reminder", "reminder{s} to send", _TASKS, (("kind", TaskKind.REMINDER_DUE.value),)
)
BANK_LINES = Tile("bank_lines", "bank line{s} waiting", "bank_lines.lines")
WRITE_OFFS = Tile("write_offs", "write-off{s} to answer", "write_offs.write_offs")
OVERDUE = _list("overdue", "overdue", ("only", "overdue"))
TODAY = _list("today", "due today", ("only", "today"))
UNREAD = _list("unread", "new repl{y} to read", ("only", "unread"))
SENDING = _list("sending", "sending{s} failed or uncertain", ("only", "sending"))
DOUBT = _list("doubt", "with giving in doubt", ("only", "doubt"))
UNASSIGNED = _list("unassigned", "case{s} without an officer", ("officer", "nobody"))
HOLDS = _list("hold", "on hold", ("only", "hold"), hot=False)
FEEDS = Tile("feeds", "feed{s} to call complete", "windows.windows")
IMPORTS = Tile("imports", "import{s} waiting for a decision", "imports.imports")
RUNS = Tile("runs", "run{s} to approve", "runs.runs")
ISSUE_RUNS = Tile("issue_runs", "issue run{s} waiting for approval", "issue_runs.runs")
POLICIES = Tile("policies", "polic{y} to approve", "policies.policies")
TILES: dict[Role, tuple[Tile, ...]] = {
    Role.OFFICER: (
        _list("my_overdue", "of my cases overdue", MINE, ("only", "overdue")),
        _list("my_today", "of my cases due today", MINE, ("only", "today")),
        MY_TASKS, LATE_TASKS, TRIBUNAL, UNREAD,
        SENDING,
        UNASSIGNED,
        _list("my_hold", "of my cases on hold", MINE, ("only", "hold"), hot=False),
        IMPORTS,
    ),
    Role.SENIOR: (
        _list("approval", "waiting for my approval", ("only", "approval")),
        PROPOSALS, ISSUE_RUNS, OVERDUE, TODAY, LATE_TASKS, SENDING, DOUBT, RUNS, FEEDS,
    ),
    Role.LEADER: (
        OVERDUE, TODAY, LATE_TASKS, UNASSIGNED, UNREAD, HOLDS, RUNS, FEEDS, IMPORTS, POLICIES,
        WRITE_OFFS,
    ),
    Role.PANEL: (_list("vote", "case{s} waiting for my vote", ("only", "vote")),),
    Role.FINANCE: (
        _list("unpaid", "payment{s} overdue", ("only", "unpaid")),
        _list("refund", "refund{s} due", ("only", "refund")),
        REFUNDS, REMINDERS, BANK_LINES, WRITE_OFFS,
        _list("recovery", "in recovery", ("stage", State.RECOVERY.value), hot=False),
    ),
    Role.POLICY: (
        Tile("proposed", "polic{y} waiting for a second person", "policies.policies", hot=False),
    ),
    Role.ADMIN: (
        Tile("accounts", "active account{s}", "accounts.accounts", hot=False),
        Tile("locked", "locked now", "accounts.accounts"),
        Tile("disabled", "disabled", "accounts.accounts", hot=False),
    ),
    Role.AUDITOR: (),
}  # fmt: skip


def tiles(work: Work) -> list[tuple[Tile, int]]:
    """The numbers of the actor's roles, counted in one statement. Reads only."""
    wanted = {tile.name: tile for role in Role if role in work.actor.roles for tile in TILES[role]}
    if not wanted:
        return []
    row = work.session.execute(select(*[_number(work, name) for name in wanted])).one()
    return list(zip(wanted.values(), [int(number or 0) for number in row], strict=True))


def _number(work: Work, name: str) -> Label[int]:
    other = _others(work).get(name)
    return (other if other is not None else _cases(_case_condition(work, name))).label(name)


def _cases(condition: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(Case).where(condition).scalar_subquery()


def _case_condition(work: Work, name: str) -> ColumnElement[bool]:
    mine = Case.officer_id == (work.actor.account_id or 0)
    if name.startswith("my_"):
        return and_(mine, only(name.removeprefix("my_"), work.actor, work.today))
    if name == "unassigned":
        return and_(Case.officer_id.is_(None), Case.state != State.CLOSED.value)
    if name == "recovery":
        return Case.state == State.RECOVERY.value
    return only(name, work.actor, work.today)


def _others(work: Work) -> dict[str, ScalarSelect[int]]:
    """Numbers of things that are not cases."""
    me = work.actor.identity
    locked = and_(Account.locked_until > work.now, Account.disabled_at.is_(None))
    return {
        "feeds": _count(
            WindowRow, WindowRow.closes_on < work.today, WindowRow.feed_complete_at.is_(None)
        ),
        "imports": _count(ImportedFile, ImportedFile.state == "waiting"),
        "runs": _count(Run, Run.state == "previewed", Run.previewed_by != me),
        "issue_runs": _count(IssueRun, IssueRun.state == "frozen", IssueRun.created_by != me),
        "policies": _count(Policy, Policy.approved_by.is_(None), Policy.proposed_by != me),
        "proposed": _count(Policy, Policy.approved_by.is_(None)),
        "accounts": _count(Account, Account.disabled_at.is_(None)),
        "locked": _count(Account, locked),
        "proposals": _count(GivingProposal, awaits(work.actor)),
        "bank_lines": _count(BankLine, *posting.conditions(posting.Filters())),
        "write_offs": _count(WriteOff, write_offs.awaits(work.actor)),
        **{f"tasks_{name}": _tasks(work, one) for name, one in _TASK_TILES.items()},
        "disabled": _count(Account, Account.disabled_at.is_not(None)),
    }


_TASK_TILES = {
    "mine": tasks.Filters(whose="me"),
    "overdue": tasks.Filters(state="overdue"),
    "refund": tasks.Filters(kind=TaskKind.REFUND_DUE.value),
    "tribunal": tasks.Filters(kind=TaskKind.TRIBUNAL.value),
    "reminder": tasks.Filters(kind=TaskKind.REMINDER_DUE.value),
}


def _tasks(work: Work, filters: tasks.Filters) -> ScalarSelect[int]:
    where = tasks.conditions(filters, work.actor, work.today)
    return select(func.count()).select_from(Task).join(Task.case).where(*where).scalar_subquery()


def _count(table: type, *conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(table).where(*conditions).scalar_subquery()


def exceptions(work: Work) -> list[tuple[str, int]]:
    """How often the usual course was left in the last 90 days, by kind of event."""
    since = work.now - timedelta(days=EXCEPTION_DAYS)
    found = work.session.execute(
        select(Event.kind, func.count())
        .where(Event.kind.in_(EXCEPTIONS), Event.at >= since)
        .group_by(Event.kind)
    )
    numbers = {kind: number for kind, number in found}
    return [(kind, numbers[kind]) for kind in EXCEPTIONS if kind in numbers]


def next_window(work: Work) -> WindowRow | None:
    """The window that is open today, or else the next to open."""
    return work.session.scalar(
        select(WindowRow)
        .where(WindowRow.closes_on >= work.today)
        .order_by(WindowRow.number)
        .limit(1)
    )
