"""Somebody lost the reply link: the same answer to everybody, and sent only where we knew before.

Asking only stores what was typed, so whether there is such a case can be seen neither in the
answer nor in the time it takes. A job of every minute answers: by email to addresses already on
record, else a task for an officer to post the code again. Nothing typed here is ever written to.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from enforcement.data.cases import Case
from enforcement.data.register import Location, Provider
from enforcement.data.replies import ReplyLink
from enforcement.data.reply_access import LostLink
from enforcement.domain.tasks import TaskKind
from enforcement.domain.words import weekday
from enforcement.services import files, fresh_links, links, sending, tasks
from enforcement.services.case_contacts import addresses_on_record
from enforcement.services.cases import stream
from enforcement.services.links import LinkState
from enforcement.services.work import Work, transaction
from enforcement.settings import Settings

MOST_AN_HOUR = 20  # from one address; a group of homes shares one, and nobody loses more
MOST_WAITING = 5_000
REST = timedelta(hours=24)  # one link is answered once in this time
REFERENCE = re.compile(r"(ASC-\d{4}-\d{6})")
ANSWERS = {
    "email": "sent by email to the addresses on record",
    "post": "no email address on record: an officer posts the code again",
    "officer": "left to an officer: the link is locked or was revoked",
    "again": "asked again within a day: nothing new was sent",
}
# The link opens with no more than these: expired is answered, for a fresh one is a new start.
_BY_EMAIL = (LinkState.LIVE, LinkState.LOCKED, LinkState.EXPIRED)


def ask(work: Work, address: str, given: str, postcode: str) -> None:
    """Store that a link is asked for. Never says whether there is one.

    More than twenty an hour from one address, or five thousand waiting, and nothing is stored.
    """
    asked = work.session.scalar(
        select(func.count()).where(
            LostLink.address == address[:64], LostLink.asked_at > work.now - timedelta(hours=1)
        )
    )
    waiting = work.session.scalar(select(func.count()).where(LostLink.answered_at.is_(None)))
    if (asked or 0) >= MOST_AN_HOUR or (waiting or 0) >= MOST_WAITING:
        return
    work.session.add(
        LostLink(
            asked_at=work.now,
            address=address[:64],
            given=given.strip()[:40],
            postcode=postcode.strip()[:12],
        )
    )
    work.session.flush()


def answer_waiting(
    engine: Engine, settings: Settings, clock: Callable[[], datetime]
) -> dict[str, int]:
    """Answer what waits, each in a transaction of its own. Safe to run twice; counts by answer."""
    counts: Counter[str] = Counter()
    with Session(engine) as session:
        waiting = session.scalars(
            select(LostLink.id).where(LostLink.answered_at.is_(None)).order_by(LostLink.id)
        ).all()
    for number in waiting:
        with transaction(engine, sending.WORKER, clock(), settings) as work:
            row = work.session.get(LostLink, number, with_for_update=True)
            if row is not None and row.answered_at is None:
                counts[_answer(work, row)] += 1
    return dict(counts)


def last_asked(work: Work, link: ReplyLink) -> LostLink | None:
    """The latest time this link was asked for again, for officers."""
    return work.session.scalar(
        select(LostLink).where(LostLink.link_id == link.id).order_by(LostLink.id.desc()).limit(1)
    )


def _answer(work: Work, row: LostLink) -> str:
    case = _case_of(work.session, row.given, row.postcode)
    link = links.current(work, case) if case is not None else None
    row.answered_at, row.given, row.postcode = work.now, "", ""
    if case is None or link is None:
        row.answer = "nothing"
        return row.answer
    row.answer = _how(work, case, link)
    row.link_id = link.id
    work.session.flush()
    return row.answer


def _how(work: Work, case: Case, link: ReplyLink) -> str:
    """What is done about this link, and the event that says so."""
    if _answered_lately(work, link):
        return "again"
    to = addresses_on_record(work.session, case)
    if links.state_of(work, link) not in _BY_EMAIL:
        how = "officer"
        _open_task(work, case, link, "It is locked or was revoked: re-issue it if that is right.")
    elif to:
        how = "email"
        _send(work, link, to)
    else:
        how = "post"
        _open_task(work, case, link, "We have no email address: post a copy of the notice.")
    work.record(
        stream(case),
        "link_asked_for",
        {"link": link.reference, "answer": how, "sent_to": len(to) if how == "email" else 0},
        texts={"to": "\n".join(to)} if how == "email" else None,
    )
    return how


def _answered_lately(work: Work, link: ReplyLink) -> bool:
    latest = work.session.scalar(
        select(func.max(LostLink.answered_at)).where(
            LostLink.link_id == link.id, LostLink.answer != "again"
        )
    )
    return latest is not None and work.now - latest < REST


def _open_task(work: Work, case: Case, link: ReplyLink, what: str) -> None:
    about = f"Somebody who gave the right postcode asked for the reply link again. {what}"
    key = f"{link.reference} {work.today.isoformat()}"
    tasks.open_task(work, case, TaskKind.LOST_LINK, key, about)


def _send(work: Work, link: ReplyLink, to: list[str]) -> None:
    """One mail to each address, its words kept encrypted until they leave."""
    fresh, url = fresh_links.make(work, link)
    words = _words(link, url, fresh.expires_at)
    sealed = files.keep(work, words.encode(), "text/plain", secret=True)
    for number, address in enumerate(to, 1):
        payload = {"subject": "Your new link to reply", "text": "", "sealed": sealed}
        sending.queue(work, f"fresh-link-{fresh.id}-{number}", "email", address, payload)


def _words(link: ReplyLink, url: str, ends: datetime) -> str:
    return "\n".join(
        (
            "Somebody asked for a new link to reply to a notice about Capacity Tracker data.",
            f"The case is {link.case.reference}.",
            "",
            "Open this address. It asks for the CQC location ID and the postcode of one location",
            "that the notice names:",
            "",
            url,
            "",
            f"It works until the end of {weekday(ends)}. What you saved earlier is there.",
            "When you first use it, the link and the code on your letter stop working.",
            "",
            "If nobody of yours asked, do nothing: the code on your letter still works.",
            "We sent this to addresses we had before, and to no other.",
            "",
        )
    )


# --- finding the case --------------------------------------------------------------------------
def _case_of(session: Session, given: str, postcode: str) -> Case | None:
    """The live case that a reference or CQC id and a postcode of the provider's name together."""
    wanted = _normal(postcode)
    query = select(Case).join(Case.provider).where(Case.state != "closed").order_by(Case.id.desc())
    reference = REFERENCE.search(given.upper())
    if reference is not None:
        query = query.where(Case.reference == reference[1])
    else:
        number = given.upper().replace(" ", "")
        at_place = select(Location.provider_id).where(Location.cqc_id == number)
        query = query.where((Provider.cqc_id == number) | Provider.id.in_(at_place))
    case = session.scalar(query.limit(1))
    if case is None or not wanted or wanted not in set(_postcodes(case.provider)):
        return None
    return case


def _postcodes(provider: Provider) -> Iterator[str]:
    yield _normal(provider.postcode or "")
    for place in provider.locations:
        yield _normal(place.postcode or "")


def _normal(text: str) -> str:
    return "".join(letter for letter in text.upper() if letter.isalnum())
