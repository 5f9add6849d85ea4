"""Giving a notice: how, to which address, and the day it is taken as given.

SI 2022/1175 reg 7, whose own rules displace the ordinary course of post (Interpretation Act
1978 s.7): post is given on the third working day after sending, not the second.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from enforcement.domain.calendar import ReceiptLine, WorkingCalendar
from enforcement.domain.refusals import BadInput

GIVING_RULE = "SI 2022/1175 reg 7"


class Method(StrEnum):
    """The ways in which a notice is validly given. Second class post is not one of them."""

    HAND = "hand"
    FIRST_CLASS = "first_class"
    RECORDED = "recorded"
    REGISTERED = "registered"
    ELECTRONIC = "electronic"

    @property
    def by(self) -> str:
        """How, after a verb: "by first class post"."""
        return _BY[self]

    @property
    def label(self) -> str:
        """The way alone, as a choice: "First class post", "By hand"."""
        words = self.by if self is Method.HAND else self.by.removeprefix("by ")
        return words.capitalize()

    @property
    def done(self) -> str:
        """What was done: "sent by first class post"."""
        return f"{'delivered' if self is Method.HAND else 'sent'} {self.by}"

    @property
    def working_days(self) -> int:
        """Working days after sending on which the notice is given; 0 is the day itself."""
        if self is Method.HAND:
            return 0
        return 1 if self is Method.ELECTRONIC else 3


_BY = {
    Method.HAND: "by hand",
    Method.FIRST_CLASS: "by first class post",
    Method.RECORDED: "by recorded delivery",
    Method.REGISTERED: "by prepaid registered post",
    Method.ELECTRONIC: "by email",
}
POST = (Method.FIRST_CLASS, Method.RECORDED, Method.REGISTERED)


@dataclass(frozen=True)
class DeemedGiving:
    """The day a notice is taken as given, with the day-by-day count that leads to it."""

    given_on: date
    receipt: tuple[ReceiptLine, ...]


def deemed_given(sent_on: date, method: Method, calendar: WorkingCalendar) -> DeemedGiving:
    """When a notice sent on `sent_on` (date in England) is given, under reg 7(4).

    By hand: the day delivered, working or not. By electronic means: the first working day after
    the day sent. By post: the third working day after the day sent.
    """
    start = ReceiptLine(sent_on, None, f"{method.done.capitalize()}; this day is not counted.")
    if method is Method.HAND:
        given = ReceiptLine(sent_on, 0, "Delivered by hand: given on the day delivered.")
        return DeemedGiving(sent_on, (given,))
    given_on = calendar.add_working_days(sent_on, method.working_days)
    lines = [start]
    number = 0
    for offset in range(1, (given_on - sent_on).days + 1):
        day = sent_on + timedelta(days=offset)
        why = calendar.why_not_working(day)
        if why is not None:
            lines.append(ReceiptLine(day, None, f"{why}: not a working day."))
            continue
        number += 1
        end = " The notice is given on this day." if day == given_on else ""
        lines.append(ReceiptLine(day, number, f"Working day {number}.{end}"))
    return DeemedGiving(given_on, tuple(lines))


class PersonKind(StrEnum):
    """What kind of legal person the provider is: decides its proper address.

    `company` is any body corporate; `other_body` is neither corporate, partnership nor person.
    """

    COMPANY = "company"
    PARTNERSHIP = "partnership"
    INDIVIDUAL = "individual"
    OTHER_BODY = "other_body"


_OWNERSHIP = {
    "organisation": PersonKind.COMPANY,
    "partnership": PersonKind.PARTNERSHIP,
    "individual": PersonKind.INDIVIDUAL,
    "nhs body": PersonKind.OTHER_BODY,
}


def person_kind(ownership_type: str) -> PersonKind:
    """The kind of person behind a CQC ownership type.

    CQC writes "Organisation" for companies and for the few unincorporated bodies alike; it is
    read as a body corporate, the stricter rule. Refuses (BadInput) an unknown type: guessing
    would choose an address in law.
    """
    kind = _OWNERSHIP.get(" ".join(ownership_type.split()).lower())
    if kind is None:
        raise BadInput(
            f"The ownership type “{ownership_type}” does not say what kind of person this is.",
            rule=GIVING_RULE,
            fix="Record whether the provider is a company, a partnership or an individual.",
        )
    return kind


class Capacity(StrEnum):
    """What an address is to the provider it belongs to."""

    REGISTERED_OFFICE = "registered_office"
    PRINCIPAL_OFFICE = "principal_office"
    OFFICER_EMAIL = "officer_email"
    PARTNER_EMAIL = "partner_email"
    LAST_KNOWN_ADDRESS = "last_known_address"
    LAST_KNOWN_EMAIL = "last_known_email"
    MANAGER_MAILBOX = "manager_mailbox"
    OTHER = "other"

    @property
    def words(self) -> str:
        return _CAPACITY_WORDS[self]


_CAPACITY_WORDS = {
    Capacity.REGISTERED_OFFICE: "the registered office",
    Capacity.PRINCIPAL_OFFICE: "the principal office",
    Capacity.OFFICER_EMAIL: "the email address of a director or other officer of the provider",
    Capacity.PARTNER_EMAIL: "the email address of a partner or person in control",
    Capacity.LAST_KNOWN_ADDRESS: "the last known address",
    Capacity.LAST_KNOWN_EMAIL: "the last known email address",
    Capacity.MANAGER_MAILBOX: "a manager’s or general mailbox",
    Capacity.OTHER: "another address",
}
_EMAILS = frozenset(
    {
        Capacity.OFFICER_EMAIL,
        Capacity.PARTNER_EMAIL,
        Capacity.LAST_KNOWN_EMAIL,
        Capacity.MANAGER_MAILBOX,
    }
)
_LAST_KNOWN = (Capacity.LAST_KNOWN_ADDRESS, Capacity.LAST_KNOWN_EMAIL)
_PROPER: dict[PersonKind, tuple[Capacity, ...]] = {
    PersonKind.COMPANY: (
        Capacity.REGISTERED_OFFICE,
        Capacity.PRINCIPAL_OFFICE,
        Capacity.OFFICER_EMAIL,
    ),
    PersonKind.PARTNERSHIP: (Capacity.PRINCIPAL_OFFICE, Capacity.PARTNER_EMAIL),
    PersonKind.INDIVIDUAL: _LAST_KNOWN,
    PersonKind.OTHER_BODY: _LAST_KNOWN,
}
_KIND_WORDS = {
    PersonKind.COMPANY: "a body corporate",
    PersonKind.PARTNERSHIP: "a partnership",
    PersonKind.INDIVIDUAL: "an individual",
    PersonKind.OTHER_BODY: "any other body",
}


@dataclass(frozen=True)
class Proper:
    """Whether an address is proper, why in words, and the rule that says so."""

    ok: bool
    reason: str
    rule: str


def is_proper(kind: PersonKind, capacity: Capacity, method: Method) -> Proper:
    """Whether a notice may be given to this kind of person at such an address by `method`.

    A body corporate: registered or principal office, or the email address of an officer of it,
    such as a director. A partnership: principal office, or the email address of a partner or
    person in control. Anyone else: the last known address, which may be an email address. A
    registered manager's or general mailbox is not an officer's.
    """
    allowed = _PROPER[kind]
    if capacity not in allowed:
        names = " or ".join(one.words for one in allowed)
        reason = f"For {_KIND_WORDS[kind]} the proper address is {names}, not {capacity.words}."
        return Proper(False, reason, GIVING_RULE)
    by_email = capacity in _EMAILS
    if by_email and method is not Method.ELECTRONIC:
        reason = f"{method.label} cannot reach {capacity.words}."
        return Proper(False, reason, GIVING_RULE)
    if not by_email and method is Method.ELECTRONIC:
        return Proper(False, f"An email cannot be sent to {capacity.words}.", GIVING_RULE)
    reason = f"For {_KIND_WORDS[kind]}, {capacity.words} is a proper address."
    return Proper(True, reason, GIVING_RULE)
