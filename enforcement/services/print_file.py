"""Print files of an issue run: made for the post room, and the posting recorded from its list.

A file is a copy of letters that were issued; the archival PDFs stay as they are. A letter stands in
one file only. Nothing is given by making a file: that is recorded when the post room has posted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from enforcement.data.cases import Case
from enforcement.data.issue_runs import IssueItem, IssueRun
from enforcement.data.notices import Notice, OutboxItem
from enforcement.data.print_files import PrintFileRow, PrintLetter
from enforcement.domain.giving import POST, Method
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, NotFound, Refusal, WrongState
from enforcement.rendering import print_file
from enforcement.rendering.print_file import Entry, Heading
from enforcement.services import giving
from enforcement.services.files import Kept, fetch, keep
from enforcement.services.issue_runs import stream
from enforcement.services.notice_pages import PDF
from enforcement.services.work import Work, changed_meanwhile

AT_ONCE = 2  # files made in one go: each takes seconds
POSTED_AT_ONCE = 200  # letters recorded as posted in one go


@dataclass(frozen=True)
class Posted:
    """How recording went: references given, those refused with why, how many are still to do."""

    given: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]
    left: int


def waiting(session: Session, run: IssueRun) -> list[tuple[int, Notice]]:
    """Letters issued by post that stand in no print file yet and are not given, by position."""
    by_post = exists().where(OutboxItem.notice_id == Notice.id, OutboxItem.channel == "print")
    printed = exists().where(PrintLetter.notice_id == Notice.id)
    found = session.execute(
        select(IssueItem.position, Notice)
        .join(Notice, Notice.id == IssueItem.notice_id)
        .where(
            IssueItem.run_id == run.id,
            IssueItem.state == "issued",
            Notice.state == "issued",
            by_post,
            ~printed,
        )
        .order_by(IssueItem.position)
    )
    return [(position, notice) for position, notice in found]


def refuse_making(work: Work, run: IssueRun) -> None:
    """Why no print file can be made now: raises the refusal, or nothing.

    Who makes one sees every reply code in it, so needs both permissions.
    """
    work.require(Permission.ISSUE_NOTICE)
    work.require(Permission.READ_CODE)
    if run.method not in POST:
        raise WrongState("The notices of this run go by email: there is nothing to print.")
    if work.settings.letters_by == "notify":
        raise WrongState("GOV.UK Notify prints and posts the letters of this installation.")
    if run.state not in ("paused", "done", "cancelled"):
        raise WrongState(
            "Letters are still to be issued.", fix="Wait until the run is done, or pause it."
        )
    if not waiting(work.session, run):
        raise WrongState("Every letter issued so far stands in a print file, or was given.")


def make(work: Work, run: IssueRun, most: int = AT_ONCE) -> list[PrintFileRow]:
    """Make the next print files, `most` at once, each of at most the setting's number of pages.

    The bytes are kept, encrypted: each letter prints its reply code. Refuses what `refuse_making`
    refuses, and CannotPrint when a stored letter is not what the list says.
    """
    refuse_making(work, run)
    letters = waiting(work.session, run)
    parts = print_file.split(
        [entry_of(position, notice) for position, notice in letters],
        work.settings.print_file_pages,
    )
    before = work.session.scalar(
        select(func.count()).select_from(PrintFileRow).where(PrintFileRow.run_id == run.id)
    )
    notices = {notice.reference: notice for _, notice in letters}
    first = (before or 0) + 1
    last = first + len(parts) - 1
    return [
        _make_one(work, run, number, last, part, notices)
        for number, part in enumerate(parts[:most], start=first)
    ]


def entry_of(position: int, notice: Notice) -> Entry:
    """A letter as the post room counts it."""
    return Entry(
        number=position,
        reference=notice.reference,
        recipient=notice.recipient["name"],
        postcode=notice.recipient["postcode"],
        pages=notice.pages or 0,
        sha256=notice.pdf_sha256 or "",
    )


def _make_one(
    work: Work,
    run: IssueRun,
    number: int,
    parts: int,
    entries: Sequence[Entry],
    notices: dict[str, Notice],
) -> PrintFileRow:
    heading = Heading(
        run=run.reference,
        number=number,
        parts=parts,
        made_on=work.today,
        post_on=run.send_on,
        method=Method(run.method).by,
    )
    made = print_file.make(heading, entries, lambda entry: fetch(work, entry.sha256).content)
    row = PrintFileRow(
        run_id=run.id,
        number=number,
        parts=parts,
        sha256=keep(work, made.pdf, PDF, secret=True),
        pages=made.pages,
        made_at=work.now,
        made_by=work.actor.identity,
        made_by_name=work.actor.name,
    )
    work.session.add(row)
    work.session.flush()
    for entry, first_page in zip(entries, made.first_pages, strict=True):
        work.session.add(
            PrintLetter(
                notice_id=notices[entry.reference].id,
                file_id=row.id,
                position=entry.number,
                first_page=first_page,
            )
        )
    work.session.flush()
    work.record(
        stream(run),
        "print_file_made",
        {
            "run": run.reference,
            "file": number,
            "letters": len(entries),
            "pages": made.pages,
            "sha256": made.sha256,
            "letters_sha256": print_file.total_checksum(entries),
        },
        permission=Permission.ISSUE_NOTICE,
    )
    return row


def files_of(session: Session, run: IssueRun) -> list[PrintFileRow]:
    """The run's print files in order."""
    return list(
        session.scalars(
            select(PrintFileRow).where(PrintFileRow.run_id == run.id).order_by(PrintFileRow.number)
        )
    )


def find(work: Work, run: IssueRun, number: int) -> PrintFileRow:
    """The run's print file with this number, or NotFound."""
    row = work.session.scalar(
        select(PrintFileRow).where(PrintFileRow.run_id == run.id, PrintFileRow.number == number)
    )
    if row is None:
        raise NotFound(f"{run.reference} has no print file {number}.")
    return row


def letters_of(session: Session, row: PrintFileRow) -> list[PrintLetter]:
    """The letters of one file in the order they stand in it, with their notices and cases."""
    query = (
        select(PrintLetter)
        .join(Notice, Notice.id == PrintLetter.notice_id)
        .join(Case, Case.id == Notice.case_id)
        .where(PrintLetter.file_id == row.id)
        .order_by(PrintLetter.position)
    )
    return list(session.scalars(query))


def content(work: Work, row: PrintFileRow) -> Kept:
    """The bytes as they were made. Refuses NotAllowed to those who may not see reply codes."""
    work.require(Permission.READ_CODE)
    return fetch(work, row.sha256)


def to_record(letters: Sequence[PrintLetter]) -> list[PrintLetter]:
    """Those not yet recorded as given, nor withdrawn since."""
    return [one for one in letters if one.notice.state in ("issued", "failed")]


def record_posted(
    work: Work,
    run: IssueRun,
    row: PrintFileRow,
    sent_on: date,
    evidence: str,
    not_posted: Collection[int] = (),
    most: int = POSTED_AT_ONCE,
) -> Posted:
    """Record that the letters of a file were posted on a day, each as one would be alone.

    One whose printed dates no longer hold for that day is refused and listed, and the others go
    on. `not_posted`: positions that the post room took out. Refuses for all BadInput (no evidence,
    a day to come, a number that is not in the file) and NotAllowed.
    """
    work.require(Permission.RECORD_GIVING)
    if not evidence.strip():
        raise BadInput("Say what shows it: the signed cover, the post room’s receipt.")
    if sent_on > work.today:
        raise BadInput("The day of posting is still to come.")
    letters = letters_of(work.session, row)
    if unknown := set(not_posted) - {one.position for one in letters}:
        raise BadInput(f"Number {min(unknown)} does not stand in this file.")
    wanted = [one for one in to_record(letters) if one.position not in not_posted]
    given, refused = [], []
    for letter in wanted[:most]:
        words = _record_one(work, letter.notice, sent_on, evidence.strip())
        if words:
            refused.append((letter.notice.reference, words))
        else:
            given.append(letter.notice.reference)
    if given:
        work.record(
            stream(run),
            "print_file_posted",
            {
                "run": run.reference,
                "file": row.number,
                "sent_on": sent_on.isoformat(),
                "letters": len(given),
                "refused": [reference for reference, _ in refused],
                "not_posted": sorted(not_posted),
            },
            permission=Permission.RECORD_GIVING,
        )
    return Posted(tuple(given), tuple(refused), len(wanted[most:]))


def _record_one(work: Work, notice: Notice, sent_on: date, evidence: str) -> str:
    """Record one letter, whole or not at all; the sentence that refuses it, or nothing."""
    try:
        with work.session.begin_nested():
            giving.record_by_person(work, notice, sent_on, Method(notice.method), evidence)
    except Refusal as refusal:
        work.session.refresh(notice)
        return refusal.sentence
    except StaleDataError:
        work.session.expire_all()
        return changed_meanwhile().sentence
    return ""


def numbers(text: str) -> set[int]:
    """Numbers as the post room writes them: "3, 17 20". Refuses BadInput for anything else."""
    return set(_numbers(text))


def _numbers(text: str) -> Iterator[int]:
    for word in text.replace(",", " ").split():
        if not (word.isascii() and word.isdecimal()):
            raise BadInput(f"“{word}” is not the number of a letter.", fix="Write: 3, 17, 20.")
        yield int(word)
