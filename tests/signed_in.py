"""A session of a member of staff, started as signing in starts one, without the password typed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from enforcement.data.people import Account, StaffSession
from enforcement.domain.sessions import secret_hash

COOKIE = "staff-session"


def signed_in(engine: Engine, username: str, at: datetime) -> str:
    """What this person's `staff-session` cookie holds from this moment on."""
    secret = f"secret-of-{username}-{at:%Y%m%d%H%M}"
    digest = secret_hash(secret)
    with Session(engine) as session, session.begin():
        if session.get(StaffSession, digest) is None:
            account = session.scalars(select(Account).filter_by(username=username)).one()
            session.add(
                StaffSession(secret_hash=digest, account_id=account.id, created_at=at, seen_at=at)
            )
    return secret
