"""Giving again: a notice withdrawn in writing and a new one drafted, in one transaction.

There is no power to amend a notice (SI 2022/1175 reg 7): one that was given to the wrong address,
failed or says something wrong is withdrawn, and a new one is given with its own reference and
fresh periods. An officer prepares it, a second person with the right to withdraw agrees; the new
draft is the officer's and goes through approval and issue like any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select

from enforcement.data.giving import GivingProposal
from enforcement.data.notices import Notice
from enforcement.data.payments import Appeal
from enforcement.domain.calendar import local_date
from enforcement.domain.cases import State
from enforcement.domain.gates import decided_in_time
from enforcement.domain.giving import Method, Proper
from enforcement.domain.payments import RECEIVED
from enforcement.domain.permissions import Actor, Role
from enforcement.domain.refusals import BadInput, WrongState
from enforcement.domain.words import day, pounds
from enforcement.services import amounts, drift, letters, notices, proposals, recipients, restarts
from enforcement.services.case_facts import (
    FINAL,
    INTENT,
    facts_of,
    live_decision,
    live_notice,
    penalty_of,
)
from enforcement.services.doubting import in_doubt, may_have_left
from enforcement.services.recipients import RecipientChoice, judge, require_proper
from enforcement.services.sending import Enqueue
from enforcement.services.work import Work

_OUT = ("issued", "given", "failed")


@dataclass(frozen=True)
class Known:
    """An address known of the provider today: by which ways it is proper, and if it was used."""

    choice: RecipientChoice
    ways: tuple[Method, ...]
    reason: str
    used: bool


@dataclass(frozen=True)
class Outlook:
    """What giving again would do, line by line; `refused` says why it cannot be done."""

    happens: tuple[str, ...]
    refused: str = ""


def known(work: Work, notice: Notice) -> tuple[Known, ...]:
    """The addresses that today's register and the contacts name, judged by reg 7 for each way.

    The one the notice went to is marked: it is not hidden, for it may still be the only one.
    """
    went_to = RecipientChoice.of(notice.recipient)
    return tuple(
        _known(notice, choice, went_to) for choice in recipients.choices(work.session, notice.case)
    )


def _known(notice: Notice, choice: RecipientChoice, went_to: RecipientChoice) -> Known:
    judged: list[tuple[Method, Proper]] = [
        (method, judge(notice.case, choice, method)) for method in Method
    ]
    ways = tuple(method for method, proper in judged if proper.ok)
    reasons = [proper.reason for _, proper in judged if proper.ok == bool(ways)]
    same = (choice.email, choice.address, choice.postcode) == (
        went_to.email,
        went_to.address,
        went_to.postcode,
    )
    return Known(choice, ways, reasons[0], same)


def outlook(work: Work, notice: Notice) -> Outlook:
    """What would happen if this notice was withdrawn and given again now. Changes nothing."""
    refused = next(_refusals(work, notice), "")
    return Outlook(tuple(_happens(work, notice)) if not refused else (), refused)


def _refusals(work: Work, notice: Notice) -> Iterator[str]:
    case, state = notice.case, State(notice.case.state)
    if notice.kind not in (INTENT, FINAL):
        yield "Only a notice of intent or a final notice is given again. A letter is sent again."
        return
    if notice.state not in _OUT:
        yield "This notice is not out: a draft is returned or drafted again, not withdrawn."
        return
    if state in (State.CLOSED, State.APPEALED, State.NO_PENALTY):
        yield f"A notice is not given again while the case is “{state.label}”."
    held = next((h for h in case.holds if h.ends_on is None and h.category != "giving"), None)
    if held is not None:
        yield "The case is on hold for another reason: release the hold first."
    if received := _received(work, notice):
        yield (
            f"{pounds(received)} was received under the final notice. Withdraw and repay it "
            "first, or take the payment as showing that the notice was given."
        )
    if notice.kind == FINAL:
        yield from _final_refusals(work, notice)


def _received(work: Work, notice: Notice) -> int:
    """Money that came in and was not given back or reversed, in pence."""
    penalty = penalty_of(work.session, notice.case)
    if penalty is None or live_notice(work.session, notice.case, FINAL) is None:
        return 0
    undone = {entry.id: entry.kind for entry in penalty.entries}
    return -sum(
        entry.pence
        for entry in penalty.entries
        if undone.get(entry.reverses_id or 0, entry.kind) in RECEIVED
    )


def _final_refusals(work: Work, notice: Notice) -> Iterator[str]:
    facts = facts_of(work, notice.case)
    stands = decided_in_time(facts, work.today)
    if not stands.ok:
        yield (
            f"{stands.sentence} A final notice rests on a decision made in time (SI 2022/1175 "
            "reg 6), so it cannot be replaced: withdraw everything, and start again with a new "
            "notice of intent."
        )
    if any(appeal.outcome for appeal in _against(work, notice)):
        yield "The tribunal has dealt with an appeal against this notice, so it stands as it is."
    intent = live_notice(work.session, notice.case, INTENT)
    doubted = in_doubt(work, notice.case)
    if intent is not None and doubted == intent.reference:
        yield (
            f"The giving of {doubted} is in doubt, and the final notice rests on it: settle that, "
            "or give the notice of intent again."
        )


def _happens(work: Work, notice: Notice) -> Iterator[str]:
    case = notice.case
    ended = [notice]
    if notice.kind == INTENT and (final := live_notice(work.session, case, FINAL)) is not None:
        ended.append(final)
    for one in ended:
        if one.issued_at is None:
            yield f"{one.reference} was never issued: it is discarded."
        elif may_have_left(work, one):
            yield f"{one.reference} is withdrawn in writing, to the same person (reg 7)."
        else:
            yield f"{one.reference} never left: it ends without a letter."
    if case.giving_in_doubt:
        yield "The doubt about giving ends, with its hold and its tasks."
    decision = live_decision(work.session, case)
    penalty = penalty_of(work.session, case)
    if notice.kind == FINAL and decision is not None:
        if penalty is not None:
            yield f"The penalty of {pounds(penalty.pence)} is cancelled; a new one is raised later."
        yield (
            f"The decision of {day(decision.decided_on)} stands: it was made in time, and the law "
            "gives no last day for the final notice. The register and the amount are looked at "
            "again today."
        )
    elif decision is not None:
        yield "What was put to the panel or decided is set aside; the provider is heard again."
    yield (
        "A new notice is drafted with its own reference, counted from its own day of sending. It "
        "is then approved and issued like any other."
    )


def _against(work: Work, notice: Notice) -> list[Appeal]:
    """The appeals against this very notice: those made since it was issued."""
    since = local_date(notice.issued_at) if notice.issued_at else work.today
    made = select(Appeal).where(Appeal.case_id == notice.case_id, Appeal.lodged_on >= since)
    return list(work.session.scalars(made))


@dataclass(frozen=True)
class Ask:
    """How a notice is to be given again; `period_days` are calendar days."""

    recipient: RecipientChoice
    method: Method
    send_on: date
    period_days: int


def propose(work: Work, notice: Notice, ask: Ask, reason: str) -> GivingProposal:
    """Prepare giving again: to whom, how, when and why. A second person agrees.

    `reason` is read by the provider in the withdrawal. Refuses WrongState (see `outlook`),
    NoProperAddress, BadInput, NotAllowed.
    """
    work.require(proposals.PROPOSES[proposals.GIVE_AGAIN])
    _refuse(work, notice)
    require_proper(notice.case, ask.recipient, ask.method)
    if ask.send_on < work.today:
        raise BadInput("The planned day of sending is in the past.")
    if not reason.strip():
        raise BadInput("Say why the notice is withdrawn and given again.")
    asked = {
        "recipient": ask.recipient.stored(),
        "method": ask.method.value,
        "send_on": ask.send_on.isoformat(),
        "period_days": ask.period_days,
        "roles": sorted(role.value for role in work.actor.roles),
    }
    return proposals.put_up(work, notice, proposals.GIVE_AGAIN, asked, reason)


def asked_of(row: GivingProposal) -> Ask:
    """How a proposal asks the notice to be given again."""
    return Ask(
        RecipientChoice.of(row.asked["recipient"]),
        Method(row.asked["method"]),
        date.fromisoformat(row.asked["send_on"]),
        int(row.asked["period_days"]),
    )


def agree(work: Work, row: GivingProposal, enqueue: Enqueue, version: int | None = None) -> Notice:
    """A second person agrees: the old notice is withdrawn and the new one drafted, at once.

    The withdrawal is the agreeing person's, the draft the preparing officer's: every value in it
    is theirs, and they may take no approver's part later. A planned day that went by becomes
    today. Refuses SamePerson, StaleVersion, NotAllowed, WrongState (see `outlook`), and every
    gate of drafting; then nothing at all is done.
    """
    proposals.agreed(work, row, version)
    notice, case, ask = row.notice, row.case, asked_of(row)
    _refuse(work, notice)
    drafting = replace(work, actor=_drafter(row))
    lost = case.giving_in_doubt or notice.state == "failed"
    to = (ask.recipient, ask.method) if lost else None
    send_on = max(ask.send_on, work.today)
    plan = (ask.recipient, ask.method, send_on, ask.period_days)
    if notice.kind == INTENT:
        letters.withdraw(work, case, row.words, True, enqueue, sent_to=to)
        restarts.restart(drafting, case, row.words)
        return notices.draft_intent(drafting, case, *plan)
    ends = letters.FINAL_ONLY
    letters.withdraw(work, case, row.words, True, enqueue, ends=ends, sent_to=to)
    if case.register_checked_on != work.today:
        drift.check_register(drafting, case)
    amounts.recompute(drafting, case)
    return notices.draft_final(drafting, case, *plan)


def _refuse(work: Work, notice: Notice) -> None:
    if refused := outlook(work, notice).refused:
        raise WrongState(refused)


def _drafter(row: GivingProposal) -> Actor:
    """The officer who prepared it, with the roles held then."""
    roles = frozenset(Role(role) for role in row.asked["roles"])
    return Actor(row.proposed_by, row.proposed_by_name, roles)
