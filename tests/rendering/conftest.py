"""Each kind of notice is printed once for all the tests that only read it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

# The invented notices stand beside the tests, outside any package.
sys.path.insert(0, str(Path(__file__).parent))

from verapdf.engine import Engine

from enforcement.rendering.paper import Rendered, render
from enforcement.rendering.samples import EVERY_KIND


@cache
def _printed(kind: str) -> Rendered:
    return render(EVERY_KIND[kind]())


@pytest.fixture(params=sorted(EVERY_KIND))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def printed(kind: str) -> Rendered:
    return _printed(kind)


@pytest.fixture(scope="session")
def validate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., list[str]]]:
    """`validate(pdf, profiles=("ua1", "3a"))`: the rules that veraPDF finds broken."""
    engine = Engine(tmp_path_factory.mktemp("verapdf"))
    yield engine.failed_rules
    engine.close()
