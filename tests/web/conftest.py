"""What the web tests share: the strict page check and a site that shows every part of the shell."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


def _beside(name: str) -> ModuleType:
    """A module of this folder; the tests are not a package, so it is loaded by its file."""
    spec = importlib.util.spec_from_file_location(
        f"tests_web_{name}", Path(__file__).with_name(f"{name}.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def page_checker() -> Callable[..., None]:
    """`check(html)`: fails with every fault of a page (see page_checks.py)."""
    check: Callable[..., None] = _beside("page_checks").check_page
    return check


@pytest.fixture(scope="session")
def showcase() -> ModuleType:
    """A small site with a page of every part, for the shell's own tests (see showcase.py)."""
    return _beside("showcase")
