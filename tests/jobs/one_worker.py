"""Runs a worker in this process, enqueues, sweeps, stops; prints what it saw as JSON."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from enforcement import jobs
from enforcement.data.engine import open_engine
from enforcement.data.notices import OutboxItem
from enforcement.domain.permissions import Actor, Role
from enforcement.services import sending
from enforcement.services.work import transaction
from enforcement.settings import Settings

OFFICER = Actor("staff:olive", "Olive", frozenset({Role.OFFICER}))


def put(
    engine: Engine, settings: Settings, key: str, *, enqueue: int = 1, keep: bool = True
) -> int:
    with transaction(engine, OFFICER, datetime.now(UTC), settings) as work:
        payload = {"subject": "Received", "text": "We have it."}
        item = sending.queue(work, key, "email", "a@example.com", payload)
        for _ in range(enqueue):
            jobs.enqueue(work.session, item.id)
        if not keep:
            work.session.rollback()
        return item.id if keep else 0


def state(engine: Engine, key: str, wanted: str | None = None) -> str | None:
    end = time.monotonic() + 60
    while True:
        with Session(engine) as session:
            found = session.scalar(sa.select(OutboxItem.state).where(OutboxItem.key == key))
        if found == wanted or time.monotonic() > end or wanted is None:
            return found
        time.sleep(0.2)


def main() -> None:
    settings = Settings.read(os.environ)
    engine = open_engine(settings.database_url)
    put(engine, settings, "before")
    found: dict[str, object] = {"before any worker": state(engine, "before")}
    worker = jobs.start_worker(settings)
    put(engine, settings, "kept")
    put(engine, settings, "twice", enqueue=2)
    put(engine, settings, "gone", keep=False)
    found["kept"] = state(engine, "kept", "sent")
    found["twice"] = state(engine, "twice", "sent")
    found["rolled back"] = state(engine, "gone")
    jobs._sweep_outbox()
    found["swept"] = state(engine, "before", "sent")
    found["mails"] = len(list(settings.mail_folder.glob("*.eml")))
    with transaction(engine, OFFICER, datetime.now(UTC), settings) as work:
        work.record("case:ASC-2026-000001", "contact_logged", {"channel": "call"})
    now = datetime.now(UTC)
    found["checkpoint"] = jobs.checkpoint(engine, settings, now)
    found["nothing new"] = jobs.checkpoint(engine, settings, now)
    table = "workflow_status" if engine.dialect.name == "sqlite" else "dbos.workflow_status"
    with engine.connect() as connection:
        rows = connection.execute(
            sa.text(
                f"SELECT serialization, application_version FROM {table} WHERE name='send_item'"
            )
        ).all()
    found["serializer"] = sorted({row[0] for row in rows})
    found["versions"] = sorted({row[1] for row in rows})
    worker.stop()
    engine.dispose()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
