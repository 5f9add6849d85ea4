"""The certificate of giving: how one notice was given, put together from stored rows alone.

The Regulations ask for none. It puts the evidence in one place, for a tribunal or a court: the
document's hash, the address and where it was read, each time, the count of days under reg 7, each
try at sending and each event of the history with its fingerprint.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from sqlalchemy import select

from enforcement.data.cases import Case
from enforcement.data.files import ImportedFile
from enforcement.data.history import Event
from enforcement.data.notices import Notice
from enforcement.domain.calendar import local_date
from enforcement.domain.giving import Method
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import WrongState
from enforcement.domain.words import day, moment
from enforcement.rendering import facts as paper
from enforcement.rendering.words import Rendered
from enforcement.services import notice_facts, sending, settling, timeline
from enforcement.services.cases import stream
from enforcement.services.files import keep
from enforcement.services.letter_writing import prepared
from enforcement.services.notice_pages import page_of
from enforcement.services.notices import PDF
from enforcement.services.policies import calendar
from enforcement.services.recipients import RecipientChoice
from enforcement.services.work import Work

KIND = "giving_certificate"
NEVER_GIVEN = paper.CERTIFICATES  # kept as evidence, never given to anybody
RULES = {
    Method.HAND: "A notice delivered by hand is given on the day it is delivered (regulation 7).",
    Method.ELECTRONIC: "A notice sent by electronic means is given on the first working day after "
    "the day it is sent (regulation 7).",
}
_POST = (
    "A notice sent by post is given on the third working day after the day it is sent "
    "(regulation 7)."
)
OUTCOMES = {
    "sent": "Taken by the mail server",
    "placed": "Placed for the post room",
    "temporary": "Refused for now; tried again by itself",
    "permanent": "Refused for good",
    "uncertain": "No answer: not known",
    "settled_sent": "Settled by a person: it was sent",
    "settled_not": "Settled by a person: it was not sent",
}
_GIVEN = ("intent_given", "final_given", "letter_given")
_CHANNELS = {"email": "Email", "print": "Post", "hand": "By hand"}


def why_not(notice: Notice) -> str:
    """Why there is nothing to certify about a notice, or nothing."""
    if notice.kind in NEVER_GIVEN:
        return "A certificate is not given to anybody."
    if notice.given_on is None or notice.sent_at is None:
        return "It is not recorded as sent yet."
    return ""


def look(work: Work, case: Case, notice: Notice) -> Rendered:
    """The certificate as the rows stand now, for whoever may read the case. Reads only.

    Refuses WrongState for a notice that is not given.
    """
    return page_of(work, notice_facts.stored_facts(_prepared(work, case, notice)))


def make(work: Work, case: Case, notice: Notice) -> Notice:
    """Keep the certificate of a given notice on the case, with an event. Refuses as `look` does,
    and NotAllowed."""
    work.require(Permission.RECORD_GIVING)
    made = _prepared(work, case, notice)
    page = page_of(work, notice_facts.stored_facts(made))
    made.pdf_sha256, made.pages = keep(work, page.pdf, PDF), page.pages
    made.state = "approved"
    work.session.add(made)
    work.session.flush()
    work.record(
        stream(case),
        "certificate_made",
        {"notice": made.reference, "about": notice.reference, "pdf_sha256": made.pdf_sha256},
        permission=Permission.RECORD_GIVING,
    )
    return made


def _prepared(work: Work, case: Case, notice: Notice) -> Notice:
    if words := why_not(notice):
        raise WrongState(words)
    assert notice.sent_at is not None  # noqa: S101 - `why_not` has refused any other
    to, method = RecipientChoice.of(notice.recipient), Method(notice.method)
    sent_on = local_date(notice.sent_at)
    sentence = notice_facts.method_sentence(method, to, sent_on, to_provider=False)
    parts = {
        "earlier": replace(notice_facts.earlier_facts(notice), method=sentence),
        "giving": giving_facts(work, case, notice),
    }
    return prepared(work, case, KIND, to, method, parts)


def giving_facts(work: Work, case: Case, notice: Notice) -> paper.GivingFacts:
    """Everything stored about the giving of one notice, in order."""
    to, method = RecipientChoice.of(notice.recipient), Method(notice.method)
    words = to.capacity.words
    return paper.GivingFacts(
        pdf_sha256=notice.pdf_sha256 or "",
        pages=notice.pages or 0,
        capacity=words[:1].upper() + words[1:],
        address_source=_source(work, notice, to),
        times=tuple(_times(notice)),
        rule=RULES.get(method, _POST),
        calendar=_calendar(work, case, notice),
        count=tuple(
            paper.CountLine(date.fromisoformat(line["day"]), line["number"], line["note"])
            for line in notice.giving_receipt
        ),
        attempts=tuple(_attempts(work, notice)),
        events=tuple(_events(work, case, notice)),
        by_email=method is Method.ELECTRONIC,
        shown_by=_shown_by(work, case, notice),
    )


def _source(work: Work, notice: Notice, to: RecipientChoice) -> str:
    """Where the address was read, and which register stood on the day it was sent."""
    assert notice.sent_at is not None  # noqa: S101 - `_prepared` has refused any other
    said = to.source or "Not recorded"
    register = work.session.scalar(
        select(ImportedFile)
        .where(ImportedFile.kind == "register", ImportedFile.loaded_at <= notice.sent_at)
        .order_by(ImportedFile.loaded_at.desc(), ImportedFile.id.desc())
        .limit(1)
    )
    if register is None:
        return said
    as_at = f", as at {day(register.as_at)}" if register.as_at else ""
    return (
        f"{said}. The register held on the day of sending: “{register.filename}”{as_at}, loaded on "
        f"{day(local_date(register.loaded_at))}"
    )


def _times(notice: Notice) -> Iterator[paper.MomentFacts]:
    moments = (
        ("Drafted", notice.drafted_at),
        ("Approved and sealed", notice.approved_at),
        ("Issued", notice.issued_at),
        ("Sent", notice.sent_at),
    )
    for label, at in moments:
        if at is not None:
            yield paper.MomentFacts(label, moment(at))
    if notice.given_on is not None:
        yield paper.MomentFacts("Taken as given", day(notice.given_on))


def _calendar(work: Work, case: Case, notice: Notice) -> str:
    """The calendar that the clocks started by this giving were counted under."""
    for clock in case.clocks:
        if clock.started_at is not None and notice.sent_at and clock.started_at >= notice.sent_at:
            return clock.calendar_version
    return calendar(work.session).version


def _attempts(work: Work, notice: Notice) -> Iterator[paper.AttemptFacts]:
    for item in sending.items_of(work.session, notice):
        for attempt in settling.attempts_of(work.session, item):
            yield paper.AttemptFacts(
                when=moment(attempt.at),
                channel=_CHANNELS.get(item.channel, item.channel),
                outcome=OUTCOMES.get(attempt.outcome, attempt.outcome),
                sha256=hashlib.sha256(attempt.evidence.encode()).hexdigest(),
            )


def _shown_by(work: Work, case: Case, notice: Notice) -> str:
    """What the person wrote who recorded the posting or delivery; "" for the service's own."""
    for event in _about(work, case, notice):
        if event.kind in _GIVEN and timeline.tell(event).by == "person":
            return str(json.loads(event.body)["facts"]["evidence"])
    return ""


def _events(work: Work, case: Case, notice: Notice) -> Iterator[paper.RecordedFacts]:
    for event in _about(work, case, notice):
        told = timeline.tell(event)
        yield paper.RecordedFacts(event.seq, moment(event.at), told.title, event.hash)


def _about(work: Work, case: Case, notice: Notice) -> Iterator[Event]:
    """The events of the case that name the notice, in order."""
    found = work.session.scalars(
        select(Event).where(Event.stream == stream(case)).order_by(Event.seq)
    )
    return (one for one in found if json.loads(one.body)["facts"].get("notice") == notice.reference)
