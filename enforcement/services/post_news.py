"""An email that says a letter was posted, so that the last day is not lost with an envelope.

It is no giving and starts no clock: the letter does. It holds nothing of the case, no link and no
code, and goes only to addresses that were on record before.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine, Select, exists, literal, select
from sqlalchemy.orm import Session

from enforcement.data.notices import Notice, OutboxItem
from enforcement.domain.calendar import local_date
from enforcement.domain.giving import POST
from enforcement.domain.words import weekday
from enforcement.services.case_contacts import addresses_on_record
from enforcement.services.case_facts import FINAL, INTENT
from enforcement.services.cases import stream
from enforcement.services.policies import in_force
from enforcement.services.sending import WORKER, Enqueue, queue
from enforcement.services.work import Work, transaction
from enforcement.settings import Settings

FRESH = timedelta(days=3)  # older post has arrived, or is somebody's task


def tell(
    engine: Engine, settings: Settings, clock: Callable[[], datetime], enqueue: Enqueue
) -> int:
    """Tell each provider whose notice was posted in the last days, once. Returns how many notices.

    Each notice in its own transaction. A provider without an address on record is not told.
    """
    told = 0
    with Session(engine) as session:
        numbers = session.scalars(_untold(clock())).all()
    for number in numbers:
        with transaction(engine, WORKER, clock(), settings) as work:
            told += _tell(work, work.session.get_one(Notice, number), enqueue)
    return told


def _untold(now: datetime) -> Select[int]:
    first = literal("posted-") + Notice.reference + literal("-1")
    return (
        select(Notice.id)
        .where(
            Notice.kind.in_((INTENT, FINAL)),
            Notice.state == "given",
            Notice.method.in_([method.value for method in POST]),
            Notice.sent_at > now - FRESH,
            ~exists().where(OutboxItem.key == first),
        )
        .order_by(Notice.id)
    )


def _tell(work: Work, notice: Notice, enqueue: Enqueue) -> bool:
    case = notice.case
    to = addresses_on_record(work.session, case)
    if not to or notice.sent_at is None:
        return False
    payload = {
        "subject": "We have posted you a letter",
        "text": _words(work, notice.reference, weekday(local_date(notice.sent_at))),
    }
    for number, address in enumerate(to, 1):
        item = queue(work, f"posted-{notice.reference}-{number}", "email", address, payload)
        enqueue(work.session, item.id)
    work.record(
        stream(case),
        "post_told",
        {"notice": notice.reference, "sent_to": len(to)},
        texts={"to": "\n".join(to)},
    )
    return True


def _words(work: Work, reference: str, sent_on: str) -> str:
    contact = in_force(work.session, "contact_block", work.today).body
    return "\n".join(
        (
            "We posted you a letter about your organisation’s adult social care data",
            f"on {sent_on}. Its reference is {reference}.",
            "",
            "The letter says what it is about and by when to answer. This email does not.",
            f"If it has not come three working days after that day, ring {contact['phone']},",
            f"{contact['hours']}, or write to {contact['email']}.",
            "",
            "We ask for nothing in this email: no link, no code, no payment.",
            "",
            "NHS Business Services Authority, Adult Social Care Enforcement",
        )
    )
