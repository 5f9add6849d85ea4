"""What happened before a journey begins: done through the services, by the journey's own people.

A journey walks in the browser only what it is about; everything before it is done here, so that
the paper, the codes, the clocks and the history are as real as if it had been walked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import received
import reply_case
from people import World
from sqlalchemy import select

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.data.people import Account
from enforcement.data.windows import WindowRow
from enforcement.demo import panel
from enforcement.domain.duties import Service
from enforcement.domain.giving import Method
from enforcement.domain.permissions import Actor
from enforcement.domain.windows import Month
from enforcement.services import (
    amounts,
    cases,
    contacts,
    decisions,
    drift,
    giving,
    notices,
    recipients,
    register,
    returns,
    reviews,
    runs,
    windows,
)
from enforcement.services.accounts import actor_of
from enforcement.services.case_facts import live_notice
from enforcement.services.loading import Incoming
from enforcement.services.sending import sweep_will_find
from enforcement.services.work import Work, transaction

INTENT, FINAL = "notice_of_intent", "final_notice"
JUNE = Month.parse("2026-06")
CASE = "ASC-2026-000001"
SET_UP = Actor("set-up", "Set-up")
OFFICER, SENIOR, FINANCE = "orla.candlewick", "selma.rookhaven", "fintan.pennywhistle"
PANEL = ("petra.silverdew", "piers.hazelmoth")


@contextmanager
def work_of(world: World, name: str) -> Iterator[Work]:
    """One piece of work of one member of staff, at the moment the world's clock stands at."""
    with transaction(world.engine, SET_UP, world.now, world.settings) as work:
        account = work.session.scalars(select(Account).where(Account.username == name)).one()
        actor = actor_of(account)
    with transaction(world.engine, actor, world.now, world.settings) as work:
        yield work


def files_are_in(
    world: World,
    places: Sequence[received.Place] = received.PLACES,
    missing: Sequence[str] = (received.NAMED,),
) -> None:
    """The register, the contacts and a year of returns; each named location missed three."""
    owners = dict.fromkeys(owner for place, _, owner, _, _ in places if place in missing)
    with work_of(world, OFFICER) as work:
        given = Incoming(received.cqc_register(places), "01_June_2026_HSCA_Active_Locations.csv")
        register.load(work, given, as_at=world.now.date().replace(day=1))
        contacts.load(work, Incoming(received.contacts(*owners), "contacts.csv"))
        for back in range(11, -1, -1):
            month = JUNE - back
            report = received.status_report(month, places, missing)
            given = Incoming(report, received.report_name(month))
            returns.load(work, given, month, service=Service.CARE_HOME)


def cases_are_open(
    world: World,
    places: Sequence[received.Place] = received.PLACES,
    missing: Sequence[str] = (received.NAMED,),
) -> list[str]:
    """From the files to open cases, looked at and with CQC's own figure; their references."""
    files_are_in(world, places, missing)
    with work_of(world, SENIOR) as work:
        totals = windows.totals(work.session, JUNE)
        windows.complete_feed(work, JUNE, totals, "All in, totals as in the covering email.")
    with work_of(world, OFFICER) as work:
        run = runs.preview(work, JUNE).id
    with work_of(world, SENIOR) as work:
        made = [case.reference for case in runs.approve(work, run)]
    for reference in made:
        with work_of(world, OFFICER) as work:
            case = cases.find(work, reference)
            reviews.review(work, case.provider, False, "Companies House: private company")
            pence = amounts.estimate(work.session, case.provider, work.today).total_pence
            mail = received.a_pdf("CQC email of 15 June 2026, invented")
            amounts.enter(work, case, pence, "CQC email of 15 June 2026", "cqc.pdf", mail)
        with work_of(world, SENIOR) as work:
            amounts.confirm(work, cases.find(work, reference), pence)
    return made


def _drafted(work: Work, case: Case, kind: str, method: Method) -> Notice:
    make = notices.draft_intent if kind == INTENT else notices.draft_final
    known = recipients.choices(work.session, case)
    chosen = next(
        one
        for one in known
        if bool(one.email) == (method is Method.ELECTRONIC)
        and recipients.judge(case, one, method).ok
    )
    return make(work, case, chosen, method, work.today)


def _live(work: Work, reference: str, kind: str) -> tuple[Case, Notice]:
    case = cases.find(work, reference)
    notice = live_notice(work.session, case, kind)
    assert notice is not None
    return case, notice


def notice_is_given(
    world: World, reference: str, kind: str = INTENT, method: Method = Method.ELECTRONIC
) -> None:
    """Drafted, approved by another, issued and sent, all on the day the clock stands at."""
    with work_of(world, OFFICER) as work:
        case = cases.find(work, reference)
        if kind == FINAL:
            drift.check_register(work, case)
            amounts.recompute(work, case)
        notices.submit(work, case, _drafted(work, case, kind, method))
    with work_of(world, SENIOR) as work:
        case, notice = _live(work, reference, kind)
        notices.approve(work, case, notice, notice.pdf_sha256 or "")
    with work_of(world, OFFICER) as work:
        case, notice = _live(work, reference, kind)
        notices.issue(work, case, notice, sweep_will_find)
    left = world.worker_sends()
    if method is Method.ELECTRONIC:
        assert set(left) == {"sent"}, left  # and receipts that waited
    else:
        with work_of(world, OFFICER) as work:
            case, notice = _live(work, reference, kind)
            giving.record_by_person(work, notice, work.today, method, "Post room list, line 1")


def panel_decided(world: World, reference: str, outcome: str = "impose") -> None:
    """Put to the panel by the officer, voted on by two members, decided: on this day."""
    reasons, excuse = panel.FINDINGS[outcome]
    with work_of(world, OFFICER) as work:
        panel.put(work, cases.find(work, reference), outcome, reasons, excuse)
    for member in PANEL:
        with work_of(world, member) as work:
            panel.vote(work, cases.find(work, reference), outcome, "")
    with work_of(world, PANEL[1]) as work:
        decisions.decide(work, cases.find(work, reference), outcome)


def penalty_is_due(
    world: World, final_on: datetime, method: Method = Method.ELECTRONIC
) -> tuple[str, str]:
    """One case all the way to a final notice sent that day, nobody having replied.

    Its reference and the reply code printed on the notice of intent.
    """
    (reference,) = cases_are_open(world)
    notice_is_given(world, reference)
    code = world.code_in_letter(received.EMAIL)
    world.now = final_on - timedelta(days=1)
    panel_decided(world, reference)
    world.now = final_on
    notice_is_given(world, reference, FINAL, method)
    return reference, code


def a_notice_in_hand(world: World, number: int = 1) -> reply_case.Made:
    """The case of provider `number` with its notice of intent given; two places are in it."""
    with transaction(world.engine, SET_UP, world.now, world.settings) as work:
        made = reply_case.make(work, number, places=2)
        for row in work.session.query(WindowRow):
            row.feed_complete_at = world.now
    return made


def the_register_says(world: World, places: Sequence[received.Place], day: str) -> None:
    """Another register of CQC's, loaded by the officer."""
    with work_of(world, OFFICER) as work:
        given = Incoming(received.cqc_register(places), f"{day}_HSCA_Active_Locations.csv")
        register.load(work, given, as_at=world.now.date())
