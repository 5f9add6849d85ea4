"""Whom a provider asks us to write to: once, told to the old address, and no proper address."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date

import pytest
import reply_case
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from enforcement.data.case_contacts import CaseContact
from enforcement.data.cases import Case
from enforcement.data.history import Event
from enforcement.data.notices import OutboxItem
from enforcement.data.register import Contact
from enforcement.data.replies import ReplyLink
from enforcement.data.tasks import Task
from enforcement.domain.permissions import Actor, Role
from enforcement.domain.refusals import BadInput
from enforcement.services import case_contacts, recipients
from enforcement.services.work import Work

Begin = Callable[..., AbstractContextManager[Work]]
OFFICER = Actor("staff:officer", "Officer", frozenset({Role.OFFICER}))
ANN = ("Ann Example", "ann@example.org", "0191 498 0000")


@pytest.fixture
def made(begin: Begin) -> reply_case.Made:
    with begin(OFFICER) as work:
        made = reply_case.make(work)
        case = work.session.scalars(sa.select(Case)).one()
        work.session.add(
            Contact(
                provider_id=case.provider_id, name="Old", capacity="manager",
                email="old@example.org", address=[], source="test", as_at=date(2026, 1, 1),
            )
        )  # fmt: skip
        return made


def link_of(work: Work) -> ReplyLink:
    return work.session.scalars(sa.select(ReplyLink)).one()


def counted(work: Work) -> tuple[int, int, int, int]:
    """Contacts, events, tasks, mails."""
    changed = sa.select(sa.func.count(Event.id)).where(Event.kind == "contact_changed")
    tables = (CaseContact, Task, OutboxItem)
    found = [work.session.scalar(sa.select(sa.func.count(t.id))) or 0 for t in tables]
    return found[0], work.session.scalar(changed) or 0, found[1], found[2]


def test_a_contact_is_noted_told_and_changes_no_proper_address(
    begin: Begin, made: reply_case.Made
) -> None:
    with begin(OFFICER) as work:
        case = link_of(work).case
        before = recipients.choices(work.session, case)
        case_contacts.change(work, link_of(work), *ANN, "k1")
        assert recipients.choices(work.session, case) == before
        task = work.session.scalars(sa.select(Task)).one()
        assert task.kind == "new_contact"
        assert "Ann Example, ann@example.org, 0191 498 0000" in task.about
        mail = work.session.scalars(sa.select(OutboxItem)).one()
        assert mail.to == "old@example.org"
        assert "ann@" not in mail.payload["text"]  # the new address is not told to the old one
        event = work.session.scalars(sa.select(Event).where(Event.kind == "contact_changed")).one()
        assert "ann@" not in event.body
        assert case_contacts.addresses_on_record(work.session, case) == [
            "ann@example.org",
            "old@example.org",
        ]


def test_pressed_twice_or_unchanged_it_is_one(begin: Begin, made: reply_case.Made) -> None:
    with begin(OFFICER) as work:
        for key in ("k1", "k1", "k2"):
            case_contacts.change(work, link_of(work), *ANN, key)
        assert counted(work) == (1, 1, 1, 1)
        case_contacts.change(work, link_of(work), "Bob Example", "", "0191 498 0001", "k3")
        assert counted(work) == (2, 2, 2, 3)  # both addresses known by then are told
        held = case_contacts.current(work.session, link_of(work).case)
        assert held is not None
        assert held.name == "Bob Example"


@pytest.mark.parametrize("given", [("", "a@example.org", ""), ("Ann", " ", "")])
def test_what_cannot_be_used_is_refused(
    begin: Begin, made: reply_case.Made, given: tuple[str, str, str]
) -> None:
    with begin(OFFICER) as work, pytest.raises(BadInput):
        case_contacts.change(work, link_of(work), *given, "k1")


def test_too_many_changes_are_refused(begin: Begin, made: reply_case.Made) -> None:
    with begin(OFFICER) as work:
        for number in range(case_contacts.MOST):
            case_contacts.change(work, link_of(work), f"Ann {number}", "", "1", f"k{number}")
        with pytest.raises(BadInput):
            case_contacts.change(work, link_of(work), "One more", "", "1", "last")


@pytest.mark.parametrize("sql", ["UPDATE case_contact SET name = 'x'", "DELETE FROM case_contact"])
def test_the_database_keeps_what_was_said(begin: Begin, made: reply_case.Made, sql: str) -> None:
    with begin(OFFICER) as work:
        case_contacts.change(work, link_of(work), *ANN, "k1")
    with pytest.raises(DBAPIError), begin(OFFICER) as work:
        work.session.execute(sa.text(sql))
