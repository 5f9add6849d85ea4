"""What happens every month: the register, the returns, the feed, the run, the sweeps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from enforcement.data.register import DualRegistration
from enforcement.demo import files
from enforcement.demo.stage import Schedule, Stage
from enforcement.domain.calendar import WorkingCalendar, local_instant
from enforcement.domain.duties import Service
from enforcement.domain.permissions import system_actor
from enforcement.domain.windows import Month, Window, windows_from
from enforcement.services import (
    clocks,
    contacts,
    history,
    register,
    reminders,
    returns,
    reviews,
    runs,
    sending,
    windows,
)
from enforcement.services.work import Work, transaction

# The first windows cannot open a case: the threshold needs three misses.
_FIRST_RUN = 2
# Weeks between sweeps and signed checkpoints; the worker of a live service does them daily.
_EVERY = timedelta(days=7)
# Windows, counted back from the latest, whose returns also come as bulk extracts.
_EXTRACTS = (0, 2)


def windows_of(latest: Month, count: int, calendar: WorkingCalendar) -> list[Window]:
    return windows_from(latest - count + 1, count, calendar)


def run_day(window: Window, calendar: WorkingCalendar) -> date:
    """The day on which a window's run is approved: the second working day after its close."""
    return calendar.add_working_days(window.closes_on, 2)


def latest_month(today: date, calendar: WorkingCalendar) -> Month:
    """The latest month whose window has closed and whose run was approved before today."""
    month = Month.of(today)
    while run_day(windows_from(month, 1, calendar)[0], calendar) >= today:
        month = month - 1
    return month


def plan(schedule: Schedule, stage: Stage) -> None:
    """Put every month's acts into the schedule, and the weekly sweeps between them."""
    first = stage.windows[0].opens_on
    known = date.min
    for position, window in enumerate(stage.windows):
        opens = window.opens_on
        schedule.add(_at(opens, 6), f"register, {window.month}", _register(window))
        schedule.add(_at(opens, 8), f"contacts, {window.month}", _contacts(known, opens))
        known = opens
        if position == 0:
            schedule.add(_at(first, 15), "settle the dual registrations", _settle)
        loaded = stage.calendar.add_working_days(window.closes_on, 1)
        schedule.add(_at(loaded, 10), f"returns, {window.month}", _returns(window))
        schedule.add(_at(loaded, 16), f"feed complete, {window.month}", _complete(window))
        if position >= _FIRST_RUN:
            day = run_day(window, stage.calendar)
            # Before anybody's day begins: a preview is approved as it was seen, or not at all.
            schedule.add(_at(day, 7), f"preview, {window.month}", _preview(window))
            schedule.add(_at(day, 8), f"run, {window.month}", _approve(window))
    moment = _at(first, 23)
    while moment < stage.now:
        schedule.add(moment, "sweep and checkpoint", sweep)
        moment += _EVERY


def _at(day: date, hour: int) -> datetime:
    return local_instant(day, time(hour))


def _contacts(since: date, as_at: date) -> Callable[[Stage, datetime], None]:
    def act(stage: Stage, at: datetime) -> None:
        incoming = files.contacts(stage.year, since, as_at)
        if incoming is not None:
            with stage.work("officer", at) as work:
                contacts.load(work, incoming)

    return act


def _register(window: Window) -> Callable[[Stage, datetime], None]:
    """The month's directory, after what has closed and before which homes are registered twice."""

    def act(stage: Stage, at: datetime) -> None:
        as_at = window.opens_on
        brought = [files.register(stage.year, as_at), files.duals(stage.year, as_at)]
        if window is not stage.windows[0]:
            brought.insert(0, files.closed(stage.year, as_at))
        with stage.work("officer", at) as work:
            for incoming in brought:
                if incoming is not None:
                    register.load(work, incoming, as_at=as_at)

    return act


def _settle(stage: Stage, at: datetime) -> None:
    """One of two providers registered at one home answers for it: a person says which."""
    with stage.work("officer", at) as work:
        for pair in work.session.scalars(select(DualRegistration)).all():
            reviews.settle(
                work,
                pair.id,
                pair.primary_cqc_id or pair.location_cqc_id,
                "The dual registration sheet names it as the primary registration; the other "
                "provider only leases the building (telephone call with both, noted).",
            )


def _returns(window: Window) -> Callable[[Stage, datetime], None]:
    def act(stage: Stage, at: datetime) -> None:
        back = stage.year.latest - window.month
        first = window is stage.windows[0]
        with stage.work("officer", at) as work:
            for service in Service:
                report = files.status_report(stage.year, window.month, service)
                returns.load(work, report, window.month, service=service)
                # People using home care, for the fee, come only with the extract.
                if back in _EXTRACTS or (first and service is Service.HOME_CARE):
                    extract = files.extract(stage.year, window, service)
                    returns.load(work, extract, window.month, service=service)

    return act


def _complete(window: Window) -> Callable[[Stage, datetime], None]:
    def act(stage: Stage, at: datetime) -> None:
        with stage.work("leader", at) as work:
            note = "Both reports were there; totals agree with the covering email."
            windows.complete_feed(
                work, window.month, windows.totals(work.session, window.month), note
            )

    return act


def _preview(window: Window) -> Callable[[Stage, datetime], None]:
    def act(stage: Stage, at: datetime) -> None:
        with stage.work("officer", at) as work:
            runs.preview(work, window.month)

    return act


def _approve(window: Window) -> Callable[[Stage, datetime], None]:
    def act(stage: Stage, at: datetime) -> None:
        with stage.work("senior2", at) as work:
            cases = runs.approve(work, runs.latest_preview(work, window.month).id)
            stage.tell(f"{window.month.title}: {len(cases)} cases opened")

    return act


def sweep(stage: Stage, at: datetime) -> None:
    """The worker's own part: periods that are over end, and the history is signed."""
    with transaction(stage.engine, system_actor("worker"), at, stage.settings) as work:
        clocks.close_periods(work)
    reminders.sweep(stage.engine, stage.settings, lambda: at, sending.sweep_will_find)
    with transaction(stage.engine, system_actor("worker"), at, stage.settings) as work:
        sign(work)


def sign(work: Work) -> None:
    key = work.settings.secrets().checkpoint
    history.sign(work, key, work.settings.checkpoint_folder)
