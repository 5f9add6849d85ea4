"""Workers of an issue run as real processes, and what must hold when it is done."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from issue_run_story import NOW, OLIVE, RunStory
from sqlalchemy import func, select

from enforcement.data.files import StoredFile
from enforcement.data.history import Event
from enforcement.data.notices import Notice, OutboxItem
from enforcement.services import history
from enforcement.services.issue_run_reconciliation import reconcile
from enforcement.settings import Settings

HERE = Path(__file__).parent
WORKER = HERE / "faults" / "killed_issue_run.py"


def environ(settings: Settings) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(HERE.parent),
        "ENFORCEMENT_INSTANCE": str(settings.instance),
        "DATABASE_URL": settings.database_url,
    }


def start(settings: Settings, run_id: int) -> subprocess.Popen[str]:
    """A worker that has said that it works."""
    process = subprocess.Popen(
        [sys.executable, str(WORKER), str(run_id), NOW.isoformat()],
        env=environ(settings),
        cwd=HERE.parent,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "working\n"
    return process


def whole(story: RunStory, cases: int) -> None:
    """Each case exactly one issued notice, one outbox item, one whole file; history and manifest
    agree."""
    with story.begin(OLIVE) as work:
        session, run = work.session, story.run(work)
        assert run.state == "done"
        notices = session.scalars(select(Notice)).all()
        assert Counter(n.state for n in notices) == {"issued": cases}
        assert len({n.case_id for n in notices}) == cases
        keys = session.scalars(select(OutboxItem.key)).all()
        assert sorted(keys) == sorted(f"notice-{n.reference}" for n in notices)
        issued = session.scalar(select(func.count()).where(Event.kind == "intent_issued"))
        assert issued == cases
        pdfs = select(func.count()).where(StoredFile.sha256.in_([n.pdf_sha256 for n in notices]))
        assert session.scalar(pdfs) == cases
        assert [c for c in reconcile(work, run).checks if not c.ok] == []
        assert history.sequence(work) > 0
        assert next(history._bad_events(session, {"erased": 0}), None) is None
