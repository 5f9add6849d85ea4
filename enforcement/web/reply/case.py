"""The provider's case: what to do and by when, what we say happened, where it stands, letters."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, abort, render_template
from sqlalchemy import select

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.domain.cases import State
from enforcement.domain.clocks import DECISION_DAYS, ClockKind
from enforcement.domain.replies import TITLES
from enforcement.services import (
    case_contacts,
    files,
    links,
    questions,
    replies,
    reply_asking,
    reply_drafts,
)
from enforcement.services.case_clocks import PERIOD_OVER
from enforcement.services.case_facts import INTENT, balance, live_notice, penalty_of, period_end
from enforcement.services.work import Work
from enforcement.web import pages
from enforcement.web.exports import download
from enforcement.web.filters import day, moment, money, plural, weekday
from enforcement.web.reply import access

bp = Blueprint("reply", __name__, url_prefix="/reply")
LETTERS = {
    "notice_of_intent": "Notice of intent",
    "final_notice": "Final notice",
    "withdrawal": "Notice of withdrawal",
    "no_penalty": "Letter: no penalty",
    "support": "Letter of support",
    "acknowledgement": "Acknowledgement of your reply",
    "payment_reminder": "Payment reminder",
    "refund": "Letter about a refund",
}
# What a provider is told of each stage: (where it stands, what happens next).
STAGES: dict[State, tuple[str, str]] = {
    State.INTENT_ISSUED: (
        "A notice of intent is on its way to you",
        "You can reply now. The last day is counted from the day the notice is given to you.",
    ),
    State.REPRESENTATIONS: (
        "You can reply to the notice of intent",
        "After the last day, a panel reads everything you sent and decides.",
    ),
    State.PANEL: (
        "The panel is considering the case",
        "You will get the decision in writing, with an answer to each point you made.",
    ),
    State.NO_PENALTY: ("Decided: no penalty", "You will get a letter. You need to do nothing."),
    State.PAYMENT: (
        "A penalty was imposed",
        "The final notice says how to pay, by when, and how to appeal.",
    ),
    State.APPEALED: ("You have appealed", "The penalty is suspended until the appeal is decided."),
    State.RECOVERY: ("The penalty is overdue", "Ring us now to talk about payment."),
    State.COUNTY_COURT: ("The penalty is with the county court", "Ring us to talk about payment."),
    State.WITHDRAWN: ("The notice was withdrawn", "You need to do nothing."),
}
DECIDED = (
    "A decision was made to impose a penalty",
    "You will get the final notice. It says how to pay and how to appeal.",
)
PAID = ("The penalty is paid", "Nothing more is owed. You need to do nothing.")
_DAYS_TOLD: dict[tuple[str, str | None], str] = {
    (ClockKind.PAYMENT, None): "Pay by",
    (ClockKind.APPEAL, None): "Appeal by, 5pm",
    (ClockKind.APPEAL, PERIOD_OVER): "The time to appeal ended",
}
OWED = (State.PAYMENT, State.RECOVERY, State.COUNTY_COURT)
EARLY = (
    "We are looking into missed windows",
    "If you tell us now what happened, we read it before anything else is sent.",
)


def deadline(work: Work, case: Case) -> pages.Clock | None:
    """The last day to reply, once the notice is given."""
    ends_on = period_end(work.session, case)
    if ends_on is None or not reply_drafts.accepting(case):
        return None
    return pages.Clock("Last day to reply", ends_on, work.today, once_past="This day has passed")


def stage(work: Work, case: Case) -> tuple[str, str]:
    """Where the case stands, and what happens next, in plain words."""
    state = State(case.state)
    owed = _owed(work, case)
    if state in OWED and owed is not None and owed <= 0:
        return PAID
    if state in STAGES:
        return STAGES[state]
    return EARLY if reply_drafts.accepting(case) else DECIDED


@bp.get("")
@access.needs_session
def home() -> Any:
    work, link = access.work(), access.link()
    case = link.case
    draft = reply_drafts.current(work, link)
    last = deadline(work, case)
    return render_template(
        "reply/home.html",
        case=case,
        stage=stage(work, case),
        last=last,
        late=last is not None and last.is_past,
        accepting=reply_drafts.accepting(case),
        draft=draft if draft is not None and draft.answers else None,
        sent=replies.of_case(work, case),
        missed=plural(len(case.misses), "missed window"),
        ends_at=links.ends_at(work, link),
        letters=_letters(work, case),
        penalised=penalty_of(work.session, case) is not None,
        contact=access.contact_block(),
    )


@bp.get("/progress")
@access.needs_session
def progress() -> Any:
    work = access.work()
    case = access.case()
    held = case_contacts.current(work.session, case)
    return render_template(
        "reply/progress.html",
        stage=stage(work, case),
        facts=_dates(work, case),
        sent=[_sent(reply) for reply in replies.of_case(work, case)],
        letters=_letters(work, case),
        accepting=reply_drafts.accepting(case),
        asked=reply_asking.asked(work, case),
        questions=questions.of_case(work, case),
        contact_said=held and case_contacts.said(held),
    )


def _sent(reply: Any) -> pages.Fact:
    what = "; ".join(TITLES[p.reason] for p in reply.points)
    late = " It came after the last day and is marked late." if reply.late else ""
    return pages.Fact(
        key=reply.reference,
        text=f"Received {moment(reply.received_at)}",
        note=f"{what}. {plural(len(reply.files), 'file')}.{late}",
    )


def _dates(work: Work, case: Case) -> list[pages.Fact]:
    intent = live_notice(work.session, case, INTENT)
    found = []
    if intent is not None and intent.given_on is not None:
        found.append(pages.Fact("Notice of intent given", weekday(intent.given_on)))
    ends = period_end(work.session, case)
    if ends is not None and intent is not None:
        longer = "" if ends == intent.period_ends_on else "Later than the notice says: extended"
        found.append(pages.Fact("Last day to reply", weekday(ends), longer))
        found.append(
            pages.Fact("Decision by", weekday(_decide_by(case, intent.period_ends_on or ends)))
        )
    if case.amount_pence is not None and not reply_drafts.accepting(case):
        found.append(pages.Fact("Amount", money(case.amount_pence)))
    owed = _owed(work, case)
    if owed is not None and owed <= 0:
        return found
    if owed is not None and owed != case.amount_pence:
        found.append(pages.Fact("Still to pay", money(owed)))
    return found + [
        pages.Fact(_DAYS_TOLD[c.kind, c.ended_because], weekday(c.due_on))
        for c in case.clocks
        if (c.kind, c.ended_because) in _DAYS_TOLD
    ]


def _owed(work: Work, case: Case) -> int | None:
    """What is owed of the penalty, in pence; None before there is one."""
    penalty = penalty_of(work.session, case)
    return balance(work.session, penalty) if penalty else None


def _decide_by(case: Case, ends: date) -> date:
    """Reg 6: within 28 days of the end of the period; the stored clock once it runs."""
    running = [c.due_on for c in case.clocks if c.kind == ClockKind.DECISION and c.ended_at is None]
    return running[-1] if running else ends + timedelta(days=DECISION_DAYS)


# --- letters ----------------------------------------------------------------------------------
def _given(work: Work, case: Case) -> list[Notice]:
    """Letters that have left; drafts and what is on an officer's desk are nobody else's."""
    return list(
        work.session.scalars(
            select(Notice)
            .where(
                Notice.case_id == case.id,
                Notice.sent_at.is_not(None),
                Notice.pdf_sha256.is_not(None),
            )
            .order_by(Notice.sequence)
        )
    )


def _letters(work: Work, case: Case) -> list[pages.Fact]:
    return [
        pages.Fact(
            LETTERS.get(notice.kind, "Letter"), f"Sent {day(notice.sent_at)}", href=notice.reference
        )
        for notice in _given(work, case)
    ]


@bp.get("/letters/<reference>")
@access.needs_session
def letter(reference: str) -> Any:
    work = access.work()
    for notice in _given(work, access.case()):
        if notice.reference == reference and notice.pdf_sha256 is not None:
            kept = files.fetch(work, notice.pdf_sha256)
            return download(
                kept.content, filename=f"{notice.reference}.pdf", mimetype="application/pdf"
            )
    abort(404)
