"""An invented case at triage and the steps of its notices, as plain functions for the tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import wraps
from typing import Any

from told_once import Begin

from enforcement.data.cases import Case, CaseMiss
from enforcement.data.decisions import Decision, PanelVote
from enforcement.data.notices import Notice, OutboxItem
from enforcement.data.register import Duty, Location, Provider, PublicBodyReview
from enforcement.data.windows import WindowRow
from enforcement.domain.cases import Action
from enforcement.domain.giving import Capacity, Method
from enforcement.domain.permissions import Actor, Role
from enforcement.domain.windows import Month, window_for
from enforcement.services import amounts, cases, giving, notices, policies, sending
from enforcement.services.recipients import RecipientChoice
from enforcement.services.work import Work

NOW = datetime(2026, 6, 16, 9, 0, tzinfo=UTC)  # a Tuesday
MONTHS = (Month(2026 * 12 + 2), Month(2026 * 12 + 3), Month(2026 * 12 + 4))  # March to May 2026
PROVIDER = "Invented Meadow Care Limited"

LETTER = (
    b"From: fees@example.com\nDate: Mon, 1 Jun 2026 09:00:00 +0100\nTo: team@example.com\n"
    b"Subject: Fee\n\nInvented letter.\n"
)
FEE_FILE = ("fee.eml", LETTER)


def confirm_fee(
    begin: Callable[..., Any],
    reference: str,
    pence: int,
    now: datetime = NOW,
    file: tuple[str, bytes] = FEE_FILE,
) -> None:
    """CQC's figure: one person enters it with its evidence, another reads the same."""
    with begin(OTHER_OFFICER, now) as work:
        case = cases.find(work, reference)
        amounts.enter(work, case, pence, "CQC letter of 1 July 2026, invented", *file)
    with begin(OFFICER, now) as work:
        amounts.confirm(work, cases.find(work, reference), pence)


def person(name: str, *roles: Role) -> Actor:
    return Actor(identity=f"staff:{name}", name=name.title(), roles=frozenset(roles))


OFFICER = person("olive", Role.OFFICER)
SENIOR = person("sam", Role.SENIOR)
OTHER_OFFICER = person("otto", Role.OFFICER)
BOTH_ROLES = person("bo", Role.OFFICER, Role.SENIOR)
FINANCE = person("fin", Role.FINANCE)
PANEL = (person("pat", Role.PANEL), person("quinn", Role.PANEL), person("ray", Role.PANEL))

REGISTERED_OFFICE = RecipientChoice(
    capacity=Capacity.REGISTERED_OFFICE,
    name=PROVIDER,
    address=("14 Sample Street", "Exampleton"),
    postcode="ZZ99 9ZZ",
)
SECRETARY = RecipientChoice(
    capacity=Capacity.OFFICER_EMAIL,
    name=PROVIDER,
    address=("14 Sample Street", "Exampleton"),
    postcode="ZZ99 9ZZ",
    email="secretary@example.com",
    attention="For the attention of the company secretary",
)


def open_case(work: Work, number: int = 1, *, cleared: bool | None = False) -> Case:
    """A provider with one care home that missed three windows in a row; a case at triage."""
    session = work.session
    provider = Provider(
        cqc_id=f"1-9000{number:05d}",
        name=PROVIDER if number == 1 else f"Invented Care {number} Limited",
        search_name=f"invented care {number}",
        ownership_type="Organisation",
        company_number="09999999",
        address=["14 Sample Street", "Exampleton"],
        postcode="ZZ99 9ZZ",
        registered_on=date(2015, 1, 1),
        public_body=cleared,
    )
    session.add(provider)
    session.flush()
    session.add(
        PublicBodyReview(
            provider_id=provider.id,
            public_body=False,
            evidence="A private company on the public register of companies",
            reviewed_by=OFFICER.identity,
            reviewed_at=work.now,
        )
    )
    place = Location(
        cqc_id=f"1-8000{number:05d}",
        provider=provider,
        name="Invented Meadow House",
        address=["1 Example Lane"],
        postcode="ZZ99 8ZZ",
        service_names=["Care home service without nursing"],
        beds=18,
        registered_on=date(2015, 1, 1),
    )
    session.add(place)
    session.flush()
    duty = Duty(
        location=place,
        provider_id=provider.id,
        service="care_home",
        owed_from=date(2022, 7, 31),
        first_window=2022 * 12 + 7,
        last_window=9999 * 12,
    )
    session.add(duty)
    threshold = policies.in_force(session, "threshold", work.today)
    working = policies.calendar(session)
    for month in MONTHS:
        if session.get(WindowRow, month.number) is None:
            window = window_for(month, working)
            session.add(
                WindowRow(
                    number=month.number,
                    month=str(month),
                    opens_on=window.opens_on,
                    closes_on=window.closes_on,
                    opens_at=window.opens_at,
                    closes_at=window.closes_at,
                    calendar_version=window.calendar_version,
                )
            )
    session.flush()
    case = Case(
        reference=f"ASC-2026-{number:06d}",
        provider=provider,
        window_no=MONTHS[-1].number,
        policy_id=threshold.id,
        calendar_version=working.version,
        state="triage",
        opened_at=work.now,
        why="{}",
        register_drift=[],
        snapshot={},
    )
    session.add(case)
    session.flush()
    for month in MONTHS:
        session.add(
            CaseMiss(case=case, duty=duty, window_no=month.number, evidence={"outcome": "missed"})
        )
    session.flush()
    return case


def told_once(step: Callable[..., Any]) -> Callable[..., Any]:
    """Whatever this step leaves behind is copied from the first test that took it."""

    @wraps(step)
    def taken(story: Story, *args: Any, **named: Any) -> Any:
        def tell() -> Any:
            return step(story, *args, **named)

        if not isinstance(story.begin, Begin):
            return tell()
        who = (story.number, story.method, story.recipient)
        return story.begin.once(f"{step.__name__} {who} {args} {named}", tell)

    return taken


@dataclass
class Story:
    """The steps of one case, each in its own committed transaction."""

    begin: Callable[..., Any]
    number: int = 1
    method: Method = Method.ELECTRONIC
    recipient: RecipientChoice = SECRETARY

    @property
    def reference(self) -> str:
        return f"ASC-2026-{self.number:06d}"

    def case(self, work: Work) -> Case:
        return cases.find(work, self.reference)

    def notice(self, work: Work, kind: str = "notice_of_intent") -> Notice:
        found = [n for n in notices.of_case(work.session, self.case(work)) if n.kind == kind]
        return found[-1]

    def triage(self, now: datetime = NOW) -> None:
        with self.begin(OFFICER, now) as work:
            open_case(work, self.number)

    def draft(
        self, now: datetime = NOW, *, by: Actor = OFFICER, send_on: date | None = None
    ) -> None:
        with self.begin(by, now) as work:
            notices.draft_intent(
                work, self.case(work), self.recipient, self.method, send_on or work.today
            )

    def submit(self, now: datetime = NOW, kind: str = "notice_of_intent") -> None:
        with self.begin(OFFICER, now) as work:
            notices.submit(work, self.case(work), self.notice(work, kind))

    def approve(
        self, now: datetime = NOW, kind: str = "notice_of_intent", *, by: Actor = SENIOR
    ) -> None:
        with self.begin(by, now) as work:
            notice = self.notice(work, kind)
            assert notice.pdf_sha256 is not None
            notices.approve(work, self.case(work), notice, notice.pdf_sha256)

    def issue(self, now: datetime = NOW, kind: str = "notice_of_intent") -> int:
        """Issue; returns the outbox item's id."""
        queued: list[int] = []
        with self.begin(OFFICER, now) as work:
            notices.issue(
                work,
                self.case(work),
                self.notice(work, kind),
                lambda _session, item_id: queued.append(item_id),
            )
        return queued[0] if queued else 0

    @told_once
    def to_issued(self, now: datetime = NOW) -> int:
        self.triage(now)
        self.draft(now)
        self.submit(now)
        self.approve(now)
        return self.issue(now)

    def to_posted(self, now: datetime = NOW) -> None:
        """Issued, and recorded as posted by first class post that day."""
        self.to_issued(now)
        self.post(now)

    def post(self, now: datetime = NOW, kind: str = "notice_of_intent") -> None:
        with self.begin(OFFICER, now) as work:
            notice = self.notice(work, kind)
            giving.record_by_person(work, notice, work.today, Method.FIRST_CLASS, "Post room list")

    def deliver(self, item_id: int, now: datetime = NOW) -> str:
        with self.begin(OFFICER, now) as work:
            engine, settings = work.session.get_bind(), work.settings
        return sending.deliver(engine, settings, item_id, lambda: now, "test-worker")

    @told_once
    def to_given(self, now: datetime = NOW) -> None:
        assert self.deliver(self.to_issued(now), now) == "sent"

    def decide(self, now: datetime, outcome: str = "impose") -> None:
        """The panel's part, stored directly: another slice owns its screens."""
        with self.begin(OFFICER, now) as work:
            case = self.case(work)
            cases.move(work, case, Action.START_PANEL, {"replies": 0})
            decision = Decision(
                case_id=case.id,
                proposed_by=OFFICER.identity,
                proposed_at=work.now,
                recommendation=outcome,
                reasons="The three returns were due and were not made.",
                excuse_finding="No reason was given, so there is no reasonable excuse.",
                reasons_sha256="0" * 64,
            )
            work.session.add(decision)
            work.session.flush()
            for member in PANEL:
                work.session.add(
                    PanelVote(
                        decision_id=decision.id,
                        member=member.identity,
                        member_name=member.name,
                        vote=outcome,
                        reasons="As set out.",
                        reasons_sha256="0" * 64,
                        voted_at=work.now,
                    )
                )
        action = Action.DECIDE_IMPOSE if outcome == "impose" else Action.DECIDE_NO_PENALTY
        with self.begin(PANEL[0], now) as work:
            case = self.case(work)
            found = work.session.query(Decision).filter_by(case_id=case.id).one()
            facts = {"decision": found.id, "votes_for": 3, "votes_against": 0}
            cases.move(work, case, action, facts)
            found.outcome, found.decided_by = outcome, PANEL[0].identity
            found.decided_by_name = PANEL[0].name
            found.decided_on, found.decided_at = work.today, work.now

    def ready_for_money(
        self, now: datetime, pence: int = 238_800, file: tuple[str, bytes] = FEE_FILE
    ) -> None:
        """CQC's figure, the working of the day and the register check of the day."""
        confirm_fee(self.begin, self.reference, pence, now, file)
        with self.begin(OFFICER, now) as work:
            case = self.case(work)
            amounts.recompute(work, case)
            if (case.amount_trace or {}).get("difference"):
                amounts.acknowledge(work, case, "CQC bills it so.")
            case.register_checked_on = work.today

    def draft_final(self, now: datetime) -> None:
        with self.begin(OFFICER, now) as work:
            notices.draft_final(work, self.case(work), self.recipient, self.method, work.today)

    @told_once
    def to_final_given(self, now: datetime | None = None, *, pence: int = 238_800) -> datetime:
        """The whole path; returns the moment at which the final notice was sent."""
        self.to_given()
        decided = now or NOW + timedelta(days=20)
        self.decide(decided)
        self.ready_for_money(decided, pence)
        self.draft_final(decided)
        self.submit(decided, "final_notice")
        self.approve(decided, "final_notice")
        item = self.issue(decided, "final_notice")
        assert self.deliver(item, decided) == "sent"
        return decided


def item_of(work: Work, item_id: int) -> OutboxItem:
    found = work.session.get(OutboxItem, item_id)
    assert found is not None
    return found
