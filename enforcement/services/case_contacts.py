"""Whom a provider asks us to write to about its case, and the email addresses we had before.

It is where letters are announced and questions are asked. The proper address of a notice (reg 7)
follows from the register and the kind of person, and is never changed by what is said here.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from enforcement.data.case_contacts import CaseContact
from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.data.register import Contact
from enforcement.data.replies import ReplyLink
from enforcement.domain.refusals import BadInput
from enforcement.domain.tasks import TaskKind
from enforcement.services import sending, tasks
from enforcement.services.cases import stream
from enforcement.services.work import Work

MOST = 20  # changes in one case: nobody fills an officer's list by pressing a button
MOST_ADDRESSES = 5
SUBJECT = "Somebody changed whom we write to"


def current(session: Session, case: Case) -> CaseContact | None:
    """Whom the provider asks us to write to; None while it has named nobody."""
    return session.scalar(
        select(CaseContact)
        .where(CaseContact.case_id == case.id)
        .order_by(CaseContact.id.desc())
        .limit(1)
    )


def change(
    work: Work, link: ReplyLink, name: str, email: str, phone: str, form_key: str
) -> CaseContact:
    """Name whom to write to. The addresses we had until now are told; an officer gets a task.

    The same form key, or the same contact again, changes nothing. Refuses BadInput without a
    name, without an email address or telephone number, and after too many changes.
    """
    case = link.case
    given = name.strip(), email.strip(), phone.strip()
    if not given[0]:
        raise BadInput("Enter the name of the person we should write to.")
    if not any(given[1:]):
        raise BadInput("Enter an email address or a telephone number.")
    sent = work.session.scalar(select(CaseContact).where(CaseContact.form_key == form_key))
    before = current(work.session, case)
    if sent is not None and sent.case_id == case.id:
        return sent
    if before is not None and (before.name, before.email, before.phone) == given:
        return before
    changes = select(func.count()).where(CaseContact.case_id == case.id)
    if (work.session.scalar(changes) or 0) >= MOST:
        raise BadInput("The contact was changed too often here. Ring us.")
    told = addresses_on_record(work.session, case)
    row = CaseContact(
        case_id=case.id,
        link_id=link.id,
        name=given[0],
        email=given[1],
        phone=given[2],
        form_key=form_key,
        said_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    work.record(
        stream(case),
        "contact_changed",
        {"link": link.reference, "told": len(told)},
        texts={"contact": said(row)},
    )
    about = f"{said(row)}. The proper address for notices stays as it is."
    tasks.open_task(work, case, TaskKind.NEW_CONTACT, f"{case.reference} {row.id}", about)
    _tell(work, row, case, [one for one in told if one.casefold() != given[1].casefold()])
    return row


def said(row: CaseContact) -> str:
    """The contact in one line."""
    return ", ".join(part for part in (row.name, row.email, row.phone) if part)


def _tell(work: Work, row: CaseContact, case: Case, told: list[str]) -> None:
    """Tell the addresses we had, without the new one: it may not be theirs to know."""
    words = (
        f"In case {case.reference}, somebody with your link asked us to write to somebody "
        "else.\n\n"
        "Notices still go to the same address as before.\n\n"
        "If you know about this, you need to do nothing. If you do not, ring us: the number is on "
        "your letter.\n"
    )
    for number, address in enumerate(told, 1):
        payload = {"subject": SUBJECT, "text": words}
        sending.queue(work, f"contact-{row.id}-{number}", "email", address, payload)


def addresses_on_record(session: Session, case: Case) -> list[str]:
    """Email addresses we had for this provider before anybody asked, without repeats.

    Whom the provider named for this case, whom its notices went to, and the newest contact of
    each capacity. An address typed as the sender of a reply is not one.
    """
    found: dict[str, str] = {}
    for address in _addresses(session, case):
        if address:
            found.setdefault(address.casefold(), address)
    return list(found.values())[:MOST_ADDRESSES]


def _addresses(session: Session, case: Case) -> Iterator[str | None]:
    yield session.scalar(
        select(CaseContact.email)
        .where(CaseContact.case_id == case.id)
        .order_by(CaseContact.id.desc())
        .limit(1)
    )
    for recipient in session.scalars(
        select(Notice.recipient)
        .where(Notice.case_id == case.id, Notice.issued_at.is_not(None))
        .order_by(Notice.sequence.desc())
    ):
        yield recipient.get("email")
    seen: set[str] = set()
    for contact in session.scalars(
        select(Contact)
        .where(Contact.provider_id == case.provider_id, Contact.email.is_not(None))
        .order_by(Contact.as_at.desc(), Contact.id.desc())
    ):
        if contact.capacity not in seen:
            seen.add(contact.capacity)
            yield contact.email
