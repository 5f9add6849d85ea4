"""Accounts of staff: made, changed and disabled by an account administrator.

One person, one account: the staff number is unique and is the identity that separation of duties
looks at. An administrator holds no case permission, so cannot give themselves a part in a case.
"""

from __future__ import annotations

from collections.abc import Iterable

from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session

from enforcement.data.people import Account, StaffSession
from enforcement.domain.permissions import Actor, Permission, Role, who
from enforcement.domain.refusals import BadInput, NotAllowed, NotFound
from enforcement.services.work import Work, changed_meanwhile

HASHER = PasswordHasher()
SHORTEST = 12
COMMON = frozenset(
    {
        "password1234",
        "passwordpassword",
        "123456789012",
        "qwertyuiopas",
        "letmeinletmein",
        "enforcement1",
        "welcome12345",
    }
)


def actor_of(account: Account) -> Actor:
    """The account as somebody who acts."""
    return Actor(
        identity=f"staff:{account.staff_number}",
        name=account.name,
        roles=frozenset(Role(role) for role in account.roles),
        account_id=account.id,
    )


def check_password(password: str) -> None:
    """At least 12 characters, not a common one; no rule on which characters (ASVS 6.2)."""
    if len(password) < SHORTEST:
        raise BadInput(f"A password has at least {SHORTEST} characters.")
    if password.lower() in COMMON or len(set(password)) < 5:
        raise BadInput("That password is one of the first that anybody would try.")


def _roles(roles: Iterable[str]) -> list[str]:
    try:
        found = sorted({Role(role).value for role in roles})
    except ValueError as unknown:
        raise BadInput(f"There is no such role: {unknown}.") from unknown
    if not found:
        raise BadInput("Give the account at least one role.")
    if Role.ADMIN.value in found and len(found) > 1:
        raise BadInput("An account administrator takes no other role.")
    if Role.AUDITOR.value in found and len(found) > 1:
        raise BadInput("An auditor takes no other role.")
    return found


def create(
    work: Work,
    username: str,
    name: str,
    staff_number: str,
    roles: Iterable[str],
    password: str,
    email: str | None = None,
) -> Account:
    """Make an account. Refuses BadInput (weak password, taken name), NotAllowed."""
    work.require(Permission.MANAGE_ACCOUNTS)
    check_password(password)
    taken = select(Account.id).where(
        (Account.username == username) | (Account.staff_number == staff_number)
    )
    if work.session.scalar(taken) is not None:
        raise BadInput("That user name or staff number already has an account.")
    if not (username.strip() and name.strip() and staff_number.strip()):
        raise BadInput("User name, name and staff number are all needed.")
    account = Account(
        username=username.strip(),
        name=name.strip(),
        email=email,
        staff_number=staff_number.strip(),
        password_hash=HASHER.hash(password),
        roles=_roles(roles),
        created_at=work.now,
    )
    work.session.add(account)
    work.session.flush()
    work.record(
        f"account:{account.username}",
        "account_created",
        {
            "username": account.username,
            "staff_number": account.staff_number,
            "roles": list(account.roles),
        },
        permission=Permission.MANAGE_ACCOUNTS,
    )
    return account


def find(work: Work, username: str) -> Account:
    account = work.session.scalar(select(Account).where(Account.username == username))
    if account is None:
        raise NotFound(f"There is no account “{username}”.")
    return account


def change_roles(work: Work, username: str, roles: Iterable[str], version: int) -> Account:
    """Give an account other roles; ends its sessions at once. Nobody changes their own."""
    work.require(Permission.MANAGE_ACCOUNTS)
    account = find(work, username)
    _not_own(work, account)
    if account.version != version:
        raise changed_meanwhile()
    wanted = _roles(roles)
    if wanted == list(account.roles):
        return account
    before, account.roles = list(account.roles), wanted
    end_sessions(work, account)
    work.record(
        f"account:{account.username}",
        "account_changed",
        {"username": account.username, "changes": [{"roles": before}, {"roles": wanted}]},
        permission=Permission.MANAGE_ACCOUNTS,
    )
    work.session.flush()
    return account


def disable(work: Work, username: str) -> Account:
    """Disable an account; ends its sessions at once. Nobody disables their own."""
    work.require(Permission.MANAGE_ACCOUNTS)
    account = find(work, username)
    _not_own(work, account)
    if account.disabled_at is None:
        account.disabled_at = work.now
        end_sessions(work, account)
        work.record(
            f"account:{account.username}",
            "account_disabled",
            {"username": account.username},
            permission=Permission.MANAGE_ACCOUNTS,
        )
        work.session.flush()
    return account


def _not_own(work: Work, account: Account) -> None:
    if account.id == work.actor.account_id:
        raise NotAllowed("Nobody changes their own account.")


def end_sessions(work: Work, account: Account) -> None:
    for row in work.session.scalars(
        select(StaffSession).where(
            StaffSession.account_id == account.id, StaffSession.ended_at.is_(None)
        )
    ):
        row.ended_at = work.now


def names(session: Session, identities: Iterable[str | None]) -> dict[str, str]:
    """Names of people by their staff number; an operator of the command line keeps the number."""
    found = {identity: who(identity, identity) for identity in identities if identity}
    numbers = {key.removeprefix("staff:"): key for key in found}
    rows = session.execute(
        select(Account.staff_number, Account.name).where(Account.staff_number.in_(numbers))
    )
    found.update({numbers[number]: name for number, name in rows})
    return found
