"""How long a register of 50,000 locations takes to load, beside the least it could take.

Run: python tests/bench/bench_register_load.py [rows] [rounds]. The least is the same file through
csv.reader and executemany: the same columns of the same rows into the same three tables of a fresh
SQLite file, opened with the same settings, with its import and its bytes kept; nothing is checked.
Both are timed in turn, several rounds; medians and their ratio are printed. Goal: 3 times or less.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

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


PROVIDER = """id cqc_id name search_name ownership_type company_number charity_number address
    postcode phone region local_authority nominated_individual main_partner registered_on
    deregistered_on public_body review_raised file_id version"""
LOCATION = """id cqc_id provider_id name address postcode phone local_authority region
    service_names dormant beds registered_on deregistered_on dual_registered primary_id file_id
    version"""
DUTY = "location_id provider_id service owed_from owed_to first_window last_window"


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
    """csv.reader and executemany into the tables a load fills; nothing is checked."""
    rows = csv.reader(io.StringIO(content.decode()))
    at = {name: n for n, name in enumerate(next(rows))}
    a = [at[name] for name in HEADER]
    providers: dict[str, tuple[Any, ...]] = {}
    places, duties = [], []
    for n, row in enumerate(rows, start=1):
        (cqc_id, start, dormant, care_home, name, beds, _, region, authority, street, city,
         postcode, company, provider, legal, ownership, head, head_postcode, *_) = (
            [row[p] for p in a])  # fmt: skip
        if provider not in providers:
            providers[provider] = (
                len(providers) + 1, provider, legal, legal.lower(), ownership, company, None,
                json.dumps([head]), head_postcode, None, None, None, None, None, None, None, None,
                None, 1, 1,
            )  # fmt: skip
        number = providers[provider][0]
        home = care_home == "Y"
        kind = "Care home service without nursing" if home else "Domiciliary care service"
        places.append((
            n, cqc_id, number, name, json.dumps([street, city]), postcode, None, authority, region,
            json.dumps([kind]), dormant == "Y", beds, start, None, False, None, 1, 1,
        ))  # fmt: skip
        duties.append((n, number, "care_home" if home else "home_care", start, None, 0, 99_999))
    connection = engine.raw_connection()
    cursor = connection.cursor()
    cursor.execute("begin immediate")
    digest = hashlib.sha256(content).hexdigest()
    cursor.execute(
        "insert into stored_file (sha256, size, mime, content, encrypted, stored_at)"
        " values (?, ?, 'text/csv', ?, 0, '2026-06-16 09:00:00')", (digest, len(content), content),
    )  # fmt: skip
    cursor.execute(
        "insert into imported_file (id, kind, shape, filename, sha256, loaded_at, loaded_by,"
        " rows_in, accepted, rejected, out_of_scope, notices, mapping, changes, state,"
        " rejected_count) values (1, 'register', 'bare', 'made.csv', ?, '2026-06-16 09:00:00',"
        " 'bare', ?, ?, '[]', 0, '[]', '{}', '{}', 'loaded', 0)",
        (digest, len(places), len(places)),
    )
    for table, columns, rows_in in (
        ("provider", PROVIDER, list(providers.values())),
        ("location", LOCATION, places),
        ("duty", DUTY, duties),
    ):
        marks = ", ".join("?" * len(columns.split()))
        names = ", ".join(columns.split())
        cursor.executemany(f"insert into {table} ({names}) values ({marks})", rows_in)
    connection.commit()
    connection.close()


def counted(engine: Engine) -> list[int]:
    """How many rows each table holds: both sides must have written the same."""
    tables = ("provider", "location", "duty", "imported_file", "stored_file")
    with engine.connect() as connection:
        return [
            connection.exec_driver_sql(f"select count(*) from {t}").scalar_one() for t in tables
        ]


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
            assert counted(one) == counted(two), (counted(one), counted(two))
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
