"""What the tests of commands share: a command run as a person would, on an instance of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from enforcement.cli import main


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`run(*words, expect=0)`: the result of `enforcement …`, with that exit code."""
    monkeypatch.setenv("ENFORCEMENT_INSTANCE", str(tmp_path / "instance"))
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def invoke(*words: str, expect: int = 0) -> Result:
        result = CliRunner().invoke(main, list(words))
        assert result.exit_code == expect, result.output
        return result

    return invoke
