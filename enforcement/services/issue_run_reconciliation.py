"""Reconciling an issue run: every chosen case ended in one way, and all sources say the same.

Three sources are set beside each other: the manifest as it was frozen, the items and outbox as
they stand, and the history as it was written. Plain numbers, each with the list it counts.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from enforcement.data.history import Event
from enforcement.data.issue_runs import IssueItem, IssueRun
from enforcement.data.notices import Notice
from enforcement.data.print_files import PrintFileRow, PrintLetter
from enforcement.domain.giving import POST
from enforcement.services import issue_run_items, issue_run_manifest
from enforcement.services.issue_run_items import Filters
from enforcement.services.issue_runs import ENDED, stream
from enforcement.services.work import Work

NAMED = 5  # positions named in a sentence; the rest are counted


@dataclass(frozen=True)
class Row:
    """One number and the list it counts. `inside`: it is a part of the row above it."""

    title: str
    number: int
    filters: Filters | None = None
    inside: bool = False


@dataclass(frozen=True)
class Check:
    """One statement that must hold. `sentence` says what was found, with numbers."""

    title: str
    ok: bool
    sentence: str


@dataclass(frozen=True)
class Reconciliation:
    """The whole sheet."""

    rows: tuple[Row, ...]
    checks: tuple[Check, ...]
    ended: bool  # nothing of the run is still to come

    @property
    def agrees(self) -> bool:
        """Whether every statement holds."""
        return all(check.ok for check in self.checks)

    @property
    def verdict(self) -> str:
        """The plain finding."""
        if not self.agrees:
            wrong = sum(not check.ok for check in self.checks)
            return f"It does not reconcile: {wrong} of {len(self.checks)} checks fail."
        if not self.ended:
            return "It adds up so far; the run has not ended."
        return "It reconciles."


def reconcile(work: Work, run: IssueRun) -> Reconciliation:
    """The sheet as things stand now. Reads only."""
    rows = _rows(work, run)
    numbers = {row.title: row.number for row in rows}
    return Reconciliation(
        rows=tuple(rows),
        checks=tuple(_checks(work, run, numbers)),
        ended=run.state in ENDED,
    )


CHOSEN = "Cases chosen"
ISSUED = "Issued"
_ENDS: tuple[tuple[str, str], ...] = (
    (ISSUED, "issued"),
    ("Taken out by a person", "returned"),
    ("Cancelled", "cancelled"),
    ("Could not be drafted", "refused"),
    ("Held for a person", "held"),
    ("Still to come", issue_run_items.LEFT),
)


def _rows(work: Work, run: IssueRun) -> list[Row]:
    def row(title: str, filters: Filters, inside: bool = True) -> Row:
        return Row(title, issue_run_items.count(work, run, filters), filters, inside)

    found = [row(CHOSEN, Filters(), inside=False)]
    found += [row(title, Filters(state=state)) for title, state in _ENDS]
    found.append(row("Issued, by what became of sending", Filters(state="issued"), inside=False))
    found += [row(title, Filters(sending=name)) for name, title in issue_run_items.SENDING.items()]
    found.append(row("Issued, by giving", Filters(state="issued"), inside=False))
    found += [row(title, Filters(given=name)) for name, title in issue_run_items.GIVEN.items()]
    if run.method in POST:
        found.append(row("Issued, by printing", Filters(state="issued"), inside=False))
        found += [
            row(title, Filters(printed=name)) for name, title in issue_run_items.PRINTED.items()
        ]
    return found


def _checks(work: Work, run: IssueRun, numbers: dict[str, int]) -> list[Check]:
    found = [_adds_up("Every chosen case ended in one way", numbers, CHOSEN, [t for t, _ in _ENDS])]
    if run.manifest_sha256 is not None:
        found += _against_manifest(work, run)
    found += [
        _adds_up(
            "Every notice issued is in the outbox, once",
            numbers,
            ISSUED,
            [title for name, title in issue_run_items.SENDING.items() if name != "none"],
        ),
        _against_history(work, run),
    ]
    if run.method in POST:
        found.append(_print_files(work, run))
    return found


def _adds_up(title: str, numbers: dict[str, int], whole: str, parts: Sequence[str]) -> Check:
    total = sum(numbers[part] for part in parts)
    shown = [f"{numbers[part]:,} {_lower(part)}" for part in parts if numbers[part]]
    sum_words = " + ".join(shown) or "0"
    return Check(
        title, numbers[whole] == total, f"{numbers[whole]:,} {_lower(whole)} = {sum_words}."
        if numbers[whole] == total
        else f"{numbers[whole]:,} {_lower(whole)}, but {sum_words} = {total:,}.",
    )  # fmt: skip


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]


def _against_manifest(work: Work, run: IssueRun) -> list[Check]:
    """The frozen list names every case, and what was issued is, byte for byte, what it names."""
    manifest = issue_run_manifest.read(work, run)
    frozen = {line.position: line for line in manifest.items}
    left_out = {int(line["position"]) for line in manifest.left_out}
    positions = set(
        work.session.scalars(select(IssueItem.position).where(IssueItem.run_id == run.id))
    )
    astray = positions ^ (set(frozen) | left_out)
    issued = work.session.execute(
        select(IssueItem.position, Notice.reference, Notice.pdf_sha256)
        .join(Notice, Notice.id == IssueItem.notice_id)
        .where(IssueItem.run_id == run.id, IssueItem.state == "issued")
    ).all()
    other = {
        position
        for position, reference, pdf in issued
        if position not in frozen
        or (frozen[position].notice, frozen[position].pdf_sha256) != (reference, pdf)
    }
    return [
        _none_astray(
            "The manifest accounts for every chosen case",
            f"{len(positions):,} chosen = {len(frozen):,} frozen + {len(left_out):,} left out "
            "before freezing.",
            "Not accounted for",
            astray,
        ),
        _none_astray(
            "What was issued is what was frozen and approved",
            f"{len(issued):,} notices issued, each with the checksum in the manifest.",
            "Issued, but not as in the manifest",
            other,
        ),
    ]


def _against_history(work: Work, run: IssueRun) -> Check:
    """The history, which nobody can change, names the same positions as issued, each once."""
    told = [
        position
        for body in work.session.scalars(
            select(Event.body).where(
                Event.stream == stream(run), Event.kind == "issue_items_issued"
            )
        )
        for position in json.loads(body)["facts"]["items"]
    ]
    stand = set(
        work.session.scalars(
            select(IssueItem.position).where(
                IssueItem.run_id == run.id, IssueItem.state == "issued"
            )
        )
    )
    twice = {position for position, times in Counter(told).items() if times > 1}
    astray = (set(told) ^ stand) | twice
    return _none_astray(
        "The history tells the same",
        f"{len(told):,} issued by the history, each once.",
        "The history and the items differ",
        astray,
    )


def _print_files(work: Work, run: IssueRun) -> Check:
    """Letters in print files are letters that this run issued; a table's key holds each to one."""
    files = work.session.scalar(
        select(func.count()).select_from(PrintFileRow).where(PrintFileRow.run_id == run.id)
    )
    foreign = list(
        work.session.scalars(
            select(PrintLetter.position)
            .join(PrintFileRow, PrintFileRow.id == PrintLetter.file_id)
            .outerjoin(
                IssueItem,
                (IssueItem.notice_id == PrintLetter.notice_id)
                & (IssueItem.run_id == run.id)
                & (IssueItem.state == "issued"),
            )
            .where(PrintFileRow.run_id == run.id, IssueItem.id.is_(None))
        )
    )
    printed = work.session.scalar(
        select(func.count())
        .select_from(PrintLetter)
        .join(PrintFileRow, PrintFileRow.id == PrintLetter.file_id)
        .where(PrintFileRow.run_id == run.id)
    )
    return _none_astray(
        "Each letter stands in one print file at most",
        f"Letters printed: {printed or 0:,}. Print files: {files or 0:,}.",
        "Printed, but not issued by this run",
        foreign,
    )


def _none_astray(title: str, holds: str, fails: str, astray: Collection[int]) -> Check:
    """Passed when no position is astray, and says what holds; else names them."""
    return Check(title, not astray, f"{fails}: {_named(astray)}." if astray else holds)


def _named(positions: Iterable[int]) -> str:
    found = sorted(positions)
    words = ", ".join(f"item {one:,}" for one in found[:NAMED])
    rest = len(found) - NAMED
    return f"{words} and {rest:,} more" if rest > 0 else words
