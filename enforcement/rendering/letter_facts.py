"""What only the letters about money and the certificates say, as parts of `facts.NoticeFacts`.

Dates are local to Europe/London, money is integer pence, a SHA-256 is in hexadecimal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class PaidLine:
    """One payment received, less what was reversed or repaid."""

    received_on: date
    pence: int


@dataclass(frozen=True)
class ReminderFacts:
    """What is owed on a penalty on the day of the letter.

    `changes` are sentences on what moved the last day to pay: an appeal that ended, a hold.
    """

    penalty_pence: int
    paid_pence: int
    owed_pence: int
    payments: tuple[PaidLine, ...] = ()
    changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class RefundFacts:
    """What was paid, what of it is repaid and why; `reason` and `how` are whole sentences."""

    paid_pence: int
    repaid_pence: int
    reason: str
    how: str
    repaid_by: date
    payments: tuple[PaidLine, ...] = ()


@dataclass(frozen=True)
class UnpaidFacts:
    """What SI 2022/1175 reg 9 certifies: the amount that had not been received by a day.

    `not_received_by` is that day, included. `authority` says by what the signatory may sign for
    the Secretary of State, as a whole sentence.
    """

    penalty_pence: int
    received_pence: int
    unpaid_pence: int
    pay_by: date
    not_received_by: date
    authority: str
    payments: tuple[PaidLine, ...] = ()


@dataclass(frozen=True)
class MomentFacts:
    """One of the times of a notice: printed, sent, taken as given, received."""

    label: str
    when: str


@dataclass(frozen=True)
class CountLine:
    """One day of the count to the day of giving; no number when the day does not count."""

    day: date
    number: int | None
    words: str


@dataclass(frozen=True)
class AttemptFacts:
    """One try at sending: when, how, what came of it, and the raw answer's SHA-256."""

    when: str
    channel: str
    outcome: str
    sha256: str


@dataclass(frozen=True)
class RecordedFacts:
    """One event of the case's history about this notice, by its number and SHA-256."""

    number: int
    when: str
    what: str
    sha256: str


@dataclass(frozen=True)
class GivingFacts:
    """How the notice in `earlier` was given, with the evidence.

    `capacity` is what the address is to the provider; `address_source` says where the address was
    read and on which day; `rule` is the sentence of reg 7 that decides the day, `calendar` the
    version of the working days used; `shown_by` is what the person wrote who recorded a posting
    or delivery, "" for a sending by the service.
    """

    pdf_sha256: str
    pages: int
    capacity: str
    address_source: str
    times: tuple[MomentFacts, ...]
    rule: str
    calendar: str
    count: tuple[CountLine, ...]
    attempts: tuple[AttemptFacts, ...] = ()
    events: tuple[RecordedFacts, ...] = ()
    by_email: bool = False
    shown_by: str = ""
