"""A receipt as a PDF to keep: what arrived, word for word, with the signed block attached.

Made from what was frozen when the reply came, whenever it is asked for; nothing is stored or sent.
"""

from __future__ import annotations

from dataclasses import replace

from enforcement.data.cases import Case
from enforcement.data.replies import Reply
from enforcement.domain.calendar import local_date
from enforcement.domain.giving import Method
from enforcement.domain.refusals import NotFound
from enforcement.domain.replies import TITLES
from enforcement.domain.words import moment
from enforcement.rendering import facts as paper
from enforcement.rendering.paper import Rendered
from enforcement.services import notice_facts, recipients, replies
from enforcement.services.notice_facts import Plan
from enforcement.services.notice_pages import page_of
from enforcement.services.work import Work

KILOBYTE = 1024
NOTHING = "Nothing more was said."


def receipt_paper(work: Work, case: Case, reply: Reply) -> Rendered:
    """The acknowledgement of one reply, with its signed block in the facts attached to it.

    By link or keyed from post and telephone alike. Reads only. Refuses NotFound for a reply from
    before receipts were signed.
    """
    if "block" not in reply.receipt:
        raise NotFound("This reply came before receipts were signed.")
    to = recipients.choices(work.session, case)[0]
    to = replace(to, attention=reply.sender_name)
    on = local_date(reply.received_at)
    plan = Plan("acknowledgement", reply.reference, to, Method.ELECTRONIC, on, 0)
    return page_of(
        work,
        paper.NoticeFacts(
            **notice_facts.common(work, case, plan), receipt=_facts(case, reply), period=None
        ),
    )


def _facts(case: Case, reply: Reply) -> paper.ReceiptFacts:
    late = ", after the last day: marked late" if reply.late else ""
    return paper.ReceiptFacts(
        reference=reply.reference,
        received_at=reply.received_at,
        received_words=f"{moment(reply.received_at)}{late}",
        answers=(
            ("Who replied", ", ".join((reply.sender_name, reply.sender_role))),
            *(_answer(*told) for told in replies.points_told(reply.answers, case)),
        ),
        files=tuple(
            paper.FileReceived(one["name"], _size(one["size"]), one["sha256"])
            for one in reply.receipt["files"]
        ),
        block=str(reply.receipt["block"]),
    )


def _answer(reason: str, words: str) -> tuple[str, str]:
    title = TITLES[reason]
    return title, words.removeprefix(f"{title}.").strip() or NOTHING


def _size(octets: int) -> str:
    return f"{max(1, round(octets / KILOBYTE)):,} KB"
