"""What each letter and certificate has to set out, as phrases to be found on its pages.

The Regulations ask for the certificate of non-payment (reg 9) only. The rest is good practice: a
letter that lacks one of these is not wrong in law, but is not what the reader needs.
"""

from __future__ import annotations

from collections.abc import Callable

from enforcement.domain.words import day, pounds, weekday
from enforcement.rendering.facts import NoticeFacts
from enforcement.rendering.wording import MOST_SINGLE, days_to, miss_rows, miss_windows

Phrases = tuple[str, ...]
Element = tuple[str, str, Callable[[NoticeFacts], Phrases]]
PRACTICE = "good practice, not asked for by SI 2022/1175"


def misses_told(facts: NoticeFacts) -> Phrases:
    """Return the words of each row of the table of misses, as they stand side by side."""
    if len(facts.misses) > MOST_SINGLE:
        rows = (
            f"{row.location_name} {row.location_id} {row.service} {row.months} {row.result}"
            for row in miss_rows(facts.misses)
        )
        return (*rows, *(f"{month} {days}" for month, days in miss_windows(facts.misses)))
    return tuple(
        f"{miss.location_name} {miss.location_id} {miss.service} {miss.window} "
        f"{days_to(miss.opens, miss.closes)} {miss.result}"
        for miss in facts.misses
    )


# --- support ---------------------------------------------------------------------------------
def _trigger(facts: NoticeFacts) -> Phrases:
    return (facts.support.trigger,) if facts.support else ()


def _next_window(facts: NoticeFacts) -> Phrases:
    if facts.support is None:
        return ()
    return (f"Next window {days_to(facts.support.next_opens, facts.support.next_closes)}",)


def _how_to_return(facts: NoticeFacts) -> Phrases:
    return ("Sign in to the Capacity Tracker during the window", "send a nil return")


def _who_helps(facts: NoticeFacts) -> Phrases:
    told = (f"{row.about} {row.who} {row.phone} {row.email}" for row in facts.who_to_ask)
    return (facts.contacts.phone, facts.contacts.email, *told)


# --- acknowledgement -------------------------------------------------------------------------
def _received(facts: NoticeFacts) -> Phrases:
    if facts.receipt is None:
        return ()
    return (f"Reply {facts.receipt.reference}", f"Received {facts.receipt.received_words}")


def _told_back(facts: NoticeFacts) -> Phrases:
    if facts.receipt is None:
        return ()
    answers = (f"{question} {answer}" for question, answer in facts.receipt.answers)
    files = (f"{file.name} {file.size} {file.sha256}" for file in facts.receipt.files)
    return (*answers, *files)


def _considered(facts: NoticeFacts) -> Phrases:
    by = (f"We must decide by {day(facts.period.decide_by)}",) if facts.period else ()
    return ("We consider everything that you sent before we decide", *by)


# --- no penalty ------------------------------------------------------------------------------
def _earlier(facts: NoticeFacts) -> Phrases:
    if facts.earlier is None:
        return ()
    return (f"{facts.earlier.reference}, dated {day(facts.earlier.dated)}",)


def _no_penalty(facts: NoticeFacts) -> Phrases:
    if facts.decision is None:
        return ()
    decided = f"decided on {day(facts.decision.decided_on)}"
    return ("We will not impose the penalty", "You have nothing to pay", decided)


def _why_none(facts: NoticeFacts) -> Phrases:
    if facts.decision is None:
        return ()
    answered = (f"{item.point} {item.answer}" for item in facts.decision.points)
    return (facts.decision.sentence, *facts.decision.findings, *answered)


def _months_closed(facts: NoticeFacts) -> Phrases:
    return misses_told(facts) or facts.reasons


def _duty_goes_on(facts: NoticeFacts) -> Phrases:
    return ("The law still requires a return for every location and service",)


# --- payment reminder ------------------------------------------------------------------------
def _owed(facts: NoticeFacts) -> Phrases:
    if facts.reminder is None:
        return ()
    return (
        f"Penalty {pounds(facts.reminder.penalty_pence)}",
        f"Received so far {pounds(facts.reminder.paid_pence)}",
        f"Still owed {pounds(facts.reminder.owed_pence)}",
    )


def _pay_by(facts: NoticeFacts) -> Phrases:
    if facts.payment is None or facts.reminder is None:
        return ()
    return (f"Last day to pay {day(facts.payment.pay_by)}", *facts.reminder.changes)


def how_to_pay(facts: NoticeFacts) -> Phrases:
    """Return the instructions and the payment reference."""
    if facts.payment is None or not facts.payment.instructions:
        return ()
    return (*facts.payment.instructions, f"Payment reference: {facts.payment.reference}")


def _recovery(facts: NoticeFacts) -> Phrases:
    return ("we may ask the county court for an order",)


def _suspension(facts: NoticeFacts) -> Phrases:
    return ("An appeal to the tribunal suspends the final notice",)


# --- refund ----------------------------------------------------------------------------------
def _repaid(facts: NoticeFacts) -> Phrases:
    if facts.refund is None:
        return ()
    paid, back = pounds(facts.refund.paid_pence), pounds(facts.refund.repaid_pence)
    return (f"We will repay {back} of the {paid} that you paid",)


def _why_repaid(facts: NoticeFacts) -> Phrases:
    return (facts.refund.reason,) if facts.refund else ()


def _how_repaid(facts: NoticeFacts) -> Phrases:
    if facts.refund is None:
        return ()
    return (f"{facts.refund.how} We will do this by {day(facts.refund.repaid_by)}",)


def _bank_details(facts: NoticeFacts) -> Phrases:
    return (f"telephone us on {facts.contacts.phone}", "Do not send bank details by email")


# --- certificate of non-payment --------------------------------------------------------------
def _not_received(facts: NoticeFacts) -> Phrases:
    if facts.unpaid is None or facts.unpaid.not_received_by > facts.dated:
        return ()  # nobody can certify a day that has not ended
    unpaid, penalty = pounds(facts.unpaid.unpaid_pence), pounds(facts.unpaid.penalty_pence)
    by = day(facts.unpaid.not_received_by)
    return (f"I certify that {unpaid} of the penalty of {penalty}", f"by the end of {by}")


def _payments_told(facts: NoticeFacts) -> Phrases:
    if facts.unpaid is None:
        return ()
    told = (f"{day(line.received_on)} {pounds(line.pence)}" for line in facts.unpaid.payments)
    return (f"Received {pounds(facts.unpaid.received_pence)}", *told)


def _signed(facts: NoticeFacts) -> Phrases:
    if facts.unpaid is None:
        return ()
    return (
        "Signature",
        f"{facts.signatory.name}, {facts.signatory.role}",
        facts.unpaid.authority,
        f"Signed for the Secretary of State for Health and Social Care on {day(facts.dated)}",
    )


# --- certificate of giving -------------------------------------------------------------------
def _document(facts: NoticeFacts) -> Phrases:
    return (*_earlier(facts), facts.giving.pdf_sha256) if facts.giving else ()


def _given_to(facts: NoticeFacts) -> Phrases:
    if facts.giving is None:
        return ()
    at = ", ".join((*facts.recipient.address_lines, facts.recipient.postcode))
    where = facts.recipient.email or "" if facts.giving.by_email else at
    return (f"Given to {facts.recipient.name}", f"At {where} {facts.giving.capacity}")


def _address_source(facts: NoticeFacts) -> Phrases:
    return (f"Address read in {facts.giving.address_source}",) if facts.giving else ()


def _method_and_times(facts: NoticeFacts) -> Phrases:
    if facts.giving is None or facts.earlier is None:
        return ()
    return (facts.earlier.method, *(f"{time.label} {time.when}" for time in facts.giving.times))


def _counted(facts: NoticeFacts) -> Phrases:
    if facts.giving is None or facts.earlier is None:
        return ()
    lines = (
        f"{weekday(line.day)} {'not counted' if line.number is None else line.number} {line.words}"
        for line in facts.giving.count
    )
    return (f"Given on {day(facts.earlier.given_on)}", facts.giving.rule, *lines)


def _evidence(facts: NoticeFacts) -> Phrases:
    if facts.giving is None:
        return ()
    tries = (
        f"{one.when} {one.channel}: {one.outcome} {one.sha256}" for one in facts.giving.attempts
    )
    events = (f"{one.number} {one.when} {one.what} {one.sha256}" for one in facts.giving.events)
    return ("Tries at sending", "The history of the case", *tries, *events)


def _vouched(facts: NoticeFacts) -> Phrases:
    return (f"{facts.signatory.name}, {facts.signatory.role}", day(facts.dated))


_SI = "SI 2022/1175 reg "
LETTERS: dict[str, tuple[Element, ...]] = {
    "no_penalty": (
        ("the notice of intent that it answers", PRACTICE, _earlier),
        ("the outcome, and when it was decided", PRACTICE, _no_penalty),
        ("the reasons, and the answer to each point made", PRACTICE, _why_none),
        ("the months that are closed", PRACTICE, _months_closed),
        ("that the duty goes on", PRACTICE, _duty_goes_on),
    ),
    "acknowledgement": (
        ("which reply was received, and when", PRACTICE, _received),
        ("what was received, word for word", PRACTICE, _told_back),
        ("what happens next", PRACTICE, _considered),
    ),
    "support": (
        ("the returns that are missing", PRACTICE, misses_told),
        ("what would lead to a notice", PRACTICE, _trigger),
        ("the next window", PRACTICE, _next_window),
        ("how to make a return, and a nil return", PRACTICE, _how_to_return),
        ("whom to ask", PRACTICE, _who_helps),
    ),
    "payment_reminder": (
        ("the final notice that it is about", PRACTICE, _earlier),
        ("the penalty, what was received and what is owed", PRACTICE, _owed),
        ("the last day to pay, and what moved it", PRACTICE, _pay_by),
        ("how to pay", PRACTICE, how_to_pay),
        ("that an appeal suspends the notice", _SI + "8", _suspension),
        ("what follows if it is not paid", _SI + "9", _recovery),
    ),
    "refund": (
        ("the notice that was paid", PRACTICE, _earlier),
        ("what was paid and what is repaid", PRACTICE, _repaid),
        ("why it is repaid", PRACTICE, _why_repaid),
        ("how and when it is repaid", PRACTICE, _how_repaid),
        ("whom to tell bank details, and how not to", PRACTICE, _bank_details),
    ),
    "reg9_certificate": (
        ("the final notice, and the penalty imposed by it", _SI + "9", _earlier),
        ("the amount that was not received by a date", _SI + "9", _not_received),
        ("what was received, and when", PRACTICE, _payments_told),
        ("the signature for the Secretary of State, and its authority", _SI + "9", _signed),
    ),
    "giving_certificate": (
        ("the notice, and the fingerprint of its file", PRACTICE, _document),
        ("who it was given to, and at which address", _SI + "7", _given_to),
        ("where the address was read, and when", PRACTICE, _address_source),
        ("the method and the times", _SI + "7", _method_and_times),
        ("the day of giving, its rule and its count", _SI + "7", _counted),
        ("the tries and the events, with fingerprints", PRACTICE, _evidence),
        ("who says so, and when", PRACTICE, _vouched),
    ),
}
