"""Separation of duties: whoever did the first half of a thing never does the second.

Each pair of duties that the law or the policy keeps apart is a row of `PAIRS`. The first half is
done by somebody who holds every role; the second is then tried by the same person under every mix
of roles and from another account, and must be refused; a colleague then does it, so that it was
the person that was refused. Drafter, approver and panel of one case, walked in every order, are
in tests/domain/test_case_properties.py and test_gate_properties.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import notice_story as told
import pytest
import run_story
from sqlalchemy import select

import enforcement.services
from enforcement.data.finance import WriteOff
from enforcement.data.register import Duty
from enforcement.domain.giving import Method
from enforcement.domain.payments import Ask, Kind
from enforcement.domain.permissions import Actor, Role
from enforcement.domain.refusals import NotAllowed, SamePerson
from enforcement.domain.windows import Month
from enforcement.services import (
    accounts,
    amounts,
    cases,
    certificates,
    corrections,
    doubting,
    money_letters,
    notices,
    overriding,
    policies,
    proposals,
    recovery,
    regiving,
    runs,
    templates,
    write_offs,
)
from enforcement.services.sending import sweep_will_find
from enforcement.services.work import Work

NOW = told.NOW
LATER = NOW + timedelta(days=1)
LONG_AFTER = NOW + timedelta(days=90)
ONE = "ASC-2026-000001"
EVERY = frozenset(Role)
MIXES = [EVERY, *(frozenset(c) for n in (1, 2) for c in combinations(sorted(Role), n))]


def same(roles: frozenset[Role]) -> Actor:
    """One person, whatever the account and the roles: the staff number is the identity."""
    return Actor("staff:4711", "Robin Same", roles, account_id=len(roles))


def colleague() -> Actor:
    return Actor("staff:4712", "Casey Other", EVERY)


Before = Callable[[Any], Any]
Half = Callable[[Work, Any], Any]


@dataclass(frozen=True)
class Pair:
    """Two halves of one thing. `given` makes the world; `first` says what the second is about."""

    name: str
    where: str  # the module of services that keeps them apart
    given: Before
    first: Half
    second: Half
    at: Any = LATER


def _case(begin: Any) -> told.Story:
    story = told.Story(begin)
    story.triage()
    return story


def _given(begin: Any) -> told.Story:
    story = told.Story(begin)
    story.to_given()
    return story


def _overdue(begin: Any) -> told.Story:
    story = told.Story(begin)
    story.to_final_given()
    for days in (60, 80):  # late enough to remind, and to have waited on the reminder
        with begin(told.FINANCE, NOW + timedelta(days=days)) as work:
            if days == 60:
                money_letters.reminder(work, story.case(work), sweep_will_find)
            else:
                recovery.start(work, story.case(work))
    return story


def _doubted(begin: Any) -> told.Story:
    story = _given(begin)
    with begin(told.OFFICER, LATER) as work:
        doubting.doubt(work, story.notice(work), "returned", "The envelope", work.today)
    return story


def _year(begin: Any) -> None:
    with begin(told.OFFICER) as work:
        run_story.windows(work)
        run_story.duty(work, run_story.provider(work, 1), 1, run_story.THREE_RUNNING)


def _enter(work: Work, story: told.Story) -> int:
    amounts.enter(work, story.case(work), 100_000, "CQC’s list", "cqc.csv", b"fee\n1000\n")
    return 100_000


def _correct(work: Work, _: None) -> int:
    duty = work.session.scalars(select(Duty.id)).one()
    month = Month.parse("2026-05")
    return corrections.propose(work, duty, month, "submitted", "It was saved", "The log").id


def _policy(work: Work, _: None) -> int:
    body = dict(policies.in_force(work.session, "threshold", work.today).body)
    on = work.today + timedelta(days=30)
    return policies.propose(work, "threshold", on, body, "An invented citation").id


def _template(work: Work, _: None) -> int:
    return templates.propose(work, "support", "v1", work.today, "Plainer words").id


def _again(work: Work, story: told.Story) -> int:
    ask = regiving.Ask(told.REGISTERED_OFFICE, Method.FIRST_CLASS, work.today, 14)
    return regiving.propose(work, story.notice(work), ask, "The company has left.").id


def _other_day(work: Work, story: told.Story) -> int:
    notice, day = story.notice(work), work.today - timedelta(days=1)
    return overriding.propose(work, notice, day, "A signature", "day.csv", b"a,b\n1,2\n").id


def _proposal(work: Work, number: int) -> Any:
    return work.session.get_one(proposals.GivingProposal, number)


def _sign(work: Work, story: told.Story) -> None:
    case = story.case(work)
    notice = certificates.waiting(work, case)
    assert notice is not None
    shown = certificates.as_signed(work, notice).sha256 if work.actor == colleague() else ""
    certificates.sign(work, case, notice, shown)


def _certificate(work: Work, story: told.Story) -> told.Story:
    certificates.draft(work, story.case(work), work.today - timedelta(days=1))
    return story


def _ask_write_off(work: Work, story: told.Story) -> int:
    ask = Ask(Kind.WRITE_OFF, 100_000, work.today, reason="Dissolved", authority="Head of finance")
    row = write_offs.write_off(work, story.case(work), ask, key="write-off-1")
    assert isinstance(row, WriteOff)
    return row.id


def _draft(work: Work, story: told.Story) -> told.Story:
    case = story.case(work)
    notice = notices.draft_intent(work, case, told.SECRETARY, Method.ELECTRONIC, work.today)
    notices.submit(work, case, notice)
    return story


def _approve(work: Work, story: told.Story) -> None:
    notice = story.notice(work)
    notices.approve(work, story.case(work), notice, notice.pdf_sha256 or "")


PAIRS = [
    Pair("a notice: draft, approve", "seals", _case, _draft, _approve),
    Pair("a policy row: propose, approve", "policies", lambda begin: None, _policy,
         lambda work, number: policies.approve(work, number)),
    Pair("a template: propose, approve", "policies", lambda begin: None, _template,
         lambda work, number: templates.approve(work, number)),
    Pair("a correction of the record: propose, approve", "corrections", _year, _correct,
         lambda work, number: corrections.approve(work, number)),
    Pair("a run: preview, approve", "runs", _year,
         lambda work, _: runs.preview(work, run_story.LATEST).id,
         lambda work, number: runs.approve(work, number)),
    Pair("CQC’s figure: enter, check", "amounts", _case, _enter,
         lambda work, pence: amounts.confirm(work, cases.find(work, ONE), pence)),
    Pair("giving again: prepare, agree", "proposals", _doubted, _again,
         lambda work, number: regiving.agree(work, _proposal(work, number), sweep_will_find)),
    Pair("another day of giving: propose, agree", "proposals", _given, _other_day,
         lambda work, number: overriding.agree(work, _proposal(work, number))),
    Pair("a write-off: ask, agree", "write_offs", _overdue, _ask_write_off,
         lambda work, number: write_offs.agree(work, work.session.get_one(WriteOff, number)),
         LONG_AFTER),
    Pair("a certificate of non-payment: draft, sign", "certificates", _overdue, _certificate,
         _sign, LONG_AFTER),
]  # fmt: skip


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_nobody_does_both_halves_under_any_mix_of_roles(begin: Any, pair: Pair) -> None:
    world = pair.given(begin)
    with begin(same(EVERY), pair.at) as work:
        about = pair.first(work, world)
    for mix in MIXES:
        expected = SamePerson if mix == EVERY else (SamePerson, NotAllowed)
        with pytest.raises(expected), begin(same(mix), pair.at) as work:
            pair.second(work, about)
    with begin(colleague(), pair.at) as work:
        pair.second(work, about)


def test_every_separation_in_the_services_is_tried() -> None:
    """A module that comes to keep two people apart comes into the table, or is named here."""
    folder = Path(str(enforcement.services.__file__)).parent
    raising = {
        path.stem for path in folder.glob("*.py") if re.search(r"\bSamePerson\(", path.read_text())
    }
    tried = {pair.where for pair in PAIRS}
    elsewhere = {
        "appeal_steps",  # CQC’s figure and the variation to it: tests/services/test_appeals.py
        "decisions",  # who proposed neither votes nor decides: tests/services/test_deciding.py
        "issue_run_approval",  # tests/services/test_issue_runs.py
    }
    assert raising == tried | elsewhere


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AUDITOR])
def test_who_makes_accounts_or_audits_does_nothing_else(begin: Any, role: Role) -> None:
    admin = told.person("adair", Role.ADMIN)
    for other in set(Role) - {role}:
        with pytest.raises(Exception, match="takes no other role"), begin(admin) as work:
            accounts.create(work, "robin", "Robin", "4711", [role, other], "a long passphrase 17")
