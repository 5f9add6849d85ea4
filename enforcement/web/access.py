"""Who is signed in on the staff site, and what a view needs.

Flask-Login asks us who the request comes from; the answer is a row of `staff_session`, found by
the hash of the cookie's secret, so that sign-out, a change of role and disabling an account end
it at once. A view without a declared permission does not exist: a test walks the address map.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

from flask import Flask, Response, abort, current_app, g, redirect, request, url_for
from flask_login import LoginManager, UserMixin, current_user

from enforcement.domain.permissions import Actor, Permission, require
from enforcement.services import sign_in
from enforcement.services.work import Work
from enforcement.web import transactions
from enforcement.web.headers import request_id
from enforcement.web.transactions import View, commits, now, session, settings, undo

__all__ = ["actor", "anyone", "needs", "now", "session", "settings", "undo", "work"]


class SignedIn(UserMixin):  # type: ignore[misc]  # flask-login has no types
    """The person of this request, as Flask-Login wants to see one."""

    def __init__(self, found: sign_in.Found) -> None:
        self.id = str(found.actor.account_id)
        self.actor = found.actor
        self.username = found.username
        self.found = found


def cookie_name() -> str:
    return "__Host-staff-session" if current_app.config["SECURE_COOKIES"] else "staff-session"


def install(app: Flask) -> None:
    """Tell Flask-Login how a request is recognised."""
    manager = LoginManager(app)
    manager.session_protection = None  # the session is ours and on the server

    @manager.request_loader  # type: ignore[untyped-decorator]  # flask-login has no types
    def from_cookie(_request: Any) -> SignedIn | None:
        secret = request.cookies.get(cookie_name())
        if not secret:
            return None
        found = sign_in.recognise(session(), secret, now(), settings())
        return SignedIn(found) if found else None

    @app.after_request
    def keep_awake(response: Response) -> Response:
        # A page that only reads still shows that somebody is there; the row is no case data.
        user = getattr(g, "signed_in", None)
        if user and request.method in transactions.SAFE and response.status_code < 400:
            sign_in.touch(transactions.engine(), request.cookies[cookie_name()], now())
        return response


def actor() -> Actor:
    """The signed-in person; 401 when nobody is."""
    if not current_user.is_authenticated:
        abort(401)
    return cast(Actor, current_user.actor)


def work() -> Work:
    """What the request's use case is given."""
    return Work(session(), actor(), now(), settings(), request_id())


def must_confirm() -> Response | None:
    """The way to the page that asks for the password again, when it was typed too long ago.

    From there back to the page itself, or to the one whose button was pressed.
    """
    if sign_in.is_fresh(current_user.found, now(), settings()):
        return None
    reading = request.method in transactions.SAFE
    back = request.full_path if reading else path_of(request.referrer)
    return cast(Response, redirect(url_for("confirm.confirm", next=back), 303))


def path_of(address: str | None) -> str:
    """The path of an address of this very site, with its query; "" for any other."""
    parts = urlsplit(address or "")
    here = parts.netloc == request.host
    return urlunsplit(("", "", parts.path, parts.query, "")) if here else ""


def needs(permission: Permission | None, *, password_again: bool = False) -> Callable[[View], View]:
    """Declare what a view needs: a permission, or None for any signed-in person.

    Nobody signed in: a page leads to the sign-in page and back; anything else is refused.
    `password_again`: what it does is approved by a person who typed the password lately; before
    that nothing happens. Not for a view that takes words, which would be lost.
    """

    def declare(view: View) -> View:
        committed = commits(view)

        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            if not current_user.is_authenticated:
                if request.method in transactions.SAFE:
                    return redirect(url_for("sign_in.sign_in", next=request.full_path))
                abort(401)
            g.signed_in = True
            if permission is not None:
                require(actor(), permission)
            if password_again and (way := must_confirm()) is not None:
                return way
            return committed(*args, **kwargs)

        checked.needs = permission  # type: ignore[attr-defined]  # read by the test of the address map
        checked.password_again = password_again  # type: ignore[attr-defined]  # the same
        return checked

    return declare


def anyone(view: View) -> View:
    """Declare a view that needs nobody signed in (the sign-in page itself)."""
    committed = commits(view)
    committed.needs = "anyone"  # type: ignore[attr-defined]  # read by the test of the address map
    return committed
