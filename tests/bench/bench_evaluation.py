"""The monthly evaluation against an ORM loop and DuckDB, on the same 50,000 duties × 36 windows.

    python tests/bench/bench_evaluation.py [duties]

Prints medians of five and the ratios. The ORM loop is timed on a sample of the duties and scaled
(it takes most of a minute whole). Nothing is asserted but that all agree on every duty.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import Session

from enforcement.data import Base
from enforcement.data.engine import open_engine
from enforcement.data.evaluation import Span
from enforcement.data.register import Duty
from enforcement.data.windows import ReturnRow, WindowRow
from enforcement.domain.calendar import WorkingCalendar
from enforcement.domain.thresholds import ThresholdPolicy, at_risk, mask_of, qualifies
from enforcement.domain.windows import Month, window_for
from enforcement.services.evaluation import by_listing_misses, by_one_statement

LATEST = Month.parse("2026-06")
FIRST = LATEST - 35
NOW = datetime(2026, 6, 20, tzinfo=UTC)
POLICY = ThresholdPolicy(version="bench", effective_from=date(2023, 4, 1), citation="bench")
SPAN = Span(LATEST.number, POLICY, NOW)
TIMES = 5
SAMPLED = 2_500
Answers = dict[int, tuple[int, int]]


def spells(rng: random.Random, count: int) -> list[dict[str, Any]]:
    """Duties: 12% registered and 10% deregistered during the period (reliability A1)."""
    found = []
    for number in range(1, count + 1):
        first, last, dice = 0, 99_999, rng.random()
        if dice < 0.12:
            first = FIRST.number + rng.randrange(36)
        elif dice < 0.22:
            last = FIRST.number + rng.randrange(36)
        found.append(
            {
                "id": number,
                "location_id": number,
                "provider_id": number // 2 + 1,
                "service": "care_home",
                "first_window": first,
                "last_window": last,
            }
        )
    return found


def returns(rng: random.Random, duties: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """85% good, 12% patchy and 3% lapsed providers; 10% nil, 2% repeats, late ones do not count."""
    rates = {one["provider_id"]: rng.choices((0.995, 0.75, 0.35), (85, 12, 3))[0] for one in duties}
    line = 0
    for month in (FIRST + n for n in range(36)):
        for one in duties:
            if not one["first_window"] <= month.number <= one["last_window"]:
                continue
            counts = rng.random() < rates[one["provider_id"]]
            if not counts and rng.random() > 0.3:
                continue
            for _ in range(1 + (rng.random() < 0.02)):
                line += 1
                yield {
                    "duty_id": one["id"],
                    "window_no": month.number,
                    "counts": counts,
                    "kind": "nil" if rng.random() < 0.1 else "update",
                    "file_id": month.number - FIRST.number + 1,
                    "line": line,
                }


def fill(engine: Engine, count: int) -> int:
    """The tables with rows; no foreign keys are looked at, so that loading takes seconds."""
    rng = random.Random(20260620)  # noqa: S311 - rows for a timing, the same each time
    Base.metadata.create_all(engine)
    rows = spells(rng, count)
    working = WorkingCalendar([])
    written = 0
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        connection.rollback()
        connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute(insert(Duty), rows)
        for number in range(36):
            window = window_for(FIRST + number, working)
            connection.execute(
                insert(WindowRow).values(
                    number=window.month.number,
                    month=str(window.month),
                    opens_on=window.opens_on,
                    closes_on=window.closes_on,
                    opens_at=window.opens_at,
                    closes_at=window.closes_at,
                    calendar_version=working.version,
                )
            )
        batch: list[dict[str, Any]] = []
        for row in returns(rng, rows):
            batch.append(row)
            if len(batch) == 50_000:
                connection.execute(insert(ReturnRow), batch)
                written += len(batch)
                batch = []
        connection.execute(insert(ReturnRow), batch)
        connection.commit()
    return written + len(batch)


def by_orm_loop(session: Session, limit: int) -> Answers:
    """What one would write first: each duty, its returns, its windows, the rule."""
    months = [LATEST - back for back in range(POLICY.span)]
    found: Answers = {}
    windows = [session.get_one(WindowRow, month.number) for month in months]
    for duty in session.scalars(select(Duty).order_by(Duty.id).limit(limit)).all():
        rows = session.scalars(select(ReturnRow).where(ReturnRow.duty_id == duty.id)).all()
        made = {row.window_no for row in rows if row.counts}
        missed = [
            Month(window.number)
            for window in windows
            if duty.first_window <= window.number <= duty.last_window and window.number not in made
        ]
        mask = mask_of(missed, LATEST, POLICY)
        if mask:
            found[duty.id] = (mask, 2 if qualifies(mask, POLICY) else int(at_risk(mask, POLICY)))
    return found


DUCK = """
with missed as (
  select d.id, ? - w.number as back from duty d cross join closed w
  where w.number between ? - 11 and ? and w.number between d.first_window and d.last_window
  and not exists (select 1 from returned r
                  where r.duty_id = d.id and r.window_no = w.number and r.counts)
), history as (select id, cast(sum(1 << back) as bigint) as mask from missed group by id)
select id, mask, case
  when (mask & (mask >> 1) & (mask >> 2)) <> 0 or bit_count(mask) >= 4 then 2
  when mask & 3 = 3 or bit_count(mask) >= 3 then 1 else 0 end from history
"""


def duck_of(engine: Engine) -> duckdb.DuckDBPyConnection:
    """The same rows in DuckDB's own columnar store."""
    duck = duckdb.connect()
    tables = {
        "duty": (Duty.id, Duty.first_window, Duty.last_window),
        "closed": (WindowRow.number,),
        "returned": (ReturnRow.duty_id, ReturnRow.window_no, ReturnRow.counts),
    }
    with tempfile.TemporaryDirectory() as folder, engine.connect() as connection:
        for name, columns in tables.items():
            path = Path(folder) / f"{name}.csv"
            with path.open("w") as out:
                out.write(",".join(column.key for column in columns) + "\n")
                out.writelines(
                    ",".join(str(int(cell)) for cell in row) + "\n"
                    for row in connection.execute(select(*columns))
                )
            duck.execute(f"create table {name} as select * from read_csv('{path}')")
    duck.execute("alter table returned alter counts type boolean")
    return duck


def by_duckdb(duck: duckdb.DuckDBPyConnection) -> Answers:
    rows = duck.execute(DUCK, [LATEST.number] * 3).fetchall()
    return {duty: (mask, answer) for duty, mask, answer in rows}


def timed(work: Callable[[], Answers], times: int = TIMES) -> tuple[float, Answers]:
    """The median seconds, and the answers."""
    took, found = [], {}
    for _ in range(times):
        start = time.perf_counter()
        found = work()
        took.append(time.perf_counter() - start)
    return statistics.median(took), found


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{Path(folder) / 'bench.sqlite3'}")
        rows = fill(engine, count)
        duck = duck_of(engine)
        print(f"{count:,} duties × 36 windows, {rows:,} return rows, SQLite")
        sample = min(SAMPLED, count)
        with Session(engine) as session:
            loop, by_loop = timed(lambda: by_orm_loop(session, sample), 1)
            one, statement = timed(lambda: by_one_statement(session, SPAN))
            two, listed = timed(lambda: by_listing_misses(session, SPAN))
            duckdb_s, by_duck = timed(lambda: by_duckdb(duck))
        engine.dispose()
    if not statement == listed == by_duck:
        raise SystemExit("the methods differ")
    if by_loop != {duty: found for duty, found in listed.items() if duty <= sample}:
        raise SystemExit("the loop differs")
    loop *= count / sample
    met = sum(answer == 2 for _, answer in listed.values())
    print(f"{met:,} duties meet the threshold; every method agrees on every duty\n")
    print(f"{'':44}{'seconds':>9}{'× faster than the loop':>25}{'× DuckDB':>11}")
    for name, seconds in (
        (f"ORM loop, a duty at a time ({sample:,} timed, scaled)", loop),
        ("one statement, bits judged in SQL", one),
        ("misses listed, bits judged in Python", two),
        ("both methods", one + two),
        ("DuckDB, one statement", duckdb_s),
    ):
        print(f"{name:44}{seconds:9.3f}{loop / seconds:25.0f}{seconds / duckdb_s:11.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
