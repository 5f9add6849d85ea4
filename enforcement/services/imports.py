"""The files brought in, as lists and pages show them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from enforcement.data.files import ImportedFile
from enforcement.domain.refusals import NotFound


def listed(
    session: Session,
    kind: str | None = None,
    state: str | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[ImportedFile]:
    """Files newest first, by kind and state; pages go on with the id of the last one seen.

    Without a kind, all but bank files, which finance has on pages of their own.
    """
    query = select(ImportedFile).order_by(ImportedFile.id.desc()).limit(limit)
    query = query.where(ImportedFile.kind == kind if kind else ImportedFile.kind != "finance")
    if state:
        query = query.where(ImportedFile.state == state)
    if before_id is not None:
        query = query.where(ImportedFile.id < before_id)
    return list(session.scalars(query))


def find(session: Session, file_id: int) -> ImportedFile:
    """One file, or NotFound."""
    row = session.get(ImportedFile, file_id)
    if row is None:
        raise NotFound("There is no such file.")
    return row
