"""Loading Capacity Tracker files: what each says about each duty, added to and never changed.

A row of any file that counts is enough for a window, whatever later files say; so a later import
never turns submitted into missed. A file a fifth shorter than last month's waits for a person:
its rows are not there until it is released.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from enforcement.data.bulk import insert_rows, one_load_at_a_time, update_rows
from enforcement.data.files import ImportedFile
from enforcement.data.register import Duty, Location
from enforcement.data.windows import ReturnRow
from enforcement.domain.duties import Service
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, NotFound, WrongState
from enforcement.domain.windows import Month, Timing, Window
from enforcement.register.rows import Rejected, ReturnLine, ReturnsFile
from enforcement.services import files, loading, windows
from enforcement.services.loading import Incoming, Loaded, Progress
from enforcement.services.return_headings import Headings, as_read, read, save_mapping
from enforcement.services.work import Work

KIND = "returns"
STREAM = "returns"
SHORTER_PERCENT = 20  # reliability D8: a short file makes thousands of homes look as if they missed


def load(
    work: Work,
    incoming: Incoming,
    window: Month,
    *,
    service: Service | None = None,
    shape: str | None = None,
    mapping: Headings | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Loaded:
    """Bring one Capacity Tracker file in for a window, or with `dry_run` only say what it holds.

    `mapping` (field → the file's heading) is saved and used for the next file with those
    headings. The same bytes for the same window change nothing, but lines that
    had no duty are tried again. Needs LOAD_FILES. Refuses:
    UnknownHeader, UnreadableFile, NothingToImport, BadInput (unknown service or shape; a window
    that has not opened).
    """
    loading.check(work, incoming)
    tell = progress or (lambda phase, done, total: None)
    one_load_at_a_time(work.session)
    earlier = loading.already(work.session, KIND, incoming, window)
    if earlier is not None:
        earlier.dry_run = dry_run
        return _again(work, incoming, earlier, window, tell)
    _refuse_early(work, window)
    tell("Reading", 0, None)
    file, used = read(work, incoming, window, service, shape, mapping)
    tell("Comparing with the register", 0, file.rows_in)
    taken = take(work, file, window)
    loaded = _answer(incoming, file, taken, window, dry_run)
    loaded.mapping = {"headings": dict(file.mapping), "given": dict(used)}
    loaded.mapping |= {"service": service.value if service else None, "asked_shape": shape}
    short = _short(work.session, loaded, window)
    if short:
        loaded.state, loaded.held_reason = "waiting", short
    if dry_run:
        return loaded
    row = loading.keep(work, incoming, loaded, STREAM)
    if mapping:
        save_mapping(work, file.shape, mapping)
    for month in sorted({window, *taken.months}):
        windows.ensure(work, month)
    if loaded.state != "waiting":
        _write(work, taken, row, tell)
    return loaded


def release(
    work: Work, file_id: int, reason: str, progress: Progress | None = None
) -> ImportedFile:
    """Let a waiting file count, with the reason in the person's words. Needs COMPLETE_FEED.

    The bytes as received are read again. Refuses: NotFound, WrongState (not waiting), BadInput
    (no reason), and whatever reading refuses.
    """
    work.require(Permission.COMPLETE_FEED)
    one_load_at_a_time(work.session)
    row = work.session.get(ImportedFile, file_id, with_for_update=True)
    if row is None or row.window_no is None:
        raise NotFound("There is no such Capacity Tracker file.")
    if row.state != "waiting":
        raise WrongState(f"{row.filename} does not wait for release.")
    if not reason.strip():
        raise BadInput("Say why the file is right although it is short.")
    window = Month(row.window_no)
    file = as_read(files.fetch(work, row.sha256).content, row, window)
    taken = take(work, file, window)
    row.state, row.released_by = "released", work.actor.identity
    row.rejected = loading.refusals([*file.rejected, *taken.rejected])
    row.rejected_count = len(row.rejected)
    row.accepted = row.rows_in - row.rejected_count
    row.changes = taken.counts()
    work.session.flush()
    _write(work, taken, row, progress or (lambda phase, done, total: None))
    work.record(
        STREAM,
        "file_released",
        {"kind": KIND, "sha256": row.sha256, "reason": reason.strip(), "window": str(window)},
        permission=Permission.COMPLETE_FEED,
    )
    return row


def _again(
    work: Work, incoming: Incoming, earlier: Loaded, window: Month, tell: Progress
) -> Loaded:
    """Bytes loaded before: only lines that had no duty then, and have one now, count."""
    row, lines = loading.to_retry(work.session, earlier)
    if not lines or row.state == "waiting":
        return earlier
    file = as_read(incoming.content, row, window)
    file.rows = [line for line in file.rows if line.line in lines]
    taken = take(work, file, window)
    found = lines - {one.line for one in taken.rejected}
    if not found:
        return earlier
    taken.rows = [one for one in taken.rows if one["line"] in found]
    loaded = loading.retried(work, row, earlier, found, taken.counts())
    if not loaded.dry_run:
        for month in sorted(taken.months):
            windows.ensure(work, month)
        _write(work, taken, row, tell)
    return loaded


def waiting(session: Session) -> list[ImportedFile]:
    """The files that wait for a person, oldest first."""
    return list(
        session.scalars(
            select(ImportedFile).where(ImportedFile.state == "waiting").order_by(ImportedFile.id)
        )
    )


def _refuse_early(work: Work, window: Month) -> None:
    opens = windows.window_on(work.session, window)
    if work.now < opens.opens_at:
        raise BadInput(
            f"The {window.title} window has not opened yet, so nothing can have been returned.",
            fix="Check the month.",
        )


# --- judging ---------------------------------------------------------------------------------
@dataclass
class Taken:
    """What a file says, put to the duties of the register."""

    rows: list[dict[str, Any]] = field(default_factory=list)  # return rows without their file
    rejected: list[Rejected] = field(default_factory=list)
    months: set[Month] = field(default_factory=set)
    said: Counter[str] = field(default_factory=Counter)
    users: dict[int, dict[str, Any]] = field(default_factory=dict)  # location id → new count

    def counts(self) -> dict[str, Any]:
        return {key: count for key, count in sorted(self.said.items()) if count}


def take(work: Work, file: ReturnsFile, window: Month) -> Taken:
    """Match every line to a duty and judge it against its window; unmatched lines are refused."""
    taken = Taken()
    duties = _duties(work.session)
    judged: dict[Month, Window] = {}
    newest = _is_newest(work.session, window)
    refused: set[int] = set()
    for line in file.rows:
        place = duties.get(line.location_id)
        duty = place.get(line.service.value) if place else None
        if place is None or duty is None:
            if line.line not in refused:
                refused.add(line.line)
                taken.rejected.append(Rejected(line.line, _no_duty(line, place), retry=True))
            continue
        if line.month not in judged:
            judged[line.month] = windows.window_on(work.session, line.month)
        row = _row(line, duty.id, judged[line.month], taken.said)
        if row is not None:
            taken.rows.append(row)
            taken.months.add(line.month)
        if newest and file.shape != "status" and line.users_count is not None:
            _take_users(line, duty, taken, window)
    _compare(work.session, taken)
    return taken


def _duties(session: Session) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    rows = session.execute(
        select(
            Duty.id, Duty.service, Location.cqc_id, Location.id.label("place"), Location.users
        ).join(Location, Location.id == Duty.location_id)
    )
    for row in rows:
        found.setdefault(row.cqc_id, {})[row.service] = row
    return found


def _no_duty(line: ReturnLine, place: Mapping[str, Any] | None) -> str:
    if place is None:
        return f"The location {line.location_id} is not in the register as adult social care."
    others = " and ".join(Service(name).title.lower() for name in sorted(place))
    return (
        f"The register has {line.location_id} for {others}, not for {line.service.title.lower()}."
    )


def _row(
    line: ReturnLine, duty_id: int, window: Window, said: Counter[str]
) -> dict[str, Any] | None:
    counts, kind = _verdict(line, window, said)
    if counts is None:
        return None
    return {
        "duty_id": duty_id,
        "window_no": line.month.number,
        "counts": counts,
        "kind": kind,
        "updated_at": line.updated_at,
        "line": line.line,
    }


def _verdict(line: ReturnLine, window: Window, said: Counter[str]) -> tuple[bool | None, str]:
    """Whether the line counts for its window, and as what; None: the file does not say."""
    if line.updated_at is not None:
        inside = window.judge(line.updated_at) is Timing.INSIDE
        said[line.kind if inside else "outside_the_window"] += 1
        return inside, line.kind
    if line.submitted is None:
        said["not_said"] += 1
        return None, "none"
    if line.submitted:
        said[line.kind] += 1
        return True, line.kind
    said["not_returned"] += 1
    return False, "none"


def _take_users(line: ReturnLine, duty: Any, taken: Taken, window: Month) -> None:
    """People using a home care service, for the fee: the newest return is the best source."""
    if line.service is Service.HOME_CARE and duty.users != line.users_count:
        taken.users[duty.place] = {
            "id": duty.place,
            "users": line.users_count,
            "users_source": f"Capacity Tracker, {window.title}, line {line.line}",
        }


def _is_newest(session: Session, window: Month) -> bool:
    last = session.scalar(
        select(func.max(ImportedFile.window_no)).where(
            ImportedFile.kind == KIND, ImportedFile.state != "waiting"
        )
    )
    return last is None or window.number >= last


def _compare(session: Session, taken: Taken) -> None:
    """How the file differs from what was known: newly counting, and counting although it says 0."""
    known: set[tuple[int, int]] = set()
    for month in taken.months:
        known.update(
            (duty_id, month.number)
            for duty_id in session.scalars(
                select(ReturnRow.duty_id)
                .where(ReturnRow.window_no == month.number, ReturnRow.counts.is_(True))
                .distinct()
            )
        )
    for row in taken.rows:
        key = (row["duty_id"], row["window_no"])
        if row["counts"] and key not in known:
            taken.said["newly_submitted"] += 1
        elif not row["counts"] and key in known:
            taken.said["stays_submitted"] += 1


def _answer(
    incoming: Incoming, file: ReturnsFile, taken: Taken, window: Month, dry_run: bool
) -> Loaded:
    notices = list(file.notices)
    if len(taken.months) > 1:
        names = ", ".join(month.title for month in sorted(taken.months))
        notices.append(f"The file is about {len(taken.months)} windows; all count: {names}.")
    return Loaded(
        kind=KIND,
        shape=file.shape,
        filename=incoming.filename,
        sha256=incoming.sha256,
        rows_in=file.rows_in,
        rejected=loading.refusals([*file.rejected, *taken.rejected]),
        changes=taken.counts(),
        notices=notices,
        window=window,
        dry_run=dry_run,
    )


def _short(session: Session, loaded: Loaded, window: Month) -> str | None:
    """Why the file must wait: a fifth or more shorter than the last month's of its kind."""
    rows = session.execute(
        select(ImportedFile.rows_in, ImportedFile.window_no, ImportedFile.mapping)
        .where(
            ImportedFile.kind == KIND,
            ImportedFile.shape == loaded.shape,
            ImportedFile.window_no < window.number,
            ImportedFile.state != "waiting",
        )
        .order_by(ImportedFile.window_no.desc(), ImportedFile.id.desc())
    )
    for last in rows:
        if last.mapping.get("service") != loaded.mapping.get("service"):
            continue
        if loaded.rows_in * 100 > last.rows_in * (100 - SHORTER_PERCENT):
            return None
        share = 100 - round(loaded.rows_in * 100 / last.rows_in)
        return (
            f"{loaded.rows_in:,} rows, {share}% fewer than the {last.rows_in:,} of "
            f"{Month(last.window_no).title}."
        )
    return None


def _write(work: Work, taken: Taken, file: ImportedFile, tell: Progress) -> None:
    running = loading.Running(tell, len(taken.rows))
    rows = [{**row, "file_id": file.id} for row in taken.rows]
    insert_rows(work.session, ReturnRow, rows, running.add)
    update_rows(work.session, Location, list(taken.users.values()))
    work.session.expire_all()
