"""The worklist with 100,000 cases beside one with none, in one run: ratios, not times.

Run on purpose: `python -m pytest tests/bench/bench_worklist.py -m bench -s`.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import officer_cases as made
import pytest
from sqlalchemy import Engine, insert, text

from enforcement.data.cases import Case
from enforcement.data.register import Provider
from enforcement.settings import Settings

pytestmark = [pytest.mark.bench, pytest.mark.slow]
CASES = 100_000
ROUNDS = 20
LIMIT = 5.0  # times an empty page, at the 95th percentile


def fill(engine: Engine, made: Any) -> None:
    """One case a provider; nine in ten closed, as after years of use."""
    with engine.begin() as connection:
        connection.execute(insert(Provider), [
            {"id": 1000 + n, "cqc_id": f"1-8{n:08d}", "name": f"Invented {n}",
             "search_name": f"invented {n}", "region": f"Region {n % 9}", "address": []}
            for n in range(CASES)
        ])  # fmt: skip
        connection.execute(insert(Case), [
            {"reference": f"ASC-2025-{n:06d}", "provider_id": 1000 + n, "window_no": 24316,
             "policy_id": 1, "calendar_version": "x", "why": "{}", "register_drift": [],
             "snapshot": {}, "opened_at": made.NOW, "giving_in_doubt": False, "version": 1,
             "state": "closed" if n % 10 else ("triage" if n % 100 else "representations"),
             "next_on": None if n % 10 or n % 100 else made.TODAY + timedelta(days=n % 60),
             "officer_id": 1 + n % 2, "amount_pence": 1, "amount_status": "estimate"}
            for n in range(CASES)
        ])  # fmt: skip
        connection.execute(text("ANALYZE"))


def p95(client: Any, address: str) -> float:
    client.get(address)
    taken = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        assert client.get(address).status_code == 200
        taken.append(time.perf_counter() - start)
    return sorted(taken)[int(ROUNDS * 0.95) - 1]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_page_of_many_is_not_much_slower_than_an_empty_page(
    engine: Engine, settings: Settings
) -> None:
    site = made.make_site(engine, settings)
    client = site.client("olive")
    empty = p95(client, "/cases?officer=99999")
    fill(engine, made)
    shown = {}
    for address in (
        "/cases",
        "/cases?stage=any",
        "/cases?stage=any&after=none.90000",
        "/cases?only=overdue",
        "/cases?officer=me",
        "/cases?region=Region+3",
        "/cases?text=ASC-2025-099999",
        "/cases?text=invented+777",
        "/",
    ):
        shown[address] = p95(client, address) / empty
        print(f"{shown[address]:6.2f} × an empty page  {address}")
    assert {a: r for a, r in shown.items() if r >= LIMIT} == {}
