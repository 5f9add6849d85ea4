"""Giving: deemed dates of reg 7 and proper addresses, by table."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enforcement.domain.calendar import WorkingCalendar
from enforcement.domain.giving import (
    Capacity,
    Method,
    PersonKind,
    deemed_given,
    is_proper,
    person_kind,
)
from enforcement.domain.refusals import BadInput

ENGLAND = WorkingCalendar()
HAND, FIRST, EMAIL = Method.HAND, Method.FIRST_CLASS, Method.ELECTRONIC

DEEMED = [
    ("2025-02-04", EMAIL, "2025-02-05"),
    ("2025-02-04", FIRST, "2025-02-07"),
    ("2025-02-04", HAND, "2025-02-04"),
    ("2025-02-07", EMAIL, "2025-02-10"),
    ("2025-02-08", FIRST, "2025-02-12"),
    ("2025-02-08", HAND, "2025-02-08"),  # by hand, even on a Saturday
    ("2025-04-17", EMAIL, "2025-04-22"),
    ("2025-04-17", FIRST, "2025-04-24"),
    ("2025-04-17", Method.RECORDED, "2025-04-24"),
    ("2025-04-17", Method.REGISTERED, "2025-04-24"),
    ("2024-12-23", EMAIL, "2024-12-24"),
    ("2024-12-23", FIRST, "2024-12-30"),
    ("2024-12-13", FIRST, "2024-12-18"),
]


@pytest.mark.parametrize(("sent", "method", "expected"), DEEMED)
def test_deemed_given(sent: str, method: Method, expected: str) -> None:
    giving = deemed_given(date.fromisoformat(sent), method, ENGLAND)
    assert giving.given_on == date.fromisoformat(expected)
    assert giving.receipt[0].day == date.fromisoformat(sent)
    assert giving.receipt[-1].day == giving.given_on
    assert giving.receipt[-1].number == method.working_days


def test_the_receipt_explains_each_day() -> None:
    giving = deemed_given(date(2025, 4, 17), FIRST, ENGLAND)
    assert [(line.day.day, line.number) for line in giving.receipt] == [
        (17, None),
        (18, None),
        (19, None),
        (20, None),
        (21, None),
        (22, 1),
        (23, 2),
        (24, 3),
    ]
    notes = [line.note for line in giving.receipt]
    assert notes[0] == "Sent by first class post; this day is not counted."
    assert notes[1] == "Good Friday: not a working day."
    assert notes[-1] == "Working day 3. The notice is given on this day."


def test_second_class_is_not_a_method() -> None:
    assert [method.value for method in Method] == [
        "hand",
        "first_class",
        "recorded",
        "registered",
        "electronic",
    ]


@settings(max_examples=30, deadline=None)
@given(st.dates(date(2023, 1, 1), date(2032, 12, 31)), st.sampled_from(list(Method)))
def test_given_on_a_working_day_and_in_the_order_of_methods(sent: date, method: Method) -> None:
    giving = deemed_given(sent, method, ENGLAND)
    assert method is HAND or ENGLAND.is_working(giving.given_on)
    hand, email, post = (deemed_given(sent, one, ENGLAND).given_on for one in (HAND, EMAIL, FIRST))
    assert hand < email < post
    days = [line.day for line in giving.receipt]
    assert len(days) == (giving.given_on - sent).days + 1


C = Capacity
PROPER = {
    PersonKind.COMPANY: {
        C.REGISTERED_OFFICE: FIRST,
        C.PRINCIPAL_OFFICE: FIRST,
        C.OFFICER_EMAIL: EMAIL,
    },
    PersonKind.PARTNERSHIP: {C.PRINCIPAL_OFFICE: FIRST, C.PARTNER_EMAIL: EMAIL},
    PersonKind.INDIVIDUAL: {C.LAST_KNOWN_ADDRESS: FIRST, C.LAST_KNOWN_EMAIL: EMAIL},
    PersonKind.OTHER_BODY: {C.LAST_KNOWN_ADDRESS: FIRST, C.LAST_KNOWN_EMAIL: EMAIL},
}


@pytest.mark.parametrize("kind", list(PersonKind))
@pytest.mark.parametrize("capacity", list(Capacity))
def test_proper_address_for_every_kind_capacity_and_method(
    kind: PersonKind, capacity: Capacity
) -> None:
    wanted = PROPER[kind].get(capacity)
    for method in Method:
        found = is_proper(kind, capacity, method)
        fits = wanted is not None and (method is EMAIL) == (wanted is EMAIL)
        assert found.ok is fits, (kind, capacity, method)
        assert found.reason
        assert found.rule == "SI 2022/1175 reg 7"


def test_a_managers_mailbox_is_never_proper_and_the_reason_says_so() -> None:
    found = is_proper(PersonKind.COMPANY, C.MANAGER_MAILBOX, EMAIL)
    assert not found.ok
    assert found.reason == (
        "For a body corporate the proper address is the registered office or the principal office "
        "or the email address of a director or other officer of the provider, not a manager’s or "
        "general mailbox."
    )


@pytest.mark.parametrize(
    ("ownership", "kind"),
    [
        ("Organisation", PersonKind.COMPANY),
        (" organisation ", PersonKind.COMPANY),
        ("Partnership", PersonKind.PARTNERSHIP),
        ("Individual", PersonKind.INDIVIDUAL),
        ("NHS Body", PersonKind.OTHER_BODY),
    ],
)
def test_person_kind(ownership: str, kind: PersonKind) -> None:
    assert person_kind(ownership) is kind


@pytest.mark.parametrize("ownership", ["", "-", "Trust"])
def test_an_unknown_ownership_type_is_refused(ownership: str) -> None:
    with pytest.raises(BadInput):
        person_kind(ownership)
