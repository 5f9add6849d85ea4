"""A case whose notice of intent was given, for tests of replies; everybody in it is invented."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from enforcement.data.cases import Case, CaseMiss, ClockRow
from enforcement.data.files import ImportedFile
from enforcement.data.notices import Notice
from enforcement.data.register import Duty, Location, Provider
from enforcement.data.replies import ReplyLink
from enforcement.data.windows import ReturnRow, WindowRow
from enforcement.domain.calendar import WorkingCalendar
from enforcement.domain.windows import Month, window_for
from enforcement.services import cases, files, links
from enforcement.services.policies import in_force
from enforcement.services.work import Work

NOW = datetime(2026, 6, 16, 9, 0, tzinfo=UTC)
PROVIDER = "Sample Meadow Care Ltd"
LOCATION_ID = "1-900000001"
POSTCODE = "ZZ1 1ZZ"
MISSED = ("2026-03", "2026-04", "2026-05")
GIVEN_ON = date(2026, 6, 11)
ENDS_ON = date(2026, 6, 25)


@dataclass
class Clock:
    """A site's clock, moved by hand."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True)
class Made:
    """What a test needs to come in by the link."""

    reference: str
    url: str
    secret: str
    code: str


def make(work: Work, number: int = 1, *, given: bool = True, places: int = 1) -> Made:
    """Store the provider, its misses and the given notice, and issue the link."""
    provider = Provider(
        cqc_id=f"1-80000000{number}",
        name=PROVIDER if number == 1 else f"Sample Provider {number}",
        search_name="sample",
        ownership_type="Organisation",
        address=["1 Sample Street", "Sampleton"],
        postcode="ZZ9 9ZZ",
        public_body=False,
    )
    work.session.add(provider)
    work.session.flush()
    duties = [_duty(work, provider, number, place) for place in range(places)]
    _windows(work)
    case = Case(
        reference=f"ASC-2026-{number:06d}",
        provider_id=provider.id,
        window_no=Month.parse(MISSED[-1]).number,
        policy_id=in_force(work.session, "threshold", work.today).id,
        calendar_version="test",
        state="representations" if given else "triage",
        opened_at=work.now,
        why="{}",
        register_drift=[],
        snapshot={},
    )
    work.session.add(case)
    work.session.flush()
    for duty in duties:
        for month in MISSED:
            number_of = Month.parse(month).number
            work.session.add(
                CaseMiss(case_id=case.id, duty_id=duty.id, window_no=number_of, evidence={})
            )
    if given:
        _give(work, case)
    work.session.flush()
    link = links.ensure(work, case)
    return made(work, case, link)


def made(work: Work, case: Case, link: ReplyLink) -> Made:
    printed = links.printed(work.settings, link)
    return Made(case.reference, printed.url, printed.url.rpartition("/")[2], printed.code)


def the(work: Work, made: Made) -> tuple[Case, ReplyLink]:
    """The case and its link, as they stand now."""
    case = cases.find(work, made.reference)
    link = links.current(work, case)
    assert link is not None
    return case, link


def _duty(work: Work, provider: Provider, number: int, place: int) -> Duty:
    location = Location(
        cqc_id=LOCATION_ID if (number, place) == (1, 0) else f"1-9000{number:03d}{place:02d}9",
        provider_id=provider.id,
        name="Sample House" if place == 0 else f"Sample House {place + 1}",
        address=["2 Sample Street"],
        postcode=POSTCODE if place == 0 else f"ZZ{place} 2ZZ",
        service_names=[],
    )
    work.session.add(location)
    work.session.flush()
    duty = Duty(
        location_id=location.id,
        provider_id=provider.id,
        service="care_home",
        owed_from=date(2020, 1, 1),
        first_window=Month.parse("2023-04").number,
        last_window=Month.parse("2099-12").number,
    )
    work.session.add(duty)
    work.session.flush()
    return duty


def _windows(work: Work) -> None:
    last = Month.parse(MISSED[-1])
    if work.session.get(WindowRow, last.number) is not None:
        return
    digest = files.keep(work, b"an invented report", "text/csv")
    report = ImportedFile(
        kind="returns", shape="test", filename="report.csv", sha256=digest, loaded_at=work.now,
        loaded_by="staff:loader", rows_in=0, accepted=0, rejected=[], notices=[], mapping={},
        changes={}, state="loaded",
    )  # fmt: skip
    work.session.add(report)
    work.session.flush()
    duty = work.session.query(Duty).first()
    for back in range(12):
        month = last + (-back)
        window = window_for(month, WorkingCalendar([]), None)
        work.session.add(
            WindowRow(
                number=month.number, month=str(month), opens_on=window.opens_on,
                closes_on=window.closes_on, opens_at=window.opens_at, closes_at=window.closes_at,
                calendar_version=window.calendar_version,
            )
        )  # fmt: skip
        inside = datetime(month.year, month.month, 10, 9, 0, tzinfo=UTC)
        late = datetime(month.year, month.month, 20, 9, 0, tzinfo=UTC)
        counts = str(month) not in MISSED
        if duty is not None and (counts or str(month) == MISSED[0]):
            work.session.add(
                ReturnRow(
                    duty_id=duty.id, window_no=month.number, counts=counts, kind="update",
                    updated_at=inside if counts else late, file_id=report.id, line=back + 2,
                )
            )  # fmt: skip
    work.session.flush()


def _give(work: Work, case: Case) -> None:
    pdf = files.keep(work, b"%PDF-1.7 an invented notice", "application/pdf")
    notice = Notice(
        case_id=case.id, reference=f"{case.reference}-N1", kind="notice_of_intent", sequence=1,
        state="draft", template_version="v1", facts={}, facts_sha256="f" * 64, pdf_sha256=pdf,
        checks=[], recipient={}, method="first_class_post", period_days=14,
        drafted_by="staff:drafter", drafted_by_name="Drafter", drafted_at=work.now,
        giving_receipt=[],
    )  # fmt: skip
    work.session.add(notice)
    work.session.flush()
    notice.state, notice.submitted_at = "submitted", work.now
    work.session.flush()
    notice.state, notice.approved_by, notice.approved_by_name = "approved", "staff:senior", "S"
    notice.approved_pdf_sha256, notice.approved_facts_sha256 = pdf, notice.facts_sha256
    notice.approved_at = work.now
    work.session.flush()
    notice.state, notice.issued_at = "issued", work.now
    work.session.flush()
    notice.state, notice.sent_at = "given", work.now
    notice.given_on, notice.period_ends_on = GIVEN_ON, ENDS_ON
    work.session.add(
        ClockRow(
            case_id=case.id, kind="decision", rule="SI 2022/1175 reg 6", citation="", inputs={},
            due_on=date(2026, 7, 23), due_at=datetime(2026, 7, 23, 22, 59, 59, tzinfo=UTC),
            calendar_version="none", overrides=[], receipt=[], started_at=work.now,
        )
    )  # fmt: skip
    work.session.flush()
