"""Putting the two sites together: each its own app, cookie, secret, templates and error pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from enforcement.settings import Settings
from enforcement.web import reply, staff, transactions
from enforcement.web.site import Site, install_shell

Clock = Callable[[], datetime] | None


def _site(settings: Settings, clock: Clock, *, name: Any, secret: str, secure: bool) -> Flask:
    app = Site(f"enforcement.{name}")
    app.config.update(
        SECRET_KEY=secret,
        SESSION_COOKIE_NAME=f"{'__Host-' if secure else ''}{name}",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session it belongs to
        SECURE_COOKIES=secure,
    )
    transactions.install(app, settings, clock)
    CSRFProtect(app)
    install_shell(app, site=name)
    return app


def staff_app(settings: Settings, clock: Clock = None) -> Flask:
    """The officers' site: sign-in, navigation, every staff blueprint."""
    secure = settings.host not in ("127.0.0.1", "localhost", "::1")
    app = _site(settings, clock, name="staff", secret=settings.secrets().staff, secure=secure)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_import_bytes
    staff.install(app)
    return app


def reply_app(settings: Settings, clock: Clock = None) -> Flask:
    """The providers' site: nothing of the staff site is importable from it."""
    secure = settings.reply_base_url.startswith("https:")
    app = _site(settings, clock, name="reply", secret=settings.secrets().reply, secure=secure)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_reply_bytes
    reply.install(app)
    return app
