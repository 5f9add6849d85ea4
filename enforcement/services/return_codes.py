"""A code to come back to a saved reply with, for whoever has not got the letter at hand.

It opens what the letter's code opens and nothing more: the same neutral page, the same second
fact, the same slowing down and locks. Random, shown once; only a keyed hash is stored. It ends
with the link's generation, when the link ends, is revoked or is re-issued.
"""

from __future__ import annotations

import secrets

from sqlalchemy import func, select

from enforcement.data.replies import ReplyLink, ReturnCode
from enforcement.domain.refusals import BadInput
from enforcement.domain.words import weekday
from enforcement.services import files, links, sending
from enforcement.services.cases import stream
from enforcement.services.work import Work

MOST = 20  # of one link: whoever needs more has the letter's code, which stays the same
SUBJECT = "Your code to come back to your reply"
SEALED = "The words of this message hold a code, and are kept encrypted."


def make(work: Work, link: ReplyLink, email: str = "") -> str:
    """A new code, to show once; with an address, it is also sent there.

    The mail names no case and no provider, and the code alone opens nothing. Refuses BadInput
    when too many were made.
    """
    made = select(func.count()).where(ReturnCode.link_id == link.id)
    if (work.session.scalar(made) or 0) >= MOST:
        raise BadInput("Too many codes were made. Use the code on your letter.")
    code = "".join(secrets.choice(links.CODE_LETTERS) for _ in range(links.CODE_LENGTH))
    row = ReturnCode(
        link_id=link.id,
        generation=link.generation,
        code_hash=links.code_hash(work.settings, code),
        made_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    work.record(stream(link.case), "return_code_made", {"link": link.reference})
    if email:
        _send(work, link, row, links.in_fours(code), email)
    return links.in_fours(code)


def find(work: Work, code: str) -> ReplyLink | None:
    """The link that a typed return code leads to, while that link is of the same generation."""
    wanted = links.normal_code(code)
    if wanted is None:
        return None
    return work.session.scalar(
        select(ReplyLink)
        .join(ReturnCode, ReturnCode.link_id == ReplyLink.id)
        .where(
            ReturnCode.code_hash == links.code_hash(work.settings, wanted),
            ReturnCode.generation == ReplyLink.generation,
        )
    )


def _send(work: Work, link: ReplyLink, row: ReturnCode, code: str, email: str) -> None:
    until = weekday(links.ends_at(work, link))
    words = (
        "You saved a reply on our website and have not sent it.\n\n"
        f"To come back, go to {work.settings.reply_base_url} and type this code:\n\n"
        f"    {code}\n\n"
        "You also need the CQC location ID and the postcode of one location that your letter "
        f"names. The code works until {until}.\n\n"
        "If you did not ask for this, do nothing: the code opens nothing by itself.\n"
    )
    sealed = files.keep(work, words.encode(), "text/plain", secret=True)
    payload = {"subject": SUBJECT, "text": SEALED, "sealed": sealed}
    sending.queue(work, f"return-code-{row.id}", "email", email, payload)
