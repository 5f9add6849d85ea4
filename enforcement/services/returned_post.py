"""Post that came back: the post room's list, or a scan of the references on the envelopes."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import select

from enforcement.data.notices import Notice, OutboxItem
from enforcement.domain.calendar import local_date, local_instant
from enforcement.domain.delivery import Report, Stage
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, Refusal
from enforcement.domain.tasks import TaskKind
from enforcement.domain.words import day
from enforcement.services import giving, tasks
from enforcement.services.delivery import take_report
from enforcement.services.settling import attempts_of
from enforcement.services.work import Work

_MIDDAY = time(12)
_KEY = "notice-"
_NAMES = {
    "reference": ("reference", "notice", "notice reference", "key", "our reference"),
    "date": ("date", "returned on", "date returned", "received"),
    "reason": ("reason", "why", "marked"),
}
_UNSAID = "No reason on the envelope"


@dataclass(frozen=True)
class Line:
    """What became of one line: matched, duplicate, unmatched or refused, and why."""

    number: int
    reference: str
    result: str
    why: str = ""

    def as_json(self) -> dict[str, object]:
        return {
            "line": self.number,
            "reference": self.reference,
            "result": self.result,
            "why": self.why,
        }


@dataclass(frozen=True)
class _Row:
    number: int
    reference: str
    date: str
    reason: str


def read_list(work: Work, content: bytes, on: date | None = None) -> list[Line]:
    """Record post that came back, line by line; a line that is refused says why.

    A CSV file with the columns reference (or our key), date and reason, or a scan: one reference
    a line. `on` is the day for lines without one; today where it is not given. Each returned
    notice puts its giving in doubt. Refuses BadInput (nothing readable in it), NotAllowed.
    """
    work.require(Permission.RECORD_GIVING)
    rows = _rows(content)
    if not rows:
        raise BadInput("The list is empty.")
    return [_take(work, row, on or work.today) for row in rows]


def _take(work: Work, row: _Row, otherwise: date) -> Line:
    reference = re.sub(r"\s", "", row.reference)
    if reference[: len(_KEY)].lower() == _KEY:
        reference = reference[len(_KEY) :]
    reference = reference.upper()
    notice = work.session.scalar(select(Notice).where(Notice.reference == reference))
    if notice is None:
        return Line(row.number, row.reference, "unmatched", "No notice has this reference.")
    try:
        came_back = _day(row.date) if row.date else otherwise
        new = _returned(work, notice, came_back, row.reason or _UNSAID)
    except Refusal as refusal:
        return Line(row.number, reference, "refused", refusal.sentence)
    if not new:
        return Line(row.number, reference, "duplicate", "It was recorded before.")
    return Line(row.number, reference, "matched")


def _returned(work: Work, notice: Notice, on: date, reason: str) -> bool:
    """Record one notice as returned; False when it was. Refuses a day that cannot be."""
    if notice.issued_at is None:
        raise BadInput("It was never issued.")
    since = local_date(notice.sent_at or notice.issued_at)
    if not since <= on <= work.today:
        raise BadInput(f"{day(on)} is not between {day(since)}, when it was sent, and today.")
    words = f"Came back on {day(on)}: {reason}"
    item = work.session.scalar(
        select(OutboxItem).where(OutboxItem.notice_id == notice.id, OutboxItem.channel == "print")
    )
    if item is None:
        if notice.sent_at is None:
            raise BadInput("It has not been recorded as posted.")
        return _by_hand(work, notice, words, on)
    if item.state not in ("sent", "uncertain"):
        raise BadInput("It has not been printed or posted.")
    if any(one.outcome == Stage.RETURNED.value for one in attempts_of(work.session, item)):
        return False  # one letter comes back once, whatever a second list says of it
    at = min(local_instant(on, _MIDDAY), work.now)
    return take_report(work, item, Report(Stage.RETURNED, at, words, final=True))


def _by_hand(work: Work, notice: Notice, words: str, on: date) -> bool:
    """One that people printed and posted themselves: there is no item to write it on."""
    for task in tasks.of_case(work.session, notice.case):
        if task.notice_id == notice.id and task.kind == TaskKind.POST_RETURNED:
            return False
    giving.failed(work, notice, "returned", words, on)
    return True


def _rows(content: bytes) -> list[_Row]:
    """The lines of the list; a first line that names columns is a CSV's, otherwise it is a scan."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    lines = list(csv.reader(io.StringIO(text, newline="")))
    if not lines:
        return []
    places = _columns(lines[0])
    numbered = list(enumerate(lines, start=1))[1 if places else 0 :]
    places = places or {"reference": 0, "date": 1, "reason": 2}
    return [
        _Row(number, *(_cell(line, places.get(name)) for name in ("reference", "date", "reason")))
        for number, line in numbered
        if any(cell.strip() for cell in line)
    ]


def _columns(first: list[str]) -> dict[str, int]:
    headings = [re.sub(r"[\s_]+", " ", cell).strip().lower() for cell in first]
    return {
        name: headings.index(heading)
        for name, known in _NAMES.items()
        for heading in known
        if heading in headings
    }


def _cell(line: list[str], place: int | None) -> str:
    return "" if place is None or place >= len(line) else line[place].strip()


def _day(text: str) -> date:
    for shape in ("%Y-%m-%d", "%d/%m/%Y", "%d %B %Y"):
        try:
            return datetime.strptime(text, shape).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    raise BadInput(f"“{text[:40]}” is not a day, like 2026-11-22 or 22/11/2026.")
