"""Providers with a notice in hand, and the three ways in which one comes to the reply site."""

from __future__ import annotations

import people
import reply_case
from playwright.sync_api import Browser

from enforcement.data.windows import WindowRow
from enforcement.domain.permissions import Actor, Role
from enforcement.services.work import transaction

WAYS = {"phone": (390, True), "desk": (1366, True), "no script": (390, False)}


def given(world: people.World, number: int = 1) -> reply_case.Made:
    """The case of provider `number` with its notice of intent given; two places are in it."""
    officer = Actor("staff:o", "Officer", frozenset({Role.OFFICER}))
    with transaction(world.engine, officer, world.now, world.settings) as work:
        made = reply_case.make(work, number, places=2)
        for row in work.session.query(WindowRow):
            row.feed_complete_at = world.now
    return made


def visitor(world: people.World, browser: Browser, way: str) -> people.Provider:
    """Somebody at the provider, on a phone, at a desk, or with JavaScript off."""
    width, script = WAYS[way]
    return people.Provider(world, browser, way.replace(" ", "-"), width, script)
