"""What the web tests share: the strict page check and a site that shows every part of the shell."""

from __future__ import annotations

from collections.abc import Callable
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
