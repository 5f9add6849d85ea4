"""One request, one transaction: reading pages only read; a change commits once or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any, cast

from flask import Flask, current_app, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from enforcement.data import Base
from enforcement.data.engine import read_only, tune
from enforcement.services.work import changed_meanwhile
from enforcement.settings import Settings

SAFE = ("GET", "HEAD", "OPTIONS")
View = Callable[..., Any]


def install(app: Flask, settings: Settings, clock: Callable[[], datetime] | None) -> None:
    """Give the app its database, settings and clock."""
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    options: dict[str, Any] = {"pool_pre_ping": True}
    if settings.database_url.startswith("sqlite"):
        options = {"connect_args": {"check_same_thread": False}}
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})
    db.init_app(app)
    with app.app_context():
        tune(db.engine)
    app.extensions["enforcement.settings"] = settings
    app.extensions["enforcement.clock"] = clock or (lambda: datetime.now(UTC))

    @app.before_request
    def reading_only_reads() -> None:
        if request.method in SAFE and request.endpoint != "static":
            read_only(session())


def settings() -> Settings:
    return cast(Settings, current_app.extensions["enforcement.settings"])


def now() -> datetime:
    """The one place where a site reads the clock."""
    return cast(datetime, current_app.extensions["enforcement.clock"]())


def session() -> Session:
    """The request's session: the real one, not the registry around it."""
    return cast(Session, current_app.extensions["sqlalchemy"].session())


def engine() -> Engine:
    return cast(Engine, current_app.extensions["sqlalchemy"].engine)


def undo() -> None:
    """Throw away what the request changed so far, to show its form again with the refusal."""
    session().rollback()


def commits(view: View) -> View:
    """Commit once when the view returns; anything raised leaves nothing behind."""

    @wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            answer = view(*args, **kwargs)
            if request.method not in SAFE:
                session().commit()
        except StaleDataError as stale:
            undo()
            raise changed_meanwhile() from stale
        except BaseException:
            undo()
            raise
        return answer

    return wrapped
