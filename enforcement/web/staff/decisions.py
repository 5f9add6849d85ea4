"""The decision page: everything the panel looks at, what is put to it, its votes, its decision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy import select

from enforcement.data.cases import Case
from enforcement.data.decisions import Decision
from enforcement.data.replies import Reply
from enforcement.domain.cases import Action, CaseFacts, Gate, State
from enforcement.domain.cases import gates as table_gates
from enforcement.domain.decisions import Outcome, why_not_vote
from enforcement.domain.permissions import Permission, not_yours
from enforcement.domain.precedents import ENOUGH
from enforcement.domain.refusals import BadInput
from enforcement.domain.replies import TITLES
from enforcement.services import (
    cases,
    decisions,
    declarations,
    evidence_looks,
    findings,
    precedents,
)
from enforcement.services.case_facts import (
    INTENT,
    facts_of,
    live_decision,
    live_notice,
)
from enforcement.services.evidence import KINDS
from enforcement.services.work import Work
from enforcement.web import access, pages
from enforcement.web.filters import day, money
from enforcement.web.staff.case_form import FormPage, answer
from enforcement.web.staff.case_frame import case_frame, place
from enforcement.web.staff.decision_forms import (
    DecideForm,
    DeclareForm,
    SetAsideForm,
    VoteForm,
    findings_of,
    propose_form,
)
from enforcement.web.staff.decision_record import papers_hidden, record_of
from enforcement.web.staff.register_check import news as register_news

bp = Blueprint("decisions", __name__, url_prefix="/cases/<reference>/decision")
BOTH = ["GET", "POST"]
VIEWS = {"accepted": "Accepted", "partly": "Accepted in part", "not_accepted": "Not accepted"}
# “Reasonable excuse” has no definition in the Regulations: what a panel usually weighs.
EXCUSES = (
    "Capacity Tracker was down, or the provider could not get in, and asked for help in time",
    "CQC’s record was wrong and its correction had been asked for",
    "The location was not registered, or not for adult social care, in that month",
    "The location was sold or closed",
    "The data was sent and not recorded",
    "A serious incident at the service",
    "Illness or bereavement of the only person able to send the data",
    "The notice was not received",
)


def _opened(reference: str) -> tuple[Work, Case]:
    work = access.work()
    return work, cases.find(work, reference)


@bp.get("")
@access.needs(Permission.READ_CASES)
def decision(reference: str) -> str:
    work, case = _opened(reference)
    frame = case_frame(work, case, "decision")
    found = live_decision(work.session, case)
    if hidden := papers_hidden(work, case):
        actions = _actions(work, case, found, frame.facts)
        return render_template(
            "staff/decisions/hidden.html", case_frame=frame, hidden=hidden, actions=actions
        )
    earlier = work.session.scalars(
        select(Decision)
        .where(Decision.case_id == case.id, Decision.superseded.is_(True))
        .order_by(Decision.id)
    ).all()
    told = _replies(work, case)
    return render_template(
        "staff/decisions/decision.html",
        case_frame=frame,
        decision=found,
        news=register_news(work, case, frame.facts),
        earlier=earlier,
        records={one.id: record_of(work, one) for one in [*filter(None, [found]), *earlier]},
        similar=_similar(work, case, frame.facts),
        outcomes={o.value: o.label for o in Outcome},
        replies=told,
        looks={
            number: seen
            for reply in told
            for number, seen in evidence_looks.looks(work.session, reply).items()
        },
        views=VIEWS,
        reasons=TITLES,
        excuses=EXCUSES,
        kinds={kind: told[0] for kind, told in KINDS.items()},
        amount=_amount(case),
        amount_lines=(case.amount_trace or {}).get("lines", []),
        checks=_checks(frame.facts, work),
        actions=_actions(work, case, found, frame.facts),
    )


def _similar(work: Work, case: Case, facts: CaseFacts) -> precedents.Similar | None:
    """Past decisions like this one, while it is being decided; None before and after."""
    deciding = facts.state in (State.REPRESENTATIONS, State.PANEL)
    return precedents.similar(work.session, case) if deciding else None


def _replies(work: Work, case: Case) -> Sequence[Reply]:
    return work.session.scalars(
        select(Reply).where(Reply.case_id == case.id).order_by(Reply.received_at)
    ).all()


def _amount(case: Case) -> list[pages.Fact]:
    trace = case.amount_trace or {}
    status = {"confirmed": "Confirmed by CQC", "estimate": "Our own estimate"}
    found = [
        pages.Fact(
            "Amount", money(case.amount_pence), status.get(case.amount_status, case.amount_status)
        )
    ]
    if trace.get("scheme_version"):
        found.append(pages.Fact("Fee scheme", str(trace["scheme_version"])))
    if trace.get("evidence"):
        found.append(pages.Fact("Evidence", str(trace["evidence"])))
    if trace.get("difference"):
        found.append(pages.Fact("Difference", str(trace["difference"])))
    return found


TITLES_OF_GATES = {
    "intent_given": "Notice of intent given",
    "period_over": "Period for representations over",
    "replies_answered": "Every point answered",
    "in_time_to_decide": "In time to decide",
    "quorum_for": "Votes to impose",
    "findings_recorded": "Reasons and finding recorded",
    "panel_apart": "Panel apart from drafter and approver",
    "not_public_body": "Not a public body",
    "not_on_hold": "Not on hold",
}


def _checks(facts: CaseFacts, work: Work) -> list[pages.Check]:
    """What must hold before a penalty is decided, as ticks and crosses; none once decided."""
    if facts.state not in (State.REPRESENTATIONS, State.PANEL):
        return []
    found = table_gates(Action.DECIDE_IMPOSE, facts, work.today)
    return [_check(gate) for gate in found]


def _check(gate: Gate) -> pages.Check:
    return pages.Check(TITLES_OF_GATES[gate.name], gate.ok, gate.sentence, gate.rule)


def _actions(
    work: Work, case: Case, found: Decision | None, facts: CaseFacts
) -> list[pages.Action]:
    if facts.state not in (State.REPRESENTATIONS, State.PANEL):
        return []
    undecided = found is not None and found.outcome is None
    voted = undecided and found is not None and bool(found.votes)
    shown = [_propose(work, case, facts, voted)]
    if not undecided or found is None or facts.state is not State.PANEL:
        return shown
    return [
        *shown,
        _aside(work, case),
        _vote(work, case, found, facts),
        *(_decide(work, case, action) for action in (Action.DECIDE_IMPOSE, _NO)),
    ]


_NO = Action.DECIDE_NO_PENALTY


def _propose(work: Work, case: Case, facts: CaseFacts, voted: bool) -> pages.Action:
    reasons = [s for s in [not_yours(work.actor, Permission.PROPOSE_DECISION)] if s]
    if facts.state is State.REPRESENTATIONS:
        gates = table_gates(Action.START_PANEL, facts, work.today)
        reasons += [gate.sentence for gate in gates if not gate.ok]
    if voted:
        reasons.append("Members have voted: set aside what is before the panel first.")
    url = place("decisions.propose", reference=case.reference)
    return pages.Action("Put to the panel", url, primary=True, reason=" ".join(reasons))


def _aside(work: Work, case: Case) -> pages.Action:
    reason = not_yours(work.actor, Permission.PROPOSE_DECISION)
    url = place("decisions.set_aside", reference=case.reference)
    return pages.Action("Set aside what is before the panel", url, reason=reason)


def _vote(work: Work, case: Case, found: Decision, facts: CaseFacts) -> pages.Action:
    voted = frozenset(v.member for v in found.votes)
    why = why_not_vote(facts.people, work.actor, found.proposed_by, voted) or ""
    reason = not_yours(work.actor, Permission.DECIDE) or why
    if not reason and declarations.declared(work.session, found, work.actor.identity) is None:
        url = place("decisions.declare", reference=case.reference)
        return pages.Action("Declare your interests", url, primary=True)
    url = place("decisions.vote", reference=case.reference)
    return pages.Action("Vote", url, primary=True, reason=reason)


def _decide(work: Work, case: Case, action: Action) -> pages.Action:
    choice = next(c for c in cases.choices(work, case) if c.action is action)
    url = place("decisions.decide", reference=case.reference)
    return pages.Action(action.label, url, reason=" ".join(choice.reasons))


def _page(case: Case, title: str, **more: Any) -> FormPage:
    back = url_for("decisions.decision", reference=case.reference)
    return FormPage(title, tab="decision", back=back, **more)


def _words(work: Work, found: Decision | None) -> list[tuple[str, str]]:
    return list(record_of(work, found).passages) if found else []


@bp.route("/propose", methods=BOTH)
@access.needs(Permission.PROPOSE_DECISION)
def propose(reference: str) -> Any:
    work, case = _opened(reference)
    intent = live_notice(work.session, case, INTENT)
    asked = findings.asked(work.session, case, intent)
    past = precedents.similar(work.session, case)
    compared = past.imposed + past.spared >= ENOUGH
    form = propose_form(asked, findings.points_of(work.session, case), compared=compared)()
    found = live_decision(work.session, case)
    if not form.is_submitted() and found is not None and found.outcome is None:
        form.recommendation.data = found.recommendation
        form.reasons.data, form.excuse_finding.data = found.reasons, found.excuse_finding

    def act() -> None:
        decisions.propose(
            work,
            case,
            form.recommendation.data,
            form.reasons.data,
            form.excuse_finding.data,
            form.read_version,
            made=findings_of(form, asked),
            differs=(form["differs"].data or "") if compared else "",
        )

    intro = "Members vote on exactly these words. Once one has voted they cannot be changed."
    note = (
        f"Similar decisions so far: {past.imposed} to impose, {past.spared} against. Their "
        "findings are on the decision page."
        if compared
        else ""
    )
    page = _page(case, "Put to the panel", intro=intro, note=note)
    return answer(work, case, form, page, act, "The case is before the panel.")


@bp.route("/set-aside", methods=BOTH)
@access.needs(Permission.PROPOSE_DECISION)
def set_aside(reference: str) -> Any:
    work, case = _opened(reference)
    form = SetAsideForm()

    def act() -> None:
        decisions.set_aside(work, case, form.reason.data, form.read_version)

    intro = "The words and the votes stay on record and no longer count."
    page = _page(case, "Set aside what is before the panel", intro=intro)
    return answer(work, case, form, page, act, "Set aside.")


@bp.route("/declare", methods=BOTH)
@access.needs(Permission.DECIDE)
def declare(reference: str) -> Any:
    """Interests, before anything of the papers is shown: only who and where it is about."""
    work, case = _opened(reference)
    form = DeclareForm()

    def act() -> None:
        connected, conflict = form.connected.data == "yes", (form.conflict.data or "").strip()
        if connected != bool(conflict):
            raise BadInput(
                "Say what connects you with this provider."
                if connected
                else "You wrote what connects you: answer yes, or empty the box."
            )
        decisions.declare(work, case, conflict)

    page = _page(
        case,
        "Declare your interests",
        intro="You see the papers once you have declared. A member with a conflict of interest "
        "stands aside and is recorded as having done so.",
        passages=_about(case),
    )
    return answer(work, case, form, page, act, "Declared.")


def _about(case: Case) -> list[tuple[str, str]]:
    """Whom the case is about: what a member needs to see a conflict, and nothing else."""
    places = sorted({miss.duty.location.name for miss in case.misses})
    shown = [("Provider", f"{case.provider.name} ({case.provider.cqc_id})")]
    return [*shown, ("Places", "\n".join(places))] if places else shown


@bp.route("/vote", methods=BOTH)
@access.needs(Permission.DECIDE)
def vote(reference: str) -> Any:
    work, case = _opened(reference)
    if papers_hidden(work, case):
        return redirect(url_for("decisions.decision", reference=case.reference), 303)
    form = VoteForm()
    found = live_decision(work.session, case)

    def act() -> None:
        decisions.vote(
            work,
            case,
            form.vote.data,
            form.reasons.data or "",
            form.conflict.data or "",
            seen_sha256=seen,
        )

    # What the member was shown decides, and the page now shows the words in force.
    seen = form.shown.data or ""
    form.shown.data = found.reasons_sha256 if found else ""
    note = f"You vote on these words; their seal is {form.shown.data[:16]}." if found else ""
    page = _page(case, "Vote", passages=_words(work, found), note=note)
    return answer(work, case, form, page, act, "Your vote is recorded.")


@bp.route("/decide", methods=BOTH)
@access.needs(Permission.DECIDE, password_again=True)
def decide(reference: str) -> Any:
    work, case = _opened(reference)
    if papers_hidden(work, case):
        return redirect(url_for("decisions.decision", reference=case.reference), 303)
    form = DecideForm()
    found = live_decision(work.session, case)

    def act() -> None:
        decisions.decide(work, case, form.outcome.data, form.read_version)

    facts = facts_of(work, case)
    until = f" The last day to impose a penalty is {day(facts.decide_by)}."
    tally = f"{facts.votes_for} to impose, {facts.votes_against} against, quorum {facts.quorum}."
    page = _page(case, "Record the decision", passages=_words(work, found), note=tally + until)
    return answer(work, case, form, page, act, "The decision is recorded.")
