"""The invented year, made once for all the processes of a test run; each module has a copy."""

from __future__ import annotations

import fcntl
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from enforcement.demo.make import Demo, Wish, prepare
from enforcement.settings import Settings

NOW = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)
WISH = Wish(size=60)


def quiet(words: str) -> None:
    """Progress is for people."""


def made_year(factory: pytest.TempPathFactory) -> tuple[Settings, Demo]:
    """A year of one's own, to read and to change. The first to ask makes it, the others wait."""
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # what the processes of one run share
    source, mine = base / "made_year", factory.mktemp("year") / "instance"
    with (base / "made_year.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not source.exists():
            prepare(_settings(base / "year_in_the_making"), WISH, NOW, quiet)
            (base / "year_in_the_making").rename(source)
    shutil.copytree(source, mine)
    settings = _settings(mine)
    return settings, prepare(settings, WISH, NOW, quiet)


def _settings(instance: Path) -> Settings:
    return Settings.read({"ENFORCEMENT_INSTANCE": str(instance)})
