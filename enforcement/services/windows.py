"""Collection windows as stored: made with the calendar they were computed under, then completed.

A window closes by the clock. That its feed is complete is a person's decision, with totals, and
no case opens before it (the Capacity Tracker report is the record of compliance: domain 9).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from enforcement.data.bulk import update_rows
from enforcement.data.files import ImportedFile
from enforcement.data.register import Duty
from enforcement.data.windows import ReturnRow, WindowRow
from enforcement.domain.permissions import Permission, can
from enforcement.domain.refusals import BadInput, FeedNotComplete, WindowStillOpen
from enforcement.domain.windows import Month, Window, window_for
from enforcement.domain.words import day as in_words
from enforcement.services import policies
from enforcement.services.duty_windows import Windows, bounds
from enforcement.services.work import Work

STREAM = "windows"
FORMAL_NOTICE = "26 April 2024"  # which version of the formal notice is applied (domain 4)
MOST_MONTHS = 120


def computed(session: Session, month: Month) -> Window:
    """The window by the rule, the calendar and any approved override."""
    return window_for(month, policies.calendar(session), policies.window_override(session, month))


def computed_from(session: Session, first: Month, count: int) -> list[Window]:
    """`count` windows in a row, as `windows --from` and the windows page list them.

    Refuses BadInput for a count below 1 or above 120.
    """
    if not 1 <= count <= MOST_MONTHS:
        raise BadInput(f"Ask for 1 to {MOST_MONTHS} months, not {count}.")
    stored = {
        row.number: row
        for row in session.scalars(
            select(WindowRow).where(
                WindowRow.number >= first.number, WindowRow.number < first.number + count
            )
        )
    }
    calendar = policies.calendar(session)
    return [
        window_of(stored[month.number])
        if month.number in stored
        else window_for(month, calendar, policies.window_override(session, month))
        for month in (first + n for n in range(count))
    ]


def window_of(row: WindowRow) -> Window:
    """The stored window as the domain knows it."""
    return Window(
        Month(row.number), row.opens_on, row.closes_on, row.calendar_version, row.override_reason
    )


def window_on(session: Session, month: Month) -> Window:
    """The stored window of a month, or the computed one where none is stored yet."""
    row = session.get(WindowRow, month.number)
    return window_of(row) if row is not None else computed(session, month)


def finder(session: Session) -> Windows:
    """Windows of any month, for working out many duties: one calendar, one look at the rows."""
    stored = {row.number: row for row in session.scalars(select(WindowRow))}
    calendar = policies.calendar(session)
    overridden = {row.body["month"] for row in policies.approved(session, "window_override")}

    def find(month: Month) -> Window:
        if month.number in stored:
            return window_of(stored[month.number])
        override = policies.window_override(session, month) if str(month) in overridden else None
        return window_for(month, calendar, override)

    return Windows(find)


def ensure(work: Work, month: Month) -> WindowRow:
    """The stored window, made now if it is not there; follows a newly approved override.

    A window whose feed was called complete is never moved. Writes history only on a change.
    """
    row = work.session.get(WindowRow, month.number)
    if row is not None:
        return _follow_override(work, row)
    window = computed(work.session, month)
    row = WindowRow(number=month.number, month=str(month), formal_notice=FORMAL_NOTICE)
    _fill(row, window)
    work.session.add(row)
    work.session.flush()
    work.record(
        STREAM,
        "window_opened",
        {
            "window": str(month),
            "opens_on": window.opens_on.isoformat(),
            "closes_on": window.closes_on.isoformat(),
            "calendar": window.calendar_version,
        },
    )
    return row


def _fill(row: WindowRow, window: Window) -> None:
    row.opens_on, row.closes_on = window.opens_on, window.closes_on
    row.opens_at, row.closes_at = window.opens_at, window.closes_at
    row.calendar_version = window.calendar_version
    row.override_reason = window.override_reason


def _follow_override(work: Work, row: WindowRow) -> WindowRow:
    month = Month(row.number)
    override = policies.window_override(work.session, month)
    if override is None or row.feed_complete_at is not None:
        return row
    window = window_for(month, policies.calendar(work.session), override)
    if (window.opens_on, window.closes_on, window.override_reason) == (
        row.opens_on,
        row.closes_on,
        row.override_reason,
    ):
        return row
    _fill(row, window)
    work.session.flush()
    moved = refit_duties(work.session, month)
    work.record(
        STREAM,
        "window_overridden",
        {
            "window": str(month),
            "reason": override.reason,
            "opens_on": window.opens_on.isoformat(),
            "closes_on": window.closes_on.isoformat(),
            "duties_refitted": moved,
        },
    )
    return row


def refit_duties(session: Session, month: Month) -> int:
    """Work out again the first and last windows of duties that begin or end in this month."""
    first, last = month.first_day, (month + 1).first_day
    rows = session.execute(
        select(Duty.id, Duty.owed_from, Duty.owed_to, Duty.first_window, Duty.last_window).where(
            or_(
                and_(Duty.owed_from >= first, Duty.owed_from < last),
                and_(Duty.owed_to >= first, Duty.owed_to < last),
            )
        )
    ).all()
    windows = finder(session)
    changed = []
    for row in rows:
        found = bounds(row.owed_from, row.owed_to, windows)
        if found != (row.first_window, row.last_window):
            changed.append({"id": row.id, "first_window": found[0], "last_window": found[1]})
    update_rows(session, Duty, changed)
    return len(changed)


@dataclass(frozen=True)
class Totals:
    """What is held for one window, by duty. owed = submitted + nil + missed + unknown.

    `missed`: a row says that nothing was returned, or only outside the window, and none counts.
    `unknown`: no row at all: the feed says nothing about the duty.
    """

    owed: int
    submitted: int
    nil: int
    missed: int
    unknown: int
    files: int
    waiting: int

    def as_json(self) -> dict[str, int]:
        return asdict(self)


def totals(session: Session, month: Month) -> Totals:
    """Totals of one window in one statement over its rows."""
    number = month.number
    told = (
        select(
            ReturnRow.duty_id,
            func.max(
                case((and_(ReturnRow.counts.is_(True), ReturnRow.kind != "nil"), 1), else_=0)
            ).label("full"),
            func.max(case((ReturnRow.counts.is_(True), 1), else_=0)).label("counts"),
        )
        .where(ReturnRow.window_no == number)
        .group_by(ReturnRow.duty_id)
        .subquery()
    )
    row = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(told.c.full), 0),
            func.coalesce(func.sum(told.c.counts - told.c.full), 0),
            func.coalesce(func.sum(1 - told.c.counts), 0),
        )
        .select_from(Duty)
        .outerjoin(told, told.c.duty_id == Duty.id)
        .where(Duty.first_window <= number, Duty.last_window >= number)
    ).one()
    owed, submitted, nil, missed = (int(value) for value in row)
    by_state = {
        state: count
        for state, count in session.execute(
            select(ImportedFile.state, func.count())
            .where(ImportedFile.kind == "returns", ImportedFile.window_no == number)
            .group_by(ImportedFile.state)
        )
    }
    waiting = by_state.pop("waiting", 0)
    return Totals(
        owed, submitted, nil, missed, owed - submitted - nil - missed, sum(by_state.values()),
        waiting,
    )  # fmt: skip


def refuse_open(work: Work, window: Window) -> None:
    """Refuse (WindowStillOpen) until the closing day is over in England."""
    if not window.is_closed(work.now):
        closes = in_words(window.closes_on)
        raise WindowStillOpen(
            f"The {window.month.title} window is open until the end of {closes}.",
            fix="Come back the day after it closes.",
        )


def close(work: Work, month: Month) -> tuple[WindowRow, Totals]:
    """Store the window that is over and count it. Refuses WindowStillOpen, NotAllowed.

    Safe to repeat: nothing is written when the window is stored already.
    """
    if not can(work.actor, Permission.COMPLETE_FEED):
        work.require(Permission.LOAD_FILES)
    refuse_open(work, window_on(work.session, month))
    row = ensure(work, month)
    refuse_open(work, window_of(row))
    return row, totals(work.session, month)


def refuse_incomplete(month: Month, now: Totals) -> None:
    """Refuse (FeedNotComplete) while a file waits for release or nothing was loaded at all."""
    if now.waiting:
        raise FeedNotComplete(
            f"{now.waiting} file for {month.title} waits for release."
            if now.waiting == 1
            else f"{now.waiting} files for {month.title} wait for release.",
            fix="Release it with a reason, or load the whole file.",
        )
    if not now.owed or now.unknown == now.owed:
        raise FeedNotComplete(
            f"Nothing has been loaded for {month.title} about any duty.",
            fix="Load the register and the month's Capacity Tracker files first.",
        )


def complete_feed(
    work: Work, month: Month, seen: Totals | None = None, note: str = ""
) -> tuple[WindowRow, Totals]:
    """Record that the window's feed is complete, with its totals, in the actor's name.

    Needs COMPLETE_FEED. Refuses: WindowStillOpen before the closing day is over;
    FeedNotComplete while a file for the window waits for release or when none was loaded;
    BadInput when the totals are not those the person saw (`seen`). A second call changes nothing.
    """
    work.require(Permission.COMPLETE_FEED)
    refuse_open(work, window_on(work.session, month))
    row = ensure(work, month)
    refuse_open(work, window_of(row))
    now = totals(work.session, month)
    if row.feed_complete_at is not None:
        return row, now
    refuse_incomplete(month, now)
    if seen is not None and seen != now:
        raise BadInput(
            "The totals changed since the page was shown. Nothing was recorded.",
            fix="Look at the new totals, then decide again.",
        )
    row.feed_complete_at, row.feed_complete_by = work.now, work.actor.identity
    row.feed_totals = now.as_json()
    work.session.flush()
    work.record(
        STREAM,
        "feed_completed",
        {"window": str(month), "totals": now.as_json()},
        texts={"note": note.strip()} if note.strip() else None,
        permission=Permission.COMPLETE_FEED,
    )
    return row, now


def months_around(today: date, stored: Sequence[int], ahead: int = 24) -> list[Month]:
    """The months the windows page lists: every stored one, the last, this and the next ones."""
    this = Month.of(today)
    return sorted({*(Month(n) for n in stored), *(this + n for n in range(-1, ahead))})
