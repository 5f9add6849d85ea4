"""What every test may ask for: real databases on both engines, a person of each role, a clock."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask
from one_postgres import OnePostgres
from own_postgres import OwnServer
from playwright.sync_api import Locator
from prepared import QUICK, CompiledTemplates, keep_compiled_statements
from sqlalchemy import Engine
from told_once import Begin
from werkzeug.serving import make_server

from enforcement.data.engine import open_engine
from enforcement.data.schema import upgrade
from enforcement.domain.permissions import Actor, Role
from enforcement.services import accounts, default_policies
from enforcement.settings import Settings
from enforcement.web.site import Site

NOW = datetime(2026, 6, 16, 9, 0, tzinfo=UTC)
BOTH = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgresql", id="pg", marks=pytest.mark.pg),
]

# The one without a window comes first: the same pages for a quarter less work.
CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser")
# Chromium heeds the last such list, so what Playwright turns off is said again. The first two load
# the address bar's pop-ups into every new window: two thirds of what a window costs.
WITHOUT = (
    "WebUIOmniboxPopup,WebUIOmniboxAimPopup,AimEnabled,DestroyProfileOnBrowserClose,HttpsUpgrades,"
    "HttpsFirstBalancedModeAutoEnable,LensOverlay,MediaRouter,NetworkTimeServiceQuerying,"
    "OptimizationHints,PaintHolding,PreconnectToSearch,ThirdPartyStoragePartitioning,"
    "AvoidUnnecessaryBeforeUnloadCheckSync"
)


def person(name: str, *roles: Role) -> Actor:
    """An invented member of staff; the staff number is the identity."""
    return Actor(identity=f"staff:{name}", name=name.title(), roles=frozenset(roles))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules that take long go first, so that short ones fill the gaps at the end: whatever has
    a heavy test, drives a browser or is slow, each kind of module by its number of tests."""
    modules: dict[Path, list[pytest.Item]] = {}
    for item in items:
        modules.setdefault(item.path, []).append(item)

    def rank(tests: list[pytest.Item]) -> tuple[bool, bool, bool, int]:
        marks = {mark.name for test in tests for mark in test.iter_markers()}
        return "heavy" not in marks, "browser" not in marks, "slow" not in marks, -len(tests)

    items[:] = [test for module in sorted(modules.values(), key=rank) for test in module]


@pytest.fixture(scope="session", autouse=True)
def own_hasher() -> Iterator[PasswordHasher]:
    """What the product hashes passwords with. Accounts made in this process take a quick one;
    programs that a test starts have the product's."""
    with pytest.MonkeyPatch.context() as patch:
        own = accounts.HASHER
        patch.setattr(accounts, "HASHER", QUICK)
        yield own


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """Pages and statements are compiled once a process (see prepared.py)."""
    with pytest.MonkeyPatch.context() as patch:
        options = {**Site.jinja_options, "bytecode_cache": CompiledTemplates()}
        patch.setattr(Site, "jinja_options", options)
        keep_compiled_statements(patch)
        yield


@pytest.fixture(autouse=True)
def connected() -> Iterator[list[Engine]]:
    """The engine of each connection of the test that has a pool; it is let go at the end.

    Sites that a test made leave their pools behind. A connection that is collected while it is
    open is a warning, and so an error, in whatever test runs then.
    """
    opened: list[Engine] = []

    def note(connection: sa.Connection) -> None:
        if not isinstance(connection.engine.pool, sa.NullPool):
            opened.append(connection.engine)

    sa.event.listen(Engine, "engine_connect", note)
    yield opened
    sa.event.remove(Engine, "engine_connect", note)
    for engine in set(opened):
        engine.dispose()


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One real PostgreSQL server per test process, or the one DATABASE_URL_TEST names."""
    given = os.environ.get("DATABASE_URL_TEST")
    if given:
        return given
    server = OwnServer()
    server.hasten()
    return server.url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy from."""
    path = tmp_path_factory.mktemp("template") / "template.sqlite3"
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()  # the last connection to close folds the write-ahead log into the file
    return path


@pytest.fixture(scope="session")
def one_postgres(postgres_url: str) -> OnePostgres:
    """The database that the tests of this process share, one after the other."""
    return OnePostgres(postgres_url)


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated, empty database, on each engine in turn."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("migrated_sqlite")
        path = tmp_path / "test.sqlite3"
        path.write_bytes(template.read_bytes())
        return f"sqlite:///{path}"
    shared: OnePostgres = request.getfixturevalue("one_postgres")
    return shared.emptied()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return Settings.read(
        {"ENFORCEMENT_INSTANCE": str(tmp_path / "instance"), "DATABASE_URL": database_url}
    )


@pytest.fixture
def begin(
    engine: Engine, settings: Settings, connected: list[Engine], request: pytest.FixtureRequest
) -> Begin:
    """`with begin(actor, now) as work:` one committed transaction; policies are installed."""
    sqlite = engine.dialect.name == "sqlite"
    shared = None if sqlite else request.getfixturevalue("one_postgres")
    begun = Begin(engine, settings, NOW, connected, shared)

    def install() -> None:
        with begun(person("installer", Role.POLICY, Role.LEADER)) as work:
            default_policies.install(work)

    begun.once("installed", install)
    return begun


@pytest.fixture
def people() -> dict[str, Actor]:
    """One invented person per role."""
    return {role.value: person(role.value, role) for role in Role}


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's own Chromium, kept from talking to anybody. Its absence fails CI."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("NO CHROMIUM FOUND: ./run test installs it")
        pytest.skip("NO CHROMIUM FOUND: the browser tests did not run")
    args = ["--disable-background-networking", "--disable-component-update", "--no-first-run"]
    args.append(f"--disable-features={WITHOUT}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        args.append("--no-sandbox")  # Chromium refuses its sandbox to root, as in containers
    return {**browser_type_launch_args, "executable_path": found, "args": args}


@pytest.fixture(scope="session", autouse=True)
def clicks_end_on_a_whole_page() -> Iterator[None]:
    """Playwright's click ends when the next page has begun to come: on a busy machine that page is
    still empty, and what a test asks of it at once is not there yet."""
    plain = Locator.click

    def click(self: Locator, **how: Any) -> None:
        plain(self, **how)
        self.page.wait_for_load_state("load")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Locator, "click", click)
        yield


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Flask], str]]:
    """`serve(app)`: the app on a free loopback port, its address; stopped after the tests."""
    running = []

    def start(app: Flask) -> str:
        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in running:
        server.shutdown()
        server.server_close()
