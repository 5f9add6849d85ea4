"""Who works in the synthetic year: invented people, one or more of each role, with sign-ins."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from enforcement.domain.permissions import Actor, Role
from enforcement.services import accounts
from enforcement.services.work import Work

_WORDS = ("otter", "quill", "fennel", "marrow", "lantern", "puddle", "sorrel", "bramble", "kestrel",
          "teasel", "damson", "juniper", "medlar", "thistle", "cobble", "larch")  # fmt: skip


@dataclass(frozen=True)
class Member:
    """One invented member of staff, by the key that stories call them."""

    key: str
    name: str
    number: str
    role: Role

    @property
    def username(self) -> str:
        return self.name.lower().replace(" ", ".")


MEMBERS = (
    Member("officer", "Orla Candlewick", "D1001", Role.OFFICER),
    Member("officer2", "Omar Fernhollow", "D1002", Role.OFFICER),
    Member("senior", "Selma Rookhaven", "D1003", Role.SENIOR),
    Member("senior2", "Stellan Moonwort", "D1004", Role.SENIOR),
    Member("panel", "Petra Silverdew", "D1005", Role.PANEL),
    Member("panel2", "Piers Hazelmoth", "D1006", Role.PANEL),
    Member("panel3", "Paola Larkmoor", "D1007", Role.PANEL),
    Member("finance", "Fintan Pennywhistle", "D1008", Role.FINANCE),
    Member("leader", "Lotte Bellwether", "D1009", Role.LEADER),
    Member("policy", "Priti Underbough", "D1010", Role.POLICY),
    Member("admin", "Anselm Copperkettle", "D1011", Role.ADMIN),
    Member("auditor", "Aurelia Marshlight", "D1012", Role.AUDITOR),
)
SET_UP = Actor("set-up", "set-up", frozenset({Role.ADMIN}))


@dataclass(frozen=True)
class SignIn:
    """What somebody types to sign in."""

    username: str
    password: str
    name: str
    role: str


def password() -> str:
    """Four words and four digits: easy to read out, hard to guess, different in every instance."""
    words = "-".join(secrets.choice(_WORDS) for _ in range(4))
    return f"{words}-{secrets.randbelow(10_000):04d}"


def hire(work: Work) -> tuple[dict[str, Actor], list[SignIn]]:
    """Make every account; gives the actors by key, and the sign-ins, the passwords included."""
    people: dict[str, Actor] = {}
    sign_ins: list[SignIn] = []
    for member in MEMBERS:
        chosen = password()
        email = f"{member.username}@enforcement.example.org"
        account = accounts.create(
            work, member.username, member.name, member.number, [member.role.value], chosen, email
        )
        people[member.key] = accounts.actor_of(account)
        sign_ins.append(SignIn(member.username, chosen, member.name, member.role.label))
    return people, sign_ins
