"""Cases at every stage, made for the officers' screens. All names and breaches are invented."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from signed_in import COOKIE, signed_in
from sqlalchemy import Engine

from enforcement import create_staff_app
from enforcement.data.cases import Case, CaseMiss
from enforcement.data.decisions import Decision, PanelVote
from enforcement.data.files import ImportedFile
from enforcement.data.notices import Notice, OutboxItem
from enforcement.data.payments import LedgerEntry, Penalty
from enforcement.data.people import Account
from enforcement.data.policies import Policy
from enforcement.data.register import Duty, Location, Provider
from enforcement.data.replies import Reply, ReplyFile
from enforcement.data.windows import WindowRow
from enforcement.domain.calendar import WorkingCalendar
from enforcement.domain.clocks import (
    appeal_clock,
    decision_clock,
    payment_clock,
    representations_clock,
)
from enforcement.domain.events import fact_hash
from enforcement.domain.names import search_name
from enforcement.domain.permissions import Role, system_actor
from enforcement.domain.windows import Month, window_for
from enforcement.services import cases, default_policies, files
from enforcement.services.accounts import actor_of
from enforcement.services.case_clocks import start_clock
from enforcement.services.work import Work, transaction
from enforcement.settings import Settings

NOW = datetime(2026, 6, 16, 9, 0, tzinfo=UTC)
TODAY = date(2026, 6, 16)
LATEST = Month.parse("2026-05")
PEOPLE = {
    "olive": ("Olive Marsh", "officer"),
    "oscar": ("Oscar Pell", "officer"),
    "senna": ("Senna Thorpe", "senior"),
    "petra": ("Petra Vale", "panel"),
    "piers": ("Piers Wold", "panel"),
    "fern": ("Fern Askew", "finance"),
    "leith": ("Leith Brand", "leader"),
    "polly": ("Polly Crane", "policy"),
    "adair": ("Adair Finch", "admin"),
    "audra": ("Audra Quill", "auditor"),
}
FIRMS = (
    ("1-900000001", "Larkfield Meadow Care Limited", "North East"),
    ("1-900000002", "Ōwaka & Sons Homecare Ltd", "London"),
    ("1-900000003", "Thistledown House", "South West"),
    ("1-900000004", "Brindle Court Partnership", "North West"),
    ("1-900000005", "The Very Long Name Residential and Nursing Care Company of Nether Wibberley "
     "and District Limited", "East Midlands"),
    ("1-900000006", "Quayside Domiciliary Support CIC", "South East"),
    ("1-900000007", "Fernhollow Homes", "Yorkshire and The Humber"),
)  # fmt: skip


RECIPIENT = {
    "capacity": "registered_office", "name": "An invented company", "attention": "",
    "address": ["1 Sample Street", "Exampleton"], "postcode": "ZZ99 9ZZ", "email": "",
    "source": "CQC register",
}  # fmt: skip


@dataclass
class Seeded:
    """What was made: accounts by user name, cases by stage."""

    accounts: dict[str, Account] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)


@dataclass
class Maker:
    """Makes rows one after another inside one piece of work."""

    work: Work
    seeded: Seeded = field(default_factory=Seeded)
    number: int = 0

    def add(self, row: Any) -> Any:
        self.work.session.add(row)
        self.work.session.flush()
        return row

    def people(self) -> None:
        for number, (username, (name, role)) in enumerate(PEOPLE.items()):
            self.seeded.accounts[username] = self.add(
                Account(
                    username=username,
                    name=name,
                    staff_number=f"{4000 + number}",
                    password_hash="-",
                    roles=[role],
                    created_at=NOW - timedelta(days=200),
                )
            )

    def windows(self) -> None:
        calendar = WorkingCalendar()
        for back in range(-2, 4):
            month = LATEST - back
            made = window_for(month, calendar, None)
            done = back >= 0
            self.add(
                WindowRow(
                    number=month.number,
                    month=str(month),
                    opens_on=made.opens_on,
                    closes_on=made.closes_on,
                    opens_at=made.opens_at,
                    closes_at=made.closes_at,
                    calendar_version=made.calendar_version,
                    feed_complete_at=NOW if done else None,
                    feed_complete_by="staff:4006" if done else None,
                    feed_totals={} if done else None,
                )
            )

    def file(self) -> ImportedFile:
        digest = files.keep(self.work, b"location,return\n", "text/csv")
        made: ImportedFile = self.add(
            ImportedFile(
                kind="returns", shape="status", filename="may-2026.csv", sha256=digest,
                window_no=LATEST.number, as_at=TODAY, loaded_at=NOW, loaded_by="staff:4000",
                rows_in=1, accepted=1, rejected=[], notices=[], mapping={}, changes={},
                state="loaded",
            )
        )  # fmt: skip
        return made

    def case(self, stage: str, state: str, officer: str | None = "olive", **values: Any) -> Case:
        cqc_id, name, region = FIRMS[self.number % len(FIRMS)]
        self.number += 1
        provider = self.add(
            Provider(
                cqc_id=cqc_id, name=name, search_name=search_name(name), region=region,
                ownership_type="Organisation", address=["1 Invented Way"], postcode="ZZ1 1ZZ",
                public_body=False,
            )
        )  # fmt: skip
        place = self.add(
            Location(
                cqc_id=f"1-91000000{self.number}", provider_id=provider.id, name=f"{name} Home",
                address=["2 Invented Way"], postcode=f"ZZ{self.number} 9QX", service_names=[],
                beds=24,
            )
        )  # fmt: skip
        duty = self.add(
            Duty(
                location_id=place.id, provider_id=provider.id, service="care_home",
                first_window=LATEST.number - 30, last_window=LATEST.number + 500,
            )
        )  # fmt: skip
        policy = self.work.session.query(Policy).filter_by(kind="threshold").one()
        made: Case = self.add(
            Case(
                reference=f"ASC-2026-{self.number:06d}", provider_id=provider.id,
                window_no=LATEST.number, policy_id=policy.id, calendar_version="x",
                state=state, opened_at=NOW - timedelta(days=40), amount_pence=326_800,
                why="{}", register_drift=[], snapshot={}, **values,
            )
        )  # fmt: skip
        for back in range(3):
            self.add(
                CaseMiss(
                    case_id=made.id, duty_id=duty.id, window_no=LATEST.number - back,
                    file_id=None, evidence={"outcome": "missed"},
                )
            )  # fmt: skip
        self.work.record(
            cases.stream(made),
            "case_opened",
            {
                "reference": made.reference, "provider": cqc_id, "window": str(LATEST),
                "policy": policy.id, "verdict": "3 windows in a row",
            },
        )  # fmt: skip
        if officer:
            made.officer_id = self.seeded.accounts[officer].id
        self.seeded.cases[stage] = made
        return made

    def notice(self, case: Case, kind: str, state: str, given: date | None = None) -> Notice:
        content = f"%PDF-1.7 {case.reference} {kind}".encode()
        digest = files.keep(self.work, content, "application/pdf")
        facts = {"reference": case.reference}
        made: Notice = self.add(
            Notice(
                case_id=case.id, reference=f"{case.reference}-{kind[:1].upper()}1", kind=kind,
                sequence=1 if kind == "notice_of_intent" else 2, state="draft",
                template_version="v1", facts=facts, facts_sha256=fact_hash(facts),
                pdf_sha256=digest, pages=3, checks=[], recipient=RECIPIENT,
                method="first_class", amount_pence=326_800, drafted_by="staff:4000",
                drafted_by_name="Olive Marsh", drafted_at=NOW - timedelta(days=30),
                giving_receipt=[],
            )
        )  # fmt: skip
        self._walk(made, state, given)
        return made

    def _walk(self, notice: Notice, state: str, given: date | None) -> None:
        """The steps a notice takes, one after another, as the database demands."""
        sealed = {
            "approved_by": "staff:4002",
            "approved_by_name": "Senna Thorpe",
            "approved_at": NOW - timedelta(days=28),
            "approved_pdf_sha256": notice.pdf_sha256,
            "approved_facts_sha256": notice.facts_sha256,
        }
        sent = NOW - timedelta(days=27)
        ends = given + timedelta(days=14) if given else None
        steps: tuple[tuple[str, dict[str, Any]], ...] = (
            ("submitted", {"submitted_at": NOW - timedelta(days=29), "period_ends_on": ends}),
            ("approved", sealed),
            ("issued", {"issued_at": sent, "issued_by": "staff:4000"}),
            ("given", {"sent_at": sent, "given_on": given}),
        )
        for name, values in steps:
            for column, value in values.items():
                setattr(notice, column, value)
            notice.state = name
            self.work.session.flush()
            if name == state:
                return

    def decision(self, case: Case, proposer: str) -> Decision:
        account = self.seeded.accounts[proposer]
        made: Decision = self.add(
            Decision(
                case_id=case.id, proposed_by=f"staff:{account.staff_number}", proposed_at=NOW,
                recommendation="impose", reasons="Missed three times.",
                excuse_finding="None offered.", reasons_sha256="0" * 64,
            )
        )  # fmt: skip
        self.add(self.vote(made, "piers"))
        return made

    def vote(self, decision: Decision, member: str) -> PanelVote:
        account = self.seeded.accounts[member]
        return PanelVote(
            decision_id=decision.id, member=f"staff:{account.staff_number}",
            member_name=account.name, vote="impose", reasons="Agreed.",
            reasons_sha256="0" * 64, voted_at=NOW,
        )  # fmt: skip

    def reply(self, case: Case, *, late: bool) -> Reply:
        made: Reply = self.add(
            Reply(
                case_id=case.id, reference=f"R-{case.id}", form_key=f"key-{case.id}",
                source="link", received_at=NOW - timedelta(days=2), late=late,
                sender_name="A. Manager", sender_role="Registered manager", answers={}, receipt={},
            )
        )  # fmt: skip
        digest = files.keep(self.work, b"an invented screenshot", "image/png")
        self.add(
            ReplyFile(
                reply_id=made.id, name="screenshot.png", kind="png", original_sha256=digest,
                cleaned_sha256=digest, size=22, scan="clean", added_at=NOW,
            )
        )  # fmt: skip
        return made


def seed(work: Work) -> Seeded:
    """One case at each stage that the screens tell apart."""
    calendar, made = WorkingCalendar(), Maker(work)
    made.people()
    made.windows()
    made.file()
    made.case("triage", "triage", officer=None)
    review = made.case("review", "intent_review")
    made.notice(review, "notice_of_intent", "submitted")
    open_case = made.case("open", "representations")
    made.notice(open_case, "notice_of_intent", "given", date(2026, 6, 8))
    start_clock(work, open_case, representations_clock(date(2026, 6, 8), calendar))
    late = made.case("late", "representations", giving_in_doubt=True)
    made.notice(late, "notice_of_intent", "given", date(2026, 5, 20))
    start_clock(work, late, representations_clock(date(2026, 5, 20), calendar))
    start_clock(work, late, decision_clock(late.clocks[0].due_on))
    made.reply(late, late=True)
    made.add(
        OutboxItem(
            key="uncertain-1", notice_id=work.session.query(Notice).first().id, channel="email",
            payload={}, state="uncertain", next_try_at=NOW, created_at=NOW,
        )
    )  # fmt: skip
    panel = made.case("panel", "panel", officer="oscar")
    made.notice(panel, "notice_of_intent", "given", date(2026, 5, 26))
    start_clock(work, panel, decision_clock(date(2026, 6, 9)))
    made.decision(panel, "oscar")
    paying = made.case("paying", "payment", amount_status="confirmed")
    made.notice(paying, "notice_of_intent", "given", date(2026, 3, 20))
    decided = made.decision(paying, "oscar")
    made.add(made.vote(decided, "petra"))
    decided.outcome, decided.decided_by = "impose", "staff:4003"
    decided.decided_by_name, decided.decided_on = "Petra Vale", date(2026, 4, 20)
    decided.decided_at = NOW - timedelta(days=57)
    work.session.flush()
    final = made.notice(paying, "final_notice", "given", date(2026, 5, 1))
    appeal = appeal_clock(date(2026, 4, 28), calendar)
    start_clock(work, paying, appeal)
    start_clock(work, paying, payment_clock(date(2026, 5, 1), appeal.due_on, calendar))
    owed = made.add(
        Penalty(case_id=paying.id, notice_id=final.id, reference="P-1", pence=326_800,
                raised_at=NOW)
    )  # fmt: skip
    made.add(
        LedgerEntry(penalty_id=owed.id, kind="penalty", pence=326_800, on=TODAY,
                    entered_by="system:sender", entered_at=NOW, entry_key="p1")
    )  # fmt: skip
    closed = made.case("closed", "closed")
    closed.closed_at, closed.closed_reason = NOW, "no_penalty"
    _words(work, made)
    return made.seeded


def _words(work: Work, made: Maker) -> None:
    """What officers said and did, through the services."""
    found = made.seeded
    olive = Work(work.session, actor_of(found.accounts["olive"]), NOW, work.settings)
    case = found.cases["late"]
    cases.note(olive, case, "call", "Rang the registered manager.\nShe says the notice came late.")
    cases.note(olive, case, "note", '<b>Not</b> bold & "quoted".')
    cases.hold(olive, case, "giving", "The postal evidence is being looked for.")
    leith = Work(work.session, actor_of(found.accounts["leith"]), NOW, work.settings)
    cases.assign(leith, found.cases["open"], found.accounts["oscar"].id)


@dataclass
class Site:
    """A staff site with its seeded database, and a signed-in client for each person."""

    app: Flask
    engine: Engine
    settings: Settings
    seeded: Seeded

    def client(self, username: str) -> FlaskClient:
        client = self.app.test_client()
        client.set_cookie(COOKIE, self.secret(username))
        return client

    def secret(self, username: str) -> str:
        """A session of this person, started as signing in starts one."""
        return signed_in(self.engine, username, NOW)

    @contextmanager
    def work(self, username: str) -> Iterator[Work]:
        actor = actor_of(self.seeded.accounts[username])
        with transaction(self.engine, actor, NOW, self.settings) as work:
            yield work


def make_site(engine: Engine, settings: Settings) -> Site:
    """A site on this database, seeded; its clock stands at NOW."""
    with transaction(engine, system_actor("set-up"), NOW, settings) as work:
        default_policies.install(work)
    with transaction(engine, system_actor("seed"), NOW, settings) as work:
        seeded = seed(work)
    app = create_staff_app(settings, clock=lambda: NOW)
    return Site(app, engine, settings, seeded)


assert set(role for _, role in PEOPLE.values()) == {role.value for role in Role}
