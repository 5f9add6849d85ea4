"""The policy rows the product ships with, each with where it comes from.

A citation is read on the policy’s page by people who have only the law: it names the law, or what
was published, and says after “Service owner to confirm” what is open.

Written once, as proposed by the publisher and approved by whoever set the service up or updated
it; changing any of them afterwards takes two people on the settings screen.
"""

from __future__ import annotations

from datetime import date
from typing import Any, TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session

from enforcement.data.policies import Policy
from enforcement.domain.closing import YEARS_KEPT
from enforcement.domain.events import Fact
from enforcement.domain.fees import SCHEME_2024_25
from enforcement.domain.tasks import ALLOWED_DAYS
from enforcement.rendering import templates
from enforcement.services.work import Work

START = date(2023, 4, 1)
Shipped: TypeAlias = tuple[str, date, dict[str, Any], str]  # kind, from, body, citation

DEFAULTS: tuple[Shipped, ...] = (
    (
        "threshold",
        START,
        {
            "consecutive": 3,
            "total": 4,
            "span": 12,
            "first_countable": "2023-04",
            "at_risk_consecutive": 2,
            "at_risk_total": 3,
        },
        # The providers' councils say the same: Staffordshire's FAQ, DHSC's flyer (from 1 April
        # 2023); "at risk" is Oxfordshire's of 2024-25. The notice prints this source.
        "NHSBSA, “Adult social care enforcement”",
    ),
    (
        "periods",
        START,
        {
            "representations_days": 14,
            "representations_roll": True,
            "payment_days": 28,
            "appeal_days": 28,
            "link_days_after_deadline": 14,
        },
        "SI 2022/1175 regs 5 and 6; SI 2009/1976 r.22. Service owner to confirm: the days to pay, "
        "for which reg 6(3)(c) gives no number, and how long a reply link outlives the deadline",
    ),
    (
        "contact_block",
        START,
        {
            "phone": "0300 330 2088",
            "hours": "Monday to Friday, 8:30am to 4:30pm",
            "email": "nhsbsa.adultsocialcareenforcement@nhs.net",
            "post": [
                "Adult Social Care Enforcement",
                "NHS Business Services Authority",
                "Stella House",
                "Goldcrest Way",
                "Newcastle upon Tyne",
                "NE15 8NY",
            ],
            "who_to_ask": [
                {
                    "for": "This notice, or how to reply",
                    "who": "NHSBSA enforcement",
                    "how": "0300 330 2088, Monday to Friday, 8:30am to 4:30pm",
                },
                {
                    "for": "Getting into Capacity Tracker or saving your data",
                    "who": "Capacity Tracker support",
                    "how": "0191 691 3729 or necsu.capacitytracker@nhs.net, Monday to Friday, "
                    "8am to 5pm",
                },
                {
                    "for": "Your registration, or a place that has closed or been sold",
                    "who": "Care Quality Commission",
                    "how": "03000 616161 or enquiries@cqc.org.uk, Monday to Friday, "
                    "8:30am to 5:30pm",
                },
            ],
        },
        "NHSBSA’s public page, the flyer of NECS and NHSBSA’s registered address. Service owner to "
        "confirm: which of the two published email addresses is the newer",
    ),
    (
        "tribunal",
        START,
        {
            "name": "First-tier Tribunal (General Regulatory Chamber)",
            "address": ["General Regulatory Chamber", "HM Courts and Tribunals Service",
                        "PO Box 11230", "Leicester", "LE1 8FQ"],
            "email": "grc@justice.gov.uk",
            "form": "Use the tribunal’s application form and enclose a copy of this notice. "
            "Paying the penalty does not end your right to appeal.",
        },
        "SI 2022/1175 reg 8. Service owner to confirm: which chamber hears these appeals, and that "
        "paying does not end the right to appeal",
    ),
    (
        "tasks",
        START,
        {str(kind): days for kind, days in ALLOWED_DAYS.items()},
        "Service owner to confirm: the working days for each kind of task; the law sets none",
    ),
    (
        "routing",
        START,
        {
            "complaint": "nhsbsa.adultsocialcareenforcement@nhs.net",
            "safeguarding": "nhsbsa.adultsocialcareenforcement@nhs.net",
        },
        "Service owner to confirm: the mailboxes for complaints and for safeguarding; until then "
        "the team’s own",
    ),
    (
        "paragraph",
        START,
        {
            "title": "Data outside the window",
            "text": "The information has to be updated between the start of the 8th and the end "
            "of the 14th of each month, or the next working day. An update on another day keeps "
            "the record right, but it is not a return for that month.",
        },
        "Formal notice under s.277A, 26 April 2024, and DHSC’s flyer; the publisher’s words",
    ),
    (
        "paragraph",
        START,
        {
            "title": "Nothing had changed",
            "text": "Where nothing has changed since the last return, the page has to be saved, "
            "or the link in the email used, so that the record is marked as updated.",
        },
        "Formal notice under s.277A, 26 April 2024; the publisher’s words",
    ),
    (
        "panel",
        START,
        {"quorum": 2},
        "Service owner to confirm: how many members decide; the law asks for no panel, and two is "
        "the least that is no one person’s decision",
    ),
    (
        "payment",
        START,
        {
            "how": [
                "By bank transfer, quoting the payment reference. Ring us for the account details "
                "and check them by ringing back before you pay.",
                "By debit or credit card, by telephone.",
            ],
            "consequences": "If the penalty is not paid by the date given, and no appeal is "
            "under way, the sum can be recovered on the order of the county court, "
            "as if it were payable under an order of that court.",
        },
        "SI 2022/1175 regs 6(3)(c) and 9. Service owner to confirm: the ways to pay and the words",
    ),
    (
        "signatory",
        START,
        {"name": "Head of Adult Social Care Enforcement", "role": "For the Secretary of State"},
        "Service owner to confirm: who signs notices and certificates as the authorised person of "
        "SI 2022/1175 reg 9",
    ),
    (
        "letters",
        START,
        {
            "reminder_before_due": 7,
            "reminder_apart": 14,
            "refund_within": 28,
            "refund_how": "We will pay it back to the account or card that it came from.",
            "certificate_authority": "The NHS Business Services Authority enforces the "
            "Regulations for the Secretary of State for Health and Social Care.",
        },
        "Service owner to confirm: when reminders and refunds are due, how money is paid back, and "
        "the words about authority on a certificate (SI 2022/1175 reg 9); the law sets none",
    ),
    (
        "money",
        START,
        {
            "write_off_alone_pence": 100_00,
            "reminder_after_due": 7,
            "reminder_by_itself": False,
        },
        "Service owner to confirm: the sum that one person may write off, and when a reminder goes "
        "out; the law sets neither",
    ),
    (
        "recovery",
        START,
        {
            "reminder_needed": True,
            "reminder_wait": 7,
            "next_step_days": 28,
            "payment_restarts": True,
        },
        "Service owner to confirm: whether a reminder comes before recovery and how long it waits, "
        "and whether the time to pay starts again after an appeal that fails; SI 2022/1175 regs 8 "
        "and 9 say neither",
    ),
    (
        "retention",
        START,
        dict(YEARS_KEPT),
        "Service owner to confirm, with NHSBSA’s records schedule: how many whole years after "
        "closing a case is kept; UK GDPR Article 5(1)(e) gives no number",
    ),
    (
        "sampling",
        START,
        {"least": 5, "roots": 1},
        "Service owner to confirm: how many notices of a run are checked in full; the law sets "
        "none. The square root of their number, and never fewer than 5, is how inspectors of "
        "goods have long sampled a lot",
    ),
)  # fmt: skip


def missing(session: Session) -> list[Shipped]:
    """The shipped rows of every kind that has no row at all: in a new database, or updated."""
    stored = session.execute(select(Policy.kind, Policy.body))
    known = {_of(kind, body) for kind, body in stored}
    return [row for row in _shipped() if _of(row[0], row[2]) not in known]


def _of(kind: str, body: dict[str, Any]) -> tuple[str, str]:
    """What a row is about: its kind and, for words, which kind of notice."""
    return kind, str(body.get("kind", "")) if kind == "template" else ""


def _shipped() -> list[Shipped]:
    fee = SCHEME_2024_25.to_json()
    return [
        *DEFAULTS,
        ("fee_scheme", SCHEME_2024_25.effective_from, fee, SCHEME_2024_25.citation),
        *_templates(),
    ]


def install(work: Work) -> int:
    """Write the shipped rows of every kind that has none. Returns how many were written."""
    rows = missing(work.session)
    for kind, effective_from, body, citation in rows:
        row = Policy(
            kind=kind,
            effective_from=effective_from,
            body=body,
            citation=citation,
            proposed_by="publisher",
            proposed_at=work.now,
            approved_by=work.actor.identity,
            approved_at=work.now,
        )
        work.session.add(row)
        work.session.flush()
        facts: dict[str, Fact] = {
            "policy": row.id,
            "effective_from": effective_from.isoformat(),
            "citation": citation,
        }
        work.record(f"policy:{kind}", "policy_proposed", {**facts, "by": "publisher"})
        work.record(f"policy:{kind}", "policy_approved", facts)
    return len(rows)


def _templates() -> list[Shipped]:
    """The newest shipped version of each kind of notice, by the fingerprint of its folder."""
    found: list[Shipped] = []
    for kind in templates.kinds():
        version = templates.versions(kind)[-1]
        body = {
            "kind": kind,
            "version": version,
            "sha256": templates.folder_sha256(kind, version),
        }
        found.append(("template", START, body, f"The publisher’s words, {version}"))
    return found
