"""The `run` script, as far as it goes without touching the environment the tests run in."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("script", ["run", ".ci/run"])
def test_the_scripts_are_sound_bash_and_may_be_executed(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)
    subprocess.run(["bash", "-n", str(ROOT / script)], check=True)


def test_without_words_it_says_what_there_is_from_any_folder(tmp_path: Path) -> None:
    link = tmp_path / "a link with spaces"
    link.symlink_to(ROOT / "run")
    done = subprocess.run([link], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "./run demo" in done.stderr
    assert "./run test" in done.stderr
