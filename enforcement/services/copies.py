"""A copy of an issued notice in large print, on request: the same facts, bigger letters.

It is no notice: sending one gives nothing and starts no clock, whatever became of the original.
"""

from __future__ import annotations

from sqlalchemy import select

from enforcement.data.cases import Case
from enforcement.data.notices import Notice, OutboxItem
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, WrongState
from enforcement.rendering.print_room import standing
from enforcement.rendering.words import Rendered
from enforcement.services.cases import stream
from enforcement.services.files import keep
from enforcement.services.notice_facts import stored_facts, with_secret
from enforcement.services.notice_pages import prints_code
from enforcement.services.notices import PDF, TITLES, parcel
from enforcement.services.sending import Enqueue, queue
from enforcement.services.work import Work

LARGE_PRINT = "large_print"
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
    key = f"copy-{notice.reference}-{channel}-{work.today.isoformat()}"
    if work.session.scalar(select(OutboxItem.id).where(OutboxItem.key == key)) is not None:
        raise WrongState("A copy goes that way today already.")
    made = look(work, case, notice)
    kept = keep(work, made.pdf, PDF, secret=prints_code(notice))
    title = f"{TITLES[notice.kind]}, copy in large print"
    item = queue(
        work, key, channel,
        notice.recipient["email"] if channel == "email" else "",
        parcel(notice, stored_facts(notice), title, kept, made.pages),
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
        permission=Permission.ISSUE_NOTICE,
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
