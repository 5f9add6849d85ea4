"""The workers' part of an issue run: drafting its notices, then sealing and issuing them.

Short transactions of a few items, each item whole or not at all. Nothing is remembered outside
the rows: killed anywhere, whoever comes next takes the first item that is still to be done. On
PostgreSQL several workers share the items; on SQLite they take turns.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Engine, exists, func, or_, select
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session, joinedload, selectinload, undefer
from sqlalchemy.orm.exc import StaleDataError

from enforcement.data.cases import Case, CaseMiss
from enforcement.data.engine import read_only
from enforcement.data.files import StoredFile
from enforcement.data.issue_runs import IssueItem, IssueRun
from enforcement.data.notices import Notice
from enforcement.data.policies import Policy
from enforcement.data.register import Duty
from enforcement.data.windows import WindowRow
from enforcement.domain.giving import Method
from enforcement.domain.permissions import system_actor
from enforcement.domain.refusals import CannotPrint, NotAllowed, NotFound, Refusal, WrongState
from enforcement.services import issue_run_manifest, notice_pages, notices, recipients, sending
from enforcement.services.case_facts import live_notice
from enforcement.services.issue_run_manifest import ManifestItem
from enforcement.services.issue_run_steering import refuse_lost_right, stop
from enforcement.services.issue_runs import stream
from enforcement.services.recipients import RecipientChoice
from enforcement.services.work import Work, changed_meanwhile, transaction
from enforcement.settings import Settings

log = logging.getLogger(__name__)
WORKER = system_actor("issue run worker")
BATCH = 20  # items in one transaction, at most …
BATCH_SECONDS = 0.35  # … and none is begun after this long: others wait to write
REST_SECONDS = 0.005  # between batches, so that whoever waits for the writer's lock gets it
TRIES = 5  # times that a case somebody is saving meanwhile is tried again
WAITS = (0.5, 1, 2, 5, 10, 20)  # seconds after each failure of the database in a row
LEFT_BEHIND = timedelta(minutes=1)  # a run where nothing moved for so long is taken up again

_AWAY = (
    OperationalError,
    InterfaceError,
)  # down, full, busy: no item’s fault

Clock = Callable[[], datetime]
Lines = Mapping[int, ManifestItem]


@dataclass
class Batch:
    """What one transaction did, for the run's history: positions, and reasons by position."""

    done: list[int] = field(default_factory=list)
    failed: dict[int, Refusal] = field(default_factory=dict)
    again: list[int] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def next_size(self) -> int:
        """How many to take next, so that all that is fetched for them is used in the time."""
        tried = len(self.done) + len(self.failed) + len(self.again)
        return max(1, min(BATCH, int(BATCH_SECONDS * tried / self.seconds))) if tried else 2

    def __bool__(self) -> bool:
        return bool(self.done or self.failed or self.again)


def work_on(
    engine: Engine,
    settings: Settings,
    run_id: int,
    clock: Clock,
    *,
    most: int | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Work on a run until nothing is left that this worker could do; returns how many items.

    `most`: stop after about so many. A database that is down, full or restarted is waited for; when
    it stays away the error is raised and the next sweep goes on.
    """
    done, failures, size = 0, 0, 2
    lines: Lines = {}
    _open_print_room(engine, settings, run_id)
    while (most is None or done < most) and not stopping():
        try:
            with transaction(engine, WORKER, clock(), settings) as work:
                if not lines:
                    lines = _lines(work, run_id)
                batch = _some(work, run_id, lines, size)
            more = bool(batch) or _next_phase(engine, settings, run_id, clock)
        except _AWAY:
            failures += 1
            if failures > len(WAITS):
                raise
            time.sleep(WAITS[failures - 1])
            continue
        failures, size = 0, batch.next_size
        done += len(batch.done) + len(batch.failed)
        if not more:
            break
        time.sleep(REST_SECONDS)
    return done


def _open_print_room(engine: Engine, settings: Settings, run_id: int) -> None:
    """Before the first transaction: others would wait for the write lock while it opens."""
    run = None
    with contextlib.suppress(*_AWAY), Session(engine) as session:
        read_only(session)
        run = session.get(IssueRun, run_id)
    if run is not None and run.state == "drafting":
        notice_pages.get_ready(settings, run.kind)


def _lines(work: Work, run_id: int) -> Lines:
    run = work.session.get(IssueRun, run_id)
    if run is None or run.manifest_sha256 is None:
        return {}
    return {line.position: line for line in issue_run_manifest.read(work, run).items}


def _some(work: Work, run_id: int, lines: Lines, size: int) -> Batch:
    """A few items of the run's present phase, each whole or not at all."""
    run = work.session.scalar(
        select(IssueRun).where(IssueRun.id == run_id).with_for_update(read=True)
    )  # held shared: after a pause has been stored nothing more is issued
    if run is None or run.state not in ("drafting", "issuing"):
        return Batch()
    try:
        actor = refuse_lost_right(work.session, run)
    except NotAllowed:
        return Batch()  # `_next_phase` stops the run, with its own lock
    theirs = replace(work, actor=actor)
    batch = Batch()
    begun = time.monotonic()
    items, _held = _take(work.session, run, size)
    for item in items:
        _one(theirs, run, item, lines, batch)
        batch.seconds = time.monotonic() - begun
        if batch.seconds >= BATCH_SECONDS:
            break
    _record(work, run, batch)
    return batch


def _take(session: Session, run: IssueRun, size: int) -> tuple[list[IssueItem], list[object]]:
    """The next items that no other worker has, and what they refer to, which is only remembered
    while somebody holds it."""
    wanted = "waiting" if run.state == "drafting" else "drafted"
    taken = list(
        session.scalars(
            select(IssueItem)
            .where(IssueItem.run_id == run.id, IssueItem.state == wanted)
            .order_by(IssueItem.tries, IssueItem.position)
            .limit(size)
            .with_for_update(skip_locked=True)
        )
    )
    return taken, _bring(session, taken)


def _bring(session: Session, taken: Sequence[IssueItem]) -> list[object]:
    """The items' cases with all that the gates read, in a statement a table, not one a case."""
    cases = (
        select(Case)
        .where(Case.id.in_([item.case_id for item in taken]))
        .options(
            joinedload(Case.provider),
            selectinload(Case.holds),
            selectinload(Case.clocks),
            selectinload(Case.misses).joinedload(CaseMiss.duty).joinedload(Duty.location),
        )
    )
    found = list(session.scalars(cases))
    months = {miss.window_no for case in found for miss in case.misses}
    beside = [
        select(Policy).where(Policy.id.in_({case.policy_id for case in found})),
        select(WindowRow).where(WindowRow.number.in_(months)),
    ]
    if drafted := [item.notice_id for item in taken if item.notice_id is not None]:
        documents = select(Notice.pdf_sha256).where(Notice.id.in_(drafted))
        beside += [
            select(Notice).where(Notice.id.in_(drafted)),
            select(StoredFile)
            .where(StoredFile.sha256.in_(documents))
            .options(undefer(StoredFile.content)),
        ]
    return [*found, *(row for query in beside for row in session.scalars(query))]


def _one(work: Work, run: IssueRun, item: IssueItem, lines: Lines, batch: Batch) -> None:
    act = _draft if run.state == "drafting" else _issue
    position, item_id = item.position, item.id
    try:
        with work.session.begin_nested():
            act(work, run, item, lines)
    except Refusal as refusal:
        _fail(work, run, item_id, refusal)
        batch.failed[position] = refusal
    except StaleDataError:
        _again(work, run, item_id, batch)
    except _AWAY:
        raise
    except Exception as fault:
        # one notice that our own code cannot make must not keep the others back
        log.exception("%s, item %s", run.reference, position)
        _fail(work, run, item_id, (found := _fault(fault)))
        batch.failed[position] = found
    else:
        batch.done.append(position)


def _fault(fault: Exception) -> Refusal:
    return CannotPrint(
        f"The notice could not be made: a fault in our own code ({type(fault).__name__}).",
        fix="Tell whoever looks after this service; the worker’s log has the details.",
    )


def _fail(work: Work, run: IssueRun, item_id: int, refusal: Refusal) -> None:
    item = work.session.get_one(IssueItem, item_id, populate_existing=True)
    item.state = "refused" if run.state == "drafting" else "held"
    item.reason, item.reason_name = refusal.sentence, refusal.name
    item.changed_at = work.now
    work.session.flush()


def _again(work: Work, run: IssueRun, item_id: int, batch: Batch) -> None:
    """Somebody is saving the same case: later, and after a few tries it is a person's."""
    work.session.expire_all()
    item = work.session.get_one(IssueItem, item_id)
    item.tries += 1
    if item.tries >= TRIES:
        refusal = changed_meanwhile()
        _fail(work, run, item_id, refusal)
        batch.failed[item.position] = refusal
    else:
        work.session.flush()
        batch.again.append(item.position)


def _draft(work: Work, run: IssueRun, item: IssueItem, lines: Lines) -> None:
    """Draft and submit one notice in the name of the run's maker."""
    case = item.case
    mine = live_notice(work.session, case, run.kind)
    if mine is not None and mine.drafted_by != work.actor.identity:
        raise WrongState(f"{case.reference} already has a notice, drafted by another person.")
    method = Method(run.method)
    notice = notices.draft_intent(
        work, case, first_proper(work.session, case, method), method, run.send_on, run.period_days
    )
    notices.submit(work, case, notice)
    item.notice, item.state = notice, "drafted"
    _changed(work, item)


def first_proper(session: Session, case: Case, method: Method) -> RecipientChoice:
    """The first known recipient to whom this method gives a notice validly (reg 7).

    Refuses NoProperAddress or BadInput, as the likeliest of them is refused.
    """
    first: Refusal | None = None
    for choice in recipients.choices(session, case):
        try:
            recipients.require_proper(case, choice, method)
        except Refusal as refusal:
            first = first or refusal
        else:
            return choice
    raise first or NotFound(f"No address is known for {case.provider.name}.")


def _issue(work: Work, run: IssueRun, item: IssueItem, lines: Lines) -> None:
    """Seal and issue one notice in the approver's name, exactly as it was frozen."""
    case, notice = item.case, item.notice
    line = lines.get(item.position)
    if notice is None or line is None:
        raise NotFound(f"{case.reference} has no notice in the manifest.")
    issue_run_manifest.refuse_changed(line, notice)
    if notice.state == "submitted":
        notices.approve(work, case, notice, line.pdf_sha256)
    notices.issue(work, case, notice, sending.sweep_will_find)
    item.state = "issued"
    _changed(work, item)


def _changed(work: Work, item: IssueItem) -> None:
    item.reason = item.reason_name = None
    item.changed_at = work.now
    work.session.flush()


def _record(work: Work, run: IssueRun, batch: Batch) -> None:
    """One event for many items, written last: the run's stream is shared by every worker."""
    drafting = run.state == "drafting"
    if batch.done:
        kind = "issue_items_drafted" if drafting else "issue_items_issued"
        work.record(stream(run), kind, {"run": run.reference, "items": sorted(batch.done)})
    if batch.failed:
        kind = "issue_items_refused" if drafting else "issue_items_held"
        work.record(
            stream(run),
            kind,
            {
                "run": run.reference,
                "items": sorted(batch.failed),
                "reasons": {str(p): refusal.name for p, refusal in sorted(batch.failed.items())},
            },
        )


def _next_phase(engine: Engine, settings: Settings, run_id: int, clock: Clock) -> bool:
    """Begin, end or stop the run when its items say so. True when there is more to do."""
    with transaction(engine, WORKER, clock(), settings) as work:
        run = work.session.scalar(select(IssueRun).where(IssueRun.id == run_id).with_for_update())
        if run is None or run.state not in ("drafting", "approved", "issuing"):
            return False
        try:
            refuse_lost_right(work.session, run)
        except NotAllowed as refusal:
            stop(work, run, refusal.sentence)
            return False
        if run.state == "approved":
            run.state, run.started_at = "issuing", run.started_at or work.now
            work.record(stream(run), "issue_run_started", {"run": run.reference})
            return True
        if run.state == "issuing" and not _any(work.session, run, "drafted", "held"):
            _end(work, run)
        return False


def _any(session: Session, run: IssueRun, *states: str) -> bool:
    found = select(IssueItem.id).where(IssueItem.run_id == run.id, IssueItem.state.in_(states))
    return session.scalar(found.limit(1)) is not None


def _end(work: Work, run: IssueRun) -> None:
    issued = work.session.scalar(
        select(func.count())
        .select_from(IssueItem)
        .where(IssueItem.run_id == run.id, IssueItem.state == "issued")
    )
    run.state, run.ended_at = "done", work.now
    work.record(stream(run), "issue_run_done", {"run": run.reference, "issued": issued or 0})


def left_behind(session: Session, now: datetime) -> list[int]:
    """Runs with something left to do where nothing has moved for a minute."""
    mine = IssueItem.run_id == IssueRun.id
    waiting = exists().where(mine, IssueItem.state == "waiting")
    drafted = exists().where(mine, IssueItem.state == "drafted")
    held = exists().where(mine, IssueItem.state == "held")
    moved = exists().where(mine, IssueItem.changed_at > now - LEFT_BEHIND)
    return list(
        session.scalars(
            select(IssueRun.id)
            .where(
                or_(
                    (IssueRun.state == "drafting") & waiting,
                    IssueRun.state == "approved",
                    (IssueRun.state == "issuing") & (drafted | ~held),
                ),
                ~moved,
            )
            .order_by(IssueRun.id)
        )
    )
