"""A fresh address for a reply link that was lost, sent by email to addresses on record.

The older address and code go on working until the fresh one is first used: who may ask is
everybody, and asking must take nothing from whoever holds the letter. Its use proves that the
mailbox was reached; from then on only the fresh address opens the case (a new generation).
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import select

from enforcement.data.replies import ReplyLink
from enforcement.data.reply_access import FreshLink
from enforcement.domain.sessions import secret_hash
from enforcement.services import links
from enforcement.services.cases import stream
from enforcement.services.links import LinkState
from enforcement.services.work import Work

LIFE = timedelta(days=14)  # at least this long, also when the printed link ends before


def make(work: Work, link: ReplyLink) -> tuple[FreshLink, str]:
    """A fresh address of this link: the row, and the address itself, which is stored nowhere."""
    secret = secrets.token_urlsafe(32)
    row = FreshLink(
        link_id=link.id,
        generation=link.generation,
        secret_hash=secret_hash(secret),
        made_at=work.now,
        expires_at=max(links.ends_at(work, link), work.now + LIFE),
    )
    work.session.add(row)
    work.session.flush()
    return row, f"{work.settings.reply_base_url}/r/{secret}"


def find(work: Work, secret: str) -> FreshLink | None:
    """The fresh link with this secret while it holds: not over, and not overtaken by another.

    It also holds when the printed link has run out meanwhile, and never when that was revoked.
    """
    row = work.session.scalar(select(FreshLink).where(FreshLink.secret_hash == secret_hash(secret)))
    if row is None or row.generation != row.link.generation or work.now > row.expires_at:
        return None
    state = links.state_of(work, row.link)
    return row if state.answers or state is LinkState.EXPIRED else None


def take_up(work: Work, fresh: FreshLink) -> None:
    """The first use ends the older address, code and sessions; what was saved stays.

    Used again, it changes nothing.
    """
    if fresh.taken_up_at is not None:
        return
    link = fresh.link
    links.renew(work.settings, link)
    link.expires_at = max(link.expires_at, fresh.expires_at)
    fresh.generation, fresh.taken_up_at = link.generation, work.now
    work.session.flush()
    work.record(
        stream(link.case),
        "link_taken_up",
        {"link": link.reference, "generation": link.generation},
    )
