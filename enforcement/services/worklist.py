"""The worklist: which cases, in the order of their next day, found by key and never by number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select, union
from sqlalchemy.orm import contains_eager, defer, joinedload, selectinload

from enforcement.data.cases import Case, ClockRow, Hold
from enforcement.data.decisions import Decision, PanelVote
from enforcement.data.notices import Notice, OutboxItem
from enforcement.data.payments import LedgerEntry, Penalty
from enforcement.data.people import Account
from enforcement.data.register import Location, Provider
from enforcement.data.replies import Reply
from enforcement.data.tasks import Task
from enforcement.data.windows import WindowRow
from enforcement.domain.cases import State
from enforcement.domain.clocks import ClockKind
from enforcement.domain.names import search_name
from enforcement.domain.permissions import Actor
from enforcement.domain.refusals import BadInput
from enforcement.domain.windows import Month
from enforcement.services.work import Work

NOBODY = "nobody"
ME = "me"
ANY_STAGE = "any"
COUNT_CAP = 1_000
MOST_NAMED = 2_000  # providers one search may name
ONLY: dict[str, str] = {
    "overdue": "Overdue",
    "today": "Due today",
    "hold": "On hold",
    "unread": "New reply",
    "sending": "Sending failed or uncertain",
    "doubt": "Giving in doubt",
    "task": "Task to do",
    "late_task": "Task overdue",
    "approval": "Waiting for my approval",
    "vote": "Waiting for my vote",
    "unpaid": "Payment overdue",
    "refund": "Refund due",
}
OWING = (State.PAYMENT, State.RECOVERY, State.COUNTY_COURT)
_REFERENCE = re.compile(r"(?:ASC)?-?(\d{4})-?(\d{1,6})")
_NUMBER = re.compile(r"\d{1,6}")
_POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}")


@dataclass(frozen=True)
class Filters:
    """What is asked for. `officer` is an account id, "me" or "nobody"; `stage` a state or "any";
    without a stage and without words, live cases only."""

    text: str = ""
    stage: str = ""
    officer: str = ""
    region: str = ""
    window: int | None = None
    only: tuple[str, ...] = ()
    providers: tuple[int, ...] | None = None  # who the words name, once looked up (`located`)


@dataclass(frozen=True)
class Key:
    """The place of a case in the list. Cases without a next day come last."""

    next_on: date | None
    id: int

    def __str__(self) -> str:
        return f"{self.next_on.isoformat() if self.next_on else 'none'}.{self.id}"

    @classmethod
    def parse(cls, text: str) -> Key:
        """The key as an address carries it. Refuses (BadInput) anything else."""
        try:
            first, _, last = text.partition(".")
            return cls(None if first == "none" else date.fromisoformat(first), int(last))
        except ValueError as bad:
            raise BadInput(f"“{text}” is not a place in the list.") from bad


@dataclass(frozen=True)
class Row:
    """A case as the list shows it."""

    case: Case
    officer: str | None
    unread: bool
    late: bool


@dataclass(frozen=True)
class Page:
    """Rows, and the keys from which to go on or back (None at the ends)."""

    rows: Sequence[Row]
    next: Key | None
    previous: Key | None


def conditions(filters: Filters, actor: Actor, today: date) -> list[ColumnElement[bool]]:
    """What a case must meet. Refuses (BadInput) a filter nobody offers."""
    found: list[ColumnElement[bool]] = []
    if filters.stage and filters.stage != ANY_STAGE:
        found.append(Case.state == _state(filters.stage))
    elif not filters.stage and not filters.text.strip():
        found.append(Case.state != State.CLOSED.value)
    if filters.officer:
        found.append(_officer(filters.officer, actor))
    if filters.region:
        found.append(Provider.region == filters.region)
    if filters.window is not None:
        found.append(Case.window_no == filters.window)
    if filters.text.strip():
        found.append(matching(filters.text, filters.providers))
    for name in filters.only:
        if name not in ONLY:
            raise BadInput(f"There is no filter “{name}”.")
        found.append(only(name, actor, today))
    return found


def _state(stage: str) -> str:
    try:
        return State(stage).value
    except ValueError as bad:
        raise BadInput(f"There is no stage “{stage}”.") from bad


def _officer(officer: str, actor: Actor) -> ColumnElement[bool]:
    if officer == NOBODY:
        return Case.officer_id.is_(None)
    if officer == ME:
        return Case.officer_id == actor.account_id if actor.account_id else false()
    if not officer.isdecimal():
        raise BadInput(f"There is no officer “{officer}”.")
    return Case.officer_id == int(officer)


def located(work: Work, filters: Filters) -> Filters:
    """The filters with the providers their words name looked up once, for list and count alike."""
    if not filters.text.strip() or _REFERENCE.fullmatch(_bare(filters.text)):
        return filters
    named = select(Provider.id).where(_named(filters.text)).limit(MOST_NAMED)
    return replace(filters, providers=tuple(work.session.scalars(named)))


def _bare(text: str) -> str:
    return "".join(text.upper().split())


def matching(text: str, providers: tuple[int, ...] | None = None) -> ColumnElement[bool]:
    """Cases whose reference, provider's name, CQC id, location id or postcode is what was typed,
    forgiving spaces, hyphens, accents and letter case."""
    bare = _bare(text)
    if reference := _REFERENCE.fullmatch(bare):
        return Case.reference == f"ASC-{reference[1]}-{int(reference[2]):06d}"
    named = _named(text) if providers is None else Case.provider_id.in_(providers)
    if _NUMBER.fullmatch(bare):
        return or_(named, Case.reference.like(f"%-{int(bare):06d}"))
    return named


def _named(text: str) -> ColumnElement[bool]:
    bare = _bare(text)
    places = select(Location.provider_id).where(Location.cqc_id == bare)
    who = [Provider.cqc_id == bare, Provider.id.in_(places)]
    if _POSTCODE.fullmatch(bare):
        forms = (bare, f"{bare[:-3]} {bare[-3:]}")
        near = select(Location.provider_id).where(Location.postcode.in_(forms))
        who += [Provider.postcode.in_(forms), Provider.id.in_(near)]
    if plain := search_name(text):
        who.append(Provider.search_name.contains(plain, autoescape=True))
    return or_(*who)


def only(name: str, actor: Actor, today: date) -> ColumnElement[bool]:
    """One of the ready-made filters of `ONLY`, which the home pages count as well."""
    mine = actor.identity
    part_taken = or_(
        _notice(Notice.drafted_by == mine),
        exists().where(
            Decision.case_id == Case.id,
            PanelVote.decision_id == Decision.id,
            PanelVote.member == mine,
        ),
    )
    made: dict[str, ColumnElement[bool]] = {
        "overdue": and_(Case.next_on < today, Case.state != State.CLOSED.value),
        "today": and_(Case.next_on == today, Case.state != State.CLOSED.value),
        "hold": exists().where(Hold.case_id == Case.id, Hold.ends_on.is_(None)),
        "unread": exists().where(Reply.case_id == Case.id, Reply.read_at.is_(None)),
        "sending": exists().where(
            OutboxItem.notice_id == Notice.id,
            Notice.case_id == Case.id,
            OutboxItem.state.in_(("failed", "uncertain")),
        ),
        "doubt": Case.giving_in_doubt.is_(True),
        "task": _task(Task.closed_at.is_(None)),
        "late_task": _task(and_(Task.closed_at.is_(None), Task.due_on < today)),
        "approval": and_(
            Case.state.in_((State.INTENT_REVIEW.value, State.FINAL_REVIEW.value)), ~part_taken
        ),
        "vote": and_(
            Case.state == State.PANEL.value,
            exists().where(
                Decision.case_id == Case.id,
                Decision.superseded.is_(False),
                Decision.outcome.is_(None),
                Decision.proposed_by != mine,
            ),
            ~part_taken,
            ~_notice(Notice.approved_by == mine),
        ),
        "unpaid": and_(
            Case.state.in_([state.value for state in OWING]),
            Case.giving_in_doubt.is_(False),
            exists().where(
                ClockRow.case_id == Case.id,
                ClockRow.kind == ClockKind.PAYMENT.value,
                ClockRow.ended_at.is_(None),
                ClockRow.due_on < today,
            ),
            _balance() > 0,
        ),
        "refund": _balance() < 0,
    }
    return made[name]


def _notice(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(Notice.case_id == Case.id, condition)


def _task(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(Task.case_id == Case.id, condition)


def _balance() -> ColumnElement[int]:
    entries = (
        select(func.coalesce(func.sum(LedgerEntry.pence), 0))
        .join(Penalty, Penalty.id == LedgerEntry.penalty_id)
        .where(Penalty.case_id == Case.id)
    )
    return entries.correlate(Case).scalar_subquery()


def page(
    work: Work,
    filters: Filters,
    size: int,
    after: Key | None = None,
    before: Key | None = None,
) -> Page:
    """One page in the order of the next day, then of opening; two statements, and two for holds.

    Cases with a day are read first, those without after them, so that one index serves both
    engines, which disagree on where a missing day sorts.
    """
    where = conditions(filters, work.actor, work.today)
    back = before is not None
    key = before or after
    rows: list[Row] = []
    for dated in (False, True) if back else (True, False):
        if key is not None and _passed(key, dated, back):
            continue
        start = key if key is not None and (key.next_on is not None) is dated else None
        rows += _read(work, where, dated, start, back, size + 1 - len(rows))
        if len(rows) > size:
            break
    more, rows = len(rows) > size, rows[:size]
    if back:
        rows.reverse()
    ahead, behind = (bool(rows), more) if back else (more, after is not None)
    return Page(
        rows,
        next=_key(rows[-1]) if ahead and rows else None,
        previous=_key(rows[0]) if behind and rows else None,
    )


def _passed(key: Key, dated: bool, back: bool) -> bool:
    """Whether this half of the list lies wholly on the wrong side of the key."""
    return (key.next_on is None) is dated and dated is not back


def _key(row: Row) -> Key:
    return Key(row.case.next_on, row.case.id)


def _read(
    work: Work,
    where: list[ColumnElement[bool]],
    dated: bool,
    start: Key | None,
    back: bool,
    limit: int,
) -> list[Row]:
    query = listing().where(*where, Case.next_on.is_not(None) if dated else Case.next_on.is_(None))
    if start is not None:
        query = query.where(_beyond(start, back))
    order: Any = (Case.next_on, Case.id) if dated else (Case.id,)
    if back:
        order = tuple(column.desc() for column in order)
    return [
        Row(case, officer, bool(unread), bool(late))
        for case, officer, unread, late in work.session.execute(query.order_by(*order).limit(limit))
    ]


def _beyond(start: Key, back: bool) -> ColumnElement[bool]:
    past: ColumnElement[bool] = Case.id < start.id if back else Case.id > start.id
    if start.next_on is None:
        return past
    day = start.next_on
    edge = Case.next_on <= day if back else Case.next_on >= day
    beyond = Case.next_on < day if back else Case.next_on > day
    return and_(edge, or_(beyond, past))


def listing() -> Select[Case, str, bool, bool]:
    """A case with what its row shows, in one statement whatever the size of the page."""
    return (
        select(
            Case,
            Account.name,
            exists().where(Reply.case_id == Case.id, Reply.read_at.is_(None)),
            exists().where(Reply.case_id == Case.id, Reply.late.is_(True)),
        )
        .join(Case.provider)
        .outerjoin(Account, Account.id == Case.officer_id)
        .options(
            contains_eager(Case.provider),
            selectinload(Case.holds),
            defer(Case.why),
            defer(Case.snapshot),
        )
    )


def count(work: Work, filters: Filters) -> int:
    """How many cases there are, counted up to one beyond `COUNT_CAP` and no further."""
    where = conditions(filters, work.actor, work.today)
    inner = select(Case.id).join(Case.provider).where(*where).limit(COUNT_CAP + 1).subquery()
    return work.session.scalar(select(func.count()).select_from(inner)) or 0


def officers(work: Work) -> list[tuple[int, str]]:
    """Accounts that may hold a case: every officer who is not disabled, by name."""
    found = work.session.execute(
        select(Account.id, Account.name, Account.roles)
        .where(Account.disabled_at.is_(None))
        .order_by(Account.name)
    )
    return [(row.id, row.name) for row in found if {"officer", "senior"} & set(row.roles)]


def regions(work: Work) -> list[str]:
    """Every region a provider stands in, as the register names them."""
    found = select(Provider.region).where(Provider.region.is_not(None)).distinct()
    return sorted(region for region in work.session.scalars(found) if region)


def windows(work: Work) -> list[tuple[int, str]]:
    """The windows there are, latest first: number and month in words."""
    found = work.session.scalars(select(WindowRow.number).order_by(WindowRow.number.desc()))
    return [(number, Month(number).title) for number in found]


def latest_of(work: Work, size: int = 5) -> list[Case]:
    """The newest cases the actor is the officer of or took a part in; one statement."""
    mine = work.actor.identity
    own = select(Case.id).where(Case.officer_id == (work.actor.account_id or 0))
    parts = union(
        select(own.order_by(Case.id.desc()).limit(size).subquery().c.id),
        select(Notice.case_id).where(or_(Notice.drafted_by == mine, Notice.approved_by == mine)),
        select(Decision.case_id).join(PanelVote).where(PanelVote.member == mine),
    ).subquery()
    return list(
        work.session.scalars(
            select(Case)
            .where(Case.id.in_(select(parts.c[0])))
            .options(joinedload(Case.provider), defer(Case.why), defer(Case.snapshot))
            .order_by(Case.id.desc())
            .limit(size)
        )
    )
