"""Case management for the enforcement of the monthly adult social care data return.

Two applications, one codebase: the staff site and the reply site share rules and data, and
never templates, cookies or secrets. Imported inside the functions, so that the rules can be used
without any of the web.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from enforcement.settings import Settings


def create_staff_app(settings: Settings, *, clock: Callable[[], datetime] | None = None) -> Flask:
    """The officers' site."""
    from enforcement.web.apps import staff_app

    return staff_app(settings, clock)


def create_reply_app(settings: Settings, *, clock: Callable[[], datetime] | None = None) -> Flask:
    """The providers' site."""
    from enforcement.web.apps import reply_app

    return reply_app(settings, clock)
