"""What the web tests share: the strict page check and a site that shows every part of the shell."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import page_checks
import pytest
import showcase as shown


@pytest.fixture(scope="session")
def page_checker() -> Callable[..., None]:
    """`check(html)`: fails with every fault of a page (see page_checks.py)."""
    return page_checks.check_page


@pytest.fixture(scope="session")
def showcase() -> ModuleType:
    """A small site with a page of every part, for the shell's own tests (see showcase.py)."""
    return shown


# Pages meet both engines where something could differ: many at once, and what strangers send.
# The queries of every other page are the services', which tests/services tries on both.
BOTH_ENGINES = {"test_reply_abuse", "test_lost_link_site", "test_reply_site", "test_every_address"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the second engine out of the other pages' tests, unless a server was named for it."""
    if os.environ.get("DATABASE_URL_TEST"):
        return
    here = Path(__file__).parent
    left_out = [
        item
        for item in items
        if here in item.path.parents
        and item.path.stem not in BOTH_ENGINES
        and item.get_closest_marker("pg")
    ]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        gone = set(left_out)
        items[:] = [item for item in items if item not in gone]
