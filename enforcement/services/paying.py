"""What a provider is told about paying: how, to anybody; what and by when, to whoever is let in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from enforcement.data.cases import Case
from enforcement.domain import payments as ledger
from enforcement.rendering.facts import PaidLine
from enforcement.services.case_facts import facts_of, penalty_of
from enforcement.services.money_letters import paid_lines
from enforcement.services.payments import entries_of
from enforcement.services.policies import in_force
from enforcement.services.work import Work


@dataclass(frozen=True)
class ToPay:
    """One penalty as its provider needs it. Pence; less than nothing owed is to be repaid."""

    reference: str
    charged_pence: int
    owed_pence: int
    due_on: date | None
    suspended: bool
    payments: Sequence[PaidLine]


def ways(work: Work) -> list[str]:
    """The ways to pay in force today, as the final notice prints them."""
    return [str(way) for way in in_force(work.session, "payment", work.today).body["how"]]


def consequences(work: Work) -> str:
    """What follows if it is not paid (SI 2022/1175 reg 6(3)(f)), as the final notice says it."""
    return str(in_force(work.session, "payment", work.today).body["consequences"])


def to_pay(work: Work, case: Case) -> ToPay | None:
    """The latest penalty of the case; None before one is raised. Reads only."""
    penalty = penalty_of(work.session, case)
    if penalty is None:
        return None
    entries, facts = entries_of(penalty), facts_of(work, case)
    return ToPay(
        reference=penalty.reference,
        charged_pence=ledger.charged(entries),
        owed_pence=ledger.balance(entries),
        due_on=facts.payment_due_on,
        suspended=facts.appeal_live,
        payments=paid_lines(entries),
    )
