"""An issue run through the job engine: taken up by the sweep, and started by its approval."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from enforcement.settings import Settings

HERE = Path(__file__).parent


@pytest.mark.slow
def test_a_worker_drafts_and_issues_a_run(settings: Settings, begin: object) -> None:
    """In a process of its own: the engine is one per process and keeps threads."""
    answer = subprocess.run(
        [sys.executable, str(HERE / "one_issue_run.py")],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join((str(HERE.parents[1]), str(HERE.parent))),
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
    assert json.loads(answer.stdout.splitlines()[-1]) == {
        "taken up": 1,
        "drafted": ["drafted"] * 2,
        "issued": ["issued"] * 2,
        "nothing left": 0,
        "run": "done",
    }
