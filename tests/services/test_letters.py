"""Letters about money, and certificates, on real databases: who, when, what sum, what is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import appeal_story
import notice_story as story
import pytest
from sqlalchemy import select

from enforcement.data.cases import Case
from enforcement.data.files import StoredFile
from enforcement.data.history import Event
from enforcement.data.notices import Notice, OutboxItem
from enforcement.domain.appeals import Outcome
from enforcement.domain.payments import Ask, Kind
from enforcement.domain.permissions import Role
from enforcement.domain.refusals import (
    BadInput,
    GateClosed,
    NotAllowed,
    SamePerson,
    SealBroken,
    WrongState,
)
from enforcement.services import (
    appeals,
    cases,
    certificates,
    giving_certificates,
    letters,
    money_letters,
    payments,
    sending,
)
from enforcement.services.work import Work

OWED = 2_388_00
SWEEP = sending.sweep_will_find
DUE = date(2026, 8, 4)  # the last day to pay of the story's final notice
LEADER = story.person("leith", Role.LEADER)


class Office:
    """People at work on one case with a final notice given, on a day the test moves."""

    def __init__(self, begin: Callable[..., Any]) -> None:
        self.begin = begin
        self.tale = story.Story(begin)
        self.at: datetime = self.tale.to_final_given() + timedelta(days=1)
        self.number = 0

    def on(self, day: date) -> Office:
        self.at = datetime.combine(day, self.at.timetz())
        return self

    def do(self, who: Any, action: Callable[..., Any], *args: Any, **more: Any) -> Any:
        with self.begin(who, self.at) as work:
            return action(work, cases.find(work, self.tale.reference), *args, **more)

    def pay(self, pence: int, kind: Kind = Kind.PAYMENT, **more: Any) -> None:
        self.number += 1
        ask = Ask(kind, pence, self.at.date(), reason="Because.", authority="Head", **more)
        self.do(story.FINANCE, payments.record, ask, key=f"form-{self.number}")

    def recover(self) -> Office:
        self.on(DUE + timedelta(days=7))
        self.do(story.FINANCE, appeal_story.recover)
        return self

    def events(self, kind: str) -> list[Event]:
        def found(work: Work, case: Case) -> list[Event]:
            wanted = select(Event).where(Event.stream == cases.stream(case), Event.kind == kind)
            return list(work.session.scalars(wanted))

        return list(self.do(story.OFFICER, found))


@pytest.fixture
def office(begin: Callable[..., Any]) -> Office:
    return Office(begin)


def remind(office: Office, who: Any = story.FINANCE) -> Notice:
    letter: Notice = office.do(who, money_letters.reminder, SWEEP)
    return letter


def test_a_reminder_goes_when_due_soon_and_not_twice_in_two_weeks(office: Office) -> None:
    with pytest.raises(GateClosed, match="may go from 28 July 2026"):
        remind(office)
    office.on(DUE - timedelta(days=7))
    letter = remind(office, story.OFFICER)
    assert letter.facts["reminder"]["owed_pence"] == OWED
    assert letter.facts["payment"]["pay_by"] == DUE.isoformat()
    office.on(DUE + timedelta(days=6))
    with pytest.raises(GateClosed, match="the next may go on 11 August 2026"):
        remind(office)
    office.on(DUE + timedelta(days=7)).pay(1_000_00)
    later = remind(office)
    told = later.facts["reminder"]
    assert (told["penalty_pence"], told["paid_pence"], told["owed_pence"]) == (
        OWED,
        1_000_00,
        OWED - 1_000_00,
    )
    assert later.template_version == "v1"
    assert len(later.facts["template_sha256"]) == 64
    assert len(office.events("letter_issued")) == 2


def test_a_reminder_is_kept_and_queued_once_to_the_final_notices_person(office: Office) -> None:
    office.on(DUE)
    letter = remind(office)

    def kept(work: Work, case: Case) -> tuple[int, list[OutboxItem], str]:
        assert letter.pdf_sha256 is not None
        file = work.session.get_one(StoredFile, letter.pdf_sha256)
        wanted = select(OutboxItem).where(OutboxItem.notice_id == letter.id)
        return file.size, list(work.session.scalars(wanted)), case.state

    size, items, state = office.do(story.FINANCE, kept)
    assert size > 10_000
    assert [(item.key, item.to) for item in items] == [
        (f"notice-{letter.reference}", "secretary@example.com")
    ]
    assert state == "payment"


def hold(office: Office) -> None:
    office.do(story.OFFICER, cases.hold, "insolvency", "An administrator was appointed.")


def appeal(office: Office) -> None:
    office.do(story.OFFICER, appeals.lodge, office.at.date(), office.at.date(), "TRIB/1")


def doubt(office: Office) -> None:
    def mark(work: Work, case: Case) -> None:
        case.giving_in_doubt = True

    office.do(story.OFFICER, mark)


@pytest.mark.parametrize(
    ("trouble", "refusal", "words"),
    [
        (hold, GateClosed, "on hold"),
        (appeal, WrongState, "Appealed"),
        (doubt, GateClosed, "not proven"),
        (lambda office: office.pay(OWED), GateClosed, "Nothing is owed"),
    ],
)
def test_no_reminder_and_no_certificate_while_money_is_in_question(
    office: Office, trouble: Any, refusal: Any, words: str
) -> None:
    office.on(DUE + timedelta(days=1))
    trouble(office)
    with pytest.raises(refusal, match=words):
        remind(office)


@pytest.mark.parametrize("who", [story.SENIOR, story.PANEL[0], LEADER])
def test_only_officers_and_finance_chase(office: Office, who: Any) -> None:
    office.on(DUE)
    with pytest.raises(NotAllowed):
        remind(office, who)


def test_after_an_appeal_the_reminder_says_why_the_day_moved(office: Office) -> None:
    appeal(office)
    office.on(date(2026, 9, 1))
    office.do(story.OFFICER, appeal_story.end, Outcome.DISMISSED)
    office.on(date(2026, 9, 25))
    facts = remind(office).facts
    assert facts["payment"]["pay_by"] == "2026-09-29"
    assert "Your appeal suspended it" in facts["reminder"]["changes"][0]
    assert "The final notice says 4 August 2026" in facts["reminder"]["changes"][0]


def refund(office: Office, who: Any = story.FINANCE) -> Notice:
    letter: Notice = office.do(who, money_letters.refund, SWEEP)
    return letter


def test_a_refund_letter_says_the_ledgers_credit_and_why(office: Office) -> None:
    with pytest.raises(GateClosed, match="Nothing was paid"):
        refund(office)
    office.pay(1_000_00)
    written = office.do(story.SENIOR, letters.withdraw, "The wrong amount.", True, SWEEP)
    assert [one.facts["withdrawal"]["refund"] for one in written] == [
        "We will repay the £1,000.00 that you paid under it.",
        None,
    ]
    with pytest.raises(NotAllowed):
        refund(office, story.OFFICER)
    told = refund(office).facts["refund"]
    assert (told["paid_pence"], told["repaid_pence"]) == (1_000_00, 1_000_00)
    assert told["reason"] == "We withdrew the final notice on 7 July 2026."
    assert told["repaid_by"] == "2026-08-04"
    with pytest.raises(GateClosed, match=r"told of the refund of £1,000\.00 already"):
        refund(office)
    office.at += timedelta(days=1)
    office.pay(50_00)  # crossed in the post
    assert refund(office).facts["refund"]["repaid_pence"] == 1_050_00


@pytest.mark.parametrize(
    ("paid", "refunded", "words"),
    [
        (0, 0, "You have paid nothing under it"),
        (OWED + 5_00, 5_00, "We will repay the £2,388.00"),
    ],
)
def test_a_withdrawal_says_what_becomes_of_money_paid(
    office: Office, paid: int, refunded: int, words: str
) -> None:
    if paid:
        office.pay(paid)
        office.pay(refunded, Kind.REFUND)
    written = office.do(story.SENIOR, letters.withdraw, "The wrong amount.", False, SWEEP)
    final, intent = (one.facts["withdrawal"] for one in written)
    assert final["withdrawn"]["kind"] == "final_notice"
    assert words in final["refund"]
    assert (intent["withdrawn"]["kind"], intent["refund"]) == ("notice_of_intent", None)


def test_an_overpayment_and_a_quashed_penalty_are_repaid(office: Office) -> None:
    office.pay(OWED + 12_00)
    assert refund(office).facts["refund"]["reason"] == "You paid more than the penalty."
    appeal(office)
    office.at += timedelta(days=30)
    office.do(story.OFFICER, appeal_story.end, Outcome.QUASHED)
    told = refund(office).facts["refund"]
    assert told["repaid_pence"] == OWED + 12_00
    assert told["reason"].startswith("The tribunal allowed your appeal on 6 August 2026")


def draft(office: Office, by: date = DUE + timedelta(days=5), who: Any = story.FINANCE) -> Notice:
    made: Notice = office.do(who, certificates.draft, by)
    return made


def sign(office: Office, notice: Notice, who: Any = story.SENIOR, seen: str | None = None) -> None:
    def seen_and_signed(work: Work, case: Case) -> None:
        stored = work.session.get_one(Notice, notice.id)
        made = certificates.as_signed(work, stored)
        certificates.sign(work, case, stored, seen or made.sha256)

    office.do(who, seen_and_signed)


def stored(office: Office, notice: Notice) -> Notice:
    found: Notice = office.do(story.OFFICER, lambda w, _: w.session.get_one(Notice, notice.id))
    return found


def test_a_certificate_is_drafted_by_one_and_signed_by_another(office: Office) -> None:
    office.on(DUE - timedelta(days=3)).pay(88_00)
    office.recover()
    notice = draft(office)
    assert (notice.state, notice.pdf_sha256) == ("submitted", None)
    assert notice.facts["signatory"]["name"] == "Not yet signed"
    with pytest.raises(GateClosed, match="already waits"):
        draft(office)
    with pytest.raises(NotAllowed):
        sign(office, notice, story.OFFICER)
    with pytest.raises(SealBroken, match="not the one you were shown"):
        sign(office, notice, seen="0" * 64)
    sign(office, notice)
    kept = stored(office, notice)
    assert (kept.state, kept.approved_by) == ("approved", story.SENIOR.identity)
    assert kept.facts["signatory"] == {"name": "Sam", "role": "Senior officer"}
    unpaid = kept.facts["unpaid"]
    assert (unpaid["penalty_pence"], unpaid["received_pence"], unpaid["unpaid_pence"]) == (
        OWED,
        88_00,
        OWED - 88_00,
    )
    assert unpaid["not_received_by"] == "2026-08-09"
    assert len(office.events("certificate_signed")) == 1
    with pytest.raises(WrongState):
        sign(office, notice)
    draft(office)  # a later one, when the first is used


def test_nobody_signs_what_they_drafted(office: Office) -> None:
    office.recover()
    notice = draft(office, who=story.BOTH_ROLES)
    with pytest.raises(SamePerson):
        sign(office, notice, story.BOTH_ROLES)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (DUE + timedelta(days=7), "must be over"),
        (DUE - timedelta(days=1), "could be paid until"),
        (DUE + timedelta(days=1), "moved after"),
    ],
)
def test_a_certificate_states_a_day_that_is_over_and_after_the_last_entry(
    office: Office, day: date, words: str
) -> None:
    office.on(DUE + timedelta(days=3)).pay(1_00)
    office.recover()
    with pytest.raises(BadInput, match=words):
        draft(office, day)


def test_money_or_trouble_after_the_draft_stops_the_signature(office: Office) -> None:
    office.recover()
    notice = draft(office)
    hold(office)
    with pytest.raises(GateClosed, match="on hold"):
        sign(office, notice)
    office.do(story.OFFICER, cases.release)
    office.pay(1_00)
    with pytest.raises(SealBroken, match="account moved"):
        sign(office, notice)
    with pytest.raises(BadInput):
        office.do(
            story.FINANCE,
            lambda w, c: certificates.discard(w, c, w.session.get_one(Notice, notice.id), " "),
        )
    office.do(
        story.FINANCE,
        lambda w, c: certificates.discard(w, c, w.session.get_one(Notice, notice.id), "Paid."),
    )
    assert stored(office, notice).state == "discarded"


def test_no_certificate_before_recovery(office: Office) -> None:
    office.on(DUE + timedelta(days=7))
    with pytest.raises(WrongState):
        draft(office)


def test_the_certificate_of_giving_comes_from_stored_rows(office: Office) -> None:
    def certify(work: Work, case: Case) -> tuple[str, Notice]:
        final = office.tale.notice(work, "final_notice")
        looked = giving_certificates.look(work, case, final)
        return looked.text, giving_certificates.make(work, case, final)

    text, made = office.do(story.OFFICER, certify)
    facts = made.facts["giving"]
    assert "first working day" in facts["rule"]
    assert "to secretary@example.com, the email address of" in made.facts["earlier"]["method"]
    assert facts["shown_by"] == ""  # the mail server's answers are its evidence
    assert [line["number"] for line in facts["count"]] == [None, 1]
    assert facts["attempts"][-1]["outcome"] == "Taken by the mail server"
    recorded = [one["what"] for one in facts["events"]]
    assert recorded[0] == "Final notice drafted"
    assert recorded[-1].startswith("Final notice sent; given on 7 July 2026")
    assert facts["events"][0]["sha256"] in text.replace("\n", "")
    assert (made.state, len(office.events("certificate_made"))) == ("approved", 1)
    again, _ = office.do(story.OFFICER, certify)
    assert again.replace("-N4", "-N3") == text

    def about_a_draft(work: Work, case: Case) -> None:
        giving_certificates.look(work, case, made)

    with pytest.raises(WrongState, match="not given to anybody"):
        office.do(story.OFFICER, about_a_draft)


def test_whoever_sends_a_letter_takes_no_part_in_the_case(begin: Callable[..., Any]) -> None:
    """A senior officer may offer support and approve the notice of intent all the same."""
    tale = story.Story(begin)
    tale.triage()
    with begin(story.SENIOR) as work:
        letters.support(work, tale.case(work), tale.recipient, tale.method, SWEEP)
    tale.draft()
    tale.submit()
    tale.approve(by=story.SENIOR)


def test_support_is_not_offered_while_a_penalty_is_owed(office: Office) -> None:
    to, method = office.tale.recipient, office.tale.method
    with pytest.raises(WrongState):
        office.do(story.OFFICER, letters.support, to, method, SWEEP)
