"""Windows as stored: made once, moved by an approved override, completed by a named person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from enforcement.data.history import Event
from enforcement.data.register import Duty
from enforcement.data.windows import WindowRow
from enforcement.domain.duties import Service
from enforcement.domain.permissions import Actor
from enforcement.domain.refusals import BadInput, FeedNotComplete, NotAllowed, WindowStillOpen
from enforcement.domain.windows import Month
from enforcement.services import policies, register, returns, windows
from enforcement.services.loading import Incoming

Begin = Callable[..., Any]
People = dict[str, Actor]
MAY, JUNE = Month.parse("2026-05"), Month.parse("2026-06")
REGISTER = (
    "Location ID,Name,Provider ID,Provider name,Service types,Registration date,Deregistration date"
    "\n1-900000001,House 1,1-800000001,Invented Ltd,Residential homes,2012-01-01,\n"
    "1-900000002,House 2,1-800000001,Invented Ltd,Residential homes,2012-01-01,\n"
    "1-900000003,House 3,1-800000001,Invented Ltd,Residential homes,2012-01-01,2026-05-16\n"
)
STATUS = "CQC ID,Location,May 2026\n1-900000001,House 1,1\n1-900000002,House 2,0\n"


@pytest.fixture
def loaded(begin: Begin, people: People) -> Begin:
    with begin(people["officer"]) as work:
        register.load(work, Incoming(REGISTER.encode(), "homes.csv"), as_at=date(2026, 5, 20))
        returns.load(work, Incoming(STATUS.encode(), "status.csv"), MAY, service=Service.CARE_HOME)
    return begin


def test_the_feed_is_complete_when_a_named_person_says_so(loaded: Begin, people: People) -> None:
    with loaded(people["senior"]) as work:
        row, totals = windows.complete_feed(work, MAY, note="Both files came.")
        assert row.feed_complete_by == people["senior"].identity
        assert row.feed_totals == totals.as_json()
        assert totals.as_json() | {"files": 0} == {
            "owed": 3, "submitted": 1, "nil": 0, "missed": 1, "unknown": 1, "files": 0, "waiting": 0
        }  # fmt: skip
    with loaded(people["senior"]) as work:
        before = work.session.scalar(select(func.count()).select_from(Event))
        windows.complete_feed(work, MAY)
        assert work.session.scalar(select(func.count()).select_from(Event)) == before


def test_officers_do_not_decide_it(loaded: Begin, people: People) -> None:
    with pytest.raises(NotAllowed), loaded(people["officer"]) as work:
        windows.complete_feed(work, MAY)


@pytest.mark.parametrize(
    ("now", "refused"),
    [
        (datetime(2026, 6, 15, 22, 59, tzinfo=UTC), True),  # 23:59 on the 15th (the 14th: Sunday)
        (datetime(2026, 6, 15, 23, 0, tzinfo=UTC), False),  # midnight in England
    ],
)
def test_an_open_window_is_not_closed(
    loaded: Begin, people: People, now: datetime, refused: bool
) -> None:
    def close() -> None:
        with loaded(people["officer"], now) as work:
            windows.close(work, JUNE)

    if refused:
        with pytest.raises(WindowStillOpen):
            close()
        with pytest.raises(WindowStillOpen), loaded(people["senior"], now) as work:
            windows.complete_feed(work, JUNE)
    else:
        close()


def test_closing_twice_writes_once(loaded: Begin, people: People) -> None:
    for _ in range(2):
        with loaded(people["officer"]) as work:
            _row, totals = windows.close(work, Month.parse("2026-03"))
            assert totals.unknown == totals.owed == 3
    with loaded(people["officer"]) as work:
        kinds = work.session.scalars(select(Event.kind).where(Event.stream == "windows"))
        assert list(kinds) == ["window_opened", "window_opened"]


def test_a_feed_of_nothing_is_not_complete(loaded: Begin, people: People) -> None:
    nothing = pytest.raises(FeedNotComplete, match="Nothing has been loaded")
    with nothing, loaded(people["senior"]) as work:
        windows.complete_feed(work, Month.parse("2026-04"))


def test_a_feed_with_a_waiting_file_is_not_complete(loaded: Begin, people: People) -> None:
    long = STATUS.replace("May 2026", "April 2026") + "1-900000003,House 3,1\n"
    with loaded(people["officer"]) as work:
        returns.load(
            work, Incoming(long.encode(), "a.csv"), Month.parse("2026-04"),
            service=Service.CARE_HOME,
        )  # fmt: skip
        again = Incoming(STATUS.encode() + b"\n", "b.csv")
        assert returns.load(work, again, MAY, service=Service.CARE_HOME).state == "waiting"
    waits = pytest.raises(FeedNotComplete, match="waits for release")
    with waits, loaded(people["senior"]) as work:
        windows.complete_feed(work, MAY)


def test_totals_that_changed_since_they_were_seen_are_not_decided_on(
    loaded: Begin, people: People
) -> None:
    with loaded(people["senior"]) as work:
        seen = windows.totals(work.session, MAY)
    with loaded(people["officer"]) as work:
        more = "CQC ID,Location,May 2026\n1-900000002,House 2,1\n1-900000001,House 1,1\n"
        returns.load(work, Incoming(more.encode(), "m.csv"), MAY, service=Service.CARE_HOME)
    with pytest.raises(BadInput, match="totals changed"), loaded(people["senior"]) as work:
        windows.complete_feed(work, MAY, seen)


def override(begin: Begin, people: People, closes_on: str) -> None:
    with begin(people["policy"]) as work:
        body = {"month": "2026-05", "opens_on": None, "closes_on": closes_on, "reason": "Outage"}
        row = policies.propose(work, "window_override", date(2026, 5, 1), body, "DHSC email")
        number = row.id
    with begin(people["leader"]) as work:
        policies.approve(work, number)


def test_an_approved_override_moves_the_window_and_its_duties(
    loaded: Begin, people: People
) -> None:
    may = MAY.number
    with loaded(people["officer"]) as work:
        owing = work.session.scalars(select(Duty.last_window).order_by(Duty.id)).all()
        assert owing[2] == may  # left on the 16th, after the window closed on the 14th
    override(loaded, people, "2026-05-20")
    with loaded(people["officer"]) as work:
        row = windows.ensure(work, MAY)
        assert (row.closes_on, row.override_reason) == (date(2026, 5, 20), "Outage")
        assert work.session.scalars(select(Duty.last_window).order_by(Duty.id)).all()[2] == may - 1
        assert windows.totals(work.session, MAY).owed == 2


def test_a_window_called_complete_never_moves(loaded: Begin, people: People) -> None:
    with loaded(people["senior"]) as work:
        windows.complete_feed(work, MAY)
    override(loaded, people, "2026-05-20")
    with loaded(people["officer"]) as work:
        assert windows.ensure(work, MAY).closes_on == date(2026, 5, 14)
        assert work.session.scalar(select(func.count()).select_from(WindowRow)) == 1


@pytest.mark.parametrize("months", [0, 121, -1])
def test_a_list_of_windows_has_bounds(begin: Begin, people: People, months: int) -> None:
    with pytest.raises(BadInput), begin(people["officer"]) as work:
        windows.computed_from(work.session, MAY, months)
