"""The locks hold for every machine: no address, hashes for all, nothing asked for left out."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = ROOT / "requirements.lock"
DEVELOPMENT = ROOT / "requirements-dev.lock"

PINNED = re.compile(r"^([a-z0-9.-]+)==(\S+)( ; [^\\]+)? \\$")


def normal(name: str) -> str:
    """A package's name as locks write it (PEP 503), without extras and limits."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", name)[0]).lower()


def pins(lock: Path) -> set[tuple[str, str]]:
    found = (PINNED.match(line) for line in lock.read_text(encoding="utf-8").splitlines())
    return {(match[1], match[2]) for match in found if match}


def asked_for() -> tuple[set[str], set[str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    runtime = {normal(each) for each in project["project"]["dependencies"]}
    return runtime, {normal(each) for each in project["dependency-groups"]["dev"]}


@pytest.mark.parametrize("lock", [RUNTIME, DEVELOPMENT], ids=lambda lock: lock.name)
def test_a_lock_names_no_address(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    found = [
        line
        for line in text.splitlines()
        if re.search(r"https?:|file:|://|--(extra-)?index|--find-links|--trusted", line)
    ]
    assert found == []


@pytest.mark.parametrize("lock", [RUNTIME, DEVELOPMENT], ids=lambda lock: lock.name)
def test_every_package_is_pinned_and_hashed(lock: Path) -> None:
    blocks = re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8").strip())
    unhashed = [
        block.splitlines()[0]
        for block in blocks
        if not PINNED.match(block.splitlines()[0]) or "--hash=sha256:" not in block
    ]
    assert len(blocks) > 20
    assert unhashed == []


def test_the_runtime_lock_covers_what_the_project_asks_for_and_no_test_tool() -> None:
    runtime, development = asked_for()
    names = {name for name, _ in pins(RUNTIME)}
    assert runtime - names == set()
    assert names & {"pytest", "ruff", "mypy", "hypothesis"} & development == set()


def test_the_development_lock_adds_to_the_runtime_lock_and_changes_none_of_its_versions() -> None:
    _, development = asked_for()
    assert development - {name for name, _ in pins(DEVELOPMENT)} == set()
    assert pins(RUNTIME) - pins(DEVELOPMENT) == set()
