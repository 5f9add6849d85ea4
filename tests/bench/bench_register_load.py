"""How long a register of 50,000 locations takes to load, beside the least it could take.

Run: python tests/bench/bench_register_load.py [rows] [rounds]. The least is the same file through
csv.reader and executemany into the same three tables of a fresh SQLite file, without any check.
Both are timed in turn, several rounds; medians and their ratio are printed. Goal: 3 times or less.
"""

from __future__ import annotations

import csv
import io
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import Engine

from enforcement.data.engine import open_engine
from enforcement.data.schema import upgrade
from enforcement.domain.permissions import Actor, Role
from enforcement.register.recognise import read_register
from enforcement.services import register
from enforcement.services.loading import Incoming
from enforcement.services.work import transaction
from enforcement.settings import Settings

NOW = datetime(2026, 6, 16, 9, 0, tzinfo=UTC)
HEADER = [
    "Location ID", "Location HSCA start date", "Dormant (Y/N)", "Care home?", "Location Name",
    "Care homes beds", "Location Inspection Directorate", "Location Region", "Local Authority",
    "Location Street Address", "Location City", "Location Postal Code",
    "Provider Companies House Number", "Provider ID", "Provider Name", "Provider Ownership Type",
    "Provider Street Address", "Provider Postal Code",
    "Service type - Care home service without nursing", "Service type - Domiciliary care service",
]  # fmt: skip


def made(rows: int) -> bytes:
    """A directory with filters of invented places: one provider for each two of them."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for n in range(rows):
        home = n % 2 == 0
        writer.writerow([
            f"1-{1_000_000_000 + n}", f"20{10 + n % 15}-0{1 + n % 9}-1{n % 10}",
            "Y" if n % 20 == 0 else "N", "Y" if home else "N", f"Invented House {n}",
            n % 90 if home else 0, "Adult social care", "North West", "Oldham",
            f"{n} Made Up Street", "Oldham", f"OL{n % 9 + 1} {n % 9}AA", f"{n // 2:08}",
            f"1-{2_000_000_000 + n // 2}", f"Invented Care {n // 2} Ltd", "Organisation",
            f"{n // 2} Head Street", "M1 1AA", "Y" if home else "", "" if home else "Y",
        ])  # fmt: skip
    return out.getvalue().encode()


def fresh(folder: Path, name: str) -> Engine:
    engine = open_engine(f"sqlite:///{folder / name}.sqlite3")
    upgrade(engine)
    return engine


def bare(engine: Engine, content: bytes) -> None:
    """csv.reader and executemany into provider, location and duty; nothing is checked."""
    providers, places, duties = {}, [], []
    numbers: dict[str, int] = {}
    for n, row in enumerate(csv.DictReader(io.StringIO(content.decode())), start=1):
        number = numbers.setdefault(row["Provider ID"], len(numbers) + 1)
        providers[number] = (
            number, row["Provider ID"], row["Provider Name"], row["Provider Name"].lower(),
            row["Provider Ownership Type"], row["Provider Companies House Number"],
            json.dumps([row["Provider Street Address"]]), row["Provider Postal Code"], 1,
        )  # fmt: skip
        address = json.dumps([row["Location Street Address"], row["Location City"]])
        places.append((
            n, row["Location ID"], number, row["Location Name"], address,
            row["Location Postal Code"], row["Local Authority"], row["Location Region"], "[]",
            row["Dormant (Y/N)"] == "Y", row["Care homes beds"],
            row["Location HSCA start date"], False, 1,
        ))  # fmt: skip
        duties.append((n, n, number, "care_home" if row["Care home?"] == "Y" else "home_care",
                       row["Location HSCA start date"], 0, 99_999))  # fmt: skip
    connection = engine.raw_connection()
    cursor = connection.cursor()
    cursor.execute("begin immediate")
    for table, columns, rows in (
        ("provider", "id, cqc_id, name, search_name, ownership_type, company_number, address, "
         "postcode, version", list(providers.values())),
        ("location", "id, cqc_id, provider_id, name, address, postcode, local_authority, region, "
         "service_names, dormant, beds, registered_on, dual_registered, version", places),
        ("duty", "id, location_id, provider_id, service, owed_from, first_window, last_window",
         duties),
    ):  # fmt: skip
        marks = ", ".join("?" * len(rows[0]))
        cursor.executemany(f"insert into {table} ({columns}) values ({marks})", rows)
    connection.commit()
    connection.close()


def ours(engine: Engine, content: bytes, settings: Settings) -> None:
    actor = Actor("operator:bench", "Bench", frozenset({Role.OFFICER}))
    with transaction(engine, actor, NOW, settings) as work:
        loaded = register.load(work, Incoming(content, "made.csv"), as_at=date(2026, 6, 1))
    assert not loaded.rejected, loaded.rejected[:3]


def timed(what: Callable[[], object]) -> float:
    """Seconds of processor time: the machine may be shared, and the disk is the same for all."""
    begun = time.process_time()
    what()
    return time.process_time() - begun


def main(rows: int = 50_000, rounds: int = 3) -> None:
    content = made(rows)
    least, whole, again, reading = [], [], [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = Settings.read({"ENFORCEMENT_INSTANCE": name})
        for n in range(rounds):
            one, two = fresh(folder, f"bare{n}"), fresh(folder, f"ours{n}")
            least.append(timed(lambda one=one: bare(one, content)))
            reading.append(timed(lambda: read_register(content, "made.csv")))
            whole.append(timed(lambda two=two: ours(two, content, settings)))
            again.append(timed(lambda two=two: ours(two, content + b"\r\n", settings)))
            one.dispose()
            two.dispose()
    base = statistics.median(least)
    print(f"{rows:,} locations, {len(content) / 1e6:.1f} MB, median of {rounds} rounds")
    for label, times in (
        ("bare csv + executemany", least), ("reading and checking alone", reading),
        ("register load", whole), ("the same rows in another file", again),
    ):  # fmt: skip
        middle = statistics.median(times)
        print(f"{label:<32}{middle:7.2f} s {middle / base:6.2f} x")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
