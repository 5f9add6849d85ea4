"""A worker process that dies by SIGKILL at a named step of one sending. Started by test_kill.py."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from enforcement.data.engine import open_engine
from enforcement.services import sending
from enforcement.settings import Settings

NOW = datetime(2026, 6, 16, 9, 0, tzinfo=UTC)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying(real: Callable[..., Any], *, before: bool) -> Callable[..., Any]:
    def step(*args: Any, **kwargs: Any) -> Any:
        if before:
            die()
        answer = real(*args, **kwargs)
        die()
        return answer

    return step


# step → (function of `sending`, whether it dies before it)
STEPS = {
    "before the claim": ("claim", True),
    "claimed, not committed": ("claim", False),
    "claim committed": ("_send", True),
    "taken by the server": ("_send", False),
    "recorded, not committed": ("record", False),
    "record committed": ("_keep_recording", False),
}


def main(step: str, item_id: int) -> None:
    name, before = STEPS[step]
    setattr(sending, name, dying(getattr(sending, name), before=before))
    settings = Settings.read(os.environ)
    engine = open_engine(settings.database_url)
    sending.deliver(engine, settings, item_id, lambda: NOW, "killed")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
