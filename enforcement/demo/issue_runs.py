"""Issue runs of the synthetic year: one that is finished, and one frozen for its approver.

A run is an act of several people on several cases, so it stands beside the stories of single cases.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from enforcement.data.cases import Case
from enforcement.data.issue_runs import IssueRun
from enforcement.data.register import Provider
from enforcement.demo.cast import IN_A_FROZEN_RUN, IN_A_RUN
from enforcement.demo.stage import Schedule, Stage
from enforcement.demo.walk import Walk
from enforcement.domain.calendar import local_instant
from enforcement.domain.giving import Method
from enforcement.services import (
    issue_run_approval,
    issue_run_manifest,
    issue_run_steering,
    issue_run_work,
    issue_runs,
    print_file,
)
from enforcement.services.case_facts import INTENT
from enforcement.services.work import Work

Do = Callable[[Work, IssueRun], object]
_TAKEN_OUT = 3  # this item of the finished run was taken out by its approver


def ready_for_a_run(walk: Walk) -> None:
    """Given to an officer and reviewed, well before its run is made."""
    walk.take_up(26 if walk.firm.part in IN_A_RUN else 9)


def plan(schedule: Schedule, stage: Stage) -> None:
    """Put both runs into the schedule, after the cases they are made from were taken up."""
    finished = _Run(schedule, stage, "the finished run", "officer")
    finished.make(18, [part.key for part in IN_A_RUN], stage.working_day(9))
    finished.worker(18, time(11))
    finished.do(18, time(12), "officer", "freeze", issue_run_manifest.freeze)
    finished.do(16, time(13), "senior", "take one out", _take_one_out)
    finished.do(16, time(14), "senior", "look", _look)
    finished.do(14, time(15), "senior", "approve", _approve)
    finished.worker(14, time(16))
    finished.worker(9, time(9, 30))  # five days on: no run of holidays makes it the same day
    finished.do(9, time(10), "officer", "print file", lambda w, run: print_file.make(w, run))
    finished.do(9, time(16, 30), "officer", "posted", _posted)
    frozen = _Run(schedule, stage, "the frozen run", "officer2")
    send_on = stage.calendar.on_or_after(stage.today + timedelta(days=3))
    frozen.make(4, [part.key for part in IN_A_FROZEN_RUN], send_on)
    frozen.worker(4, time(11))
    frozen.do(4, time(12), "officer2", "freeze", issue_run_manifest.freeze)


class _Run:
    """The acts on one run, put into the schedule."""

    def __init__(self, schedule: Schedule, stage: Stage, title: str, maker: str) -> None:
        self._schedule, self._stage = schedule, stage
        self._title, self._maker = title, maker
        self._reference = ""

    def _add(self, ago: int, at: time, words: str, act: Callable[[Stage, datetime], None]) -> None:
        moment = local_instant(self._stage.working_day(ago), at)
        self._schedule.add(moment, f"{self._title}: {words}", act)

    def make(self, ago: int, keys: list[str], send_on: date) -> None:
        """The officer makes a run by first class post of the cases of these parts."""

        def act(stage: Stage, at: datetime) -> None:
            with stage.work(self._maker, at) as work:
                cases = _cases(work, stage, keys)
                run = issue_runs.create(work, INTENT, cases, Method.FIRST_CLASS, send_on)
                self._reference = run.reference

        self._add(ago, time(10), "make", act)

    def do(self, ago: int, at: time, who: str, words: str, do: Do) -> None:
        """One person's act on the run."""

        def act(stage: Stage, moment: datetime) -> None:
            with stage.work(who, moment) as work:
                do(work, issue_runs.find(work, self._reference))

        self._add(ago, at, words, act)

    def worker(self, ago: int, at: time) -> None:
        """The worker drafts or issues what is to be done, and sends what is due."""

        def act(stage: Stage, moment: datetime) -> None:
            with stage.work(self._maker, moment) as work:
                run_id = issue_runs.find(work, self._reference).id
            issue_run_work.work_on(stage.engine, stage.settings, run_id, lambda: moment)
            stage.post(moment)

        self._add(ago, at, "the worker", act)


def _cases(work: Work, stage: Stage, keys: list[str]) -> list[Case]:
    firms = [firm.cqc_id for firm in stage.year.firms if firm.part and firm.part.key in keys]
    found = work.session.scalars(
        select(Case)
        .join(Provider, Provider.id == Case.provider_id)
        .where(Provider.cqc_id.in_(firms))
        .order_by(Case.reference)
    )
    return list(found)


def _take_one_out(work: Work, run: IssueRun) -> None:
    words = "The company’s register names another office since last week: check the address."
    issue_run_steering.take_out(work, run, _TAKEN_OUT, words)


def _look(work: Work, run: IssueRun) -> None:
    """Glance at every notice, and check the sample in full."""
    who = work.actor.identity
    for how in (issue_run_approval.GLANCE, issue_run_approval.FULL):
        left = issue_run_approval.not_looked(work.session, run, who, how)
        seen = {item.position: item.notice.pdf_sha256 or "" for item in left if item.notice}
        issue_run_approval.looked(work, run, seen, how)


def _approve(work: Work, run: IssueRun) -> None:
    issue_run_approval.approve(work, run, run.manifest_sha256 or "")


def _posted(work: Work, run: IssueRun) -> None:
    row = print_file.find(work, run, 1)
    words = "Cover signed by the post room; kept with the run’s papers."
    print_file.record_posted(work, run, row, work.today, words)
