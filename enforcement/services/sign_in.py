"""Signing in: argon2, lock-out kept in the database, sessions kept on the server."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from enforcement.data.history import record
from enforcement.data.people import Account, SignInAttempt, StaffSession
from enforcement.data.sessions import note_use
from enforcement.domain.permissions import Actor
from enforcement.domain.refusals import NotAllowed
from enforcement.domain.sessions import goes_on, secret_hash
from enforcement.services.accounts import HASHER, actor_of
from enforcement.settings import Settings

TRIES_BEFORE_LOCK = 5
LOCK = timedelta(minutes=15)
TRIES_PER_ADDRESS = 40
ADDRESS_SPAN = timedelta(minutes=15)
WRONG = "The user name or password is wrong, or the account is locked for a while."
# Verified when there is no such account, so that both answers take as long.
_NOBODY = HASHER.hash(secrets.token_urlsafe(16))


@dataclass(frozen=True)
class Found:
    actor: Actor
    username: str
    password_at: datetime  # when the password was last typed: every session begins with it


def _matches(password: str, stored: str) -> bool:
    try:
        return HASHER.verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def start(
    session: Session, username: str, password: str, address: str, now: datetime
) -> tuple[str, Account] | None:
    """Sign in: the new session's secret and the account, or None.

    One answer for every failure (ASVS 6.3.8). Five wrong tries lock the account for 15 minutes;
    forty from one address hold that address. The caller commits either way: a failure must count.
    """
    account = session.scalar(select(Account).where(Account.username == username.strip()))
    right = _matches(password, account.password_hash if account else _NOBODY)
    recent = session.scalar(
        select(func.count()).where(
            SignInAttempt.address == address, SignInAttempt.at > now - ADDRESS_SPAN
        )
    )
    refused = (
        account is None
        or not right
        or account.disabled_at is not None
        or (account.locked_until is not None and account.locked_until > now)
        or (recent or 0) >= TRIES_PER_ADDRESS
    )
    if refused:
        _count_failure(session, account, username, address, now)
        return None
    if account is None:  # never: `refused` said so already
        return None
    account.failed_count, account.locked_until = 0, None
    secret = secrets.token_urlsafe(32)
    session.add(
        StaffSession(
            secret_hash=secret_hash(secret),
            account_id=account.id,
            created_at=now,
            seen_at=now,
            address=address[:64],
        )
    )
    record(
        session,
        stream=f"account:{account.username}",
        kind="signed_in",
        actor=actor_of(account),
        now=now,
        facts={"username": account.username, "address": address[:64]},
    )
    return secret, account


def _count_failure(
    session: Session, account: Account | None, username: str, address: str, now: datetime
) -> None:
    session.add(SignInAttempt(address=address[:64], username=username[:80], at=now))
    if account is None:
        return
    account.failed_count += 1
    reason = "wrong password or locked"
    if account.failed_count % TRIES_BEFORE_LOCK == 0:
        account.locked_until = now + LOCK
        reason = "locked for 15 minutes"
    record(
        session,
        stream=f"account:{account.username}",
        kind="sign_in_refused",
        actor=actor_of(account),
        now=now,
        facts={"username": account.username, "reason": reason},
    )


def recognise(session: Session, secret: str, now: datetime, settings: Settings) -> Found | None:
    """The person behind a session secret, unless it ended, idled out or is too old. Reads only."""
    row = session.get(StaffSession, secret_hash(secret))
    if row is None or row.ended_at is not None:
        return None
    idle, longest = settings.staff_idle, settings.staff_absolute
    if not goes_on(row.created_at, row.seen_at, now, idle, longest):
        return None
    account = session.get(Account, row.account_id)
    if account is None or account.disabled_at is not None:
        return None
    return Found(actor_of(account), account.username, row.created_at)


def is_fresh(found: Found, now: datetime, settings: Settings) -> bool:
    """Whether the password was typed lately enough for what asks for it again (ASVS 7.5.3)."""
    return now - found.password_at <= settings.staff_confirm


def confirm(
    session: Session, secret: str, password: str, address: str, now: datetime
) -> str | None:
    """The password typed again: the secret of a new session in place of this one, or None.

    A session begun anew cannot be used by whoever held the old one (ASVS 7.2.4). A wrong password
    counts as a wrong try of signing in; the caller commits either way. Refuses NotAllowed for a
    session that ended.
    """
    row = session.get(StaffSession, secret_hash(secret))
    account = session.get(Account, row.account_id) if row and row.ended_at is None else None
    if account is None:
        raise NotAllowed("The session has ended. Sign in again.")
    started = start(session, account.username, password, address, now)
    if started is None:
        return None
    end(session, secret, now)
    return started[0]


def touch(engine: Engine, secret: str, now: datetime) -> None:
    """Note that the session is in use, at most once a minute, in a transaction of its own."""
    note_use(engine, StaffSession, secret_hash(secret), now)


def end(session: Session, secret: str, now: datetime) -> None:
    """Sign out. Harmless when already signed out."""
    row = session.get(StaffSession, secret_hash(secret))
    if row is None or row.ended_at is not None:
        return
    row.ended_at = now
    account = session.get(Account, row.account_id)
    if account is None:
        raise NotAllowed("The session belongs to no account.")
    record(
        session,
        stream=f"account:{account.username}",
        kind="signed_out",
        actor=actor_of(account),
        now=now,
        facts={"username": account.username},
    )
