"""Putting an issued notice or letter into the outbox, in the form its reader asked for as well.

A provider that asked for large print gets a copy in large print with every later letter, from the
same facts and to the same address; the letter itself stays as it was approved. What cannot be
made here (braille, audio, easy read, another language) becomes a task with a day, for each letter.
"""

from __future__ import annotations

from datetime import datetime, time

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.data.replies import FormatWish
from enforcement.domain.calendar import local_date, local_instant
from enforcement.domain.refusals import BadInput, CannotPrint, MissingElement
from enforcement.domain.replies import FORMATS
from enforcement.domain.tasks import TaskKind
from enforcement.domain.words import day
from enforcement.services import copies, notice_facts, tasks
from enforcement.services.format_wishes import LARGE_PRINT, standing_wish
from enforcement.services.parcels import BY_HAND, TITLES, channel_of, parcel
from enforcement.services.sending import Enqueue, queue
from enforcement.services.work import Work

_OPENING = time(9)  # a notice held for its planned day leaves at nine in the morning


def send_out(work: Work, case: Case, notice: Notice, enqueue: Enqueue) -> None:
    """Put an issued notice or letter into the outbox, once. By hand there is nothing to queue.

    What the provider asked for follows it: a copy in large print, or a task to make the format.
    """
    channel = channel_of(notice)
    facts = notice_facts.stored_facts(notice)
    leaves = local_instant(facts.dated, _OPENING)
    if channel != BY_HAND:
        item = queue(
            work,
            f"notice-{notice.reference}",
            channel,
            notice.recipient["email"] if channel == "email" else "",
            parcel(notice, facts, TITLES[notice.kind], notice.pdf_sha256, notice.pages),
            notice=notice,
            not_before=leaves,
        )
        enqueue(work.session, item.id)
    wish = standing_wish(work, case)
    if wish is not None:
        _as_wished(work, case, notice, wish, leaves, enqueue)


def _as_wished(
    work: Work, case: Case, notice: Notice, wish: FormatWish, leaves: datetime, enqueue: Enqueue
) -> None:
    """A copy where one can be made by us and sent, and otherwise a task: never a stopped notice."""
    channel, why = channel_of(notice), ""
    if wish.format == LARGE_PRINT and channel != BY_HAND:
        try:
            copies.go_with(work, case, notice, channel, leaves, enqueue)
            return
        except (BadInput, CannotPrint, MissingElement) as refusal:
            why = f" It did not go by itself: {refusal.sentence}"
    title = FORMATS[wish.format].title
    asked = f"{title}, asked for on {day(local_date(wish.asked_at))}."
    said = f" {wish.words}" if wish.words else ""
    about = f"{TITLES[notice.kind]} {notice.reference}. {asked}{said}{why}"
    key = f"{notice.reference} {wish.format}"
    tasks.open_task(work, case, TaskKind.FORMAT_DUE, key, about, notice)
