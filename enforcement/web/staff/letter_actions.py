"""The letters, certificates and copies that can be made of a case or a notice, and why not."""

from __future__ import annotations

from typing import Any

from flask import url_for

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.domain.gates import CaseFacts
from enforcement.domain.letters import RULES, Letter
from enforcement.domain.permissions import Permission, can, not_yours
from enforcement.services import certificates, copies, giving_certificates, letter_rules
from enforcement.services.notice_pages import may_open
from enforcement.services.work import Work
from enforcement.web import pages
from enforcement.web.filters import moment
from enforcement.web.staff.notice_sending import STATES

SCREENS: dict[Letter, str] = {
    Letter.SUPPORT: "letters.support",
    Letter.NO_PENALTY: "case_actions.no_penalty_letter",
    Letter.REMINDER: "letters.reminder",
    Letter.REFUND: "letters.refund",
    Letter.NON_PAYMENT: "letters.non_payment",
}
ABOUT_MONEY = (Letter.REMINDER, Letter.REFUND, Letter.NON_PAYMENT)


def of_case(work: Work, case: Case, facts: CaseFacts) -> list[pages.Action]:
    """The letters this person writes, open or greyed with why not."""
    return [
        _action(case, letter, reasons)
        for letter, reasons in letter_rules.offers(work, case, facts)
        if can(work.actor, RULES[letter].permission)
        and not (letter is Letter.NO_PENALTY and reasons)  # told once: nothing more to do
    ]


def about_money(work: Work, case: Case) -> list[pages.Action]:
    """The letters about money, for everybody who looks at the money."""
    return [
        _action(case, letter, reasons)
        for letter, reasons in letter_rules.offers(work, case)
        if letter in ABOUT_MONEY
    ]


def _action(case: Case, letter: Letter, reasons: tuple[str, ...]) -> pages.Action:
    href = url_for(SCREENS[letter], reference=case.reference)
    return pages.Action(RULES[letter].label, href, reason=" ".join(reasons))


def of_notice(work: Work, case: Case, notice: Notice) -> list[pages.Action]:
    """What can be made of one notice: signed, certified, copied in large print."""
    here: dict[str, Any] = {"reference": case.reference, "notice_id": notice.id}
    if notice.kind == certificates.KIND:
        return _to_sign(work, case, notice, here)
    if notice.kind in giving_certificates.NEVER_GIVEN or notice.issued_at is None:
        return []
    return [*_certificate_of_giving(work, notice, here), *_large_print(work, notice, here)]


def _to_sign(work: Work, case: Case, notice: Notice, here: dict[str, Any]) -> list[pages.Action]:
    if notice.state != "submitted":
        return []
    reasons = certificates.why_not_sign(work, case, notice)
    refused = not_yours(work.actor, Permission.APPROVE_NOTICE)
    sign = pages.Action(
        "Look at it and sign",
        url_for("letters.sign", **here),
        primary=True,
        reason=" ".join(filter(None, (refused, *reasons))),
    )
    discard = pages.Action(
        "Discard it",
        url_for("letters.discard", **here),
        reason=not_yours(work.actor, Permission.CHASE_PAYMENT),
    )
    return [sign, discard]


def _certificate_of_giving(work: Work, notice: Notice, here: dict[str, Any]) -> list[pages.Action]:
    why = giving_certificates.why_not(notice)
    look, keep = "Open the certificate of giving", "Keep the certificate of giving"
    refused = not_yours(work.actor, Permission.RECORD_GIVING)
    return [
        pages.Action(look, url_for("letters.giving_certificate", **here), reason=why),
        pages.Action(
            keep,
            post_url=url_for("letters.keep_giving_certificate", **here),
            reason=" ".join(filter(None, (refused, why))),
        ),
    ]


def _large_print(work: Work, notice: Notice, here: dict[str, Any]) -> list[pages.Action]:
    unseen = "" if may_open(work, notice) else not_yours(work.actor, Permission.READ_CODE)
    refused = not_yours(work.actor, Permission.ISSUE_NOTICE)
    return [
        pages.Action(
            "Open it in large print", url_for("letters.large_print", **here), reason=unseen
        ),
        pages.Action(
            "Send a copy in large print",
            url_for("letters.send_copy", **here),
            reason=refused or unseen,
        ),
    ]


def copies_sent(work: Work, notice: Notice) -> list[pages.Fact]:
    """The copies of a notice that went out, and how far each has come."""
    return [
        pages.Fact(copies.CHANNELS[item.channel], STATES[item.state].text, moment(item.created_at))
        for item in copies.sent(work, notice)
    ]
