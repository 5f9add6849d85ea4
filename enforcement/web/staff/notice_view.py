"""What the pages of a notice show: facts, checks, gates, attempts; templates know no rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import url_for

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.domain.cases import Action, State
from enforcement.domain.cases import gates as table_gates
from enforcement.domain.giving import Capacity, Method
from enforcement.domain.permissions import Permission, can, not_yours
from enforcement.services import cases as case_services
from enforcement.services import format_wishes, giving, notice_changes, notice_pages, notices
from enforcement.services.case_facts import facts_of
from enforcement.services.giving_certificates import NEVER_GIVEN
from enforcement.services.notice_facts import stored_facts
from enforcement.services.recipients import RecipientChoice, judge
from enforcement.services.work import Work
from enforcement.web import pages
from enforcement.web.filters import day, moment, money, plural, weekday
from enforcement.web.listing import Cell, Column, Listing
from enforcement.web.staff import giving_actions, notice_sending

STATES: dict[str, pages.Tag] = {
    "draft": pages.Tag("Draft", "white"),
    "submitted": pages.Tag("Awaiting approval", "yellow"),
    "approved": pages.Tag("Approved", "blue"),
    "issued": pages.Tag("On its way", "purple"),
    "given": pages.Tag("Given", "green"),
    "failed": pages.Tag("Sending failed", "red"),
    "withdrawn": pages.Tag("Withdrawn", "grey"),
    "discarded": pages.Tag("Discarded", "grey"),
}


@dataclass(frozen=True, slots=True)
class NoticePage:
    """Everything the page of one notice shows."""

    title: str
    reference: str
    state: pages.Tag
    version: int
    facts: list[pages.Fact]
    checks: list[pages.Check]
    gates: list[pages.Check]
    gates_title: str
    changes: Listing | None
    seal: str
    pdf_url: str
    download_url: str
    paper_reason: str
    words_url: str
    returned_reason: str
    printable: bool
    unsigned: bool
    submit_url: str = ""
    edit_url: str = ""
    approve_url: str = ""
    return_url: str = ""
    issue_url: str = ""
    record_url: str = ""
    about_giving: tuple[tuple[str, str], ...] = ()
    why_not: str = ""
    receipt: Listing | None = None
    sendings: tuple[notice_sending.SendingView, ...] = ()


CERTIFICATES = {
    "submitted": pages.Tag("Awaiting signature", "yellow"),
    "approved": pages.Tag("Kept", "green"),
}


def state_tag(notice: Notice) -> pages.Tag:
    """Where a notice stands; a certificate is kept, and is given to nobody."""
    if notice.kind in NEVER_GIVEN and notice.state in CERTIFICATES:
        return CERTIFICATES[notice.state]
    return STATES[notice.state]


def listing(case: Case, found: list[Notice]) -> Listing:
    """The notices and letters of a case."""
    rows = [
        {
            "notice": Cell(
                notices.TITLES.get(one.kind, one.kind),
                href=url_for("notices.notice", reference=case.reference, notice_id=one.id),
                note=one.reference,
            ),
            "state": Cell(state_tag(one).text, tag=state_tag(one).colour),
            "sent": moment(one.sent_at) if one.sent_at else "",
            "given": day(one.given_on) if one.given_on else "",
            "people": Cell(
                f"Drafted by {one.drafted_by_name}",
                note=f"approved by {one.approved_by_name}" if one.approved_by_name else "",
            ),
        }
        for one in found
    ]
    return Listing(
        caption="Notices and letters of this case",
        columns=[
            Column("notice", "Notice"),
            Column("state", "State"),
            Column("sent", "Sent"),
            Column("given", "Given"),
            Column("people", "People"),
        ],
        rows=rows,
        empty_title="No notice yet",
        empty_text="The first is the notice of intent.",
    )


def amount(case: Case) -> list[pages.Fact]:
    """The amount, how sure it is, and when it was last worked out."""
    trace = case.amount_trace or {}
    known = "Not known yet" if case.amount_pence is None else money(case.amount_pence)
    sure = (
        f"Confirmed by CQC: {trace.get('evidence', '')}"
        if case.amount_status == "confirmed"
        else "Our estimate"
    )
    facts = [pages.Fact("Amount", known, sure)]
    if trace.get("missing"):
        facts.append(pages.Fact("Missing numbers", "; ".join(trace["missing"])))
    if trace.get("difference"):
        facts.append(
            pages.Fact("Our working differs", trace["difference"], "Acknowledge it, saying why")
        )
    if trace.get("recomputed_on"):
        worked = day(date.fromisoformat(trace["recomputed_on"]))
        facts.append(pages.Fact("Worked out on", worked, trace["scheme_version"]))
    return facts


def recipient_words(choice: RecipientChoice) -> str:
    """A recipient on one line of a list."""
    where = choice.email or ", ".join((*choice.address, choice.postcode))
    who = choice.attention or choice.name
    return f"{who}: {where} ({choice.capacity.words}; {choice.source})"


def gates(work: Work, case: Case, action: Action) -> list[pages.Check]:
    """The ticks and crosses of an action."""
    return [
        pages.Check(gate.sentence, gate.ok, rule=gate.rule)
        for gate in table_gates(action, facts_of(work, case), work.today)
    ]


_NEXT = {"draft": "submit", "submitted": "approve", "approved": "issue"}
_GATE_TITLES = {
    "submit": "Before it goes for approval",
    "approve": "Before approval",
    "issue": "Before issue",
}


def page(work: Work, case: Case, notice: Notice) -> NoticePage:
    """The page of one notice as it stands for this person."""
    here: dict[str, Any] = {"reference": case.reference, "notice_id": notice.id}
    step = _NEXT.get(notice.state) if notice.kind in notices.ACTIONS else None
    action = getattr(notices.ACTIONS[notice.kind], step) if step else None
    facts = stored_facts(notice)
    hidden = not notice_pages.may_open(work, notice)
    pdf = "" if hidden else url_for("notices.document", **here)
    return NoticePage(
        title=notices.TITLES.get(notice.kind, notice.kind),
        reference=notice.reference,
        state=state_tag(notice),
        version=notice.version,
        facts=[*_facts(case, notice), *_in_another_format(work, case, notice)],
        checks=[
            pages.Check(_sentence(check["element"]), check["ok"], check["where"], check["citation"])
            for check in notice.checks
        ],
        gates=gates(work, case, action) if action else [],
        gates_title=_GATE_TITLES.get(step or "", ""),
        changes=_changes(work, notice) if notice.state in _NEXT and facts.amount else None,
        seal=notice.pdf_sha256 or "",
        pdf_url=pdf,
        download_url=pdf and f"{pdf}?download",
        paper_reason=not_yours(work.actor, Permission.READ_CODE) if hidden else "",
        words_url=url_for("notices.words", **here),
        returned_reason=(notice.returned_reason or "") if notice.state == "draft" else "",
        printable=notice.pages is not None,
        unsigned=notice.kind in NEVER_GIVEN and notice.pdf_sha256 is None,
        about_giving=giving_actions.of_notice(work, notice),
        receipt=_receipt(notice),
        sendings=notice_sending.views(work, case, notice),
        why_not=_late(work, notice),
        **_buttons(work, case, notice, action),
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _buttons(work: Work, case: Case, notice: Notice, action: Action | None) -> dict[str, str]:
    """The buttons this person has on this page; the case's action bar says why not others."""
    here: dict[str, Any] = {"reference": case.reference, "notice_id": notice.id}
    open_to = {choice.action for choice in case_services.choices(work, case) if choice.allowed}
    found: dict[str, str] = {}
    if action in open_to and notice.state in _NEXT:
        step = _NEXT[notice.state]
        found[f"{step}_url"] = url_for(f"notices.{step}", **here)
    if notice.kind in notices.ACTIONS:
        known = notices.ACTIONS[notice.kind]
        if notice.state == "draft" and known.draft in open_to:
            found["edit_url"] = url_for(f"notices.{known.draft.value}", reference=case.reference)
        if notice.state in ("submitted", "approved") and known.give_back in open_to:
            found["return_url"] = url_for("notices.give_back", **here)
    if notice.state in ("issued", "failed") and can(work.actor, Permission.RECORD_GIVING):
        found["record_url"] = url_for("giving.record", **here)
    return found


def _late(work: Work, notice: Notice) -> str:
    """Why a notice that waits may no longer be sent as it is."""
    if notice.state not in _NEXT or notice.kind not in notices.ACTIONS:
        return ""
    planned = stored_facts(notice).dated
    return giving.shortfall(work, notice, max(planned, work.today), Method(notice.method)) or ""


def _of_certificate(notice: Notice) -> list[pages.Fact]:
    facts = stored_facts(notice)
    found = [pages.Fact("Drafted", notice.drafted_by_name, moment(notice.drafted_at))]
    if facts.earlier:
        about = notices.TITLES[facts.earlier.kind]
        found.insert(0, pages.Fact("About", about, facts.earlier.reference))
    if facts.unpaid:
        found.append(
            pages.Fact(
                "Not received",
                money(facts.unpaid.unpaid_pence),
                f"by the end of {day(facts.unpaid.not_received_by)}",
            )
        )
    if notice.approved_at:
        signed = notice.approved_by_name or ""
        found.append(pages.Fact("Signed", signed, moment(notice.approved_at)))
    if notice.pages:
        found.append(pages.Fact("Length", plural(notice.pages, "page")))
    return found


def _facts(case: Case, notice: Notice) -> list[pages.Fact]:
    if notice.kind in NEVER_GIVEN:
        return _of_certificate(notice)
    facts = stored_facts(notice)
    to = RecipientChoice.of(notice.recipient)
    method = Method(notice.method)
    proper = judge(case, to, method)
    found = [
        pages.Fact(
            "Given to",
            to.attention or to.name,
            f"{method.by}, {to.email or ', '.join((*to.address, to.postcode))}",
        ),
        pages.Fact("Address", Capacity(to.capacity).words.capitalize(), proper.reason),
        pages.Fact("Planned day of sending", weekday(facts.dated)),
    ]
    if notice.amount_pence is not None:
        found.append(pages.Fact("Amount", money(notice.amount_pence)))
    if facts.period:
        found.append(pages.Fact("Last day to reply, as printed", weekday(facts.period.ends)))
    if facts.payment and facts.appeal:
        found.append(pages.Fact("Pay by, as printed", weekday(facts.payment.pay_by)))
        found.append(pages.Fact("Appeal by, as printed", weekday(facts.appeal.appeal_by)))
    found.append(pages.Fact("Drafted", notice.drafted_by_name, moment(notice.drafted_at)))
    if notice.approved_at:
        found.append(
            pages.Fact("Approved", notice.approved_by_name or "", moment(notice.approved_at))
        )
    if notice.issued_at:
        found.append(pages.Fact("Issued", moment(notice.issued_at)))
    if notice.sent_at and notice.given_on:
        found.append(pages.Fact("Sent", moment(notice.sent_at)))
        found.append(pages.Fact("Taken as given", weekday(notice.given_on), "SI 2022/1175 reg 7"))
    if notice.pages:
        found.append(pages.Fact("Length", plural(notice.pages, "page")))
    return found


def _in_another_format(work: Work, case: Case, notice: Notice) -> list[pages.Fact]:
    """What goes with a notice that is still to be issued, because the provider asked for it."""
    if notice.state not in _NEXT or notice.kind not in notices.ACTIONS:
        return []
    follows = format_wishes.what_follows(work, case, notice)
    return [pages.Fact("In another format", follows)] if follows else []


def _changes(work: Work, notice: Notice) -> Listing | None:
    if State(notice.case.state) is State.CLOSED:
        return None
    rows = [
        {"fact": name.capitalize(), "was": was, "now": now}
        for name, was, now in notice_changes.changes_since(work, notice)
    ]
    return Listing(
        caption="What changed since the draft",
        columns=[Column("fact", "Fact"), Column("was", "On the notice"), Column("now", "Now")],
        rows=rows,
        empty_title="Nothing changed since the draft",
        empty_text="The stored rows still give the same notice.",
    )


def _receipt(notice: Notice) -> Listing | None:
    if not notice.giving_receipt:
        return None
    rows = [
        {
            "day": day(date.fromisoformat(line["day"])),
            "number": line["number"] or "",
            "note": line["note"],
        }
        for line in notice.giving_receipt
    ]
    return Listing(
        caption="How the day of giving was counted",
        columns=[
            Column("day", "Day"),
            Column("number", "Working day", numeric=True),
            Column("note", "Why"),
        ],
        rows=rows,
    )
