"""What the web tests share: the strict page check and a site that shows every part of the shell."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import page_checks
import pytest
import showcase as shown
from desk_in_browser import Desk, desk_over
from flask import Flask
from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def page_checker() -> Callable[..., None]:
    """`check(html)`: fails with every fault of a page (see page_checks.py)."""
    return page_checks.check_page


@pytest.fixture(scope="session")
def showcase() -> ModuleType:
    """A small site with a page of every part, for the shell's own tests (see showcase.py)."""
    return shown


@pytest.fixture
def desk(
    migrated_sqlite: Path, tmp_path: Path, browser: Browser, serve: Callable[[Flask], str]
) -> Iterator[Desk]:
    """The staff site in a browser (see desk_in_browser.py)."""
    file = tmp_path / "desk.sqlite3"
    file.write_bytes(migrated_sqlite.read_bytes())
    with desk_over(file, browser, serve) as made:
        yield made


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
