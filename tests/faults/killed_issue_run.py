"""A worker that works on one issue run until it is done or killed. Started by tests and benches."""

from __future__ import annotations

import os
import resource
import sys
from datetime import UTC, datetime
from pathlib import Path

from enforcement.data.engine import open_engine
from enforcement.services import issue_run_work
from enforcement.settings import Settings


def most_memory() -> int:
    """This process's largest memory in MB. `getrusage` would count its parent's before the exec."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024**2  # bytes on a Mac
    (line,) = (one for one in status.read_text().splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


def main(run_id: int, now: str) -> None:
    """Says how many items it did and its largest memory in MB."""
    settings = Settings.read(os.environ)
    engine = open_engine(settings.database_url)
    clock = (lambda: datetime.fromisoformat(now)) if now else (lambda: datetime.now(UTC))
    print("working", flush=True)
    done = issue_run_work.work_on(engine, settings, run_id, clock)
    engine.dispose()
    print(done, most_memory(), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "")
