"""Roles, what each carries, and the separation of duties by person."""

from __future__ import annotations

from itertools import product

import pytest

from enforcement.domain.permissions import (
    GRANTS,
    Actor,
    CasePeople,
    Part,
    Permission,
    Role,
    can,
    other_parts,
    provider_actor,
    refuse_same_person,
    require,
    same_person,
    system_actor,
)
from enforcement.domain.refusals import NotAllowed, SamePerson

# Written by hand: the roles that carry each permission.
HOLDERS: dict[str, str] = {
    "cases.read": "officer senior panel finance leader policy auditor",
    "history.read": "officer senior panel finance leader policy auditor",
    "files.load": "officer",
    "feed.complete": "senior leader",
    "providers.review": "officer",
    "runs.preview": "officer",
    "runs.approve": "senior leader",
    "notices.draft": "officer",
    "notices.approve": "senior",
    "notices.issue": "officer senior",
    "giving.record": "officer senior",
    "replies.key": "officer",
    "replies.answer": "officer",
    "links.manage": "officer senior",
    "links.read_code": "officer senior auditor",
    "decisions.propose": "officer",
    "decisions.decide": "panel",
    "notices.withdraw": "senior",
    "cases.hold": "officer senior",
    "cases.close": "officer senior",
    "cases.reopen": "senior",
    "cases.assign": "senior leader",
    "cases.note": "officer senior panel finance leader",
    "amounts.confirm": "officer senior",
    "money.record": "finance",
    "money.agree": "finance leader",
    "money.chase": "officer finance",
    "appeals.record": "officer senior",
    "checkpoints.sign": "leader",
    "policies.propose": "policy",
    "policies.approve": "leader",
    "accounts.manage": "admin",
}


def actor(*roles: Role, identity: str = "staff:1") -> Actor:
    return Actor(identity=identity, name="Ro Example", roles=frozenset(roles))


def test_every_permission_has_its_line() -> None:
    assert set(HOLDERS) == {p.value for p in Permission}
    assert set(GRANTS) == set(Role)


@pytest.mark.parametrize("permission", list(Permission))
def test_who_holds_it(permission: Permission) -> None:
    holders = {r.value for r in Role if can(actor(r), permission)}
    assert holders == set(HOLDERS[permission.value].split())


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (Permission.DRAFT_NOTICE, Permission.APPROVE_NOTICE),
        (Permission.PROPOSE_DECISION, Permission.DECIDE),
        (Permission.PREVIEW_RUN, Permission.APPROVE_RUN),
        (Permission.PROPOSE_POLICY, Permission.APPROVE_POLICY),
        (Permission.APPROVE_NOTICE, Permission.DECIDE),
        (Permission.MANAGE_ACCOUNTS, Permission.APPROVE_NOTICE),
        (Permission.MANAGE_ACCOUNTS, Permission.READ_CASES),
    ],
)
def test_no_role_carries_both_halves(one: Permission, two: Permission) -> None:
    assert not [role for role in Role if {one, two} <= GRANTS[role]]


def test_an_auditor_only_reads() -> None:
    reading = {Permission.READ_CASES, Permission.READ_HISTORY, Permission.READ_CODE}
    assert GRANTS[Role.AUDITOR] == reading


@pytest.mark.parametrize("nobody", [system_actor("sweep"), provider_actor("L-1", "A Provider")])
def test_jobs_and_providers_hold_nothing(nobody: Actor) -> None:
    assert nobody.permissions == frozenset()
    for permission in Permission:
        with pytest.raises(NotAllowed):
            require(nobody, permission)


def test_a_refusal_names_the_roles_that_would_do() -> None:
    with pytest.raises(NotAllowed) as refused:
        require(actor(Role.AUDITOR), Permission.ISSUE_NOTICE)
    assert "Enforcement officer or Senior officer (approver)" in refused.value.sentence
    assert refused.value.fix


def test_the_capacity_acted_in() -> None:
    both = actor(Role.SENIOR, Role.PANEL)
    assert both.acting_role(Permission.DECIDE) == "panel"
    assert both.acting_role(Permission.APPROVE_NOTICE) == "senior"
    assert both.acting_role() == "senior"
    assert both.acting_role(Permission.MANAGE_ACCOUNTS) == "none"
    assert actor().acting_role() == "none"
    assert system_actor("sweep").acting_role(Permission.DECIDE) == "system"


PEOPLE = CasePeople(frozenset({"d", "both"}), frozenset({"a", "both"}), frozenset({"p"}))


@pytest.mark.parametrize(("identity", "part"), list(product(("d", "a", "p", "both", "new"), Part)))
def test_each_part_excludes_the_others(identity: str, part: Part) -> None:
    taken = {"d": {"drafter"}, "a": {"approver"}, "p": {"panel"}, "both": {"drafter", "approver"}}
    person = actor(*Role, identity=identity)  # every role: roles do not matter here
    if taken.get(identity, set()) - {part.value}:
        with pytest.raises(SamePerson) as refused:
            refuse_same_person(PEOPLE, person, part)
        assert refused.value.sentence == same_person(PEOPLE, person, part)
        assert refused.value.rule
        assert refused.value.fix
    else:
        assert same_person(PEOPLE, person, part) is None
        refuse_same_person(PEOPLE, person, part)


def test_two_accounts_of_one_person_are_one_person() -> None:
    people = CasePeople(drafters=frozenset({"staff:7"}))
    second = Actor("staff:7", "Other Login", frozenset({Role.SENIOR}), account_id=99)
    assert same_person(people, second, Part.APPROVER)


def test_holders_and_other_parts_cover_every_part() -> None:
    for part in Part:
        assert {part, *other_parts(part)} == set(Part)
        assert PEOPLE.holders(part) <= {"d", "a", "p", "both"}
    assert len({r.label for r in Role}) == len(Role)
