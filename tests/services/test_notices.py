"""From triage to given: the gates, the seal, two people, the dates, withdrawal. Both engines."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import notice_story as told
import pypdf
import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from enforcement.data.files import StoredFile
from enforcement.data.history import Event
from enforcement.data.notices import Notice, OutboxItem
from enforcement.domain.events import fact_hash
from enforcement.domain.giving import Capacity, Method
from enforcement.domain.refusals import (
    CannotPrint,
    DatesFallShort,
    GateClosed,
    NoProperAddress,
    NotAllowed,
    SamePerson,
    SealBroken,
    StaleVersion,
    WrongState,
)
from enforcement.rendering import paper
from enforcement.rendering.elements import REQUIRED
from enforcement.services import (
    cases,
    clocks,
    giving,
    letters,
    links,
    notice_changes,
    notice_pages,
    notices,
    sending,
)
from enforcement.services.case_facts import balance, penalty_of
from enforcement.services.recipients import RecipientChoice, choices

NOW = told.NOW


@pytest.fixture
def story(begin: Callable[..., Any]) -> Any:
    return told.Story(begin)


def events(work: Any, reference: str) -> list[str]:
    return list(
        work.session.scalars(
            sa.select(Event.kind).where(Event.stream == f"case:{reference}").order_by(Event.seq)
        )
    )


def words_of(pdf: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text().split()) for page in pages)


def test_intent_from_triage_to_given(story: Any, begin: Any) -> None:
    story.to_given()
    with begin(told.OFFICER) as work:
        case, notice = story.case(work), story.notice(work)
        assert (case.state, notice.state) == ("representations", "given")
        assert notice.given_on == date(2026, 6, 17)  # email: the next working day
        assert notice.period_ends_on == date(2026, 7, 1)  # 14 days from the day after
        assert [clock.kind for clock in case.clocks] == ["representations", "decision"]
        assert case.clocks[0].due_on == date(2026, 7, 1)
        assert case.clocks[1].due_on == date(2026, 7, 29)
        assert case.next_on == date(2026, 7, 1)
        assert events(work, story.reference) == [
            "amount_recomputed",
            "link_issued",
            "intent_drafted",
            "intent_submitted",
            "intent_approved",
            "intent_issued",
            "intent_given",
            "clock_started",
            "clock_started",
        ]
        pdf = notice_pages.preview(work, case, notice)
        assert pdf.sha256 == notice.approved_pdf_sha256
        found = words_of(pdf.content)
        link = links.current(work, case)
        assert link is not None
        printed = links.printed(work.settings, link)
        assert printed.code in found
        assert "£2,388.00" in found
        assert "Three returns in a row were missed" in found
        assert {check["element"] for check in notice.checks} >= {
            element for element, _, _ in REQUIRED["notice_of_intent"]
        }
        assert all(check["ok"] for check in notice.checks)
        mail = next(work.settings.mail_folder.glob("*.eml")).read_text("utf-8", "replace")
        assert f"notice-{notice.reference}@" in mail
        assert "secretary@example.com" in mail


def test_the_database_holds_no_reply_code(story: Any, begin: Any) -> None:
    story.to_given()
    with begin(told.OFFICER) as work:
        case, notice = story.case(work), story.notice(work)
        link = links.current(work, case)
        assert link is not None
        printed = links.printed(work.settings, link)
        stored = json.dumps(notice.facts)
        assert printed.code not in stored
        assert printed.url not in stored
        assert printed.code not in json.dumps(notice.checks)
        file = work.session.get(StoredFile, notice.pdf_sha256)
        assert file is not None
        assert file.encrypted
        assert b"%PDF" not in file.content
        payloads = [json.dumps(item.payload) for item in sending.items_of(work.session, notice)]
        assert not [text for text in payloads if printed.code in text]


def test_final_notice_raises_penalty_and_clocks(story: Any, begin: Any) -> None:
    sent = story.to_final_given()
    with begin(told.OFFICER, sent) as work:
        case, final = story.case(work), story.notice(work, "final_notice")
        assert (case.state, final.state) == ("payment", "given")
        penalty = penalty_of(work.session, case)
        assert penalty is not None
        assert balance(work.session, penalty) == 238_800
        running = {clock.kind: clock for clock in case.clocks}
        # sent Monday 6 July: 28 days are Monday 3 August; given Tuesday 7 July: 4 August
        assert running["appeal"].due_on == date(2026, 8, 3)
        assert running["payment"].due_on == date(2026, 8, 4)
        facts = final.facts
        assert facts["appeal"]["appeal_by"] == "2026-08-03"
        assert facts["payment"]["pay_by"] == "2026-08-04"
        assert all(check["ok"] for check in final.checks)
        assert len(final.checks) == 7
        text = words_of(notice_pages.preview(work, case, final).content)
        assert "It is the same amount as in the notice of intent." in text
        assert "You did not send us representations" in text
        assert clocks.replay(work.session) == []


def test_post_is_given_when_a_person_says_it_was_posted(begin: Any) -> None:
    story = told.Story(begin, method=Method.FIRST_CLASS, recipient=told.REGISTERED_OFFICE)
    item = story.to_issued()
    assert story.deliver(item) == "placed"
    with begin(told.OFFICER) as work:
        case, notice = story.case(work), story.notice(work)
        assert (case.state, notice.state, notice.given_on) == ("intent_issued", "issued", None)
        assert (work.settings.print_folder / f"notice-{notice.reference}.pdf").exists()
        giving.record_by_person(
            work, notice, date(2026, 6, 16), Method.FIRST_CLASS, "Post room list 16 June, line 4"
        )
        assert (case.state, notice.given_on) == ("representations", date(2026, 6, 19))
        assert len(notice.giving_receipt) == 4
    late = told.Story(begin, 2, Method.FIRST_CLASS, told.REGISTERED_OFFICE)
    late.deliver(late.to_issued())
    with begin(told.OFFICER, NOW + timedelta(days=2)) as work, pytest.raises(DatesFallShort):
        giving.record_by_person(
            work, late.notice(work), date(2026, 6, 18), Method.FIRST_CLASS, "Post room list"
        )


def test_drafter_may_not_approve(story: Any, begin: Any, engine: Engine) -> None:
    story.triage()
    story.draft(by=told.BOTH_ROLES)
    story.submit()
    with pytest.raises(SamePerson):
        story.approve(by=told.BOTH_ROLES)
    with Session(engine) as session, pytest.raises(sa.exc.DBAPIError):
        session.execute(
            sa.text(
                "UPDATE notice SET state = 'approved', approved_by = drafted_by,"
                " approved_pdf_sha256 = pdf_sha256, approved_facts_sha256 = facts_sha256"
            )
        )


def test_an_earlier_drafter_may_not_approve_either(story: Any) -> None:
    """The row only knows its last drafter; the history knows them all."""
    story.triage()
    story.draft(by=told.BOTH_ROLES)
    story.draft(by=told.OFFICER)
    story.submit()
    with pytest.raises(SamePerson, match="drafter"):
        story.approve(by=told.BOTH_ROLES)
    story.approve()


@pytest.mark.parametrize("column", ["facts", "facts_sha256"])
def test_changed_facts_break_the_seal(story: Any, engine: Engine, column: str) -> None:
    story.triage()
    story.draft()
    story.submit()
    with engine.begin() as connection:
        facts = connection.execute(sa.select(Notice.facts)).scalar_one()
        facts["amount"]["pence"] = 138_800
        new = facts if column == "facts" else "0" * 64
        connection.execute(sa.update(Notice).values({column: new}))
    with pytest.raises(SealBroken, match="not what was submitted"):
        story.approve()


def test_another_document_breaks_the_seal(story: Any, begin: Any, engine: Engine) -> None:
    story.triage()
    story.draft()
    story.submit()
    with begin(told.SENIOR) as work, pytest.raises(SealBroken, match="not the one you were shown"):
        notices.approve(work, story.case(work), story.notice(work), "0" * 64)
    story.approve()
    with engine.begin() as connection:
        for trigger in ("stored_file_update", "notice_change_1"):
            _drop(connection, trigger, "stored_file" if "stored" in trigger else "notice")
        connection.execute(
            sa.text("UPDATE stored_file SET content = :other"), {"other": b"%PDF-1.7 forged"}
        )
    with pytest.raises(SealBroken, match="not what was approved"):
        story.issue()


def _drop(connection: sa.Connection, name: str, table: str) -> None:
    on = f" ON {table}" if connection.dialect.name == "postgresql" else ""
    connection.execute(sa.text(f"DROP TRIGGER guard_{name}{on}"))


def test_forged_seal_is_told_by_the_history(story: Any, engine: Engine) -> None:
    """Facts, hash and seal all rewritten together: the history still names the old hash."""
    story.triage()
    story.draft()
    story.submit()
    story.approve()
    with engine.begin() as connection:
        _drop(connection, "notice_change_1", "notice")
        plain = connection.execute(sa.select(Notice.facts)).scalar_one()
        plain["provider"]["name"] = "Another Invented Company"
        connection.execute(
            sa.update(Notice).values(
                facts=plain,
                facts_sha256=fact_hash(plain),
                approved_facts_sha256=fact_hash(plain),
            )
        )
    with pytest.raises(SealBroken):
        story.issue()


def test_return_and_draft_again(story: Any, begin: Any) -> None:
    story.triage()
    story.draft()
    story.submit()
    story.approve()
    with begin(told.SENIOR) as work:
        notices.give_back(work, story.case(work), story.notice(work), "Check the address")
    with begin(told.OFFICER) as work:
        notice = story.notice(work)
        assert (notice.state, notice.pdf_sha256, notice.approved_by) == ("draft", None, None)
        assert story.case(work).state == "intent_draft"
        number = notice.id
    story.draft()
    story.submit()
    story.approve()
    story.issue()
    with begin(told.OFFICER) as work:
        assert story.notice(work).id == number


def test_issue_refuses_dates_that_have_gone_by(story: Any) -> None:
    story.triage()
    story.draft()
    story.submit()
    story.approve()
    with pytest.raises(DatesFallShort, match="last day it states would come too early"):
        story.issue(NOW + timedelta(days=1))


def test_a_weekend_later_may_still_hold(story: Any, begin: Any) -> None:
    """Planned Friday by email, issued Saturday: both are given on Monday."""
    friday = NOW + timedelta(days=3)
    story.triage()
    story.draft(send_on=friday.date())
    story.submit()
    story.approve()
    item = story.issue(friday + timedelta(days=1))
    assert story.deliver(item, friday + timedelta(days=1)) == "sent"
    with begin(told.OFFICER, friday) as work:
        assert not story.case(work).giving_in_doubt
        assert story.notice(work).given_on == date(2026, 6, 22)


def test_issued_before_its_day_waits_for_it(story: Any, begin: Any) -> None:
    thursday = NOW + timedelta(days=2)
    story.triage()
    story.draft(send_on=thursday.date())
    story.submit()
    story.approve()
    item = story.issue()
    assert story.deliver(item) == "left"
    assert story.deliver(item, thursday) == "sent"


def test_sent_too_late_puts_the_giving_in_doubt(story: Any, begin: Any) -> None:
    item = story.to_issued()
    late = NOW + timedelta(days=3)
    assert story.deliver(item, late) == "sent"
    with begin(told.OFFICER, late) as work:
        case = story.case(work)
        assert case.giving_in_doubt
        assert "giving_doubted" in events(work, story.reference)
        assert case.clocks[0].due_on == date(2026, 7, 6)  # 14 days all the same
        assert case.clocks[1].due_on == date(2026, 7, 29)  # from the end the paper states


@pytest.mark.parametrize(
    ("capacity", "method"),
    [
        (Capacity.MANAGER_MAILBOX, Method.ELECTRONIC),
        (Capacity.REGISTERED_OFFICE, Method.ELECTRONIC),
        (Capacity.OFFICER_EMAIL, Method.FIRST_CLASS),
        (Capacity.PARTNER_EMAIL, Method.ELECTRONIC),
    ],
)
def test_improper_addresses_are_refused(begin: Any, capacity: Capacity, method: Method) -> None:
    wrong = RecipientChoice(
        capacity, told.PROVIDER, ("14 Sample Street", "Exampleton"), "ZZ99 9ZZ", "a@example.com"
    )
    story = told.Story(begin, method=method, recipient=wrong)
    story.triage()
    with pytest.raises(NoProperAddress):
        story.draft()


def test_a_case_not_cleared_cannot_be_drafted(begin: Any) -> None:
    story = told.Story(begin)
    with begin(told.OFFICER) as work:
        told.open_case(work, cleared=None)
    with pytest.raises(GateClosed, match="public body"):
        story.draft()


def test_recipients_offered(story: Any, begin: Any) -> None:
    story.triage()
    with begin(told.OFFICER) as work:
        (only,) = choices(work.session, story.case(work))
        assert (only.capacity, only.postcode) == (Capacity.REGISTERED_OFFICE, "ZZ99 9ZZ")


def test_stale_page_is_refused(story: Any, begin: Any) -> None:
    story.triage()
    story.draft()
    with begin(told.OFFICER) as work, pytest.raises(StaleVersion):
        notices.submit(work, story.case(work), story.notice(work), version=0)


def test_issue_twice_is_refused_and_queues_once(story: Any, begin: Any) -> None:
    story.to_issued()
    with pytest.raises(WrongState):
        story.issue()
    with begin(told.OFFICER) as work:
        assert work.session.scalar(sa.select(sa.func.count()).select_from(OutboxItem)) == 1


def test_changes_since_the_draft_are_listed(story: Any, begin: Any) -> None:
    story.triage()
    story.draft()
    with begin(told.OFFICER) as work:
        assert notice_changes.changes_since(work, story.notice(work)) == []
        story.case(work).provider.name = "Invented Meadow Care (Renamed) Limited"
        ((name, was, now),) = notice_changes.changes_since(work, story.notice(work))
        assert name == "provider"
        assert "Renamed" in now
        assert "Renamed" not in was


def test_withdraw_writes_to_the_same_person(story: Any, begin: Any) -> None:
    sent = story.to_final_given()
    later = sent + timedelta(days=1)
    with begin(told.SENIOR, later) as work:
        written = letters.withdraw(
            work, story.case(work), "The record of May was wrong.", False, sending.sweep_will_find
        )
        assert [notice.kind for notice in written] == ["withdrawal", "withdrawal"]
    with begin(told.OFFICER, later) as work:
        case = story.case(work)
        assert case.state == "withdrawn"
        assert {n.state for n in notices.of_case(work.session, case)} == {"withdrawn", "issued"}
        assert not [clock for clock in case.clocks if clock.ended_at is None]
        penalty = penalty_of(work.session, case)
        assert penalty is not None
        assert balance(work.session, penalty) == 0
        assert written[0].recipient["email"] == "secretary@example.com"
        text = words_of(notice_pages.preview(work, case, written[0]).content)
        assert "The record of May was wrong." in text
        items = sending.due(work.session, later)
        assert len(items) == 2
    assert {story.deliver(item, later) for item in items} == {"sent"}


def test_withdrawn_before_sending_is_stopped(story: Any, begin: Any) -> None:
    item = story.to_issued()
    with begin(told.SENIOR) as work:
        assert (
            letters.withdraw(
                work, story.case(work), "Wrong provider.", True, sending.sweep_will_find
            )
            == []
        )
    assert story.deliver(item) == "left"


def test_no_penalty_letter(story: Any, begin: Any) -> None:
    story.to_given()
    decided = NOW + timedelta(days=20)
    story.decide(decided, "no_penalty")
    with begin(told.OFFICER, decided) as work:
        letter = letters.no_penalty(work, story.case(work), sending.sweep_will_find)
        text = words_of(notice_pages.preview(work, story.case(work), letter).content)
        assert "We decided not to impose a penalty." in text
        assert letter.reference == f"{story.reference}-N2"


def test_support_letter(story: Any, begin: Any) -> None:
    story.triage()
    with begin(told.OFFICER) as work:
        letter = letters.support(
            work,
            story.case(work),
            told.REGISTERED_OFFICE,
            Method.FIRST_CLASS,
            sending.sweep_will_find,
        )
        text = words_of(notice_pages.preview(work, story.case(work), letter).content)
        assert "July 2026" in text


def test_only_permitted_people(story: Any, begin: Any) -> None:
    story.triage()
    with pytest.raises(NotAllowed):
        story.draft(by=told.SENIOR)
    story.draft()
    story.submit()
    with pytest.raises(NotAllowed):
        story.approve(by=told.OTHER_OFFICER)
    with begin(told.OFFICER) as work:
        assert cases.find(work, story.reference).state == "intent_review"


def test_a_page_over_the_post_offices_limit_is_refused_at_the_draft(
    begin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The posting service takes files of at most 2 MB; the limit is made small here."""
    monkeypatch.setattr(paper, "MOST_BYTES", 10_000)
    monkeypatch.setattr(notice_pages, "standing", lambda _: paper)  # in this very process
    story = told.Story(begin)
    story.triage()
    story.draft()
    with begin(told.OFFICER) as work:
        notice = story.notice(work)
        [check] = notice.checks
        assert (notice.pages, check["ok"]) == (None, False)
        assert re.fullmatch(
            r"The notice is \d\d+,\d{3} bytes; at most 10,000 can be sent", check["element"]
        )
    with begin(told.OFFICER) as work, pytest.raises((CannotPrint, GateClosed), match="bytes"):
        notices.submit(work, story.case(work), story.notice(work))
