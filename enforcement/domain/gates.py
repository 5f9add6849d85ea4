"""The gates: pure checks of a case's facts, each with a sentence and the rule it rests on.

A gate answers for ticks and crosses alike, so that the same sentence stands in the refusal, on
the screen beside the greyed action and in the gate before money.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from enforcement.domain.gate_facts import CaseFacts, Gate
from enforcement.domain.words import day

__all__ = ["CaseFacts", "Gate"]  # passed on, beside what is written here

Guard = Callable[[CaseFacts, date], Gate]


def _gate(name: str, ok: bool, yes: str, no: str, rule: str = "") -> Gate:
    return Gate(name, ok, yes if ok else no, rule)


REG2 = "SI 2022/1175 reg 2"
REG3 = "SI 2022/1175 reg 3"
REG4 = "SI 2022/1175 reg 4(2)"
REG5 = "SI 2022/1175 reg 5"
REG6 = "SI 2022/1175 reg 6"
REG7 = "SI 2022/1175 reg 7"
REG8 = "SI 2022/1175 reg 8"
REG9 = "SI 2022/1175 reg 9"


def not_public_body(f: CaseFacts, today: date) -> Gate:
    if f.public_body:
        return Gate("not_public_body", False, "The provider is a public body.", REG2)
    return _gate(
        "not_public_body",
        f.public_body_cleared,
        "Reviewed: not a public body.",
        "Nobody has recorded, with evidence, that the provider is not a public body.",
        REG2,
    )


def still_registered(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "still_registered",
        f.registered_today,
        "The provider is registered today.",
        "The register shows the provider as no longer registered.",
        "2012 Act s.277A",
    )


def exclusions_clear(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "exclusions_clear",
        f.exclusions_clear,
        "Every exclusion was tested and none applies.",
        "An exclusion applies: see why this case exists.",
        REG2,
    )


def one_liable_provider(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "one_liable_provider",
        not f.dual_registration_open,
        "One provider is answerable for each miss.",
        "Two providers are registered at a location: a person must record which is answerable.",
        REG2,
    )


def amount_known(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "amount_known",
        f.amount_known,
        "The proposed amount is worked out.",
        "The amount cannot be worked out: a number is missing, or CQC's figure is not recorded.",
        REG3,
    )


def proper_address(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "proper_address",
        f.proper_address,
        "The recipient and address are proper for this kind of person.",
        "The recipient or address is not a proper address for this kind of person.",
        REG7,
    )


def elements_present(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "elements_present",
        not f.elements_missing,
        "Every element the Regulations require is on the page.",
        "Missing from the page: " + "; ".join(f.elements_missing) + ".",
        f"{REG4}; reg 6(3)",
    )


def seal_intact(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "seal_intact",
        f.seal_intact,
        "The document is exactly what was approved.",
        "The facts changed after approval: the seal is broken.",
        "Sealed approval",
    )


def not_on_hold(f: CaseFacts, today: date) -> Gate:
    return _gate("not_on_hold", not f.on_hold, "No hold.", "The case is on hold.", "")


def intent_given(f: CaseFacts, today: date) -> Gate:
    ok = f.intent_sent and f.intent_given_on is not None and f.intent_given_on <= today
    return _gate(
        "intent_given",
        ok and not f.giving_in_doubt,
        f"The notice of intent was given on {day(f.intent_given_on)}.",
        "The notice of intent is not proven given."
        if not f.giving_in_doubt
        else "Giving of the notice of intent is in doubt.",
        f"{REG4}; reg 7(4)",
    )


def period_over(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "period_over",
        f.period_ends_on is not None and today > f.period_ends_on,
        f"The period for representations ended on {day(f.period_ends_on)}.",
        f"The period for representations is open until the end of {day(f.period_ends_on)}.",
        REG5,
    )


def replies_answered(f: CaseFacts, today: date) -> Gate:
    if f.unread_replies:
        many = "1 reply is" if f.unread_replies == 1 else f"{f.unread_replies} replies are"
        no = f"{many} not yet read: nothing goes on until an officer has read it."
        return Gate("replies_answered", False, no, REG6)
    return _gate(
        "replies_answered",
        f.unanswered_points == 0,
        "Every point in every reply has an answer.",
        f"{f.unanswered_points} point(s) in the replies have no answer.",
        REG6,
    )


def in_time_to_decide(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "in_time_to_decide",
        f.decide_by is not None and today <= f.decide_by,
        f"Within the time to decide (by {day(f.decide_by)}).",
        f"The time to decide ended on {day(f.decide_by)}.",
        f"{REG6}(1)",
    )


def quorum_for(f: CaseFacts, today: date) -> Gate:
    ok = f.votes_for >= f.quorum and f.votes_for > f.votes_against
    return _gate(
        "quorum_for",
        ok,
        f"{f.votes_for} members voted for, {f.votes_against} against; quorum {f.quorum}.",
        f"{f.votes_for} for, {f.votes_against} against: {f.quorum} votes and a majority are "
        "needed to impose.",
        "Panel policy",
    )


def quorum_against(f: CaseFacts, today: date) -> Gate:
    ok = f.votes_for + f.votes_against >= f.quorum and f.votes_against >= f.votes_for
    return _gate(
        "quorum_against",
        ok,
        f"{f.votes_against} members voted against a penalty, {f.votes_for} for.",
        f"{f.votes_for} for, {f.votes_against} against: {f.quorum} votes are needed.",
        "Panel policy",
    )


def findings_recorded(f: CaseFacts, today: date) -> Gate:
    if f.findings_missing:
        no = f"No finding is recorded on {' and '.join(f.findings_missing)}."
        return Gate("findings_recorded", False, no, REG2)
    return _gate(
        "findings_recorded",
        f.reasons_recorded and f.excuse_finding_recorded,
        "Reasons and the finding on reasonable excuse are recorded.",
        "Record the reasons and the finding on reasonable excuse first.",
        REG2,
    )


def decided_in_time(f: CaseFacts, today: date) -> Gate:
    if f.decided_on and f.period_ends_on and f.decided_on <= f.period_ends_on:
        # The day of giving was corrected since: the provider had not been heard.
        no = f"Decided on {day(f.decided_on)}, in the period for representations."
        return Gate("decided_in_time", False, no, REG5)
    ok = f.decided_on is not None and f.decide_by is not None and f.decided_on <= f.decide_by
    return _gate(
        "decided_in_time",
        ok,
        f"Decided on {day(f.decided_on)}, in time.",
        "There is no decision to impose made in time.",
        f"{REG6}(1)",
    )


def panel_apart(f: CaseFacts, today: date) -> Gate:
    if not f.people.panel:
        return Gate("panel_apart", False, "No panel is recorded.", "Separation of duties")
    also = [
        did
        for did, others in (("drafted", f.people.drafters), ("approved", f.people.approvers))
        if f.people.panel & others
    ]
    return _gate(
        "panel_apart",
        not also,
        "The panel took no other part in the case.",
        f"A panel member also {' and '.join(also)} on this case.",
        "Separation of duties",
    )


def register_checked(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "register_checked",
        f.register_checked_on == today,
        "The register was checked today.",
        "The register has not been checked today.",
        "2012 Act s.277E",
    )


def register_agrees(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "register_agrees",
        f.register_drift == (),
        "Nothing in the register has changed that stands in the way.",
        "The register changed: " + " ".join(f.register_drift or ("it was not compared.",)),
        REG2,
    )


def paper_agrees(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "paper_agrees",
        not f.paper_drift,
        "The notice names the provider as the register does today.",
        "The notice is no longer right: " + "; ".join(f.paper_drift) + ". Draft it again.",
        REG7,
    )


def breach_stands(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "breach_stands",
        f.breach_reevaluated,
        "The breach was evaluated again on the stored rows and stands.",
        "Evaluated again, the counted misses no longer reach the threshold.",
        REG2,
    )


def amount_current(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "amount_current",
        f.amount_recomputed_on == today,
        "The amount was recomputed today under the scheme in force.",
        "The amount has not been recomputed today under the scheme in force.",
        REG3,
    )


def amount_confirmed(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "amount_confirmed",
        f.amount_confirmed,
        "CQC's confirmed figure is recorded with evidence.",
        "The amount is still an estimate: record CQC's confirmed figure with evidence.",
        REG3,
    )


def no_live_appeal(f: CaseFacts, today: date) -> Gate:
    return _gate("no_live_appeal", not f.appeal_live, "No live appeal.", "An appeal is live.", REG8)


def payment_overdue(f: CaseFacts, today: date) -> Gate:
    over = f.payment_due_on is not None and today > f.payment_due_on
    appeal_over = f.appeal_due_on is not None and today > f.appeal_due_on
    return _gate(
        "payment_overdue",
        over and appeal_over,
        "The payment and appeal periods are over.",
        "The payment period or the appeal period is still open.",
        f"{REG8}; reg 9",
    )


def something_owed(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "something_owed",
        f.balance_pence is not None and f.balance_pence > 0,
        "A balance is owed.",
        "Nothing is owed.",
        REG9,
    )


def nothing_owed(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "nothing_owed",
        f.balance_pence in (None, 0),
        "Nothing is owed either way.",
        "The penalty account is not settled: a balance is owed or a refund is due.",
        REG9,
    )


def final_given(f: CaseFacts, today: date) -> Gate:
    return _gate(
        "final_given",
        f.final_sent and not f.giving_in_doubt,
        "The final notice was sent.",
        "Giving of the final notice is not proven.",
        REG7,
    )


BEFORE_INTENT: tuple[Guard, ...] = (
    not_public_body,
    still_registered,
    exclusions_clear,
    one_liable_provider,
    amount_known,
    register_agrees,
    not_on_hold,
)
BEFORE_MONEY: tuple[Guard, ...] = (
    intent_given,
    period_over,
    replies_answered,
    decided_in_time,
    panel_apart,
    not_public_body,
    register_checked,
    register_agrees,
    breach_stands,
    amount_current,
    amount_confirmed,
    not_on_hold,
)
ON_PAPER: tuple[Guard, ...] = (proper_address, paper_agrees)
