"""Who a notice may be given to, and where: what is known of the provider, judged by reg 7."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from enforcement.data.cases import Case
from enforcement.data.register import Contact, Provider
from enforcement.domain.giving import Capacity, Method, PersonKind, Proper, is_proper, person_kind
from enforcement.domain.refusals import BadInput, NoProperAddress
from enforcement.domain.words import day

# What an address from the register is taken to be, by kind of person; an officer may say otherwise.
_REGISTERED = {
    PersonKind.COMPANY: Capacity.REGISTERED_OFFICE,
    PersonKind.PARTNERSHIP: Capacity.PRINCIPAL_OFFICE,
    PersonKind.INDIVIDUAL: Capacity.LAST_KNOWN_ADDRESS,
    PersonKind.OTHER_BODY: Capacity.LAST_KNOWN_ADDRESS,
}
_PRINTED = {
    Capacity.REGISTERED_OFFICE: "Registered office",
    Capacity.PRINCIPAL_OFFICE: "Principal office",
}


@dataclass(frozen=True)
class RecipientChoice:
    """A person and an address, in a capacity. The postal address is printed even on an email."""

    capacity: Capacity
    name: str
    address: tuple[str, ...]
    postcode: str
    email: str = ""
    attention: str = ""
    source: str = ""

    def stored(self) -> dict[str, Any]:
        """As kept with the notice: plain values."""
        return {
            "capacity": self.capacity.value,
            "name": self.name,
            "attention": self.attention,
            "address": list(self.address),
            "postcode": self.postcode,
            "email": self.email,
            "source": self.source,
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> RecipientChoice:
        """As `stored` wrote it."""
        return cls(
            capacity=Capacity(stored["capacity"]),
            name=stored["name"],
            address=tuple(stored["address"]),
            postcode=stored["postcode"],
            email=stored.get("email", ""),
            attention=stored.get("attention", ""),
            source=stored.get("source", ""),
        )

    @property
    def printed_capacity(self) -> str | None:
        """The second line of the address: whom it is for, or which office it is."""
        return self.attention or _PRINTED.get(self.capacity)


def choices(session: Session, case: Case) -> tuple[RecipientChoice, ...]:
    """The register's address and every contact known, the proper ones first.

    A contact's capacity is read as reg 7 reads it: anything that does not say officer or partner
    is a manager's or general mailbox, which is no proper address.
    """
    contacts = session.scalars(
        select(Contact).where(Contact.provider_id == case.provider_id).order_by(Contact.id)
    )
    return choices_of(case.provider, tuple(contacts))


def choices_of(provider: Provider, contacts: Sequence[Contact]) -> tuple[RecipientChoice, ...]:
    """As `choices`, of a provider whose contacts are at hand; for looking at many at once."""
    kind = person_kind(provider.ownership_type or "")
    return tuple(
        sorted(
            _known(provider, kind, contacts),
            key=lambda choice: not any(is_proper(kind, choice.capacity, m).ok for m in Method),
        )
    )


def proper_for(
    provider: Provider, contacts: Sequence[Contact], method: Method
) -> RecipientChoice | None:
    """The first recipient to whom this method gives a notice validly (reg 7), or None.

    Refuses BadInput when the register does not say what kind of person the provider is.
    """
    kind = person_kind(provider.ownership_type or "")
    for choice in choices_of(provider, contacts):
        reachable = choice.email or method is not Method.ELECTRONIC
        if is_proper(kind, choice.capacity, method).ok and reachable:
            return choice
    return None


def _kind(case: Case) -> PersonKind:
    return person_kind(case.provider.ownership_type or "")


def _known(
    provider: Provider, kind: PersonKind, contacts: Sequence[Contact]
) -> Iterator[RecipientChoice]:
    register = RecipientChoice(
        capacity=_REGISTERED[kind],
        name=provider.name,
        address=tuple(provider.address),
        postcode=provider.postcode or "",
        source="CQC register",
    )
    yield register
    for contact in contacts:
        if contact.email:
            yield RecipientChoice(
                capacity=_capacity_of(contact.capacity, kind),
                name=provider.name,
                address=register.address,
                postcode=register.postcode,
                email=contact.email,
                attention=f"For the attention of {contact.name}",
                source=f"{contact.source}, {day(contact.as_at)}",
            )


def _capacity_of(words: str, kind: PersonKind) -> Capacity:
    said = words.lower().replace("_", " ")
    if "manager" in said and "managing" not in said:
        return Capacity.MANAGER_MAILBOX
    officer = any(word in said for word in ("director", "secretary", "officer", "trustee"))
    if kind is PersonKind.COMPANY and officer:
        return Capacity.OFFICER_EMAIL
    if kind is PersonKind.PARTNERSHIP and "partner" in said:
        return Capacity.PARTNER_EMAIL
    if kind in (PersonKind.INDIVIDUAL, PersonKind.OTHER_BODY) and "provider" in said:
        return Capacity.LAST_KNOWN_EMAIL
    return Capacity.MANAGER_MAILBOX


def judge(case: Case, choice: RecipientChoice, method: Method) -> Proper:
    """Whether giving by `method` at this address is valid for this kind of person (reg 7)."""
    return is_proper(_kind(case), choice.capacity, method)


def require_proper(case: Case, choice: RecipientChoice, method: Method) -> None:
    """Refuse NoProperAddress, or BadInput when the address itself is not there."""
    proper = judge(case, choice, method)
    if not proper.ok:
        raise NoProperAddress(proper.reason, rule=proper.rule)
    if method is Method.ELECTRONIC and not choice.email:
        raise BadInput("There is no email address to send to.")
    if not choice.address or not choice.postcode:
        raise BadInput("The postal address of the recipient is not complete.")
