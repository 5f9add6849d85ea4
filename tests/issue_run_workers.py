"""Workers of an issue run as real processes, and what must hold when it is done."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import notice_story as told
from issue_run_story import NOW, OLIVE, RunStory
from sqlalchemy import func, select

from enforcement.data.engine import open_engine
from enforcement.data.files import StoredFile
from enforcement.data.history import Event
from enforcement.data.notices import Notice, OutboxItem
from enforcement.data.schema import upgrade
from enforcement.domain.permissions import Role
from enforcement.services import default_policies, history
from enforcement.services.issue_run_reconciliation import reconcile
from enforcement.services.work import Work, transaction
from enforcement.settings import Settings

HERE = Path(__file__).parent
WORKER = HERE / "faults" / "killed_issue_run.py"


def open_story(folder: Path, url: str, cases: int) -> RunStory:
    """A migrated database with so many cases at triage and a run made of them."""
    settings = Settings.read({"ENFORCEMENT_INSTANCE": str(folder), "DATABASE_URL": url})
    engine = open_engine(settings.database_url)
    upgrade(engine)

    def begin(actor: Any, now: Any = NOW) -> AbstractContextManager[Work]:
        return transaction(engine, actor, now, settings)

    with begin(told.person("installer", Role.POLICY)) as work:
        default_policies.install(work)
    story = RunStory(begin, engine, settings, cases=cases)
    story.open()
    story.make()
    return story


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
