"""The last hour of the last day, in small: everybody presses Send at once and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from reply_storm import nothing_lost, ready, served, storm
from sqlalchemy import Engine

from enforcement.services.work import Work
from enforcement.settings import Settings

PROVIDERS = 60


@pytest.mark.slow
def test_sixty_replies_at_once_are_sixty_replies(
    begin: Callable[..., AbstractContextManager[Work]], engine: Engine, settings: Settings
) -> None:
    cookies = ready(begin, PROVIDERS)
    with served(settings) as port:
        made = storm(port, cookies, at_once=PROVIDERS)
    nothing_lost(engine, made, PROVIDERS)
