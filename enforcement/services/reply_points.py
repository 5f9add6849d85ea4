"""What an officer does with a reply: reads it whole, and answers it point by point.

No decision is made before every point has an answer (SI 2022/1175 reg 5; gate
`replies_answered`), and none changes once the case is decided.
"""

from __future__ import annotations

from collections.abc import Sequence

from enforcement.data.cases import Case
from enforcement.data.replies import Reply, ReplyPoint
from enforcement.domain.paragraphs import refuse_standard_alone
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, NotFound, WrongState, about
from enforcement.domain.replies import OTHER, REASONS, VIEWS
from enforcement.services.cases import stream
from enforcement.services.evidence_looks import refuse_unopened
from enforcement.services.paragraphs import ever as standard_words
from enforcement.services.reply_drafts import refuse_decided
from enforcement.services.work import Work, changed_meanwhile


def read(work: Work, reply: Reply) -> None:
    """Note that an officer has read the whole reply. Reading again writes nothing."""
    work.require(Permission.ANSWER_REPLY)
    if reply.read_at is not None:
        return
    reply.read_at, reply.read_by = work.now, work.actor.identity
    work.record(
        stream(reply.case),
        "reply_read",
        {"reply": reply.reference},
        permission=Permission.ANSWER_REPLY,
    )
    work.session.flush()


def point_of(reply: Reply, number: int) -> ReplyPoint:
    """A point by its number. Refuses NotFound."""
    for point in reply.points:
        if point.number == number:
            return point
    raise NotFound(f"The reply {reply.reference} has no point {number}.")


def answer_point(
    work: Work,
    point: ReplyPoint,
    answer: str,
    evidence_looked_at: str,
    view: str,
    version: int | None = None,
    *,
    not_opened: str = "",
) -> None:
    """Answer one point: what was looked at, the view taken and why, in words for the provider.

    Every file of the reply was opened by this person, or `not_opened` says why not. Refuses
    BadInput for an empty answer, no view, files unopened without a reason, and a point turned
    down in standard words alone; StaleVersion, WrongState once decided, NotAllowed.
    """
    work.require(Permission.ANSWER_REPLY)
    _refuse_settled(point.reply.case)
    if version is not None and point.version != version:
        raise changed_meanwhile()
    if view not in VIEWS:
        raise BadInput(
            "Choose whether the point is accepted, accepted in part or not accepted.", about="view"
        )
    if not answer.strip():
        raise BadInput("Answer the point: the provider will read these words.", about="answer")
    if not evidence_looked_at.strip():
        raise BadInput(
            "Say what evidence was looked at, even if it is only our own record.",
            about="evidence_looked_at",
        )
    with about("not_opened"):
        refuse_unopened(work, point.reply, not_opened)
    with about("answer"):
        refuse_standard_alone(view, answer, standard_words(work.session))
    said = (answer.strip(), evidence_looked_at.strip(), view, not_opened.strip() or None)
    if said == (point.answer, point.evidence_looked_at, point.view, point.not_opened):
        return
    point.answer, point.evidence_looked_at, point.view, point.not_opened = said
    point.answered_by, point.answered_at = work.actor.identity, work.now
    work.record(
        stream(point.reply.case),
        "reply_point_answered",
        {"reply": point.reply.reference, "point": point.number, "view": view},
        texts={"answer": said[0], "evidence_looked_at": said[1]}
        | ({"not_opened": said[3]} if said[3] else {}),
        permission=Permission.ANSWER_REPLY,
    )
    work.session.flush()


def add_point(work: Work, reply: Reply, text: str, reason: str = OTHER) -> ReplyPoint:
    """Add a point that the reply makes and the sorting missed. Refuses as `answer_point`."""
    work.require(Permission.ANSWER_REPLY)
    _refuse_settled(reply.case)
    if not text.strip():
        raise BadInput("Write the point in the provider’s own words.", about="text")
    if reason not in (*REASONS, OTHER):
        raise BadInput("Choose what the point is about.")
    point = ReplyPoint(
        reply_id=reply.id,
        number=max((p.number for p in reply.points), default=0) + 1,
        text=text.strip(),
        reason=reason,
    )
    work.session.add(point)
    work.session.flush()
    work.session.refresh(reply, ["points"])
    _record_point(work, point)
    return point


def _record_point(work: Work, point: ReplyPoint) -> None:
    work.record(
        stream(point.reply.case),
        "reply_point_added",
        {"reply": point.reply.reference, "point": point.number},
        texts={"text": point.text},
        permission=Permission.ANSWER_REPLY,
    )


def split_point(work: Work, point: ReplyPoint, parts: Sequence[str]) -> list[ReplyPoint]:
    """Split an unanswered point into several: the first keeps its number, the others are added.

    The reply itself keeps every word as it came. Refuses BadInput for fewer than two parts.
    """
    work.require(Permission.ANSWER_REPLY)
    _refuse_settled(point.reply.case)
    told = [part.strip() for part in parts if part.strip()]
    if len(told) < 2:
        raise BadInput("Write at least two points, with an empty line between them.", about="parts")
    if point.answered_at is not None:
        raise WrongState("This point is already answered: add another point instead.")
    point.text = told[0]
    work.session.flush()
    _record_point(work, point)
    return [point, *(add_point(work, point.reply, part, point.reason) for part in told[1:])]


def _refuse_settled(case: Case) -> None:
    try:
        refuse_decided(case)
    except WrongState:
        raise WrongState(
            "The case is decided: the answers are part of the decision and no longer change."
        ) from None
