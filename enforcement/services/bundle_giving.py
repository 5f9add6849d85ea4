"""How a notice was given, for a bundle: the certificate where one is kept, and the stored facts."""

from __future__ import annotations

from sqlalchemy import select

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.domain.words import day, weekday
from enforcement.rendering.bundle.sheets import Block, Cell, Grid, Pairs, Sheet
from enforcement.rendering.letter_facts import GivingFacts
from enforcement.services import giving_certificates
from enforcement.services.case_story import notice_name
from enforcement.services.work import Work

NON_PAYMENT = "reg9_certificate"


def certificates_of_giving(work: Work, case: Case) -> list[Notice]:
    """The certificates of giving kept on the case, oldest first."""
    return _kept(work, case, giving_certificates.KIND)


def certificate_of_non_payment(work: Work, case: Case) -> Notice | None:
    """The certificate under regulation 9 signed last, if there is one."""
    found = _kept(work, case, NON_PAYMENT)
    return found[-1] if found else None


def _kept(work: Work, case: Case, kind: str) -> list[Notice]:
    return list(
        work.session.scalars(
            select(Notice)
            .where(
                Notice.case_id == case.id,
                Notice.kind == kind,
                Notice.pdf_sha256.is_not(None),
                Notice.state.in_(("approved", "issued", "given")),
            )
            .order_by(Notice.sequence)
        )
    )


def sheet(work: Work, case: Case, notice: Notice) -> Sheet:
    """How one notice was given: address and its source, times, the count of days, each try."""
    title = f"How the {notice_name(notice)} {notice.reference} was given"
    if giving_certificates.why_not(notice):
        words = Pairs((("Given", "It is not recorded as sent."),))
        return Sheet(title, case.reference, (words,))
    facts = giving_certificates.giving_facts(work, case, notice)
    return Sheet(title, case.reference, (*_facts(notice, facts), *_tries(facts)))


def _facts(notice: Notice, facts: GivingFacts) -> tuple[Block, ...]:
    count = tuple(
        (
            Cell(weekday(line.day)),
            Cell("not counted" if line.number is None else str(line.number)),
            Cell(line.words),
        )
        for line in facts.count
    )
    return (
        Pairs(
            (
                ("Given to", str(notice.recipient.get("name", ""))),
                ("The address is", facts.capacity),
                ("Address read in", facts.address_source),
                ("Given on", day(notice.given_on)),
                ("Rule", facts.rule),
                ("Working days of", facts.calendar),
                ("Document’s SHA-256", facts.pdf_sha256),
                *((one.label, one.when) for one in facts.times),
            )
        ),
        Grid("The count, day by day", (("Day", 34), ("Number", 16), ("Why", 50)), count),
    )


def _tries(facts: GivingFacts) -> tuple[Block, ...]:
    found: list[Block] = []
    if facts.attempts:
        rows = tuple(
            (Cell(one.when), Cell(f"{one.channel}: {one.outcome}"), Cell(one.sha256, kind="hash"))
            for one in facts.attempts
        )
        heads = (("When", 28), ("How and result", 40), ("Raw answer’s SHA-256", 32))
        found.append(Grid("Each try at sending", heads, rows))
    if facts.events:
        rows = tuple(
            (Cell(f"{one.number}\n{one.when}"), Cell(one.what), Cell(one.sha256, kind="hash"))
            for one in facts.events
        )
        heads = (("Number, time", 28), ("Event", 40), ("SHA-256", 32))
        found.append(Grid("Events about this notice", heads, rows))
    return tuple(found)
