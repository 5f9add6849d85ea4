"""Outcomes of duties and windows, derived in bulk from the rows as stored; never edited."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from enforcement.data.files import ImportedFile
from enforcement.data.history import Event
from enforcement.data.register import Duty as StoredDuty
from enforcement.data.windows import Correction, WindowRow
from enforcement.data.windows import ReturnRow as StoredReturn
from enforcement.domain.calendar import local_date
from enforcement.domain.duties import (
    Duty,
    Outcome,
    OutcomeRow,
    ReturnKind,
    ReturnRow,
    Service,
    outcome_of,
)
from enforcement.domain.windows import Month, Window
from enforcement.domain.words import day as in_words
from enforcement.services.windows import window_of

Outcomes: TypeAlias = dict[Month, OutcomeRow]
Stored: TypeAlias = Row[*tuple[Any, ...]]
_AT_ONCE = 400  # ids in one statement: well under SQLite's limit on parameters


def duty_of(row: StoredDuty) -> Duty:
    """A stored duty as the rules see it."""
    return Duty(
        location_id=row.location.cqc_id,
        service=Service(row.service),
        provider_id=row.location.provider.cqc_id,
        owed_from=row.owed_from,
        owed_to=row.owed_to,
        dormant=row.location.dormant,
    )


def windows_to(session: Session, latest: Month, span: int, now: datetime) -> list[Window]:
    """The closed windows of the span that ends with `latest`, oldest first."""
    rows = session.scalars(
        select(WindowRow)
        .where(
            WindowRow.number.between(latest.number - span + 1, latest.number),
            WindowRow.closes_at < now,
        )
        .order_by(WindowRow.number)
    )
    return [window_of(row) for row in rows]


def outcomes(
    session: Session,
    duties: Mapping[int, Duty],
    windows: Sequence[Window],
    as_at: datetime | None = None,
) -> dict[int, Outcomes]:
    """What became of each window for each duty, by duty id.

    With `as_at`, only rows of files that were loaded (and released) by then and corrections
    approved by then are looked at. Rows of a waiting file never count.
    """
    if not windows or not duties:
        return {duty: {} for duty in duties}
    rows: dict[tuple[int, int], list[ReturnRow]] = defaultdict(list)
    corrected: dict[tuple[int, int], Correction] = {}
    span = (windows[0].month.number, windows[-1].month.number)
    released = _releases(session) if as_at is not None else {}
    for some in _batches(list(duties)):
        for row in _returns(session, some, span):
            if as_at is None or _known(row, as_at, released):
                rows[row.duty_id, row.window_no].append(_domain_row(row))
        for correction in _corrections(session, some, span):
            if as_at is None or correction.made_at <= as_at:
                corrected[correction.duty_id, correction.window_no] = correction
    return {
        duty_id: {
            window.month: _outcome(
                duty,
                window,
                rows.get((duty_id, window.month.number), []),
                corrected.get((duty_id, window.month.number)),
            )
            for window in windows
        }
        for duty_id, duty in duties.items()
    }


def _batches(ids: list[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]


def _returns(session: Session, duties: Sequence[int], span: tuple[int, int]) -> Sequence[Stored]:
    return session.execute(
        select(
            StoredReturn.duty_id,
            StoredReturn.window_no,
            StoredReturn.counts,
            StoredReturn.kind,
            StoredReturn.updated_at,
            StoredReturn.line,
            ImportedFile.sha256,
            ImportedFile.state,
            ImportedFile.loaded_at,
        )
        .join(ImportedFile, ImportedFile.id == StoredReturn.file_id)
        .where(
            StoredReturn.duty_id.in_(duties),
            StoredReturn.window_no.between(*span),
            ImportedFile.state != "waiting",
        )
        .order_by(StoredReturn.id)
    ).all()


def _corrections(
    session: Session, duties: Sequence[int], span: tuple[int, int]
) -> Sequence[Correction]:
    """Approved corrections, so that the latest of a window stands."""
    return session.scalars(
        select(Correction)
        .where(
            Correction.duty_id.in_(duties),
            Correction.window_no.between(*span),
            Correction.approved_by.is_not(None),
        )
        .order_by(Correction.made_at, Correction.id)
    ).all()


def _releases(session: Session) -> dict[str, datetime]:
    """When each file that had waited was released, from the history."""
    found = session.execute(
        select(Event.body, Event.at).where(Event.kind == "file_released").order_by(Event.id)
    )
    return {json.loads(body)["facts"]["sha256"]: at for body, at in found}


def _known(row: Stored, as_at: datetime, released: Mapping[str, datetime]) -> bool:
    if row.state == "released":
        return bool(released.get(row.sha256, row.loaded_at) <= as_at)
    return bool(row.loaded_at <= as_at)


def _domain_row(row: Stored) -> ReturnRow:
    # A row that says "nothing was submitted" has no kind of its own; it does not count, and
    # stands as the evidence of the miss.
    kind = ReturnKind.UPDATE if row.kind == "none" else ReturnKind(row.kind)
    return ReturnRow(kind, row.updated_at, row.counts, row.sha256, row.line)


def _outcome(
    duty: Duty, window: Window, rows: Sequence[ReturnRow], correction: Correction | None
) -> OutcomeRow:
    found = outcome_of(duty, window, rows)
    if correction is None or not found.outcome.is_miss:
        return found
    day = local_date(correction.made_at)
    words = f"Corrected on {in_words(day)} (correction {correction.id}): {correction.reason}"
    return OutcomeRow(Outcome(correction.outcome), found.row, found.beside, words)
