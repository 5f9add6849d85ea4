"""What a notice says, gathered from stored rows: the only source of `rendering.facts`.

The facts kept in the database hold no secret: in place of the reply address and code they carry
the public address and a marker, and the real ones are put in when the page is made.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from enforcement.data.cases import Case, CaseNote
from enforcement.data.decisions import Decision
from enforcement.data.notices import Notice
from enforcement.data.replies import Reply
from enforcement.domain.calendar import local_date
from enforcement.domain.clocks import appeal_clock, decision_clock, payment_clock
from enforcement.domain.clocks import representations_clock as period_clock
from enforcement.domain.fees import AmountStatus
from enforcement.domain.giving import Capacity, Method, deemed_given
from enforcement.domain.refusals import BadInput
from enforcement.domain.words import day, pounds
from enforcement.rendering import facts as paper
from enforcement.services import links, templates
from enforcement.services.case_facts import INTENT, live_decision, live_notice, period_end
from enforcement.services.miss_facts import breach_facts
from enforcement.services.policies import calendar, in_force
from enforcement.services.recipients import RecipientChoice
from enforcement.services.work import Work
from enforcement.settings import Settings

MARKER = "PRINTED-ON-PAPER"
TEAM = "Adult Social Care Enforcement"
# Rows of the tribunal policy older than their field "form" say no other.
HOW_TO_APPEAL = "Use the tribunal’s application form and enclose a copy of this notice."


@dataclass(frozen=True)
class Plan:
    """What the officer chose for one notice: who, how, on which day, for how many days."""

    kind: str
    reference: str
    recipient: RecipientChoice
    method: Method
    send_on: date
    period_days: int


def common(work: Work, case: Case, plan: Plan) -> dict[str, Any]:
    """The parts every notice has."""
    session = work.session
    signatory = in_force(session, "signatory", work.today).body
    provider = case.provider
    return {
        "kind": plan.kind,
        "reference": case.reference,
        "notice_reference": plan.reference,
        "dated": plan.send_on,
        "recipient": recipient_of(plan.recipient),
        "provider": paper.ProviderFacts(
            provider.name, provider.cqc_id, provider.company_number, provider.charity_number
        ),
        "contacts": _contacts(session, work.today),
        "who_to_ask": _help(session, work.today),
        "signatory": paper.Signatory(signatory["name"], signatory["role"]),
        **templates.pinned(session, plan.kind, work.today),
    }


def intent(work: Work, case: Case, plan: Plan) -> paper.NoticeFacts:
    """The facts of a notice of intent (reg 4), its period planned from the day of sending.

    At least 14 calendar days from the day after deemed giving (reg 5), moved on to a working day
    when the policy says so. Refuses BadInput for a shorter period.
    """
    periods = in_force(work.session, "periods", work.today).body
    working = calendar(work.session)
    given = deemed_given(plan.send_on, plan.method, working).given_on
    clock = period_clock(given, working, plan.period_days, bool(periods["representations_roll"]))
    return paper.NoticeFacts(
        **common(work, case, plan),
        **breach_facts(work.session, case),
        support_contacts=_support(work.session, case),
        given_on=given,
        method=method_sentence(plan.method, plan.recipient, plan.send_on),
        amount=amount_facts(case),
        period=paper.PeriodFacts(
            clock.first_day, clock.due_on, decision_clock(clock.due_on).due_on
        ),
        reply=_marked(work.settings),
    )


def final(work: Work, case: Case, plan: Plan) -> paper.NoticeFacts:
    """The facts of a final notice (reg 6(3)): the appeal limit from sending, payment from giving,
    and payment never due before the appeal limit."""
    session = work.session
    periods = in_force(session, "periods", work.today).body
    working = calendar(session)
    given = deemed_given(plan.send_on, plan.method, working).given_on
    appeal = appeal_clock(plan.send_on, working, int(periods["appeal_days"]))
    pay = payment_clock(given, appeal.due_on, working, plan.period_days)
    notice = live_notice(session, case, INTENT)
    decision = live_decision(session, case)
    if notice is None or decision is None or decision.decided_on is None:
        raise BadInput("A final notice needs a notice of intent that was given and a decision.")
    tribunal = in_force(session, "tribunal", work.today).body
    return paper.NoticeFacts(
        **common(work, case, plan),
        **breach_facts(session, case),
        given_on=given,
        method=method_sentence(plan.method, plan.recipient, plan.send_on),
        amount=amount_facts(case),
        amount_change=_amount_change(case, notice),
        earlier=earlier_facts(notice),
        decision=decision_facts(session, case, decision, notice),
        payment=paper.PaymentFacts(
            pay_by=pay.due_on,
            reference=plan.reference,  # 18 characters: what a bank transfer can carry
            instructions=tuple(in_force(session, "payment", work.today).body["how"]),
        ),
        appeal=paper.AppealFacts(
            appeal_by=appeal.due_on,
            sent_on=plan.send_on,
            tribunal=tribunal["name"],
            address_lines=tuple(tribunal["address"]),
            form=tribunal.get("form", HOW_TO_APPEAL),
        ),
    )


def with_secret(work: Work, case: Case, facts: paper.NoticeFacts) -> paper.NoticeFacts:
    """The facts as they go on paper: the reply address and code of the case's link put in.

    Reads only. Refuses BadInput when the case has no link yet.
    """
    if facts.reply is None or facts.reply.code != MARKER:
        return facts
    link = links.current(work, case)
    if link is None:
        raise BadInput("The case has no reply link yet: save the draft again.")
    printed = links.printed(work.settings, link)
    return replace(facts, reply=paper.ReplyFacts(facts.reply.address, printed.code, printed.url))


def stored_facts(notice: Notice) -> paper.NoticeFacts:
    """The facts kept with a notice, without any secret."""
    return paper.NoticeFacts.from_json(notice.facts)


def recipient_of(choice: RecipientChoice) -> paper.Recipient:
    return paper.Recipient(
        name=choice.name,
        capacity=choice.printed_capacity,
        care_of=None,
        address_lines=choice.address,
        postcode=choice.postcode,
        email=choice.email or None,
    )


def method_sentence(
    method: Method, recipient: RecipientChoice, on: date, *, to_provider: bool = True
) -> str:
    """How the notice was given, as the paper says it: to the provider, or to whoever reads it."""
    place = recipient.capacity.words
    where = place.replace("the ", "your ", 1) if to_provider else place
    if method is Method.ELECTRONIC:
        officer = to_provider and recipient.capacity is Capacity.OFFICER_EMAIL
        where = f"{recipient.email}, {'your director or other officer' if officer else place},"
    return f"It was {method.done} to {where} on {day(on)}."


def amount_facts(case: Case) -> paper.AmountFacts:
    """The amount with its working, or CQC's figure with where it stands. Pence."""
    trace = case.amount_trace or {}
    if case.amount_pence is None:
        raise BadInput("The amount is not known yet.", fix="Work it out or record CQC’s figure.")
    lines = tuple(
        paper.AmountLine(f"{line['name']} ({line['location_id']})", line["basis"], line["pence"])
        for line in trace.get("lines", ())
    )
    confirmed = case.amount_status == AmountStatus.CONFIRMED
    if confirmed and sum(line.pence for line in lines) != case.amount_pence:
        lines = (
            paper.AmountLine(case.provider.name, "The fee confirmed by CQC", case.amount_pence),
        )
    return paper.AmountFacts(
        pence=case.amount_pence,
        lines=lines,
        scheme=f"CQC fees scheme, {trace.get('scheme_version', 'as confirmed by CQC')}",
        status="CQC has confirmed this figure."
        if confirmed
        else "This is our calculation from the published scheme; CQC has not confirmed it yet.",
    )


def earlier_facts(notice: Notice) -> paper.GivenNotice:
    """An issued notice as another refers to it: as given, or as planned while on its way."""
    facts = stored_facts(notice)
    sent_on = local_date(notice.sent_at) if notice.sent_at else facts.dated
    return paper.GivenNotice(
        kind=notice.kind,
        reference=notice.reference,
        dated=facts.dated,
        given_on=notice.given_on or facts.given_on or facts.dated,
        method=method_sentence(
            Method(notice.method), RecipientChoice.of(notice.recipient), sent_on
        ),
    )


def decision_facts(
    session: Session, case: Case, decision: Decision, notice: Notice
) -> paper.DecisionFacts:
    """The finding, the replies and the answer to each point (reg 6(2))."""
    if decision.decided_on is None or notice.period_ends_on is None:
        raise BadInput("The decision has not been made.")
    replies = list(
        session.scalars(select(Reply).where(Reply.case_id == case.id).order_by(Reply.id))
    )
    imposed = decision.outcome == "impose"
    return paper.DecisionFacts(
        decided_on=decision.decided_on,
        decide_by=decision_clock(notice.period_ends_on).due_on,
        sentence="We decided to impose the penalty."
        if imposed
        else "We decided not to impose a penalty.",
        findings=(*_paragraphs(decision.reasons), *_paragraphs(decision.excuse_finding)),
        replies=replies_sentence(
            [local_date(reply.received_at) for reply in replies],
            period_end(session, case) or notice.period_ends_on,
        ),
        points=tuple(
            paper.PointFacts(point.text, point.answer or "")
            for reply in replies
            for point in reply.points
        ),
    )


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def replies_sentence(received: Sequence[date], period_ended_on: date) -> str:
    """What came from the provider, and that a late reply was considered all the same.

    Reg 5 gives a period and no power to shut out what comes after it: a reply is taken until the
    decision, so the notice says of a late one that it was late and that it counted.
    """
    if not received:
        return "You did not send us representations in the period."
    on = sorted(received)
    late = [one for one in on if one > period_ended_on]
    ended = f"after the period for representations ended on {day(period_ended_on)}"
    if len(on) == 1 and late:
        return (
            f"We received one reply from you, on {day(on[0])}. It came {ended}; we considered "
            "all of it all the same."
        )
    if len(on) == 1:
        return f"We received one reply from you, on {day(on[0])}, and considered all of it."
    said = f"We received {len(on)} replies from you, on {_listed(on)}, and considered all of them."
    if len(late) == len(on):
        return f"{said} They came {ended}."
    which = "The reply" if len(late) == 1 else "The replies"
    return f"{said} {which} of {_listed(late)} came {ended}." if late else said


def _listed(days: Sequence[date]) -> str:
    *most, last = (day(one) for one in days)
    return f"{', '.join(most)} and {last}" if most else last


def _amount_change(case: Case, notice: Notice) -> str | None:
    if notice.amount_pence is None or case.amount_pence is None:
        return None
    if notice.amount_pence == case.amount_pence:
        return "It is the same amount as in the notice of intent."
    return (
        f"The notice of intent proposed {pounds(notice.amount_pence)}; the amount was worked out "
        "again from the fees in force now."
    )


def _marked(settings: Settings) -> paper.ReplyFacts:
    base = settings.reply_base_url
    return paper.ReplyFacts(base.partition("://")[2], MARKER, base)


def _contacts(session: Session, today: date) -> paper.ContactBlock:
    body = in_force(session, "contact_block", today).body
    return paper.ContactBlock(
        team=TEAM,
        phone=body["phone"],
        email=body["email"],
        hours=body["hours"],
        # the team's name stands above the address already, and the corner of the page is small
        post_address=tuple(line for line in body["post"] if line != TEAM),
    )


def _help(session: Session, today: date) -> tuple[paper.HelpRow, ...]:
    rows = in_force(session, "contact_block", today).body["who_to_ask"]
    return tuple(_help_row(row) for row in rows)


def _help_row(row: dict[str, str]) -> paper.HelpRow:
    """The policy says in one sentence how to reach somebody; paper has a column for each way."""
    phone = re.match(r"[0-9 ]+", row["how"])
    email = re.search(r"[\w.+-]+@[\w.-]+\w", row["how"])
    hours = re.search(r"[A-Z][a-z]+day .*", row["how"])
    return paper.HelpRow(
        about=row["for"],
        who=row["who"],
        phone=phone.group().strip() if phone else "",
        email=email.group() if email else "",
        hours=hours.group() if hours else "",
    )


def _support(session: Session, case: Case) -> tuple[str, ...]:
    """Only the day and the way: what was said on the phone does not belong on a notice."""
    notes = session.scalars(
        select(CaseNote)
        .where(CaseNote.case_id == case.id, CaseNote.kind == "support")
        .order_by(CaseNote.made_at)
    )
    return tuple(f"{day(local_date(note.made_at))}: help with the return" for note in notes)


def first_free_day(work: Work) -> date:
    """The planned day offered first: the next working day, so that approval has time."""
    return calendar(work.session).on_or_after(work.today + timedelta(days=1))
