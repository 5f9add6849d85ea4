"""The history in words: the facts stand in the rows, the words for people are made here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from enforcement.data.history import Event, EventText
from enforcement.domain.calendar import calendar_words
from enforcement.domain.clocks import ClockKind
from enforcement.domain.permissions import ROLE_TITLES, Role, who
from enforcement.domain.words import day, pounds, with_moments
from enforcement.services import coded_facts

By = Literal["person", "system", "provider"]
GROUPS: dict[str, str] = {
    "case": "Case",
    "notices": "Notices and giving",
    "replies": "Replies",
    "decision": "Decision",
    "money": "Money and appeal",
    "files": "Files and windows",
    "settings": "Policies",
    "access": "Accounts and access",
    "history": "The history itself",
}


@dataclass(frozen=True)
class Words:
    """How a kind of event is told: its group, its sentence, and the fact that ends it.

    `listed` is its name in a list of kinds, for a sentence that is none without its fact."""

    group: str
    title: str
    tail: str = ""
    listed: str = ""

    @property
    def name(self) -> str:
        return self.listed or _DANGLING.sub("", self.title)


_DANGLING = re.compile(r"[,;] ((given|due) )?(on|due|about|until)$")


WORDS: dict[str, Words] = {
    "account_created": Words("access", "Account made", "username"),
    "account_changed": Words("access", "Account changed", "username"),
    "account_disabled": Words("access", "Account disabled", "username"),
    "signed_in": Words("access", "Signed in", "username"),
    "sign_in_refused": Words("access", "Sign-in refused", "username"),
    "signed_out": Words("access", "Signed out", "username"),
    "policy_proposed": Words("settings", "Policy proposed"),
    "policy_approved": Words("settings", "Policy approved"),
    "file_loaded": Words("files", "File loaded", "kind"),
    "file_held": Words("files", "File held back for a person to decide", "kind"),
    "file_released": Words("files", "Held file released", "kind"),
    "register_changed": Words("files", "Register changed"),
    "window_opened": Words("files", "Window set", "window"),
    "window_overridden": Words("files", "Window changed from its usual dates", "window"),
    "feed_completed": Words("files", "Feed called complete", "window"),
    "public_body_reviewed": Words("files", "Reviewed whether the provider is a public body"),
    "presence_recorded": Words("files", "Found still registered, though left out of a file"),
    "dual_registration_settled": Words("files", "Settled who is answerable at a shared location"),
    "correction_proposed": Words("files", "Correction of a return proposed"),
    "return_corrected": Words("files", "Return corrected"),
    "run_previewed": Words("files", "Run previewed", "window"),
    "run_approved": Words("files", "Run approved", "window"),
    "run_refused": Words("files", "Run refused", "window"),
    "issue_run_made": Words("notices", "Issue run made"),
    "issue_items_drafted": Words("notices", "Notices of an issue run drafted"),
    "issue_items_refused": Words("notices", "Notices of an issue run that could not be drafted"),
    "issue_run_frozen": Words("notices", "Issue run frozen: its manifest is sealed"),
    "issue_items_looked": Words("notices", "Notices of an issue run looked at", "how"),
    "issue_run_approved": Words("notices", "Issue run approved"),
    "issue_run_started": Words("notices", "Issuing of the run began"),
    "issue_items_issued": Words("notices", "Notices of an issue run issued"),
    "issue_items_held": Words("notices", "Notices of an issue run held for a person"),
    "issue_item_returned": Words("notices", "Notice taken out of an issue run", "reason"),
    "issue_item_retried": Words("notices", "Notice of an issue run tried again", "case"),
    "issue_run_paused": Words("notices", "Issue run paused", "reason"),
    "issue_run_resumed": Words("notices", "Issue run resumed"),
    "issue_run_cancelled": Words("notices", "Issue run: what was left is cancelled", "reason"),
    "issue_run_done": Words("notices", "Issue run done"),
    "print_file_made": Words("notices", "Print file of an issue run made"),
    "print_file_posted": Words("notices", "Letters of a print file recorded as posted"),
    "case_opened": Words("case", "Case opened: threshold met"),
    "case_assigned": Words("case", "Assigned to", "officer_name", "Assigned to an officer"),
    "case_noted": Words("case", "Note added"),
    "contact_logged": Words("case", "Contact logged", "channel"),
    "hold_started": Words("case", "Put on hold", "category"),
    "hold_ended": Words("case", "Hold released"),
    "amount_entered": Words("money", "CQC’s figure entered, to be checked", "pence"),
    "amount_confirmed": Words("money", "CQC’s figure checked and recorded", "pence"),
    "amount_turned_down": Words("money", "CQC’s figure turned down", "pence"),
    "amount_recomputed": Words("money", "Amount recomputed", "pence"),
    "register_checked": Words("case", "Register checked"),
    "clock_started": Words("case", "Deadline set", "clock"),
    "intent_drafted": Words("notices", "Notice of intent drafted"),
    "intent_submitted": Words("notices", "Notice of intent sent for approval"),
    "intent_returned": Words("notices", "Notice of intent returned to its drafter"),
    "intent_approved": Words("notices", "Notice of intent approved and sealed"),
    "intent_issued": Words("notices", "Notice of intent issued"),
    "intent_given": Words("notices", "Notice of intent sent; given on", "given_on"),
    "panel_started": Words("decision", "Passed to the panel"),
    "decision_proposed": Words("decision", "Decision put to the panel", "recommendation"),
    "decision_superseded": Words("decision", "Decision superseded"),
    "panel_declared": Words("decision", "Panel member declared interests"),
    "panel_voted": Words("decision", "Panel member voted", "vote"),
    "penalty_decided": Words("decision", "Decided to impose a penalty"),
    "no_penalty_decided": Words("decision", "Decided on no penalty"),
    "final_drafted": Words("notices", "Final notice drafted"),
    "final_submitted": Words("notices", "Final notice sent for approval"),
    "final_returned": Words("notices", "Final notice returned to its drafter"),
    "final_approved": Words("notices", "Final notice approved and sealed"),
    "final_issued": Words("notices", "Final notice issued"),
    "final_given": Words("notices", "Final notice sent; given on", "given_on"),
    "letter_issued": Words("notices", "Letter issued", "kind"),
    "copy_sent": Words("notices", "Copy sent out", "format"),
    "certificate_drafted": Words("money", "Certificate of non-payment drafted", "notice"),
    "certificate_signed": Words("money", "Certificate of non-payment signed", "notice"),
    "certificate_discarded": Words("money", "Certificate of non-payment discarded", "notice"),
    "certificate_made": Words("notices", "Certificate of giving made, about", "about"),
    "letter_given": Words("notices", "Letter sent; given on", "given_on"),
    "sending_failed": Words("notices", "Sending failed"),
    "sending_uncertain": Words("notices", "Sending uncertain: a person must settle it"),
    "delivery_reported": Words("notices", "Told what became of a sending", "stage"),
    "sending_settled": Words("notices", "Uncertain sending settled", "settled_as"),
    "giving_doubted": Words("notices", "Giving put in doubt", "reason"),
    "giving_settled": Words("notices", "Giving shown to be good: the doubt is settled"),
    "giving_proposed": Words("notices", "Giving: put to a second person", "kind"),
    "giving_proposal_settled": Words("notices", "Giving: the second person’s answer", "outcome"),
    "giving_corrected": Words("notices", "Found given on another day, on", "given_on"),
    "task_opened": Words("case", "Task opened", "kind"),
    "task_closed": Words("case", "Task closed", "kind"),
    "notice_withdrawn": Words("notices", "Notice withdrawn"),
    "case_restarted": Words("case", "Case started again with a new notice of intent"),
    "case_closed": Words("case", "Case closed", "reason"),
    "case_reopened": Words("case", "Case reopened"),
    "link_issued": Words("replies", "Reply link issued"),
    "link_revoked": Words("replies", "Reply link revoked"),
    "link_opened": Words("replies", "Reply link opened"),
    "post_told": Words("notices", "Email: a letter was posted", "notice"),
    "link_asked_for": Words("replies", "Reply link asked for again", "answer"),
    "link_taken_up": Words("replies", "New reply link used: the earlier one ended"),
    "case_proven": Words("replies", "Opened beside another case by its code", "beside"),
    "contact_changed": Words("replies", "The provider said whom we should write to"),
    "link_locked": Words("replies", "Reply link locked after wrong codes"),
    "evidence_received": Words("replies", "Evidence received"),
    "reply_received": Words("replies", "Reply received", "reply"),
    "reply_read": Words("replies", "Reply read", "reply"),
    "return_code_made": Words("replies", "Code to come back to a reply made"),
    "time_requested": Words("replies", "More time asked for"),
    "format_requested": Words("replies", "Another format or help asked for"),
    "format_noted": Words("case", "The provider asked for letters in another way", "format"),
    "reply_point_added": Words("replies", "Point of a reply noted"),
    "reply_point_answered": Words("replies", "Point of a reply answered", "view"),
    "reply_file_opened": Words("replies", "File of a reply opened", "reply"),
    "question_asked": Words("replies", "Question asked of the provider, due", "due_on"),
    "question_closed": Words("replies", "Question to the provider closed"),
    "period_extended": Words("replies", "More time for representations, until", "ends_on"),
    "concern_routed": Words("replies", "Concern passed on", "kind"),
    "penalty_raised": Words("money", "Penalty raised", "pence"),
    "ledger_entered": Words("money", "Entered in the ledger", "kind"),
    "bank_file_posted": Words("money", "Matched lines of a bank file posted", "pence"),
    "bank_line_matched": Words("money", "Bank line matched by a person", "pence"),
    "bank_line_set_aside": Words("money", "Bank line set aside", "pence"),
    "bank_line_reopened": Words("money", "Bank line waits again", "pence"),
    "bank_line_undone": Words("money", "Posting of a bank line undone", "pence"),
    "write_off_asked": Words("money", "Write-off put to a second person", "pence"),
    "write_off_settled": Words("money", "Write-off answered", "outcome"),
    "remittance_sent": Words("money", "Sent to the Consolidated Fund", "pence"),
    "appeal_lodged": Words("money", "Appeal lodged", "lodged_on"),
    "appeal_confirmed": Words("money", "Appeal ended: the penalty stands"),
    "appeal_varied": Words("money", "Appeal ended: the penalty stands in another amount", "pence"),
    "appeal_step_recorded": Words("money", "Appeal", "step", "Step of an appeal"),
    "direction_given": Words("money", "Direction of the tribunal, due on", "due_on"),
    "direction_extended": Words("money", "Direction given more time, due on", "due_on"),
    "direction_ended": Words("money", "Direction ended", "how"),
    "court_ordered": Words("money", "County court ordered", "pence"),
    "court_refused": Words("money", "County court refused the application"),
    "appeal_quashed": Words("money", "Appeal ended: the penalty is quashed"),
    "recovery_started": Words("money", "Recovery started"),
    "court_applied": Words("money", "Applied to the county court"),
    "bundle_ordered": Words("money", "Edition of a bundle asked for", "pack"),
    "bundle_made": Words("money", "Edition of a bundle made", "edition"),
    "bundle_redacted": Words("money", "Redaction marked in a bundle", "redaction"),
    "bundle_redaction_lifted": Words("money", "Redaction of a bundle lifted", "redaction"),
    "bundle_addition_kept": Words("money", "Late document kept for a bundle", "title"),
    "checkpoint_signed": Words("history", "Checkpoint signed"),
    "history_verified": Words("history", "History verified"),
    "text_erased": Words("history", "Personal text erased lawfully"),
}
# Facts whose name alone would not tell a reader what they are.
NAMES = {
    "sha256": "File’s SHA-256",
    "pdf_sha256": "Document’s SHA-256",
    "facts_sha256": "Facts’ SHA-256",
    "reasons_sha256": "Reasons’ SHA-256",
    "pence": "Amount",
    "balance": "Balance",
    "rows_in": "Rows in",
    "window": "Window",
    "at": "When",
    "on": "Day",
    "policy": "Policy row",
    "task": "Task number",
    "note": "Note number",
    "generation": "Link number",
    "method": "Way of giving",
    "drift": "Changed in the register",
    "consumed": "Misses used up",
    "pence_unknown": "Without an amount",
}
# Made by the machine for itself. It stands in the exported lines, with every fact as it is stored.
UNTOLD = {"key"}
CLOCKS = {
    ClockKind.REPRESENTATIONS.value: "representations end",
    ClockKind.DECISION.value: "decide by",
    ClockKind.PAYMENT.value: "payment due",
    ClockKind.APPEAL.value: "appeal by",
    ClockKind.APPEAL_RESPONSE.value: "response to the appeal",
    ClockKind.DIRECTION.value: "direction of the tribunal",
    ClockKind.HEARING.value: "hearing",
    ClockKind.ONWARD_APPEAL.value: "time for going on with the appeal",
    ClockKind.RECOVERY.value: "next step of recovery",
    ClockKind.COURT_ORDER.value: "payment ordered by the court",
}
MONEY = {"pence", "balance", "amount_pence", "refund_pence"}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MONTH = re.compile(r"\d{4}-\d{2}")
_STAFF = re.compile(r"staff:\w+")
_CODE = re.compile(r"[a-z]+([_-][a-z]+)+")


@dataclass(frozen=True)
class Said:
    """A personal text of an event: its words, or when and on whose authority it was erased."""

    name: str
    text: str
    erased: bool


@dataclass(frozen=True)
class Told:
    """One event in words, with everything a reader needs to check it."""

    id: int
    stream: str
    number: int
    kind: str
    group: str
    title: str
    at: datetime
    who: str
    identity: str
    capacity: str
    by: By
    facts: tuple[tuple[str, str], ...]
    texts: tuple[Said, ...]
    hash: str
    previous: str


def tell(event: Event, texts: Iterable[EventText] = ()) -> Told:
    """One event in words. A kind without words of its own is told by its name."""
    body = json.loads(event.body)
    words = WORDS.get(event.kind) or Words("case", _sentence(event.kind))
    facts = coded_facts.in_words(event.kind, body["facts"])
    tail = value_words(words.tail, facts.pop(words.tail)) if words.tail in facts else ""
    join = " " if words.title.endswith((" on", " to", " about", " due", " until")) else ": "
    return Told(
        id=event.id,
        stream=event.stream,
        number=event.seq,
        kind=event.kind,
        group=words.group,
        title=f"{words.title}{join}{tail}" if tail else words.title,
        at=event.at,
        who=who(body["actor"], body["actor_name"]),
        identity=body["actor"],
        capacity=_capacity(body["role"]),
        by=_by(body["actor"]),
        facts=tuple(_pairs(facts)),
        texts=tuple(_said(text) for text in texts),
        hash=event.hash,
        previous=body["previous"],
    )


def tell_all(session: Session, events: Sequence[Event]) -> list[Told]:
    """Several events in words, their texts read in one statement."""
    texts: dict[int, list[EventText]] = {}
    wanted = select(EventText).where(EventText.event_id.in_([e.id for e in events]))
    for text in session.scalars(wanted.order_by(EventText.event_id, EventText.name)):
        texts.setdefault(text.event_id, []).append(text)
    return [tell(event, texts.get(event.id, ())) for event in events]


def _capacity(role: str) -> str:
    return ROLE_TITLES[Role(role)] if role in list(Role) else ""


def _by(actor: str) -> By:
    if actor.startswith("system:"):
        return "system"
    return "provider" if actor.startswith("provider:") else "person"


def _said(text: EventText) -> Said:
    if text.erased_at is not None:
        when = day(text.erased_at.date())
        return Said(text.name, f"Erased lawfully on {when}: {text.erased_authority}", True)
    return Said(text.name, text.text or "", False)


def _pairs(facts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Facts as pairs of words; what changed is told as before and after."""
    for name, value in facts.items():
        if name == "changes" and isinstance(value, list) and len(value) == 2:
            yield "Before", value_words("", value[0])
            yield "After", value_words("", value[1])
        elif value not in (None, "", [], {}) and name not in UNTOLD:
            yield _name(name), value_words(name, value)


def _name(name: str) -> str:
    if name not in NAMES and name.endswith("_sha256"):
        return f"{_sentence(name.removesuffix('_sha256'))}: SHA-256"
    return NAMES.get(name) or _sentence(name)


def value_words(name: str, value: Any) -> str:
    """A fact's value as people read it: days in words, pence as pounds, codes as words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return pounds(value) if name in MONEY else f"{value}"
    if isinstance(value, str):
        return _text_words(name, value)
    if isinstance(value, dict):
        told = {k: v for k, v in value.items() if v not in (None, "", [], {})}
        return ", ".join(f"{_part(k)} {value_words(k, v)}" for k, v in told.items())
    if isinstance(value, list):
        return ", ".join(value_words(name, one) for one in value) or "none"
    return "none"


def _part(name: str) -> str:
    words = _name(name)
    return f"{words[0].lower()}{words[1:]}"


def _text_words(name: str, value: str) -> str:
    if _DAY.fullmatch(value):
        return day(date.fromisoformat(value))
    if _MONTH.fullmatch(value):
        return f"{date.fromisoformat(value + '-01'):%B %Y}"
    if name == "clock":
        return CLOCKS.get(value, value.replace("_", " "))
    if name == "calendar":
        return calendar_words(value)
    if _STAFF.fullmatch(value):
        return f"staff number {value.removeprefix('staff:')}"
    return re.sub("[_-]", " ", value) if _CODE.fullmatch(value) else with_moments(value)


def _sentence(name: str) -> str:
    return name.replace("_", " ").capitalize()
