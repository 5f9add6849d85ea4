"""Reading Capacity Tracker files by their headings, with the mappings somebody saved."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from sqlalchemy import select

from enforcement.data.files import HeaderMapping, ImportedFile
from enforcement.domain.duties import Service
from enforcement.domain.refusals import UnknownHeader
from enforcement.domain.windows import Month
from enforcement.register.returns import read_returns
from enforcement.register.rows import ReturnsFile
from enforcement.services.loading import Incoming
from enforcement.services.work import Work

Headings = Mapping[str, str]


def as_read(content: bytes, row: ImportedFile, window: Month) -> ReturnsFile:
    """The bytes of an earlier import, read as they were then."""
    kept = row.mapping
    return read_returns(
        content,
        row.filename,
        window,
        kept.get("asked_shape"),
        kept.get("given") or None,
        Service(kept["service"]) if kept.get("service") else None,
    )


def read(
    work: Work,
    incoming: Incoming,
    window: Month,
    service: Service | None,
    shape: str | None,
    mapping: Headings | None,
) -> tuple[ReturnsFile, Headings]:
    """The file and the mapping it was read with: the one given, one saved before, or none.

    Refuses what reading refuses; UnknownHeader of the nearest saved mapping when none fits.
    """
    if mapping:
        found = read_returns(incoming.content, incoming.filename, window, shape, mapping, service)
        return found, mapping
    nearest = None
    for saved in work.session.scalars(select(HeaderMapping).order_by(HeaderMapping.id.desc())):
        try:
            file = read_returns(
                incoming.content, incoming.filename, window, saved.shape, saved.mapping, service
            )
        except UnknownHeader as refusal:
            # Not a file like the one this mapping was saved for, or one that lacks its column.
            if any(f"“{name}”" in str(refusal) for name in saved.mapping.values()):
                nearest = nearest or refusal
            continue
        day = f"{saved.saved_at.day} {saved.saved_at:%B %Y}"
        file.notices.append(f"The headings were read as saved on {day}.")
        return file, saved.mapping
    try:
        return read_returns(incoming.content, incoming.filename, window, shape, None, service), {}
    except UnknownHeader as refusal:
        raise nearest or refusal from None


def save_mapping(work: Work, shape: str, mapping: Headings) -> None:
    """Keep a mapping under the headings it reads, once."""
    told = "\n".join(f"{key}\t{value}" for key, value in sorted(mapping.items()))
    digest = hashlib.sha256(told.encode()).hexdigest()
    known = work.session.scalar(
        select(HeaderMapping.id).where(
            HeaderMapping.shape == shape, HeaderMapping.header_hash == digest
        )
    )
    if known is None:
        work.session.add(
            HeaderMapping(
                shape=shape,
                header_hash=digest,
                mapping=dict(mapping),
                saved_by=work.actor.identity,
                saved_at=work.now,
            )
        )
        work.session.flush()
