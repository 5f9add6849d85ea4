"""The job engine: enqueued in our transaction, run once, nothing left of a rollback."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from enforcement.settings import Settings

HERE = Path(__file__).parent


@pytest.mark.slow
def test_worker_sends_what_was_enqueued_once(settings: Settings, begin: object) -> None:
    """In a process of its own: the engine is one per process and keeps threads."""
    answer = subprocess.run(
        [sys.executable, str(HERE / "one_worker.py")],
        env={
            **os.environ,
            "PYTHONPATH": str(HERE.parents[1]),
            "ENFORCEMENT_INSTANCE": str(settings.instance),
            "DATABASE_URL": settings.database_url,
        },
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout.splitlines()[-1])
    assert found == {
        "before any worker": "ready",
        "kept": "sent",
        "twice": "sent",
        "rolled back": None,
        "swept": "sent",
        "mails": 3,
        "checkpoint": True,
        "nothing new": False,
        "serializer": ["portable_json"],
        "versions": ["1"],
    }


def test_only_one_module_knows_the_engine() -> None:
    package = Path(str(importlib.util.find_spec("enforcement").submodule_search_locations[0]))  # type: ignore[union-attr,index]  # it is there
    knowing = [
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if "import dbos" in (text := path.read_text("utf-8")) or "from dbos" in text
    ]
    assert knowing == ["jobs.py"]
