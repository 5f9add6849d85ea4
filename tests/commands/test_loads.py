"""The commands that bring files in, run as a person would, on a database of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

HOMES = (
    "Location ID,Name,Provider ID,Provider name,Service types\n"
    "1-900000001,House 1,1-800000001,Invented Ltd,Residential homes\n"
    "bad id,House 2,1-800000001,Invented Ltd,Residential homes\n"
)
STATUS = "CQC ID,Location,May 2026\n1-900000001,House 1,1\n"


@pytest.fixture
def homes(tmp_path: Path) -> str:
    path = tmp_path / "homes.csv"
    path.write_text(HOMES, encoding="utf-8")
    return str(path)


def test_a_register_is_tried_then_loaded_then_known(run: Any, homes: str) -> None:
    words = ("register", "load", homes, "--as-at", "2026-01-01", "--json")
    tried = json.loads(run(*words, "--dry-run").stdout)
    assert (tried["dry_run"], tried["accepted"], tried["changes"]["new_locations"]) == (True, 1, 1)
    loaded = json.loads(run(*words).stdout)
    assert [one["line"] for one in loaded["rejected"]] == [3]
    assert loaded["sha256"] == tried["sha256"]
    again = json.loads(run(*words).stdout)
    assert (again["already_loaded"], again["changes"]) == (True, {})


def test_returns_and_the_window(run: Any, homes: str, tmp_path: Path) -> None:
    run("register", "load", homes, "--as-at", "2026-01-01")
    path = tmp_path / "status.csv"
    path.write_text(STATUS, encoding="utf-8")
    refused = run("returns", "load", str(path), "--window", "2026-05", expect=1)
    assert "does not say whether it is for care homes" in refused.stderr
    run("returns", "load", str(path), "--window", "2026-05", "--service", "care_home")
    closed = json.loads(run("window", "close", "2026-05", "--json").stdout)
    assert closed["totals"]["submitted"] == 1
    assert closed["feed_complete"] is False
    refused = run("window", "close", "2026-05", "--complete", expect=1)
    assert "Team leader" in refused.stderr


def test_wrong_usage_is_2(run: Any, homes: str) -> None:
    run("returns", "load", homes, "--window", "May", expect=2)
    run("register", "load", "nowhere.csv", expect=2)


def test_windows_are_listed(run: Any) -> None:
    found = json.loads(run("windows", "--from", "2028-04", "--months", "1", "--json").stdout)
    assert found[0]["closes_on"] == "2028-04-18"  # the 14th is Good Friday
