"""What the journeys share: one database, both sites, an account for everybody, a way to go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import people
import pytest
from flask import Flask
from playwright.sync_api import Browser
from ways import Way

from enforcement import create_reply_app, create_staff_app
from enforcement.data.engine import open_engine
from enforcement.domain.permissions import Actor, Role
from enforcement.services import accounts, default_policies
from enforcement.services.work import transaction
from enforcement.settings import Settings
from enforcement.web.transactions import engine as database

BEGINNING = datetime(2026, 6, 16, 9, 0, tzinfo=UTC)  # a Tuesday, the day after a window closed


@pytest.fixture
def world(
    migrated_sqlite: Path,
    tmp_path: Path,
    serve: Callable[[Flask], str],
    browser: Browser,
    way: Way,
) -> Iterator[people.World]:
    """Both sites over one SQLite file, everybody's account, and the policies by default."""
    file = tmp_path / "journey.sqlite3"
    file.write_bytes(migrated_sqlite.read_bytes())
    settings = Settings.read(
        {"ENFORCEMENT_INSTANCE": str(tmp_path / "i"), "DATABASE_URL": f"sqlite:///{file}"}
    )
    engine = open_engine(settings.database_url)
    made = people.World(settings, engine, BEGINNING, browser, way)
    setting_up = Actor("set-up", "Set-up", frozenset({Role.ADMIN, Role.POLICY, Role.LEADER}))
    with transaction(engine, setting_up, made.now, settings) as work:
        default_policies.install(work)
        for number, (username, role) in enumerate(people.STAFF.items(), 1001):
            name = username.replace(".", " ").title()
            accounts.create(work, username, name, f"J{number}", [role.value], people.PASSWORD)
    reply_app = create_reply_app(settings, clock=made.clock)
    made.reply = serve(reply_app)
    made.settings = replace(settings, reply_base_url=made.reply)
    staff_app = create_staff_app(made.settings, clock=made.clock)
    made.staff = serve(staff_app)
    yield made
    for context in browser.contexts:
        context.close()
    for app in (reply_app, staff_app):
        with app.app_context():
            database().dispose()
    engine.dispose()
