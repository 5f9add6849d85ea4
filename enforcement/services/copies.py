"""A copy of an issued notice in large print: the same facts, bigger letters. On request of the
provider it goes with every later notice (`services.outgoing`), and an officer may send one.

It is no notice: sending one gives nothing and starts no clock, whatever became of the original.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from enforcement.data.cases import Case
from enforcement.data.notices import Notice, OutboxItem
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, CannotPrint, WrongState
from enforcement.rendering.geometry import MOST_PAGES
from enforcement.rendering.print_room import standing
from enforcement.rendering.words import Rendered
from enforcement.services.cases import stream
from enforcement.services.files import keep
from enforcement.services.format_wishes import LARGE_PRINT
from enforcement.services.notice_facts import stored_facts, with_secret
from enforcement.services.notice_pages import PDF, prints_code
from enforcement.services.parcels import TITLES, parcel
from enforcement.services.sending import Enqueue, queue
from enforcement.services.work import Work

CHANNELS = {"email": "By email", "print": "By post"}


def look(work: Work, case: Case, notice: Notice) -> Rendered:
    """The notice in large print, from the facts it was issued with. Reads only.

    Refuses WrongState before it is issued, TemplateChanged when its words on disk are others,
    and NotAllowed to those who may not see the reply code printed on it.
    """
    if prints_code(notice):
        work.require(Permission.READ_CODE)
    if notice.issued_at is None:
        raise WrongState("A copy is made of a notice that was issued.")
    return _large(work, case, notice)


def _large(work: Work, case: Case, notice: Notice) -> Rendered:
    facts = with_secret(work, case, stored_facts(notice))
    return standing(work.settings.press).render(facts, large=True)


def ways(notice: Notice) -> dict[str, str]:
    """How a copy can reach the person whom the notice was given to, each with its address."""
    to = notice.recipient
    found = {"print": ", ".join((*to["address"], to["postcode"]))}
    if to.get("email"):
        found["email"] = to["email"]
    return found


def send(work: Work, case: Case, notice: Notice, channel: str, enqueue: Enqueue) -> OutboxItem:
    """Send a large print copy to the person of the notice, by email or by post, and record it.

    One a day by each way: asked twice, it goes once. Refuses BadInput for a way that does not
    reach them, WrongState when it went that way today, and what `look` refuses.
    """
    work.require(Permission.ISSUE_NOTICE)
    if channel not in ways(notice):
        raise BadInput("The notice has no such address to send a copy to.")
    key = _key(work, notice, channel)
    if work.session.scalar(select(OutboxItem.id).where(OutboxItem.key == key)) is not None:
        raise WrongState("A copy goes that way today already.")
    made = look(work, case, notice)
    return _put(work, case, notice, channel, made, enqueue, permission=Permission.ISSUE_NOTICE)


def go_with(
    work: Work, case: Case, notice: Notice, channel: str, leaves: datetime, enqueue: Enqueue
) -> OutboxItem:
    """Send a large print copy with a notice that is being issued, because it was asked for.

    It leaves when the notice does (`leaves`), by the same way. Refuses CannotPrint when it takes
    more pages than one envelope holds, and what the page itself refuses.
    """
    made = _large(work, case, notice)
    if channel == "print" and made.pages > MOST_PAGES:
        raise CannotPrint(
            f"In large print it takes {made.pages} pages, and one envelope holds {MOST_PAGES}."
        )
    return _put(work, case, notice, channel, made, enqueue, leaves)


def _key(work: Work, notice: Notice, channel: str) -> str:
    return f"copy-{notice.reference}-{channel}-{work.today.isoformat()}"


def _put(
    work: Work, case: Case, notice: Notice, channel: str, made: Rendered, enqueue: Enqueue,
    leaves: datetime | None = None, permission: Permission | None = None,
) -> OutboxItem:  # fmt: skip
    kept = keep(work, made.pdf, PDF, secret=prints_code(notice))
    title = f"{TITLES[notice.kind]}, copy in large print"
    item = queue(
        work, _key(work, notice, channel), channel,
        notice.recipient["email"] if channel == "email" else "",
        parcel(notice, stored_facts(notice), title, kept, made.pages),
        not_before=leaves,
    )  # fmt: skip
    work.record(
        stream(case),
        "copy_sent",
        {
            "notice": notice.reference,
            "format": LARGE_PRINT,
            "pdf_sha256": kept,
            "channel": channel,
        },
        permission=permission,
    )
    enqueue(work.session, item.id)
    return item


def sent(work: Work, notice: Notice) -> list[OutboxItem]:
    """The copies of a notice that were sent out, oldest first."""
    return list(
        work.session.scalars(
            select(OutboxItem)
            .where(OutboxItem.key.startswith(f"copy-{notice.reference}-", autoescape=True))
            .order_by(OutboxItem.id)
        )
    )
