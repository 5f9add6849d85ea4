"""An issue run told step by step: accounts of the people, cases at triage, what each one does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import notice_story as told
from sqlalchemy import select

from enforcement.data.cases import Case
from enforcement.data.issue_runs import IssueItem, IssueRun
from enforcement.data.people import Account
from enforcement.data.register import Contact
from enforcement.domain.giving import Method
from enforcement.domain.permissions import Actor, Role
from enforcement.services import (
    issue_run_approval,
    issue_run_manifest,
    issue_run_work,
    issue_runs,
)
from enforcement.services.case_facts import INTENT
from enforcement.services.work import Work

NOW = told.NOW
OLIVE, SAM, SONIA = told.OFFICER, told.SENIOR, told.person("sonia", Role.SENIOR)


def add_account(work: Work, actor: Actor) -> None:
    """The account behind an invented person: the workers look it up again at every step."""
    number = actor.identity.removeprefix("staff:")
    work.session.add(
        Account(
            username=number,
            name=actor.name,
            staff_number=number,
            password_hash="none",
            roles=sorted(role.value for role in actor.roles),
            created_at=work.now,
        )
    )


def add_secretary(work: Work, case: Case, number: int) -> None:
    """The company secretary's own email address: a proper one (reg 7)."""
    work.session.add(
        Contact(
            provider_id=case.provider_id,
            name="The company secretary",
            email=f"secretary-{number}@example.com",
            capacity="company secretary",
            address=[],
            source="Invented list",
            as_at=work.today,
        )
    )


@dataclass
class RunStory:
    """The steps of one run, each in its own committed transaction."""

    begin: Callable[..., Any]
    engine: Any
    settings: Any
    cases: int = 6
    method: Method = Method.FIRST_CLASS
    reference: str = ""

    def open(self, now: datetime = NOW, *, emails: bool = False) -> None:
        """People with accounts, and so many cases at triage; `emails`: each with a secretary's."""
        with self.begin(OLIVE, now) as work:
            for who in (OLIVE, SAM, SONIA):
                add_account(work, who)
            for number in range(1, self.cases + 1):
                case = told.open_case(work, number)
                if emails:
                    add_secretary(work, case, number)

    def make(self, now: datetime = NOW, **plan: Any) -> None:
        with self.begin(OLIVE, now) as work:
            run = issue_runs.create(
                work,
                INTENT,
                issue_runs.cases_waiting(work.session),
                plan.get("method", self.method),
                plan.get("send_on", work.today),
                plan.get("period_days"),
            )
            self.reference = run.reference

    def run(self, work: Work) -> IssueRun:
        return issue_runs.find(work, self.reference)

    def work_on(self, now: datetime = NOW, most: int | None = None) -> int:
        """One worker, until there is nothing left for it."""
        with self.begin(OLIVE, now) as work:
            run_id = self.run(work).id
        return issue_run_work.work_on(self.engine, self.settings, run_id, lambda: now, most=most)

    def freeze(self, now: datetime = NOW) -> str:
        with self.begin(OLIVE, now) as work:
            return issue_run_manifest.freeze(work, self.run(work))

    def look(self, now: datetime = NOW, *, by: Actor = SAM) -> None:
        """Glance at everything and check the sample in full, in pages as the screen does."""
        with self.begin(by, now) as work:
            run = self.run(work)
            for how in (issue_run_approval.GLANCE, issue_run_approval.FULL):
                while page := issue_run_approval.not_looked(
                    work.session, run, by.identity, how, 200
                ):
                    seen = {item.position: item.notice.pdf_sha256 for item in page}
                    issue_run_approval.looked(work, run, seen, how)

    def approve(self, now: datetime = NOW, *, by: Actor = SAM) -> None:
        with self.begin(by, now) as work:
            run = self.run(work)
            issue_run_approval.approve(work, run, run.manifest_sha256 or "")

    def to_frozen(self, now: datetime = NOW) -> None:
        self.open(now)
        self.make(now)
        self.work_on(now)
        self.freeze(now)

    def to_approved(self, now: datetime = NOW) -> None:
        self.to_frozen(now)
        self.look(now)
        self.approve(now)

    def states(self) -> list[str]:
        """The items' states by position."""
        with self.begin(OLIVE) as work:
            query = select(IssueItem.state).where(IssueItem.run_id == self.run(work).id)
            return list(work.session.scalars(query.order_by(IssueItem.position)))
