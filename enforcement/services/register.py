"""Loading the CQC register: read, compare, keep, write in one transaction, or only compare."""

from __future__ import annotations

from datetime import date
from operator import itemgetter
from typing import Any

from sqlalchemy import func, select

from enforcement.data import register_held
from enforcement.data.bulk import insert_rows, insert_tuples, one_load_at_a_time, update_rows
from enforcement.data.files import ImportedFile
from enforcement.data.register import DualRegistration, Duty, Location, Provider, RegisterChange
from enforcement.domain.events import fact_hash
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput
from enforcement.register.recognise import read_register
from enforcement.register.rows import DualLink, RegisterFile
from enforcement.services import loading, windows
from enforcement.services.duty_terms import Terms
from enforcement.services.loading import Incoming, Loaded, Progress
from enforcement.services.register_changes import vanished
from enforcement.services.register_plan import FULL, Held, Plan
from enforcement.services.register_values import LOCATION_KEYS, PROVIDER_KEYS, Values
from enforcement.services.work import Work

KIND = "register"
STREAM = "register"
MOST_DETAILS = 200


@loading.without_collecting()
def load(
    work: Work,
    incoming: Incoming,
    *,
    shape: str | None = None,
    as_at: date | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Loaded:
    """Bring one register file in, or with `dry_run` only say what it would change.

    `shape` is for a file without a header; `as_at` the day the snapshot describes where the file
    does not say it (else today). The same bytes again change nothing, but lines refused for a
    provider that was missing are tried again. Needs LOAD_FILES. Refuses: UnknownHeader,
    UnreadableFile, NothingToImport, BadInput (unknown shape; older than the last register of its
    shape; dated after today). One transaction: all of it or nothing.
    """
    loading.check(work, incoming)
    tell = progress or (lambda phase, done, total: None)
    file = read_register(
        incoming.content, incoming.filename, shape, lambda n: tell("Reading", n, None)
    )
    one_load_at_a_time(work.session)
    earlier = loading.already(work.session, KIND, incoming)
    if earlier is not None:
        earlier.dry_run = dry_run
        return _again(work, file, earlier, tell)
    day = _as_at(work, file, as_at)
    tell("Comparing with the register", 0, file.rows_in)
    held = hold(work)
    plan = Plan(file, held, day, windows.finder(work.session))
    loaded = _answer(incoming, plan, day, dry_run)
    if not dry_run:
        row = loading.keep(work, incoming, loaded, STREAM)
        _write(work, plan, row, tell)
        _record(work, plan, loaded)
    return loaded


def _again(work: Work, file: RegisterFile, earlier: Loaded, tell: Progress) -> Loaded:
    """Bytes loaded before: only lines that lacked their provider then, and have it now, count.

    A location that came with another file meanwhile is left as it is.
    """
    row, lines = loading.to_retry(work.session, earlier)
    if not lines:
        return earlier
    held = hold(work)
    file.providers, file.duals = [], []
    file.locations = [
        one for one in file.locations if one.line in lines and one.cqc_id not in held.locations
    ]
    day = row.as_at or work.today
    plan = Plan(file, held, day, windows.finder(work.session), whole=False)
    if not plan.new_locations:
        return earlier
    taken = {one.line for one in file.locations if one.cqc_id in plan.new_locations}
    changes = plan.counts()
    loaded = loading.retried(work, row, earlier, taken, changes)
    if not loaded.dry_run:
        _write(work, plan, row, tell)
        _record(work, plan, loaded)
    return loaded


def _as_at(work: Work, file: RegisterFile, given: date | None) -> date:
    day = given or file.as_at
    if day is None:
        day = work.today
        file.notices.append("The file does not say which day it describes: today was taken.")
    if day > work.today:
        raise BadInput(
            f"The register would be as at {day.isoformat()}, which is still to come.",
            fix="Give the day the file describes with “as at”.",
        )
    last = work.session.scalar(
        select(func.max(ImportedFile.as_at)).where(
            ImportedFile.kind == KIND, ImportedFile.shape == file.shape
        )
    )
    if file.shape in FULL and last is not None and day < last:
        raise BadInput(
            f"This register is as at {day.isoformat()}, older than the one loaded last "
            f"({last.isoformat()}): it would turn the register back.",
            fix="Load the newest one; if the date is wrong, give the right one with “as at”.",
        )
    return day


def hold(work: Work) -> Held:
    """The register as stored, for comparing."""
    providers = register_held.providers(work.session, PROVIDER_KEYS)
    provider_ids = {values["id"]: cqc_id for cqc_id, values in providers.items()}
    locations = register_held.locations(work.session, LOCATION_KEYS, provider_ids)
    location_ids = {values["id"]: cqc_id for cqc_id, values in locations.items()}
    duties = register_held.duties(work.session, location_ids, provider_ids)
    for place, by_service in duties.items():
        gone = locations[place]["deregistered_on"]
        for duty in by_service.values():
            # Ended on its own, while the location stayed: its service was no longer listed.
            last = duty["owed_to"]
            duty["ended"] = last is not None and (gone is None or (gone - last).days > 1)
    full = work.session.scalar(
        select(ImportedFile.id)
        .where(ImportedFile.kind == KIND, ImportedFile.shape.in_(sorted(FULL)))
        .limit(1)
    )
    missing = {location_ids[row_id] for row_id in vanished(work.session)}
    links = register_held.links(work.session, location_ids)
    return Held(providers, locations, duties, missing, links, full is not None)


def _answer(incoming: Incoming, plan: Plan, day: date, dry_run: bool) -> Loaded:
    file = plan.file
    notices = [*file.notices, *plan.notices(), *_shorter(plan)]
    changes = plan.counts()
    pairs = len({_pair(link) for link in file.duals})
    if pairs:
        changes["dual_registrations_in_file"] = pairs
    details = [change.sentence for change in plan.changes[:MOST_DETAILS]]
    return Loaded(
        kind=KIND,
        shape=file.shape,
        filename=incoming.filename,
        sha256=incoming.sha256,
        rows_in=file.rows_in,
        rejected=loading.refusals([*file.rejected, *plan.rejected]),
        changes=changes,
        notices=notices,
        out_of_scope=file.out_of_scope,
        as_at=day,
        dry_run=dry_run,
        details=details,
    )


def _shorter(plan: Plan) -> list[str]:
    active = sum(1 for place in plan.held.locations.values() if not place["deregistered_on"])
    present = sum(1 for row in plan.file.locations if row.in_scope)
    if plan.file.shape in FULL and active and present * 100 <= active * 80:
        return [
            f"The file has {present:,} adult social care locations, the register {active:,}: "
            "is it whole? Nothing is ended because it is absent."
        ]
    return []


def _write(work: Work, plan: Plan, file: ImportedFile, tell: Progress) -> None:
    """The plan into the tables, providers first; every row says which file it came from."""
    session = work.session
    running = loading.Running(tell, _size(plan))
    provider = itemgetter(*PROVIDER_KEYS)
    insert_tuples(
        session,
        Provider,
        (*PROVIDER_KEYS, "file_id", "version"),
        [(*provider(values), file.id, 1) for values in plan.new_providers.values()],
        running.add,
    )
    provider_ids = register_held.ids(session, Provider)
    update_rows(
        session,
        Provider,
        [
            {**values, "id": plan.held.providers[cqc_id]["id"], "file_id": file.id}
            for cqc_id, values in plan.changed_providers.items()
        ],
        running.add,
    )
    place = itemgetter(*LOCATION_KEYS)
    insert_tuples(
        session,
        Location,
        (*LOCATION_KEYS, "provider_id", "file_id", "version"),
        [
            (*place(values), provider_ids[values["provider"]], file.id, 1)
            for values in plan.new_locations.values()
        ],
        running.add,
    )
    update_rows(
        session,
        Location,
        [
            _placed(
                {**values, "id": plan.held.locations[cqc_id]["id"], "file_id": file.id},
                provider_ids,
            )
            for cqc_id, values in plan.changed_locations.items()
        ],
        running.add,
    )
    location_ids = register_held.ids(session, Location)
    insert_tuples(
        session,
        Duty,
        ("location_id", "service", "provider_id", *Terms._fields[1:]),
        [
            (location_ids[cqc_id], service, provider_ids[terms.provider], *terms[1:])
            for (cqc_id, service), terms in plan.new_duties.items()
        ],
        running.add,
    )
    update_rows(
        session, Duty, [_placed(dict(v), provider_ids) for v in plan.changed_duties.values()]
    )
    insert_rows(session, RegisterChange, _changes(work, plan, file, provider_ids, location_ids))
    _duals(work, plan.file.duals)
    session.expire_all()


def _size(plan: Plan) -> int:
    return (
        len(plan.new_providers)
        + len(plan.changed_providers)
        + len(plan.new_locations)
        + len(plan.changed_locations)
        + len(plan.new_duties)
    )


def _placed(values: Values, provider_ids: dict[str, int]) -> Values:
    values["provider_id"] = provider_ids[values.pop("provider")]
    return values


def _changes(
    work: Work,
    plan: Plan,
    file: ImportedFile,
    provider_ids: dict[str, int],
    location_ids: dict[str, int],
) -> list[dict[str, Any]]:
    return [
        {
            "file_id": file.id,
            "provider_id": provider_ids[change.provider],
            "location_id": location_ids[change.location] if change.location else None,
            "kind": change.kind,
            "before": change.before,
            "after": change.after,
            "effective_on": change.effective_on,
            "noticed_at": work.now,
        }
        for change in plan.changes
    ]


def _pair(link: DualLink) -> tuple[str, str]:
    """The two ids of a link in order: the sheet gives each pair from both sides."""
    first, second = sorted((link.location_id, link.linked_id))
    return first, second


def _duals(work: Work, links: list[DualLink]) -> None:
    """Pairs as the sheet gives them, unsettled; a pair somebody settled is left alone."""
    held = register_held.dual_registrations(work.session)
    for link in links:
        pair = _pair(link)
        primary = {True: link.location_id, False: link.linked_id, None: None}[link.primary]
        row = held.get(pair)
        if row is None:
            row = held[pair] = DualRegistration(location_cqc_id=pair[0], linked_cqc_id=pair[1])
            work.session.add(row)
        if row.settled_at is None and primary is not None and row.primary_cqc_id != primary:
            row.primary_cqc_id = primary
    work.session.flush()


def _record(work: Work, plan: Plan, loaded: Loaded) -> None:
    """One event for all the changes of a file: numbers, and a hash over the changes in words."""
    if not loaded.changes:
        return
    work.record(
        STREAM,
        "register_changed",
        {
            "sha256": loaded.sha256,
            "changes": loaded.changes,
            "changes_sha256": fact_hash([change.sentence for change in plan.changes]),
        },
        permission=Permission.LOAD_FILES,
    )
