"""Several cases in one sitting: a head office opens each by its own code and second fact.

Nothing is widened by who somebody is: a case is in the list only because its code was typed in
this very session, and it leaves the list when its link ends, is revoked or is re-issued.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from sqlalchemy import select

from enforcement.data.replies import Reply, ReplyDraft, ReplyLink, ReplySession
from enforcement.data.reply_access import ProvenCase
from enforcement.domain.refusals import BadInput, NotFound
from enforcement.domain.replies import ALL_WINDOWS, EXTRAS
from enforcement.services import links, reply_drafts, reply_sessions, return_codes
from enforcement.services.cases import stream
from enforcement.services.links import LinkState
from enforcement.services.work import Work

MOST = 100  # in one session
# Taken over from one case to another: never months, dates or files, which belong to the one case.
_TAKEN = ("kind", "words", *EXTRAS)


def add(
    work: Work, row: ReplySession, address: str, code: str, location_id: str, postcode: str
) -> ReplyLink | None:
    """The link of a further case, when its code and second fact are right; None for any failure.

    The same limits and locks as at the start. Refuses BadInput after a hundred cases.
    """
    present = work.session.get(ReplyLink, row.link_id)
    if len(proven(work, row)) >= MOST:
        raise BadInput("That is as many cases as one sitting takes. Leave, and begin again.")
    link = None
    if not reply_sessions.address_is_held(work, address):
        link = links.find_by_code(work, code) or return_codes.find(work, code)
    if link is None or present is None:
        reply_sessions.note_wrong_code(work, address)
        return None
    if not reply_sessions.prove(work, link, address, location_id, postcode):
        return None
    _remember(work, row, present)
    if _remember(work, row, link):
        work.record(
            stream(link.case),
            "case_proven",
            {"link": link.reference, "beside": present.case.reference},
        )
    return link


def proven(work: Work, row: ReplySession) -> list[ReplyLink]:
    """The cases opened in this session, whose links still let in; the present one among them."""
    rows = work.session.scalars(
        select(ProvenCase)
        .where(ProvenCase.session_hash == row.secret_hash)
        .order_by(ProvenCase.proven_at, ProvenCase.link_id)
    )
    return [
        one.link
        for one in rows
        if one.generation == one.link.generation
        and links.state_of(work, one.link) not in (LinkState.REVOKED, LinkState.CLOSED)
    ]


def switch(work: Work, row: ReplySession, reference: str) -> ReplyLink:
    """Turn to another case of this session. Refuses NotFound for one whose code was not given."""
    for link in proven(work, row):
        if link.case.reference == reference:
            row.link_id, row.generation = link.id, link.generation
            work.session.flush()
            return link
    raise NotFound("That case was not opened here. Add it by its code.")


def copy_answers(work: Work, row: ReplySession, reference: str) -> ReplyDraft:
    """Begin this case's reply with the answers given in another case of this session.

    Reasons, words and who replies; not months, dates or files, which are of one case alone, and
    not the sending. Refuses NotFound as `switch` does, BadInput when there is nothing to copy or
    this reply has answers already, WrongState when decided.
    """
    here = work.session.get(ReplyLink, row.link_id)
    there = next((one for one in proven(work, row) if one.case.reference == reference), None)
    if here is None or there is None or there.id == here.id:
        raise NotFound("That case was not opened here. Add it by its code.")
    answers = said(work, there)
    if not answers:
        raise BadInput(f"Nothing has been entered for case {reference} yet.")
    draft = reply_drafts.ensure(work, here)
    if draft.answers.get("reasons"):
        raise BadInput("This reply has answers already. They are kept as they are.")
    draft.answers, draft.updated_at = _taken(answers), work.now
    work.session.flush()
    return draft


def said(work: Work, link: ReplyLink) -> dict[str, Any]:
    """The answers being written for a case by link, else those last sent by link, else none."""
    draft = reply_drafts.current(work, link)
    if draft is not None and draft.answers.get("reasons"):
        return draft.answers
    sent = work.session.scalar(
        select(Reply)
        .where(Reply.case_id == link.case_id, Reply.source == "link")
        .order_by(Reply.id.desc())
        .limit(1)
    )
    return sent.answers if sent is not None else {}


def _taken(answers: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"reasons": list(answers["reasons"]), "details": {}}
    for reason, given in answers.get("details", {}).items():
        kept = {name: deepcopy(value) for name, value in given.items() if name in _TAKEN}
        if given.get("windows") == [ALL_WINDOWS]:
            kept["windows"] = [ALL_WINDOWS]
        found["details"][reason] = kept
    if answers.get("sender"):
        found["sender"] = dict(answers["sender"])
    return found


def _remember(work: Work, row: ReplySession, link: ReplyLink) -> bool:
    """Note the case in the session's list; False when it was there with this generation."""
    there = work.session.get(ProvenCase, (row.secret_hash, link.id))
    if there is not None and there.generation == link.generation:
        return False
    if there is None:
        there = ProvenCase(session_hash=row.secret_hash, link_id=link.id)
        work.session.add(there)
    there.generation, there.proven_at = link.generation, work.now
    work.session.flush()
    return True
