"""A run's preview over 30,000 location-services, and what estimating the penalties costs in it.

    python tests/bench/bench_preview.py [duties]

One provider in ten qualifies, each with three locations. Prints the seconds and statements of the
whole preview, of all estimates in batches, and of one estimate after another, with the ratios.
Asserts that both give the same figures and that batches take fewer statements than providers.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, insert, select

from enforcement.data.engine import open_engine
from enforcement.data.files import ImportedFile, StoredFile
from enforcement.data.register import Duty, Location, Provider
from enforcement.data.schema import upgrade
from enforcement.data.windows import ReturnRow, WindowRow
from enforcement.domain.permissions import Actor, Role
from enforcement.domain.windows import Month, window_for
from enforcement.services import amounts, default_policies, policies, runs
from enforcement.services.work import Work, transaction
from enforcement.settings import Settings

NOW = datetime(2026, 6, 16, 9, 0, tzinfo=UTC)
LATEST = Month.parse("2026-06")
OFFICER = Actor("staff:1", "Olive", frozenset({Role.OFFICER}))
LEADER = Actor("staff:2", "Lee", frozenset({Role.POLICY, Role.LEADER}))
LOCATIONS = 3
ONE_IN = 10
BATCH = 400


def fill(work: Work, duties: int) -> list[str]:
    """Providers, places and returns as rows; the CQC ids of those who missed three in a row."""
    session = work.session
    people = -(-duties // LOCATIONS)
    session.execute(insert(Provider), [_provider(n) for n in range(1, people + 1)])
    session.execute(insert(Location), [_location(n) for n in range(1, duties + 1)])
    session.execute(
        insert(Duty),
        [
            {
                "id": n, "location_id": n, "provider_id": _owner(n), "service": "care_home",
                "first_window": 0, "last_window": 99_999,
            }
            for n in range(1, duties + 1)
        ],
    )  # fmt: skip
    for back in range(11, -1, -1):
        file_id = _window(work, LATEST - back)
        number = (LATEST - back).number
        session.execute(
            insert(ReturnRow),
            [
                {
                    "duty_id": n, "window_no": number, "counts": True, "kind": "update",
                    "file_id": file_id, "line": n,
                }
                for n in range(1, duties + 1)
                if back > 2 or _owner(n) % ONE_IN
            ],
        )  # fmt: skip
    session.flush()
    return [f"1-{n:09d}" for n in range(1, people + 1) if not n % ONE_IN]


def _owner(number: int) -> int:
    return (number - 1) // LOCATIONS + 1


def _provider(number: int) -> dict[str, Any]:
    return {
        "id": number, "cqc_id": f"1-{number:09d}", "name": f"Invented Care {number}",
        "search_name": f"invented care {number}", "ownership_type": "Organisation",
        "address": [], "public_body": False,
    }  # fmt: skip


def _location(number: int) -> dict[str, Any]:
    return {
        "id": number, "cqc_id": f"2-{number:09d}", "provider_id": _owner(number),
        "name": f"Invented House {number}", "address": [], "service_names": [],
        "beds": 5 + number % 60, "registered_on": date(2015, 1, 1),
    }  # fmt: skip


def _window(work: Work, month: Month) -> int:
    window = window_for(month, policies.calendar(work.session))
    work.session.add(
        WindowRow(
            number=month.number, month=str(month), opens_on=window.opens_on,
            closes_on=window.closes_on, opens_at=window.opens_at, closes_at=window.closes_at,
            calendar_version=window.calendar_version, feed_complete_at=window.closes_at,
            feed_complete_by="staff:leader",
        )
    )  # fmt: skip
    digest = f"{month.number:064d}"
    work.session.add(
        StoredFile(sha256=digest, size=1, mime="text/csv", content=b"x", stored_at=NOW)
    )
    work.session.flush()
    row = ImportedFile(
        kind="returns", shape="bulk report", filename=f"{month}.csv", sha256=digest,
        window_no=month.number, loaded_at=window.closes_at, loaded_by="staff:1", rows_in=0,
        accepted=0, rejected=[], notices=[], mapping={}, changes={}, state="loaded",
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    return row.id


def measured(engine: Engine, what: Callable[[], Any]) -> tuple[float, int, Any]:
    """Seconds of processor time, statements, and the answer."""
    seen: list[None] = []

    def note(*_: Any) -> None:
        seen.append(None)

    event.listen(engine, "before_cursor_execute", note)
    begun = time.process_time()
    answer = what()
    seconds = time.process_time() - begun
    event.remove(engine, "before_cursor_execute", note)
    return seconds, len(seen), answer


def in_batches(work: Work, missed: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(missed), BATCH):
        some = amounts.estimates(work.session, missed[start : start + BATCH], work.today)
        found |= {cqc_id: fee.total_pence for cqc_id, fee in some.items() if fee}
    return found


def one_by_one(work: Work, missed: list[str]) -> dict[str, int]:
    rows = work.session.scalars(select(Provider).where(Provider.cqc_id.in_(missed)))
    return {p.cqc_id: amounts.estimate(work.session, p, work.today).total_pence for p in rows}


def main(duties: int = 30_000) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.read({"ENFORCEMENT_INSTANCE": folder})
        engine = open_engine(f"sqlite:///{Path(folder) / 'bench.sqlite3'}")
        upgrade(engine)
        with transaction(engine, LEADER, NOW, settings) as work:
            default_policies.install(work)
            missed = fill(work, duties)
        with transaction(engine, OFFICER, NOW, settings) as work:
            batch = measured(engine, lambda: in_batches(work, missed))
        with transaction(engine, OFFICER, NOW, settings) as work:
            single = measured(engine, lambda: one_by_one(work, missed))
        with transaction(engine, OFFICER, NOW, settings) as work:
            whole = measured(engine, lambda: runs.preview(work, LATEST).counts)
        engine.dispose()
    assert batch[2] == single[2]
    assert batch[1] < len(missed)
    assert whole[2]["pence"] == sum(batch[2].values())
    print(f"{duties:,} location-services, {len(missed):,} providers qualify")
    for words, (seconds, statements, _) in (
        ("preview", whole), ("estimates in batches", batch), ("one by one", single),
    ):  # fmt: skip
        each = statements / len(missed)
        print(f"{words:>22}: {seconds:7.2f} s, {statements:6,} statements, {each:.3f} a provider")
    print(
        f"one by one against batches: {single[0] / batch[0]:.1f} times the time, "
        f"{single[1] / batch[1]:.0f} times the statements"
    )


if __name__ == "__main__":
    main(*(int(one) for one in sys.argv[1:2]))
