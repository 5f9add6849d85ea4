"""Who may do what: roles, permissions, and the separation of duties on one case.

Separation is decided on the person (staff number), never on the account or the role, and in
one place (`refuse_same_person`), so that web, bulk, command line and jobs cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from enforcement.domain.refusals import NotAllowed, SamePerson


class Role(StrEnum):
    OFFICER = "officer"
    SENIOR = "senior"
    PANEL = "panel"
    FINANCE = "finance"
    LEADER = "leader"
    POLICY = "policy"
    ADMIN = "admin"
    AUDITOR = "auditor"

    @property
    def label(self) -> str:
        return ROLE_TITLES[self]


ROLE_TITLES = {
    Role.OFFICER: "Enforcement officer",
    Role.SENIOR: "Senior officer (approver)",
    Role.PANEL: "Panel member",
    Role.FINANCE: "Finance",
    Role.LEADER: "Team leader",
    Role.POLICY: "Policy administrator",
    Role.ADMIN: "Account administrator",
    Role.AUDITOR: "Auditor",
}


class Permission(StrEnum):
    READ_CASES = "cases.read"
    READ_HISTORY = "history.read"
    LOAD_FILES = "files.load"
    COMPLETE_FEED = "feed.complete"
    REVIEW_PUBLIC_BODY = "providers.review"
    PREVIEW_RUN = "runs.preview"
    APPROVE_RUN = "runs.approve"
    DRAFT_NOTICE = "notices.draft"
    APPROVE_NOTICE = "notices.approve"
    ISSUE_NOTICE = "notices.issue"
    RECORD_GIVING = "giving.record"
    KEY_REPLY = "replies.key"
    ANSWER_REPLY = "replies.answer"
    MANAGE_LINK = "links.manage"
    READ_CODE = "links.read_code"
    PROPOSE_DECISION = "decisions.propose"
    DECIDE = "decisions.decide"
    WITHDRAW = "notices.withdraw"
    HOLD = "cases.hold"
    CLOSE = "cases.close"
    REOPEN = "cases.reopen"
    ASSIGN = "cases.assign"
    NOTE = "cases.note"
    CONFIRM_AMOUNT = "amounts.confirm"
    RECORD_MONEY = "money.record"
    AGREE_WRITE_OFF = "money.agree"
    CHASE_PAYMENT = "money.chase"
    RECORD_APPEAL = "appeals.record"
    SEND_REPORT = "checkpoints.sign"
    PROPOSE_POLICY = "policies.propose"
    APPROVE_POLICY = "policies.approve"
    MANAGE_ACCOUNTS = "accounts.manage"


P = Permission
_READ = {P.READ_CASES, P.READ_HISTORY}
_OFFICER = _READ | {
    P.READ_CODE,
    P.LOAD_FILES,
    P.REVIEW_PUBLIC_BODY,
    P.PREVIEW_RUN,
    P.DRAFT_NOTICE,
    P.ISSUE_NOTICE,
    P.RECORD_GIVING,
    P.KEY_REPLY,
    P.ANSWER_REPLY,
    P.MANAGE_LINK,
    P.PROPOSE_DECISION,
    P.HOLD,
    P.CLOSE,
    P.NOTE,
    P.CONFIRM_AMOUNT,
    P.RECORD_APPEAL,
    P.CHASE_PAYMENT,
}

# No role both drafts and approves. A person who holds two roles is still held apart case by
# case by `refuse_same_person`.
GRANTS: dict[Role, frozenset[Permission]] = {
    Role.OFFICER: frozenset(_OFFICER),
    Role.SENIOR: frozenset(
        _READ
        | {
            P.COMPLETE_FEED,
            P.APPROVE_RUN,
            P.APPROVE_NOTICE,
            P.ISSUE_NOTICE,
            P.RECORD_GIVING,
            P.WITHDRAW,
            P.HOLD,
            P.CLOSE,
            P.REOPEN,
            P.ASSIGN,
            P.NOTE,
            P.CONFIRM_AMOUNT,
            P.MANAGE_LINK,
            P.READ_CODE,
            P.RECORD_APPEAL,
        }
    ),
    Role.PANEL: frozenset(_READ | {P.DECIDE, P.NOTE}),
    Role.FINANCE: frozenset(_READ | {P.RECORD_MONEY, P.AGREE_WRITE_OFF, P.CHASE_PAYMENT, P.NOTE}),
    Role.LEADER: frozenset(
        _READ
        | {
            P.COMPLETE_FEED,
            P.APPROVE_RUN,
            P.ASSIGN,
            P.NOTE,
            P.APPROVE_POLICY,
            P.SEND_REPORT,
            P.AGREE_WRITE_OFF,
        }
    ),
    Role.POLICY: frozenset(_READ | {P.PROPOSE_POLICY}),
    Role.ADMIN: frozenset({P.MANAGE_ACCOUNTS}),
    Role.AUDITOR: frozenset(_READ | {P.READ_CODE}),
}


@dataclass(frozen=True)
class Actor:
    """A person, or a named job, at the moment of acting.

    `identity` is the staff number: one person, one identity, however many accounts.
    """

    identity: str
    name: str
    roles: frozenset[Role] = field(default_factory=frozenset)
    account_id: int | None = None
    is_system: bool = False

    @property
    def permissions(self) -> frozenset[Permission]:
        return frozenset(p for role in self.roles for p in GRANTS[role])

    def acting_role(self, permission: Permission | None = None) -> str:
        """The capacity acted in, for the history: the first role that carries the permission."""
        if self.is_system:
            return "system"
        for role in Role:
            if role in self.roles and (permission is None or permission in GRANTS[role]):
                return role.value
        return "none"


def system_actor(name: str) -> Actor:
    """A named job. It holds no permission: jobs carry out what people decided."""
    return Actor(identity=f"system:{name}", name=name, is_system=True)


def who(identity: str, name: str) -> str:
    """Who did something, for people: a job is the service itself, a person goes by name."""
    if identity in ("set-up", "system:set-up"):
        return "the set-up of the service"
    return "the service itself" if identity.startswith("system:") else name


def provider_actor(link_reference: str, name: str) -> Actor:
    """A provider who came through a reply link; holds no staff permission."""
    return Actor(identity=f"provider:{link_reference}", name=name)


def can(actor: Actor, permission: Permission) -> bool:
    return permission in actor.permissions


def done_by(permission: Permission) -> str:
    """The roles that carry a permission, in words."""
    return " or ".join(role.label for role in Role if permission in GRANTS[role])


def not_yours(actor: Actor, permission: Permission) -> str:
    """Why this person may not, as a sentence for the greyed action; nothing when they may."""
    return "" if can(actor, permission) else f"This is done by: {done_by(permission)}."


def require(actor: Actor, permission: Permission) -> None:
    """Refuse with NotAllowed unless one of the actor's roles carries the permission."""
    if not can(actor, permission):
        raise NotAllowed(
            f"{actor.name} may not do this. It is done by: {done_by(permission)}.",
            fix="Ask somebody who holds that role.",
        )


class Part(StrEnum):
    """The part a person takes in one case's making. Each excludes the others."""

    DRAFTER = "drafter"
    APPROVER = "approver"
    PANEL = "panel"


@dataclass(frozen=True)
class CasePeople:
    """Identities that have taken each part in one case, over its whole life."""

    drafters: frozenset[str] = frozenset()
    approvers: frozenset[str] = frozenset()
    panel: frozenset[str] = frozenset()

    def holders(self, part: Part) -> frozenset[str]:
        return {
            Part.DRAFTER: self.drafters,
            Part.APPROVER: self.approvers,
            Part.PANEL: self.panel,
        }[part]


def other_parts(part: Part) -> Iterable[Part]:
    return (p for p in Part if p is not part)


def same_person(people: CasePeople, actor: Actor, part: Part) -> str | None:
    """The sentence that says why this person may not take this part, or None."""
    for other in other_parts(part):
        if actor.identity in people.holders(other):
            return (
                f"{actor.name} has already acted as {other.value} on this case, "
                f"so may not act as {part.value}."
            )
    return None


def refuse_same_person(people: CasePeople, actor: Actor, part: Part) -> None:
    """Drafter ≠ approver ≠ panel on one case (domain 13.4); raises SamePerson."""
    sentence = same_person(people, actor, part)
    if sentence is not None:
        raise SamePerson(
            sentence,
            rule="Separation of duties: drafter, approver and panel differ on one case",
            fix="Ask a colleague who has taken no other part in this case.",
        )
