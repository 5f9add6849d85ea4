"""Letting a provider in: the link, then a fact that the letter does not carry, then a session.

The second fact (CQC location id and postcode) is on the public register: it stops mail scanners,
mis-sent mail and forwarded archives, not a determined outsider (reliability C2). Every failure
gets one answer.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from enforcement.data.replies import ReplyAttempt, ReplyLink, ReplySession
from enforcement.data.sessions import note_use
from enforcement.domain.sessions import goes_on, secret_hash
from enforcement.services import fresh_links
from enforcement.services.cases import stream
from enforcement.services.links import LinkState, state_of
from enforcement.services.work import Work
from enforcement.settings import Settings

LOCK_EVERY = 5  # wrong tries
LOCK = timedelta(hours=1)
LOCK_FOR_GOOD = 15
# After the second wrong try and those that follow: nobody types both facts again faster.
WAITS = {2: timedelta(seconds=5), 3: timedelta(seconds=15), 4: timedelta(seconds=30)}
# A group of three hundred homes shares one address; nobody mistypes this often.
WRONG_PER_ADDRESS = 60
ADDRESS_SPAN = timedelta(hours=1)
# From so many wrong tries on, an address waits this long after each: (tries, wait).
ADDRESS_WAITS = ((30, timedelta(seconds=10)), (10, timedelta(seconds=2)))
SLEPT = timedelta(days=1)


def open_link(
    work: Work,
    link: ReplyLink,
    address: str,
    location_id: str,
    postcode: str,
    secret: str = "",
) -> str | None:
    """The new session's secret when the second fact is right; None for every kind of failure.

    Wrong tries slow down, five lock the link for an hour, fifteen until an officer re-issues it;
    an address with many is slowed, and with sixty in an hour held. Whoever comes too soon, or is
    locked or held, is answered as if wrong. A fresh link's `secret` opens a link
    that ran out, and its first use ends the older address. The caller commits either way.
    """
    if not prove(work, link, address, location_id, postcode, secret):
        return None
    made = secrets.token_urlsafe(32)
    work.session.add(
        ReplySession(
            secret_hash=secret_hash(made),
            link_id=link.id,
            generation=link.generation,
            created_at=work.now,
            seen_at=work.now,
        )
    )
    work.record(stream(link.case), "link_opened", {"link": link.reference})
    work.session.flush()
    return made


def prove(
    work: Work,
    link: ReplyLink,
    address: str,
    location_id: str,
    postcode: str,
    secret: str = "",
) -> bool:
    """Whether the second fact is right and the link lets anybody in; every try is counted."""
    right = _matches(link, location_id, postcode)
    fresh = fresh_links.find(work, secret) if secret else None
    live = (LinkState.LIVE, *([LinkState.EXPIRED] if fresh else []))
    state, held = state_of(work, link), address_is_held(work, address)
    usable = state in live and not held
    work.session.add(ReplyAttempt(address=address[:64], at=work.now, ok=right and usable))
    # A wrong try that came too soon counts as well: waiting is the only way on.
    if not right and not held and (usable or _waits(link, state)):
        _count_wrong(work, link)
    if not right or not usable:
        return False
    link.wrong_tries, link.locked_until = 0, None
    if fresh is not None:
        fresh_links.take_up(work, fresh)
    return True


def note_wrong_code(work: Work, address: str) -> None:
    """Count a typed code that is no code against its address."""
    work.session.add(ReplyAttempt(address=address[:64], at=work.now, ok=False))


def address_is_held(work: Work, address: str) -> bool:
    """Whether this address has failed too often in the last hour, or comes too soon after it."""
    wrong, last = work.session.execute(
        select(func.count(), func.max(ReplyAttempt.at)).where(
            ReplyAttempt.address == address[:64],
            ReplyAttempt.at > work.now - ADDRESS_SPAN,
            ReplyAttempt.ok.is_(False),
        )
    ).one()
    if wrong >= WRONG_PER_ADDRESS:
        return True
    wait = next((wait for tries, wait in ADDRESS_WAITS if wrong >= tries), None)
    return wait is not None and work.now < last + wait


def recognise(
    session: Session, secret: str, now: datetime, settings: Settings
) -> ReplySession | None:
    """The live session behind a cookie. Ends with its link's generation, by idling, by age."""
    row = session.get(ReplySession, secret_hash(secret))
    if row is None or row.ended_at is not None:
        return None
    idle, longest = settings.reply_idle, settings.reply_absolute
    if not goes_on(row.created_at, row.seen_at, now, idle, longest):
        return None
    link = session.get(ReplyLink, row.link_id)
    if link is None or link.revoked_at is not None or link.generation != row.generation:
        return None
    return row


def slept(session: Session, secret: str, now: datetime) -> ReplySession | None:
    """The session behind a cookie that ended by itself within the last day, and in no other way.

    It opens nothing: only words typed meanwhile are taken from it. None for one that was left, or
    whose link was revoked, re-issued or is over.
    """
    row = session.get(ReplySession, secret_hash(secret)) if secret else None
    if row is None or row.ended_at is not None or now - row.seen_at > SLEPT:
        return None
    link = session.get(ReplyLink, row.link_id)
    dead = link is None or link.revoked_at is not None or link.generation != row.generation
    return None if dead else row


def touch(engine: Engine, secret: str, now: datetime) -> None:
    """Note that somebody is still reading, at most once a minute, in a transaction of its own."""
    note_use(engine, ReplySession, secret_hash(secret), now)


def end(work: Work, row: ReplySession) -> None:
    """Leave: the cookie opens nothing any more. What was saved stays saved."""
    row.ended_at = work.now
    work.session.flush()


def _normal(text: str) -> bytes:
    return "".join(c for c in text.upper() if c.isalnum()).encode()


def _matches(link: ReplyLink, location_id: str, postcode: str) -> bool:
    """Whether the pair names any location of the case; every location is compared, every time."""
    case = link.case
    given = _normal(location_id), _normal(postcode)
    found = False
    for place in {miss.duty.location for miss in case.misses}:
        wanted = _normal(place.cqc_id), _normal(place.postcode or case.provider.postcode or "")
        same_id = hmac.compare_digest(given[0], wanted[0])
        same_postcode = hmac.compare_digest(given[1], wanted[1])
        found |= same_id & same_postcode & bool(wanted[1])
    return found


def _waits(link: ReplyLink, state: LinkState) -> bool:
    """Whether the link only waits between two tries, and is not locked."""
    return state is LinkState.LOCKED and link.wrong_tries % LOCK_EVERY != 0


def _count_wrong(work: Work, link: ReplyLink) -> None:
    link.wrong_tries += 1
    if link.wrong_tries >= LOCK_FOR_GOOD:
        link.locked_for_good = True
        until = "until re-issued"
    elif link.wrong_tries % LOCK_EVERY == 0:
        link.locked_until = work.now + LOCK
        until = link.locked_until.isoformat()
    else:
        wait = WAITS.get(link.wrong_tries % LOCK_EVERY)
        link.locked_until = work.now + wait if wait else None
        return
    work.record(stream(link.case), "link_locked", {"link": link.reference, "until": until})
    work.session.flush()
