"""Files of a reply as looked at: who opened which copy, when first, and what was left unopened."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from enforcement.data.deciding import FileLook
from enforcement.data.replies import Reply, ReplyFile
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, NotFound
from enforcement.services.cases import stream
from enforcement.services.work import Work


def digest(row: ReplyFile, copy: str) -> str:
    """The hash of the copy asked for. Refuses NotFound for a copy that is not kept."""
    found = {"clean": row.cleaned_sha256, "original": row.original_sha256}.get(copy)
    if found is None:
        raise NotFound("There is no such copy of this file.")
    return found


def opened(work: Work, reply: Reply, row: ReplyFile, copy: str) -> str:
    """Note that this person opens a file to answer the reply; returns the hash of its bytes.

    Opening the same copy again writes nothing. Refuses NotFound, NotAllowed.
    """
    work.require(Permission.ANSWER_REPLY)
    sha256 = digest(row, copy)
    there = select(FileLook.id).where(
        FileLook.file_id == row.id,
        FileLook.person == work.actor.identity,
        FileLook.copy == copy,
    )
    if work.session.scalar(there) is not None:
        return sha256
    look = FileLook(
        file_id=row.id,
        person=work.actor.identity,
        person_name=work.actor.name,
        at=work.now,
        copy=copy,
        sha256=sha256,
    )
    work.session.add(look)
    work.record(
        stream(reply.case),
        "reply_file_opened",
        {"reply": reply.reference, "sha256": sha256, "copy": copy},
        permission=Permission.ANSWER_REPLY,
    )
    work.session.flush()
    return sha256


def looks(session: Session, reply: Reply) -> dict[int, list[FileLook]]:
    """Who opened each file of a reply, in the order of the first look; by file."""
    rows = session.scalars(
        select(FileLook)
        .join(ReplyFile, ReplyFile.id == FileLook.file_id)
        .where(ReplyFile.reply_id == reply.id)
        .order_by(FileLook.at, FileLook.id)
    )
    found: dict[int, list[FileLook]] = {row.id: [] for row in reply.files}
    for look in rows:
        found[look.file_id].append(look)
    return found


def unopened(work: Work, reply: Reply) -> Sequence[ReplyFile]:
    """The files of a reply that this person has opened no copy of."""
    mine = {
        number
        for number, seen in looks(work.session, reply).items()
        if any(look.person == work.actor.identity for look in seen)
    }
    return [row for row in reply.files if row.id not in mine]


def refuse_unopened(work: Work, reply: Reply, why_not: str) -> None:
    """Refuse (BadInput) an answer by somebody who left a file unopened and does not say why."""
    if why_not.strip():
        return
    if left := unopened(work, reply):
        names = ", ".join(row.name for row in left)
        raise BadInput(
            f"You have not opened: {names}.",
            fix="Open each file of the reply before you answer, or say why you did not.",
        )
